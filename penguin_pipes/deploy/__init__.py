"""The command line: build a pipeline, then run it here or bring it to SageMaker."""

from penguin_pipes.deploy.command import main

__all__ = ["main"]
