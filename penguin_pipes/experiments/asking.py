"""What MLflow is asked in: surroundings of its own, and errors of one line."""

from __future__ import annotations

import contextlib
import os
import warnings
from typing import TYPE_CHECKING, Final

from penguin_pipes.experiments.uris import without_password

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LETTERS: Final = 300
"""How many letters a reason of MLflow's may have: some are pages."""

SURROUNDINGS: Final = {
    # It would tell its makers of each use.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # Its own seven tries take minutes, in which nobody knows what is waited for.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
"""What MLflow finds in the environment, unless whoever runs this has set it."""


class StoreError(Exception):
    """MLflow did not do what it was asked for; the reason in one line."""


@contextlib.contextmanager
def asked(uri: str) -> Iterator[None]:
    """Have MLflow in its surroundings, and its errors in one line without secrets.

    Args:
        uri: The address of the store that is asked.

    Raises:
        StoreError: Whatever went wrong.
    """
    try:
        with _surroundings():
            yield
    except StoreError:
        raise
    # Stores are MLflow's, databases', servers' and plugins': they raise anything.
    except Exception as error:
        raise StoreError(_reason(error, uri)) from error


def _reason(error: BaseException, uri: str) -> str:
    """Return in one line why MLflow did not do it."""
    from requests.exceptions import ConnectionError as Unreachable
    from requests.exceptions import Timeout

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Unreachable | Timeout):
            return "no server answers there; start it, or correct the address"
        cause = cause.__cause__ or cause.__context__
    text = str(error) or type(error).__name__
    line = " ".join(without_password(text, uri).split())
    if len(line) <= MOST_LETTERS:
        return line
    whole, end, _ = line[:MOST_LETTERS].rpartition(". ")
    return f"{whole}." if end else f"{line[:MOST_LETTERS]}…"


@contextlib.contextmanager
def _surroundings() -> Iterator[None]:
    """Set what nobody has set, for as long as MLflow is asked."""
    ours = {key: value for key, value in SURROUNDINGS.items() if key not in os.environ}
    os.environ.update(ours)
    try:
        with warnings.catch_warnings():
            # MLflow's own, of what its next version does otherwise.
            warnings.simplefilter("ignore")
            yield
    finally:
        for key in ours:
            os.environ.pop(key, None)
