"""Records in the audit who was refused by a route, whichever it was."""

from collections.abc import Collection

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import answers, audit, sessions

REFUSED = (401, 403)


class Refusals:
    """ASGI middleware that looks at the status of each answer. `known` are the paths that an entry may name."""

    def __init__(self, app: ASGIApp, known: Collection[str], ignored: str) -> None:
        self.app, self._known, self._ignored = app, sorted(known, key=len, reverse=True), ignored

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
            await run_in_threadpool(audit.refused, self._name(scope["path"]), claims)

    def _name(self, path: str) -> str:
        """The route, of which only the beginning is ours: the rest is what somebody asked for."""
        return next((known for known in self._known if path.startswith(known)), "an unknown address")
