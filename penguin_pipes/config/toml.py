"""Values written as TOML, which the standard library only reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key(name: str) -> str:
    """Return *name* as a key; in quotes if it is not of letters, digits, _ and -."""
    return name if _BARE.fullmatch(name) else _text(name)


def value(given: Any) -> str:
    """Return *given* as it stands behind an equals sign.

    Raises:
        TypeError: TOML has nothing like it.
    """
    if isinstance(given, str):
        return _text(given)
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int | float):
        return repr(given)
    if isinstance(given, Mapping):
        pairs = ", ".join(
            f"{key(name)} = {value(each)}" for name, each in given.items()
        )
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(given, list | tuple):
        return f"[{', '.join(map(value, given))}]"
    msg = f"TOML has no way to write {given!r}"
    raise TypeError(msg)


def _text(given: str) -> str:
    """Return a string in quotes, without escapes where it would be full of them."""
    if "\\" in given and "'" not in given and given.isprintable():
        return f"'{given}'"
    # JSON's escapes are TOML's too, except that DEL needs one here.
    return json.dumps(given, ensure_ascii=False).replace("\x7f", "\\u007f")
