"""Lay a virtual environment on top of a Python, so that it sees that one's packages."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError
from penguin_pipes.local.disk import remove
from penguin_pipes.local.environments.installers import uv_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penguin_pipes.local.environments.interpreter import Interpreter

LAYER: Final = "penguin_pipes_layer.pth"
SHADOW: Final = "penguin_pipes_shadow"
"""Marks a record of a package that is there without the package."""

DESCRIBING: Final = ("METADATA", "WHEEL", "entry_points.txt")
FIND_PIP: Final = """
import glob, importlib.util, os, sysconfig
if importlib.util.find_spec("pip"):
    print()
else:
    import ensurepip
    folder = sysconfig.get_config_var("WHEEL_PKG_DIR") or os.path.join(
        os.path.dirname(ensurepip.__file__), "_bundled"
    )
    print(max(glob.glob(os.path.join(folder, "pip-*.whl"))) + "/pip")
"""
"""Says where a Python keeps the pip that it would give to environments, if it has none
of its own: started from there, it need not be installed first."""

INSTALLERS_BY: Final = "pip install uv, or install pip into that Python"


def make_bare(folder: Path, base: Interpreter, environment: Mapping[str, str]) -> None:
    """Make an environment with nothing in it, and nothing below.

    Raises:
        InputError: That Python can make none.
    """
    _run([base.executable, "-m", "venv", "--without-pip", str(folder)], environment)


def make(folder: Path, base: Interpreter, environment: Mapping[str, str]) -> None:
    """Make an environment in which *base*'s packages can be imported.

    Raises:
        InputError: That Python can make none.
    """
    make_bare(folder, base, environment)
    sites = [each for each in base.sites if Path(each).is_dir()]
    # Unlike a bare path, this heeds the .pth files in there: editable installs.
    lines = [f"import site; site.addsitedir({each!r})\n" for each in sites]
    own = site_of(folder)
    (own / LAYER).write_text("".join(lines), encoding="utf-8")
    _shadow(own, sites)


def python_of(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    return folder / "bin" / "python"


def site_of(folder: Path) -> Path:
    """Return where an environment's own packages lie."""
    return next(folder.glob("lib/python*/site-packages"))


def installer(folder: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words that install into an environment: uv's, or else pip's.

    Raises:
        InputError: There is neither.
    """
    python = str(python_of(folder))
    uv = uv_of(environment)
    if uv is not None:
        return (uv, "pip", "install", "--python", python)
    pip = _run([python, "-c", FIND_PIP], environment).strip()
    start = (pip,) if pip else ("-m", "pip")
    return (python, *start, "install", "--disable-pip-version-check")


def unshadow(folder: Path) -> tuple[str, ...]:
    """Take the records of *base*'s packages out again; return what was installed."""
    found = []
    for info in sorted(site_of(folder).glob("*.dist-info")):
        if (info / SHADOW).exists():
            remove(info)
        else:
            found.append(info.name.removesuffix(".dist-info"))
    return tuple(found)


def _shadow(own: Path, sites: Iterable[str]) -> None:
    """Tell installers of the packages below, which they would not look for there.

    Each record says that it has no files but its own: an installer that replaces the
    package leaves what is below alone.
    """
    for site in sites:
        for info in Path(site).glob("*.dist-info"):
            target = own / info.name
            if target.exists() or not (info / "METADATA").is_file():
                continue
            target.mkdir()
            names = [name for name in DESCRIBING if (info / name).is_file()]
            for name in names:
                shutil.copyfile(info / name, target / name)
            (target / SHADOW).touch()
            files = [*names, SHADOW, "RECORD"]
            record = "".join(f"{info.name}/{name},,\n" for name in files)
            (target / "RECORD").write_text(record, encoding="utf-8")


def _run(words: list[str], environment: Mapping[str, str]) -> str:
    """Run a command that makes part of an environment; return what it says."""
    done = subprocess.run(
        words,
        env=dict(environment),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        command = " ".join(words[:3])
        msg = (
            f"{command}: exit code {done.returncode} ({''.join(said)}); {INSTALLERS_BY}"
        )
        raise InputError(msg)
    return done.stdout
