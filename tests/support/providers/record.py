"""What the shared tests need to know about a provider: one `Samples` record in one module per provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from .signing import USER, Sent, basic_auth

Payload = dict[str, object]

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15"
REFUSED = "550 5.1.1 <ann@example.com>: user unknown"
# What the event of a typical open or click has, and that of a typical hard bounce.
BY_CUSTOMER: Payload = {"ip": "198.51.100.7", "user_agent": PHONE}
HARD: Payload = {"type": "bounced", "bounce_type": "hard", "smtp_status": "5.1.1", "ip": None}


@dataclass(frozen=True, slots=True)
class Samples:
    """What one provider sends."""

    # Payloads as the provider's documentation shows them, each with fields of its event.
    typical: list[tuple[Payload, Payload]]
    # A request's JSON about one mail to ann@example.com: it was delivered, or else `delivery_type`.
    delivery: object
    delivery_type: str = "delivered"
    # Secrets that are configured, others of the same form, and a request with the proof for the first.
    secrets: Mapping[str, str] = field(default_factory=lambda: {"basic_auth": USER})
    wrong_secrets: Mapping[str, str] = field(default_factory=lambda: {"basic_auth": "ann:wrong"})
    sign: Callable[[Sent], Sent] = basic_auth
    # The proof for any body, even one that is not JSON.
    prove: Callable[[Sent], Sent] | None = None
    proof_in_body: bool = False  # a signature within the payload rather than in a header
    signs_body: bool = True  # whether a signature depends on the body
    content_type: str = "application/json"
    # Payloads of every type with and without their optional fields: only for a provider with a mapping in SQL.
    generated: st.SearchStrategy[Any] | None = None
