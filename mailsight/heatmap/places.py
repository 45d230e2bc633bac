"""Where each link is on the page, as CSS lengths that the heatmap's badges are positioned by.

A link's own box is not always where readers see the link: around an image it is only as high as a line of text, around
a float it is empty, and an `area` has none. So images in links and images with an image map are anchors too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailsight.figures.formats import isolated
from mailsight.mail.values import coordinates, words

# Above and to the left of the page, where no browser can scroll.
_OFF_PAGE = "-9999px"
# Without td and th, because the cells of a row are on the same line.
_BLOCKS = words("""
    address article aside blockquote body br caption center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header
    hr li main nav ol p pre section table tbody tfoot thead tr ul
""")

_CELLS = words("td th")
# Characters before a link with which it is still in the first line of its block.
_MAX_BEFORE = 40
# What fills a place in a line as text does.
_INLINE = words("button iframe img input object select svg textarea video")


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
    anchor: str = ""  # of a link in a text
    block: str = ""  # the anchor of the block or cell in which nothing follows the link on its line
    roof: str = ""  # the anchor of the block or cell in whose first line the link is
    siblings: int = 0  # the same for blocks that follow each other, such as the items of a list


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
        self._blocks: dict[int, str] = {}
        self._maps = MapPictures(document)
        lines = _lines(document, len(nodes))
        self._ends = LineEnds(document, nodes)
        self._first_lines = _first_lines(document, nodes)
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
        place = _place(anchors, width, line)
        if (first_in := self._first_lines.get(node.mem_id)) and anchors == [anchor]:
            place = replace(place, roof=self._block(first_in))
        block = self._ends.block(node)
        if block is None:
            return place
        return replace(place, anchor=anchor, block=self._block(block), siblings=_siblings(block))

    def _block(self, node: LexborNode) -> str:
        if node.mem_id not in self._blocks:
            self._blocks[node.mem_id] = self._anchor(node, "link-block", len(self._blocks))
        return self._blocks[node.mem_id]

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


def _first_lines(document: LexborHTMLParser, nodes: Sequence[LexborNode]) -> dict[int, LexborNode]:
    """The block or cell of each link that has so little before it there that it is in the first line."""
    links = {node.mem_id for node in nodes if node.tag == "a"}
    blocks: dict[int, LexborNode] = {}
    block, length = None, 0
    for node in document.root.traverse(include_text=True) if document.root else ():
        if node.tag in _BLOCKS or node.tag in _CELLS:
            block, length = node, 0
        elif node.is_text_node:
            length += len((node.text_content or "").strip())
        elif node.tag in _INLINE:
            block = None
        elif block is not None and length <= _MAX_BEFORE and node.mem_id in links:
            own = _block_of(node)
            if own is not None and own.mem_id == block.mem_id:
                blocks[node.mem_id] = block
    return blocks


class LineEnds:
    """Finds links in a text that nothing follows on their line, so that there may be room beside them."""

    def __init__(self, document: LexborHTMLParser, nodes: Sequence[LexborNode]) -> None:
        self._blocks: dict[int, LexborNode] = {}  # by the link's mem_id
        self._right_to_left: dict[int, bool] = {}  # by the block's mem_id
        links = {node.mem_id for node in nodes if node.tag == "a"}
        link: LexborNode | None = None
        for node in document.root.traverse(include_text=True) if document.root else ():
            is_link = node.mem_id in links
            is_break = node.tag in _BLOCKS or node.tag in _CELLS
            if link is not None and (is_link or is_break or _is_content(node)):
                link = self._after(link, node, is_break=is_break)
            if is_link:
                link = node
        if link is not None:
            self._end(link)

    def block(self, link: LexborNode) -> LexborNode | None:
        """The block or cell that the link is in, if nothing follows the link on its line."""
        block = self._blocks.get(link.mem_id)
        if block is None or not link.text(strip=True) or link.css_first("img") is not None:
            return None
        # From right to left, what comes before the link is beside it.
        if block.mem_id not in self._right_to_left:
            text = block.text()
            self._right_to_left[block.mem_id] = isolated(text) != text
        return None if self._right_to_left[block.mem_id] else block

    def _after(self, link: LexborNode, node: LexborNode, *, is_break: bool) -> LexborNode | None:
        """The link if it contains the node, which follows its start. Otherwise the node decides whether a line ends."""
        around = node.parent
        block = None
        while around is not None and around.mem_id != link.mem_id:
            if block is None and (around.tag in _BLOCKS or around.tag in _CELLS):
                block = around
            around = around.parent
        if around is not None:
            return None if is_break else link  # a block in a link: its box is not that of its text
        own = _block_of(link)
        if is_break or block is None or own is None or block.mem_id != own.mem_id:
            self._end(link)
        return None

    def _end(self, link: LexborNode) -> None:
        block = _block_of(link)
        if block is not None:
            self._blocks[link.mem_id] = block


def _siblings(block: LexborNode) -> int:
    around = block.parent
    if block.tag in _CELLS and around is not None:
        around = around.parent
    return around.mem_id if around is not None else 0


def _is_content(node: LexborNode) -> bool:
    return bool((node.text_content or "").strip()) if node.is_text_node else node.tag in _INLINE


def _block_of(link: LexborNode) -> LexborNode | None:
    block = link.parent
    while block is not None and not (block.tag in _BLOCKS or block.tag in _CELLS):
        block = block.parent
    return block
