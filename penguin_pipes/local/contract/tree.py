"""The tree that stands at ``/opt/ml``, and how paths under it become paths here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import attrs

ROOT: Final = "/opt/ml"

UNDER_ROOT: Final = re.compile(r"(?:(?<=file://)|(?<![\w./~-]))/opt/ml(?![\w.-])")
"""``/opt/ml`` where a path begins: at the start, or after a sign no path has, such
as ``=`` or ``:``. ``/opt/mlflow`` and ``s3://bucket/opt/ml`` are something else."""


@attrs.frozen
class WorkTree:
    """One job's own ``/opt/ml``.

    Attributes:
        root: The folder that stands for it on this computer.
        seen: Where the job finds it: there too, or really at ``/opt/ml``.
    """

    root: Path
    seen: Path = attrs.field(
        default=attrs.Factory(lambda self: self.root, takes_self=True)
    )

    def at(self, path: str) -> Path:
        """Return where the absolute *path* under ``/opt/ml`` lies on this computer."""
        return self.root.joinpath(PurePosixPath(path).relative_to(ROOT))

    def seen_at(self, path: str) -> Path:
        """Return where the job finds the absolute *path* under ``/opt/ml``."""
        return self.seen.joinpath(PurePosixPath(path).relative_to(ROOT))

    def localize(self, text: str) -> str:
        """Return *text* with every path under ``/opt/ml`` as the job finds it."""
        return UNDER_ROOT.sub(lambda _: str(self.seen), text)

    def localize_all(self, value: Any) -> Any:
        """Return *value* with every string in it localized, keys excepted."""
        if isinstance(value, str):
            return self.localize(value)
        if isinstance(value, Mapping):
            return {key: self.localize_all(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.localize_all(item) for item in value]
        return value

    def write_json(self, path: str, value: Any) -> None:
        """Write *value* as the JSON file at *path*, an absolute one."""
        file = self.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value), encoding="utf-8")


def is_under(path: str, parent: str) -> bool:
    """Return whether *path* is *parent* or lies below it, with no way around."""
    pure = PurePosixPath(path)
    return pure.is_relative_to(parent) and ".." not in pure.parts
