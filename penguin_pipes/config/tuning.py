"""What a tuning step is configured with."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import maybe, on, or_variable
from penguin_pipes.config.ranges import (
    CategoricalRange,
    ContinuousRange,
    IntegerRange,
    Range,
)
from penguin_pipes.config.records import Number
from penguin_pipes.config.step import StepConfig
from penguin_pipes.config.training import TrainingConfig
from penguin_pipes.errors import ConfigError


def _frozen_ranges(value: Mapping[str, Range]) -> Mapping[str, Range]:
    return checks.to_mapping(value)


_RANGE = checks.a(
    (IntegerRange, ContinuousRange, CategoricalRange),
    "an IntegerRange, a ContinuousRange or a CategoricalRange",
)


@frozen(kw_only=True)
class TuningConfig(StepConfig):
    """A search for the hyperparameters under which training does best.

    Attributes:
        training: What each trial runs. In a `PipelineConfig` None stands for the
            pipeline's own training.
        objective: The metric that is compared; one of the training's.
        direction: ``Maximize`` or ``Minimize``.
        ranges: Hyperparameter → range; they replace the training's own values.
        strategy: ``Bayesian``, ``Random``, ``Grid`` or ``Hyperband``.
        max_jobs: How many trials; None only for ``Grid``, which tries all.
        max_parallel_jobs: How many of them at once.
        early_stopping: ``Auto`` stops trials that fall behind, ``Off`` does not.
        random_seed: Makes the search repeatable; None leaves it to the service.
    """

    training: TrainingConfig | None = field(
        default=None,
        validator=on(maybe(checks.a(TrainingConfig, "a TrainingConfig record"))),
    )
    objective: str = field(
        default="val_accuracy",
        validator=on(checks.text(service.MAX_METRIC_NAME, least=1)),
    )
    direction: str = field(
        default="Maximize", validator=on(checks.one_of("Maximize", "Minimize"))
    )
    ranges: Mapping[str, Range] = field(
        factory=lambda: {"epochs": IntegerRange(10, 50)},
        converter=_frozen_ranges,
        validator=on(
            checks.mapping(
                checks.hyperparameter_name, _RANGE, least=1, most=service.MAX_RANGES
            )
        ),
    )
    strategy: str = field(
        default="Bayesian",
        validator=on(checks.one_of("Bayesian", "Random", "Grid", "Hyperband")),
    )
    max_jobs: Number | None = field(
        default=3, validator=on(maybe(or_variable(checks.between(1, 10_000, "jobs"))))
    )
    max_parallel_jobs: Number = field(
        default=3, validator=on(or_variable(checks.between(1, 1_000, "jobs")))
    )
    early_stopping: str = field(
        default="Off", validator=on(checks.one_of("Off", "Auto"))
    )
    random_seed: Number | None = field(
        default=None,
        validator=on(maybe(or_variable(checks.between(0, 2**31 - 1, "")))),
    )

    def __attrs_post_init__(self) -> None:
        """Refuse searches that the service refuses, while there is a line to mend."""
        self._check_strategy()
        self._check_retry()
        if self.training is None:
            return
        if self.objective not in self.training.metrics:
            known = ", ".join(self.training.metrics) or "none"
            msg = (
                "TuningConfig.objective: expected one of the training's metrics "
                f"({known}); got {self.objective!r}"
            )
            raise ConfigError(msg)
        if len(self.training.environment) > service.MAX_TUNING_ENVIRONMENT:
            msg = (
                "TuningConfig.training.environment: a tuning job takes "
                f"{service.MAX_TUNING_ENVIRONMENT} variables at most; "
                f"got {len(self.training.environment)}"
            )
            raise ConfigError(msg)

    def _check_retry(self) -> None:
        for index, retry in enumerate(self.retry):
            if "SageMaker.JOB_INTERNAL_ERROR" in retry.on:
                msg = (
                    f"TuningConfig.retry[{index}].on: a tuning job tries its trainings "
                    "again by itself after SageMaker.JOB_INTERNAL_ERROR, and the step "
                    f"never does; leave it out. Got {list(retry.on)}"
                )
                raise ConfigError(msg)

    def _check_strategy(self) -> None:
        if self.strategy == "Grid":
            for name, values in self.ranges.items():
                if not isinstance(values, CategoricalRange):
                    msg = (
                        f"TuningConfig.ranges[{name!r}]: Grid takes a CategoricalRange "
                        f"only; got {values!r}"
                    )
                    raise ConfigError(msg)
        elif self.max_jobs is None:
            msg = (
                f"TuningConfig.max_jobs: {self.strategy} needs a number; only Grid "
                "can do without one; got None"
            )
            raise ConfigError(msg)
        if self.strategy == "Hyperband" and self.early_stopping == "Auto":
            msg = (
                "TuningConfig.early_stopping: Hyperband stops trials by itself; "
                "expected 'Off'; got 'Auto'"
            )
            raise ConfigError(msg)
