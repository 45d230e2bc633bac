"""`/shared/TOKEN`: one campaign's report, for people without an account.

Whatever does not open a report gets the same answer: a link that never was, has ended or was revoked, a campaign that
is gone, a sharer who has left. A link ends with what its sharer may see: their claims are kept with it, and compared
with the roles in the configuration each time it is opened.
"""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mailsight import settings
from mailsight.bounded.cache import ByteCache
from mailsight.errors import MailsightError, NotAllowed
from mailsight.exports import report as report_export
from mailsight.figures import locales
from mailsight.state import shares
from mailsight.state.audit import SHARED_LINK, Action
from mailsight.state.shares import Share, Sharer, Shares
from mailsight.state.store import Store
from mailsight.vocabulary import Audience, Role
from mailsight.warehouse.scope import Scope, narrowed
from mailsight.warehouse.served import warehouse

from . import audit, configuration, sessions
from .access import Claims, Right, Viewer, name_of
from .answers import path
from .rates import Rate
from .slots import client_key

REQUESTS_PER_MINUTE = 60
CACHE_BYTES = 32 * 2**20
REPORTS = ByteCache(CACHE_BYTES)
# What people without an account are, in the audit.
_SOMEBODY = Viewer(SHARED_LINK, Role.READER)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
}
_NOTHING = "There is nothing here. The link may be incomplete, or it has ended: ask whoever sent it.\n"
_log = logging.getLogger(__name__)


def current() -> Shares:
    """The links of this server."""
    return Shares(Store.of(settings.from_environment().database))


def create(campaign_id: str, audience: Audience, expires_at: datetime) -> str:
    """Share a campaign's report in the name of whoever looks at the page that is running. Returns the link's path.

    Raises `NotAllowed`, `NotInRole` without the right to share, and `StateUnreadable`.
    """
    viewer, share_id = sessions.require(Right.SHARES), shares.new_id()
    audit.done(
        viewer,
        Action.SHARED,
        campaign_id=campaign_id,
        link=share_id,
        until=f"{expires_at:%Y-%m-%d %H:%M %Z}",
    )
    kept = configuration.current().access.kept_claims(sessions.current_claims())
    sharer = Sharer(viewer.person, viewer.role, viewer.scope, kept)
    return path(f"shared/{current().create(share_id, campaign_id, audience, sharer, expires_at)}")


def revoke(share: Share) -> None:
    """End a link. Raises `NotAllowed` for a link of somebody else, except for admins, and `StateUnreadable`."""
    viewer = sessions.require(Right.SHARES)
    if not may_revoke(viewer, share):
        raise NotAllowed("Only an admin may revoke links of others.")
    audit.done(viewer, Action.UNSHARED, campaign_id=share.campaign_id, link=share.share_id)
    current().revoke(share.share_id, viewer.person)


def may_revoke(viewer: Viewer, share: Share) -> bool:
    return share.sharer.person == viewer.person or viewer.role is Role.ADMIN


def note_claims(claims: Claims) -> None:
    """Note what the provider says of somebody who has just signed in: their links end if it is no longer enough."""
    if person := name_of(claims):
        current().update_claims(person, configuration.current().access.kept_claims(claims))


def covered(sharer: Sharer) -> Scope | None:
    """What a link of this person may show now: what they could see when they shared it, and still can."""
    access = configuration.current().access
    if access.sign_in != bool(sharer.person):
        return None  # people sign in only since, or no longer: nobody is who they were
    # Without sign-in, whoever shared it may still do so.
    viewer = access.viewer(sharer.claims) if access.sign_in else Viewer("", sharer.role, sharer.scope)
    if viewer is None or not viewer.may(Right.SHARES):
        return None
    return narrowed(sharer.scope, viewer.scope)


def routes(path: Callable[[str], str]) -> list[BaseRoute]:
    return [Route(path("shared/{token}"), Reports().answer, methods=["GET"])]


@dataclass(frozen=True, slots=True)
class Reports:
    """Answers with reports, to each client only so many a minute."""

    _rate: Rate = field(default_factory=lambda: Rate(REQUESTS_PER_MINUTE, 60.0))

    async def answer(self, request: Request) -> Response:
        """The report as HTML, or 404 with one and the same text."""
        if wait := self._rate.wait(client_key(request.client and request.client.host)):
            headers = _HEADERS | {"Retry-After": str(math.ceil(wait))}
            return PlainTextResponse("Too many requests. Try again in a minute.\n", 429, headers)
        page = await run_in_threadpool(_opened, request.path_params["token"], request.method == "GET")
        if page is None:
            await run_in_threadpool(audit.refused_to, _SOMEBODY, "route /shared/{token}")
            return PlainTextResponse(_NOTHING, 404, _HEADERS)
        return Response(page, media_type="text/html", headers=_HEADERS)


def _opened(token: str, counts: bool) -> bytes | None:
    """The report that a token opens, which is counted and recorded; None if it opens none."""
    try:
        share = current().find(token)
        scope = covered(share.sharer) if share else None
        if share is None or scope is None:
            return None
        page = _report(share, scope)
        if counts:
            current().count_view(share)
    except MailsightError as error:
        _log.info("A shared report could not be opened: %s", error.title)
        return None
    if counts:
        place = f"{share.share_id} {time.monotonic_ns()}"  # another one for each view
        audit.seen_by(
            _SOMEBODY, place, Action.OPENED_SHARED, campaign_id=share.campaign_id, link=share.share_id
        )
    return page


def _report(share: Share, scope: Scope) -> bytes:
    """The report of the newest data. Raises `UnknownCampaign` if there is none, and other errors."""
    # Reports name nobody; without customers in the scope, they can't.
    with warehouse().snapshot(replace(scope, customers=False)) as data:
        key = (data.generation, share.campaign_id, share.audience, locales.current())
        page = REPORTS.get(key)
        if page is None:
            content = report_export.read(data, share.campaign_id, share.audience)
            page = report_export.as_html(content)[0].encode("utf-8", "replace")
            REPORTS.put(key, page)
    return page


def listed(campaign_id: str) -> list[Share]:
    """The links to a campaign's report that the viewer of this page may revoke: theirs, or for admins all."""
    viewer = sessions.require(Right.SHARES)
    return [share for share in current().of_campaign(campaign_id) if may_revoke(viewer, share)]
