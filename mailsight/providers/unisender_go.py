"""Unisender Go: https://godocs.unisender.ru/web-api-ref#callback-format"""

from collections.abc import Sequence
from typing import Any

from .record import EXTRA_BASIC_AUTH, Provider, Secret


def _unpack(value: dict[str, Any]) -> list[object] | None:
    match value:
        case {"events": [*parts]} | {"events_by_user": [*parts]}:
            return parts
    return None


def _pack(events: Sequence[object]) -> object:
    """Wraps an event as in a webhook for several events. An event without `event_data` is a webhook of its own."""
    [event] = events
    match event:
        case {"event_data": _}:
            return {"events_by_user": [{"events": [event]}]}
    return event


def _content(payload: object) -> object:
    match payload:
        case {"event_data": event}:
            return event
    return payload


PROVIDER = Provider(
    name="unisender_go",
    label="Unisender Go",
    secrets=(Secret("api_key", "api_key", needed_to_read=True), EXTRA_BASIC_AUTH),
    view="UnisenderGoTrackingWebhookView",
    marks=({"auth", "events_by_user"}, {"auth", "event_name"}),
    unpack=_unpack,
    pack=_pack,
    content=_content,
    spare=("event_time", "event_data.event_time"),
    time=("event_time",),
    bounce=("status",),
    hard=("hard_bounced",),
    ip=("delivery_info.ip",),
)
