"""Conditions and fails: which steps run, by what others have written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes import service
from penguin_pipes.config import Variable
from penguin_pipes.errors import ConfigError
from penguin_pipes.factories import sdk
from penguin_pipes.factories.processing import step_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.steps import ProcessingStep

    from penguin_pipes.config import Text


def file_value(step: ProcessingStep, property_file: str, path: str) -> Any:
    """Return the pipeline variable for a value in a property file of *step*.

    Args:
        step: A step whose config declares the file (``property_files``).
        property_file: The file's name there.
        path: Where the value stands in it: ``metrics.accuracy.value``.

    Raises:
        ConfigError: The step declares no such file.
    """
    known = [each.name for each in step.property_files]
    if property_file not in known:
        there = ", ".join(known) or "none"
        msg = (
            f"file_value(property_file=…): expected a property file of the step "
            f"{step.name!r} ({there}); got {property_file!r}"
        )
        raise ConfigError(msg)
    return sdk.load().JsonGet(
        step_name=step.name, property_file=property_file, json_path=path
    )


def at_least(value: Any, least: Any) -> Any:
    """Return the SDK's condition that *value* is *least* or more.

    Both may be pipeline variables or numbers.
    """
    return sdk.load().AtLeast(left=value, right=least)


def condition_step(
    *,
    name: str,
    conditions: Sequence[Any],
    if_steps: Sequence[Any],
    else_steps: Sequence[Any] = (),
    depends_on: Sequence[Any] = (),
) -> ConditionStep:
    """Return a step that lets one of two branches run.

    What the steps of the branches bring is uploaded with the pipeline. They are no
    steps of the pipeline besides.

    Args:
        name: The step's name, unique in its pipeline.
        conditions: `at_least`, or any condition of the SDK; all have to hold.
        if_steps: What runs where they do.
        else_steps: What runs where they do not.
        depends_on: Steps, or names of steps, that have to be done before, beyond
            those whose values are compared.

    Raises:
        ConfigError: The name is not what the service takes, or there is no condition.
    """
    step_name(name)
    if not conditions:
        msg = "condition_step(conditions=…): expected one or more; got none"
        raise ConfigError(msg)
    return sdk.load().ConditionStep(
        name=name,
        conditions=list(conditions),
        if_steps=list(if_steps),
        else_steps=list(else_steps),
        depends_on=list(depends_on) or None,
    )


def fail_step(
    *, name: str, message: Text | Sequence[Any], depends_on: Sequence[Any] = ()
) -> FailStep:
    """Return a step that ends the execution as failed, with a sentence.

    Args:
        name: The step's name, unique in its pipeline.
        message: What the execution's failure reason will say; a list is joined when
            the pipeline runs, so that it may hold parameters and properties.
        depends_on: Steps, or names of steps, that have to be done before.

    Raises:
        ConfigError: Name or message are not what the service takes.
    """
    step_name(name)
    parts: list[Any] = [message]
    if not isinstance(message, str | Variable):
        parts = list(message)
    length = sum(len(part) for part in parts if isinstance(part, str))
    is_plain = all(isinstance(part, str) for part in parts)
    if length > service.MAX_FAIL_MESSAGE or (is_plain and not length):
        msg = (
            f"fail_step(message=…): expected 1 to {service.MAX_FAIL_MESSAGE} "
            f"characters that say why; got {length}"
        )
        raise ConfigError(msg)
    text = "".join(parts) if is_plain else sdk.join(*parts, on="")
    return sdk.load().FailStep(
        name=name, error_message=text, depends_on=list(depends_on) or None
    )
