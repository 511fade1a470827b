"""Read which environment variables a statement sets, and to what."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANGES: Final = frozenset({"clear", "pop", "popitem", "setdefault", "update"})
FUNCTIONS: Final = frozenset({"putenv", "unsetenv"})


class UncertainError(Exception):
    """A script sets variables, and only running it tells which, or to what."""


def setting(node: ast.stmt) -> str | None:
    """Return the statement that sets a variable to a constant; None if it is another.

    ``os.environ["NAME"] = "…"`` and ``os.environ.setdefault("NAME", "…")`` are the two
    ways that scripts have.

    Raises:
        UncertainError: It sets one, but only running it tells to what.
    """
    match node:
        case ast.Assign(targets=[ast.Subscript(value=where, slice=key)], value=value):
            if _is_environ(where):
                return f"os.environ[{_constant(key)!r}] = {_constant(value)!r}"
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=where, attr="setdefault"), args=[key, value]
            )
        ):
            if _is_environ(where):
                return (
                    f"os.environ.setdefault({_constant(key)!r}, {_constant(value)!r})"
                )
        case _:
            pass
    return None


def _constant(node: ast.expr) -> str:
    """Return the string that an expression is."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise UncertainError
    return node.value


def changes_variables(node: ast.stmt) -> bool:
    """Return whether a statement, but for those inside it, changes a variable."""
    if isinstance(node, ast.AugAssign) and _is_environ(node.target):
        return True
    return any(_is_change(each) for part in _own(node) for each in ast.walk(part))


def _own(node: ast.stmt) -> Iterator[ast.AST]:
    """Yield what a statement consists of but for the statements inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield child


def _is_change(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(value=where, ctx=ast.Store() | ast.Del()):
            return _is_environ(where)
        case ast.Call(func=ast.Attribute(value=where, attr=name)):
            return name in FUNCTIONS or (name in CHANGES and _is_environ(where))
        case ast.Call(func=ast.Name(id=name)):
            return name in FUNCTIONS
        case _:
            return False


def _is_environ(node: ast.expr) -> bool:
    """Return whether an expression is ``os.environ``, by the names it usually has."""
    match node:
        case ast.Attribute(attr="environ") | ast.Name(id="environ"):
            return True
        case _:
            return False
