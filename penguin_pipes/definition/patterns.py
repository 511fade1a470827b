"""The texts of a definition as IAM writes patterns: ``*`` for what a run decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.definition.document import BRANCHES, Site
from penguin_pipes.definition.node import as_text
from penguin_pipes.definition.plan.scope import World, echoed
from penguin_pipes.definition.plan.worth import Worth, worth
from penguin_pipes.definition.references import Reference, expression

if TYPE_CHECKING:
    from collections.abc import Iterator

ANY: Final = "*"


@attrs.frozen
class Value:
    """A text of a definition: where it stands, and the members that lead there."""

    address: str
    path: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        """The member that it is, or is an item of."""
        return self.path[-1] if self.path else ""


@attrs.frozen(kw_only=True)
class Texts:
    """Turns values of a definition into patterns.

    Attributes:
        world: The definition.
        name: The pipeline's name.
    """

    world: World
    name: str

    def values(self, site: Site) -> Iterator[Value]:
        """Yield every text of a step, without those of the steps inside it."""
        place = site.request.address
        arguments = site.request.value
        if isinstance(arguments, Mapping):
            own = {k: v for k, v in arguments.items() if k not in BRANCHES}
            yield from self._walk(own, place, ())

    def _walk(self, value: Any, place: str, path: tuple[str, ...]) -> Iterator[Value]:
        if isinstance(value, Mapping) and expression(value) is None:
            for key, item in value.items():
                yield from self._walk(item, f"{place}.{key}", (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._walk(item, f"{place}[{index}]", path)
        elif isinstance(value, (str, Mapping)):
            yield Value(place, path, self.pattern(value, place))

    def pattern(self, value: Any, place: str = "$") -> str:
        """Return the text that *value* is, ``*`` standing for what is not known."""
        known = worth(value, place, self._follow)
        return _pattern(known.value)

    def _follow(self, reference: Reference) -> Worth:
        if reference.kind == "Execution" and reference.name == "PipelineName":
            return Worth(value=self.name)
        if reference.kind == "Steps":
            echo = echoed(self.world.sites.get(reference.name), reference)
            if echo is not None:
                return worth(echo, reference.address, self._follow)
        return self.world.by_default(reference)


def _pattern(value: Any) -> str:
    """Return what is left of an expression as a pattern of IAM."""
    if expression(value) == "Std:Join" and isinstance(value["Std:Join"], Mapping):
        pieces = value["Std:Join"].get("Values")
        return "".join(map(_pattern, pieces)) if isinstance(pieces, list) else ANY
    if isinstance(value, (str, int, float)):
        # IAM reads these three in a resource as anything, any character, a variable.
        return re.sub(r"[*?$]", lambda found: f"${{{found[0]}}}", as_text(value))
    return ANY
