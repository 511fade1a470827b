"""Run one transform job: cut objects into requests, have them answered, publish."""

from __future__ import annotations

import gzip
import shutil
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.errors import InputError
from penguin_pipes.local import predictors
from penguin_pipes.local.contract import source
from penguin_pipes.local.contract.failure import reason
from penguin_pipes.local.contract.models import CODE, FOLDER, PROGRAM
from penguin_pipes.local.contract.names import account_of, arn, region_of
from penguin_pipes.local.contract.requests import DAY_S, DataOutput
from penguin_pipes.local.jobs.base import (
    Job,
    JobResult,
    container_code,
    failure_of,
    moment,
)
from penguin_pipes.local.records import now
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from penguin_pipes.local.backends import Outcome
    from penguin_pipes.local.contract.models import Served
    from penguin_pipes.local.contract.requests import DataInput
    from penguin_pipes.local.contract.transform import TransformRequest

BATCH: Final = "/opt/ml/batch"
REQUESTS: Final = f"{BATCH}/requests"
ANSWERS: Final = f"{BATCH}/answers"
RESULTS: Final = f"{BATCH}/results"
FAILURE: Final = "/opt/ml/output/failure"
PREDICTORS: Final = Path(predictors.__file__).parent
SUFFIX: Final = ".out"
ARCHIVE: Final = ".tar.gz"


class TransformJob:
    """One transform job while it runs."""

    def __init__(self, asked: TransformRequest, model: Served, job: Job) -> None:
        self._asked = asked
        self._model = model
        self._job = job
        self._batches: dict[str, list[list[bytes]]] = {}
        self._started = now()

    def run(self) -> JobResult:
        """Run the job to its end."""
        job = self._job
        job.make_folders(FOLDER, REQUESTS, ANSWERS, RESULTS, "/opt/ml/output")
        self._place(self._model.data)
        if self._model.source is not None:
            self._place(self._model.source)
        code = CODE if self._model.source is not None else f"{FOLDER}/code"
        program = self._program(code)
        self._write_job(code, program, self._write_requests())
        outcome = job.run(
            self._argv(code, program),
            self._environment(),
            network=self._model.network,
            image=self._model.image,
            timeout_s=DAY_S,
        )
        return self._finish(outcome)

    def _place(self, data: DataInput) -> None:
        """Bring the model, or its script, to where it is read."""
        job, name = self._job, S3Uri.parse(data.uri)
        found = job.storage.objects(name)
        if [*found] == [name.name] and name.name.endswith(ARCHIVE):
            source.unpack(found[name.name], job.tree.at(data.path), None)
        else:
            job.stage([data])

    def _program(self, code: str) -> str | None:
        """Return the model's script, or None if its SavedModel answers by itself.

        Raises:
            InputError: Nothing here can answer.
        """
        folder, named = self._job.tree.at(code), self._model.program
        wanted = folder / "requirements.txt"
        if wanted.is_file() and _asks_for_any(wanted):
            msg = (
                "the container would install code/requirements.txt, which a process "
                "here does not do; install it into this environment and pack the "
                "model without"
            )
            raise InputError(msg)
        if (folder / named).is_file():
            return named
        if PROGRAM in self._model.environment:
            msg = f"{PROGRAM} is {named!r}, and there is no such file; pack it in code/"
            raise InputError(msg)
        if next(self._job.tree.at(FOLDER).rglob("saved_model.pb"), None) is None:
            msg = (
                f"{self._model.data.uri} holds neither code/{named} nor a SavedModel, "
                f"and the server of {self._model.image or 'its image'} is not here; "
                "pack a script with model_fn, or save the model as a SavedModel"
            )
            raise InputError(msg)
        return None

    def _write_requests(self) -> dict[str, str]:
        """Write a file for each request; return whose part each is."""
        asked, job = self._asked, self._job
        objects = job.storage.objects(S3Uri.parse(asked.data.uri))
        if not objects:
            job.stage([asked.data])  # says what is missing
        places: dict[str, str] = {}
        for way, path in objects.items():
            batches = [*self._cut(way, path)]
            self._batches[way] = batches
            for number, batch in enumerate(batches, start=1):
                name = f"{len(places):08d}"
                body = asked.cut.payload(map(asked.filters.filtered, batch))
                (job.tree.at(REQUESTS) / name).write_bytes(body)
                places[name] = f"request {number} of {way}"
        return places

    def _cut(self, way: str, path: Path) -> Iterator[list[bytes]]:
        """Return the records of an object, request by request."""
        content = path.read_bytes()
        if self._asked.is_gzipped:
            try:
                content = gzip.decompress(content)
            except (OSError, EOFError, zlib.error) as error:
                msg = f"ClientError: {way} is not compressed by gzip ({error})"
                raise InputError(msg) from None
        return self._asked.cut.batches(self._asked.cut.records(content), way)

    def _write_job(
        self, code: str, program: str | None, places: dict[str, str]
    ) -> None:
        """Write what the predictor is told, and the predictor."""
        folder = self._job.tree.at(BATCH)
        for script in PREDICTORS.glob("[!_]*.py"):
            shutil.copyfile(script, folder / script.name)
        told: dict[str, Any] = {
            "model": FOLDER,
            "code": code,
            "program": program,
            "requests": REQUESTS,
            "answers": ANSWERS,
            "failure": FAILURE,
            "content_type": self._asked.content_type,
            "accept": self._asked.accept,
        }
        document = {**self._job.tree.localize_all(told), "places": places}
        self._job.tree.write_json(f"{BATCH}/job.json", document)

    def _argv(self, code: str, program: str | None) -> tuple[str, ...]:
        """Return the words of the command."""
        job = self._job
        script = "saved_model.py"
        if program is not None:
            text = (job.tree.at(code) / program).read_text(errors="replace")
            script = "predictor.py" if "model_fn" in text else script
        paths = (f"{BATCH}/{script}", f"{BATCH}/job.json")
        return (job.host.python, *(str(job.tree.seen_at(path)) for path in paths))

    def _environment(self) -> dict[str, str]:
        """Return the whole environment."""
        told = {
            name: self._job.tree.localize(value)
            for name, value in self._asked.told.items()
        }
        return {**self._job.host.base_environment, **told}

    def _finish(self, outcome: Outcome) -> JobResult:
        """Publish what is to be published, and describe the job."""
        code = container_code(outcome)
        failure = failure_of(
            outcome, max_runtime_s=DAY_S, reason=reason(self._last_words(), code)
        )
        artifacts = {} if failure or outcome.stopped else self._publish()
        return JobResult(
            failure=failure,
            exit_code=code,
            stopped=outcome.stopped,
            properties=described(
                self._asked, self._job.name, started=self._started, ended=now()
            ),
            artifacts=artifacts,
            fault=outcome.fault,
        )

    def _last_words(self) -> str:
        """Return what the predictor left."""
        try:
            return self._job.tree.at(FAILURE).read_text(errors="replace")
        except OSError:
            return ""

    def _publish(self) -> dict[str, Path]:
        """Put the answers together, one object for each that was read."""
        tree = self._job.tree
        answers = iter(sorted(tree.at(ANSWERS).iterdir()))
        for way, batches in self._batches.items():
            parts = (
                self._asked.filters.shaped(batch, next(answers).read_bytes())
                for batch in batches
            )
            target = tree.at(RESULTS) / f"{way}{SUFFIX}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._asked.cut.assembled(parts))
        result = DataOutput(name="transformed", uri=self._asked.output, path=RESULTS)
        return self._job.publish([result])


def _asks_for_any(requirements: Path) -> bool:
    """Return whether there is anything to install."""
    lines = requirements.read_text(errors="replace").splitlines()
    return any(line.strip() and not line.strip().startswith("#") for line in lines)


def described(
    asked: TransformRequest,
    name: str,
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
) -> dict[str, Any]:
    """Return what the Describe call would say of the finished job."""
    image = "" if asked.model is None else asked.model.image
    account = account_of("")
    return {
        **asked.raw,
        "TransformJobName": name,
        "TransformJobArn": arn(
            "transform-job", name, region=region_of(image), account=account
        ),
        "TransformJobStatus": "Completed",
        "CreationTime": moment(started),
        "TransformStartTime": moment(started),
        "TransformEndTime": moment(ended),
    }
