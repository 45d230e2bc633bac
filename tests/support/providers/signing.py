"""How providers sign requests."""

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
class WebhookRequest:
    """A request to the webhook at `url`."""

    url: str
    body: bytes
    headers: Mapping[str, str]

    def with_headers(self, **headers: str) -> "WebhookRequest":
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})

    def without_proof(self) -> "WebhookRequest":
        """The same request without its signature or credentials."""
        plain = {
            name: value
            for name, value in self.headers.items()
            if name.lower() in {"content-type", "svix-id"} or name.lower().startswith("x-amz")
        }
        return replace(self, headers=plain)


def post(url: str, payload: object, content_type: str = "application/json") -> WebhookRequest:
    return WebhookRequest(url, json.dumps(payload).encode(), {"Content-Type": content_type})


def basic_auth(request: WebhookRequest, user: str = USER) -> WebhookRequest:
    return request.with_headers(Authorization=f"Basic {base64.b64encode(user.encode()).decode()}")


def hmac_of_body(header: str) -> Callable[[WebhookRequest], WebhookRequest]:
    """Sign the body with the key, in this header."""

    def sign(request: WebhookRequest) -> WebhookRequest:
        signature = hmac.new(KEY.encode(), request.body, hashlib.sha256).hexdigest()
        return replace(request, headers={**request.headers, header: signature})

    return sign


def public_key(key: Any) -> str:
    """A public key on one line, as providers show it."""
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()
