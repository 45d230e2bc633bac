"""Which Streamlit session belongs to whom, who is still signed in, and what they may see.

The shell registers each session whose viewer may enter. What a page hands out (the grid's token, a file's token, the
right to upload) is bound to its session, its viewer and their role, and ends with them: when the tab is closed, the
person signs out in any tab, was signed in or idle for too long, or gets another role. All of this is in memory, so it
ends with the server; only that somebody signed out is known to all servers (`ended`).
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import anyio
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from streamlit import runtime
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from mailsight.errors import NotAllowed, NotInRole

from . import activity, configuration, elsewhere, ended
from .access import CLOCK_SECONDS, Access, Claims, Right, Standing, Viewer
from .answers import path
from .hosts import LOOPBACK

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


#: Called with the right that the viewer of a page lacks. The audit, which reads sessions, adds itself.
on_refusal: list[Callable[[Right], None]] = []

_lock = threading.Lock()
_sessions: dict[str, _Session] = {}


def current_page() -> str:
    """What stands for the session of the page that is running, where others may read it."""
    return elsewhere.name(current_id())


def address(route: str, **query: str) -> str:
    """The address of a route for the scripts of the page that is running. It names the page, so that it is found."""
    return f"{path(route)}?{urlencode({elsewhere.PARAMETER: current_page()} | query)}"


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
    return _standing(configuration.current().access, claims, time.time())


def note_activity(claims: Claims) -> None:
    """Note that somebody who is signed in did something. May wait for the disk."""
    access, now = configuration.current().access, time.time()
    if access.sign_in and access.idle_seconds and _standing(access, claims, now) is Standing.MAY_ENTER:
        activity.note(_sign_in(claims), now, now - access.idle_seconds)


def admit(session_id: str, visitor: Visitor) -> None:
    """Register a session that shows a page to somebody who may enter. Closes its Upload dialog."""
    with _lock:
        _forget_closed(time.monotonic())
        is_new = session_id not in _sessions
        _sessions[session_id] = _Session(visitor)
    if is_new:
        elsewhere.pages().note(elsewhere.name(session_id))


def dismiss(session_id: str) -> None:
    """Forget a session whose viewer may not enter any more."""
    with _lock:
        _sessions.pop(session_id, None)
    elsewhere.pages().forget(elsewhere.name(session_id))


def end_sign_in(claims: Claims) -> None:
    """Sign a person out everywhere this sign-in is used: in other tabs, and by a copy of its cookie."""
    expires_at = time.time() + configuration.current().access.session_seconds + CLOCK_SECONDS
    ended.end(_sign_in(claims), expires_at)


def open_upload(session_id: str) -> None:
    """Note that the session shows the Upload dialog."""
    with _lock:
        if session := _sessions.get(session_id):
            session.uploads = True


def may_upload(session_id: str, connection: HTTPConnection) -> bool:
    """Whether the session belongs to whoever asks, who may upload, and shows the Upload dialog."""
    session = _sessions.get(session_id)
    if session is None or not session.uploads or not _is_theirs(session, connection):
        return False
    return _is_live(session_id) and viewer(session_id).may(Right.UPLOADS)


def viewer_of(visitor: Visitor) -> Viewer | None:
    """Who that is, with the role that they have now; None if they may not enter."""
    access = configuration.current().access
    if _standing(access, visitor.claims, time.time()) is not Standing.MAY_ENTER:
        return None
    return access.viewer(visitor.claims, local=visitor.local)


def viewer(session_id: str) -> Viewer:
    """Who looks at the page of a session, with the role that they have now. Raises `NotAllowed` if it has ended."""
    session = _sessions.get(session_id)
    now = viewer_of(session.visitor) if session else None
    if now is None:
        raise NotAllowed("Your session has ended.")
    return now


def current() -> Viewer:
    """Who looks at the page that is running, with the role that they have now. Raises `NotAllowed` if it has ended."""
    return viewer(current_id())


def current_claims() -> Claims:
    """The claims of whoever looks at the page that is running; none without sign-in."""
    session = _sessions.get(current_id())
    return session.visitor.claims if session else {}


def may(right: Right) -> bool:
    """Whether whoever looks at the page that is running may see or do something. Raises `NotAllowed`."""
    return current().may(right)


def require(right: Right) -> Viewer:
    """Who looks at the page that is running. Raises `NotAllowed`, and `NotInRole` if they don't have the right."""
    now = current()
    try:
        now.require(right)
    except NotInRole:
        for note in on_refusal:
            note(right)
        raise
    return now


def pass_for(right: Right) -> list[str]:
    """What a token for a route contains: the session of the page that is running, and what its viewer is now.

    Raises `NotAllowed`, and `NotInRole` if they don't have the right.
    """
    return [current_id(), right.value, _bound(current_id(), require(right))]


def passed(given: Sequence[str], expired: str) -> Viewer:
    """The viewer for whom `pass_for` made this, if they are still the same, with the same role.

    Raises `NotAllowed` with the message `expired`.
    """
    try:
        session_id, right, bound = given
        now = viewer(session_id)
        now.require(Right(right))
    except (NotAllowed, ValueError) as error:
        raise NotAllowed(expired) from error
    if _bound(session_id, now) != bound:
        raise NotAllowed(expired)
    return now


async def check(given: Sequence[str], connection: HTTPConnection, expired: str) -> Viewer:
    """The viewer for whom `pass_for` made this, if it is they who ask, and their page is still open.

    Raises `NotAllowed` with the message `expired`.
    """
    session = _sessions.get(given[0])
    if session is None or not _is_theirs(session, connection) or not await live(given[0]):
        raise NotAllowed(expired)
    return await run_in_threadpool(passed, given, expired)


async def live(session_id: str) -> bool:
    """Whether the session is connected and its viewer may still enter."""
    for _ in range(int(RECONNECT_SECONDS / _CHECK_SECONDS)):
        if session_id not in _sessions or _is_connected(session_id):
            break
        await anyio.sleep(_CHECK_SECONDS)
    return await run_in_threadpool(_is_live, session_id)


def _forget_closed(now: float) -> None:
    for session_id, session in list(_sessions.items()):
        if _is_connected(session_id):
            session.lost_at = None
        elif session.lost_at is None:
            session.lost_at = now
        elif now - session.lost_at > FORGET_SECONDS:
            del _sessions[session_id]
            elsewhere.pages().forget(elsewhere.name(session_id))


def _is_live(session_id: str) -> bool:
    session = _sessions.get(session_id)
    if session is None or not _is_connected(session_id):
        return False
    return standing(session.visitor.claims) is Standing.MAY_ENTER


def _is_connected(session_id: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session_id)


def _is_theirs(session: _Session, connection: HTTPConnection) -> bool:
    """Whether a request comes from the person that a session belongs to: a token may have been copied."""
    if not configuration.current().access.sign_in:
        return not session.visitor.local or (
            connection.client is not None and connection.client.host in LOOPBACK
        )
    return _sign_in(session.visitor.claims) == _sign_in(claims_from(connection.cookies))


def _bound(session_id: str, now: Viewer) -> str:
    """What changes with the session, the sign-in, and what the viewer may see."""
    session = _sessions.get(session_id)
    sign_in = _sign_in(session.visitor.claims) if session else ""
    parts = [session_id, sign_in, now.person, now.role.value, now.scope.name]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _standing(access: Access, claims: Claims, now: float) -> Standing:
    by_claims = access.standing(claims, now)
    if not access.sign_in or by_claims not in (Standing.MAY_ENTER, Standing.NOT_ALLOWED):
        return by_claims
    sign_in = _sign_in(claims)
    is_over = ended.is_ended(sign_in) or _is_idle(sign_in, claims["iat"], now, access.idle_seconds)
    return Standing.EXPIRED if is_over else by_claims


def _is_idle(sign_in: str, signed_in_at: float, now: float, idle_seconds: float) -> bool:
    """Whether somebody has done nothing for too long, since they signed in or later."""
    enough = now - idle_seconds
    if not idle_seconds or signed_in_at >= enough:
        return False
    return activity.last(sign_in, enough) < enough


def _sign_in(claims: Claims) -> str:
    """What is the same in every copy of one sign-in, and different in the next."""
    return json.dumps([claims.get(name) for name in ("iss", "sub", "iat", "nonce")], default=str)
