"""What a run has made is served, by the record of that run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.serving import app
from penguin_pipes.serving.artifacts import find

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.local import Run

pytestmark = pytest.mark.slow

ROWS = "46.1,13.2,211,4500,Biscoe,FEMALE\n39.1,18.7,181,3750,Torgersen,.\n"


def test_the_model_of_a_run_answers(default_run: Run, default_home: Path) -> None:
    """With the transformers of the same run, whose digests the engine wrote down."""
    client = app(default_run.id, str(default_home)).test_client()

    response = client.post(
        "/invocations",
        data=ROWS,
        content_type="text/csv",
        headers={"Accept": "text/csv"},
    )

    lines = response.get_data(as_text=True).splitlines()
    assert [line.partition(",")[0] for line in lines] == ["Gentoo", "Adelie"]


def test_a_pickle_that_was_swapped_is_not_loaded(
    default_run: Run, default_home: Path
) -> None:
    """It is refused before anything of it runs."""
    folder = default_run.step("preprocess-data").artifacts["transformers"]
    path = folder / "features.joblib"
    kept = path.read_bytes()
    path.write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    try:
        with pytest.raises(
            InputError, match=r"preprocess-data .* it was changed since"
        ):
            find(default_run.id, default_home)
    finally:
        path.write_bytes(kept)

    assert find(default_run.id, default_home).transformers
