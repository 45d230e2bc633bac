"""The charts of the Week, Mailboxes and Programs tabs. Text has no colour of its own: the page's theme sets it."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from mailsight.figures import formats, locales
from mailsight.figures.metrics import Portion, share
from mailsight.vocabulary import Status

from .style import GREY, GRID, INK, MARGIN, TOP_EDGE, literal, muted

# The most engaged state first, so that clicks and opens start at the same edge in every bar.
_STATES = (Status.CLICKED, Status.OPENED, Status.OPTED_OUT, Status.RECEIVED, Status.NOT_RECEIVED)
_CLEAR = "rgba(0, 0, 0, 0)"
_LAYOUT: dict[str, Any] = {
    "font": {"size": 13},
    "paper_bgcolor": _CLEAR,
    "plot_bgcolor": _CLEAR,
    "hoverlabel": {"align": "left"},
    "dragmode": False,
}


def week(hours: pd.DataFrame, column: str, colour: str) -> go.Figure:
    """A heat map of opens or clicks by weekday and hour.

    `hours` has weekday (0 is Monday), hour and `column`, at most one row per hour of the week.
    """
    by_day = hours.pivot_table(index="weekday", columns="hour", values=column, aggfunc="sum", fill_value=0)
    days = locales.current().weekdays
    counts = by_day.reindex(index=days, columns=range(24), fill_value=0)
    whole = int(counts.to_numpy().sum())
    red, green, blue = bytes.fromhex(colour.lstrip("#"))
    figure = go.Figure(
        go.Heatmap(
            x=list(range(24)),
            y=[locales.WEEKDAYS[day] for day in days],
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
                        f"{formats.hour(hour)} – {formats.hour(hour + 1)}",
                    ]
                    for hour, number in enumerate(row)
                ]
                for row in counts.to_numpy().tolist()
            ],
            hovertemplate="<b>%{y}, %{customdata[2]}</b><br>"
            f"%{{customdata[0]}} {column} · %{{customdata[1]}}<extra></extra>",
        )
    )
    figure.update_layout(**_LAYOUT, height=300, margin=MARGIN)
    figure.update_xaxes(
        tickvals=list(range(0, 24, 4)),
        ticktext=[formats.hour(hour) for hour in range(0, 24, 4)],
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
    """The five states at each mailbox provider, as stacked bars of equal length."""
    totals = [sum(states.values()) for _, states in rows]
    figure = go.Figure()
    for state in _STATES:
        portions = [
            Portion(states.get(state, 0), whole) for (_, states), whole in zip(rows, totals, strict=True)
        ]
        figure.add_bar(
            name=state.label,
            orientation="h",
            x=[portion.rate or 0.0 for portion in portions],
            y=list(range(len(rows))),
            text=[
                formats.percent(portion.rate) if (portion.rate or 0) > 0.04 else "" for portion in portions
            ],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            insidetextfont={"color": INK, "size": 12},
            marker={
                "color": [muted(state.colour) if portion.is_small else state.colour for portion in portions],
                "line": {"width": 0},
            },
            customdata=[
                [formats.of(portion.part, portion.whole), formats.rate(portion)] for portion in portions
            ],
            hovertemplate=f"<b>{state.label}</b>: %{{customdata[0]}} · %{{customdata[1]}}<extra></extra>",
        )
    figure.update_layout(
        **_LAYOUT,
        barmode="stack",
        bargap=0.28,
        height=70 + 32 * len(rows),
        margin=MARGIN,
        uniformtext={"minsize": 11, "mode": "hide"},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            **TOP_EDGE,
            "font": {"size": 13},
            "traceorder": "normal",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[f"{literal(name)}  " for name, _ in rows],
        tickfont={"size": 13},
        autorange="reversed",
        fixedrange=True,
        automargin=True,
        showgrid=False,
    )
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, 1])
    return figure


def used(parts: Sequence[tuple[str, int, bool]], whole: int, colour: str, unit: str) -> go.Figure:
    """How much each program or device was used: `parts` are (name, count, whether to show it in grey).

    Shares are of `whole`; `unit` names what is counted, such as "opens".
    """
    portions = [Portion(number, whole) for _, number, _ in parts]
    longest = max((number for _, number, _ in parts), default=0)
    figure = go.Figure(
        go.Bar(
            orientation="h",
            x=[portion.part for portion in portions],
            y=list(range(len(parts))),
            text=[formats.percent(portion.rate) for portion in portions],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [GREY if apart else colour for _, _, apart in parts], "line": {"width": 0}},
            customdata=[
                [literal(name), formats.of(portion.part, portion.whole)]
                for (name, _, _), portion in zip(parts, portions, strict=True)
            ],
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>%{{customdata[1]}} {unit}<extra></extra>",
        )
    )
    figure.update_layout(
        **_LAYOUT,
        showlegend=False,
        bargap=0.35,
        height=24 + 32 * len(parts),
        margin=MARGIN,
    )
    figure.update_yaxes(
        tickvals=list(range(len(parts))),
        ticktext=[f"{literal(name)}  " for name, _, _ in parts],
        tickfont={"size": 13},
        autorange="reversed",
        fixedrange=True,
        automargin=True,
        showgrid=False,
    )
    # Leave room for the label after the longest bar.
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, max(longest, 1) * 1.4])
    figure.add_vline(x=0, line={"color": GRID, "width": 1})
    return figure
