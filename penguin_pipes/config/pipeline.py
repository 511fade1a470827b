"""What a whole pipeline is configured with, and what its steps take over from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs
from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import maybe, on
from penguin_pipes.config.processing import ProcessingConfig
from penguin_pipes.config.records import Security, Text, strings, texts
from penguin_pipes.config.registration import STEP_NAME, RegistrationConfig
from penguin_pipes.config.step import BUCKET, PREFIX, REGION, ROLE, TAGS, StepConfig
from penguin_pipes.config.tracking import MlflowConfig
from penguin_pipes.config.training import TrainingConfig
from penguin_pipes.config.tuning import TuningConfig
from penguin_pipes.errors import ConfigError

S = TypeVar("S", bound=StepConfig)


def _dataset(value: str | Path) -> str | Path:
    """Leave S3 URIs as they are; any other string is a file on this computer."""
    is_s3 = isinstance(value, str) and value.startswith("s3://")
    return value if is_s3 else checks.to_path(value)


def _registration(
    value: RegistrationConfig | bool | None,  # noqa: FBT001  # a field's value
) -> RegistrationConfig | None:
    """Let true stand for the defaults, and false for nothing."""
    if isinstance(value, bool):
        return RegistrationConfig() if value else None
    return value


def _local_or_s3(place: str, value: object) -> None:
    if not isinstance(value, Path) and not str(value).startswith("s3://"):
        raise checks.refuse(place, "a local file or an S3 URI", value)


@frozen(kw_only=True)
class PipelineConfig:
    """A pipeline that prepares data, then trains a model or tunes it.

    Attributes:
        name: The pipeline's name: letters, digits, inner hyphens.
        bucket: Bucket for code, data and outputs.
        role: ARN of the role that the jobs run as.
        region: Region of the pipeline; the images' URIs depend on it.
        prefix: Folders inside the bucket.
        description: What the pipeline is for.
        tags: Tags of the pipeline and of all its jobs.
        security: Network and encryption of all jobs that name none of their own.
        dataset: What the parameter ``dataset_location`` stands for unless a run
            says otherwise: a local file, which is content-addressed, or an S3 URI.
        processing: How the data is prepared.
        training: How the model is trained.
        tuning: How its hyperparameters are searched for.
        use_tuning: Whether the pipeline tunes instead of training once.
        register: How the model is evaluated and, if it is accurate enough, packed and
            registered; None or false for not at all, true for the defaults.
        mlflow: Where training jobs are logged to MLflow; None for nowhere.
        channels: Channel of the training → output of the processing.
        input_name: Name of the processing's input, which is mounted at
            ``/opt/ml/processing/input/<name>``.
        processing_step_name: Name of the processing step.
        training_step_name: Name of the training step.
        tuning_step_name: Name of the tuning step.
        use_custom_job_prefix: Whether jobs start with their ``base_job_name``.
        parallelism: How many steps may run at once; None for as many as are ready.
        bucket_owner: Account that every bucket must belong to which a deploy writes
            to or looks into; None for any.
        upload_kms_key: Key for what a deploy uploads; None for the bucket's own
            setting. What jobs write has the security's ``output_kms_key``.
    """

    name: str = field(
        validator=on(
            checks.matches(
                service.PIPELINE_NAME,
                "up to 256 letters, digits and inner hyphens (no underscore)",
            )
        )
    )
    bucket: str = field(validator=BUCKET)
    role: Text = field(validator=ROLE)
    region: str = field(default="us-east-1", validator=REGION)
    prefix: str = field(default="", validator=PREFIX)
    description: str | None = field(
        default=None, validator=on(maybe(checks.text(3072)))
    )
    tags: Mapping[str, Text] = field(factory=dict, converter=texts, validator=TAGS)
    security: Security = field(
        factory=Security, validator=on(checks.a(Security, "a Security record"))
    )
    dataset: str | Path = field(converter=_dataset, validator=on(_local_or_s3))
    processing: ProcessingConfig = field(
        validator=on(checks.a(ProcessingConfig, "a ProcessingConfig record"))
    )
    training: TrainingConfig = field(
        validator=on(checks.a(TrainingConfig, "a TrainingConfig record"))
    )
    tuning: TuningConfig = field(
        factory=TuningConfig,
        validator=on(checks.a(TuningConfig, "a TuningConfig record")),
    )
    use_tuning: bool = field(
        default=False, validator=on(checks.a(bool, "true or false"))
    )
    register: RegistrationConfig | None = field(
        default=None,
        converter=_registration,
        validator=on(maybe(checks.a(RegistrationConfig, "true, or what it takes"))),
    )
    mlflow: MlflowConfig | None = field(
        default=None,
        validator=on(maybe(checks.a(MlflowConfig, "an MlflowConfig record"))),
    )
    channels: Mapping[str, str] = field(
        factory=lambda: {"train": "train", "validation": "validation"},
        converter=strings,
        validator=on(
            checks.mapping(
                checks.matches(service.CHANNEL_NAME, "letters, digits and .-_ only"),
                checks.text(64, least=1),
                least=1,
                most=service.MAX_CHANNELS,
            )
        ),
    )
    input_name: str = field(
        default="data",
        validator=on(
            checks.matches(service.CHANNEL_NAME, "letters, digits and .-_ only")
        ),
    )
    processing_step_name: str = field(default="preprocess-data", validator=STEP_NAME)
    training_step_name: str = field(default="train-model", validator=STEP_NAME)
    tuning_step_name: str = field(default="tune-model", validator=STEP_NAME)
    use_custom_job_prefix: bool = field(
        default=True, validator=on(checks.a(bool, "true or false"))
    )
    parallelism: int | None = field(
        default=None, validator=on(maybe(checks.between(1, 2**31 - 1, "steps")))
    )
    bucket_owner: str | None = field(
        default=None,
        validator=on(
            maybe(checks.matches(service.ACCOUNT, "an account's 12 digits, in quotes"))
        ),
    )
    upload_kms_key: str | None = field(
        default=None, validator=on(maybe(checks.text(2048, least=1)))
    )

    def __attrs_post_init__(self) -> None:
        """Refuse a pipeline whose parts do not fit each other."""
        for name in ("bucket", "role", "region"):
            if getattr(self, name) is None:
                msg = f"PipelineConfig.{name}: a pipeline needs one; got None"
                raise ConfigError(msg)
        self._check_outputs("channels", self.channels)
        if self.use_tuning:
            self.tuned()
        if self.register is not None:
            for part in ("evaluation", "packaging"):
                inputs = getattr(self.register, f"{part}_inputs")
                self._check_outputs(f"register.{part}_inputs", inputs)
            self.registered(self.register)

    def _check_outputs(self, place: str, inputs: Mapping[str, str]) -> None:
        """Refuse inputs that are no outputs of the processing."""
        for name, output in inputs.items():
            if output not in self.processing.outputs:
                known = ", ".join(self.processing.outputs)
                msg = (
                    f"PipelineConfig.{place}[{name!r}]: expected an output of the "
                    f"processing ({known}); got {output!r}"
                )
                raise ConfigError(msg)

    def owned(self, step: S) -> S:
        """Return *step* with what it leaves open taken from the pipeline."""
        names = ("role", "region", "bucket", "prefix", "security")
        changes: dict[str, Any] = {
            name: getattr(self, name) for name in names if getattr(step, name) is None
        }
        changes["tags"] = {**self.tags, **step.tags}
        return attrs.evolve(step, **changes)

    def tuned(self) -> TuningConfig:
        """Return the tuning with the training that its trials run."""
        training = self.tuning.training or self.training
        return attrs.evolve(self.owned(self.tuning), training=self.owned(training))

    def registered(self, asked: RegistrationConfig) -> RegistrationConfig:
        """Return *asked* with what it leaves open taken from the pipeline."""
        return attrs.evolve(
            asked,
            evaluation=self.owned(asked.evaluation),
            packaging=self.owned(asked.packaging),
            region=asked.region or self.region,
            group=self.name if asked.group is None else asked.group,
        )
