"""The flags: what they are called, what they mean, which go together."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Final, Literal

from penguin_pipes.errors import ConfigError
from penguin_pipes.flags import LocalFlags, add_backend_flags, add_flags

LATEST: Final = ""
"""Stands for the latest execution where a flag may name one."""

MODES: Final = {
    "local": "run it on this computer: no AWS account, and no Docker unless asked for",
    "plan": "show what a deploy would change and which steps would rerun, and why; "
    "nothing is written",
    "executions": "list the latest executions with their steps",
    "versions": "list what was deployed so far",
    "delete": "delete the pipeline from SageMaker; asks first",
    "show_config": "print the config that is in force, and where each value is from",
}
"""Modes that are mere switches, in the order of the help."""

GOING_ON: Final = ("start", "wait", "parameter", "steps")
"""What makes sense of a pipeline that is to be started."""


class Arguments(LocalFlags):
    """The command line, with its types."""

    local: bool
    plan: bool
    executions: bool
    versions: bool
    delete: bool
    show_config: bool
    stop: str | None
    rollback: int | None
    iam_policy: Literal["execution", "deployer"] | None
    start: bool
    wait: bool
    parameter: list[str]
    steps: tuple[str, ...]
    interval: float
    json: bool
    yes: bool
    config: Path | None
    env: str | None
    set: list[str]
    tune: bool
    register: bool
    dataset: str | None
    epochs: int | None
    seed: int | None
    home: Path
    isolation: Literal["auto", "namespace", "mapped"] | None
    fetch: bool
    bucket: str | None
    role: str | None
    region: str | None
    profile: str | None
    debug: bool

    @property
    def mode(self) -> str:
        """The one thing to do: one of `MODES`, another flag's name, or ``deploy``."""
        for name in MODES:
            if getattr(self, name):
                return name
        for name in ("stop", "rollback", "iam_policy"):
            if getattr(self, name) is not None:
                return name
        return "wait" if self.wait and not self.start else "deploy"


def parse(argv: list[str] | None) -> Arguments:
    """Return the command line as typed.

    Raises:
        ConfigError: Two flags do not go together.
        SystemExit: It is no command line at all, or asks for help.
    """
    arguments = parser().parse_args(argv, namespace=Arguments())
    _check(arguments)
    return arguments


def parser() -> argparse.ArgumentParser:
    """Return what knows the flags."""
    found = argparse.ArgumentParser(
        prog="penguin-pipes",
        usage="%(prog)s [MODE] [FLAG ...]   (--help tells of each)",
        allow_abbrev=False,  # --del is no way to say --delete
        description="Create or update the pipeline at SageMaker, if anything of it "
        "changed, and perhaps start it. One of the modes does something else instead.",
    )
    _add_modes(found.add_argument_group("modes").add_mutually_exclusive_group())
    _add_start(found.add_argument_group("starting it"))
    _add_pipeline(found.add_argument_group("the pipeline"))
    _add_places(found.add_argument_group("where"))
    here = found.add_argument_group("with --local")
    add_flags(here)
    add_backend_flags(here)
    here.add_argument(
        "--fetch",
        action="store_true",
        help="bring inputs that lie in S3 and nowhere on this computer",
    )
    found.add_argument(
        "--json", action="store_true", help="print the --plan for machines"
    )
    found.add_argument("--yes", action="store_true", help="do not ask before --delete")
    found.add_argument(
        "--debug", action="store_true", help="show the trace of an error"
    )
    return found


def _add_modes(group: argparse._MutuallyExclusiveGroup) -> None:
    for name, text in MODES.items():
        group.add_argument(
            f"--{name.replace('_', '-')}", action="store_true", help=text
        )
    group.add_argument(
        "--stop",
        nargs="?",
        const=LATEST,
        metavar="EXECUTION",
        help="stop an execution, by ARN or by the end of it (default: the latest one)",
    )
    group.add_argument(
        "--rollback",
        type=int,
        metavar="VERSION",
        help="deploy what the pipeline was in that version",
    )
    group.add_argument(
        "--iam-policy",
        choices=("execution", "deployer"),
        help="print the least policy that the pipeline's role, or its deployer, needs",
    )


def _add_start(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--start", action="store_true", help="start the pipeline once it is deployed"
    )
    group.add_argument(
        "--wait",
        action="store_true",
        help="follow what --start started; without it the latest execution, and "
        "nothing is deployed",
    )
    group.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value for a parameter of the pipeline; repeatable",
    )
    group.add_argument(
        "--steps",
        type=lambda text: tuple(text.split(",")),
        default=(),
        metavar="STEP,STEP",
        help="start these steps alone, on what the latest execution left",
    )
    group.add_argument(
        "--interval",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="between two looks of --wait (default: %(default)g)",
    )


def _add_pipeline(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the config (default: pipeline.toml, or [tool.penguin_pipes] of "
        "pyproject.toml, if one of them is there)",
    )
    group.add_argument(
        "--env",
        metavar="NAME",
        help="the file's section [env.NAME] over the rest of it",
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any field, e.g. training.hyperparameters.learning_rate=0.05; repeatable",
    )
    group.add_argument(
        "--tune", action="store_true", help="tune the epochs instead of training once"
    )
    group.add_argument(
        "--register",
        action="store_true",
        help="evaluate the model, and register it if its accuracy reaches the "
        "parameter accuracy_threshold (default: 0.7)",
    )
    group.add_argument(
        "--dataset", metavar="CSV", help="a CSV file or S3 URI (default: the penguins)"
    )
    group.add_argument(
        "--epochs", type=int, metavar="N", help="epochs of the training (default: 50)"
    )
    group.add_argument(
        "--seed", type=int, metavar="N", help="of split and weights (default: 0)"
    )


def _add_places(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--home",
        type=Path,
        default=Path(".penguin_pipes"),
        metavar="DIR",
        help="what local runs keep (default: .penguin_pipes)",
    )
    group.add_argument(
        "--isolation",
        choices=("auto", "namespace", "mapped"),
        help="how --local lets jobs find their /opt/ml: really there, in a namespace "
        "of their own, or with rewritten paths (default: auto, the first where Linux "
        "allows it)",
    )
    group.add_argument("--bucket", help="S3 bucket for code, data and outputs")
    group.add_argument("--role", metavar="ARN", help="role that the jobs run as")
    group.add_argument(
        "--region",
        help="region of the pipeline (default: the file's, AWS_REGION, the profile's)",
    )
    group.add_argument("--profile", help="of the shared AWS configuration")


def _check(arguments: Arguments) -> None:
    """Refuse flags that would do nothing."""
    mode = arguments.mode
    if arguments.local and arguments.start:
        msg = "--start is for SageMaker; a --local run starts by itself. Leave it out"
        raise ConfigError(msg)
    for name in GOING_ON:
        starts = mode in {"deploy", "rollback"} and (name == "start" or arguments.start)
        allowed = (name == "parameter" and arguments.local) or (
            name == "wait" and mode == "wait"
        )
        if getattr(arguments, name) and not starts and not allowed:
            msg = f"--{name} goes with --start, which is missing or has no place here"
            raise ConfigError(msg)
    for name, home in (
        ("json", "plan"),
        ("yes", "delete"),
        ("isolation", "local"),
        ("fetch", "local"),
    ):
        if getattr(arguments, name) and mode != home:
            msg = f"--{name} goes with --{home} only; leave it out"
            raise ConfigError(msg)
    _check_local(arguments)
    if arguments.env is not None and not arguments.env:
        msg = "--env: expected the name of a section [env.NAME]; got nothing"
        raise ConfigError(msg)
    if arguments.rollback is not None and arguments.rollback < 1:
        msg = f"--rollback: versions count from 1; got {arguments.rollback}"
        raise ConfigError(msg)
    if not 0 < arguments.interval < math.inf:
        msg = f"--interval: expected more than zero seconds; got {arguments.interval:g}"
        raise ConfigError(msg)


def _check_local(arguments: Arguments) -> None:
    """Refuse flags of local runs that would do nothing."""
    flag = arguments.local_flag
    if flag is not None and not arguments.local:
        msg = f"{flag} goes with --local only; leave it out"
        raise ConfigError(msg)
    if arguments.idle_flag is not None:
        msg = f"{arguments.idle_flag}: --explain runs nothing; leave one of them out"
        raise ConfigError(msg)
