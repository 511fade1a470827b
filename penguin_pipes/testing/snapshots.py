"""Hold a definition against the one that is committed."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.definition import load
from penguin_pipes.definition.plan import plan
from penguin_pipes.errors import InputError
from penguin_pipes.testing import updating
from penguin_pipes.testing.sources import Source, definition_of
from penguin_pipes.testing.texts import difference, plan_text, pretty

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = "snapshots"


def assert_snapshot(
    definition: Source, path: Path, *, update: bool | None = None
) -> None:
    """Assert that a definition is the one in the file at *path*.

    The file is JSON in the order of its names, one member a line, so that a review
    shows what moved. How the definition itself is written, and in which order, is the
    business of `assert_deterministic`.

    Args:
        definition: The pipeline or definition.
        path: The committed file, best as ``Path(__file__).parent / …``.
        update: Whether to write the file; by default whether pytest was called with
            ``--penguin-pipes-update``.
    """
    __tracebackhide__ = True
    new = load(definition_of(definition))
    if updating.is_updating() if update is None else update:
        _write(path, pretty(new))
        return
    if not path.is_file():
        msg = f"there is no snapshot {path} yet; to make it, run\n  {_command()}"
        raise AssertionError(msg)
    old = _read(path)
    if pretty(old) != pretty(new):
        raise AssertionError(_message(old, new, path))


def _message(old: Any, new: Mapping[str, Any], path: Path) -> str:
    """Return what moved, what that means, and what to do if it is meant."""
    moved = difference(
        pretty(old),
        pretty(new),
        old_name=f"{path.name} (committed)",
        new_name="the definition of now",
        rest="update the snapshot, and git diff shows them all",
    )
    parts = [f"the definition is not that of {path}:", moved]
    if isinstance(old, dict):
        parts += ["", "If the snapshot is what is deployed:"]
        parts.append(plan_text(plan(old, new)))
    parts += ["", f"If that is what you want, run\n  {_command()}"]
    return "\n".join(parts)


def _command() -> str:
    """Return the command that writes the snapshot of the test that runs."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    return shlex.join(["pytest", *([test] if test else []), updating.FLAG])


def _read(path: Path) -> Any:
    """Return the document that was committed.

    Raises:
        InputError: It is none: a merge left its marks in it, say.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = (
            f"the snapshot {path} is not JSON ({error}); put it right, or run\n"
            f"  {_command()}"
        )
        raise InputError(msg) from None


def _write(path: Path, text: str) -> None:
    """Write the file unless it is that already; another test may be reading it."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


@attrs.frozen(kw_only=True)
class Snapshot:
    """Holds definitions against the snapshots of one test.

    Attributes:
        folder: Where they lie: beside the test's file.
        test: What the test's own snapshot is called.
    """

    folder: Path
    test: str

    def __call__(self, definition: Source, name: str | None = None) -> None:
        """Assert that a definition is the committed one; see `assert_snapshot`.

        Args:
            definition: The pipeline or definition.
            name: The file's name, without ``.json``; by default that of the test. A
                test of several definitions names all but one.
        """
        __tracebackhide__ = True
        if name is not None and (not name or Path(name).name != name):
            msg = f"penguin_pipes_snapshot: expected a file's name; got {name!r}"
            raise InputError(msg)
        assert_snapshot(definition, self.folder / f"{name or self.test}.json")
