"""`/api/v1/...`: reports as JSON, for programs that send a token in the header `Authorization: Bearer`.

Cookies don't count here, so a page of another site can't read anything in somebody's name.
"""

import hashlib
import json
import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from math import ceil

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mailsight import __version__
from mailsight.errors import (
    BadToken,
    DatabaseUnreadable,
    MailsightError,
    NoSuchAddress,
    StateUnreadable,
    TooBusy,
    TooManyCalls,
    UnknownCampaign,
)
from mailsight.state.audit import Action
from mailsight.state.tokens import Token
from mailsight.warehouse.served import warehouse
from mailsight.web import audit, refusals
from mailsight.web.access import Right, Viewer
from mailsight.web.answers import error_answer
from mailsight.web.rates import Rate
from mailsight.web.slots import FAILURE_SECONDS, Failures, client_key

from . import openapi, parameters, tokens
from .reports import REPORTS, Report

# Threads that read reports for programs, apart from those that serve people.
THREADS = 2
MAX_WAITING = 30
PER_MINUTE = 120  # requests with one token
UNAVAILABLE, BUSY_SECONDS = 503, 5
_MAX_RECORDED = 10_000
# A cache may keep answers, but asks each time whether they are still right.
_REVALIDATED = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}

_log = logging.getLogger(__name__)


def routes(path: Callable[[str], str], per_minute: int = PER_MINUTE) -> list[BaseRoute]:
    """The routes of the API."""
    api = Api(Rate(per_minute, 60.0))
    return [
        Route(path(f"{openapi.ROOT}{openapi.DESCRIPTION}"), api.description),
        *(
            Route(
                path(f"{openapi.ROOT}{report.path}").replace("{campaign_id}", "{campaign_id:path}"),
                partial(api.report, report),
                name=report.name,
            )
            for report in REPORTS
        ),
        Route(path(f"{openapi.ROOT}{{rest:path}}"), api.unknown),
    ]


class RecordedCalls:
    """Records calls: each report once a day for a token; for customers, for each campaign."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._days: OrderedDict[tuple[str, str, str, int], None] = OrderedDict()

    def record(
        self, token: Token, viewer: Viewer, report: str, campaign_id: str = "", *, is_personal: bool = False
    ) -> None:
        """Record a call. If it is for customers, raises `StateUnreadable` when it can't be recorded."""
        try:
            tokens.current().note_use(token, datetime.now(UTC))
        except StateUnreadable as error:
            _log.warning("When a token was last used is not known: %s", error)
        day = int(time.time() // 86_400)
        key = (token.token_id, report, campaign_id if is_personal else "", day)
        with self._lock:
            if key in self._days:
                return
        details = {"token": token.token_id, "report": report}
        if is_personal:
            audit.current().record(
                viewer.person, viewer.role, Action.CALLED_API, campaign_id=campaign_id, **details
            )
        else:
            audit.seen_by(viewer, "api", Action.CALLED_API, again=day, **details)
            if audit.problem():
                return
        with self._lock:
            self._days[key] = None
            if len(self._days) > _MAX_RECORDED:
                self._days.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Api:
    """The API of one server. Rates are per process."""

    rate: Rate
    failures: Failures = field(default_factory=Failures)
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(THREADS))
    calls: RecordedCalls = field(default_factory=RecordedCalls)

    async def report(self, report: Report, request: Request) -> Response:
        """The answer of a report."""
        return await self._answer(request, partial(self._read, report, request))

    async def description(self, request: Request) -> Response:
        """The description of the API."""
        return await self._answer(request, partial(self._describe, request))

    async def unknown(self, request: Request) -> Response:
        """The answer for all other addresses."""
        return await self._answer(request, _unknown)

    async def _answer(self, request: Request, read: Callable[[Token, Viewer], Response]) -> Response:
        """What `read` returns for the token of a request, or an error."""
        try:
            token, viewer = await self._allowed(request)
            return await run_sync(read, token, viewer, limiter=self.threads)
        except MailsightError as error:
            return _refusal(error)
        except Exception:  # noqa: BLE001
            # Unexpected errors: the details go to the log only.
            _log.exception("A report could not be read")
            return error_answer(
                MailsightError("The report can't be read right now.", next_step="Try again in a moment.")
            )

    async def _allowed(self, request: Request) -> tuple[Token, Viewer]:
        """The token of a request, and what it may read now. Raises `BadToken`, `TooManyCalls` and `TooBusy`."""
        given = request.headers.getlist("authorization")
        match = re.fullmatch(r"bearer +(\S+) *", given[0], re.IGNORECASE) if len(given) == 1 else None
        if match is None:
            raise BadToken("The request has no token.")
        if self.threads.statistics().tasks_waiting >= MAX_WAITING:
            raise TooBusy("Too many other requests are waiting.")
        try:
            token, viewer = await run_sync(
                tokens.allowed, match[1], partial(_note, request), limiter=self.threads
            )
        except BadToken:
            # Right ones from the same address are still accepted.
            if self.failures.add(client_key(request.client and request.client.host)):
                raise TooManyCalls("Too many wrong tokens.", int(FAILURE_SECONDS)) from None
            raise
        if seconds := self.rate.wait(token.token_id):
            raise TooManyCalls("This token is used too often.", ceil(seconds))
        return token, viewer

    def _read(self, report: Report, request: Request, token: Token, viewer: Viewer) -> Response:
        viewer.require(report.right)
        chosen = parameters.values(report.parameters, request.query_params.multi_items())
        campaign_id = request.path_params.get("campaign_id", "")

        def recorded() -> object:
            answer = report.read(data, campaign_id, chosen)
            # Only now, because an unknown id is any text.
            self.calls.record(
                token, viewer, report.name, campaign_id, is_personal=report.right is Right.CUSTOMERS
            )
            return answer

        try:
            with warehouse().snapshot(viewer.scope) as data:
                return _tagged(request, data.generation, recorded)
        except UnknownCampaign:
            what = refusals.name(request.scope)
            audit.missed(what, viewer=viewer, campaign_id=campaign_id, token=token.token_id)
            raise

    def _describe(self, request: Request, token: Token, viewer: Viewer) -> Response:
        parameters.values((), request.query_params.multi_items())
        self.calls.record(token, viewer, "openapi")
        return _tagged(request, __version__, openapi.description)


def _note(request: Request, token: Token) -> None:
    """Note whose token it is, in case it is refused."""
    refusals.known(request.scope, Viewer(token.person, token.role), token=token.token_id)


def _unknown(_: Token, __: Viewer) -> Response:
    raise NoSuchAddress("The API has nothing at this address.")


def _refusal(error: MailsightError) -> Response:
    """The answer for an error."""
    if isinstance(error, StateUnreadable | DatabaseUnreadable):
        # Its message names files.
        _log.warning("The API can't answer: %s", error)
        error = TooBusy("The data can't be read at the moment.")
    answer = error_answer(error)
    if isinstance(error, BadToken):
        answer.headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, TooManyCalls):
        answer.headers["Retry-After"] = str(error.wait_seconds)
    elif answer.status_code == UNAVAILABLE:
        answer.headers["Retry-After"] = str(BUSY_SECONDS)
    return answer


def _tagged(request: Request, generation: str, read: Callable[[], object]) -> Response:
    """The answer with an ETag for this address and generation, which names the scope too; 304 if the client has it."""
    known = json.dumps([__version__, generation, request.url.path, request.url.query])
    tag = f'"{hashlib.sha256(known.encode()).hexdigest()[:32]}"'
    headers = {**_REVALIDATED, "ETag": tag}
    # A proxy that compresses makes the tag weak.
    given = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in given:
        return Response(status_code=304, headers=headers)
    return JSONResponse(read(), headers=headers)
