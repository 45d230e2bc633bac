"""Loads, newest first."""

import streamlit as st

from mailsight.components import tables
from mailsight.figures import formats
from mailsight.loading.payloads import WEBHOOKS
from mailsight.providers.registry import PROVIDERS
from mailsight.reports import data
from mailsight.reports.data import DataReport, Load
from mailsight.screens import navigation
from mailsight.web.parameters import LOADS_PAGE

from .labels import LIVE_WEBHOOKS, paged, provider_label, source_label

_OWN_FILES = {"bundle": "Bundle", "content": "Campaign e-mail", "archive": "Archive"}
_KINDS = {
    "campaigns": "campaign",
    "customers": "customer",
    "messages": "message",
    "events": "event",
    "e-mails": "archived e-mail",
}
_NO_LOADS = "New loads will be listed here."


def show(report: DataReport) -> None:
    """Loads, newest first, a page at a time."""
    st.header("Loads", anchor="loads")
    rows = [
        tables.Row(
            str(place),
            [
                formats.short_moment(load.loaded_at, navigation.zone()),
                tables.main(_source(load), _files(load), clip=True),
                *map(formats.count, (load.rows, load.new, load.known)),
                _rejected_count(load),
            ],
        )
        for place, load in enumerate(report.loads)
    ]
    columns = [
        tables.Column("Loaded on", fit=True),
        tables.Column("Source"),
        tables.Column("Rows", help="Rows in the files.", right=True, fit=True),
        tables.Column("New", help="Rows added to the database.", right=True, fit=True),
        tables.Column(
            "Existing", help="Rows that were loaded before. They count once.", right=True, fit=True
        ),
        tables.Column("Rejected", help="Rows that could not be loaded.", right=True, fit=True),
    ]
    paged(
        columns,
        rows,
        key="loads",
        page=LOADS_PAGE,
        label="Loads",
        empty=_NO_LOADS,
        footer=_loads_footer(report),
    )


def _loads_footer(report: DataReport) -> str:
    if not report.loads:
        return ""
    shown = formats.things(len(report.loads), "load")
    return f"Latest {shown}" if len(report.loads) == data.MAX_LOADS else shown


def _rejected_count(load: Load) -> tables.Cell:
    return tables.tone(formats.count(load.refused), "bad" if load.refused else "")


def _source(load: Load) -> str:
    if load.source == WEBHOOKS:
        return LIVE_WEBHOOKS
    if load.source not in PROVIDERS:
        return _OWN_FILES.get(load.source) or source_label(load.source)
    return provider_label(load.source)


def _files(load: Load) -> str:
    counts = [(word, load.kinds[kind]) for kind, word in _KINDS.items() if kind in load.kinds]
    kinds = ", ".join(formats.things(rows, word) for word, rows in counts)
    more = load.file_count - len(load.files)
    names = [formats.raw(name, 60) for name in load.files] + [f"{formats.count(more)} more"] * bool(more)
    files = "everything received that day" if load.source == WEBHOOKS else ", ".join(names)
    return " · ".join(part for part in (kinds, files) if part)
