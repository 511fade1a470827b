"""Laws of sharing objects among the instances of a job."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from penguin_pipes.local.contract.cluster import Instance

OBJECTS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1), st.integers()
)


@given(objects=OBJECTS, count=st.integers(1, 20))
def test_shares_are_a_partition(objects: dict[str, int], count: int) -> None:
    """Every object is in one share, and no share is larger by more than one."""
    instances = [Instance(number=n, count=count) for n in range(1, count + 1)]

    shares = [instance.share(objects) for instance in instances]

    assert sum(map(len, shares)) == len(objects)
    assert {key: value for share in shares for key, value in share.items()} == objects
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


@given(objects=OBJECTS, count=st.integers(1, 20))
def test_shares_depend_on_keys_alone(objects: dict[str, int], count: int) -> None:
    """The order in which objects are found does not matter."""
    backwards = dict(reversed(objects.items()))
    instance = Instance(number=1, count=count)

    assert instance.share(objects) == instance.share(backwards)
