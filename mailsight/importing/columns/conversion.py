"""Turns the rows of a table into rows of a bundle, as its mapping says."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from mailsight.importing import dates
from mailsight.importing.files.values import known, row_id
from mailsight.importing.seen import Seen
from mailsight.importing.sources import BATCH_CHARACTERS, Item, Row, Rows, Unusable, Value
from mailsight.importing.words import SUM, Sums, bounce_type_of, type_of, yes_or_no
from mailsight.loading.csv_files import Row as SourceRow
from mailsight.loading.json_files import BadRecord
from mailsight.loading.refusing import Failure, tried
from mailsight.vocabulary import EventType

from . import amounts
from .cells import Cells, Reading
from .fields import COUNTS, HAPPENED, Kind
from .mapping import ASK, IGNORE, Column, TableMapping

# The name of the source, which events have as their provider.
NAME = "csv"
# More opens or clicks of one person than this are a number of another kind.
MAX_REPEATED = 1_000
# The kind of rows as which the rows of a table are loaded, or rejected.
LOADED_AS = {
    Kind.CAMPAIGNS: "campaigns",
    Kind.CUSTOMERS: "customers",
    Kind.MESSAGES: "messages",
    Kind.PEOPLE: "messages",
    Kind.EVENTS: "events",
}
_OF_PEOPLE = (EventType.OPENED, EventType.CLICKED, EventType.UNSUBSCRIBED, EventType.COMPLAINED)
_REACTION = timedelta(minutes=1)
_WHEN_SENT = "no column says when it was sent"
Entry = tuple[str, dict[str, Value]]


@dataclass(frozen=True, slots=True)
class Converted:
    """What a row of a table is loaded as, or why it can't be."""

    row: SourceRow | BadRecord
    entries: Sequence[Entry] = ()
    reason: str | None = None


class Conversion:
    """Converts the rows of a table, or of several that have the same mapping."""

    def __init__(self, mapping: TableMapping) -> None:
        self.kind = mapping.kind
        self._reading = Reading(mapping)
        self._ids = [name for name, column in mapping.columns.items() if column.field.endswith("_id")]
        self._sums = Sums()
        self._listed = {"campaigns": Seen(), "customers": Seen()}

    def convert(self, rows: Iterable[SourceRow | BadRecord]) -> Iterator[Converted]:
        """What each row is loaded as, or why it can't be."""
        for row in rows:
            if isinstance(row, BadRecord):
                yield Converted(row, reason=row.reason)
                continue
            outcome = tried(self._converted, row)
            yield Converted(row, reason=outcome.reason) if isinstance(outcome, Failure) else outcome

    def _converted(self, row: SourceRow) -> Converted:
        if self._is_sum(row):
            return Converted(row, reason=SUM)
        try:
            entries = list(_READERS[self.kind](Cells(self._reading, row.values)))
        except ValueError as error:
            return Converted(row, reason=str(error))
        return Converted(row, [entry for entry in entries if self._is_new(*entry)])

    def _is_sum(self, row: SourceRow) -> bool:
        """Whether a row adds up the others."""
        cells = {name: text for name, value in row.values.items() if (text := known(value))}
        return self._sums.is_sum(cells, (cells.get(name) for name in self._ids))

    def _is_new(self, kind: str, row: Row) -> bool:
        """Whether a row adds something: campaigns and customers are in every row of other tables."""
        if kind not in self._listed or kind == LOADED_AS[self.kind]:
            return True
        return self._listed[kind].is_new(*row.values())  # the id comes first


# What all rows of a kind have. A field that a table doesn't have is left out, so that it keeps what is loaded already.


def _campaign_id(cells: Cells) -> str | None:
    return cells.text("campaign_id") or cells.text("campaign_name") or cells.text("subject")


def _campaign(cells: Cells, campaign_id: str) -> Iterator[Entry]:
    """The campaign that a row of another kind names, if the row says more of it than its id."""
    named = cells.text("campaign_name"), cells.text("subject"), cells.reading.sent_at
    if any(named):
        columns = zip(("name", "subject", "sent_at"), named, strict=True)
        yield "campaigns", {"campaign_id": campaign_id, **{name: value for name, value in columns if value}}


def _person(cells: Cells) -> tuple[str | None, str | None]:
    """The id of the customer and the address. The address is the id of those without."""
    email = cells.address("email")
    return cells.text("customer_id") or email, email


def _name(cells: Cells) -> str | None:
    parts = cells.text("first_name"), cells.text("last_name")
    return cells.text("name") or " ".join(filter(None, parts)) or None


def _customer(cells: Cells) -> Iterator[Entry]:
    """The customer whom a row of another kind names, if the row says who it is."""
    customer_id, email = _person(cells)
    name = _name(cells)
    if customer_id and name:
        yield "customers", {"customer_id": customer_id, **({"email": email} if email else {}), "name": name}


def _texts(cells: Cells, *fields: str) -> dict[str, Value]:
    return {field: text for field in fields if field in cells and (text := cells.text(field))}


def _read_campaign(cells: Cells) -> Iterator[Entry]:
    campaign_id = cells.text("campaign_id") or cells.text("name") or cells.text("subject")
    campaign_id = cells.required(campaign_id, "campaign_id", "name", "subject")
    row: dict[str, Value] = {"campaign_id": campaign_id}
    row |= _texts(cells, "name", "subject", "preheader", "from_name", "tags", "selection")
    if sender := cells.address("from_email"):
        row["from_email"] = sender
    if sent_at := cells.time("sent_at"):
        row["sent_at"] = sent_at
    yield "campaigns", row
    totals: dict[str, Value] = {}
    for name, field in COUNTS.items():
        value: Value
        match field.form:
            case "count":
                value = cells.count(name)
            case "amount":
                value = cells.amount(name)
            case "time":
                value = cells.time(name)
            case _:
                value = cells.text(name)
        if value is not None:
            totals[name] = value
    if totals.keys() - {"currency", "as_of"}:
        yield (
            "totals",
            {"campaign_id": campaign_id, "source": cells.reading.fixed.get("source", NAME), **totals},
        )


def _read_customer(cells: Cells) -> Iterator[Entry]:
    customer_id, email = _person(cells)
    row: dict[str, Value] = {"customer_id": cells.required(customer_id, "customer_id", "email")}
    if email:
        row["email"] = email
    if name := _name(cells):
        row["name"] = name
    row |= _texts(cells, "language", "country")
    if created_at := cells.time("created_at"):
        row["created_at"] = created_at
    yield "customers", cells.others() | row


def _message(cells: Cells) -> dict[str, Value]:
    """The message of a row, with the time when it was sent, unless a column says that it wasn't."""
    customer_id, email = _person(cells)
    row: dict[str, Value] = {
        "campaign_id": cells.required(_campaign_id(cells), "campaign_id", "campaign_name", "subject"),
        "customer_id": cells.required(customer_id, "customer_id", "email"),
    }
    if email:
        row["email"] = email
    row |= _texts(cells, "message_id", "not_sent_reason", "not_sent_detail")
    if sent_at := _sent_at(cells, "not_sent_reason" in row):
        row["sent_at"] = sent_at
    return row


def _sent_at(cells: Cells, has_reason: bool) -> datetime | None:
    """When the message of a row was sent. Without a column that tells, all were, at the time that they share."""
    was_sent, sent_at = cells.flag("sent"), cells.time("sent_at")
    if was_sent is False or sent_at:
        return None if was_sent is False else sent_at
    is_sent = was_sent is True if "sent" in cells else "sent_at" not in cells and not has_reason
    if is_sent and not cells.reading.sent_at:
        raise ValueError(_WHEN_SENT)
    return cells.reading.sent_at if is_sent else None


def _read_message(cells: Cells) -> Iterator[Entry]:
    row = _message(cells)
    if others := cells.others():
        row["merge_fields"] = others
    yield from _campaign(cells, str(row["campaign_id"]))
    yield from _customer(cells)
    yield "messages", row


def _read_recipient(cells: Cells) -> Iterator[Entry]:
    row = _message(cells)
    yield from _campaign(cells, str(row["campaign_id"]))
    yield from _customer(cells)
    yield "messages", row
    about: dict[str, Value] = {
        name: row[name] for name in ("campaign_id", "customer_id", "message_id") if name in row
    }
    if "email" in row:
        about["recipient"] = row["email"]
    sent_at = cells.time("sent_at") or cells.reading.sent_at
    opened_at: datetime | None = None
    for kind in HAPPENED:
        if kind in cells:
            for place, event in enumerate(_happened(cells, kind, sent_at, opened_at)):
                opened_at = opened_at or (event["occurred_at"] if kind is EventType.OPENED else None)
                yield "events", _identified(about | event, place)
    status = _type(cells) if cells.text("type") else None
    if status in HAPPENED and status not in cells:
        yield (
            "events",
            _identified(about | {"type": status, "occurred_at": _untimed(status, sent_at, opened_at)}),
        )


def _untimed(kind: str, sent_at: datetime | None, opened_at: datetime | None) -> datetime:
    """The time of an event that has none: of sending, or soon after it, since only machines react at once.

    Clicks come with the open, if that has a time. Raises `ValueError` if the time of sending is not known either.
    """
    if sent_at is None:
        raise ValueError(_WHEN_SENT)
    if kind not in _OF_PEOPLE:
        return sent_at
    return opened_at if opened_at and kind == EventType.CLICKED else sent_at + _REACTION


def _happened(
    cells: Cells, kind: EventType, sent_at: datetime | None, opened_at: datetime | None
) -> Iterator[dict[str, Any]]:
    """The events of one type in a row: one for each time, and as many more as a number says."""
    zone = cells.reading.zone
    answers = cells.read(kind, lambda text, name, column: _answer(text, name, column, zone))
    times = sorted({answer for answer in answers if isinstance(answer, datetime)})
    number = max((answer for answer in answers if isinstance(answer, int)), default=0)
    bounce_type = next((answer for answer in answers if isinstance(answer, str)), None)
    number = max(number, 1) if bounce_type else number
    if number > len(times):
        last = times[-1] if times else _untimed(kind, sent_at, opened_at)
        times += [last] * (number - len(times))
    details: dict[str, Any] = {}
    match kind:
        case EventType.CLICKED:
            details = _texts(cells, "url")
        case EventType.BOUNCED:
            details = _texts(cells, "diagnostic")
            written = cells.text("bounce_type")
            bounce_type = bounce_type or (bounce_type_of(written) if written else None)
            if bounce_type:
                details["bounce_type"] = bounce_type
        case EventType.OPENED:
            details = _texts(cells, "user_agent", "ip")
        case _:
            pass
    for time in times:
        yield {"type": str(kind), "occurred_at": time, **details}


def _answer(text: str, name: str, column: Column, zone: tzinfo) -> datetime | int | str:
    """What a cell says of an event: when it happened, how often, or with which kind of bounce."""
    answer = yes_or_no(text)
    number = None if answer is None or text.isdigit() else int(answer)
    if number is None:
        with suppress(ValueError):
            number = amounts.count(text)
    if number is not None and number <= MAX_REPEATED:
        # A column "Hard bounce" may say yes.
        return bounce_type_of(name) or 1 if number == 1 and column.field == EventType.BOUNCED else number
    return bounce_type_of(text) or dates.moment(text, column.order, zone)


def _read_event(cells: Cells) -> Iterator[Entry]:
    kind = _type(cells)
    if kind is None:
        return
    customer_id, email = _person(cells)
    campaign_id, message_id = _campaign_id(cells), cells.text("message_id")
    if not (customer_id or message_id):
        cells.required(None, "customer_id", "email", "message_id")
    time = cells.time("occurred_at")
    if time is None:
        cells.required(None, "occurred_at")
    row: dict[str, Value] = {"type": kind, "occurred_at": time}
    pairs = {
        "campaign_id": campaign_id,
        "customer_id": customer_id,
        "message_id": message_id,
        "recipient": email,
    }
    row |= {name: value for name, value in pairs.items() if value}
    row |= _texts(cells, "url", "diagnostic", "user_agent", "ip", "smtp_status", "event_id", "provider")
    written = cells.text("bounce_type") or (cells.text("type") if kind == EventType.BOUNCED else None)
    if written and (bounce_type := bounce_type_of(written)):
        row["bounce_type"] = bounce_type
    if campaign_id:
        yield from _campaign(cells, campaign_id)
    yield from _customer(cells)
    yield "events", _identified(row)


def _type(cells: Cells) -> str | None:
    """The type of an event; None if events of this type are left out. Raises `ValueError` for one that is not known."""
    text = cells.required(cells.text("type"), "type")
    meaning = cells.reading.types.get(text)
    if meaning is None:
        meaning = str(type_of(text) or ASK)
    if meaning == ASK:
        column = cells.reading.columns["type"][0][0]
        raise ValueError(f"column {column!r}: {text!r} is no type of event that is known")
    return None if meaning == IGNORE else meaning


def _identified(event: dict[str, Value], place: int = 0) -> dict[str, Value]:
    """The event with its provider, and an id: its own, or one that the same event always has.

    `place` tells events of one row apart.
    """
    event_id = row_id(str(place), *(f"{name}={event[name]}" for name in sorted(event)))
    return {"event_id": event_id, "provider": NAME} | event


_READERS: Mapping[Kind, Callable[[Cells], Iterator[Entry]]] = {
    Kind.CAMPAIGNS: _read_campaign,
    Kind.CUSTOMERS: _read_customer,
    Kind.MESSAGES: _read_message,
    Kind.PEOPLE: _read_recipient,
    Kind.EVENTS: _read_event,
}


def items(
    conversion: Conversion, origin: str, rows: Iterable[SourceRow | BadRecord], batch_rows: int
) -> Iterator[Item]:
    """What a table is loaded as, at most a batch of rows at a time; fewer if they are long."""
    waiting: dict[str, tuple[list[Row], list[int]]] = {}
    number = characters = 0
    for converted in conversion.convert(rows):
        line = converted.row.line
        if converted.reason is not None:
            yield Unusable(LOADED_AS[conversion.kind], origin, line, converted.reason, converted.row.text)
        for kind, row in converted.entries:
            batch, lines = waiting.setdefault(kind, ([], []))
            batch.append(row)
            lines.append(line)
            number += 1
            characters += len(converted.row.text)
        if number >= batch_rows or characters >= BATCH_CHARACTERS:
            yield from _batches(waiting, origin)
            waiting, number, characters = {}, 0, 0
    yield from _batches(waiting, origin)


def _batches(waiting: Mapping[str, tuple[list[Row], list[int]]], origin: str) -> Iterator[Rows]:
    for kind, (batch, lines) in waiting.items():
        yield Rows(kind, origin, batch, lines)
