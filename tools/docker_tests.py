"""Run a command with a Docker daemon and stand-in images of its own.

``docker_tests.py REASON COMMAND...`` starts a private ``dockerd``, makes images that
stand in for AWS's from Debian's packages and PyPI's, and runs the command with
``DOCKER_HOST`` set. Where that cannot be, it says why in the file REASON and does not
run the command. Whatever happens, the daemon, its mounts and its files are gone
afterwards.

The daemon gets no bridge and touches no firewall, so that it runs in a container or a
small virtual machine too.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED: Final = {"dockerd": "docker.io", "debootstrap": "debootstrap"}
"""Programs, and the packages of Debian that hold them."""

FLAGS: Final = (
    "--storage-driver=overlay2",
    "--iptables=false",
    "--ip6tables=false",
    "--ip-forward=false",
    "--ip-masq=false",
    "--bridge=none",
)
SOCKET: Final = "docker.sock"
LOG: Final = "dockerd.log"
ATTEMPTS: Final = 3
SUITE: Final = "bookworm"
"""The Debian whose Python is the session's, so that wheels fit both."""

PACKAGES: Final = "usr/local/lib/python3.11/dist-packages"
TOOLKIT: Final = "sagemaker-training==5.1.4"
TENSORFLOW_TOOLKIT: Final = "sagemaker-tensorflow-training==20.5.0"
TRAIN: Final = """#!/usr/bin/python3
from sagemaker_training.cli.train import main
main()
"""
STAND_IN: Final = "penguin-pipes/stand-in"
IMAGES: Final = {
    "sklearn": f"""FROM {STAND_IN}:raw
RUN python3 -c "import sagemaker_training.cli.train, sklearn.compose, tensorflow"
""",
    "tensorflow": f"""FROM {STAND_IN}:sklearn
ENV SAGEMAKER_TRAINING_MODULE=sagemaker_tensorflow_container.training:main
RUN python3 -c "import sagemaker_tensorflow_container.training"
""",
}
"""Importing once leaves bytecode for all containers."""


class ImpossibleError(Exception):
    """What is needed cannot be had here."""


class NotStartedError(Exception):
    """A daemon did not start; on a busy computer the next one may."""


def main() -> int:
    """Run the command, or say why not."""
    reason, *command = sys.argv[1:]
    try:
        _need_programs()
        with _folder() as folder, _daemon(folder) as host:
            _make_images(folder, host)
            environment = {**os.environ, "DOCKER_HOST": host}
            return subprocess.run(command, env=environment, check=False).returncode
    except ImpossibleError as error:
        Path(reason).write_text(str(error))
        return 0


def _need_programs() -> None:
    """Install what is missing.

    Raises:
        ImpossibleError: It cannot be.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        msg = "dockerd and debootstrap need Linux and root"
        raise ImpossibleError(msg)
    missing = [package for name, package in NEEDED.items() if not shutil.which(name)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        msg = f"{' and '.join(missing)} are missing, and there is no apt-get"
        raise ImpossibleError(msg)
    install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)
    for call in (("apt-get", "update", "-qq"), install):
        if subprocess.run(call, stdout=subprocess.DEVNULL, check=False).returncode:
            msg = f"{' '.join(call)} failed"
            raise ImpossibleError(msg)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Yield a folder; afterwards nothing is mounted below it, and it is gone."""
    # Not where TMPDIR leads: names of sockets have room for a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="penguin-pipes-docker-", dir="/tmp"))
    folder.chmod(0o711)  # Tests come as other users too.
    try:
        yield folder
    finally:
        mounts = [
            line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()
        ]
        for mount in sorted(mounts, reverse=True):
            if Path(mount).is_relative_to(folder):
                subprocess.run(("umount", "--lazy", mount), check=False)
        shutil.rmtree(folder)


@contextlib.contextmanager
def _daemon(folder: Path) -> Iterator[str]:
    """Yield the address of a daemon.

    Raises:
        ImpossibleError: It does not start.
    """
    for attempt in range(ATTEMPTS):
        daemon = _started(folder)
        try:
            _wait(daemon, folder)
            (folder / SOCKET).chmod(0o666)
            yield f"unix://{folder / SOCKET}"
        except NotStartedError as error:
            if attempt == ATTEMPTS - 1:
                raise ImpossibleError(str(error)) from None
        else:
            return
        finally:
            _end(daemon)


def _started(folder: Path) -> subprocess.Popen[bytes]:
    """Start a daemon whose files are all in *folder*."""
    with (folder / LOG).open("w") as output:
        return subprocess.Popen(
            (
                "dockerd",
                f"--host=unix://{folder / SOCKET}",
                f"--data-root={folder / 'data'}",
                f"--exec-root={folder / 'exec'}",
                f"--pidfile={folder / 'pid'}",
                *FLAGS,
            ),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _end(daemon: subprocess.Popen[bytes]) -> None:
    """Stop a daemon, and whatever of it is left."""
    daemon.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        daemon.wait(30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(daemon.pid, signal.SIGKILL)
    daemon.wait()


def _wait(daemon: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until a daemon answers.

    Raises:
        NotStartedError: It has ended, or takes too long.
    """
    import docker

    socket, log = folder / SOCKET, folder / LOG
    for _ in range(1200):
        if daemon.poll() is not None:
            break
        with contextlib.suppress(docker.errors.DockerException, OSError):
            docker.DockerClient(base_url=f"unix://{socket}").close()
            return
        time.sleep(0.1)
    last = log.read_text().strip().splitlines()[-1:]
    msg = f"dockerd does not start here: {''.join(last)}"
    raise NotStartedError(msg)


def _make_images(folder: Path, host: str) -> None:
    """Make the images that stand in for AWS's, with no registry to ask.

    Raises:
        ImpossibleError: Debian is not to be had.
    """
    root = folder / "root"
    system = ("--variant=minbase", "--include=python3", SUITE)
    made = subprocess.run(
        ("debootstrap", *system, str(root)), stdout=subprocess.DEVNULL, check=False
    )
    if made.returncode:
        msg = f"debootstrap cannot make a Debian {SUITE} here"
        raise ImpossibleError(msg)
    local = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    libraries = local["optional-dependencies"]["local"]
    _install(root, "pip", TOOLKIT, *libraries)
    # It asks for an older NumPy and protobuf than the TensorFlow it is made for.
    _install(root, "--no-deps", TENSORFLOW_TOOLKIT)
    # AWS's images let their toolkit install requirements.
    (root / "usr/lib/python3.11/EXTERNALLY-MANAGED").unlink(missing_ok=True)
    train = root / "usr/local/bin/train"
    train.write_text(TRAIN)
    train.chmod(0o755)
    _import(root, host)
    shutil.rmtree(root)


def _install(root: Path, *requirements: str) -> None:
    """Install packages into the image, from outside of it.

    Raises:
        ImpossibleError: They cannot be had, or built: the toolkit is written in C.
    """
    call = ("-m", "uv", "pip", "install", "--quiet")
    if subprocess.run(
        (sys.executable, *call, "--target", str(root / PACKAGES), *requirements),
        check=False,
    ).returncode:
        msg = f"{' '.join(requirements)} cannot be installed here"
        raise ImpossibleError(msg)


def _import(root: Path, host: str) -> None:
    """Make images of the folder *root*: one as it is, one that starts TensorFlow."""
    import docker

    client = docker.DockerClient(base_url=host, timeout=600)
    tar = ("tar", "-C", str(root), "-c", ".")
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as packed:
        client.api.import_image_from_stream(
            packed.stdout,
            repository=STAND_IN,
            tag="raw",
            changes=["ENV PATH=/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1"],
        )
    for tag, lines in IMAGES.items():
        file = io.BytesIO(lines.encode())
        client.images.build(fileobj=file, tag=f"{STAND_IN}:{tag}", rm=True)
    client.close()


if __name__ == "__main__":
    sys.exit(main())
