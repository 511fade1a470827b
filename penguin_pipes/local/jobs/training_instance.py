"""Run what one computer of a training job runs: furnish its tree, follow its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local.contract import source, training, variables
from penguin_pipes.local.contract.failure import ErrorLines, script_failure
from penguin_pipes.local.contract.tree import ROOT
from penguin_pipes.local.events import MetricSeen, StepWarned
from penguin_pipes.local.jobs.base import Job, container_code
from penguin_pipes.local.jobs.cluster import Ended
from penguin_pipes.local.jobs.installing import install
from penguin_pipes.local.jobs.training_described import training_arn
from penguin_pipes.local.records import now
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from penguin_pipes.local.backends import Outcome
    from penguin_pipes.local.contract.script_mode import ScriptMode
    from penguin_pipes.local.contract.training import TrainingRequest
    from penguin_pipes.local.metrics import MetricReader


class TrainingInstance:
    """One computer of a training job while it runs.

    Args:
        asked: What the job is asked for.
        job: The job, as this computer has it.
        metrics: Gets every line that its command prints.
    """

    def __init__(self, asked: TrainingRequest, job: Job, metrics: MetricReader) -> None:
        self._asked = asked
        self._job = job
        self._metrics = metrics
        self._errors = ErrorLines(asked.image)

    def run(self, script: ScriptMode | None) -> Ended:
        """Run its part of the job to the end.

        Args:
            script: What the image's toolkit would start; None if the request names a
                command of its own. In its image, the toolkit is there to know itself.
        """
        self._furnish()
        if self._job.has_image:
            return self._run_in_image()
        if script is None:
            outcome = self._follow(self._entrypoint(), {}, ROOT)
            return self._ended(outcome, container_code(outcome))
        script = script.named(self._job.name)
        self._place_code(script)
        self._warn(script)
        installed = install(
            self._job, self._asked, script.program, self._environment({})
        )
        if installed is None:
            return self._run_script(script)
        if not installed.made.is_ready:
            self._write_failure(installed.failure)
            return self._ended(installed.outcome, 1)
        self._use(installed.made.python)
        return self._run_script(attrs.evolve(script, is_package=installed.is_package))

    def _run_script(self, script: ScriptMode) -> Ended:
        """Run the script to its end."""
        argv, told = self._script(script)
        outcome = self._follow(argv, told, training.CODE)
        if outcome.exit_code and not outcome.stopped:
            code, said = outcome.exit_code, self._errors.text
            text = script_failure(code, said, argv, image=self._asked.image)
            self._write_failure(text)
        # Whatever code the script failed with, the toolkit exits with 1.
        return self._ended(outcome, 1 if outcome.exit_code else 0)

    def _use(self, python: str) -> None:
        """Have another Python run what the job runs."""
        host = attrs.evolve(self._job.host, python=python)
        self._job = attrs.evolve(self._job, host=host)

    def _furnish(self) -> None:
        """Put everything into the work tree that the service puts there."""
        job, checkpoints = self._job, self._asked.checkpoints
        job.make_folders(
            training.MODEL, training.OUTPUT_DATA, training.OUTPUT_INTERMEDIATE
        )
        if not job.has_image:
            # An image may have a script of its own there, which must not be hidden.
            job.make_folders(training.CODE)
        job.stage(self._asked.channels)
        if checkpoints is not None:
            job.make_folders(checkpoints.path)
            folder = job.tree.at(checkpoints.path)
            job.storage.stage(S3Uri.parse(checkpoints.uri), folder)
        job.write_config(training.config_files(self._asked, job.instance))

    def _place_code(self, script: ScriptMode) -> None:
        """Bring the script to where it starts from."""
        tree = self._job.tree
        if script.source.startswith("s3://"):
            self._unpack(script.source, script.program)
        else:
            source.place(tree.at(script.source), tree.at(training.CODE), script.program)

    def _unpack(self, uri: str, program: str | None) -> None:
        """Unpack the script's archive."""
        found = list(self._job.storage.objects(S3Uri.parse(uri)).values())
        if len(found) != 1:
            msg = f"{uri}: expected one archive, found {len(found)} objects"
            raise InputError(msg)
        source.unpack(found[0], self._job.tree.at(training.CODE), program)

    def _run_in_image(self) -> Ended:
        """Run the image on what the service gives it; its toolkit does the rest.

        That one fetches no archive from S3 if the code is there already.
        """
        uri = self._asked.code_uri
        if uri is not None:
            self._unpack(uri, None)
        outcome = self._follow(self._asked.container_command, {}, ROOT)
        return self._ended(outcome, container_code(outcome))

    def _warn(self, script: ScriptMode) -> None:
        """Say which arguments would be broken by the toolkits of today's images."""
        for name, word in script.broken_arguments.items():
            text = (
                f"hyperparameter {name!r}: images with sagemaker-training up to 5.1.2 "
                f"break the argument {word!r}; use letters, digits and _@%+=:,./- only"
            )
            self._job.announce(StepWarned(self._job.step, text))

    def _entrypoint(self) -> tuple[str, ...]:
        """Return the words of the request's own command."""
        first, *rest = (self._job.tree.localize(word) for word in self._asked.command)
        return (self._job.host.executable(first), *rest)

    def _script(self, script: ScriptMode) -> tuple[tuple[str, ...], dict[str, str]]:
        """Return the words that start a script, and what the toolkit tells it."""
        job = self._job
        told = variables.environment(
            script,
            self._asked,
            job_name=job.name,
            host=job.host,
            instance=job.instance,
        )
        return tuple(map(job.tree.localize, script.command(job.host.python))), told

    def _follow(self, argv: tuple[str, ...], told: dict[str, str], cwd: str) -> Outcome:
        """Run the command to its end; its checkpoints outlive it in any case."""
        try:
            return self._job.run(
                argv,
                self._environment(told),
                cwd=cwd,
                network=self._asked.network,
                image=self._asked.image,
                replaces_entrypoint=bool(self._asked.entrypoint),
                timeout_s=self._asked.max_runtime_s,
                on_line=self._read,
            )
        finally:
            if self._asked.checkpoints is not None:
                self._job.publish([self._asked.checkpoints])

    def _environment(self, told: dict[str, str]) -> dict[str, str]:
        """Return the whole environment; what is told later wins."""
        job = self._job
        values = {
            **training.platform_environment(
                self._asked, name=job.name, arn=training_arn(self._asked, job.name)
            ),
            **self._asked.environment,
            **told,
        }
        local = {name: job.tree.localize(value) for name, value in values.items()}
        return {**job.host.base_environment, **local}

    def _read(self, line: str) -> None:
        """Look for metrics and errors in one line."""
        self._errors.feed(line)
        for name, point in self._metrics.feed(line, now()):
            self._job.announce(MetricSeen(self._job.step, name, point))

    def _write_failure(self, text: str) -> None:
        """Leave the toolkit's last words, unless the script left its own."""
        file = self._job.tree.at(training.FAILURE)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def _ended(self, outcome: Outcome, code: int) -> Ended:
        """Return how its part of the job ended."""
        return Ended(job=self._job, outcome=outcome, code=code)
