"""How each provider packs its events into a request, and by what its payloads are known."""

import json
from collections.abc import Mapping, Sequence

# These send many events in one request.
BATCHES = ("mailjet", "mailtrap", "mandrill", "sendgrid", "sparkpost")

# The names by which a provider's request is known: all of one of these stand at the top of its value, or of the first
# item of its list.
MARKS: Mapping[str, tuple[frozenset[str], ...]] = {
    provider: tuple(frozenset(names.split()) for names in marks)
    for provider, marks in {
        "amazon_ses": ("Type MessageId", "eventType mail", "notificationType mail"),
        "brevo": (
            "event message-id",
            "event ts_epoch",
            "event ts_event",
            "event camp_id",
            "event list_id",
            "items",
        ),
        "mailersend": ("type data created_at webhook_id", "type data created_at domain_id"),
        "mailgun": ("event-data", "signature token timestamp"),
        "mailjet": ("event MessageID", "event Message_GUID", "event mj_campaign_id", "event time"),
        "mailtrap": ("events",),
        "mandrill": ("mandrill_events", "event msg", "event _id", "type reject action"),
        "postal": ("event payload uuid", "payload timestamp", "rcpt_to mail_from"),
        "postmark": ("RecordType", "FromFull"),
        "resend": ("type data created_at",),
        "sendgrid": ("event sg_event_id", "event sg_message_id", "event email timestamp"),
        "sparkpost": ("msys",),
        "unisender_go": ("auth events_by_user", "auth event_name"),
    }.items()
}


def payloads(provider: str, value: object) -> list[object]:
    """What a JSON value holds, one event at a time (Amazon SES: one message's): an event, a batch, or an envelope."""
    match provider, value:
        case (
            (_, [*parts])
            | ("mailgun", {"items": [*parts]})
            | ("mailtrap" | "unisender_go", {"events": [*parts]})
            | ("unisender_go", {"events_by_user": [*parts]})
        ):
            return [payload for part in parts for payload in payloads(provider, part)]
        case "mailgun", {**names} if "event-data" not in names:  # as its Events API has them
            return [{"event-data": value}]
        case "mandrill", {"mandrill_events": str() as events}:
            return payloads(provider, json.loads(events))
    return [value]


def body(provider: str, events: Sequence[object]) -> object:
    """The JSON value that the provider would send for these payloads; more than one only for those in `BATCHES`."""
    if provider == "mailtrap":
        return {"events": list(events)}
    if provider in BATCHES:
        return list(events)
    [event] = events
    match provider, event:
        case "amazon_ses", dict() if "Type" not in event:  # from Firehose: without the envelope of SNS
            return {"Type": "Notification", "Message": json.dumps(event, ensure_ascii=False)}
        case "unisender_go", {"event_data": _}:
            return {"events_by_user": [{"events": [event]}]}
    return event


def content(provider: str, payload: object) -> object:
    """What tells of the event within a payload: it without its envelope."""
    match provider, payload:
        case "amazon_ses", {"Type": _, "Message": str() as message}:
            return json.loads(message)
        case "mailgun", {"event-data": event}:
            return event
        case "unisender_go", {"event_data": event}:
            return event
    return payload


def senders(value: object) -> list[str]:
    """The providers that a request's JSON value looks like: those of whose names it bears the most."""
    top = value[0] if isinstance(value, list) and value else value
    names = set(top) if isinstance(top, dict) else set()
    borne = {
        provider: max((len(mark) for mark in marks if mark <= names), default=0)
        for provider, marks in MARKS.items()
    }
    return [provider for provider, count in borne.items() if count and count == max(borne.values())]
