"""Draws the heatmap: an e-mail with a click badge at every link.

Badges use CSS anchor positioning (https://www.w3.org/TR/css-anchor-position-1/). Each link is an anchor; its badge is
placed at the end of the body, outside the normal flow, and positioned relative to the link. The e-mail keeps its exact
layout, and the file needs no script.

The e-mail's style sheets see the same whatever was clicked: an empty badge for each link. Its look and its text are in
a shadow root, where nothing of the e-mail applies.
"""

import html as entities
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex

from mailsight.figures import locales
from mailsight.mail.documents import parse
from mailsight.mail.links import Link, LinkClicks, links_of, shared
from mailsight.mail.personal_links import Recipient
from mailsight.mail.safety import left_out, link_nodes, notice, write
from mailsight.mail.views import closed_links
from mailsight.merging.sample_values import SAMPLE, sampled

from .badges import (
    MAX_BADGES,
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
    links_before,
)
from .places import NO_LINE, Corner, Line, Place, Places

_ROW_PX = 18
_AREA_ROW_PX = 16
_MAX_IN_A_ROW = 40
_MAX_URL_LENGTH = 1_000  # of what shows on hover
# A pointer is wide enough for its text only if no other link shows it.
POINTER_WIDTH = f"min(max({POINTER_PX}px,var(--own) - 999*var(--before)),999*var(--seen))"
# An e-mail of 100 KB takes 0.5 MB in the cache.
_MAX_CACHED_MAILS = 32
# Marks where the badges go; the token keeps an e-mail from faking it.
_MARK = f"<mailsight-badges {token_hex()}>"

# `!important` declarations in the first cascade layer override everything in the e-mail's own style sheets
# (https://www.w3.org/TR/css-cascade-5/#layering). The layer has no name, so no style sheet can add to it. Only the
# badge's own style attribute overrides it.
#
# --top, --right, --left: edges of the link. --seen: the width of its visible part. --own, --height: size of the badge.
# --width: 0 where the link isn't visible. --near, --near-width: left edge and width of the previous badge on the line.
# --before: the width of the links that show a pointer's clicks. A badge overlaps the corner of its link and stays
# inside the page. Where it would cover the previous badge, it moves right, but stays close to the link (--push);
# --moved does the same for areas, and --lift moves a badge to a second row above. Multiplying by 1000 turns a
# comparison into a switch.
#
# --room: how much is free beside a link at the end of a line, in its block. A badge that fits in there (--beside is
# then positive) moves off the link's words, to the middle of its line (--middle), or of the first of several lines.
# Only its horizontal position can depend on the link's right edge, so an invisible element, which fills the room,
# measures it. The badge of the next line may have no room: where the one before (its lower edge: --below) is lowered,
# it is lowered too, so that neither covers the other.
#
# --roof: the top of the block in whose first line the link is. If it is high enough, a badge that isn't beside its link
# moves up (--raise) until it is off the link's words, unless another badge is there.
_STYLE = """@layer{
mailsight-badge{all:initial!important}
mailsight-badge *,mailsight-badge::before,mailsight-badge ::before,mailsight-badge::after,mailsight-badge ::after,\
mailsight-badge::first-letter,mailsight-badge::first-line{all:unset!important}
mailsight-room{all:initial!important}
mailsight-room{position:absolute!important;visibility:hidden!important;height:0!important;top:var(--top)!important;
left:var(--start)!important;right:var(--end)!important}
mailsight-badge{--near:-9999px!important;--near-width:0px!important;--lift:0px!important;--moved:0px!important;
--before:0px!important;--width:min(var(--own),999*var(--seen))!important;
--room:-9999px!important;--middle:(var(--top) + 5px)!important;--below:-9999px!important;\
--roof:var(--top)!important;
--beside:999*min(var(--room) - var(--width) - 8px,48px - var(--width))!important;
--corner:max(var(--right) - var(--width) + 6px,\
(var(--left) + var(--right) - var(--width))/2)!important;
--place:(var(--corner) + clamp(0px,var(--beside),var(--right) + 4px - var(--corner)))!important;
--above:(var(--height)/2 + 2px + var(--lift))!important;
--lowest:(var(--above) - var(--height)/2 + min(10px,var(--middle) - var(--top)))!important;
--lower:max(clamp(0px,var(--beside),var(--lowest)),\
min(var(--below) - var(--top) + 3px + var(--lift),var(--lowest),1000*(var(--top) + 20px - var(--below))))!important;
--raise:clamp(0px,min(-1*var(--beside),var(--top) + 4px - var(--roof) - var(--above),\
1000*(var(--top) - 24px - var(--below))),var(--height)/2 - 3px)!important;
--apart:(var(--place) - var(--near))!important;
--furthest:(var(--right) + 28px - var(--place) - var(--width)/2)!important;
--push:clamp(0px,min(-1*var(--beside),1000*(var(--near-width) - var(--apart)),1000*(var(--apart) + var(--width))),\
max(0px,min(var(--near-width) - var(--apart),var(--furthest))))!important;
left:max(min(0px,var(--left)),\
min(var(--place) + var(--push),max(100% - var(--width),var(--right) - var(--width))))!important;
top:max(min(0px,var(--top)),var(--top) - var(--above) + var(--lower) - var(--raise))!important;
width:var(--width)!important;height:var(--height)!important;
position:absolute!important;box-sizing:border-box!important;overflow:hidden!important;z-index:2147483647!important;
font:700 11px Arial,Helvetica,sans-serif!important;line-height:var(--height)!important;\
text-align:center!important;white-space:nowrap!important;-webkit-text-size-adjust:none!important;
box-shadow:inset 0 0 0 1px #fff!important;border-radius:10px!important;\
forced-color-adjust:none!important;print-color-adjust:exact!important;cursor:default!important;user-select:none!important}
"""
# The text over a pointer, which shows it if the badge is wide enough.
_TOTAL = (
    "position:absolute;top:0;left:0;height:100%;width:clamp(0px,999*(100% - 16px),100%);overflow:hidden;"
    "font-size:11px"
)

# The declarations of each look.
LOOKS: Mapping[str, str] = {
    "quiet": "background:#fff!important;box-shadow:inset 0 0 0 2px #6b7280!important;font-size:0!important",
    "pointer": "background:#fff!important;box-shadow:inset 0 0 0 2px #8E0B24!important;font-size:0!important;"
    "color:#8E0B24!important",
} | {
    str(look): f"background:{shade.background}!important;color:{shade.text}!important"
    for look, shade in enumerate(SCALE)
}


@dataclass(frozen=True, slots=True)
class Canvas:
    """An e-mail ready for badges: the HTML before and after them, and its links with their places and carriers.

    Only the first `MAX_BADGES` links have places. `notice` says what is left out of an unusually large e-mail;
    `origins` are where its pictures load from.
    """

    start: str
    end: str
    places: Sequence[Place]
    carriers: Mapping[int, int]
    links: Sequence[Link]
    notice: str
    origins: tuple[str, ...]


@lru_cache(maxsize=_MAX_CACHED_MAILS)
def canvas(
    html: str,
    recipient: Recipient = SAMPLE,
    *,
    pictures: bool = False,
    head: str = "",
    personal: bool = True,
) -> Canvas:
    """The safe e-mail with every link marked with data-link; cached. Links that are personal don't open."""
    document = parse(html)
    nodes = link_nodes(document)
    places = Places(document, nodes[:MAX_BADGES])
    rules = "\n".join(places.rules)
    written = write(
        document,
        html,
        pictures=pictures,
        head=f"{head}<style>{_STYLE}{rules}}}</style>",
        end=_MARK,
        marks=places.marks,
        dead={node.mem_id for node, _ in closed_links(document, recipient, opens=True).values()},
        personal=personal,
    )
    start, _, end = written.html.partition(_MARK)
    links = links_of(document, nodes)
    without = left_out(document, html)
    return Canvas(start, end, places.links, shared(links), links, without, written.origins)


def draw(
    html: str,
    clicks: Sequence[LinkClicks],
    *,
    measure: Measure = "clicks",
    show: Show = "count",
    pictures: bool = False,
    totals: ClickTotals | None = None,
    head: str = "",
    end: str = "",
    personal: bool = True,
) -> str:
    """The safe e-mail with a badge at every clicked link and a small mark at every other link.

    Links have data-link and badges data-badge, both with the link's position; a badge's text is its number without
    separators. If several links share clicks, the first visible one shows them and the others get a hollow badge.
    `head` and `end` are markup for the head and for the end of the body. Without `personal`, links lead nowhere (see
    `safety.write`).
    """
    mail = canvas(html, pictures=pictures, head=head, personal=personal)
    totals = totals or click_totals(clicks)
    drawn = badges(clicks, mail.carriers, totals, measure=measure, show=show)
    faces = "".join(_badges_html(drawn, mail, personal=personal))
    return f"{mail.start}{notice(mail.notice)}{faces}{end}{mail.end}"


@dataclass(frozen=True, slots=True)
class Layers:
    """A heatmap for a page that can switch the measure: the e-mail, its badges, and their looks by measure.

    Nothing in `html` and `badges` depends on clicks, because with images on, the e-mail's style sheets could tell the
    sender what they see. What does is for the badges' shadow roots. `looks` maps a measure such as "clicks-count" to a
    list with look, text, sharing, total_look, width_px and height_px of each badge; `urls` say where their
    links lead; `near` has the position of the badge before it (see `_near`), or None; `moved` how many pixels it makes
    room for.
    """

    html: str
    badges: str
    looks: Mapping[str, Sequence[Sequence[str | int]]]
    titles: Sequence[str]
    urls: Sequence[str]
    near: Sequence[int | None]
    moved: Sequence[int]


def layers(
    html: str,
    clicks: Sequence[LinkClicks],
    totals: ClickTotals,
    recipient: Recipient = SAMPLE,
    *,
    pictures: bool = False,
) -> Layers:
    """The parts of a heatmap, in every measure."""
    mail = canvas(html, recipient, pictures=pictures)
    drawn = {
        f"{measure}-{show}": badges(clicks, mail.carriers, totals, measure=measure, show=show)
        for measure in MEASURES
        for show in SHOWS
    }
    looks = {
        name: [(b.look, b.text, b.sharing, b.total_look, b.width_px, b.height_px) for b in each]
        for name, each in drawn.items()
    }
    near = _near(mail.places)
    written = "".join(f"{host}</mailsight-badge>" for host in _hosts(mail, near))
    first = drawn["clicks-count"]
    titles = [badge.title for badge in first]
    return Layers(
        mail.start + mail.end,
        written,
        looks,
        titles,
        [_leads_to(mail.links[badge.position]) for badge in first],
        near,
        room_for_areas(first, [place.corner for place in mail.places]),
    )


def _leads_to(link: Link) -> str:
    return sampled(link.url, escape=False)[:_MAX_URL_LENGTH]


def _badges_html(badges: Sequence[Badge], mail: Canvas, *, personal: bool) -> Iterator[str]:
    near = _near(mail.places)
    moved = room_for_areas(badges, [place.corner for place in mail.places])
    for badge, host, before, moved_px in zip(badges, _hosts(mail, near), near, moved, strict=True):
        near_width_px = 0 if before is None else _near_width_px(badges[before])
        url = _leads_to(mail.links[badge.position]) if personal else ""
        yield f"{host}{_face(badge, url, near_width_px, moved_px)}</mailsight-badge>"


def _face(badge: Badge, url: str, near_width_px: int, moved_px: int) -> str:
    """What a badge shows: a shadow root, with its figures and its link's URL on hover, and its number as text that no
    style sheet can read and no browser shows.

    What is shown is generated by CSS, so the number is the only text.
    """
    lengths = {
        "own": badge.width_px,
        "height": badge.height_px,
        "near-width": near_width_px,
        "moved": moved_px,
    }
    host = "".join(f"--{name}:{value}px!important;" for name, value in lengths.items()) + LOOKS[badge.look]
    text, number = "", "0"
    if badge.look == "pointer":
        host += f";--width:{POINTER_WIDTH}!important"
        total = f"content:'{badge.text}';{_TOTAL};{LOOKS[badge.total_look]}"
        text = f"div::before{{content:'↑';font-size:11px}}div::after{{{total}}}"
    elif badge.look != "quiet":
        number = badge.text.replace(locales.current().group, "")
        text = f"div::before{{content:'{badge.text}'}}div::after{{content:'{badge.sharing}';font-weight:400}}"
    title = entities.escape(badge.title)
    hover = f"{title}&#10;{entities.escape(url)}" if url else title
    return (
        f'<template shadowrootmode="open"><style>:host{{{host}}}div{{height:100%}}{text}</style>'
        f'<div role="img" title="{hover}" aria-label="{title}"></div></template>{number}'
    )


def _hosts(mail: Canvas, near: Sequence[int | None]) -> Iterator[str]:
    """The start tag of each badge, which doesn't depend on clicks."""
    for position, (place, style) in enumerate(zip(mail.places, _styles(mail, near), strict=True)):
        room = ""
        if place.block:
            edges = {
                "top": place.top,
                "start": place.right,
                "end": f"anchor({place.block} right,-9999px)",
                "anchor-name": f"--room-{position}",
            }
            room = f'<mailsight-room style="{_declarations(edges)}"></mailsight-room>'
        yield f'{room}<mailsight-badge data-badge="{position}" style="{_declarations(style)}">'


def _near_width_px(badge: Badge) -> int:
    """How wide a badge is for the next one on its line."""
    return POINTER_PX if badge.look == "pointer" else badge.width_px


def _near(places: Sequence[Place]) -> list[int | None]:
    """For each badge, the position of the one before it on its line or, in a list, on the line before; else None."""
    before: dict[Line, int] = {}
    near = []
    for position, place in enumerate(places):
        on_line = before.get(place.line) if place.line != NO_LINE else None
        follows = bool(place.block) and places[position - 1].siblings == place.siblings
        near.append(position - 1 if on_line is None and follows and position else on_line)
        before[place.line] = position
    return near


def _styles(mail: Canvas, near: Sequence[int | None]) -> Iterator[dict[str, str]]:
    """The custom properties that place each badge. None depends on clicks."""
    groups: dict[int, list[int]] = defaultdict(list)
    for position, first in mail.carriers.items():
        groups[first].append(position)
    for position, (place, before) in enumerate(zip(mail.places, near, strict=True)):
        style = {
            "top": place.top,
            "right": place.right,
            "left": place.left,
            "seen": place.width,
            "anchor-name": f"--badge-{position}",
        }
        first = mail.carriers[position]
        if first != position:
            others = links_before(position, first, groups[first])
            shown = " + ".join(mail.places[other].width for other in others if other < len(mail.places))
            style["before"] = f"({shown or '0px'})"
        if place.corner:
            style["right"] = f"({place.right} + var(--moved))"
        if place.line[-1]:
            style["lift"] = f"{_ROW_PX}px"
        if place.block:
            style["room"] = f"anchor-size(--room-{position} width,-9999px)"
            style["middle"] = f"anchor({place.anchor} center,-9999px)"
        if place.roof:
            style["roof"] = f"anchor({place.roof} top,9999px)"
        if before is not None:
            style["near"] = f"anchor(--badge-{before} left,-9999px)"
        starts_line = place.line == NO_LINE or place.line[:-1] != mail.places[position - 1].line[:-1]
        if position and starts_line and not place.corner:
            style["below"] = f"anchor(--badge-{position - 1} bottom,-9999px)"
        yield style


def _declarations(style: Mapping[str, str]) -> str:
    return "".join(
        f"{'' if name == 'anchor-name' else '--'}{name}:{value}!important;" for name, value in style.items()
    )


def room_for_areas(badges: Sequence[Badge], corners: Sequence[Corner | None]) -> list[int]:
    """How far the badges of areas move right so that they don't cover those of earlier areas of the same picture.

    `corners` has the corner of each link by position.
    """
    rows: dict[tuple[str, int], deque[tuple[int, int, int]]] = defaultdict(
        lambda: deque(maxlen=_MAX_IN_A_ROW)
    )
    moved = []
    for badge in badges:
        corner = corners[badge.position]
        if corner is None:
            moved.append(0)
            continue
        picture, x, y = corner
        row = y // _AREA_ROW_PX
        taken = sorted(other for near in (row - 1, row, row + 1) for other in rows[picture, near])
        free = x
        for other_x, other_y, other_width in taken:
            if (
                abs(y - other_y) < _AREA_ROW_PX
                and other_x - other_width < free
                and free - badge.width_px < other_x
            ):
                free = min(other_x + badge.width_px, free + 24)
        rows[picture, row].append((free, y, badge.width_px))
        moved.append(free - x)
    return moved
