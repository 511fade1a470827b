"""What of a run is in MLflow, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penguin_pipes.experiments.logged import State
from penguin_pipes.experiments.uris import shown
from penguin_pipes.report.prose import say

if TYPE_CHECKING:
    from rich.console import Console

    from penguin_pipes.experiments.logged import Logged, Outcome


def show_logged(found: Logged, out: Console, err: Console) -> None:
    """Print what was logged, and where; then what was not, why, and the way out."""
    store = found.store
    for each in found.outcomes:
        if each.state is not State.FAILED:
            out.print(_line(each), markup=False, soft_wrap=True)
    if not found.outcomes:
        say("MLflow: the run has trained nothing, so that there is nothing to log", out)
    elif any(each.state is not State.FAILED for each in found.outcomes):
        place = store.page or shown(store.uri)
        text = f"MLflow: experiment {store.experiment!r} at {place}"
        out.print(text, markup=False, soft_wrap=True)
    for each in found.outcomes:
        if each.state is State.FAILED:
            say(f"warning: {each.step} was not logged to MLflow: {each.reason}", err)
    if not found.is_whole:
        again = f"python -m penguin_pipes.experiments {found.run} --mlflow"
        say(f"the run itself is kept; {again} {shown(store.uri)} logs the rest", err)


def _line(each: Outcome) -> str:
    trials = f" with {each.trials} trials" if each.trials else ""
    was = f", reused from run {each.reused_from}" if each.reused_from else ""
    already = " already" if each.state is State.KNOWN else ""
    return f"MLflow: {each.step}{was} is{already} run {each.run_id}{trials}"
