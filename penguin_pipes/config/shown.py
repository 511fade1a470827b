"""What is in force, as TOML, with where each value came from as a comment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
from attrs import frozen

from penguin_pipes import service
from penguin_pipes.config import kinds, toml, tree
from penguin_pipes.config.checks import is_secret, is_variable
from penguin_pipes.config.ranges import CategoricalRange, ContinuousRange, IntegerRange

if TYPE_CHECKING:
    from penguin_pipes.config.settings import Settings

WIDTH: Final = 88
FURTHEST: Final = 56
"""Where comments begin at most; behind a longer line they follow at once."""

_RANGES = (IntegerRange, ContinuousRange, CategoricalRange)


@frozen
class _Line:
    """One value, written."""

    text: str
    origin: str


def show_config(settings: Settings, *, folder: Path | None = None) -> str:
    """Return the config as TOML that reads back to the same config.

    What is None, and what must not be seen, stands in a comment. Values are taken
    for secrets by their names (`service.SECRET_NAME`) where users choose the names:
    environments and hyperparameters.

    Args:
        settings: What is in force.
        folder: What paths start from that lie in it, by default the working folder;
            a file in that folder may hold the text. Other paths are absolute.
    """
    shown = _Shown(settings.origins, (folder or Path()).absolute())
    return "\n\n".join(shown.tables(settings.config, ())) + "\n"


@frozen
class _Shown:
    """What the lines are written with."""

    origins: Mapping[str, str]
    folder: Path

    def tables(self, record: Any, path: tree.Names) -> Iterator[str]:
        """Yield the table of *record*, then those inside it."""
        lines: list[_Line] = []
        inner: list[tuple[str, Any]] = []
        for name, value in _entries(record):
            is_table = attrs.has(type(value)) or (isinstance(value, Mapping) and value)
            if is_table and not is_variable(value):
                inner.append((name, value))
            else:
                lines.append(self._line(record, name, value, path))
        if lines:
            head = [f"[{tree.dotted(path)}]"] if path else []
            yield "\n".join([*head, *_aligned(lines)])
        for name, value in inner:
            yield from self.tables(value, (*path, name))

    def _line(self, owner: Any, name: str, value: Any, path: tree.Names) -> _Line:
        """Return the line of one value."""
        origin = self.origins.get(tree.dotted((*path, name)), tree.DEFAULT)
        key = toml.key(name)
        if path and path[-1] in _CHOSEN and is_secret(name):
            return _Line(f'# {key} = "{service.MASK}"', origin)
        if is_variable(value):
            return _Line(f"# {key} = the pipeline variable {value.expr}", origin)
        if value is None:
            is_said = attrs.has(type(owner)) and _default(owner, name) is not None
            none = f'{key} = "{kinds.NONE}"' if is_said else f"# {key} = {kinds.NONE}"
            return _Line(none, origin)
        return _Line(_wrapped(f"{key} = ", self._plain(value)), origin)

    def _plain(self, value: Any) -> Any:
        """Return *value* as TOML has it."""
        if isinstance(value, Path):
            whole = value.absolute()
            inside = whole.is_relative_to(self.folder)
            return str(whole.relative_to(self.folder) if inside else whole)
        if isinstance(value, tuple):
            return [self._plain(item) for item in value]
        if attrs.has(type(value)):
            return {
                name: self._plain(item)
                for name, item in _entries(value)
                if item is not None
            }
        return value


_CHOSEN: Final = {"environment", "hyperparameters"}
"""Tables whose names are the user's."""


def _entries(record: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of a record or a mapping."""
    if isinstance(record, Mapping):
        yield from record.items()
        return
    if isinstance(record, _RANGES):
        yield "type", tree.plain(record)["type"]
    for each in attrs.fields(type(record)):
        yield each.name, getattr(record, each.name)


def _default(owner: Any, name: str) -> Any:
    """Return the default of a field, or None if it has none."""
    record: Any = type(owner)
    return None if name in kinds.required(record) else kinds.default_of(record, name)


def _aligned(lines: list[_Line]) -> Iterator[str]:
    """Yield the lines, comments below one another where they fit."""
    widths = [len(line.text.partition("\n")[0]) for line in lines]
    column = max((width for width in widths if width <= FURTHEST), default=0)
    for line in lines:
        first, newline, rest = line.text.partition("\n")
        yield f"{first.ljust(column)}  # {line.origin}{newline}{rest}"


def _wrapped(key: str, value: Any) -> str:
    """Return the line, a long list on several."""
    line = key + toml.value(value)
    if len(line) <= WIDTH or not isinstance(value, list):
        return line
    items: list[str] = []
    row = ""
    for item in map(toml.value, value):
        if row and len(row) + len(item) > WIDTH - 6:
            items.append(row)
            row = ""
        row += f"{', ' if row else ''}{item}"
    rows = ",\n".join(f"  {each}" for each in [*items, row])
    return f"{key}[\n{rows}\n]"
