"""The `Provider` record: everything specific to a provider. Each provider's module contains one."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import Words
from .payload import TEXT, Shape, shaped

YES_OR_NO: Mapping[str, bool] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret shared with a provider, which proves that the provider sent a request."""

    name: str  # in Mailsight's settings
    keyword: str  # in django-anymail
    suffices: bool = True  # whether it proves the sender without any other secret
    needed_to_read: bool = False  # whether anymail requires it even to read a request


# A user and a password in the webhook's URL, `user:password`. Every provider can send them.
BASIC_AUTH = Secret("basic_auth", "webhook_secret")
# The same for a provider that signs its requests: it can't replace the signature.
EXTRA_BASIC_AUTH = Secret("basic_auth", "webhook_secret", suffices=False)


def _no_envelope(_value: dict[str, Any]) -> list[object] | None:
    return None


def _unchanged(payload: object) -> object:
    return payload


def _unnamed(payload: object, _file: str) -> object:
    return payload


def _no_event(_payload: object) -> str | None:
    return "there is no event in it"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Provider:
    """Everything about one provider.

    Fields that say where to read a value contain paths (see `payload`), which start at the event's `content`. The first
    path with a value is used.
    """

    name: str  # in URLs, settings, files and the database
    label: str  # on screens

    # How to verify the sender, and the view that checks requests and reads events: the name of a class in
    # `anymail.webhooks.<name>`, or a function that defines one. The function must import anymail itself, when called,
    # because that imports Django.
    secrets: tuple[Secret, ...]
    view: str | Callable[[], type[Any]]

    # How requests look. Each set of marks identifies the provider: keys of the JSON, or of the first item of its list,
    # and keys of the first item of a list in it (`events.0.id`).
    marks: tuple[AbstractSet[str], ...]
    sends_batches: bool = False  # many events in one request
    takes_forms: bool = False  # forms as well as JSON
    sends_urls: bool = False  # an event in the URL of a GET or an empty POST, as the fields of a form
    form_field: str | None = None  # the field with the JSON; if None, the form's fields are an event
    # A header that may hold the user and the password, as `user:password`, instead of Authorization.
    key_header: str | None = None
    # A header whose value the sender wants back as `requestId`. Otherwise, it sends the request again.
    receipt_header: str | None = None

    # How events are packed, if the defaults don't fit.
    # The contents of an envelope: events or more envelopes. None if the object is not an envelope.
    unpack: Callable[[dict[str, Any]], list[object] | None] = _no_envelope
    # The JSON that the provider would send for these events: one event, or several if it sends batches.
    pack: Callable[[Sequence[object]], object] | None = None
    # The event without the envelope that remains after unpacking, such as a signature next to it.
    content: Callable[[object], object] = _unchanged
    # The content, and what no path leads to, such as one recipient's part of an event about several. None: the content.
    facts: Callable[[object, str | None], object] | None = None
    # A payload with what the name of its file says about it.
    named: Callable[[object, str], object] = _unnamed
    # Why a payload contains no event, for the list of rejected rows; None if it is known to hold none, like a ping.
    explain: Callable[[object], str | None] = _no_event
    # What to leave out, step by step, until anymail can read the rest. Paths start at the envelope.
    spare: tuple[str, ...] = ()
    # Addresses that anymail parses, in time that grows with the square of their length. Paths start at the envelope.
    addresses: tuple[str, ...] = ()
    # What a payload looks like, if there is a mapping in SQL: both then read what has another form in the same way, and
    # `spare` is left out at once.
    shape: Shape = TEXT

    # What the provider's words mean: for the type of event, and what other words add to it, in this order.
    words: tuple[Words, ...]

    # Where to read what anymail doesn't read, or reads differently. These come before what anymail says.
    time: tuple[str, ...]
    url: tuple[str, ...] = ()
    bounce: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()  # words at `bounce` for permanent failures
    soft: tuple[str, ...] = ()  # words at `bounce` for temporary failures
    smtp_status: tuple[str, ...] = ()
    diagnostic: tuple[str, ...] = ()
    user_agent: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()
    link_position: tuple[str, ...] = ()
    link_part: tuple[
        str, ...
    ] = ()  # where the provider says in which part of the mail (`html`) it counted the link
    machine: tuple[str, ...] = ()
    machine_words: Mapping[str, bool] | None = None  # None: any value at `machine` means a machine
    campaign_id: tuple[str, ...] = ()
    customer_id: tuple[str, ...] = ()
    message_id: tuple[str, ...] = ()
    other_message_ids: tuple[str, ...] = ()  # ids of the same message that the sender may have kept instead
    # Where an event has the headers that the sender set, as names and values. Their Message-ID is such an id, too.
    headers: str | None = None
    # The provider's host in Message-ID headers: the part before the @ is the id that its events have.
    message_id_host: str | None = None
    message_id_end: str | None = None  # the separator after the id at `message_id`
    numbers_messages: bool = False  # message ids are numbers, not text
    # What an event says about its campaign's e-mail. No `*`, because SQL reads them from the content as it is stored.
    campaign_name: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    sender: tuple[str, ...] = ()  # an address, with or without a name
    event_id: tuple[str, ...] = ()
    repeats: frozenset[EventType] = (
        frozenset()
    )  # types of events reported twice, with two ids: these ids are left out
    has_metadata: bool = True

    # For loading.
    mapped: bool = False  # `map_<name>` in `queries/providers/<name>.sql` reads its files
    shares_event_ids: bool = False  # several recipients may share an event id
    miscounts_links: bool = False  # use its link positions only if the clicked URL matches

    def facts_of(self, payload: object, recipient: str | None = None) -> object:
        """What the paths start at: the event's content, and what `facts` adds to it."""
        payload = shaped(payload, self.shape) if self.shape else payload
        return self.facts(payload, recipient) if self.facts else self.content(payload)

    def packed(self, events: Sequence[object]) -> object:
        """The JSON that the provider would send for these events."""
        if self.pack:
            return self.pack(events)
        return list(events) if self.sends_batches else events[0]
