"""Laws of the whole preprocessing, for any table of any columns."""

from __future__ import annotations

import csv
import io
import itertools
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import joblib
import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from penguin_pipes.scripts import inference, preprocessor
from penguin_pipes.scripts.package import export
from penguin_pipes.scripts.preprocessor import (
    FEATURES,
    FILES,
    MISSING,
    SCHEMA,
    TABLES,
    TARGET,
    Job,
    make_transformer,
    preprocess,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

law = settings(deadline=None, max_examples=50)

MARKS = ("?", "-999")
TOOLS = (preprocessor.PLAIN, preprocessor.WITH_PANDAS, preprocessor.WITH_ARROW)
GAPS = (*MISSING, *MARKS, " ", "\t", " NA ")


def split(labels: Sequence[str], seed: int) -> list[list[int]]:
    """Return the numbers of each split's rows."""
    names = sorted(set(labels))
    places = np.array([names.index(label) for label in labels])
    parts = preprocessor.split(places, names, seed=seed)
    return [np.flatnonzero(parts == number).tolist() for number in range(3)]


@attrs.frozen(kw_only=True)
class Table:
    """A table and what its columns are for.

    Attributes:
        numeric: Columns of numbers.
        categorical: Columns of text.
        target: The column of labels.
        rows: The cells of each row, by column.
        seed: The seed to split it by.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    target: str
    rows: list[dict[str, str]]
    seed: int

    @property
    def labels(self) -> list[str]:
        """The label of each row."""
        return [row[self.target] for row in self.rows]

    def split(self) -> list[list[int]]:
        """Return the row numbers of each split."""
        return split(self.labels, self.seed)

    def frame(self) -> pd.DataFrame:
        """Return the features' columns, missing as NaN."""
        columns: dict[str, pd.Series[Any]] = {}
        for name in (*self.numeric, *self.categorical):
            cells: list[Any] = [row[name] for row in self.rows]
            cells = [np.nan if cell in GAPS else cell for cell in cells]
            kind = "float64" if name in self.numeric else "object"
            columns[name] = pd.Series(cells, dtype=kind)
        return pd.DataFrame(columns)

    def run(self, *files: bytes, **how: Any) -> dict[str, bytes]:
        """Return what the preprocessor makes of *files*, or of the table itself."""
        with tempfile.TemporaryDirectory() as root:
            job = Job(
                input=Path(root) / "in",
                output=Path(root) / "out",
                target=self.target,
                numeric=self.numeric,
                categorical=self.categorical,
                missing=MARKS,
                seed=self.seed,
            )
            job.input.mkdir()
            for number, file in enumerate(files or [self.render(self.rows)]):
                (job.input / f"{number}.csv").write_bytes(file)
            preprocess(job, **how)
            return {name: (job.output / name).read_bytes() for name in FILES}

    def render(
        self, rows: Iterable[Mapping[str, str]], order: Sequence[str] | None = None
    ) -> bytes:
        """Return *rows* as a CSV file with its columns in this *order*."""
        columns = order or [*self.categorical, self.target, *self.numeric]
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode("utf-8-sig")


def words(**limits: int) -> st.SearchStrategy[str]:
    """Return any text that a CSV file in UTF-8 can hold."""
    letters = st.characters(codec="utf-8", exclude_characters="\0")
    return st.text(letters, **limits)


numbers = st.floats(-1e6, 1e6).map(lambda number: repr(round(number, 2)))
gaps = st.sampled_from(GAPS)
values = words(min_size=1, max_size=4).filter(
    lambda text: text.strip() not in (*MISSING, *MARKS)
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a table that can be split and fitted; all else about it is arbitrary."""
    names = draw(st.lists(words(max_size=4), min_size=2, max_size=6, unique=True))
    target, *features = names
    count = draw(st.integers(0, len(features)))
    numeric, categorical = tuple(features[:count]), tuple(features[count:])
    classes = draw(st.dictionaries(values, st.integers(3, 9), min_size=1, max_size=3))
    labels = [name for name, rows in classes.items() for _ in range(rows)]
    labels = draw(st.permutations(labels))
    seed = draw(st.integers(0, 99))
    columns = {target: labels}
    training = split(labels, seed)[0]
    for name in features:
        known = numbers if name in numeric else draw(vocabularies)
        cell = st.one_of(known, known, gaps)
        cells = draw(st.lists(cell, min_size=len(labels), max_size=len(labels)))
        # A column without any value in the training split would be refused.
        cells[draw(st.sampled_from(training))] = draw(known)
        columns[name] = cells
    rows = [
        {name: cells[row] for name, cells in columns.items()}
        for row in range(len(labels))
    ]
    return Table(
        numeric=numeric, categorical=categorical, target=target, rows=rows, seed=seed
    )


vocabularies = st.lists(values, min_size=1, max_size=4).map(st.sampled_from)


def parse(table: bytes) -> tuple[list[str], list[list[str]]]:
    """Return the header and the records of a table that was written."""
    header, *records = csv.reader(io.StringIO(table.decode(), newline=""))
    return header, records


def numbers_of(table: bytes) -> Any:
    """Return the features of a table that was written, as an array."""
    return np.array([record[:-1] for record in parse(table)[1]], dtype=float)


@law
@given(table=tables())
def test_any_table_comes_out_complete(table: Table) -> None:
    """Every number out is finite; all splits have the same columns, each name once."""
    files = table.run()

    header = [*json.loads(files[SCHEMA])["features"], table.target]
    assert len(set(header)) == len(header)
    for name, rows in zip(TABLES, table.split(), strict=True):
        found, records = parse(files[name])
        assert found == header
        assert len(records) == len(rows)
        assert {len(record) for record in records} == {len(header)}
        assert np.isfinite(numbers_of(files[name])).all()


@law
@given(table=tables())
def test_labels_survive_the_round_trip(table: Table) -> None:
    """The codes in the tables, decoded, are the labels of the rows of each split."""
    files = table.run()
    encoder = joblib.load(io.BytesIO(files[TARGET]))
    labels = json.loads(files[SCHEMA])["labels"]

    for name, rows in zip(TABLES, table.split(), strict=True):
        codes = [int(record[-1]) for record in parse(files[name])[1]]
        expected = [table.labels[row] for row in rows]
        assert encoder.inverse_transform(codes).tolist() == expected
        assert [labels[code] for code in codes] == expected


@law
@given(table=tables())
def test_numbers_read_back_exactly(table: Table) -> None:
    """Each row out is the fitted transformer's answer to that row, to the last bit."""
    files = table.run()
    transformer = joblib.load(io.BytesIO(files[FEATURES]))
    frame = table.frame()

    for name, rows in zip(TABLES, table.split(), strict=True):
        matrix = transformer.transform(frame.iloc[rows])
        assert np.array_equal(numbers_of(files[name]), matrix)


@law
@given(table=tables(), size=st.integers(1, 400), tools=st.sampled_from(TOOLS))
def test_pieces_and_tools_change_nothing(
    table: Table, size: int, tools: preprocessor.Tools
) -> None:
    """Read in pieces of any size, by any tool, a table comes out the same bytes."""
    assert table.run(size=size, tools=tools) == table.run(tools=preprocessor.PLAIN)


@law
@given(data=st.data(), table=tables())
def test_column_order_never_matters(data: st.DataObject, table: Table) -> None:
    """Columns in any order, another one in each file, and more of them: same bytes."""
    spare = "".join(table.rows[0]) + "spare"
    rows = [row | {spare: "x"} for row in table.rows]
    orders = [data.draw(st.permutations(list(rows[0]))) for _ in range(2)]
    cut = data.draw(st.integers(1, len(rows) - 1))
    halves = zip((rows[:cut], rows[cut:]), orders, strict=True)

    files = table.run(*(table.render(half, order) for half, order in halves))

    assert files == table.run()


@law
@given(data=st.data(), table=tables())
def test_training_never_sees_the_other_rows(data: st.DataObject, table: Table) -> None:
    """Whatever stands in validation and test rows, training comes out the same."""
    _, *others = table.split()
    rows = [dict(row) for row in table.rows]
    for row in itertools.chain(*others):
        for name in table.numeric:
            rows[row][name] = data.draw(numbers | gaps)
        for name in table.categorical:
            rows[row][name] = data.draw(values | gaps)

    files, changed = table.run(), table.run(table.render(rows))

    for name in ("train/train.csv", FEATURES, TARGET, SCHEMA):
        assert changed[name] == files[name]


@law
@given(data=st.data(), table=tables())
def test_row_order_matters_through_the_split_alone(
    data: st.DataObject, table: Table
) -> None:
    """Fitted on the same rows in any order, the transformer gives any row the same."""
    training, *_ = table.split()
    shuffled = data.draw(st.permutations(training))
    frame = table.frame()

    one = make_transformer(table.numeric, table.categorical).fit(frame.iloc[training])
    two = make_transformer(table.numeric, table.categorical).fit(frame.iloc[shuffled])

    matrix, other = one.transform(frame), two.transform(frame)
    assert np.allclose(matrix, other, rtol=1e-6, atol=1e-6)


@law
@given(data=st.data(), table=tables())
def test_rows_are_transformed_one_by_one(data: st.DataObject, table: Table) -> None:
    """A row's features do not depend on the rows beside it, nor on column order."""
    frame = table.frame()
    transformer = make_transformer(table.numeric, table.categorical)
    transformer.fit(frame.iloc[table.split()[0]])
    row = data.draw(st.integers(0, len(frame) - 1))
    order = data.draw(st.permutations(list(frame)))

    together = transformer.transform(frame)
    alone = transformer.transform(frame[order].iloc[[row]])

    assert np.array_equal(together[[row]], alone)


@law
@given(data=st.data(), table=tables())
def test_unseen_texts_are_all_zeros(data: st.DataObject, table: Table) -> None:
    """A text that training never had neither crashes nor looks like any that it had."""
    frame = table.frame()
    train = frame.iloc[table.split()[0]]
    transformer = make_transformer(table.numeric, table.categorical).fit(train)
    seen = {text for name in table.categorical for text in train[name]}
    unseen = data.draw(values.filter(lambda text: text not in seen))

    strange = frame.iloc[[0]].copy()
    strange[[*table.categorical]] = unseen

    row = transformer.transform(strange)

    assert row.shape[1] == transformer.transform(train).shape[1]
    assert np.isfinite(row).all()
    assert not row[0, len(table.numeric) :].any()


@law
@given(table=tables())
def test_row_without_any_value_is_an_average_one(table: Table) -> None:
    """Where all cells are missing, numbers are average and texts the most frequent."""
    frame = table.frame()
    train = frame.iloc[table.split()[0]]
    transformer = make_transformer(table.numeric, table.categorical).fit(train)
    empty = frame.iloc[[0]].map(lambda _: np.nan)

    row = transformer.transform(empty)

    assert row.shape[1] == transformer.transform(train).shape[1]
    assert np.allclose(row[0, : len(table.numeric)], 0, atol=1e-6)
    assert row[0, len(table.numeric) :].sum() == len(table.categorical)
    for name in table.categorical:
        counts = train[name].value_counts()
        most = min(text for text in counts.index if counts[text] == counts.max())
        filled = empty.copy()
        filled[name] = most
        assert np.array_equal(transformer.transform(filled), row)


def served(files: Mapping[str, bytes]) -> Any:
    """Return the transformer as the packed archive has it."""
    schema = json.loads(files[SCHEMA])
    wanted = {name: schema[name] for name in ("target", "labels", "missing")}
    fitted = joblib.load(io.BytesIO(files[FEATURES]))
    return json.loads(json.dumps(export(fitted, wanted), allow_nan=False))


@law
@given(table=tables())
def test_what_serves_answers_as_what_trained(table: Table) -> None:
    """The numbers in the archive give each row the pickle's features, to the last bit.

    However a row is sent: as an object, or as CSV with a header in any order.
    """
    files = table.run()
    transformer = served(files)

    for name, rows in zip(TABLES, table.split(), strict=True):
        expected = numbers_of(files[name])
        records = [table.rows[row] for row in rows]
        text = table.render(records).decode("utf-8-sig")
        parsed = inference.read_csv(text, transformer)
        for found in (records, parsed):
            assert np.array_equal(inference.transform(found, transformer), expected)


@law
@given(table=tables())
def test_rows_without_a_header_are_in_the_order_of_the_columns(table: Table) -> None:
    """The numeric columns first, as the preprocessor was given them."""
    transformer = served(table.run())
    names = [*table.numeric, *table.categorical]
    assert inference.columns(transformer) == names
    # A lone blank cell is a blank line, and a row of names is a header.
    assume(len(names) > 1)
    assume(not set(names) <= set(table.rows[0].values()))
    text = io.StringIO()
    cells = [[row[name] for name in names] for row in table.rows]
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(cells)

    parsed = inference.read_csv(text.getvalue(), transformer)

    assert inference.transform(parsed, transformer) == inference.transform(
        table.rows, transformer
    )
