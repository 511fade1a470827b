"""Typed, deterministic Amazon SageMaker Pipelines that also run on a laptop."""
