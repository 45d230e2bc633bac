"""ZeptoMail: https://www.zoho.com/zeptomail/help/webhooks.html"""

import base64
import hmac
from collections.abc import Mapping
from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import Words, types
from .own_view import OwnView, hmac_sha256, own_secret
from .record import BASIC_AUTH, Provider

_WORDS = Words(
    name="event",
    at=("event",),
    means=types(
        {
            "softbounce": (EventType.BOUNCED, "bounced"),
            "hardbounce": (EventType.BOUNCED, "bounced"),
            "email_open": EventType.OPENED,
            "email_link_click": EventType.CLICKED,
            "delivered": EventType.DELIVERED,  # only receivers that others published have it
        }
    ),
    source="https://www.zoho.com/zeptomail/help/webhooks.html and "
    "https://www.zoho.com/zeptomail/webhooks-instant-notification.html, with receivers that others published, for the "
    "signature and the details",
    read_on=date(2026, 11, 26),
)


def _is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """`producer-signature: ts=...;s=...;s-algorithm=HmacSHA256` signs the time and the body."""
    parts = dict(
        part.strip().partition("=")[::2] for part in headers.get("producer-signature", "").split(";")
    )
    signature = base64.b64encode(hmac_sha256(secret, parts.get("ts", "").encode(), body))
    return hmac.compare_digest(parts.get("s", "").encode(), signature)


# Without these, an event is not a request: they must not come from deeper within one.
_OF_REQUESTS = frozenset({"event_name", "event_message"})


def _unpack(value: dict[str, Any]) -> list[object] | None:
    """Takes a request apart: one event for each of the details of each message."""
    match value:
        case {"event_name": [str(name), *_] | str(name), "event_message": [_, *_] as messages}:
            return [
                {**parts, "event": name.replace(" ", "")} if parts else message  # also seen: "hard bounce"
                for message in messages
                for parts in _parts(value, message)
            ]
    return None


def _parts(request: dict[str, Any], message: object) -> list[dict[str, object]]:
    """Each of a message's details, with all that stands around it; {} if it is no message."""
    if not isinstance(message, dict):
        return [{}]
    reported: list[dict[str, object]] = []
    for data in _listed(message.get("event_data")):
        around = [request, message, *([data] if isinstance(data, dict) else [])]
        known = {key: part for parts in around for key, part in parts.items() if key not in _OF_REQUESTS}
        known.pop("event_data", None)
        details = data.get("details") if isinstance(data, dict) else data
        reported += [{**known, "details": detail} for detail in _listed(details)]
    return reported


def _listed(value: object) -> list[object]:
    """The items of a list, or a value that should be in one; never none, so that nothing is left out."""
    return value if isinstance(value, list) and value else [value]


PROVIDER = Provider(
    name="zeptomail",
    label="ZeptoMail",
    secrets=(own_secret("authentication_key"), BASIC_AUTH),
    view=OwnView(
        required=("event",),
        recipient=("details.bounced_recipient", "email_info.to.0.email_address.address"),
        metadata=("email_info.client_reference",),
        is_genuine=_is_genuine,
    ),
    marks=({"event_name", "event_message"},),
    unpack=_unpack,
    words=(_WORDS,),
    time=("details.time",),
    url=("details.clicked_link",),
    bounce=("event",),
    hard=("hardbounce",),
    soft=("softbounce",),
    diagnostic=("details.diagnostic_message", "details.reason"),
    user_agent=("details.user_agent",),
    ip=("details.ip_address",),
    message_id=("email_info.email_reference",),
    other_message_ids=("email_info.client_reference", "request_id"),
    subject=("email_info.subject",),
    sender=("email_info.from.address",),
)
