"""Laws of the local cache's keys, for every request that Hypothesis can think of."""

from __future__ import annotations

import copy
import json
import string
from typing import Any

import hypothesis.strategies as st
from hypothesis import assume, example, given, settings

from penguin_pipes.definition import Node, Step
from penguin_pipes.local.cache import Key
from penguin_pipes.local.cache.key import parts_of
from penguin_pipes.local.cache.reasons import differences
from penguin_pipes.service import CACHE_KEYS

law = settings(deadline=None)

WORDS = st.text(string.ascii_letters + string.digits, min_size=1, max_size=6)
LEAVES = st.one_of(WORDS, st.integers(), st.booleans())
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
    ),
    max_leaves=6,
)
IN_KEY = tuple(path.partition(".")[2] for path in CACHE_KEYS["Training"])
BESIDE = ("RoleArn", "ResourceConfig", "StoppingCondition", "OutputDataConfig", "Tags")
REQUESTS = st.dictionaries(st.sampled_from(IN_KEY + BESIDE), VALUES, max_size=6)


def key(request: Any, **surroundings: str) -> Key:
    """Return the key of a training step that asks for *request*."""
    step = Step(name="s", type="Training", raw={}, address="$.Steps[0]")
    node = Node(request, "$.Steps[0].Arguments")
    return Key(parts=parts_of(step, node, {}), surroundings=surroundings)


def _turned(value: Any) -> Any:
    """Return a value with the members of its objects the other way round."""
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    """Return a value as JSON has it, where true is not 1."""
    return json.dumps(value, sort_keys=True)


@law
@given(request=REQUESTS)
def test_order_of_members_does_not_count(request: Any) -> None:
    """JSON objects have no order, so neither has a key."""
    assert key(_turned(request)).digest == key(request).digest


@law
@example(request={"Environment": True}, member="Environment", value=1)
@given(request=REQUESTS, member=st.sampled_from(IN_KEY), value=VALUES)
def test_every_value_in_the_key_counts_and_is_told(
    request: Any, member: str, value: Any
) -> None:
    """Another value of any attribute is another key, and has a reason."""
    other = {**copy.deepcopy(request), member: value}
    assume(member not in request or _text(request[member]) != _text(value))
    old, new = key(request), key(other)

    assert old.digest != new.digest
    assert differences(old, new)


@law
@given(request=REQUESTS, member=st.sampled_from(BESIDE), value=VALUES)
def test_nothing_beside_the_key_counts(request: Any, member: str, value: Any) -> None:
    """As at the service: instances, roles, limits and outputs rerun nothing."""
    assert key({**request, member: value}).digest == key(request).digest


@law
@given(request=REQUESTS)
def test_kept_key_is_the_same_key(request: Any) -> None:
    """What is read back from the database compares as what was written."""
    written = key(request, python="3.11")

    parts = json.loads(json.dumps(written.parts))
    read = Key(parts=parts, surroundings=written.surroundings)

    assert read.digest == written.digest
    assert differences(read, written) == ()


@law
@given(request=REQUESTS, old=WORDS, new=WORDS)
def test_surroundings_count(request: Any, old: str, new: str) -> None:
    """Another version of a package is another key, and is told."""
    assume(old != new)
    one, other = key(request, **{"package p": old}), key(request, **{"package p": new})

    assert one.digest != other.digest
    assert differences(one, other) == (f"package p {old} → {new}",)
