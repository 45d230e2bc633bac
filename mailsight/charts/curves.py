"""The chart of campaigns side by side: who had opened and who had clicked, hour by hour since sending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from mailsight.figures import formats
from mailsight.figures.metrics import share

# So many points draw a smooth line, whatever the time that it covers.
MOST_POINTS = 336
# How high a letter is, as a part of its panel.
_LETTER = 0.075
_GRID = "rgba(128, 140, 160, 0.25)"


@dataclass(frozen=True, slots=True)
class Course:
    """What became of one campaign: customers who opened and clicked for the first time, by hour since sending.

    `until_hour`: where its line ends, because nothing is known of what comes later.
    """

    letter: str
    name: str
    colour: str
    delivered: int
    opened: Mapping[int, int]
    clicked: Mapping[int, int]
    until_hour: int


def shares(hours: Mapping[int, int], delivered: int, until_hour: int, step: int) -> list[tuple[int, float]]:
    """The hours that have passed, every `step` and the last, each with the share of all customers until then."""
    passed = [*range(0, until_hour, step), until_hour]
    reached, so_far, points = 0, 0, []
    for hour in passed:
        so_far += sum(hours.get(one, 0) for one in range(reached, hour))
        reached = hour
        points.append((hour, share(so_far, delivered) or 0.0))
    return points


def curves(courses: Sequence[Course], until_hour: int | None = None) -> go.Figure:
    """A panel for opened and one for clicked; in each a line per campaign, with its letter at the end."""
    longest = until_hour or max((one.until_hour for one in courses), default=1)
    step = -(-longest // MOST_POINTS)
    figure = go.Figure()
    for panel, of, dash in (("", "opened", "solid"), ("2", "clicked", "dash")):
        ends: list[tuple[Course, int, float]] = []
        for course in courses:
            points = shares(getattr(course, of), course.delivered, min(course.until_hour, longest), step)
            ends.append((course, *points[-1]))
            figure.add_scatter(
                x=[hour for hour, _ in points],
                y=[reached for _, reached in points],
                xaxis=f"x{panel}",
                yaxis=f"y{panel}",
                name=f"{course.letter}  {escape(formats.raw(course.name, 40))}",
                legendgroup=course.letter,
                showlegend=not panel,
                mode="lines",
                line={"color": course.colour, "width": 2.5, "dash": dash},
                customdata=[[formats.since(hour), formats.percent(reached)] for hour, reached in points],
                hovertemplate=f"{course.letter}  %{{customdata[1]}} {of}<extra></extra>",
            )
        for (course, hour, _), at in zip(ends, _apart([reached for *_, reached in ends]), strict=True):
            figure.add_annotation(
                x=hour,
                y=at,
                xref=f"x{panel}",
                yref=f"y{panel}",
                text=f"<b>{course.letter}</b>",
                xanchor="left",
                showarrow=False,
                font={"color": course.colour, "size": 13},
            )
    _lay_out(figure, longest)
    return figure


def _apart(heights: Sequence[float]) -> list[float]:
    """Where the letters stand at the ends of lines: as high as these, and never one upon another."""
    room = max(heights, default=0.0) * _LETTER
    places: dict[int, float] = {}
    for line in sorted(range(len(heights)), key=lambda line: heights[line]):
        places[line] = max(heights[line], max(places.values(), default=-1.0) + room)
    return [places[line] for line in range(len(heights))]


def _lay_out(figure: go.Figure, longest: int) -> None:
    step = next((step for step in (2, 4, 6, 12, 24, 48, 96, 168, 336) if longest <= step * 6), 672)
    ticks = list(range(0, longest + 1, step))
    figure.update_layout(
        margin={"l": 8, "r": 24, "t": 8, "b": 8},
        height=560,
        font={"size": 13},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        hovermode="x unified",
        dragmode=False,
        xaxis={"anchor": "y", "showticklabels": False},
        xaxis2={"anchor": "y2", "title": {"text": "Time since sending"}},
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
        unifiedhovertitle={"text": "after %{customdata[0]}"},
    )
    figure.update_yaxes(
        tickformat=".2~%",
        rangemode="tozero",
        tickfont={"size": 12},
        gridcolor=_GRID,
        zerolinecolor=_GRID,
        fixedrange=True,
        automargin=True,
    )
