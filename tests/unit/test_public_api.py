"""The front door: what is public, and what it costs to open it."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

import penguin_pipes
import penguin_pipes.eda
import penguin_pipes.experiments
import penguin_pipes.history
import penguin_pipes.local
import penguin_pipes.serving
import penguin_pipes.testing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

HEAVY = (
    "attrs",
    "boto3",
    "botocore",
    "jinja2",
    "keras",
    "matplotlib",
    "numpy",
    "pandas",
    "rich",
    "sagemaker",
    "sklearn",
    "tensorflow",
)


def loaded_after(statement: str, *, before: str = "") -> set[str]:
    """Return the modules that *statement* loads in a bare interpreter.

    Args:
        statement: What is run.
        before: What is run first; the modules that it loads do not count.
    """
    probe = (
        f"import sys\n{before}\nbefore = {{*sys.modules}}\n{statement}\n"
        "print(*sys.modules.keys() - before, file=sys.__stdout__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], env={}, capture_output=True, check=True
    )
    return set(done.stdout.decode().split())


def run_of(module: str, *words: str) -> str:
    """Return the statements that run *module* as a command, to its end."""
    return (
        "import contextlib, io, runpy\n"
        f"sys.argv = {[module, *words]}\n"
        "with contextlib.redirect_stdout(io.StringIO()), "
        "contextlib.suppress(SystemExit):\n"
        f"    runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    )


def test_the_front_door_opens_without_any_other_module() -> None:
    """Importing the package loads no module but itself, not even of Python's own."""
    assert loaded_after("import penguin_pipes") <= {"__future__", "penguin_pipes"}


def test_help_takes_no_package_but_our_own() -> None:
    """``deploy --help`` loads neither the SDK nor boto3, TensorFlow or attrs.

    What Python starts with does not count: an environment may load some of its own.
    """
    loaded = loaded_after(run_of("penguin_pipes.deploy", "--help"))
    packages = {name.partition(".")[0] for name in loaded}
    assert "penguin_pipes" in packages
    assert packages <= {*sys.stdlib_module_names, "penguin_pipes"}


@pytest.mark.parametrize("module", ["penguin_pipes.local", "penguin_pipes.history"])
def test_help_of_the_other_commands_takes_little(module: str) -> None:
    """Their ``--help`` loads no SDK and nothing that computes."""
    loaded = loaded_after(run_of(module, "--help"))
    assert module in loaded
    assert loaded & set(HEAVY) <= {"attrs", "rich"}


DOORS = pytest.mark.parametrize(
    "door", [penguin_pipes, penguin_pipes.testing], ids=lambda door: door.__name__
)


@DOORS
def test_every_public_name_is_there_and_listed_once(door: ModuleType) -> None:
    """__all__ and dir() are the public names, and each can be had."""
    assert dir(door) == sorted(door.__all__)
    assert len(set(door.__all__)) == len(door.__all__)
    for name in door.__all__:
        value = getattr(door, name)
        assert value.__doc__ or not callable(value)


@DOORS
def test_an_unknown_name_is_an_attribute_error(door: ModuleType) -> None:
    """A typo is told as Python tells it."""
    match = f"'{door.__name__}' has no attribute 'buil'"
    with pytest.raises(AttributeError, match=match):
        _ = door.buil


ROOMS = pytest.mark.parametrize(
    "room",
    [
        penguin_pipes,
        penguin_pipes.eda,
        penguin_pipes.experiments,
        penguin_pipes.history,
        penguin_pipes.local,
        penguin_pipes.serving,
        penguin_pipes.testing,
    ],
    ids=lambda room: room.__name__,
)


def callables(value: Any) -> Iterator[Any]:
    """Yield a public function, or the public methods of a public class."""
    if inspect.isfunction(value):
        yield value
    if inspect.isclass(value):
        for name, member in vars(value).items():
            if inspect.isfunction(member) and (
                name == "__call__" or not name.startswith("_")
            ):
                yield member


def untold(value: Any) -> list[str]:
    """Return the arguments and fields that no docstring tells of."""
    found: list[str] = []
    for function in callables(value):
        told = inspect.getdoc(function) or ""
        found += [
            f"{function.__qualname__}({name})"
            for name in inspect.signature(function).parameters
            if name != "self" and not re.search(rf"\b{name}(:|\*)", told)
        ]
    if inspect.isclass(value) and attrs.has(value):
        told = "\n".join(base.__doc__ or "" for base in value.__mro__)
        fields = [each.name for each in attrs.fields(value)]
        found += [
            f"{value.__name__}.{name}"
            for name in fields
            if not name.startswith("_") and f"{name}: " not in told
        ]
    return found


@ROOMS
def test_every_argument_and_field_is_described(room: ModuleType) -> None:
    """Public functions tell of their arguments, public records of their fields."""
    missing = [each for name in room.__all__ for each in untold(getattr(room, name))]
    assert missing == []


@ROOMS
def test_the_reference_has_every_public_name(room: ModuleType) -> None:
    """Whoever reads the pages finds all that can be imported."""
    pages = "\n".join(page.read_text("utf-8") for page in REFERENCE.glob("*.md"))
    shown = set(re.findall(r"^::: (\S+)$", pages, re.MULTILINE))
    # The page of errors shows their whole module, that of local runs this function.
    elsewhere = {"penguin_pipes.PenguinPipesError", "penguin_pipes.run_locally"}
    names = {f"{room.__name__}.{name}" for name in room.__all__}
    assert names - elsewhere <= shown


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import penguin_pipes", set()),
        ("from penguin_pipes import PipelineConfig", {"attrs"}),
        ("from penguin_pipes import penguins_config; penguins_config()", {"attrs"}),
        ("from penguin_pipes import build_pipeline", {"attrs"}),
        ("from penguin_pipes.local import run_locally", {"attrs"}),
        ("import penguin_pipes.deploy", set()),
        ("import penguin_pipes.testing.plugin", set()),
        ("import penguin_pipes.report.command", {"attrs", "rich"}),
        ("import penguin_pipes.eda", set()),
        ("import penguin_pipes.eda.command", {"attrs"}),
    ],
)
def test_importing_is_cheap(statement: str, allowed: set[str]) -> None:
    """Neither the SDK nor TensorFlow is loaded before they are needed.

    The interpreter has no environment at all: no region, no credentials, no home.
    """
    assert loaded_after(statement) & set(HEAVY) <= allowed
