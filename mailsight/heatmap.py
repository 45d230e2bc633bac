"""The heatmap: an e-mail with a badge of clicks at every link.

A badge finds its link by CSS anchor positioning (https://www.w3.org/TR/css-anchor-position-1/): the link is an anchor,
and the badge, last in the body and out of its flow, takes its place from it. So the mail keeps its layout to the pixel,
and no script is needed in a file that may be mailed around.
"""

import html as entities
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from selectolax.lexbor import LexborHTMLParser

from .links import Link, LinkClicks, shared
from .places import NO_LINE, Place, Places
from .safety import link_nodes, write


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

_QUIET_PX = 10
_POINTER_PX = 16
_ROW_PX = 18

Measure = Literal["clicks", "clickers"]

# What is `!important` in the first of all layers wins over anything in the mail's own style sheets:
# https://www.w3.org/TR/css-cascade-5/#layering. Without a name, no style sheet can add to the layer. Only a badge's own
# style attribute wins over it.
#
# --top --right --left: edges of the link. --width --height: of the badge. --near: left edge of the badge before it on
# the line, --near-width wide. The badge stands on the link's corner, a bit beyond it, inside the page. Where it would
# lie on the badge before it, it moves on, but not away from the link; --lift puts it into a second row above. `1000 *`
# makes a switch of a comparison.
_STYLE = """@layer{
mailsight-badge{all:initial!important}
mailsight-badge *,mailsight-badge::before,mailsight-badge ::before,mailsight-badge::after,mailsight-badge ::after\
{all:unset!important}
mailsight-badge{--near:-9999px;--near-width:0px;--lift:0px;
--place:max(var(--right) - var(--width) + 6px,\
(var(--left) + var(--right) - var(--width))/2)!important;
--apart:(var(--place) - var(--near))!important;
--furthest:(var(--right) + 28px - var(--place) - var(--width)/2)!important;
--push:clamp(0px,min(1000*(var(--near-width) - var(--apart)),1000*(var(--apart) + var(--width))),\
max(0px,min(var(--near-width) - var(--apart),var(--furthest))))!important;
left:max(min(0px,var(--left)),\
min(var(--place) + var(--push),max(100% - var(--width),var(--right) - var(--width))))!important;
top:max(min(0px,var(--top)),var(--top) - var(--height)/2 - 2px - var(--lift))!important;
width:var(--width)!important;height:var(--height)!important;
position:absolute!important;box-sizing:border-box!important;overflow:hidden!important;z-index:2147483647!important;
font:700 11px Arial,Helvetica,sans-serif!important;line-height:var(--height)!important;\
text-align:center!important;white-space:nowrap!important;-webkit-text-size-adjust:none!important;
box-shadow:inset 0 0 0 1px #fff!important;border-radius:10px!important;\
forced-color-adjust:none!important;cursor:default!important;user-select:none!important}
mailsight-group::before{content:","!important}
mailsight-badge[data-sharing]::after{content:attr(data-sharing)!important;font-weight:400!important}
mailsight-badge[data-look=quiet],mailsight-badge[data-look=pointer]{\
background:#fff!important;box-shadow:inset 0 0 0 2px #6b7280!important;font-size:0!important}
mailsight-badge[data-look=pointer]{box-shadow:inset 0 0 0 2px #8E0B24!important;color:#8E0B24!important}
mailsight-badge[data-look=pointer]::after{content:"↑"!important;font-size:11px!important}
mailsight-total{position:absolute!important;top:0!important;left:0!important;height:100%!important;\
width:clamp(0px,999*(100% - 16px),100%)!important;overflow:hidden!important;font-size:11px!important}
mailsight-total::after{content:attr(data-total)!important}
"""


@dataclass(frozen=True, slots=True)
class _Badge:
    position: int
    look: str  # quiet, pointer, or the number of its shade
    number: int
    width_px: int
    height_px: int
    title: str
    sharing: str = ""  # what follows the number
    before: tuple[
        int, ...
    ] = ()  # the links that it points to; where none of them is shown, it says the total itself
    total: str = ""
    total_look: str = ""


def draw(
    html: str,
    clicks: Sequence[LinkClicks],
    *,
    measure: Measure = "clicks",
    quiet: bool = True,
    pictures: bool = False,
) -> str:
    """The safe mail with a badge at every link that was clicked and, with `quiet`, a small mark at every other.

    A link carries data-link, its badge data-badge, both with the link's position; a badge's text is its number. Where
    several links share the clicks, the first that is shown has them, and the others have a hollow badge.
    """
    document = LexborHTMLParser(html)
    nodes = link_nodes(document)
    places = Places(document, nodes)
    addresses = [Link(position, node.attributes["href"] or "", "") for position, node in enumerate(nodes)]
    badges = _badges(clicks, shared(addresses), measure, quiet)
    shades = "".join(
        f"mailsight-badge[data-look='{look}'],mailsight-total[data-look='{look}']{{background:{shade.background}!important;color:{shade.text}!important}}\n"
        for look, shade in enumerate(SCALE)
    )
    rules = "\n".join(places.rules)
    return write(
        document,
        html,
        pictures=pictures,
        head=f"<style>{_STYLE}{shades}{rules}}}</style>",
        end="".join(_drawn(badges, places.links)),
        marks=places.marks,
    )


def _badges(
    clicks: Sequence[LinkClicks], firsts: Mapping[int, int], measure: Measure, quiet: bool
) -> list[_Badge]:
    numbers = {
        link.link_position: getattr(link, measure) for link in clicks if link.link_position is not None
    }
    by_position = {link.link_position: link for link in clicks}
    most = max(numbers.values(), default=0)
    groups: dict[int, list[int]] = defaultdict(list)
    for position, first in firsts.items():
        groups[first].append(position)
    badges = []
    for position, first in firsts.items():
        link, number = by_position.get(position), numbers.get(position, 0)
        carrier = by_position.get(first)
        is_shared = carrier is not None and carrier.shared_with > 1 and numbers[first] > 0
        if link is not None and number:
            badges.append(
                _count(link, number, most, len(groups[first]) if is_shared and first == position else 1)
            )
        elif is_shared and carrier is not None:
            before = tuple(other for other in groups[first] if other < position)
            badges.append(
                _pointer(position, _count(carrier, numbers[first], most, len(groups[first])), before)
            )
        elif quiet:
            badges.append(_Badge(position, "quiet", 0, _QUIET_PX, _QUIET_PX, "Nobody clicked this link"))
    return badges


def _count(link: LinkClicks, number: int, most: int, sharing: int) -> _Badge:
    look = sum(number * 100 > most * shade.above_percent for shade in SCALE) - 1
    title = f"{_words(link.clicks, 'click')} by {_words(link.clickers, 'customer')}"
    sharing_text = f" · {sharing} links" if sharing > 1 else ""
    if sharing > 1:
        title += f", shared by {sharing} links that lead to the same place"
    text = f"{number:,}"
    width = 12 + 65 * len(text) // 10 + 55 * len(sharing_text) // 10
    return _Badge(
        link.link_position or 0, str(look), number, width, SCALE[look].height_px, title, sharing_text
    )


def _pointer(position: int, count: _Badge, before: tuple[int, ...]) -> _Badge:
    return replace(
        count,
        position=position,
        look="pointer",
        number=0,
        height_px=_POINTER_PX,
        title=f"Counted at another link that leads to the same place: {count.title}",
        sharing="",
        before=before,
        total=f"{count.number:,}{count.sharing}",
        total_look=count.look,
    )


def _words(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _drawn(badges: Sequence[_Badge], places: Sequence[Place]) -> Iterator[str]:
    before: dict[tuple[int, ...], _Badge] = {}
    taken: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for badge in badges:
        place = places[badge.position]
        inner, width = _digits(badge.number), f"{badge.width_px}px"
        if badge.look == "pointer":
            shown = " + ".join(places[other].width for other in badge.before)
            width = f"max({_POINTER_PX}px,{width} - 999*({shown}))"
            inner += f'<mailsight-total data-look="{badge.total_look}" data-total="{badge.total}"></mailsight-total>'
        style = {
            "top": place.top,
            "right": place.right,
            "left": place.left,
            "width": f"min({width},999*{place.width})",
            "height": f"{badge.height_px}px",
        }
        if place.corner:
            picture, x, y = place.corner
            moved = _free(taken[picture], x, y, badge.width_px)
            style["right"] = f"({place.right} + {moved - x}px)"
        if place.line[-1]:
            style["lift"] = f"{_ROW_PX}px"
        if near := before.get(place.line):
            style["near"] = f"anchor(--badge-{near.position} left,-9999px)"
            style["near-width"] = f"{_POINTER_PX if near.look == 'pointer' else near.width_px}px"
        if place.line != NO_LINE:
            before[place.line] = badge
        declarations = "".join(f"--{name}:{value}!important;" for name, value in style.items())
        sharing = f' data-sharing="{badge.sharing}"' if badge.sharing else ""
        title = entities.escape(badge.title)
        yield (
            f'<mailsight-badge data-badge="{badge.position}" data-look="{badge.look}"{sharing} role="img"'
            f' title="{title}" aria-label="{title}"'
            f' style="{declarations}anchor-name:--badge-{badge.position}!important">{inner}</mailsight-badge>'
        )


def _free(taken: list[tuple[int, int, int]], x: int, y: int, width: int) -> int:
    """The x for the badge of an area where it covers no badge of the areas before it."""
    for other_x, other_y, other_width in sorted(taken):
        if abs(y - other_y) < 16 and other_x - other_width < x and x - width < other_x:
            x = min(other_x + width, x + 24)
    taken.append((x, y, width))
    return x


def _digits(number: int) -> str:
    """The number as plain digits, so that badges can be added up; its style writes the commas."""
    first, *groups = f"{number:,}".split(",")
    return first + "".join(f"<mailsight-group>{group}</mailsight-group>" for group in groups)
