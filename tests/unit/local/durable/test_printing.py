"""What is promised of jobs that print without measure, or what is no text at all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from penguin_pipes.local import Status, StepLine

if TYPE_CHECKING:
    from pathlib import Path

BOUND_KB: Final = 64 * 1024


def _printing(project: Any, script: str) -> dict[str, Any]:
    """Return a training step that prints, with a metric that is looked for in it."""
    step: dict[str, Any] = project.training(
        "print", script, metrics={"loss": r"loss=([0-9.]+)"}
    )
    return step


@pytest.mark.parametrize(
    ("end", "megabytes"),
    [
        ("", 80),
        pytest.param("", 300, marks=pytest.mark.durability),
        pytest.param("\\n", 100, marks=pytest.mark.durability),
    ],
)
def test_job_may_print_without_measure(
    engine: Any, pipeline: Any, look: Any, tmp_path: Path, end: str, megabytes: int
) -> None:
    """However much is printed: memory stays as it was, log and metrics are whole."""
    script = f"""
        import sys
        line = b"x" * 1023 + b"{end}"
        print("loss=3.5", flush=True)
        for _ in range({megabytes} * 64):
            sys.stdout.buffer.write(line * 16)
        print("\\nloss=0.25")
        """
    pipeline.steps[:] = [_printing(pipeline.project, script)]

    (answer,) = engine.do(pipeline.deed(tmp_path / "home"))

    assert "run" in answer, answer
    assert answer["memory_kb"] < BOUND_KB
    step = look.runs(tmp_path / "home")[0].step("print")
    assert [point.value for point in step.series["loss"]] == [3.5, 0.25]
    per_line = 1023 + (1 if end else 0)
    printed = megabytes * 64 * 16 * per_line + len("loss=3.5\n\nloss=0.25\n")
    assert step.log.stat().st_size == printed


def test_job_may_print_what_is_no_text(project: Any) -> None:
    """Every byte is in the log, every line is told, and a metric between is found."""
    lines: list[str] = []

    def watch(event: object) -> None:
        if isinstance(event, StepLine):
            lines.append(event.line)

    script = """
        import sys
        out = sys.stdout.buffer
        out.write(bytes(range(256)) * 10 + b"\\n\\xff\\xfe loss=0.5 \\x00\\nno end")
        """

    run = project.run(_printing(project, script), watch=watch)

    log = run.step("print").log.read_bytes()
    assert log == bytes(range(256)) * 10 + b"\n\xff\xfe loss=0.5 \x00\nno end"
    assert run.step("print").metrics == {"loss": 0.5}
    assert lines[-1] == "no end"
    assert len(lines) == log.count(b"\n") + 1


DAEMON: Final = """
    import os, sys, time
    print("loss=0.5", flush=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            # It holds the pipe, until the run has ended or a minute is over.
            last = time.time() + 60
            while time.time() < last and not os.path.exists("{stop}"):
                time.sleep(0.01)
        os._exit(0)
    os.wait()
    with open(os.environ["SM_MODEL_DIR"] + "/model", "w") as file:
        file.write("whole")
    """


def test_child_that_outlives_its_parent_holds_nothing_up(
    project: Any, tmp_path: Path
) -> None:
    """The step ends with its main process, and is a success."""
    script = DAEMON.format(stop=tmp_path / "stop")
    began = time.monotonic()

    run = project.run(_printing(project, script))

    assert time.monotonic() - began < 60, "it waited until the child had ended"
    (tmp_path / "stop").touch()
    assert run.step("print").status is Status.SUCCEEDED
    assert run.step("print").metrics == {"loss": 0.5}
    assert run.step("print").artifacts["model"].is_file()


def test_tree_that_somebody_still_writes_to_is_no_failure(
    engine: Any, pipeline: Any, look: Any, tmp_path: Path
) -> None:
    """A step has succeeded even if its work tree cannot be removed."""
    home = tmp_path / "home"
    (observed,) = engine.do(pipeline.deed(tmp_path / "observed", sites=True))
    site, times = next(
        (site, times)
        for site, times in observed["sites"].items()
        if site.startswith("call posix.rmdir < disk.remove < task_runner.end")
    )
    late = {"do": "litter", "home": str(home)}

    (answer,) = engine.do(pipeline.deed(home, site=site, nth=times, then=[late]))

    assert "run" in answer, answer
    (run,) = look.runs(home)
    assert {step.status for step in run.steps} == {Status.SUCCEEDED}
    assert [path.name for path in home.glob("runs/*/*/ml/*")] == ["late"]
