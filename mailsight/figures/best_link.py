"""Names a campaign's best link, in words."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist

from . import formats
from .chance import SIGNIFICANCE_LEVEL
from .metrics import MIN_RELIABLE, share

MAX_LABEL_LENGTH = 60
# Above this many clicks, the normal distribution is close enough to the exact one.
_MANY = 50
# Links that serve the e-mail rather than its content: unsubscribing, preferences, the version for browsers.
_SERVICE = re.compile(
    r"(?i)unsub|opt[-_ ]?out|preference|manage.{0,20}subscri|view.{0,30}(browser|online)|web ?version|\bforward\b"
    r"|abmeld|abbestell|austrag|browser.?ansicht|im browser"
    r"|uitschrij|afmeld|online.?versie|webversie|in (je|uw) browser"
    r"|d[eé]sabonn|d[eé]sinscri|dans (votre|le) navigateur|version en ligne"
    r"|darse? de baja|cancelar.{0,20}(suscri|inscri)|descadastr|en (el|tu|su) navegador"
    r"|disiscri|annulla.{0,20}iscri|nel browser|avregistr|avprenumer|avmeld|frameld|peru.{0,10}tilau|wypis|отпис"
)


@dataclass(frozen=True, slots=True)
class LinkCount:
    """A link's clicks, and the customers who clicked it.

    `is_shared`: whether these clicks may belong to other links with the same URL, too.
    """

    url: str
    label: str
    clicks: int
    clickers: int
    is_shared: bool = False


def best_link(links: Sequence[LinkCount], clicks: int) -> str:
    """The most clicked link, its share of all clicks, and whether its lead could be chance.

    Empty if there is no choice, or no link is ahead.

    Links with the same URL count as one. Links such as "Unsubscribe" are left out.
    """
    by_url: dict[str, list[LinkCount]] = {}
    for link in links:
        if not _SERVICE.search(link.url) and not _SERVICE.search(link.label):
            by_url.setdefault(link.url, []).append(link)
    ranked = sorted(by_url.values(), key=lambda group: -_clicks(group))
    if len(ranked) < 2 or _clicks(ranked[0]) == _clicks(ranked[1]):
        return ""
    first, second = ranked[:2]
    label = _label(first)
    number = _clicks(first)
    of_clicks = (
        f"{formats.of(number, clicks)} clicks"
        if clicks < MIN_RELIABLE
        else f"{formats.percent(share(number, clicks))} of clicks"
    )
    leads = is_ahead(sum(link.clickers for link in first), sum(link.clickers for link in second))
    return f"Best link: {label} ({of_clicks}){'' if leads else ', within chance of the next'}."


def _clicks(links: Sequence[LinkCount]) -> int:
    return sum(link.clicks for link in links)


def is_ahead(first: int, second: int) -> bool:
    """Whether the winner is ahead of the runner-up by more than chance (sign test, two-sided).

    Valid although the two were picked for being first and second. Source: Hung and Fithian, "Rank verification for
    exponential families", Annals of Statistics 47 (2019).
    """
    total, lead = first + second, first - second
    if lead <= 0:
        return False
    if total > _MANY:
        # The normal approximation, with continuity correction.
        return NormalDist().cdf((lead - 1) / sqrt(total)) > 1 - SIGNIFICANCE_LEVEL / 2
    at_least = sum(comb(total, number) for number in range(first, total + 1))
    return bool(2 * at_least < SIGNIFICANCE_LEVEL * 2**total)


def _label(links: Sequence[LinkCount]) -> str:
    """The words of the most clicked of the links, or their host and path.

    If nobody knows which of them was clicked, the words that most of them have.
    """
    most = max(links, key=lambda link: link.clicks)
    if most.is_shared and most.clicks == _clicks(links):
        first, *others = Counter(filter(None, map(_words, links))).most_common(2) or [("", 0)]
        words = "" if others and others[0][1] == first[1] else first[0]
    else:
        words = _words(most)
    if not words or "://" in words:
        words = re.sub(r"^\w+://(www\.)?|[?#].*$", "", words or most.url)
    return formats.isolated(formats.raw(words, MAX_LABEL_LENGTH))


def _words(link: LinkCount) -> str:
    """A link's label, unless it is the path of its URL, as it is for links without words."""
    words = " ".join(link.label.split())
    return "" if words.startswith("/") else words
