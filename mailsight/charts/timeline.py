"""The timeline chart: opens and clicks by hour since send."""

from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from mailsight.figures import formats
from mailsight.figures.hours import dense_hours, hour_ticks
from mailsight.vocabulary import Status

from .style import GRID, MARGIN, TOP_EDGE, pale, separators, since_send, whole_numbers

# The two traces of each chart: column, state with its colour, and label.
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
    counting: Literal["events", "customers"] = "events",
    cumulative: bool = False,
) -> go.Figure:
    """Opens and clicks per hour since send, or cumulative, up to `until_hour` if given.

    `hours` has the columns hour (0 is the first hour), opens and clicks, and to count customers also opened and clicked
    (first-time only). Hours without events may be missing.
    """
    dense = dense_hours(hours, until_hour)
    elapsed = dense["hour"].tolist()
    columns = dense[[column for column, _, _ in _TIMELINES[counting]]]
    largest = int((columns.sum() if cumulative else columns.max()).max()) if elapsed else 0
    figure = go.Figure()
    for column, state, label in _TIMELINES[counting]:
        hover = "%{customdata}<extra>" + label + "</extra>"
        if cumulative:
            reached = [0, *dense[column].cumsum()]
            figure.add_scatter(
                x=[0, *(hour + 1 for hour in elapsed)],
                y=reached,
                customdata=[formats.count(number) for number in reached],
                mode="lines",
                line={"color": state.colour, "width": 2.5},
                fill="tozeroy",
                fillcolor=pale(state.colour, 0.12),
                name=label,
                hovertemplate=hover,
            )
        else:
            figure.add_bar(
                x=elapsed,
                y=dense[column],
                customdata=[formats.count(number) for number in dense[column]],
                marker={"color": state.colour, "line": {"width": 0}},
                name=label,
                hovertemplate=hover,
            )
    figure.update_layout(
        barmode="overlay",
        bargap=0.12 if len(elapsed) <= 100 else 0,
        margin=MARGIN,
        height=340,
        separators=separators(),
        font={"size": 13},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            **TOP_EDGE,
            "font": {"size": 13},
        },
        hovermode="x unified",
        dragmode=False,
    )
    places, labels = hour_ticks(len(elapsed))
    figure.update_xaxes(
        title={"text": "Time since send"},
        tickvals=places,
        ticktext=labels,
        range=[-0.1, len(elapsed) + 0.1] if cumulative else [-0.6, len(elapsed) - 0.4],
        showgrid=False,
        tickfont={"size": 12},
        zeroline=False,
        fixedrange=True,
        **since_send(range(len(elapsed) + 1)),
    )
    figure.update_yaxes(
        tickfont={"size": 12},
        **whole_numbers(largest),
        gridcolor=GRID,
        zerolinecolor=GRID,
        fixedrange=True,
        automargin=True,
    )
    return figure
