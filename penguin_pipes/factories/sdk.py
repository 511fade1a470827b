"""The one door to the SageMaker SDK: lazy, offline, quiet.

What is odd about the SDK is dealt with here, with `quiet` to keep its code from
looking outside, and nowhere else. Seen with sagemaker 3.24 to 3.27:

- importing ``sagemaker.mlops`` makes a boto3 client in a class body, which fails
  without a region and fills ``boto3.DEFAULT_SESSION`` for everybody else;
- a processing step makes a whole session when it is made, to read a method's name;
- its trainers ask IAM when they are made, upload code and write timestamps when they
  are rendered, and its tuner drops options without a word. Our steps are the SDK's
  own, but carry a request that is finished (`PreparedRequest`), so that none of this
  code runs;
- ``Pipeline`` checks the role with calls that few deployers may make, and every verb
  reports to AWS unless the session says otherwise;
- a popped job name is logged as a warning each time a definition is rendered.
"""

from __future__ import annotations

import logging
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from penguin_pipes.errors import ConfigError
from penguin_pipes.factories.prepared import PreparedRequest
from penguin_pipes.factories.quiet import offline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep, TuningStep

    from penguin_pipes.bundle import Bundle
    from penguin_pipes.config import Image, ProcessingConfig, Retry, StepConfig


@cache
def load() -> SimpleNamespace:
    """Return the names of the SDK that are used, imported at the first call."""
    with offline():
        from sagemaker.core import image_uris
        from sagemaker.core.workflow import (
            conditions,
            execution_variables,
            functions,
            parameters,
            pipeline_context,
            pipeline_definition_config,
            properties,
        )
        from sagemaker.mlops.workflow import (
            condition_step,
            fail_step,
            pipeline,
            retry,
            steps,
        )
    logging.getLogger("sagemaker.core.workflow.utilities").addFilter(_no_popped_names)
    return SimpleNamespace(
        image_uris=image_uris,
        variables=execution_variables.ExecutionVariables,
        Join=functions.Join,
        JsonGet=functions.JsonGet,
        AtLeast=conditions.ConditionGreaterThanOrEqualTo,
        Properties=properties.Properties,
        PropertyFile=properties.PropertyFile,
        parameters=parameters,
        PipelineSession=pipeline_context.PipelineSession,
        StepArguments=pipeline_context._StepArguments,  # noqa: SLF001  # no public one
        PipelineDefinitionConfig=pipeline_definition_config.PipelineDefinitionConfig,
        Pipeline=pipeline.Pipeline,
        MlflowConfig=pipeline.MlflowConfig,
        EventBridgeSchedulerHelper=pipeline.EventBridgeSchedulerHelper,
        CacheConfig=steps.CacheConfig,
        ProcessingStep=steps.ProcessingStep,
        TrainingStep=steps.TrainingStep,
        TuningStep=steps.TuningStep,
        ConditionStep=condition_step.ConditionStep,
        FailStep=fail_step.FailStep,
        ConfigurableRetryStep=steps.ConfigurableRetryStep,
        StepType=steps.StepTypeEnum,
        retry=retry,
    )


def _no_popped_names(record: logging.LogRecord) -> bool:
    """Drop the warning that a job name was popped: it says nothing to act on."""
    return not record.getMessage().startswith("Popping out")


def _arguments(caller: str, prepared: PreparedRequest) -> Any:
    """Return step arguments whose function has nothing left to do."""

    def nothing(_: PreparedRequest) -> None:
        return None

    return load().StepArguments(caller, nothing, prepared)


def _options(config: StepConfig, depends_on: Sequence[Any]) -> dict[str, Any]:
    """Return what steps of every kind take besides their arguments."""
    return {
        "cache_config": load().CacheConfig(
            enable_caching=config.cache.enabled, expire_after=config.cache.expire_after
        ),
        "display_name": config.display_name,
        "description": config.description,
        "depends_on": list(depends_on) or None,
        "retry_policies": [_policy(retry) for retry in config.retry],
    }


def _policy(retry: Retry) -> Any:
    """Return the SDK's policy; it has one for the step's errors, one for the job's."""
    kinds = load().retry
    limits = {
        "interval_seconds": retry.interval_s,
        "backoff_rate": retry.backoff_rate,
        "max_attempts": retry.max_attempts,
        "expire_after_mins": retry.expire_after_min,
    }
    of_step, of_job = kinds.StepExceptionTypeEnum, kinds.SageMakerJobExceptionTypeEnum
    # Called with a value, as enums are, these return their first member (3.27).
    known = {each.value: each for each in (*of_step, *of_job)}
    errors = [known[name] for name in retry.on]
    if isinstance(errors[0], of_step):
        return kinds.StepRetryPolicy(errors, **limits)
    return kinds.SageMakerJobStepRetryPolicy(errors, **limits)


def processing_step(
    name: str,
    prepared: PreparedRequest,
    config: ProcessingConfig,
    depends_on: Sequence[Any] = (),
) -> ProcessingStep:
    """Return the SDK's processing step for a finished request."""
    arguments, options = _arguments("run", prepared), _options(config, depends_on)
    options["property_files"] = [
        load().PropertyFile(file, *path.split("/", 1))
        for file, path in config.property_files.items()
    ]
    with offline():  # the constructor makes a session, to read a method's name
        return load().ProcessingStep(name, step_args=arguments, **options)


def training_step(
    name: str,
    prepared: PreparedRequest,
    config: StepConfig,
    depends_on: Sequence[Any] = (),
) -> TrainingStep:
    """Return the SDK's training step for a finished request."""
    arguments, options = _arguments("train", prepared), _options(config, depends_on)
    return load().TrainingStep(name, step_args=arguments, **options)


def tuning_step(
    name: str,
    prepared: PreparedRequest,
    config: StepConfig,
    depends_on: Sequence[Any] = (),
) -> TuningStep:
    """Return the SDK's tuning step for a finished request."""
    arguments, options = _arguments("tune", prepared), _options(config, depends_on)
    return load().TuningStep(name, step_args=arguments, **options)


def bundles_of(step: Any) -> dict[str, Bundle]:
    """Return what has to lie in S3 for *step*, and for the steps inside it."""
    prepared = getattr(getattr(step, "step_args", None), "func_args", ())
    found: dict[str, Bundle] = {}
    if prepared and isinstance(prepared[0], PreparedRequest):
        found.update(prepared[0].bundles)
    for branch in ("if_steps", "else_steps", "for_each_body"):
        for inner in getattr(step, branch, None) or ():
            found.update(bundles_of(inner))
    return found


def join(*values: Any, on: str = "/") -> Any:
    """Return the parts joined, by slashes as a rule, at the time the pipeline runs."""
    return load().Join(on=on, values=list(values))


def pipeline_name() -> Any:
    """Return the variable for the name of the pipeline that runs."""
    return load().variables.PIPELINE_NAME


def execution_id() -> Any:
    """Return the variable for the id of this execution."""
    return load().variables.PIPELINE_EXECUTION_ID


def string_parameter(name: str, default: str) -> Any:
    """Return a string parameter of a pipeline."""
    return load().parameters.ParameterString(name, default_value=default)


def float_parameter(name: str, default: float) -> Any:
    """Return a parameter of a pipeline that is a number."""
    return load().parameters.ParameterFloat(name, default_value=default)


def as_text(variable: Any) -> Any:
    """Return *variable* as one that the service turns into a string.

    Hyperparameters and environments are strings; an integer parameter must be
    joined into one, as the SDK's tuner does.
    """
    to_string = getattr(variable, "to_string", None)
    return to_string() if callable(to_string) else variable


def image_uri(
    place: str,
    image: Image,
    *,
    region: str,
    instance_type: object,
    scope: str = "training",
) -> str:
    """Return the URI of one of AWS's images; looked up in the SDK's own tables.

    Raises:
        ConfigError: The SDK's tables hold no such image for the region.
    """
    kind = instance_type if isinstance(instance_type, str) else "ml.m5.xlarge"
    try:
        uri: str = load().image_uris.retrieve(
            image.framework,
            region,
            version=image.version,
            py_version=image.python,
            instance_type=kind,
            image_scope=scope,
        )
    except FileNotFoundError:
        msg = (
            f"{place}.framework: the SDK knows no images of {image.framework!r}; "
            "give the image's URI instead"
        )
        raise ConfigError(msg) from None
    except ValueError as error:
        msg = f"{place}: {image}: {error}"
        raise ConfigError(msg) from error
    return uri


def session_region(session: Any) -> str | None:
    """Return the region of an SDK session; None where it has none."""
    return getattr(session, "boto_region_name", None) if session is not None else None


def session_bucket(session: Any) -> str | None:
    """Return the default bucket that a session was given, without asking AWS.

    ``session.default_bucket()`` would create the bucket, and a deferred session
    would look for credentials over the network if it were asked for an attribute.
    """
    known = getattr(session, "__dict__", {})
    bucket: str | None = known.get("_default_bucket") or known.get(
        "_default_bucket_name_override"
    )
    return bucket
