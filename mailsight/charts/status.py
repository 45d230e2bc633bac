"""The funnel of the five states. Background and text have no colour of their own: the page's theme sets them."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from mailsight.figures import formats
from mailsight.figures.metrics import Portion
from mailsight.vocabulary import FUNNEL_ORDER, Status

from .style import INK, MARGIN, pale


def funnel(status: Mapping[Status, int], chosen: Sequence[Status] = ()) -> go.Figure:
    """The five states as a funnel; if any are `chosen`, the others are pale.

    The first trace is the visible funnel. The second is an invisible full-width row per state, so that states with few
    or no messages are easy to click. A click's `y` or `point_index` identifies the state.
    """
    counts = [status.get(state, 0) for state in FUNNEL_ORDER]
    sent, widest = sum(counts), max(*counts, 1)
    labels = [state.label for state in FUNNEL_ORDER]
    texts = [_text(Portion(number, sent)) for number in counts]
    figure = go.Figure(
        [
            go.Funnel(
                name="Messages",
                x=counts,
                y=labels,
                text=texts,
                textinfo="text",
                textposition="auto",
                insidetextfont={"color": INK},
                cliponaxis=False,
                # Plotly's funnel ignores the opacity of individual points.
                marker={
                    "color": [
                        state.colour if not chosen or state in chosen else pale(state)
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
                customdata=[[texts[row], state.meaning] for row, state in enumerate(FUNNEL_ORDER)],
                hovertemplate="<b>%{y}</b>: %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
            ),
        ]
    )
    for state, number, text in zip(FUNNEL_ORDER, counts, texts, strict=True):
        if not number:
            # Plotly omits the text of a bar without width.
            figure.add_annotation(x=0, y=state.label, text=text, showarrow=False)
    figure.update_layout(
        funnelmode="overlay",
        funnelgap=0.18,
        showlegend=False,
        margin=MARGIN,
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


def _text(portion: Portion) -> str:
    """A state's count and its share of sent messages; only the count if few were sent."""
    share_of_sent = "" if portion.is_small else f" · {formats.percent(portion.rate)}"
    return f"{formats.count(portion.part)}{share_of_sent}"


def funnel_state(label: str) -> Status | None:
    """The state with this label in the funnel."""
    return next((state for state in FUNNEL_ORDER if state.label == label), None)
