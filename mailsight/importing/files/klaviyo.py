"""Klaviyo: exported campaign analytics, and rows of metrics.

https://help.klaviyo.com/hc/en-us/articles/115005258568-Review-Campaign-Analytics
"""

from collections.abc import Iterator
from datetime import tzinfo
from functools import partial

from mailsight.importing.headers import EMAIL, Kind
from mailsight.importing.sources import Gap, Note, Row, Source, Unusable
from mailsight.vocabulary import EventType

from . import exports, total_names, totals, values
from .exports import Entry, ExportFile, TableRow, by_row

NAME = "klaviyo"

CAMPAIGNS = Kind(
    "campaigns",
    fields={
        **total_names.NAMES,
        "id": ("Campaign ID",),
        "variant": ("Variation Name", "Variation", "Variant", "Variant Name"),
        "channel": ("Campaign Channel", "Message Channel", "Send Channel", "Channel"),
        "weekday": ("Send Weekday",),
        "orders": (
            *("Unique Placed Order", "Total Placed Order", "Placed Order", "Unique Ordered Product"),
            *("Count of unique conversions", "Total Placed Orders", *total_names.NAMES["orders"]),
        ),
        "order_rate": ("Placed Order Rate", "Conversion Rate"),
        "revenue": (
            *("Revenue", "Total Placed Order Value", "Placed Order Value", "Conversion Value"),
            *total_names.NAMES["revenue"],
        ),
        "spam_rate": ("Spam Complaints Rate",),
    },
    needs=frozenset({"name"}),
    marks=(
        *(frozenset({"name", "sent_at", "channel"}), frozenset({"name", "order_rate"})),
        *(frozenset({"name", "spam_rate", "opened"}), frozenset({"name", "id", "weekday", "opened"})),
    ),
)
# One row per person and event, as tools export Klaviyo's metrics.
METRICS = Kind(
    "metrics",
    fields={
        "email": EMAIL,
        "metric": ("Metric", "Metric Name", "Event", "Event Name"),
        "occurred_at": ("Timestamp", "Datetime", "Date", "Time"),
        "campaign": ("Campaign ID", "$message", "Message ID", "Message"),
        "name": ("Campaign Name", "Message Name"),
        "subject": ("Subject", "Email Subject"),
        "url": ("URL", "Link"),
        "event": ("Event ID", "$event_id", "uuid"),
        "bounce": ("Bounce Type",),
        "machine": ("machine_open", "Apple Privacy Open", "Bot Click", "is_bot"),
    },
    needs=frozenset({"email", "metric", "occurred_at"}),
)
# https://help.klaviyo.com/hc/en-us/articles/115005076787
TYPES = {
    "received email": EventType.DELIVERED,
    "opened email": EventType.OPENED,
    "clicked email": EventType.CLICKED,
    "bounced email": EventType.BOUNCED,
    "dropped email": EventType.REJECTED,
    "marked email as spam": EventType.COMPLAINED,
    "unsubscribed": EventType.UNSUBSCRIBED,
    "unsubscribed from email marketing": EventType.UNSUBSCRIBED,
    "unsubscribed from list": EventType.UNSUBSCRIBED,
}


def campaign(file: ExportFile, zone: tzinfo, row: TableRow) -> Iterator[Entry | Unusable | Note]:
    """A campaign with its totals, or one variation of it."""
    channel = row.get("channel")
    if channel and channel.lower() not in ("email", "e-mail"):
        yield Note("Only e-mails were imported. Text messages and push notifications were left out.")
        return
    name, variant = row.get("name"), row.get("variant")
    if not name and not row.get("id"):
        yield Unusable("campaigns", file.name, row.line, "no name and no id", row.text)
        return
    key = row.get("id") or values.row_id(name, row.get("sent_at"))
    campaign_id = "-".join(filter(None, (NAME, key, variant)))
    sent_at = totals.sent_at(file, row, zone)
    varied = {"name": f"{name or key} ({variant})"} if variant else {}
    yield from totals.entries(NAME, campaign_id, file.name, row, sent_at, **varied)


def metric(file: ExportFile, zone: tzinfo, row: TableRow) -> Iterator[Entry | Unusable]:
    """What happened to a person."""
    email = values.address(row.get("email"))
    at = exports.moment(file, zone)(row.get("occurred_at"))
    word = (row.get("metric") or "").lower()
    if not email or not at or word not in TYPES:
        reason = (
            "no e-mail address" if not email else "no time" if not at else f"not a metric of e-mails: {word}"
        )
        yield Unusable("events", file.name, row.line, reason, row.text)
        return
    key = row.get("campaign") or row.get("name")
    campaign_id = f"{NAME}-{key}" if key else None
    bounce = (row.get("bounce") or "").lower()
    event: Row = {
        "event_id": row.get("event")
        or values.row_id(campaign_id, email, word, at.isoformat(), row.get("url")),
        "provider": NAME,
        "campaign_id": campaign_id,
        "customer_id": email,
        "recipient": email,
        "type": TYPES[word],
        "occurred_at": at,
        "url": row.get("url"),
        "bounce_type": bounce if bounce in ("hard", "soft") else None,
        "provider_machine": (row.get("machine") or "").lower() in ("true", "1", "yes") or None,
    }
    yield Entry("events", file.name, row.line, event)


READINGS = (by_row(CAMPAIGNS, "campaigns", campaign), by_row(METRICS, "events", metric))

SOURCE = Source(
    name=NAME,
    label="Klaviyo",
    where="an exported CSV of campaign analytics, or a folder or zip of them",
    gaps=(
        Gap(
            ("sent", "delivered", "opened", "clicked", "unsubscribed", "complained"),
            "Klaviyo exports the totals of campaigns, not what each recipient did.",
        ),
        Gap(("not_sent",), "Klaviyo doesn't export whom it skipped, or why."),
    ),
    read=partial(exports.read_tables, label="Klaviyo", readings=READINGS),
    kinds=(CAMPAIGNS, METRICS),
)
