"""Split a table and make it ready to learn from: CSV files in, CSV files out.

    preprocessor.py --target species --numeric body_mass_g --categorical island sex

A processing container runs this one file, so it imports nothing of ours. It reads every
``*.csv`` under ``--input`` as UTF-8. A cell that is blank or says NA, N/A, NaN, nan,
null or one of the ``--missing`` marks is missing; other text counts as it stands.
Columns without a name here are ignored. What it writes under ``--output``:

    train/train.csv  validation/validation.csv  test/test.csv
    transformers/features.joblib  transformers/target.joblib  transformers/schema.json

The CSV files hold the transformed features, then the target as its label's place in the
fixed order, and keep the order of the input. Everything is fitted on the training split
alone; the same input and seed give the same bytes. Bad input ends with exit code 1 and
one sentence, on stderr and in the ``--message`` file, and leaves nothing half done.

Files of any size pass through in chunks: once for the labels, once for the statistics,
once to transform and write; what is small is read once. Memory grows with the labels
and the split alone, some two bytes a row. Where PyArrow is installed it is faster.
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import csv
import io
import itertools
import json
import math
import os
import platform
import re
import reprlib
import sys
import traceback
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import dataclass, fields
from fractions import Fraction
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from typing import BinaryIO

    from numpy.typing import NDArray

    # A column of some rows: numbers, or places in a list of texts; -1 is no text.
    Column = tuple[NDArray[Any], Sequence[str]]
    Chunk = Mapping[str, NDArray[Any]]

Task = TypeVar("Task")
Done = TypeVar("Done")

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
BLOCK = 8 << 20  # bytes that are parsed at once
SMALL = 1 << 18  # bytes below which it takes longer to load a fast parser than to parse
KEPT = 64 << 20  # bytes of parsed rows that need not be read again
CELLS = 1 << 20  # numbers that are written at once
# Rows that sums are made of at once, wherever chunks end, so that no bit depends on it.
GROUP = 1 << 16
SAMPLE = 1 << 12  # numbers that tell whether a column repeats a few
# Between them PyArrow writes numbers as Python does, unless they are whole.
WRITTEN_ALIKE = (1e-4, 1e9)
# From 3.1 on pandas parses exactly unless asked, and warns where it is asked.
IS_EXACT = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
EXACT: dict[str, Any] = {} if IS_EXACT else {"float_precision": "round_trip"}
BOM = codecs.BOM_UTF8
# Cells that pandas takes for NaN, and quotes that are around whole cells.
STRANGE_NAN = re.compile(
    rb"(?i)(?<![^,\n])\s*(?:[+-]nan|(?-i:(?!nan|NaN))nan)\s*[,\r\n]"
)
QUOTED = re.compile(rb'(?<![^,\r\n])"[^"]*(?:""[^"]*)*"(?![^,\r\n])')
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
        resources: Where the service lists the instances, of which there is to be one.
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
    resources: Path = Path("/opt/ml/config/resourceconfig.json")

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

    def is_missing(self, cell: str) -> bool:
        """Tell whether a *cell* holds no value."""
        return cell.strip() in MISSING or cell.strip() in self.missing

    def is_label(self, cell: str) -> bool:
        """Tell whether a *cell* can be a row's label."""
        return not self.is_missing(cell) and (not self.labels or cell in self.labels)

    @property
    def fractions(self) -> tuple[float, float, float]:
        """The share of the rows in each split."""
        return self.train_fraction, self.validation_fraction, self.test_fraction


# Reading: files become blocks that end where a record does, and blocks become chunks.


class Block(NamedTuple):
    """Whole records of a file, and how many lines and rows stand before them."""

    path: Path
    data: bytes
    is_plain: bool
    lines: int
    rows: int = 0


class Layout(NamedTuple):
    """How many columns a file has, and where those of the *job* are."""

    job: Job
    width: int
    positions: Mapping[str, int]


class Tools(NamedTuple):
    """How blocks are parsed, unless cell by cell; how rows are written, by how many."""

    parse: Callable[[Layout, bytes], Mapping[str, Column] | None]
    join: Callable[[NDArray[np.float64], Sequence[Column]], bytes]
    threads: int = 1


class Table:
    """The rows of all CSV files of a job, in chunks, as often as they are asked for.

    A chunk has an array for each column: float64, NaN where a number is missing; of
    texts, their places in `texts`, -1 where one is missing.

    Attributes:
        texts: Of each column of texts, the target among them, where each text stands.
        tools: What is used for files of this size, if it is installed.
    """

    def __init__(
        self, job: Job, *, size: int = BLOCK, tools: Tools | None = None
    ) -> None:
        """Find the files, to be parsed *size* bytes at once."""
        found = sorted(p for p in job.input.rglob("*") if p.suffix.lower() == ".csv")
        paths = [job.input] if job.input.is_file() else [*filter(Path.is_file, found)]
        if not paths:
            refuse(
                job.input, "no CSV file is here", "put *.csv here or correct --input"
            )
        self._job, self._size = job, size
        self._stamps = {path: _stamp(path) for path in paths}
        self._kept: list[Chunk] | None = None
        self.texts: dict[str, dict[str, int]]
        self.texts = {name: {} for name in (*job.categorical, job.target)}
        self.tools = tools or tools_for(sum(size for size, _ in self._stamps.values()))

    def __iter__(self) -> Iterator[Chunk]:
        """Yield the rows in the order of the files' names.

        Raises:
            BadInputError: Something cannot be read; the message has file, row, column.
        """
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Chunk] = []
        size = 0
        for path, stamp in self._stamps.items():
            for chunk in self._chunks(path):
                size += sum(column.nbytes for column in chunk.values())
                kept.append(chunk)
                if size > KEPT:
                    kept.clear()
                yield chunk
            if _stamp(path) != stamp:
                problem = "somebody wrote to it while it was read"
                refuse(path, problem, "start again when it is complete")
        self._kept = kept if size <= KEPT else None

    def beside(
        self, parts: NDArray[np.uint8]
    ) -> Iterator[tuple[Chunk, NDArray[np.uint8]]]:
        """Yield each chunk with what *parts* says of its rows."""
        done = 0
        for chunk in self:
            rows = len(chunk[self._job.target])
            yield chunk, parts[done : done + rows]
            done += rows

    def _chunks(self, path: Path) -> Iterator[Chunk]:
        blocks = _blocks(path, self._size)
        layout, first = self._header(path, blocks)
        rows = 0
        for block in itertools.chain([first], blocks):
            parsed = self.tools.parse(layout, block.data) if block.is_plain else None
            exact = _parse_cells(layout, block._replace(rows=rows))
            for columns in exact if parsed is None else [parsed]:
                rows += len(columns[self._job.target][0])
                yield self._encode(columns)
        if not rows:
            refuse(path, "no row follows the header", "add rows or remove the file")

    def _header(self, path: Path, blocks: Iterable[Block]) -> tuple[Layout, Block]:
        """Return what the header says, and the rest of the block that it stands in."""
        for block in blocks:
            # No more is decoded for a header, unless blank lines are all that is there.
            size = _end_of_records(block.data[:GROUP]) if block.is_plain else 0
            beginning = block._replace(data=block.data[:size])
            for line, header in itertools.chain(_records(beginning), _records(block)):
                names = (*self._job.features, self._job.target)
                positions = {name: _position(path, header, name) for name in names}
                ends = re.finditer(rb"\r\n?|\n", block.data)
                end = next(itertools.islice(ends, line - block.lines - 1, None), None)
                rest = block.data[end.end() :] if end else b""
                layout = Layout(self._job, len(header), positions)
                return layout, block._replace(data=rest, lines=line)
        refuse(path, "the file is empty", "give it a header and rows or remove it")

    def _encode(self, columns: Mapping[str, Column]) -> Chunk:
        """Return columns whose texts have the places that they have in all chunks."""
        chunk = {}
        for name, (values, texts) in columns.items():
            chunk[name] = values
            if name in self.texts:
                known = self.texts[name]
                places = [
                    -1
                    if self._job.is_missing(text)
                    else known.setdefault(text, len(known))
                    for text in texts
                ]
                chunk[name] = np.array([*places, -1], dtype=np.int32)[values]
        return chunk


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _blocks(path: Path, size: int) -> Iterator[Block]:
    """Yield a file in blocks of about *size* bytes, or as long as a record is."""
    lines, rest = 0, b""
    with path.open("rb") as stream:
        stream.seek(len(BOM) if stream.read(len(BOM)) == BOM else 0)
        while data := stream.read(max(size, len(rest))):
            data = rest + data
            end = _end_of_records(data)
            whole, rest = data[:end], data[end:]
            if not _is_quoted_soundly(whole):  # then it may be no end at all
                whole, rest = data + stream.read(), b""
            if whole:
                yield _block(path, whole, lines)
                lines += _count_lines(whole)
    if rest:
        yield _block(path, rest, lines)


def _block(path: Path, data: bytes, lines: int) -> Block:
    """Return a block, plain if fast parsers see the same in it as `csv` does."""
    is_plain = (
        _is_quoted_soundly(data) and not data.startswith(BOM) and b"\0" not in data
    )
    if is_plain and not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            is_plain = False
    return Block(path, data, is_plain, lines)


def _end_of_records(data: bytes) -> int:
    """Return where the last record ends that is complete: outside of quotes."""
    end = data.rfind(b"\n") + 1
    while data.count(b'"', 0, end) % 2:
        end = data.rfind(b"\n", 0, data.rfind(b'"', 0, end)) + 1
    return end


def _is_quoted_soundly(data: bytes) -> bool:
    """Tell whether quotes are around whole cells, or doubled in them."""
    return b'"' not in data or b'"' not in QUOTED.sub(b"", data)


def _count_lines(data: bytes) -> int:
    ends = data.count(b"\n")
    return ends + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else ends


def _records(block: Block) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a block, blank lines left out, each with its last line."""
    path, data = block.path, block.data
    try:
        text = data.decode()
        if "\0" in text:  # numpy drops it from the end of a text
            line = block.lines + text.count("\n", 0, text.index("\0")) + 1
            refuse(f"{path}, line {line}", "a NUL is no text", "save the file as UTF-8")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        for record in reader:
            if record[1:] or "".join(record).strip():
                yield block.lines + reader.line_num, record
    except UnicodeDecodeError as error:
        line = block.lines + data.count(b"\n", 0, error.start) + 1
        refuse(f"{path}, line {line}", "this is not UTF-8", "save the file as UTF-8")
    except csv.Error as error:
        problem = f"this is not CSV ({error})"
        place = f"{path}, line {block.lines + reader.line_num}"
        refuse(place, problem, "correct the quotes there")


def _position(path: Path, header: Sequence[str], name: str) -> int:
    if (times := header.count(name)) != 1:
        problem = f"stands {times} times in" if times else "is missing from"
        problem = f"it {problem} the header {SHORT.repr(header)}"
        refuse(f"{path}, column {name!r}", problem, "correct the header or the name")
    return header.index(name)


def _parse_cells(layout: Layout, block: Block) -> Iterator[Mapping[str, Column]]:
    """Yield the rows of any block, or say what is wrong with one: the reference."""
    job, records = layout.job, enumerate(_records(block), start=block.rows + 1)
    while some := list(itertools.islice(records, GROUP)):
        cells: dict[str, list[Any]] = {name: [] for name in layout.positions}
        for number, (line, record) in some:
            place = f"{block.path}, row {number} (line {line})"
            if len(record) != layout.width:
                problem = f"{len(record)} fields under a header of {layout.width}"
                way_out = "complete the row or quote cells that hold commas"
                refuse(place, problem, way_out)
            for name, position in layout.positions.items():
                cells[name].append(_parse(record[position], name, job, place))
        columns: dict[str, Column] = {}
        for name, values in cells.items():
            if name in job.numeric:
                columns[name] = np.array(values, dtype=np.float64), ()
            else:
                seen = {text: place for place, text in enumerate(dict.fromkeys(values))}
                columns[name] = np.array([seen[text] for text in values]), [*seen]
        yield columns


def _parse(cell: str, column: str, job: Job, place: str) -> str | float:
    if column in job.numeric:
        is_missing = job.is_missing(cell)
        number = math.nan if is_missing else _number(cell)
        if is_missing or abs(number) <= LARGEST:
            return number
        problem = f"is not a number between -{LARGEST:g} and {LARGEST:g}"
        way_out = "correct it, add it to --missing or make the column --categorical"
    elif column != job.target or job.is_label(cell):
        return cell
    elif job.is_missing(cell):
        problem, way_out = "means that the target is missing", "fill in or drop the row"
    else:
        problem = f"is not one of the labels {SHORT.repr(job.labels)}"
        way_out = "correct it or add it to --labels"
    refuse(f"{place}, column {column!r}", f"{SHORT.repr(cell)} {problem}", way_out)


def _number(cell: str) -> float:
    try:
        return float(cell.replace("_", "?"))  # 1_000 is a number to Python alone
    except ValueError:
        return math.nan


# Two ways to parse blocks that are plain. Either says None where it meets anything that
# `_parse_cells` might read otherwise, or refuse.


def parse_with_arrow(layout: Layout, data: bytes) -> Mapping[str, Column] | None:
    """Parse by PyArrow, in several threads."""
    import pyarrow as pa
    from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

    job, names = layout.job, {name: str(at) for name, at in layout.positions.items()}
    text = pa.dictionary(pa.int32(), pa.string())
    types = {at: pa.float64() if n in job.numeric else text for n, at in names.items()}
    try:
        table = read_csv(
            pa.BufferReader(data),
            ReadOptions(column_names=[*map(str, range(layout.width))]),
            ParseOptions(newlines_in_values=b'"' in data),
            ConvertOptions(
                include_columns=[*types],
                column_types=types,
                null_values=[*MISSING, *job.missing],
            ),
        )
    except pa.ArrowInvalid:
        return None
    columns: dict[str, Column] = {}
    table = table.unify_dictionaries().combine_chunks()
    for name, at in names.items():
        column = table.column(at).chunk(0)
        if name in job.numeric:
            if not (np.abs(column.drop_null().to_numpy()) <= LARGEST).all():
                return None
            columns[name] = column.to_numpy(zero_copy_only=False), ()
        else:
            columns[name] = column.indices.to_numpy(), column.dictionary.to_pylist()
    return columns if all(map(job.is_label, columns[job.target][1])) else None


def parse_with_pandas(layout: Layout, data: bytes) -> Mapping[str, Column] | None:
    """Parse by pandas, where each line is a row and no cell is quoted."""
    job, names = layout.job, layout.positions
    data += b"" if data.endswith(b"\n") else b"\n"
    signs = np.frombuffer(data, dtype=np.uint8)
    ends = signs[(signs == ord(",")) | (signs == ord("\n"))] == ord("\n")
    expected = np.arange(1, len(ends) + 1) % layout.width == 0
    if (
        b'"' in data
        or not np.array_equal(ends, expected)
        or data.count(b"\r") != data.count(b"\r\n")
        or _has_strange_nan(data)
    ):
        return None
    numbers = {
        at: [*MISSING, *job.missing] for n, at in names.items() if n in job.numeric
    }
    how: dict[str, Any] = {
        "usecols": [*names.values()],
        "dtype": {
            at: "float64" if at in numbers else "object" for at in names.values()
        },
        "na_values": numbers,
        **EXACT,
    }
    try:
        frame = pd.read_csv(
            io.BytesIO(data),
            header=None,
            keep_default_na=False,
            skip_blank_lines=False,
            quoting=csv.QUOTE_NONE,
            **how,
        )
    except ValueError:
        return None
    columns: dict[str, Column] = {}
    for name, at in names.items():
        if at not in numbers:
            places, texts = pd.factorize(frame[at])
            columns[name] = places, texts.tolist()
        elif (frame[at].abs() > LARGEST).any():
            return None
        else:
            columns[name] = frame[at].to_numpy(), ()
    return columns if all(map(job.is_label, columns[job.target][1])) else None


def _has_strange_nan(data: bytes) -> bool:
    """Tell whether a cell may be NaN to pandas although it is none of the marks."""
    lower = data.lower()
    usual = data.count(b"nan") + data.count(b"NaN") - len(re.findall(b"[+-]nan", lower))
    return lower.count(b"nan") != usual and bool(STRANGE_NAN.search(data))


# Splitting and fitting.


def split(
    labels: NDArray[Any],
    names: Sequence[str],
    *,
    fractions: Sequence[float] = (0.70, 0.15, 0.15),
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Deal rows out to training, validation and test, class by class.

    Args:
        labels: The class of each row, as its place among *names*.
        names: The classes.
        fractions: The share of each split: above 0, together 1.
        seed: At least 0. The split is the same under every version of numpy, which
            promises that for its bit generators and not for its shuffles.

    Returns:
        The number of each row's split. Of each class a split gets its share, rounded by
        largest remainder, and never less than one row; which rows, chance decides.

    Raises:
        BadInputError: The fractions or the seed cannot be, or a class is too small.
    """
    shares = _shares(fractions)
    if seed < 0:
        refuse("--seed", f"{seed} is negative", "give 0 or more")
    sizes = max(16, min(len(labels), GROUP) // len(names))
    counts = np.zeros(len(names) * sizes, dtype=np.int64)
    for _, _, bins in _lots(labels, sizes, seed):
        counts += np.bincount(bins, minlength=len(counts))
    rows = counts.reshape(-1, sizes).sum(axis=1).tolist()
    ends = np.empty((len(names), len(shares)), dtype=np.int64)
    for name, place in sorted((name, place) for place, name in enumerate(names)):
        ends[place] = np.cumsum(_counts(name, rows[place], shares))
    return _deal(labels, counts, ends, seed)


def _lots(
    labels: NDArray[Any], sizes: int, seed: int
) -> Iterator[tuple[slice, NDArray[np.uint64], NDArray[np.int64]]]:
    """Yield some rows at a time, with their lots, and their bins: by class and size."""
    source = np.random.PCG64(seed)
    width = np.uint64(2**64 // sizes + 1)
    for first in range(0, len(labels), GROUP):
        some = slice(first, first + GROUP)
        lots = source.random_raw(len(labels[some]))
        size = (lots // width).astype(np.int64)
        yield some, lots, labels[some].astype(np.int64) * sizes + size


def _deal(
    labels: NDArray[Any], counts: NDArray[np.int64], ends: NDArray[np.int64], seed: int
) -> NDArray[np.uint8]:
    """Return how many *ends* of its class each row's lot is behind, by its rank there.

    Lots would be eight bytes a row, so they are drawn anew, and the *counts* of those
    in each bin tell their ranks. Only bins which an end goes through are put in order;
    of equal lots the first row's is the smaller.
    """
    sizes = len(counts) // len(ends)
    classes = np.repeat(np.arange(len(ends)), sizes)

    def split_of(ranks: NDArray[np.int64], of: NDArray[np.int64]) -> Any:
        return np.sum([ranks >= end[of] for end in ends.T[:-1]], axis=0, dtype=np.uint8)

    last = counts.reshape(-1, sizes).cumsum(axis=1).ravel() - 1
    first = last - counts + 1
    splits = split_of(first, classes)
    is_open = splits != split_of(last, classes)
    parts = np.empty(len(labels), dtype=np.uint8)
    rest = []
    for some, lots, bins in _lots(labels, sizes, seed):
        parts[some] = splits[bins]
        at = np.flatnonzero(is_open[bins])
        rest.append((at + some.start, lots[at], bins[at]))
    rows, lots, bins = map(np.concatenate, zip(*rest, strict=True))
    order = np.lexsort((lots, bins))
    bins = bins[order]
    ranks = first[bins] + np.arange(len(bins)) - np.searchsorted(bins, bins)
    parts[rows[order]] = split_of(ranks, classes[bins])
    return parts


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


class Spread:
    """Mean and standard deviation of numbers that come in pieces of any size."""

    def __init__(self) -> None:
        """Begin without a number."""
        self.scaler = StandardScaler()
        self.numbers = 0
        self._held: NDArray[np.float64] = np.empty(0)

    def add(self, numbers: NDArray[np.float64], *, are_last: bool = False) -> None:
        """Take in *numbers*, always so many at once, so that no sum is another."""
        self.numbers += len(numbers)
        held = np.concatenate([self._held, numbers])
        whole = len(held) - (0 if are_last else len(held) % GROUP)
        for first in range(0, whole, GROUP):
            self.scaler.partial_fit(held[first : first + GROUP, np.newaxis])
        self._held = held[whole:]


def fit_features(table: Table, parts: NDArray[np.uint8], job: Job) -> ColumnTransformer:
    """Return the transformer fitted on the training rows; each column needs a value.

    It is fitted on a short table that has the means, the texts and the most frequent
    texts of the long one; its scaler is then given what those of the columns learnt.
    """
    rows = int(np.count_nonzero(parts == 0))
    spreads, counts = _statistics(table, parts, job)
    values = {name: spread.numbers for name, spread in spreads.items()}
    values |= {name: int(count.sum()) for name, count in counts.items()}
    for column, number in values.items():
        if not number:
            problem = f"no value in the {rows} rows of the training split"
            way_out = "fill some in or leave the column out"
            refuse(f"column {column!r}", problem, way_out)
    short: dict[str, pd.Series[Any]] = {}
    for name, spread in spreads.items():
        spread.add(np.empty(0), are_last=True)
        mean = spread.scaler.mean_[0]
        short[name] = pd.Series([mean])
        for first in range(spread.numbers, rows, GROUP):  # what is missing will be that
            fills = np.full(min(GROUP, rows - first), mean)
            spread.add(fills, are_last=True)
    for name, count in counts.items():
        often = {text: count[at] for text, at in table.texts[name].items() if count[at]}
        seen = sorted(often)
        short[name] = pd.Series(
            [max(seen, key=often.__getitem__), *seen], dtype="object"
        )
    transformer = make_transformer(job.numeric, job.categorical)
    transformer.fit(pd.DataFrame(short))
    if spreads:
        scaler = transformer.named_transformers_["numeric"][-1]
        for learnt in ("mean_", "var_", "scale_"):
            each = [getattr(spread.scaler, learnt) for spread in spreads.values()]
            setattr(scaler, learnt, np.concatenate(each))
        scaler.n_samples_seen_ = rows
    return transformer


def _statistics(
    table: Table, parts: NDArray[np.uint8], job: Job
) -> tuple[dict[str, Spread], dict[str, NDArray[np.int64]]]:
    """Return the numeric columns' spreads in training, and how often each text is."""
    spreads = {name: Spread() for name in job.numeric}
    counts = {n: np.zeros(len(table.texts[n]), np.int64) for n in job.categorical}
    for chunk, some in table.beside(parts):
        training = {name: column[some == 0] for name, column in chunk.items()}
        for name, spread in spreads.items():
            spread.add(training[name][~np.isnan(training[name])])
        for name, count in counts.items():
            places = training[name][training[name] >= 0]
            np.add(count, np.bincount(places, minlength=len(count)), out=count)
    return spreads, counts


def _matrix(chunk: Chunk, names: Sequence[str]) -> NDArray[np.float64]:
    rows = len(next(iter(chunk.values())))
    return np.column_stack([np.empty((rows, 0)), *(chunk[name] for name in names)])


def fit_target(labels: Iterable[str], job: Job) -> LabelEncoder:
    """Return the target's encoder, whose codes are places in the fixed order."""
    found = sorted(labels)
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


# Writing.


def preprocess(
    job: Job, *, size: int = BLOCK, tools: Tools | None = None
) -> dict[str, int]:
    """Do the *job* and return the number of rows in each split.

    How much is parsed at once (*size*), and with what (*tools*), changes no byte.
    """
    check_instances(job.resources)
    check_output(job.output)
    table = Table(job, size=size, tools=tools)
    labels = np.concatenate([_small(chunk[job.target]) for chunk in table])
    names = list(table.texts[job.target])
    target = fit_target(names, job)
    parts = split(labels, names, fractions=job.fractions, seed=job.seed)
    del labels
    features = fit_features(table, parts, job)
    header = feature_names(features, job)
    counts = dict(zip(SPLITS, np.bincount(parts).tolist(), strict=True))
    schema = {
        "version": 1,
        "numeric": job.numeric,
        "categorical": job.categorical,
        "missing": [*MISSING, *job.missing],
        "target": job.target,
        "labels": target.classes_.tolist(),
        "features": header,
        "rows": counts,
        "fractions": dict(zip(SPLITS, job.fractions, strict=True)),
        "seed": job.seed,
        "libraries": {library: metadata.version(library) for library in LIBRARIES},
        "python": platform.python_version(),
    }
    text = json.dumps(schema, ensure_ascii=False, indent=2).encode() + b"\n"
    with publish(job.output) as files:
        joblib.dump(features, files[FEATURES])
        joblib.dump(target, files[TARGET])
        files[SCHEMA].write(text)
        for name in TABLES:
            files[name].write(_csv_header([*header, job.target]))
        for part, rows in transformed(table, parts, features, target, job):
            files[TABLES[part]].write(rows)
    return counts


def _small(places: NDArray[np.int32]) -> NDArray[Any]:
    return places.astype(np.min_scalar_type(places.max(initial=0)))


def transformed(
    table: Table,
    parts: NDArray[np.uint8],
    features: ColumnTransformer,
    target: LabelEncoder,
    job: Job,
) -> Iterator[tuple[int, bytes]]:
    """Yield the rows as they are written, with the number of the split they are of."""
    words = [*_one_hot_words(table, features, job)]
    words.append([*map(str, target.transform([*table.texts[job.target]]).tolist())])
    columns = [*job.categorical, job.target]
    step = max(1, CELLS // (len(job.numeric) + sum(w[0].count(",") + 1 for w in words)))

    def write(task: tuple[int, Chunk, NDArray[np.int64]]) -> tuple[int, bytes]:
        part, chunk, rows = task
        some = {name: column[rows] for name, column in chunk.items()}
        numbers = _matrix(some, job.numeric)
        if job.numeric:
            frame = pd.DataFrame(numbers, columns=[*job.numeric])
            numbers = features.named_transformers_["numeric"].transform(frame)
        texts = [(some[n], w) for n, w in zip(columns, words, strict=True)]
        return part, table.tools.join(numbers, texts)

    def tasks() -> Iterator[tuple[int, Chunk, NDArray[np.int64]]]:
        for chunk, some in table.beside(parts):
            for part in range(len(SPLITS)):
                rows = np.flatnonzero(some == part)
                for first in range(0, len(rows), step):
                    yield part, chunk, rows[first : first + step]

    yield from ahead(write, tasks(), table.tools.threads)


def ahead(
    function: Callable[[Task], Done], tasks: Iterable[Task], threads: int
) -> Iterator[Done]:
    """Yield what *function* makes of each task, in order, a few of them made ahead."""
    if threads == 1:
        yield from map(function, tasks)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Done]] = deque()
        for task in tasks:
            waiting.append(pool.submit(function, task))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _one_hot_words(
    table: Table, features: ColumnTransformer, job: Job
) -> Iterator[list[str]]:
    """Yield how each text of a column is written; last, how a missing one is."""
    if not job.categorical:
        return
    encode = features.named_transformers_["categorical"]
    texts = {
        name: pd.Series([*table.texts[name], np.nan], dtype="object")
        for name in job.categorical
    }
    matrix = encode.transform(pd.DataFrame(texts))
    ends = np.cumsum([len(seen) for seen in encode[-1].categories_])
    for name, some in zip(
        job.categorical, np.split(matrix, ends[:-1], axis=1), strict=True
    ):
        rows = some[: len(texts[name])].tolist()
        yield [",".join(map(repr, row)) for row in rows]


def join_rows(numbers: NDArray[np.float64], texts: Sequence[Column]) -> bytes:
    """Return rows of numbers that read back as exactly the same, then texts."""
    columns: list[Iterable[str]] = [map(repr, column.tolist()) for column in numbers.T]
    for places, words in texts:
        columns.append([words[place] for place in places.tolist()])
    lines = map(",".join, zip(*columns, strict=True))
    return "\n".join([*lines, ""]).encode()


def join_rows_with_arrow(numbers: NDArray[np.float64], texts: Sequence[Column]) -> Any:
    """Return the same bytes, by PyArrow."""
    import pyarrow as pa
    from pyarrow import compute

    columns = []
    for column in np.asfortranarray(numbers).T:
        some = column[:SAMPLE]
        if 2 * len(np.unique(some)) > len(some):
            columns.append(_write_with_arrow(column))
        else:  # each number once; by its bits, as 0.0 and -0.0 are equal
            codes = pa.array(column.view(np.int64)).dictionary_encode()
            each = codes.dictionary.to_numpy().view(np.float64)
            columns.append(_write_with_arrow(each).take(codes.indices))
    for places, words in texts:
        columns.append(pa.array(words).take(pa.array(places % len(words))))
    columns.append(compute.binary_join_element_wise(columns.pop(), "", "\n"))
    lines = compute.binary_join_element_wise(*columns, ",")
    _, ends, data = lines.buffers()
    return memoryview(data)[: np.frombuffer(ends, dtype=np.int32)[len(lines)]]


def _write_with_arrow(numbers: NDArray[np.float64]) -> Any:
    """Return an array of numbers as Python writes them."""
    import pyarrow as pa
    from pyarrow import compute

    written = pa.array(numbers).cast(pa.string())
    sizes = np.abs(numbers)
    is_other = (sizes < WRITTEN_ALIKE[0]) | (sizes >= WRITTEN_ALIKE[1])
    is_other |= numbers == np.rint(numbers)
    others = pa.array([*map(repr, numbers[is_other].tolist())], pa.string())
    return compute.replace_with_mask(written, pa.array(is_other), others)


def _csv_header(names: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(names)  # before Python 3.13 only this dialect quotes \r
    return text.getvalue().removesuffix("\r\n").encode() + b"\n"


PLAIN = Tools(lambda _layout, _data: None, join_rows)
WITH_PANDAS = Tools(parse_with_pandas, join_rows)
# PyArrow lets other threads run; each needs some fifty megabytes.
WITH_ARROW = Tools(parse_with_arrow, join_rows_with_arrow, min(4, os.cpu_count() or 1))


def tools_for(size: int) -> Tools:
    """Return what is worth its while for *size* bytes."""
    if size < SMALL:
        return PLAIN
    return WITH_ARROW if find_spec("pyarrow") else WITH_PANDAS


def check_instances(resources: Path) -> None:
    """Refuse to be one of several: each would split and fit the rows for itself."""
    hosts = []
    if resources.is_file():
        hosts = json.loads(resources.read_text(encoding="utf-8")).get("hosts", [])
    if len(hosts) > 1:
        problem = f"{len(hosts)} instances would each split the rows for themselves"
        refuse(resources, problem, "set the instance count to 1 and take a larger one")


def check_output(output: Path) -> None:
    """Refuse folders in which other files would mix with ours."""
    ours = {_aside(output / name) for name in FILES} | {output / name for name in FILES}
    for folder in {path.parent for path in ours if path.parent.exists()}:
        for path in sorted(set(folder.iterdir()) - ours):
            refuse(path, "this is no file of ours", "move it away or correct --output")


@contextlib.contextmanager
def publish(output: Path) -> Iterator[Mapping[str, BinaryIO]]:
    """Hand out our files to write to, then move them into place: all of them or none.

    They are written aside in the same folder: each may be a mount, out of which no file
    can be moved.
    """
    paths = [output / name for name in FILES]
    doomed = [_aside(path) for path in paths]
    try:
        with contextlib.ExitStack() as stack:
            files = {}
            for name, path in zip(FILES, paths, strict=True):
                path.parent.mkdir(parents=True, exist_ok=True)
                files[name] = stack.enter_context(_aside(path).open("wb"))
            yield files
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
