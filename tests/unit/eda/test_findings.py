"""The numbers of the penguins are the known ones, and other libraries' too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.stats.contingency import association
from sklearn.feature_selection import f_classif
from sklearn.impute import SimpleImputer

from penguin_pipes import eda
from penguin_pipes.penguins import CATEGORIES, MEASURES, TARGET

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("column", "counts"),
    [
        ("species", {"Adelie": 152, "Gentoo": 124, "Chinstrap": 68}),
        ("island", {"Biscoe": 168, "Dream": 124, "Torgersen": 52}),
        ("sex", {"MALE": 168, "FEMALE": 165, ".": 1}),
    ],
    ids=["species", "island", "sex"],
)
def test_values_are_counted(
    raw: pd.DataFrame, column: str, counts: dict[str, int]
) -> None:
    """Each value is as often there as known, the most frequent first."""
    found = eda.value_counts(raw, column)

    assert list(found.items()) == list(counts.items())


def test_equally_frequent_values_stand_in_order() -> None:
    """Whatever the order of the rows is."""
    for cells in (["b", "a", "c", "c"], ["c", "a", "c", "b"]):
        found = eda.value_counts(pd.DataFrame({"x": cells}), "x")

        assert list(found.index) == ["c", "a", "b"]


def test_first_rows_are_the_first(raw: pd.DataFrame) -> None:
    """Five of them, as the file has them."""
    found = eda.first_rows(raw)

    assert found["culmen_length_mm"].tolist()[:3] == [39.1, 39.5, 40.3]
    assert found.shape == (5, 7)
    assert found.loc[3, list(MEASURES)].isna().all()


def test_every_column_is_described(raw: pd.DataFrame) -> None:
    """Measures with their moments, categories with their most frequent value."""
    found = eda.description(raw)

    assert list(found) == list(raw)
    assert found.loc[["unique", "top", "freq"], "sex"].tolist() == [3, "MALE", 168]
    assert found.loc[["count", "min", "max"], "body_mass_g"].tolist() == [
        342,
        2700,
        6300,
    ]
    assert found.loc["mean", "body_mass_g"] == pytest.approx(4201.754386)


def test_the_ambiguous_sex_becomes_missing(
    raw: pd.DataFrame, penguins: pd.DataFrame
) -> None:
    """The dot stands once, in sex, and then nowhere; the rest stays as it is."""
    marked = eda.marked(raw, [".", "?"])

    assert marked.to_dict() == {".": {"sex": 1}}
    assert eda.value_counts(penguins, "sex").to_dict() == {"MALE": 168, "FEMALE": 165}
    pd.testing.assert_frame_equal(penguins.drop(columns="sex"), raw.drop(columns="sex"))


def test_a_mark_among_numbers_leaves_numbers() -> None:
    """A column that held numbers but for its marks becomes one of numbers."""
    found = eda.without_marks(eda.tidy(pd.DataFrame({"x": ["1", " ? ", "2.5"]})), ["?"])

    assert found["x"].tolist() == pytest.approx([1, math.nan, 2.5], nan_ok=True)


def test_missing_values_are_counted(penguins: pd.DataFrame) -> None:
    """Two penguins lack all four measures; with the dot, eleven lack their sex."""
    found = eda.missing_values(penguins)

    assert found.to_dict() == {
        **dict.fromkeys((TARGET, "island"), 0),
        **dict.fromkeys(MEASURES, 2),
        "sex": 11,
    }


def test_imputation_is_that_of_scikit_learn(penguins: pd.DataFrame) -> None:
    """Nothing is missing any more, and each cell is what SimpleImputer makes of it."""
    found = eda.imputed(penguins)

    expected = SimpleImputer(strategy="most_frequent").fit_transform(penguins)
    assert eda.missing_values(found).sum() == 0
    assert found.to_numpy().tolist() == expected.tolist()
    assert eda.value_counts(found, "sex").to_dict() == {"MALE": 179, "FEMALE": 165}


def test_measures_correlate_as_known(penguins: pd.DataFrame) -> None:
    """Flipper and mass go together; depth goes against both."""
    found = eda.correlations(penguins, MEASURES)

    expected = {
        ("flipper_length_mm", "body_mass_g"): 0.871202,
        ("culmen_length_mm", "flipper_length_mm"): 0.656181,
        ("culmen_length_mm", "body_mass_g"): 0.595110,
        ("culmen_depth_mm", "flipper_length_mm"): -0.583851,
        ("culmen_depth_mm", "body_mass_g"): -0.471916,
        ("culmen_length_mm", "culmen_depth_mm"): -0.235053,
    }
    pairs = eda.ranked_pairs(found)
    assert pairs == pytest.approx(expected, abs=1e-6)
    assert list(pairs) == list(expected)


def test_measures_vary_together_as_numpy_says(penguins: pd.DataFrame) -> None:
    """Covariances and coefficients are NumPy's, of the 342 that were measured."""
    values = penguins[list(MEASURES)].dropna().to_numpy().T

    covariances = eda.covariances(penguins, MEASURES)
    correlations = eda.correlations(penguins, MEASURES)

    np.testing.assert_allclose(covariances, np.cov(values))
    np.testing.assert_allclose(correlations, np.corrcoef(values))


def test_the_species_turn_a_relation_around(penguins: pd.DataFrame) -> None:
    """Deeper beaks go with less mass over all, and with more in each species."""
    over_all = eda.correlations(penguins, MEASURES).loc[
        "culmen_depth_mm", "body_mass_g"
    ]

    found = eda.correlations_within(
        penguins, "culmen_depth_mm", "body_mass_g", by=TARGET
    )

    assert over_all == pytest.approx(-0.4719, abs=1e-4)
    assert found.to_dict() == pytest.approx(
        {"Adelie": 0.5761, "Chinstrap": 0.6045, "Gentoo": 0.7191}, abs=1e-4
    )


def test_species_live_on_their_islands(penguins: pd.DataFrame) -> None:
    """Adelies on all three, Gentoos on Biscoe and Chinstraps on Dream alone."""
    found = eda.crosstab(penguins, TARGET, "island")

    assert found.to_dict("index") == {
        "Adelie": {"Biscoe": 44, "Dream": 56, "Torgersen": 52},
        "Chinstrap": {"Biscoe": 0, "Dream": 68, "Torgersen": 0},
        "Gentoo": {"Biscoe": 124, "Dream": 0, "Torgersen": 0},
    }


def test_species_have_both_sexes_alike(penguins: pd.DataFrame) -> None:
    """As many females as males, three Gentoos apart."""
    found = eda.crosstab(penguins, TARGET, "sex")

    assert found.to_dict("index") == {
        "Adelie": {"FEMALE": 73, "MALE": 73},
        "Chinstrap": {"FEMALE": 34, "MALE": 34},
        "Gentoo": {"FEMALE": 58, "MALE": 61},
    }


@pytest.mark.parametrize("column", CATEGORIES)
def test_association_is_that_of_scipy(penguins: pd.DataFrame, column: str) -> None:
    """Cramér's V of the species and the other categories."""
    table = eda.crosstab(penguins, TARGET, column)

    found = eda.cramers_v(table)

    assert found == pytest.approx(association(table.to_numpy(), method="cramer"))


def test_measures_tell_species_apart_as_scikit_learn_says(
    penguins: pd.DataFrame,
) -> None:
    """The shares of variance between species follow from scikit-learn's F values."""
    measured = penguins.dropna(subset=list(MEASURES))
    f, _ = f_classif(measured[list(MEASURES)], measured[TARGET])
    between = dict(zip(MEASURES, 2 * f / (2 * f + len(measured) - 3), strict=True))

    found = eda.separation(penguins, MEASURES, TARGET)

    assert found.to_dict() == pytest.approx(between)
    assert found.index[0] == "flipper_length_mm"
    assert found.iloc[0] == pytest.approx(0.7782, abs=1e-4)


def test_means_are_by_species(penguins: pd.DataFrame) -> None:
    """Gentoos are the heaviest."""
    found = eda.means_by(penguins, ["body_mass_g"], TARGET)["body_mass_g"]

    assert found.round(2).to_dict() == {
        "Adelie": 3700.66,
        "Chinstrap": 3733.09,
        "Gentoo": 5076.02,
    }


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param([5.0, 5.0, 5.0, 5.0], id="constant"),
        pytest.param([0.1, 0.1, 0.1, 0.1], id="constant-and-inexact"),
        pytest.param([1.0, 2.0, math.nan, math.nan], id="two-rows"),
        pytest.param([math.nan] * 4, id="empty"),
    ],
)
def test_what_does_not_vary_correlates_with_nothing(numbers: list[float]) -> None:
    """There is no coefficient, and no rounding error that looks like one."""
    frame = pd.DataFrame({"x": numbers, "y": [1.0, 4.0, 2.0, 8.0]})

    found = eda.correlations(frame, ["x", "y"])

    assert np.isnan(found.to_numpy()[0, 1])
    assert eda.ranked_pairs(found) == {}


@pytest.mark.parametrize("scale", [1e-100, 1e-170, 1e99])
def test_huge_and_tiny_numbers_correlate(scale: float) -> None:
    """Their squares over- and underflow; the coefficient stays."""
    numbers = np.array([1.0, 2.0, 4.0, 3.0])
    frame = pd.DataFrame({"x": numbers * scale, "y": numbers})

    found = eda.correlations(frame, ["x", "y"])

    assert found.loc["x", "y"] == pytest.approx(1)


def test_numbers_may_be_classes(penguins: pd.DataFrame) -> None:
    """A target of 0 and 1 parts the rows as its texts would."""
    frame = penguins.assign(heavy=(penguins["body_mass_g"] > 4200).astype("float64"))

    found = eda.crosstab(frame, "heavy", "sex")

    assert list(found.index) == ["0", "1"]
    assert eda.value_counts(frame, "heavy").to_dict() == {"0": 195, "1": 149}


def test_every_public_name_is_there() -> None:
    """__all__ and dir() are the same, each can be had, and an unknown one cannot."""
    found: list[Callable[..., object]] = [getattr(eda, name) for name in eda.__all__]

    assert dir(eda) == sorted(eda.__all__)
    assert all(each.__doc__ for each in found)
    with pytest.raises(AttributeError, match="no attribute 'corelations'"):
        _ = eda.corelations
