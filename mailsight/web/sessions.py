"""Which Streamlit session belongs to whom, and who is still signed in.

The shell registers each session whose viewer may enter. What a page hands out (the grid's token, a file's token, the
right to upload) is bound to its session, and ends with it: when the tab is closed, the person signs out in any tab, or
was signed in for too long. All of this is in memory, so it ends with the server.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
import streamlit as st
from streamlit import runtime
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from mailsight.errors import NotAllowed

from . import configuration
from .access import CLOCK_SECONDS, Claims, Standing, Viewer

# A page that loses its connection gets this long to come back before its tokens end.
RECONNECT_SECONDS = 5.0
_CHECK_SECONDS = 0.2
# Streamlit resumes a session for two minutes.
FORGET_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page: their claims, if people sign in, and whether their browser runs on this machine."""

    claims: Claims = field(default_factory=dict)
    local: bool = False


@dataclass(slots=True)
class _Session:
    visitor: Visitor
    uploads: bool = False  # whether the Upload dialog is open
    lost_at: float | None = None  # when it was first seen without a connection


_lock = threading.Lock()
_sessions: dict[str, _Session] = {}
# Sign-ins that were ended by signing out, and when they would have expired anyway.
_ended: dict[str, float] = {}


def locale() -> str | None:
    """The tag of the viewer's locale, as reported by the browser; None if no page is running."""
    context = get_script_run_ctx(suppress_warning=True)
    return st.context.locale if context else None


def current_id() -> str:
    """The id of the session whose page is running."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def claims_from(cookies: Mapping[str, str]) -> Claims:
    """The claims in the cookie that Streamlit sets after sign-in; none without a valid one, or without sign-in."""
    if not configuration.current().access.sign_in:
        return {}
    secret = get_cookie_secret()

    def read(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(secret, name, value)

    try:
        claims = json.loads(get_cookie_with_chunks(read, USER_COOKIE_NAME) or b"{}")
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def standing(claims: Claims) -> Standing:
    """Whether the person with these claims may enter now."""
    access = configuration.current().access
    by_claims = access.standing(claims, time.time())
    is_signed_in = access.sign_in and by_claims in (Standing.MAY_ENTER, Standing.NOT_ALLOWED)
    return Standing.EXPIRED if is_signed_in and _sign_in(claims) in _ended else by_claims


def admit(session_id: str, visitor: Visitor) -> None:
    """Register a session that shows a page to somebody who may enter. Closes its Upload dialog."""
    with _lock:
        _forget_closed(time.monotonic())
        _sessions[session_id] = _Session(visitor)


def dismiss(session_id: str) -> None:
    """Forget a session whose viewer may not enter any more."""
    with _lock:
        _sessions.pop(session_id, None)


def end_sign_in(claims: Claims) -> None:
    """Sign a person out everywhere this sign-in is used: in other tabs, and by a copy of its cookie."""
    now = time.time()
    expires = now + configuration.current().access.session_seconds + CLOCK_SECONDS
    with _lock:
        for key in [key for key, until in _ended.items() if until < now]:
            del _ended[key]
        _ended[_sign_in(claims)] = expires


def open_upload(session_id: str) -> None:
    """Note that the session shows the Upload dialog."""
    with _lock:
        if session := _sessions.get(session_id):
            session.uploads = True


def may_upload(session_id: str, claims: Claims) -> bool:
    """Whether the session belongs to this person, who may upload, and shows the Upload dialog."""
    session = _sessions.get(session_id)
    if session is None or not session.uploads or _sign_in(session.visitor.claims) != _sign_in(claims):
        return False
    return _is_live(session_id) and _is_uploader(session.visitor)


def visitor_may_upload(visitor: Visitor) -> bool:
    """Whether this person may enter and upload."""
    return standing(visitor.claims) is Standing.MAY_ENTER and _is_uploader(visitor)


def viewer(session_id: str) -> Viewer:
    """Who looks at the page of a session, with the role that they have now. Raises `NotAllowed` if it has ended."""
    session = _sessions.get(session_id)
    if session is None or standing(session.visitor.claims) is not Standing.MAY_ENTER:
        raise NotAllowed("Your session has ended.")
    return configuration.current().access.viewer(session.visitor.claims)


async def check(session_id: str, expired: str) -> None:
    """Raise `NotAllowed` with the message `expired` if a token's session has ended."""
    if not await live(session_id):
        raise NotAllowed(expired)


async def live(session_id: str) -> bool:
    """Whether the session is connected and its viewer may still enter."""
    for _ in range(int(RECONNECT_SECONDS / _CHECK_SECONDS)):
        if session_id not in _sessions or _is_connected(session_id):
            break
        await anyio.sleep(_CHECK_SECONDS)
    return _is_live(session_id)


def _forget_closed(now: float) -> None:
    for session_id, session in list(_sessions.items()):
        if _is_connected(session_id):
            session.lost_at = None
        elif session.lost_at is None:
            session.lost_at = now
        elif now - session.lost_at > FORGET_SECONDS:
            del _sessions[session_id]


def _is_live(session_id: str) -> bool:
    session = _sessions.get(session_id)
    if session is None or not _is_connected(session_id):
        return False
    return standing(session.visitor.claims) is Standing.MAY_ENTER


def _is_connected(session_id: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session_id)


def _is_uploader(visitor: Visitor) -> bool:
    return configuration.current().access.may_upload(visitor.claims, local=visitor.local)


def _sign_in(claims: Claims) -> str:
    """What is the same in every copy of one sign-in, and different in the next."""
    return json.dumps([claims.get(name) for name in ("iss", "sub", "iat", "nonce")], default=str)
