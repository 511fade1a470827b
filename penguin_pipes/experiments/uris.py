"""The addresses of MLflow's stores: which there are, and how they are shown."""

from __future__ import annotations

import difflib
from importlib.metadata import entry_points
from typing import Final
from urllib.parse import urlsplit

from penguin_pipes.errors import InputError
from penguin_pipes.service import MASK

SERVERS: Final = frozenset({"http", "https"})
SCHEMES: Final = frozenset(
    {*SERVERS, "sqlite", "postgresql", "mysql", "mssql", "file", "databricks"}
)
PLUGINS: Final = "mlflow.tracking_store"
"""The entry points with which packages add schemes; ``sagemaker-mlflow`` adds arn."""

EXAMPLES: Final = "sqlite:///mlflow.db or http://127.0.0.1:5000"


def check_scheme(uri: str) -> None:
    """Refuse an address that no MLflow store can have; MLflow itself is not loaded.

    Raises:
        InputError: It names no scheme, or one that there is no store for.
    """
    scheme = scheme_of(uri)
    known = SCHEMES | {each.name for each in entry_points(group=PLUGINS)}
    if scheme in known or uri == "databricks":
        return
    if not scheme:
        msg = (
            f"MLflow: expected the address of a store, such as {EXAMPLES}; got "
            f"{shown(uri)!r}"
        )
        raise InputError(msg)
    near = difflib.get_close_matches(scheme, known, n=1)
    listed = ", ".join(sorted(known))
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {listed}"
    msg = f"MLflow: {shown(uri)}: there is no store for {scheme!r}; {hint}"
    raise InputError(msg)


def scheme_of(uri: str) -> str:
    """Return the scheme, without the driver of a database."""
    scheme, colon, _ = uri.partition(":")
    return scheme.partition("+")[0].lower() if colon else ""


def shown(uri: str) -> str:
    """Return an address as it may be seen: without a password."""
    return without_password(uri, uri)


def without_password(text: str, uri: str) -> str:
    """Return *text*, which may quote *uri*, without the password that is in there."""
    _, at, _ = uri.partition("@")
    if not at:
        return text
    try:
        password = urlsplit(uri).password
    except ValueError:
        password = None
    return text.replace(f":{password}@", f":{MASK}@") if password else text
