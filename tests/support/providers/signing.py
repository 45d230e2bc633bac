"""How providers prove that they sent a request."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives import serialization

USER = "ann:pa:ss"
KEY = "the key of a provider"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to the webhook at `url`."""

    url: str
    body: bytes
    headers: Mapping[str, str]

    def with_headers(self, **headers: str) -> "Sent":
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})

    def without_proof(self) -> "Sent":
        """The same without what tells who sent it."""
        plain = {
            name: value
            for name, value in self.headers.items()
            if name.lower() in {"content-type", "svix-id"} or name.lower().startswith("x-amz")
        }
        return replace(self, headers=plain)


def post(url: str, payload: object, content_type: str = "application/json") -> Sent:
    return Sent(url, json.dumps(payload).encode(), {"Content-Type": content_type})


def basic_auth(sent: Sent, user: str = USER) -> Sent:
    return sent.with_headers(Authorization=f"Basic {base64.b64encode(user.encode()).decode()}")


def hmac_of_body(header: str) -> Callable[[Sent], Sent]:
    """Signs the body with the key, in a header."""

    def sign(sent: Sent) -> Sent:
        signature = hmac.new(KEY.encode(), sent.body, hashlib.sha256).hexdigest()
        return replace(sent, headers={**sent.headers, header: signature})

    return sign


def public_key(key: Any) -> str:
    """A public key as the providers show it, on one line."""
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()
