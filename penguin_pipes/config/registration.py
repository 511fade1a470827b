"""What a pipeline is configured with beyond training: judged, packed, registered."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import maybe, on, or_variable
from penguin_pipes.config.processing import ProcessingConfig
from penguin_pipes.config.records import Image, Text, string_tuple, strings, texts
from penguin_pipes.config.step import IMAGE, REGION
from penguin_pipes.errors import ConfigError

STEP_NAME: Final = on(
    checks.matches(service.STEP_NAME, "up to 64 letters, digits, hyphens, underscores")
)
INPUTS: Final = on(
    checks.mapping(
        checks.matches(service.CHANNEL_NAME, "letters, digits and .-_ only"),
        checks.text(64, least=1),
        most=service.MAX_PROCESSING_INPUTS - 2,
    )
)
_A_PROCESSING = on(checks.a(ProcessingConfig, "a ProcessingConfig record"))
_INSTANCE_TYPES = on(
    checks.each(
        checks.matches(service.INSTANCE_TYPE, "an instance type such as 'ml.m5.large'"),
        least=1,
    )
)
_MIME_TYPES = on(
    checks.each(
        checks.matches(service.MIME_TYPE, "a MIME type such as 'text/csv'"), least=1
    )
)

_ROOT: Final = "/opt/ml/processing"
_MESSAGE: Final = ("--message", "/opt/ml/output/message")


def _script(name: str) -> Path:
    return Path(str(files("penguin_pipes").joinpath("scripts", name)))


def _evaluation() -> ProcessingConfig:
    return ProcessingConfig(
        script=_script("evaluate.py"),
        image=Image(framework="tensorflow", version="2.21.0", python="py312"),
        arguments=[
            *("--model", f"{_ROOT}/input/model"),
            *("--data", f"{_ROOT}/input/test"),
            *("--schema", f"{_ROOT}/input/transformers"),
            *("--output", f"{_ROOT}/evaluation"),
            *_MESSAGE,
        ],
        outputs=["evaluation"],
        property_files={"evaluation": "evaluation/evaluation.json"},
    )


def _packaging() -> ProcessingConfig:
    return ProcessingConfig(
        script=_script("package.py"),
        files={"inference": _script("inference.py")},
        arguments=[
            *("--model", f"{_ROOT}/input/model"),
            *("--transformers", f"{_ROOT}/input/transformers"),
            *("--inference", f"{_ROOT}/input/inference"),
            *("--output", f"{_ROOT}/package"),
            *_MESSAGE,
        ],
        outputs=["package"],
    )


@frozen(kw_only=True)
class RegistrationConfig:
    """How a model is judged and, if it is good enough, packed and registered.

    Whatever is None is taken from the `PipelineConfig`.

    Attributes:
        evaluation: What measures the model; its input ``model`` is the training's
            model.tar.gz, and its one property file says how good it is.
        evaluation_inputs: Its other inputs → outputs of the pipeline's processing.
        accuracy: Where in the property file the accuracy stands.
        accuracy_threshold: What the accuracy has to reach; the default of the
            pipeline's parameter of that name.
        packaging: What makes a model.tar.gz that serves of one that was trained, its
            input ``model``; the archive is in its one output.
        packaging_inputs: Its other inputs → outputs of the pipeline's processing.
        group: The model package group, by name or ARN; the pipeline's name by
            default. The service makes a group that is not there.
        approval: ``PendingManualApproval``, ``Approved`` or ``Rejected``.
        description: What the model is for.
        metadata: Of the model package, beside the pipeline's name and the execution.
        image: What serves the model.
        region: Region whose images are used.
        content_types: What clients may send.
        response_types: What clients may get.
        instance_types: What may serve the model.
        transform_instance_types: What may run it over a data set.
        evaluation_step_name: Name of the step that measures.
        condition_step_name: Name of the step that compares.
        packaging_step_name: Name of the step that packs.
        registration_step_name: Name of the step that registers.
        fail_step_name: Name of the step that ends an execution whose model is not
            good enough.
    """

    evaluation: ProcessingConfig = field(factory=_evaluation, validator=_A_PROCESSING)
    evaluation_inputs: Mapping[str, str] = field(
        factory=lambda: {"test": "test", "transformers": "transformers"},
        converter=strings,
        validator=INPUTS,
    )
    accuracy: str = field(
        default="multiclass_classification_metrics.accuracy.value",
        validator=on(checks.text(1024, least=1)),
    )
    accuracy_threshold: float = field(default=0.70, validator=on(checks.finite))
    packaging: ProcessingConfig = field(factory=_packaging, validator=_A_PROCESSING)
    packaging_inputs: Mapping[str, str] = field(
        factory=lambda: {"transformers": "transformers"},
        converter=strings,
        validator=INPUTS,
    )
    group: Text | None = field(
        default=None,
        validator=on(
            maybe(
                or_variable(
                    checks.matches(
                        service.PACKAGE_GROUP,
                        "up to 63 letters, digits and inner hyphens, or an ARN",
                    )
                )
            )
        ),
    )
    approval: str = field(
        default="PendingManualApproval",
        validator=on(checks.one_of("PendingManualApproval", "Approved", "Rejected")),
    )
    description: str | None = field(
        default=None, validator=on(maybe(checks.text(1024, least=1)))
    )
    metadata: Mapping[str, Text] = field(
        factory=dict,
        converter=texts,
        validator=on(
            checks.mapping(
                checks.matches(service.METADATA_KEY, "letters, digits, _.:/=+-@ "),
                or_variable(
                    checks.matches(
                        service.METADATA_VALUE, "letters, digits, _.:/=+-@ and spaces"
                    )
                ),
                most=service.MAX_METADATA - len(service.OWN_METADATA),
            )
        ),
    )
    image: Text | Image = field(
        default=Image(framework="tensorflow", version="2.20.0", python="py312"),
        validator=IMAGE,
    )
    region: str | None = field(default=None, validator=REGION)
    content_types: tuple[str, ...] = field(
        default=("text/csv", "application/json"),
        converter=string_tuple,
        validator=_MIME_TYPES,
    )
    response_types: tuple[str, ...] = field(
        default=("application/json", "text/csv"),
        converter=string_tuple,
        validator=_MIME_TYPES,
    )
    instance_types: tuple[str, ...] = field(
        default=("ml.m5.large", "ml.m5.xlarge"),
        converter=string_tuple,
        validator=_INSTANCE_TYPES,
    )
    transform_instance_types: tuple[str, ...] = field(
        default=("ml.m5.large", "ml.m5.xlarge"),
        converter=string_tuple,
        validator=_INSTANCE_TYPES,
    )
    evaluation_step_name: str = field(default="evaluate-model", validator=STEP_NAME)
    condition_step_name: str = field(default="check-accuracy", validator=STEP_NAME)
    packaging_step_name: str = field(default="package-model", validator=STEP_NAME)
    registration_step_name: str = field(default="register-model", validator=STEP_NAME)
    fail_step_name: str = field(default="refuse-model", validator=STEP_NAME)

    def __attrs_post_init__(self) -> None:
        """Refuse parts that would not find each other's results."""
        if len(self.evaluation.property_files) != 1:
            place = "RegistrationConfig.evaluation.property_files"
            found = dict(self.evaluation.property_files)
            raise checks.refuse(place, "the one file with the accuracy", found)
        if len(self.packaging.outputs) != 1:
            place = "RegistrationConfig.packaging.outputs"
            found = dict(self.packaging.outputs)
            raise checks.refuse(place, "the one with the model.tar.gz", found)
        for name in service.OWN_METADATA:
            if name in self.metadata:
                msg = (
                    f"RegistrationConfig.metadata: {name!r} is what the pipeline says "
                    f"by itself; rename it. Got {self.metadata[name]!r}"
                )
                raise ConfigError(msg)
        for part in ("evaluation", "packaging"):
            inputs = getattr(self, f"{part}_inputs")
            taken = {"model", "code", *getattr(self, part).files}
            for name in taken.intersection(inputs):
                msg = (
                    f"RegistrationConfig.{part}_inputs: the input {name!r} is there "
                    f"already; give {inputs[name]!r} another name"
                )
                raise ConfigError(msg)
