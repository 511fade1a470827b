"""Every block of the README and of the pages does what the page says."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from manual.not_run import NOT_RUN, is_run
from manual.pages import blocks, pages
from manual.reader import Reader, environment

if TYPE_CHECKING:
    from penguin_pipes.testing import FakeAws

GIVEN = Path(__file__).parent / "given"
"""What a reader has before the page begins: a folder for each page that needs one."""

ALL = [block for page in pages() for block in blocks(page)]


@pytest.fixture
def aws(penguin_pipes_aws: FakeAws) -> FakeAws:
    """Return a fake AWS with the buckets and roles that the pages name."""
    for role in ("pipelines", "ml"):
        penguin_pipes_aws.make_role(role)
    for bucket, region in (("my-bucket", "us-east-1"), ("acme-ml", "eu-west-1")):
        penguin_pipes_aws.make_bucket(bucket, region=region)
    return penguin_pipes_aws


@pytest.mark.parametrize(
    "page", [page for page in pages() if any(b.page == page for b in ALL)]
)
@pytest.mark.timeout(1800)
def test_a_page_keeps_its_promises(page: str, aws: FakeAws, tmp_path: Path) -> None:
    """Its commands and programs run in order, and print what it shows."""
    followed = [
        block for block in ALL if block.page == page and is_run(page, block.first)
    ]
    if not followed:
        pytest.skip(f"{page}: none of its blocks is followed")
    if (GIVEN / page).is_dir():
        shutil.copytree(GIVEN / page, tmp_path, dirs_exist_ok=True)
    reader = Reader(
        folder=tmp_path, environment=environment(tmp_path, aws.environment())
    )

    try:
        for block in followed:
            reader.follow(block)
    finally:
        reader.leave()


@pytest.mark.parametrize(
    ("key", "reason"),
    NOT_RUN.items(),
    ids=[f"{p}-{n}" for n, (p, _) in enumerate(NOT_RUN)],
)
def test_what_is_not_run_is_told(key: tuple[str, str], reason: str) -> None:
    """Each exception is of a block that is there; the summary counts them by reason."""
    assert any(
        block.page == key[0] and key[1] in block.source.splitlines() for block in ALL
    ), f"{key[0]} has no line {key[1]!r}; take it out of not_run.py"
    pytest.skip(f"not run: {reason}")
