"""What is promised of ``python -m penguin_pipes.local``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.local import History, Status
from penguin_pipes.local.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READ = "from pathlib import Path; print(*Path(__file__).parents[1].rglob('*.csv'))"


@pytest.fixture
def command_line(project: Any) -> Callable[..., list[str]]:
    """Return what writes a definition and gives the arguments that run it."""

    def write(*steps: Any, declared: Any = ()) -> list[str]:
        file = project.folder / "definition.json"
        file.write_text(json.dumps(project.definition(*steps, parameters=declared)))
        files = [f"--file={uri}={path}" for uri, path in project.files.items()]
        return [str(file), f"--home={project.home}", *files]

    return write


def test_run_that_succeeds_ends_with_zero(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The table of the run goes to standard output."""
    code = main([*command_line(project.processing("look")), "--name", "churn"])

    out, err = capsys.readouterr()
    assert code == 0
    assert "look" in out
    assert "Succeeded" in out
    assert "churn: run" in out
    assert err == ""


def test_failed_step_ends_with_one(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A failed step is explained on standard error, under the table of the run."""
    code = main(command_line(project.processing("look", "raise ValueError('no rows')")))

    out, err = capsys.readouterr()
    assert code == 1
    assert "Failed" in out
    assert "look failed with exit code 1" in err
    assert "ValueError: no rows" in err
    assert "log.txt" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--parameter", "n=x"], "error: parameter 'n': expected Integer, got 'x'"),
        (["--parameter", "m=1"], "error: parameter 'm': the definition declares none"),
        (["--parameter", "n"], "error: 'n': expected --parameter NAME=VALUE"),
        (["--parameter-file", "where=gone"], "'where': gone cannot be read"),
        (
            ["--file", "s3://b/x=gone"],
            "--file s3://b/x=gone: there is nothing at 'gone'",
        ),
        (["--file", "s3://b/x="], "there is nothing at ''"),
    ],
)
def test_wrong_request_ends_with_two(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    """What cannot be run is refused in one sentence, without a trace."""
    declared = [
        {"Name": "n", "Type": "Integer", "DefaultValue": 1},
        {"Name": "where", "Type": "String", "DefaultValue": ""},
    ]

    code = main([*command_line(project.processing("a"), declared=declared), *arguments])

    _, err = capsys.readouterr()
    assert code == 2
    assert message in err
    assert "Traceback" not in err
    assert not project.home.exists()


def test_all_that_is_wrong_is_told_at_once(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A name that is there twice, which parsing stops at, is one problem of several."""
    cache = {"Enabled": True, "ExpireAfter": "soon"}
    twin = {**project.processing("look"), "CacheConfig": cache}

    code = main(command_line(project.processing("look"), twin))

    err = capsys.readouterr().err
    assert code == 2
    assert "$.Steps[1].Name: $.Steps[0] is a step called 'look' already" in err
    assert "$.Steps[1].CacheConfig.ExpireAfter" in err
    assert not project.home.exists()


def test_debug_shows_the_trace(
    command_line: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """With --debug an error comes with its trace."""
    code = main([*command_line({"Name": "x", "Type": "Lambda"}), "--debug"])

    assert code == 2
    assert "Traceback" in capsys.readouterr().err


def test_home_that_cannot_be_used_ends_with_one(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Trouble with the disk is no fault of the request."""
    project.home.touch()

    code = main(command_line(project.processing("a")))

    assert code == 1
    assert "choose another folder" in capsys.readouterr().err


def test_parameters_have_the_declared_types(
    project: Any, command_line: Callable[..., list[str]], tmp_path: Path
) -> None:
    """Values of the command line and local files reach the run with their types."""
    data = tmp_path / "d=1.csv"
    data.touch()
    declared = [
        {"Name": "n", "Type": "Integer"},
        {"Name": "text", "Type": "String"},
        {"Name": "where", "Type": "String"},
    ]
    step = project.processing("a", READ, inputs={"d": {"Get": "Parameters.where"}})

    code = main(
        [
            *command_line(step, declared=declared),
            *("--parameter", "n=7", "--parameter", "text=a=b"),
            *("--parameter-file", f"where={data}"),
        ]
    )

    with History(project.home) as history:
        (run,) = history.runs()
    assert code == 0
    assert (run.parameters["n"], run.parameters["text"]) == (7, "a=b")
    assert run.step("a").log.read_text().endswith("/input/d/d=1.csv\n")


def test_mapped_names_may_hold_equals_signs(
    project: Any, command_line: Callable[..., list[str]]
) -> None:
    """Partitioned names, with = in them, can be mapped."""
    where = project.file("s3://b/year=2026/d.csv", "")
    step = project.processing("a", READ, inputs={"d": where})

    assert main(command_line(step)) == 0


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_ends_with_130(
    project: Any,
    command_line: Callable[..., list[str]],
    tmp_path: Path,
    request_to_end: signal.Signals,
) -> None:
    """Ctrl-C, or a polite request to end, stops the job and keeps the record."""
    os.mkfifo(tmp_path / "leash")
    end = os.open(tmp_path / "leash", os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(end, True)
    script = f"""
    import os, time
    leash = os.open({str(tmp_path / "leash")!r}, os.O_WRONLY)
    os.write(leash, b"!")
    time.sleep(3600)
    """
    arguments = command_line(project.processing("wait", script))
    holder = os.open(tmp_path / "leash", os.O_WRONLY)
    process = subprocess.Popen(
        [sys.executable, "-m", "penguin_pipes.local", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.read(end, 1)

    process.send_signal(request_to_end)
    code = process.wait()

    os.close(holder)
    assert code == 130
    assert os.read(end, 1) == b""
    with History(project.home) as history:
        (run,) = history.runs()
    assert (run.status, run.step("wait").status) == (Status.STOPPED, Status.STOPPED)


def test_failures_are_all_told_and_gone_on_from(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """--keep-going tells of every failure; --resume and --only go on from there."""
    note = project.folder / "note"
    script = f"import os; assert os.path.exists({str(note)!r})"
    arguments = command_line(
        project.processing("one", script),
        project.processing("two"),
        project.processing("three", script),
    )
    assert main([*arguments, "--keep-going", "--jobs", "2"]) == 1
    err = capsys.readouterr().err
    assert "one failed with exit code 1" in err
    assert "three failed with exit code 1" in err
    note.touch()

    assert main([*arguments, "--resume"]) == 0
    assert "two: reused from run" in capsys.readouterr().out
    assert main([*arguments, "--only", "one,two"]) == 0
    assert "three: skipped: it was not selected" in capsys.readouterr().out
    assert main([*arguments, "--from", "two"]) == 0
    with History(project.home) as history:
        statuses = [step.status for step in history.runs()[0].steps]
    assert statuses == [Status.SKIPPED, Status.SUCCEEDED, Status.SKIPPED]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--jobs", "0"], "expected a number from 1 on; got '0'"),
        (["--jobs", "many"], "expected a number from 1 on; got 'many'"),
        (["--from", "a", "--only", "b"], "not allowed with argument --from"),
        (["--resume", "--only", "b"], "not allowed with argument --resume"),
    ],
)
def test_flags_that_say_nothing_are_refused(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    message: str,
) -> None:
    """A flag is of use or an error; nothing starts."""
    with pytest.raises(SystemExit) as ended:
        main([*command_line(project.processing("a")), *flags])

    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags",
    [["--jobs", "2"], ["--keep-going"], ["--from", "a"], ["--resume"], ["--report"]],
)
def test_explanation_takes_no_flags_of_runs(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
) -> None:
    """What runs nothing is not told how to run it."""
    code = main([*command_line(project.processing("a")), "--explain", "a", *flags])

    assert code == 2
    assert f"{flags[0]}: --explain runs nothing" in capsys.readouterr().err


def test_the_page_is_written_whatever_came_of_the_run(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A failure is what one wants to look at; the last line says where it is."""
    page = project.folder / "failed.html"
    step = project.processing("breaks", "import sys; sys.exit('no <b>rows</b>')")

    code = main([*command_line(step), "--report", str(page)])

    assert code == 1
    assert capsys.readouterr().out.endswith(f"report: {page}\n")
    assert "no &lt;b&gt;rows&lt;/b&gt;" in page.read_text()


def test_nothing_runs_if_the_page_could_not_be_written(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run of hours does not end with a typo."""
    page = project.folder / "missing" / "page.html"

    code = main([*command_line(project.processing("a")), "--report", str(page)])

    assert code == 2
    assert "there is no such folder" in capsys.readouterr().err
    assert not project.home.exists()


TRAIN = """
    import os
    for loss in (0.5, 0.25):
        print(f"loss={loss}")
    open(os.environ["SM_MODEL_DIR"] + "/weights", "w").write("w")
"""


@pytest.fixture
def experiment(
    project: Any, mlflow_database: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[tuple[str, dict[str, float]]]]:
    """Return what looks into MLflow: status and metrics of each run of churn."""
    monkeypatch.chdir(project.folder)  # MLflow puts its artifacts there

    def look() -> list[tuple[str, dict[str, float]]]:
        from penguin_pipes.experiments import opened

        store = opened(mlflow_database, "churn")
        found = store.client.search_runs([store.id], order_by=["start_time"])
        return [(each.info.status, each.data.metrics) for each in found]

    return look


def test_training_jobs_become_mlflow_runs(
    project: Any,
    command_line: Callable[..., list[str]],
    mlflow_database: str,
    experiment: Callable[[], list[tuple[str, dict[str, float]]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """--mlflow logs them once, and a run in which one failed as well.

    The exit code is the run's: 0, and 1 where a step failed.
    """
    fit = project.training("fit", TRAIN, metrics={"loss": "loss=(.+)"})
    fit["CacheConfig"] = {"Enabled": True, "ExpireAfter": "P1D"}
    mlflow = ["--name", "churn", "--mlflow", mlflow_database]

    assert main([*command_line(fit), *mlflow]) == 0
    assert "MLflow: fit is run " in capsys.readouterr().out
    assert main([*command_line(fit), *mlflow]) == 0
    assert "MLflow: fit, reused from run " in capsys.readouterr().out
    assert experiment() == [("FINISHED", {"loss": 0.25})]

    bad = project.training("bad", "raise SystemExit(3)")
    assert main([*command_line(fit, bad), *mlflow]) == 1
    assert [status for status, _ in experiment()] == ["FINISHED", "FAILED"]


def test_a_store_that_cannot_be_used_is_told_before_the_run(
    project: Any,
    command_line: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, and nothing was started."""
    code = main([*command_line(project.training("fit")), "--mlflow", "mlflow.db"])

    assert code == 2
    assert "expected the address of a store" in capsys.readouterr().err
    assert not project.home.exists()


def test_mlflow_is_not_loaded_unless_it_is_asked_for() -> None:
    """Importing it takes seconds that no other run should wait for."""
    probe = (
        "import sys, penguin_pipes.local.__main__, penguin_pipes.deploy.here, "
        "penguin_pipes.experiments; print('mlflow' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"
