"""The Plotly figures of the tabs on patterns. As in `charts`, the page gives words their colour."""

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from mailsight.figures import formats
from mailsight.figures.metrics import Portion, share
from mailsight.vocabulary import Status

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# As far as a customer came, the furthest first: what is read and clicked starts at the same edge in every bar.
_STATES = (Status.CLICKED, Status.OPENED, Status.OPTED_OUT, Status.RECEIVED, Status.NOT_RECEIVED)
_INK = "#11161D"
_QUIET = "#9AA3AF"
_LINE = "rgba(128, 140, 160, 0.25)"
_CLEAR = "rgba(0, 0, 0, 0)"
_LAYOUT: dict[str, Any] = {
    "font": {"size": 13},
    "paper_bgcolor": _CLEAR,
    "plot_bgcolor": _CLEAR,
    "hoverlabel": {"align": "left"},
    "dragmode": False,
}


def week(hours: pd.DataFrame, column: str, colour: str) -> go.Figure:
    """Opens or clicks by weekday and hour: the more, the stronger the colour.

    `hours` has weekday (0 is Monday), hour and the column; each hour of the week once.
    """
    by_day = hours.pivot_table(index="weekday", columns="hour", values=column, aggfunc="sum", fill_value=0)
    counts = by_day.reindex(index=range(7), columns=range(24), fill_value=0)
    whole = int(counts.to_numpy().sum())
    red, green, blue = bytes.fromhex(colour.lstrip("#"))
    figure = go.Figure(
        go.Heatmap(
            x=list(range(24)),
            y=list(WEEKDAYS),
            z=counts.to_numpy().tolist(),
            zmin=0,
            zmax=max(int(counts.to_numpy().max()), 1),
            colorscale=[[0, f"rgba({red}, {green}, {blue}, 0.05)"], [1, f"rgba({red}, {green}, {blue}, 1)"]],
            showscale=False,
            xgap=2,
            ygap=2,
            customdata=[
                [
                    [
                        formats.count(number),
                        formats.percent(share(number, whole)),
                        f"{hour:02}:00 – {hour + 1:02}:00",
                    ]
                    for hour, number in enumerate(row)
                ]
                for row in counts.to_numpy().tolist()
            ],
            hovertemplate="<b>%{y}, %{customdata[2]}</b><br>"
            f"%{{customdata[0]}} {column} · %{{customdata[1]}}<extra></extra>",
        )
    )
    figure.update_layout(**_LAYOUT, height=300, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(
        tickvals=list(range(0, 24, 4)),
        ticktext=[f"{hour:02}:00" for hour in range(0, 24, 4)],
        ticks="",
        tickangle=0,
        tickfont={"size": 12},
        fixedrange=True,
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        autorange="reversed",
        ticks="",
        tickfont={"size": 12},
        fixedrange=True,
        showgrid=False,
        automargin=True,
    )
    return figure


def providers(rows: Sequence[tuple[str, dict[Status, int]]]) -> go.Figure:
    """How far the mails came at each mailbox provider: a bar of the five states for each, all of the same length."""
    sums = [sum(states.values()) for _, states in rows]
    figure = go.Figure()
    for state in _STATES:
        made_of = [
            Portion(states.get(state, 0), whole) for (_, states), whole in zip(rows, sums, strict=True)
        ]
        figure.add_bar(
            name=state.label,
            orientation="h",
            x=[one.rate or 0.0 for one in made_of],
            y=list(range(len(rows))),
            text=[formats.percent(one.rate) if (one.rate or 0) > 0.04 else "" for one in made_of],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            insidetextfont={"color": _INK, "size": 12},
            marker={
                "color": state.colour,
                "line": {"width": 0},
                "opacity": [0.45 if one.is_small else 1 for one in made_of],
            },
            customdata=[[formats.of(one.part, one.whole), formats.rate(one)] for one in made_of],
            hovertemplate=f"<b>{state.label}</b>: %{{customdata[0]}} · %{{customdata[1]}}<extra></extra>",
        )
    figure.update_layout(
        **_LAYOUT,
        barmode="stack",
        bargap=0.28,
        height=70 + 32 * len(rows),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        uniformtext={"minsize": 11, "mode": "hide"},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.01,
            "yanchor": "bottom",
            "font": {"size": 13},
            "traceorder": "normal",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[f"{_letters(name)}  " for name, _ in rows],
        tickfont={"size": 13},
        autorange="reversed",
        fixedrange=True,
        automargin=True,
        showgrid=False,
    )
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, 1])
    return figure


def used(parts: Sequence[tuple[str, int, bool]], whole: int, colour: str, what: str) -> go.Figure:
    """How much was done with each program or device: name, number, and whether it stands apart, in grey.

    `whole`: what the shares are of; `what`: the word for what is counted.
    """
    made_of = [Portion(number, whole) for _, number, _ in parts]
    longest = max((number for _, number, _ in parts), default=0)
    figure = go.Figure(
        go.Bar(
            orientation="h",
            x=[one.part for one in made_of],
            y=list(range(len(parts))),
            text=[formats.percent(one.rate) for one in made_of],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [_QUIET if apart else colour for _, _, apart in parts], "line": {"width": 0}},
            customdata=[
                [_letters(name), formats.of(one.part, one.whole)]
                for (name, _, _), one in zip(parts, made_of, strict=True)
            ],
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>%{{customdata[1]}} {what}<extra></extra>",
        )
    )
    figure.update_layout(
        **_LAYOUT,
        showlegend=False,
        bargap=0.35,
        height=24 + 32 * len(parts),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )
    figure.update_yaxes(
        tickvals=list(range(len(parts))),
        ticktext=[f"{_letters(name)}  " for name, _, _ in parts],
        tickfont={"size": 13},
        autorange="reversed",
        fixedrange=True,
        automargin=True,
        showgrid=False,
    )
    # Room for the words behind the longest bar.
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, max(longest, 1) * 1.4])
    figure.add_vline(x=0, line={"color": _LINE, "width": 1})
    return figure


def _letters(text: str) -> str:
    """Text from outside for Plotly, which takes some of HTML for HTML."""
    return escape(formats.raw(text, 24))
