"""What could not be matched or loaded."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mailsight.components import address, tables
from mailsight.components.search_box import search_box
from mailsight.exports import rows as export_rows
from mailsight.exports import writers
from mailsight.exports.writers import Rows
from mailsight.figures import formats
from mailsight.reports import data
from mailsight.reports.data import DataReport, SearchResult
from mailsight.screens import navigation
from mailsight.screens.cached import read
from mailsight.vocabulary import EventType
from mailsight.warehouse.reader import Snapshot
from mailsight.web import audit, downloads, sessions
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.parameters import KEPT_TAB, REJECTED, REJECTED_PAGE, UNMATCHED, UNMATCHED_PAGE, Parameter

from .labels import paged, provider_label


def show(report: DataReport) -> None:
    """What could not be matched or loaded, for people who may see it: it holds personal data."""
    if not sessions.may(Right.KEPT_ROWS):
        return
    st.header("Unmatched and rejected data", anchor="kept")
    tabs = {UNMATCHED: tab(UNMATCHED, report.unattributed), REJECTED: tab(REJECTED, report.refused)}
    on_change = address.follow(
        KEPT_TAB,
        "kept",
        shown=lambda tab: tabs[tab],
        chosen={label: tab for tab, label in tabs.items()}.get,
    )
    unmatched, rejected = st.tabs(list(tabs.values()), on_change=on_change, key="kept")
    with unmatched:
        if unmatched.open:
            unmatched_events()
    with rejected:
        if rejected.open:
            rejected_rows()


def tab(label: str, number: int) -> str:
    """A tab's label with the number of rows in it."""
    return f"{label} · {formats.count(number)}"


def unmatched_events() -> None:
    """Events without a known campaign, with search and export."""
    st.caption(
        "These events don't belong to any campaign or message loaded so far. They are stored and matched automatically "
        "once their campaign or messages are loaded. Opt-outs that name no campaign, such as those from a form, stay "
        "here."
    )
    search, export = _search("unattributed", "Search recipient, message ID or type")
    result = read(data.unattributed, search)
    rows = [
        tables.Row(
            str(place),
            [
                formats.short_moment(event["occurred_at"], navigation.zone()),
                _event_type(event),
                tables.noted(_shown(event["recipient"], "No address"), _shown(event["message_id"], "")),
                formats.raw(_details(event)),
            ],
        )
        for place, event in enumerate(tables.records(result.rows))
    ]
    columns = [
        tables.Column("When", fit=True),
        tables.Column("Event", fit=True),
        tables.Column("Recipient and message ID", whole=True),
        tables.Column("Details", whole=True),
    ]
    _list(
        columns, rows, result, search, key="unattributed", page=UNMATCHED_PAGE, label=UNMATCHED, noun="event"
    )
    with export:
        _export("unattributed", lambda snapshot: export_rows.unattributed(snapshot, search), result, search)


def _event_type(event: dict[Hashable, Any]) -> tables.Cell:
    kind = EventType(event["type"])
    return tables.chip(
        kind.label, kind.colour, title=kind.meaning, note=provider_label(formats.raw(event["provider"], 24))
    )


def _details(event: dict[Hashable, Any]) -> str:
    bounce = event["bounce_type"] and f"{event['bounce_type']} bounce"
    customer = event["customer_id"] and f"customer {event['customer_id']}"
    parts = (
        customer,
        event["url"],
        bounce,
        event["reject_reason"],
        event["smtp_status"],
        event["diagnostic"],
    )
    return " · ".join(str(part) for part in parts if part)


def rejected_rows() -> None:
    """Rows that could not be loaded, with search and export."""
    st.caption(
        "These rows were rejected; the rest of each file was loaded. Fix the problem shown and load the file again: "
        "the fixed rows are added, and rows loaded before still count once."
    )
    search, export = _search("refused", "Search file or reason")
    result = read(data.refused, search)
    rows = [
        tables.Row(
            str(place),
            [
                tables.main(formats.raw(row["file"], 60), formats.line(row["line"])),
                formats.raw(row["reason"]),
                tables.noted("", formats.raw(row["row"] or "", data.MAX_ROW_LENGTH)),
            ],
        )
        for place, row in enumerate(tables.records(result.rows))
    ]
    columns = [
        tables.Column("File and line", fit=True),
        tables.Column("Reason", whole=True),
        tables.Column("Row", whole=True),
    ]
    _list(columns, rows, result, search, key="refused", page=REJECTED_PAGE, label=REJECTED, noun="row")
    with export:
        _export("refused", lambda snapshot: export_rows.refused(snapshot, search), result, search)


def _search(key: str, placeholder: str) -> tuple[str, DeltaGenerator]:
    """The search text, and the container beside the search box."""
    with st.container(horizontal=True, vertical_alignment="center"):
        search = search_box(placeholder, f"{key}:search")
        return search.strip(), st.container(width="content")


def _list(
    columns: Sequence[tables.Column],
    rows: Sequence[tables.Row],
    result: SearchResult,
    search: str,
    *,
    key: str,
    page: Parameter[int],
    label: str,
    noun: str,
) -> None:
    empty = f"No {label.lower()} match this search." if search else f"No {label.lower()}."
    paged(columns, rows, key=key, page=page, label=label, empty=empty, footer=footer(result, noun))


def _export(key: str, read: Callable[[Snapshot], Rows], result: SearchResult, search: str) -> None:
    audit.listed(key, (), result.total, search=search)
    export = Export(key, filters=["search"] if search else [])
    st.download_button(
        "Export as CSV",
        downloads.later(Right.KEPT_ROWS, lambda snapshot: writers.as_csv(read(snapshot)), export, "csv"),
        file_name=f"{key}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        disabled=not result.total,
        key=f"{key}:export",
    )


def footer(result: SearchResult, noun: str) -> str:
    if len(result.rows) == result.total:
        return formats.things(result.total, noun)
    return f"Latest {formats.count(len(result.rows))} of {formats.things(result.total, noun)}. The export includes all."


def _shown(text: str | None, missing: str) -> str:
    return formats.raw(text, 120) if text else missing
