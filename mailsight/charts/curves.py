"""The comparison chart: the share of customers who had opened and clicked, hour by hour since send."""

from collections.abc import Sequence

import plotly.graph_objects as go

from mailsight.figures import formats, locales
from mailsight.figures.courses import Course, shares, spread

from .style import TOP_EDGE, literal, separators, since_send

# Enough points for a smooth line over any period.
MAX_POINTS = 336
# The height of a letter as a fraction of its panel.
_LETTER_HEIGHT = 0.12
_GRID = "rgba(128, 140, 160, 0.25)"
_PERCENT = 100


def curves(courses: Sequence[Course], until_hour: int | None = None) -> go.Figure:
    """Two panels, opened and clicked, each with a line per campaign that ends in the campaign's letter."""
    longest = until_hour or max((course.until_hour for course in courses), default=1)
    step = -(-longest // MAX_POINTS)
    figure = go.Figure()
    for panel, action, dash in (("", "opened", "solid"), ("2", "clicked", "dash")):
        ends: list[tuple[Course, int, float]] = []
        for course in courses:
            points = shares(getattr(course, action), course.delivered, min(course.until_hour, longest), step)
            ends.append((course, *points[-1]))
            figure.add_scatter(
                x=[hour for hour, _ in points],
                y=[_PERCENT * reached for _, reached in points],
                xaxis=f"x{panel}",
                yaxis=f"y{panel}",
                name=f"{course.letter}  {literal(course.name, 40)}",
                legendgroup=course.letter,
                showlegend=not panel,
                mode="lines",
                line={"color": course.colour, "width": 2.5, "dash": dash},
                customdata=[formats.percent(reached) for _, reached in points],
                hovertemplate=f"{course.letter}  %{{customdata}} {action}<extra></extra>",
            )
        heights = [reached for *_, reached in ends]
        places = spread(heights, max(heights, default=0.0) * _LETTER_HEIGHT)
        for (course, hour, _), height in zip(ends, places, strict=True):
            figure.add_annotation(
                x=hour,
                y=_PERCENT * height,
                xref=f"x{panel}",
                yref=f"y{panel}",
                text=f"<b>{course.letter}</b>",
                xanchor="left",
                showarrow=False,
                font={"size": 13},
                bordercolor=course.colour,
                borderwidth=2,
                borderpad=2,
                xshift=4,
            )
    _lay_out(figure, longest)
    return figure


def _lay_out(figure: go.Figure, longest: int) -> None:
    step = next((step for step in (2, 4, 6, 12, 24, 48, 96, 168, 336) if longest <= step * 6), 672)
    ticks = list(range(0, longest + 1, step))
    before, after = locales.current().percent.split("{}")
    figure.update_layout(
        margin={"l": 8, "r": 24, "t": 8, "b": 8},
        height=560,
        separators=separators(),
        font={"size": 13},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        legend={"orientation": "h", "x": 0, "xanchor": "left", **TOP_EDGE},
        hovermode="x unified",
        dragmode=False,
        xaxis={"anchor": "y", "showticklabels": False},
        xaxis2={"anchor": "y2", "title": {"text": "Time since send"}},
        yaxis={"domain": [0.54, 1.0], "title": {"text": "Opened, of delivered"}},
        yaxis2={"domain": [0.0, 0.46], "title": {"text": "Clicked, of delivered"}},
    )
    figure.update_xaxes(
        tickvals=ticks,
        ticktext=[formats.since(tick) if tick else "sent" for tick in ticks],
        range=[0, longest * 1.02],
        showgrid=False,
        tickfont={"size": 12},
        zeroline=False,
        fixedrange=True,
        **since_send(sorted({hour for line in figure.data for hour in line.x})),
    )
    figure.update_yaxes(
        tickformat=".2~f",
        tickprefix=before,
        ticksuffix=after,
        rangemode="tozero",
        tickfont={"size": 12},
        gridcolor=_GRID,
        zerolinecolor=_GRID,
        fixedrange=True,
        automargin=True,
    )
