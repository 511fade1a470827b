"""What answers the requests of a batch transform, in a process of its own.

The files travel into the job's tree; they import nothing of ours but each other.
"""
