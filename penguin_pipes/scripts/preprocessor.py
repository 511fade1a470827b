"""Split a table and make it ready to learn from: CSV files in, CSV files out.

    preprocessor.py --target species --numeric body_mass_g --categorical island sex

A processing container runs this one file, so it imports nothing of ours. It reads every
``*.csv`` under ``--input`` as UTF-8. A cell that is blank or says NA, N/A, NaN, nan,
null or one of the ``--missing`` marks is missing; other text counts as it stands.
Columns without a name here are ignored. What it writes under ``--output``:

    train/train.csv  validation/validation.csv  test/test.csv
    transformers/features.joblib  transformers/target.joblib  transformers/schema.json

The CSV files hold the transformed features, then the target as its label's place in the
fixed order. Everything is fitted on the training split alone; the same input and seed
give the same bytes. Bad input ends with exit code 1 and one sentence, on stderr and in
the ``--message`` file, and leaves nothing half written.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import itertools
import json
import math
import platform
import reprlib
import sys
import traceback
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import dataclass, fields
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

SPLITS = ("train", "validation", "test")
TABLES = tuple(f"{name}/{name}.csv" for name in SPLITS)
FEATURES, TARGET, SCHEMA = (
    f"transformers/{name}"
    for name in ("features.joblib", "target.joblib", "schema.json")
)
FILES = (*TABLES, FEATURES, TARGET, SCHEMA)
LIBRARIES = ("joblib", "numpy", "pandas", "scikit-learn")
MISSING = ("", "NA", "N/A", "NaN", "nan", "null")
LARGEST = 1e100  # the squares in a standard deviation overflow for much larger numbers
SHORT = reprlib.Repr()  # the service cuts an exit message after one kilobyte
SHORT.maxlist = SHORT.maxtuple = 12


class BadInputError(ValueError):
    """The data or the arguments cannot work; says the place and the way out."""


def refuse(place: object, problem: str, way_out: str) -> NoReturn:
    """Raise a `BadInputError` of one sentence."""
    msg = f"{place}: {problem}; {way_out}"
    raise BadInputError(msg)


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is asked for; each attribute is an option of the command line.

    Attributes:
        input: The folder with the data, searched to the bottom for *.csv; or one file.
        output: The folder under which the six files are written.
        message: The file for the sentence that says why the job failed.
        target: The column to predict; each row needs a value there.
        numeric: Columns of numbers.
        categorical: Columns of text, even where the text looks like a number.
        labels: The target's values in the order of their codes; sorted if empty.
        missing: Cells that count as missing, beside the usual ones.
        train_fraction: The share of the rows that train; the three make 1 together.
        validation_fraction: The share that watches the training.
        test_fraction: The share that is kept for the end.
        seed: At least 0; decides which row goes where.
    """

    input: Path = Path("/opt/ml/processing/input/data")
    output: Path = Path("/opt/ml/processing")
    message: Path = Path("/opt/ml/output/message")
    target: str
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    train_fraction: float = 0.70
    validation_fraction: float = 0.15
    test_fraction: float = 0.15
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot work whatever the data are."""
        if not self.features:
            refuse("--numeric, --categorical", "both are empty", "name a column in one")
        for option, names in (
            ("--target, --numeric, --categorical", [*self.features, self.target]),
            ("--labels", self.labels),
        ):
            for name in names:
                if names.count(name) > 1:
                    refuse(option, f"{name!r} is given twice", "name it once")
        if self.output.resolve().is_relative_to(self.input.resolve()):
            problem = f"{self.output} lies in --input, so the next run would read it"
            refuse("--output", problem, "give the output a folder of its own")

    @property
    def features(self) -> list[str]:
        """The columns that go into the features, the numeric ones first."""
        return [*self.numeric, *self.categorical]

    @property
    def fractions(self) -> tuple[float, float, float]:
        """The share of the rows in each split."""
        return self.train_fraction, self.validation_fraction, self.test_fraction


def read_frame(job: Job) -> pd.DataFrame:
    """Return the rows of all CSV files of the *job*, in the order of their names.

    Returns:
        The features' columns, then the target: numeric ones as float64, the others as
        objects that are text; missing is NaN in both.

    Raises:
        BadInputError: Something cannot be read; the message has file, row and column.
    """
    found = sorted(p for p in job.input.rglob("*") if p.suffix.lower() == ".csv")
    paths = [job.input] if job.input.is_file() else [p for p in found if p.is_file()]
    if not paths:
        refuse(job.input, "no CSV file is here", "put *.csv here or correct --input")
    return pd.concat([_read_file(path, job) for path in paths], ignore_index=True)


def _read_file(path: Path, job: Job) -> pd.DataFrame:
    (_, header), *rows = _records(path)
    if not rows:
        refuse(path, "no row follows the header", "add rows or remove the file")
    positions = {n: _position(path, header, n) for n in (*job.features, job.target)}
    cells: dict[str, list[str | float]] = {name: [] for name in positions}
    for number, (line, record) in enumerate(rows, start=1):
        place = f"{path}, row {number} (line {line})"
        if len(record) != len(header):
            problem = f"{len(record)} fields under a header of {len(header)}"
            refuse(place, problem, "complete the row or quote cells that hold commas")
        for name, position in positions.items():
            cells[name].append(_parse(record[position], name, job, place))
    kinds = {name: "float64" if name in job.numeric else "object" for name in cells}
    return pd.DataFrame({n: pd.Series(cells[n], dtype=kinds[n]) for n in cells})


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """Return the records of a file, blank lines left out, each with its last line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if "\0" in text:  # numpy drops it from the end of a text
            line = text.count("\n", 0, text.index("\0")) + 1
            refuse(f"{path}, line {line}", "a NUL is no text", "save the file as UTF-8")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        records = [(reader.line_num, r) for r in reader if r[1:] or "".join(r).strip()]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        refuse(f"{path}, line {line}", "this is not UTF-8", "save the file as UTF-8")
    except csv.Error as error:
        problem = f"this is not CSV ({error})"
        refuse(f"{path}, line {reader.line_num}", problem, "correct the quotes there")
    if not records:
        refuse(path, "the file is empty", "give it a header and rows or remove it")
    return records


def _position(path: Path, header: Sequence[str], name: str) -> int:
    if (times := header.count(name)) != 1:
        problem = f"stands {times} times in" if times else "is missing from"
        problem = f"it {problem} the header {SHORT.repr(header)}"
        refuse(f"{path}, column {name!r}", problem, "correct the header or the name")
    return header.index(name)


def _parse(cell: str, column: str, job: Job, place: str) -> str | float:
    missing = cell.strip() in MISSING or cell.strip() in job.missing
    if column in job.numeric:
        number = math.nan if missing else _number(cell)
        if missing or abs(number) <= LARGEST:
            return number
        problem = f"is not a number between -{LARGEST:g} and {LARGEST:g}"
        way_out = "correct it, add it to --missing or make the column --categorical"
    elif column != job.target:
        return math.nan if missing else cell
    elif missing:
        problem, way_out = "means that the target is missing", "fill in or drop the row"
    elif job.labels and cell not in job.labels:
        problem = f"is not one of the labels {SHORT.repr(job.labels)}"
        way_out = "correct it or add it to --labels"
    else:
        return cell
    refuse(f"{place}, column {column!r}", f"{SHORT.repr(cell)} {problem}", way_out)


def _number(cell: str) -> float:
    try:
        return float(cell.replace("_", "?"))  # 1_000 is a number to Python alone
    except ValueError:
        return math.nan


def split(
    labels: Sequence[str] | NDArray[Any],
    *,
    fractions: Sequence[float] = (0.70, 0.15, 0.15),
    seed: int = 0,
) -> list[NDArray[np.int64]]:
    """Deal rows out to training, validation and test, class by class.

    Args:
        labels: The class of each row.
        fractions: The share of each split: above 0, together 1.
        seed: At least 0. The split is the same under every version of numpy, which
            promises that for its bit generators and not for its shuffles.

    Returns:
        Per split the numbers of its rows, shuffled. Of each class it gets its share,
        rounded by largest remainder, and never less than one row.

    Raises:
        BadInputError: The fractions or the seed cannot be, or a class is too small.
    """
    shares = _shares(fractions)
    if seed < 0:
        refuse("--seed", f"{seed} is negative", "give 0 or more")
    number_of = {label: number for number, label in enumerate(sorted(set(labels)))}
    numbers = np.array([number_of[label] for label in labels], dtype=np.int64)
    order = np.argsort(np.random.PCG64(seed).random_raw(len(labels)), kind="stable")
    split_of = np.empty_like(order)
    for label, number in number_of.items():
        members = order[numbers[order] == number]
        counts = _counts(label, len(members), shares)
        split_of[members] = np.repeat(np.arange(len(shares)), counts)
    return [order[split_of[order] == number] for number in range(len(shares))]


def _shares(fractions: Sequence[float]) -> list[Fraction]:
    """Return the *fractions* without binary rounding: 0.15 is 3/20, not a bit less."""
    shares = []
    if all(0 < fraction < 1 for fraction in fractions):
        shares = [Fraction(fraction).limit_denominator(10**6) for fraction in fractions]
    if sum(shares) != 1 or min(shares) == 0:
        place = ", ".join(f"--{name}-fraction" for name in SPLITS)
        problem = f"{', '.join(map(str, fractions))} do not share out the rows"
        refuse(place, problem, "give numbers above 0 that make 1 together")
    return shares


def _counts(label: str, rows: int, shares: Sequence[Fraction]) -> list[int]:
    if rows < len(shares):
        problem = f"{rows} rows are too few to be in each of {', '.join(SPLITS)}"
        refuse(f"class {SHORT.repr(label)}", problem, "add rows or leave the class out")
    exact = [share * rows for share in shares]
    counts = [max(1, math.floor(count) - 1) for count in exact]
    while sum(counts) < rows:
        lacking = [wanted - count for wanted, count in zip(exact, counts, strict=True)]
        counts[lacking.index(max(lacking))] += 1
    return counts


def make_transformer(
    numeric: Sequence[str], categorical: Sequence[str]
) -> ColumnTransformer:
    """Return the transformer for any set of columns, not yet fitted.

    Args:
        numeric: Columns of numbers: NaN becomes the mean, then all are standardised.
        categorical: Columns of text: NaN becomes the most frequent text, then there is
            one output column per text seen in fitting; other texts are zeros in all.

    Returns:
        What turns frames of shape (rows, columns) into dense float64 arrays of shape
        (rows, features) without NaN. In the frames missing is NaN, not None or pd.NA.
    """
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), one_hot)
    numbers = make_pipeline(SimpleImputer(strategy="mean"), StandardScaler())
    parts = [("numeric", numbers, [*numeric]), ("categorical", texts, [*categorical])]
    some = [part for part in parts if part[-1]]
    return ColumnTransformer(some, verbose_feature_names_out=False)


def fit_features(train: pd.DataFrame, job: Job) -> ColumnTransformer:
    """Return the transformer fitted on the training rows; each column needs a value."""
    for column in job.features:
        if train[column].isna().all():
            problem = f"no value in the {len(train)} rows of the training split"
            way_out = "fill some in or leave the column out"
            refuse(f"column {column!r}", problem, way_out)
    transformer = make_transformer(job.numeric, job.categorical)
    return transformer.fit(train[job.features])


def fit_target(labels: NDArray[Any], job: Job) -> LabelEncoder:
    """Return the target's encoder, whose codes are places in the fixed order."""
    found = sorted(set(labels))
    for label in job.labels:
        if label not in found:
            problem = f"no row has the label {SHORT.repr(label)}"
            refuse(f"column {job.target!r}", problem, "take it out of --labels")
    encoder = LabelEncoder().fit(found)
    encoder.classes_ = np.array(job.labels or found, dtype=object)
    return encoder


def feature_names(transformer: ColumnTransformer, job: Job) -> list[str]:
    """Return the names of the output features, each unique and none the target's."""
    names = list(job.numeric)
    if job.categorical:
        one_hot = transformer.named_transformers_["categorical"][-1]
        for column, texts in zip(job.categorical, one_hot.categories_, strict=True):
            names += [f"{column}_{text}" for text in texts]
    unique = {job.target: None}
    for name in names:
        others = (f"{name}_{number}" for number in itertools.count(2))
        free = (n for n in itertools.chain([name], others) if n not in unique)
        unique[next(free)] = None
    return list(unique)[1:]


def preprocess(job: Job) -> dict[str, int]:
    """Do the *job* and return the number of rows in each split."""
    check_output(job.output)
    frame = read_frame(job)
    labels = frame[job.target].to_numpy()
    target = fit_target(labels, job)
    parts = split(labels, fractions=job.fractions, seed=job.seed)
    features = fit_features(frame.iloc[parts[0]], job)
    names = feature_names(features, job)
    counts = {name: len(part) for name, part in zip(SPLITS, parts, strict=True)}
    schema = {
        "version": 1,
        "numeric": job.numeric,
        "categorical": job.categorical,
        "missing": [*MISSING, *job.missing],
        "target": job.target,
        "labels": target.classes_.tolist(),
        "features": names,
        "rows": counts,
        "fractions": dict(zip(SPLITS, job.fractions, strict=True)),
        "seed": job.seed,
        "libraries": {library: metadata.version(library) for library in LIBRARIES},
        "python": platform.python_version(),
    }
    files = {FEATURES: _pickle(features), TARGET: _pickle(target)}
    files[SCHEMA] = json.dumps(schema, ensure_ascii=False, indent=2).encode() + b"\n"
    for table, part in zip(TABLES, parts, strict=True):
        matrix = features.transform(frame[job.features].iloc[part])
        codes = target.transform(labels[part])
        files[table] = _csv([*names, job.target], matrix, codes)
    publish(job.output, files)
    return counts


def _csv(
    header: Sequence[str], matrix: NDArray[np.float64], codes: NDArray[np.int64]
) -> bytes:
    """Return a table whose numbers read back as exactly the same numbers."""
    text = io.StringIO()
    csv.writer(text).writerow(header)  # before Python 3.13 only this dialect quotes \r
    lines = [text.getvalue().removesuffix("\r\n")]
    for numbers, code in zip(matrix.tolist(), codes.tolist(), strict=True):
        lines.append(",".join(map(repr, [*numbers, code])))
    return "\n".join([*lines, ""]).encode()


def _pickle(fitted: object) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(fitted, buffer)
    return buffer.getvalue()


def check_output(output: Path) -> None:
    """Refuse folders in which other files would mix with ours."""
    ours = {_aside(output / name) for name in FILES} | {output / name for name in FILES}
    for folder in {path.parent for path in ours if path.parent.exists()}:
        for path in sorted(set(folder.iterdir()) - ours):
            refuse(path, "this is no file of ours", "move it away or correct --output")


def publish(output: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* aside, then move them into place: all of them or none.

    Aside is in the same folder: each may be a mount, out of which no file can be moved.
    """
    paths = [output / name for name in files]
    doomed = [_aside(path) for path in paths]
    try:
        for path, data in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            _aside(path).write_bytes(data)
        doomed += paths  # from here on they would stand among an earlier run's
        for path in paths:
            _aside(path).replace(path)
    except BaseException:
        for path in doomed:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def parse_arguments(argv: Sequence[str] | None) -> dict[str, Any]:
    """Return the attributes of the job; ends with exit code 2 where that is no job."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=Job.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for field in fields(Job):
        option, default = f"--{field.name.replace('_', '-')}", field.default
        if default is NO_DEFAULT:
            parser.add_argument(option, required=True)
        elif isinstance(default, tuple):
            parser.add_argument(option, nargs="*", action="extend", default=[])
        else:
            parser.add_argument(option, type=type(default), default=default)
    arguments = vars(parser.parse_args(argv))
    lists = {name: tuple(v) for name, v in arguments.items() if isinstance(v, list)}
    return arguments | lists


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 1 after saying why on stderr and in a file."""
    arguments = parse_arguments(argv)
    try:
        rows = preprocess(Job(**arguments))
    except (BadInputError, OSError) as error:
        failure = str(error)
    except Exception as error:  # noqa: BLE001 - whatever it was, the record has to say
        traceback.print_exc()
        failure = f"The preprocessor broke down: {type(error).__name__}: {error}"
    else:
        sys.stdout.write(f"Rows: {json.dumps(rows)}\n")
        return 0
    sentence = " ".join(failure.split()).encode(errors="backslashreplace").decode()
    sys.stderr.write(f"{sentence}\n")
    with contextlib.suppress(OSError):  # the sentence matters more than its second copy
        arguments["message"].parent.mkdir(parents=True, exist_ok=True)
        arguments["message"].write_text(sentence, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main())
