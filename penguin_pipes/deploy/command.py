"""The rim: arguments in, one mode done, exit code out."""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Final

from penguin_pipes.deploy import arguments as flags
from penguin_pipes.errors import PenguinPipesError, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from penguin_pipes.aws import Aws
    from penguin_pipes.deploy.arguments import Arguments
    from penguin_pipes.deploy.settings import Resolved

OK: Final = 0
FAILED: Final = 1
WRONG_REQUEST: Final = 2
CHANGES: Final = 3
INTERRUPTED: Final = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        argv: The arguments; by default the process's own.

    Returns:
        0 done or no change, 1 the pipeline, a job or AWS failed, 2 the request was
        wrong, 3 ``--plan`` found changes, 130 interrupted.
    """
    # At its end Python looks through all that there is for garbage: 0.7 s where the SDK
    # has been loaded, for nothing. What is frozen is not looked through.
    atexit.register(gc.freeze)
    typed = list(sys.argv[1:] if argv is None else argv)
    accounts: list[Aws] = []
    try:
        return _run(flags.parse(typed), accounts)
    except KeyboardInterrupt:
        _say(
            "interrupted; what had finished is kept, and what runs at SageMaker goes on"
        )
        return INTERRUPTED
    except PenguinPipesError as error:
        if "--debug" in typed:
            sys.stderr.write(_without_secrets(traceback.format_exc(), accounts))
        _say(_without_secrets(f"error: {error}", accounts))
        return WRONG_REQUEST if isinstance(error, RequestError) else FAILED


def _run(arguments: Arguments, accounts: list[Aws]) -> int:
    """Do the one thing that the arguments ask for; tell whose account was asked."""
    from rich.console import Console

    from penguin_pipes.deploy.settings import resolve

    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    resolved = resolve(arguments, environ=os.environ)

    def account() -> Aws:
        from penguin_pipes.aws import Aws

        if not accounts:
            accounts.append(
                Aws(region=resolved.region.value, profile=arguments.profile)
            )
        return accounts[0]

    match arguments.mode:
        case "local":
            from penguin_pipes.deploy.here import run_here

            succeeded = run_here(
                resolved.config, arguments, account=account, out=out, err=err
            )
            return OK if succeeded else FAILED
        case "show_config":
            out.print(_config(resolved), markup=False, soft_wrap=True, end="")
            return OK
        case "iam_policy":
            return _print_policy(arguments, resolved, out, err)
        case _:
            return _remote(arguments, resolved, account(), out, err)


def _config(resolved: Resolved) -> str:
    from penguin_pipes.config.shown import show_config

    return show_config(resolved.settings)


def _print_policy(
    arguments: Arguments, resolved: Resolved, out: Console, err: Console
) -> int:
    """Print the least policy, as JSON that IAM takes as it is."""
    from penguin_pipes.deploy.policies import policy
    from penguin_pipes.report.prose import say

    found, advice = policy(arguments.iam_policy or "execution", resolved.config)
    if advice is not None:
        say(f"warning: {advice}", err)
    out.print(json.dumps(found, indent=2), markup=False, soft_wrap=True)
    return OK


def _remote(
    arguments: Arguments, resolved: Resolved, account: Aws, out: Console, err: Console
) -> int:
    """Do something at SageMaker."""
    from penguin_pipes.deploy.remote import Remote

    err.print(f"region {resolved.region.value} ({resolved.region.origin})")
    remote = Remote(
        config=resolved.config,
        account=account,
        arguments=arguments,
        out=out,
        err=err,
    )
    if arguments.mode == "plan":
        return CHANGES if remote.plan() else OK
    act: Callable[[], bool] = getattr(remote, arguments.mode)
    return OK if act() else FAILED


def _say(text: str) -> None:
    from rich.console import Console

    from penguin_pipes.report.prose import say

    say(text, Console(stderr=True, highlight=False))


def _without_secrets(text: str, accounts: Sequence[Aws]) -> str:
    """Return *text* without what nobody may see."""
    from penguin_pipes.aws.secrets import in_use, redact

    held = (secret for account in accounts for secret in account.secrets)
    return redact(text, (*in_use(os.environ), *held))
