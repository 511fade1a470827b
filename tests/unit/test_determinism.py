"""The definition is the same bytes everywhere, and rendering touches nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penguin_pipes import build_pipeline, penguins_config

SNAPSHOTS = Path(__file__).parent / "snapshots"
ROLE = "arn:aws:iam::123456789012:role/pipelines"
RENDER = """
import sys
from penguin_pipes import build_pipeline, penguins_config
config = penguins_config(bucket="acme-ml", role={role!r}, use_tuning={tune}, register={register})
sys.stdout.write(build_pipeline(config).definition())
"""


def render(*, tune: bool, register: bool = False) -> str:
    """Return the definition of the penguins, rendered in this process."""
    config = penguins_config(
        bucket="acme-ml", role=ROLE, use_tuning=tune, register=register
    )
    rendered: str = build_pipeline(config).definition()
    return rendered


@pytest.mark.parametrize("register", [False, True], ids=["", "register"])
@pytest.mark.parametrize("tune", [False, True], ids=["train", "tune"])
def test_definition_is_the_committed_one(
    tune: bool, register: bool, update_baseline: bool, closed_network: list[str]
) -> None:
    """Under this Python and SDK it is the bytes committed under another.

    Rendered with the network closed and every AWS call refused.
    """
    name = f"penguins-{'tune' if tune else 'train'}{'-register' if register else ''}"
    path = SNAPSHOTS / f"{name}.json"
    rendered = render(tune=tune, register=register)
    if update_baseline:
        path.write_text(json.dumps(json.loads(rendered), indent=1) + "\n")

    # Indented, so that a change can be read; the order of members counts.
    assert json.dumps(json.loads(rendered), indent=1) + "\n" == path.read_text()
    assert json.dumps(json.loads(rendered)) == rendered
    assert closed_network == []


def test_definition_is_the_same_in_another_process_folder_and_moment(
    tmp_path: Path,
) -> None:
    """Two processes with other folders, seeds of hashes and AWS settings agree."""
    source = RENDER.format(role=ROLE, tune=True, register=True)
    environments: list[dict[str, str]] = [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "2", "AWS_PROFILE": "missing", "AWS_REGION": "eu-west-1"},
    ]

    outputs = []
    for index, environment in enumerate(environments):
        folder = tmp_path / str(index)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", source],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=True,
        )
        outputs.append(done.stdout.decode())

    assert outputs == [render(tune=True, register=True)] * 2


def test_building_again_gives_the_same_bytes_and_leaves_files_alone() -> None:
    """Neither a second pipeline nor a second rendering moves a byte."""
    pipeline: Any = build_pipeline(penguins_config())
    first = pipeline.definition()
    files = dict(pipeline.files)

    assert pipeline.definition() == first
    assert build_pipeline(penguins_config()).definition() == first
    assert dict(pipeline.files) == files
