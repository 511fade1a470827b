"""Every table has a page, which says what it cannot draw."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from penguin_pipes.eda import analyse, report, tidy
from penguin_pipes.eda.figures import LIGHT, png
from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from penguin_pipes.eda.figures import Theme

MANY = [f"value {number}" for number in range(3000)]
KINDS = ["a", "b", "a", "b"]


def light_alone(draw: Callable[[Theme], Figure], theme: Theme) -> tuple[bytes, bool]:
    """Return a light figure; in the place of a dark one nothing, to save the time."""
    return png(draw, theme) if theme is LIGHT else (b"", True)


def notes_of(frame: pd.DataFrame, target: str = "kind") -> str:
    """Make the page of a frame; return all its notes."""
    analysis = analyse(frame, target)
    html = report(analysis, source="a test", render=light_alone).html
    assert html.count("<section") == len(analysis.sections) == 7
    notes = [note for section in analysis.sections for note in section.notes]
    footer = html.partition("<footer>")[2]
    return "\n".join([analysis.lead, *notes, footer])


@pytest.mark.parametrize(
    ("columns", "notes"),
    [
        pytest.param(
            {"kind": ["a"], "x": [1.0], "y": [2.0]},
            ["One pair has no r: fewer than three rows have both measures"],
            id="one-row",
        ),
        pytest.param(
            {"kind": KINDS, "x": [3.0] * 4, "y": [1.0, 2.0, 4.0, 3.0]},
            ["One pair has no r", "or one does not vary"],
            id="constant",
        ),
        pytest.param(
            {"kind": KINDS, "void": [None] * 4},
            ["Without any value: void."],
            id="all-missing",
        ),
        pytest.param(
            {"kind": KINDS},
            [
                "No column holds numbers: there is no histogram to draw.",
                "Covariance and correlation need two measures; there is none.",
                "There is no other category to part the target by.",
            ],
            id="no-numeric",
        ),
        pytest.param(
            {"kind": np.arange(40.0), "x": np.arange(40.0) ** 2},
            [
                "No column holds categories: there are no values to count.",
                "No column holds categories: there are no bars to draw.",
                "Kind is a number with 40 different values: the bars are not parted.",
                "Kind is a number with 40 different values: no table of it",
            ],
            id="no-categorical",
        ),
        pytest.param(
            {"kind": KINDS * 750, "name": MANY},
            ["Name has 3,000 values; the 12 most frequent", "are shown."],
            id="thousands-of-categories",
        ),
        pytest.param(
            {"kind": MANY, "x": np.arange(3000.0)},
            [
                "Kind has 3,000 different values; 8 have colours: the bars are not parted."
            ],
            id="thousands-of-classes",
        ),
        pytest.param(
            {"kind": KINDS * 1500, "x": np.arange(6000.0), "y": np.arange(6000.0)},
            ["No more than 4,000 rows, evenly chosen, have points."],
            id="many-rows",
        ),
        pytest.param(
            {"kind": KINDS, **{f"c{n}": [f"{n}", "x", "y", "z"] for n in range(30)}},
            [
                "7 columns of 31 are not shown here",
                "25 categories of 31 are not shown here",
            ],
            id="many-columns",
        ),
        pytest.param(
            {"kind": KINDS, **{f"m{n}": [n, 1.0, 5.0, n * n] for n in range(13)}},
            ["1 measure of 13 is not shown here: m12."],
            id="many-measures",
        ),
        pytest.param(
            {"kind": ["企鹅", "🐧", "企鹅", "🐧"], "größe_mm": [1.0, 2.0, 4.0, 3.0]},
            ["The font of the figures lacks some characters"],
            id="unicode",
        ),
        pytest.param(
            {"kind": ["$\\frac{1}$", "$", "_^{", "$x$"], "$\\bad{$_mm": [1, 2, 3, 4.0]},
            [],
            id="looks-like-mathematics",
        ),
        pytest.param(
            {"kind": KINDS, "x": [1e30, 1e30 + 2e14, 1e30, 1e30], "y": [1e-300] * 4},
            ["One pair has no r"],
            id="hardly-different-numbers",
        ),
        pytest.param(
            {"kind": KINDS, "x": [-1e100, 1e100, 0.0, 5e99], "y": [1e-300, 0, 1, 2.0]},
            [],
            id="extreme-numbers",
        ),
        pytest.param(
            {"kind": ["a", None, "b", None], "x": [1.0, 2.0, 3.0, 4.0]},
            [],
            id="rows-without-a-class",
        ),
        pytest.param(
            {"kind": ["a", None, "b", None], "other": [None, "x", None, "y"]},
            ["No row has both kind and other."],
            id="nothing-in-common",
        ),
    ],
)
def test_odd_tables_have_a_page(columns: dict[str, Any], notes: list[str]) -> None:
    """Nothing breaks or warns, and what is not drawn is named with the reason."""
    found = notes_of(pd.DataFrame(columns))

    for note in notes:
        assert note in found


@pytest.mark.parametrize(
    ("columns", "sentences", "absent"),
    [
        pytest.param(
            {"kind": ["a", "b"] * 30, "x": [n // 2 for n in range(60)]},
            ["X hardly tells the classes of kind apart: less than 1 %"],
            "best",
            id="one measure",
        ),
        pytest.param(
            {
                "kind": ["a", "b"] * 30,
                "x": [n // 2 for n in range(60)],
                "y": [n // 2 % 7 for n in range(60)],
            },
            ["hardly tells the classes of kind apart", "No other measure does better."],
            "does so least",
            id="two measures",
        ),
        pytest.param(
            {"kind": ["a", "b"] * 30, "plan": (["p"] * 2 + ["q"] * 2) * 15},
            ["Of each kind, 50 % are p."],
            "50 % to 50 %",
            id="the same share",
        ),
    ],
)
def test_what_is_the_same_in_every_class_is_called_so(
    columns: dict[str, Any], sentences: list[str], absent: str
) -> None:
    """Nothing is best where nothing tells, and no range has the same two ends."""
    found = analyse(pd.DataFrame(columns), "kind").sections
    told = "\n".join(each for section in found for each in section.sentences)
    told = told.replace("\N{NO-BREAK SPACE}", " ")

    for sentence in sentences:
        assert sentence in told
    assert absent not in told


def test_columns_of_one_name_are_told_apart() -> None:
    """The second has a number; blank ones are called by their place."""
    frame = pd.DataFrame(
        [["a", 1, 2, 3, "u"]], columns=["kind", "x", "x", " ", "x (2)"]
    )

    found = tidy(frame)

    assert list(found) == ["kind", "x", "x (2)", "column 4", "x (2) (2)"]
    assert notes_of(frame)


def test_frames_of_all_types_are_taken() -> None:
    """What is neither number nor text is told as text; infinite is no number."""
    frame = pd.DataFrame(
        {
            "kind": pd.Categorical(["a", "b", "a"]),
            1: [True, False, True],
            "when": pd.to_datetime(["2007-11-11", "", "2009-12-01"]),
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "beyond": [1.0, math.inf, 3.0],
            "complex": [1j, 2j, 3j],
            "lists": [[1], (2,), {"a": 3}],
        },
        index=["same", "same", "same"],
    )

    found = tidy(frame)

    assert found.index.tolist() == [0, 1, 2]
    assert found["1"].tolist() == ["True", "False", "True"]
    assert found["whole"].dtype == np.float64
    assert {str(found[n].dtype) for n in ("when", "beyond", "complex", "lists")} == {
        "object"
    }
    assert notes_of(frame)


@pytest.mark.parametrize(
    ("frame", "target", "problem"),
    [
        (pd.DataFrame({"kind": []}), "kind", "the table has no rows or no columns"),
        (pd.DataFrame(), "kind", "the table has no rows or no columns"),
        (pd.DataFrame({"kind": [None]}), "kind", "the column has no value"),
        (pd.DataFrame({"kind": ["a"]}), "kidn", "did you mean 'kind'?"),
        (pd.DataFrame({"kind": ["a"]}), "species", "there are kind"),
    ],
    ids=["no-rows", "nothing", "no-value", "typo", "elsewhere"],
)
def test_what_is_no_table_is_refused(
    frame: pd.DataFrame, target: str, problem: str
) -> None:
    """With the place, the problem and the way out."""
    with pytest.raises(InputError) as caught:
        analyse(frame, target)

    assert problem in str(caught.value)
