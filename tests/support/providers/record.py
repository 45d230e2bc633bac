"""What the shared tests need from each provider's module here: a `Samples` record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from .signing import USER, WebhookRequest, basic_auth

Payload = dict[str, object]

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15"
REFUSED = "550 5.1.1 <ann@example.com>: user unknown"
# Fields of a typical open or click, and of a typical hard bounce.
BY_CUSTOMER: Payload = {"ip": "198.51.100.7", "user_agent": PHONE}
HARD: Payload = {"type": "bounced", "bounce_type": "hard", "smtp_status": "5.1.1", "ip": None}


@dataclass(frozen=True, slots=True)
class Samples:
    """Sample requests of one provider, and how it signs them."""

    # Payloads from the provider's documentation, each with the fields to read from it.
    typical: list[tuple[Payload, Payload]]
    # The JSON of a request about a mail to ann@example.com that was delivered, or has `delivery_type`.
    delivery: object
    # The words for types of events and for reasons that the provider's pages list.
    documented: Sequence[str]
    delivery_type: str = "delivered"  # of `delivery`
    # The configured secrets, other secrets of the same form, and how to sign a request with the former.
    secrets: Mapping[str, str] = field(default_factory=lambda: {"basic_auth": USER})
    wrong_secrets: Mapping[str, str] = field(default_factory=lambda: {"basic_auth": "ann:wrong"})
    sign: Callable[[WebhookRequest], WebhookRequest] = basic_auth
    # Signs any body, even one that isn't JSON.
    prove: Callable[[WebhookRequest], WebhookRequest] | None = None
    proof_in_body: bool = False  # a signature within the payload rather than in a header
    signs_body: bool = True  # whether a signature depends on the body
    content_type: str = "application/json"
    # Payloads of every type, with and without optional fields. Only for providers with a mapping in SQL.
    generated: st.SearchStrategy[Any] | None = None
