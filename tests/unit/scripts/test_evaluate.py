"""The evaluation script: what it refuses, counts, writes, and leaves undefined."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.scripts import evaluate

if TYPE_CHECKING:
    from pathlib import Path

ROWS = "width,depth,kind\n0.1,-0.5,0\n-1.5,1e-3,1\n0.7,2,2\n"

MODEL = """
import sys
import tarfile
import tensorflow as tf
from penguin_pipes.scripts import evaluate

class Model(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="features")])
    def serve(self, features):
        # Where width is positive, it is of the first class, else of the second.
        width = features[:, :1]
        return {"output": tf.concat([width, -width, tf.fill(tf.shape(width), -9.0)], 1)}

model = Model()
signatures = {"serving_default": model.serve}
tf.saved_model.save(model, sys.argv[1] + "/001", signatures)
with tarfile.open(sys.argv[2], "w:gz") as archive:
    archive.add(sys.argv[1] + "/001", "001")
for name in ("first", "second"):
    code = evaluate.main([*sys.argv[3:], "--output", sys.argv[1] + "/" + name])
    assert code == 0, code
"""


def pack(path: Path, members: dict[str, bytes | tarfile.TarInfo]) -> Path:
    """Write an archive with *members*; those that are infos are written as they are."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path


def link(name: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    """Return a member that leads elsewhere."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


class Bench:
    """A folder to evaluate in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "data").mkdir()
        (root / "data" / "test.csv").write_text(ROWS)
        pack(root / "model.tar.gz", {"001/saved_model.pb": b"no model"})

    def arguments(self, *more: str) -> list[str]:
        """Return the command line."""
        names = {"model": "model.tar.gz", "data": "data", "output": "out"}
        folders = [(f"--{key}", str(self.root / path)) for key, path in names.items()]
        message = ("--message", str(self.root / "message"))
        return [part for pair in (*folders, message) for part in pair] + [*more]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a folder with good data and an archive that holds no real model."""
    return Bench(tmp_path)


BAD_DATA = {
    "no file": ("", r"data: no CSV file is here"),
    "no row": ("width,kind\n", r"data: no row follows the header"),
    "no feature": ("kind\n1\n", r"test\.csv: the header is \('kind',\)"),
    "short row": (ROWS + "1\n", r"line 5: 1 values under a header of 3"),
    "text": (ROWS + "x,1,0\n", r"line 5, column 'width': 'x' is no number"),
    "nan": (ROWS + "nan,1,0\n", r"line 5, column 'width': 'nan' is no number"),
    "label": (ROWS + "1,1,0.5\n", r"line 5, column 'kind': '0\.5' is no label"),
    "quotes": (ROWS + '"1,1,0\n', r"test\.csv: it cannot be read"),
}


@pytest.mark.parametrize(("text", "problem"), BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data_is_refused_in_one_sentence(
    bench: Bench, capsys: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    """With the place and the way out, on stderr and in the message, and no result."""
    path = bench.root / "data" / "test.csv"
    path.write_text(text) if text else path.unlink()

    code = evaluate.main(bench.arguments())

    output, errors = capsys.readouterr()
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert re.search(problem, errors), errors
    assert (bench.root / "message").read_text() == errors.strip()
    assert not (bench.root / "out").exists()


BAD_MODELS: dict[str, tuple[dict[str, Any], str]] = {
    "upwards": ({"../x": b""}, r"'\.\./x' would leave the folder"),
    "absolute": ({"/tmp/x": b""}, r"'/tmp/x' would leave the folder"),
    "symbolic link": ({"a": link("a")}, r"'a' is neither file nor folder"),
    "hard link": ({"a": link("a", tarfile.LNKTYPE)}, r"'a' is neither file nor"),
    "device": ({"a": link("a", tarfile.CHRTYPE)}, r"'a' is neither file nor folder"),
    "no model": ({"001/other.pb": b""}, r"holds a saved_model\.pb; save the model"),
    "no number": ({"one/saved_model.pb": b""}, r"called by a number holds a saved_mod"),
}


@pytest.mark.parametrize(("members", "problem"), BAD_MODELS.values(), ids=BAD_MODELS)
def test_archives_that_would_leave_their_folder_are_refused(
    bench: Bench,
    capsys: pytest.CaptureFixture[str],
    members: dict[str, Any],
    problem: str,
) -> None:
    """Nothing of a hostile archive is followed, and the member is named."""
    pack(bench.root / "model.tar.gz", members)
    before = sorted(bench.root.rglob("*"))

    code = evaluate.main(bench.arguments())

    assert code == 1
    assert re.search(problem, capsys.readouterr().err)
    assert sorted(bench.root.rglob("*")) == sorted([*before, bench.root / "message"])


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08broken"])
def test_what_is_no_archive_is_refused(
    bench: Bench, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    """An empty, another or a broken file ends in the same sentence."""
    (bench.root / "model.tar.gz").write_bytes(content)

    assert evaluate.main(bench.arguments()) == 1
    assert "cannot be unpacked" in capsys.readouterr().err


@pytest.mark.parametrize(
    "schema", ["", "{}", '{"labels": "abc"}', '{"labels": ["a", "a"]}', "[1]"]
)
def test_a_schema_without_labels_is_refused(
    bench: Bench, capsys: pytest.CaptureFixture[str], schema: str
) -> None:
    """What does not name each class once is no schema."""
    (bench.root / "schema.json").write_text(schema)

    code = evaluate.main(bench.arguments("--schema", str(bench.root)))

    assert code == 1
    assert re.search(r"schema\.json: .*labels", capsys.readouterr().err)


def test_undefined_metrics_are_null_and_counted_as_nothing() -> None:
    """A class never predicted has no precision; one without rows has no recall."""
    found = evaluate.measure([[2, 1, 0], [0, 1, 0], [0, 0, 0]], ["a", "b", "c"])
    never = evaluate.measure([[2, 0], [2, 0]], ["a", "b"])

    assert found["classes"]["c"]["precision"]["value"] is None
    assert found["classes"]["c"]["recall"]["value"] is None
    assert found["classes"]["c"]["f1"]["value"] is None
    assert never["classes"]["b"]["precision"]["value"] is None
    assert never["classes"]["b"]["recall"]["value"] == 0
    metrics = never["multiclass_classification_metrics"]
    assert metrics["weighted_precision"]["value"] == 0.25
    assert list(evaluate.summary(never)) == [
        "Test accuracy: 0.5000 (of 4 rows)",
        "b: never predicted, so its precision is not defined",
    ]


def test_confusion_is_by_the_names_of_the_classes() -> None:
    """The class that it is, then the one that it was taken for."""
    found = evaluate.measure([[2, 1], [0, 3]], ["a", "b"])

    assert found["multiclass_classification_metrics"]["confusion_matrix"] == {
        "a": {"a": 2, "b": 1},
        "b": {"a": 0, "b": 3},
    }
    assert found["dataset"] == {"item_count": 6}


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow"
)
def test_a_saved_model_is_measured_to_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, bench: Bench
) -> None:
    """Twice the same; and the answers are those that the model must give."""
    saved = tmp_path_factory.mktemp("saved")
    (bench.root / "schema.json").write_text('{"labels": ["Adélie", "b", "c"]}')
    arguments = bench.arguments("--schema", str(bench.root))

    done = subprocess.run(
        [
            *(sys.executable, "-c", MODEL, str(saved)),
            *(str(bench.root / "model.tar.gz"), *arguments),
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    result = (saved / "first" / "evaluation.json").read_bytes()
    assert (saved / "second" / "evaluation.json").read_bytes() == result
    assert done.stdout.splitlines() == 2 * [
        "Test accuracy: 0.6667 (of 3 rows)",
        "c: never predicted, so its precision is not defined",
    ]
    found = json.loads(result)
    metrics = found["multiclass_classification_metrics"]
    assert metrics["accuracy"]["value"] == 2 / 3
    assert metrics["confusion_matrix"]["c"] == {"Adélie": 1, "b": 0, "c": 0}
    assert found["classes"]["Adélie"]["precision"]["value"] == 0.5
