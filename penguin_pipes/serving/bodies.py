"""What clients send becomes rows, and predictions what they accept; pure.

Rows are read by `penguin_pipes.scripts.inference`, as the registered model reads them
in AWS's image. JSON lines, of which that script knows nothing, are added here.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final, NoReturn

from penguin_pipes.scripts import inference
from penguin_pipes.scripts.inference import CSV, JSON, BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penguin_pipes.serving.model import Model, Prediction

LINES: Final = "application/jsonlines"
KINDS: Final = (JSON, LINES, CSV)
"""What is read and written; who accepts several equally gets the first."""

LONGEST: Final = 300
"""Characters of a sentence on what was wrong: a value may be as long as a body."""


def read(body: bytes, kind: str, model: Model) -> list[Mapping[str, Any]]:
    """Return the rows of a body of one of the `KINDS`.

    Raises:
        BadRequestError: There are none; the message names the place and the way out.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse("body", f"byte {error.start + 1} is not UTF-8", "encode it as UTF-8")
    if kind == CSV:
        rows = inference.read_csv(text, model.transformer)
    elif kind == JSON:
        rows = inference.read_json(text)
    else:
        rows = _read_lines(text)
    if not rows:
        _refuse("body", "there is no row in it", "send a row or more")
    return list(rows)


def _read_lines(text: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    # Texts in JSON may hold other characters that Python takes for the end of a line.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip(" \t\r"):
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            way_out = "write each row as JSON on a line of its own"
            _refuse(f"line {number}", f"this is not JSON ({error})", way_out)
        if not isinstance(row, dict):
            way_out = "send an object with the columns' names"
            _refuse(f"line {number}", f"{row!r} is no object", way_out)
        rows.append(row)
    return rows


def write(predictions: Sequence[Prediction], kind: str, model: Model) -> str:
    """Return a body of one of the `KINDS`: the label of each row, then all odds."""
    if kind == CSV:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            [each.label, *map(repr, each.probabilities.values())]
            for each in predictions
        )
        return text.getvalue()
    found = [
        {model.target: each.label, "probabilities": each.probabilities}
        for each in predictions
    ]
    if kind == LINES:
        return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in found)
    return json.dumps({"predictions": found}, ensure_ascii=False)


def shortened(sentence: str) -> str:
    """Return a sentence without the middle of what makes it too long."""
    if len(sentence) <= LONGEST:
        return sentence
    half = LONGEST // 2
    return f"{sentence[:half]} … {sentence[-half:]}"


def _refuse(place: str, problem: str, way_out: str) -> NoReturn:
    msg = f"{place}: {problem}; {way_out}"
    raise BadRequestError(msg)
