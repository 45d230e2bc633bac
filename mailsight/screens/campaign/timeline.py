"""The Timeline tab: opens and clicks by hours since send."""

from typing import Literal

import pandas as pd
import streamlit as st

from mailsight.charts import timeline
from mailsight.components import tables
from mailsight.figures import formats
from mailsight.figures.hours import PERIODS
from mailsight.figures.metrics import Portion
from mailsight.reports import campaign
from mailsight.reports.campaign import CampaignReport
from mailsight.screens.cached import read
from mailsight.vocabulary import Status
from mailsight.web.parameters import (
    CUMULATIVE,
    CUSTOMERS,
    EVENTS,
    HOURLY,
    PERIOD,
    TIMELINE_CHART,
    TIMELINE_COUNTED,
)

from .tabs import STATIC, how_counted, nothing_yet, switch

# The table below the timeline shows the totals after these hours.
_AFTER = (1, 3, 6, 12, 24, 48, 72, 168, 336)


def show(report: CampaignReport) -> None:
    """Opens and clicks, or the customers who made them, per hour since send or cumulative."""
    hours = read(campaign.timeline, report.campaign.campaign_id, report.audience)
    if hours.empty:
        nothing_yet(report)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="timeline_tools"):
        period = switch("Period", PERIOD, list(PERIODS), "period")
        counted = switch("Count by", TIMELINE_COUNTED, [EVENTS, CUSTOMERS], "timeline_counted")
        chart_type = switch("Chart type", TIMELINE_CHART, [HOURLY, CUMULATIVE], "timeline_way")
        how_counted("Opens and clicks over time")
    until = PERIODS[period]
    unit: Literal["events", "customers"] = "customers" if counted == CUSTOMERS else "events"
    st.plotly_chart(
        timeline.chart(hours, until, counting=unit, cumulative=chart_type == CUMULATIVE),
        config=STATIC,
        alt=f"{counted} by hours since send, {chart_type.lower()}",
        key="timeline",
    )
    _totals_table(hours, unit)


def _totals_table(hours: pd.DataFrame, unit: Literal["events", "customers"]) -> None:
    """The totals at some times after send."""
    columns = {"events": ("opens", "clicks"), "customers": ("opened", "clicked")}[unit]
    labels = {"events": ("Opens", "Clicks"), "customers": ("Opened", "Clicked")}[unit]
    last = int(hours["hour"].max()) + 1
    steps = [*(after for after in _AFTER if after < last), last]
    rows = []
    for after in steps:
        past = hours[hours["hour"] < after]
        cells: list[tables.Cell] = [
            f"After {formats.since(after)}" if after != last else f"Total after {formats.since(last)}"
        ]
        for column, colour in zip(columns, (Status.OPENED.colour, Status.CLICKED.colour), strict=True):
            portion = Portion(int(past[column].sum()), int(hours[column].sum()))
            cells += [
                formats.count(portion.part),
                tables.bar(portion.rate, colour=colour),
            ]
        rows.append(tables.Row(str(after), cells))
    headings = [
        tables.Column("Time since send", fit=True, whole=True),
        tables.Column(labels[0], right=True, fit=True),
        tables.Column(f"Share of all {labels[0].lower() if unit == 'events' else 'who opened'}"),
        tables.Column(labels[1], right=True, fit=True),
        tables.Column(f"Share of all {labels[1].lower() if unit == 'events' else 'who clicked'}"),
    ]
    tables.table(headings, rows, key="timeline_counts", label="Totals by time since send")
