"""A trained model that answers: SageMaker's hosting contract, and a page for people.

``python -m penguin_pipes.serving`` serves a run or a folder under gunicorn. With a
gunicorn of one's own::

    gunicorn --threads 8 'penguin_pipes.serving:app(run="latest")'

`create_app` makes the Flask app of any `Model`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from penguin_pipes.serving.model import Model

__all__ = ["app", "create_app"]


def app(run: str = "latest", home: str = ".penguin_pipes") -> Flask:
    """Return the app over the model of a run, or of a folder.

    Args:
        run: ``latest``, the id of a run, or the path of a folder.
        home: Where the runs are.

    Raises:
        InputError: There is no such model, or it was changed.
    """
    from penguin_pipes.serving.artifacts import find
    from penguin_pipes.serving.model import load

    return create_app(load(find(run, Path(home))))


def create_app(model: Model) -> Flask:
    """Return the Flask app that serves *model*.

    Args:
        model: As `penguin_pipes.serving.model.load` makes it of verified artifacts.
    """
    from penguin_pipes.serving import application

    return application.create_app(model)
