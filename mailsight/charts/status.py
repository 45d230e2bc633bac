"""The Plotly figures. Paper and words have no colour of their own: the page's theme gives it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from mailsight.figures import formats
from mailsight.figures.metrics import Portion, share
from mailsight.vocabulary import EventType, Status

# What did not arrive stands last: in this order the picture reads as a funnel.
FUNNEL_ORDER = (Status.RECEIVED, Status.OPENED, Status.CLICKED, Status.OPTED_OUT, Status.NOT_RECEIVED)
# Dark words are readable on all five state colours, white ones are not (contrast at least 4 to 1).
_INK = "#11161D"
# What happens to most mails, one after the other; then what some ask for, then what went wrong.
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
# What the timeline draws: a column, the colour it has everywhere, its name.
_TIMELINES = {
    "events": (("opens", Status.OPENED, "Opens"), ("clicks", Status.CLICKED, "Clicks")),
    "customers": (
        ("opened", Status.OPENED, "Customers who opened"),
        ("clicked", Status.CLICKED, "Customers who clicked"),
    ),
}
_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
_GRID = "rgba(128, 140, 160, 0.25)"


def funnel(status: Mapping[Status, int], chosen: Sequence[Status] = ()) -> go.Figure:
    """The five states as a funnel. Where `chosen` are given, the others are pale.

    The first trace draws; the second is an invisible row over the whole width of each state, so that a state
    with few or no messages can be hit as easily as a large one. Of a click, `y` or `point_index` tells the state.
    """
    counts = [status.get(state, 0) for state in FUNNEL_ORDER]
    sent, widest = sum(counts), max(*counts, 1)
    labels = [state.label for state in FUNNEL_ORDER]
    words = [_words(Portion(number, sent)) for number in counts]
    figure = go.Figure(
        [
            go.Funnel(
                name="Messages",
                x=counts,
                y=labels,
                text=words,
                textinfo="text",
                textposition="auto",
                insidetextfont={"color": _INK},
                cliponaxis=False,
                # Plotly's funnel does not look at the opacity of single points.
                marker={
                    "color": [
                        state.colour if not chosen or state in chosen else _pale(state)
                        for state in FUNNEL_ORDER
                    ]
                },
                connector={"fillcolor": "rgba(128, 140, 160, 0.16)", "line": {"width": 0}},
                hoverinfo="skip",
            ),
            go.Funnel(
                name="Show these customers",
                x=[widest] * len(counts),
                y=labels,
                textinfo="none",
                marker={"color": "rgba(0, 0, 0, 0.001)"},
                connector={"visible": False},
                customdata=[[words[place], state.meaning] for place, state in enumerate(FUNNEL_ORDER)],
                hovertemplate="<b>%{y}</b>: %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
            ),
        ]
    )
    for state, number, text in zip(FUNNEL_ORDER, counts, words, strict=True):
        if not number:
            # Plotly leaves out the words of a bar without width.
            figure.add_annotation(x=0, y=state.label, text=text, showarrow=False)
    figure.update_layout(
        funnelmode="overlay",
        funnelgap=0.18,
        showlegend=False,
        margin=_MARGIN,
        height=250,
        font={"size": 13},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        hoverlabel={"align": "left"},
        dragmode=False,
    )
    figure.update_yaxes(ticksuffix="  ", tickfont={"size": 13}, fixedrange=True, automargin=True)
    figure.update_xaxes(visible=False, fixedrange=True, range=[-0.505 * widest, 0.505 * widest])
    return figure


def _words(made_of: Portion) -> str:
    """A state's count and its share of what was sent; of few, the count alone."""
    share_of_sent = "" if made_of.is_small else f" · {formats.percent(made_of.rate)}"
    return f"{formats.count(made_of.part)}{share_of_sent}"


def _pale(state: Status, opacity: float = 0.3) -> str:
    red, green, blue = bytes.fromhex(state.colour.lstrip("#"))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def funnel_state(label: str) -> Status | None:
    """The state whose row has this label."""
    return next((state for state in FUNNEL_ORDER if state.label == label), None)


def timeline(
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
                fillcolor=_pale(state, 0.12),
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
        margin=_MARGIN,
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
    places, labels = _hour_ticks(len(at))
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
        gridcolor=_GRID,
        zerolinecolor=_GRID,
        fixedrange=True,
        automargin=True,
    )
    return figure


def dense_hours(hours: pd.DataFrame, until_hour: int | None = None) -> pd.DataFrame:
    """The same with a row for every hour from 0 on. What a wrong clock put before sending counts in hour 0."""
    if hours.empty:
        return pd.DataFrame({column: range(0) for column in hours.columns})
    summed = hours.assign(hour=hours["hour"].clip(lower=0).astype(int)).groupby("hour").sum()
    last = int(summed.index.max()) if until_hour is None else until_hour - 1
    return summed.reindex(range(last + 1), fill_value=0).rename_axis("hour").reset_index()


def _hour_ticks(hours: int) -> tuple[list[int], list[str]]:
    """Where the axis has its marks: every few hours on the first days, every few days in a longer time."""
    step = next((step for step in (2, 4, 6, 12, 24, 48, 96, 168, 336) if hours <= step * 12), 672)
    places = list(range(0, hours + 1, step))
    return places, [formats.since(place) if place else "sent" for place in places]


def events_by_provider(providers: Sequence[tuple[str, Mapping[EventType, int]]]) -> go.Figure:
    """Of what each provider's events are made up: a bar for each label, as long for few events as for many.

    A part's words stand in it where there is room; the table of counts is the legend.
    """
    sums = [sum(counts.values()) for _, counts in providers]
    figure = go.Figure()
    for kind in EVENTS_ORDER:
        counts = [counted.get(kind, 0) for _, counted in providers]
        if not any(counts):
            continue
        parts = [share(number, whole) or 0.0 for number, whole in zip(counts, sums, strict=True)]
        figure.add_bar(
            name=kind.label,
            orientation="h",
            x=parts,
            y=list(range(len(providers))),
            text=[f"{kind.label} {formats.percent(part)}" if part > 0.02 else "" for part in parts],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            insidetextfont={"color": "#FFFFFF" if kind in _DARK else _INK, "size": 12},
            marker={"color": kind.colour, "line": {"color": "rgba(128, 140, 160, 0.5)", "width": 0.5}},
            customdata=[[formats.count(n), formats.percent(p)] for n, p in zip(counts, parts, strict=True)],
            hovertemplate=f"<b>{kind.label}</b>: %{{customdata[0]}} · %{{customdata[1]}}<extra></extra>",
        )
    for place, ((label, _), whole) in enumerate(zip(providers, sums, strict=True)):
        figure.add_annotation(
            x=0,
            y=place,
            yshift=29,
            xanchor="left",
            xshift=-3,
            text=f"<b>{_letters(label)}</b>  {formats.things(whole, 'event')}",
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


def _letters(text: str) -> str:
    """Text from outside for Plotly, which takes some of HTML for HTML."""
    return escape(formats.raw(text, 24))
