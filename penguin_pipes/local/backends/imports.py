"""Read what a script will import, without running it.

What is certain to come is worth doing beforehand: imports, wherever they stand but
under an ``if``, and the variables that must be set before them.
"""

from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from penguin_pipes.local.backends.variables import (
    UncertainError,
    changes_variables,
    setting,
)

Files: TypeAlias = Callable[[str], bytes | None]
"""Returns a file by its path, seen from the script's folder; None if there is none."""

STANDARD: Final = sys.stdlib_module_names

PARSING: Final = threading.Lock()
"""Python 3.11 counts how deep a syntax tree is for all threads together, and two that
build one at once make it raise `SystemError`."""


def in_folder(folder: Path) -> Files:
    """Return the files of a folder."""

    def read(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except OSError:
            return None

    return read


def alone(script: Path) -> Files:
    """Return a script that travels without the files beside it."""
    files = in_folder(script.parent)
    return lambda path: files(path) if path == script.name else None


def statements(program: str, files: Files) -> tuple[str, ...] | None:
    """Return what to execute before the script *program* runs, in this order.

    Imports of the standard library are not worth it, and modules that come with the
    script are looked through for the imports that they make.

    Returns:
        None if nothing may be done beforehand.
    """
    reader = _Reader(files)
    try:
        reader.read(program)
    except (UncertainError, SyntaxError, ValueError, RecursionError, SystemError):
        # What is wrong with the script, it shows best itself.
        return None
    # What a function imports comes after what the module does.
    return tuple(dict.fromkeys([*reader.first, *reader.later]))


class _Reader:
    """Goes through a script and the modules that come with it."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen: set[str] = set()
        self.first: list[str] = []
        self.later: list[str] = []

    def read(self, path: str) -> None:
        """Go through one file, once."""
        if path in self._seen:
            return
        self._seen.add(path)
        source = self._files(path)
        if source is not None:
            folder = PurePosixPath(path).parent
            with PARSING:
                body = ast.parse(source).body
            self._body(body, folder, self.first, is_sure=True)

    def _body(
        self,
        body: Iterable[ast.stmt],
        folder: PurePosixPath,
        found: list[str],
        *,
        is_sure: bool,
    ) -> None:
        """Go through statements; imports that may not come to pass are left out."""
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                if is_sure:
                    found += self._imports(node, folder)
                continue
            known = setting(node)
            if changes_variables(node) and not (known and is_sure):
                raise UncertainError
            if known:
                found.append(known)
                continue
            into = self.later if _is_function(node) else found
            for inner, sure in _blocks(node):
                self._body(inner, folder, into, is_sure=is_sure and sure)

    def _imports(
        self, node: ast.Import | ast.ImportFrom, folder: PurePosixPath
    ) -> Iterator[str]:
        """Yield the imports that lead outside; follow the others."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if self._is_own(parts[0]):
                    self._follow(parts, [])
                elif parts[0] not in STANDARD:
                    yield f"import {alias.name}"
            return
        parts = node.module.split(".") if node.module else []
        if node.level:
            up = len(folder.parts) - node.level + 1
            self._follow([*folder.parts[:up], *parts], node.names)
        elif self._is_own(parts[0]):
            self._follow(parts, node.names)
        elif parts[0] not in STANDARD:
            yield ast.unparse(node)

    def _is_own(self, name: str) -> bool:
        """Return whether a module comes with the script."""
        paths = (f"{name}.py", f"{name}/__init__.py")
        return any(self._files(path) is not None for path in paths)

    def _follow(self, parts: list[str], inner: Iterable[ast.alias]) -> None:
        """Go through a module that comes with the script, and what is taken of it."""
        names = [*(parts[:count] for count in range(1, len(parts) + 1))]
        for name in [*names, *([*parts, alias.name] for alias in inner)]:
            path = "/".join(name)
            self.read(f"{path}.py")
            self.read(f"{path}/__init__.py")


def _blocks(node: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool]]:
    """Yield the statements inside a statement, and whether they are sure to run."""
    if isinstance(node, ast.If):
        names = _names(node.test)
        if names == {"TYPE_CHECKING"}:
            yield node.orelse, True
            return
        yield node.body, names == {"__name__"}
        yield node.orelse, False
        return
    is_sure = not isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.Match)
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, []), is_sure
    for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
        yield part.body, False


def _names(test: ast.expr) -> set[str]:
    """Return the names that a condition asks for, without their modules."""
    if isinstance(test, ast.Attribute):
        return {test.attr}
    return {each.id for each in ast.walk(test) if isinstance(each, ast.Name)}


def _is_function(node: ast.stmt) -> bool:
    """Return whether a statement's inside runs later than what follows it."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
