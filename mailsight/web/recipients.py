"""`/api/recipients`: where the customers' grid reads its rows, with a token that names what it may read."""

import json
import logging
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from mailsight.errors import BadRequest, MailsightError, NotAllowed
from mailsight.figures import formats
from mailsight.reports import grid
from mailsight.reports import recipients as recipient_reports
from mailsight.vocabulary import Audience, Status
from mailsight.warehouse.served import warehouse

from . import addresses
from .answers import HEADERS, error_answer, path, sign, signed

# A token holds for one to two of these: all of one period are equal, so that a rerun does not reload the grid.
TOKEN_PERIOD_SECONDS = 12 * 3600
_PURPOSE = "mailsight.recipients"
LARGEST_REQUEST_BYTES = 64 * 1024

_log = logging.getLogger(__name__)


def token(campaign_id: str, audience: Audience, *, now: float | None = None) -> str:
    """What the grid of this campaign shows to read its customers; stays equal for hours, expires within a day."""
    period = int((time.time() if now is None else now) // TOKEN_PERIOD_SECONDS)
    expires = (period + 2) * TOKEN_PERIOD_SECONDS
    return sign(_PURPOSE, [campaign_id, audience.value], expires=expires)


def allowed(token: object, *, now: float | None = None) -> tuple[str, Audience]:
    """The campaign and audience that a token is for. Raises NotAllowed for any other than a valid one."""
    allowed = signed(_PURPOSE, token, now=now)
    if allowed is None:
        raise NotAllowed("The grid has no valid permission to read these customers.")
    campaign_id, audience = allowed
    return campaign_id, Audience(audience)


async def recipients(request: Request) -> JSONResponse:
    """One block of the grid's rows, and how many rows there are: `{"rows": [...], "total": n}`.

    The request's JSON has token, start, end, filter, sort, search, status, link and zone; an error is
    `{"error": {"title", "message", "next_step"}}`.
    """
    try:
        asked = await _asked(request)
        return JSONResponse(await run_in_threadpool(_block, asked), headers=HEADERS)
    except MailsightError as error:
        return error_answer(error)
    except Exception:  # noqa: BLE001
        # Whatever it is, the browser learns nothing of it and the log everything.
        _log.exception("A block of customers could not be read")
        return error_answer(
            MailsightError("The customers can't be read now.", next_step="Try again in a moment.")
        )


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
    found = grid.posted_query(
        asked,
        search=asked.get("search", ""),
        status=asked.get("status", ()),
        link=asked.get("link"),
        start=asked.get("start", 0),
        end=asked.get("end", 100),
    )
    with warehouse().snapshot() as data:
        page = recipient_reports.page(data, campaign_id, audience, found)
    return {"rows": [_row(row, audience, zone) for row in page.rows], "total": page.total}


def _row(row: dict[str, Any], audience: Audience, zone: str | None) -> dict[str, Any]:
    """The row as it is shown: states as words, times in the viewer's zone."""
    status = Status(row["status"])
    shown = {column.key: row[column.key] for column in grid.COLUMNS}
    for column in grid.COLUMNS:
        if column.kind == "moment" and row[column.key] is not None:
            shown[column.key] = formats.short_moment(row[column.key], zone)
    customer_id = row["customer_id"]
    address = path(addresses.customer(customer_id, audience))
    return shown | {
        "customer_id": customer_id,
        "address": address,
        "status": status.value,
        "status_label": status.label,
    }
