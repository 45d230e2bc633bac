"""How each figure is counted: in a line beside it, and in the words of docs/metrics.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from mailsight.settings import PROJECT

from . import formats
from .metrics import ESTIMATED_COR, FIGURES, SMALL, WHOLES, AppleOpens, Counts, Portion, Rate, portion

METRICS = PROJECT / "docs" / "metrics.md"
TOO_FEW = f"Fewer than {SMALL}: too few to rely on."
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_KEY = re.compile(r"`(\w+)`")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of docs/metrics.md: its heading, its Markdown without links, and the headings that it speaks of."""

    title: str
    text: str
    see: tuple[str, ...]


def in_short(key: str, counts: Counts) -> tuple[str, ...]:
    """A figure's formula in words and the counts it is made of, in lines."""
    figure, made_of = FIGURES[key], portion(counts, key)
    formula = f"{figure.label} = {figure.formula}"
    if made_of is None:
        return formula, formats.count(getattr(counts, key))
    if isinstance(figure, Rate):
        sides = f"{formats.count(made_of.part)} ÷ {formats.count(made_of.whole)} customers"
        return formula, sides, *likely(made_of)
    whole = FIGURES[WHOLES[key]].label.lower()
    sides = f"{formats.of(made_of.part, made_of.whole)} {whole}: {formats.percent(made_of.rate)}"
    return formula, sides, *(likely(made_of) if made_of.is_small else ())


def estimate(apple: AppleOpens) -> tuple[str, ...]:
    """The estimated open rate's formula in words and its counts, in lines."""
    made_of = apple.estimate
    sides = f"{formats.count(made_of.part)} ÷ {formats.count(made_of.whole)} customers"
    without = f"{formats.things(apple.proxied, 'customer')} left out: Apple's proxy loaded their pictures"
    return f"{ESTIMATED_COR.label} = {ESTIMATED_COR.formula}", sides, without, *likely(made_of)


def likely(made_of: Portion) -> Sequence[str]:
    """Where a rate likely lies, and whether it can be relied on; nothing where there is no rate."""
    interval = made_of.interval
    if interval is None:
        return ()
    words = f"95\N{NO-BREAK SPACE}% interval: {formats.interval(interval)}"
    return (words, TOO_FEW) if made_of.is_small else (words,)


def section(title: str) -> Section:
    """The section with this heading. Raises KeyError for one that is not there."""
    return _sections()[title]


def of_figure(key: str) -> Section:
    """The section that tells how a figure is counted, by the figure's key; of a rate, its two counts come next."""
    found = next(one for title, one in _sections().items() if title.endswith(f": `{key}`"))
    figure = FIGURES.get(key)
    if not isinstance(figure, Rate):
        return found
    sides = (of_figure(figure.numerator).title, of_figure(figure.denominator).title)
    return replace(found, see=tuple(dict.fromkeys((*sides, *found.see))))


def without_key(title: str) -> str:
    """The heading as people read it: "Sent: `sent`" -> "Sent"."""
    return re.sub(r": `\w+`$", "", title)


@cache
def _sections() -> dict[str, Section]:
    parts = _HEADING.split(METRICS.read_text(encoding="utf-8"))[1:]
    texts = dict(zip(parts[::2], parts[1::2], strict=True))
    return {title: _read(title, text, texts) for title, text in texts.items()}


def _read(title: str, text: str, texts: dict[str, str]) -> Section:
    by_anchor = {_anchor(one): one for one in texts}
    by_key = {key: one for one in texts for key in _KEY.findall(one)}
    named = [by_anchor.get(target.removeprefix("#")) for _, target in _LINK.findall(text)]
    named += [by_key.get(key) for key in _KEY.findall(text)]
    see = tuple(one for one in dict.fromkeys(named) if one and one != title)
    return Section(title, _LINK.sub(r"\1", text).strip(), see)


def _anchor(title: str) -> str:
    """The anchor of a heading as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
