"""A webhook request, and the events read from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mailsight.vocabulary import EventType

_MULTIPART = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook request as it arrived. Header names may be in any case."""

    content_type: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_form(self) -> bool:
        """Whether the body is a form. JSON that `curl -d` and many programs label as one is not."""
        is_json = self.body.lstrip()[:1] in (b"{", b"[")
        return self.is_multipart or (self._media_type == _URLENCODED and not is_json)

    @property
    def is_multipart(self) -> bool:
        """Whether the body is a form in parts, as for files."""
        return self._media_type == _MULTIPART

    @property
    def _media_type(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Event:
    """What a provider reported about one message, in Mailsight's words; `payload` has the provider's own."""

    provider: str
    event_id: str | None
    type: EventType
    occurred_at: datetime | None
    recipient: str | None
    message_id: str | int | None  # a number if the provider numbers its messages
    url: str | None
    link_position: int | None
    bounce_type: str | None
    reject_reason: str | None
    smtp_status: str | None
    diagnostic: str | None
    user_agent: str | None
    ip: str | None
    campaign_id: str | None
    customer_id: str | None
    tags: tuple[str, ...]
    metadata: Mapping[str, object] | None  # None if this provider has no metadata
    provider_machine: bool | None
    payload: object


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A payload that no event could be read from, with the reason in plain words. None if it can't be shown."""

    reason: str
    payload: object
