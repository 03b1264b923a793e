"""A network in which there is nobody but 192.0.2.1, who writes down what arrives.

``python -m tests.guard.far_away FILE COMMAND...`` runs a command there, and puts a list into FILE: ``address:port``
of each connection and datagram, and each name that was looked up. It needs Linux, and the right to have namespaces.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import selectors
import socket
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from pytest_openrouter_stt.plugin.sandbox import leave_network

FAR = "192.0.2.1"
PORTS = range(8001, 8040)
_DNS = 53
_SIOCSIFADDR, _SIOCSIFNETMASK = 0x8916, 0x891C
_CLONE_NEWNS, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000
_DOES_NOT_EXIST = b"\x81\x83"


class FarHost:
    """Listens to everything, in a thread of its own."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self._selector = selectors.DefaultSelector()
        for port in (_DNS, *PORTS):
            datagrams = socket.socket(type=socket.SOCK_DGRAM)
            datagrams.bind((FAR, port))
            self._selector.register(datagrams, selectors.EVENT_READ, self._take_datagram)
            self._selector.register(socket.create_server((FAR, port)), selectors.EVENT_READ, self._take_connection)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            for key, _ in self._selector.select():
                with suppress(OSError):
                    key.data(key.fileobj)

    def _take_connection(self, listener: socket.socket) -> None:
        peer, _ = listener.accept()
        self.arrived.append(f"{FAR}:{listener.getsockname()[1]}")
        with peer:
            peer.settimeout(1)
            peer.recv(65_536)
            peer.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def _take_datagram(self, sock: socket.socket) -> None:
        data, sender = sock.recvfrom(65_536)
        port = sock.getsockname()[1]
        self.arrived.append(_asked_for(data) if port == _DNS else f"{FAR}:{port}")
        if port == _DNS:
            sock.sendto(data[:2] + _DOES_NOT_EXIST + data[4:6] + bytes(6) + data[12:], sender)


def _asked_for(query: bytes) -> str:
    labels, rest = [], query[12:]
    while rest[0]:
        labels.append(rest[1 : 1 + rest[0]].decode())
        rest = rest[1 + rest[0] :]
    return ".".join(labels)


def settle() -> None:
    """Put this process into a network of its own, in which 192.0.2.1 is at home and knows all names.

    Raises:
        OSError: The system has no such thing, or does not let this user have it.
    """
    leave_network()
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        for request, address in ((_SIOCSIFADDR, FAR), (_SIOCSIFNETMASK, "255.255.255.255")):
            fcntl.ioctl(sock, request, struct.pack("16sHH4s16x", b"lo:1", socket.AF_INET, 0, socket.inet_aton(address)))
    with NamedTemporaryFile("w", delete=False) as file:
        file.write(f"nameserver {FAR}\noptions timeout:1 attempts:1\n")
    libc = ctypes.CDLL(None, use_errno=True)
    mounts = ((None, b"/", _MS_REC | _MS_PRIVATE), (file.name.encode(), b"/etc/resolv.conf", _MS_BIND))
    failed = libc.unshare(_CLONE_NEWNS) or any(
        libc.mount(what, where, None, flags, None) for what, where, flags in mounts
    )
    Path(file.name).unlink()
    if failed:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def main(report: str, *command: str) -> int:
    try:
        settle()
    except OSError as error:
        Path(report).write_text(json.dumps(str(error)))
        return 0
    host = FarHost()
    done = subprocess.run(command, check=False)
    Path(report).write_text(json.dumps(host.arrived))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
