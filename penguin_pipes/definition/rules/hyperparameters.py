"""Hyperparameters of script mode: what the container's toolkit makes of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.document import items, member, text
from penguin_pipes.definition.node import Node, shown
from penguin_pipes.definition.problems import error, warning
from penguin_pipes.definition.rules.jobs import decoded, jobs, literal, ranges
from penguin_pipes.service import RESERVED_HYPERPARAMETER, SHELL_SAFE, argument_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule
    from penguin_pipes.definition.rules.jobs import Job

PROGRAM: Final = re.compile(
    r"(?!\.{1,2}(/|$))[A-Za-z0-9._][A-Za-z0-9._+\-]*"
    r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._+\-]+)*"
)
"""A file below the root of the code, as sagemaker-training 5.1.4 wants it."""

UNQUOTED: Final = ((2, 16), (2, 21))
"""AWS's TensorFlow images from the first to the last whose toolkit quotes nothing."""


def broken_arguments(document: Document) -> Iterator[Problem]:
    """Tell of every hyperparameter that does not reach the script as it is written."""
    for job in jobs(document):
        if not job.is_script:
            continue
        for name, node in _for_the_script(job):
            value = literal(node)
            if value is None:
                continue
            if not _is_safe(name):
                yield _broken(job, name, f"--{name}", node)
            elif not _is_safe(_argument(value)):
                yield _broken(job, name, _argument(value), node)


def _broken(job: Job, name: str, broken: str, node: Node) -> Problem:
    """Return the problem of an argument that a shell takes apart."""
    hint = "use letters, digits and _@%+=:,./- only, or give it as environment variable"
    version = job.tensorflow
    if version is not None and UNQUOTED[0] <= version <= UNQUOTED[1]:
        image = f"tensorflow-training:{version[0]}.{version[1]}"
        problem = (
            f"hyperparameter {name!r} becomes the argument {shown(broken)}, which "
            f"{image} hands to a shell without quotes, so that the job fails"
        )
        return error(node.address, problem, hint)
    problem = (
        f"hyperparameter {name!r} becomes the argument {shown(broken)}, which "
        "sagemaker-training up to 5.1.2 hands to a shell without quotes"
    )
    return warning(node.address, problem, hint)


def _for_the_script(job: Job) -> Iterator[tuple[str, Node]]:
    """Yield the hyperparameters that become arguments, categories included."""
    for name, node in job.hyperparameters.items():
        if not RESERVED_HYPERPARAMETER.fullmatch(name):
            yield name, node
    for _, found in ranges(job):
        for node in items(member(found, "Values")):
            yield text(member(found, "Name")), node


def _is_safe(part: str) -> bool:
    """Tell whether a shell leaves *part* as it is."""
    return SHELL_SAFE.fullmatch(part) is not None


def _argument(value: str) -> str:
    """Return the argument that the toolkit makes of *value*."""
    try:
        return argument_text(value)
    except RecursionError:
        return value


def log_level(document: Document) -> Iterator[Problem]:
    """Tell of every log level at which the toolkit stops."""
    for job in jobs(document):
        node = job.hyperparameters.get("sagemaker_container_log_level")
        value = literal(node)
        if node is None or value is None or not job.is_script:
            continue
        level = decoded(value)
        if not isinstance(level, int) or isinstance(level, bool):
            problem = f"{shown(value)} is no number, and the toolkit takes no name"
            yield error(node.address, problem, "write '20' for INFO, '10' for DEBUG")


def program(document: Document) -> Iterator[Problem]:
    """Tell of every entry point that is no file below the root of the code."""
    for job in jobs(document):
        node = job.hyperparameters.get("sagemaker_program")
        value = literal(node)
        if node is None or value is None:
            continue
        path = decoded(value)
        if not isinstance(path, str) or PROGRAM.fullmatch(path) is None:
            problem = f"{shown(value)} is no path of a script inside the code"
            hint = "name it as it lies in the archive, such as 'train.py'"
            yield error(node.address, problem, hint)


def submit_directory(document: Document) -> Iterator[Problem]:
    """Tell of every place of code from which the toolkit unpacks nothing."""
    for job in jobs(document):
        node = job.hyperparameters.get("sagemaker_submit_directory")
        value = literal(node)
        if node is None or value is None or not job.is_script:
            continue
        place = decoded(value)
        hint = "give the s3:// address of a .tar.gz"
        if not isinstance(place, str) or not place.startswith(("s3://", "/")):
            problem = f"{shown(value)} is neither in S3 nor a folder of the container"
            yield error(node.address, problem, hint)
        elif place.startswith("s3://") and not place.endswith((".tar.gz", ".tgz")):
            problem = (
                f"{shown(value)} is opened as a gzipped tar, whatever its name; if it "
                "is none, the job fails"
            )
            yield warning(node.address, problem, hint)


def model_dir(document: Document) -> Iterator[Problem]:
    """Tell of every TensorFlow tuning job that gets a model folder called None."""
    for job in jobs(document):
        known = {
            *job.hyperparameters,
            *(text(member(n, "Name")) for _, n in ranges(job)),
        }
        if (
            job.is_tuned
            and job.is_script
            and job.tensorflow is not None
            and "model_dir" not in known
        ):
            problem = (
                "the TensorFlow container passes --model_dir None/<job>/model to the "
                "script of a tuning job that has no model_dir; a model saved there is "
                "lost"
            )
            hint = "add 'model_dir': '/opt/ml/model'"
            address = f"{job.node.address}.StaticHyperParameters"
            yield warning(address, problem, hint)


RULES: tuple[Rule, ...] = (
    broken_arguments,
    log_level,
    program,
    submit_directory,
    model_dir,
)
