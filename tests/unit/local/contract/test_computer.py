"""What is promised of a job's tree, names and computer."""

from __future__ import annotations

from pathlib import Path

import pytest

from penguin_pipes.local.contract.host import Host
from penguin_pipes.local.contract.names import execution_id, job_name
from penguin_pipes.local.contract.tree import WorkTree
from penguin_pipes.service import JOB_NAME

HOST = Host(
    python="/venv/bin/python",
    environment={"PATH": "/bin", "HOME": "/me", "AWS_SECRET_ACCESS_KEY": "x"},
    cpus=2,
)
TREE = WorkTree(Path("/srv/ml"))


class TestPaths:
    """``/opt/ml`` becomes a folder here."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("/opt/ml", "/srv/ml"),
            ("/opt/ml/model", "/srv/ml/model"),
            ("--out=/opt/ml/model", "--out=/srv/ml/model"),
            ("/opt/ml/a:/opt/ml/b", "/srv/ml/a:/srv/ml/b"),
            ("file:///opt/ml/model", "file:///srv/ml/model"),
            ("['/opt/ml/a']", "['/srv/ml/a']"),
            ("cd /opt/ml && ls", "cd /srv/ml && ls"),
            ("/opt/mlflow", "/opt/mlflow"),
            ("/opt/ml-data", "/opt/ml-data"),
            ("/opt/ml.bak", "/opt/ml.bak"),
            ("/data/opt/ml", "/data/opt/ml"),
            ("./opt/ml", "./opt/ml"),
            ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
            ("nothing", "nothing"),
        ],
    )
    def test_only_the_tree_itself_is_mapped(self, text: str, expected: str) -> None:
        """A path is mapped where ``/opt/ml`` begins a path and ends a part."""
        assert TREE.localize(text) == expected

    def test_strings_at_any_depth_are_mapped(self) -> None:
        """Config files have their paths mapped, all else untouched."""
        value = {"/opt/ml": ["/opt/ml/a", 1, None, {"b": "/opt/ml"}]}

        found = TREE.localize_all(value)

        assert found == {"/opt/ml": ["/srv/ml/a", 1, None, {"b": "/srv/ml"}]}


class TestHost:
    """What this computer lends."""

    def test_nothing_but_the_list_is_lent(self) -> None:
        """A job sees the listed variables, Python's settings, and no credentials."""
        assert set(HOST.base_environment) == {
            "PATH",
            "HOME",
            "PYTHONDONTWRITEBYTECODE",
            "PYTHONIOENCODING",
            "PYTHONUNBUFFERED",
            "PYTHONUTF8",
        }

    def test_this_python_comes_first(self) -> None:
        """A script that calls ``python3`` gets the interpreter of the run."""
        assert HOST.base_environment["PATH"] == "/venv/bin:/bin"

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("python3", "/venv/bin/python"),
            ("python", "/venv/bin/python"),
            ("python3.12", "/venv/bin/python"),
            ("/opt/venv/bin/python3", "/venv/bin/python"),
            ("pythonic", "pythonic"),
            ("/bin/sh", "/bin/sh"),
        ],
    )
    def test_a_python_is_this_one(self, name: str, expected: str) -> None:
        """Whichever Python the image has, this one stands for it."""
        assert HOST.executable(name) == expected


class TestNames:
    """Names as the service makes them."""

    @pytest.mark.parametrize("prefix", ["", "my_job", "p" * 63])
    @pytest.mark.parametrize("step", ["a", "train_model", "s" * 64])
    def test_job_names_fit(self, step: str, prefix: str) -> None:
        """A job's name is one the service could give, and holds the run's id."""
        execution = execution_id()

        name = job_name(execution, step, prefix=prefix)

        assert JOB_NAME.fullmatch(name)
        assert execution in name

    def test_names_are_not_repeated(self) -> None:
        """Two jobs of the same step have different names."""
        assert job_name("x", "step") != job_name("x", "step")
