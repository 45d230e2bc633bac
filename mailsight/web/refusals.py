"""Records in the audit who was refused by a route, whichever it was."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import answers, audit, sessions
from .access import Viewer

REFUSED = (401, 403)
_KNOWN = "mailsight.refusals"  # in the scope of a request
# What gates refuse before Streamlit's router names it.
_STREAMLIT = ("_stcore/upload_file", "_stcore/metrics", "_stcore/stream")


class Refusals:
    """ASGI middleware that looks at the status of each answer, except those below the path `ignored`."""

    def __init__(self, app: ASGIApp, ignored: str) -> None:
        self.app, self._ignored = app, ignored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] in answers.STARTS:
                status = message.get("status", 101)
            await send(message)

        await self.app(scope, receive, note)
        # Whoever sends webhooks is no person: a wrong password is in the log.
        if status in REFUSED and not scope["path"].startswith(self._ignored):
            await run_in_threadpool(_record, scope)


def known(scope: Scope, viewer: Viewer, **details: str) -> None:
    """Note who sends a request, if it is not the person with its cookies, and what an entry says of them."""
    scope[_KNOWN] = viewer, details


def _record(scope: Scope) -> None:
    given: tuple[Viewer, dict[str, Any]] | None = scope.get(_KNOWN)
    if given:
        viewer, details = given
        audit.refused_to(viewer, name(scope), **details)
    else:
        audit.refused(name(scope), sessions.claims_from(HTTPConnection(scope).cookies))


def name(scope: Scope) -> str:
    """The route, without what somebody asked of it."""
    if "route" in scope:
        return f"route {scope['route'].path}"
    paths = map(answers.path, _STREAMLIT)
    known = next((path for path in paths if scope["path"].startswith(path)), "")
    return f"route {known}" if known else "another address"
