"""Draws the heatmap: an e-mail with a click badge at every link.

Badges use CSS anchor positioning (https://www.w3.org/TR/css-anchor-position-1/). Each link is an anchor; its badge is
placed at the end of the body, outside the normal flow, and positioned relative to the link. The e-mail keeps its exact
layout, and the file needs no script.
"""

import html as entities
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex

from mailsight.mail.documents import parse
from mailsight.mail.links import Link, LinkClicks, links_of, shared
from mailsight.mail.safety import link_nodes, write

from .badges import (
    MEASURES,
    POINTER_PX,
    SCALE,
    SHOWS,
    Badge,
    ClickTotals,
    Measure,
    Show,
    badges,
    click_totals,
)
from .places import NO_LINE, Place, Places

_ROW_PX = 18
# An e-mail of 100 KB takes 0.5 MB in the cache.
_MAX_CACHED_MAILS = 32
# Marks where the badges go; the token keeps an e-mail from faking it.
_MARK = f"<mailsight-badges {token_hex()}>"

# `!important` declarations in the first cascade layer override everything in the e-mail's own style sheets
# (https://www.w3.org/TR/css-cascade-5/#layering). The layer has no name, so no style sheet can add to it. Only the
# badge's own style attribute overrides it.
#
# --top, --right, --left: edges of the link. --width, --height: size of the badge. --near, --near-width: left edge and
# width of the previous badge on the line. A badge overlaps the corner of its link and stays inside the page. Where it
# would cover the previous badge, it moves right, but stays close to the link; --lift moves it to a second row above.
# Multiplying by 1000 turns a comparison into a switch.
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
mailsight-badge[data-look=none]{display:none!important}
mailsight-badge[data-lit]{box-shadow:0 0 0 2px #fff,0 0 0 4px #1D4ED8!important;overflow:visible!important}
mailsight-badge[role=button]{cursor:pointer!important}
[data-link][data-lit],[data-link][data-lit] img{outline:3px solid #1D4ED8!important;outline-offset:2px!important}
mailsight-total{position:absolute!important;top:0!important;left:0!important;height:100%!important;\
width:clamp(0px,999*(100% - 16px),100%)!important;overflow:hidden!important;font-size:11px!important}
mailsight-total::after{content:attr(data-total)!important}
"""

_SHADES = "".join(
    f"mailsight-badge[data-look='{look}'],mailsight-total[data-look='{look}']"
    f"{{background:{shade.background}!important;color:{shade.text}!important}}\n"
    for look, shade in enumerate(SCALE)
)


@dataclass(frozen=True, slots=True)
class Canvas:
    """An e-mail ready for badges: the HTML before and after them, and its links with their places and carriers."""

    start: str
    end: str
    places: Sequence[Place]
    carriers: Mapping[int, int]
    links: Sequence[Link]


@lru_cache(maxsize=_MAX_CACHED_MAILS)
def canvas(html: str, *, pictures: bool = False, head: str = "") -> Canvas:
    """The safe e-mail with every link marked with data-link; cached."""
    document = parse(html)
    nodes = link_nodes(document)
    places = Places(document, nodes)
    rules = "\n".join(places.rules)
    written = write(
        document,
        html,
        pictures=pictures,
        head=f"{head}<style>{_STYLE}{_SHADES}{rules}}}</style>",
        end=_MARK,
        marks=places.marks,
    )
    start, _, end = written.partition(_MARK)
    links = links_of(document, nodes)
    return Canvas(start, end, places.links, shared(links), links)


def draw(
    html: str,
    clicks: Sequence[LinkClicks],
    *,
    measure: Measure = "clicks",
    show: Show = "count",
    quiet: bool = True,
    pictures: bool = False,
    totals: ClickTotals | None = None,
    head: str = "",
    end: str = "",
) -> str:
    """The safe e-mail with a badge at every clicked link and, with `quiet`, a small mark at every other link.

    Links have data-link and badges data-badge, both with the link's position; a badge's text is its number. If several
    links share clicks, the first visible one shows them and the others get a hollow badge. `head` and `end` are markup
    for the head and for the end of the body.
    """
    mail = canvas(html, pictures=pictures, head=head)
    totals = totals or click_totals(clicks)
    drawn = badges(clicks, mail.carriers, totals, measure=measure, show=show, quiet=quiet)
    return f"{mail.start}{''.join(_badges_html(drawn, mail.places))}{end}{mail.end}"


@dataclass(frozen=True, slots=True)
class Layers:
    """A heatmap for a page that can switch the measure: the e-mail, its badges, and their looks by measure.

    `looks` maps a measure such as "clicks-count" to a list with look, text, sharing, total_look, width_px and height_px
    of each badge.
    """

    html: str
    badges: str
    looks: Mapping[str, Sequence[Sequence[str | int]]]


def layers(html: str, clicks: Sequence[LinkClicks], totals: ClickTotals, *, pictures: bool = False) -> Layers:
    """The parts of `draw`, in every measure."""
    mail = canvas(html, pictures=pictures)
    drawn = {
        f"{measure}-{show}": badges(clicks, mail.carriers, totals, measure=measure, show=show)
        for measure in MEASURES
        for show in SHOWS
    }
    looks = {
        name: [(b.look, b.text, b.sharing, b.total_look, b.width_px, b.height_px) for b in each]
        for name, each in drawn.items()
    }
    return Layers(mail.start + mail.end, "".join(_badges_html(drawn["clicks-count"], mail.places)), looks)


def _badges_html(badges: Sequence[Badge], places: Sequence[Place]) -> Iterator[str]:
    before: dict[tuple[int, ...], Badge] = {}
    taken: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for badge in badges:
        place = places[badge.position]
        inner, own = _digits(badge.text), "var(--own)"
        if badge.look == "pointer":
            shown = " + ".join(places[other].width for other in badge.before)
            own = f"max({POINTER_PX}px,{own} - 999*({shown}))"
            inner = f'0<mailsight-total data-look="{badge.total_look}" data-total="{badge.text}"></mailsight-total>'
        style = {
            "top": place.top,
            "right": place.right,
            "left": place.left,
            "own": f"{badge.width_px}px",
            "width": f"min({own},999*{place.width})",
            "height": f"{badge.height_px}px",
        }
        if place.corner:
            picture, x, y = place.corner
            moved = _free(taken[picture], x, y, badge.width_px)
            style["right"] = f"({place.right} + {moved - x}px)"
        if place.line[-1]:
            style["lift"] = f"{_ROW_PX}px"
        near = before.get(place.line)
        if near:
            style["near"] = f"anchor(--badge-{near.position} left,-9999px)"
            style["near-width"] = f"{POINTER_PX if near.look == 'pointer' else near.width_px}px"
        if place.line != NO_LINE:
            before[place.line] = badge
        declarations = "".join(f"--{name}:{value}!important;" for name, value in style.items())
        sharing = f' data-sharing="{badge.sharing}"' if badge.sharing else ""
        follows = f' data-near="{near.position}"' if near else ""
        title = entities.escape(badge.title)
        yield (
            f'<mailsight-badge data-badge="{badge.position}" data-look="{badge.look}"{sharing}{follows} role="img"'
            f' title="{title}" aria-label="{title}"'
            f' style="{declarations}anchor-name:--badge-{badge.position}!important">{inner}</mailsight-badge>'
        )


def _free(taken: list[tuple[int, int, int]], x: int, y: int, width: int) -> int:
    """The x of an area's badge, moved right where it would cover the badge of an earlier area."""
    for other_x, other_y, other_width in sorted(taken):
        if abs(y - other_y) < 16 and other_x - other_width < x and x - width < other_x:
            x = min(other_x + width, x + 24)
    taken.append((x, y, width))
    return x


def _digits(text: str) -> str:
    """The number without commas, so that badges can be added up; CSS adds the commas."""
    first, *groups = text.split(",")
    return first + "".join(f"<mailsight-group>{group}</mailsight-group>" for group in groups)
