"""Sections of the Data page: totals, live webhooks, loads, events by provider, unmatched and rejected data."""

from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mailsight import settings
from mailsight.backups import space
from mailsight.charts import events as event_charts
from mailsight.components import address, tables
from mailsight.components.paging import Paging
from mailsight.components.search_box import search_box
from mailsight.errors import MailsightError
from mailsight.exports import rows as export_rows
from mailsight.exports import writers
from mailsight.exports.writers import Rows
from mailsight.figures import formats
from mailsight.importing import registry, schedule
from mailsight.importing.schedule import Outcome
from mailsight.importing.sources import Gap
from mailsight.loading import health, spool
from mailsight.loading.payloads import WEBHOOKS
from mailsight.providers.registry import PROVIDERS
from mailsight.reports import data
from mailsight.reports.data import DataReport, Import, Load, ProviderEvents, SearchResult
from mailsight.vocabulary import EventType
from mailsight.warehouse.reader import Snapshot
from mailsight.web import audit, configuration, downloads, routes, sessions
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.parameters import (
    KEPT_TAB,
    LOADS_PAGE,
    REJECTED,
    REJECTED_PAGE,
    UNMATCHED,
    UNMATCHED_PAGE,
    Parameter,
)

from . import navigation
from .cached import read
from .frame import ASK_ADMIN

ROWS_PER_PAGE = 10
LIVE_WEBHOOKS, IMPORTS, LOADS, DISK_SPACE = "Live webhooks", "Imports", "Loads", "Disk space"
_CARDS = {
    "campaigns": ("Campaigns", "Campaigns that were sent or are planned."),
    "customers": ("Customers", "People in the customer data you loaded."),
    "messages": ("Messages", "One for each customer a campaign selected, whether it was sent or not."),
    "events": ("Events", "Everything that happened to messages: delivered, opened, clicked and so on."),
}
_OWN_FILES = {"bundle": "Bundle", "content": "Campaign e-mail", "archive": "Archive"}
_KINDS = {**{kind: kind.removesuffix("s") for kind in _CARDS}, "e-mails": "archived e-mail"}
_NO_LOADS = "New loads will be listed here."
_NO_PROVIDER = "Provider not specified"


def nothing_here(*, may_upload: bool) -> None:
    """Show how to load data into an installation that has none yet."""
    st.info("No data has been loaded yet.", icon=":material/database_off:")
    upload = "**Upload** a bundle or provider files with the button above." if may_upload else ASK_ADMIN
    ways = [
        upload,
        "On the server, run `python -m mailsight load BUNDLE` to load a folder, or `ingest` to load provider files.",
        "Just looking around? Run `python -m mailsight sample` to create sample data.",
    ]
    st.markdown("\n".join(f"- {way}" for way in ways))
    st.header(LIVE_WEBHOOKS, anchor="webhooks")
    webhooks()


def tab(label: str, number: int) -> str:
    """A tab's label with the number of rows in it."""
    return f"{label} · {formats.count(number)}"


def cards(report: DataReport) -> None:
    """Row counts of the main tables."""
    with st.container(border=True, key="totals"), st.grid(len(_CARDS), min_column_width=105, gap="small"):
        for table, (label, meaning) in _CARDS.items():
            st.metric(label, formats.count(report.rows[table]), help=meaning)


def disk() -> None:
    """A warning while the disk is nearly full."""
    for sentence in health.warnings(settings.from_environment().database):
        st.warning(
            f"**{sentence}** Free some space, or move the data to a larger disk. While there isn't enough, nothing "
            "can be loaded; what is here stays as it is.",
            icon=":material/hard_drive:",
        )


def disk_space() -> None:
    """For those who look after the data: what it takes, and when it was last backed up."""
    if not sessions.may(Right.UPLOADS):
        return
    st.header(DISK_SPACE, anchor="space")
    try:
        taken = space.space(settings.from_environment().database)
    except (MailsightError, OSError):
        return  # The pages say what is wrong with the database.
    parts = [
        ("Database", "What the pages show.", taken.database_bytes),
        ("Previous database", "Kept until the next load.", taken.earlier_bytes),
        ("Waiting webhooks", "Not loaded yet, or set aside.", taken.webhooks_bytes),
        ("Loaded webhooks", "Kept until the next backup.", taken.loaded_bytes),
        (
            "Kept copies",
            "From before updates and restored backups. Delete them when you no longer need them.",
            taken.kept_bytes,
        ),
        ("Free", "Each load needs up to three times the database for a moment.", taken.free_bytes),
    ]
    tables.table(
        [tables.Column("What", whole=True), tables.Column("Size", right=True, fit=True)],
        [
            tables.Row(label, [tables.main(label, meaning), formats.size(size_bytes)])
            for label, meaning, size_bytes in parts
            if size_bytes
        ],
        key="space",
        label=DISK_SPACE,
    )
    if taken.last_backup_at:
        st.caption(f":material/check_circle: Backed up {formats.ago(_age_seconds(taken.last_backup_at))}.")
    else:
        st.caption(
            "No backup has been made yet. On the server, run `python -m mailsight backup FOLDER`. Each backup "
            f"takes about as much space as the database ({formats.size(taken.database_bytes)})."
        )


def webhooks() -> None:
    """Webhook URLs of the configured providers, requests waiting to be loaded, and the last error."""
    names = sorted(routes.webhook_secrets())
    waiting = spool.beside(settings.from_environment().database)
    if names:
        st.caption("Events sent to these URLs appear in the figures within half a minute.")
        tables.table(
            [tables.Column("Provider and webhook URL")],
            [
                tables.Row(name, [tables.main(PROVIDERS[name].label, routes.webhook_address(name))])
                for name in names
            ],
            key="webhooks",
            label=LIVE_WEBHOOKS,
        )
    else:
        st.caption(
            "No provider is set up to send events as they happen. See docs/providers.md to connect one."
        )
    if names or waiting.exists:
        _waiting(waiting)


def _waiting(waiting: spool.Spool) -> None:
    state = waiting.state()
    error = state.error
    if not state.requests:
        st.caption(":material/check_circle: All received events have been loaded.")
    else:
        age = f", the oldest received {formats.ago(_age_seconds(state.oldest_at))}" if state.oldest_at else ""
        st.caption(
            f":material/hourglass_top: {formats.things(state.requests, 'request')} "
            f"({formats.size(state.size_bytes)}) waiting to be loaded{age}."
        )
    if error:
        st.warning(
            f"**Loading failed {formats.ago(_age_seconds(error.at))}**: {formats.plain(formats.raw(error.text))}",
            icon=":material/error:",
        )
        st.caption(
            "No events are lost: they are stored on disk, and loading is retried automatically. If it keeps failing, "
            "check the free disk space and the server log."
        )
    if state.set_aside:
        _set_aside(state.set_aside)


def _set_aside(segments: Sequence[spool.SetAside]) -> None:
    """What could not be loaded and is kept beside the spool."""
    requests = formats.things(sum(segment.requests for segment in segments), "request")
    st.warning(
        f"**{requests} could not be loaded and {'was' if requests.startswith('1 ') else 'were'} set aside.** "
        f"All others were loaded. The last reason: {formats.plain(formats.raw(segments[-1].reason))}",
        icon=":material/inventory_2:",
    )
    st.caption(
        f"Nothing is lost: the requests are in {formats.plain(segments[0].path.parent)}. After an update of Mailsight, "
        "run `python -m mailsight retry` on the server to load them again."
    )


def imports(report: DataReport) -> None:
    """What is imported from other senders, and what it can't tell; nothing without imports."""
    jobs = configuration.current().imports
    if not jobs and not report.imports:
        return
    st.header(IMPORTS, anchor="imports")
    outcomes = schedule.outcomes(settings.from_environment().database)
    known = {(each.source, each.place): each for each in report.imports}
    scheduled = {(job.source, job.place): job for job in jobs}
    rows = [
        _import_row(source, place, known.get((source, place)), outcomes.get(job.name) if job else None)
        for (source, place), job in (dict.fromkeys(known) | scheduled).items()
    ]
    tables.table(
        [
            tables.Column("Source"),
            tables.Column(
                "Last import", help="The last one that ran on a schedule or brought anything new.", fit=True
            ),
            tables.Column("New", help="Rows that the last import with news added.", right=True, fit=True),
            tables.Column("What it can't tell", whole=True),
        ],
        rows,
        key="imports",
        label=IMPORTS,
    )
    for job in jobs:
        if (outcome := outcomes.get(job.name)) and outcome.error:
            st.warning(
                f"**The import of {formats.plain(formats.raw(job.name))} failed "
                f"{formats.ago(_age_seconds(outcome.at))}**: {formats.plain(formats.raw(outcome.error))}",
                icon=":material/error:",
            )
            st.caption(
                "Nothing was changed. The import is repeated automatically, after a longer pause each time."
            )


def _import_row(source: str, place: str, last: Import | None, outcome: Outcome | None) -> tables.Row:
    times = [time for time in (last and last.loaded_at, outcome and outcome.at) if time]
    return tables.Row(
        f"{source} {place}",
        [
            tables.main(_source_label(source), formats.raw(place, 80), clip=True),
            formats.short_moment(max(times), navigation.zone()) if times else "not yet",
            formats.count(last.new) if last else "",
            " ".join(gap.why for gap in _gaps(source)),
        ],
    )


def _source_label(name: str) -> str:
    return registry.source(name).label if name in registry.NAMES else name


def _gaps(name: str) -> Sequence[Gap]:
    return registry.source(name).gaps if name in registry.NAMES else ()


def _age_seconds(at: datetime) -> float:
    return (datetime.now(UTC) - at).total_seconds()


def loads(report: DataReport) -> None:
    """Loads, newest first, a page at a time."""
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
    _paged(
        columns,
        rows,
        key="loads",
        page=LOADS_PAGE,
        label=LOADS,
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
        return _OWN_FILES.get(load.source) or _source_label(load.source)
    return provider_label(load.source)


def _files(load: Load) -> str:
    counts = [(word, load.kinds[kind]) for kind, word in _KINDS.items() if kind in load.kinds]
    kinds = ", ".join(formats.things(rows, word) for word, rows in counts)
    more = load.file_count - len(load.files)
    names = [formats.raw(name, 60) for name in load.files] + [f"{formats.count(more)} more"] * bool(more)
    files = "everything received that day" if load.source == WEBHOOKS else ", ".join(names)
    return " · ".join(part for part in (kinds, files) if part)


def events(report: DataReport) -> None:
    """Each provider's events by type, as a chart and as exact counts."""
    if not report.providers:
        st.info("No events have been loaded yet.", icon=":material/schedule:")
        return
    st.plotly_chart(
        event_charts.chart(
            [(provider_label(provider.provider), provider.counts) for provider in report.providers]
        ),
        config={"displayModeBar": False, "scrollZoom": False},
        alt="Events by provider and type; the table below has the exact counts",
        key="events_by_provider",
    )
    _event_counts(report.providers, report)


def _event_counts(providers: Sequence[ProviderEvents], report: DataReport) -> None:
    several = len(providers) > 1
    labels = [formats.raw(provider_label(provider.provider), 24) for provider in providers]
    sums = {
        kind: sum(provider.counts.get(kind, 0) for provider in providers)
        for kind in event_charts.EVENTS_ORDER
    }
    rows = [
        tables.Row(
            kind.value,
            [
                tables.chip(kind.label, kind.colour, title=kind.meaning),
                *([formats.count(provider.counts.get(kind, 0)) for provider in providers] if several else []),
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
    """A provider's display name. Names that come from files may be anything, so unknown ones are shown as they are."""
    if name == data.OTHERS:
        return "Other providers"
    return PROVIDERS[name].label if name in PROVIDERS else name or _NO_PROVIDER


def kept(report: DataReport) -> None:
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


def unmatched_events() -> None:
    """Events without a known campaign, with search and export."""
    st.caption(
        "These events don't belong to any campaign or message loaded so far. They are stored and matched automatically "
        "once their campaign or messages are loaded."
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
    _paged(
        columns,
        rows,
        key="unattributed",
        page=UNMATCHED_PAGE,
        label=UNMATCHED,
        empty=_no_rows(search, UNMATCHED.lower()),
        footer=_footer(result, "event"),
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
    _paged(
        columns,
        rows,
        key="refused",
        page=REJECTED_PAGE,
        label=REJECTED,
        empty=_no_rows(search, REJECTED.lower()),
        footer=_footer(result, "row"),
    )
    with export:
        _export("refused", lambda snapshot: export_rows.refused(snapshot, search), result, search)


def _search(key: str, placeholder: str) -> tuple[str, DeltaGenerator]:
    """The search text, and the container beside the search box."""
    with st.container(horizontal=True, vertical_alignment="center"):
        search = search_box(placeholder, f"{key}:search")
        return search.strip(), st.container(width="content")


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


def _paged(
    columns: Sequence[tables.Column],
    rows: Sequence[tables.Row],
    *,
    key: str,
    page: Parameter[int],
    label: str,
    empty: str,
    footer: str,
) -> None:
    paging = Paging(f"{key}:page", ROWS_PER_PAGE, narrow=True, parameter=page)
    first = paging.first(len(rows))
    shown = rows[first : first + ROWS_PER_PAGE]
    tables.table(columns, shown, key=key, label=label, empty=empty, first=first)
    paging.footer(footer, len(rows))


def _footer(result: SearchResult, noun: str) -> str:
    if len(result.rows) == result.total:
        return formats.things(result.total, noun)
    return f"Latest {formats.count(len(result.rows))} of {formats.things(result.total, noun)}. The export includes all."


def _no_rows(search: str, noun: str) -> str:
    return f"No {noun} match this search." if search else f"No {noun}."


def _shown(text: str | None, missing: str) -> str:
    return formats.raw(text, 120) if text else missing
