"""The geometry of a report's charts for its SVG templates, which need no scripts on screen or on paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mailsight.figures.courses import Course, shares, spread
from mailsight.figures.formats import count, of, percent, since
from mailsight.figures.funnel import Reached, beside
from mailsight.figures.hours import dense_hours
from mailsight.figures.metrics import share
from mailsight.vocabulary import Status

# In units of the templates' view box.
_WIDTH, _MARGIN, _ROW = 720, 30, 34
_PANEL_HEIGHT, _PANEL_HEADER, _PANEL_FOOTER = 110, 18, 16
_LABELS_WIDTH, _MAX_BAR_WIDTH, _SPACE_BELOW = 140, 330, 16
_SPAN_HOURS, _TICK_HOURS = 72, 12
_LETTER = 13


@dataclass(frozen=True, slots=True)
class FunnelBar:
    """The bar of one stage, centred in the chart, and what became of those who got no further."""

    label: str
    figures: str
    beside: str
    colour: str
    top: int
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many messages reached each stage. `words` says it in text for screen readers."""

    bars: Sequence[FunnelBar]
    height: int
    words: str


@dataclass(frozen=True, slots=True)
class HourBar:
    """The bar of one hour."""

    left: float
    height: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One type of event, hour by hour. `peak` is the count of its tallest bar."""

    label: str
    colour: str
    top: int
    floor: int
    peak: str
    bars: Sequence[HourBar]


@dataclass(frozen=True, slots=True)
class HourTick:
    """A time since send, labelled below a panel."""

    left: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Opens and clicks in the first hours since send. `covered` says how many of the total are shown."""

    panels: Sequence[Panel]
    ticks: Sequence[HourTick]
    bar_width: float
    covered: str


@dataclass(frozen=True, slots=True)
class Line:
    """A campaign's curve as points of a polyline, with the campaign's letter at its end."""

    letter: str
    colour: str
    points: str
    left: float
    height: float


@dataclass(frozen=True, slots=True)
class CurvePanel:
    """The share of delivered that opened or clicked; `peak` is the highest, at the top of the panel."""

    label: str
    top: int
    floor: int
    peak: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Curves:
    """The curves of compared campaigns in the first hours since send. `words` says it in text for screen readers."""

    panels: Sequence[CurvePanel]
    ticks: Sequence[HourTick]
    words: str


def funnel(stages: Sequence[Reached]) -> Funnel:
    """A bar for each stage, with its count, how many stopped there, and how many of them opted out."""
    widest = max(*(at.reached for at in stages), 1)
    bars = []
    for index, at in enumerate(stages):
        width = _MAX_BAR_WIDTH * (share(at.reached, widest) or 0.0)
        bars.append(
            FunnelBar(
                label=at.stage.label,
                figures=count(at.reached),
                beside=", ".join(beside(at)),
                colour=at.stage.colour,
                top=index * _ROW,
                left=_LABELS_WIDTH + (_MAX_BAR_WIDTH - width) * 0.5,
                width=max(width, 1),
            )
        )
    words = "; ".join(", ".join((f"{at.stage.label} {count(at.reached)}", *beside(at))) for at in stages)
    return Funnel(bars, len(bars) * _ROW + _SPACE_BELOW, f"Status of messages: {words}")


def timeline(hours: pd.DataFrame) -> Timeline:
    """One panel each for opens and clicks in the first 72 hours since send."""
    dense = dense_hours(hours, _SPAN_HOURS)
    step = share(_WIDTH - 2 * _MARGIN, _SPAN_HOURS) or 0.0
    panels = []
    for index, (key, state, label) in enumerate(
        (("opens", Status.OPENED, "Opens"), ("clicks", Status.CLICKED, "Clicks"))
    ):
        top = index * (_PANEL_HEADER + _PANEL_HEIGHT + _PANEL_FOOTER)
        counts = [int(number) for number in dense[key]]
        peak = max(counts)
        panels.append(
            Panel(
                label=label,
                colour=state.colour,
                top=top,
                floor=top + _PANEL_HEADER + _PANEL_HEIGHT,
                peak=count(peak),
                bars=[
                    HourBar(_MARGIN + hour * step, _PANEL_HEIGHT * (share(number, max(peak, 1)) or 0.0))
                    for hour, number in enumerate(counts)
                ],
            )
        )
    return Timeline(panels, _ticks(step), step * 0.84, _covered(hours))


def _ticks(step: float) -> list[HourTick]:
    return [
        HourTick(_MARGIN + hour * step, since(hour) if hour else "sent")
        for hour in range(0, _SPAN_HOURS + 1, _TICK_HOURS)
    ]


def curves(courses: Sequence[Course]) -> Curves:
    """One panel each for the share of delivered that opened and clicked, in the first 72 hours since send."""
    step = share(_WIDTH - 2 * _MARGIN, _SPAN_HOURS) or 0.0
    panels, words = [], []
    for index, action in enumerate(("opened", "clicked")):
        top = index * (_PANEL_HEADER + _PANEL_HEIGHT + _PANEL_FOOTER)
        points = [
            shares(getattr(course, action), course.delivered, min(course.until_hour, _SPAN_HOURS), 1)
            for course in courses
        ]
        ends = [reached for *_, (_, reached) in points]
        peak = max(ends, default=0.0)
        scale = share(_PANEL_HEIGHT, peak) or 0.0
        places = spread([end * scale for end in ends], _LETTER)
        floor = top + _PANEL_HEADER + _PANEL_HEIGHT
        lines = [
            Line(
                letter=course.letter,
                colour=course.colour,
                points=" ".join(
                    f"{_MARGIN + hour * step:.1f},{floor - reached * scale:.1f}" for hour, reached in line
                ),
                left=_MARGIN + line[-1][0] * step,
                height=place,
            )
            for course, line, place in zip(courses, points, places, strict=True)
        ]
        panels.append(CurvePanel(f"{action.capitalize()}, of delivered", top, floor, percent(peak), lines))
        words.append(
            f"{action}: "
            + ", ".join(f"{course.letter} {percent(end)}" for course, end in zip(courses, ends, strict=True))
        )
    return Curves(panels, _ticks(step), f"After at most three days {'; '.join(words)}")


def _covered(hours: pd.DataFrame) -> str:
    """How many of all opens and clicks the timeline shows."""
    shown = hours[hours["hour"] < _SPAN_HOURS]
    parts = [f"{of(shown[key].sum(), hours[key].sum())} {key}" for key in ("opens", "clicks")]
    return f"The first three days: {' and '.join(parts)}."
