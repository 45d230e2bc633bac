"""The pictures of a report as inline SVG, for any browser, for paper, without a script."""

from collections.abc import Mapping
from html import escape

import pandas as pd

from mailsight.figures.formats import count, of, percent, since
from mailsight.figures.hours import dense_hours
from mailsight.figures.metrics import Portion, share
from mailsight.vocabulary import FUNNEL_ORDER, Status

_WIDTH, _ROW, _PANEL = 720, 34, 110
_INK, _QUIET, _LINE = "#0E1621", "#5B6675", "#D9DFE7"
_SPAN_HOURS = 72


def funnel(status: Mapping[Status, int]) -> str:
    """The five states, each as a bar in its colour with its count and its share of sent."""
    sent = sum(status.values())
    widest = max(*status.values(), 1)
    rows = []
    for place, state in enumerate(FUNNEL_ORDER):
        made_of = Portion(status.get(state, 0), sent)
        width = 400 * (share(made_of.part, widest) or 0.0)
        left, top = 160 + 200 - width * 0.5, place * _ROW
        words = f"{count(made_of.part)} · {percent(made_of.rate)}"
        rows.append(
            f'<text x="0" y="{top + 21}" fill="{_INK}" font-size="14">{escape(state.label)}</text>'
            f'<rect x="{left:.1f}" y="{top + 3}" width="{max(width, 1):.1f}" height="{_ROW - 6}"'
            f' fill="{state.colour}"/>'
            f'<text x="{_WIDTH}" y="{top + 21}" fill="{_INK}" font-size="14" text-anchor="end">{words}</text>'
        )
    said = ", ".join(f"{state.label} {count(status.get(state, 0))}" for state in FUNNEL_ORDER)
    return _svg("".join(rows), len(FUNNEL_ORDER) * _ROW, f"Status of messages: {said}")


def timeline(hours: pd.DataFrame) -> str:
    """Opens and clicks in each of the first hours since sending, one panel each."""
    dense = dense_hours(hours, _SPAN_HOURS)
    step = share(_WIDTH - 60, _SPAN_HOURS) or 0.0
    drawn = []
    for place, (key, state, label) in enumerate(
        (("opens", Status.OPENED, "Opens"), ("clicks", Status.CLICKED, "Clicks"))
    ):
        top, numbers = place * (_PANEL + 34), [int(number) for number in dense[key]]
        most = max(*numbers, 1)
        floor = top + 18 + _PANEL
        drawn.append(
            f'<text x="0" y="{top + 12}" fill="{_INK}" font-size="13" font-weight="600">{label}</text>'
        )
        drawn.append(
            f'<text x="{_WIDTH}" y="{top + 12}" fill="{_QUIET}" font-size="12" text-anchor="end">'
            f"most in one hour: {count(max(numbers))}</text>"
        )
        for hour, number in enumerate(numbers):
            height = _PANEL * (share(number, most) or 0.0)
            drawn.append(
                f'<rect x="{30 + hour * step:.2f}" y="{floor - height:.2f}" width="{step * 0.84:.2f}"'
                f' height="{height:.2f}" fill="{state.colour}"/>'
            )
        drawn.append(f'<path d="M30 {floor}H{_WIDTH - 30}" stroke="{_LINE}"/>')
        drawn += [
            f'<text x="{30 + hour * step:.1f}" y="{floor + 14}" fill="{_QUIET}" font-size="11"'
            f' text-anchor="middle">{since(hour) if hour else "sent"}</text>'
            for hour in range(0, _SPAN_HOURS + 1, 12)
        ]
    return _svg("".join(drawn), 2 * (_PANEL + 34) + 4, "Opens and clicks in each of the first 72 hours")


def covered(hours: pd.DataFrame) -> str:
    """How many of all opens and clicks the timeline shows."""
    seen = hours[hours["hour"] < _SPAN_HOURS]
    parts = [f"{of(seen[key].sum(), hours[key].sum())} {key}" for key in ("opens", "clicks")]
    return f"The first three days: {' and '.join(parts)}."


def _svg(inside: str, height: int, words: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(words)}"'
        f' xmlns="http://www.w3.org/2000/svg" font-family="inherit">{inside}</svg>'
    )
