"""What is promised of processing jobs, with real processes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import Event, Status, StepLine


def _failure(project: Any, step: Any, **options: Any) -> Any:
    """Return the record of a step that fails."""
    with pytest.raises(StepFailedError, match=step["Name"]) as caught:
        project.run(step, **options)
    run: Any = caught.value.run
    return run.step(step["Name"])


def test_two_steps_hand_over_their_data(project: Any) -> None:
    """What one step writes, the next one reads: files, folders and all."""
    raw = project.file("s3://raw/data.csv", "1\n2\n3\n")
    split = project.processing(
        "split",
        """
        import sys
        from pathlib import Path
        base = Path(sys.argv[1])
        rows = (base / "input/raw/data.csv").read_text().split()
        (base / "even/deep").mkdir()
        (base / "even/deep/even.csv").write_text("2")
        (base / "odd/odd.csv").write_text("1 3")
        """,
        inputs={"raw": raw},
        outputs=("even", "odd", "unused"),
        arguments={"AppSpecification": {"ContainerArguments": ["/opt/ml/processing"]}},
    )
    count = project.processing(
        "count",
        """
        from pathlib import Path
        here = Path(__file__).parents[1]
        files = sorted(str(p.relative_to(here)) for p in here.rglob("*.csv"))
        print(files)
        """,
        inputs={
            "even": project.output("split", "even"),
            "odd": project.output("split", "odd"),
        },
    )

    run = project.run(split, count)

    log = run.step("count").log.read_text()
    assert log == "['even/deep/even.csv', 'odd/odd.csv']\n"
    assert set(run.step("split").artifacts) == {"even", "odd"}
    even = run.step("split").artifacts["even"]
    assert even == project.home / "s3" / "out" / run.id / "split" / "even"
    assert (even / "deep" / "even.csv").read_text() == "2"


def test_job_finds_its_request(project: Any) -> None:
    """A job can read its own request and host from the config files."""
    step = project.processing(
        "a",
        """
        import json
        from pathlib import Path
        config = Path(__file__).parents[3] / "config"
        print(json.loads((config / "processingjobconfig.json").read_text())["RoleArn"])
        print((config / "resourceconfig.json").read_text())
        """,
    )

    run = project.run(step)

    role, host = run.step("a").log.read_text().splitlines()
    assert role == step["Arguments"]["RoleArn"]
    assert json.loads(host) == {"current_host": "algo-1", "hosts": ["algo-1"]}


def test_failing_script_is_reported(project: Any) -> None:
    """A script that fails gives its exit code, and the end of its log in the error."""
    step = project.processing("a", "print('so far'); raise SystemExit(3)")

    with pytest.raises(
        StepFailedError, match=r"exit code 3(?s:.*)so far(?s:.*)log\.txt"
    ):
        project.run(step)


def test_last_words_become_the_reason(project: Any) -> None:
    """What a job leaves as its message is why it failed."""
    step = project.processing(
        "a",
        """
        from pathlib import Path
        out = Path(__file__).parents[3] / "output"
        (out / "message").write_text("row 3 is empty")
        raise SystemExit(1)
        """,
    )

    failed = _failure(project, step)

    assert failed.failure == "AlgorithmError: row 3 is empty, exit code: 1"


def test_last_words_that_are_no_text_do_no_harm(project: Any) -> None:
    """A message that is not UTF-8 is said to be so, as at the service."""
    step = project.processing(
        "a",
        """
        from pathlib import Path
        out = Path(__file__).parents[3] / "output"
        (out / "message").write_bytes(bytes([255, 254]))
        raise SystemExit(1)
        """,
    )

    assert "is not UTF-8" in _failure(project, step).failure


def test_killed_script_is_reported(project: Any) -> None:
    """A script that a signal ended has the exit code a container would have."""
    step = project.processing("a", "import os; os.kill(os.getpid(), 9)")

    assert _failure(project, step).exit_code == 137


def test_missing_interpreter_is_reported(project: Any) -> None:
    """A command that is not on this computer fails the step and says which."""
    app = {"ContainerEntrypoint": ["/opt/spark/bin/spark-submit"]}
    step = project.processing("a", arguments={"AppSpecification": app})

    failed = _failure(project, step)

    assert failed.exit_code == 127
    assert "/opt/spark/bin/spark-submit" in failed.log.read_text()


def test_failed_job_publishes_nothing(project: Any) -> None:
    """Outputs of a job that failed do not become visible."""
    step = project.processing(
        "a",
        """
        from pathlib import Path
        (Path(__file__).parents[2] / "data" / "half.csv").write_text("1")
        raise SystemExit(1)
        """,
        outputs=("data",),
    )

    failed = _failure(project, step)

    assert failed.artifacts == {}
    assert not (project.home / "s3").exists()


def test_output_behind_a_link_is_not_published(project: Any, tmp_path: Any) -> None:
    """An output folder that a job replaced by a link leads nowhere else."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").touch()
    step = project.processing(
        "a",
        f"""
        from pathlib import Path
        out = Path(__file__).parents[2] / "data"
        out.rmdir()
        out.symlink_to({str(tmp_path / "secret")!r})
        """,
        outputs=("data",),
    )

    run = project.run(step)

    assert run.step("a").artifacts == {}


def test_garbage_on_the_output_does_no_harm(project: Any) -> None:
    """Binary output reaches the log as it is, and the watcher as lines."""
    events: list[Event] = []
    step = project.processing("a", "import os; os.write(1, bytes(range(256)) * 100)")

    run = project.run(step, watch=events.append)

    assert run.status is Status.SUCCEEDED
    assert run.step("a").log.read_bytes() == bytes(range(256)) * 100
    assert sum(isinstance(event, StepLine) for event in events) == 101


def test_job_out_of_time_fails_with_its_limit(project: Any, impatient: Any) -> None:
    """A job that reaches its limit is stopped, and the limit is the reason."""
    step = project.processing(
        "a",
        "import time; time.sleep(3600)",
        arguments={"StoppingCondition": {"MaxRuntimeInSeconds": 1}},
    )

    failed = _failure(project, step, backend=impatient)

    assert failed.failure.startswith(
        "MaxRuntimeExceeded: the job was stopped after 1 s"
    )


def test_limit_of_a_request_without_one_is_a_day(project: Any, recorder: Any) -> None:
    """Without a StoppingCondition the service's default holds."""
    step = project.processing("a")
    del step["Arguments"]["StoppingCondition"]

    project.run(step, backend=recorder)

    assert recorder.timeouts == [86_400]
