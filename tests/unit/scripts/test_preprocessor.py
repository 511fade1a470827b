"""The preprocessor as a job: files and arguments in, files and exit code out."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
import pytest

from penguin_pipes.scripts import preprocessor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SCRIPT = Path(preprocessor.__file__)
PENGUINS = SCRIPT.parents[1] / "data" / "penguins.csv"
MEASURES = (
    "culmen_length_mm",
    "culmen_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
)
PENGUINS_OWN = (
    *("--target", "species"),
    *("--numeric", *MEASURES),
    *("--categorical", "island", "sex"),
    *("--missing", "."),
)

HEADER = "kind,kg,home\n"
CATS = "cat,4,sofa\ncat,5,\ncat,NA,yard\ncat,6,sofa\n"
COWS = "cow,600,barn\ncow,700,barn\ncow,,field\ncow,650,barn\n"
PETS = HEADER + CATS + COWS
PETS_OWN = ("--target", "kind", "--numeric", "kg", "--categorical", "home")


class Job:
    """One job's folders, and what became of it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.input = root / "in"
        self.output = root / "out"
        self.message = root / "elsewhere" / "message"
        self._capsys = capsys
        self.input.mkdir()

    def run(
        self, files: Mapping[str, str | bytes], *arguments: str
    ) -> tuple[int, str, str]:
        """Run on *files* by name; return exit code, standard output and error."""
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (self.input / name).parent.mkdir(exist_ok=True)
            (self.input / name).write_bytes(data)
        folders = ["--input", str(self.input), "--output", str(self.output)]
        code = preprocessor.main([*folders, "--message", str(self.message), *arguments])
        return code, *self._capsys.readouterr()

    def table(self, name: str) -> list[list[str]]:
        """Return the records of one split's table, header first."""
        path = self.output / name / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.reader(stream))

    def schema(self) -> dict[str, Any]:
        """Return the schema that was written."""
        text = (self.output / "transformers" / "schema.json").read_text("utf-8")
        schema: dict[str, Any] = json.loads(text)
        return schema

    def written(self) -> dict[str, bytes]:
        """Return the content of all files under the output folder."""
        paths = (path for path in self.output.rglob("*") if path.is_file())
        return {str(p.relative_to(self.output)): p.read_bytes() for p in paths}


@pytest.fixture
def job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Job:
    """Return a job with an empty input folder."""
    return Job(tmp_path, capsys)


SIX_FILES = {
    "train/train.csv",
    "validation/validation.csv",
    "test/test.csv",
    "transformers/features.joblib",
    "transformers/target.joblib",
    "transformers/schema.json",
}


def test_penguins_are_split_and_transformed(job: Job) -> None:
    """The penguins end up in three tables: nine features, then the encoded species."""
    code, out, err = job.run({"penguins.csv": PENGUINS.read_bytes()}, *PENGUINS_OWN)

    assert (code, err) == (0, "")
    assert out == 'Rows: {"train": 241, "validation": 52, "test": 51}\n'
    assert set(job.written()) == SIX_FILES
    islands = ["island_Biscoe", "island_Dream", "island_Torgersen"]
    header = [*MEASURES, *islands, "sex_FEMALE", "sex_MALE", "species"]
    for name, rows in (("train", 241), ("validation", 52), ("test", 51)):
        table = job.table(name)
        assert table[0] == header
        assert len(table) == rows + 1
        assert {record[-1] for record in table[1:]} == {"0", "1", "2"}
    assert not job.message.exists()


def test_training_measures_are_standardised(job: Job) -> None:
    """On the training split alone each number has mean 0 and standard deviation 1."""
    job.run({"penguins.csv": PENGUINS.read_bytes()}, *PENGUINS_OWN)

    train, test = (
        np.array(job.table(name)[1:], dtype=float)[:, : len(MEASURES)]
        for name in ("train", "test")
    )
    assert np.allclose(train.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(train.std(axis=0), 1, atol=1e-12)
    assert np.abs(test.mean(axis=0)).max() > 0.01


def test_schema_tells_all(job: Job) -> None:
    """The schema has what is needed to prepare a row like the job did."""
    job.run({"pets.csv": PETS}, *PETS_OWN, "--missing", ".", "--seed", "3")

    schema = job.schema()

    libraries = schema.pop("libraries")
    assert schema.pop("python") == ".".join(map(str, sys.version_info[:3]))
    assert libraries["numpy"] == np.__version__
    assert libraries["pandas"] == pd.__version__
    assert set(libraries) == {"joblib", "numpy", "pandas", "scikit-learn"}
    assert schema == {
        "version": 1,
        "numeric": ["kg"],
        "categorical": ["home"],
        "missing": ["", "NA", "N/A", "NaN", "nan", "null", "."],
        "target": "kind",
        "labels": ["cat", "cow"],
        "features": job.table("train")[0][:-1],
        "rows": {"train": 4, "validation": 2, "test": 2},
        "fractions": {"train": 0.7, "validation": 0.15, "test": 0.15},
        "seed": 3,
    }


def test_transformers_load_and_repeat_the_tables(job: Job) -> None:
    """Loaded back, the transformers make the tables' numbers and labels again."""
    job.run({"penguins.csv": PENGUINS.read_bytes()}, *PENGUINS_OWN)
    features = joblib.load(job.output / "transformers" / "features.joblib")
    target = joblib.load(job.output / "transformers" / "target.joblib")
    first = pd.DataFrame(
        [["Dream", 46.5, 17.9, 192, 3500, "FEMALE"]],
        columns=["island", *MEASURES, "sex"],
    )

    row = features.transform(first)[0].tolist()

    species = target.transform(["Chinstrap"])[0]
    tables = [job.table(name)[1:] for name in ("train", "validation", "test")]
    assert [*map(repr, row), str(species)] in [r for table in tables for r in table]
    assert list(target.inverse_transform([0, 1, 2])) == job.schema()["labels"]
    assert list(features.get_feature_names_out()) == job.schema()["features"]


def test_a_process_of_its_own_makes_the_same_bytes(job: Job, tmp_path: Path) -> None:
    """Another process, with other hashes and warnings as errors, writes the same."""
    job.run({"penguins.csv": PENGUINS.read_bytes()}, *PENGUINS_OWN)
    again = tmp_path / "again"
    folders = ("--input", str(job.input), "--output", str(again))
    message = ("--message", str(tmp_path / "message"))

    done = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, *folders, *message, *PENGUINS_OWN],
        env={**os.environ, "PYTHONHASHSEED": "42"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    for name, content in job.written().items():
        assert (again / name).read_bytes() == content


def test_a_process_of_its_own_fails_with_one_sentence(job: Job, tmp_path: Path) -> None:
    """From outside, too, a failure is exit code 1 and one sentence, said twice."""
    arguments = ("--input", tmp_path / "nowhere", "--output", job.output)
    message = tmp_path / "message"

    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments, "--message", message, *PETS_OWN],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{message.read_text('utf-8')}\n"
    assert "nowhere: no CSV file is here" in done.stderr


BAD_INPUT = {
    "no file": ({}, "{input}: no CSV file is here; put"),
    "no CSV among the files": (
        {"pets.tsv": PETS},
        "{input}: no CSV file is here; put",
    ),
    "empty file": ({"a.csv": ""}, "{input}/a.csv: the file is empty; give it"),
    "blank file": ({"a.csv": "\n  \n\n"}, "{input}/a.csv: the file is empty; give it"),
    "header alone": ({"a.csv": HEADER}, "{input}/a.csv: no row follows the header; "),
    "header alone beside a good file": (
        {"a.csv": PETS, "b.csv": HEADER},
        "{input}/b.csv: no row follows the header; ",
    ),
    "missing column": (
        {"a.csv": PETS.replace("home", "house")},
        (
            "{input}/a.csv, column 'home': it is missing from the header "
            "['kind', 'kg', 'house']; correct"
        ),
    ),
    "missing target": (
        {"a.csv": PETS.replace("kind", "Kind")},
        "{input}/a.csv, column 'kind': it is missing from the header",
    ),
    "column missing in one file": (
        {"a.csv": PETS, "b.csv": "kind,kg\ncat,4\n"},
        "{input}/b.csv, column 'home': it is missing from the header",
    ),
    "semicolons": (
        {"a.csv": PETS.replace(",", ";")},
        "{input}/a.csv, column 'kg': it is missing from the header ['kind;kg;home']",
    ),
    "duplicate column": (
        {"a.csv": "kind,kg,home,kg\ncat,4,sofa,5\n"},
        "{input}/a.csv, column 'kg': it stands 2 times in the header",
    ),
    "text for a number": (
        {"a.csv": PETS.replace("650", "heavy")},
        "{input}/a.csv, row 8 (line 9), column 'kg': 'heavy' is not a number ",
    ),
    "number with an underscore": (
        {"a.csv": PETS.replace("650", "6_50")},
        "row 8 (line 9), column 'kg': '6_50' is not a number ",
    ),
    "infinity": (
        {"a.csv": PETS.replace("650", "-inf")},
        "row 8 (line 9), column 'kg': '-inf' is not a number ",
    ),
    "not a number in other letters": (
        {"a.csv": PETS.replace("650", "NAN")},
        "row 8 (line 9), column 'kg': 'NAN' is not a number ",
    ),
    "number beyond all measure": (
        {"a.csv": PETS.replace("650", "1e101")},
        "column 'kg': '1e101' is not a number between -1e+100 and 1e+100; correct",
    ),
    "line counted over quotes and blank lines": (
        {"a.csv": PETS.replace("sofa\ncat,5", '"so\nfa"\n\ncat,x')},
        "{input}/a.csv, row 2 (line 5), column 'kg': 'x' is not a number ",
    ),
    "blank target": (
        {"a.csv": PETS.replace("cow,700", " ,700")},
        (
            "{input}/a.csv, row 6 (line 7), column 'kind': ' ' means that the target is "
            "missing; fill"
        ),
    ),
    "marked target": (
        {"a.csv": PETS.replace("cow,700", "?,700")},
        "row 6 (line 7), column 'kind': '?' means that the target is missing; ",
    ),
    "class of two rows": (
        {"a.csv": PETS + "dog,20,sofa\ndog,30,sofa\n"},
        "class 'dog': 2 rows are too few to be in each of train, validation, test; ",
    ),
    "number without a value": (
        {"a.csv": re.sub(r"\d+", "NA", PETS)},
        "column 'kg': no value in the 4 rows of the training split; fill",
    ),
    "category without a value": (
        {"a.csv": re.sub("sofa|yard|barn|field", " ", PETS)},
        "column 'home': no value in the 4 rows of the training split; fill",
    ),
    "Latin-1": (
        {"a.csv": PETS.encode() + "cow,5,caf\u00e9\n".encode("latin-1")},
        "{input}/a.csv, line 10: this is not UTF-8; save",
    ),
    "UTF-16": (
        {"a.csv": PETS.encode("utf-16")},
        "{input}/a.csv, line 1: this is not UTF-8; save",
    ),
    "UTF-16 without a mark": (
        {"a.csv": PETS.encode("utf-16-le")},
        "{input}/a.csv, line 1: a NUL is no text; save",
    ),
    "row too long": (
        {"a.csv": PETS.replace("650", "650,5")},
        "{input}/a.csv, row 8 (line 9): 4 fields under a header of 3; complete",
    ),
    "row too short": (
        {"a.csv": PETS + "cow,5"},
        "{input}/a.csv, row 9 (line 10): 2 fields under a header of 3; complete",
    ),
    "open quote": (
        {"a.csv": PETS + 'cow,5,"barn\n'},
        "{input}/a.csv, line 10: this is not CSV (unexpected end of data); correct",
    ),
}


@pytest.mark.parametrize(("files", "said"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_named(job: Job, files: dict[str, str | bytes], said: str) -> None:
    """Bad data end in exit code 1, one sentence in two places, and no output."""
    code, out, err = job.run(files, *PETS_OWN, "--missing", "?")

    assert (code, out) == (1, "")
    assert said.format(input=job.input) in err
    assert err.count("\n") == 1
    assert job.message.read_text("utf-8") == err.rstrip("\n")
    assert not job.output.exists()


BAD_ARGUMENTS = {
    "no features": (
        ("--target", "kind"),
        "--numeric, --categorical: both are empty; name",
    ),
    "empty lists": (
        ("--target", "kind", "--numeric", "--categorical"),
        "--numeric, --categorical: both are empty; name",
    ),
    "column twice": (
        (*PETS_OWN, "--numeric", "kg"),
        "--target, --numeric, --categorical: 'kg' is given twice; name it once",
    ),
    "column in both lists": (
        (*PETS_OWN, "--numeric", "home"),
        "--target, --numeric, --categorical: 'home' is given twice; name it once",
    ),
    "target as a feature": (
        (*PETS_OWN, "--categorical", "kind"),
        "--target, --numeric, --categorical: 'kind' is given twice; name it once",
    ),
    "label twice": (
        (*PETS_OWN, "--labels", "cat", "cow", "cat"),
        "--labels: 'cat' is given twice; name it once",
    ),
    "unknown label in the data": (
        (*PETS_OWN, "--labels", "cat", "dog"),
        (
            "{input}/a.csv, row 5 (line 6), column 'kind': 'cow' is not one of the labels "
            "('cat', 'dog'); correct it or add it to --labels"
        ),
    ),
    "label that is a mark of a missing value": (
        (*PETS_OWN, "--labels", "cat", "cow", "--missing", "cow"),
        "column 'kind': 'cow' means that the target is missing; fill",
    ),
    "label without data": (
        (*PETS_OWN, "--labels", "cat", "cow", "dog"),
        "column 'kind': no row has the label 'dog'; take it out of --labels",
    ),
    "fractions too much": (
        (*PETS_OWN, "--test-fraction", "0.2"),
        (
            "--train-fraction, --validation-fraction, --test-fraction: 0.7, 0.15, 0.2 do "
            "not share out the rows; give numbers above 0 that make 1 together"
        ),
    ),
    "no validation": (
        (*PETS_OWN, "--train-fraction", "0.85", "--validation-fraction", "0"),
        "0.85, 0.0, 0.15 do not share out the rows; give",
    ),
    "fraction that is no number": (
        (*PETS_OWN, "--test-fraction", "nan"),
        "0.7, 0.15, nan do not share out the rows; give",
    ),
    "fraction next to nothing": (
        (*PETS_OWN, "--train-fraction", "0.85", "--test-fraction", "1e-9"),
        "0.85, 0.15, 1e-09 do not share out the rows; give",
    ),
    "negative seed": ((*PETS_OWN, "--seed", "-1"), "--seed: -1 is negative; give 0"),
    "output within the input": (
        (*PETS_OWN, "--output", "{input}/made"),
        "--output: {input}/made lies in --input, so the next run would read it; give",
    ),
}


@pytest.mark.parametrize(
    ("arguments", "said"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS
)
def test_bad_arguments_are_named(
    job: Job, arguments: tuple[str, ...], said: str
) -> None:
    """Arguments that cannot work end like bad data do, whatever the data are."""
    given = [argument.format(input=job.input) for argument in arguments]

    code, out, err = job.run({"a.csv": PETS}, *given)

    assert (code, out) == (1, "")
    assert said.format(input=job.input) in err
    assert err.count("\n") == 1
    assert job.message.read_text("utf-8") == err.rstrip("\n")
    assert not job.output.exists()
    assert not (job.input / "made").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--numeric", "kg"), "required: --target"),
        ((*PETS_OWN, "--seed", "x"), "argument --seed: invalid int value: 'x'"),
        ((*PETS_OWN, "--sed", "1"), "unrecognized arguments: --sed 1"),
    ],
    ids=["no target", "bad value", "unknown option"],
)
def test_arguments_that_are_none(
    job: Job,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    """What the command line does not know ends with exit code 2 and says so."""
    with pytest.raises(SystemExit, match="2"):
        job.run({"a.csv": PETS}, *arguments)

    assert said in capsys.readouterr().err
    assert not job.output.exists()


def test_defaults_are_the_containers_folders() -> None:
    """Unless told otherwise the script uses the folders of a processing container."""
    job = preprocessor.Job(target="kind", numeric=("kg",))

    assert job.input == Path("/opt/ml/processing/input/data")
    assert job.output == Path("/opt/ml/processing")
    assert job.message == Path("/opt/ml/output/message")
    assert job.fractions == (0.70, 0.15, 0.15)


def reordered(text: str) -> str:
    """Return a table with its columns the other way round and one more."""
    records = [line.split(",") for line in text.splitlines()]
    return "".join(f"{','.join([*record[::-1], 'x'])}\n" for record in records)


SAME_TABLE: dict[str, dict[str, str | bytes]] = {
    "byte order mark": {"a.csv": b"\xef\xbb\xbf" + PETS.encode()},
    "Windows line ends": {"a.csv": PETS.replace("\n", "\r\n")},
    "no last line end": {"a.csv": PETS.rstrip("\n")},
    "blank lines": {"a.csv": "\n" + PETS.replace("cow", "\n \ncow") + "\n\n"},
    "quotes": {"a.csv": re.sub(r"(\w+)", r'"\1"', PETS)},
    "other columns first": {"a.csv": reordered(PETS)},
    "two files": {"b.csv": HEADER + COWS, "a.csv": HEADER + CATS},
    "two files of other order": {
        "2/b.CSV": reordered(HEADER + COWS),
        "1/z.csv": HEADER + CATS,
    },
    "marks of a missing value": {
        "a.csv": PETS.replace("NA", " N/A ").replace("cow,,", "cow, . ,")
    },
    "numbers written otherwise": {
        "a.csv": PETS.replace("600", " 6e2 ").replace("650", "650.0")
    },
}


@pytest.mark.parametrize("files", SAME_TABLE.values(), ids=SAME_TABLE)
def test_same_table_same_bytes(
    job: Job,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str | bytes],
) -> None:
    """How a table is written down, and over how many files, changes no byte."""
    plain = Job(tmp_path_factory.mktemp("plain"), capsys)
    plain.run({"a.csv": PETS}, *PETS_OWN, "--missing", ".")

    code, _, err = job.run(files, *PETS_OWN, "--missing", ".")

    assert (code, err) == (0, "")
    assert job.written() == plain.written()


def test_one_file_as_input(job: Job) -> None:
    """The input can be one file instead of a folder."""
    source = job.input / "pets.txt"

    code, _, _ = job.run({"pets.txt": PETS}, *PETS_OWN, "--input", str(source))

    assert code == 0
    assert set(job.written()) == SIX_FILES


def test_codes_are_text(job: Job) -> None:
    """Categories that look like numbers or truth values stay the text they are."""
    codes = ["1", "2", "01", "True", "1.0", "NA", "1", "1"]
    lines = [f"{'a' if n % 2 else 'b'},{code}\n" for n, code in enumerate(codes * 9)]

    code, _, err = job.run(
        {"a.csv": f"y,code\n{''.join(lines)}"}, "--target", "y", "--categorical", "code"
    )

    assert (code, err) == (0, "")
    features = ["code_01", "code_1", "code_1.0", "code_2", "code_True"]
    assert job.table("train")[0] == [*features, "y"]


def test_none_is_a_category(job: Job) -> None:
    """Words that only some readers take for missing values count as they stand."""
    text = PETS.replace("sofa", "None").replace("yard", "n/a")

    job.run({"a.csv": text}, *PETS_OWN)

    assert "home_None" in job.schema()["features"]


def test_labels_have_the_order_that_is_asked_for(job: Job) -> None:
    """With --labels the codes are places in that order, not in the alphabet's."""
    code, _, _ = job.run({"a.csv": PETS}, *PETS_OWN, "--labels", "cow", "cat")

    assert code == 0
    assert job.schema()["labels"] == ["cow", "cat"]
    target = joblib.load(job.output / "transformers" / "target.joblib")
    assert list(target.transform(["cat", "cow"])) == [1, 0]
    assert list(target.inverse_transform([0, 1])) == ["cow", "cat"]
    kg = job.schema()["features"].index("kg")
    for record in job.table("train")[1:]:
        if float(record[kg]) > 0:
            assert record[-1] == "0"


@pytest.mark.parametrize(
    ("own", "features"),
    [
        (("--numeric", "kg"), ["kg"]),
        (("--categorical", "home"), ["home_barn", "home_sofa"]),
    ],
    ids=["numbers alone", "texts alone"],
)
def test_one_kind_of_column_is_enough(
    job: Job, own: tuple[str, ...], features: list[str]
) -> None:
    """A table of numbers alone, or of texts alone, works like any other."""
    text = PETS.replace("yard", "sofa").replace("field", "barn")

    code, _, err = job.run({"a.csv": text}, "--target", "kind", *own)

    assert (code, err) == (0, "")
    assert job.schema()["features"] == features
    assert job.table("test")[0] == [*features, "kind"]


def test_names_that_would_clash_get_a_number(job: Job) -> None:
    """No two columns of a table share a name, nor does a feature have the target's."""
    rows = "".join(f"{'pq'[n % 2]},b_c,c,{n},0\n" for n in range(8))
    own = (
        "--target",
        "y",
        "--numeric",
        "a_b_c",
        "a_b_c_2",
        "--categorical",
        "a",
        "a_b",
    )

    code, _, err = job.run({"a.csv": f"y,a,a_b,a_b_c,a_b_c_2\n{rows}"}, *own)

    assert (code, err) == (0, "")
    names = ["a_b_c", "a_b_c_2", "a_b_c_3", "a_b_c_4"]
    assert job.table("train")[0] == [*names, "y"]
    assert job.schema()["features"] == names


def test_feature_never_takes_the_targets_name(job: Job) -> None:
    """A category that spells the target's name is numbered; the target is not."""
    text = PETS.replace("kind", "home_sofa")
    own = ("--target", "home_sofa", "--numeric", "kg", "--categorical", "home")

    job.run({"a.csv": text}, *own)

    header = job.table("train")[0]
    assert "home_sofa_2" in header
    assert header.index("home_sofa") == len(header) - 1


def test_header_survives_any_category(job: Job) -> None:
    """Line ends, quotes and commas in a category come back from the header."""
    odd = '"a\rb\n""c"", d"'

    code, _, _ = job.run({"a.csv": re.sub("sofa|barn", odd, PETS)}, *PETS_OWN)

    assert code == 0
    assert 'home_a\rb\n"c", d' in job.table("train")[0]
    assert job.table("train")[0][:-1] == job.schema()["features"]


def test_values_that_start_with_a_dash(job: Job) -> None:
    """Negative marks come as they are, others behind an equals sign; all add up."""
    text = PETS.replace("600", "-999").replace("field", "-?").replace("yard", "-x")
    marks = ("--missing", "-999", "--missing=-?", "--missing=-x")

    code, _, err = job.run({"a.csv": text}, *PETS_OWN, *marks)

    assert (code, err) == (0, "")
    assert set(job.schema()["features"]) <= {"kg", "home_sofa", "home_barn"}
    assert job.schema()["missing"][-3:] == ["-999", "-?", "-x"]


def test_folders_that_are_there_stay(job: Job) -> None:
    """Folders that stand ready, as mounts do, are filled and never replaced."""
    folders = [job.output / name for name in ("train", "validation", "transformers")]
    for folder in folders:
        folder.mkdir(parents=True)
    before = [folder.stat().st_ino for folder in folders]

    code, _, _ = job.run({"a.csv": PETS}, *PETS_OWN)

    assert code == 0
    assert [folder.stat().st_ino for folder in folders] == before
    assert set(job.written()) == SIX_FILES


def test_next_run_replaces_the_last(job: Job) -> None:
    """A second run leaves the files of the second run, and only them."""
    job.run({"a.csv": PETS}, *PETS_OWN)
    first = job.written()
    (job.output / "test" / ".test.csv.part").write_text("killed", encoding="utf-8")

    code, _, _ = job.run({"a.csv": PETS + CATS}, *PETS_OWN)

    assert code == 0
    second = job.written()
    assert set(second) == SIX_FILES
    assert second["train/train.csv"] != first["train/train.csv"]


def test_failed_run_leaves_the_last_one_whole(job: Job) -> None:
    """A run on bad input touches nothing of an earlier run's output."""
    job.run({"a.csv": PETS}, *PETS_OWN)
    first = job.written()

    code, _, _ = job.run({"b.csv": "kind\n"}, *PETS_OWN)

    assert code == 1
    assert job.written() == first


def test_strange_files_are_not_mixed_in(job: Job) -> None:
    """A file of somebody else's in an output folder is named and left alone."""
    stranger = job.output / "train" / "notes.csv"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("mine", encoding="utf-8")

    code, _, err = job.run({"a.csv": PETS}, *PETS_OWN)

    assert code == 1
    assert f"{stranger}: this is no file of ours; move it away or correct" in err
    assert job.written() == {"train/notes.csv": b"mine"}


def test_other_folders_beside_the_output_do_not_matter(job: Job) -> None:
    """The output folder may hold other things, as a container's does."""
    (job.output / "input").mkdir(parents=True)
    (job.output / "input" / "more.csv").write_text("x", encoding="utf-8")

    code, _, _ = job.run({"a.csv": PETS}, *PETS_OWN)

    assert code == 0


def unwritable(output: Path) -> None:
    """Let a file stand where a folder has to be."""
    output.mkdir()
    (output / "transformers").write_text("in the way", encoding="utf-8")


def unmovable(output: Path) -> None:
    """Let a folder stand where a file has to be moved to."""
    (output / "transformers" / "schema.json").mkdir(parents=True)


@pytest.mark.parametrize("spoil", [unwritable, unmovable])
def test_publish_all_or_nothing(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """Where one file cannot be written or moved, none of the others stays."""
    output = tmp_path / "out"
    spoil(output)
    before = {path for path in output.rglob("*") if path.is_file()}

    def write() -> None:
        with preprocessor.publish(output) as files:
            for file in files.values():
                file.write(b"new")

    with pytest.raises(OSError, match="transformers"):
        write()

    assert {path for path in output.rglob("*") if path.is_file()} == before


def test_output_that_cannot_be_written(job: Job) -> None:
    """A failing disk, too, is one sentence without a trace, and names the file."""
    unwritable(job.output)

    code, out, err = job.run({"a.csv": PETS}, *PETS_OWN)

    assert (code, out) == (1, "")
    assert f"'{job.output}/transformers'" in err
    assert err.count("\n") == 1
    assert job.message.read_text("utf-8") == err.rstrip("\n")


def test_message_that_cannot_be_written_hides_nothing(job: Job) -> None:
    """Where the message file cannot be made, the sentence still is on stderr."""
    job.message.parent.write_text("in the way", encoding="utf-8")

    code, _, err = job.run({}, *PETS_OWN)

    assert code == 1
    assert err == (
        f"{job.input}: no CSV file is here; put *.csv here or correct --input\n"
    )


def test_message_is_utf_8_whatever_it_quotes(job: Job) -> None:
    """Bytes of the command line that are no text do not spoil the message."""
    code, _, _ = job.run({"a.csv": PETS}, *PETS_OWN, "--input", "caf\u00e9 \udcff")

    assert code == 1
    assert job.message.read_text("utf-8").startswith(r"café \udcff: no CSV file")


def test_surprises_are_reported_too(job: Job) -> None:
    """What nobody foresaw ends with exit code 1, a trace, and a sentence about it."""
    code, _, err = job.run({"a.csv": PETS}, *PETS_OWN, "--missing", "\udcff")

    assert code == 1
    sentence = job.message.read_text("utf-8")
    assert sentence.startswith("The preprocessor broke down: UnicodeEncodeError: ")
    assert err.endswith(f"{sentence}\n")
    assert "Traceback" in err
    assert not job.output.exists()


def test_long_headers_are_cut(job: Job) -> None:
    """A message stays within the kilobyte that the service keeps of it."""
    header = ",".join(f"a rather long name of a column, no. {n}" for n in range(999))

    _, _, err = job.run({"a.csv": f"{header}\n{header}\n"}, *PETS_OWN)

    assert "it is missing from the header" in err
    assert len(err) < 1024


def test_split_is_pinned() -> None:
    """The split of a seed never changes, under no version of anything."""
    labels = np.array([0] * 7 + [1] * 5)

    parts = preprocessor.split(labels, "ab", seed=7)

    assert [np.flatnonzero(parts == number).tolist() for number in range(3)] == [
        [0, 2, 3, 4, 6, 9, 10, 11],
        [5, 8],
        [1, 7],
    ]


def test_split_of_the_penguins_is_exact() -> None:
    """Each species is shared out by itself, to the row."""
    counts = {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}
    labels = np.repeat(np.arange(3), [*counts.values()])

    parts = preprocessor.split(labels, [*counts])

    found = {
        name: tuple(np.bincount(parts[labels == number]).tolist())
        for number, name in enumerate(counts)
    }
    assert found == {
        "Adelie": (106, 23, 23),
        "Chinstrap": (48, 10, 10),
        "Gentoo": (87, 19, 18),
    }


def test_rows_keep_their_order(job: Job) -> None:
    """In each table the rows stand in the order of the input."""
    rows = "".join(f"{'ab'[n % 2]},{n}\n" for n in range(99))

    job.run({"a.csv": f"y,n\n{rows}"}, "--target", "y", "--numeric", "n")

    for name in ("train", "validation", "test"):
        numbers = [float(record[0]) for record in job.table(name)[1:]]
        assert numbers == sorted(numbers)


# Whatever parses and writes, and in pieces of whatever size: the files are the same.

MIXED = (
    "kind,kg,home,note\n"
    + 30 * 'cat,4.25,sofa,x\ncat,5,,"a ""b"""\ncat,NA,"the\r\nyard",\ncat, 6e0 ,sofa,\n'
    + 30
    * "cow,600,b\u00e4rn,\ncow,7.00000000000001e2,barn,\ncow, . , NA ,\n\ncow,1e-5,barn,\n"
)
PLAIN_ROWS = HEADER + 50 * (CATS + COWS.replace("650", "650.125"))
TABLES = {
    "quotes, line ends and blanks in cells": MIXED,
    "nothing out of the ordinary": PLAIN_ROWS,
    "Windows line ends": PLAIN_ROWS.replace("\n", "\r\n"),
    "old line ends": PLAIN_ROWS.replace("\n", "\r"),
    "quotes within cells": PLAIN_ROWS.replace("yard", 'yard of 5" and "more'),
    "all quoted": re.sub(r"([\w.]+)", r'"\1"', PLAIN_ROWS),
    "a mark within the file": PLAIN_ROWS.replace("cow,600", "\ufeffcow,600"),
    "codes": PLAIN_ROWS.replace("sofa", "01")
    .replace("barn", "1")
    .replace("yard", "1.0"),
    "truth values": PLAIN_ROWS.replace("sofa", "True").replace("barn", "false"),
    "not a number, in other letters, as text": PLAIN_ROWS.replace("sofa", "NaNa"),
}
TOOLS = {
    "cell by cell": preprocessor.PLAIN,
    "pandas": preprocessor.WITH_PANDAS,
    **({"PyArrow": preprocessor.WITH_ARROW} if find_spec("pyarrow") else {}),
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("tools", TOOLS.values(), ids=TOOLS)
def test_tools_and_pieces_change_nothing(
    tmp_path: Path, text: str, tools: preprocessor.Tools
) -> None:
    """Each tool makes the same bytes of a table, in however many pieces it is read."""
    (tmp_path / "in.csv").write_bytes(text.encode())
    found = []
    for number, (size, some) in enumerate(
        [(1 << 20, preprocessor.PLAIN), (1 << 20, tools), (500, tools), (1, tools)]
    ):
        output = tmp_path / str(number)
        job = preprocessor.Job(
            input=tmp_path / "in.csv",
            output=output,
            target="kind",
            numeric=("kg",),
            categorical=("home",),
            missing=(".",),
        )
        preprocessor.preprocess(job, size=size, tools=some)
        found.append({name: (output / name).read_bytes() for name in SIX_FILES})

    assert found[1:] == found[:1] * 3


@pytest.mark.parametrize("tools", TOOLS.values(), ids=TOOLS)
@pytest.mark.parametrize(("files", "said"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_tools_and_pieces_refuse_the_same(
    tmp_path: Path, files: dict[str, str | bytes], said: str, tools: preprocessor.Tools
) -> None:
    """Each tool, and each size of piece, finds the same fault in the same place."""
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
    job = preprocessor.Job(
        input=tmp_path,
        output=tmp_path.with_name("out"),
        target="kind",
        numeric=("kg",),
        categorical=("home",),
        missing=("?",),
    )

    for size in (1, 30, 1 << 20):
        with pytest.raises(
            preprocessor.BadInputError, match=re.escape(said.format(input=tmp_path))
        ):
            preprocessor.preprocess(job, size=size, tools=tools)


@pytest.mark.parametrize("tools", TOOLS.values(), ids=TOOLS)
def test_fault_far_down_is_named(tmp_path: Path, tools: preprocessor.Tools) -> None:
    """A fault in a later piece of a later file has its row and line in that file."""
    rows = PLAIN_ROWS.count("\n") - 1
    (tmp_path / "a.csv").write_text(PLAIN_ROWS, encoding="utf-8")
    (tmp_path / "b.csv").write_text(f"{PLAIN_ROWS}\ncow,x,\n", encoding="utf-8")
    job = preprocessor.Job(
        input=tmp_path, output=tmp_path / "../out", target="kind", numeric=("kg",)
    )
    said = f"b.csv, row {rows + 1} (line {rows + 3}), column 'kg': 'x' is not a number"

    with pytest.raises(preprocessor.BadInputError, match=re.escape(said)):
        preprocessor.preprocess(job, size=300, tools=tools)


@pytest.mark.parametrize("few", [False, True], ids=["many", "few"])
@pytest.mark.parametrize("tools", TOOLS.values(), ids=TOOLS)
def test_numbers_read_back_exactly_whatever_writes_them(
    tools: preprocessor.Tools, few: bool
) -> None:
    """Numbers of every size are written in the fewest digits, as Python writes them."""
    bits = np.random.PCG64(1).random_raw(20_000)
    numbers = bits.view(np.float64)
    rounds = np.round(np.linspace(-3, 3, 999), 2)
    whole = [0.0, -0.0, 1.0, -7.0, 1e15, 1e16, 1e22, 2.0**53, 1e-4, 9.9e-5, 5e-324]
    if few:
        numbers = np.repeat(whole, 999)
    else:
        numbers = np.concatenate([numbers[np.isfinite(numbers)], rounds, whole])
    places = np.arange(len(numbers), dtype=np.int32) % 2

    written = bytes(tools.join(numbers[:, np.newaxis], [(places, ["p", "q"])]))

    expected = [f"{n!r},{'pq'[k % 2]}" for k, n in enumerate(numbers.tolist())]
    assert written.decode().splitlines() == expected


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_keep_order_and_run_little_ahead(threads: int) -> None:
    """What is done ahead comes in the order of the tasks, and is never much at once."""
    taken, done = [], []

    def tasks() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    for square in preprocessor.ahead(lambda number: number**2, tasks(), threads):
        done.append(square)
        assert len(taken) - len(done) <= threads

    assert done == [number**2 for number in range(20)]


def test_blank_lines_by_the_thousand_may_stand_before_the_header(
    tmp_path: Path,
) -> None:
    """However far down it stands, the first line that is not blank is the header."""
    text = 70_000 * "\n" + PLAIN_ROWS
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    job = preprocessor.Job(
        input=tmp_path, output=tmp_path / "../out", target="kind", numeric=("kg",)
    )

    counts = preprocessor.preprocess(job)

    assert sum(counts.values()) == PLAIN_ROWS.count("\n") - 1


def test_streamed_transformer_is_the_fitted_one(tmp_path: Path) -> None:
    """Of many rows, it has learnt what scikit-learn's own `fit` learns from them."""
    lots = np.random.PCG64(3).random_raw(4 * 200_000).reshape(4, -1) / 2.0**64
    frame = pd.DataFrame({"y": np.where(lots[0] < 0.3, "a", "b")})
    frame["late"] = np.where(np.arange(200_000) > 150_000, 1e3 + lots[1], np.nan)
    frame["same"] = 2.5
    frame["text"] = np.where(lots[2] < 0.1, "p", np.where(lots[2] < 0.2, "", "q"))
    frame["number"] = np.where(lots[3] < 0.2, np.nan, 3 * lots[1] - 7)
    frame.to_csv(tmp_path / "in.csv", index=False)
    job = preprocessor.Job(
        input=tmp_path / "in.csv",
        output=tmp_path / "out",
        target="y",
        numeric=("late", "same", "number"),
        categorical=("text",),
    )

    preprocessor.preprocess(job)

    streamed = joblib.load(tmp_path / "out" / preprocessor.FEATURES)
    parts = preprocessor.split((frame["y"] == "b").to_numpy(int), "ab")
    read = frame[job.features].astype({"text": object})
    read["text"] = read["text"].where(read["text"] != "", np.nan)
    own = preprocessor.make_transformer(job.numeric, job.categorical)
    own.fit(read[parts == 0])
    for name, place in (("numeric", 0), ("categorical", 0)):
        ours, theirs = (
            each.named_transformers_[name][place].statistics_
            for each in (streamed, own)
        )
        if name == "numeric":
            assert np.allclose(ours.astype(float), theirs.astype(float), rtol=1e-13)
        else:
            assert ours.tolist() == theirs.tolist()
    ours, theirs = (
        vars(each.named_transformers_["numeric"][-1]) for each in (streamed, own)
    )
    assert ours.keys() == theirs.keys()
    assert ours["n_samples_seen_"] == theirs["n_samples_seen_"]
    for learnt in ("mean_", "var_", "scale_"):
        assert np.allclose(ours[learnt], theirs[learnt], rtol=1e-9, atol=0)
    sample = read.iloc[::1000]
    assert np.allclose(streamed.transform(sample), own.transform(sample), atol=1e-9)


def test_several_instances_are_refused(job: Job, tmp_path: Path) -> None:
    """One of two instances would see part of the rows, and says so instead."""
    resources = tmp_path / "resourceconfig.json"
    resources.write_text('{"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]}')

    code, _, err = job.run({"a.csv": PETS}, *PETS_OWN, "--resources", str(resources))

    assert code == 1
    assert f"{resources}: 2 instances would each split the rows" in err
    assert not job.output.exists()


def test_one_instance_is_no_matter(job: Job, tmp_path: Path) -> None:
    """Where the service lists a single instance, all is as without the list."""
    resources = tmp_path / "resourceconfig.json"
    resources.write_text('{"current_host": "algo-1", "hosts": ["algo-1"]}')

    code, _, _ = job.run({"a.csv": PETS}, *PETS_OWN, "--resources", str(resources))

    assert code == 0


def test_file_that_grows_meanwhile_is_refused(tmp_path: Path) -> None:
    """A file that is written to between two looks at it is named, and not half read."""
    path = tmp_path / "a.csv"
    path.write_text(PETS, encoding="utf-8")
    job = preprocessor.Job(
        input=path, output=tmp_path / "out", target="kind", numeric=("kg",)
    )
    table = preprocessor.Table(job)
    path.write_text(PETS + CATS, encoding="utf-8")

    with pytest.raises(preprocessor.BadInputError, match="somebody wrote to it while"):
        list(table)
