"""The README's Python runs as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.slow
def test_the_library_example_trains_a_model(tmp_path: Path) -> None:
    """It prints the accuracy on the validation split."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKS[0]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert 0.85 <= float(done.stdout.split()[-1]) <= 1


def test_the_example_of_other_pipelines_renders(tmp_path: Path) -> None:
    """With scripts of the names it gives, it makes a definition of two steps."""
    (tmp_path / "clean.py").write_text("pass\n")
    (tmp_path / "churn").mkdir()
    (tmp_path / "churn" / "fit.py").write_text("pass\n")
    source = f"{BLOCKS[1]}\nprint(pipeline.definition())"

    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert '"Name": "clean"' in done.stdout
    assert '"Name": "fit"' in done.stdout
    assert len(BLOCKS) == 3  # the third is run with the pytest plugin's tests
