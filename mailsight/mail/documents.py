"""Parses an e-mail's HTML, within bounds that no real e-mail comes near.

An HTML parser's work may grow with the square of its input: it searches all open elements at most tags, opens
formatting elements again in every paragraph, and compares each attribute with those before it. (37 KB of
`<font size=1><p>` become two million nodes.) So the source is read token by token first, in one pass: tags that nest
too deep are left out, and a mail with too many elements is cut off.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser

from .link_templates import with_whole_expressions
from .values import words

# Chromium stops nesting at 512. E-mails of tables in tables have a few dozen levels.
MAX_DEPTH = 256
MAX_ELEMENTS = 250_000
MAX_FORMATTING = 24
MAX_ATTRIBUTES = 256
#: Embedded pictures included.
MAX_CHARACTERS = 40_000_000
_TOO_LARGE = "This e-mail is unusually large or complex: only its beginning is shown."
SIMPLIFIED = "This e-mail is unusually complex: some of its formatting is left out."

# Every token ends at the end of the text at the latest, and possessive quantifiers never give anything back, so each
# character is read once.
_SPACE = r"[ \t\n\f\r]"
_VALUE = r"""(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+)"""
_ATTRIBUTE = rf"[ \t\n\f\r/]++|=?+[^ \t\n\f\r/>=]*+(?:{_SPACE}*+={_SPACE}*+{_VALUE}?+)?+"
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<[!?][^>]*+(?:>|\Z)"
    rf"|<(?P<end>/?)(?P<name>[a-zA-Z][^ \t\n\f\r/>]*+)(?P<attributes>(?:(?=[^>])(?:{_ATTRIBUTE}))*+)(?:>|\Z)",
    re.DOTALL,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_RAW_TEXT = {
    name: re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE)
    for name in ("style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}
_VOID = words("area base br col embed hr img input link meta param source track wbr")
# The parser closes these by itself.
_UNNESTED = words(
    "a body caption colgroup dd dt head html li optgroup option p rp rt tbody td tfoot th thead tr"
)
_FORMATTING = words("b big code em font i nobr s small strike strong tt u")
_CELLS = frozenset(("caption", "td", "th"))


@dataclass(frozen=True, slots=True)
class Source:
    """An e-mail's HTML as far as it is read, and a sentence about what is left out, if anything."""

    html: str
    notice: str = ""


def parse(html: str) -> LexborHTMLParser:
    """The mail as a tree of at most `MAX_ELEMENTS` elements, `MAX_DEPTH` deep."""
    return LexborHTMLParser(within_bounds(html).html)


@lru_cache(maxsize=4)
def within_bounds(html: str) -> Source:
    """The mail's source as far as it is read. That of a real e-mail without template code is returned unchanged."""
    html = with_whole_expressions(html)
    reader = _Reader(html)
    reader.read()
    if reader.cut_at is None and not reader.removed:
        return Source(html)
    parts, start = [], 0
    for first, last in reader.removed:
        parts.append(html[start:first])
        start = last
    parts.append(html[start : reader.cut_at])
    return Source("".join(parts), SIMPLIFIED if reader.cut_at is None else _TOO_LARGE)


def tokens(html: str) -> Iterator[tuple[int, int]]:
    """Where each tag and comment starts and ends. A style, a script or the like is part of its start tag."""
    position = html.find("<")
    while position >= 0:
        token = _TOKEN.match(html, position)
        if token is None:
            position = html.find("<", position + 1)
            continue
        end = _end_of(html, token)
        yield position, end
        position = html.find("<", end)


def _end_of(html: str, token: re.Match[str]) -> int:
    """Where a tag or comment ends, with the text that no parser reads as HTML after it."""
    name = (token["name"] or "").lower()
    if not token["end"] and name in _RAW_TEXT:
        raw_end = _RAW_TEXT[name].search(html, token.end())
        return raw_end.start() if raw_end else len(html)
    return len(html) if name == "plaintext" else token.end()


class _Reader:
    """Counts what the parser would have open at each tag. It may be wrong about badly nested tags, but not by much."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._open = Counter[str]()
        self._left_out = Counter[str]()
        self._depth = 0
        self._paragraphs = 0
        self._formatting = [0]  # open formatting elements, in each table that is open
        self._elements = 0
        self.removed: list[tuple[int, int]] = []
        self.cut_at: int | None = None

    def read(self) -> None:
        html = self._html
        position = html.find("<")
        while 0 <= position < MAX_CHARACTERS and self._elements < MAX_ELEMENTS:
            token = _TOKEN.match(html, position)
            if token is None:  # a less-than sign in the text
                position = html.find("<", position + 1)
                continue
            if token["name"] is None:
                self._elements += 1
            else:
                name = token["name"].lower()
                removed = self._is_removed(name) if not token["end"] else self._is_end_removed(name)
                if removed:
                    self.removed.append(token.span())
                elif len(token["attributes"]) > 2 * MAX_ATTRIBUTES:
                    self._shorten(token)
            position = html.find("<", _end_of(html, token))
        if position >= 0 or len(html) > MAX_CHARACTERS:
            self.cut_at = min(len(html) if position < 0 else position, MAX_CHARACTERS)

    def _is_removed(self, name: str) -> bool:
        self._elements += 1
        if name in _FORMATTING:
            if self._formatting[-1] >= MAX_FORMATTING:
                self._left_out[name] += 1
                return True
            self._formatting[-1] += 1
        elif name in _CELLS:
            self._formatting[-1] = 0
        elif name == "p":
            self._paragraphs += 1
        elif name not in _VOID and name not in _UNNESTED:
            if self._depth >= MAX_DEPTH:
                self._left_out[name] += 1
                return True
            self._open[name] += 1
            self._depth += 1
            if name == "table":
                self._formatting.append(0)
        if name not in _FORMATTING:
            self._elements += self._formatting[-1] if name in _UNNESTED else 0
        return False

    def _is_end_removed(self, name: str) -> bool:
        if self._left_out[name]:
            self._left_out[name] -= 1
            return True
        if name in _FORMATTING:
            self._formatting[-1] = max(0, self._formatting[-1] - 1)
        elif name in _CELLS:
            self._formatting[-1] = 0
        elif self._open[name]:
            self._open[name] -= 1
            self._depth -= 1
            if name == "table" and len(self._formatting) > 1:
                self._formatting.pop()
        elif name == "p" and self._paragraphs:
            self._paragraphs -= 1
        else:
            self._elements += 1  # </p> and </br> without a start make an element
        return False

    def _shorten(self, token: re.Match[str]) -> None:
        """Remove all but the first attributes of a tag."""
        start, end = token.span("attributes")
        number = 0
        for attribute in _ATTRIBUTES.finditer(self._html, start, end):
            number += attribute[0].strip(" \t\n\f\r/") != ""
            if number > MAX_ATTRIBUTES:
                self.removed.append((attribute.start(), end))
                return
