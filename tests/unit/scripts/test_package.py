"""What is packed to serve: the layout, the same bytes, and what is refused."""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import pytest

from penguin_pipes.scripts import inference, package, preprocessor

if TYPE_CHECKING:
    from collections.abc import Mapping

CSV = "island,sex,mass,species\n" + "".join(
    f"{island},{sex},{mass},{species}\n"
    for species, island in (("Adelie", "Dream"), ("Gentoo", "Biscoe"))
    for sex, mass in (("MALE", 4000), ("FEMALE", 3500), (".", "NA"), ("MALE", 4100.5))
)
MODEL = {"001/saved_model.pb": b"graph", "001/variables/variables.index": b"weights"}


def pack(path: Path, members: Mapping[str, bytes]) -> None:
    """Write an archive as trainings do, with the times and owners of the moment."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.uid = len(content), os.getpid(), os.getuid()
            archive.addfile(info, io.BytesIO(content))


class Bench:
    """A folder to pack in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "raw.csv").write_text(CSV)
        code = preprocessor.main(
            [
                *("--input", str(root / "raw.csv"), "--output", str(root / "out")),
                *("--message", str(root / "message"), "--target", "species"),
                *("--numeric", "mass", "--categorical", "island", "sex"),
                *("--missing", "."),
            ]
        )
        assert code == 0
        pack(root / "model.tar.gz", MODEL)

    def run(self, output: str = "package") -> int:
        """Pack; return the exit code."""
        return package.main(
            [
                *("--model", str(self.root / "model.tar.gz")),
                *("--transformers", str(self.root / "out" / "transformers")),
                *("--inference", inference.__file__),
                *("--output", str(self.root / output)),
                *("--message", str(self.root / "message")),
            ]
        )

    def files(self, output: str = "package") -> dict[str, bytes]:
        """Return what is in the archive, in its order."""
        with tarfile.open(self.root / output / "model.tar.gz") as archive:
            return {
                member.name: content.read()
                for member in archive
                if (content := archive.extractfile(member))
            }


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a folder with all that can be packed."""
    return Bench(tmp_path)


def test_archive_is_laid_out_as_the_inference_image_wants_it(bench: Bench) -> None:
    """The model by its number, the handlers under code, and no pickle at all."""
    assert bench.run() == 0

    files = bench.files()
    assert sorted(files) == [
        "001/saved_model.pb",
        "001/variables/variables.index",
        "code/inference.py",
        "code/transformer.json",
    ]
    assert files["code/inference.py"] == Path(inference.__file__).read_bytes()
    assert files["001/saved_model.pb"] == b"graph"
    transformer = json.loads(files["code/transformer.json"])
    assert transformer["labels"] == ["Adelie", "Gentoo"]
    assert transformer["target"] == "species"
    assert "." in transformer["missing"]
    assert [part["name"] for part in transformer["categorical"]] == ["island", "sex"]


def test_the_same_input_gives_the_same_bytes(bench: Bench) -> None:
    """Whatever times, owners and order the model's own archive has."""
    bench.run("one")
    pack(bench.root / "model.tar.gz", dict(reversed(MODEL.items())))
    bench.run("two")

    one, two = (bench.root / name / "model.tar.gz" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as archive:
        facts = {(member.mtime, member.uid, member.mode) for member in archive}
    assert facts == {(0, 0, 0o644)}


def test_what_is_not_the_models_stays_out(bench: Bench) -> None:
    """Code of a training, or an archive that was packed before, is no part of it."""
    pack(bench.root / "model.tar.gz", {**MODEL, "code/inference.py": b"old", "x": b""})

    assert bench.run() == 0
    assert "x" not in bench.files()
    assert bench.files()["code/inference.py"] != b"old"


def spoil_model(root: Path) -> None:
    """Leave no model in the archive."""
    pack(root / "model.tar.gz", {"model/saved_model.pb": b""})


def spoil_path(root: Path) -> None:
    """Have a member lead out of the archive."""
    pack(root / "model.tar.gz", {**MODEL, "001/../../x": b""})


def spoil_archive(root: Path) -> None:
    """Leave no archive."""
    (root / "model.tar.gz").write_bytes(b"x")


def spoil_transformer(root: Path) -> None:
    """Leave a pickle of something else."""
    joblib.dump({"a": 1}, root / "out" / "transformers" / "features.joblib")


def spoil_pickle(root: Path) -> None:
    """Leave no pickle."""
    (root / "out" / "transformers" / "features.joblib").write_bytes(b"x")


def spoil_schema(root: Path) -> None:
    """Leave no schema."""
    (root / "out" / "transformers" / "schema.json").write_text("{}")


BAD = {
    "no model": (spoil_model, r"model\.tar\.gz: no folder that is called by a number"),
    "a path that leaves": (spoil_path, r"'001/\.\./\.\./x' would leave the folder"),
    "no archive": (spoil_archive, r"model\.tar\.gz: it cannot be unpacked"),
    "another object": (
        spoil_transformer,
        r"dict is nothing that preprocessor\.py fits",
    ),
    "no pickle": (spoil_pickle, r"features\.joblib: it cannot be read"),
    "no schema": (
        spoil_schema,
        r"schema\.json: it cannot be read \(KeyError: 'target'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_sentence(
    bench: Bench, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    """On stderr and in the message, and nothing is left half packed."""
    spoil, problem = BAD[case]
    spoil(bench.root)
    capsys.readouterr()

    code = bench.run()

    output, errors = capsys.readouterr()
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert re.search(problem, errors), errors
    assert (bench.root / "message").read_text() == errors.strip()
    assert not (bench.root / "package").exists()
