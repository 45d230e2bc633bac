"""The funnel of a campaign. Background and text have no colour of their own: the page's theme sets them."""

from collections.abc import Sequence

import plotly.graph_objects as go

from mailsight.figures import formats
from mailsight.figures.funnel import Reached, beside
from mailsight.vocabulary import Stage, Status

from .style import MARGIN, pale

# Distinguishes the stages from the states, some of which have the same names.
STAGE = "stage:"
# In widths of the widest bar: where the texts beside the funnel start, and where the chart ends.
_BESIDE, _RIGHT_EDGE = 0.56, 1.5


def funnel(
    stages: Sequence[Reached], *, chosen: Stage | None = None, chosen_states: Sequence[Status] = ()
) -> go.Figure:
    """The four stages as a funnel; beside each, how many stopped there, and how many opted out having got that far.

    If a stage or states are chosen, the rest is pale. A click's `customdata` names what was clicked: a stage, its name
    after STAGE, or a state. The last two traces are invisible and as large as their rows, so that stages with few or no
    messages are easy to click.
    """
    labels, counts = [at.stage.label for at in stages], [at.reached for at in stages]
    widest = max(*counts, 1)
    figure = go.Figure(
        [
            go.Funnel(
                name="Messages",
                x=counts,
                y=labels,
                textinfo="none",
                # Plotly's funnel ignores the opacity of individual points.
                marker={"color": [_colour(at.stage, chosen, chosen_states) for at in stages]},
                connector={"fillcolor": "rgba(128, 140, 160, 0.16)", "line": {"width": 0}},
                hoverinfo="skip",
            ),
            go.Funnel(
                name="Show the customers who got this far",
                x=[widest] * len(stages),
                y=labels,
                textinfo="none",
                marker={"color": "rgba(0, 0, 0, 0.001)"},
                connector={"visible": False},
                customdata=[[STAGE + at.stage, at.stage.label, formats.count(at.reached)] for at in stages],
                hovertemplate="<b>%{customdata[1]}</b>: %{customdata[2]} got at least this far<extra></extra>",
            ),
            go.Bar(
                name="Show the customers who got no further",
                orientation="h",
                base=_BESIDE * widest,
                x=[(_RIGHT_EDGE - _BESIDE) * widest] * len(stages),
                y=labels,
                marker={"color": "rgba(0, 0, 0, 0.001)", "line": {"width": 0}},
                customdata=[[at.stage.stops_as.value, _parts(at)] for at in stages],
                hovertemplate="%{customdata[1]}<extra></extra>",
            ),
        ]
    )
    for at in stages:
        figure.add_annotation(
            x=_BESIDE * widest,
            y=at.stage.label,
            xanchor="left",
            align="left",
            text="<br>".join(beside(at)),
            showarrow=False,
            font={"size": 12},
            captureevents=False,  # clicks go to the bar behind it
        )
    figure.update_layout(
        funnelmode="overlay",
        funnelgap=0.18,
        bargap=0.18,
        showlegend=False,
        margin=MARGIN,
        height=230,
        font={"size": 13},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        hoverlabel={"align": "left"},
        dragmode=False,
    )
    figure.update_yaxes(
        tickvals=labels,
        ticktext=[f"{at.stage.label}  <br><b>{formats.count(at.reached)}</b>  " for at in stages],
        tickfont={"size": 13},
        autorange="reversed",
        fixedrange=True,
        showgrid=False,
        automargin=True,
    )
    figure.update_xaxes(visible=False, fixedrange=True, range=[-0.505 * widest, _RIGHT_EDGE * widest])
    return figure


def _parts(at: Reached) -> str:
    state = at.stage.stops_as
    return f"<b>{state.label}</b>: {formats.count(at.stopped)}<br>{state.meaning}"


def _colour(stage: Stage, chosen: Stage | None, chosen_states: Sequence[Status]) -> str:
    if (chosen is None and not chosen_states) or stage is chosen:
        return stage.colour
    return pale(stage.colour)
