"""Opens and clicks over the hours since a campaign was sent."""

from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from mailsight.figures import formats
from mailsight.figures.hours import dense_hours, hour_ticks
from mailsight.vocabulary import Status

from .style import GRID, MARGIN, pale

# What the timeline draws: a column, the colour it has everywhere, its name.
_TIMELINES = {
    "events": (("opens", Status.OPENED, "Opens"), ("clicks", Status.CLICKED, "Clicks")),
    "customers": (
        ("opened", Status.OPENED, "Customers who opened"),
        ("clicked", Status.CLICKED, "Customers who clicked"),
    ),
}


def chart(
    hours: pd.DataFrame,
    until_hour: int | None = None,
    *,
    of: Literal["events", "customers"] = "events",
    cumulative: bool = False,
) -> go.Figure:
    """Opens and clicks since sending, up to `until_hour` when given: in each hour, or from the beginning on.

    `hours` has hour (0 is the first hour), opens, clicks, and for customers opened, clicked: those who did it for the
    first time. Hours in which nothing happened may be missing.
    """
    dense = dense_hours(hours, until_hour)
    at = dense["hour"].tolist()
    figure = go.Figure()
    for column, state, label in _TIMELINES[of]:
        hover = "%{y:,}<extra>" + label + "</extra>"
        if cumulative:
            figure.add_scatter(
                x=[0, *(hour + 1 for hour in at)],
                y=[0, *dense[column].cumsum()],
                customdata=[formats.since(hour) for hour in (0, *(hour + 1 for hour in at))],
                mode="lines",
                line={"color": state.colour, "width": 2.5},
                fill="tozeroy",
                fillcolor=pale(state, 0.12),
                name=label,
                hovertemplate=hover,
            )
        else:
            figure.add_bar(
                x=at,
                y=dense[column],
                marker={"color": state.colour, "line": {"width": 0}},
                customdata=[formats.since(hour) for hour in at],
                name=label,
                hovertemplate=hover,
            )
    figure.update_layout(
        barmode="overlay",
        bargap=0.12 if len(at) <= 100 else 0,
        margin=MARGIN,
        height=340,
        font={"size": 13},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "xanchor": "left",
            "yanchor": "bottom",
            "font": {"size": 13},
        },
        hovermode="x unified",
        dragmode=False,
    )
    places, labels = hour_ticks(len(at))
    figure.update_xaxes(
        title={"text": "Time since sending"},
        tickvals=places,
        ticktext=labels,
        range=[-0.1, len(at) + 0.1] if cumulative else [-0.6, len(at) - 0.4],
        showgrid=False,
        tickfont={"size": 12},
        zeroline=False,
        fixedrange=True,
        unifiedhovertitle={"text": "after %{customdata}"},
    )
    figure.update_yaxes(
        tickfont={"size": 12},
        rangemode="tozero",
        tickformat=",d",
        gridcolor=GRID,
        zerolinecolor=GRID,
        fixedrange=True,
        automargin=True,
    )
    return figure
