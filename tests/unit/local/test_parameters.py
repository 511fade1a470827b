"""What is promised of the values a run is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.definition import Definition, Parameter
from penguin_pipes.definition.parameters import from_text
from penguin_pipes.errors import InputError
from penguin_pipes.local.digests import Digests
from penguin_pipes.local.parameters import bind

DECLARED = Definition(
    version="",
    parameters=(
        Parameter(name="text", type="String", default="x"),
        Parameter(name="count", type="Integer", default=0),
        Parameter(name="rate", type="Float", default=0.5),
        Parameter(name="flag", type="Boolean", default=False),
        Parameter(name="size", type="String", default="s", choices=("s", "m")),
    ),
)


def test_given_values_win_over_defaults() -> None:
    """What is not given has its default, false and zero included."""
    bound = bind(DECLARED, {"text": "y", "rate": 1}, Digests())

    assert bound.values == {
        "text": "y",
        "count": 0,
        "rate": 1,
        "flag": False,
        "size": "s",
    }
    assert bound.files == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"txt": "x"}, "parameter 'txt': .* did you mean 'text'"),
        ({"count": "3"}, "parameter 'count': expected Integer, got '3'"),
        ({"count": True}, "parameter 'count': expected Integer, got True"),
        ({"count": 1.5}, "expected Integer, got 1.5"),
        ({"rate": "fast"}, "expected Float, got 'fast'"),
        ({"flag": 1}, "expected Boolean, got 1"),
        ({"text": 1}, "expected String, got 1"),
        ({"size": "l"}, "parameter 'size': expected one of 's', 'm'; got 'l'"),
        ({"count": Path("x")}, "expected Integer, got a path"),
        ({"text": Path("gone.csv")}, r"'text': gone\.csv cannot be read: No such file"),
    ],
)
def test_wrong_value_is_refused(given: dict[str, Any], message: str) -> None:
    """A value that cannot work is refused with the parameter's name."""
    with pytest.raises(InputError, match=message):
        bind(DECLARED, given, Digests())


def test_value_that_is_needed_is_asked_for() -> None:
    """A parameter without a default must be given."""
    declared = Definition(version="", parameters=(Parameter(name="n", type="Float"),))

    with pytest.raises(InputError, match="'n' has no default; give it a value"):
        bind(declared, {}, Digests())


def test_path_becomes_a_name_of_its_content(tmp_path: Path) -> None:
    """The same bytes have the same name wherever they lie; other bytes another."""
    one, two, other = (tmp_path / name / "d.csv" for name in ("1", "2", "3"))
    for path, text in [(one, "a"), (two, "a"), (other, "b")]:
        path.parent.mkdir()
        path.write_text(text)

    names = [
        bind(DECLARED, {"text": path}, Digests()).values["text"]
        for path in (one, two, other)
    ]

    assert names[0] == names[1] != names[2]
    assert names[0] == f"s3://local/data/{Digests().of(one)}/d.csv"
    assert bind(DECLARED, {"text": one}, Digests()).files == {names[0]: one}


def test_folder_has_a_name_of_its_content(tmp_path: Path) -> None:
    """A folder's name changes with a file's bytes and with a file's name."""
    file = tmp_path / "data" / "a.csv"
    file.parent.mkdir()
    file.write_text("1")
    digests = [Digests().of(file.parent)]
    file.write_text("2")
    digests.append(Digests().of(file.parent))
    file.rename(file.with_name("b.csv"))
    digests.append(Digests().of(file.parent))

    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("String", "7", "7"),
        ("Integer", "7", 7),
        ("Float", "1e-3", 0.001),
        ("Boolean", "True", True),
        ("Boolean", "false", False),
    ],
)
def test_text_becomes_a_value_of_the_declared_type(
    kind: str, text: str, value: object
) -> None:
    """A command line's text becomes what the parameter declares."""
    assert from_text(Parameter(name="p", type=kind), text) == value


@pytest.mark.parametrize(("kind", "text"), [("Integer", "1.5"), ("Boolean", "yes")])
def test_text_of_another_type_is_refused(kind: str, text: str) -> None:
    """Text that writes no value of the type is refused."""
    with pytest.raises(InputError, match=f"'p': expected {kind}, got '{text}'"):
        from_text(Parameter(name="p", type=kind), text)
