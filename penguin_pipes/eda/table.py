"""CSV files and frames as tables: distinct names; numbers or text; missing as NaN.

What counts as a number, and as missing, is what the preprocessor of the pipeline takes
for one, so that the analysis shows the data as the training will see them.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
import pandas as pd

from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

MISSING: Final = ("", "NA", "N/A", "NaN", "nan", "null")
LARGEST: Final = 1e100
"""Squares of much larger numbers overflow, and nothing can be said of them."""

SEPARATORS: Final = (";", "\t", "|")


def read_table(path: Path) -> pd.DataFrame:
    """Return the rows of a CSV file: UTF-8, commas, a header.

    A column whose cells are all numbers, or missing, is float64; others hold text.

    Args:
        path: The CSV file.

    Raises:
        InputError: It cannot be read; the message has the place and the way out.
    """
    (_, header), *rows = _records(path)
    if not rows:
        _refuse(path, "no row follows the header", "add rows")
    for line, record in rows:
        if len(record) != len(header):
            problem = f"{len(record)} fields under a header of {len(header)}"
            way_out = "complete the row or quote cells that hold commas"
            _refuse(f"{path}, line {line}", problem, way_out)
    cells = zip(*(record for _, record in rows), strict=True)
    names = distinct(header)
    return pd.DataFrame(
        {name: typed(column) for name, column in zip(names, cells, strict=True)}
    )


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return any frame as `read_table` would have made it.

    Args:
        frame: Of any labels and types, duplicates among its labels included.

    Returns:
        A new frame: names are distinct texts, columns float64 or text, the index counts
        the rows. What is neither number nor text is told as text.
    """
    columns = (frame.iloc[:, place] for place in range(frame.shape[1]))
    names = distinct(map(str, frame.columns))
    return pd.DataFrame(
        {name: _plain(column) for name, column in zip(names, columns, strict=True)},
        index=pd.RangeIndex(len(frame)),
    )


def distinct(names: Iterable[str]) -> list[str]:
    """Return the names with a number behind each that came before or is blank."""
    found: dict[str, None] = {}
    for place, name in enumerate(names, start=1):
        wanted = name if name.strip() else f"column {place}"
        others = (f"{wanted} ({number})" for number in itertools.count(2))
        free = (n for n in itertools.chain([wanted], others) if n not in found)
        found[next(free)] = None
    return list(found)


def typed(cells: Sequence[str | float]) -> pd.Series[Any]:
    """Return cells as a column: of numbers where each that is not missing is one."""
    present = [None if is_missing(cell) else cell for cell in cells]
    numbers = [math.nan if cell is None else number(cell) for cell in present]
    pairs = zip(present, numbers, strict=True)
    if all(cell is None or not math.isnan(value) for cell, value in pairs):
        return pd.Series(numbers, dtype="float64")
    return pd.Series(
        [math.nan if cell is None else cell for cell in present], dtype="object"
    )


def is_missing(cell: str | float, marks: Sequence[str] = ()) -> bool:
    """Tell whether a cell is missing by itself, or because it says one of the marks."""
    if isinstance(cell, str):
        return cell.strip() in MISSING or cell.strip() in marks
    return math.isnan(cell)


def number(cell: str | float) -> float:
    """Return the number that a cell says, or NaN where it says none."""
    if isinstance(cell, str):
        cell = cell.replace("_", "?")  # 1_000 is a number to Python alone
    try:
        found = float(cell)
    except ValueError:
        return math.nan
    return found if abs(found) <= LARGEST else math.nan


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether a column of a tidy frame holds numbers."""
    return column.dtype == np.float64


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    kind = column.dtype
    api = pd.api.types
    if api.is_numeric_dtype(kind) and not (
        api.is_bool_dtype(kind) or api.is_complex_dtype(kind)
    ):
        values = column.to_numpy(dtype="float64", na_value=math.nan)
        if not (np.abs(values[~np.isnan(values)]) > LARGEST).any():
            return pd.Series(values)
    texts = ["" if api.is_scalar(v) and pd.isna(v) else str(v) for v in column]
    cells = [math.nan if is_missing(text) else text for text in texts]
    return pd.Series(
        cells, dtype="float64" if all(map(is_missing, texts)) else "object"
    )


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """Return the records of a file, blank lines left out, each with its last line."""
    text = _text(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        records = [(reader.line_num, r) for r in reader if r[1:] or "".join(r).strip()]
    except csv.Error as error:
        place = f"{path}, line {reader.line_num}"
        _refuse(place, f"this is not CSV ({error})", "correct the quotes there")
    if not records:
        _refuse(path, "the file is empty", "give it a header and rows")
    (_, header), *_ = records
    found = [sign for sign in SEPARATORS if sign in header[0]]
    if len(header) == 1 and found:
        problem = f"the header is separated by {found[0]!r}"
        _refuse(path, problem, "save the file with commas")
    return records


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _refuse(f"{path}, line {line}", "this is not UTF-8", "save the file as UTF-8")
    except IsADirectoryError:
        _refuse(path, "this is a folder", "name a CSV file in it")
    except FileNotFoundError:
        _refuse(path, "there is nothing here", "correct the path")
    except OSError as error:
        _refuse(path, f"it cannot be read ({error.strerror})", "name another file")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        way_out = "save the file as UTF-8 text"
        _refuse(f"{path}, line {line}", "a NUL is no text", way_out)
    return text


def _refuse(place: object, problem: str, way_out: str) -> NoReturn:
    msg = f"{place}: {problem}; {way_out}"
    raise InputError(msg)
