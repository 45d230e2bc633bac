"""What the badges show: each link's figure in every measure, and which of several links with shared clicks shows it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from mailsight.figures.formats import count, percent, things
from mailsight.figures.metrics import Portion, share
from mailsight.mail.links import LinkClicks

Measure = Literal["clicks", "clickers"]
Show = Literal["count", "share", "rate"]
MEASURES: dict[Measure, str] = {"clicks": "Clicks", "clickers": "Customers"}
SHOWS: dict[Show, str] = {"count": "Count", "share": "Share of clicks", "rate": "Click-through rate"}


@dataclass(frozen=True, slots=True)
class Shade:
    """The look of a badge with more than `above_percent` of the clicks of the most clicked link."""

    above_percent: int
    background: str
    text: str
    height_px: int


# From light to dark, so that the order is visible without colour vision. All text has a contrast of at least 4.5:1.
SCALE = (
    Shade(0, "#FFE08A", "#3B2A00", 16),
    Shade(5, "#FDB95B", "#3B2000", 16),
    Shade(20, "#F58A3C", "#331400", 16),
    Shade(50, "#C8381C", "#FFFFFF", 17),
    Shade(80, "#8E0B24", "#FFFFFF", 18),
)
# A browser lays out more badges than this slowly, and nobody reads them.
MAX_BADGES = 2_000
# A pointer looks for its clicks at this many of the links before it.
_MAX_BEFORE = 8
QUIET_PX = 10
POINTER_PX = 16


@dataclass(frozen=True, slots=True)
class ClickTotals:
    """The totals behind shares and rates: a campaign's clicks, customers who clicked, and delivered messages."""

    clicks: int
    clickers: int
    delivered: int | None = None


@dataclass(frozen=True, slots=True)
class LinkTotals:
    """How many links an e-mail has and how often they were clicked: all, and those too far down for a badge.

    `other_links` counts the clicked URLs that the e-mail does not contain.
    """

    links: int
    clicks: int
    links_without_badge: int
    clicks_without_badge: int
    other_links: int
    other_clicks: int


@dataclass(frozen=True, slots=True)
class Badge:
    """A link's badge. `look` is "quiet", "pointer", or the index of a shade.

    A pointer shares its clicks with the links in `before`, which show them. If none of those links is visible, the
    pointer shows `text` instead, in the shade `total_look`.
    """

    position: int
    look: str
    text: str
    width_px: int
    height_px: int
    title: str
    before: tuple[int, ...] = ()
    sharing: str = ""  # shown after the number
    total_look: str = ""


def click_totals(
    clicks: Sequence[LinkClicks], *, clickers: int | None = None, delivered: int | None = None
) -> ClickTotals:
    """The totals of these clicks, including clicks on links that are not in the e-mail.

    Without `clickers`, adds up the customers of all links, which counts a customer once per clicked link.
    """
    return ClickTotals(
        sum(link.clicks for link in clicks),
        sum(link.clickers for link in clicks) if clickers is None else clickers,
        delivered,
    )


def figure(link: LinkClicks, measure: Measure, show: Show, totals: ClickTotals) -> str:
    """A link's figure: its count, its share of the total, or its rate per delivered message."""
    if show == "count":
        return count(getattr(link, measure))
    return percent(portion(link, measure, show, totals).rate)


def portion(link: LinkClicks, measure: Measure, show: Show, totals: ClickTotals) -> Portion:
    """The counts behind a link's share or rate."""
    total = getattr(totals, measure) if show == "share" else totals.delivered or 0
    return Portion(getattr(link, measure), total)


def badges(
    clicks: Sequence[LinkClicks],
    carriers: Mapping[int, int],
    totals: ClickTotals,
    *,
    measure: Measure = "clicks",
    show: Show = "count",
    quiet: bool = True,
) -> list[Badge]:
    """A badge for each of the first `MAX_BADGES` links in the e-mail; `carriers` come from `links.shared`."""
    by_position = {link.link_position: link for link in clicks if link.link_position is not None}
    numbers = {position: getattr(link, measure) for position, link in by_position.items()}
    max_clicks = max(numbers.values(), default=0)
    groups: dict[int, list[int]] = defaultdict(list)
    for position, first in carriers.items():
        groups[first].append(position)
    drawn = []
    for position, first in islice(carriers.items(), MAX_BADGES):
        link, carrier = by_position.get(position), by_position.get(first)
        is_shared = carrier is not None and carrier.shared_with > 1 and numbers[first] > 0
        if link is not None and numbers[position]:
            sharing = len(groups[first]) if is_shared and first == position else 1
            drawn.append(_count_badge(position, link, measure, show, totals, max_clicks, sharing))
        elif is_shared and carrier is not None:
            total = _count_badge(position, carrier, measure, show, totals, max_clicks, len(groups[first]))
            drawn.append(_pointer_badge(total, links_before(position, first, groups[first])))
        elif quiet:
            drawn.append(Badge(position, "quiet", "0", QUIET_PX, QUIET_PX, "Nobody clicked this link"))
    return drawn


def links_before(position: int, first: int, group: Sequence[int]) -> tuple[int, ...]:
    """The links to the same URL that may show the clicks instead: their carrier, and the first of the others."""
    others = (other for other in islice(group, _MAX_BEFORE) if other < position and other != first)
    return first, *others


def link_totals(clicks: Sequence[LinkClicks]) -> LinkTotals:
    """The totals of all links of an e-mail and all other clicked URLs."""
    inside = [link for link in clicks if link.link_position is not None]
    late = [link for link in inside if (link.link_position or 0) >= MAX_BADGES]
    other = [link for link in clicks if link.link_position is None]
    numbers = (
        number for part in (inside, late, other) for number in (len(part), sum(link.clicks for link in part))
    )
    return LinkTotals(*numbers)


def beyond(totals: LinkTotals) -> str:
    """A sentence about the links that have no badge because there are too many; empty if all have one."""
    if not totals.links_without_badge:
        return ""
    links, clicks = things(totals.links_without_badge, "link"), things(totals.clicks_without_badge, "click")
    return f"Only the first {count(MAX_BADGES)} links have badges. The other {links} had {clicks}."


def more(listed: Sequence[LinkClicks], links: int, clicks: int) -> str:
    """A sentence about the links that a list leaves out, given the totals of all; empty if it leaves none out."""
    if len(listed) >= links:
        return ""
    rest = clicks - sum(link.clicks for link in listed)
    return f"And {things(links - len(listed), 'more link')} with {things(rest, 'click')}."


def _count_badge(
    position: int,
    link: LinkClicks,
    measure: Measure,
    show: Show,
    totals: ClickTotals,
    max_clicks: int,
    sharing: int,
) -> Badge:
    look = sum(getattr(link, measure) * 100 > max_clicks * shade.above_percent for shade in SCALE) - 1
    text = figure(link, measure, show, totals)
    after = f" · {sharing} links" if sharing > 1 else ""
    width = 12 + 65 * len(text) // 10 + 55 * len(after) // 10
    return Badge(
        position, str(look), text, width, SCALE[look].height_px, _title(link, totals, sharing), sharing=after
    )


def _title(link: LinkClicks, totals: ClickTotals, sharing: int) -> str:
    """All figures of a link in words."""
    title = things(link.clicks, "click")
    if link.clickers:  # a file of clicks may not say who clicked
        title += f" by {things(link.clickers, 'customer')}"
    if totals.clicks:
        title += f" · {percent(share(link.clicks, totals.clicks))} of all clicks"
    if totals.delivered and link.clickers:
        title += f" · {percent(share(link.clickers, totals.delivered))} click-through rate"
    return f"{title} · shared by {sharing} links to the same URL" if sharing > 1 else title


def _pointer_badge(total: Badge, before: tuple[int, ...]) -> Badge:
    return Badge(
        total.position,
        "pointer",
        f"{total.text}{total.sharing}",
        total.width_px,
        POINTER_PX,
        f"Counted at another link to the same URL: {total.title}",
        before=before,
        total_look=total.look,
    )
