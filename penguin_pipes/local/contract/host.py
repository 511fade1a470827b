"""What this computer lends to a job in place of an image: interpreter, environment."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

import attrs

LENT: Final = (
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "LD_LIBRARY_PATH"
)  # fmt: skip
"""The only variables of this computer that a job sees. Credentials are not among
them, nor is anything that an image would not have."""

IMAGE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
)
"""What AWS's images set for Python; the last stands in for their ``LANG=C.UTF-8``."""

PYTHON: Final = re.compile(r"python(3(\.\d+)?)?")


@attrs.frozen(kw_only=True)
class Host:
    """This computer, as far as a job may know it.

    Attributes:
        python: The interpreter that stands for the image's.
        environment: The environment that `LENT` picks from.
        cpus: How many processors there are.
        gpus: How many graphics cards there are.
    """

    python: str
    environment: Mapping[str, str]
    cpus: int = 1
    gpus: int = 0

    @property
    def base_environment(self) -> dict[str, str]:
        """What a job's environment starts from, standing in for the image's."""
        lent = {
            name: self.environment[name] for name in LENT if name in self.environment
        }
        beside_python = str(Path(self.python).parent)
        path = lent.get("PATH", os.defpath)
        return {**lent, **IMAGE, "PATH": f"{beside_python}{os.pathsep}{path}"}

    def executable(self, name: str) -> str:
        """Return *name*, or this interpreter if it is the name of a Python."""
        return self.python if PYTHON.fullmatch(PurePosixPath(name).name) else name


@attrs.frozen(kw_only=True)
class NoHost(Host):
    """Stands where jobs have their images: this computer lends them nothing."""

    python: str = "python3"
    environment: Mapping[str, str] = MappingProxyType({})

    @property
    def base_environment(self) -> dict[str, str]:
        """Nothing: the image brings its own."""
        return {}

    def executable(self, name: str) -> str:
        """Return *name*: the image knows what it is."""
        return name


def this_host() -> Host:
    """Return the computer this runs on."""
    return Host(
        python=sys.executable,
        environment=os.environ,
        cpus=os.cpu_count() or 1,
        gpus=sum(1 for _ in Path("/dev").glob("nvidia[0-9]*")),
    )
