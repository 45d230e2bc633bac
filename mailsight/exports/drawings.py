"""The drawings of a report, measured out for its SVG templates: they need no script, on any screen and on paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mailsight.figures.formats import count, of, percent, since
from mailsight.figures.hours import dense_hours
from mailsight.figures.metrics import Portion, share
from mailsight.vocabulary import FUNNEL_ORDER, Status

# In the units of the templates' view box.
_WIDTH, _MARGIN, _ROW = 720, 30, 34
_PANEL, _PANEL_HEAD, _PANEL_FOOT = 110, 18, 16
_LABELS_WIDTH, _WIDEST_BAR = 160, 400
_SPAN_HOURS, _MARK_HOURS = 72, 12


@dataclass(frozen=True, slots=True)
class FunnelBar:
    """A state as a bar of its width around the middle of the drawing."""

    label: str
    figures: str
    colour: str
    top: int
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many messages are in each state. `words` say the same to those who can't see it."""

    bars: Sequence[FunnelBar]
    height: int
    words: str


@dataclass(frozen=True, slots=True)
class HourBar:
    """What happened in one hour."""

    left: float
    height: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One kind of event, hour by hour. `most` is the count of its tallest bar."""

    label: str
    colour: str
    top: int
    floor: int
    most: str
    bars: Sequence[HourBar]


@dataclass(frozen=True, slots=True)
class HourMark:
    """A time since send, below a panel."""

    left: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Opens and clicks in the first hours since send, and how many of all these hours hold."""

    panels: Sequence[Panel]
    marks: Sequence[HourMark]
    bar_width: float
    covered: str


def funnel(status: Mapping[Status, int]) -> Funnel:
    """The five states, each as a bar in its colour with its count and its share of sent."""
    sent = sum(status.values())
    widest = max(*status.values(), 1)
    bars = []
    for place, state in enumerate(FUNNEL_ORDER):
        messages = status.get(state, 0)
        width = _WIDEST_BAR * (share(messages, widest) or 0.0)
        bars.append(
            FunnelBar(
                label=state.label,
                figures=f"{count(messages)} · {percent(Portion(messages, sent).rate)}",
                colour=state.colour,
                top=place * _ROW,
                left=_LABELS_WIDTH + (_WIDEST_BAR - width) * 0.5,
                width=max(width, 1),
            )
        )
    words = ", ".join(f"{state.label} {count(status.get(state, 0))}" for state in FUNNEL_ORDER)
    return Funnel(bars, len(bars) * _ROW, f"Status of messages: {words}")


def timeline(hours: pd.DataFrame) -> Timeline:
    """Opens and clicks in each of the first 72 hours since send, one panel each."""
    dense = dense_hours(hours, _SPAN_HOURS)
    step = share(_WIDTH - 2 * _MARGIN, _SPAN_HOURS) or 0.0
    panels = []
    for place, (key, state, label) in enumerate(
        (("opens", Status.OPENED, "Opens"), ("clicks", Status.CLICKED, "Clicks"))
    ):
        top, numbers = place * (_PANEL_HEAD + _PANEL + _PANEL_FOOT), [int(number) for number in dense[key]]
        most = max(numbers)
        panels.append(
            Panel(
                label=label,
                colour=state.colour,
                top=top,
                floor=top + _PANEL_HEAD + _PANEL,
                most=count(most),
                bars=[
                    HourBar(_MARGIN + hour * step, _PANEL * (share(number, max(most, 1)) or 0.0))
                    for hour, number in enumerate(numbers)
                ],
            )
        )
    marks = [
        HourMark(_MARGIN + hour * step, since(hour) if hour else "sent")
        for hour in range(0, _SPAN_HOURS + 1, _MARK_HOURS)
    ]
    return Timeline(panels, marks, step * 0.84, _covered(hours))


def _covered(hours: pd.DataFrame) -> str:
    """How many of all opens and clicks the timeline shows."""
    seen = hours[hours["hour"] < _SPAN_HOURS]
    parts = [f"{of(seen[key].sum(), hours[key].sum())} {key}" for key in ("opens", "clicks")]
    return f"The first three days: {' and '.join(parts)}."
