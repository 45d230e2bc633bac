"""The CSV files that listmonk exports: views and link clicks of campaigns (*Maintenance*), and subscribers.

Written by cmd/maintenance.go and cmd/subscribers.go of knadh/listmonk. Times of views and clicks are whole seconds.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import partial
from typing import Any

from mailsight.importing.headers import Kind
from mailsight.importing.seen import Seen
from mailsight.importing.sources import Item, Request, Row, Rows, Unusable
from mailsight.vocabulary import EventType

from . import exports, values
from .exports import Entry, ExportFile, TableRow, by_row

NAME = "listmonk"

_VIEW = {
    "campaign_id": ("campaign_id",),
    "campaign_uuid": ("campaign_uuid",),
    "campaign_name": ("campaign_name",),
    "subscriber_id": ("subscriber_id",),
    "subscriber_uuid": ("subscriber_uuid",),
    "email": ("email",),
    "subscriber_name": ("subscriber_name",),
    "created_at": ("created_at",),
}
_OWN = frozenset({"campaign_uuid", "subscriber_uuid"})
VIEWS = Kind(
    "views", fields=_VIEW, needs=frozenset({"campaign_id", "subscriber_uuid", "created_at"}), marks=(_OWN,)
)
CLICKS = Kind("clicks", fields={**_VIEW, "url": ("url",)}, needs=VIEWS.needs | {"url"}, marks=(_OWN,))
SUBSCRIBERS = Kind(
    "subscribers",
    fields={
        name: (name,)
        for name in ("uuid", "email", "name", "attributes", "status", "created_at", "updated_at")
    },
    needs=frozenset({"uuid", "email"}),
    marks=(frozenset({"uuid", "attributes", "status"}),),
)
KINDS = (VIEWS, CLICKS, SUBSCRIBERS)
# Go writes a time as 2026-04-14 09:00:00.123 +0530 IST.
_ZONE_NAME = re.compile(r"(?<=[+-]\d{4}) [A-Z]{1,5}$")


def read(request: Request) -> Iterator[Item]:
    """What the files hold. Opens and clicks of nobody in particular are in the totals only."""
    export = _Export()
    readings = (
        by_row(VIEWS, "events", partial(export.event, EventType.OPENED)),
        by_row(CLICKS, "events", partial(export.event, EventType.CLICKED)),
        by_row(SUBSCRIBERS, "customers", _subscriber),
    )
    yield from exports.read_tables(request, "listmonk", readings)
    yield Rows("totals", "campaigns", [*export.totals()])


@dataclass(slots=True)
class _Export:
    """What was seen so far: campaigns and people, each of whom is listed once, and how much happened."""

    _campaigns: set[str] = field(default_factory=set)
    _people: Seen = field(default_factory=Seen)
    _counts: dict[str, Counter[str]] = field(default_factory=dict)
    _second: str | None = None
    _alike: Counter[tuple[object, ...]] = field(default_factory=Counter)

    def event(
        self, kind: EventType, file: ExportFile, zone: tzinfo, row: TableRow
    ) -> Iterator[Entry | Unusable]:
        number, person, written = row.get("campaign_id"), row.get("subscriber_uuid"), row.get("created_at")
        at = values.moment(written, zone)
        if not number or number == "0" or at is None:
            reason = "no time" if at is None else "no campaign"
            yield Unusable("events", file.name, row.line, reason, row.text)
            return
        campaign_id, email = f"{NAME}-{number}", row.get("email")
        if campaign_id not in self._campaigns:
            self._campaigns.add(campaign_id)
            campaign: Row = {"campaign_id": campaign_id, "name": row.get("campaign_name")}
            yield Entry("campaigns", file.name, row.line, campaign)
        self._counts.setdefault(campaign_id, Counter())[kind] += 1
        person = person or email
        if not person:
            return
        name = row.get("subscriber_name")
        if self._people.is_new(person, email, name):
            customer: Row = {"customer_id": person, "email": email, "name": name}
            yield Entry("customers", file.name, row.line, customer)
        url = row.get("url")
        event: Row = {
            "event_id": self._id(kind, campaign_id, person, written, url),
            "provider": NAME,
            "campaign_id": campaign_id,
            "customer_id": person,
            "recipient": email,
            "type": kind,
            "occurred_at": at,
            "url": url,
        }
        yield Entry("events", file.name, row.line, event)

    def _id(self, kind: str, campaign_id: str, person: str, second: str | None, url: str | None) -> str:
        """The same for the same row of another export. Several may be alike, all of them in the same second."""
        if second != self._second:
            self._second = second
            self._alike.clear()
        row = (kind, campaign_id, person, url)
        self._alike[row] += 1
        return values.row_id(*row, second, str(self._alike[row]))

    def totals(self) -> Iterator[Row]:
        for campaign_id, counts in self._counts.items():
            known = {"opens": counts[EventType.OPENED], "clicks": counts[EventType.CLICKED]}
            yield {"campaign_id": campaign_id, **{name: count for name, count in known.items() if count}}


def _subscriber(file: ExportFile, zone: tzinfo, row: TableRow) -> Iterator[Entry | Unusable]:
    if not (person := row.get("uuid")):
        yield Unusable("customers", file.name, row.line, "no uuid", row.text)
        return
    yield Entry(
        "customers",
        file.name,
        row.line,
        {
            **attributes(_object(row.get("attributes"))),
            "customer_id": person,
            "email": row.get("email"),
            "name": row.get("name"),
            "created_at": values.moment(_ZONE_NAME.sub("", row.get("created_at") or ""), zone),
            "status": row.get("status"),
        },
    )


def attributes(given: Any) -> dict[str, Any]:
    """A subscriber's attributes, under other names than the columns of customers, which are listmonk's own."""
    own = ("customer_id", "email", "name", "language", "country", "created_at", "status")
    if not isinstance(given, dict):
        return {}
    return {f"attribs.{key}" if key.lower() in own else key: value for key, value in given.items()}


def _object(text: str | None) -> Any:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
