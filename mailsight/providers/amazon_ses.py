"""Amazon SES, through SNS, EventBridge, Kinesis or Firehose, and what SQS and Lambda put around their messages.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
"""

import json
import re
from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from mailsight.errors import NotThisProvider
from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, plain, types
from .payload import TEXT, Shape, at, parsed, shaped, text
from .record import BASIC_AUTH, Provider

_SOURCE = (
    "https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html for the types; "
    "its subtypes in code that others published"
)
_READ_ON = date(2026, 11, 26)

_WORDS = (
    Words(
        name="event",
        at=("eventType", "notificationType"),
        means=types(
            {
                "Send": EventType.SENT,
                "Delivery": EventType.DELIVERED,
                "DeliveryDelay": EventType.DEFERRED,
                "Bounce": (EventType.BOUNCED, "bounced"),
                "Complaint": (EventType.COMPLAINED, "spam"),
                "Reject": (EventType.REJECTED, "blocked"),
                "Rendering Failure": EventType.FAILED,
                "Open": EventType.OPENED,
                "Click": EventType.CLICKED,
                "Subscription": EventType.UNKNOWN,  # what changed is in `unsubscribe_all`
                "Received": NOT_AN_EVENT,  # inbound mail
                "AmazonSnsSubscriptionSucceeded": NOT_AN_EVENT,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="unsubscribe_all",
        at=("subscription.newTopicPreferences.unsubscribeAll",),
        of=frozenset({EventType.UNKNOWN}),
        means=types({"true": EventType.UNSUBSCRIBED}),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    # Somebody left or joined a topic of the contact list, or all of it again.
    Words(
        name="topics",
        at=("topics",),
        of=frozenset({EventType.UNKNOWN}),
        means=types({"OptOut": EventType.UNSUBSCRIBED, "OptIn": EventType.SUBSCRIBED}),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    # Messages that SES accepted but did not try to send.
    Words(
        name="bounce_type",
        at=("bounce.bounceSubType",),
        of=frozenset({EventType.BOUNCED}),
        means={
            "suppressed": Meaning(EventType.REJECTED, "bounced"),
            "onaccountsuppressionlist": Meaning(EventType.REJECTED, "blocked"),
            "unsubscribedrecipient": Meaning(EventType.REJECTED, "unsubscribed"),
            "emailvalidationsuppressed": Meaning(EventType.REJECTED, "invalid"),
        },
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="complaint_type",
        at=("complaint.complaintSubType",),
        of=frozenset({EventType.COMPLAINED}),
        means={"onaccountsuppressionlist": Meaning(EventType.REJECTED, "spam")},
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    # EventBridge's notices about the account. The type of an event is in the event itself.
    Words(
        name="detail_type",
        at=("detail_type",),
        means=dict.fromkeys(
            (
                "advisor recommendation status open",
                "advisor recommendation status resolved",
                "sending status enabled",
                "sending status disabled",
            ),
            NOT_AN_EVENT,
        ),
        source="https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html",
        read_on=_READ_ON,
    ),
)
# What SNS sends besides notifications, and needs no answer.
_NOTICES = ("UnsubscribeConfirmation",)
_TEST = "Successfully validated SNS topic for Amazon SES event publishing."


_RECIPIENTS: Shape = [{"emailAddress": TEXT, "status": TEXT, "diagnosticCode": TEXT}]
_BY_PERSON: dict[str, Shape] = {"timestamp": TEXT, "ipAddress": TEXT, "userAgent": TEXT}
_PREFERENCES: Shape = {
    "unsubscribeAll": TEXT,
    "topicSubscriptionStatus": [{"topicName": TEXT, "subscriptionStatus": TEXT}],
}
_SHAPE: Shape = {
    "eventType": TEXT,
    "notificationType": TEXT,
    "mail": {
        "messageId": TEXT,
        "timestamp": TEXT,
        "destination": [TEXT],
        "headers": [{"name": TEXT, "value": TEXT}],
        "tags": {name: [TEXT] for name in ("campaign_id", "campaign", "customer_id", "customer")},
    },
    "bounce": {
        **dict.fromkeys(("timestamp", "bounceType", "bounceSubType"), TEXT),
        "bouncedRecipients": _RECIPIENTS,
    },
    "complaint": {
        **dict.fromkeys(("timestamp", "complaintFeedbackType", "complaintSubType"), TEXT),
        "complainedRecipients": _RECIPIENTS,
    },
    "delivery": {"timestamp": TEXT, "smtpResponse": TEXT, "recipients": [TEXT]},
    "deliveryDelay": {"timestamp": TEXT, "delayType": TEXT, "delayedRecipients": _RECIPIENTS},
    "reject": {"reason": TEXT},
    "failure": {"errorMessage": TEXT},
    "open": _BY_PERSON,
    "click": {**_BY_PERSON, "link": TEXT, "linkTags": {"link_position": [TEXT]}},
    "subscription": {
        "timestamp": TEXT,
        **dict.fromkeys(("newTopicPreferences", "oldTopicPreferences"), _PREFERENCES),
    },
}
# Where an event says whom it is about; any other event is about all of its mail's recipients.
_ABOUT = {
    "bounce": "bounce.bouncedRecipients",
    "complaint": "complaint.complainedRecipients",
    "delivery": "delivery.recipients",
}
_DESCRIPTIONS = {
    "complaint": "complaint.complaintFeedbackType",
    "delivery": "delivery.smtpResponse",
    "deliverydelay": "deliveryDelay.delayType",
    "reject": "reject.reason",
    "rendering failure": "failure.errorMessage",
}


# The JSON in a record of Kinesis or Firehose may have so many objects and lists. It is in Base64: nothing else limits
# how deeply they are nested.
_MAX_BRACKETS = 300
_BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_UNREADABLE_DATA = "the data of this record is not JSON in Base64"


def _unpack(value: dict[str, Any]) -> list[object] | None:
    """Takes apart what Lambda gets from SNS, SQS or Kinesis, what is received from SQS, and what Firehose delivers.

    A record whose data can't be read stays as it is.
    """
    match value:
        case {"Records": [*records]} | {"records": [*records]}:
            return records
        case {"Messages": [*messages]}:
            bodies = [_json(at(message, "Body")) for message in messages]
            return [message if body is None else body for message, body in zip(messages, bodies, strict=True)]
        case {"Sns": dict() as notification}:
            return [notification]
    data, body = _in_base64(_data(value) or ""), _json(value.get("body"))
    held = body if data is None else data
    return None if held is None else [held]


def _data(value: object) -> str | None:
    """The data of a record of Kinesis, also as its API lists them, or of Firehose."""
    if not isinstance(value, dict) or "mail" in value:
        return None
    places = (at(value, "kinesis.data"), value.get("data"), value.get("Data"))
    return next((data for data in places if isinstance(data, str)), None)


def _in_base64(text: str) -> object:
    """The value of a JSON text in Base64; None if it isn't one."""
    if not _BASE64.fullmatch(text):
        return None
    try:
        decoded = b64decode(text).decode()
    except UnicodeDecodeError:
        return None
    return _json(decoded) if decoded.count("{") + decoded.count("[") <= _MAX_BRACKETS else None


def _json(raw: object) -> object:
    """The value of a JSON text; None if it isn't one, or has half a character, which DuckDB doesn't read."""
    with suppress(ValueError, RecursionError):
        value = parsed(text(raw) or "")
        json.dumps(value, ensure_ascii=False).encode()
        return value
    return None


def _pack(events: Sequence[object]) -> object:
    """Wraps a bare event, as Firehose or SNS's raw delivery writes it, in an SNS envelope."""
    [event] = events
    if isinstance(event, dict) and "Type" not in event:
        return {"Type": "Notification", "Message": json.dumps(event, ensure_ascii=False)}
    return event


def _content(payload: object) -> object:
    return _opened(payload)[0]


def _message(payload: object) -> object:
    """What SNS delivers: the event, perhaps in EventBridge's envelope."""
    match payload:
        case {"Type": "Notification", "Message": str(message)} if message != _TEST:
            return parsed(message)
        case {"Type": "Notification", "Message": dict() as message}:
            return message
    return payload


def _opened(payload: object) -> tuple[object, object]:
    """The event, and EventBridge's envelope around it; None if it has none."""
    message = _message(payload)
    detail = at(message, "detail")
    if isinstance(detail, dict) and text(at(message, "detail-type")) is not None:
        return detail, message
    return message, None


def _facts(payload: object, recipient: str | None) -> object:
    """Adds this recipient's part of the event, its word, what SES says about it, and what its envelopes say."""
    content, bridge = _opened(payload)
    event = shaped(content, _SHAPE)
    if event is None:
        return None
    word = _word(event)
    parts = _listed(event, "bounce.bouncedRecipients") or _listed(event, "deliveryDelay.delayedRecipients")
    of_recipient = [part for part in parts if recipient is not None and at(part, "emailAddress") == recipient]
    description = at(event, _DESCRIPTIONS.get(word, ""))
    if word == "bounce":
        kinds = text(at(event, "bounce.bounceType")), text(at(event, "bounce.bounceSubType"))
        description = f"{kinds[0]}: {kinds[1]}" if all(kinds) else None
    return event | {
        "recipient": of_recipient[0] if of_recipient else None,
        "description": description,
        "topics": _topics(event),
        "announced_at": at(payload, "Timestamp"),
        "bridge_id": at(bridge, "id"),
        "bridged_at": at(bridge, "time"),
        "detail_type": at(bridge, "detail-type"),
    }


def _topics(event: dict[str, Any]) -> str | None:
    """OptOut if somebody left a topic, else OptIn if somebody joined one, or the list again; None for no change."""
    old, new = _statuses(event, "old"), _statuses(event, "new")
    changed = new - old
    if any(status == "OptOut" for _, status in changed):
        return "OptOut"
    again = [
        text(at(event, f"subscription.{when}TopicPreferences.unsubscribeAll")) for when in ("old", "new")
    ]
    return "OptIn" if again == ["true", "false"] or changed else None


def _statuses(event: dict[str, Any], when: str) -> set[tuple[str | None, str]]:
    """The topics by name, each with its status."""
    topics = _listed(event, f"subscription.{when}TopicPreferences.topicSubscriptionStatus")
    return {
        (topic.get("topicName"), topic["subscriptionStatus"])
        for topic in topics
        if topic and topic.get("subscriptionStatus") in ("OptIn", "OptOut")
    }


def _word(event: dict[str, Any]) -> str:
    return plain(event.get("eventType") or event.get("notificationType") or "")


def _listed(event: dict[str, Any], path: str) -> list[Any]:
    items = at(event, path)
    return items if isinstance(items, list) else []


def _recipients(event: dict[str, Any]) -> list[str]:
    about = _listed(event, _ABOUT.get(_word(event), "mail.destination"))
    named = (part.get("emailAddress") if isinstance(part, dict) else part for part in about)
    return [address for address in named if address]


def _headers(event: dict[str, Any], name: str) -> list[str]:
    """The values of the mail's headers of this name."""
    named = [
        header
        for header in _listed(event, "mail.headers")
        if header and header.get("name", "").lower() == name
    ]
    return [header["value"] for header in named if header.get("value")]


def _metadata(event: dict[str, Any]) -> object:
    for value in reversed(_headers(event, "x-metadata")):
        with suppress(ValueError, RecursionError):
            return parsed(value)
    return {}


def _explain(payload: object) -> str | None:
    """Explains SNS's request for confirmation, messages of an unknown kind, and events without a recipient."""
    match at(payload, "Type"):
        case "SubscriptionConfirmation":
            return (
                "Amazon SNS asks whether it may send events here. To let it, open this address once: "
                f"{text(at(payload, 'SubscribeURL'))}"
            )
        case None if _data(payload) is not None:
            return _UNREADABLE_DATA
        case None:
            return "not an event of Amazon SES: it has no recipient"
        case "Notification":
            is_test = at(payload, "Message") == _TEST
            return None if is_test else "not an event of Amazon SES: it has no recipient"
        case kind if kind in _NOTICES:
            return None
    return f"a message of Amazon SNS of an unknown type: {text(at(payload, 'Type'))}"


def _view() -> type[Any]:
    """anymail's view without its base's constructor, which needs boto3 for features that Mailsight doesn't use.

    The password proves the sender, and a wrong header is reported as what it is. anymail reads fewer kinds of events.
    """
    from anymail.signals import AnymailTrackingEvent
    from anymail.webhooks.amazon_ses import AmazonSESBaseWebhookView, AmazonSESTrackingWebhookView
    from anymail.webhooks.base import AnymailBaseWebhookView

    class View(AmazonSESTrackingWebhookView):  # type: ignore[misc]
        def __init__(self, **keywords: str) -> None:
            super(AmazonSESBaseWebhookView, self).__init__(**keywords)
            self.auto_confirm_enabled = False

        def run_validators(self, request: Any) -> None:
            AnymailBaseWebhookView.validate_request(self, request)
            _check_headers(request.headers, request.body)

        def parse_events(self, request: Any) -> list[AnymailTrackingEvent]:
            message = parsed(request.body)
            if at(message, "Type") != "Notification" or at(message, "Message") == _TEST:
                return []
            whole = _content(message)
            event = shaped(whole, _SHAPE) or {}
            return [
                AnymailTrackingEvent(
                    event_type="unknown",  # the record's words have it
                    timestamp=None,
                    event_id=at(message, "MessageId"),
                    message_id=at(event, "mail.messageId"),
                    recipient=recipient,
                    click_url=at(event, "click.link"),
                    tags=_headers(event, "x-tag"),
                    metadata=_metadata(event),
                    esp_event=whole,
                )
                for recipient in _recipients(event)
            ]

    return View


def _check_headers(headers: Any, body: bytes) -> None:
    """Checks that SNS's headers are those of the message, unless it is delivered raw. Raises `NotThisProvider`."""
    if headers.get("X-Amz-Sns-Rawdelivery", "").lower() == "true":
        return
    try:
        message = parsed(body)
    except (ValueError, RecursionError):
        return  # whoever reads it says that it is malformed
    for header, key in (("X-Amz-Sns-Message-Type", "Type"), ("X-Amz-Sns-Message-Id", "MessageId")):
        if header in headers and headers[header] != at(message, key):
            raise NotThisProvider(f"The header {header.lower()} is not that of the message.")


PROVIDER = Provider(
    name="amazon_ses",
    label="Amazon SES",
    secrets=(BASIC_AUTH,),
    view=_view,
    marks=(
        {"Type", "MessageId"},
        {"eventType", "mail"},
        {"notificationType", "mail"},
        {"detail-type", "detail"},
        {"Records.0.Sns"},
        {"Records.0.body"},
        {"Records.0.kinesis"},
        {"Records.0.Data"},
        {"records.0.data"},
        {"Messages.0.Body"},
    ),
    # Of Firehose, which knows no passwords and sends a request again unless it is answered in this way.
    key_header="x-amz-firehose-access-key",
    receipt_header="x-amz-firehose-request-id",
    unpack=_unpack,
    pack=_pack,
    content=_content,
    facts=_facts,
    explain=_explain,
    words=_WORDS,
    time=(
        *(f"{kind}.timestamp" for kind in ("bounce", "complaint", "delivery", "open", "click")),
        "deliveryDelay.timestamp",
        "subscription.timestamp",
        "mail.timestamp",
        "announced_at",
        "bridged_at",
    ),
    bounce=("bounce.bounceType",),
    hard=("Permanent",),
    soft=("Transient",),
    smtp_status=("recipient.status",),
    diagnostic=("recipient.diagnosticCode", "description"),
    # Not `complaint.userAgent`, which is the program that reported the complaint.
    user_agent=("open.userAgent", "click.userAgent"),
    ip=("open.ipAddress", "click.ipAddress"),
    link_position=("click.linkTags.link_position.0",),
    campaign_id=("mail.tags.campaign_id.0", "mail.tags.campaign.0"),
    customer_id=("mail.tags.customer_id.0", "mail.tags.customer.0"),
    event_id=("bridge_id",),
    mapped=True,
    shares_event_ids=True,
    other_message_ids=("mail.commonHeaders.messageId",),
    headers="mail.headers",
    message_id_host="amazonses.com",
    subject=("mail.commonHeaders.subject",),
    sender=("mail.commonHeaders.from.0", "mail.source"),
)
