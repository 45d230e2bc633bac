"""What providers tell beyond the fields of django-anymail: for each of them, where it stands and in which words.

A path such as `Geo.IP` leads into a payload: a number is a place in a list, `*` the only value of an object. The
first path that leads to something wins.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .vocabulary import EventType


@dataclass(frozen=True, slots=True)
class Details:
    """Where one provider tells what anymail leaves out."""

    time: tuple[str, ...]
    # What an event is that anymail has no word for (yet).
    kind: tuple[str, ...] = ()
    kinds: Mapping[str, EventType] = field(default_factory=dict)
    bounce: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()  # the words at `bounce` for a mailbox that will never take mail
    soft: tuple[str, ...] = ()  # ... and for one that did not take this mail now
    smtp_status: tuple[str, ...] = ()
    diagnostic: tuple[str, ...] = ()
    user_agent: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()
    link_position: tuple[str, ...] = ()
    link_part: tuple[str, ...] = ()  # the part of the mail that the link is counted in, when it says so
    machine: tuple[str, ...] = ()
    machine_words: Mapping[str, bool] | None = None  # None: any word there says that it was a machine
    campaign_id: tuple[str, ...] = ()
    customer_id: tuple[str, ...] = ()
    message_id: tuple[str, ...] = ()
    event_id: tuple[str, ...] = ()
    has_metadata: bool = True
    # What an event can do without when anymail stumbles over it. These paths begin at the request's value.
    spare: tuple[str, ...] = ()


_YES_OR_NO = {"true": True, "false": False}

DETAILS: Mapping[str, Details] = {
    # https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
    "amazon_ses": Details(
        time=(
            *(f"{kind}.timestamp" for kind in ("bounce", "complaint", "delivery", "open", "click")),
            *("deliveryDelay.timestamp", "subscription.timestamp", "mail.timestamp"),
        ),
        kind=("subscription.newTopicPreferences.unsubscribeAll", "eventType", "notificationType"),
        kinds={"true": EventType.UNSUBSCRIBED, "DeliveryDelay": EventType.DEFERRED},
        bounce=("bounce.bounceType",),
        hard=("Permanent",),
        soft=("Transient",),
        # `recipient`: what it says of this event's recipient alone, see `of_recipient`.
        smtp_status=("recipient.status",),
        diagnostic=("recipient.diagnosticCode",),
        ip=("open.ipAddress", "click.ipAddress"),
        link_position=("click.linkTags.link_position.0",),
        campaign_id=("mail.tags.campaign_id.0", "mail.tags.campaign.0"),
        customer_id=("mail.tags.customer_id.0", "mail.tags.customer.0"),
        spare=("Timestamp",),
    ),
    # https://developers.brevo.com/docs/transactional-webhooks and .../marketing-webhooks
    "brevo": Details(
        time=("ts_epoch", "ts_event", "ts"),
        bounce=("event",),
        hard=("hard_bounce", "invalid_email"),
        soft=("soft_bounce",),
        ip=("ip",),
        user_agent=("user_agent",),
        machine=("event",),
        machine_words={"proxy_open": True, "unique_proxy_open": True},
        campaign_id=("camp_id",),
        spare=("ts_epoch", "X-Mailin-custom"),
    ),
    # https://developers.mailersend.com/api/v1/webhooks.html
    "mailersend": Details(
        time=("data.created_at", "created_at"),
        bounce=("data.type",),
        hard=("hard_bounced",),
        soft=("soft_bounced",),
        ip=("data.morph.ip",),
        user_agent=("data.morph.user_agent",),
        spare=("data.created_at", "data.morph"),
    ),
    # https://documentation.mailgun.com/docs/mailgun/user-manual/events/
    "mailgun": Details(
        time=("timestamp",),
        bounce=("severity", "event"),  # in the older events, "bounced" is hard
        hard=("permanent", "bounced"),
        soft=("temporary",),
        smtp_status=("delivery-status.enhanced-code", "code"),
        ip=("ip",),
        machine=("client-info.bot",),
        event_id=("id",),
        spare=("event-data.timestamp", "event-data.delivery-status", "event-data.client-info"),
    ),
    # https://dev.mailjet.com/email/guides/webhooks/
    "mailjet": Details(
        time=("time",),
        bounce=("hard_bounce",),
        hard=("true",),
        soft=("false",),
        ip=("ip",),
        campaign_id=("customcampaign", "mj_campaign_id"),
        spare=("time", "Payload"),
    ),
    # https://docs.mailtrap.io/email-api-smtp/advanced/webhooks: its "bounce" is hard, its "soft bounce" a delay
    "mailtrap": Details(
        time=("timestamp",),
        bounce=("event",),
        hard=("bounce",),
        ip=("ip",),
    ),
    # https://mailchimp.com/developer/transactional/docs/webhooks/
    "mandrill": Details(
        time=("ts",),
        bounce=("event",),
        hard=("hard_bounce",),
        soft=("soft_bounce",),
        ip=("ip",),
        spare=("ts", "reject"),
    ),
    # https://docs.postalserver.io/developer/webhooks
    "postal": Details(
        time=("timestamp",),
        ip=("payload.ip_address",),
        has_metadata=False,
        spare=("timestamp",),
    ),
    # https://postmarkapp.com/developer/webhooks/webhooks-overview
    "postmark": Details(
        time=("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt"),
        bounce=("Type", "SuppressionReason"),
        hard=("HardBounce",),
        soft=("SoftBounce",),
        ip=("Geo.IP",),
        spare=("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt", "Metadata"),
    ),
    # https://resend.com/docs/dashboard/webhooks/event-types
    "resend": Details(
        time=("created_at",),
        bounce=("data.bounce.type",),
        hard=("Permanent",),
        soft=("Transient",),
        ip=("data.click.ipAddress", "data.open.ipAddress"),
        user_agent=("data.open.userAgent",),
        campaign_id=("data.tags.campaign_id", "data.tags.campaign", "data.broadcast_id"),
        customer_id=("data.tags.customer_id", "data.tags.customer"),
        spare=("created_at", "data.headers", "data.bounce"),
    ),
    # https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
    "sendgrid": Details(
        time=("timestamp",),
        bounce=("type",),
        hard=("bounce",),
        soft=("blocked", "expired"),
        smtp_status=("status",),
        message_id=("sg_message_id",),
        ip=("ip",),
        link_position=("url_offset.index",),
        link_part=("url_offset.type",),
        machine=("sg_machine_open",),
        machine_words=_YES_OR_NO,
        campaign_id=("marketing_campaign_id", "singlesend_id"),
        spare=("timestamp", "type", "reason"),
    ),
    # https://developers.sparkpost.com/api/webhooks/ and, for the classes, https://support.sparkpost.com/docs/deliverability/bounce-classification-codes
    "sparkpost": Details(
        time=("msys.*.timestamp",),
        bounce=("msys.*.bounce_class",),
        hard=("10", "30", "90"),
        soft=("20", "21", "22", "23", "24", "40", "60", "70", "100"),
        ip=("msys.*.ip_address",),
        machine=("msys.*.is_prefetched",),
        machine_words=_YES_OR_NO,
    ),
    # https://godocs.unisender.ru/web-api-ref#callback-format
    "unisender_go": Details(
        time=("event_time",),
        bounce=("status",),
        hard=("hard_bounced",),
        ip=("delivery_info.ip",),
        spare=("event_time", "event_data.event_time"),
    ),
}

# Who is at the other end of these; of the others, an address would be a mail server's.
_BY_THE_CUSTOMER = (
    EventType.OPENED,
    EventType.CLICKED,
    EventType.UNSUBSCRIBED,
    EventType.SUBSCRIBED,
    EventType.COMPLAINED,
)
_ENHANCED_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
# Within a text: an address such as 5.1.1.7 is none.
_ENHANCED_STATUS_IN_TEXT = re.compile(rf"(?:^|[^0-9.])({_ENHANCED_STATUS.pattern})(?:$|[^0-9.]|\.$|\.[^0-9])")


def at(payload: object, path: str) -> object:
    """What stands at a path; None when nothing does."""
    for step in path.split("."):
        match payload:
            case dict():
                payload = next(iter(payload.values()), None) if step == "*" else payload.get(step)
            case list():
                payload = payload[int(step)] if step.isdecimal() and int(step) < len(payload) else None
            case _:
                return None
    return payload


def without(payload: object, path: str) -> object:
    """The payload without what stands at a path."""
    step, _, rest = path.partition(".")
    if not isinstance(payload, dict):
        return payload
    if step == "*":
        return {name: without(value, rest) for name, value in payload.items()}
    if rest and step in payload:
        return payload | {step: without(payload[step], rest)}
    return {name: value for name, value in payload.items() if name != step}


def text(value: object) -> str | None:
    """A value as text; None when there is none, or an empty one."""
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def texts(value: object) -> tuple[str, ...]:
    """A list of values, or one alone, as texts."""
    values = value if isinstance(value, list) else [value]
    return tuple(found for value in values if (found := text(value)))


def first(payload: object, paths: Iterable[str]) -> str | None:
    """The first of these that there is, as text."""
    return next((found for path in paths if (found := text(at(payload, path)))), None)


def moment(value: object) -> datetime | None:
    """A time: ISO 8601 (without a zone it is UTC), or seconds or milliseconds since 1970; None when it is neither."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) > 1e11 else seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        return aware(datetime.fromisoformat(str(value)))
    except ValueError:
        return None


def aware(time: datetime) -> datetime | None:
    """A time in UTC; None when it can't be told in UTC."""
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return None


def occurred_at(provider: str, payload: object) -> datetime | None:
    """When it happened, by the payload alone."""
    return next((time for path in DETAILS[provider].time if (time := moment(at(payload, path)))), None)


def of_recipient(provider: str, payload: object, recipient: str | None) -> object:
    """A payload of Amazon SES tells of several recipients: the same, with this one's part under `recipient`."""
    if provider != "amazon_ses" or not isinstance(payload, dict):
        return payload
    parts = at(payload, "bounce.bouncedRecipients") or at(payload, "deliveryDelay.delayedRecipients")
    if not isinstance(parts, list):
        return payload
    return payload | {
        "recipient": next((part for part in parts if at(part, "emailAddress") == recipient), None)
    }


def kind(provider: str, told: EventType, payload: object) -> EventType:
    """What an event is: what anymail made of it, unless it knew nothing and the payload says more."""
    details = DETAILS[provider]
    if told != EventType.UNKNOWN:
        return told
    return next(
        (known for path in details.kind if (known := details.kinds.get(text(at(payload, path)) or ""))), told
    )


def message_id(provider: str, told: object, payload: object) -> str | int | None:
    """The provider's id of the message. SendGrid's own holds more than that: `<message id>.<filter>...`."""
    if provider == "postal" and isinstance(told, int):
        return told
    return text(told) or (first(payload, DETAILS[provider].message_id) or "").partition(".")[0] or None


def bounce_type(provider: str, kind: EventType, payload: object) -> str | None:
    """Hard or soft, when it is a bounce and the provider says which."""
    details = DETAILS[provider]
    word = first(payload, details.bounce)
    if kind != EventType.BOUNCED or word is None:
        return None
    return "hard" if word in details.hard else "soft" if word in details.soft else None


def smtp_status(provider: str, payload: object, diagnostic: str | None) -> str | None:
    """The enhanced status code (RFC 3463): the provider's, else the first in what the mailbox's server said."""
    told = first(payload, DETAILS[provider].smtp_status)
    if told and _ENHANCED_STATUS.fullmatch(told):
        return told
    found = _ENHANCED_STATUS_IN_TEXT.search(diagnostic or "")
    return found[1] if found else None


def by_customer(kind: EventType, payload: object, paths: Iterable[str]) -> str | None:
    """Something about who opened, clicked, unsubscribed or complained; None for every other event."""
    return first(payload, paths) if kind in _BY_THE_CUSTOMER else None


def link_position(provider: str, payload: object) -> int | None:
    """Which link of the mail's HTML was clicked, counted from 0."""
    details = DETAILS[provider]
    place = first(payload, details.link_position) or ""
    if details.link_part and first(payload, details.link_part) != "html":
        return None
    return int(place) if re.fullmatch("[0-9]{1,9}", place) else None


def by_machine(provider: str, payload: object) -> bool | None:
    """The provider's own verdict on whether a machine did it."""
    details = DETAILS[provider]
    word = first(payload, details.machine)
    if word is None:
        return None
    return True if details.machine_words is None else details.machine_words.get(word)


def attribution(
    name: str, metadata: Mapping[str, object], payload: object, paths: Iterable[str], tags: Iterable[str] = ()
) -> str | None:
    """The `campaign` or `customer` of an event: from the metadata, else the provider's own, else the first tag."""
    told = (metadata.get(f"{name}_id"), metadata.get(name), *(at(payload, path) for path in paths), *tags)
    return next((key for value in told if (key := (text(value) or "").strip(" "))), None)
