"""When a step is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import maybe
from penguin_pipes.config.records import string_tuple
from penguin_pipes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable


def _attempts(retry: Retry) -> int | None:
    """Return the service's own default, where no time limit stands in its place."""
    return None if retry.expire_after_min is not None else service.DEFAULT_ATTEMPTS


def _rate(place: str, value: object) -> None:
    checks.finite(place, value)
    if isinstance(value, int | float) and value < 0:
        raise checks.refuse(place, "a rate of 0 or more", value)


@frozen(kw_only=True)
class Retry:
    """For which errors a step is tried again, how often and how soon.

    Attributes:
        on: The errors: ``Step.SERVICE_FAULT`` and ``Step.THROTTLING``, or
            ``SageMaker.JOB_INTERNAL_ERROR``, ``SageMaker.CAPACITY_ERROR`` and
            ``SageMaker.RESOURCE_LIMIT``; one of these two kinds.
        interval_s: Seconds before the first new try.
        backoff_rate: By what the interval is multiplied after each.
        expire_after_min: Minutes from the step's start after which nothing is tried
            again; takes the place of *max_attempts*.
        max_attempts: How many new tries, 1 to 20; 5 where no time limit is given.
    """

    on: tuple[str, ...] = field(
        converter=string_tuple,
        validator=checks.on(checks.each(checks.one_of(*service.RETRIED), least=1)),
    )
    interval_s: int = field(
        default=1,
        validator=checks.on(checks.between(0, service.MAX_RETRY_INTERVAL_S, "seconds")),
    )
    backoff_rate: float = field(default=2.0, validator=checks.on(_rate))
    expire_after_min: int | None = field(
        default=None,
        validator=checks.on(
            maybe(checks.between(1, service.MAX_RETRY_EXPIRY_MIN, "minutes"))
        ),
    )
    max_attempts: int | None = field(
        default=attrs.Factory(_attempts, takes_self=True),
        validator=checks.on(maybe(checks.between(1, service.MAX_ATTEMPTS, "attempts"))),
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what the service or the SDK refuses."""
        if (self.max_attempts is None) == (self.expire_after_min is None):
            msg = (
                "Retry.max_attempts: expected either max_attempts or expire_after_min; "
                f"got {self.max_attempts} and {self.expire_after_min}"
            )
            raise ConfigError(msg)
        if len({name.partition(".")[0] for name in self.on}) > 1:
            msg = (
                "Retry.on: errors of the step and of its job need a Retry of their "
                f"own each; got {list(self.on)}"
            )
            raise ConfigError(msg)


def retries(value: Iterable[Retry]) -> tuple[Retry, ...]:
    """Freeze a list of retries."""
    return checks.to_tuple(value)
