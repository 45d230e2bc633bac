"""HTTP beside the pages: /healthz, webhooks, files to take along, and /api/recipients, where the customers' grid reads.

These routes stand outside Streamlit's sign-in. So a page that a signed-in person sees gives its grid a token, bound to
one campaign and audience, and without a valid one the route answers nothing. A webhook proves who sent it
(webhooks.py); what it brought is loaded by a thread that begins and ends with the server.
"""

import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import streamlit as st
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from mailsight import settings
from mailsight.errors import BadRequest, MailsightError, NoDatabase, UnknownCampaign
from mailsight.figures import formats
from mailsight.loading import spool
from mailsight.loading.background import Loader
from mailsight.reports import campaign as reports
from mailsight.reports import grid as grids
from mailsight.screens import navigation as screens
from mailsight.screens.frame import warehouse
from mailsight.vocabulary import Audience, Status

from . import downloads as export_routes
from . import grid_views, webhooks
from .compression import CompressedCode, KnownPlace

# A token holds for one to two of these: all of one period are equal, so that a rerun does not reload the grid.
TOKEN_PERIOD_SECONDS = 12 * 3600
LARGEST_REQUEST_BYTES = 64 * 1024

_log = logging.getLogger(__name__)


class NotAllowed(MailsightError):
    """The token is missing, changed, expired or another campaign's."""

    title = "This page has expired"
    next_step = "Reload the page."


_STATUS_CODES: dict[type[MailsightError], int] = {
    BadRequest: 400,
    NotAllowed: 401,
    UnknownCampaign: 404,
    NoDatabase: 503,
}


def routes() -> list[BaseRoute]:
    """The routes of the dashboard, under the same base path as its pages."""
    return [
        Route(path("healthz"), healthz),
        Route(path("api/recipients"), recipients, methods=["POST"]),
        *export_routes.routes(path),
        *webhooks.routes(path, _webhooks()),
    ]


def middleware() -> list[Middleware]:
    """What stands before all pages and routes: how they go over the network."""
    pages = [path(name) for name in ("campaign", "compare", "customer", "data")]
    return [Middleware(KnownPlace, pages, path("")), Middleware(CompressedCode)]


@asynccontextmanager
async def loading(_: st.App) -> AsyncIterator[None]:
    """While the server runs, what webhooks bring is loaded; nothing is where none is set up and none ever was.

    Files to take along go when it ends.
    """
    found = settings.from_environment()
    waiting = spool.beside(found.database)
    loader = Loader(found.database, waiting, found.webhook_load_seconds)
    loads = bool(webhook_secrets()) or waiting.exists
    if loads:
        loader.start()
    try:
        yield
    finally:
        await run_in_threadpool(export_routes.close)
        if loads:
            await run_in_threadpool(loader.stop)


@cache
def webhook_secrets() -> webhooks.Secrets:
    """The secrets of the providers whose webhooks are set up, by the provider's name. Raises `BadSetting`."""
    try:
        section = dict(st.secrets.get("webhooks", {}))
    except FileNotFoundError:
        section = {}
    return webhooks.configured(settings.webhook_secrets(), section)


def webhook_address(provider: str) -> str:
    """The address to give to a provider; only its path where nobody said how the world sees this server."""
    return f"{settings.from_environment().public_url}{path(f'webhooks/{provider}/')}"


def _webhooks() -> webhooks.Webhooks:
    found = settings.from_environment()
    return webhooks.Webhooks(spool.beside(found.database), webhook_secrets(), found)


def path(rest: str) -> str:
    """The path of something that this server serves, under the base path where there is one."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/{rest}" if base else f"/{rest}"


def token(campaign_id: str, audience: Audience, *, now: float | None = None) -> str:
    """What the grid of this campaign shows to read its customers; stays equal for hours, expires within a day."""
    period = int((time.time() if now is None else now) // TOKEN_PERIOD_SECONDS)
    return str(_signer().dumps([campaign_id, audience.value, (period + 2) * TOKEN_PERIOD_SECONDS]))


def allowed(signed: object, *, now: float | None = None) -> tuple[str, Audience]:
    """The campaign and audience that a token is for. Raises NotAllowed for any other than a valid one."""
    try:
        campaign_id, audience, expires = _signer().loads(str(signed))
    except (BadSignature, ValueError) as error:
        raise NotAllowed("The grid has no valid permission to read these customers.") from error
    if expires <= (time.time() if now is None else now):
        raise NotAllowed("The permission to read these customers has expired.")
    return campaign_id, Audience(audience)


async def healthz(_: Request) -> JSONResponse:
    """Whether the dashboard can read its data: 200, else 503."""
    served = await run_in_threadpool(lambda: warehouse().exists)
    return JSONResponse({"status": "ok" if served else "no data yet"}, 200 if served else 503, _HEADERS)


async def recipients(request: Request) -> JSONResponse:
    """One block of the grid's rows, and how many rows there are: `{"rows": [...], "total": n}`.

    The request's JSON has token, start, end, filter, sort, search, status, link, zone and view; an error is
    `{"error": {"title", "message", "next_step"}}`.
    """
    try:
        asked = await _asked(request)
        return JSONResponse(await run_in_threadpool(_block, asked), headers=_HEADERS)
    except MailsightError as error:
        return _error(error)
    except Exception:  # noqa: BLE001
        # Whatever it is, the browser learns nothing of it and the log everything.
        _log.exception("A block of customers could not be read")
        return _error(MailsightError("The customers can't be read now.", next_step="Try again in a moment."))


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


async def _asked(request: Request) -> dict[str, Any]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_REQUEST_BYTES:
            raise BadRequest("The request is too long.")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The request is not JSON.") from error
    if not isinstance(asked, dict):
        raise BadRequest("The request is not a JSON object.")
    return asked


def _block(asked: dict[str, Any]) -> dict[str, Any]:
    campaign_id, audience = allowed(asked.get("token"))
    zone = asked.get("zone") if isinstance(asked.get("zone"), str) else None
    found = grids.grid_query(
        asked.get("filter"),
        asked.get("sort"),
        search=asked.get("search", ""),
        status=asked.get("status", ()),
        link=asked.get("link"),
        start=asked.get("start", 0),
        end=asked.get("end", 100),
        zone=zone,
    )
    page = reports.recipients(warehouse(), campaign_id, audience, found)
    grid_views.keep(asked.get("view"), grid_views.GridView(asked.get("filter"), asked.get("sort"), zone))
    return {"rows": [_row(row, audience, zone) for row in page.rows], "total": page.total}


def _row(row: dict[str, Any], audience: Audience, zone: str | None) -> dict[str, Any]:
    """The row as it is shown: states as words, times in the viewer's zone."""
    state = row["status"] or grids.NOT_SENT
    shown = {column.key: row[column.key] for column in grids.COLUMNS}
    for column in grids.COLUMNS:
        if column.kind == "moment" and row[column.key] is not None:
            shown[column.key] = formats.short_moment(row[column.key], zone)
    label = Status(state).label if state != grids.NOT_SENT else "Not sent"
    customer_id = row["customer_id"]
    address = path(screens.customer_address(customer_id, audience))
    return shown | {
        "customer_id": customer_id,
        "address": address,
        "status": str(state),
        "status_label": label,
    }


def _error(error: MailsightError) -> JSONResponse:
    told = {"title": error.title, "message": error.message, "next_step": error.next_step}
    return JSONResponse({"error": told}, _STATUS_CODES.get(type(error), 500), _HEADERS)


def _signer() -> URLSafeSerializer:
    # Streamlit's own secret: random for each start, or set where several processes serve one dashboard.
    return URLSafeSerializer(str(st.get_option("server.cookieSecret")), salt="mailsight.recipients")
