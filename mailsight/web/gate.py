"""The gate before Streamlit's WebSocket, over which pages are run.

Anybody can open a session there, and keep using what its page offered before they signed out. So the gate looks at who
is asking before each message: who may not enter can only ask for the whole page, which the shell answers.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from mailsight import measures

from . import metrics, sessions
from .access import Standing
from .answers import path

MAX_CONNECTIONS = 1_000
MAX_OUTSIDERS = 200  # people who have not signed in, and so cost memory without a name
MAX_OUTSIDERS_PER_CLIENT = 40
MAX_OUTSIDER_MESSAGE_BYTES = 64 * 1024
# What a page that shows no data may send. The rest reads data, or clears everybody's cache.
OUTSIDER_MESSAGES = ("rerun_script", "stop_script", "app_heartbeat")

_log = logging.getLogger(__name__)


class Gate:
    """ASGI middleware that limits what outsiders, people who may not enter, can do on Streamlit's own routes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._connections = _Connections()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] == path("_stcore/stream"):
            await self._stream(scope, receive, send)
        elif (
            scope["type"] == "http"
            and scope["path"] == path("_stcore/metrics")
            and not metrics.may_read(scope)
        ):
            await metrics.refusal()(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        claims = sessions.claims_from(HTTPConnection(scope).cookies)
        outsider = sessions.standing(claims) is not Standing.MAY_ENTER
        client = scope["client"][0] if scope.get("client") else ""
        with self._connections.count(client, outsider=outsider) as free:
            if not free:
                await receive()
                await send({"type": "websocket.close", "code": 1013, "reason": "Too many open pages."})
                return

            async def guarded() -> Message:
                while True:
                    message = await receive()
                    if message["type"] != "websocket.receive":
                        return message
                    if sessions.standing(claims) is Standing.MAY_ENTER:
                        return message
                    frame = message.get("bytes") or b""
                    if len(frame) > MAX_OUTSIDER_MESSAGE_BYTES:
                        await send({"type": "websocket.close", "code": 1009})
                        return {"type": "websocket.disconnect", "code": 1009}
                    if allowed := outsiders_message(frame):
                        return {**message, "bytes": allowed}

            with measures.OPEN_SESSIONS.track_inprogress():
                await self.app(scope, guarded, send)


def outsiders_message(frame: bytes) -> bytes | None:
    """What remains of a message from somebody who may not enter, or None if nothing does.

    Fragments and dialogs run without the shell, which checks who is asking. So a message that reruns one reruns the
    whole page instead.
    """
    message = BackMsg()
    try:
        message.ParseFromString(frame)
    except DecodeError:
        return frame  # Streamlit closes the connection.
    if message.WhichOneof("type") not in OUTSIDER_MESSAGES:
        return None
    if message.WhichOneof("type") == "rerun_script":
        message.rerun_script.fragment_id = ""
    return bytes(message.SerializeToString())


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
