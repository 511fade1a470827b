"""What is promised of processing jobs in containers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import StepLine
from penguin_pipes.local.backends import Limits

ROWS = "/opt/ml/processing/rows"
WRITE = f"""
import json, os, sys
def write(**found):
    json.dump(found, open("{ROWS}/found.json", "w"))
"""


def found(run: Any, step: str = "clean") -> Any:
    """Return what a step has written."""
    return json.loads((run.step(step).artifacts["rows"] / "found.json").read_text())


def failure(run: Any) -> str:
    """Return why the first step failed."""
    return str(run.steps[0].failure)


def test_job_gets_what_its_request_says_and_the_image_besides(project: Any) -> None:
    """Command, files and environment are those of the contract, nothing of ours."""
    script = (
        WRITE
        + """
write(
    argv=sys.argv,
    environment=dict(os.environ),
    host=os.uname().nodename,
    config=json.load(open("/opt/ml/config/processingjobconfig.json")),
    hosts=json.load(open("/opt/ml/config/resourceconfig.json")),
)
"""
    )
    step = project.processing(
        script, arguments={"Environment": {"GREETING": "/opt/ml says hello"}}
    )
    app = step["Arguments"]["AppSpecification"]
    app["ContainerArguments"] = ["--out=/opt/ml/processing/rows", "a b", "$HOME", ""]

    job = found(project.run(step, user="0:0"))

    command = app["ContainerEntrypoint"][1:]
    assert job["argv"] == [*command, *app["ContainerArguments"]]
    assert job["environment"] == {
        "GREETING": "/opt/ml says hello",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONUNBUFFERED": "1",
        "HOSTNAME": "algo-1",
        "HOME": "/root",
        "LC_CTYPE": job["environment"]["LC_CTYPE"],
    }
    assert job["host"] == "algo-1"
    assert job["config"]["AppSpecification"] == app
    assert job["hosts"] == {"current_host": "algo-1", "hosts": ["algo-1"]}


def test_without_an_entrypoint_the_images_own_is_run(project: Any) -> None:
    """Arguments follow it; alone it gets the image's."""
    image = project.image(
        "COPY own.py /own.py",
        'ENTRYPOINT ["python3", "/own.py"]',
        'CMD ["by", "default"]',
        **{"own.py": WRITE + "write(argv=sys.argv)"},
    )
    given = project.processing(app={"ContainerArguments": ["given"]}, name="given")
    default = project.processing(app={}, name="default")

    run = project.run(given, default, image=image)

    assert found(run, "given") == {"argv": ["/own.py", "given"]}
    assert found(run, "default") == {"argv": ["/own.py", "by", "default"]}


def test_lines_are_told_while_the_job_runs(project: Any) -> None:
    """A job that waits for the reader of its line to act is not waited for in vain."""
    script = f"""
        import os, time
        print("ready")
        while not os.path.exists("{ROWS}/go"):
            time.sleep(0.01)
        print("no end", end="")
    """
    lines: list[str] = []

    def watch(event: Any) -> None:
        if isinstance(event, StepLine):
            lines.append(event.line)
            for tree in project.home.glob("runs/*/clean/ml/processing/rows"):
                (tree / "go").touch()

    run = project.run(project.processing(script), watch=watch)

    assert lines == ["ready", "no end"]
    assert run.step("clean").log.read_text() == "ready\nno end"


def test_much_output_is_all_there(project: Any) -> None:
    """Every byte is in the log, in its order, however fast it comes and ends."""
    script = "import sys; sys.stdout.write(''.join(f'{n}\\n' for n in range(200000)))"

    run = project.run(project.processing(script))

    assert run.step("clean").log.read_text().split() == [*map(str, range(200_000))]


def test_a_job_that_fails_says_so_as_at_the_service(project: Any) -> None:
    """The exit code is the container's, the reason is its message."""
    script = """
        import sys
        open("/opt/ml/output/message", "w").write("too few rows")
        sys.exit(3)
    """

    with pytest.raises(StepFailedError) as caught:
        project.run(project.processing(script))

    (step,) = caught.value.run.steps  # type: ignore[attr-defined]
    assert step.exit_code == 3
    assert step.failure == "AlgorithmError: too few rows, exit code: 3"
    assert step.artifacts == {}


def test_a_command_that_is_not_in_the_image_is_told(project: Any) -> None:
    """With a shell's exit code and the daemon's words in the log."""
    step = project.processing(app={"ContainerEntrypoint": ["no-such-program"]})

    with pytest.raises(StepFailedError) as caught:
        project.run(step)

    (failed,) = caught.value.run.steps  # type: ignore[attr-defined]
    assert failed.exit_code == 127
    assert '"no-such-program": executable file not found' in failed.log.read_text()


def test_too_little_memory_is_told_as_such(project: Any) -> None:
    """Exit code 137 alone would leave one guessing."""
    script = "bytearray(500_000_000)"

    with pytest.raises(StepFailedError) as caught:
        project.run(project.processing(script), limits=Limits(memory=100_000_000))

    assert "exit code: 137; the container ran out of memory" in failure(
        caught.value.run
    )
    assert "it had 0.1 GB (--memory)" in failure(caught.value.run)


def test_limits_are_kept(project: Any) -> None:
    """Memory, processors and shared memory are those that were asked for."""
    script = (
        WRITE
        + """
shared = os.statvfs("/dev/shm")
write(shared=shared.f_frsize * shared.f_blocks)
"""
    )
    limits = Limits(memory=400_000_000, cpus=0.5)

    run = project.run(project.processing(script), limits=limits)

    # In whole pages.
    assert found(run)["shared"] == pytest.approx(200_000_000, abs=4096)


def test_a_job_that_takes_too_long_is_asked_then_made_to_stop(project: Any) -> None:
    """As the service does it: SIGTERM, some time, SIGKILL."""
    script = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: print("asked"))
        print("ready")
        while True:
            time.sleep(0.1)
    """
    step = project.processing(
        script, arguments={"StoppingCondition": {"MaxRuntimeInSeconds": 3}}
    )

    with pytest.raises(StepFailedError) as caught:
        project.run(step)

    assert failure(caught.value.run).startswith("MaxRuntimeExceeded")
    assert caught.value.run.steps[0].log.read_text() == "ready\nasked\n"  # type: ignore[attr-defined]


def test_isolated_from_the_network_a_job_knows_itself_alone(project: Any) -> None:
    """There is no interface but the loopback, and its host name resolves to that."""
    script = (
        WRITE
        + """
import socket
write(interfaces=os.listdir("/sys/class/net"), host=socket.gethostbyname("algo-1"))
"""
    )
    step = project.processing(
        script, arguments={"NetworkConfig": {"EnableNetworkIsolation": True}}
    )

    assert found(project.run(step)) == {"interfaces": ["lo"], "host": "127.0.0.1"}
