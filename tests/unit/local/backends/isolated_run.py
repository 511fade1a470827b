"""Run one command isolated, on a computer furnished for it; a program of its own.

``isolated_run.py COMPUTER ISOLATION NETWORK FOLDER``: tests start it as whoever they
want to be, and read what it prints: one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from penguin_pipes.errors import ConfigError
from penguin_pipes.local.backends import Command, ProcessBackend
from penguin_pipes.local.backends.fork_server import linux

MNT_DETACH = 2

SCRIPT = """
import json, os, socket
def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
own = socket.create_server(("127.0.0.1", 0))
opt = {}
for name in sorted(os.listdir("/opt") if os.path.isdir("/opt") else []):
    path = f"/opt/{name}"
    opt[name] = os.readlink(path) if os.path.islink(path) else os.path.isdir(path)
try:
    ml = sorted(os.listdir("/opt/ml"))
except OSError:
    ml = None
print(json.dumps({
    "cwd": os.getcwd(),
    "ml": ml,
    "opt": opt,
    "user": os.getuid(),
    "capabilities": open("/proc/self/status").read().partition("CapEff:")[2].split()[0],
    "own": can_connect(own.getsockname()[1]),
    "host": can_connect(int(os.environ["PORT"])),
}))
if ml == ["staged"]:
    open("/opt/ml/written", "w").write("by the job")
"""


def _become_guest(flags: int) -> None:
    """Get every right in a namespace of our own, whoever we are."""
    user, group = os.getuid(), os.getgid()
    linux.unshare(linux.CLONE_NEWUSER | flags)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def forbid() -> None:
    """Be where no namespaces can be made."""
    _become_guest(0)
    for kind in ("user", "mnt", "net"):
        Path(f"/proc/sys/user/max_{kind}_namespaces").write_text("0")


def furnish_opt() -> None:
    """Be where ``/opt`` holds a bit of everything."""
    _become_guest(linux.CLONE_NEWNS)
    linux.mount("tmpfs", "/opt", "tmpfs", 0)
    Path("/opt/folder/ml").mkdir(parents=True)
    Path("/opt/ml/of the host").mkdir(parents=True)
    Path("/opt/file").touch()
    Path("/opt/link").symlink_to("folder/ml")
    Path("/opt/dangling").symlink_to("nowhere")
    os.mkfifo("/opt/pipe")


def remove_opt() -> None:
    """Be where there is no ``/opt``."""
    _become_guest(linux.CLONE_NEWNS)
    linux.mount("tmpfs", "/mnt", "tmpfs", 0)
    for path in Path("/").iterdir():
        there = Path("/mnt", path.name)
        if path.is_symlink():
            there.symlink_to(path.readlink())
        elif path.is_dir() and path.name not in {"opt", "mnt"}:
            there.mkdir()
            linux.mount(str(path), str(there), None, linux.MS_BIND | linux.MS_REC)
    # In a mere chroot, an ordinary user may not make namespaces.
    os.chdir("/mnt")
    assert linux.LIBC.pivot_root(b".", b".") == 0
    assert linux.LIBC.umount2(b".", MNT_DETACH) == 0


COMPUTERS = {"as it is": lambda: None, **{each.__name__: each for each in (forbid, furnish_opt, remove_opt)}}  # fmt: skip


def main(
    computer: str, isolation: Any, network: str, *, folder: Path
) -> dict[str, Any]:
    """Return what the command and its caller see."""
    COMPUTERS[computer]()
    tree = folder / "ml"
    tree.mkdir()
    (tree / "staged").touch()
    before = Path("/proc/self/mountinfo").read_text()
    warnings: list[str] = []
    try:
        with ProcessBackend(isolation=isolation) as backend:
            command = Command(
                argv=(sys.executable, "-I", "-c", SCRIPT),
                cwd=backend.seen(tree),
                environment={"PORT": os.environ["PORT"]},
                tree=tree,
                network=network == "network",
            )
            outcome = backend.run(
                command,
                log=folder / "log",
                on_line=lambda _: None,
                timeout_s=60,
                warn=warnings.append,
            )
    except ConfigError as error:
        return {"refused": str(error)}
    return {
        "warnings": warnings,
        "exit_code": outcome.exit_code,
        "log": (folder / "log").read_text(),
        "tree": sorted(path.name for path in tree.iterdir()),
        "is_host_untouched": before == Path("/proc/self/mountinfo").read_text(),
    }


if __name__ == "__main__":
    words = sys.argv[1:4]
    print(json.dumps(main(*words, folder=Path(sys.argv[4]))))  # noqa: T201
