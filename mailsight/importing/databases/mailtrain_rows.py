"""Mailtrain's records as rows of a bundle."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mailsight.importing.sources import Row

from .mysql import Record

MAX_COUNT = 10_000
SENT, UNSUBSCRIBED, BOUNCED, COMPLAINED, SCHEDULED, FAILED = range(1, 7)
BLACKLISTED = "blacklisted"  # the response that version 1 gave such a message
# What happened to a message after it was sent. Only the first of these is kept.
AFTERWARDS = {UNSUBSCRIBED: "unsubscribed", BOUNCED: "bounced", COMPLAINED: "complained"}
SUBSCRIPTION_STATUS = {1: "subscribed", 2: "unsubscribed", 3: "bounced", 4: "complained"}
OPENED, ANY_CLICK = -1, 0  # LinkId
_ID = re.compile(r"(?=.*\d)[\w.+-]{8,200}")


def campaign_id(number: int) -> str:
    return f"mailtrain-{number}"


def _customer(number: int, subscription: int) -> str:
    """A subscriber. Each list numbers its own."""
    return f"mailtrain-{number}-{subscription}"


def totals(campaign: Record) -> Row:
    """Mailtrain's own counters: of messages, and of subscribers who opened or clicked."""
    return {
        "campaign_id": campaign_id(campaign["id"]),
        "sent": campaign["delivered"],
        "bounces": campaign["bounced"],
        "opened": campaign["opened"],
        "clicked": campaign["clicks"],
        "unsubscribed": campaign["unsubscribed"],
        "complained": campaign["complained"],
    }


def attribute(key: str) -> str:
    """The name of a custom field, by which templates name it."""
    return key.lower().removeprefix("merge_")


def subscriber(number: int, row: Record, names: Mapping[str, str]) -> Row:
    values = {name: row[column] for column, name in names.items() if row[column] not in (None, "")}
    taken = ("customer_id", "email", "name", "country", "language", "created_at")
    parts = [str(values[name]) for name in ("first_name", "last_name") if name in values]
    name = " ".join(parts) or values.get("name") or values.get("full_name")
    return {
        **{name: value for name, value in values.items() if name not in taken},
        "customer_id": _customer(number, row["id"]),
        "email": row["email"],
        "name": str(name) if name else None,
        "language": values.get("language"),
        "country": values.get("country") or row["opt_in_country"] or None,
        "created_at": row["created"],
        "timezone": row["tz"] or None,
        "subscription": SUBSCRIPTION_STATUS.get(row["status"]),
    }


def message(row: Record) -> Row:
    message: dict[str, Any] = {
        "campaign_id": campaign_id(row["campaign"]),
        "customer_id": _customer(row["list"], row["subscription"]),
        "message_id": row["response_id"] if _ID.fullmatch(row["response_id"] or "") else None,
        "email": row["email"] or None,
    }
    if row["status"] == SENT:
        return message | {"sent_at": row["updated"] or row["created"]}
    if row["status"] in AFTERWARDS:
        return message | {"sent_at": row["created"]}
    if row["status"] == FAILED:
        return message | {"not_sent_reason": "failed", "not_sent_detail": row["response"] or None}
    if row["response"] == BLACKLISTED:
        return message | {"not_sent_reason": "blocked"}
    return message


def _about(row: Record) -> dict[str, Any]:
    return {
        "provider": "mailtrain",
        "campaign_id": campaign_id(row["campaign"]),
        "customer_id": _customer(row["list"], row["subscription"]),
    }


def afterwards(row: Record) -> Row:
    kind = AFTERWARDS[row["status"]]
    return _about(row) | {
        "event_id": f"{kind}-{row['id']}",
        "type": kind,
        "occurred_at": row["updated"] or row["created"],
        "recipient": row["email"] or None,
    }


def opens_and_clicks(rows: Sequence[Record], urls: Mapping[int, str], untimed: int) -> Iterator[Row]:
    """The events of one subscriber. The row for any click repeats those of the links, unless these are gone.

    Ids hold the time if it is after `untimed`: a campaign that is reset and sent again counts from the beginning.
    """
    has_links = any(row["link"] > ANY_CLICK for row in rows)
    for row in rows:
        if row["link"] == ANY_CLICK and has_links:
            continue
        is_open = row["link"] == OPENED
        places = {name: row[name] for name in ("device_type", "country") if row[name]}
        event = _about(row) | {
            "type": "opened" if is_open else "clicked",
            "occurred_at": row["created"],
            "url": None if is_open else urls.get(row["link"]),
            "ip": row["ip"] or None,
            "recipient": row["email"] or None,
            "payload": places or None,
        }
        key = "-".join(str(row[name]) for name in ("campaign", "list", "subscription"))
        if row["created"] and (at := int(row["created"].timestamp())) > untimed:
            key = f"{key}-{at}"
        start = f"open-{key}" if is_open else f"click-{key}-{row['link']}"
        for number in range(min(row["count"] or 1, MAX_COUNT)):
            yield event | {"event_id": f"{start}-{number}"}


def data(text: str | None) -> Mapping[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}
