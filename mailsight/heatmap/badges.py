"""What the badges say: each link's number in every measure, and who says it where links share their clicks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """The look of a badge with more than `above_percent` of the clicks that the mail's most clicked link has."""

    above_percent: int
    background: str
    text: str
    height_px: int


# From light to dark, so that the order shows without seeing colours; text on each has a contrast of 4.5 or more.
SCALE = (
    Shade(0, "#FFE08A", "#3B2A00", 16),
    Shade(5, "#FDB95B", "#3B2000", 16),
    Shade(20, "#F58A3C", "#331400", 16),
    Shade(50, "#C8381C", "#FFFFFF", 17),
    Shade(80, "#8E0B24", "#FFFFFF", 18),
)
QUIET_PX = 10
POINTER_PX = 16


@dataclass(frozen=True, slots=True)
class Wholes:
    """What a link's numbers are parts of: the mailing's clicks, its customers who clicked, its delivered mails."""

    clicks: int
    clickers: int
    delivered: int | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """A link's badge. `look` is quiet, pointer, or the number of its shade.

    A pointer says nothing itself but leads to the links `before` it, which share their clicks with it; where none of
    them is shown, it says `text` in their place, in the shade `total_look`.
    """

    position: int
    look: str
    text: str
    width_px: int
    height_px: int
    title: str
    before: tuple[int, ...] = ()
    sharing: str = ""  # what follows the number
    total_look: str = ""


def wholes(
    clicks: Sequence[LinkClicks], *, clickers: int | None = None, delivered: int | None = None
) -> Wholes:
    """The wholes of these clicks, those on links that the mail does not hold included.

    Without `clickers`, the customers of the links are added up: clicks alone don't tell who clicked several.
    """
    return Wholes(
        sum(link.clicks for link in clicks),
        sum(link.clickers for link in clicks) if clickers is None else clickers,
        delivered,
    )


def figure(link: LinkClicks, measure: Measure, show: Show, whole: Wholes) -> str:
    """A link's figure: how many, which share of all, or how many per delivered mail."""
    if show == "count":
        return count(getattr(link, measure))
    return percent(portion(link, measure, show, whole).rate)


def portion(link: LinkClicks, measure: Measure, show: Show, whole: Wholes) -> Portion:
    """The counts behind a link's share, or behind its rate."""
    of = getattr(whole, measure) if show == "share" else whole.delivered or 0
    return Portion(getattr(link, measure), of)


def badges(
    clicks: Sequence[LinkClicks],
    carriers: Mapping[int, int],
    whole: Wholes,
    *,
    measure: Measure = "clicks",
    show: Show = "count",
    quiet: bool = True,
) -> list[Badge]:
    """A badge for every link of the mail; `carriers` as `links.shared` makes them."""
    by_position = {link.link_position: link for link in clicks if link.link_position is not None}
    numbers = {position: getattr(link, measure) for position, link in by_position.items()}
    most = max(numbers.values(), default=0)
    groups: dict[int, list[int]] = defaultdict(list)
    for position, first in carriers.items():
        groups[first].append(position)
    made = []
    for position, first in carriers.items():
        link, carrier = by_position.get(position), by_position.get(first)
        is_shared = carrier is not None and carrier.shared_with > 1 and numbers[first] > 0
        if link is not None and numbers[position]:
            sharing = len(groups[first]) if is_shared and first == position else 1
            made.append(_count(position, link, measure, show, whole, most, sharing))
        elif is_shared and carrier is not None:
            total = _count(position, carrier, measure, show, whole, most, len(groups[first]))
            before = (first, *(other for other in groups[first] if other < position and other != first))
            made.append(_pointer(total, before))
        elif quiet:
            made.append(Badge(position, "quiet", "0", QUIET_PX, QUIET_PX, "Nobody clicked this link"))
    return made


def _count(
    position: int, link: LinkClicks, measure: Measure, show: Show, whole: Wholes, most: int, sharing: int
) -> Badge:
    look = sum(getattr(link, measure) * 100 > most * shade.above_percent for shade in SCALE) - 1
    text = figure(link, measure, show, whole)
    after = f" · {sharing} links" if sharing > 1 else ""
    width = 12 + 65 * len(text) // 10 + 55 * len(after) // 10
    return Badge(
        position, str(look), text, width, SCALE[look].height_px, _title(link, whole, sharing), sharing=after
    )


def _title(link: LinkClicks, whole: Wholes, sharing: int) -> str:
    """Every figure of the link in words."""
    said = things(link.clicks, "click")
    if link.clickers:  # a file of clicks need not tell who clicked
        said += f" by {things(link.clickers, 'customer')}"
    if whole.clicks:
        said += f" · {percent(share(link.clicks, whole.clicks))} of all clicks"
    if whole.delivered and link.clickers:
        said += f" · {percent(share(link.clickers, whole.delivered))} click-through rate"
    return f"{said} · shared by {sharing} links that lead to the same place" if sharing > 1 else said


def _pointer(total: Badge, before: tuple[int, ...]) -> Badge:
    return Badge(
        total.position,
        "pointer",
        f"{total.text}{total.sharing}",
        total.width_px,
        POINTER_PX,
        f"Counted at another link that leads to the same place: {total.title}",
        before=before,
        total_look=total.look,
    )
