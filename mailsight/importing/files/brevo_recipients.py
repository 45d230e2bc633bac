"""Brevo's export of a campaign's recipients: a row per person, with a column for each thing that may have happened.

https://developers.brevo.com/reference/email-campaign-recipients
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, tzinfo

from mailsight.importing.headers import Kind
from mailsight.importing.sources import Unusable, Value
from mailsight.vocabulary import EventType

from . import exports, values
from .exports import Entry, ExportFile, TableRow

NAME = "brevo"
# A click without an open has no time. Only machines react at once.
_REACTION = timedelta(minutes=1)

RECIPIENTS = Kind(
    "recipients",
    fields={
        "email": ("Email_ID", "Email", "Email Address"),
        "campaign": ("Campaign ID", "Campaign_ID"),
        "name": ("Campaign Name", "Campaign_Name"),
        "sent": ("Send_Date", "Sent_Date"),
        "delivered": ("Delivered_Date",),
        "opened": ("Open_Date", "Opened_Date"),
        "opens": ("Total Opens",),
        "apple": ("Total Apple MPP Opens",),
        "clicks": ("Clicked_Links_Count",),
        "clicked": ("Click_Date", "Clicked_Date"),
        "unsubscribed": ("Unsubscribe_Date",),
        "hard": ("Hard_Bounce_Date",),
        "hard_reason": ("Hard_Bounce_Reason",),
        "soft": ("Soft_Bounce_Date",),
        "soft_reason": ("Soft_Bounce_Reason",),
        "complained": ("Complaint_Date",),
        "opened_ip": ("Open_IP",),
        "clicked_ip": ("Click_IP",),
        "unsubscribed_ip": ("Unsubscribe_IP",),
    },
    needs=frozenset({"email", "sent"}),
    marks=tuple(
        frozenset({"email", "sent", *fields})
        for fields in (("campaign", "delivered"), ("hard", "soft"), ("opened", "apple"), ("clicks", "opened"))
    ),
)
# What may have happened: the column with its time, the total that counts it, and how a bounce is classed.
_HAPPENED: Mapping[str, tuple[EventType, str, str | None]] = {
    "delivered": (EventType.DELIVERED, "delivered", None),
    "opened": (EventType.OPENED, "opened", None),
    "unsubscribed": (EventType.UNSUBSCRIBED, "unsubscribed", None),
    "hard": (EventType.BOUNCED, "hard_bounces", "hard"),
    "soft": (EventType.BOUNCED, "soft_bounces", "soft"),
    "complained": (EventType.COMPLAINED, "complained", None),
}


def recipients(file: ExportFile, zone: tzinfo) -> Iterator[Entry | Unusable]:
    """What each recipient did, then the campaigns, with how many did what."""
    counts: dict[str, Counter[str]] = {}
    campaigns: dict[str, TableRow] = {}
    columns: set[str] = set()

    def read_row(row: TableRow) -> Iterator[Entry | Unusable]:
        email = values.address(row.get("email"))
        if not email:
            yield Unusable("messages", file.name, row.line, "no e-mail address", row.text)
            return
        key = row.get("campaign") or row.get("name") or file.stem
        campaigns.setdefault(f"{NAME}-{key}", row)
        columns.update(row.values)
        yield from _recipient(row, file, zone, email, f"{NAME}-{key}", counts.setdefault(key, Counter()))

    yield from exports.entries(file, RECIPIENTS, "messages", read_row)
    for campaign_id, row in campaigns.items():
        named: dict[str, Value] = {
            "campaign_id": campaign_id,
            "name": row.get("name") or (None if row.get("campaign") else file.stem),
            "source": NAME,
        }
        yield Entry("campaigns", file.name, row.line, named)
        counted = counts[campaign_id.removeprefix(f"{NAME}-")]
        known = {total for field, (_, total, _) in _HAPPENED.items() if field in columns}
        known |= {"sent", *({"opens"} & columns), *({"clicked"} if "clicks" in columns else ())}
        figures: dict[str, Value] = {total: counted[total] for total in sorted(known)}
        yield Entry("totals", file.name, row.line, {"campaign_id": campaign_id, "source": NAME} | figures)


def _recipient(
    row: TableRow, file: ExportFile, zone: tzinfo, email: str, campaign_id: str, counts: Counter[str]
) -> Iterator[Entry]:
    def at(field: str) -> datetime | None:
        return values.moment(row.get(field), zone, day_first=file.days_come_first is not False)

    def event(kind: EventType, occurred_at: datetime, **details: Value) -> Entry:
        event_id = values.row_id(
            kind, campaign_id, email, occurred_at.isoformat(), str(details.get("url") or "")
        )
        about: dict[str, Value] = {
            "event_id": event_id,
            "provider": NAME,
            "campaign_id": campaign_id,
            "customer_id": email,
            "recipient": email,
            "type": kind,
            "occurred_at": occurred_at,
        }
        return Entry("events", file.name, row.line, about | details)

    sent_at = at("sent")
    if sent_at:
        counts["sent"] += 1
        message: dict[str, Value] = {"campaign_id": campaign_id, "customer_id": email, "email": email}
        yield Entry("messages", file.name, row.line, message | {"sent_at": sent_at})
    for field, (kind, total, bounce_type) in _HAPPENED.items():
        if occurred_at := at(field):
            counts[total] += 1
            yield event(kind, occurred_at, bounce_type=bounce_type, **_details(row, field))
    counts["opens"] += values.count(row.get("opens")) or 0
    # Clicks have the time of the first open.
    first = at("clicked") or at("opened") or (sent_at and sent_at + _REACTION)
    links = [
        name for name in row.values if _is_link(name) and values.known(row.values[name]) not in (None, "0")
    ]
    if links or at("clicked") or values.count(row.get("clicks")):
        counts["clicked"] += 1
        for url in links:
            if when := at(url) or first:
                yield event(EventType.CLICKED, when, url=url, ip=row.get("clicked_ip"))
        if first and not links:
            yield event(EventType.CLICKED, first, ip=row.get("clicked_ip"))


def _details(row: TableRow, field: str) -> dict[str, Value]:
    # Opens are Apple's if there are no others.
    is_machine = (
        field == "opened" and (values.count(row.get("apple")) or 0) > 0 and not values.count(row.get("opens"))
    )
    details = {
        "ip": row.get(f"{field}_ip"),
        "diagnostic": row.get(f"{field}_reason"),
        "provider_machine": is_machine or None,
    }
    return {name: value for name, value in details.items() if value is not None}


def _is_link(column: str) -> bool:
    return column.startswith(("http://", "https://"))
