"""What differs between two customers' e-mails of a campaign: texts, word by word, links and pictures.

Both are cut into pieces in document order. Pieces that are the same and occur once in each e-mail are anchors
(patience diff); what is between them is matched piece by piece. Two texts are compared in the
same way, as pieces of a word each. The cost is in proportion to the lengths of both.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .safety import DROPPED
from .values import clean_address, words

MAX_PIECES = 20_000
_MAX_DEPTH = 20
# Longer texts are compared as wholes, and so are texts with a smaller share of their words in common: where almost
# every word differs, marks on single words are hard to read.
_MAX_WORDS = 5_000
_SHARED = 1 / 3
_BLOCKS = words("""
    address article aside blockquote body br caption center dd details div dl dt fieldset figure footer form h1 h2 h3
    h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul
""")
_UNREAD = DROPPED | words("head select style textarea title")
_SPACE = re.compile(r"\s+")
# Numbers, addresses and times are words too: 1,234.50, ann@mail.example. So is each Chinese or Japanese character, with
# its sound mark or variant. Accents, vowel signs and the parts of an emoji are never apart.
_SIGNS = (
    r"!-/:-@\[-^`{-~\xa1-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\u2010-\u2027\u2030-\u205e\u3001-\u303f"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_IDEOGRAPHS = r"\u3041-\u3098\u309b-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTERS = rf"[^\s{_SIGNS}{_IDEOGRAPHS}]"
_WORD = re.compile(
    rf"[{_IDEOGRAPHS}][\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]*+"
    rf"|{_LETTERS}+(?:[.,:;'’@/&+_-]{_LETTERS}+)*+|[{_SIGNS}]"
)

Span = tuple[int, int]


class Kind(StrEnum):
    """What a piece of an e-mail is."""

    TEXT = "text"
    LINK = "link"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Differences:
    """The nodes that differ in each e-mail, by `mem_id`, and how many pieces of each kind do.

    For a text node, the places in it that differ; links and pictures have none.
    """

    first: Mapping[int, Sequence[Span]]
    second: Mapping[int, Sequence[Span]]
    counts: Mapping[Kind, int]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of an e-mail, and the nodes it is made of, with their texts; or a word, and its place in its text."""

    kind: Kind
    value: str
    nodes: Sequence[tuple[int, str]] = ()
    place: Span = (0, 0)

    @property
    def key(self) -> tuple[Kind, str]:
        return self.kind, self.value


def differences(first: LexborHTMLParser, second: LexborHTMLParser) -> Differences:
    """What differs between two parsed e-mails. Of unusually long ones, only the beginning is compared."""
    marked: tuple[dict[int, list[Span]], dict[int, list[Span]]] = {}, {}
    counts = Counter[Kind]()
    for pair in _unequal(_pieces(first), _pieces(second)):
        counts[next(piece.kind for piece in pair if piece)] += 1
        for nodes, piece, spans in zip(marked, pair, _changes(*pair), strict=True):
            if piece:
                _mark(nodes, piece, spans)
    return Differences(*marked, {kind: counts[kind] for kind in Kind if counts[kind]})


def _mark(marked: dict[int, list[Span]], piece: _Piece, spans: Sequence[Span]) -> None:
    """Note the nodes of a piece, and where the spans of its text are in each of them."""
    offset = at = 0
    for node, text in piece.nodes:
        places: list[Span] = []
        end = offset + len(text)
        while at < len(spans) and spans[at][0] < end:
            start, stop = max(spans[at][0] - offset, 0), min(spans[at][1], end) - offset
            if text[start:stop].strip():
                places.append((start, stop))
            if spans[at][1] > end:
                break
            at += 1
        if places or piece.kind is not Kind.TEXT:
            marked[node] = places
        offset = end


def _changes(first: _Piece | None, second: _Piece | None) -> tuple[list[Span], list[Span]]:
    """The places that differ in each of two texts: words, or the whole text if they have little in common."""
    whole = _whole(first), _whole(second)
    if first is None or second is None:
        return whole
    sides = _words(first), _words(second)
    if max(map(len, sides)) > _MAX_WORDS:
        return whole
    pairs = list(_unequal(*sides))
    changed = [word for word, _ in pairs if word], [word for _, word in pairs if word]
    count = sum(map(len, sides))
    if not pairs or count - sum(map(len, changed)) < _SHARED * count:
        return whole
    left, right = map(_joined, sides, changed)
    return left, right


def _whole(piece: _Piece | None) -> list[Span]:
    return [(0, sum(len(text) for _, text in piece.nodes))] if piece else []


def _words(piece: _Piece) -> list[_Piece]:
    text = "".join(text for _, text in piece.nodes)
    return [_Piece(Kind.TEXT, word[0], place=word.span()) for word in _WORD.finditer(text)]


def _joined(words: Sequence[_Piece], changed: Sequence[_Piece]) -> list[Span]:
    """The places of the changed words. Those that follow each other have one place."""
    changed_places = {word.place for word in changed}
    spans: list[Span] = []
    for is_changed, run in groupby((word.place for word in words), changed_places.__contains__):
        if is_changed:
            (start, end), *more = run
            spans.append((start, more[-1][1] if more else end))
    return spans


def _pieces(document: LexborHTMLParser) -> list[_Piece]:
    """The texts between block elements, the links and the pictures of an e-mail, in order."""
    pieces: list[_Piece] = []
    texts: list[tuple[int, str]] = []

    def end_text() -> None:
        value = _SPACE.sub(" ", "".join(text for _, text in texts)).strip()
        if value:
            pieces.append(_Piece(Kind.TEXT, value, tuple(texts)))
        texts.clear()

    todo: list[LexborNode | None] = [document.root]
    while todo and len(pieces) < MAX_PIECES:
        node = todo.pop()
        if node is None:
            end_text()
        elif node.is_text_node:
            texts.append((node.mem_id, node.text_content or ""))
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
        return _Piece(Kind.LINK, clean_address(attributes["href"] or ""), [(node.mem_id, "")])
    if node.tag == "img":
        value = f"{clean_address(attributes.get('src') or '')} {attributes.get('alt') or ''}"
        return _Piece(Kind.PICTURE, value, [(node.mem_id, "")])
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
