"""What is compared before an earlier result is taken: names of parts and their values.

Pure. A part's name is what a person calls it: ``hyperparameter epochs``,
``input train``, ``code helper.py``; the others are called by their place.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.service import CACHE_KEYS

if TYPE_CHECKING:
    from penguin_pipes.definition import Node, Step

Contents = Mapping[str, Mapping[str, str]]
"""Address of an S3 name → the parts that take its place: what lies there."""

HERE: Final[Mapping[str, tuple[str, ...]]] = {
    "Transform": (
        "Arguments.BatchStrategy",
        "Arguments.MaxPayloadInMB",
        "Arguments.Model",
        "Arguments.TransformOutput.Accept",
        "Arguments.TransformOutput.AssembleWith",
    )
}
"""What counts besides here, and not at the service: the results depend on it."""

STOOD_FOR: Final = {"Arguments.ModelName": "Model"}
"""Names that every run makes anew → the members that tell what they stand for."""

NAMED: Final = (
    (re.compile(r"(?:\w+\.)?(?:Static)?HyperParameters\.(.+)"), r"hyperparameter \1"),
    (re.compile(r"(?:\w+\.)?Environment\.(.+)"), r"environment variable \1"),
)
"""Places that have a plainer name."""


@attrs.frozen(kw_only=True)
class Key:
    """A step as the cache knows it.

    Attributes:
        parts: What the step asks for, by name.
        surroundings: What stands for its image: the interpreter and its packages.
    """

    parts: Mapping[str, Any]
    surroundings: Mapping[str, str]

    @property
    def digest(self) -> str:
        """One text for everything: two keys are the same if theirs is."""
        return digest_of({"parts": self.parts, "surroundings": self.surroundings})

    @property
    def everything(self) -> dict[str, Any]:
        """All that is compared, by name."""
        return {**self.parts, **self.surroundings}


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a JSON value, whatever the order of its members."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def has_key(step: Step) -> bool:
    """Return whether it is known what to compare for a step of this type."""
    return step.type in CACHE_KEYS


def parts_of(step: Step, request: Node, contents: Contents) -> dict[str, Any]:
    """Return the parts of a step's key.

    Args:
        step: The step; its type says which members count.
        request: Its arguments, resolved.
        contents: What lies at the S3 names in it.
    """
    found: dict[str, Any] = {}
    known = {**step.raw, "Arguments": request.value}
    for path in (*CACHE_KEYS[step.type], *HERE.get(step.type, ())):
        if STOOD_FOR.get(path) in request.value:
            continue
        value: Any = known
        for member in path.split("."):
            value = value.get(member) if isinstance(value, Mapping) else None
        if value is not None:
            found.update(_leaves(value, path, step.address, contents))
    return found


def _leaves(
    value: Any, path: str, root: str, contents: Contents
) -> Iterator[tuple[str, Any]]:
    """Yield the smallest parts of *value*, which stands at *path* from *root*."""
    content = contents.get(f"{root}.{path}")
    if content is not None:
        yield from content.items()
    elif isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}", root, contents)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]", root, contents)
    else:
        yield _name(path), value


def _name(path: str) -> str:
    """Return what the part at *path* is called."""
    place = path.removeprefix("Arguments.")
    for pattern, name in NAMED:
        if pattern.fullmatch(place):
            return pattern.sub(name, place)
    return place
