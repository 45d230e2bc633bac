"""Views for providers that django-anymail doesn't know: a few paths instead of code."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import anymail
from .payload import at, first, text, texts
from .record import Secret

# Whether a secret proves a request: the secret, the request's headers (in any case), and its body.
IsGenuine = Callable[[str, Mapping[str, str], bytes], bool]


def own_secret(name: str, *, suffices: bool = True) -> Secret:
    """The secret that `OwnView.is_genuine` checks, under its name in the settings."""
    return Secret(name, "secret", suffices=suffices)


def hmac_sha256(secret: str, *parts: bytes) -> bytes:
    """The HMAC-SHA256 of the parts, one after the other."""
    signature = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    for part in parts:
        signature.update(part)
    return signature.digest()


def has_bearer_token(secret: str, headers: Mapping[str, str], _body: bytes) -> bool:
    """Whether the request's bearer token is the secret."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), secret.encode())


def _unchanged(payload: object) -> object:
    return payload


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnView:
    """The `view` of a provider that anymail doesn't know. Paths start at the event's `content`, as in the record.

    What happened, and the ids, are in the record's own paths.
    """

    required: tuple[str, ...]  # every event has a value at one of these
    recipient: tuple[str, ...]
    tags: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    content: Callable[[object], object] = _unchanged
    is_genuine: IsGenuine | None = None  # None: the provider has no secret but a password

    def __call__(self) -> type[Any]:
        """The class. Django comes with anymail, so both are imported here and not above."""
        from anymail.exceptions import AnymailWebhookValidationFailure
        from anymail.signals import AnymailTrackingEvent, EventType, tracking
        from anymail.webhooks.base import AnymailBaseWebhookView

        own = self

        class View(AnymailBaseWebhookView):  # type: ignore[misc]
            signal = tracking
            warn_if_no_basic_auth = False
            secret = ""

            def validate_request(self, request: Any) -> None:
                if (
                    own.is_genuine
                    and self.secret
                    and not own.is_genuine(self.secret, request.headers, request.body)
                ):
                    raise AnymailWebhookValidationFailure("The signature is wrong.")

            def parse_events(self, request: Any) -> list[AnymailTrackingEvent]:
                value = anymail.form_or_json(request)
                return [self._event(event) for event in (value if isinstance(value, list) else [value])]

            def _event(self, event: object) -> AnymailTrackingEvent:
                content = own.content(event)
                if first(content, own.required) is None:
                    raise KeyError(own.required[0])
                return AnymailTrackingEvent(
                    event_type=EventType.UNKNOWN,  # the record's words say what happened
                    timestamp=None,
                    recipient=first(content, own.recipient),
                    tags=[tag for path in own.tags for tag in texts(at(content, path))],
                    metadata=own.metadata_of(content),
                    esp_event=event,
                )

        return View

    def metadata_of(self, content: object) -> object:
        """The first metadata that there are: an object, or the text of one."""
        return next((known for path in self.metadata if text(known := at(content, path))), {})
