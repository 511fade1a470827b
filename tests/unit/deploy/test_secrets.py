"""Nothing secret is printed, logged or written, whatever the command does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

KEY_ID = "AKIAMARKEDMARKED0001"
SECRET = "marked-secret-key-never-to-be-seen"
TOKEN = "marked-session-token-never-to-be-seen"
SIGNATURE = "markedsignature0123456789"
SECRETS = (KEY_ID, SECRET, TOKEN, SIGNATURE)
SIGNED_URL = f"https://acme-ml.s3.amazonaws.com/k?X-Amz-Signature={SIGNATURE}"
PIPELINE = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/penguins"
EXECUTION = {
    "PipelineExecutionArn": f"{PIPELINE}/execution/abc",
    "PipelineExecutionStatus": "Failed",
    "FailureReason": f"could not get {SIGNED_URL}",
    "CreationTime": 1_000.0,
}
STEP = {
    "StepName": "train-model",
    "StepStatus": "Failed",
    "FailureReason": f"ClientError: {SIGNED_URL} is gone",
    "Metadata": {
        "TrainingJob": {
            "Arn": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/pipelines-abc"
        }
    },
}
OWN = """
name = "own"
dataset = "rows.csv"
channels = {train = "rows"}
processing = {script = "clean.py", outputs = ["rows"], arguments = ["--output", "/opt/ml/processing/rows"]}
training = {source = "fit.py"}
"""
CLEAN = """
import os, pathlib, sys
print(dict(os.environ))
pathlib.Path(sys.argv[2], "rows.csv").write_text(repr(dict(os.environ)))
"""
FIT = "import os\nprint(dict(os.environ))\n"


@pytest.fixture
def leaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Any:
    """Return what finds marked secrets in outputs, files and log records.

    botocore's own records are left out: at its level DEBUG it writes down what it
    sends, and no run of ours turns that on.
    """
    caplog.set_level("DEBUG")

    def find(*said: Any) -> list[str]:
        texts = [text for each in said for text in (each.out, each.err)]
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        texts += [path.read_bytes().decode(errors="replace") for path in files]
        texts += [
            record.getMessage()
            for record in caplog.records
            if not record.name.startswith(("botocore", "urllib3"))
        ]
        return [text for text in texts if any(secret in text for secret in SECRETS)]

    return find


def test_good_runs_leak_nothing(call: Any, edge: Any, leaks: Any) -> None:
    """Deploying, starting, waiting, planning, showing the config."""
    edge.answer("sagemaker.ListPipelineExecutionSteps", {"PipelineExecutionSteps": []})

    said = [call("--start", "--wait"), call("--plan"), call("--show-config")]
    said += [call("--iam-policy", "deployer"), call("--delete", "--yes")]

    assert [each.code for each in said] == [0] * 5
    assert leaks(*said) == []


def test_refusals_that_quote_secrets_leak_nothing(
    call: Any, edge: Any, leaks: Any
) -> None:
    """AWS may quote the request; neither the error nor its trace repeats it."""
    quoted = " ".join(SECRETS[:3])
    edge.refuse("sagemaker.DescribePipeline", "ValidationException", quoted)
    said = [call("--debug"), call("--plan", "--debug"), call("--versions")]
    edge.refuse("sagemaker.DescribePipeline", "InvalidSignatureException", quoted)
    said += [call("--debug")]

    assert [each.code for each in said] == [1] * 4
    assert "Traceback" in said[0].err
    assert leaks(*said) == []


def test_secrets_of_a_profile_are_masked_as_those_of_the_environment(
    call: Any, edge: Any, leaks: Any, tmp_path_factory: Any, monkeypatch: Any
) -> None:
    """They stand in a file of the user's, and in no variable."""
    shared = tmp_path_factory.mktemp("aws") / "credentials"
    shared.write_text(
        f"[ml]\naws_access_key_id={KEY_ID}\naws_secret_access_key={SECRET}\n"
        f"aws_session_token={TOKEN}\n"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    edge.refuse(
        "sagemaker.DescribePipeline", "ValidationException", f"{SECRET} {TOKEN}"
    )

    said = call("--plan", "--profile", "ml", "--debug")

    assert said.code == 1
    assert "answered '**** ****'" in said.err
    assert leaks(said) == []


def test_a_failed_job_leaks_nothing(call: Any, edge: Any, leaks: Any) -> None:
    """Neither by its reason nor by the last lines of its log."""
    assert call().code == 0
    edge.answer("sagemaker.DescribePipelineExecution", EXECUTION)
    steps = {"PipelineExecutionSteps": [STEP]}
    edge.answer("sagemaker.ListPipelineExecutionSteps", steps)
    streams = {"logStreams": [{"logStreamName": "p/algo-1"}]}
    edge.answer("logs.DescribeLogStreams", streams)
    lines = [SIGNED_URL, f"aws_session_token={TOKEN}", f"it is {SECRET}"]
    events = [{"timestamp": n, "message": line} for n, line in enumerate(lines)]
    edge.answer("logs.GetLogEvents", {"events": events})

    said = call("--start", "--wait")

    assert said.code == 1
    assert "ClientError: https://acme-ml.s3.amazonaws.com/k?X-Amz-Signature=****" in (
        said.err
    )
    assert "it is ****" in said.err
    assert leaks(said) == []


def test_a_local_run_leaks_nothing(call: Any, tmp_path: Path, leaks: Any) -> None:
    """Its jobs get no credentials, so that what they print and write holds none."""
    files = {"pipeline.toml": OWN, "clean.py": CLEAN, "fit.py": FIT, "rows.csv": "a\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    said = call("--local", "--debug", places=False)

    assert said.code == 0, said.err
    log = next((tmp_path / ".penguin_pipes").rglob("train-model/log.txt"))
    assert "SM_MODEL_DIR" in log.read_text()
    assert leaks(said) == []
