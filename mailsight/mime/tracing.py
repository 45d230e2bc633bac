"""What in a mail's header tells which message it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from . import facts, sender_headers
from .facts import Fields

# The one who received it comes first: lists and forwarding change To, not these.
_RECIPIENTS = ("x-original-to", "envelope-to", "x-envelope-to", "delivered-to", "x-delivered-to", "to")
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]\\@]{1,64}@[^\s<>,;:\"()\[\]\\@]{1,255}")
_FOR = re.compile(r"\bfor\s+<?([^\s<>;]{1,64}@[^\s<>;]{1,255})>?", re.IGNORECASE)
_MAX_FIELD = 20_000
_MAX_RECIPIENTS = 50
# Some providers' events have the part before the @ only. Shorter ones may be anything.
_MIN_LOCAL_PART = 16


@dataclass(frozen=True, slots=True)
class Trace:
    """What a header says about which message it is: hints, the best first. Ids have no angle brackets.

    `campaigns` may be ids or names. Addresses are in lower case.
    """

    ids: Sequence[str]
    campaigns: Sequence[str]
    customers: Sequence[str]
    recipients: Sequence[str]
    sender: str | None
    subject: str | None
    sent_at: datetime | None


def trace(header: Fields) -> Trace:
    """Reads a header."""
    hints = sender_headers.hints(header)
    ids: list[str] = []
    for value in (*facts.values(header, "message-id"), *facts.values(header, "x-message-id")):
        identifier = value.strip().strip("<>").strip()
        local = identifier.partition("@")[0]
        ids += [identifier, local] if len(local) >= _MIN_LOCAL_PART else [identifier]
    addresses = [
        address.rstrip(".").lower()
        for name in _RECIPIENTS
        for value in facts.values(header, name)
        for address in _ADDRESS.findall(value[:_MAX_FIELD])
    ]
    received = facts.values(header, "received")
    addresses += [match[1].lower() for value in received if (match := _FOR.search(value[:_MAX_FIELD]))]
    addresses += [address.strip("<>").lower() for address in hints["recipient"] if "@" in address]
    sender = _ADDRESS.findall(facts.first(header, "from")[:_MAX_FIELD])
    times = [facts.moment(value) for value in facts.values(header, "date")]
    times += [facts.moment(value.rpartition(";")[2]) for value in reversed(received)]
    return Trace(
        _once([*ids, *hints["id"]]),
        _once(hints["campaign"]),
        _once(hints["customer"]),
        _once(addresses)[:_MAX_RECIPIENTS],
        sender[-1].lower() if sender else None,
        facts.text(header, "subject"),
        next((time for time in times if time), None),
    )


def _once(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
