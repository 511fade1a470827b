"""What is promised of the docker backend where there is no Docker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penguin_pipes.errors import AwsError, InputError
from penguin_pipes.local.backends import Command, Limits
from penguin_pipes.local.backends.docker import LocalImages
from penguin_pipes.local.backends.docker.images import registry_of
from penguin_pipes.local.backends.docker.options import container_options, mounted

ECR = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"
IMAGE = f"{ECR}/tensorflow-training:2.21.0-cpu-py312"
LOCAL = [sys.executable, "-m", "penguin_pipes.local"]
DEFINITION = "tests/unit/snapshots/penguins-train.json"
INFO = {"MemTotal": 16_000_000_000, "SecurityOptions": ["name=seccomp,profile=default"]}


def options(
    *, argv: tuple[str, ...] = ("a", "b"), user: str = "1000:100", **changes: Any
) -> dict[str, Any]:
    """Return what a container is created with."""
    info = INFO | changes.pop("info", {})
    image = {"Id": "sha256:1", "Config": {"Env": changes.pop("env", None)}}
    limits = changes.pop("limits", Limits())
    command = Command(argv=argv, cwd=Path("/"), environment={"X": "1"}, **changes)
    return container_options(command, image, info, limits=limits, user=user, run="r")


class TestOptions:
    """How containers are created."""

    def test_an_entrypoint_is_replaced_or_followed(self) -> None:
        """Never both; without any word the image's own command is left."""
        replaced = options()
        followed = options(replaces_entrypoint=False)
        alone = options(argv=(), replaces_entrypoint=False)

        assert (replaced["entrypoint"], replaced.get("command")) == (["a", "b"], None)
        assert (followed.get("entrypoint"), followed["command"]) == (None, ["a", "b"])
        assert (alone.get("entrypoint"), alone["command"]) == (None, None)

    def test_a_job_has_a_network_unless_its_request_says_otherwise(self) -> None:
        """Isolated is without any; else it is left to the daemon."""
        assert "network_mode" not in options()
        assert options(network=False)["network_mode"] == "none"

    def test_the_caller_owns_what_is_written_whatever_the_daemon(self) -> None:
        """Rootless, the container's root is the caller; remapped, ids are not."""
        rootless = {"SecurityOptions": ["name=rootless", "name=cgroupns"]}
        remapped = {"SecurityOptions": ["name=userns"]}

        assert options()["user"] == "1000:100"
        assert options(info=rootless)["user"] == "0:0"
        assert options(info=remapped)["userns_mode"] == "host"

    def test_mounts_are_readable_under_selinux(self) -> None:
        """Where the daemon labels containers, these are not."""
        labelled = {"SecurityOptions": ["name=selinux"]}

        assert options(info=labelled)["security_opt"] == ["label=disable"]
        assert "security_opt" not in options()

    def test_an_ordinary_user_has_a_home_unless_the_image_says_where(self) -> None:
        """Caches need one; what the request sets wins over both."""
        assert options()["environment"]["HOME"] == "/tmp"
        assert "HOME" not in options(env=["HOME=/home/ml"])["environment"]
        assert options(user="0:0")["environment"] == {"X": "1"}

    def test_shared_memory_is_half_of_the_memory(self) -> None:
        """Of the limit if there is one, of the computer's otherwise; or what is said."""
        small = Limits(memory=2_000_000_000)
        told = Limits(shm_size=64)

        assert options()["shm_size"] == 8_000_000_000
        assert options(limits=small)["shm_size"] == 1_000_000_000
        assert options(limits=told)["shm_size"] == 64

    @given(st.integers(1, 10**12), st.floats(0.01, 512))
    def test_limits_are_those_asked_for(self, memory: int, cpus: float) -> None:
        """Without swap, and never more shared memory than there is memory."""
        found = options(limits=Limits(memory=memory, cpus=cpus))

        assert found["mem_limit"] == found["memswap_limit"] == memory
        assert found["nano_cpus"] == pytest.approx(cpus * 1e9, abs=1)
        assert found["shm_size"] <= INFO["MemTotal"]

    def test_each_folder_of_the_tree_is_mounted_by_itself(self, tmp_path: Path) -> None:
        """What an image holds beside them in /opt/ml stays visible."""
        (tmp_path / "input/data").mkdir(parents=True)
        (tmp_path / "model").mkdir()
        (tmp_path / "file").touch()
        command = Command(argv=(), cwd=Path("/"), environment={}, tree=tmp_path)

        assert mounted(command) == {
            "/opt/ml/input": f"{tmp_path}/input",
            "/opt/ml/model": f"{tmp_path}/model",
        }


class TestDaemon:
    """What is said where there is no daemon."""

    def test_without_a_daemon_one_paragraph_says_what_to_do(
        self, tmp_path: Path
    ) -> None:
        """Where it was looked for, why it does not answer, and the ways out."""
        place = f"unix://{tmp_path}/docker.sock"
        done = subprocess.run(
            [*LOCAL, DEFINITION, "--backend", "docker"],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "DOCKER_HOST": place},
        )

        (text,) = done.stderr.splitlines()
        assert done.returncode == 2
        assert f"no Docker daemon answers at {place}" in text
        assert "No such file or directory" in text
        assert "jobs then run as processes" in text

    def test_without_the_library_one_sentence_says_which_extra(self) -> None:
        """A Python without docker-py is told what to install."""
        script = """
import sys
sys.modules["docker"] = None
from penguin_pipes.local.__main__ import main
sys.exit(main([sys.argv[1], "--backend", "docker"]))
"""
        done = subprocess.run(
            [sys.executable, "-c", script, DEFINITION],
            check=False,
            capture_output=True,
            text=True,
        )

        assert done.returncode == 2
        assert done.stderr.startswith("error: the docker backend needs docker-py")
        assert "pip install 'penguin-pipes[docker]'" in done.stderr

    @pytest.mark.parametrize(
        ("flags", "message"),
        [
            (["--memory", "1GB"], "--memory goes with --backend docker only"),
            (["--cpus", "1"], "--cpus goes with --backend docker only"),
            (["--image", "a=b"], "--image goes with --backend docker only"),
            (["--backend", "docker", "--cold"], "--cold is for processes"),
            (
                ["--backend", "docker", "--isolation", "mapped"],
                "--isolation is for processes",
            ),
            (["--backend", "docker", "--image", "a"], "expected URI=LOCAL-TAG"),
        ],
    )
    def test_a_flag_that_would_do_nothing_is_refused(
        self, flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Before anything is looked for."""
        from penguin_pipes.local.__main__ import main

        code = main([DEFINITION, *flags])

        assert code == 2
        assert message in capsys.readouterr().err


@attrs.define
class Daemon:
    """A daemon that has no image, and pulls for those who are signed in.

    Attributes:
        asked: Who came, in order.
    """

    password: str | None = None
    asked: list[Any] = attrs.field(factory=list)
    has: bool = False

    @property
    def images(self) -> Daemon:
        """Return what finds images."""
        return self

    @property
    def api(self) -> Daemon:
        """Return what pulls."""
        return self

    def get(self, name: str) -> str:
        """Return an image, if it was pulled."""
        from docker.errors import ImageNotFound

        if not self.has:
            raise ImageNotFound(name)
        return name

    def pull(self, uri: str, *, auth_config: Any, **_: Any) -> list[dict[str, str]]:
        """Pull, or say in the stream why not, as the daemon does."""
        self.asked.append(auth_config)
        given = None if auth_config is None else auth_config["password"]
        self.has = given == self.password
        error = {"error": f"pull access denied for {uri}"}
        return [{"status": "Pulling"}] if self.has else [error]


class TestPull:
    """Who signs in where."""

    def _images(self, daemon: Daemon, **options: Any) -> LocalImages:
        return LocalImages(client=lambda: daemon, **options)

    def test_the_daemons_own_sign_in_comes_first(self) -> None:
        """Whoever has done docker login needs no credentials of AWS."""
        daemon = Daemon(password=None)

        self._images(daemon, login=lambda _: pytest.fail("not needed")).bring([IMAGE])

        assert daemon.asked == [None]

    def test_an_image_in_ecr_is_pulled_with_the_callers_credentials(self) -> None:
        """The callable is asked for the registry that the image is in."""
        daemon = Daemon(password="token")
        registries = []

        def login(registry: str) -> tuple[str, str]:
            registries.append(registry)
            return "AWS", "token"

        self._images(daemon, login=login).bring([IMAGE, IMAGE])

        assert registries == [ECR]
        assert daemon.asked == [None, {"username": "AWS", "password": "token"}]

    def test_other_registries_never_see_credentials_of_aws(self) -> None:
        """A token for ECR is shown to ECR alone."""
        login = lambda _: pytest.fail("asked for a stranger")  # noqa: E731
        images = self._images(Daemon(password="x"), login=login)

        with pytest.raises(InputError, match=r"docker login ghcr\.io"):
            images.bring(["ghcr.io/team/image:1"])

    def test_a_refusal_by_aws_is_told_with_the_ways_out(self) -> None:
        """Its reason, docker login, and a local image in its place."""

        def login(_: str) -> tuple[str, str]:
            msg = "there are no credentials"
            raise AwsError(msg)

        images = self._images(Daemon(password="x"), login=login)

        with pytest.raises(InputError) as caught:
            images.bring([IMAGE])

        text = str(caught.value)
        assert f"image {IMAGE} is not on this computer" in text
        assert "there are no credentials" in text
        assert "aws ecr get-login-password --region eu-west-1" in text
        assert f"--image {IMAGE}=LOCAL-TAG" in text

    @pytest.mark.parametrize(
        ("uri", "registry"),
        [
            (IMAGE, ECR),
            ("localhost:5000/a:1", "localhost:5000"),
            ("team/image:1", ""),
            ("image", ""),
        ],
    )
    def test_a_registry_is_read_as_docker_reads_it(
        self, uri: str, registry: str
    ) -> None:
        """The first part is a host if it looks like one."""
        assert registry_of(uri) == registry
