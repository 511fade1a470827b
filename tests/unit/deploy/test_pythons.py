"""What is promised of the interpreters that a config and the command line name."""

from __future__ import annotations

from typing import Any

import pytest

LOCAL = ("--local", "--region", "eu-west-1")


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("--set", "training.python=gone"), "python of step 'train-model'"),
        (("--set", "processing.python=gone"), "python of step 'preprocess-data'"),
        (("--python", "./gone"), "python"),
        (("--python", "train-model=./gone"), "python of step 'train-model'"),
    ],
)
def test_one_that_is_not_there_is_refused(
    call: Any, arguments: tuple[str, ...], place: str
) -> None:
    """Nothing starts if one of them cannot be had, and the place is named."""
    said = call(*LOCAL, *arguments, places=False)

    assert said.code == 2
    assert f"error: {place}: there is no" in said.err


def test_the_command_line_wins(call: Any) -> None:
    """What is named there for a step takes the place of what the config says."""
    said = call(
        *LOCAL,
        *("--set", "training.python=one", "--python", "train-model=./other"),
        places=False,
    )

    assert "/other;" in said.err


def test_it_goes_with_local_only(call: Any) -> None:
    """At SageMaker, jobs have their images."""
    said = call("--python", "python3")

    assert said.code == 2
    assert "--python" in said.err
