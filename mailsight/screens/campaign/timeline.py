"""The Timeline tab: opens and clicks in each hour since sending."""

from typing import Literal

import pandas as pd
import streamlit as st

from mailsight.charts import timeline
from mailsight.components import tables
from mailsight.figures import formats
from mailsight.figures.hours import DEFAULT_PERIOD, PERIODS
from mailsight.figures.metrics import Portion
from mailsight.reports import campaign
from mailsight.reports.campaign import CampaignReport
from mailsight.screens.cached import read
from mailsight.vocabulary import Status

from .tabs import CUSTOMERS, EVENTS, STATIC, how_counted, nothing_yet, switch

# The table under the timeline tells how far it was after these hours.
_AFTER = (1, 3, 6, 12, 24, 48, 72, 168, 336)


_HOURLY, _CUMULATIVE = "Per hour", "Added up"


def show(report: CampaignReport) -> None:
    """Opens and clicks, or the customers who made them, in each hour since sending or from the beginning on."""
    hours = read(campaign.timeline, report.campaign.campaign_id, report.audience)
    if hours.empty:
        nothing_yet(report)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="timeline_tools"):
        period = switch("Period", list(PERIODS), DEFAULT_PERIOD, "period")
        counted = switch("What is counted", [EVENTS, CUSTOMERS], EVENTS, "timeline_counted")
        way = switch("How it is drawn", [_HOURLY, _CUMULATIVE], _HOURLY, "timeline_way")
        how_counted("Opens and clicks over time")
    until = PERIODS[period]
    of: Literal["events", "customers"] = "customers" if counted == CUSTOMERS else "events"
    st.plotly_chart(
        timeline.chart(hours, until, counting=of, cumulative=way == _CUMULATIVE),
        config=STATIC,
        alt=f"{counted} since sending, {way.lower()}",
        key="timeline",
    )
    _so_far(hours, of)


def _so_far(hours: pd.DataFrame, of: Literal["events", "customers"]) -> None:
    """How much of it all had happened some time after sending."""
    columns = {"events": ("opens", "clicks"), "customers": ("opened", "clicked")}[of]
    labels = {"events": ("Opens", "Clicks"), "customers": ("Opened", "Clicked")}[of]
    last = int(hours["hour"].max()) + 1
    steps = [*(after for after in _AFTER if after < last), last]
    rows = []
    for after in steps:
        past = hours[hours["hour"] < after]
        cells: list[tables.Cell] = [
            f"After {formats.since(after)}" if after != last else f"All, up to {formats.since(last)}"
        ]
        for column, colour in zip(columns, (Status.OPENED.colour, Status.CLICKED.colour), strict=True):
            made_of = Portion(int(past[column].sum()), int(hours[column].sum()))
            cells += [
                formats.count(made_of.part),
                tables.bar(made_of.rate, colour=colour),
            ]
        rows.append(tables.Row(str(after), cells))
    heads = [
        tables.Column("Since sending", fit=True, whole=True),
        tables.Column(labels[0], right=True, fit=True),
        tables.Column(f"of all {labels[0].lower() if of == 'events' else 'who opened'}"),
        tables.Column(labels[1], right=True, fit=True),
        tables.Column(f"of all {labels[1].lower() if of == 'events' else 'who clicked'}"),
    ]
    tables.table(heads, rows, key="timeline_counts", label="How much had happened after sending")
