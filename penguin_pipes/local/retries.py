"""When a step that has failed is tried again, as its ``RetryPolicies`` say.

The service tries again after errors of its own, never after those of a script. This
is what on this computer corresponds to them:

===============================  ==================================================
``SageMaker.JOB_INTERNAL_ERROR``  what watched over the job was killed, with the job
``SageMaker.CAPACITY_ERROR``      there was not enough memory to start the job
``SageMaker.RESOURCE_LIMIT``      there were too many processes or open files for it
``Step.SERVICE_FAULT``            nothing: no service is called
``Step.THROTTLING``               nothing: no service is called
===============================  ==================================================

A training job has a ``RetryStrategy`` of its own besides, also as a trial of a tuning
job: the service begins it again, at once, after an internal error.

A script that fails, is killed (also for want of memory) or runs out of time is an
algorithm's error or a timeout there, and is not tried again.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

import attrs

from penguin_pipes.definition import Node
from penguin_pipes.local.backends import Fault
from penguin_pipes.local.contract.requests import whole_or_unknown
from penguin_pipes.service import DEFAULT_ATTEMPTS

if TYPE_CHECKING:
    from penguin_pipes.definition import Step
    from penguin_pipes.local.jobs import JobResult

INTERNAL_ERROR: Final = "SageMaker.JOB_INTERNAL_ERROR"
EXCEPTIONS: Final[Mapping[Fault, str]] = MappingProxyType(
    {
        Fault.LOST: INTERNAL_ERROR,
        Fault.NO_MEMORY: "SageMaker.CAPACITY_ERROR",
        Fault.NO_PROCESS: "SageMaker.RESOURCE_LIMIT",
    }
)
MOST_ATTEMPTS: Final = 30
"""How often the service begins a training job again, at most."""

SELF_HELPING: Final = frozenset({"Tuning", "AutoML"})
"""Types whose jobs see to their internal errors themselves."""


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """One of a step's ``RetryPolicies``.

    Attributes:
        exceptions: The errors after which the step is tried again.
        interval_s: How long before the first retry.
        backoff: By how much longer before each further one.
        attempts: How many retries there are; None for any number.
        expire_after_s: From when on there are none, counted from the first start.
    """

    exceptions: tuple[str, ...]
    interval_s: float = 1.0
    backoff: float = 2.0
    attempts: int | None = DEFAULT_ATTEMPTS
    expire_after_s: float = math.inf

    @classmethod
    def read(cls, node: Node) -> Self:
        """Return the policy that *node* writes.

        Raises:
            DefinitionError: It is none.
        """
        attempts, minutes = node.get("MaxAttempts"), node.get("ExpireAfterMin")
        is_bound = attempts is not None or minutes is None
        return cls(
            exceptions=tuple(each.literal() for each in node.all("ExceptionType")),
            interval_s=_number(node, "IntervalSeconds", 1.0),
            backoff=_number(node, "BackoffRate", 2.0),
            attempts=(DEFAULT_ATTEMPTS if attempts is None else attempts.whole())
            if is_bound
            else None,
            expire_after_s=math.inf if minutes is None else 60 * minutes.whole(),
        )

    def pause(self, retry: int, *, spent_s: float) -> float | None:
        """Return how long to wait before a retry, or None if there is none.

        Args:
            retry: The number of the retry, from 1 on.
            spent_s: How long ago the step was first started.
        """
        if self.attempts is not None and retry > self.attempts:
            return None
        pause: float = self.interval_s * self.backoff ** (retry - 1)
        return pause if spent_s + pause <= self.expire_after_s else None


def policies_of(step: Step) -> tuple[RetryPolicy, ...]:
    """Return a step's policies.

    Raises:
        DefinitionError: One of them is none.
    """
    return tuple(
        map(RetryPolicy.read, Node(step.raw, step.address).all("RetryPolicies"))
    )


@attrs.frozen(kw_only=True)
class Retrying:
    """Tries a job again, as long as a policy says so.

    Attributes:
        type: The step's.
        policies: The step's, of which the first that knows an error counts.
        wait: Lets time pass.
        reason: What the policies are called.
        clock: Tells the time, in seconds.
    """

    type: str
    policies: tuple[RetryPolicy, ...]
    wait: Callable[[float], None]
    reason: str = "retry policy"
    clock: Callable[[], float] = time.monotonic

    def run(
        self, act: Callable[[], JobResult], again: Callable[[str], None]
    ) -> JobResult:
        """Run a job to its last end.

        Args:
            act: Runs it once.
            again: Told, before each retry, why and when it comes; undoes what the job
                has left.
        """
        began, attempts = self.clock(), 0
        retries: Counter[RetryPolicy] = Counter()
        while True:
            result = act()
            attempts += result.attempts
            exception = self._exception(result)
            policy = self._policy(exception)
            if policy is None:
                break
            retries[policy] += 1
            spent_s = self.clock() - began
            pause = policy.pause(retries[policy], spent_s=spent_s)
            if pause is None:
                break
            again(
                f"{result.failure}; it is tried again in {pause:g} s, for its "
                f"{self.reason} names {exception}"
            )
            self.wait(pause)
        return attrs.evolve(result, attempts=attempts)

    def _exception(self, result: JobResult) -> str | None:
        """Return what the service would call the error, if it was one of its own."""
        if result.failure is None or result.fault is None:
            return None
        exception = EXCEPTIONS[result.fault]
        is_theirs = exception == INTERNAL_ERROR and self.type in SELF_HELPING
        return None if is_theirs else exception

    def _policy(self, exception: str | None) -> RetryPolicy | None:
        """Return the policy that knows an error."""
        return next((p for p in self.policies if exception in p.exceptions), None)


def own_policy(request: Node) -> RetryPolicy | None:
    """Return when a training job is begun again by itself, or None if it never is.

    Raises:
        DefinitionError: Its ``RetryStrategy`` is none.
    """
    strategy = request.get("RetryStrategy")
    if strategy is None:
        return None
    most = strategy.need("MaximumRetryAttempts")
    attempts = whole_or_unknown(most, least=1)
    if attempts > MOST_ATTEMPTS:
        most.expected(f"at most {MOST_ATTEMPTS}")
    return RetryPolicy(
        exceptions=(INTERNAL_ERROR,), interval_s=0, backoff=1, attempts=attempts
    )


def own_retries(
    request: Node,
    *,
    act: Callable[[], JobResult],
    again: Callable[[str], None],
    wait: Callable[[float], None],
) -> JobResult:
    """Run a training job to its last end, as its ``RetryStrategy`` says.

    Args:
        request: The training job's.
        act: Runs it once.
        again: Told, before each retry, why it comes; undoes what the job has left.
        wait: Lets time pass.
    """
    policy = own_policy(request)
    if policy is None:
        return act()
    trying = Retrying(
        type="Training", policies=(policy,), wait=wait, reason="RetryStrategy"
    )
    return trying.run(act, again)


def _number(node: Node, key: str, default: float) -> float:
    """Return a number from zero on."""
    found = node.get(key)
    if found is None:
        return default
    value = found.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        found.expected("a number from 0 on")
    return float(value)
