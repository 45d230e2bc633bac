"""The Weekday and hour tab: when in the week customers open and click."""

import pandas as pd
import streamlit as st

from mailsight.charts import patterns as pattern_charts
from mailsight.components import tables
from mailsight.figures import formats
from mailsight.figures.metrics import Portion
from mailsight.reports import patterns
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import navigation
from mailsight.screens.cached import read

from .tabs import KINDS, STATIC, how_counted, nothing_yet, switch


def show(report: CampaignReport) -> None:
    """When in the week customers open and click, by the clocks where they are."""
    found = read(
        patterns.week, report.campaign.campaign_id, report.audience, formats.zone(navigation.zone()).key
    )
    if not found.hours[["opens", "clicks"]].to_numpy().any():
        nothing_yet(report)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="week_tools"):
        shown = switch("What is shown", list(KINDS), "Opens", "week_kind")
        how_counted("Weekday and hour")
    column, state = KINDS[shown]
    whole = int(found.hours[column].sum())
    if not whole:
        st.info(f"No {column} yet.", icon=":material/schedule:")
        return
    busiest = max(found.hours.to_dict("records"), key=lambda row: int(row[column]))
    made_of = Portion(int(busiest[column]), whole)
    st.markdown(
        f"Most {column} came on **{pattern_charts.WEEKDAYS[int(busiest['weekday'])]} between "
        f"{int(busiest['hour']):02}:00 and {int(busiest['hour']) + 1:02}:00**: "
        f"{formats.of(made_of.part, made_of.whole)} ({formats.percent(made_of.rate)})."
    )
    st.plotly_chart(
        pattern_charts.week(found.hours, column, state.colour),
        config=STATIC,
        alt=f"{shown} by weekday and hour, in the customers' time",
        key=f"week:{column}",
    )
    st.caption(_whose_time(found))
    _week_table(found.hours, column)


def _whose_time(found: patterns.Week) -> str:
    """For how many opens and clicks the customer's time is known, and how."""
    whole = found.by_customer + found.by_country + found.by_viewer
    parts = [
        (found.by_customer, "by the customer's own time zone"),
        (found.by_country, "by that of most people in their country"),
        (found.by_viewer, f"by yours ({formats.zone(navigation.zone()).key}), for want of both"),
    ]
    said = ", ".join(f"{formats.count(number)} {words}" for number, words in parts if number)
    return f"In the customers' own time. Of {formats.count(whole)} opens and clicks: {said}."


def _week_table(hours: pd.DataFrame, column: str) -> None:
    counts = {(row["weekday"], row["hour"]): row[column] for row in hours.to_dict("records")}
    with st.expander("Exact counts"):
        columns = [tables.Column("Hour", fit=True)] + [
            tables.Column(day[:3], right=True, fit=True) for day in (*pattern_charts.WEEKDAYS, "All")
        ]
        rows = []
        for hour in range(24):
            there = [int(counts[day, hour]) for day in range(7)]
            rows.append(
                tables.Row(
                    str(hour),
                    [f"{hour:02}:00", *(formats.count(number) for number in (*there, sum(there)))],
                    quiet=not any(there),
                )
            )
        each = [sum(int(counts[day, hour]) for hour in range(24)) for day in range(7)]
        rows.append(tables.Row("all", ["All", *(formats.count(number) for number in (*each, sum(each)))]))
        tables.table(
            columns, rows, key=f"week_counts:{column}", label="Counts per weekday and hour", stacks=False
        )
