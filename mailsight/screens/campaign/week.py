"""The Weekday and hour tab: when in the week customers open and click."""

import pandas as pd
import streamlit as st

from mailsight.charts import patterns as pattern_charts
from mailsight.components import tables
from mailsight.figures import formats, locales
from mailsight.figures.metrics import Portion
from mailsight.reports import patterns
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import navigation
from mailsight.screens.cached import read
from mailsight.web.parameters import WEEK_KIND

from .tabs import KINDS, STATIC, how_counted, nothing_yet, switch


def show(report: CampaignReport) -> None:
    """Opens or clicks by weekday and hour, in the customers' local time."""
    week = read(
        patterns.week, report.campaign.campaign_id, report.audience, formats.zone(navigation.zone()).key
    )
    if not week.hours[["opens", "clicks"]].to_numpy().any():
        nothing_yet(report)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="week_tools"):
        shown = switch("Opens or clicks", WEEK_KIND, list(KINDS), "week_kind")
        how_counted("Weekday and hour")
    column, state = KINDS[shown]
    whole = int(week.hours[column].sum())
    if not whole:
        st.info(f"No {column} yet.", icon=":material/schedule:")
        return
    busiest = max(week.hours.to_dict("records"), key=lambda row: int(row[column]))
    portion = Portion(int(busiest[column]), whole)
    st.markdown(
        f"{shown} peaked on **{locales.WEEKDAYS[int(busiest['weekday'])]} between "
        f"{formats.hour(int(busiest['hour']))} and {formats.hour(int(busiest['hour']) + 1)}**: "
        f"{formats.of(portion.part, portion.whole)} ({formats.percent(portion.rate)})."
    )
    st.plotly_chart(
        pattern_charts.week(week.hours, column, state.colour),
        config=STATIC,
        alt=f"{shown} by weekday and hour, in the customers' local time",
        key=f"week:{column}",
    )
    st.caption(_time_zones(week))
    _week_table(week.hours, column)


def _time_zones(week: patterns.Week) -> str:
    """For how many opens and clicks each source of the time zone was used."""
    whole = week.by_customer + week.by_country + week.by_viewer
    parts = [
        (week.by_customer, "the customer's own"),
        (week.by_country, "the most common one in the customer's country"),
        (
            week.by_viewer,
            f"yours, {formats.zone(navigation.zone()).key}, as neither is known",
        ),
    ]
    listed = "; ".join(f"{text} ({formats.count(number)})" for number, text in parts if number)
    return f"Shown in the customers' local time. Time zones used for {formats.count(whole)} opens and clicks: {listed}."


def _week_table(hours: pd.DataFrame, column: str) -> None:
    counts = {(row["weekday"], row["hour"]): row[column] for row in hours.to_dict("records")}
    days = locales.current().weekdays
    with st.expander("Exact counts"):
        names = [locales.WEEKDAYS[day][:3] for day in days]
        columns = [tables.Column("Hour", fit=True)] + [
            tables.Column(name, right=True, fit=True) for name in (*names, "All")
        ]
        rows = []
        for hour in range(24):
            numbers = [int(counts[day, hour]) for day in days]
            rows.append(
                tables.Row(
                    str(hour),
                    [formats.hour(hour), *(formats.count(number) for number in (*numbers, sum(numbers)))],
                    quiet=not any(numbers),
                )
            )
        totals = [sum(int(counts[day, hour]) for hour in range(24)) for day in days]
        rows.append(tables.Row("all", ["All", *(formats.count(number) for number in (*totals, sum(totals)))]))
        tables.table(
            columns, rows, key=f"week_counts:{column}", label="Counts per weekday and hour", stacks=False
        )
