"""The command line: a page and figures out of a CSV file, or one sentence."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from penguin_pipes.eda import read_table
from penguin_pipes.eda.command import main, parser
from penguin_pipes.eda.extras import check_libraries
from penguin_pipes.eda.publish import publish
from penguin_pipes.eda.table import MISSING
from penguin_pipes.errors import InputError, ReportError
from penguin_pipes.scripts import preprocessor

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
SMALL = "kind,size_mm\na,1.5\nb,2.5\na,4.0\nb,3.5\n"


class Said(NamedTuple):
    """What the command line said."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Return what runs the command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*argv: str) -> Said:
        code = main(argv)
        return Said(code, *capsys.readouterr())

    return run


def test_the_page_says_where_it_is(call: Callable[..., Said], tmp_path: Path) -> None:
    """Its path and what it is about, in one line; the default folder is eda-report."""
    (tmp_path / "small.csv").write_text(SMALL)

    said = call("small.csv", "--target", "kind")

    assert said == (
        0,
        "eda-report/index.html: 4 rows and 2 columns, 1 of them a measure; the target is kind, with 2 values. 2 figures.\n",
        "",
    )
    assert sorted(path.name for path in (tmp_path / "eda-report").iterdir()) == [
        "figure-01-kind.png",
        "figure-02-size-mm.png",
        "index.html",
    ]


def test_the_same_table_makes_the_same_bytes(
    call: Callable[..., Said], made: Path, tmp_path: Path
) -> None:
    """In another process, folder, language, time zone, and with other settings."""
    said = call("--out", "again")

    assert said.code == 0, said.err
    found = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert found == {path.name: path.read_bytes() for path in made.iterdir()}
    assert len(found) == 14


def test_a_new_report_takes_the_place_of_an_old_one(
    call: Callable[..., Said], tmp_path: Path
) -> None:
    """Figures that it no longer has are gone; files of others stay."""
    out = tmp_path / "out"
    out.mkdir()
    for name in ("index.html", "figure-09-old.png", "figure-of-mine.png", "notes.txt"):
        (out / name).write_text("old")
    (tmp_path / "small.csv").write_text(SMALL)

    said = call("small.csv", "--target", "kind", "--out", "out")

    assert said.code == 0, said.err
    assert sorted(path.name for path in out.iterdir()) == [
        "figure-01-kind.png",
        "figure-02-size-mm.png",
        "figure-of-mine.png",
        "index.html",
        "notes.txt",
    ]
    assert (out / "notes.txt").read_text() == "old"
    assert "small.csv" in (out / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "the file is empty; give it a header and rows", id="empty"),
        pytest.param(b"\n \n", "the file is empty", id="blank"),
        pytest.param(b"kind,x\n", "no row follows the header; add rows", id="header"),
        pytest.param(
            b"kind,x\na,1\nb\n",
            "data.csv, line 3: 1 fields under a header of 2; complete the row",
            id="ragged",
        ),
        pytest.param(
            b"\x89PNG\r\n\x1a\n\0\0", "line 1: this is not UTF-8", id="binary"
        ),
        pytest.param(b"kind\na\0b\n", "line 2: a NUL is no text", id="nul"),
        pytest.param(
            "kind\nGröße\n".encode("latin-1"),
            "line 2: this is not UTF-8; save the file as UTF-8",
            id="latin-1",
        ),
        pytest.param(
            "kind\na\n".encode("utf-16"), "line 1: this is not UTF-8", id="utf-16"
        ),
        pytest.param(
            b'kind\n"a\n', "this is not CSV (unexpected end of data)", id="quotes"
        ),
        pytest.param(
            b"kind;x\na;1\n",
            "the header is separated by ';'; save the file with commas",
            id="semicolons",
        ),
        pytest.param(
            b"kinds,x\na,1\n",
            "target 'kind': the table has no such column; did you mean 'kinds'?; "
            "--target names it",
            id="no-target",
        ),
        pytest.param(
            b"kind,x\nNA,1\n", "target 'kind': the column has no value", id="no-value"
        ),
    ],
)
def test_bad_tables_are_refused_in_a_sentence(
    call: Callable[..., Said], tmp_path: Path, data: bytes, problem: str
) -> None:
    """With exit code 2, the place and the way out; nothing is left behind."""
    (tmp_path / "data.csv").write_bytes(data)

    said = call("data.csv", "--target", "kind", "--out", "some/where")

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: data.csv")
    assert problem in said.err
    assert said.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        pytest.param(["none.csv"], "none.csv: there is nothing here", id="not-there"),
        pytest.param(["."], ".: this is a folder; name a CSV file in it", id="folder"),
        pytest.param(
            ["--out", "file"], "file: this is no folder; name another", id="out-is-file"
        ),
        pytest.param(
            ["--out", "file/out"], "file: this is no folder", id="out-under-file"
        ),
        pytest.param(["--out", "x" * 300], "this can be no folder (", id="long-out"),
    ],
)
def test_wrong_paths_are_refused_in_a_sentence(
    call: Callable[..., Said], tmp_path: Path, argv: list[str], problem: str
) -> None:
    """Before anything is computed, with exit code 2."""
    (tmp_path / "file").write_text("mine")

    said = call(*argv)

    assert (said.code, said.out) == (2, "")
    assert problem in said.err
    assert said.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_report_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """What the disk did not take as a whole is not there in part."""
    with pytest.raises(ReportError, match="the report cannot be written here"):
        publish(tmp_path / "out", "index.html", {"a.png": b"", "no/where.png": b""})

    assert list(tmp_path.iterdir()) == []


def test_missing_libraries_are_named_with_the_way_to_them() -> None:
    """Without the extras the command says in a sentence what to install."""
    program = "import sys; sys.modules['matplotlib'] = sys.modules['jinja2'] = None\n"
    program += "from penguin_pipes.eda.command import main; sys.exit(main([]))"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr == (
        "error: the analysis needs jinja2, matplotlib, which this Python does not have; "
        "pip install 'penguin-pipes[local,report]'\n"
    )
    with pytest.raises(InputError, match="needs no_such_library, which"):
        check_libraries(("json", "no_such_library"))


def test_the_analysis_reads_as_the_training_will(tmp_path: Path) -> None:
    """Missing is what the preprocessor takes for missing, and so are numbers."""
    path = tmp_path / "data.csv"
    cells = ["NA", " nan ", "1e3", "0x10", "1_000", "1e101", " 7 ", "inf"]
    path.write_text("kind,x\n" + "".join(f"a,{cell}\n" for cell in cells[:3]))

    found = read_table(path)

    assert MISSING == preprocessor.MISSING
    assert found["x"].dropna().tolist() == [1000]
    for cell in cells[3:]:
        path.write_text(f"kind,x\na,1\na,{cell}\n")
        is_number = read_table(path)["x"].dtype == "float64"
        number = preprocessor._number(cell)
        assert is_number == (abs(number) <= preprocessor.LARGEST), cell


def test_the_readme_names_the_flags() -> None:
    """Every flag of its section is one, and its picture is there and small."""
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("### Look at the data")[2].partition("\n### ")[0]
    flags = set(re.findall(r"--[a-z-]+", section))
    picture = re.search(r"\((docs/images/[a-z-]+\.png)\)", section)

    assert {"--out", "--target"} <= flags
    assert flags <= set(re.findall(r"--[a-z-]+", parser().format_help()))
    assert picture
    assert 0 < (ROOT / picture[1]).stat().st_size < 200_000
