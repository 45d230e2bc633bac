"""What differs between two customers' e-mails of a campaign: texts, links and pictures.

Both are cut into pieces in document order. Pieces that are the same and occur once in each e-mail are anchors
(patience diff); what is between them is matched piece by piece. The cost is in proportion to the lengths of both.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .safety import DROPPED
from .values import clean_address, words

MAX_PIECES = 20_000
_MAX_DEPTH = 20
_BLOCKS = words("""
    address article aside blockquote body br caption center dd details div dl dt fieldset figure footer form h1 h2 h3
    h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul
""")
_UNREAD = DROPPED | words("head select style textarea title")
_SPACE = re.compile(r"\s+")


class Kind(StrEnum):
    """What a piece of an e-mail is."""

    TEXT = "text"
    LINK = "link"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Differences:
    """The nodes that differ in each e-mail, by `mem_id`, and how many pieces of each kind do."""

    first: frozenset[int]
    second: frozenset[int]
    counts: Mapping[Kind, int]


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: Kind
    value: str
    nodes: tuple[int, ...]

    @property
    def key(self) -> tuple[Kind, str]:
        return self.kind, self.value


def differences(first: LexborHTMLParser, second: LexborHTMLParser) -> Differences:
    """What differs between two parsed e-mails. Of unusually long ones, only the beginning is compared."""
    pieces = _pieces(first), _pieces(second)
    marked: tuple[set[int], set[int]] = set(), set()
    counts = Counter[Kind]()
    for pair in _unequal(*pieces):
        counts[next(piece.kind for piece in pair if piece)] += 1
        for nodes, piece in zip(marked, pair, strict=True):
            nodes.update(piece.nodes if piece else ())
    return Differences(
        frozenset(marked[0]), frozenset(marked[1]), {kind: counts[kind] for kind in Kind if counts[kind]}
    )


def _pieces(document: LexborHTMLParser) -> list[_Piece]:
    """The texts between block elements, the links and the pictures of an e-mail, in order."""
    pieces: list[_Piece] = []
    texts: list[str] = []
    nodes: list[int] = []

    def end_text() -> None:
        value = _SPACE.sub(" ", "".join(texts)).strip()
        if value:
            pieces.append(_Piece(Kind.TEXT, value, tuple(nodes)))
        texts.clear()
        nodes.clear()

    todo: list[LexborNode | None] = [document.root]
    while todo and len(pieces) < MAX_PIECES:
        node = todo.pop()
        if node is None:
            end_text()
        elif node.is_text_node:
            text = node.text_content or ""
            texts.append(text)
            if text.strip():
                nodes.append(node.mem_id)
        elif node.is_element_node and node.tag not in _UNREAD:
            if piece := _of(node):
                pieces.append(piece)
            if node.tag in _BLOCKS:
                end_text()
                todo.append(None)
            todo += reversed(list(node.iter(include_text=True)))
    end_text()
    return pieces


def _of(node: LexborNode) -> _Piece | None:
    """A link or a picture."""
    attributes = node.attributes
    if node.tag in ("a", "area") and "href" in attributes:
        return _Piece(Kind.LINK, clean_address(attributes["href"] or ""), (node.mem_id,))
    if node.tag == "img":
        value = f"{clean_address(attributes.get('src') or '')} {attributes.get('alt') or ''}"
        return _Piece(Kind.PICTURE, value, (node.mem_id,))
    return None


Pair = tuple[_Piece | None, _Piece | None]


def _unequal(first: Sequence[_Piece], second: Sequence[_Piece]) -> Iterator[Pair]:
    """The pieces that differ, those at the same place together."""
    todo = [(0, len(first), 0, len(second), 0)]
    while todo:
        start, end, other_start, other_end, depth = todo.pop()
        while start < end and other_start < other_end and first[start].key == second[other_start].key:
            start, other_start = start + 1, other_start + 1
        while start < end and other_start < other_end and first[end - 1].key == second[other_end - 1].key:
            end, other_end = end - 1, other_end - 1
        anchors = _anchors(first[start:end], second[other_start:other_end])
        if not anchors or depth == _MAX_DEPTH:
            yield from _paired(first[start:end], second[other_start:other_end])
            continue
        places = [(start + a, other_start + b) for a, b in anchors]
        ends = [*places, (end, other_end)]
        starts = [(start, other_start), *((a + 1, b + 1) for a, b in places)]
        gaps = zip(starts, ends, strict=True)
        todo += [(a, b, c, d, depth + 1) for (a, c), (b, d) in gaps if a < b or c < d]


def _anchors(first: Sequence[_Piece], second: Sequence[_Piece]) -> list[tuple[int, int]]:
    """The places of the pieces that occur once in both, as many as have the same order in both."""
    once = _once(first), _once(second)
    common = sorted((place, once[1][key]) for key, place in once[0].items() if key in once[1])
    # The longest run of increasing places, with the places that each run ends with.
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, (_, place) in enumerate(common):
        length = bisect_left(tails, place)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1], ends[length : length + 1] = [place], [at]
    run, at = [], ends[-1] if ends else -1
    while at >= 0:
        run.append(common[at])
        at = before[at]
    return run[::-1]


def _once(pieces: Iterable[_Piece]) -> dict[tuple[Kind, str], int]:
    places: dict[tuple[Kind, str], int] = {}
    several = set()
    for place, piece in enumerate(pieces):
        if piece.key in places:
            several.add(piece.key)
        places[piece.key] = place
    return {key: place for key, place in places.items() if key not in several}


def _paired(first: Sequence[_Piece], second: Sequence[_Piece]) -> Iterator[Pair]:
    """The pieces of a gap, each with the one of its kind at the same place; equal ones are left out."""
    for kind in Kind:
        sides = [[piece for piece in side if piece.kind == kind] for side in (first, second)]
        for number in range(max(map(len, sides))):
            left, right = (side[number] if number < len(side) else None for side in sides)
            if left is None or right is None or left.key != right.key:
                yield left, right
