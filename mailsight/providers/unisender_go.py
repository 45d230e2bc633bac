"""Unisender Go: https://godocs.unisender.ru/web-api-ref#callback-format"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, plain, types
from .payload import at, text
from .record import EXTRA_BASIC_AUTH, Provider, Secret

# As UniOne, its name outside Russia, documents it; both pages were read in a copy that others published.
_SOURCE = "https://docs.unione.io/en/email-statuses, https://docs.unione.io/en/web-api-ref#callback-format"
_READ_ON = date(2026, 11, 26)
_STATUS = "transactional_email_status"

_WORDS = (
    Words(
        name="status",
        at=("status",),
        means=types(
            {
                "accepted": EventType.QUEUED,
                "sent": EventType.SENT,
                "delivered": EventType.DELIVERED,
                "opened": EventType.OPENED,
                "clicked": EventType.CLICKED,
                "unsubscribed": EventType.UNSUBSCRIBED,
                "subscribed": EventType.SUBSCRIBED,
                "spam": EventType.COMPLAINED,
                "soft_bounced": EventType.DEFERRED,  # Unisender Go tries again
                "hard_bounced": EventType.BOUNCED,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="delivery_status",
        at=("delivery_info.delivery_status",),
        means={
            "err_user_unknown": Meaning(reason="bounced"),
            "err_user_inactive": Meaning(reason="bounced"),
            "err_will_retry": Meaning(),
            "err_mailbox_discarded": Meaning(reason="bounced"),
            "err_mailbox_full": Meaning(reason="bounced"),
            "err_spam_rejected": Meaning(reason="spam"),
            "err_blacklisted": Meaning(reason="blocked"),
            "err_too_large": Meaning(reason="bounced"),
            "err_unsubscribed": Meaning(reason="unsubscribed"),
            "err_unreachable": Meaning(reason="bounced"),
            "err_skip_letter": Meaning(reason="bounced"),
            "err_domain_inactive": Meaning(reason="bounced"),
            "err_destination_misconfigured": Meaning(reason="bounced"),
            "err_delivery_failed": Meaning(reason="other"),
            "err_spam_skipped": Meaning(reason="spam"),
            "err_spam_removed": Meaning(reason="spam"),
            "err_lost": Meaning(reason="other"),
            "err_internal": Meaning(reason="other"),
            "skip_dup_unreachable": Meaning(reason="bounced"),
            "skip_dup_temp_unreachable": Meaning(reason="bounced"),
            "skip_dup_mailbox_full": Meaning(reason="bounced"),
            # What the status says, in other words.
            **dict.fromkeys(
                (
                    *("ok_sent", "ok_delivered", "ok_read", "ok_link_visited", "ok_unsubscribed"),
                    *("ok_resubscribed", "ok_spam_folder", "ok_fbl"),
                ),
                Meaning(),
            ),
            # Listed without a description.
            **dict.fromkeys(
                (
                    *("not_sent", "err_resend", "err_unknown", "err_retry_letter", "err_src_invalid"),
                    *("err_dest_invalid", "err_not_available", "err_no_dns", "err_no_smtp", "err_giveup"),
                ),
                Meaning(reason="other"),
            ),
        },
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    # What Unisender Go calls a bounce although it did not send the message.
    Words(
        name="not_sent",
        at=("delivery_info.delivery_status",),
        of=frozenset({EventType.BOUNCED}),
        means={
            "err_unsubscribed": Meaning(EventType.REJECTED),
            "err_skip_letter": Meaning(EventType.REJECTED),
            "err_spam_skipped": Meaning(EventType.REJECTED, "other"),
            "err_spam_removed": Meaning(EventType.REJECTED, "other"),
            "skip_dup_unreachable": Meaning(EventType.REJECTED),
            "skip_dup_temp_unreachable": Meaning(EventType.REJECTED),
            "skip_dup_mailbox_full": Meaning(EventType.REJECTED),
            "err_lost": Meaning(EventType.FAILED),
            "err_internal": Meaning(EventType.FAILED),
            "not_sent": Meaning(EventType.FAILED),
        },
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="event_name",
        at=("event_name",),
        means={_STATUS: Meaning(), "transactional_spam_block": NOT_AN_EVENT},
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)


def _unpack(value: dict[str, Any]) -> list[object] | None:
    match value:
        case {"events": [*parts]} | {"events_by_user": [*parts]}:
            return parts
    return None


def _pack(events: Sequence[object]) -> object:
    """Wraps an event as in a webhook for several events. An event without `event_data` is a webhook of its own."""
    [event] = events
    if isinstance(event, dict) and isinstance(event.get("event_name"), str):
        event = event | {"event_name": plain(event["event_name"])}
    match event:
        case {"event_data": _}:
            return {"events_by_user": [{"events": [event]}]}
    return event


def _content(payload: object) -> object:
    match payload:
        case {"event_data": event}:
            return event
    return payload


def _facts(payload: object, _recipient: str | None) -> object:
    event = _content(payload)
    return {"event_name": at(payload, "event_name"), **event} if isinstance(event, dict) else event


def _explain(payload: object) -> str:
    return f"an event of Unisender Go of an unknown kind: {text(at(payload, 'event_name'))}"


PROVIDER = Provider(
    name="unisender_go",
    label="Unisender Go",
    secrets=(Secret("api_key", "api_key", needed_to_read=True), EXTRA_BASIC_AUTH),
    view="UnisenderGoTrackingWebhookView",
    marks=({"auth", "events_by_user"}, {"auth", "event_name"}),
    unpack=_unpack,
    pack=_pack,
    content=_content,
    facts=_facts,
    explain=_explain,
    spare=("event_time", "event_data.event_time"),
    words=_WORDS,
    time=("event_time",),
    bounce=("status",),
    hard=("hard_bounced",),
    diagnostic=("delivery_info.destination_response", "delivery_info.delivery_status", "comment"),
    ip=("delivery_info.ip",),
)
