"""Filters a mail's CSS: nothing in it may load, cover the page or move the heatmap's badges.

The frame's content security policy already stops a style sheet from loading anything; this keeps the browser from
trying, and from filling its console with errors. tinycss2 parses the CSS as a browser does, and what is allowed is
serialized from the parsed values, so escapes, comments and odd line breaks can't hide anything.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import tinycss2
from tinycss2.ast import (
    AtKeywordToken,
    CurlyBracketsBlock,
    FunctionBlock,
    IdentToken,
    ParenthesesBlock,
    SquareBracketsBlock,
    StringToken,
    URLToken,
)

from .values import clean_address, words

# A picture's URL as it may be written, or None if it may not load.
Remote = Callable[[str], str | None]
# A token, block or function (https://www.w3.org/TR/css-syntax-3/#component-value). tinycss2 has no type hints.
Value = Any

# Declarations of words, numbers and colours, without anything that could load, hide or nest.
_PLAIN = re.compile(r"[\w \t\n.:;,%#!-]*+", re.ASCII)
_NOT_PLAIN = re.compile(r"anchor|position|u\+|[0-9]{600}", re.IGNORECASE)
# Mails repeat their style attributes. Longer ones are rare.
_MAX_CACHED_CHARACTERS = 1_000
# About 150 KB of CSS without embedded pictures: well above real mails, and parsed in a third of a second at most.
_MAX_TOKENS = 50_000
_TOKEN = re.compile(r"\w+|[^\w \t\r\n\f]")
# Python's int() refuses numbers of more than 4,300 digits (or fewer, if so configured, but never fewer than 640).
_LONG_NUMBER = re.compile(r"([0-9]{600})[0-9]+")
_MAX_DEPTH = 32
# Line breaks end a string, and a browser's preprocessing changes some characters; escapes are never changed.
_ESCAPED_IN_STRING = re.compile("['\\\\\0-\x1f\x7f]")
_UNQUOTED_URL = re.compile(r"[!#-&*-;=-\[\]-~]*+")
_SURROGATE = re.compile("[\ud800-\udfff]")

_ALLOWED_ADDRESSES = ("data:image/", "data:font/", "data:application/", "#")
# Properties that show pictures. In others, such as filter, a URL loads a document.
_PICTURE_PROPERTIES = words("""
    background background-image border-image border-image-source content list-style list-style-image
    -webkit-border-image
""")
# They load something, or set up the pages of a PDF.
_BLOCKED_RULES = {"import", "namespace", "page"}
# The first take a URL as a plain string (a url() inside them is checked separately). The others see the badges: where
# they are, and the custom properties that size them.
_BLOCKED_FUNCTIONS = {
    *("src", "image", "image-set", "-webkit-image-set", "cross-fade", "-webkit-cross-fade"),
    *("anchor", "anchor-size", "style"),
}
# With these properties a mail could move the badges that the heatmap anchors to its links.
_ANCHORING = re.compile(r"anchor-(?:name|scope)|position-(?:anchor|area|try|visibility)|position-try-\w+")
# The frame is as tall as its mail, so there is nothing to stay fixed to.
_POSITIONS = {"fixed": "absolute", "sticky": "relative", "-webkit-sticky": "relative"}
_SCHEME = r"\(\s{0,9}prefers-color-scheme\s{0,9}:\s{0,9}"
_DARK = re.compile(rf"{_SCHEME}dark\s{{0,9}}\)", re.IGNORECASE)
_LIGHT = re.compile(rf"{_SCHEME}light\s{{0,9}}\)", re.IGNORECASE)
# Media queries that always match, and that never do.
_ALWAYS, _NEVER = "(min-width:0)", "(max-width:0)"
_CUT_OFF = ("eof-in-string", "eof-in-url")
_BLOCKS = {"{} block": CurlyBracketsBlock, "() block": ParenthesesBlock, "[] block": SquareBracketsBlock}


def safe_css(css: str, *, remote: Remote | None = None) -> str:
    """Filter a style sheet or a style attribute's value, keeping only data: pictures and fonts.

    Pictures from the network stay if `remote` allows their URL, in the properties that show pictures. A sheet too
    large for a mail is dropped.
    """
    if _PLAIN.fullmatch(css) and not _NOT_PLAIN.search(css):
        return css
    if remote is None and len(css) <= _MAX_CACHED_CHARACTERS:
        return _without_pictures(css)
    return _safe(component_values(css), remote)


@lru_cache(maxsize=1_000)
def _without_pictures(css: str) -> str:
    return _safe(component_values(css), None)


def safe_sheet(css: str, *, remote: Remote | None = None) -> str:
    """`safe_css` for a style element. The parsed sheet is cached because `visibility` needs it too."""
    return _safe(sheet_values(css), remote)


def has_dark_styles(css: str) -> bool:
    """Whether a style sheet or media query asks for dark mode."""
    return _DARK.search(css) is not None


def in_colours(css: str, *, dark: bool) -> str:
    """A style sheet or media query that matches in dark or light mode, whatever mode the browser is in."""
    return _LIGHT.sub(_NEVER if dark else _ALWAYS, _DARK.sub(_ALWAYS if dark else _NEVER, css))


def is_too_large(css: str) -> bool:
    """Whether the CSS is more than any real mail has, so that it is dropped."""
    return len(css) > _MAX_TOKENS and sum(1 for _ in _TOKEN.finditer(css)) > _MAX_TOKENS


def component_values(css: str) -> Sequence[Value]:
    """Parse the CSS. Returns an empty sequence if it is too large for a mail."""
    if is_too_large(css):
        return ()
    values = tinycss2.parse_component_value_list(_LONG_NUMBER.sub(r"\1", css))
    _prune(values)
    return tuple(values)


def _prune(values: list[Value]) -> None:
    """Empty all blocks nested deeper than `_MAX_DEPTH`: tinycss2 serializes them recursively."""
    level = [values]
    for depth in range(_MAX_DEPTH + 1):
        inner = [content for values in level for value in values if (content := _content(value))]
        if depth == _MAX_DEPTH:
            for content in inner:
                content.clear()
        level = inner


# Enough for one mail's style sheets. The largest possible sheet takes 10 MB.
sheet_values = lru_cache(maxsize=12)(component_values)


def significant(values: Iterable[Value]) -> list[Value]:
    """The values without white space and comments."""
    return [value for value in values if value.type not in ("whitespace", "comment")]


def split_at_commas(values: Iterable[Value]) -> list[list[Value]]:
    """Split a list of selectors or media queries."""
    parts: list[list[Value]] = [[]]
    for value in values:
        if value == ",":
            parts.append([])
        else:
            parts[-1].append(value)
    return parts


def _safe(values: Sequence[Value], remote: Remote | None) -> str:
    filtered = _filtered(values, remote)
    css = tinycss2.serialize(filtered)
    # The serializer closed blocks that the source left open: open them again.
    css = css[: len(css) - _left_open(values, filtered)]
    return _SURROGATE.sub("\ufffd", css).replace("</", "<\\/")


def _filtered(values: Iterable[Value], remote: Remote | None, name: str = "", depth: int = 0) -> list[Value]:
    """The allowed values. `name` is the property they belong to, if any."""
    filtered: list[Value] = []
    for value in values:
        if value.type == "error" and value.kind in _CUT_OFF:
            continue  # We close the token before it.
        if value.type == "ident":
            filtered.append(_ident(value, name))
            name = name or value.lower_value
        elif _content(value) is not None:
            filtered.append(_block(value, remote, name, depth))
        else:
            filtered.append(_token(value, remote if name in _PICTURE_PROPERTIES else None))
        if value == ";" or (value.type == "{} block" and not name.startswith("--")):
            name = ""
    return filtered


def _ident(token: Value, name: str) -> Value:
    word = token.lower_value
    if _ANCHORING.fullmatch(word):
        return IdentToken(*_position(token), f"-blocked-{word}")
    return (
        IdentToken(*_position(token), _POSITIONS[word])
        if name == "position" and word in _POSITIONS
        else token
    )


def _block(value: Value, remote: Remote | None, name: str, depth: int) -> Value:
    """A block or function with its content filtered."""
    if value.type == "function" and value.lower_name == "url":
        return _quoted_url(value, remote if name in _PICTURE_PROPERTIES else None)
    content = _filtered(_content(value) or (), remote, "" if value.type == "{} block" else name, depth + 1)
    if value.type == "function":
        return FunctionBlock(
            *_position(value), "-blocked" if value.lower_name in _BLOCKED_FUNCTIONS else value.name, content
        )
    return _BLOCKS[value.type](*_position(value), content)


def _token(token: Value, remote: Remote | None) -> Value:
    match token.type, getattr(token, "kind", None):
        case "string", _:
            return _string(token)
        case "url", _:
            return _url(token, remote)
        case "error", "bad-url":
            return IdentToken(*_position(token), "none")
        case "error", "bad-string":
            return StringToken(*_position(token), "", "'")  # The line break that ended it comes next.
        case "at-keyword", _ if token.lower_value in _BLOCKED_RULES:
            return AtKeywordToken(*_position(token), "-blocked")
        case _:
            return token


def _position(value: Value) -> tuple[int, int]:
    return value.source_line, value.source_column


def _string(token: Value) -> Value:
    return StringToken(*_position(token), token.value, _quoted(token.value))


def _quoted(text: str) -> str:
    """The text as a string in single quotes, which a style attribute needn't escape."""
    return "'" + _ESCAPED_IN_STRING.sub(_escape, text) + "'"


def _escape(character: re.Match[str]) -> str:
    return f"\\{character[0]}" if character[0] in "\\'" else f"\\{ord(character[0]):x} "


def _url(token: Value, remote: Remote | None) -> Value:
    address = _loadable(token.value, remote)
    if address is None:
        return IdentToken(*_position(token), "none")
    written = f"url({address if _UNQUOTED_URL.fullmatch(address) else _quoted(address)})"
    return URLToken(*_position(token), address, written)


def _quoted_url(function: Value, remote: Remote | None) -> Value:
    arguments = significant(function.arguments)
    if arguments and arguments[-1].type == "error" and arguments[-1].kind in _CUT_OFF:
        arguments.pop()
    address = _loadable(arguments[0].value, remote) if [a.type for a in arguments] == ["string"] else None
    if address is None:
        return IdentToken(*_position(function), "none")
    text = StringToken(*_position(arguments[0]), address, _quoted(address))
    return FunctionBlock(*_position(function), "url", [text])


def _loadable(address: str, remote: Remote | None) -> str | None:
    """The address as it may be written, or None if nothing may load from it."""
    address = clean_address(address)
    if address.lower().startswith(_ALLOWED_ADDRESSES):
        return address
    return remote(address) if remote else None


def _left_open(values: Sequence[Value], filtered: Sequence[Value]) -> int:
    """How many of the filtered blocks are still open if the sheet ends in the middle of a token."""
    blocks, outer = 0, filtered
    while values:
        last = values[-1]
        if last.type == "error":
            return blocks if last.kind in _CUT_OFF else 0
        values = _content(last) or ()
        inner = _content(outer[-1]) if outer else None
        blocks += inner is not None
        outer = inner or ()
    return 0


def _content(value: Value) -> list[Value] | None:
    """The values inside a block or function, or None for anything else."""
    content: list[Value] | None = (
        value.arguments if value.type == "function" else getattr(value, "content", None)
    )
    return content
