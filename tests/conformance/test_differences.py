"""What is promised of the list of known differences: each is there, each is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from judge.differences import DIFFERENCES, REFUSALS, Difference, Refusal
from judge.same import disagreements
from judge.sides import Seen, run_here
from penguin_pipes.errors import RequestError, StepFailedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from judge.case import Case


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: each.name)
def test_difference_is_still_there_and_is_all_there_is(
    difference: Difference, run_both: Callable[..., tuple[Seen, Seen]]
) -> None:
    """A witness shows its difference, and none that is not on the list."""
    case = attrs.evolve(difference.witness, shows=(difference.name,))

    seen = run_both(case)

    assert disagreements(case, *seen, but=difference) != {}
    assert disagreements(case, *seen) == {}


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.name)
def test_refused_job_runs_under_the_toolkit(
    refusal: Refusal, run_there: Callable[[Case], Seen], tmp_path: Path
) -> None:
    """What is refused on purpose would have run, so that refusing is a choice."""
    theirs = run_there(refusal.case)

    assert (theirs.exit_code, theirs.failure) == (0, None)
    with pytest.raises((RequestError, StepFailedError), match=refusal.message):
        run_here(refusal.case, tmp_path)


def test_every_difference_says_why() -> None:
    """No difference and no refusal is on the list without a reason and a name."""
    names = [each.name for each in (*DIFFERENCES, *REFUSALS)]

    assert len(set(names)) == len(names)
    assert all(each.why.endswith(".") for each in (*DIFFERENCES, *REFUSALS))
