"""One field of a config replaced, named by its path: ``training.compute``."""

from __future__ import annotations

import tomllib
from typing import Any, TypeVar

from penguin_pipes.config import kinds, settings, tree
from penguin_pipes.config.settings import Override
from penguin_pipes.errors import ConfigError

T = TypeVar("T")

FLAG = "--set"


def set_field(config: T, assignment: str) -> T:
    """Return *config* with one field replaced.

    Args:
        config: A config record, such as a `PipelineConfig`.
        assignment: ``path=value``: names joined by dots, through records and
            mappings; the value as TOML writes it, or else as it stands.

    Raises:
        ConfigError: There is no such field, or it does not take the value.
    """
    record: Any = type(config)
    start = tree.Source(tree.DEFAULT)
    laid = tree.lay(None, tree.plain(config), kinds.kind_of(record), start)
    laid = settings.override(laid, read_assignment(assignment), record)
    changed: T = settings.make(laid, record)
    return changed


def read_assignment(assignment: str) -> Override:
    """Return what ``path=value`` replaces.

    Raises:
        ConfigError: It has no path or no equals sign.
    """
    path, sign, text = assignment.partition("=")
    if not sign or not path.strip():
        msg = (
            f"{FLAG} {assignment}: expected FIELD=VALUE, such as "
            "training.hyperparameters.epochs=60"
        )
        raise ConfigError(msg)
    return Override(path=path, value=read_value(text), origin=FLAG)


def read_value(text: str) -> Any:
    """Return what *text* means in TOML, or else *text* itself."""
    try:
        values = tomllib.loads(f"value = {text}")
    except ValueError:
        return text.strip()
    return values["value"] if set(values) == {"value"} else text.strip()
