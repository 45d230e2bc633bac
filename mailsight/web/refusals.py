"""Records in the audit who was refused by a route, whichever it was."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import answers, audit, sessions

REFUSED = (401, 403)
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
            claims = sessions.claims_from(HTTPConnection(scope).cookies)
            await run_in_threadpool(audit.refused, _name(scope), claims)


def _name(scope: Scope) -> str:
    """The route, without what somebody asked of it."""
    if "route" in scope:
        return f"route {scope['route'].path}"
    paths = map(answers.path, _STREAMLIT)
    known = next((path for path in paths if scope["path"].startswith(path)), "")
    return f"route {known}" if known else "another address"
