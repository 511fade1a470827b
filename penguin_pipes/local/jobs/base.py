"""What every job kind is given, gives back, and has in common with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local.backends import (
    Backend,
    Command,
    Fault,
    Outcome,
    Stop,
    StoppedError,
)
from penguin_pipes.local.contract.cluster import LEADER, Instance
from penguin_pipes.local.contract.failure import timeout_reason
from penguin_pipes.local.contract.host import Host
from penguin_pipes.local.contract.tree import ROOT, WorkTree
from penguin_pipes.local.disk import bring, lock
from penguin_pipes.local.environments import Environments, Interpreter, here
from penguin_pipes.local.events import Event, StepLine, StepWarned
from penguin_pipes.local.records import MetricPoint, Trial
from penguin_pipes.local.resolve import Unknown
from penguin_pipes.local.slots import Slots
from penguin_pipes.local.storage import Storage, files_below
from penguin_pipes.local.tuning.book import TrialBook
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from datetime import datetime

    from penguin_pipes.local.contract.requests import DataInput, DataOutput

SIGNALLED: Final = 128
"""What a container adds to the signal that ended it, to make an exit code."""


@attrs.frozen(kw_only=True)
class Job:
    """One job that is about to run.

    Attributes:
        step: The step it belongs to.
        name: The job's own name.
        folder: Where its log and work tree are.
        storage: Where its inputs come from and its outputs go.
        backend: Where its command runs.
        host: The computer, as far as it may know it.
        announce: Told what happens.
        slots: Where its command takes a place while it runs.
        stop: By which another thread can ask it to end before; None if nobody does.
        trials: Where it notes its trials, if it is a tuning job.
        environments: Where what its code asks for is installed.
        base: The Python that those are made on top of.
        instance: Which of its computers this is, if there are several.
        own_log: Where its command's output goes, if not to the folder's ``log.txt``.
    """

    step: str
    name: str
    folder: Path
    storage: Storage
    backend: Backend
    host: Host
    announce: Callable[[Event], None]
    slots: Slots = attrs.field(factory=lambda: Slots(1))
    stop: Stop | None = None
    trials: TrialBook | None = None
    environments: Environments | None = None
    base: Interpreter = attrs.field(factory=here)
    instance: Instance = LEADER
    own_log: Path | None = None

    @property
    def has_image(self) -> bool:
        """Whether it runs in the image that its request names."""
        return self.backend.images is not None

    @property
    def log(self) -> Path:
        """The file that gets what its command prints."""
        return self.own_log or self.folder / "log.txt"

    @property
    def tree(self) -> WorkTree:
        """The job's ``/opt/ml``."""
        root = self.folder / "ml"
        return WorkTree(root, self.backend.seen(root))

    def run(
        self,
        argv: tuple[str, ...],
        environment: Mapping[str, str],
        *,
        cwd: str = ROOT,
        network: bool = True,
        image: str = "",
        replaces_entrypoint: bool = True,
        timeout_s: float,
        on_line: Callable[[str], None] = lambda _: None,
    ) -> Outcome:
        """Run the command in the work tree, telling each line it prints.

        Raises:
            StoppedError: The whole run ends, and nobody wants anything of the job.
        """

        def tell(line: str) -> None:
            on_line(line)
            self.announce(StepLine(self.step, line))

        command = Command(
            argv=argv,
            cwd=self.tree.seen_at(cwd),
            environment=environment,
            tree=self.tree.root,
            network=network,
            image=image,
            replaces_entrypoint=replaces_entrypoint,
        )
        with self.slots:
            outcome = self.backend.run(
                command,
                log=self.log,
                on_line=tell,
                timeout_s=timeout_s,
                warn=lambda text: self.announce(StepWarned(self.step, text)),
                stop=self.stop,
            )
        if outcome.stopped:
            self.refuse_if_over()
        return outcome

    def refuse_if_over(self) -> None:
        """Raise a `StoppedError` if the whole run ends."""
        if self.stop is not None and self.stop.is_urgent:
            msg = "the run was stopped"
            raise StoppedError(msg)

    def make_folders(self, *paths: str) -> None:
        """Make folders of the work tree."""
        for path in paths:
            self.tree.at(path).mkdir(parents=True, exist_ok=True)

    def write_config(self, files: Mapping[str, Any]) -> None:
        """Write the JSON files that the job finds, paths localized."""
        for path, content in files.items():
            self.tree.write_json(path, self.tree.localize_all(content))

    def stage(self, inputs: Iterable[DataInput]) -> None:
        """Bring the inputs into the work tree.

        Raises:
            InputError: If nothing lies where an input should come from.
        """
        for data in inputs:
            objects = self.storage.objects(S3Uri.parse(data.uri))
            if not objects:
                msg = (
                    f"ClientError: {data.name}: no object lies at or below {data.uri}; "
                    "the step that should have written there wrote nothing"
                )
                raise InputError(msg)
            if data.is_sharded:
                self._warn_of_few(data, len(objects))
                objects = self.instance.share(objects)
            folder = self.tree.at(data.path)
            bring(objects, folder)
            if data.is_read_only:
                lock(folder)

    def _warn_of_few(self, data: DataInput, count: int) -> None:
        """Say so if there are fewer objects than computers to share them."""
        if count < self.instance.count:
            text = (
                f"{data.name}: {data.uri} is sharded over {self.instance.count} "
                f"instances and holds {count} objects; some get none"
            )
            self.announce(StepWarned(self.step, text))

    def publish(self, outputs: Iterable[DataOutput]) -> dict[str, Path]:
        """Publish the folders that hold any file; return where each now lies."""
        return {
            output.name: self.storage.publish(folder, S3Uri.parse(output.uri))
            for output in outputs
            for folder in [self.tree.at(output.path)]
            if self.owns(folder) and next(files_below(folder), None)
        }

    def owns(self, folder: Path) -> bool:
        """Return whether a folder is in the tree for real, not through a link."""
        return folder.resolve().is_relative_to(self.tree.root.resolve())


@attrs.frozen(kw_only=True)
class JobResult:
    """How a job ended.

    Attributes:
        failure: Why it failed, or None if it did not.
        exit_code: What its container would have exited with; None if it had none.
        stopped: Whether it was stopped because somebody asked for it.
        properties: What its Describe call would return.
        artifacts: Where its outputs lie.
        series: The values of its metrics.
        trials: The trials of a tuning job.
        fault: What went wrong that was not the job's doing.
        attempts: How often it was tried.
        model_group: The group of models that is to have a new version, if one is.
    """

    failure: str | None
    exit_code: int | None = None
    stopped: bool = False
    properties: Mapping[str, Any] = MappingProxyType({})
    artifacts: Mapping[str, Path] = MappingProxyType({})
    series: Mapping[str, tuple[MetricPoint, ...]] = MappingProxyType({})
    trials: tuple[Trial, ...] = ()
    fault: Fault | None = None
    attempts: int = 1
    model_group: str | None = None

    @property
    def everything(self) -> dict[str, Path]:
        """All that was published: the artifacts, and those of the trials."""
        others = {
            f"{name} of trial {trial.number}": path
            for trial in self.trials
            for name, path in trial.artifacts.items()
        }
        return {**self.artifacts, **others}


def container_code(outcome: Outcome) -> int:
    """Return the exit code of a container whose command ended so."""
    code = outcome.exit_code
    return code if code >= 0 else SIGNALLED - code


def failure_of(outcome: Outcome, *, max_runtime_s: int, reason: str) -> str | None:
    """Return why a job failed, or None if it did not."""
    if outcome.timed_out:
        return timeout_reason(max_runtime_s)
    if not outcome.exit_code or outcome.stopped:
        return None
    return reason if outcome.remark is None else f"{reason}; {outcome.remark}"


def moment(at: datetime | None) -> str:
    """Return a moment as the service writes it, or as not yet known."""
    return Unknown("a moment") if at is None else at.isoformat(timespec="milliseconds")
