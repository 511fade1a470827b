"""The two sides: AWS's toolkit, and the package's own process backend."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, cast

import attrs

from judge import container
from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import run_locally
from penguin_pipes.local.contract.host import this_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judge.case import Case
    from penguin_pipes.local import Run

TRAIN: Final = Path(sys.executable).with_name("train")
"""The command that an image starts: the toolkit's console script."""

TF_MODULE: Final = "sagemaker_tensorflow_container.training:main"
STEP: Final = "train"


@attrs.frozen(kw_only=True)
class Seen:
    """What a script saw, and how its job ended, with every path as in the container.

    Attributes:
        exit_code: The container's.
        failure: What ``/opt/ml/output/failure`` says, if it is there.
        probe: What the probe wrote down, if it got to it.
        said: The lines of the log that begin with ``said``, the script's own.
        is_talked_over: Whether there are lines of the toolkit's in the log.
        log: All of it, to look at when a test fails.
    """

    exit_code: int | None
    failure: str | None
    probe: dict[str, Any]
    said: tuple[str, ...]
    is_talked_over: bool
    log: str = attrs.field(eq=False)

    @classmethod
    def read(
        cls, root: Path, *, exit_code: int | None, log: Path, output: dict[str, str]
    ) -> Self:
        """Return what was left by a job whose ``/opt/ml`` stood at *root*."""
        here = {
            name: text.replace(str(root), "/opt/ml") for name, text in output.items()
        }
        text = log.read_bytes().decode(errors="replace")
        return cls(
            exit_code=exit_code,
            failure=here.get("failure"),
            probe=json.loads(here.get("probe.json", "{}")),
            said=tuple(line for line in text.splitlines() if line.startswith("said")),
            is_talked_over="sagemaker-training-toolkit" in text,
            log=text.replace(str(root), "/opt/ml"),
        )

    @property
    def environment(self) -> dict[str, str]:
        """The script's environment."""
        return dict(self.probe.get("environment", {}))

    def with_environment(self, environment: Mapping[str, str]) -> Self:
        """Return the same with another environment."""
        if not self.probe:
            return self
        return attrs.evolve(
            self, probe={**self.probe, "environment": dict(environment)}
        )


class Toolkit:
    """AWS's sagemaker-training, once started for many jobs.

    Attributes:
        tensorflow_errors: The errors that it knows of TensorFlow.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("oracle.py")), str(TRAIN)],
            env=self.image,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        told = self._hear()
        assert told["toolkit"] == [], "the toolkit must be imported by each job anew"
        self.tensorflow_errors: tuple[str, ...] = tuple(told["errors"])

    @property
    def image(self) -> dict[str, str]:
        """What stands for the ``ENV`` of the image: the same on both sides."""
        return this_host().base_environment

    def close(self) -> None:
        """Let the process end, which it does when nobody can ask it any more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def run(
        self,
        request: Mapping[str, Any],
        files: Mapping[str, Path],
        folder: Path,
        *,
        job_name: str,
        code: Path | None = None,
        endpoint: str | None = None,
        is_cold: bool = False,
    ) -> Seen:
        """Run one job and return what its script saw.

        Args:
            request: The job's ``CreateTrainingJob`` request.
            files: Which folder an S3 name stands for.
            folder: An empty folder for its ``/opt/ml`` and its log.
            job_name: What it is called.
            code: An archive that lies unpacked in the container from the start; the
                toolkit then fetches none.
            endpoint: The S3 that the toolkit fetches the archive from otherwise.
            is_cold: Start the command in a process of its own, as a container does.
        """
        folder.mkdir(exist_ok=True)
        root, log = folder / "ml", folder / "log.txt"
        container.furnish(root, request, files)
        if code is not None:
            with tarfile.open(code) as tar:
                tar.extractall(root / "code", filter="data")
        has_tensorflow = (
            "tensorflow" in request["AlgorithmSpecification"]["TrainingImage"]
        )
        environment = {
            **self.image,
            **container.variables(request, job_name),
            **_outside(root, endpoint),
            **({"SAGEMAKER_TRAINING_MODULE": TF_MODULE} if has_tensorflow else {}),
        }
        if is_cold:
            exit_code = _start(environment, log)
        else:
            job = {"environment": environment, "log": str(log)}
            exit_code = self._ask(job | {"tensorflow": has_tensorflow})["exit_code"]
        places = (root / "output" / "failure", root / "output" / "data" / "probe.json")
        output = {file.name: file.read_text() for file in places if file.exists()}
        return Seen.read(root, exit_code=exit_code, log=log, output=output)

    def _ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Give the process a job and wait until it is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        """Read one line from the process."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the toolkit's process has gone"
        answer: dict[str, Any] = json.loads(line)
        return answer


def _start(environment: Mapping[str, str], log: Path) -> int:
    """Start the image's command in a process of its own."""
    with log.open("wb") as file:
        ended = subprocess.run(
            [TRAIN],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return ended.returncode


def _outside(root: Path, endpoint: str | None) -> dict[str, str]:
    """Return what lets the toolkit run where there is no container: see `HARNESS`."""
    fetching = {
        "S3_ENDPOINT_URL": endpoint or "",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }
    return {
        "SAGEMAKER_BASE_DIR": str(root),
        "SM_STUDIO_LOCAL_MODE": "true",
        **(fetching if endpoint else {}),
    }


def run_here(
    case: Case, folder: Path
) -> tuple[Seen, dict[str, Any], str, dict[str, Path]]:
    """Run *case* as the package does.

    Returns:
        What its script saw; the request as it was when its turn came, the job's name
        and the files it found: what the other side is to be given.
    """
    files = case.write(folder)
    step = {"Name": STEP, "Type": "Training", "Arguments": case.request}
    definition = {"Version": "2020-12-01", "Parameters": [], "Steps": [step]}
    try:
        run = run_locally(definition, files=files, home=folder / "home")
    except StepFailedError as error:
        run = cast("Run", error.run)
    return *seen_here(run, STEP), files


def seen_here(run: Run, name: str) -> tuple[Seen, dict[str, Any], str]:
    """Return what the script of one step saw, its request and its job's name."""
    step = run.step(name)
    request: dict[str, Any] = json.loads((step.log.parent / "request.json").read_text())
    output = {}
    if "output" in step.artifacts:
        with tarfile.open(step.artifacts["output"]) as tar:
            for member in tar:
                file = tar.extractfile(member)
                output[member.name] = file.read().decode() if file else ""
    seen = Seen.read(
        step.log.parent / "ml", exit_code=step.exit_code, log=step.log, output=output
    )
    return seen, request, step.job_name
