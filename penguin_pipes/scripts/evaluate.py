"""Measure a classifier on rows that it has never seen: CSV in, evaluation.json out.

    evaluate.py --model MODEL --data TEST --schema TRANSFORMERS --output EVALUATION

A processing container with TensorFlow (2.16 to 2.21) runs this one file, so it imports
nothing of ours, and TensorFlow itself only once the data are known to be good. The
model is the ``model.tar.gz`` of a training: a SavedModel in a folder that a number
names. The data are CSV files with one header: the features first, all of them numbers,
and last the target, as the place of its label among the model's outputs.

``evaluation.json`` is what SageMaker's model registry shows of a model's quality, as
Model Monitor writes it, and beside it ``classes``: precision, recall, F1 of each. The
same model and data give the same bytes. What is not defined is null: the precision of
a class that was never predicted, the recall of one that has no row. In the weighted
means the former counts as 0; the latter has no weight. Bad input ends with exit code 1
and one sentence, on stderr and in the ``--message`` file, and leaves nothing half
written.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import math
import os
import sys
import tarfile
import tempfile
import traceback
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path("/opt/ml/processing")
ARCHIVE = "model.tar.gz"
SAVED_MODEL = "saved_model.pb"
SCHEMA = "schema.json"
RESULT = "evaluation.json"
FLOAT32_MAX = 3.4028234e38
BATCH = 4096


class EvaluationError(ValueError):
    """What stops the evaluation, in one sentence, with the way out."""


def refuse(place: object, problem: str, way_out: str) -> NoReturn:
    """Raise an `EvaluationError` of one sentence."""
    msg = f"{place}: {problem}; {way_out}"
    raise EvaluationError(msg)


class Rows(NamedTuple):
    """The rows to measure with, and where they come from."""

    folder: Path
    header: tuple[str, ...]
    features: list[list[float]]
    labels: list[int]


def read_rows(folder: Path) -> Rows:
    """Return the rows of every CSV file in *folder*, in the order of their names."""
    paths = sorted(path for path in folder.glob("*.csv") if path.name[0] != ".")
    if not paths:
        refuse(folder, "no CSV file is here", "put *.csv here or correct --data")
    headers: list[tuple[str, ...]] = []
    features: list[list[float]] = []
    labels: list[int] = []
    for path in paths:
        records = _records(path)
        header = tuple(next(records)[1])
        if len(header) <= 1:
            refuse(path, f"the header is {header}", "write features, then a target")
        if headers and header != headers[0]:
            refuse(path, f"its header is not that of {paths[0]}", "write all the same")
        headers.append(header)
        for line, record in records:
            numbers = _numbers(record, header, f"{path}, line {line}")
            labels.append(int(numbers.pop()))
            features.append(numbers)
    if not labels:
        refuse(folder, "no row follows the header", "give it a row or more")
    return Rows(folder, headers[0], features, labels)


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a file with their last lines, the header at any rate."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream, strict=True)
            yield 1, next(rows, [])
            for row in filter(None, rows):
                yield rows.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        refuse(path, f"it cannot be read ({error})", "save it as CSV, in UTF-8")


def _numbers(record: Sequence[str], header: Sequence[str], place: str) -> list[float]:
    """Return the numbers of one row, the last of them a label."""
    if len(record) != len(header):
        problem = f"{len(record)} values under a header of {len(header)}"
        refuse(place, problem, "give each column its own")
    numbers = [
        _number(cell, f"{place}, column {column!r}")
        for cell, column in zip(record, header, strict=True)
    ]
    if not (numbers[-1].is_integer() and 0 <= numbers[-1] < 2**31):
        where = f"{place}, column {header[-1]!r}"
        refuse(where, f"{record[-1]!r} is no label", "encode the target as 0, 1, 2, …")
    return numbers


def _number(cell: str, place: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not abs(number) <= FLOAT32_MAX:
        way_out = "preprocess it as the training data were"
        refuse(place, f"{cell!r} is no number of 32 bits", way_out)
    return number


def read_labels(place: Path | None) -> list[str]:
    """Return the names of the classes, in the order of their codes, if any are told.

    Args:
        place: The schema that the preprocessor wrote, or the folder with it.
    """
    if place is None:
        return []
    path = place / SCHEMA if place.is_dir() else place
    try:
        labels = json.loads(path.read_bytes())["labels"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"no labels can be read ({type(error).__name__}: {error})"
        refuse(path, problem, "give the preprocessor's transformers, or no --schema")
    is_list = isinstance(labels, list) and all(isinstance(each, str) for each in labels)
    if not is_list or len(set(labels)) != len(labels):
        refuse(path, f"labels is {labels!r}", "list the name of each class once")
    names: list[str] = labels
    return names


def unpack(source: Path, target: Path) -> None:
    """Write the files of the archive at *source* below *target*, and nowhere else."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts:
                    problem = f"the member {member.name!r} would leave the folder"
                    refuse(source, problem, "pack paths below the model alone")
                stream = archive.extractfile(member) if member.isreg() else None
                if stream is not None:
                    (target / path).parent.mkdir(parents=True, exist_ok=True)
                    (target / path).write_bytes(stream.read())
                elif not member.isdir():
                    problem = f"the member {member.name!r} is neither file nor folder"
                    refuse(source, problem, "pack files in the place of links")
    except (tarfile.TarError, EOFError, OSError) as error:
        problem = f"it cannot be unpacked ({error})"
        refuse(source, problem, "give the model.tar.gz of a training")


def find_model(folder: Path, place: Path) -> Path:
    """Return the model with the highest number in *folder*, as TensorFlow Serving."""
    found = [
        path.parent
        for path in folder.rglob(SAVED_MODEL)
        if path.parent.name.isascii() and path.parent.name.isdigit()
    ]
    if not found:
        problem = f"no folder that is called by a number holds a {SAVED_MODEL}"
        refuse(place, problem, "save the model as e.g. 001/saved_model.pb")
    return max(found, key=lambda path: (int(path.name), str(path)))


def predict(model: Path, rows: Rows) -> list[list[float]]:
    """Return what the model's outputs are for each row."""
    # A computer without GPU is told so as an error; real ones are also raised.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    loaded = tf.saved_model.load(str(model))
    signature = loaded.signatures["serving_default"]
    (name, spec), *others = signature.structured_input_signature[1].items()
    width = len(rows.header) - 1
    if others or spec.shape.as_list() not in ([None, width], [None, None]):
        problem = f"the model takes {spec.shape}, the data have {width} features"
        refuse(rows.folder, problem, "give the test split of the model's own run")
    outputs: list[list[float]] = []
    for start in range(0, len(rows.labels), BATCH):
        batch = tf.constant(rows.features[start : start + BATCH], spec.dtype)
        (answer,) = signature(**{name: batch}).values()
        outputs += answer.numpy().tolist()
    return outputs


def count(rows: Rows, outputs: list[list[float]], labels: list[str]) -> list[list[int]]:
    """Return how often each class (by row) was taken for each (by column)."""
    classes = len(outputs[0])
    if labels and len(labels) != classes:
        problem = f"the model tells {classes} classes apart, the schema {len(labels)}"
        refuse(rows.folder, problem, "give model and transformers of one run")
    if max(rows.labels) >= classes:
        problem = f"the label {max(rows.labels)} is none of the model's {classes}"
        refuse(rows.folder, problem, "give the test split of the model's own run")
    matrix = [[0] * classes for _ in range(classes)]
    for label, output in zip(rows.labels, outputs, strict=True):
        if not all(map(math.isfinite, output)):
            problem = f"the model's answer is {output}"
            refuse(rows.folder, problem, "train it with a smaller learning rate")
        matrix[label][output.index(max(output))] += 1
    return matrix


def measure(matrix: list[list[int]], labels: list[str]) -> dict[str, Any]:
    """Return the metrics of a confusion matrix, as they are written.

    Args:
        matrix: Row: the class that it is; column: the class that it was taken for.
        labels: The names of the classes.
    """
    numbers = range(len(matrix))
    support = [sum(row) for row in matrix]
    predicted = [sum(row[number] for row in matrix) for number in numbers]
    total, right = sum(support), sum(matrix[number][number] for number in numbers)
    precision = [_ratio(matrix[n][n], predicted[n]) for n in numbers]
    recall = [_ratio(matrix[n][n], support[n]) for n in numbers]
    # Where a class has neither row nor prediction, there is nothing to speak of.
    f1 = [_ratio(2 * matrix[n][n], support[n] + predicted[n]) for n in numbers]

    def weighted(values: list[float | None]) -> dict[str, Any]:
        weights = zip(values, support, strict=True)
        return _metric(math.fsum((v or 0.0) * rows for v, rows in weights) / total)

    return {
        "version": 1,
        "dataset": {"item_count": total},
        "multiclass_classification_metrics": {
            "confusion_matrix": {
                label: dict(zip(labels, row, strict=True))
                for label, row in zip(labels, matrix, strict=True)
            },
            "accuracy": _metric(right / total),
            "weighted_precision": weighted(precision),
            "weighted_recall": weighted(recall),
            "weighted_f1": weighted(f1),
            "accuracy_best_constant_classifier": _metric(max(support) / total),
        },
        "classes": {
            label: {
                "precision": _metric(precision[number]),
                "recall": _metric(recall[number]),
                "f1": _metric(f1[number]),
                "rows": support[number],
                "predicted": predicted[number],
            }
            for number, label in enumerate(labels)
        },
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _metric(value: float | None) -> dict[str, Any]:
    """Return a number as Model Monitor writes it; one run tells no deviation."""
    return {"value": value, "standard_deviation": "NaN"}


def publish(path: Path, content: bytes) -> None:
    """Write the file aside, then move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def evaluate(arguments: argparse.Namespace) -> dict[str, Any]:
    """Do what is asked for and return what was written."""
    rows = read_rows(arguments.data)
    names = read_labels(arguments.schema)
    source = arguments.model
    source = source / ARCHIVE if source.is_dir() else source
    with tempfile.TemporaryDirectory() as folder:
        unpack(source, Path(folder))
        outputs = predict(find_model(Path(folder), source), rows)
    matrix = count(rows, outputs, names)
    found = measure(matrix, names or [str(number) for number in range(len(matrix))])
    text = json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False)
    publish(arguments.output / RESULT, f"{text}\n".encode())
    return found


def summary(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the log."""
    rows = found["dataset"]["item_count"]
    accuracy = found["multiclass_classification_metrics"]["accuracy"]["value"]
    yield f"Test accuracy: {accuracy:.4f} (of {rows} rows)"
    for label, each in found["classes"].items():
        if not each["predicted"]:
            yield f"{label}: never predicted, so its precision is not defined"
        if not each["rows"]:
            yield f"{label}: no row in the data, so its recall is not defined"


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments; ends with exit code 2 where they are none."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for option, default, text in (
        ("model", ROOT / "input" / "model", "model.tar.gz, or the folder with it"),
        ("data", ROOT / "input" / "data", "the folder with the CSV files"),
        ("schema", None, "schema.json, or the folder with it: names the classes"),
        ("output", ROOT / "evaluation", "the folder for evaluation.json"),
        ("message", Path("/opt/ml/output/message"), "the file for why it failed"),
    ):
        parser.add_argument(f"--{option}", type=Path, default=default, help=text)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 1 after saying why on stderr and in a file."""
    arguments = parse_arguments(argv)
    try:
        found = evaluate(arguments)
    except (EvaluationError, OSError) as error:
        failure = str(error)
    except Exception as error:  # noqa: BLE001 - whatever it was, the record has to say
        traceback.print_exc()
        failure = f"The evaluation broke down: {type(error).__name__}: {error}"
    else:
        sys.stdout.write("".join(f"{line}\n" for line in summary(found)))
        return 0
    sentence = " ".join(failure.split()).encode(errors="backslashreplace").decode()
    sys.stderr.write(f"{sentence}\n")
    with contextlib.suppress(OSError):  # the sentence matters more than its second copy
        arguments.message.parent.mkdir(parents=True, exist_ok=True)
        arguments.message.write_text(sentence, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main())
