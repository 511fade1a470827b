"""Determinism: what moves a definition is found, here or in another process."""

from __future__ import annotations

import os
import sys
import time
import uuid
from functools import partial
from typing import Any

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.testing import assert_deterministic

STEPS = ("clean", "fit", "judge", "register", "tell", "wait", "end")


def definition(*names: str, **members: Any) -> dict[str, Any]:
    """Return a definition of steps of these names."""
    steps = [{"Name": name, "Type": "Fail", "Arguments": {}} for name in names]
    return {"Version": "2020-12-01", "Steps": steps, **members}


def steady(*names: str, note: str = "") -> dict[str, Any]:
    """Return the same each time."""
    print("on the way")  # noqa: T201  # what is printed must do no harm
    return definition(*(names or STEPS), Metadata={"note": note})


def anything(of: object) -> dict[str, Any]:
    """Return the same, whatever it is given."""
    return definition(type(of).__name__)


def random_name() -> dict[str, Any]:
    """Return another name each time."""
    return definition(uuid.uuid4().hex)


def order_of_a_set() -> dict[str, Any]:
    """Return the steps in an order that hashes make."""
    return definition(*set(STEPS))


def time_zone() -> dict[str, Any]:
    """Return what depends on the place."""
    return definition(time.tzname[0])


def region() -> dict[str, Any]:
    """Return what depends on a setting."""
    return definition(os.environ.get("AWS_REGION", "none"))


def only_here() -> dict[str, Any]:
    """Fail in any process but that of the tests."""
    if sys.argv[0].endswith("again.py"):
        msg = "built elsewhere"
        raise RuntimeError(msg)
    return definition("here")


@pytest.mark.parametrize("build", [steady, partial(steady, "a", note="b")])
def test_what_is_the_same_everywhere_passes(build: Any) -> None:
    """A function of a test's module, and one with arguments."""
    assert_deterministic(build)


def test_a_random_name_is_found_and_shown() -> None:
    """In this process already; the message says what it costs."""
    with pytest.raises(AssertionError) as failed:
        assert_deterministic(random_name)

    said = str(failed.value)
    assert said.startswith("the definition is another one each time:\n--- the first")
    assert '\n-      "Name": "' in said
    assert said.endswith("with it the key of the step cache.")


@pytest.mark.parametrize("build", [order_of_a_set, time_zone, region])
def test_what_another_process_sees_otherwise_is_found(build: Any) -> None:
    """Two renderings of one process agree about it."""
    assert_deterministic(build, fresh_process=False)

    with pytest.raises(AssertionError, match="in another process, time zone and reg"):
        assert_deterministic(build)


def test_a_definition_that_is_built_only_here_is_told() -> None:
    """With the end of what the other process said."""
    with pytest.raises(AssertionError, match=r"(?s)not in another .*Error: built else"):
        assert_deterministic(only_here)


def test_what_another_process_cannot_find_is_refused() -> None:
    """And not silently compared with less; the message has both ways out."""
    match = r"at the top of its module, or pass fresh_process=False"
    with pytest.raises(InputError, match=match):
        assert_deterministic(lambda: definition("x"))
    with pytest.raises(InputError, match=r"arguments do not travel \("):
        assert_deterministic(partial(anything, lambda: "x"))

    assert_deterministic(lambda: definition("x"), fresh_process=False)


def test_a_pipeline_that_is_built_already_is_refused() -> None:
    """It could be rendered again, but not built again."""
    with pytest.raises(InputError, match="expected what builds the pipeline, not the"):
        assert_deterministic(definition("x"))  # type: ignore[arg-type]
