"""The computers of one job: what they are called, and what each of them gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Instance:
    """One computer of a job's.

    Attributes:
        number: Which one it is, from 1.
        count: How many there are.
    """

    number: int = 1
    count: int = 1

    @property
    def name(self) -> str:
        """Its host name."""
        return f"algo-{self.number}"

    @property
    def hosts(self) -> list[str]:
        """The host names of all."""
        return [f"algo-{number}" for number in range(1, self.count + 1)]

    @property
    def is_leader(self) -> bool:
        """Whether it is the first one, which toolkits call the master."""
        return self.number == 1

    def share(self, objects: Mapping[str, T]) -> dict[str, T]:
        """Return the objects that this one gets if they are sharded by their keys.

        The service promises each computer about as many as any other, and not which;
        here they are dealt like cards, in the order of their keys.
        """
        keys = sorted(objects, key=str.encode)
        return {key: objects[key] for key in keys[self.number - 1 :: self.count]}


LEADER: Final = Instance()
"""The only computer of most jobs."""
