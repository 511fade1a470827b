"""Tell everything that is wrong with a definition, before it leaves this computer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes.definition.document import read
from penguin_pipes.definition.parse import document
from penguin_pipes.definition.problems import Problem, Severity, error
from penguin_pipes.definition.rules import RULES
from penguin_pipes.errors import DefinitionError, InvalidDefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def validate(definition: str | Mapping[str, Any] | Path) -> tuple[Problem, ...]:
    """Return all problems of *definition*, in the order of the document's rules.

    Nothing is raised: what is no definition at all is a problem like the others.

    Args:
        definition: The JSON as text, the document it holds, or the file it is in.
    """
    try:
        found = read(document(definition))
    except DefinitionError as failed:
        hint = "give the JSON text, the document, or the file's pathlib.Path"
        return (error(failed.address, failed.problem, hint),)
    return tuple(problem for rule in RULES for problem in rule(found))


def refuse_errors(definition: str | Mapping[str, Any] | Path) -> tuple[Problem, ...]:
    """Return the warnings of *definition*, if there is nothing worse.

    Raises:
        InvalidDefinitionError: It has problems that would stop it.
    """
    problems = validate(definition)
    errors = [each for each in problems if each.severity is Severity.ERROR]
    if errors:
        raise InvalidDefinitionError(errors, address=errors[0].address)
    return problems
