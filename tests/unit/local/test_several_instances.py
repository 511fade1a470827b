"""What is promised of jobs that run on several instances, with real processes."""

from __future__ import annotations

import json
import os
import signal
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import StepFailedError, UnsupportedError
from penguin_pipes.local import Event, StepLine, StepWarned
from penguin_pipes.local.backends import ProcessBackend

if TYPE_CHECKING:
    from pathlib import Path

ON_THREE = {"ProcessingResources": {"ClusterConfig": {"InstanceCount": 3}}}
TRAINED_ON_TWO = {"ResourceConfig": {"InstanceCount": 2}}

HOST = """
import json, os, sys, time
from pathlib import Path
base = Path(__file__).parents[3]
host = json.loads((base / "config/resourceconfig.json").read_text())
me = host["current_host"]
"""
SHARD = f"""{HOST}
got = sorted(path.name for path in (base / "processing/input/data").iterdir())
print(me, host["hosts"], got)
(base / "processing/parts" / f"{{me}}.txt").write_text(" ".join(got))
"""
TRAIN = """
import json, os
from pathlib import Path
me = os.environ["SM_CURRENT_HOST"]
got = sorted(path.name for path in Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir())
told = json.loads(os.environ["SM_TRAINING_ENV"])
print(me, os.environ["SM_HOSTS"], told["is_master"], told["master_hostname"])
print(f"rows={len(got)}")
(Path(os.environ["SM_MODEL_DIR"]) / f"{me}.txt").write_text(" ".join(got))
(Path(os.environ["SM_OUTPUT_DATA_DIR"]) / f"{me}.log").write_text(me)
"""


def _objects(project: Any, count: int) -> str:
    """Write so many objects, and return the prefix that they have."""
    for number in range(count):
        project.file(f"s3://raw/data/{number}.csv", str(number))
    return "s3://raw/data"


def _sharded(step: dict[str, Any]) -> dict[str, Any]:
    """Have the first input of a step sharded."""
    arguments = step["Arguments"]
    if "ProcessingInputs" in arguments:
        source = arguments["ProcessingInputs"][0]["S3Input"]
    else:
        source = arguments["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source["S3DataDistributionType"] = "ShardedByS3Key"
    return step


def _members(archive: Path) -> dict[str, str]:
    """Return the files of an archive."""
    with tarfile.open(archive, "r:gz") as tar:
        found = {member.name: tar.extractfile(member) for member in tar}
        return {name: file.read().decode() for name, file in found.items() if file}


def _logs(run: Any, step: str) -> dict[str, str]:
    """Return what each host of a step's job printed."""
    folder = run.step(step).log.parent
    return {
        path.stem.removeprefix("log-"): path.read_text()
        for path in sorted(folder.glob("log-*.txt"))
    }


def _failure(project: Any, step: Any, **options: Any) -> Any:
    """Return the record of a step that fails."""
    with pytest.raises(StepFailedError, match=step["Name"]) as caught:
        project.run(step, **options)
    run: Any = caught.value.run
    return run.step(step["Name"])


def test_each_instance_processes_its_shard(project: Any) -> None:
    """Every object goes to one instance, and what all wrote lies at one prefix."""
    step = project.processing(
        "p",
        SHARD,
        inputs={"data": _objects(project, 7)},
        outputs=("parts",),
        arguments=ON_THREE,
    )

    run = project.run(_sharded(step))

    parts = run.step("p").artifacts["parts"]
    assert {path.name: path.read_text() for path in parts.iterdir()} == {
        "algo-1.txt": "0.csv 3.csv 6.csv",
        "algo-2.txt": "1.csv 4.csv",
        "algo-3.txt": "2.csv 5.csv",
    }


def test_each_instance_knows_who_it_is(project: Any) -> None:
    """Each finds its own name and those of all, and its output is in its own log."""
    step = project.processing(
        "p",
        SHARD,
        inputs={"data": _objects(project, 1)},
        outputs=("parts",),
        arguments=ON_THREE,
    )

    run = project.run(step)

    hosts = ["algo-1", "algo-2", "algo-3"]
    assert _logs(run, "p") == {host: f"{host} {hosts} ['0.csv']\n" for host in hosts}
    assert run.step("p").log.read_text() == "".join(
        f"== {host}: log-{host}.txt\n{host} {hosts} ['0.csv']\n"
        for host in ("algo-2", "algo-3", "algo-1")
    )


@pytest.mark.parametrize("isolation", ["mapped", "namespace"])
def test_hard_coded_paths_are_each_instances_own(project: Any, isolation: Any) -> None:
    """In a namespace, a script finds its shard at /opt/ml itself; mapped, by words."""
    if isolation == "namespace" and sys.platform != "linux":
        pytest.skip("has no namespaces")
    root = "/opt/ml" if isolation == "namespace" else "{root}"
    script = f"""
        import json, sys
        from pathlib import Path
        root = {root!r}.format(root=sys.argv[1])
        host = json.loads(Path(root, "config/resourceconfig.json").read_text())
        got = [path.read_text() for path in Path(root, "processing/input/data").iterdir()]
        Path(root, "processing/parts", host["current_host"]).write_text(*got)
    """
    step = project.processing(
        "p",
        script,
        inputs={"data": _objects(project, 3)},
        outputs=("parts",),
        arguments={
            **ON_THREE,
            "AppSpecification": {"ContainerArguments": ["/opt/ml"]},
        },
    )

    with ProcessBackend(isolation=isolation) as backend:
        run = project.run(_sharded(step), backend=backend)

    parts = run.step("p").artifacts["parts"]
    assert {path.name: path.read_text() for path in parts.iterdir()} == {
        "algo-1": "0",
        "algo-2": "1",
        "algo-3": "2",
    }


def test_all_instances_train_one_model(project: Any) -> None:
    """The archives hold what all wrote, and every log is looked at for metrics."""
    step = project.training(
        "t",
        TRAIN,
        channels={"train": _objects(project, 3)},
        metrics={"rows": r"rows=(\d+)"},
        arguments=TRAINED_ON_TWO,
    )

    run = project.run(_sharded(step))

    found = run.step("t")
    assert _members(found.artifacts["model"]) == {
        "algo-1.txt": "0.csv 2.csv",
        "algo-2.txt": "1.csv",
    }
    assert _members(found.artifacts["output"]) == {
        "algo-1.log": "algo-1",
        "algo-2.log": "algo-2",
    }
    assert sorted(point.value for point in found.series["rows"]) == [1.0, 2.0]
    hosts = '["algo-1","algo-2"]'
    assert _logs(run, "t") == {
        "algo-1": f"algo-1 {hosts} True algo-1\nrows=2\n",
        "algo-2": f"algo-2 {hosts} False algo-1\nrows=1\n",
    }


def test_instances_run_at_the_same_time(project: Any, tmp_path: Path) -> None:
    """Instances that wait for each other meet, even if one job at a time may run."""
    step = project.processing(
        "p",
        f"""{HOST}
place = Path({str(tmp_path)!r})
(place / me).touch()
while not all((place / each).exists() for each in host["hosts"]):
    time.sleep(0.01)
""",
        arguments=ON_THREE,
    )

    run = project.run(step, jobs=1)

    assert run.step("p").exit_code == 0


def test_lines_are_told_with_their_hosts(project: Any) -> None:
    """Whoever watches a run reads which instance says what."""
    events: list[Event] = []
    step = project.processing("p", f"{HOST}\nprint('hello')", arguments=ON_THREE)

    project.run(step, watch=events.append)

    lines = sorted(event.line for event in events if isinstance(event, StepLine))
    assert lines == ["algo-1: hello", "algo-2: hello", "algo-3: hello"]


def test_one_that_fails_fails_the_job(project: Any) -> None:
    """The others are stopped, its words are the reason, and its log is shown."""
    step = project.processing(
        "p",
        f"""{HOST}
if me == "algo-2":
    (base / "output/message").write_text("no row is left")
    sys.exit("what I say")
while True: time.sleep(0.1)
""",
        outputs=("parts",),
        arguments=ON_THREE,
    )

    failed = _failure(project, step)

    assert failed.failure == "AlgorithmError: no row is left, exit code: 1"
    assert failed.log.read_text().endswith("== algo-2: log-algo-2.txt\nwhat I say\n")
    assert not failed.artifacts


def test_training_that_fails_on_one_instance_fails(project: Any) -> None:
    """The failure that the script of one leaves is the job's."""
    step = project.training(
        "t",
        """
        import os, time
        if os.environ["SM_CURRENT_HOST"] == "algo-2":
            raise ValueError("boom")
        while True: time.sleep(0.1)
        """,
        arguments=TRAINED_ON_TWO,
    )

    failed = _failure(project, step)

    assert "ValueError: boom" in failed.failure
    assert "failure" in _members(failed.artifacts["output"])


def test_interrupt_ends_all(project: Any) -> None:
    """Whoever stops the run stops every instance of its jobs."""
    seen: set[str] = set()

    def watch(event: Event) -> None:
        if isinstance(event, StepLine):
            seen.add(event.line)
            if len(seen) == 3:  # all instances run
                os.kill(os.getpid(), signal.SIGINT)

    script = f"{HOST}\nprint(os.getpid(), flush=True)\nwhile True: time.sleep(0.1)"
    step = project.processing("p", script, arguments=ON_THREE)

    with ProcessBackend() as backend, pytest.raises(KeyboardInterrupt):
        project.run(step, watch=watch, backend=backend)

    for line in seen:
        with pytest.raises(ProcessLookupError):
            os.kill(int(line.partition(": ")[2]), 0)


def test_time_is_over_for_all(project: Any, impatient: ProcessBackend) -> None:
    """A job that takes too long on any of its instances is stopped and fails."""
    script = f"{HOST}\nwhile me != 'algo-1': time.sleep(0.1)"
    arguments = {**ON_THREE, "StoppingCondition": {"MaxRuntimeInSeconds": 1}}
    step = project.processing("p", script, arguments=arguments)

    failed = _failure(project, step, backend=impatient)

    assert failed.failure.startswith("MaxRuntimeExceeded")


@pytest.mark.parametrize(("text", "count"), [("me", 2), ("'all'", 0)])
def test_files_of_the_same_name(project: Any, text: str, count: int) -> None:
    """If several write one file, the leader's stays; if they differ, it is said."""
    events: list[Event] = []
    script = f"{HOST}\n(base / 'processing/parts/x.txt').write_text({text})"
    step = project.processing("p", script, outputs=("parts",), arguments=ON_THREE)

    run = project.run(step, watch=events.append)

    kept = (run.step("p").artifacts["parts"] / "x.txt").read_text()
    assert kept == ("algo-1" if count else "all")
    warnings = [event.text for event in events if isinstance(event, StepWarned)]
    assert len(warnings) == count
    assert all("both wrote /opt/ml/processing/parts/x.txt" in each for each in warnings)


def test_instances_without_objects_are_named(project: Any) -> None:
    """If there are fewer objects than instances, some have an empty folder."""
    events: list[Event] = []
    step = project.processing(
        "p",
        SHARD,
        inputs={"data": _objects(project, 2)},
        outputs=("parts",),
        arguments=ON_THREE,
    )

    run = project.run(_sharded(step), watch=events.append)

    assert (run.step("p").artifacts["parts"] / "algo-3.txt").read_text() == ""
    (warning,) = [event.text for event in events if isinstance(event, StepWarned)]
    assert warning == (
        "data: s3://raw/data is sharded over 3 instances and holds 2 objects; some "
        "get none"
    )


def test_one_instance_gets_all_of_what_is_sharded(project: Any) -> None:
    """A shard of one is the whole."""
    step = project.training("t", TRAIN, channels={"train": _objects(project, 2)})

    run = project.run(_sharded(step))

    assert _members(run.step("t").artifacts["model"]) == {"algo-1.txt": "0.csv 1.csv"}


def test_unknown_distribution_is_refused(project: Any) -> None:
    """A distribution that the service does not know is refused by its address."""
    step = project.processing("p", inputs={"data": _objects(project, 1)})
    place = step["Arguments"]["ProcessingInputs"][0]["S3Input"]
    place["S3DataDistributionType"] = "Sharded"

    with pytest.raises(Exception, match=r"S3DataDistributionType"):
        project.run(step)


@pytest.mark.parametrize("kind", ["processing", "training"])
def test_images_are_refused_before_anything_starts(
    project: Any, recorder: Any, kind: str
) -> None:
    """In Docker, instances would not find each other; that is said at the start."""
    recorder.images = _NoImages()
    arguments = {"processing": ON_THREE, "training": TRAINED_ON_TWO}[kind]
    step = getattr(project, kind)("s", arguments=arguments)

    with pytest.raises(UnsupportedError, match=r"find each other.*--backend process"):
        project.run(step, backend=recorder)

    assert not project.home.exists()
    assert not recorder.commands


class _NoImages:
    """Images that nobody gets to ask for."""

    def bring(self, uris: Any) -> None:
        """Never come to this."""
        raise AssertionError(uris)

    def identity(self, uri: str) -> str:
        """Never come to this."""
        raise AssertionError(uri)


def test_fast_files_are_read_only(project: Any) -> None:
    """A channel in FastFile mode has the files of File mode, and none may write."""
    project.file("s3://raw/deep/er/0.csv", "0")
    step = project.training(
        "t",
        """
        import json, os
        from pathlib import Path
        folder = Path(os.environ["SM_CHANNEL_TRAIN"])
        print(json.loads(os.environ["SM_INPUT_DATA_CONFIG"])["train"]["TrainingInputMode"])
        for path in sorted(folder.rglob("*")):
            print(path.relative_to(folder), oct(path.stat().st_mode & 0o777))
        """,
        channels={"train": "s3://raw/deep"},
        arguments={"AlgorithmSpecification": {"TrainingInputMode": "FastFile"}},
    )

    run = project.run(step)

    assert run.step("t").log.read_text() == "FastFile\ner 0o555\ner/0.csv 0o444\n"
    assert not (run.step("t").log.parent / "ml").exists()


def test_config_of_one_job_is_read_by_number(project: Any) -> None:
    """The count may be a pipeline's parameter."""
    count = {"ClusterConfig": {"InstanceCount": {"Get": "Parameters.count"}}}
    step = project.processing(
        "p", f"{HOST}\nprint(me)", arguments={"ProcessingResources": count}
    )
    declared = [{"Name": "count", "Type": "Integer", "DefaultValue": 1}]

    run = project.run(step, declared=declared, parameters={"count": 2})

    assert _logs(run, "p") == {"algo-1": "algo-1\n", "algo-2": "algo-2\n"}
    config = json.loads((run.step("p").log.parent / "request.json").read_text())
    assert config["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 2
