"""Compressed scripts and style sheets: a quarter of the bytes of a first visit.

Streamlit sends its static files uncompressed, because compressing them for each visitor costs more than it saves. They
never change while the server runs, so this module compresses each once and caches it.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_FILES = 300
_SUFFIXES = (".js", ".css", ".svg")
# Conditional and partial requests pass through.
_PASS_THROUGH_HEADERS = ("if-none-match", "if-modified-since", "range")


@dataclass(frozen=True, slots=True)
class _File:
    start: Message
    body: bytes


class CompressedCode:
    """Serves scripts and style sheets from a cache of compressed files; all other requests pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._files: dict[str, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_code(scope):
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        file = self._files.get(path) or await self._fetch(scope, receive)
        if len(self._files) < MAX_FILES and "content-encoding" in Headers(raw=file.start["headers"]):
            self._files[path] = file
        await send(file.start)
        await send({"type": "http.response.body", "body": file.body})

    async def _fetch(self, scope: Scope, receive: Receive) -> _File:
        """The app's response, compressed if it is complete and was not compressed already."""
        messages: list[Message] = []

        async def hold(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, hold)
        start, *parts = messages
        body = b"".join(part.get("body", b"") for part in parts)
        headers = MutableHeaders(raw=list(start["headers"]))
        # It ends early if the client has gone; compressed, it would be cached for everybody.
        is_complete = headers.get("content-length", str(len(body))) == str(len(body))
        if start["status"] == 200 and is_complete and "content-encoding" not in headers:
            body = await run_in_threadpool(gzip.compress, body, 6, mtime=0)
            headers["Content-Encoding"] = "gzip"
            headers["Content-Length"] = str(len(body))
            headers.add_vary_header("Accept-Encoding")
        return _File({**start, "headers": headers.raw}, body)


def base_url_script(root: str) -> str:
    """The script for pages of a server with this base path."""
    return f"window.__streamlit = {{ BACKEND_BASE_URL: location.origin + {json.dumps(root)} }}"


class BaseUrlScript:
    """Injects the server's base URL into pages below the root, so that Streamlit's client need not probe for it.

    The client looks for the server beside the page first, and half a second later above it.
    """

    def __init__(self, app: ASGIApp, pages: Sequence[str], script: str) -> None:
        self.app = app
        self.pages = frozenset(pages)
        self.head = f"<head><script>{script}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self.pages:
            await self.app(scope, receive, send)
            return
        uncompressed = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        messages: list[Message] = []

        async def hold(message: Message) -> None:
            messages.append(message)

        await self.app({**scope, "headers": uncompressed}, receive, hold)
        start, *parts = messages
        body = b"".join(part.get("body", b"") for part in parts).replace(b"<head>", self.head, 1)
        headers = MutableHeaders(raw=list(start["headers"]))
        if start["status"] == 200:
            headers["Content-Length"] = str(len(body))
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})


def _is_code(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].endswith(_SUFFIXES):
        return False
    headers = Headers(scope=scope)
    return "gzip" in headers.get("accept-encoding", "") and not any(
        name in headers for name in _PASS_THROUGH_HEADERS
    )
