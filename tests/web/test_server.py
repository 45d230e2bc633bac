"""Where the server listens, and that slow or many connections don't stop it."""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes import CDLL
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from mailsight.errors import PortTaken
from mailsight.web import server
from tests.support.sockets import bound
from tests.support.waiting import PATIENCE_SECONDS, until
from tooling.servers import PROJECT, free_port


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(await request.body())} bytes")


async def stream(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive()


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch, **limits: float) -> Iterator[int]:
    """The port of a server with `Connection` and these limits."""
    for name, value in limits.items():
        monkeypatch.setattr(server, name, value)
    port = free_port()
    app = Starlette(routes=[Route("/", page, methods=["GET", "POST"]), WebSocketRoute("/", stream)])
    running = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", http=server.Connection))
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        until(lambda: running.started, "the server")
        yield port
    finally:
        running.should_exit = running.force_exit = True
        thread.join()


def connect(port: int, sent: bytes = b"", client: str = "127.0.0.1") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS, (client, 0))
    connection.sendall(sent)
    return connection


def is_closed_by_the_server(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def answers(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE_SECONDS).text == "0 bytes"


HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HEAD[:-2], HEAD, HEAD + b"x"], ids=repr)
def test_a_connection_that_sends_nothing_more_is_closed(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    with (
        serving(monkeypatch, CHECK_SECONDS=0.05, HEAD_SECONDS=0.1) as port,
        connect(port, sent) as slow,
    ):
        assert is_closed_by_the_server(slow)
        assert answers(port)


def test_a_head_sent_byte_by_byte_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, CHECK_SECONDS=0.05, HEAD_SECONDS=0.2) as port, connect(port) as slow:
        slow.settimeout(0.02)
        with contextlib.suppress(ConnectionError):
            for place in range(10_000):
                slow.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" if place == 0 else b"x")
                with contextlib.suppress(TimeoutError):
                    if not slow.recv(1):
                        break
            else:
                pytest.fail("the server waited for 10,000 bytes")
        assert answers(port)


def test_a_body_that_is_fast_enough_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[bool] = []
    is_too_slow = server.Connection._is_too_slow  # noqa: SLF001

    def count(connection: server.Connection) -> bool:
        checks.append(is_too_slow(connection))
        return checks[-1]

    monkeypatch.setattr(server.Connection, "_is_too_slow", count)
    with serving(monkeypatch, CHECK_SECONDS=0.01, MIN_BODY_RATE=0) as port, connect(port, HEAD) as steady:
        until(lambda: len(checks) > 2 * server.MAX_SLOW_CHECKS, "the checks")
        steady.sendall(b"x" * 1_000)
        assert steady.recv(12) == b"HTTP/1.1 200"
        assert not any(checks)


def test_idle_connections_make_room_for_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, MAX_CONNECTIONS=20) as port, ExitStack() as opened:
        for place in range(100):
            opened.enter_context(connect(port, [b"", b"GET / HT", HEAD][place % 3]))
            if place % 20 == 0:
                assert answers(port)
        assert answers(port)


UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems have one loopback address.")
def test_the_client_with_the_most_open_pages_makes_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, MAX_WEBSOCKETS=8) as port, ExitStack() as opened:

        def open_page(client: str) -> socket.socket:
            return opened.enter_context(connect(port, UPGRADE, client))

        many = [open_page("127.0.0.1") for _ in range(8)]
        assert [page.recv(12) for page in many] == [b"HTTP/1.1 101"] * 8
        assert open_page("127.0.0.1").recv(12) == b"HTTP/1.1 503"
        others = [open_page(f"127.0.0.{place}") for place in (2, 3, 2)]
        assert [page.recv(12) for page in others] == [b"HTTP/1.1 101"] * 3
        assert open_page("127.0.0.1").recv(12) == b"HTTP/1.1 503"
        assert answers(port)


def test_no_more_connections_than_half_of_the_files_that_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, connections in ((64, 32), (resource.RLIM_INFINITY, 1_000), (10**6, 1_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        assert server.max_connections() == connections


@pytest.mark.parametrize(
    ("address", "first", "expected"),
    [
        ("localhost", "127.0.0.1", {"127.0.0.1", "::1"}),
        ("localhost", "0.0.0.0", {"127.0.0.1", "::1"}),  # noqa: S104
        ("0.0.0.0", "0.0.0.0", {"0.0.0.0"}),  # noqa: S104
        ("127.0.0.1", "127.0.0.1", {"127.0.0.1"}),
    ],
)
def test_the_server_listens_on_loopback_unless_an_address_is_set(
    address: str, first: str, expected: set[str]
) -> None:
    listening = server.listeners([bound(first)], address)
    try:
        assert {listener.getsockname()[0] for listener in listening} == expected - ({"::1"} - ipv6())
        assert len({listener.getsockname()[1] for listener in listening}) == 1
    finally:
        for listener in listening:
            listener.close()


def ipv6() -> set[str]:
    try:
        bound("::1").close()
    except OSError:
        return set()
    return {"::1"}


def test_another_program_on_the_other_loopback_address_stops_the_start() -> None:
    if not ipv6():
        pytest.skip("This machine has no IPv6.")
    with (
        bound("::1") as other,
        bound("127.0.0.1", other.getsockname()[1]) as own,
        pytest.raises(PortTaken, match=r"port \d+ of ::1"),
    ):
        server.listeners([own], "localhost")


@pytest.mark.slow
@pytest.mark.parametrize("command", [["streamlit", "run", str(PROJECT / "app.py")], ["mailsight", "run"]])
def test_a_busy_port_stops_the_start(tmp_path: Path, command: list[str]) -> None:
    with bound("127.0.0.1") as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", *command, "--server.headless=true", f"--server.port={port}"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(PROJECT), "MAILSIGHT_DATABASE": str(tmp_path / "m.duckdb")},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert ended.returncode == 1
    assert f"port {port}" in (ended.stderr + ended.stdout).lower()
    assert "Traceback" not in ended.stderr + ended.stdout


def test_the_port_is_set_so_that_no_other_is_taken_instead() -> None:
    config = (PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert '\naddress = "localhost"' in config
    assert "\nport = 8501" in config


_LARGE_PIECES = """
import ctypes
from mailsight.web import server

class Memory(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Memory
server.return_large_memory()
bytes(20_000_000)  # would make glibc keep smaller pieces
before = library.mallinfo2().hblks
mail = bytes(5_000_000)
print(library.mallinfo2().hblks - before)
"""


@pytest.mark.skipif(not hasattr(CDLL(None), "mallinfo2"), reason="needs the GNU C library, 2.33 or newer")
def test_large_pieces_of_memory_are_returned() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", _LARGE_PIECES], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "1"
