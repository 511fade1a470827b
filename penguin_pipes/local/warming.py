"""Tell beforehand which scripts a run will start, so that servers can be ready."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from penguin_pipes.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from penguin_pipes.local.backends import Script
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.plan import Plan, Task
    from penguin_pipes.local.resolve import Unknown
    from penguin_pipes.local.storage import Storage


def scripts_to_come(
    plan: Plan,
    described: Mapping[str, Mapping[str, Any]],
    *,
    storage: Storage,
    host_of: Callable[[Task], Host | None],
) -> Iterator[Script]:
    """Yield the scripts of the steps that have not finished, in their order.

    Args:
        plan: The run.
        described: What finished steps say of themselves.
        storage: Where code lies.
        host_of: The computer, as far as the job of a task may know it; None if the job
            cannot start warm.
    """
    known: dict[str, Mapping[str, Any] | Unknown] = {**described}
    for task in plan.tasks:
        if task.step.name in described:
            continue
        # A step that cannot run says so when its turn has come.
        with contextlib.suppress(RequestError):
            request = plan.request(task, known)
            known[task.step.name] = task.expected(request)
            host = host_of(task)
            if host is None:
                continue
            script = task.kind.script(request, storage, host)
            if script is not None:
                yield script
