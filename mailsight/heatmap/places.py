"""Where each link is on the page, as CSS lengths that the heatmap's badges are positioned by.

A link's own box is not always where readers see the link: around an image it is only as high as a line of text, around
a float it is empty, and an `area` has none. So images in links and images with an image map are anchors too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailsight.mail.values import coordinates, words

# Above and to the left of the page, where no browser can scroll.
_OFF_PAGE = "-9999px"
# Without td and th, because the cells of a row are on the same line.
_BLOCKS = words("""
    address article aside blockquote body br caption center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header
    hr li main nav ol p pre section table tbody tfoot thead tr ul
""")


Corner = tuple[str, int, int]  # a picture, and x and y within it
Line = tuple[int, int, int]  # a block of text, a line in it, a row of badges above it
NO_LINE: Line = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Place:
    """The edges of a link as CSS lengths, which are off the page while the link has no box."""

    top: str
    right: str
    left: str
    width: str  # of the visible part; 0 if nothing is visible
    line: Line = NO_LINE  # the same for consecutive links in a text
    corner: Corner | None = None  # areas only, with the anchor of the image


_NOWHERE = Place(_OFF_PAGE, _OFF_PAGE, _OFF_PAGE, "0px")


class MapPictures:
    """The picture of each image map: the first that uses it."""

    def __init__(self, document: LexborHTMLParser) -> None:
        self._pictures: dict[str, LexborNode] = {}
        for picture in document.css("img[usemap]"):
            self._pictures.setdefault((picture.attributes["usemap"] or "").partition("#")[2], picture)

    def of(self, area: LexborNode) -> LexborNode | None:
        """The picture that an area belongs to."""
        above = area.parent
        while above is not None and above.tag != "map":
            above = above.parent
        if above is None:
            return self._pictures.get("")
        return self._pictures.get(above.attributes.get("name") or above.attributes.get("id") or "")


class Places:
    """The place of each link by position (`links`), with the attributes (`marks`) and CSS (`rules`) that this needs."""

    def __init__(self, document: LexborHTMLParser, nodes: Sequence[LexborNode]) -> None:
        self.marks: dict[int, str] = {}  # attributes by the mem_id of their node
        self.rules: list[str] = []  # for the style sheet
        self._pictures: dict[int, str] = {}
        self._maps = MapPictures(document)
        lines = _lines(document, len(nodes))
        self.links = [
            self._place(position, node, lines.get(node.mem_id, NO_LINE))
            for position, node in enumerate(nodes)
        ]

    def _place(self, position: int, node: LexborNode, line: Line) -> Place:
        anchor = self._anchor(node, "link", position)
        if node.tag == "area":
            picture = self._maps.of(node)
            return _NOWHERE if picture is None else _area(node, self._picture(picture))
        inside = node.css("*")[1:]
        anchors = [anchor]
        if inside and not node.text(strip=True):
            # Often there are two, for wide and narrow screens: the badge goes to the first visible one.
            pictures = [picture for picture in inside if picture.tag == "img"][:3]
            anchors = [*map(self._picture, pictures), anchor]
        # Content such as floats is drawn outside its link's box, which is then empty.
        width = _width(anchors) if all(element.tag == "img" for element in inside) else "999px"
        return _place(anchors, width, line)

    def _picture(self, node: LexborNode) -> str:
        if node.mem_id not in self._pictures:
            self._pictures[node.mem_id] = self._anchor(node, "link-picture", len(self._pictures))
        return self._pictures[node.mem_id]

    def _anchor(self, node: LexborNode, kind: str, number: int) -> str:
        # Browsers look rules up by an attribute's name; by its value, they would compare every rule with every link.
        self.marks[node.mem_id] = f' data-{kind}="{number}" data-{kind}-{number}'
        if node.tag != "area":
            self.rules.append(f"[data-{kind}-{number}]{{anchor-name:--{kind}-{number}!important}}")
        return f"--{kind}-{number}"


def _place(anchors: Sequence[str], width: str, line: Line = NO_LINE) -> Place:
    return Place(_edge("top", anchors), _edge("right", anchors), _edge("left", anchors), width, line)


def _edge(side: str, anchors: Sequence[str]) -> str:
    """The edge of the first anchor with a box."""
    edge = _OFF_PAGE
    for anchor in reversed(anchors):
        edge = f"anchor({anchor} {side},{edge})"
    return edge


def _area(node: LexborNode, picture: str) -> Place:
    """The place of an area: the top right corner of its shape."""
    corner = area_corner(node)
    if corner is None:
        return _place([picture], _width([picture]))
    x, y = corner
    right, top = f"({_edge('left', [picture])} + {x}px)", f"({_edge('top', [picture])} + {y}px)"
    return Place(top, right, right, _width([picture]), corner=(picture, x, y))


def area_corner(node: LexborNode) -> tuple[int, int] | None:
    """The top right corner of an area's shape within its picture. None if, as in browsers, it is the whole picture."""
    shape = (node.attributes.get("shape") or "").strip().lower()
    numbers = coordinates(node.attributes.get("coords") or "")
    points = list(zip(numbers[::2], numbers[1::2], strict=False))
    if shape.startswith("circ") and len(numbers) >= 3:
        to_edge = numbers[2] * 7 // 10
        return numbers[0] + to_edge, numbers[1] - to_edge
    if shape.startswith("poly") and points:
        return max(points, key=lambda point: point[0] - point[1])
    if len(points) >= 2:
        return max(points[0][0], points[1][0]), min(points[0][1], points[1][1])
    return None


def _width(anchors: Sequence[str]) -> str:
    return f"({' + '.join(f'anchor-size({anchor} width,0px)' for anchor in anchors)})"


def _lines(document: LexborHTMLParser, most: int) -> dict[int, Line]:
    """The line of each of the first links: the same for links in one block of text between two line breaks.

    Where links are too short for badges side by side, such as page numbers, every other badge goes to a second row.
    """
    lines: dict[int, Line] = {}
    breaks, row = 1, 0
    for node in document.root.traverse() if document.root else ():
        if node.tag in _BLOCKS:
            breaks, row = breaks + 1, 0
        elif node.tag == "a" and "href" in node.attributes:
            block = node.parent
            while block is not None and block.tag not in _BLOCKS:
                block = block.parent
            lines[node.mem_id] = (block.mem_id if block is not None else 0, breaks, row)
            row = 1 - row if 0 < len(node.text(strip=True)) <= 3 else 0
            if len(lines) >= most:
                break
    return lines
