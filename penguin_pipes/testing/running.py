"""Run a pipeline, or one step, on this computer; what has run before is reused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import attrs

from penguin_pipes.config import ProcessingConfig, TrainingConfig, TuningConfig
from penguin_pipes.config.step import StepConfig
from penguin_pipes.definition import load
from penguin_pipes.definition.single import single_step, writes_to_fixed_places
from penguin_pipes.errors import InputError
from penguin_pipes.local import CacheMode, StandIn, run_locally
from penguin_pipes.local.backends import Backend
from penguin_pipes.local.disk import home_errors
from penguin_pipes.local.locks import one_at_a_time
from penguin_pipes.testing.data import FORMATS, Data, Frame, below, laid_out
from penguin_pipes.testing.sources import HasDefinition, Source, definition_of, files_of

if TYPE_CHECKING:
    from penguin_pipes.local import Run, StepRun
    from penguin_pipes.local.parameters import Given

C = TypeVar("C", bound=StepConfig)

NAME: Final = "pipeline"
INPUTS: Final = "s3://penguin-pipes-testing/inputs"
PLACE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bucket": "penguin-pipes-testing",
        "region": "us-east-1",
        "role": "arn:aws:iam::000000000000:role/penguin-pipes-testing",
    }
)
"""Stands for what a config leaves open: a local run goes nowhere."""

APART: Final = "apart"
"""Where in a home those have homes of their own that write to fixed places."""

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

Step: TypeAlias = ProcessingConfig | TrainingConfig | TuningConfig | Any
"""A config, a step of the factories or of the SDK, or the name of a step."""


@attrs.frozen(kw_only=True)
class RunPipeline:
    """Runs pipelines in the home of the session.

    Attributes:
        home: Where runs are kept.
        backend: Where jobs run.
    """

    home: Path
    backend: Backend = attrs.field(repr=False)

    def __call__(
        self,
        pipeline: Source,
        *,
        parameters: Mapping[str, Given | Data] = NOTHING,
        files: Mapping[str, Data] = NOTHING,
        stand_ins: Mapping[str, StandIn] = NOTHING,
        name: str | None = None,
        cache: CacheMode | str = CacheMode.USE,
    ) -> Run:
        """Run a pipeline or definition, and return the record of the run.

        Args:
            pipeline: The pipeline or definition.
            parameters: Values for its parameters; frames, files and folders become
                inputs.
            files: S3 URI, or prefix of URIs, → what lies there. A frame is the file
                that a URI names (``….csv``), or lies below it. What a pipeline brings
                is known.
            stand_ins: Functions in the place of steps that cannot run here; see
                `run_locally`.
            name: What ``Execution.PipelineName`` is; by default the pipeline's own.
            cache: Whether results of earlier runs are taken: ``use``, ``refresh`` or
                ``only``.

        Raises:
            RequestError: It cannot run; nothing was started.
            StepFailedError: A job failed; the message has the end of its log.
        """
        definition = load(definition_of(pipeline))
        called = name or _name(pipeline)
        given = {key: self._given(key, value) for key, value in parameters.items()}
        own_files = {uri: self._file(uri, data) for uri, data in files.items()}
        home = self.home
        if writes_to_fixed_places(definition):
            # Another test would find, or change, what this one has written.
            home = home / APART / _digest(definition, called, given, own_files)
        # Two workers that want the same do it once: the second takes the result.
        turn = one_at_a_time(self.home, _digest(definition, called))
        with home_errors(self.home), turn:
            return run_locally(
                definition,
                files={**files_of(pipeline), **own_files},
                parameters=given,
                name=called,
                home=home,
                stand_ins=stand_ins,
                cache=cache,
                backend=self.backend,
            )

    def _given(self, name: str, value: Given | Data) -> Given:
        if isinstance(value, (Frame, Path, Mapping)):
            return laid_out(value, home=self.home, place=f"parameters[{name!r}]")
        return value

    def _file(self, uri: str, data: Data) -> Path:
        """Return what lies at *uri*: a frame is the file, or lies in the folder."""
        place = f"files[{uri!r}]"
        if not isinstance(data, Frame):
            return laid_out(data, home=self.home, place=place)
        name = uri.rpartition("/")[2]
        if not name.endswith(FORMATS):
            return laid_out(data, home=self.home, place=place).parent
        return laid_out({name: data}, home=self.home, place=place) / name


@attrs.frozen(kw_only=True)
class RunStep:
    """Runs single steps in the home of the session.

    Attributes:
        run: Runs pipelines there.
    """

    run: RunPipeline

    def __call__(
        self,
        step: Step,
        *,
        inputs: Mapping[str, Data] = NOTHING,
        pipeline: Source | None = None,
        parameters: Mapping[str, Given | Data] = NOTHING,
        files: Mapping[str, Data] = NOTHING,
        name: str = "step",
        cache: CacheMode | str = CacheMode.USE,
    ) -> StepRun:
        """Run one step, and return its record: ``artifacts`` has its outputs' paths.

        Args:
            step: A `ProcessingConfig`, `TrainingConfig` or `TuningConfig`, which may
                leave open where it runs; a step of the factories or of the SDK; or,
                with *pipeline*, the name of a step.
            inputs: What it reads in the place of its inputs, or channels, by their
                names.
            pipeline: The pipeline or definition that has the step of that name.
            parameters: As for a pipeline.
            files: As for a pipeline.
            name: What the step of a config is called.
            cache: As for a pipeline.

        Raises:
            RequestError: It cannot run; nothing was started.
            StepFailedError: Its job failed; the message has the end of its log.
        """
        paths, uris = self._placed(inputs)
        if isinstance(step, StepConfig):
            whole: Source = _pipeline_of(_built(step, name, uris))
            definition = load(definition_of(whole))
        else:
            whole, name = _whole(step, pipeline)
            definition = single_step(definition_of(whole), name, inputs=uris)
        run = self.run(
            definition,
            parameters=parameters,
            files={**files_of(whole), **files, **paths},
            cache=cache,
        )
        return run.step(name)

    def _placed(
        self, inputs: Mapping[str, Data]
    ) -> tuple[dict[str, Path], dict[str, str]]:
        """Return S3 URI → path of the inputs, and each input's URI."""
        paths: dict[str, Path] = {}
        uris: dict[str, str] = {}
        for name, data in inputs.items():
            path = laid_out(data, home=self.run.home, place=f"inputs[{name!r}]")
            uris[name] = below(f"{INPUTS}/{name}", path)
            paths[uris[name]] = path
        return paths, uris


def _built(config: StepConfig, name: str, uris: Mapping[str, str]) -> Any:
    """Return the step of a config."""
    from penguin_pipes.factories import processing_step, training_step, tuning_step

    if isinstance(config, ProcessingConfig):
        return processing_step(_somewhere(config), name=name, inputs=uris)
    if isinstance(config, TrainingConfig):
        return training_step(_somewhere(config), name=name, channels=uris)
    if isinstance(config, TuningConfig):
        return tuning_step(_somewhere(config), name=name, channels=uris)
    raise _no_step(config)


def _somewhere(config: C) -> C:
    """Return a config that has a place."""
    missing: dict[str, Any] = {
        key: value for key, value in PLACE.items() if not getattr(config, key)
    }
    return attrs.evolve(config, **missing)


def _pipeline_of(step: Any) -> Any:
    """Return a pipeline of one step; the SDK adds the steps that it refers to."""
    from penguin_pipes.factories.deployable import Pipeline

    return Pipeline(NAME, steps=[step])


def _whole(step: Any, pipeline: Source | None) -> tuple[Source, str]:
    """Return what has the step in it, and the step's name."""
    if isinstance(step, str):
        if pipeline is None:
            msg = (
                f"penguin_pipes_run_step: {step!r} is a name, of a step of which "
                "pipeline? Pass pipeline=…"
            )
            raise InputError(msg)
        return pipeline, step
    name = getattr(step, "name", None)
    if not isinstance(name, str) or not hasattr(step, "to_request"):
        raise _no_step(step)
    return (_pipeline_of(step) if pipeline is None else pipeline), name


def _no_step(step: object) -> InputError:
    msg = (
        "penguin_pipes_run_step: expected a config of a processing, training or tuning "
        f"step, a step of the factories, or a step's name; got {step!r:.60}"
    )
    return InputError(msg)


def _name(pipeline: Source) -> str:
    """Return the name of a pipeline; definitions do not say theirs."""
    own = getattr(pipeline, "name", None)
    # Paths have one as well.
    return own if isinstance(own, str) and isinstance(pipeline, HasDefinition) else NAME


def _digest(*facts: Any) -> str:
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
