"""Functions of the caller that stand in for what cannot run on this computer."""

from __future__ import annotations

import difflib
import json
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from penguin_pipes.errors import InputError
from penguin_pipes.local.jobs.base import JobResult
from penguin_pipes.local.jobs.decisions import Still
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penguin_pipes.definition import Node, Step
    from penguin_pipes.local.jobs.base import Job

StandIn: TypeAlias = Callable[[dict[str, Any]], Mapping[str, Any] | None]
"""Takes a step's arguments and returns what others can refer to."""

TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
}


class StandInKind(Still):
    """A step that a function stands in for.

    Args:
        step: The step.
        act: The function. As a Lambda function it is given the step's arguments, and
            returns the step's output parameters; of types that have none, it returns
            the properties themselves.
    """

    def __init__(self, step: Step, act: StandIn) -> None:
        self._act = act
        self._declared: dict[str, str] | None = None
        if step.type in {"Lambda", "Callback"}:
            self._declared = {
                each["OutputName"]: each.get("OutputType", "String")
                for each in step.raw.get("OutputParameters") or ()
            }

    def expected(
        self,
        request: Node,  # noqa: ARG002 - the function need not look at it
        job_name: str,  # noqa: ARG002 - there is no job
    ) -> Mapping[str, Any] | Unknown:
        """Return what others can refer to, as far as is known."""
        if self._declared is None:
            return Unknown("what a function returns")
        return {"OutputParameters": dict.fromkeys(self._declared, Unknown("a value"))}

    def run(self, request: Node, job: Job) -> JobResult:
        """Call the function; what it raises, or should not return, fails the step."""
        try:
            answer = self._act(json.loads(json.dumps(request.value)))
        except Exception as error:  # noqa: BLE001 - it is the user's
            log = job.folder / "log.txt"
            log.write_text(traceback.format_exc(), encoding="utf-8")
            return JobResult(failure=f"{type(error).__name__}: {error}")
        found = {} if answer is None else answer
        problem = self._problem(found)
        if problem is not None:
            return JobResult(failure=f"its stand-in returned {problem}")
        if self._declared is None:
            return JobResult(failure=None, properties=dict(found))
        outputs = {name: found[name] for name in self._declared}
        return JobResult(failure=None, properties={"OutputParameters": outputs})

    def _problem(self, answer: object) -> str | None:
        """Return what is wrong with what the function returned, or None."""
        if not isinstance(answer, Mapping):
            return f"{answer!r}; a mapping of names to values was expected"
        for name, kind in (self._declared or {}).items():
            if name not in answer:
                there = ", ".join(map(str, answer)) or "nothing"
                return f"no {name!r}, which the step declares; there is: {there}"
            value = answer[name]
            is_stray = isinstance(value, bool) and kind != "Boolean"
            if is_stray or not isinstance(value, TYPES.get(kind, (object,))):
                return f"{value!r} for {name!r}, which is declared as {kind}"
        try:
            json.dumps(dict(answer))
        except (TypeError, ValueError) as error:
            return f"what cannot be kept as JSON: {error}"
        return None


def refuse_strangers(
    stand_ins: Iterable[str], steps: Iterable[Step], runs_here: Iterable[str]
) -> None:
    """Raise unless each of the *stand_ins* has a step to stand in for.

    Args:
        stand_ins: The names of the steps.
        steps: All steps there are.
        runs_here: The types of those that need nobody to stand in.

    Raises:
        InputError: There is no such step, or it runs here by itself.
    """
    types = {step.name: step.type for step in steps}
    for name in stand_ins:
        if name not in types:
            near = difflib.get_close_matches(name, types, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {[*types]}"
            msg = f"stand_ins: the pipeline has no step {name!r}; {hint}"
            raise InputError(msg)
        if types[name] in {*runs_here}:
            msg = (
                f"stand_ins: step {name!r} is of type {types[name]} and runs here by "
                "itself; take it out"
            )
            raise InputError(msg)
