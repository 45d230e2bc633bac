"""The gate before Streamlit's upload route, which keeps each file in memory.

A file is received only from somebody who may upload, while their Upload dialog is open, and only if memory has room.
All others are refused before the body is read.
"""

import errno
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.stats import CacheStat

from . import sessions
from .access import Standing
from .answers import path

MAX_UPLOADS = 8
MAX_UPLOADS_PER_SESSION = 6  # as many as a browser sends at once
MAX_WAITING_UPLOADS = 200
MAX_HELD_BYTES = 800 * 2**20  # in memory, for everybody
MAX_PAUSE_SECONDS = 30.0


class UploadGate:
    """ASGI middleware before the upload route; all other requests pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._uploads = _Uploads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session_id = _upload_session(scope)
        if session_id is None:
            await self.app(scope, receive, send)
            return
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await run_in_threadpool(_check, session_id, scope)
            if scope["method"] == "PUT":
                async with self._uploads.room(session_id, scope) as room:
                    with _refused_if_full():
                        await self.app(scope, room.counted(receive), sent)
            else:
                await self.app(scope, receive, sent)
        except _Refused as refused:
            if not started:
                # The connection stays open: the server throws away what still arrives, and the browser gets the answer.
                answer = PlainTextResponse(
                    f"{refused.sentence}\n", refused.status_code, {"Cache-Control": "no-store"}
                )
                await answer(scope, receive, send)


class _Refused(Exception):
    """A request that is refused, with a sentence that says why."""

    def __init__(self, status_code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status_code, self.sentence = status_code, sentence


@contextmanager
def _refused_if_full() -> Iterator[None]:
    """Raise `_Refused` if the temporary folder has no room for what is received."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise _Refused(507, "The server's disk is too full for this file. Try again later.") from error


def _check(session_id: str, scope: Scope) -> None:
    """Raise `_Refused` for somebody who may not upload. The body has not been read yet."""
    connection = HTTPConnection(scope)
    if sessions.standing(sessions.claims_from(connection.cookies)) is not Standing.MAY_ENTER:
        raise _Refused(401, "Sign in to upload files.")
    if not sessions.may_upload(session_id, connection):
        raise _Refused(403, "Open the Upload dialog to upload files, if you may.")


@dataclass(slots=True)
class _Uploads:
    """The files that are being received."""

    slots: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(MAX_UPLOADS))
    by_session: Counter[str] = field(default_factory=Counter)
    bytes: int = 0

    @asynccontextmanager
    async def room(self, session_id: str, scope: Scope) -> AsyncIterator["_Room"]:
        """Waits for a slot, then reserves memory for the file of the declared size. Raises `_Refused`."""
        waiting = self.by_session
        if waiting[session_id] >= MAX_UPLOADS_PER_SESSION or waiting.total() >= MAX_WAITING_UPLOADS:
            raise _Refused(429, "Too many files at once. Try again when the others have arrived.")
        waiting[session_id] += 1
        room = _Room(self)
        try:
            async with self.slots:
                declared = Headers(scope=scope).get("content-length", "")
                room.reserve(int(declared) if declared.isdecimal() else 0)
                yield room
        finally:
            self.bytes -= room.reserved
            waiting[session_id] -= 1
            if not waiting[session_id]:
                del waiting[session_id]


@dataclass(slots=True)
class _Room:
    """The memory of a file that is being received."""

    uploads: _Uploads
    reserved: int = 0
    received: int = 0

    def reserve(self, size: int) -> None:
        more = max(0, size - self.reserved)
        if size > MAX_HELD_BYTES:
            raise _Refused(413, "The file is too large.")
        if self.uploads.bytes + more + _held_bytes() > MAX_HELD_BYTES:
            raise _Refused(503, "The server holds too many uploaded files. Try again in a few minutes.")
        self.reserved += more
        self.uploads.bytes += more

    def counted(self, receive: Receive) -> Receive:
        """The body, as long as it keeps coming and there is room for it."""

        async def next_part() -> Message:
            try:
                with anyio.fail_after(MAX_PAUSE_SECONDS):
                    message = await receive()
            except TimeoutError as error:
                raise _Refused(408, "The file did not arrive in time.") from error
            self.received += len(message.get("body", b""))
            self.reserve(self.received)
            return message

        return next_part


def _held_bytes() -> int:
    """The size of the files that have arrived and wait in memory."""
    if not runtime.exists():
        return 0
    stats = runtime.get_instance().uploaded_file_mgr.get_stats()
    return sum(
        stat.byte_length for family in stats.values() for stat in family if isinstance(stat, CacheStat)
    )


def _upload_session(scope: Scope) -> str | None:
    """The session in the path of an upload, or None for another request."""
    start = path("_stcore/upload_file/")
    is_upload = scope["type"] == "http" and scope["method"] in ("PUT", "DELETE")
    if not is_upload or not scope["path"].startswith(start):
        return None
    return str(scope["path"].removeprefix(start).partition("/")[0])
