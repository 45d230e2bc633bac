"""Mailchimp's audience webhooks: https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/

Mandrill, its transactional service, is a provider of its own.
"""

import hmac
from collections.abc import Mapping
from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, types
from .own_view import OwnView, hmac_sha256, own_secret
from .record import BASIC_AUTH, Provider

_SOURCE = (
    "https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/, as copied in "
    "https://github.com/api-evangelist/mailchimp (asyncapi), and the fields of every event in "
    "https://github.com/snowplow/iglu-central (schemas/com.mailchimp)"
)
_READ_ON = date(2026, 11, 26)
_REASON = ("data[reason]", "data.reason")
_MARKED_AS_SPAM = Meaning(EventType.COMPLAINED, "spam")

_WORDS = (
    Words(
        name="type",
        at=("type",),
        means=types(
            {
                "subscribe": EventType.SUBSCRIBED,
                "unsubscribe": (EventType.UNSUBSCRIBED, "unsubscribed"),
                "cleaned": (EventType.BOUNCED, "bounced"),
                "profile": NOT_AN_EVENT,
                "upemail": NOT_AN_EVENT,
                "campaign": NOT_AN_EVENT,  # all of it was sent or cancelled
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="reason",
        at=_REASON,
        of=frozenset({EventType.UNSUBSCRIBED, EventType.BOUNCED}),
        means={"abuse": _MARKED_AS_SPAM, "manual": Meaning(), "hard": Meaning()},
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)


def _is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    parts = dict(
        part.strip().partition("=")[::2] for part in headers.get("X-Mailchimp-Signature", "").split(",")
    )
    signature = hmac_sha256(secret, f"{parts.get('t', '')}.".encode(), body).hex()
    return hmac.compare_digest(parts.get("v1", "").encode(), signature.encode())


PROVIDER = Provider(
    name="mailchimp",
    label="Mailchimp",
    secrets=(own_secret("signing_secret"), BASIC_AUTH),
    view=OwnView(required=("type",), recipient=("data[email]", "data.email"), is_genuine=_is_genuine),
    marks=({"type", "fired_at"},),
    takes_forms=True,
    words=_WORDS,
    time=("fired_at",),
    bounce=_REASON,
    hard=("hard",),
    diagnostic=_REASON,
    campaign_id=("data[campaign_id]", "data.campaign_id"),
    has_metadata=False,
)
