"""The part of the Upload dialog where people say what the columns of an unknown table are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from itertools import islice
from zoneinfo import available_timezones

import streamlit as st

from mailsight import settings
from mailsight.audience import zones
from mailsight.components import tables
from mailsight.errors import MailsightError
from mailsight.figures import formats
from mailsight.importing import uploaded
from mailsight.importing.columns import mapping
from mailsight.importing.columns.amounts import Decimal
from mailsight.importing.columns.conversion import LOADED_AS, Converted
from mailsight.importing.columns.csv import Suggestion
from mailsight.importing.columns.fields import FIELDS, OTHERS, Kind
from mailsight.importing.columns.mapping import ASK, IGNORE, Column, TableMapping
from mailsight.importing.columns.profiles import Profile
from mailsight.importing.dates import Order
from mailsight.importing.recognition import Export
from mailsight.importing.sources import Value
from mailsight.loading import child, uploads
from mailsight.loading.uploads import UploadedFile
from mailsight.mime import text_encodings
from mailsight.screens import navigation
from mailsight.vocabulary import EventType

# Tables with more columns are rare, and their last columns seldom matter.
MAX_COLUMNS = 100
MAX_QUESTIONS = 5
PREVIEW_ROWS = 20
_TIMES = ("time", "happened")
_TYPES = {str(kind): kind.label for kind in EventType}


def inspected(files: Sequence[UploadedFile], key: str) -> Export | Suggestion | None:
    """What to ask people about the files: what an export leaves open, or what the columns of an unknown table are.

    They are read once, in a process of their own, and again if another encoding is chosen. Files that can't be read are
    left to the load, which says why.
    """
    place = f"{key}:columns"
    names = [(file.name, getattr(file, "file_id", None)) for file in files]
    result: Export | Suggestion | None
    earlier_names, result = st.session_state.get(place, (None, None))
    is_new = names != earlier_names
    encoding = None if is_new else st.session_state.get(f"{key}:encoding")
    if is_new or (result and encoding not in (None, result.encoding)):
        with st.spinner("Looking at the files"):
            result = _inspected(files, encoding)
        st.session_state[place] = names, result
    return result


def _inspected(files: Sequence[UploadedFile], encoding: str | None) -> Export | Suggestion | None:
    with uploads.temporary_folder() as folder:
        try:
            saved = uploads.save(files, folder)
            database = settings.from_environment().database
            return child.run(
                partial(uploaded.inspected, saved, database, uploads.MAX_UNPACKED_BYTES, encoding)
            )
        except MailsightError:
            return None
        finally:
            for file in files:
                file.seek(0)


def options(export: Export, key: str) -> dict[str, str]:
    """Ask for the time zone and the encoding of an export, if it doesn't name them."""
    chosen = {}
    st.caption(f"Recognised as an export from {formats.plain(export.label)}.")
    if export.lacks_zone:
        st.caption(
            f"Times in this export name no time zone. Choose the one of your {formats.plain(export.label)} account."
        )
        chosen["timezone"] = _zone_of((*_own_zone(), "UTC"), f"{key}:timezone")
    if encoding := _encoding(export.encoding, key):
        chosen["encoding"] = encoding
    return chosen


def choose(suggested: Suggestion, key: str) -> TableMapping | None:
    """Show what the columns seem to be, and the first rows as they would be loaded. Returns a mapping if complete."""
    st.markdown(f"**What is in {formats.plain(suggested.table)}?**")
    st.caption(
        "These columns were loaded before, so the same choices are made for this file."
        if suggested.is_kept
        else "Mailsight doesn't know these columns. Check what it suggests, and correct what is wrong."
    )
    _encoding(suggested.encoding, key)
    key = f"{key}:{mapping.key(suggested.header)}"
    kinds = tuple(Kind)
    kind = st.selectbox(
        "One row is",
        kinds,
        index=kinds.index(suggested.mapping.kind),
        format_func=lambda kind: kind.label,
        key=f"{key}:kind",
    )
    st.caption(kind.meaning)
    key = f"{key}:{kind}"
    chosen = _columns(suggested, suggested.as_kind(kind), key)
    chosen = replace(
        chosen, types=_types(suggested, chosen, key), timezone=_time_zone(suggested, chosen, key)
    )
    chosen = _fixed(chosen, key)
    open_questions = mapping.questions(chosen)
    _preview(suggested, chosen)
    for question in open_questions[:MAX_QUESTIONS]:
        st.info(formats.plain(question.text), icon=":material/help:")
    return None if open_questions else chosen


def _encoding(encoding: str | None, key: str) -> str | None:
    """Show the encoding that a CSV file seems to have, unless it is UTF-8, and let people choose another."""
    if encoding is None or encoding == text_encodings.UTF_8:
        return None
    labels = {encoding: encoding} | text_encodings.CHOICES
    return st.selectbox(
        "Letters are encoded as",
        list(labels),
        index=list(labels).index(encoding),
        format_func=lambda name: labels[name],
        help="Choose another encoding if letters such as é or ł are wrong below.",
        key=f"{key}:encoding",
    )


def _columns(suggested: Suggestion, at_first: TableMapping, key: str) -> TableMapping:
    """A choice for each column, with examples of its values."""
    chosen = dict(at_first.columns)
    kind = at_first.kind
    choices = [*FIELDS[kind], *OTHERS[kind]]
    labels = {name: field.label for name, field in FIELDS[kind].items()} | dict(OTHERS[kind])
    left, right = st.columns(2)
    for place, (name, column) in enumerate(islice(at_first.columns.items(), MAX_COLUMNS)):
        profile = suggested.survey.profiles[name]
        with left if place % 2 == 0 else right:
            field = st.selectbox(
                formats.plain(name),
                choices,
                index=choices.index(column.field),
                format_func=lambda field: labels[field],
                key=f"{key}:column:{place}",
            )
            examples = ", ".join(formats.plain(formats.raw(text, 30)) for text in profile.examples)
            st.caption(examples or "No values")
            chosen[name] = _written(
                name, profile, _as_suggested(profile, column, field, kind), kind, f"{key}:{place}"
            )
    if len(at_first.columns) > MAX_COLUMNS:
        st.caption(
            f"The other {formats.count(len(at_first.columns) - MAX_COLUMNS)} columns are treated as suggested."
        )
    return replace(at_first, columns=chosen)


def _as_suggested(profile: Profile, column: Column, field: str, kind: Kind) -> Column:
    """The column with another field, and what is known of how its values are written."""
    if field == column.field:
        return column
    form = FIELDS[kind][field].form if field in FIELDS[kind] else ""
    order = profile.order if form in _TIMES else Order.CLEAR
    return Column(field, order, profile.decimal if form == "amount" else Decimal.CLEAR)


def _written(name: str, profile: Profile, column: Column, kind: Kind, key: str) -> Column:
    """Ask how dates or numbers are written, if their values don't tell."""
    form = FIELDS[kind][column.field].form if column.field in FIELDS[kind] else ""
    if form in _TIMES and Order.ASK in (column.order, profile.order):
        orders = [Order.DAY_FIRST, Order.MONTH_FIRST]
        order = st.radio(
            f"Dates in {formats.plain(name)} begin with",
            orders,
            index=orders.index(column.order) if column.order in orders else None,
            format_func=lambda order: "the day" if order is Order.DAY_FIRST else "the month",
            horizontal=True,
            key=f"{key}:order",
        )
        return replace(column, order=order or Order.ASK)
    if form == "amount" and Decimal.ASK in (column.decimal, profile.decimal):
        marks = [Decimal.POINT, Decimal.COMMA]
        decimal = st.radio(
            f"Decimals in {formats.plain(name)} follow",
            marks,
            index=marks.index(column.decimal) if column.decimal in marks else None,
            format_func=lambda mark: "a point" if mark is Decimal.POINT else "a comma",
            horizontal=True,
            key=f"{key}:decimal",
        )
        return replace(column, decimal=decimal or Decimal.ASK)
    return column


def _types(suggested: Suggestion, chosen: TableMapping, key: str) -> Mapping[str, str]:
    """What the values of the column of types mean: unknown ones are asked about, the others can be changed."""
    columns = chosen.columns_of("type")
    if not columns:
        return {}
    values = suggested.survey.profiles[columns[0]].words
    types = mapping.types_of(values) | {
        value: chosen.types[value] for value in values if value in chosen.types
    }
    unknown = [value for value, meaning in types.items() if meaning == ASK]
    known = [value for value in types if value not in unknown]
    answers = {value: _type(value, None, key) for value in unknown}
    if known:
        with st.expander("What the values mean"):
            answers |= {value: _type(value, types[value], key) for value in known}
    return types | answers


def _type(value: str, meaning: str | None, key: str) -> str:
    choices = [*_TYPES, IGNORE]
    answer = st.selectbox(
        f"{formats.plain(formats.raw(value, 60))} means",
        choices,
        index=None if meaning is None else choices.index(meaning),
        format_func=lambda choice: "Leave these rows out" if choice == IGNORE else _TYPES[choice],
        placeholder="Choose what happened",
        key=f"{key}:type:{value}",
    )
    return answer or ASK


def _time_zone(suggested: Suggestion, chosen: TableMapping, key: str) -> str:
    """The time zone of times that don't name theirs; asked about only if there are any."""
    fields = FIELDS[chosen.kind]
    times = [
        name
        for name, column in chosen.columns.items()
        if column.field in fields and fields[column.field].form in _TIMES
    ]
    if all(suggested.survey.profiles[name].has_zone for name in times) and not chosen.fixed.get("sent_at"):
        return chosen.timezone
    own = _own_zone()
    likely = [chosen.timezone, *own] if suggested.is_kept else [*own, chosen.timezone]
    return _zone_of((*likely, "UTC"), f"{key}:timezone")


def _own_zone() -> list[str]:
    """The viewer's time zone, if it is known."""
    own = zones.known(navigation.zone())
    return [own] if own else []


def _zone_of(likely: Sequence[str], key: str) -> str:
    """Ask for a time zone: the likely ones first, then all others."""
    choices = list(dict.fromkeys((*likely, *sorted(available_timezones()))))
    return st.selectbox("Time zone", choices, key=key)


def _fixed(chosen: TableMapping, key: str) -> TableMapping:
    """Ask for what all rows have in common, if no column says it."""
    needed = mapping.fixed_fields(chosen)
    fixed = {name: text for name, text in chosen.fixed.items() if name in (*needed, "provider", "source")}
    for field in needed:
        at_first = fixed.get(field, "")
        if field == "campaign_id":
            text = st.text_input("Campaign", at_first, max_chars=200, key=f"{key}:fixed:{field}")
            fixed[field] = text.strip()
        elif field == "type":
            fixed[field] = _type_of_all(at_first, key)
        else:
            fixed[field] = _sent_at(at_first, key)
    return replace(chosen, fixed={name: text for name, text in fixed.items() if text})


def _type_of_all(at_first: str, key: str) -> str:
    choices = list(_TYPES)
    answer = st.selectbox(
        "What happened",
        choices,
        index=choices.index(at_first) if at_first in choices else None,
        format_func=lambda choice: _TYPES[choice],
        placeholder="Choose what happened",
        key=f"{key}:fixed:type",
    )
    return answer or ""


def _sent_at(at_first: str, key: str) -> str:
    moment = datetime.fromisoformat(at_first) if at_first else None
    chosen = st.datetime_input(
        "Sent at", moment, min_value=date(1985, 1, 1), format="YYYY-MM-DD", key=f"{key}:fixed:sent_at"
    )
    return chosen.isoformat(" ") if chosen else ""


def _preview(suggested: Suggestion, chosen: TableMapping) -> None:
    """Show the first rows as they would be loaded, and why those that can't be used are rejected."""
    converted = suggested.preview(chosen)
    kinds: dict[str, list[Mapping[str, Value]]] = {}
    for row in converted:
        for kind, entry in row.entries:
            kinds.setdefault(kind, []).append(entry)
    st.markdown("**The first rows as they would be loaded**")
    for kind, rows in sorted(kinds.items(), key=lambda item: item[0] != LOADED_AS[chosen.kind]):
        st.caption(f"{formats.things(len(rows), kind.removesuffix('s'))}" if kind != "totals" else "Totals")
        names = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in _HIDDEN]
        tables.table(
            [tables.Column(_LABELS.get(name) or formats.raw(name, 40)) for name in names],
            [
                tables.Row(str(place), [_cell(row.get(name)) for name in names])
                for place, row in enumerate(rows[:PREVIEW_ROWS])
            ],
            key=f"preview:{kind}",
            label=f"Preview of {kind}",
            stacks=False,
        )
    _rejected([row for row in converted if row.reason is not None])
    if not converted:
        st.caption("The file has no rows.")


# What is made up for each event is of no interest here.
_HIDDEN = ("event_id", "provider", "source")
_LABELS = {
    name: f"{field.label} (UTC)" if field.form == "time" else field.label
    for kind in reversed(Kind)
    for name, field in FIELDS[kind].items()
} | {"recipient": "E-mail address", "name": "Name", "merge_fields": "Merge fields"}


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case str() if value in _TYPES:
            return _TYPES[value]
        case _:
            return formats.raw(str(value), 60)


def _rejected(rows: Sequence[Converted]) -> None:
    if not rows:
        return
    st.caption(f"{formats.things(len(rows), 'row')} of these would be rejected.")
    tables.table(
        [tables.Column("Line", fit=True), tables.Column("Reason", whole=True)],
        [
            tables.Row(str(place), [formats.count(row.row.line), formats.raw(row.reason or "")])
            for place, row in enumerate(rows)
        ],
        key="preview:rejected",
        label="Rows that would be rejected",
    )
