"""A config's definition, rendered once and remembered for as long as nothing changes.

Rendering imports the SageMaker SDK, which takes longer than many a pipeline. What a
definition depends on is known without it: the config, the content of the files it
names, the SDK and this package.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

import penguin_pipes
from penguin_pipes.bundle import bundle_file, bundle_source
from penguin_pipes.definition import Problem, Severity, refuse_errors
from penguin_pipes.local.cache.surroundings import surroundings
from penguin_pipes.local.database import FILE, Database
from penguin_pipes.local.digests import Digests

if TYPE_CHECKING:
    from penguin_pipes.config import PipelineConfig

FOLDER: Final = "definitions"
MOST: Final = 50
"""How many definitions a home remembers."""

RENDERED: Final = "rendered.json"


@attrs.frozen(kw_only=True)
class Rendered:
    """A definition, and what it refers to.

    Attributes:
        definition: The definition JSON.
        files: S3 URI → file on this computer.
        warnings: What the rules say of it; there is nothing worse.
        archives: Where fresh archives lie; None if it was remembered.
        owner: The pipeline, which has to live as long as its archives are needed.
    """

    definition: str
    files: Mapping[str, Path]
    warnings: tuple[Problem, ...]
    archives: Path | None = None
    owner: object = None


def rendered(
    config: PipelineConfig, *, home: Path, beforehand: Callable[[], None] | None = None
) -> tuple[Rendered, Path]:
    """Return the definition that `build_pipeline` renders, and where it is remembered.

    Args:
        config: The pipeline.
        home: The home of local runs, where definitions are remembered.
        beforehand: Called before it is rendered, unless it is remembered.

    Raises:
        RequestError: It cannot be rendered, has errors, or a file that it names cannot
            be read.
    """
    folder = home.absolute() / FOLDER / _key(config, home)
    with suppress(OSError, ValueError, KeyError):
        found = _read(folder / RENDERED)
        os.utime(folder)
        return found, folder
    if beforehand is not None:
        beforehand()
    from penguin_pipes.pipeline import build_pipeline

    pipeline = build_pipeline(config)
    definition, files = pipeline.definition(), dict(pipeline.files)
    new = Rendered(
        definition=definition,
        files=files,
        warnings=refuse_errors(definition, files=files),
        archives=pipeline.folder,
        owner=pipeline,
    )
    return new, folder


def _key(config: PipelineConfig, home: Path) -> str:
    """Return one text for everything that a definition depends on."""
    # Records print all they hold, in the order of their fields.
    facts: list[Any] = [repr(config), surroundings(), list(_own_files())]
    with ExitStack() as stack:
        known = (home / FILE).is_file()
        memory = stack.enter_context(Database(home)) if known else None
        facts += _contents(config, Digests(memory))
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _contents(config: PipelineConfig, digests: Digests) -> Iterator[str]:
    """Yield the digests of all files that a config names.

    Raises:
        BundleError: One of them is not there, or cannot be read.
    """
    processing = [config.processing]
    if config.register is not None:
        processing += [config.register.evaluation, config.register.packaging]
    for each in processing:
        yield bundle_file(each.script, what="ProcessingConfig.script").digest
        for name, path in each.files.items():
            what = f"ProcessingConfig.files[{name!r}]"
            yield bundle_file(path, what=what).digest
    training = config.tuned().training if config.use_tuning else config.training
    assert training is not None  # noqa: S101  # tuned() fills it in
    code, _ = bundle_source(
        training.source, training.entry_point, ignore=training.ignore
    )
    yield code.digest
    if isinstance(config.dataset, Path) and config.dataset.is_file():
        # Data can be big: its digest is remembered, those of code are not.
        yield f"{config.dataset.absolute()} {digests.of_file(config.dataset)}"


def _own_files() -> Iterator[tuple[str, int, int]]:
    """Yield what changes of this package when somebody works on it."""
    root = Path(penguin_pipes.__file__).parent
    for path in sorted(root.rglob("*.py")):
        status = path.stat()
        yield str(path), status.st_size, status.st_mtime_ns


def _read(file: Path) -> Rendered:
    """Return what was remembered, if all that it refers to is still there."""
    found = json.loads(file.read_text(encoding="utf-8"))
    files = {uri: file.parent / path for uri, path in found["files"].items()}
    for path in files.values():
        path.stat()
    warnings = tuple(
        Problem(**{**each, "severity": Severity(each["severity"])})
        for each in found["warnings"]
    )
    return Rendered(definition=found["definition"], files=files, warnings=warnings)


def remember(new: Rendered, folder: Path) -> None:
    """Remember a definition and its archives, if they are not remembered already.

    Only once the home is in use: a request that is refused leaves nothing behind.
    """
    if new.archives is None:
        return
    aside = folder.with_name(f".{folder.name}-{os.getpid()}")
    kept: dict[str, str] = {}
    # Where this fails, the next run renders anew.
    with suppress(OSError):
        aside.mkdir(parents=True, exist_ok=True)
        for number, (uri, path) in enumerate(new.files.items()):
            kept[uri] = str(path.absolute())
            if path.is_relative_to(new.archives):
                kept[uri] = f"{number}/{path.name}"
                (aside / str(number)).mkdir(exist_ok=True)
                shutil.copyfile(path, aside / kept[uri])
        found = {
            "definition": new.definition,
            "files": kept,
            "warnings": [attrs.asdict(each) for each in new.warnings],
        }
        (aside / RENDERED).write_text(json.dumps(found), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        aside.replace(folder)
        _forget_old(folder.parent)


def _forget_old(folder: Path) -> None:
    """Forget the definitions that were not asked for the longest."""
    newest = sorted(folder.iterdir(), key=lambda each: -each.stat().st_mtime)
    for each in newest[MOST:]:
        shutil.rmtree(each, ignore_errors=True)
