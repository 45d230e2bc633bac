"""The provider chart: each provider's events by type, as a stacked bar."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from mailsight.figures import formats
from mailsight.figures.metrics import share
from mailsight.vocabulary import EventType

from .style import INK, literal

# The usual course of a message first, then what customers request, then what went wrong.
EVENTS_ORDER = (
    EventType.QUEUED,
    EventType.SENT,
    EventType.DELIVERED,
    EventType.OPENED,
    EventType.CLICKED,
    EventType.SUBSCRIBED,
    EventType.UNSUBSCRIBED,
    EventType.COMPLAINED,
    EventType.AUTORESPONDED,
    EventType.DEFERRED,
    EventType.BOUNCED,
    EventType.REJECTED,
    EventType.FAILED,
    EventType.UNKNOWN,
)


_DARK = (EventType.SUBSCRIBED, EventType.COMPLAINED, EventType.REJECTED, EventType.FAILED)


def chart(providers: Sequence[tuple[str, Mapping[EventType, int]]]) -> go.Figure:
    """Each provider's events by type, as shares: one bar of equal length per (label, counts).

    Parts are labelled where there is room; the table of counts serves as the legend.
    """
    totals = [sum(counts.values()) for _, counts in providers]
    figure = go.Figure()
    for kind in EVENTS_ORDER:
        counts = [by_type.get(kind, 0) for _, by_type in providers]
        if not any(counts):
            continue
        parts = [share(number, whole) or 0.0 for number, whole in zip(counts, totals, strict=True)]
        figure.add_bar(
            name=kind.label,
            orientation="h",
            x=parts,
            y=list(range(len(providers))),
            text=[f"{kind.label} {formats.percent(part)}" if part > 0.02 else "" for part in parts],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            insidetextfont={"color": "#FFFFFF" if kind in _DARK else INK, "size": 12},
            marker={"color": kind.colour, "line": {"color": "rgba(128, 140, 160, 0.5)", "width": 0.5}},
            customdata=[[formats.count(n), formats.percent(p)] for n, p in zip(counts, parts, strict=True)],
            hovertemplate=f"<b>{kind.label}</b>: %{{customdata[0]}} · %{{customdata[1]}}<extra></extra>",
        )
    for row, ((label, _), whole) in enumerate(zip(providers, totals, strict=True)):
        figure.add_annotation(
            x=0,
            y=row,
            yshift=29,
            xanchor="left",
            xshift=-3,
            text=f"<b>{literal(label)}</b>  {formats.things(whole, 'event')}",
            showarrow=False,
        )
    figure.update_layout(
        barmode="stack",
        bargap=0.55,
        showlegend=False,
        margin={"l": 0, "r": 0, "t": 0, "b": 8},
        height=10 + 66 * len(providers),
        font={"size": 13},
        uniformtext={"minsize": 12, "mode": "hide"},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        hoverlabel={"align": "left"},
        dragmode=False,
    )
    figure.update_yaxes(visible=False, fixedrange=True, range=[len(providers) - 0.7, -0.75])
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, 1])
    return figure
