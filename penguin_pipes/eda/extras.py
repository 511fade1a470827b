"""The libraries of the analysis, which come with extras of the package."""

from __future__ import annotations

import importlib.util
from typing import Final

from penguin_pipes.errors import InputError

LIBRARIES: Final = ("jinja2", "matplotlib", "numpy", "pandas")


def check_libraries(names: tuple[str, ...] = LIBRARIES) -> None:
    """Refuse to begin what would fail at an import.

    Raises:
        InputError: Some of the libraries are not there.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        msg = (
            f"the analysis needs {', '.join(missing)}, which this Python does not "
            "have; pip install 'penguin-pipes[local,report]'"
        )
        raise InputError(msg)
