"""The plugin as other people's suites see it: each a pytest run of its own."""

from __future__ import annotations

import json
import re
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.local import History
from penguin_pipes.local.database import Database

README = (Path(__file__).parents[3] / "README.md").read_text()
FIXTURES = {
    "penguin_pipes_aws",
    "penguin_pipes_closed_network",
    "penguin_pipes_home",
    "penguin_pipes_render",
    "penguin_pipes_run",
    "penguin_pipes_run_step",
    "penguin_pipes_snapshot",
}
SLOW_STEP = {
    "Version": "2020-12-01",
    "Steps": [
        {
            "Name": "work",
            "Type": "Processing",
            "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"},
            "Arguments": {
                "ProcessingResources": {
                    "ClusterConfig": {
                        "InstanceCount": 1,
                        "InstanceType": "ml.m5.xlarge",
                        "VolumeSizeInGB": 30,
                    }
                },
                "AppSpecification": {
                    "ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1",
                    "ContainerEntrypoint": ["sleep", "1"],
                },
                "RoleArn": "arn:aws:iam::123456789012:role/ml",
            },
        }
    ],
}
SUITE = """
import json
from pathlib import Path
import pytest

DEFINITION = Path(__file__).with_name("definition.json")

@pytest.mark.parametrize("n", range(4))
def test_it_runs(penguin_pipes_run, n):
    assert penguin_pipes_run(DEFINITION).step("work").status == "Succeeded"
"""


def outcomes(result: pytest.RunResult, **expected: int) -> None:
    """Assert how many tests ended how; show what the run printed if not so."""
    found = result.parseoutcomes()
    found.pop("warnings", None)
    assert found == expected, str(result.stdout) + str(result.stderr)


def works_done(home: Path) -> list[bool]:
    """Return of each run in a home whether its step really ran."""
    with Database(home) as database:
        runs = History(database).runs()
    return sorted(run.step("work").reused_from is None for run in runs)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="its scripts name /opt/ml")
def test_the_suite_of_another_project_passes(
    churn: Path, pytester: pytest.Pytester
) -> None:
    """Its scripts have hard-coded paths; the README's tests are part of it."""
    section = README.partition("## Test it with pytest")[2].partition("\n## ")[0]
    (block,) = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    (churn / "test_readme.py").write_text(block)
    snapshots = churn / "snapshots"
    shutil.copytree(snapshots / "test_churn", snapshots / "test_readme")
    (snapshots / "test_readme" / "test_the_definition.json").rename(
        snapshots / "test_readme" / "test_definition.json"
    )

    result = pytester.runpytest_subprocess("-q", "-p", "no:xdist")

    outcomes(result, passed=13)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return a suite of four tests that run the same."""
    (pytester.path / "definition.json").write_text(json.dumps(SLOW_STEP))
    pytester.makepyfile(SUITE)
    return pytester


def test_workers_of_xdist_do_the_work_once(suite: pytest.Pytester) -> None:
    """Those who come while it is being done wait for it; the flag is for all of them."""
    suite.makeini("[pytest]\npenguin_pipes_home = kept")
    suite.makepyfile(
        test_y="""
        def test_snapshot(penguin_pipes_snapshot):
            penguin_pipes_snapshot({"Steps": []})
    """
    )

    result = suite.runpytest_subprocess("-n", "2", "--penguin-pipes-update")

    outcomes(result, passed=5)
    assert works_done(suite.path / "kept") == [False, False, False, True]
    assert (suite.path / "snapshots" / "test_y" / "test_snapshot.json").is_file()


def test_a_home_with_a_name_lasts_beyond_the_session(suite: pytest.Pytester) -> None:
    """The next session begins with its results."""
    suite.makeini("[pytest]\npenguin_pipes_home = kept")

    for _ in range(2):
        outcomes(suite.runpytest_subprocess("-k", "2"), passed=1, deselected=3)

    assert works_done(suite.path / "kept") == [False, True]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_home_without_a_name_is_the_sessions_own(
    suite: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    """One for all workers, among pytest's temporary folders; none in the project."""
    base = suite.path / "base"

    result = suite.runpytest_subprocess(f"--basetemp={base}", *workers)

    outcomes(result, passed=4)
    (home,) = base.glob("penguin_pipes*")
    assert works_done(home) == [False, False, False, True]
    assert not list(suite.path.glob(".penguin*"))


def test_a_suite_that_does_not_use_it_is_as_without_it(
    pytester: pytest.Pytester,
) -> None:
    """Nothing is loaded, nothing is printed, nothing runs by itself."""
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_loaded(request):
            loaded = {name for name in sys.modules if name.startswith("penguin_pipes")}
            assert loaded <= {
                "penguin_pipes",
                "penguin_pipes.testing",
                "penguin_pipes.testing.plugin",
                "penguin_pipes.testing.updating",
            }
            assert not {"attrs", "boto3", "rich", "pandas", "sagemaker"} & set(sys.modules)
            assert not [f for f in request.fixturenames if "penguin" in f]
        """
    )

    # Others' plugins import what they like, attrs for instance.
    others = (f"-pno:{name}" for name in ("anyio", "hypothesispytest", "schemathesis"))
    result = pytester.runpytest_subprocess("-v", *others)

    outcomes(result, passed=1)
    said = [line for line in result.outlines if "penguin" in line]
    assert [
        line for line in said if not line.startswith(("plugins:", "rootdir:"))
    ] == []


def test_it_can_be_left_out(pytester: pytest.Pytester) -> None:
    """By the name under which pytest lists it."""
    pytester.makepyfile("def test_a(pytestconfig): pass")

    result = pytester.runpytest_subprocess("-p", "no:penguin_pipes", "--fixtures")

    assert "penguin_pipes" not in str(result.stdout)


def test_fixtures_and_options_are_documented_and_prefixed(
    pytester: pytest.Pytester,
) -> None:
    """``pytest --fixtures`` and ``pytest --help`` tell all of them."""
    listed = pytester.runpytest_subprocess("--fixtures").outlines
    found = {
        line.split()[0]: below
        for line, below in pairwise(listed)
        if "testing/plugin.py" in line
    }
    assert set(found) == FIXTURES
    assert all(below.strip() for below in found.values())

    told = str(pytester.runpytest_subprocess("--help").stdout)
    assert "--penguin-pipes-update" in told
    assert "penguin_pipes_home (string):" in told


def test_the_fake_aws_says_what_it_is_made_of(pytester: pytest.Pytester) -> None:
    """Where moto is missing, the test fails with the command that installs it."""
    pytester.makeconftest("import sys\nsys.modules['moto'] = None")
    pytester.makepyfile("def test_a(penguin_pipes_aws): pass")

    result = pytester.runpytest_subprocess()

    outcomes(result, errors=1)
    result.stdout.fnmatch_lines(
        ["*'moto' is not installed; pip install 'penguin-pipes?testing?'"]
    )


def test_a_closed_network_fails_the_test_that_reaches_for_it(
    pytester: pytest.Pytester,
) -> None:
    """Where it does, or at its end if the refusal was swallowed; others go on."""
    pytester.makepyfile(
        """
        import contextlib
        import socket

        def test_reaches(penguin_pipes_closed_network):
            socket.create_connection(("192.0.2.7", 443))

        def test_swallows(penguin_pipes_closed_network):
            with contextlib.suppress(Exception):
                socket.gethostbyname("acme.example")

        def test_expects(penguin_pipes_closed_network):
            with contextlib.suppress(AssertionError):
                socket.gethostbyname("acme.example")
            assert penguin_pipes_closed_network.pop() == "gethostbyname of acme.example"

        def test_renders(penguin_pipes_render):
            assert penguin_pipes_render(lambda: {"Steps": []}) == '{"Steps": []}'

        def test_renders_from_afar(penguin_pipes_render):
            penguin_pipes_render(lambda: socket.gethostbyname("acme.example"))
        """
    )

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")

    outcomes(result, passed=3, failed=2, errors=2)
    result.stdout.fnmatch_lines_random(
        [
            "E *NetworkClosedError: getaddrinfo of 192.0.2.7, while the network is closed; *",
            "E *NetworkClosedError: gethostbyname of acme.example, while the network was *",
            "E *NetworkClosedError: gethostbyname of acme.example, while the network is *",
        ]
    )


SNAPSHOTS = """
import pytest
from pathlib import Path
from penguin_pipes.testing import assert_snapshot

@pytest.mark.parametrize("size", ["a/b", "c"])
def test_fixture(penguin_pipes_snapshot, size):
    penguin_pipes_snapshot({"Steps": [], "Size": size})

def test_function():
    assert_snapshot({"Steps": []}, Path(__file__).with_name("mine.json"))
"""


def test_snapshots_are_made_by_the_flag_alone(pytester: pytest.Pytester) -> None:
    """By fixture and by function; a run inside of a run has a flag of its own."""

    def run(*arguments: str) -> Any:
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    pytester.makepyfile(test_x=SNAPSHOTS)

    missing = run()
    outcomes(missing, failed=3)
    missing.stdout.fnmatch_lines_random(
        ["E *pytest test_x.py::test_function --penguin-pipes-update"]
    )
    outcomes(run("--penguin-pipes-update"), passed=3)

    outcomes(run(), passed=3)
    made = {str(p.relative_to(pytester.path)) for p in pytester.path.rglob("*.json")}
    folder = "snapshots/test_x/test_fixture"
    assert made == {"mine.json", f"{folder}-a-b.json", f"{folder}-c.json"}
