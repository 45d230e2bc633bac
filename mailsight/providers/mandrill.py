"""Mandrill (Mailchimp Transactional): https://mailchimp.com/developer/transactional/docs/webhooks/"""

import json
from typing import Any

from .record import EXTRA_BASIC_AUTH, Provider, Secret

_FIELD = "mandrill_events"


def _unpack(value: dict[str, Any]) -> list[object] | None:
    """Unpacks the form field that contains the events as JSON."""
    events = value.get(_FIELD)
    return [json.loads(events)] if isinstance(events, str) else None


PROVIDER = Provider(
    name="mandrill",
    label="Mandrill",
    secrets=(Secret("webhook_key", "webhook_key"), EXTRA_BASIC_AUTH),
    view="MandrillCombinedWebhookView",
    marks=({_FIELD}, {"event", "msg"}, {"event", "_id"}, {"type", "reject", "action"}),
    sends_batches=True,
    takes_forms=True,
    form_field=_FIELD,
    unpack=_unpack,
    spare=("ts", "reject"),
    time=("ts",),
    bounce=("event",),
    hard=("hard_bounce",),
    soft=("soft_bounce",),
    ip=("ip",),
)
