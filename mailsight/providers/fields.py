"""The event fields that anymail doesn't read. The provider's record says where each of them is."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from mailsight.vocabulary import EventType

from .meanings import UNKNOWN, Meaning, plain
from .payload import at, first, parsed, text
from .record import Provider

# Events caused by the customer. In any other event, the IP address is a mail server's.
_BY_THE_CUSTOMER = (
    EventType.OPENED,
    EventType.CLICKED,
    EventType.UNSUBSCRIBED,
    EventType.SUBSCRIBED,
    EventType.COMPLAINED,
)
# What stands for the lack of a value, in lower case: how programs, databases and people write it.
_NOTHING = frozenset(
    (
        "",
        "null",
        "(null)",
        "<null>",
        r"\n",
        "nil",
        "none",
        "undefined",
        "nan",
        "n/a",
        "#n/a",
        "-",
        "--",
        "[]",
        "{}",
    )
)
# Providers count from 1, and a test has the UUID 00000000-0000-0000-0000-000000000000.
_ZEROS = re.compile("[0-]+")
_ENHANCED_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
# Within a text. Doesn't match parts of an IP address such as 5.1.1.7.
_ENHANCED_STATUS_IN_TEXT = re.compile(rf"(?:^|[^0-9.])({_ENHANCED_STATUS.pattern})(?:$|[^0-9.]|\.$|\.[^0-9])")


def meaning(provider: Provider, payload: object) -> Meaning:
    """What the provider's words say about the event."""
    known = UNKNOWN
    for words in provider.words:
        if words.of is None or known.type in words.of:
            given = (text(at(payload, path)) for path in words.at)
            known = known.refined(words.meaning(filter(None, given)) or Meaning())
    return known


def value(raw: object) -> str | None:
    """A value as text; None if it says that there is none, as "NULL" does."""
    known = text(raw)
    return None if known is None or says_nothing(known) else known


def first_value(payload: object, paths: Iterable[str]) -> str | None:
    """The first value at one of these paths that says something."""
    return next((known for path in paths if (known := value(at(payload, path)))), None)


def identifier(raw: object) -> str | None:
    """A provider's own id as text; None if it says that there is none, as 0 does."""
    known = value(raw)
    return None if known is None or _ZEROS.fullmatch(known) else known


def first_identifier(payload: object, paths: Iterable[str]) -> str | None:
    """The first of the provider's own ids at one of these paths."""
    return next((known for path in paths if (known := identifier(at(payload, path)))), None)


def says_nothing(known: str) -> bool:
    """Whether a value stands for the lack of one. The twin of the macro of that name."""
    return known.strip(" ").lower() in _NOTHING


def metadata(raw: object) -> Mapping[str, object]:
    """The metadata of a message: an object, or the text of one."""
    if isinstance(raw, str):
        try:
            raw = parsed(raw)
        except (ValueError, RecursionError):
            return {}
    return raw if isinstance(raw, dict) else {}


def message_id(provider: Provider, by_anymail: object, payload: object) -> str | int | None:
    """The provider's id of the message."""
    if provider.numbers_messages and isinstance(by_anymail, int):
        return by_anymail or None
    own = first_identifier(payload, provider.message_id)
    if own and provider.message_id_end and "@" not in own:
        own = own.partition(provider.message_id_end)[0]
    return own or (None if provider.message_id else identifier(by_anymail))


def event_id(provider: Provider, event_type: EventType, by_anymail: object, payload: object) -> str | None:
    """The provider's id of the event."""
    if event_type in provider.repeats:
        return None
    return identifier(by_anymail) or first_identifier(payload, provider.event_id)


def bounce_type(provider: Provider, event_type: EventType, payload: object) -> str | None:
    """`hard` or `soft`; None if it is not a bounce or the provider doesn't say which."""
    word = first(payload, provider.bounce)
    if event_type != EventType.BOUNCED or word is None:
        return None
    return bounce_words(provider).get(plain(word))


@cache
def bounce_words(provider: Provider) -> Mapping[str, str]:
    """`hard` or `soft` for each of the provider's words for bounces, as `plain` writes them."""
    return dict.fromkeys(map(plain, provider.soft), "soft") | dict.fromkeys(map(plain, provider.hard), "hard")


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
    if provider.machine_words is None:
        return True
    return _machine_words(provider).get(plain(word))


@cache
def _machine_words(provider: Provider) -> Mapping[str, bool]:
    return {plain(word): verdict for word, verdict in (provider.machine_words or {}).items()}


def campaign_id(
    provider: Provider, known: Mapping[str, object], payload: object, tags: Iterable[str]
) -> str | None:
    """The campaign, from the metadata, the provider's own field or the first tag."""
    own = (at(payload, path) for path in provider.campaign_id)
    named = (known.get("campaign_id"), known.get("campaign"), *own, *tags)
    return next((key for raw in named if (key := _key(identifier(raw)))), None)


def customer_id(provider: Provider, known: Mapping[str, object], payload: object) -> str | None:
    """The customer, from the metadata or the provider's own field."""
    own = (at(payload, path) for path in provider.customer_id)
    named = (known.get("customer_id"), known.get("customer"), *own)
    return next((key for raw in named if (key := _key(value(raw)))), None)


def _key(name: str | None) -> str | None:
    return (name or "").strip(" ") or None
