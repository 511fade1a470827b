"""Find a model and what its preprocessor fitted; read nothing that was changed since.

Transformers are pickles and a SavedModel is a program: whoever can swap one can run
code here. So every file is read once, and used only if the digest of what was read is
that of the manifest: the record of the run, or ``SHA256SUMS`` in a folder.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local import History, Status
from penguin_pipes.local.database import FILE
from penguin_pipes.local.digests import of_contents
from penguin_pipes.local.storage import files_below

if TYPE_CHECKING:
    from penguin_pipes.local import Run, StepRun
    from penguin_pipes.local.cache.results import Output

LATEST: Final = "latest"
MANIFEST: Final = "SHA256SUMS"
ARCHIVE: Final = "model.tar.gz"
MODEL, TRANSFORMERS = "model", "transformers"
"""The artifacts of a run: a training's, and those of the preprocessor."""
NAMING: Final = frozenset({"Model", "RegisterModel"})
"""Types of steps that make nothing: their model is one that another step made."""
FEATURES, SCHEMA = "features.joblib", "schema.json"
LINE: Final = re.compile(r"([0-9a-f]{64}) [ *](.+)")
"""What ``sha256sum`` writes for each file."""


@attrs.frozen(kw_only=True)
class Artifacts:
    """What a model is made of, as it was read and found to be what it should be.

    Attributes:
        name: What to call it: the run, or the folder.
        model: The bytes of ``model.tar.gz``.
        transformers: The preprocessor's files, by name; None if they are in the
            archive, as `penguin_pipes.scripts.package` puts them there.
    """

    name: str
    model: bytes = attrs.field(repr=False)
    transformers: Mapping[str, bytes] | None = attrs.field(repr=False)


def find(run: str, home: Path) -> Artifacts:
    """Return the artifacts of a run, or those in a folder.

    Args:
        run: ``latest``, the id of a run, or the path of a folder.
        home: Where the runs are.

    Raises:
        InputError: There are none, or they were changed.
        HomeError: The records of the runs cannot be read.
    """
    if run != LATEST and Path(run).is_dir():
        return of_folder(Path(run))
    if not (home / FILE).is_file():
        _refuse(
            f"--home {home}",
            "there is no record of any run",
            "run `python -m penguin_pipes.deploy --local` first, or give its --home",
        )
    with History(home) as history:
        return of_run(_run(history, run, home), history)


def _run(history: History, run: str, home: Path) -> Run:
    if run != LATEST:
        try:
            return history.run(run)
        except KeyError:
            way_out = "give `latest`, the id of a run or the path of a folder"
            _refuse(f"--run {run}", f"{home} has no such run", way_out)
    succeeded = (each for each in history.newest() if each.status is Status.SUCCEEDED)
    found = next(succeeded, None)
    if found is None:
        problem = "no run in it has succeeded"
        _refuse(f"--home {home}", problem, "run the pipeline first")
    return found


def of_run(run: Run, history: History) -> Artifacts:
    """Return the artifacts that *run* made, or took from an earlier one.

    Raises:
        InputError: It made none, or they were changed.
    """
    return Artifacts(
        name=f"run {run.id} of {run.pipeline}",
        model=_verified_file(*_output(run, history, MODEL)),
        transformers=_verified_folder(*_output(run, history, TRANSFORMERS)),
    )


def _output(run: Run, history: History, name: str) -> tuple[Output, str]:
    """Return the one output of a run that has this name, and what to call it."""
    named = {step.name: _named(step, name) for step in run.steps}
    makers = [step for step in run.steps if step.type not in NAMING]
    steps = [step for step in makers if named[step.name]]
    if len(steps) != 1:
        told = ", ".join(step.name for step in steps) or "no step"
        _refuse(
            f"run {run.id}",
            f"{told} made {name!r}, where one step should have",
            f"serve a folder with {ARCHIVE}, {TRANSFORMERS}/ and {MANIFEST}",
        )
    (step,) = steps
    place = f"{step.name} of run {run.id}, output {name!r}"
    found = history.outputs(run.id, step).get(named[step.name])
    if found is None:
        _refuse(place, "the record has no digest of it", "run the pipeline again")
    return found, place


def _named(step: StepRun, name: str) -> str:
    """Return what the record calls an output of this name; of trials, the best's."""
    if name in step.artifacts:
        return name
    best = step.best_trial
    if best is None or name not in best.artifacts:
        return ""
    return f"{name} of trial {best.number}"


def _verified_file(output: Output, place: str) -> bytes:
    data = _read(output.path, place)
    _check(hashlib.sha256(data).hexdigest(), output.sha256, place)
    return data


def _verified_folder(output: Output, place: str) -> dict[str, bytes]:
    found = files_below(output.path, follow=True)
    contents = {way.as_posix(): _read(output.path / way, place) for way in found}
    _check(of_contents(contents), output.sha256, place)
    _need(contents, place)
    return contents


def of_folder(folder: Path) -> Artifacts:
    """Return the artifacts in *folder*, all of which its manifest lists.

    Raises:
        InputError: There are none, or they are not what the manifest says.
    """
    sums = _manifest(folder / MANIFEST)
    contents: dict[str, bytes] = {}
    for name, digest in sums.items():
        if name == ARCHIVE or Path(name).parent == Path(TRANSFORMERS):
            contents[name] = _read(folder / name, str(folder / name))
            found = hashlib.sha256(contents[name]).hexdigest()
            _check(found, digest, str(folder / name))
    if ARCHIVE not in contents:
        way_out = f"write it with `sha256sum {ARCHIVE} {TRANSFORMERS}/* > {MANIFEST}`"
        _refuse(str(folder / MANIFEST), f"it does not list {ARCHIVE}", way_out)
    model = contents.pop(ARCHIVE)
    files = {Path(name).name: data for name, data in contents.items()}
    if files:
        _need(files, str(folder / MANIFEST))
    return Artifacts(
        name=f"folder {folder.resolve().name}", model=model, transformers=files or None
    )


def _manifest(path: Path) -> dict[str, str]:
    """Return the digests that a manifest lists, by the names of the files."""
    text = _read(path, str(path)).decode(errors="replace")
    sums: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = LINE.fullmatch(line)
        if match is None:
            way_out = "write it with `sha256sum`"
            _refuse(f"{path}, line {number}", "this is no digest and name", way_out)
        sums[Path(match[2]).as_posix()] = match[1]
    return sums


def _read(path: Path, place: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror})"
        _refuse(place, problem, "restore it, or run the pipeline again")


def _check(found: str, expected: str, place: str) -> None:
    if found != expected:
        problem = f"its SHA-256 is {found[:12]}…, and {expected[:12]}… is on record"
        way_out = "it was changed since: run the pipeline again, or restore it"
        _refuse(place, problem, way_out)


def _need(contents: Mapping[str, bytes], place: str) -> None:
    for name in (FEATURES, SCHEMA):
        if name not in contents:
            way_out = "serve what scripts/preprocessor.py wrote"
            _refuse(place, f"{TRANSFORMERS}/{name} is missing", way_out)


def _refuse(place: str, problem: str, way_out: str) -> NoReturn:
    msg = f"{place}: {problem}; {way_out}"
    raise InputError(msg)
