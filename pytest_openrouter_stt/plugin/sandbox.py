"""A network of the run's own, in which there is nothing but loopback: ``--stt-sandbox``.

The process leaves the network of its machine and then becomes pytest once more, with the same command line: nothing
that was loaded, connected or started before is left, and nobody stands between pytest and its terminal. Both the
namespaces and that a process keeps them when it executes another program are Linux's.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT = "STT_SANDBOX_LEFT"
"""The variable that holds the name of the network that was left, for the pytest that comes after."""

_NETWORK = Path("/proc/self/ns/net")
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def is_sandboxed() -> bool:
    """Whether this process, or one that started it, has left the network of its machine through `restart`."""
    left = os.environ.get(_LEFT)
    return bool(left) and _network() != left


def restart(arguments: Sequence[str]) -> NoReturn:
    """Run this program again, from its beginning, where there is no network but loopback.

    Args:
        arguments: What pytest was called with.

    Raises:
        pytest.UsageError: Another program called pytest, or this machine has no sandbox for this user.
    """
    if list(arguments) != sys.argv[1:]:
        raise pytest.UsageError(
            "stt: --stt-sandbox starts pytest anew, and this pytest was started by another program; "
            "start it on a command line, or leave the sandbox out"
        )
    try:
        left = _network()
        leave_network()
    except OSError as error:
        raise pytest.UsageError(_why_not(error)) from None
    os.environ[_LEFT] = left
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the very command of the user


def leave_network() -> None:
    """Put this process and all that it will start into a network with nothing but loopback; on Linux only.

    Raises:
        OSError: The system does not let this user have one.
    """
    try:
        _unshare(_CLONE_NEWNET)
    except PermissionError:
        user, group = os.geteuid(), os.getegid()
        _unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        _stay(user, group)
    _bring_loopback_up()


def _network() -> str:
    if sys.platform != "linux":  # pragma: no cover - on other systems only
        raise OSError(errno.ENOSYS, f"{sys.platform} has no network namespaces; Linux has")
    return str(_NETWORK.readlink())


def _unshare(namespaces: int) -> None:
    # os.unshare() came with Python 3.12.
    if ctypes.CDLL(None, use_errno=True).unshare(namespaces):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _stay(user: int, group: int) -> None:
    """Be the same user in a new user namespace; without this, files would be somebody else's."""
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny", "ascii")  # the kernel asks for this before it takes a group
    (own / "uid_map").write_text(f"{user} {user} 1", "ascii")
    (own / "gid_map").write_text(f"{group} {group} 1", "ascii")


def _bring_loopback_up() -> None:
    import fcntl  # noqa: PLC0415 - only where there are namespaces

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", _IFF_UP))


def _why_not(error: OSError) -> str:
    remedies = {
        errno.EINVAL: "A plugin started a thread before; leave it out with '-p no:NAME'.",
        errno.ENOSYS: "Run it in a Linux container, or leave the sandbox out.",
        errno.ENOENT: "Run it on Linux with /proc mounted, or leave the sandbox out.",
    }
    allowed = (
        "Run it as root (in a container, with the capability SYS_ADMIN), let the kernel give user namespaces to users "
        "(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
        "kernel.apparmor_restrict_unprivileged_userns), or leave the sandbox out."
    )
    reason = error.strerror or str(error)
    return f"stt: there is no sandbox for this run: {reason}. {remedies.get(error.errno or 0, allowed)}"
