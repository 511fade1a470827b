"""Tell from a config which scripts its pipeline will start, before it is rendered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from penguin_pipes.config.records import Image
from penguin_pipes.local.backends import Script
from penguin_pipes.local.backends.imports import alone, in_folder
from penguin_pipes.local.contract.host import PYTHON
from penguin_pipes.local.contract.variables import of_image
from penguin_pipes.local.jobs.scripts import wanted_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penguin_pipes.config import PipelineConfig, ProcessingConfig, TrainingConfig
    from penguin_pipes.config.records import Text
    from penguin_pipes.local.contract.host import Host


def expected_scripts(
    config: PipelineConfig, host: Host, *, has_run: bool = False
) -> Iterator[Script]:
    """Yield what servers must be like for the scripts of *config*.

    A guess, good enough to begin with: the engine finds out what they really are, and
    starts what was not foreseen by itself.

    Args:
        config: The pipeline.
        host: The computer, as far as jobs may know it.
        has_run: Whether there may be results to reuse. What is changed between runs is
            the training, more often than what comes before it; what comes after it is
            far enough away for the engine to see to it.
    """
    training = config.tuned().training if config.use_tuning else None
    # The one that takes longer comes first: a network's library is a big one.
    processing, register = [config.processing], config.register
    if register is not None:
        processing += [register.evaluation, register.packaging]
    if has_run:
        processing = []
    for script in (
        _training(training or config.training, host),
        *(_processing(each, host) for each in processing),
    ):
        if script is not None:
            yield script


def _processing(config: ProcessingConfig, host: Host) -> Script | None:
    environment = _texts(config.environment)
    if environment is None or not PYTHON.fullmatch(Path(config.command[0]).name):
        return None
    if config.python is not None:
        return None
    told = {**host.base_environment, **environment}
    return Script.expect(config.script.name, alone(config.script), told)


def _training(config: TrainingConfig, host: Host) -> Script | None:
    environment, image = _texts(config.environment), config.image
    if environment is None or not isinstance(image, str | Image):
        return None
    if config.python is not None or _installs(config):
        return None
    if isinstance(image, Image):
        image = image.framework
    told = {**host.base_environment, **environment, **of_image(image, environment)}
    if config.source.is_file():
        return Script.expect(config.source.name, alone(config.source), told)
    script = config.source / (config.entry_point or "")
    return Script.expect(script.name, in_folder(script.parent), told)


def _installs(config: TrainingConfig) -> bool:
    """Return whether the code comes with packages, which no server has."""
    source = config.source
    return source.is_dir() and wanted_of(source, config.entry_point or "") is not None


def _texts(values: Mapping[str, Text]) -> dict[str, str] | None:
    """Return the values if all are known before the pipeline runs."""
    found = {name: text for name, text in values.items() if isinstance(text, str)}
    return found if len(found) == len(values) else None
