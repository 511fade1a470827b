"""Raw rows in, labels and probabilities out, in AWS's TensorFlow inference image.

The image's Python service imports this file from ``code/inference.py`` of the model's
archive. It calls `input_handler` with what a client sent, posts the answer to
TensorFlow Serving, and calls `output_handler` with what came back. The file needs
nothing but Python: ``transformer.json`` beside it holds what the preprocessor fitted,
as numbers and texts, in the place of pickles that would need scikit-learn.

A row is what the preprocessor reads, without the target:

- ``application/json``: an object, a list of objects, or ``{"instances": [...]}``. A
  member that is missing or null is a value that is missing; others are ignored.
- ``text/csv``: with a header that names the columns, in any order, others being
  ignored; or without one, the columns then being as in ``transformer.json``.

The answer is ``{"predictions": [{"species": "Gentoo", "probabilities": {...}}]}``, or
for those who accept ``text/csv`` alone one line for each row: the label, then the
probabilities in the order of the labels.
"""

from __future__ import annotations

import csv
import io
import json
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRANSFORMER = Path(__file__).with_name("transformer.json")
JSON, CSV = "application/json", "text/csv"
LARGEST = 1e100  # as in preprocessor.py


class BadRequestError(ValueError):
    """What a client sent cannot be answered; says the place and the way out."""


def refuse(place: str, problem: str, way_out: str) -> NoReturn:
    """Raise a `BadRequestError` of one sentence."""
    msg = f"{place}: {problem}; {way_out}"
    raise BadRequestError(msg)


def input_handler(data: Any, context: Any) -> str:
    """Return the request to TensorFlow Serving for what a client sent.

    Args:
        data: The body, as a stream.
        context: ``request_content_type`` tells what it is.
    """
    transformer = load()
    kind = (context.request_content_type or JSON).partition(";")[0].strip().lower()
    if kind not in (JSON, CSV):
        refuse("Content-Type", f"{kind!r} is not read here", f"send {JSON} or {CSV}")
    try:
        text = data.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse("body", f"this is not UTF-8 ({error})", "encode it as UTF-8")
    records = read_json(text) if kind == JSON else read_csv(text, transformer)
    if not records:
        refuse("body", "there is no row in it", "send a row or more")
    return json.dumps({"instances": transform(records, transformer)})


def output_handler(response: Any, context: Any) -> tuple[str, str]:
    """Return the answer to the client, and its content type.

    Args:
        response: TensorFlow Serving's, with ``status_code`` and ``content``.
        context: ``accept_header`` tells what the client takes.
    """
    if response.status_code != 200:  # noqa: PLR2004 - what HTTP calls OK
        text = response.content.decode("utf-8", errors="replace")
        refuse("model", f"TensorFlow Serving answered {text}", "look into its log")
    transformer = load()
    labels = transformer["labels"]
    answers = json.loads(response.content)["predictions"]
    best = [labels[answer.index(max(answer))] for answer in answers]
    accepted = (context.accept_header or JSON).lower()
    if CSV in accepted and JSON not in accepted:
        text = io.StringIO()
        lines = zip(best, answers, strict=True)
        csv.writer(text, lineterminator="\n").writerows(
            [label, *map(repr, answer)] for label, answer in lines
        )
        return text.getvalue(), CSV
    predictions = [
        {
            transformer["target"]: label,
            "probabilities": dict(zip(labels, answer, strict=True)),
        }
        for label, answer in zip(best, answers, strict=True)
    ]
    return json.dumps({"predictions": predictions}, ensure_ascii=False), JSON


@cache
def load() -> Any:
    """Return what the preprocessor fitted."""
    return json.loads(TRANSFORMER.read_bytes())


def columns(transformer: Any) -> list[str]:
    """Return the names of the columns, in the order of rows without a header."""
    parts = (*transformer["numeric"], *transformer["categorical"])
    return [part["name"] for part in parts]


def read_json(text: str) -> list[Mapping[str, Any]]:
    """Return the rows of a body in JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        refuse("body", f"this is not JSON ({error})", f"mend it, or send {CSV}")
    if isinstance(found, dict) and "instances" in found:
        found = found["instances"]
    rows = found if isinstance(found, list) else [found]
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            way_out = "send an object with the columns' names"
            refuse(f"row {number}", f"{row!r} is no object", way_out)
    return rows


def read_csv(text: str, transformer: Any) -> list[Mapping[str, Any]]:
    """Return the rows of a body in CSV; its first line may be a header."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        records = [each for each in reader if each[1:] or "".join(each).strip()]
    except csv.Error as error:
        refuse("body", f"this is not CSV ({error})", f"mend it, or send {JSON}")
    names = header = columns(transformer)
    if records and set(names) <= set(records[0]):
        header = records.pop(0)
    for number, record in enumerate(records, start=1):
        if len(record) != len(header):
            problem = f"{len(record)} values, where {len(header)} were expected"
            way_out = f"send {', '.join(header)}, or a header with these names"
            refuse(f"row {number}", problem, way_out)
    for name in names:
        if header.count(name) != 1:
            refuse(f"column {name!r}", "it is named twice", "name it once")
    return [dict(zip(header, record, strict=True)) for record in records]


def transform(records: Sequence[Mapping[str, Any]], transformer: Any) -> list[Any]:
    """Return what the fitted transformer makes of the rows: the model's features."""
    missing = frozenset(transformer["missing"])
    known = columns(transformer)
    features = []
    for number, record in enumerate(records, start=1):
        if not any(name in record for name in known):
            way_out = f"name columns such as {', '.join(known)}"
            refuse(f"row {number}", "it has none of the columns", way_out)
        row: list[float] = []
        for part in transformer["numeric"]:
            place = f"row {number}, column {part['name']!r}"
            value = _number(record.get(part["name"]), missing, place)
            filled = part["fill"] if value is None else value
            row.append((filled - part["mean"]) / part["scale"])
        for part in transformer["categorical"]:
            place = f"row {number}, column {part['name']!r}"
            text = _text(record.get(part["name"]), missing, place)
            filled = part["fill"] if text is None else text
            # A text that the training never saw is zeros in all.
            row += [float(filled == category) for category in part["categories"]]
        features.append(row)
    return features


def _number(value: Any, missing: frozenset[str], place: str) -> float | None:
    if value is None or (isinstance(value, str) and value.strip() in missing):
        return None
    number = math.nan
    if isinstance(value, str) and "_" not in value:  # 1_000 is a number to Python alone
        try:
            number = float(value)
        except ValueError:
            number = math.nan
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) if abs(value) <= LARGEST else math.nan
    if not abs(number) <= LARGEST:
        problem = f"{value!r} is not a number between -{LARGEST:g} and {LARGEST:g}"
        refuse(place, problem, "correct it or leave it out")
    return number


def _text(value: Any, missing: frozenset[str], place: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        refuse(place, f"{value!r} is no text", "put it in quotes")
    return None if value.strip() in missing else value
