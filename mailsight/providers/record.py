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
    They begin at the event's own `content`, without its envelope.
    """

    name: str  # in addresses, settings, files and the database
    label: str  # on screens

    # Who sends, and what checks the requests and reads the events in them: a view of `anymail.webhooks.<name>`, by its
    # name, or one of our own. Django comes with the view, so only a call of the function may import it.
    secrets: tuple[Secret, ...]
    view: str | Callable[[], type[Any]]

    # How events are packed.
    # Keys that a request's JSON (or the first item of its list) has at the top: all of any one set.
    marks: tuple[AbstractSet[str], ...]
    sends_batches: bool = False  # many events in one request
    takes_forms: bool = False  # requests may be forms, not only JSON
    form_field: str | None = (
        None  # the form's field that holds JSON; None: the fields themselves are the event
    )
    # The values in an envelope, which may be envelopes too; None if this object is not one.
    unpack: Callable[[dict[str, Any]], list[object] | None] = _no_envelope
    # The JSON that the provider would send for these events; only `sends_batches` gets more than one.
    pack: Callable[[Sequence[object]], object] | None = None
    content: Callable[[object], object] = _as_it_is  # the event without its envelope
    of_recipient: Callable[[object, str | None], object] = _whole  # ... with what concerns one recipient
    explain: Callable[[object], str | None] = (
        _nothing_to_explain  # why there is no event, if that needs a reader
    )
    # What an event can do without if anymail can't read it. These paths begin at the request's JSON.
    spare: tuple[str, ...] = ()

    # Where to read what anymail leaves out, and in which words it is said.
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

    # What loading has to know.
    mapped: bool = False  # `queries/providers/<name>.sql` reads its files, as `map_<name>`
    shares_event_ids: bool = False  # one event id for several recipients
    miscounts_links: bool = False  # its link positions count only where the address agrees

    def packed(self, events: Sequence[object]) -> object:
        """The JSON that the provider would send for these events."""
        if self.pack:
            return self.pack(events)
        return list(events) if self.sends_batches else events[0]
