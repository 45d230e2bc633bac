"""Security headers on every answer, and which scripts and addresses a page may use."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import answers

ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"
HSTS = "max-age=31536000"
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@cache
def streamlit_scripts() -> tuple[str, ...]:
    """The inline scripts of Streamlit's page."""
    page = Path(st.__file__).with_name("static") / "index.html"
    return tuple(_SCRIPT.findall(page.read_text(encoding="utf-8")))


def page_policy(scripts: Iterable[str], host: str, *, is_component: bool) -> str:
    """The content security policy of a page with these inline scripts, or of a component's frame in a page.

    Browsers that count WebSockets as other origins need their address, so it names `host`.
    """
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    own = "'unsafe-eval'" if is_component else " ".join(f"'sha256-{value}'" for value in hashes)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {own}",  # Streamlit imports components' scripts as blobs
            "style-src 'self' 'unsafe-inline'",
            # Mails are shown in frames that inherit this policy. Their own policy decides about their pictures.
            "img-src 'self' data: blob: https: http:",
            "font-src 'self' data:",
            f"connect-src 'self' ws://{host} wss://{host}",
            "frame-src 'self' blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """Adds the headers to every answer, and `Secure` to cookies if the public URL is HTTPS."""

    app: ASGIApp
    scripts: tuple[str, ...]
    components: str  # the path of components' frames
    is_https: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        is_https = self.is_https or scope["scheme"] in ("https", "wss")
        is_started = False

        async def add(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "websocket.close" and not is_started:
                # The server would answer by itself, without the headers.
                await add({"type": "websocket.http.response.start", "status": 403})
                message = {"type": "websocket.http.response.body", "body": b""}
            if message["type"] in answers.STARTS:
                is_started = True
                message = {**message, "headers": list(message.get("headers", ()))}
                self._add(MutableHeaders(raw=message["headers"]), scope, is_https)
            await send(message)

        await self.app(scope, receive, add)

    def _add(self, headers: MutableHeaders, scope: Scope, is_https: bool) -> None:
        for name, text in ALWAYS.items():
            headers.setdefault(name, text)
        if is_https:
            headers.setdefault("Strict-Transport-Security", HSTS)
        is_component = scope["path"].startswith(self.components)
        policy = page_policy(self.scripts, Headers(scope=scope).get("host", ""), is_component=is_component)
        headers.setdefault("Content-Security-Policy", policy)
        for place, (header, value) in enumerate(headers.raw):
            if is_https and header == b"set-cookie" and b"; secure" not in value.lower():
                headers.raw[place] = (header, value + b"; Secure")
