"""phpList's records as rows of a bundle."""

import html
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mailsight.importing.sources import Row

from . import php
from .changes import event_id
from .mysql import Record

# Statuses of `usermessage`. The queue is still working on the first two.
WAITING = {"todo", "active", ""}
REASONS = {
    "excluded": ("other", "on a list that the campaign excluded"),
    "not sent": ("other", "unconfirmed, on the blacklist, or held back by a plugin"),
    "unconfirmed user": ("no_consent", "the subscriber had not confirmed"),
    "invalid email address": ("invalid_address", None),
    "blacklisted": ("opted_out", "on the blacklist"),
}

_ADDRESS = re.compile(r"[^\s<>\"',;]+@[^\s<>\"',;]+")
_STATUS_CODE = re.compile(r"^\s*Status:\s*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_REPLY = re.compile(
    r"^\s*Diagnostic-Code:\s*(?:[\w-]{1,20};)?\s*([^\r\n]{1,500})", re.IGNORECASE | re.MULTILINE
)


def campaign_id(number: int) -> str:
    return f"phplist-{number}"


def _customer(number: int) -> str:
    return f"phplist-{number}"


def subscriber(user: Record, values: dict[str, str]) -> Row:
    named = {name.casefold().strip(): value for name, value in values.items()}
    name = named.get("name") or named.get("full name")
    parts = [
        named.get(first) or named.get(second)
        for first, second in (("first name", "firstname"), ("last name", "lastname"))
    ]
    return {
        **{name: value for name, value in values.items() if name.casefold() not in ("customer_id", "email")},
        "customer_id": _customer(user["id"]),
        "email": user["email"],
        "name": name or " ".join(part for part in parts if part) or None,
        "country": named.get("country"),
        "created_at": user["entered"],
        "confirmed": bool(user["confirmed"]),
        "blacklisted": bool(user["blacklisted"]),
    }


def sender(text: str | None) -> tuple[str | None, str | None]:
    """`The Shop news@shop.example`: the name and the address of phpList's one field for both."""
    address = _ADDRESS.search(text or "")
    if address is None:
        return (text or "").strip() or None, None
    name = (text or "").replace(address[0], "").translate(str.maketrans("", "", '<>"')).strip()
    return name or None, address[0]


def message(row: Record, blacklist: dict[str, datetime]) -> Row:
    status = (row["status"] or "").strip().lower()
    message: dict[str, Any] = {
        "campaign_id": campaign_id(row["messageid"]),
        "customer_id": _customer(row["userid"]),
        "email": row["email"] or None,
    }
    if status == "sent":
        return message | {"sent_at": row["entered"]}
    if status in WAITING:
        return message
    reason, detail = REASONS.get(status, ("other", row["status"]))
    listed = blacklist.get((row["email"] or "").lower())
    if listed and row["entered"] and listed <= row["entered"]:
        reason, detail = "opted_out", "on the blacklist"
    return message | {"not_sent_reason": reason, "not_sent_detail": detail}


def _about(campaign: int, user: int) -> dict[str, Any]:
    return {"provider": "phplist", "campaign_id": campaign_id(campaign), "customer_id": _customer(user)}


def first_view(row: Record) -> Row:
    """The first open of a message, from versions that don't keep every one."""
    return _about(row["messageid"], row["userid"]) | {
        "event_id": f"viewed-{row['messageid']}-{row['userid']}",
        "type": "opened",
        "occurred_at": row["viewed"],
    }


def view(row: Record) -> Row:
    headers = php.read_array(row["data"])
    agent = headers.get("HTTP_USER_AGENT")
    others = {name: value for name, value in headers.items() if name != "HTTP_USER_AGENT" and value}
    return _about(row["messageid"], row["userid"]) | {
        "event_id": event_id("view", row["id"], row["viewed"]),
        "type": "opened",
        "occurred_at": row["viewed"],
        "user_agent": html.unescape(agent) if isinstance(agent, str) and agent else None,
        "ip": row["ip"] or None,
        "payload": {str(name): str(value) for name, value in others.items()} or None,
    }


def first_and_last(row: Record, key: str) -> Iterator[Row]:
    """The clicks whose times are known. An id has the time in it, because the last click changes.

    The name of the table's `key` tells the two tables apart, whose numbers overlap.
    """
    times = [row["firstclick"] or row["latestclick"]]
    if (row["clicked"] or 0) > 1 and row["latestclick"]:
        times.append(row["latestclick"])
    prefix = "click" if key == "id" else "old-click"
    for time in dict.fromkeys(time for time in times if time):
        yield _about(row["messageid"], row["userid"]) | {
            "event_id": f"{prefix}-{row[key]}-{time:%Y%m%d%H%M%S}",
            "type": "clicked",
            "occurred_at": time,
            "url": row["link"],
            "payload": {"clicked": row["clicked"]} if row["clicked"] else None,
        }


def bounce(row: Record) -> Row:
    report = row["report"] or ""
    code, reply = _STATUS_CODE.search(report), _REPLY.search(report)
    # A report without a readable date is stored as one of 1970.
    date = row["date"] if row["date"] and row["date"].year > 1990 else row["time"]
    kinds = {"5": "hard", "4": "soft"}
    return _about(row["message"], row["user"]) | {
        "event_id": event_id("bounce", row["id"], row["time"]),
        "type": "bounced",
        "occurred_at": date,
        "bounce_type": kinds.get(code[1][0]) if code else None,
        "smtp_status": code[1] if code else None,
        "diagnostic": reply[1].strip() if reply else None,
    }


def forward(row: Record) -> Row:
    """A forward to a friend, whose address is not ours to keep."""
    return _about(row["message"], row["user"]) | {
        "event_id": event_id("forward", row["id"], row["time"]),
        "type": "unknown",
        "occurred_at": row["time"],
        "payload": {"event": "forwarded", "status": row["status"]},
    }
