"""Facts of SageMaker as data: patterns, limits, cache keys, what a toolkit can quote.

Where a number has no other source it is the service model's, as botocore 1.44
ships it; the developer guide's page is named where the model is silent.
"""

from __future__ import annotations

import json
import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PIPELINE_NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}")
"""A pipeline's name: no underscore, unlike a step's."""

STEP_NAME: Final = re.compile(r"[A-Za-z0-9\-_]{1,64}")
JOB_NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
TUNING_JOB_NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
CHANNEL_NAME: Final = re.compile(r"[A-Za-z0-9.\-_]{1,64}")
INSTANCE_TYPE: Final = re.compile(r"ml\.[a-z0-9\-]+\.[a-z0-9\-]+")
ROLE_ARN: Final = re.compile(
    r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]{1,1981}"
)
REGION: Final = re.compile(r"[a-z]{2,5}(-[a-z]+)+-\d+")
REGISTRY: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z0-9.-]+"
)
"""The host of a registry in ECR."""

BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")
S3_URI: Final = re.compile(r"s3://[^/]+(/.*)?")
ENVIRONMENT_KEY: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

MAX_S3_URI: Final = 1024
MAX_HYPERPARAMETERS: Final = 100
TOOLKIT_HYPERPARAMETERS: Final = 5
"""How many hyperparameters script mode itself needs: program, code, region, log
level and model folder."""

MAX_HYPERPARAMETER_KEY: Final = 256
MAX_HYPERPARAMETER_VALUE: Final = 2500
MAX_METRICS: Final = 40
MAX_METRIC_NAME: Final = 255
MAX_METRIC_REGEX: Final = 500
MAX_PROCESSING_ENVIRONMENT: Final = 100
MAX_PROCESSING_ENVIRONMENT_VALUE: Final = 256
MAX_TRAINING_ENVIRONMENT: Final = 100
MAX_TUNING_ENVIRONMENT: Final = 48
MAX_TRAINING_ENVIRONMENT_VALUE: Final = 512
MAX_ARGUMENTS: Final = 100
MAX_ARGUMENT: Final = 256
MAX_PROCESSING_INPUTS: Final = 10
MAX_PROCESSING_OUTPUTS: Final = 10
MAX_CHANNELS: Final = 20
MAX_RANGES: Final = 30
MAX_CATEGORIES: Final = 30
MAX_INSTANCES: Final = 100
MAX_VOLUME_GB: Final = 16_384
MAX_PROCESSING_RUNTIME_S: Final = 777_600
MAX_TRAINING_RUNTIME_S: Final = 2_419_200
MAX_KEEP_ALIVE_S: Final = 3_600
MAX_TAGS: Final = 50
MAX_TAG_KEY: Final = 128
MAX_TAG_VALUE: Final = 256
MAX_DISPLAY_NAME: Final = 256
MAX_STEP_DESCRIPTION: Final = 3072
ACCOUNT: Final = re.compile(r"\d{12}")
PACKAGE_GROUP: Final = re.compile(
    r"(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:\d{12}:model-package-group/)?"
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
)
MLFLOW_ARN: Final = re.compile(
    r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:mlflow-[a-zA-Z-]*/.*"
)
MAX_MLFLOW_EXPERIMENT: Final = 256
URI_PASSWORD: Final = re.compile(r"[a-z][a-z0-9+.\-]*://[^/@]*:[^/@]+@", re.IGNORECASE)
"""How an address begins that has a password in it."""

MIME_TYPE: Final = re.compile(r"[-\w]+/\S{1,200}", re.ASCII)
METADATA_KEY: Final = re.compile(r"[\w .:/=+\-@]{1,128}")
METADATA_VALUE: Final = re.compile(r"[\w .:/=+\-@]{1,256}")
MAX_METADATA: Final = 50
"""Customer metadata properties of a model package."""

OWN_METADATA: Final = ("pipeline", "execution")
"""Those that every model package has which a pipeline of ours registers."""

MAX_FAIL_MESSAGE: Final = 3072
MAX_PROPERTY_FILES: Final = 10

RETRIED: Final = (
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
)
"""Errors after which a step can be tried again (guide, pipelines-retry-policy)."""

MAX_RETRY_INTERVAL_S: Final = 43_200
MAX_RETRY_EXPIRY_MIN: Final = 14_400
MAX_ATTEMPTS: Final = 20
DEFAULT_ATTEMPTS: Final = 5

SECRET_NAME: Final = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|KEY|CREDENTIAL", re.IGNORECASE
)
"""Names whose values are not shown; rather one too many than one too few."""

MASK: Final = "****"
"""Stands for a value that is not shown."""

RESERVED_HYPERPARAMETER: Final = re.compile(r"sagemaker_.*|_tuning_objective_metric")
"""Names that the container's toolkit keeps to itself (sagemaker-training, params)."""

SHELL_SAFE: Final = re.compile(r"[A-Za-z0-9_@%+=:,./\-]+")
"""What an argument may hold so that no toolkit breaks it.

sagemaker-training up to 5.1.2, which the TensorFlow images hold, joins the
command with spaces and hands it to a shell without quoting.
"""


def hyperparameter_text(value: object) -> str:
    """Return *value* as the string that training and tuning send alike.

    The SDK writes ``true`` for a training step and ``True`` for a tuning step;
    one spelling keeps ``SM_HPS`` and the cache key the same in both.

    Args:
        value: A string, a number or a bool.

    Raises:
        ValueError: The container's toolkit would not hand it to the script as it
            is written here.
    """
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool | int) or (
        isinstance(value, float) and math.isfinite(value)
    ):
        text = json.dumps(value)
    else:
        msg = (
            f"expected a string, a finite number or a bool; got {value!r}. "
            "Write a list as one string without spaces, e.g. '64,32'"
        )
        raise ValueError(msg)
    argument = argument_text(text)
    if SHELL_SAFE.fullmatch(argument) is None:
        msg = (
            f"the container would break the argument {argument!r}: use letters, "
            "digits and _@%+=:,./- only, without spaces or quotes, or give it "
            "as an environment variable"
        )
        raise ValueError(msg)
    return text


def argument_text(text: str) -> str:
    """Return the argument that the toolkit makes of the hyperparameter *text*."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if value is None:
        return ""
    if isinstance(value, dict):
        return ",".join(f"{k}={v}" for k, v in value.items())
    return str(value)


MAX_INLINE_DEFINITION: Final = 102_400
"""Bytes from which on a definition goes through S3, as the SDK does it; the API
itself takes a million characters."""

MAX_STARTED_PARAMETERS: Final = 200
MAX_STARTED_PARAMETER_VALUE: Final = 1024

CACHE_KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Processing": (
            "Arguments.AppSpecification",
            "Arguments.Environment",
            "Arguments.ProcessingInputs",
        ),
        "Training": (
            "Arguments.AlgorithmSpecification",
            "Arguments.CheckpointConfig",
            "Arguments.DebugHookConfig",
            "Arguments.DebugRuleConfigurations",
            "Arguments.Environment",
            "Arguments.HyperParameters",
            "Arguments.InputDataConfig",
        ),
        "Tuning": (
            "Arguments.HyperParameterTuningJobConfig",
            "Arguments.TrainingJobDefinition.AlgorithmSpecification",
            "Arguments.TrainingJobDefinition.HyperParameterRanges",
            "Arguments.TrainingJobDefinition.InputDataConfig",
            "Arguments.TrainingJobDefinition.StaticHyperParameters",
            "Arguments.TrainingJobDefinition.TuningObjective",
            "Arguments.TrainingJobDefinitions",
        ),
        "Transform": (
            "Arguments.DataProcessing",
            "Arguments.Environment",
            "Arguments.ModelName",
            "Arguments.TransformInput",
        ),
        "AutoML": (
            "Arguments.AutoMLJobConfig.CandidateGenerationConfig",
            "Arguments.AutoMLJobConfig.CompletionCriteria",
            "Arguments.AutoMLJobConfig.DataSplitConfig",
            "Arguments.AutoMLJobConfig.Mode",
            "Arguments.AutoMLJobObjective",
            "Arguments.InputDataConfig",
            "Arguments.ProblemType",
        ),
        # The check and its job are what the arguments say as a whole.
        "ClarifyCheck": (
            "Arguments",
            "CheckType",
            "ModelName",
            "ModelPackageGroupName",
            "RegisterNewBaseline",
            "SkipCheck",
            "SuppliedBaselineConstraints",
        ),
        "QualityCheck": (
            "Arguments",
            "CheckType",
            "ModelPackageGroupName",
            "RegisterNewBaseline",
            "SkipCheck",
            "SuppliedBaselineConstraints",
            "SuppliedBaselineStatistics",
        ),
        "EMR": ("Arguments.ClusterId", "Arguments.StepConfig"),
    }
)
"""What the service compares before it takes an earlier result, per type of step: paths
from the step (developer guide, pipelines-default-keys). Whatever else changes, the
step is not run again."""

MAX_DEFINITION: Final = 1_048_576
"""Characters of a definition, inline or in S3."""

QUOTED_STEPS: Final = 50
"""Steps of a pipeline; commonly quoted, on no page of AWS that could be found."""

MAX_PARAMETER_DEFAULT: Final = 4096
