"""The container contract: what stands under ``/opt/ml``, what a job is told, and how.

Pure but for the archive that script mode unpacks. Facts are those of AWS's
sagemaker-training toolkit 5.1.4 and of the developer guide's pages on how
containers are run.
"""
