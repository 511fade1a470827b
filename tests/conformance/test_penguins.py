"""What is promised of the penguins' own training step under AWS's toolkit."""

from __future__ import annotations

import json
import re
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from judge.case import LOOK, Case, packed
from judge.same import disagreements
from judge.sides import Toolkit, seen_here
from penguin_pipes import build_pipeline, penguins_config, run_locally
from penguin_pipes.metrics import KERAS_METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STEP = "train-model"


def _data(request: Mapping[str, Any], home: Path) -> dict[str, Path]:
    """Return where the channels' data lies."""
    uris = [
        channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in request["InputDataConfig"]
    ]
    return {uri: home / "s3" / uri.removeprefix("s3://") for uri in uris}


def test_script_of_the_real_step_sees_the_same(
    toolkit: Toolkit, tmp_path: Path
) -> None:
    """The request of the pipeline that is deployed shows the script the same."""
    pipeline = build_pipeline(penguins_config())
    archive = tmp_path / "sourcedir.tar.gz"
    archive.write_bytes(packed({"train.py": LOOK}))
    named = [uri for uri in pipeline.files if uri.endswith("/sourcedir.tar.gz")]
    files = {**pipeline.files, **dict.fromkeys(named, archive)}

    run = run_locally(pipeline.definition(), files=files, home=tmp_path / "home")

    ours, request, job_name = seen_here(run, STEP)
    theirs = toolkit.run(
        request,
        _data(request, tmp_path / "home"),
        tmp_path / "there",
        job_name=job_name,
        code=archive,
    )
    assert len(named) == 1
    assert len(theirs.probe["argv"]) > 1
    assert disagreements(Case(), theirs, ours) == {}


@pytest.mark.slow
def test_real_script_trains_the_same(toolkit: Toolkit, tmp_path: Path) -> None:
    """AWS's toolkit gets the same numbers and files out of the script that ships."""
    pipeline = build_pipeline(penguins_config(epochs=2))

    run = run_locally(
        pipeline.definition(), files=pipeline.files, home=tmp_path / "home"
    )

    ours, request, job_name = seen_here(run, STEP)
    there = tmp_path / "there"
    # The script itself must not write to a /opt/ml that this computer may have.
    moved = json.loads(json.dumps(request).replace("/opt/ml/", f"{there}/ml/"))
    theirs = toolkit.run(
        moved,
        _data(request, tmp_path / "home"),
        there,
        job_name=job_name,
        code=next(p for uri, p in pipeline.files.items() if uri.endswith(".tar.gz")),
    )
    assert (theirs.exit_code, ours.exit_code) == (0, 0)
    for regex in KERAS_METRICS.values():
        assert re.findall(regex, theirs.log) == re.findall(regex, ours.log) != []
    with tarfile.open(run.step(STEP).artifacts["model"]) as archive:
        kept = {member.name for member in archive}
    root = there / "ml" / "model"
    made = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert made == kept != set()
