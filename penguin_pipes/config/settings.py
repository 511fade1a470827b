"""The config in force: flags over environment section over file over defaults.

A file that names ``processing.script`` or ``training.source`` describes a pipeline of
its own: what it leaves out has the records' defaults, and what has none has to be
there. Any other file changes the config that it is laid over: the penguins'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from attrs import field, frozen

from penguin_pipes.config import kinds, tree
from penguin_pipes.config.pipeline import PipelineConfig
from penguin_pipes.config.structure import (
    MISSING,
    Problem,
    ProblemsError,
    structure,
)
from penguin_pipes.config.tree import DEFAULT, Given, Source, Tree
from penguin_pipes.errors import ConfigError

if TYPE_CHECKING:
    from penguin_pipes.config.kinds import Record

T = TypeVar("T")

PLACES: Final = ("bucket", "role", "region")
"""What flags and placeholders fill in too, so that a file need not name it."""

OWN: Final = (("processing", "script"), ("training", "source"))
"""Where a file names a script of its own."""


@frozen(kw_only=True)
class Override:
    """One value that a flag gives, or whoever calls.

    Attributes:
        path: Names joined by dots: ``training.hyperparameters.epochs``; a name with
            a dot in it stands in double quotes.
        value: The value; a relative path in it starts from the working folder.
        origin: What messages call it: ``--epochs``, ``AWS_REGION``.
    """

    path: str
    value: Any = field(repr=False)
    origin: str


@frozen(kw_only=True)
class Settings:
    """A config, and where each of its values came from.

    Attributes:
        config: What is in force.
        origins: Dotted path of each value → ``default``, ``pipeline.toml``,
            ``pipeline.toml [env.staging]``, or an override's origin.
    """

    config: PipelineConfig
    origins: Mapping[str, str]

    def is_given(self, path: str) -> bool:
        """Tell whether anybody gave the value at *path*, e.g. ``role``."""
        return self.origins.get(path, DEFAULT) != DEFAULT


@frozen(kw_only=True)
class Layers:
    """What a file says, its environment's section to be laid over the rest of it.

    Attributes:
        parts: Tables and where they are from, the lowest first.
    """

    parts: tuple[tuple[Mapping[str, Any], Source], ...] = field(default=(), repr=False)

    @property
    def is_own(self) -> bool:
        """Whether the file describes a pipeline of its own."""
        return any(_has(table, path) for table, _ in self.parts for path in OWN)

    def get(self, path: str) -> Given | None:
        """Return the value at the dotted *path* and its origin, if the file has one.

        For what has to be known before the config is built, such as ``region``.
        """
        names = tree.split(path)
        for table, source in reversed(self.parts):
            if _has(table, names):
                return Given(_at(table, names), source.name)
        return None

    def build(
        self, base: PipelineConfig, overrides: Sequence[Override] = ()
    ) -> Settings:
        """Return the config in force.

        Args:
            base: What the file changes. One that describes a pipeline of its own
                takes bucket, role and region from it, where nobody gives them, and
                nothing else.
            overrides: What goes over the file, the strongest last.

        Raises:
            ConfigError: Names or values are wrong; all of them are told, each with
                where it is from.
        """
        start = tree.plain(base)
        if self.is_own:
            start = {name: start[name] for name in PLACES}
        laid = tree.lay(None, start, _PIPELINE, Source(DEFAULT))
        for table, source in self.parts:
            laid = tree.lay(laid, table, _PIPELINE, source)
        if self.is_own:
            laid = tree.fill(laid, PipelineConfig)
        for each in overrides:
            laid = override(laid, each, PipelineConfig)
        config = self._make(laid)
        return Settings(config=config, origins=_origins(laid, config))

    def _make(self, laid: Tree) -> PipelineConfig:
        """Return the config; where something is missing, say why it is."""
        title = self.parts[0][1].name if self.parts else None
        try:
            return make(laid, PipelineConfig, title=title)
        except ConfigError as error:
            if not self.is_own or MISSING not in str(error):
                raise
            own = " or ".join(tree.dotted(path) for path in OWN)
            msg = (
                f"{error}\n{title}: a file that names {own} describes a pipeline of "
                "its own, and takes nothing over from another"
            )
            raise ConfigError(msg) from None


def override(laid: Tree, given: Override, record: Record) -> Tree:
    """Return the tables of *record* with one value replaced."""
    names, kind = tree.split(given.path), kinds.kind_of(record)
    source = Source(given.origin)
    at = kind
    for name in names:
        at = at.member(name)
    if at.items is not None:
        # A mapping of the user's own names is set as a whole: the only way to take
        # a name out of one.
        laid = tree.lay(laid, tree.nest(names, None), kind, source)
    found: Tree = tree.lay(laid, tree.nest(names, given.value), kind, source)
    return found


def make(laid: Tree, record: type[T], *, title: str | None = None) -> T:
    """Return the record that the tables describe.

    Args:
        laid: The tables.
        record: The record's class.
        title: What is blamed for values that nobody gave; by default whatever gave
            others.

    Raises:
        ConfigError: Names or values are wrong, each on a line of its own.
    """
    try:
        return structure(tree.strip(laid), record)
    except ProblemsError as error:
        lines = dict.fromkeys(_tell(each, laid, title) for each in error.problems)
        raise ConfigError("\n".join(lines)) from None


_PIPELINE: Final = kinds.kind_of(PipelineConfig)


def _tell(problem: Problem, laid: Tree, title: str | None) -> str:
    """Return the line for one problem: where it is from, the place, the way out."""
    found = tree.find(laid, problem.path)
    is_there = isinstance(found, Given) or _has(laid, problem.path)
    blamed = _given(found) if is_there else []
    blamed = blamed or ([title] if title else _given(laid))
    parts = [", ".join(blamed), tree.dotted(problem.path), problem.text]
    return ": ".join(filter(None, parts))


def _given(node: Tree | Given) -> list[str]:
    return [origin for origin in tree.origins(node) if origin != DEFAULT]


def _origins(laid: Tree, config: PipelineConfig) -> Mapping[str, str]:
    """Return where each value of *config* came from."""
    return MappingProxyType(
        {
            tree.dotted(path): _origin(tree.find(laid, path))
            for path, _ in tree.leaves(tree.plain(config))
        }
    )


def _origin(found: Tree | Given) -> str:
    """Return the one origin of a leaf; of a record's default there is none."""
    return found.origin if isinstance(found, Given) else DEFAULT


def _has(table: Mapping[str, Any], names: Sequence[str]) -> bool:
    return _at(table, names) is not None


def _at(table: Any, names: Sequence[str]) -> Any:
    """Return what *table* holds at the path; None where there is nothing."""
    for name in names:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table
