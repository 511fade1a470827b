"""Give this process a view of the computer of its own: ``/opt/ml``, and no network."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import struct
import sys
from typing import Final

from . import linux

OPT: Final = "/opt"
ROOT: Final = "/opt/ml"
SIOCSIFFLAGS: Final = 0x8914
IFF_UP: Final = 1


def isolate(*, tree: str | None, network: bool) -> None:
    """Let the folder *tree* stand at ``/opt/ml``, and take the network away.

    Nobody else sees either: the namespaces are this process's and its children's.

    Args:
        tree: The folder, if one is to stand there.
        network: Whether the network stays.

    Raises:
        OSError: The kernel does not allow it; the file name is the call or the place.
    """
    flags = (linux.CLONE_NEWNS if tree else 0) | (0 if network else linux.CLONE_NEWNET)
    if not flags:
        return
    is_guest = _unshare(flags)
    if tree:
        _refuse_hidden_python()
        _stand(tree)
    if not network:
        _raise_loopback()
    if is_guest:
        linux.drop_capabilities()


def _unshare(flags: int) -> bool:
    """Make the namespaces; return whether it took one for users, too."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        try:
            linux.unshare(flags)
        except PermissionError:
            pass  # Root in a container is not almighty, but may be so in one more.
        else:
            return False
    linux.unshare(flags | linux.CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")
    return user != 0


def _write(path: str, text: str) -> None:
    """Write into one of the kernel's files, in one go."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _refuse_hidden_python() -> None:
    """Raise if the interpreter would vanish behind the tree."""
    for path in (sys.executable, sys.prefix, sys.base_prefix):
        if path.startswith(f"{ROOT}/"):
            raise OSError(errno.EBUSY, f"this Python lives below {ROOT}", path)


def _stand(tree: str) -> None:
    """Put the tree at ``/opt/ml``, and everything else below ``/opt`` back.

    A Python, CUDA or packages may live there, and the host's ``/opt`` is not ours to
    write to: an empty one is mounted over it, which only this namespace sees.
    """
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    # Opened first, for the tree, too, may lie below /opt.
    source = os.open(tree, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    old = os.open(OPT, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    names = sorted(os.listdir(OPT))
    flags = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("tmpfs", OPT, "tmpfs", flags, "mode=755")
    for name in names:
        if f"{OPT}/{name}" != ROOT:
            _bring_back(f"/proc/self/fd/{old}/{name}", f"{OPT}/{name}")
    os.mkdir(ROOT)
    _bind(f"/proc/self/fd/{source}", ROOT)
    os.close(source)
    os.close(old)


def _bring_back(source: str, target: str) -> None:
    """Let one entry of the old ``/opt`` be seen in the new one."""
    mode = os.lstat(source).st_mode
    if stat.S_ISLNK(mode):
        os.symlink(os.readlink(source), target)
        return
    if stat.S_ISDIR(mode):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    _bind(source, target)


def _bind(source: str, target: str) -> None:
    """Let a file or folder be seen at a second place, mounts below it included."""
    linux.mount(source, target, None, linux.MS_BIND | linux.MS_REC)


def _raise_loopback() -> None:
    """Switch on the one network device that a new namespace has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", IFF_UP)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)
