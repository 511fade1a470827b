"""Check that a wheel and an sdist hold what they must, and nothing else.

Usage: python tools/check_dist.py WHEEL SDIST
"""

from __future__ import annotations

import sys
import tarfile
import zipfile

REQUIRED = (
    "penguin_pipes/__init__.py",
    "penguin_pipes/py.typed",
    "penguin_pipes/data/penguins.csv",
    "penguin_pipes/data/README.md",
    "penguin_pipes/eda/templates/page.css",
    "penguin_pipes/eda/templates/page.html.jinja",
    "penguin_pipes/scripts/evaluate.py",
    "penguin_pipes/scripts/inference.py",
    "penguin_pipes/scripts/package.py",
    "penguin_pipes/scripts/preprocessor.py",
    "penguin_pipes/scripts/train.py",
)
SDIST_ONLY = (
    "LICENSE",
    "README.md",
    "noxfile.py",
    "pyproject.toml",
    "tests/conftest.py",
)


def main(wheel: str, sdist: str) -> int:
    """Return 0 if both archives hold what they must, and say what is missing."""
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(sdist) as packed:
        in_sdist = {name.partition("/")[2] for name in packed.getnames()}
    problems = [
        *(f"{wheel}: {name} is missing" for name in REQUIRED if name not in in_wheel),
        *(
            f"{sdist}: {name} is missing"
            for name in (*REQUIRED, *SDIST_ONLY)
            if name not in in_sdist
        ),
        *(
            f"{wheel}: {name} does not belong there"
            for name in sorted(in_wheel)
            if not name.startswith(("penguin_pipes/", "penguin_pipes-"))
        ),
    ]
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
