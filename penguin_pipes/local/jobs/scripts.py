"""Tell what a job's script will be like before there is the job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from penguin_pipes.local.backends import Files, Script
from penguin_pipes.local.contract import source, variables
from penguin_pipes.local.contract.host import PYTHON
from penguin_pipes.local.contract.script_mode import PROGRAM, SOURCE, decoded
from penguin_pipes.local.contract.search import STATIC
from penguin_pipes.local.contract.tree import is_under
from penguin_pipes.local.environments import Wanted, wanted_by
from penguin_pipes.local.environments.content import REQUIREMENTS, SETUP
from penguin_pipes.local.resolve import Unknown
from penguin_pipes.local.storage import Storage, files_below
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition import Node
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.contract.processing import ProcessingRequest
    from penguin_pipes.local.contract.requests import DataInput
    from penguin_pipes.local.contract.script_mode import ScriptMode
    from penguin_pipes.local.contract.training import TrainingRequest


def processing_script(
    asked: ProcessingRequest, storage: Storage, host: Host
) -> Script | None:
    """Return the script of a processing job; None if it is none, or none to know of."""
    if not asked.entrypoint:
        return None
    first, *words = asked.command
    path = next(iter(words[1:] if words[:1] == ["--"] else words), "")
    if isinstance(path, Unknown) or not PYTHON.fullmatch(PurePosixPath(first).name):
        return None
    for data in asked.inputs:
        if data.is_known and is_under(path, data.path):
            way = PurePosixPath(path).relative_to(data.path)
            return _staged(data, way, asked.environment, storage, host)
    return None


def _staged(
    data: DataInput,
    way: PurePosixPath,
    environment: Mapping[str, str],
    storage: Storage,
    host: Host,
) -> Script | None:
    """Return the script that lies in an input, if it does already."""
    objects = storage.objects(S3Uri.parse(data.uri))
    if str(way) not in objects:
        return None

    def read(name: str) -> bytes | None:
        path = objects.get(str(way.parent / name))
        return None if path is None else path.read_bytes()

    return _expect(way.name, read, {**host.base_environment, **environment})


def training_script(
    asked: TrainingRequest, script: ScriptMode, storage: Storage, host: Host
) -> Script | None:
    """Return the script of a training job; None if there is none to know of."""
    if script.is_shell or not script.source.startswith("s3://"):
        return None
    found = list(storage.objects(S3Uri.parse(script.source)).values())
    if len(found) != 1 or wanted_of(found[0], script.program) is not None:
        # What is installed for it is in no server's Python.
        return None
    modules = source.read(found[0], lambda name: name.endswith(".py"))
    way = PurePosixPath(script.program)
    told = variables.environment(script, asked, job_name="", host=host)
    return _expect(
        way.name,
        lambda name: modules.get((way.parent / name).as_posix()),
        {**host.base_environment, **asked.environment, **told},
    )


def wanted_of(code: Path, program: str) -> Wanted | None:
    """Return what is to be installed for code, an archive or a folder.

    Raises:
        InputError: It is a file, and no archive.
    """
    if code.is_dir():
        names = [path.as_posix() for path in files_below(code)]
        return wanted_by(program, names, lambda name: (code / name).read_bytes())
    listed = source.read(code, lambda name: name in {REQUIREMENTS, SETUP})
    if not listed:
        return None
    files = source.read(code, lambda _: True)
    return wanted_by(program, files, files.__getitem__)


def environments_of(request: Node, storage: Storage) -> dict[str, str]:
    """Return what tells the environments of a request's code from any others.

    Its lists are parts of the key by themselves; files elsewhere that they name are
    not, nor is that they were installed.
    """
    found = {}
    for place, values in _hyperparameters(request.value):
        code, program = (decoded(values.get(key, "")) for key in (SOURCE, PROGRAM))
        if isinstance(code, Unknown) or not str(code).startswith("s3://"):
            continue
        for archive in storage.objects(S3Uri.parse(str(code))).values():
            wanted = wanted_of(archive, str(program))
            if wanted is not None:
                found[f"environment{place}"] = wanted.digest
    return found


def _hyperparameters(
    value: Any, place: str = ""
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the hyperparameters that a request says, once or for many definitions."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key in {"HyperParameters", STATIC} and isinstance(item, Mapping):
                yield place, item
            elif key in {"TrainingJobDefinition", "TrainingJobDefinitions"}:
                yield from _hyperparameters(item, place)
    elif isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _hyperparameters(item, f" {number}")


def _expect(
    program: str, files: Files, environment: Mapping[str, str]
) -> Script | None:
    """Return the script, unless only the run will tell what it is told."""
    if any(isinstance(value, Unknown) for value in environment.values()):
        return None
    return Script.expect(program, files, environment)
