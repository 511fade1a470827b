"""Laws of the analysis, which hold for any table."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from penguin_pipes import eda
from penguin_pipes.eda.figures.measures import edges
from penguin_pipes.eda.table import LARGEST, is_missing, number
from penguin_pipes.eda.words import labels, short

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
CELLS = st.one_of(
    st.sampled_from(["", "NA", ".", "a", "b", "1", "-2.5", "1e100"]),
    st.floats(allow_nan=False).map(repr),
    TEXTS,
)
NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
QUIET = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Return tables of one to six columns, of any names, and one to eight rows."""
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    cells = [
        draw(st.lists(CELLS, min_size=rows, max_size=rows)) for _ in range(columns)
    ]
    names = draw(st.lists(TEXTS, min_size=columns, max_size=columns))
    return pd.DataFrame(dict(enumerate(cells))).set_axis(names, axis=1)


@st.composite
def measured(draw: st.DrawFn) -> pd.DataFrame:
    """Return tables of a class and three measures, any of which may be missing."""
    cell = st.one_of(NUMBERS, st.just(math.nan))
    rows = draw(st.integers(1, 30))
    found: dict[str, Any] = {
        name: draw(st.lists(cell, min_size=rows, max_size=rows)) for name in "xyz"
    }
    kinds = st.sampled_from(["a", "b", "c"])
    found["kind"] = draw(st.lists(kinds, min_size=rows, max_size=rows))
    return pd.DataFrame(found)


@QUIET
@given(frames())
def test_every_table_has_an_analysis(frame: pd.DataFrame) -> None:
    """Whatever its columns are called and hold: seven sections, texts in every cell."""
    tidied = eda.without_marks(eda.tidy(frame), ["."])
    target = next((name for name in tidied if tidied[name].notna().any()), None)
    assume(target is not None)

    found = eda.analyse(frame, str(target), marks=["."])

    assert len(found.sections) == 7
    for section in found.sections:
        assert section.tables or section.drawings or section.notes
        for table in section.tables:
            assert {len(row) for row in table.rows} <= {len(table.columns)}


@QUIET
@given(frames())
def test_tidy_tables_stay_as_they_are(frame: pd.DataFrame) -> None:
    """Tidying twice is tidying once; names are distinct, nothing is lost."""
    once = eda.tidy(frame)

    assert once.shape == frame.shape
    assert once.columns.is_unique
    pd.testing.assert_frame_equal(eda.tidy(once), once)


@QUIET
@given(frame=frames())
def test_what_was_written_is_read(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Each cell comes back from a CSV file as its text, its number, or missing."""
    path = tmp_path / "table.csv"
    rows = frame.to_numpy().tolist()
    # A line of one blank cell is a blank line, which CSV files are full of.
    assume(frame.shape[1] > 1)
    assume(list(frame)[1:])
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([list(frame), *rows])
    # The mark of UTF-8 at the start of a file is none of its text.
    assume(not path.read_bytes().startswith(b"\xef\xbb\xbf"))

    found = eda.read_table(path)

    assert found.shape == frame.shape
    for place in range(frame.shape[1]):
        for said, cell in zip(frame.iloc[:, place], found.iloc[:, place], strict=True):
            if is_missing(said):
                assert math.isnan(cell)
            else:
                assert cell in (said, number(said))


@QUIET
@given(measured(), st.sampled_from([-1e3, -2.0, 0.5, 1e-3]), NUMBERS)
def test_correlation_knows_no_units(
    frame: pd.DataFrame, scale: float, shift: float
) -> None:
    """Between -1 and 1, symmetric; other units change at most the sign."""
    assume(frame["x"].max() - frame["x"].min() > 1)
    found = eda.correlations(frame, ["x", "y", "z"])

    other = frame.assign(x=frame["x"] * scale + shift)
    scaled = eda.correlations(other, ["x", "y", "z"])

    values = found.to_numpy()
    assert np.nanmax(np.abs(values), initial=0) <= 1 + 1e-12
    np.testing.assert_array_equal(values, values.T)
    np.testing.assert_allclose(
        scaled.loc["x", ["y", "z"]],
        math.copysign(1, scale) * found.loc["x", ["y", "z"]],
        atol=1e-4,
    )


@QUIET
@given(measured())
def test_no_row_is_lost_in_counting(frame: pd.DataFrame) -> None:
    """Counts and tables of counts sum up to the rows that have the values."""
    table = eda.crosstab(frame, "kind", "x")

    assert eda.value_counts(frame, "kind").sum() == len(frame)
    assert table.to_numpy().sum() == frame["x"].notna().sum()
    if not table.empty:
        v = eda.cramers_v(table)
        assert math.isnan(v) or 0 <= v <= 1


@QUIET
@given(measured())
def test_imputation_fills_gaps_alone(frame: pd.DataFrame) -> None:
    """What was there stays; what is filled in was there; empty columns stay empty."""
    found = eda.imputed(frame)

    for name in frame:
        present = frame[name].dropna()
        assert found[name][present.index].tolist() == present.tolist()
        assert found[name].isna().sum() == (len(frame) if present.empty else 0)
        assert set(found[name].dropna()) == set(present)


@QUIET
@given(measured())
def test_shares_of_variance_are_shares(frame: pd.DataFrame) -> None:
    """Each between 0 and 1, the best first."""
    found = eda.separation(frame, ["x", "y", "z"], "kind").tolist()

    assert found == sorted(found, reverse=True)
    assert all(0 <= share <= 1 for share in found)


@QUIET
@given(st.lists(st.floats(-LARGEST, LARGEST), min_size=1, max_size=60))
def test_every_value_has_a_bin(values: list[float]) -> None:
    """Histograms lose none, however close or far apart the values are."""
    borders = edges(np.array(values))

    counts, _ = np.histogram(values, borders)

    assert counts.sum() == len(values)
    assert (np.diff(borders) > 0).all()
    assert len(borders) <= 31


@QUIET
@given(st.lists(TEXTS, max_size=8, unique=True))
def test_labels_fit_on_a_line(names: list[str]) -> None:
    """Whatever columns are called, their labels are short, visible and on one line."""
    for label in labels(names).values():
        assert 0 < len(label.name) <= 28
        assert label.name.isprintable()
        assert short(label.name) == label.name


@pytest.mark.parametrize("clash", [["body_mass_g", "body mass"], ["A b", "a_b"]])
def test_labels_that_would_clash_are_the_names(clash: list[str]) -> None:
    """Two columns are never called the same."""
    found = [label.name for label in labels(clash, clash).values()]

    assert found == clash
