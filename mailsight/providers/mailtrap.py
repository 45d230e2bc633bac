"""Mailtrap: https://docs.mailtrap.io/email-api-smtp/advanced/webhooks"""

from collections.abc import Sequence
from typing import Any

from .record import BASIC_AUTH, Provider, Secret


def _unpack(value: dict[str, Any]) -> list[object] | None:
    match value:
        case {"events": [*events]}:
            return events
    return None


def _pack(events: Sequence[object]) -> object:
    return {"events": list(events)}


PROVIDER = Provider(
    name="mailtrap",
    label="Mailtrap",
    secrets=(Secret("signing_secret", "tracking_secret"), BASIC_AUTH),
    view="MailtrapTrackingWebhookView",
    marks=({"events"},),
    sends_batches=True,
    unpack=_unpack,
    pack=_pack,
    time=("timestamp",),
    bounce=("event",),
    hard=("bounce",),  # its "soft bounce" is a delay
    ip=("ip",),
)
