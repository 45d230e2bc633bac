"""`/api/recipients`: rows of the customers' grid. A token says which campaign the grid may read."""

import json
import logging
import time
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from mailsight.errors import BadRequest, MailsightError, NotAllowed
from mailsight.figures import formats, locales
from mailsight.reports import grid
from mailsight.reports import recipients as recipient_reports
from mailsight.vocabulary import Audience, Status
from mailsight.warehouse.served import warehouse

from . import addresses, audit, sessions
from .access import Right, Viewer
from .answers import HEADERS, error_answer, path, sign, signed

# Tokens are valid for one to two periods. They are equal within a period, so that a rerun does not reload the grid.
TOKEN_PERIOD_SECONDS = 12 * 3600
_PURPOSE = "mailsight.recipients"
_EXPIRED = "Your permission to view these customers has expired."
MAX_REQUEST_BYTES = 64 * 1024
MAX_REQUEST_SECONDS = 10.0

_log = logging.getLogger(__name__)


def token(campaign_id: str, audience: Audience, variant: str = "", *, now: float | None = None) -> str:
    """The token with which a campaign's grid reads its customers, as long as the session of its page, this one, lasts.

    With `variant`, only those who got this variant of its e-mail: comparing the variants takes long, so the browser
    can't ask for others. Stable for hours, expires within a day. Raises `NotAllowed`, and `NotInRole` if the viewer may
    not see customers.
    """
    period = int((time.time() if now is None else now) // TOKEN_PERIOD_SECONDS)
    expires = (period + 2) * TOKEN_PERIOD_SECONDS
    value = [campaign_id, audience.value, variant, sessions.pass_for(Right.CUSTOMERS)]
    return sign(_PURPOSE, value, expires=expires)


def allowed(token: object, *, now: float | None = None) -> tuple[str, Audience, str, list[str]]:
    """The campaign, the audience, the variant and the pass that a token is for.

    Raises `NotAllowed` if it is not valid.
    """
    value = signed(_PURPOSE, token, now=now)
    if value is None:
        raise NotAllowed(_EXPIRED)
    campaign_id, audience, variant, given = value
    return campaign_id, Audience(audience), variant, given


async def recipients(request: Request) -> JSONResponse:
    """A block of the grid's rows, and the total number of rows: `{"rows": [...], "total": n, "counted": "1,234"}`.

    The JSON request has token, start, end, filter, sort, search, status, link, zone and locale; an error is
    `{"error": {"title", "message", "next_step"}}`.
    """
    try:
        body = await _json_body(request)
        campaign_id, audience, variant, given = allowed(body.get("token"))
        viewer = await sessions.check(given, request, _EXPIRED)
        block = await run_in_threadpool(_block, viewer, given[0], campaign_id, audience, variant, body)
        return JSONResponse(block, headers=HEADERS)
    except MailsightError as error:
        return error_answer(error)
    except Exception:  # noqa: BLE001
        # Unexpected errors: the details go to the log only.
        _log.exception("A block of customers could not be read")
        return error_answer(
            MailsightError("The customers can't be loaded right now.", next_step="Try again in a moment.")
        )


async def _json_body(request: Request) -> dict[str, Any]:
    body = b""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_REQUEST_BYTES:
        raise BadRequest("The request is too long.")
    try:
        with anyio.fail_after(MAX_REQUEST_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MAX_REQUEST_BYTES:
                    raise BadRequest("The request is too long.")
    except TimeoutError as error:
        raise BadRequest("The request did not arrive in time.") from error
    except ClientDisconnect as error:
        raise BadRequest("The browser has left the page.") from error
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The request is not JSON.") from error
    if not isinstance(content, dict):
        raise BadRequest("The request is not a JSON object.")
    return content


def _block(
    viewer: Viewer,
    session_id: str,
    campaign_id: str,
    audience: Audience,
    variant: str,
    request: dict[str, Any],
) -> dict[str, Any]:
    zone, tag = (request[name] if isinstance(request.get(name), str) else None for name in ("zone", "locale"))
    filters = {
        "search": request.get("search", ""),
        "status": request.get("status", ()),
        "stage": request.get("stage"),
        "link": request.get("link"),
        "variant": variant,
    }
    query = grid.posted_query(request, **filters, start=request.get("start", 0), end=request.get("end", 100))
    with warehouse().snapshot(viewer.scope) as data:
        page = recipient_reports.page(data, campaign_id, audience, query)
    audit.listed(
        "customers",
        grid.described(request, **filters),
        page.total,
        search=str(filters["search"]),  # JSON may hold a number, which is searched as text
        campaign_id=campaign_id,
        again=query.key[0:1] + query.key[2:],  # the values of filters, but not the order
        session_id=session_id,
    )
    with locales.using(locales.of(tag)):
        rows = [_row(row, campaign_id, audience, zone) for row in page.rows]
        return {"rows": rows, "total": page.total, "counted": formats.count(page.total)}


def _row(row: dict[str, Any], campaign_id: str, audience: Audience, zone: str | None) -> dict[str, Any]:
    """A row for the grid: states with labels, numbers as text, times in the viewer's time zone."""
    status = Status(row["status"])
    shown = {column.key: row[column.key] for column in grid.COLUMNS}
    for column in grid.COLUMNS:
        if row[column.key] is None:
            continue
        if column.kind == "moment":
            shown[column.key] = formats.short_moment(row[column.key], zone)
        elif column.kind == "number":
            shown[column.key] = formats.count(row[column.key])
    customer_id = row["customer_id"]
    address = path(addresses.customer(customer_id, audience, campaign_id))
    return shown | {
        "customer_id": customer_id,
        "address": address,
        "status": status.value,
        "status_label": status.label,
    }
