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
from dataclasses import dataclass
from typing import Any

from mailsight import settings
from mailsight.errors import NotAllowed, StateUnreadable
from mailsight.state import audit
from mailsight.state.audit import Action, Audit, Detail
from mailsight.vocabulary import Role

from . import configuration, sessions
from .access import Claims, Standing, Viewer, verified_address

# Pages run again for every click on them. What somebody does again within this time of the last is still the same.
REPEAT_SECONDS = 300.0
_MAX_RECENT = 20_000

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_recent: OrderedDict[str, float] = OrderedDict()
_failed: list[str] = []  # why the last entry could not be written


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
    """Record that the viewer sees a list of customers with these filters, or what they searched it for."""
    text = search.strip()
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
        if not _failed:  # once, however much is viewed
            _log.error("The audit can't be written, and what people view is not recorded: %s", error)
        _failed[:] = [str(error)]
    else:
        _failed.clear()


def done(
    action: Action, *, campaign_id: str = "", customer_id: str = "", session_id: str = "", **details: Detail
) -> None:
    """Record what a session's viewer is about to do. Don't do it if this raises `StateUnreadable` or `NotAllowed`."""
    viewer = sessions.viewer(session_id or sessions.current_id())
    current().record(
        viewer.person, viewer.role, action, campaign_id=campaign_id, customer_id=customer_id, **details
    )


def signed_in(claims: Claims) -> None:
    """Record that somebody has signed in, or was refused, because they may not enter."""
    access = configuration.current().access
    if access.standing(claims, time.time()) is Standing.NOT_ALLOWED:
        refused("sign-in", claims)
    else:
        seen_by(_person(claims), "sign-in", Action.SIGNED_IN, again=str(claims.get("iat")))


def signed_out(claims: Claims) -> None:
    """Record that somebody has signed out."""
    seen_by(_person(claims), "sign-in", Action.SIGNED_OUT, again=str(claims.get("iat")))


def refused(what: str, claims: Claims, needs: str = "") -> None:
    """Record that somebody was refused, at most once a minute for each `what`, which is a name of the program.

    `needs`: what would have been needed, such as a role.
    """
    details = {"what": what} | ({"needs": needs} if needs else {})
    seen_by(_person(claims), "refused", Action.REFUSED, again=int(time.time() // 60), **details)


def exported(export: Export, form: str, session_id: str = "") -> None:
    """Record that a file is about to be created for the viewer of a session. Raises as `done` does."""
    done(
        Action.EXPORTED,
        session_id=session_id,
        campaign_id=export.campaign_id,
        customer_id=export.customer_id,
        list=export.list,
        format=form,
        filters=list(export.filters),
    )


def problem() -> str | None:
    """A sentence if the last entry could not be written."""
    return "The audit can't be written, so what people view is not recorded." if _failed else None


def _person(claims: Claims) -> Viewer:
    """Whoever has these claims, even without a role."""
    name = verified_address(claims) or str(claims.get("sub", ""))
    return configuration.current().access.viewer(claims) or Viewer(name, Role.READER)


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
