"""The audit: a search, its entries from the newest on, and an export. For admins only."""

from datetime import datetime
from functools import partial
from typing import BinaryIO

import streamlit as st

from mailsight.components import address, days, tables
from mailsight.components.export_button import file_menu
from mailsight.components.search_box import search_box
from mailsight.exports import audit as audit_export
from mailsight.exports import audit_words, writers
from mailsight.exports.jobs import OnProgress
from mailsight.exports.lists import LIST_FORMATS, Format
from mailsight.figures import formats
from mailsight.state.audit import COMMAND_LINE, SCHEDULE, SHARED_LINK, Action, Entry, Search
from mailsight.vocabulary import Audience, Role
from mailsight.warehouse.reader import Snapshot
from mailsight.web import addresses, audit
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.parameters import AUDIT_ACTION, AUDIT_BEFORE, AUDIT_SUBJECT

from . import navigation

ROWS_A_PAGE = 50
NOBODY, ERASED = "Without sign-in", "erased"
_FROM_START = (AUDIT_BEFORE, None)


def entries() -> None:
    """The search, and the entries that match it, a page at a time."""
    search = _search()
    before = address.value(AUDIT_BEFORE)
    shown = audit.current().entries(search, before=before, size=ROWS_A_PAGE + 1)
    total = audit.current().count(search)
    audit.viewed(Action.READ_AUDIT, filters=list(search.values))
    zone = navigation.zone()
    tables.table(
        [
            tables.Column("When", fit=True, whole=True),
            tables.Column("Person", whole=True),
            tables.Column("Action", fit=True),
            tables.Column("Campaign and customer", whole=True),
            tables.Column("Details", whole=True),
        ],
        [_row(entry, zone) for entry in shown[:ROWS_A_PAGE]],
        key="audit",
        label="Entries of the audit",
        empty="No entries match. Clear the search to see all.",
    )
    with st.container(horizontal=True, vertical_alignment="center", key="audit_foot"):
        st.caption(formats.things(total, "entry", "entries"), width="content")
        st.button("Newest", icon=":material/first_page:", disabled=before is None, on_click=_go, args=(None,))
        last = shown[ROWS_A_PAGE - 1].entry if len(shown) > ROWS_A_PAGE else None
        st.button("Older", icon=":material/chevron_right:", disabled=last is None, on_click=_go, args=(last,))
        _export_button(search)


def _go(before: int | None) -> None:
    address.change((AUDIT_BEFORE, before))


def _search() -> Search:
    """The search. The address has all of it but the person."""
    person_column, action_column, subject_column, date_column = st.columns([3, 3, 3, 3])
    with person_column:
        typed = search_box("Address or ID", "audit_person", label="Person", shows_label=True, persist=True)
    with action_column:
        action = st.selectbox(
            "Action",
            list(Action),
            index=None,
            format_func=lambda action: action.label,
            placeholder="All actions",
            key="audit_action",
            on_change=address.follow(AUDIT_ACTION, "audit_action", _FROM_START),
        )
    with subject_column:
        subject = search_box(
            "Campaign or customer ID",
            "audit_subject",
            label="About",
            shows_label=True,
            parameter=AUDIT_SUBJECT,
            also=[_FROM_START],
            finds=lambda text: audit.current().count(Search(subject=text.strip())) > 0,
        )
    with date_column:
        since, until = days.chosen("Days", "audit_days", _FROM_START)
    text = typed.strip()
    # Addresses are recorded in lower case, ids (`ID 17 at ...`) as they are.
    person = text.lower() if "@" in text and " " not in text else text
    return Search(person, action, subject.strip(), since, until)


def _row(entry: Entry, zone: str | None) -> tables.Row:
    return tables.Row(
        str(entry.entry),
        [
            formats.precise_moment(entry.occurred_at, zone),
            tables.main(_person(entry.person), _label(Role, entry.role)),
            _label(Action, entry.action),
            _subject(entry),
            formats.raw(audit_words.described(entry.details)),
        ],
    )


def _subject(entry: Entry) -> tables.Cell | str:
    """The customer, or else the campaign, as a link; with the campaign below the customer."""
    if entry.customer_id.startswith("erased:"):
        return tables.main(ERASED, entry.campaign_id)
    if entry.customer_id:
        href = addresses.customer(entry.customer_id, Audience.HUMAN)
        return tables.main(entry.customer_id, entry.campaign_id, href=href)
    if entry.campaign_id:
        return tables.main(entry.campaign_id, href=addresses.campaign(entry.campaign_id, Audience.HUMAN))
    return ""


def _person(name: str) -> str:
    """Who that is: an address or an id, or in words what isn't a person."""
    return name.capitalize() if name in (COMMAND_LINE, SCHEDULE, SHARED_LINK) else name or NOBODY


def _label(words: type[Action | Role], value: str) -> str:
    """What a word is called; a word of a newer version is its own label."""
    return next((word.label for word in words if word == value), value)


def _export_button(search: Search) -> None:
    def write(form: Format, _: Snapshot, output: BinaryIO, on_progress: OnProgress) -> str:
        rows = audit_export.rows(audit.current(), search)
        return writers.write(rows, form, output, lambda done: on_progress(done, rows.total))

    file_menu(
        "audit",
        "Export",
        ("audit", f"{datetime.now(formats.zone(navigation.zone())):%Y-%m-%d}"),
        LIST_FORMATS,
        Right.AUDIT,
        lambda _: Export("audit", filters=list(search.values)),
        lambda form, _: partial(write, form),
        unit="entries",
        icon=":material/download:",
    )
