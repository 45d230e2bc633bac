"""Explains how each figure is counted: in a short tip, and with the text of docs/metrics.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from mailsight.settings import PROJECT

from . import formats
from .metrics import ESTIMATED_COR, FIGURES, MIN_RELIABLE, WHOLES, AppleOpens, Counts, Portion, Rate, portion

METRICS = PROJECT / "docs" / "metrics.md"
TOO_FEW = f"Fewer than {MIN_RELIABLE}: too few to be reliable."
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_KEY = re.compile(r"`(\w+)`")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of docs/metrics.md: heading, Markdown without links, and the headings of related sections."""

    title: str
    text: str
    see: tuple[str, ...]


def in_short(key: str, counts: Counts) -> tuple[str, ...]:
    """A figure's formula and its counts, as lines of text."""
    figure, counted = FIGURES[key], portion(counts, key)
    formula = f"{figure.label} = {figure.formula}"
    if counted is None:
        return formula, formats.count(getattr(counts, key))
    if isinstance(figure, Rate):
        sides = f"{formats.count(counted.part)} ÷ {formats.count(counted.whole)} customers"
        return formula, sides, *likely(counted)
    whole = FIGURES[WHOLES[key]].label.lower()
    sides = f"{formats.of(counted.part, counted.whole)} {whole}: {formats.percent(counted.rate)}"
    return formula, sides, *(likely(counted) if counted.is_small else ())


def estimate(apple: AppleOpens) -> tuple[str, ...]:
    """The estimated open rate's formula and its counts, as lines of text."""
    counted = apple.estimate
    sides = f"{formats.count(counted.part)} ÷ {formats.count(counted.whole)} customers"
    without = f"{formats.things(apple.proxied, 'customer')} left out: Apple's proxy loaded their images"
    return f"{ESTIMATED_COR.label} = {ESTIMATED_COR.formula}", sides, without, *likely(counted)


def likely(counted: Portion) -> Sequence[str]:
    """A rate's confidence interval, with a warning if the sample is small; empty if there is no rate."""
    interval = counted.interval
    if interval is None:
        return ()
    words = f"{interval_heading()}: {formats.interval(interval)}"
    return (words, TOO_FEW) if counted.is_small else (words,)


def interval_heading() -> str:
    """What the interval of a rate is called."""
    return f"{formats.whole_percent(95)} interval"


def section(title: str) -> Section:
    """The section with this heading. Raises KeyError if there is none."""
    return _sections()[title]


def of_figure(key: str) -> Section:
    """The section about a figure, by the figure's key. Related sections of a rate start with its two counts."""
    section = next(section for title, section in _sections().items() if title.endswith(f": `{key}`"))
    figure = FIGURES.get(key)
    if not isinstance(figure, Rate):
        return section
    sides = (of_figure(figure.numerator).title, of_figure(figure.denominator).title)
    return replace(section, see=tuple(dict.fromkeys((*sides, *section.see))))


def without_key(title: str) -> str:
    """The heading without the figure's key: "Sent: `sent`" -> "Sent"."""
    return re.sub(r": `\w+`$", "", title)


@cache
def _sections() -> dict[str, Section]:
    parts = _HEADING.split(METRICS.read_text(encoding="utf-8"))[1:]
    texts = dict(zip(parts[::2], parts[1::2], strict=True))
    return {title: _read(title, text, texts) for title, text in texts.items()}


def _read(title: str, text: str, texts: dict[str, str]) -> Section:
    by_anchor = {_anchor(heading): heading for heading in texts}
    by_key = {key: heading for heading in texts for key in _KEY.findall(heading)}
    mentioned = [by_anchor.get(target.removeprefix("#")) for _, target in _LINK.findall(text)]
    mentioned += [by_key.get(key) for key in _KEY.findall(text)]
    see = tuple(heading for heading in dict.fromkeys(mentioned) if heading and heading != title)
    return Section(title, _LINK.sub(r"\1", text).strip(), see)


def _anchor(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
