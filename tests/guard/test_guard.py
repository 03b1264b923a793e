"""Every remote address here is reserved (192.0.2.0/24, .invalid): none is reached even if the guard is broken."""

from __future__ import annotations

import _socket
import asyncio
import concurrent.futures
import contextlib
import ctypes.util
import errno
import functools
import http.client
import importlib
import multiprocessing.util
import os
import platform
import queue
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import requests

from pytest_openrouter_stt.guard.egress import EgressAttempt
from pytest_openrouter_stt.guard.guard import UNKNOWN_TARGET, NetworkGuard, ProxyTrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REMOTE = ("192.0.2.1", 443)
NAME = "api.invalid"
HERE = "guard/test_guard.py:"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
MISSING = "/nonexistent/curl"
METHODS = {"connect", "connect_ex", "sendto", "sendmsg"}


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """With a broken guard, fail after a second instead of a kernel's connect timeout."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(1)
    yield
    socket.setdefaulttimeout(before)


@pytest.fixture(scope="module")
def one_guard() -> Iterator[NetworkGuard]:
    with NetworkGuard() as guard:
        yield guard


@pytest.fixture
def guard(one_guard: NetworkGuard) -> NetworkGuard:
    one_guard.take_egress_attempts()
    return one_guard


@pytest.fixture
def armed(guard: NetworkGuard) -> Iterator[NetworkGuard]:
    with guard.armed():
        yield guard


def kinds(guard: NetworkGuard) -> set[tuple[str, str]]:
    return {(egress.kind, egress.target) for egress in guard.egress_attempts}


# --- Python's sockets -------------------------------------------------------------------------------------------


def raw_connect(address: tuple[str, int] = REMOTE) -> None:
    with socket.socket() as sock:
        sock.connect(address)


def raw_connect_ex() -> None:
    with socket.socket() as sock:
        sock.connect_ex(REMOTE)


def bare_connect() -> None:
    sock = _socket.socket()
    try:
        sock.connect(REMOTE)
    finally:
        sock.close()


def udp_sendto(address: tuple[str, int] = REMOTE) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", address)


def udp_sendto_with_flags() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", 0, REMOTE)


def udp_sendmsg() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendmsg([b""], [], 0, REMOTE)


def bare_sendto() -> None:
    sock = _socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 0)
    try:
        sock.sendto(b"", REMOTE)
    finally:
        sock.close()


def udp_connect() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(REMOTE)


@pytest.mark.parametrize(
    ("attempt", "kind", "target"),
    [
        (raw_connect, "connect", "192.0.2.1:443"),
        (raw_connect_ex, "connect", "192.0.2.1:443"),
        (bare_connect, "connect", "192.0.2.1:443"),
        (udp_connect, "connect", "192.0.2.1:443"),
        (udp_sendto, "datagram", "192.0.2.1:443"),
        (udp_sendto_with_flags, "datagram", "192.0.2.1:443"),
        (udp_sendmsg, "datagram", "192.0.2.1:443"),
        (bare_sendto, "datagram", "192.0.2.1:443"),
        # The interpreter resolves these before it tells its audit hooks: the error would be a gaierror.
        (lambda: raw_connect((NAME, 443)), "connect", "api.invalid:443"),
        (lambda: udp_sendto((NAME, 443)), "datagram", "api.invalid:443"),
    ],
)
def test_a_socket_to_elsewhere_is_refused_and_recorded(
    armed: NetworkGuard, attempt: Callable[[], None], kind: str, target: str
) -> None:
    with pytest.raises(ConnectionRefusedError, match="beyond this machine") as raised:
        attempt()
    assert raised.value.errno == errno.ECONNREFUSED
    (egress,) = armed.egress_attempts
    assert (egress.kind, egress.target) == (kind, target)
    assert HERE in egress.where


@pytest.mark.parametrize(
    ("attempt", "target"),
    [
        (lambda: socket.getaddrinfo(NAME, 443), "api.invalid:443"),
        (lambda: socket.getaddrinfo(NAME.encode(), "https"), "api.invalid:https"),
        (lambda: socket.getaddrinfo(NAME, None), "api.invalid"),
        (lambda: socket.getaddrinfo("2001:db8::1", 443), "[2001:db8::1]:443"),
        (lambda: _socket.getaddrinfo(NAME, 443), "api.invalid:443"),
        (lambda: socket.gethostbyname(NAME), NAME),
        (lambda: socket.gethostbyname_ex(NAME), NAME),
        (lambda: socket.gethostbyaddr("192.0.2.1"), "192.0.2.1"),
        (lambda: socket.getnameinfo(REMOTE, 0), "192.0.2.1:443"),
        (lambda: socket.create_connection((NAME, 443)), "api.invalid:443"),
        (lambda: http.client.HTTPSConnection(NAME).request("POST", "/"), "api.invalid:443"),
    ],
)
def test_a_name_lookup_is_refused_and_recorded(armed: NetworkGuard, attempt: Callable[[], object], target: str) -> None:
    with pytest.raises(socket.gaierror) as raised:
        attempt()
    assert raised.value.errno == socket.EAI_NONAME
    (egress,) = armed.egress_attempts
    assert (egress.kind, egress.target) == ("lookup", target)
    assert HERE in egress.where


def test_asyncio_is_refused_and_recorded(armed: NetworkGuard) -> None:
    async def dial(host: str) -> None:
        with pytest.raises(OSError, match="beyond this machine"):
            await asyncio.open_connection(host, 443)

    asyncio.run(dial(NAME))
    asyncio.run(dial("192.0.2.1"))
    assert kinds(armed) == {("lookup", "api.invalid:443"), ("connect", "192.0.2.1:443")}
    assert HERE in armed.egress_attempts[-1].where


def test_other_threads_are_refused_and_all_attempts_recorded(armed: NetworkGuard) -> None:
    def attempt(_: int) -> None:
        with pytest.raises(ConnectionRefusedError):
            raw_connect()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(80)))
    assert len(armed.egress_attempts) == 80


def test_an_attempt_is_recorded_though_the_client_swallows_the_error(armed: NetworkGuard) -> None:
    with contextlib.suppress(Exception):
        raw_connect()
    assert kinds(armed) == {("connect", "192.0.2.1:443")}


def test_an_unreadable_address_is_refused_with_an_oserror(armed: NetworkGuard) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(socket.gaierror):
        sys.audit("socket.getaddrinfo", Hostile(), 443, 0, 0, 0)
    assert kinds(armed) == {("lookup", "socket.getaddrinfo")}


# --- HTTP clients -----------------------------------------------------------------------------------------------


def direct_requests() -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.post(f"https://{NAME}/v1")


def direct_httpx() -> None:
    with httpx.Client(trust_env=False) as client:
        client.post(f"https://{NAME}/v1")


def direct_urllib() -> None:
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"https://{NAME}/v1")


@pytest.mark.parametrize("attempt", [direct_requests, direct_httpx, direct_urllib])
def test_an_http_client_that_ignores_proxies_is_recorded(armed: NetworkGuard, attempt: Callable[[], None]) -> None:
    with pytest.raises((OSError, httpx.HTTPError)):
        attempt()
    assert kinds(armed) == {("lookup", "api.invalid:443")}
    assert f"in {attempt.__name__}" in armed.egress_attempts[0].where


def proxied_requests() -> None:
    requests.post(f"https://{NAME}/v1", data=b"x" * 200_000)


def proxied_httpx() -> None:
    httpx.post(f"https://{NAME}/v1")


def proxied_tunnel() -> None:
    connection = http.client.HTTPSConnection(os.environ["ALL_PROXY"].removeprefix("http://"))
    connection.set_tunnel(NAME, 443)
    try:
        connection.request("POST", "/v1")
    finally:
        connection.close()


@pytest.mark.parametrize("attempt", [proxied_requests, proxied_httpx, proxied_tunnel])
def test_a_proxied_http_client_is_answered_502_and_recorded(armed: NetworkGuard, attempt: Callable[[], None]) -> None:
    with pytest.raises((OSError, httpx.ProxyError), match="502"):
        attempt()
    (egress,) = armed.egress_attempts
    assert (egress.kind, egress.target) == ("proxy", "api.invalid:443")
    assert HERE in egress.where
    assert egress.where.endswith(f"in {attempt.__name__}")


def test_a_plain_http_request_reads_why_it_was_refused(armed: NetworkGuard) -> None:
    response = requests.post(f"http://{NAME}/v1?key=secret", data=b"x" * 500_000)
    assert (response.status_code, response.headers["Connection"]) == (502, "close")
    assert response.text == "pytest-openrouter-stt: this request was not intercepted\n"
    assert kinds(armed) == {("proxy", "api.invalid:80")}


def test_a_child_process_with_the_armed_environment_meets_the_trap(guard: NetworkGuard) -> None:
    with guard.armed():
        environment = dict(os.environ)
    script = f"import httpx; httpx.get('http://{NAME}/').raise_for_status()"
    child = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert "502 Bad Gateway" in child.stderr
    # Where from is guessed: of a thread that another test had to leave behind, if there is one.
    assert [(egress.kind, egress.target) for egress in guard.egress_attempts] == [("proxy", "api.invalid:80")]


# --- processes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempt", "program"),
    [
        (lambda: subprocess.run(["curl", "-m1", f"http://{NAME}"], check=False), "curl (api.invalid:80)"),
        (lambda: subprocess.run(["curl", f"https://u:p@{NAME}/x?key=secret"], check=False), "curl (api.invalid:443)"),
        (lambda: subprocess.run(["curl", "--url=http://[2001:db8::1]:81"], check=False), "curl ([2001:db8::1]:81)"),
        (lambda: subprocess.run([MISSING], close_fds=False, check=False), "curl"),
        (
            lambda: subprocess.run(f"{MISSING} -m1 http://{NAME}", shell=True, check=False),
            f"{MISSING} (api.invalid:80)",
        ),
        (lambda: subprocess.run("uname; true", shell=True, check=False), "uname;"),
        (lambda: subprocess.run([Path(MISSING), b"-m1"], check=False), "curl"),
        (lambda: os.system("no-such-curl http://api.invalid"), "no-such-curl (api.invalid:80)"),
        (lambda: os.popen("no-such-curl http://api.invalid"), "no-such-curl (api.invalid:80)"),
        (lambda: os.execv(MISSING, ["uname"]), "curl"),
        (lambda: os.posix_spawn(MISSING, ["uname"], {}), "curl"),
        (lambda: os.posix_spawnp(MISSING, ["uname"], {}), "curl"),
        (lambda: os.fork() or os._exit(0), "os.fork"),
        (lambda: os.spawnv(os.P_WAIT, MISSING, ["curl"]), "os.fork"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="starts programs the POSIX ways")
def test_a_program_is_refused_and_recorded(armed: NetworkGuard, attempt: Callable[[], object], program: str) -> None:
    with pytest.raises(PermissionError, match="beyond this machine"):
        attempt()
    (egress,) = armed.egress_attempts
    assert (egress.kind, egress.target) == ("subprocess", program)
    assert HERE in egress.where


@pytest.mark.parametrize(
    ("event", "args", "program"),
    [
        ("subprocess.Popen", (None, r"C:\bin\curl.exe -m1", None, None), "curl"),
        ("_winapi.CreateProcess", (None, r'"C:\bin\curl.exe" -m1', None), "curl"),
        ("os.spawn", (0, r"C:\bin\curl.exe", [], None), "curl"),
        ("os.startfile", ("page.html", "open"), "page.html"),
        ("subprocess.Popen", (None, None, None, None), "subprocess.Popen"),
    ],
)
def test_programs_are_refused_the_windows_way(
    armed: NetworkGuard, event: str, args: tuple[object, ...], program: str
) -> None:
    with pytest.raises(PermissionError):
        sys.audit(event, *args)
    assert kinds(armed) == {("subprocess", program)}


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("subprocess.Popen", (None, r'C:\Windows\system32\cmd.exe /c "ver"', None, None)),
        ("os.posix_spawn", ("/usr/bin/uname", ["uname", "-p"], {})),
        ("os.system", (b"ver",)),
    ],
)
def test_harmless_programs_pass(armed: NetworkGuard, event: str, args: tuple[object, ...]) -> None:
    sys.audit(event, *args)
    assert armed.egress_attempts == ()


@pytest.mark.skipif(shutil.which("uname") is None, reason="needs uname")
def test_the_standard_library_may_ask_what_machine_this_is(
    armed: NetworkGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "_uname_cache", None, raising=False)
    assert isinstance(platform.processor(), str)
    platform.platform()
    platform.architecture()
    ctypes.util.find_library("c")
    for close_fds in (True, False):  # two ways for subprocess to start it
        assert subprocess.run(["uname", "-s"], capture_output=True, close_fds=close_fds, check=True).stdout
    assert armed.egress_attempts == ()


# --- what the interpreter announces by its name only, or not at all --------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="asks the C library of POSIX systems")
@pytest.mark.parametrize("ask", [getattr, lambda library, name: library[name]], ids=["attribute", "item"])
def test_the_c_library_gives_no_way_out(armed: NetworkGuard, ask: Callable[[ctypes.CDLL, str], object]) -> None:
    library = ctypes.CDLL(None)
    for name in ("connect", "sendto", "getaddrinfo", "system"):
        with pytest.raises(ConnectionRefusedError, match=f"{name}.. is beyond this machine"):
            ask(library, name)
    assert ask(library, "getpid")
    assert kinds(armed) == {("native", f"{name}()") for name in ("connect", "sendto", "getaddrinfo", "system")}
    assert HERE in armed.egress_attempts[0].where


def test_a_spawned_process_is_refused_and_recorded(armed: NetworkGuard) -> None:
    process = multiprocessing.get_context("spawn").Process(target=print)
    with pytest.raises(PermissionError):
        process.start()
    assert {kind for kind, _ in kinds(armed)} == {"subprocess"}
    assert HERE in armed.egress_attempts[0].where


@pytest.mark.skipif(os.name != "posix", reason="spawns the POSIX way")
def test_pythons_own_resource_tracker_may_be_spawned(armed: NetworkGuard) -> None:
    command = [sys.executable, "-c", "from multiprocessing.resource_tracker import main"]
    assert os.waitpid(multiprocessing.util.spawnv_passfds(sys.executable.encode(), command, ()), 0)[1] == 0
    assert armed.egress_attempts == ()


LOOP = """
class Base:
    def create_connection(self, factory, host=None, port=None):
        return "connected"

class Loop(Base):
    def getaddrinfo(self, host, port, *, family=0):
        return "looked up"
"""


@pytest.fixture
def _fake_uvloop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    methods = ["create_datagram_endpoint", "getnameinfo", "sock_connect", "subprocess_exec", "subprocess_shell"]
    (tmp_path / "uvloop.py").write_text(LOOP + "".join(f"    def {name}(*_): ...\n" for name in methods))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "uvloop", sys)  # so that it is taken out at the end
    monkeypatch.delitem(sys.modules, "uvloop")


@pytest.mark.usefixtures("_fake_uvloop")
def test_an_event_loop_that_is_imported_while_armed_is_judged_until_disarmed(guard: NetworkGuard) -> None:
    with guard.armed():
        loop = importlib.import_module("uvloop").Loop()
        with pytest.raises(ConnectionRefusedError):
            loop.create_connection(None, "192.0.2.1", 443)
        with pytest.raises(socket.gaierror):
            loop.getaddrinfo(NAME, 443, family=2)
        assert loop.create_connection(None, "127.0.0.1", 443) == "connected"
    assert kinds(guard) == {("connect", "192.0.2.1:443"), ("lookup", "api.invalid:443")}
    assert loop.create_connection(None, "192.0.2.1", 443) == "connected"
    assert loop.getaddrinfo(NAME, 443) == "looked up"
    assert "create_connection" not in vars(type(loop))
    with guard.armed(), pytest.raises(ConnectionRefusedError):
        loop.create_connection(None, "192.0.2.1", 443)


@pytest.mark.usefixtures("_fake_uvloop")
@pytest.mark.parametrize(
    ("method", "arguments", "kind", "target"),
    [
        ("create_datagram_endpoint", (None, None, REMOTE), "connect", "192.0.2.1:443"),
        ("getnameinfo", (REMOTE,), "lookup", "192.0.2.1:443"),
        ("sock_connect", (None, REMOTE), "connect", "192.0.2.1:443"),
        ("subprocess_exec", (None, MISSING, f"http://{NAME}"), "subprocess", "curl (api.invalid:80)"),
        ("subprocess_shell", (None, f"{MISSING} http://{NAME}"), "subprocess", f"{MISSING} (api.invalid:80)"),
    ],
)
def test_whatever_an_event_loop_attempts_is_refused_and_recorded(
    armed: NetworkGuard, method: str, arguments: tuple[object, ...], kind: str, target: str
) -> None:
    loop = importlib.import_module("uvloop").Loop()
    with pytest.raises(OSError, match="beyond this machine"):
        getattr(loop, method)(*arguments)
    assert kinds(armed) == {(kind, target)}


@pytest.mark.usefixtures("_fake_uvloop")
def test_an_event_loop_may_start_what_is_permitted_or_harmless(armed: NetworkGuard) -> None:
    loop = importlib.import_module("uvloop").Loop()
    armed.permit([MISSING, "--version"])
    loop.subprocess_exec(None, MISSING, "--version")
    loop.subprocess_shell(None, "uname")
    assert armed.egress_attempts == ()
    with pytest.raises(PermissionError):
        loop.subprocess_exec(None, MISSING, "--help")


def test_an_event_loop_that_is_not_installed_is_missing_as_ever(
    armed: NetworkGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", sys)  # so that it is put back at the end
    monkeypatch.delitem(sys.modules, "uvloop")
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ModuleNotFoundError, match="No module named 'uvloop'"):
        importlib.import_module("uvloop")
    assert armed.egress_attempts == ()


@pytest.mark.usefixtures("_fake_uvloop")
def test_an_event_loop_that_nobody_imports_is_not_imported(guard: NetworkGuard) -> None:
    finders = list(sys.meta_path)
    with guard.armed():
        assert "uvloop" not in sys.modules
    assert sys.meta_path == finders


# --- what stays on the machine ----------------------------------------------------------------------------------


def test_a_loopback_server_is_reached_while_armed(armed: NetworkGuard) -> None:
    def serve(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(65_536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    for get in (requests.get, httpx.get):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=serve, args=(listener,))
            thread.start()
            assert get(f"http://localhost:{listener.getsockname()[1]}/").text == "ok"
            thread.join()
    assert armed.egress_attempts == ()


def test_loopback_datagrams_pass(armed: NetworkGuard) -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as receiver,
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        sender.sendto(b"a", receiver.getsockname())
        sender.connect(receiver.getsockname())
        sender.sendmsg([b"b"])  # names no address
        assert (receiver.recv(9), receiver.recv(9)) == (b"a", b"b")
    assert armed.egress_attempts == ()


def test_a_connection_from_before_may_be_used(guard: NetworkGuard) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(REMOTE)  # of datagrams: nothing is sent
        with guard.armed():
            sys.audit("socket.sendmsg", sock, None)  # what using it announces; would raise
    assert guard.egress_attempts == ()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs AF_UNIX")
def test_unix_sockets_pass(armed: NetworkGuard) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX) as listener,
        socket.socket(socket.AF_UNIX) as sock,
    ):
        listener.bind(f"{folder}/s")
        listener.listen()
        sock.connect(f"{folder}/s")
    assert armed.egress_attempts == ()


@pytest.mark.parametrize("host", [None, "localhost", "127.0.0.1", b"127.0.0.1"])
def test_lookups_of_this_machine_pass(armed: NetworkGuard, host: str | bytes | None) -> None:
    assert socket.getaddrinfo(host, 80)
    assert armed.egress_attempts == ()


@pytest.mark.parametrize(
    "host",
    ["", "LOCALHOST", "localhost.", "a.b.localhost", "127.9.9.9", "::1", "::1%lo", "::ffff:127.0.0.1", "0.0.0.0", "::"],
)
def test_names_and_addresses_of_this_machine_pass(armed: NetworkGuard, host: str) -> None:
    sys.audit("socket.getaddrinfo", host, 80, 0, 0, 0)
    sys.audit("socket.connect", None, (host, 80, 0, 0))
    assert armed.egress_attempts == ()


@pytest.mark.parametrize(
    "host",
    ["localhost.example", "notlocalhost", "127.0.0.1.nip.io", "::ffff:192.0.2.1", "10.0.0.1", "<broadcast>", " "],
)
def test_names_and_addresses_that_resemble_it_do_not(armed: NetworkGuard, host: str) -> None:
    with pytest.raises(socket.gaierror):
        sys.audit("socket.getaddrinfo", host, 80, 0, 0, 0)
    with pytest.raises(ConnectionRefusedError):
        sys.audit("socket.connect", None, (host, 80))
    assert [egress.kind for egress in armed.egress_attempts] == ["lookup", "connect"]


# --- arming -----------------------------------------------------------------------------------------------------


def test_disarmed_nothing_is_changed_refused_or_recorded(guard: NetworkGuard) -> None:
    before = dict(os.environ)
    methods, own = [getattr(socket.socket, name) for name in METHODS], set(vars(socket.socket))
    with guard.armed():
        pass
    assert dict(os.environ) == before
    assert [getattr(socket.socket, name) for name in METHODS] == methods
    assert set(vars(socket.socket)) == own
    sys.audit("socket.connect", None, REMOTE)  # what a connection announces; would raise
    subprocess.run([sys.executable, "-c", ""], check=True)
    assert guard.egress_attempts == ()


def test_the_environment_leads_to_the_trap_and_is_restored(
    guard: NetworkGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("NO_PROXY", "intranet.invalid")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-real")
    monkeypatch.setenv("OPENROUTER_BASE_URL", "https://openrouter.invalid")
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError), guard.armed():  # noqa: PT012 - the block must be left by an error
        proxies = {name: os.environ[name] for name in PROXIES if name in os.environ}
        assert proxies.keys() == {"ALL_PROXY", "all_proxy"}
        (proxy,) = set(proxies.values())
        assert proxy.startswith("http://127.0.0.1:")
        assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "localhost,127.0.0.1,::1"
        assert not [name for name in os.environ if name.startswith("OPENROUTER_")]
        with guard.armed():
            assert os.environ["ALL_PROXY"] == proxy
        assert os.environ["ALL_PROXY"] == proxy
        os.environ["OPENROUTER_FROM_DOTENV"] = "x"
        del os.environ["ALL_PROXY"]
        _ = 1 / 0
    assert dict(os.environ) == before


def test_nested_arming_ends_with_the_outermost(guard: NetworkGuard) -> None:
    with guard.armed():
        with guard.armed():
            pass
        with pytest.raises(ConnectionRefusedError):
            raw_connect()
    assert len(guard.take_egress_attempts()) == 1
    sys.audit("socket.connect", None, REMOTE)  # what a connection announces; would raise


def test_arming_in_two_threads_ends_with_the_last(guard: NetworkGuard) -> None:
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with guard.armed():
            entered.set()
            leave.wait(10)

    before = dict(os.environ)
    thread = threading.Thread(target=other)
    with guard.armed():
        thread.start()
        assert entered.wait(10)
    with pytest.raises(ConnectionRefusedError):
        raw_connect()
    leave.set()
    thread.join()
    assert dict(os.environ) == before
    sys.audit("socket.connect", None, REMOTE)  # what a connection announces; would raise


def test_a_thread_that_outlives_the_arming_is_refused_still(guard: NetworkGuard) -> None:
    go_on, outcomes = threading.Event(), []

    def later() -> None:
        go_on.wait(10)
        with contextlib.suppress(ConnectionRefusedError):
            sys.audit("socket.connect", None, REMOTE)  # what a connection announces
            outcomes.append("announced")

    from_then, from_now = threading.Thread(target=later), threading.Thread(target=later)
    with guard.armed():
        from_then.start()
    from_now.start()
    go_on.set()
    from_then.join()
    from_now.join()
    assert outcomes == ["announced"]
    assert kinds(guard) == {("connect", "192.0.2.1:443")}


def test_a_method_that_was_taken_while_armed_refuses_nothing_afterwards(guard: NetworkGuard) -> None:
    with guard.armed():
        connect = socket.socket.connect
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        connect(sock, REMOTE)  # of datagrams: nothing is sent
        assert sock.getpeername() == REMOTE
    assert guard.egress_attempts == ()


def test_a_guard_within_another_hands_back(armed: NetworkGuard) -> None:
    with NetworkGuard() as inner:
        with inner.armed(), pytest.raises(ConnectionRefusedError):
            raw_connect()
        assert (len(inner.egress_attempts), armed.egress_attempts) == (1, ())
    with pytest.raises(ConnectionRefusedError):
        raw_connect()
    assert len(armed.egress_attempts) == 1


def test_the_hook_is_installed_once(guard: NetworkGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    with guard.armed():
        pass
    added: list[object] = []
    monkeypatch.setattr(sys, "addaudithook", added.append)
    with guard.armed(), NetworkGuard() as other, other.armed():
        pass
    assert added == []


def test_socket_methods_that_somebody_else_replaced_are_kept(
    guard: NetworkGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def theirs(sock: socket.socket, address: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", theirs)
    with guard.armed(), pytest.raises(ConnectionRefusedError):
        raw_connect()
    assert vars(socket.socket)["connect"] is theirs


def test_taking_the_escapes_forgets_them(armed: NetworkGuard) -> None:
    for host in ("a.invalid", "b.invalid"):
        with pytest.raises(OSError, match=host):
            socket.getaddrinfo(host, None)
    assert [egress.target for egress in armed.take_egress_attempts()] == ["a.invalid", "b.invalid"]
    assert armed.egress_attempts == armed.take_egress_attempts() == ()


def test_a_closed_guard_can_be_armed_again() -> None:
    before = set(threading.enumerate())
    guard = NetworkGuard()
    guard.close()
    for _ in range(2):
        with guard.armed(), pytest.raises(requests.exceptions.ProxyError):
            proxied_requests()
        guard.close()
        guard.close()
    assert len(guard.egress_attempts) == 2
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "stt-proxy-trap"]


# --- rendering --------------------------------------------------------------------------------------------------


def test_where_is_the_line_of_the_client_without_its_home(armed: NetworkGuard) -> None:
    with pytest.raises(ConnectionRefusedError):
        raw_connect()
    line = raw_connect.__code__.co_firstlineno + 2
    assert armed.egress_attempts[0].where.endswith(f"guard/test_guard.py:{line} in raw_connect")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/alice/client.py", "client.py"),
        ("/home/alice/src/pkg/sub/client.py", "pkg/sub/client.py"),
        ("client.py", "client.py"),
        ("<string>", "<string>"),
        (contextlib.__file__, "guard/test_guard.py"),  # the standard library's own lines say nothing
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="names POSIX paths")
def test_where_shows_the_end_of_a_path_only(armed: NetworkGuard, path: str, shown: str) -> None:
    with contextlib.suppress(socket.gaierror):
        exec(compile("attempt()", path, "exec"), {"attempt": functools.partial(socket.getaddrinfo, NAME, 443)})
    assert armed.egress_attempts[0].where.partition(":")[0].endswith(shown)
    assert "alice" not in armed.egress_attempts[0].where


def test_where_is_empty_when_no_line_of_the_client_is_on_the_stack(armed: NetworkGuard) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool, socket.socket() as sock:
        error = pool.submit(sock.connect, REMOTE).exception()
    assert isinstance(error, ConnectionRefusedError)
    assert armed.egress_attempts == (EgressAttempt("connect", "192.0.2.1:443", ""),)


@pytest.mark.parametrize(
    ("egress", "text"),
    [
        (EgressAttempt("connect", "a.invalid:443", ""), "connection to a.invalid:443 refused"),
        (EgressAttempt("proxy", "a.invalid:443", ""), "request through a proxy to a.invalid:443 refused"),
        (EgressAttempt("subprocess", "curl", "x/c.py:3 in go"), "start of the program curl refused at x/c.py:3 in go"),
    ],
)
def test_an_escape_reads_as_one_line(egress: EgressAttempt, text: str) -> None:
    assert str(egress) == text


# --- the trap alone ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "target"),
    [
        (b"CONNECT api.invalid:443 HTTP/1.1\r\n\r\n", "api.invalid:443"),
        (b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n", "[2001:db8::1]:443"),
        (b"GET http://[2001:db8::1]/ HTTP/1.1\r\n\r\n", "[2001:db8::1]:80"),
        (b"POST https://u:p@api.invalid/x?key=secret HTTP/1.1\r\n\r\n", "api.invalid:443"),
        (b"GET http://api.invalid:99999/ HTTP/1.1\r\n\r\n", UNKNOWN_TARGET),
        (b"GET /x?key=secret HTTP/1.1\r\n\r\n", UNKNOWN_TARGET),
        (b"\x16\x03\x01\x00\xa5\x01\n", UNKNOWN_TARGET),
        (b"", UNKNOWN_TARGET),
        # Closing over an unread body would reset the connection before the answer is read.
        pytest.param(b"POST http://api.invalid/ HTTP/1.1\r\n\r\n" + b"x" * 8_000_000, "api.invalid:80", id="8 MB"),
    ],
)
def test_the_trap_names_the_target_and_nothing_else(
    sent: bytes, target: str, capfd: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, int]] = []
    trap = ProxyTrap(lambda target, port: asked.append((target, port)))
    url = trap.start()
    assert trap.start() == url == f"http://127.0.0.1:{trap.port}"
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as sock:
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: sock.recv(65_536), b""))
        port = sock.getsockname()[1]
    trap.close()
    assert trap.port is None
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert asked == [(target, port)]
    assert capfd.readouterr() == ("", "")


def test_the_trap_reports_who_breaks_off_before_asking() -> None:
    asked: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
    trap = ProxyTrap(lambda target, port: asked.put((target, port)))
    trap.start()
    with socket.create_connection(("127.0.0.1", trap.port or 0)) as sock:
        port = sock.getsockname()[1]
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing is a reset
    assert asked.get(timeout=10) == (UNKNOWN_TARGET, port)
    trap.close()


def test_the_trap_hangs_up_on_who_sends_without_end() -> None:
    trap = ProxyTrap(lambda *_: None)
    trap.start()
    with socket.create_connection(("127.0.0.1", trap.port or 0), timeout=10) as sock:
        sock.sendall(b"POST http://api.invalid/ HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionError):
            sock.sendall(bytes(2**27))  # of which it reads half at most
    trap.close()


def test_an_event_loop_that_is_not_installed_is_missed_as_ever(
    guard: NetworkGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", sys)  # so that it is taken out at the end
    monkeypatch.delitem(sys.modules, "uvloop")
    monkeypatch.setattr(sys, "path", [])
    with guard.armed(), pytest.raises(ModuleNotFoundError, match="'uvloop'"):
        importlib.import_module("uvloop")
