"""The event fields that anymail doesn't read. The provider's record says where each of them is."""

import re
from collections.abc import Iterable, Mapping

from mailsight.vocabulary import EventType

from .payload import at, first, text
from .record import Provider

# Events caused by the customer. In any other event, the IP address is a mail server's.
_BY_THE_CUSTOMER = (
    EventType.OPENED,
    EventType.CLICKED,
    EventType.UNSUBSCRIBED,
    EventType.SUBSCRIBED,
    EventType.COMPLAINED,
)
_ENHANCED_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
# Within a text. Doesn't match parts of an IP address such as 5.1.1.7.
_ENHANCED_STATUS_IN_TEXT = re.compile(rf"(?:^|[^0-9.])({_ENHANCED_STATUS.pattern})(?:$|[^0-9.]|\.$|\.[^0-9])")


def kind(provider: Provider, by_anymail: EventType, payload: object) -> EventType:
    """The type of event: anymail's, or the payload's if anymail doesn't know it."""
    if by_anymail != EventType.UNKNOWN:
        return by_anymail
    words = (text(at(payload, path)) or "" for path in provider.kind)
    return next((provider.kinds[word] for word in words if word in provider.kinds), by_anymail)


def message_id(provider: Provider, by_anymail: object, payload: object) -> str | int | None:
    """The provider's id of the message."""
    if provider.numbers_messages and isinstance(by_anymail, int):
        return by_anymail
    if known := text(by_anymail):
        return known
    own = first(payload, provider.message_id) or ""
    return (own.partition(provider.message_id_end)[0] if provider.message_id_end else own) or None


def bounce_type(provider: Provider, event_type: EventType, payload: object) -> str | None:
    """`hard` or `soft`; None if it is not a bounce or the provider doesn't say which."""
    word = first(payload, provider.bounce)
    if event_type != EventType.BOUNCED or word is None:
        return None
    return "hard" if word in provider.hard else "soft" if word in provider.soft else None


def smtp_status(provider: Provider, payload: object, diagnostic: str | None) -> str | None:
    """The enhanced status code (RFC 3463): the provider's, else the first one in the diagnostic."""
    status = first(payload, provider.smtp_status)
    if status and _ENHANCED_STATUS.fullmatch(status):
        return status
    match = _ENHANCED_STATUS_IN_TEXT.search(diagnostic or "")
    return match[1] if match else None


def by_customer(event_type: EventType, payload: object, paths: Iterable[str]) -> str | None:
    """The first value at these paths, for events caused by the customer; None for every other event."""
    return first(payload, paths) if event_type in _BY_THE_CUSTOMER else None


def link_position(provider: Provider, payload: object) -> int | None:
    """The position of the clicked link in the mail's HTML, from 0."""
    position = first(payload, provider.link_position) or ""
    if provider.link_part and first(payload, provider.link_part) != "html":
        return None
    return int(position) if re.fullmatch("[0-9]{1,9}", position) else None


def by_machine(provider: Provider, payload: object) -> bool | None:
    """The provider's own verdict on whether a machine caused the event; None if it gives none."""
    word = first(payload, provider.machine)
    if word is None:
        return None
    return True if provider.machine_words is None else provider.machine_words.get(word)


def attribution(
    name: str, metadata: Mapping[str, object], payload: object, paths: Iterable[str], tags: Iterable[str] = ()
) -> str | None:
    """The `campaign` or `customer` of an event, from the metadata, the provider's own field or the first tag."""
    values = (metadata.get(f"{name}_id"), metadata.get(name), *(at(payload, path) for path in paths), *tags)
    return next((key for value in values if (key := (text(value) or "").strip(" "))), None)
