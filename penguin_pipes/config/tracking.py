"""Where training jobs are logged as runs of an MLflow experiment."""

from __future__ import annotations

from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import maybe, on, or_variable
from penguin_pipes.config.records import Text
from penguin_pipes.errors import ConfigError


def _uri(place: str, value: object) -> None:
    """Check for the address of a store, which must not hold a password."""
    checks.text(2048, least=1)(place, value)
    if service.URI_PASSWORD.match(str(value)):
        msg = (
            f"{place}: a config is no place for a password. Leave it to --mlflow, or "
            "to the environment: MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD"
        )
        raise ConfigError(msg)


@frozen(kw_only=True)
class MlflowConfig:
    """Where training jobs are logged, those of local runs and those of SageMaker.

    Attributes:
        tracking_uri: The store that local runs are logged to, such as
            ``sqlite:///mlflow.db`` or ``http://127.0.0.1:5000``; no part of the
            definition. None for none, unless ``--mlflow`` names one.
        resource_arn: The ARN of SageMaker's managed MLflow, an app or a tracking
            server, which the definition names for executions at SageMaker.
        experiment: The experiment, here and there; the pipeline's name by default.
    """

    tracking_uri: str | None = field(default=None, validator=on(maybe(_uri)))
    resource_arn: Text | None = field(
        default=None,
        validator=on(
            maybe(
                or_variable(
                    checks.matches(
                        service.MLFLOW_ARN,
                        "the ARN of an MLflow app or tracking server of SageMaker",
                    )
                )
            )
        ),
    )
    experiment: str | None = field(
        default=None,
        validator=on(maybe(checks.text(service.MAX_MLFLOW_EXPERIMENT, least=1))),
    )
