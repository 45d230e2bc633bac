"""Records in the audit what people do on the pages and routes.

Viewing goes on if the audit can't be written: the log and `/healthz` say so. Whatever takes data out, changes it or
gives somebody access is recorded first, and not done if that fails.
"""

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

from mailsight import settings
from mailsight.errors import MailsightError, NotAllowed, StateUnreadable, UnknownCampaign
from mailsight.reports import campaign as campaign_reports
from mailsight.state import audit
from mailsight.state.audit import Action, Audit, Detail
from mailsight.vocabulary import Role
from mailsight.warehouse.served import warehouse

from . import configuration, sessions
from .access import Claims, Right, Viewer, name_of
from .sessions import Visitor

# Pages run again for every click on them. What somebody does again within this time of the last is still the same.
REPEAT_SECONDS = 300.0
_MAX_RECENT = 20_000

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_recent: OrderedDict[str, float] = OrderedDict()
_failed = threading.Event()  # set while entries can't be written


@dataclass(frozen=True, slots=True)
class Export:
    """What a file contains: the name of the list, whom it concerns, and the columns and comparisons of its filters."""

    list: str
    campaign_id: str = ""
    customer_id: str = ""
    filters: Sequence[str] = ()


def current() -> Audit:
    """The audit of this server."""
    chosen = settings.from_environment()
    return audit.beside(chosen.database, chosen.keep_audit_months)


def viewed(
    action: Action,
    *,
    campaign_id: str = "",
    customer_id: str = "",
    again: object = "",
    session_id: str = "",
    **details: Detail,
) -> None:
    """Record what the viewer of a session sees, by default of the page that runs. Once, however often it is drawn.

    `again` is anything else that makes it another action: the text of a search. It is not recorded.
    """
    session = session_id or sessions.current_id()
    try:
        viewer = sessions.viewer(session)
    except NotAllowed:
        return  # the session has ended meanwhile, so nothing is shown
    seen_by(viewer, session, action, campaign_id=campaign_id, customer_id=customer_id, again=again, **details)


def listed(
    name: str,
    filters: Sequence[str],
    matches: int,
    *,
    search: str = "",
    campaign_id: str = "",
    again: object = "",
    session_id: str = "",
) -> None:
    """Record that the viewer sees a list of customers with these filters, or how they searched it.

    An empty list shows nobody, so it counts only if it was searched.
    """
    text = search.strip()
    if not (text or matches):
        return
    length: dict[str, Any] = {"length": len(text)} if text else {}
    viewed(
        Action.SEARCHED if text else Action.LISTED_CUSTOMERS,
        campaign_id=campaign_id,
        again=(text, again),
        session_id=session_id,
        list=name,
        filters=[each for each in filters if each != "search"],
        matches=matches,
        **length,
    )


def seen_by(
    viewer: Viewer,
    place: str,
    action: Action,
    *,
    campaign_id: str = "",
    customer_id: str = "",
    again: object = "",
    **details: Detail,
) -> None:
    """Record what a person sees, once for as long as they keep looking at it. `place`: where, such as a session."""
    same = {name: detail for name, detail in details.items() if name != "matches"}
    key = json.dumps([place, viewer.person, action, campaign_id, customer_id, hash(again), same])
    if _is_repeated(key):
        return
    try:
        current().record(
            viewer.person, viewer.role, action, campaign_id=campaign_id, customer_id=customer_id, **details
        )
    except StateUnreadable as error:
        with _lock:
            _recent.pop(key, None)
        if not _failed.is_set():  # once, however much is viewed
            _log.error("The audit can't be written, and what people view is not recorded: %s", error)
        _failed.set()
    else:
        _failed.clear()


def done(
    viewer: Viewer, action: Action, *, campaign_id: str = "", customer_id: str = "", **details: Detail
) -> None:
    """Record what somebody is about to do. Don't do it if this raises `StateUnreadable`."""
    current().record(
        viewer.person, viewer.role, action, campaign_id=campaign_id, customer_id=customer_id, **details
    )


def exported(viewer: Viewer, export: Export, form: str) -> None:
    """Record that a file is about to be created for somebody. Don't do it if this raises `StateUnreadable`."""
    done(
        viewer,
        Action.EXPORTED,
        campaign_id=export.campaign_id,
        customer_id=export.customer_id,
        list=export.list,
        format=form,
        filters=list(export.filters),
    )


def signed_in(claims: Claims) -> None:
    """Record that somebody has signed in, or was refused, because they may not enter."""
    if viewer := sessions.viewer_of(Visitor(claims)):
        seen_by(viewer, "sign-in", Action.SIGNED_IN, again=str(claims.get("iat")))
    elif claims:
        refused("sign-in", claims)


def signed_out(claims: Claims) -> None:
    """Record that somebody has signed out."""
    seen_by(_somebody(claims), "sign-in", Action.SIGNED_OUT, again=str(claims.get("iat")))


def refused(what: str, claims: Claims) -> None:
    """Record that somebody was refused, at most once a minute for each `what`, which is a name of the program."""
    refused_to(_somebody(claims), what)


def refused_to(
    viewer: Viewer, what: str, *, campaign_id: str = "", customer_id: str = "", **details: str
) -> None:
    """The same for somebody who is known, with the campaign, the customer or the token that it was about."""
    seen_by(
        viewer,
        "refused",
        Action.REFUSED,
        campaign_id=campaign_id,
        customer_id=customer_id,
        again=int(time.time() // 60),
        what=what,
        **details,
    )


def may(right: Right, what: str) -> bool:
    """Whether the viewer of the page that runs may see what they asked for. If not, that is recorded.

    Raises `NotAllowed` if their session has ended.
    """
    viewer = sessions.current()
    if not viewer.may(right):
        refused_to(viewer, what)
    return viewer.may(right)


def missed(
    what: str,
    *,
    viewer: Viewer | None = None,
    campaign_id: str = "",
    customer_id: str = "",
    **details: str,
) -> None:
    """Record that somebody, by default the viewer of the page that runs, looked for what may be there for others.

    Nothing is recorded if they see all campaigns. An id that isn't in the data may be any text, so it is left out.
    """
    with suppress(MailsightError):
        viewer = viewer or sessions.current()
        if not viewer.scope.is_limited:
            return
        known: dict[str, str] = {}
        with warehouse().snapshot() as data:
            with suppress(UnknownCampaign):
                known["campaign_id"] = campaign_reports.campaign(data, campaign_id).campaign_id
            if customer_id and data.rows("contact_rows", customer_id=customer_id):
                known["customer_id"] = customer_id
        refused_to(viewer, what, **known, **details)


def _refused_in_part(right: Right) -> None:
    """Record a refusal in a part of a page that reruns on its own: the shell records those of whole pages."""
    context = get_script_run_ctx(suppress_warning=True)
    if context and context.fragment_ids_this_run:
        refused(f"part: {right.value}", sessions.current_claims())


sessions.on_refusal.append(_refused_in_part)


def _somebody(claims: Claims) -> Viewer:
    """Who has these claims, whether they may enter or not."""
    viewer = configuration.current().access.viewer(claims) if claims else None
    return viewer or Viewer(name_of(claims), Role.READER)


def problem() -> str | None:
    """A sentence if the last entry could not be written."""
    return "The audit can't be written, so what people view is not recorded." if _failed.is_set() else None


def _is_repeated(key: str) -> bool:
    """Whether the same was recorded a moment ago, or is still being looked at. Notes that it is now."""
    now = time.monotonic()
    with _lock:
        last = _recent.get(key)
        _recent[key] = now
        _recent.move_to_end(key)
        if len(_recent) > _MAX_RECENT:
            _recent.popitem(last=False)
    return last is not None and now - last < REPEAT_SECONDS
