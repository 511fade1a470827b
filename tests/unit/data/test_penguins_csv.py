"""The penguins that ship are the well-known ones, and the tool makes them."""

from __future__ import annotations

import csv
import importlib.util
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "penguin_pipes" / "data" / "penguins.csv"
TOOL = ROOT / "tools" / "make_penguins_csv.py"

MEASURES = (
    "culmen_length_mm",
    "culmen_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
)
NO_MEASURES = ("NA", "NA", "NA", "NA")


@pytest.fixture(scope="module")
def penguins() -> list[dict[str, str]]:
    """Return the rows that ship."""
    with DATA.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """Return the tool, which is a script and part of no package."""
    spec = importlib.util.spec_from_file_location(TOOL.stem, TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def raw(
    species: str, island: str, measures: tuple[str, ...], sex: str
) -> dict[str, str]:
    """Return one row as penguins-raw.csv has it."""
    length, depth, flipper, mass = measures
    return {
        "studyName": "PAL0708",
        "Species": species,
        "Island": island,
        "Culmen Length (mm)": length,
        "Culmen Depth (mm)": depth,
        "Flipper Length (mm)": flipper,
        "Body Mass (g)": mass,
        "Sex": sex,
        "Comments": "No, not enough blood.",
    }


ADELIE = raw(
    "Adelie Penguin (Pygoscelis adeliae)",
    "Torgersen",
    ("39.1", "18.7", "181", "3750"),
    "MALE",
)
GENTOO = raw(
    "Gentoo penguin (Pygoscelis papua)",
    "Biscoe",
    ("44.5", "15.7", "217", "4875"),
    "NA",
)
CHINSTRAP = raw("Chinstrap penguin (Pygoscelis antarctica)", "Dream", NO_MEASURES, "NA")


@pytest.mark.parametrize(
    ("column", "counts"),
    [
        ("species", {"Adelie": 152, "Gentoo": 124, "Chinstrap": 68}),
        ("island", {"Biscoe": 168, "Dream": 124, "Torgersen": 52}),
        ("sex", {"MALE": 168, "FEMALE": 165, ".": 1, "NA": 10}),
    ],
    ids=["species", "island", "sex"],
)
def test_texts_are_as_often_as_known(
    penguins: list[dict[str, str]], column: str, counts: dict[str, int]
) -> None:
    """Each species, island and sex is there as often as in the well-known edition."""
    found = Counter(penguin[column] for penguin in penguins)

    assert found == counts


def test_columns_have_their_order(penguins: list[dict[str, str]]) -> None:
    """The seven columns stand in the well-known order."""
    assert list(penguins[0]) == ["species", "island", *MEASURES, "sex"]


def test_two_penguins_were_not_measured(penguins: list[dict[str, str]]) -> None:
    """Measures are plain numbers but for two penguins, which have none at all."""
    missing = [p for p in penguins if "NA" in [p[measure] for measure in MEASURES]]
    rest = [p for p in penguins if p not in missing]

    assert [[p[m] for m in MEASURES] for p in missing] == [[*NO_MEASURES]] * 2
    assert all(30 < float(p["culmen_length_mm"]) < 60 for p in rest)
    assert all(2500 < int(p["body_mass_g"]) < 6500 for p in rest)


def test_one_gentoo_has_a_dot(penguins: list[dict[str, str]]) -> None:
    """The sex that is a dot belongs to the one known Gentoo."""
    dotted = [list(penguin.values()) for penguin in penguins if penguin["sex"] == "."]

    assert dotted == [["Gentoo", "Biscoe", "44.5", "15.7", "217", "4875", "."]]


def test_file_is_written_as_the_tool_writes(
    penguins: list[dict[str, str]], tool: ModuleType
) -> None:
    """The bytes that ship are what the tool renders, line ends and all."""
    rendered: str = tool.render([tuple(penguin.values()) for penguin in penguins])

    assert DATA.read_bytes() == rendered.encode()
    assert rendered.splitlines()[1] == "Adelie,Torgersen,39.1,18.7,181,3750,MALE"


def test_tool_converts_raw_rows(tool: ModuleType) -> None:
    """Raw rows keep seven columns, one word of the species, and are sorted by it."""
    converted = tool.convert([ADELIE, GENTOO, CHINSTRAP])

    assert converted == [
        ("Adelie", "Torgersen", "39.1", "18.7", "181", "3750", "MALE"),
        ("Chinstrap", "Dream", *NO_MEASURES, "NA"),
        ("Gentoo", "Biscoe", "44.5", "15.7", "217", "4875", "."),
    ]


def test_tool_keeps_the_order_within_a_species(tool: ModuleType) -> None:
    """Penguins of one species stay in the order of the raw file."""
    later = ADELIE | {"Island": "Biscoe", "Sex": "FEMALE"}

    converted = tool.convert([ADELIE, GENTOO, later])

    assert [row[1] for row in converted] == ["Torgersen", "Biscoe", "Biscoe"]


def test_tool_dots_no_other_gentoo(tool: ModuleType) -> None:
    """A Gentoo of other measures, or of known sex, keeps what the raw row says."""
    heavier = GENTOO | {"Body Mass (g)": "4876"}
    sexed = GENTOO | {"Sex": "FEMALE"}

    converted = tool.convert([heavier, sexed])

    assert [row[-1] for row in converted] == ["NA", "FEMALE"]


def test_tool_refuses_another_raw_file(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A raw file other than the known one is refused by its digest; nothing is made."""
    source, made = tmp_path / "penguins-raw.csv", tmp_path / "penguins.csv"
    source.write_text("Species\nEmperor\n", encoding="utf-8")

    code = tool.main([str(source), "--output", str(made)])

    assert code == 1
    assert f"{source}: expected a penguins-raw.csv" in capsys.readouterr().err
    assert not made.exists()
