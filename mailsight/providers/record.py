"""What Mailsight needs to know about a provider: one `Provider` record in one module per provider."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from mailsight.vocabulary import EventType

YES_OR_NO: Mapping[str, bool] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret shared with a provider, so that nobody else can send in its name."""

    name: str  # in Mailsight's settings
    keyword: str  # what django-anymail calls it
    suffices: bool = True  # whether it proves the sender without any other secret
    needed_to_read: bool = False  # whether anymail insists on it even where nothing is checked


# A user and a password in the webhook's URL, `user:password`. Every provider can send them.
BASIC_AUTH = Secret("basic_auth", "webhook_secret")
# The same for a provider that signs its requests: the signature can't be left out.
EXTRA_BASIC_AUTH = Secret("basic_auth", "webhook_secret", suffices=False)


def _no_envelope(_value: dict[str, Any]) -> list[object] | None:
    return None


def _as_it_is(payload: object) -> object:
    return payload


def _nothing_to_explain(_payload: object) -> str | None:
    return None


def _whole(payload: object, _recipient: str | None) -> object:
    return payload


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Provider:
    """Everything about one provider.

    Fields that say where something is read from hold paths (see `payload`); the first that leads to a value counts.
    Paths begin at the event's `content`.
    """

    name: str  # in addresses, settings, files and the database
    label: str  # on screens

    # Who sends, and the view that checks requests and reads events: the name of a class in `anymail.webhooks.<name>`,
    # or a function that defines one. Only when called may the function import anymail, because Django comes with it.
    secrets: tuple[Secret, ...]
    view: str | Callable[[], type[Any]]

    # How requests look. Each set of marks identifies the provider: keys of the JSON, or of the first item of its list.
    marks: tuple[AbstractSet[str], ...]
    sends_batches: bool = False  # many events in one request
    takes_forms: bool = False  # forms as well as JSON
    form_field: str | None = None  # holds the form's JSON; without one, the form's fields are an event

    # How events are packed, where the defaults don't fit.
    # What is in an envelope: events or more envelopes. None if the object is not an envelope.
    unpack: Callable[[dict[str, Any]], list[object] | None] = _no_envelope
    # The JSON that the provider would send for some events: one, or many if it sends batches.
    pack: Callable[[Sequence[object]], object] | None = None
    # An event without the envelope that it keeps when unpacked, such as a signature beside it.
    content: Callable[[object], object] = _as_it_is
    # The content with what concerns this recipient, if an event may report on several.
    of_recipient: Callable[[object, str | None], object] = _whole
    # Why there is no event in a payload, if people should know.
    explain: Callable[[object], str | None] = _nothing_to_explain
    # What to leave out, one after the other, until anymail can read the rest. Paths begin at the envelope.
    spare: tuple[str, ...] = ()

    # Where to read what anymail leaves out, and in which words the provider says it.
    time: tuple[str, ...]
    kind: tuple[str, ...] = ()
    kinds: Mapping[str, EventType] = field(default_factory=dict)  # words at `kind` that anymail doesn't know
    bounce: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()  # words at `bounce` for a mailbox that will never take mail
    soft: tuple[str, ...] = ()  # ... and for one that did not take this mail now
    smtp_status: tuple[str, ...] = ()
    diagnostic: tuple[str, ...] = ()
    user_agent: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()
    link_position: tuple[str, ...] = ()
    link_part: tuple[str, ...] = ()  # the part of the mail (`html`) in which the provider counted the link
    machine: tuple[str, ...] = ()
    machine_words: Mapping[str, bool] | None = None  # None: any word at `machine` means that it was one
    campaign_id: tuple[str, ...] = ()
    customer_id: tuple[str, ...] = ()
    message_id: tuple[str, ...] = ()
    message_id_end: str | None = None  # what follows the id at `message_id`
    numbers_messages: bool = False  # message ids are numbers, not text
    event_id: tuple[str, ...] = ()
    has_metadata: bool = True

    # What loading needs to know.
    mapped: bool = False  # its files are read by `map_<name>` in `queries/providers/<name>.sql`
    shares_event_ids: bool = False  # one event id for several recipients
    miscounts_links: bool = False  # its link positions count only where the address agrees

    def packed(self, events: Sequence[object]) -> object:
        """The JSON that the provider would send for these events."""
        if self.pack:
            return self.pack(events)
        return list(events) if self.sends_batches else events[0]
