"""Brevo.

https://developers.brevo.com/docs/transactional-webhooks and https://developers.brevo.com/docs/marketing-webhooks
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, reasons, types
from .payload import at, parsed, text
from .record import BASIC_AUTH, Provider

_WORDS = Words(
    name="event",
    at=("event",),
    means=types(
        {
            # In webhooks.
            "request": EventType.QUEUED,
            "delivered": EventType.DELIVERED,
            "hard_bounce": (EventType.BOUNCED, "bounced"),
            "soft_bounce": (EventType.BOUNCED, "bounced"),
            "hard_bounced": (EventType.BOUNCED, "bounced"),  # of marketing campaigns
            "soft_bounced": (EventType.BOUNCED, "bounced"),
            "blocked": (EventType.REJECTED, "blocked"),
            "spam": (EventType.COMPLAINED, "spam"),
            "complaint": (EventType.COMPLAINED, "spam"),
            "invalid_email": (EventType.BOUNCED, "invalid"),
            "deferred": EventType.DEFERRED,
            "unique_opened": EventType.OPENED,
            "opened": EventType.OPENED,
            "unique_proxy_open": EventType.OPENED,
            "proxy_open": EventType.OPENED,
            "click": EventType.CLICKED,
            "unsubscribe": EventType.UNSUBSCRIBED,
            "unsubscribed": EventType.UNSUBSCRIBED,
            "error": EventType.FAILED,
            "list_addition": EventType.SUBSCRIBED,
            "contact_updated": NOT_AN_EVENT,
            "contact_deleted": NOT_AN_EVENT,
            "inbound_email_processed": NOT_AN_EVENT,
            # As webhooks are subscribed to.
            "sent": EventType.SENT,
            "hardBounce": (EventType.BOUNCED, "bounced"),
            "softBounce": (EventType.BOUNCED, "bounced"),
            "uniqueOpened": EventType.OPENED,
            "listAddition": EventType.SUBSCRIBED,
            "contactUpdated": NOT_AN_EVENT,
            "contactDeleted": NOT_AN_EVENT,
            "inboundEmailProcessed": NOT_AN_EVENT,
            "reply": NOT_AN_EVENT,
            # In lists of events.
            "requests": EventType.QUEUED,
            "hardBounces": (EventType.BOUNCED, "bounced"),
            "softBounces": (EventType.BOUNCED, "bounced"),
            "bounces": (EventType.BOUNCED, "bounced"),
            "invalid": (EventType.BOUNCED, "invalid"),
            "clicks": EventType.CLICKED,
            "loadedByProxy": EventType.OPENED,
        }
    ),
    source="https://github.com/getbrevo/brevo-node (model/createWebhook.ts, getEmailEventReportEventsInner.ts), "
    "the list of events on https://developers.brevo.com/docs/transactional-webhooks, django-anymail, and payloads that "
    "others published, for the spelling",
    read_on=date(2026, 11, 26),
)


# Brevo refuses to send to people who opted out, or whom it has on its list for a bounce, a complaint or by hand.
_BLOCKED = Words(
    name="blocked",
    at=("reason",),
    of=frozenset({EventType.REJECTED}),
    means=reasons(
        {
            "blocked : due to unsubscribed user": "unsubscribed",
            "blocked : due to blacklist user": "blocked",
        }
    ),
    source="https://github.com/symfony/symfony (the tests of its bridge to Brevo), and django-anymail's tests",
    read_on=date(2026, 11, 27),
)


def _unpack(value: dict[str, Any]) -> list[object] | None:
    """Takes lists of events apart, and events of a list of contacts."""
    match value:
        case {"events": [*events]}:
            return events
        case {"email": [*addresses]} if addresses:
            # A list within the list would be taken apart without end.
            return [
                value | {"email": None if isinstance(address, list) else address} for address in addresses
            ]
    return None


def _pack(events: Sequence[object]) -> object:
    """Writes an event as transactional webhooks do. Marketing webhooks and lists of events name fields differently."""
    [event] = events
    if not isinstance(event, dict):
        return event
    names = {"link": event.get("URL"), "message-id": event.get("messageId")}
    return {name: known for name, known in names.items() if known} | event | _tags(event)


def _tags(event: dict[str, Any]) -> dict[str, list[object]]:
    """The tags as a list. `tag` may be the text of one."""
    tags = event.get("tags") or event.get("tag")
    if isinstance(tags, str) and tags.startswith("["):
        with suppress(ValueError, RecursionError):
            tags = parsed(tags)
    return {"tags": tags if isinstance(tags, list) else [tags] if text(tags) else []}


def _facts(payload: object, _recipient: str | None) -> object:
    """The event with the address it was opened from: for an open, Brevo calls that `sending_ip`."""
    word = text(at(payload, "event")) or ""
    if isinstance(payload, dict) and _WORDS.meaning([word]) == Meaning(EventType.OPENED):
        return payload | {"opened_from": payload.get("sending_ip")}
    return payload


PROVIDER = Provider(
    name="brevo",
    label="Brevo",
    secrets=(BASIC_AUTH,),
    view="BrevoTrackingWebhookView",
    marks=(
        {"event", "message-id"},
        {"event", "ts_epoch"},
        {"event", "ts_event"},
        {"event", "camp_id"},
        {"event", "list_id"},
        {"event", "messageId"},
        {"event", "email", "key"},
        {"items"},
    ),
    unpack=_unpack,
    pack=_pack,
    facts=_facts,
    spare=("ts_epoch", "X-Mailin-custom"),
    words=(_WORDS, _BLOCKED),
    # The dates without a zone are in the account's or in France's.
    time=("ts_epoch", "ts_event", "ts", "date"),
    bounce=("event",),
    hard=("hard_bounce", "hard_bounced", "hardBounce", "hardBounces", "invalid_email", "invalid"),
    soft=("soft_bounce", "soft_bounced", "softBounce", "softBounces"),
    ip=("ip", "opened_from"),
    user_agent=("user_agent",),
    machine=("event",),
    machine_words={"proxy_open": True, "unique_proxy_open": True, "loadedByProxy": True},
    campaign_id=("camp_id",),
    campaign_name=("campaign name",),
    subject=("subject",),
    sender=("sender_email", "from"),
)
