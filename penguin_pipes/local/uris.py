"""Names in S3, and tables that find what lies at, above or below one at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Self, TypeVar

import attrs

from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

SCHEME: Final = "s3://"


@attrs.frozen
class S3Uri:
    """A name in S3: an object's, or a prefix of many."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the name that *text* writes, without a slash at its end.

        Raises:
            InputError: If it is none, or would lead out of its bucket's folder.
        """
        bucket, _, key = text.removeprefix(SCHEME).partition("/")
        parts = [bucket, *key.rstrip("/").split("/")] if key.strip("/") else [bucket]
        if not text.startswith(SCHEME) or not bucket:
            msg = f"{text!r} is no S3 name; write s3://bucket/key"
            raise InputError(msg)
        if any(part in {"", ".", ".."} or "\0" in part for part in parts):
            msg = f"{text!r} cannot be kept in a folder; take out empty, . and .. parts"
            raise InputError(msg)
        return cls(bucket, "/".join(parts[1:]))

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}".rstrip("/")

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]

    @property
    def above(self) -> Iterator[S3Uri]:
        """The prefixes that it lies below, the nearest first."""
        key = self.key
        while key:
            key = key.rpartition("/")[0]
            yield S3Uri(self.bucket, key)

    def below(self, other: S3Uri) -> str | None:
        """Return the way from *other* down to here (empty if equal), or None."""
        if self == other:
            return ""
        inside = str(self).removeprefix(f"{other}/")
        return None if inside == str(self) else inside


class UriTable(Generic[T]):
    """Things by their names in S3, one each.

    A look-up takes as long as the name is deep, however many names there are.
    """

    def __init__(self) -> None:
        self._things: dict[S3Uri, T] = {}
        self._numbers: dict[S3Uri, int] = {}
        self._below: dict[S3Uri, list[S3Uri]] = {}

    def __setitem__(self, name: S3Uri, thing: T) -> None:
        """Put *thing* at *name*, in the place of what was there."""
        self._things[name] = thing
        if name in self._numbers:
            return
        self._numbers[name] = len(self._numbers)
        for prefix in name.above:
            self._below.setdefault(prefix, []).append(name)

    def around(self, name: S3Uri) -> Iterator[tuple[S3Uri, T]]:
        """Yield what lies at, above or below *name*, in the order it was put there."""
        found = [each for each in (name, *name.above) if each in self._things]
        found += self._below.get(name, ())
        for each in sorted(found, key=self._numbers.__getitem__):
            yield each, self._things[each]
