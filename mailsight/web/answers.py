"""Shared by all routes: paths under the base path, signed tokens, and error responses."""

import time
from typing import Any

import streamlit as st
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.responses import JSONResponse

from mailsight import errors
from mailsight.errors import MailsightError

HEADERS = {"Cache-Control": "no-store"}
# Every way to start an answer, also to a WebSocket that is refused.
STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
_STATUS_CODES: dict[type[MailsightError], int] = {
    errors.BadRequest: 400,
    errors.BadParameter: 400,
    errors.NotThisProvider: 400,
    errors.UnknownHost: 400,
    errors.NotAllowed: 401,
    errors.BadToken: 401,
    errors.NoPassword: 401,
    errors.NotInRole: 403,
    errors.ForeignOrigin: 403,
    errors.NotGenuine: 403,
    errors.UnknownCampaign: 404,
    errors.FileGone: 404,
    errors.NoSuchAddress: 404,
    errors.BodyTooSlow: 408,
    errors.BodyTooLarge: 413,
    errors.TooManyFailures: 429,
    errors.TooManyCalls: 429,
    errors.NoDatabase: 503,
    errors.TooBusy: 503,
    errors.NotKept: 503,
    errors.TooManyRequests: 503,
}


def path(rest: str) -> str:
    """A path on this server, below the base path if one is configured."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/{rest}" if base else f"/{rest}"


def status_code(error: MailsightError) -> int:
    """The HTTP status code for an error; 500 if no route expects it."""
    return _STATUS_CODES.get(type(error), 500)


def error_answer(error: MailsightError) -> JSONResponse:
    """The error response of all routes for the browser: `{"error": {"title", "message", "next_step"}}`."""
    content = {"title": error.title, "message": error.message, "next_step": error.next_step}
    return JSONResponse({"error": content}, status_code(error), HEADERS)


def sign(purpose: str, value: object, *, expires: float) -> str:
    """A token with a JSON-serializable value, valid until `expires`. The same arguments give the same token."""
    return str(_signer(purpose).dumps([value, expires]))


def signed(purpose: str, token: object, *, now: float | None = None) -> Any:
    """The value of a token, or None if it is forged, expired or signed for another purpose."""
    try:
        value, expires = _signer(purpose).loads(str(token))
    except (BadSignature, ValueError):
        return None
    return value if (time.time() if now is None else now) < expires else None


def _signer(purpose: str) -> URLSafeSerializer:
    # That of the sign-in (see `configuration.start`), or else random at each start.
    return URLSafeSerializer(str(st.get_option("server.cookieSecret")), salt=purpose)
