"""Run one training job: on all its computers, then publish what it made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penguin_pipes.local.archive import pack
from penguin_pipes.local.contract import training
from penguin_pipes.local.contract.failure import reason
from penguin_pipes.local.contract.requests import DataOutput
from penguin_pipes.local.jobs.base import Job, JobResult, failure_of
from penguin_pipes.local.jobs.cluster import Together, gather, on_each
from penguin_pipes.local.jobs.training_described import described
from penguin_pipes.local.jobs.training_instance import TrainingInstance
from penguin_pipes.local.metrics import MetricReader
from penguin_pipes.local.records import now
from penguin_pipes.local.storage import files_below
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.local.contract.script_mode import ScriptMode
    from penguin_pipes.local.contract.training import TrainingRequest


class TrainingJob:
    """One training job while it runs: its metrics, its end."""

    def __init__(self, asked: TrainingRequest, job: Job) -> None:
        self._asked = asked
        self._job = job
        self._metrics = MetricReader(asked.metrics)
        self._started = now()

    def run(self, script: ScriptMode | None) -> JobResult:
        """Run the job to its end.

        Args:
            script: As `TrainingInstance.run` wants it.
        """
        together = on_each(
            self._job,
            self._asked.instances,
            lambda part: TrainingInstance(self._asked, part, self._metrics).run(script),
        )
        return self._finish(together)

    def _finish(self, together: Together) -> JobResult:
        """Publish what is to be published, and describe the job."""
        end = together.decisive
        outcome, code = end.outcome, end.code
        failure = failure_of(
            outcome,
            max_runtime_s=self._asked.max_runtime_s,
            reason=reason(self._last_words(end.job), code),
        )
        gather(self._job, together.parts, [training.MODEL, training.OUTPUT_DATA])
        artifacts = self._publish(
            end.job,
            has_model=failure is None and not (outcome.stopped and self._is_bare()),
        )
        series = self._metrics.series
        properties = described(
            self._asked,
            self._job.name,
            metrics={name: points[-1] for name, points in series.items()},
            started=self._started,
            ended=now(),
        )
        return JobResult(
            failure=failure,
            exit_code=code,
            stopped=outcome.stopped,
            properties=properties,
            artifacts=artifacts,
            series=series,
            fault=outcome.fault,
        )

    def _last_words(self, job: Job) -> str:
        """Return what the failure file says."""
        try:
            return job.tree.at(training.FAILURE).read_text(errors="replace")
        except OSError:
            return ""

    def _is_bare(self) -> bool:
        """Return whether there is no model yet."""
        return not any(files_below(self._job.tree.at(training.MODEL)))

    def _publish(self, ended: Job, *, has_model: bool) -> dict[str, Path]:
        """Publish what the service would; return where each artifact lies."""
        job, asked = self._job, self._asked
        artifacts = self._publish_output(ended)
        if not has_model:
            return artifacts
        if asked.compressed:
            artifacts["model"] = self._pack(training.MODEL, asked.model_uri(job.name))
        else:
            model = DataOutput(
                name="model", uri=asked.model_uri(job.name), path=training.MODEL
            )
            artifacts.update(job.publish([model]))
        if asked.checkpoints is not None:
            kept = job.storage.place(S3Uri.parse(asked.checkpoints.uri))
            artifacts["checkpoints"] = kept
        return artifacts

    def _publish_output(self, ended: Job) -> dict[str, Path]:
        """Publish what lies beside the model, and the failure, if there is any."""
        tree = self._job.tree
        failure = ended.tree.at(training.FAILURE)
        extra = [failure] if failure.is_file() and not failure.is_symlink() else []
        if not extra and not any(files_below(tree.at(training.OUTPUT_DATA))):
            return {}
        uri = self._asked.artifact(self._job.name, "output.tar.gz")
        return {"output": self._pack(training.OUTPUT_DATA, uri, *extra)}

    def _pack(self, folder: str, uri: str, *extra: Path) -> Path:
        """Pack a folder of the work tree and publish the archive."""
        archive = self._job.folder / uri.rpartition("/")[2]
        pack(self._job.tree.at(folder), archive, *extra)
        return self._job.storage.publish(archive, S3Uri.parse(uri), take=True)
