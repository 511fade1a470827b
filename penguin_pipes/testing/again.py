"""Build a pipeline once more, as a program of its own: JSON in, definition out.

It is started by its path, and imports nothing of ours before it looks for modules
where the process looks that asks for it.
"""

from __future__ import annotations

import base64
import functools
import importlib
import importlib.util
import json
import os
import pickle
import sys
from typing import Any


def main() -> None:
    """Write the definition to the standard output, and all else to standard error."""
    recipe = json.load(sys.stdin)
    sys.path[:] = recipe["path"]
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)  # what is printed on the way is no definition
        from penguin_pipes.testing.sources import text_of

        build = functools.reduce(
            getattr,
            recipe["name"].split("."),
            _module(recipe["module"], recipe["file"]),
        )
        given = base64.b64decode(recipe["given"])
        arguments, keywords = pickle.loads(given)  # noqa: S301  # the asking process'
        answer.write(text_of(build(*arguments, **keywords)))


def _module(name: str, file: str) -> Any:
    """Return the module of a file, which need not lie where modules are looked for."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and spec.origin == file:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        msg = f"{file} is no Python module"
        raise ImportError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
