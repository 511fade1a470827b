"""What a run was given, and the versions of everything that it ran in."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from penguin_pipes.definition import parse
from penguin_pipes.errors import DefinitionError
from penguin_pipes.report.page.tables import Table, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.definition import Scalar
    from penguin_pipes.report.page.source import Source

PACKAGE: Final = "package "
GIVEN: Final = "given"
DEFAULT: Final = "default"


def parameters(source: Source) -> Table | None:
    """Return the value of each parameter, and whether it is the default."""
    values = source.run.parameters
    if not values:
        return None
    defaults = _defaults(source.kept.definition)
    return Table(
        caption="What the pipeline was given",
        columns=("parameter", "value", "from"),
        rows=tuple(
            texts(name, _text(value), _origin(name, value, defaults))
            for name, value in values.items()
        ),
    )


def versions(source: Source) -> Table | None:
    """Return the version of everything that the jobs ran in, if it was kept."""
    found = source.kept.surroundings
    if not found:
        return None
    return Table(
        caption="What the jobs ran in",
        columns=("what", "version"),
        rows=tuple(
            texts(name.removeprefix(PACKAGE), str(value))
            for name, value in found.items()
        ),
    )


def definition(source: Source) -> tuple[str, str]:
    """Return the definition as JSON, and its digest; empty if it was not kept."""
    kept = source.kept.definition
    if kept is None:
        return "", ""
    text = json.dumps(kept, indent=2, ensure_ascii=False)
    bare = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(bare.encode()).hexdigest()


def _defaults(document: Mapping[str, object] | None) -> Mapping[str, Scalar | None]:
    """Return the default of each parameter, as far as that is known."""
    if document is None:
        return {}
    try:
        found = parse(document).parameters
    except DefinitionError:  # somebody has edited the file
        return {}
    return {each.name: each.default for each in found}


def _origin(name: str, value: Scalar, defaults: Mapping[str, Scalar | None]) -> str:
    if name not in defaults:
        return ""
    return DEFAULT if defaults[name] == value else GIVEN


def _text(value: Scalar) -> str:
    """Return a value; a text as it is."""
    return value if isinstance(value, str) else json.dumps(value)
