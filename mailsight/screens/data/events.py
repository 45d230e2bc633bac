"""Each provider's events."""

from collections.abc import Sequence

import streamlit as st

from mailsight.charts import events as event_charts
from mailsight.components import tables
from mailsight.figures import formats
from mailsight.reports.data import DataReport, ProviderEvents
from mailsight.screens import navigation

from .labels import provider_label


def show(report: DataReport) -> None:
    """Each provider's events by type, as a chart and as exact counts."""
    st.header("Events by provider", anchor="events")
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
