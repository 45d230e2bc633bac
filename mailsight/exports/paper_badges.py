"""Badges on paper, as pictures: at the end of each clicked link, and drawn into the pictures of image maps."""

import re
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from io import BytesIO
from urllib.parse import unquote_to_bytes

from PIL import Image
from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailsight.heatmap.badges import POINTER_PX, SCALE, Badge
from mailsight.heatmap.drawing import room_for_areas
from mailsight.heatmap.places import Corner, MapPictures, area_corner
from mailsight.mail.values import clean_address

from .rendering import render

# Nothing that the mail says about pictures applies to a badge, and nothing that the mail draws covers it. WeasyPrint
# knows no `all: initial`.
_STYLE = (
    "display:inline-block!important;position:absolute!important;z-index:2147483647!important;inset:auto!important;"
    "float:none!important;visibility:visible!important;opacity:1!important;transform:none!important;"
    "content:normal!important;vertical-align:super!important;width:{}px!important;height:16px!important;"
    "min-width:0!important;min-height:0!important;max-width:none!important;max-height:none!important;"
    "margin:-9px 0 0 -6px!important;padding:0!important;border:0!important;border-radius:0!important;"
    "outline:0!important;box-shadow:none!important;background:none!important;clip:auto!important;"
    "object-fit:fill!important;object-position:0 0!important;font:10px sans-serif!important"
)
HEIGHT_PX = 16
_LENGTH = re.compile(r"\s{0,9}(\d{1,4})(?:\.\d{1,9})?(?:px)?\s{0,9}")
_STYLED = {
    side: re.compile(
        rf"(?:^|;)\s{{0,9}}{side}\s{{0,9}}:\s{{0,9}}(\d{{1,4}})(?:\.\d{{1,9}})?px", re.IGNORECASE
    )
    for side in ("width", "height")
}
# The start tag of an SVG picture, and its size: as attributes, or else the size of its view box.
_SVG_TAG = re.compile(r"<svg\b[^>]{0,2000}", re.IGNORECASE)
_SVG_SIDES = [
    re.compile(rf"\s{side}\s{{0,9}}=\s{{0,9}}['\"](\d{{1,4}})(?:\.\d{{1,9}})?(?:px)?['\"]")
    for side in _STYLED
]
_VIEW_BOX = re.compile(
    r"\sviewBox\s{0,9}=\s{0,9}['\"]\s{0,9}[\d.-]{1,9}[\s,]{1,9}[\d.-]{1,9}[\s,]{1,9}(\d{1,4})[\d.]{0,9}[\s,]{1,9}(\d{1,4})"
)
_DATA_PICTURE = re.compile(r"data:image/[\w.+-]{1,40}(?:;[\w=.+-]{1,40}){0,4},", re.IGNORECASE)


def draw(
    document: LexborHTMLParser, nodes: Sequence[LexborNode], badges: Sequence[Badge]
) -> Mapping[int, str]:
    """Draw the badges of areas into their pictures, and return the others: markup by the `mem_id` of its link.

    `nodes`: the links by position.
    """
    maps = MapPictures(document)
    after: dict[int, str] = {}
    areas: dict[int, list[Badge]] = defaultdict(list)
    pictures: dict[int, LexborNode] = {}
    for badge in badges:
        node = nodes[badge.position]
        if node.tag != "area":
            after[node.mem_id] = _picture(badge)
        elif (picture := maps.of(node)) is not None:
            pictures[picture.mem_id] = picture
            areas[picture.mem_id].append(badge)
    for name, picture in pictures.items():
        _draw_into(picture, areas[name], nodes)
    return after


def _picture(badge: Badge) -> str:
    """The badge as a picture, which no style sheet of the mail can change or add to."""
    address = _address(render("badge.svg", **_values(badge)).strip())
    return f'<img alt="{_text(badge)}" src="{address}" style="{_STYLE.format(_width(badge))}">'


def _draw_into(picture: LexborNode, badges: Sequence[Badge], nodes: Sequence[LexborNode]) -> None:
    """Replace a picture with one that shows the badges of its areas. One that isn't in the mail becomes a frame."""
    corners = {badge.position: area_corner(nodes[badge.position]) for badge in badges}
    source = clean_address(picture.attributes.get("src") or "")
    width, height = _size(picture, source, [corner for corner in corners.values() if corner])
    by_position: list[Corner | None] = [None] * len(nodes)
    for position, corner in corners.items():
        by_position[position] = ("", *(corner or (width, 0)))
    drawn = []
    for badge, moved in zip(badges, room_for_areas(badges, by_position), strict=True):
        _, x, y = by_position[badge.position] or ("", width, 0)
        left = min(max(x + moved - _width(badge) // 2, 0), max(width - _width(badge), 0))
        drawn.append(_values(badge, left, min(max(y - HEIGHT_PX // 2 - 2, 0), max(height - HEIGHT_PX, 0))))
    with_badges = render(
        "map_picture.svg",
        width=width,
        height=height,
        picture=source if _DATA_PICTURE.match(source) else "",
        alt=picture.attributes.get("alt") or "",
        badges=drawn,
    )
    picture.attrs["src"] = _address(with_badges)


def _size(picture: LexborNode, source: str, corners: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The size in pixels at which the mail shows the picture, which is also the scale of its areas' coordinates."""
    width, height = (_side(picture, side) for side in ("width", "height"))
    natural = _natural_size(source)
    if natural and not (width and height):
        of_width, of_height = natural
        width = width or (height or of_height) * of_width // of_height
        height = height or width * of_height // of_width
    # Without any size, as large as the areas need.
    width = width or max([x for x, _ in corners], default=0) + 40
    return width, height or max([y for _, y in corners], default=0) + 40


def _side(picture: LexborNode, side: str) -> int:
    """The width or height that the mail gives a picture in pixels, or 0."""
    styled = _STYLED[side].search((picture.attributes.get("style") or "")[:2_000])
    attribute = _LENGTH.fullmatch((picture.attributes.get(side) or "")[:40])
    length = styled or attribute
    return int(length[1]) if length else 0


def _natural_size(source: str) -> tuple[int, int] | None:
    """The size of a picture in a data: URL, if it can be read and is not empty."""
    if not _DATA_PICTURE.match(source):
        return None
    try:
        head, _, body = source.partition(",")
        data = unquote_to_bytes(body)
        if head.lower().endswith(";base64"):
            data = b64decode(data)
        if "svg" in head.lower():
            return _svg_size(data.decode("utf-8", "replace"))
        with Image.open(BytesIO(data)) as image:
            size: tuple[int, int] = image.size
            return size if min(size) > 0 else None
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError):
        return None


def _svg_size(svg: str) -> tuple[int, int] | None:
    tag = _SVG_TAG.search(svg)
    if tag is None:
        return None
    sides = [side.search(tag[0]) for side in _SVG_SIDES]
    box = _VIEW_BOX.search(tag[0])
    width, height = (int(side[1]) if side else 0 for side in sides)
    if not (width and height) and box:
        width, height = int(box[1]), int(box[2])
    return (width, height) if width and height else None


def _values(badge: Badge, left: int = 0, top: int = 0) -> dict[str, object]:
    """What the template of a badge shows."""
    shade = None if badge.look == "pointer" else SCALE[int(badge.look)]
    return {"text": _text(badge), "width": _width(badge), "shade": shade, "left": left, "top": top}


def _text(badge: Badge) -> str:
    return "↑" if badge.look == "pointer" else f"{badge.text}{badge.sharing}"


def _width(badge: Badge) -> int:
    return POINTER_PX if badge.look == "pointer" else badge.width_px


def _address(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode('utf-8', 'replace')).decode('ascii')}"
