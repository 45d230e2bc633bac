"""The code of the pages, compressed: a quarter of what the network would carry at somebody's first visit.

Streamlit sends its own files as they are: to compress them anew for each visitor costs more than it saves. They never
change while a server runs, so here each is compressed once and kept.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_FILES = 300
_KINDS = (".js", ".css", ".svg")
# Asked for by who has a copy already, or wants a part.
_SPECIAL = ("if-none-match", "if-modified-since", "range")


@dataclass(frozen=True, slots=True)
class _File:
    start: Message
    body: bytes


class CompressedCode:
    """Answers requests for scripts and style sheets from a store of compressed ones; all others pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._files: dict[str, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_code(scope):
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        file = self._files.get(path) or await self._fetched(scope, receive)
        if len(self._files) < MOST_FILES and "content-encoding" in Headers(raw=file.start["headers"]):
            self._files[path] = file
        await send(file.start)
        await send({"type": "http.response.body", "body": file.body})

    async def _fetched(self, scope: Scope, receive: Receive) -> _File:
        """The answer of the application, compressed where there is one and nobody else did it."""
        told: list[Message] = []

        async def hold(message: Message) -> None:
            told.append(message)

        await self.app(scope, receive, hold)
        start, *parts = told
        body = b"".join(part.get("body", b"") for part in parts)
        headers = MutableHeaders(raw=list(start["headers"]))
        if start["status"] == 200 and "content-encoding" not in headers:
            body = await run_in_threadpool(gzip.compress, body, 6, mtime=0)
            headers["Content-Encoding"] = "gzip"
            headers["Content-Length"] = str(len(body))
            headers.add_vary_header("Accept-Encoding")
        return _File({**start, "headers": headers.raw}, body)


class KnownPlace:
    """Tells the answer for a page below the root where the server is: at `root`, as each page could only guess.

    Streamlit's script looks for the server beside the page first, and half a second later above it.
    """

    def __init__(self, app: ASGIApp, pages: Sequence[str], root: str) -> None:
        self.app = app
        self.pages = frozenset(pages)
        place = f"window.__streamlit = {{ BACKEND_BASE_URL: location.origin + {json.dumps(root)} }}"
        self.head = f"<head><script>{place}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self.pages:
            await self.app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        told: list[Message] = []

        async def hold(message: Message) -> None:
            told.append(message)

        await self.app({**scope, "headers": plain}, receive, hold)
        start, *parts = told
        body = b"".join(part.get("body", b"") for part in parts).replace(b"<head>", self.head, 1)
        headers = MutableHeaders(raw=list(start["headers"]))
        if start["status"] == 200:
            headers["Content-Length"] = str(len(body))
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})


def _is_code(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].endswith(_KINDS):
        return False
    headers = Headers(scope=scope)
    return "gzip" in headers.get("accept-encoding", "") and not any(name in headers for name in _SPECIAL)
