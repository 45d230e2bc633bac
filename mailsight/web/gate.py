"""The gate before Streamlit's WebSocket, over which pages are run.

Anybody can open a session there, and keep using what its page offered before they signed out, or while they had
another role. So the gate looks at who is asking before each message: who may not enter can only ask for the whole page,
which the shell answers, and so can who has another role than when they last asked.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import anyio
from google.protobuf.message import DecodeError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.media_file_storage import MediaFileKind

from mailsight import measures

from . import audit, downloads, metrics, sessions
from .access import Viewer
from .answers import HEADERS, path
from .sessions import Visitor
from .slots import client_key

MAX_CONNECTIONS = 1_000
MAX_OUTSIDERS = 200  # people who have not signed in, and so cost memory without a name
MAX_OUTSIDERS_PER_CLIENT = 40
MAX_OUTSIDER_MESSAGE_BYTES = 64 * 1024
# Outsiders' messages are taken one at a time, with this pause: each runs a page, and many would stop everybody's.
OUTSIDERS_PAUSE_SECONDS = 0.1
# In the state of a WebSocket: a function that lets its client send large messages, such as the names of all files in a
# folder that is uploaded.
LARGE_MESSAGES = "mailsight.large_messages"
# What a page that shows no data may send, and what all others may: the rest of Streamlit's messages are for developers.
# They clear everybody's cache, and with it their exported files, or name the files that have changed since a commit.
OUTSIDER_MESSAGES = ("rerun_script", "stop_script", "app_heartbeat")
PAGE_MESSAGES = (*OUTSIDER_MESSAGES, "file_urls_request", "backend_operation_request")

# The ids of the buttons that sign in and out, with the keys that the screens give them.
_OUTSIDERS_BUTTON = re.compile(r"\$\$ID-\w+-(sign_in:.+|sign_out)")

_log = logging.getLogger(__name__)


class Gate:
    """ASGI middleware that limits what outsiders, people who may not enter, can do on Streamlit's own routes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._connections = _Connections()
        self._turn = anyio.Lock()
        # One for each client, so that nobody waits for more than one message of another.
        self._turns: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] == path("_stcore/stream"):
            await self._stream(scope, receive, send)
        elif (
            scope["type"] == "http"
            and scope["path"] == path("_stcore/metrics")
            and not metrics.may_read(scope)
        ):
            await metrics.refusal()(scope, receive, send)
        elif scope["type"] == "http" and not await _may_have_media(scope):
            await PlainTextResponse("This file is not available.\n", 404, HEADERS)(scope, receive, send)
            claims = sessions.claims_from(HTTPConnection(scope).cookies)
            await run_in_threadpool(audit.refused, "route /media", claims)
        else:
            await self.app(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor = Visitor(sessions.claims_from(HTTPConnection(scope).cookies))
        outsider = await run_in_threadpool(sessions.viewer_of, visitor) is None
        client = client_key(scope["client"][0] if scope.get("client") else None)
        with self._connections.count(client, outsider=outsider) as free:
            if not free:
                await receive()
                await send({"type": "websocket.close", "code": 1013, "reason": "Too many open pages."})
                return

            if not outsider:
                scope["state"][LARGE_MESSAGES]()
            last: Viewer | None = None

            async def guarded() -> Message:
                nonlocal last
                while True:
                    message = await receive()
                    if message["type"] != "websocket.receive":
                        return message
                    frame = message.get("bytes") or b""
                    if not is_of_a_page(frame):
                        continue
                    before, last = last, await run_in_threadpool(_sender, visitor, frame)
                    if last and last == before:
                        return message
                    if last:
                        return {**message, "bytes": whole_page(frame, forgets=bool(before))}
                    if allowed := await self.from_outsider(client, frame, send):
                        return allowed

            with measures.OPEN_SESSIONS.track_inprogress():
                await self.app(scope, guarded, send)

    async def from_outsider(self, client: str, frame: bytes, send: Send) -> Message | None:
        """What Streamlit gets of an outsider's message, in its turn. None if nothing remains of it."""
        if len(frame) > MAX_OUTSIDER_MESSAGE_BYTES:
            await send({"type": "websocket.close", "code": 1009})
            return {"type": "websocket.disconnect", "code": 1009}
        async with self._turns.setdefault(client, anyio.Lock()), self._turn:
            await anyio.sleep(OUTSIDERS_PAUSE_SECONDS)
        allowed = outsiders_message(frame)
        return {"type": "websocket.receive", "bytes": allowed} if allowed else None


def _sender(visitor: Visitor, frame: bytes) -> Viewer | None:
    """Who sent a message, with the role that they have now. Their click is noted. May wait for the disk."""
    viewer = sessions.viewer_of(visitor)
    if viewer and is_click(frame):
        sessions.note_activity(visitor.claims)
    return viewer


async def _may_have_media(scope: Scope) -> bool:
    """Whether a request is not for a file that somebody downloaded, or is from them.

    Streamlit serves these to anybody who knows the address. The page's own pictures are for everybody.
    """
    place = str(scope["path"])
    if not place.startswith(path("media/")) or not runtime.exists():
        return True
    file = runtime.get_instance().media_file_mgr.read_file(place.removeprefix(path("media/")))
    if file is None or file.kind is MediaFileKind.MEDIA:
        return True
    return await downloads.may_have(file.content, HTTPConnection(scope))


def is_of_a_page(frame: bytes) -> bool:
    """Whether it is a message that pages send, or none at all, for which Streamlit closes the connection."""
    message = _parsed(frame)
    return message is None or message.WhichOneof("type") in PAGE_MESSAGES


def is_click(frame: bytes) -> bool:
    """Whether a message is due to something that a person did, not to a clock on the page."""
    message = _parsed(frame)
    return (
        message is not None
        and message.WhichOneof("type") == "rerun_script"
        and not message.rerun_script.is_auto_rerun
    )


def whole_page(frame: bytes, *, forgets: bool) -> bytes:
    """A message that reruns the whole page, if it was to rerun a fragment: the shell checks who is asking.

    `forgets`: the page starts anew, because what was clicked may not be offered any more.
    """
    message = _parsed(frame)
    if message is None or message.WhichOneof("type") != "rerun_script":
        return frame
    message.rerun_script.fragment_id = ""
    if forgets:
        message.rerun_script.ClearField("widget_states")
    return bytes(message.SerializeToString())


def outsiders_message(frame: bytes) -> bytes | None:
    """What remains of a message from somebody who may not enter, or None if nothing does.

    Fragments and dialogs run without the shell, which checks who is asking. So a message that reruns one reruns the
    whole page instead. The only button that works is the one that signs in or out.
    """
    message = _parsed(frame)
    if message is None:
        return frame
    if message.WhichOneof("type") not in OUTSIDER_MESSAGES:
        return None
    if message.WhichOneof("type") == "rerun_script":
        message.rerun_script.fragment_id = ""
        states = message.rerun_script.widget_states
        kept = [state for state in states.widgets if _OUTSIDERS_BUTTON.fullmatch(state.id)]
        message.rerun_script.ClearField("widget_states")
        if kept:
            message.rerun_script.widget_states.widgets.extend(kept)
    return bytes(message.SerializeToString())


def _parsed(frame: bytes) -> BackMsg | None:
    """The message; None if it is none, for which Streamlit closes the connection."""
    message = BackMsg()
    try:
        message.ParseFromString(frame)
    except DecodeError:
        return None
    return message


@dataclass(slots=True)
class _Connections:
    """Open WebSockets. Each has a session, which costs memory."""

    all: int = 0
    outsiders: int = 0
    full: bool = False
    by_client: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def count(self, client: str, *, outsider: bool) -> Iterator[bool]:
        """Counts a connection while it is open. Yields whether there was room for it."""
        if self.all >= MAX_CONNECTIONS or (
            outsider
            and (self.outsiders >= MAX_OUTSIDERS or self.by_client[client] >= MAX_OUTSIDERS_PER_CLIENT)
        ):
            if not self.full:  # once, however often somebody tries
                _log.warning(
                    "Pages are refused: %s are open, %s of them signed out.", self.all, self.outsiders
                )
            self.full = True
            yield False
            return
        self.full = False
        self.all += 1
        self.outsiders += outsider
        self.by_client[client] += outsider
        try:
            yield True
        finally:
            self.all -= 1
            self.outsiders -= outsider
            self.by_client[client] -= outsider
            if not self.by_client[client]:
                del self.by_client[client]
