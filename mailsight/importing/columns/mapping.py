"""Which column of a table is what: the mapping that is suggested, corrected, kept as TOML and used to load it."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from hashlib import blake2b
from typing import Any, TypeVar

from mailsight.errors import ImportFailed
from mailsight.figures import formats
from mailsight.importing.dates import Order, moment
from mailsight.importing.files import values
from mailsight.importing.words import type_of
from mailsight.mime import text_encodings
from mailsight.vocabulary import EventType

from .amounts import Decimal
from .fields import FIELDS, FIXED, LEFT_OUT, NEEDS, OTHERS, Kind

# A value of a column of types that nobody has said the meaning of, and one whose rows are left out.
ASK, IGNORE = "ask", "ignore"
Chosen = TypeVar("Chosen", Kind, Order, Decimal)


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: a field of the table's kind, and how its dates or numbers are written."""

    field: str = LEFT_OUT
    order: Order = Order.CLEAR
    decimal: Decimal = Decimal.CLEAR


@dataclass(frozen=True, slots=True)
class TableMapping:
    """What a table's rows are, and what each of its columns holds.

    `fixed` are the values that all rows have in common. `types` is the meaning of each value of a column of types: an
    event type, `ASK` or `IGNORE`. Times without a zone are in the time zone `timezone`. `encoding` is Python's name for
    that of a CSV file, if it is not left to be recognised.
    """

    kind: Kind
    columns: Mapping[str, Column]
    fixed: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    encoding: str | None = None

    def columns_of(self, name: str) -> list[str]:
        """The columns that hold a field, in the order of the table."""
        return [column for column, chosen in self.columns.items() if chosen.field == name]

    @property
    def zone(self) -> tzinfo:
        """The time zone. Raises `ImportFailed` for an unknown one."""
        return values.zone({"timezone": self.timezone})

    def for_header(self, header: Sequence[str]) -> "TableMapping":
        """The same mapping with its columns in the order of a table. Raises `ImportFailed` if the table lacks one."""
        names = set(header)
        for column, chosen in self.columns.items():
            if chosen.field != LEFT_OUT and column not in names:
                raise ImportFailed(
                    f"The table has no column {column!r}; it has {_listed(header)}.",
                    next_step="Correct the mapping, or choose another file.",
                )
        return replace(self, columns={name: self.columns.get(name, Column()) for name in header})


@dataclass(frozen=True, slots=True)
class Question:
    """Something that has to be answered before the table can be loaded: about a column, a value of it, or a field."""

    text: str
    column: str | None = None
    value: str | None = None
    field: str | None = None


def questions(mapping: TableMapping) -> list[Question]:
    """What is still open, in the order in which people would answer it."""
    return [*_missing(mapping), *_twice(mapping), *_unclear(mapping)]


def _missing(mapping: TableMapping) -> Iterator[Question]:
    given = {column.field for column in mapping.columns.values()} | {
        name for name, value in mapping.fixed.items() if value
    }
    for need in NEEDS[mapping.kind]:
        if not given.intersection((*need.fields, *filter(None, [need.fixed]))):
            yield Question(f"No column holds {need.label}.", field=need.fixed or need.fields[0])


def _twice(mapping: TableMapping) -> Iterator[Question]:
    for name, described in FIELDS[mapping.kind].items():
        columns = mapping.columns_of(name)
        if len(columns) > 1 and not described.several:
            yield Question(
                f"Several columns are the {described.label}: {_listed(columns)}.",
                column=columns[1],
                field=name,
            )


def _unclear(mapping: TableMapping) -> Iterator[Question]:
    fields = FIELDS[mapping.kind]
    for name, column in mapping.columns.items():
        form = fields[column.field].form if column.field in fields else "text"
        if form in ("time", "happened") and column.order is Order.ASK:
            yield Question(f"The dates in {name!r} may begin with the day or the month.", column=name)
        if form == "amount" and column.decimal is Decimal.ASK:
            yield Question(f"The numbers in {name!r} may have decimals or thousands.", column=name)
    if mapping.columns_of("type"):
        for value, meaning in mapping.types.items():
            if meaning == ASK:
                yield Question(f"What {value!r} means is not known.", value=value)


def fixed_fields(mapping: TableMapping) -> list[str]:
    """What all rows have to have in common, because no column says it."""
    given = {column.field for column in mapping.columns.values()}
    return [need.fixed for need in NEEDS[mapping.kind] if need.fixed and not given.intersection(need.fields)]


def types_of(values: Iterable[str]) -> dict[str, str]:
    """What the values of a column of types mean, as far as they are known."""
    return {value: str(type_of(value) or ASK) for value in values}


def key(header: Sequence[str]) -> str:
    """The same for all tables with these columns, in any order."""
    names = json.dumps(sorted(header), ensure_ascii=False)
    return blake2b(names.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def to_toml(
    mapping: TableMapping, examples: Mapping[str, Sequence[str]] | None = None, recognised: str | None = None
) -> str:
    """The mapping as a file that people can edit.

    `examples` of each column's values become comments, and so does the encoding that was `recognised`.
    """
    lines = [
        f"# One row is {mapping.kind.label}.",
        f"# Kinds: {', '.join(Kind)}",
        f"kind = {_quoted(mapping.kind)}",
        "# Times that name no time zone are in this one.",
        f"timezone = {_quoted(mapping.timezone)}",
        *_encoding(mapping.encoding, recognised),
        "",
        "# What all rows have in common.",
        "[fixed]",
        *(f"{name} = {_quoted(value)}" for name, value in mapping.fixed.items()),
        "",
        '# What each column holds. Leave a column out with "".',
        f"# {', '.join((*FIELDS[mapping.kind], *filter(None, OTHERS[mapping.kind])))}",
        "[columns]",
    ]
    for name, column in mapping.columns.items():
        shown = (examples or {}).get(name, ())
        if shown:
            lines.append(f"# {_comment(' | '.join(shown))}")
        lines.append(f"{_quoted(name)} = {_column(column)}")
    if mapping.types:
        lines += [
            "",
            '# What the values of the type column mean; "ignore" leaves their rows out.',
            f"# {', '.join(EventType)}, {IGNORE}",
            "[types]",
            *(f"{_quoted(value)} = {_quoted(meaning)}" for value, meaning in mapping.types.items()),
        ]
    if unanswered := questions(mapping):
        lines = [
            "# To be answered before this can be loaded:",
            *(f"# - {question.text}" for question in unanswered),
            "",
            *lines,
        ]
    return "\n".join(lines) + "\n"


def _encoding(chosen: str | None, recognised: str | None) -> Iterator[str]:
    if chosen:
        yield f"encoding = {_quoted(chosen)}"
    elif recognised and recognised != text_encodings.UTF_8:
        yield "# If letters are wrong, correct the encoding that was recognised."
        yield f"# encoding = {_quoted(recognised)}"


def _column(column: Column) -> str:
    if column.order is Order.CLEAR and column.decimal is Decimal.CLEAR:
        return _quoted(column.field)
    parts = [f"field = {_quoted(column.field)}"]
    if column.order is not Order.CLEAR:
        parts.append(f"dates = {_quoted(column.order)}")
    if column.decimal is not Decimal.CLEAR:
        parts.append(f"decimal = {_quoted(column.decimal)}")
    return f"{{ {', '.join(parts)} }}"


def _quoted(text: str) -> str:
    # A JSON string is a TOML string, but for one control character.
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007F")


def _comment(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:100]


def from_toml(text: str) -> TableMapping:
    """The mapping in a file. Raises `ImportFailed`, which names what is wrong with it."""
    try:
        settings = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ImportFailed(
            f"The mapping is not TOML: {error}.", next_step="Correct it, then try again."
        ) from error
    for name in settings:
        if name not in ("kind", "timezone", "encoding", "columns", "fixed", "types"):
            raise _wrong(f"there is no setting {name!r}")
    kind = _chosen(settings.get("kind"), Kind, "kind")
    mapping = TableMapping(
        kind,
        {name: _read_column(name, value, kind) for name, value in _part(settings, "columns").items()},
        {name: _read_fixed(name, value) for name, value in _part(settings, "fixed").items()},
        {value: _read_type(value, meaning) for value, meaning in _part(settings, "types").items()},
        str(settings.get("timezone", "UTC")),
        values.encoding(settings),
    )
    _check_fixed(mapping)
    return mapping


def _part(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = settings.get(name, {})
    if not isinstance(part, dict):
        raise _wrong(f"{name!r} must be a table, [{name}]")
    return part


def _read_column(name: str, value: object, kind: Kind) -> Column:
    parts: Mapping[str, Any] = value if isinstance(value, dict) else {"field": value}
    if unknown := parts.keys() - {"field", "dates", "decimal"}:
        raise _wrong(f"column {name!r} has no setting {min(unknown)!r}")
    chosen = parts.get("field", LEFT_OUT)
    if chosen not in (*FIELDS[kind], *OTHERS[kind]):
        known = _listed((*FIELDS[kind], *filter(None, OTHERS[kind])))
        raise _wrong(f"column {name!r} can't be {chosen!r}; where one row is {kind.label}, there are {known}")
    return Column(
        chosen,
        _chosen(parts.get("dates", Order.CLEAR), Order, f"dates of column {name!r}"),
        _chosen(parts.get("decimal", Decimal.CLEAR), Decimal, f"decimal of column {name!r}"),
    )


def _read_fixed(name: str, value: object) -> str:
    if name not in FIXED:
        raise _wrong(f"all rows can't share {name!r}, only {_listed(FIXED)}")
    return str(value)


def _read_type(value: str, meaning: object) -> str:
    if meaning not in (*EventType, ASK, IGNORE):
        raise _wrong(f"{value!r} can't mean {meaning!r}; it can mean {_listed((*EventType, IGNORE))}")
    return str(meaning)


def _check_fixed(mapping: TableMapping) -> None:
    zone = mapping.zone
    if kind := mapping.fixed.get("type"):
        _read_type("type", kind)
    if sent_at := mapping.fixed.get("sent_at"):
        try:
            moment(sent_at, zone=zone)
        except ValueError as error:
            raise _wrong(f"sent_at: {error}") from error


def _chosen(value: object, words: type[Chosen], name: str) -> Chosen:
    try:
        return words(str(value))
    except ValueError as error:
        raise _wrong(f"{name} must be one of {_listed([word for word in words if word])}") from error


def _wrong(what: str) -> ImportFailed:
    return ImportFailed(f"The mapping can't be used: {what}.", next_step="Correct it, then try again.")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(str(name)) for name in names[:20])
    return f"{shown} and {formats.count(len(names) - 20)} more" if len(names) > 20 else shown
