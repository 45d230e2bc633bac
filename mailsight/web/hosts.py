"""Which names and origins the server answers to.

A page on another site can point its own name at this machine (DNS rebinding) and then read everything that the browser
may read here. So each request must address the server by a known name, and what a browser sends from another site is
refused.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from mailsight.errors import ForeignOrigin, MailsightError, UnknownHost

from . import answers

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  # the addresses that mean all interfaces
_HOST = re.compile(r"(?:\[([\da-f:.]+)\]|([\w.-]+?)\.?)(?::\d{1,5})?", re.IGNORECASE | re.ASCII)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def host_name(netloc: str) -> str | None:
    """The name in a Host header, in lower case and without port or brackets. None if it is malformed."""
    match = _HOST.fullmatch(netloc)
    return (match[1] or match[2]).lower() if match else None


def known_names(public_url: str, hosts: Iterable[str], addresses: Iterable[str]) -> frozenset[str]:
    """The names that the server answers to: loopback, its public URL's, and the configured ones."""
    public = host_name(urlsplit(public_url).netloc.rpartition("@")[2])
    return LOOPBACK | {name for name in (public, *hosts, *addresses) if name and name not in _WILDCARDS}


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """Refuses requests with a foreign Host header, and those that a browser sends from another site.

    `open_to_all` is the path below which any origin may post: webhooks prove who sent them.
    """

    app: ASGIApp
    names: frozenset[str]
    public_url: str
    open_to_all: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if scope.get("client") is None:
            # A peer without an address, such as a proxy on a Unix socket, must not pass for this machine.
            scope = {**scope, "client": ("unknown", 0)}
        if scope["path"].endswith("\n"):
            # Starlette finds the same route with a line break after the path. Middleware that guards a route compares
            # the path, so nothing may come after it.
            scope = {**scope, "path": scope["path"].rstrip("\n")}
        try:
            self._check_host(scope)
            scope = self._check_origin(scope)
        except MailsightError as error:
            await _refuse(error, scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _check_host(self, scope: Scope) -> None:
        given = Headers(scope=scope).getlist("host")
        name = host_name(given[0]) if len(given) == 1 else None
        if name is None:
            raise UnknownHost("The request has no valid Host header.")
        # An address can't be rebound, so the one that the client connected to is fine.
        own = scope.get("server")
        if name not in self.names and not (own and name == own[0].removeprefix("::ffff:")):
            raise UnknownHost(f"This server is not set up to be called {name!r}.")

    def _check_origin(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        is_exempt = scope["type"] == "http" and (
            scope["method"] in _SAFE_METHODS or scope["path"].startswith(self.open_to_all)
        )
        if origin is None or is_exempt:
            return scope
        scheme, _, netloc = origin.lower().partition("://")
        if netloc and netloc == headers["host"].lower():
            return scope
        public = urlsplit(self.public_url)
        if netloc and (scheme, netloc) == (public.scheme, public.netloc.lower()):
            # Behind a proxy that replaces the Host header. Streamlit compares the two as well.
            scope = {**scope, "headers": list(scope["headers"])}
            MutableHeaders(scope=scope)["host"] = public.netloc
            return scope
        raise ForeignOrigin("A page of another site sent this request.")


async def _refuse(error: MailsightError, scope: Scope, receive: Receive, send: Send) -> None:
    answer = PlainTextResponse(f"{error}\n", answers.status_code(error), answers.HEADERS)
    if scope["type"] == "http":
        await answer(scope, receive, send)
    else:
        await WebSocket(scope, receive, send).send_denial_response(answer)
