"""Tell everything that is wrong with a definition, before it leaves this computer."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.definition.document import read
from penguin_pipes.definition.parse import load
from penguin_pipes.definition.problems import Problem, Severity, error
from penguin_pipes.errors import DefinitionError, InvalidDefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUIREMENTS: Final = "requirements.txt"
NO_FILES: Final[Mapping[str, Path]] = MappingProxyType({})


def validate(
    definition: str | Mapping[str, Any] | Path,
    *,
    files: Mapping[str, Path] = NO_FILES,
) -> tuple[Problem, ...]:
    """Return all problems of *definition*, in the order of the document's rules.

    Nothing is raised: what is no definition at all is a problem like the others.

    Args:
        definition: The JSON as text, the document it holds, or the file it is in.
        files: S3 URI → what lies there, or will: code that is known to need packages
            from the network is told of where a job has none, and so are big archives.
    """
    # Where a judgement is remembered, the rules need not be loaded.
    from penguin_pipes.definition.rules import RULES
    from penguin_pipes.definition.rules.bundles import size_problems
    from penguin_pipes.definition.rules.isolation import isolation_problems

    try:
        found = read(load(definition))
    except DefinitionError as failed:
        hint = "give the JSON text, the document, or the file's pathlib.Path"
        return (error(failed.address, failed.problem, hint),)
    problems = [problem for rule in RULES for problem in rule(found)]
    problems += isolation_problems(found, lambda uri: _has_requirements(uri, files))
    problems += size_problems(found, lambda uri: _size(uri, files))
    return tuple(problems)


def refuse_errors(
    definition: str | Mapping[str, Any] | Path,
    *,
    files: Mapping[str, Path] = NO_FILES,
) -> tuple[Problem, ...]:
    """Return the warnings of *definition*, if there is nothing worse.

    Args:
        definition: As for `validate`.
        files: As for `validate`.

    Raises:
        InvalidDefinitionError: It has problems that would stop it.
    """
    problems = validate(definition, files=files)
    errors = [each for each in problems if each.severity is Severity.ERROR]
    if errors:
        raise InvalidDefinitionError(errors, address=errors[0].address)
    return problems


def _size(uri: str, files: Mapping[str, Path]) -> int:
    """Return how many bytes lie at *uri*, as far as the *files* tell."""
    code = files.get(uri)
    try:
        return 0 if code is None or code.is_dir() else code.stat().st_size
    except OSError:
        return 0  # whoever needs the archive tells what is wrong with it


def _has_requirements(uri: str, files: Mapping[str, Path]) -> bool:
    """Tell whether the code at *uri* is among the *files* and lists packages."""
    code = files.get(uri)
    if code is None:
        return False
    if code.is_dir():
        return (code / REQUIREMENTS).is_file()
    try:
        with tarfile.open(code) as archive:
            names = archive.getnames()
    except (OSError, tarfile.TarError):
        return False  # whoever needs the archive tells what is wrong with it
    return any(PurePosixPath(name) == PurePosixPath(REQUIREMENTS) for name in names)
