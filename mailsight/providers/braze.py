"""Braze Currents.

https://www.braze.com/docs/user_guide/data/distribution/braze_currents/event_glossary/message_engagement_events
"""

import re
from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, types
from .own_view import OwnView, has_bearer_token, own_secret
from .record import YES_OR_NO, Provider

_SOURCE = (
    "https://github.com/braze-inc/braze-docs (message_engagement_events.md), and the samples of every event in "
    "https://github.com/Appboy/currents-examples (sample-data)"
)
_READ_ON = date(2026, 11, 26)
_EMAIL = "users.messages.email"
_SUBSCRIPTIONS = (
    "users.behaviors.subscription.GlobalStateChange",
    "users.behaviors.subscriptiongroup.StateChange",
)
_WORDS = (
    Words(
        name="event_type",
        at=("event_type",),
        means=types(
            {
                f"{_EMAIL}.Send": EventType.SENT,
                f"{_EMAIL}.Delivery": EventType.DELIVERED,
                f"{_EMAIL}.Open": EventType.OPENED,
                f"{_EMAIL}.Click": EventType.CLICKED,
                f"{_EMAIL}.Bounce": (EventType.BOUNCED, "bounced"),
                f"{_EMAIL}.SoftBounce": (EventType.BOUNCED, "bounced"),
                f"{_EMAIL}.Deferral": EventType.DEFERRED,
                f"{_EMAIL}.MarkAsSpam": (EventType.COMPLAINED, "spam"),
                f"{_EMAIL}.Unsubscribe": (EventType.UNSUBSCRIBED, "unsubscribed"),
                f"{_EMAIL}.Abort": EventType.FAILED,
                f"{_EMAIL}.Retry": EventType.UNKNOWN,  # Braze has put it off
                **dict.fromkeys(_SUBSCRIPTIONS, EventType.UNKNOWN),  # their status says what happened
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="about",
        at=("about",),
        means={"e-mail": Meaning(), "something else": NOT_AN_EVENT},
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    # An address that had bounced before.
    Words(
        name="is_drop",
        at=("is_drop",),
        of=frozenset({EventType.BOUNCED}),
        means={"true": Meaning(EventType.REJECTED), "false": Meaning()},
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="subscription_status",
        at=("subscription_status",),
        of=frozenset({EventType.UNKNOWN}),
        means=types(
            {
                "Subscribed": EventType.SUBSCRIBED,
                "Opted In": EventType.SUBSCRIBED,
                "Unsubscribed": (EventType.UNSUBSCRIBED, "unsubscribed"),
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="channel",
        at=("channel",),
        means={"email": Meaning()},
        otherwise=NOT_AN_EVENT,
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)
# The name of an Avro schema, such as `dataexport.S3.inner.users.messages.email.Open`, or of a file with such events.
_TYPE = re.compile(r"(?:^|[./=])((?:users|agentconsole)(?:\.[a-z]+)*\.[A-Z][A-Za-z]+)")
# How Avro's JSON writes a value of a field that may be null.
_UNION = frozenset(("string", "boolean", "int", "long", "float", "double", "array", "map"))


def _unpack(value: dict[str, Any]) -> list[object] | None:
    match value:
        case {"events": [*events]}:
            return events
    return None


def _event_type(name: object) -> str | None:
    match = _TYPE.search(name) if isinstance(name, str) and len(name) < 500 else None
    return match[1] if match else None


def _named(payload: object, file: str) -> object:
    """The event with its type: files of one type in JSON are named after it."""
    if not isinstance(payload, dict) or not {"id", "time"} <= payload.keys():
        return payload
    return {"event_type": _event_type(payload.get("avro_schema") or file)} | payload


def _flat(payload: object) -> object:
    """The event with its properties and its user's beside its own, as files have them."""
    if not isinstance(payload, dict):
        return payload
    parts = (payload.get("user"), payload.get("properties"), payload)
    event = {name: _plain(value) for part in parts if isinstance(part, dict) for name, value in part.items()}
    event = {"event_type": _event_type(payload.get("avro_schema"))} | event
    return event | {"about": _about(event["event_type"])}


def _about(event_type: object) -> str | None:
    """What an event is about, by the name of its type; None if the name isn't Braze's."""
    if _event_type(event_type) is None:
        return None
    return "e-mail" if str(event_type).startswith((f"{_EMAIL}.", *_SUBSCRIPTIONS)) else "something else"


def _plain(value: object) -> object:
    if isinstance(value, dict) and len(value) == 1:
        [(kind, known)] = value.items()
        return known if kind in _UNION else value
    return value


def _facts(payload: object, _recipient: str | None) -> object:
    return _flat(payload)


PROVIDER = Provider(
    name="braze",
    label="Braze",
    secrets=(own_secret("bearer_token"),),
    view=OwnView(
        required=("event_type",),
        recipient=("email_address",),
        metadata=("message_extras",),
        content=_flat,
        is_genuine=has_bearer_token,
    ),
    marks=(
        {"events", "events.0.event_type"},
        {"event_type", "properties", "user"},
        {"avro_schema", "id", "time", "user_id"},
        {"id", "time", "user_id", "email_address"},
    ),
    sends_batches=True,
    unpack=_unpack,
    facts=_facts,
    named=_named,
    words=_WORDS,
    time=("time",),
    url=("url",),
    bounce=("event_type",),
    hard=(f"{_EMAIL}.Bounce",),
    soft=(f"{_EMAIL}.SoftBounce",),
    diagnostic=("bounce_reason", "deferral_reason", "abort_log", "abort_type", "retry_log", "retry_type"),
    user_agent=("user_agent",),
    machine=("machine_open", "is_suspected_bot_click"),
    machine_words=YES_OR_NO,
    campaign_id=("campaign_id", "canvas_id"),
    customer_id=("external_user_id", "user_id"),
    event_id=("id",),
    campaign_name=("campaign_name", "properties.campaign_name", "canvas_name", "properties.canvas_name"),
)
