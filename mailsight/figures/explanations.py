"""Explains how each figure is counted: in a short tip, and with the text of docs/metrics.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from mailsight.settings import PROJECT

from . import formats
from .metrics import (
    COUNTS,
    ESTIMATED_COR,
    FIGURES,
    MIN_RELIABLE,
    WHOLES,
    AppleOpens,
    Counts,
    Portion,
    Rate,
    portion,
)
from .reported import Difference, Sales, label

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


def in_short(key: str, counts: Counts, of_known: Portion | None = None) -> tuple[str, ...]:
    """A figure's formula and its counts, as lines of text.

    `of_known`: the rate of several campaigns together, which leaves out those where a count is unknown.
    """
    figure, counted = FIGURES[key], of_known or portion(counts, key)
    formula = f"{figure.label} = {figure.formula}"
    source = (as_reported(key, counts),) if counts.is_reported(key) else ()
    if counted is None:
        return formula, formats.count(counts.known(key)), *source
    if isinstance(figure, Rate):
        part, whole = (of_known.part, of_known.whole) if of_known else figure.counts(counts)
        return formula, f"{formats.count(part)} ÷ {formats.count(whole)} customers", *likely(counted), *source
    number, whole = counts.known(key), counts.known(WHOLES[key])
    sides = (
        f"{formats.of(number, whole)} {FIGURES[WHOLES[key]].label.lower()}: {formats.percent(counted.rate)}"
    )
    return formula, sides, *(likely(counted) if counted.is_small else ()), *source


def as_reported(key: str, counts: Counts) -> str:
    """Says who reports a figure, or that nobody does."""
    if counts.reported is None:
        return ""
    figure = FIGURES[key]
    sides = (figure.numerator, figure.denominator) if isinstance(figure, Rate) else (key,)
    if missing := [FIGURES[side].label for side in sides if side in counts.unknown]:
        return f"Not reported by {counts.reported.label}: {' and '.join(missing)}."
    if isinstance(figure, Rate):
        return f"Computed from counts {counts.reported.words}."
    return f"As reported by {counts.reported.label}."


def sources(counts: Counts) -> str:
    """Which counts another program reports, and which it doesn't; empty if all are counted."""
    source = counts.reported
    if source is None:
        return ""
    known, unknown = (
        [figure.label for figure in COUNTS if figure.key in keys]
        for keys in (source.figures - counts.unknown, counts.unknown)
    )
    if counts.are_totals_only and not unknown:
        return f"All counts are {source.words}, and the rates are computed from them."
    lines = [f"As reported by {source.label}: {', '.join(known)}."] if known else []
    lines += [f"Not reported by {source.label}: {', '.join(unknown)}."] if unknown else []
    lines += [] if counts.are_totals_only else ["All else is counted from events."]
    return " ".join(lines)


def difference(each: Difference, zone: str | None = None) -> str:
    """A check in words: "Mailchimp reported 1,204 opened on 20 Apr 2026; 1,180 were counted from events."."""
    at = f" on {formats.day(each.at, zone)}" if each.at else ""
    verb = "was" if each.counted == 1 else "were"
    return (
        f"{label(each.source)} reported {formats.count(each.reported)} {FIGURES[each.figure].label.lower()}{at}; "
        f"{formats.count(each.counted)} {verb} counted from events."
    )


def sales(each: Sales, zone: str | None = None) -> str:
    """Orders and revenue in words: "Mailchimp reported 12 orders and a revenue of €1,234.50 on 20 Apr 2026."."""
    at = f" on {formats.day(each.at, zone)}" if each.at else ""
    return f"{label(each.source)} reported {sold(each)}{at}."


def sold(each: Sales) -> str:
    """Orders and revenue, as far as they are known: "12 orders and a revenue of €1,234.50"."""
    orders = None if each.orders is None else formats.things(each.orders, "order")
    revenue = None if each.revenue is None else f"a revenue of {formats.money(each.revenue, each.currency)}"
    return " and ".join(filter(None, (orders, revenue)))


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
