"""The command line: build the penguins' pipeline, then run it here or at SageMaker."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penguin_pipes.errors import (
    ConfigError,
    InputError,
    PenguinPipesError,
    RequestError,
    StepFailedError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penguin_pipes.config import PipelineConfig

LIBRARIES = ("numpy", "pandas", "sklearn", "tensorflow")
"""What the penguins' scripts import, and the extra ``local`` installs."""

OK, FAILED, WRONG_REQUEST, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        argv: The arguments; by default the process's own.

    Returns:
        0 done, 1 the pipeline or AWS failed, 2 the request was wrong, 130 interrupted.
    """
    arguments = _parser().parse_args(argv)
    try:
        _check(arguments)
        config = _config(arguments)
        if arguments.local:
            return _run_here(config, arguments.home)
        _send(config, start=arguments.start)
    except KeyboardInterrupt:
        _say("interrupted; what had finished is kept")
        return INTERRUPTED
    except PenguinPipesError as error:
        if arguments.debug:
            traceback.print_exc()
        _say(f"error: {error}")
        return WRONG_REQUEST if isinstance(error, RequestError) else FAILED
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="penguin-pipes",
        description="Run the penguins' pipeline on this computer (--local), or create "
        "or update it at SageMaker and perhaps start it (--start).",
    )
    parser.add_argument(
        "--local", action="store_true", help="run here: no Docker, no AWS account"
    )
    parser.add_argument(
        "--start", action="store_true", help="start the pipeline once it is deployed"
    )
    model = parser.add_argument_group("the pipeline")
    model.add_argument(
        "--tune", action="store_true", help="tune the epochs instead of training once"
    )
    model.add_argument(
        "--dataset", metavar="CSV", help="a CSV file or S3 URI (default: the penguins)"
    )
    model.add_argument(
        "--epochs", type=int, metavar="N", help="epochs of the training (default: 50)"
    )
    model.add_argument(
        "--seed", type=int, metavar="N", help="of split and weights (default: 0)"
    )
    model.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any field, e.g. training.hyperparameters.learning_rate=0.05; repeatable",
    )
    place = parser.add_argument_group("where")
    place.add_argument(
        "--home",
        type=Path,
        default=Path(".penguin_pipes"),
        metavar="DIR",
        help="what local runs keep (default: .penguin_pipes)",
    )
    place.add_argument("--bucket", help="S3 bucket for code, data and outputs")
    place.add_argument("--role", metavar="ARN", help="role that the jobs run as")
    place.add_argument("--region", help="region of the pipeline")
    parser.add_argument(
        "--debug", action="store_true", help="show the trace of an error"
    )
    return parser


def _check(arguments: argparse.Namespace) -> None:
    """Refuse flags that do not go together."""
    if arguments.local and arguments.start:
        msg = "--start is for SageMaker; a --local run starts by itself. Leave it out"
        raise ConfigError(msg)
    missing = [
        f"--{name}"
        for name in ("bucket", "role", "region")
        if getattr(arguments, name) is None
    ]
    if missing and not arguments.local:
        msg = (
            f"{', '.join(missing)}: deploying to SageMaker needs them. Name them, or "
            "add --local to run on this computer without AWS"
        )
        raise ConfigError(msg)


def _config(arguments: argparse.Namespace) -> PipelineConfig:
    """Return the penguins' config with what the command line changes."""
    from penguin_pipes.config.overrides import set_field
    from penguin_pipes.penguins import penguins_config

    names = ("dataset", "epochs", "seed", "bucket", "role", "region")
    given: dict[str, Any] = {
        name: getattr(arguments, name)
        for name in names
        if getattr(arguments, name) is not None
    }
    config = penguins_config(use_tuning=arguments.tune, **given)
    for assignment in arguments.set:
        config = set_field(config, assignment)
    return config


def _run_here(config: PipelineConfig, home: Path) -> int:
    """Run the pipeline on this computer, show what became of it, return the code."""
    from rich.console import Console

    from penguin_pipes.local import Run, run_locally
    from penguin_pipes.local.interrupts import interrupted_by_requests_to_end
    from penguin_pipes.pipeline import build_pipeline
    from penguin_pipes.report import RunProgress, show_failure, show_run

    _check_libraries()
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    with interrupted_by_requests_to_end():
        pipeline = build_pipeline(config)
        try:
            run = run_locally(
                pipeline.definition(),
                files=pipeline.files,
                home=home,
                name=config.name,
                watch=RunProgress(out),
            )
        except StepFailedError as error:
            if isinstance(error.run, Run):
                show_run(error.run, out)
                show_failure(error.run.step(error.step), err)
            return FAILED
    show_run(run, out)
    return OK


def _check_libraries() -> None:
    """Refuse a run whose scripts would fail at their first import."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        msg = (
            f"--local: the penguins' scripts need {', '.join(missing)}, which this "
            "Python does not have; pip install 'penguin-pipes[local]'"
        )
        raise InputError(msg)


def _send(config: PipelineConfig, *, start: bool) -> None:
    """Upload what is missing, create or update the pipeline, perhaps start it."""
    from penguin_pipes import aws
    from penguin_pipes.pipeline import build_pipeline

    pipeline = build_pipeline(config)
    _print(f"deployed {aws.deploy(pipeline)} in {config.region}")
    if start:
        _print(f"started {aws.start(pipeline)}")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
