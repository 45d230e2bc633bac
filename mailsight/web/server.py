"""Where the server listens, what a connection may take before it has sent a request, and which memory is returned.

Streamlit starts uvicorn with defaults of its own and has no options for these, so `install` changes uvicorn's start.
"""

import ctypes
import errno
import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import h11
import streamlit as st
import uvicorn
import websockets.http11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from mailsight.errors import PortTaken

from .gate import LARGE_MESSAGES, MAX_OUTSIDER_MESSAGE_BYTES
from .headers import ALWAYS, NOTHING
from .slots import client_key

MAX_CONNECTIONS = 1_000
# As uvicorn's own limit on everything before the body. All cookies are one line: 25 kB for a member of 200 groups.
MAX_HEADER_BYTES = 64 * 1024
MAX_WEBSOCKETS = 400
CHECK_SECONDS = 5.0
HEAD_SECONDS = 10.0
MIN_BODY_RATE = 500  # bytes a second
# How many checks in a row a slow body or an unread answer may fail.
MAX_SLOW_CHECKS = 3
MAX_UNREAD_CHECKS = 12

# mallopt(3): allocations above this number of bytes are returned to the system when they are freed.
_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 2**20

_Startup = Callable[..., Coroutine[Any, Any, None]]


class Connection(H11Protocol):
    """An HTTP connection that is closed if its client is too slow, or the slowest when there are too many.

    Without this, anyone could hold connections open until the process may not open more files.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._waiting_since = self._opened_at = time.monotonic()
        self._received = self._received_before = 0
        self._slow_checks = self._unread_checks = 0
        if len(self.connections) > max_connections():
            others = [
                other for other in self.connections if isinstance(other, Connection) and other is not self
            ]
            waiting = [other for other in others if other.is_waiting()]
            min(waiting, key=Connection.rate, default=self).transport.abort()
        self._check = self.loop.call_later(CHECK_SECONDS, self._check_pace)

    def connection_lost(self, exc: Exception | None) -> None:
        self._check.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)

    def on_response_complete(self) -> None:
        self._waiting_since = time.monotonic()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        pages: list[Any] = [other for other in self.connections if not isinstance(other, H11Protocol)]
        if len(pages) >= MAX_WEBSOCKETS and not self._make_room(pages):
            self._refuse(503, "Too many pages are open. Try again later.")
        else:
            self._check.cancel()
            super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def is_waiting(self) -> bool:
        """Whether the server waits for the client rather than the client for the server."""
        return self._is_answered() or (self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused)

    def rate(self) -> float:
        """Bytes received per second since the connection was opened."""
        return self._received / (time.monotonic() - self._opened_at + 0.001)

    def _make_room(self, pages: Sequence[Any]) -> bool:
        """Close a page of the client that has most of them open, unless this is the same or has almost as many."""
        client_of = {page: client_key(page.client and page.client[0]) for page in pages}
        counts = Counter(client_of.values())
        [(most, count)] = counts.most_common(1)
        if count <= counts[client_key(self.client and self.client[0])] + 1:
            return False
        next(page for page in pages if client_of[page] == most).transport.abort()
        return True

    def _is_answered(self) -> bool:
        # None before the first request, whatever uvicorn's types say.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _check_pace(self) -> None:
        if self.transport.is_closing():
            return
        if self._is_too_slow():
            self.transport.abort()
            return
        self._check = self.loop.call_later(CHECK_SECONDS, self._check_pace)

    def _is_too_slow(self) -> bool:
        received = self._received - self._received_before
        self._received_before = self._received
        if self._is_answered():
            # It sends no further request, or the rest of a body that nobody reads.
            return time.monotonic() - self._waiting_since > HEAD_SECONDS
        is_body_slow = self.is_waiting() and received < MIN_BODY_RATE * CHECK_SECONDS
        self._slow_checks = self._slow_checks + 1 if is_body_slow else 0
        self._unread_checks = self._unread_checks + 1 if self.flow.write_paused else 0
        return self._slow_checks >= MAX_SLOW_CHECKS or self._unread_checks >= MAX_UNREAD_CHECKS

    def _refuse(self, status_code: int, text: str) -> None:
        headers = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
        headers |= {**ALWAYS, "Content-Security-Policy": NOTHING}
        for event in (
            h11.Response(status_code=status_code, headers=list(headers.items())),
            h11.Data(data=f"{text}\n".encode()),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class PageConnection(WebSocketsSansIOProtocol):
    """A WebSocket that takes only small messages until the gate has seen that its client may enter.

    A message is held in memory until all of it has arrived, and may be unpacked from much less.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._usual_bytes, self.conn.max_message_size = self.conn.max_message_size, MAX_OUTSIDER_MESSAGE_BYTES
        self.app_state = {**self.app_state, LARGE_MESSAGES: self._take_large_messages}

    def _take_large_messages(self) -> None:
        self.conn.max_message_size = self._usual_bytes


def max_connections() -> int:
    """How many connections may be open: half of the files that the process may open, at most `MAX_CONNECTIONS`."""
    try:
        import resource  # not on Windows
    except ImportError:
        return MAX_CONNECTIONS
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, files // 2)


def return_large_memory() -> None:
    """Makes the C library return large pieces of memory, such as e-mails of megabytes, once they are free.

    By default, glibc keeps pieces up to the size of the largest ever freed, at most 32 MB, and they leave gaps.
    """
    if os.name == "posix" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def install() -> None:
    """Makes uvicorn serve with these connections, and on loopback unless another address is configured."""
    startup: _Startup = uvicorn.Server.startup
    if getattr(startup, "is_ours", False):
        return

    async def start(self: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        self.config.http_protocol_class, self.config.ws_protocol_class = Connection, PageConnection
        websockets.http11.MAX_LINE_LENGTH = MAX_HEADER_BYTES
        if sockets:
            # Changed in place, because uvicorn closes these when it stops.
            try:
                sockets[:] = listeners(sockets, str(st.get_option("server.address") or "localhost"))
            except PortTaken as error:
                raise SystemExit(f"{error.title}: {error}") from None
        await startup(self, sockets)

    start.is_ours = True  # type: ignore[attr-defined]
    uvicorn.Server.startup = start  # type: ignore[method-assign]


def listeners(bound: list[socket.socket], address: str) -> list[socket.socket]:
    """The sockets to listen on: for `localhost`, both loopback addresses and nothing else. Raises `PortTaken`."""
    if address != "localhost":
        return bound
    host, port = bound[0].getsockname()[:2]
    if host != "127.0.0.1":
        for listener in bound:
            listener.close()
        bound = [_listen(socket.AF_INET, "127.0.0.1", port)]
    try:
        return [*bound, _listen(socket.AF_INET6, "::1", port)]
    except OSError:  # no IPv6
        return bound


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family)
    try:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(2048)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"Another program listens on port {port} of {address}.") from error
        raise
    return listener
