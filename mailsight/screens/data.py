"""The parts of the page Data: what is here, live webhooks, what was loaded, events by provider, what found no place."""

from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mailsight import settings
from mailsight.charts import events as event_charts
from mailsight.components import tables
from mailsight.components.paging import Paging
from mailsight.components.search_box import search_box
from mailsight.exports import rows as export_rows
from mailsight.exports import writers
from mailsight.exports.writers import Rows
from mailsight.figures import formats
from mailsight.loading import spool
from mailsight.loading.payloads import WEBHOOKS
from mailsight.providers.registry import PROVIDERS
from mailsight.reports import data
from mailsight.reports.data import DataReport, Load, ProviderEvents, SearchResult
from mailsight.vocabulary import EventType
from mailsight.warehouse.reader import Snapshot
from mailsight.warehouse.served import warehouse
from mailsight.web import routes

from . import navigation
from .cached import read

ROWS_A_PAGE = 10
LIVE_WEBHOOKS, LOADS, UNATTRIBUTED = "Live webhooks", "What was loaded", "Unattributed events"
_CARDS = {
    "campaigns": ("Campaigns", "Mailings, sent or planned."),
    "customers": ("Customers", "People with details of their own."),
    "messages": ("Messages", "A customer whom a campaign selected, mailed or not."),
    "events": ("Events", "What happened to messages: delivered, opened, clicked and so on."),
}
_OWN_FILES = {"bundle": "Bundle", "content": "E-mail of a campaign"}
_NO_LOADS = "What is loaded from now on is listed here."
_NO_PROVIDER = "No provider named"


def nothing_here(*, may_upload: bool) -> None:
    """The page of an installation into which nothing was loaded yet."""
    st.info("Nothing was loaded yet.", icon=":material/database_off:")
    ways = ["**Upload** a bundle or a provider's file with the button above."] * may_upload + [
        "`python -m mailsight load BUNDLE` loads a folder on the server, `ingest` a provider's files.",
        "To look around first, `python -m mailsight sample` makes sample data.",
    ]
    st.markdown("\n".join(f"- {way}" for way in ways))
    st.subheader(LIVE_WEBHOOKS, anchor="webhooks")
    webhooks()


def tab(label: str, number: int) -> str:
    """The name of a tab with how much is behind it."""
    return f"{label} · {formats.count(number)}"


def cards(report: DataReport) -> None:
    """How much there is of everything."""
    with st.container(border=True, key="totals"), st.grid(len(_CARDS), min_column_width=105, gap="small"):
        for table, (label, meaning) in _CARDS.items():
            st.metric(label, formats.count(report.rows[table]), help=meaning)


def webhooks() -> None:
    """Which providers may send their events here, what of it waits to be loaded, and what went wrong the last time."""
    names = sorted(routes.webhook_secrets())
    waiting = spool.beside(settings.from_environment().database)
    if names:
        st.caption("What these send to their addresses shows in the figures within a minute.")
        tables.table(
            [tables.Column("Provider, and the address to give to it")],
            [
                tables.Row(name, [tables.main(PROVIDERS[name].label, routes.webhook_address(name))])
                for name in names
            ],
            key="webhooks",
            label=LIVE_WEBHOOKS,
        )
    else:
        st.caption(
            "No provider is set up to send its events here the moment they happen; docs/providers.md shows how."
        )
    if names or waiting.exists:
        _waiting(waiting)


def _waiting(waiting: spool.Spool) -> None:
    state, error = waiting.state(), waiting.last_error()
    if not state.requests:
        st.caption(":material/check_circle: Nothing waits: all that came is loaded.")
    else:
        age = f", the oldest came {formats.ago(_age_seconds(state.oldest_at))}" if state.oldest_at else ""
        st.caption(
            f":material/hourglass_top: {formats.things(state.requests, 'request')} "
            f"({formats.size(state.size_bytes)}) to be loaded{age}."
        )
    if error:
        st.warning(
            f"**Loading failed {formats.ago(_age_seconds(error.at))}**: {formats.plain(formats.raw(error.text))}",
            icon=":material/error:",
        )
        st.caption(
            "Nothing is lost: what came waits on the disk, and loading is tried again by itself. When it fails again, "
            "look whether the disk is full and what the server's log says."
        )


def _age_seconds(at: datetime) -> float:
    return (datetime.now(UTC) - at).total_seconds()


def loads(report: DataReport) -> None:
    """What was loaded, newest first, a page at a time."""
    rows = [
        tables.Row(
            str(place),
            [
                formats.short_moment(load.loaded_at, navigation.zone()),
                tables.main(_source(load), _files(load), clip=True),
                *map(formats.count, (load.rows, load.new, load.known)),
                _refused_count(load),
            ],
        )
        for place, load in enumerate(report.loads)
    ]
    columns = [
        tables.Column("When", fit=True),
        tables.Column("From"),
        tables.Column("Rows", help="Rows that were read.", right=True, fit=True),
        tables.Column("New", help="Rows that were not here before.", right=True, fit=True),
        tables.Column("Known", help="Rows that were here already; they count once.", right=True, fit=True),
        tables.Column("Refused", help="Rows that could not be used.", right=True, fit=True),
    ]
    _paged(columns, rows, key="loads", label=LOADS, empty=_NO_LOADS, foot=_loads_foot(report))


def _loads_foot(report: DataReport) -> str:
    if not report.loads:
        return ""
    shown = formats.things(len(report.loads), "load")
    return f"The latest {shown}" if len(report.loads) == data.MAX_LOADS else shown


def _refused_count(load: Load) -> tables.Cell:
    return tables.tone(formats.count(load.refused), "down" if load.refused else "")


def _source(load: Load) -> str:
    if load.source == WEBHOOKS:
        return LIVE_WEBHOOKS
    return _OWN_FILES.get(load.source) or provider_label(load.source)


def _files(load: Load) -> str:
    counts = [(kind, load.kinds[kind]) for kind in _CARDS if kind in load.kinds]
    kinds = ", ".join(formats.things(rows, kind.removesuffix("s")) for kind, rows in counts)
    more = load.file_count - len(load.files)
    names = [formats.raw(name, 60) for name in load.files] + [f"{formats.count(more)} more"] * bool(more)
    files = "all of that day" if load.source == WEBHOOKS else ", ".join(names)
    return " · ".join(part for part in (kinds, files) if part)


def events(report: DataReport) -> None:
    """Of what each provider's events are made up, and the exact counts."""
    if not report.providers:
        st.info("No event was loaded yet.", icon=":material/schedule:")
        return
    st.plotly_chart(
        event_charts.chart([(provider_label(one.provider), one.counts) for one in report.providers]),
        config={"displayModeBar": False, "scrollZoom": False},
        alt="Of what each provider's events are made up; the table below has the counts",
        key="events_by_provider",
    )
    _event_counts(report.providers, report)


def _event_counts(providers: Sequence[ProviderEvents], report: DataReport) -> None:
    several = len(providers) > 1
    labels = [formats.raw(provider_label(one.provider), 24) for one in providers]
    sums = {kind: sum(one.counts.get(kind, 0) for one in providers) for kind in event_charts.EVENTS_ORDER}
    rows = [
        tables.Row(
            kind.value,
            [
                tables.chip(kind.label, kind.colour, title=kind.meaning),
                *([formats.count(one.counts.get(kind, 0)) for one in providers] if several else []),
                formats.count(number),
                formats.short_moment(report.latest[kind], navigation.zone()),
            ],
        )
        for kind, number in sums.items()
        if number
    ]
    columns = [
        tables.Column("Event", fit=not several),
        *([tables.Column(label, right=True, fit=True) for label in labels] if several else []),
        tables.Column("All providers" if several else labels[0], right=True, fit=several),
        tables.Column("Latest", right=True, fit=True),
    ]
    tables.table(columns, rows, key="event_counts", label="Events by provider and type", stacks=False)


def provider_label(name: str) -> str:
    """A provider's own spelling; what a file calls a provider may be anything."""
    if name == data.OTHERS:
        return "All others"
    return PROVIDERS[name].label if name in PROVIDERS else name or _NO_PROVIDER


def unattributed() -> None:
    """The events whose campaign can't be told yet, to search and to take along."""
    st.caption(
        "These events name no campaign, and no message that is known is theirs. They are kept, and find their place by "
        "themselves when the campaign or its messages are loaded."
    )
    wanted, export = _search("unattributed", "Search recipient, message id or type")
    found = read(data.unattributed, wanted)
    rows = [
        tables.Row(
            str(place),
            [
                formats.short_moment(event["occurred_at"], navigation.zone()),
                _event_type(event),
                tables.noted(_shown(event["recipient"], "No address"), _shown(event["message_id"], "")),
                formats.raw(_told(event)),
            ],
        )
        for place, event in enumerate(tables.records(found.rows))
    ]
    columns = [
        tables.Column("When", fit=True),
        tables.Column("Event", fit=True),
        tables.Column("Recipient and message id", whole=True),
        tables.Column("What else is known", whole=True),
    ]
    _paged(
        columns,
        rows,
        key="unattributed",
        label=UNATTRIBUTED,
        empty=_nothing(wanted),
        foot=_foot(found, "event"),
    )
    with export:
        _export("unattributed", lambda snapshot: export_rows.unattributed(snapshot, wanted), found)


def _event_type(event: dict[Hashable, Any]) -> tables.Cell:
    kind = EventType(event["type"])
    return tables.chip(
        kind.label, kind.colour, title=kind.meaning, note=provider_label(formats.raw(event["provider"], 24))
    )


def _told(event: dict[Hashable, Any]) -> str:
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


def refused() -> None:
    """The rows that could not be used, to search and to take along."""
    st.caption(
        "These rows could not be used; all others of their files were. Mend what the reason says and load the file "
        "again: what is known stays, the mended rows are added."
    )
    wanted, export = _search("refused", "Search file or reason")
    found = read(data.refused, wanted)
    rows = [
        tables.Row(
            str(place),
            [
                tables.main(formats.raw(row["file"], 60), f"line {formats.count(row['line'])}"),
                formats.raw(row["reason"]),
                tables.noted("", formats.raw(row["row"] or "", data.MAX_ROW_LENGTH)),
            ],
        )
        for place, row in enumerate(tables.records(found.rows))
    ]
    columns = [
        tables.Column("File and line", fit=True),
        tables.Column("Reason", whole=True),
        tables.Column("The row", whole=True),
    ]
    _paged(
        columns,
        rows,
        key="refused",
        label=navigation.REFUSED_ROWS,
        empty=_nothing(wanted),
        foot=_foot(found, "row"),
    )
    with export:
        _export("refused", lambda snapshot: export_rows.refused(snapshot, wanted), found)


def _search(key: str, placeholder: str) -> tuple[str, DeltaGenerator]:
    """What is searched for, and the place beside the search box."""
    with st.container(horizontal=True, vertical_alignment="center"):
        wanted = search_box(placeholder, f"{key}:search")
        return wanted.strip(), st.container(width="content")


def _export(key: str, read: Callable[[Snapshot], Rows], found: SearchResult) -> None:
    def content() -> bytes:
        with warehouse().snapshot() as snapshot:
            return writers.as_csv(read(snapshot))

    st.download_button(
        "Export as CSV",
        content,
        file_name=f"{key}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        disabled=not found.total,
        key=f"{key}:export",
    )


def _paged(
    columns: Sequence[tables.Column],
    rows: Sequence[tables.Row],
    *,
    key: str,
    label: str,
    empty: str,
    foot: str,
) -> None:
    """The table, a page at a time."""
    paging = Paging(f"{key}:page", ROWS_A_PAGE, narrow=True)
    first = paging.first(len(rows))
    shown = rows[first : first + ROWS_A_PAGE]
    tables.table(columns, shown, key=key, label=label, empty=empty)
    paging.foot(foot, len(rows))


def _foot(found: SearchResult, noun: str) -> str:
    if len(found.rows) == found.total:
        return formats.things(found.total, noun)
    return f"The latest {formats.count(len(found.rows))} of {formats.things(found.total, noun)}; the export has all."


def _nothing(wanted: str) -> str:
    return "Nothing fits this search." if wanted else "There are none."


def _shown(text: str | None, missing: str) -> str:
    return formats.raw(text, 120) if text else missing
