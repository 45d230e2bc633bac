"""Imports from other senders."""

from collections.abc import Sequence

import streamlit as st

from mailsight import settings
from mailsight.components import tables
from mailsight.figures import formats
from mailsight.importing import registry, schedule
from mailsight.importing.schedule import Outcome
from mailsight.importing.sources import Gap
from mailsight.reports.data import DataReport, Import
from mailsight.screens import navigation
from mailsight.web import configuration

from .labels import age_seconds, source_label


def show(report: DataReport) -> None:
    """What is imported from other senders, and what it can't tell; nothing without imports."""
    jobs = configuration.current().imports
    if not jobs and not report.imports:
        return
    st.header("Imports", anchor="imports")
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
        label="Imports",
    )
    for job in jobs:
        if (outcome := outcomes.get(job.name)) and outcome.error:
            st.warning(
                f"**The import of {formats.plain(formats.raw(job.name))} failed "
                f"{formats.ago(age_seconds(outcome.at))}**: {formats.plain(formats.raw(outcome.error))}",
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
            tables.main(source_label(source), formats.raw(place, 80), clip=True),
            formats.short_moment(max(times), navigation.zone()) if times else "not yet",
            formats.count(last.new) if last else "",
            " ".join(gap.why for gap in _gaps(source)),
        ],
    )


def _gaps(name: str) -> Sequence[Gap]:
    return registry.source(name).gaps if name in registry.NAMES else ()
