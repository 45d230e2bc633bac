"""A mail's CSS without anything that loads, covers the page or steers the heatmap's badges.

The frame's content security policy is what stops a style sheet from loading anything; this keeps the browser from
trying, and from filling its console with refusals. tinycss2 parses the CSS as a browser does, and what is allowed is
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
from tinycss2.serializer import serialize_string_value, serialize_url

# Whether a picture may be loaded from this address.
Remote = Callable[[str], bool]
# A token, block or function (https://www.w3.org/TR/css-syntax-3/#component-value). tinycss2 has no type hints.
Value = Any

# A fast path: nothing that is filtered can be spelled without one of these, so most style attributes need no parsing.
_SUSPECT = re.compile(r"\\|url|import|image|src|cross-fade|anchor|position-|fixed|sticky|<", re.IGNORECASE)
# About 150 KB of CSS without embedded pictures, well above what mails have; parsing takes a third of a second at most.
_MOST_WORDS = 50_000
_WORD = re.compile(r"\w+|[^\w \t\r\n\f]")
# Python's int() refuses numbers of more than 4,300 digits (or fewer, if so configured, but never fewer than 640).
_LONG_NUMBER = re.compile(r"([0-9]{600})[0-9]+")
# tinycss2 serializes nested blocks recursively.
_DEEPEST = 32
_SURROGATE = re.compile("[\ud800-\udfff]")

_ALLOWED_ADDRESSES = ("data:image/", "data:font/", "data:application/", "#")
# These take an address as a plain string; url() inside them is checked by itself.
_LOADING_FUNCTIONS = {"src", "image", "image-set", "-webkit-image-set"}
# An author who sets these could move the badges that the heatmap ties to the mail's links.
_ANCHORING = re.compile(r"anchor-(?:name|scope)|position-(?:anchor|area|try|visibility)|position-try-\w+")
# In a frame as high as its mail there is nothing to stay fixed to.
_POSITIONS = {"fixed": "absolute", "sticky": "relative", "-webkit-sticky": "relative"}
_CUT_OFF = ("eof-in-string", "eof-in-url")
_BLOCKS = {"{} block": CurlyBracketsBlock, "() block": ParenthesesBlock, "[] block": SquareBracketsBlock}


def safe_css(css: str, *, remote: Remote | None = None) -> str:
    """The style sheet, or the value of a style attribute, with data: pictures and fonts only.

    Pictures from the network stay if `remote` allows their address. A sheet too large for a mail is dropped.
    """
    return _safe(component_values(css), remote) if _SUSPECT.search(css) else css


def safe_sheet(css: str, *, remote: Remote | None = None) -> str:
    """`safe_css` for a style element; the parsed sheet is cached, since `visibility` needs it too."""
    return _safe(sheet_values(css), remote) if _SUSPECT.search(css) else css


def component_values(css: str) -> Sequence[Value]:
    """The parsed CSS; empty if it is too large for a mail."""
    if len(css) > _MOST_WORDS and sum(1 for _ in _WORD.finditer(css)) > _MOST_WORDS:
        return ()
    return tuple(tinycss2.parse_component_value_list(_LONG_NUMBER.sub(r"\1", css)))


# Enough for the sheets of one mail. The largest possible sheet takes 10 MB.
sheet_values = lru_cache(maxsize=12)(component_values)


def significant(values: Iterable[Value]) -> list[Value]:
    """The values without white space and comments."""
    return [value for value in values if value.type not in ("whitespace", "comment")]


def split_at_commas(values: Iterable[Value]) -> list[list[Value]]:
    """The parts of a list of selectors or media queries."""
    parts: list[list[Value]] = [[]]
    for value in values:
        if value == ",":
            parts.append([])
        else:
            parts[-1].append(value)
    return parts


def _safe(values: Sequence[Value], remote: Remote | None) -> str:
    kept = _filtered(values, remote)
    css = tinycss2.serialize(kept)
    # The serializer closed them; leave them as they were.
    css = css[: len(css) - _left_open(values, kept)]
    return _SURROGATE.sub("\ufffd", css).replace("</", "<\\/")


def _filtered(values: Iterable[Value], remote: Remote | None, name: str = "", depth: int = 0) -> list[Value]:
    """The values that are allowed; `name` is the property that they belong to, if any."""
    kept, in_font_face = [], False
    for value in values:
        if value.type == "error" and value.kind in _CUT_OFF:
            continue  # The token before it is closed by us.
        within = None if in_font_face else remote
        if value.type == "ident":
            kept.append(_ident(value, name))
            name = name or value.lower_value
        elif _inside(value) is not None:
            kept.append(_block(value, within, name, depth))
        else:
            kept.append(_token(value, within))
        if value.type == "at-keyword":
            in_font_face = value.lower_value == "font-face"
        elif value.type == "{} block" or value == ";":
            name, in_font_face = "", False
    return kept


def _ident(token: Value, name: str) -> Value:
    word = token.lower_value
    if _ANCHORING.fullmatch(word):
        return IdentToken(*_at(token), f"-blocked-{word}")
    return IdentToken(*_at(token), _POSITIONS[word]) if name == "position" and word in _POSITIONS else token


def _block(value: Value, remote: Remote | None, name: str, depth: int) -> Value:
    """A block, or a function with its arguments."""
    if value.type == "function" and value.lower_name == "url":
        return _quoted_url(value, remote)
    values = (_inside(value) or ()) if depth < _DEEPEST else ()
    inside = _filtered(values, remote, "" if value.type == "{} block" else name, depth + 1)
    if value.type == "function":
        return FunctionBlock(
            *_at(value), "-blocked" if value.lower_name in _LOADING_FUNCTIONS else value.name, inside
        )
    return _BLOCKS[value.type](*_at(value), inside)


def _token(token: Value, remote: Remote | None) -> Value:
    match token.type, getattr(token, "kind", None):
        case "string", _:
            return _string(token)
        case "url", _:
            return _url(token, remote)
        case "error", "bad-url":
            return IdentToken(*_at(token), "none")
        case "error", "bad-string":
            return StringToken(*_at(token), "", "'")  # The line break that ends it comes next.
        case "at-keyword", _ if token.lower_value == "import":
            return AtKeywordToken(*_at(token), "-blocked")
        case _:
            return token


def _at(value: Value) -> tuple[int, int]:
    return value.source_line, value.source_column


def _string(token: Value) -> Value:
    """The string in single quotes, which need no escaping in a style attribute."""
    written = serialize_string_value(token.value).replace('\\"', '"').replace("'", "\\'")
    return StringToken(*_at(token), token.value, f"'{written}'")


def _url(token: Value, remote: Remote | None) -> Value:
    if not _may_load(token.value, remote):
        return IdentToken(*_at(token), "none")
    return URLToken(*_at(token), token.value, f"url({serialize_url(token.value)})")


def _quoted_url(function: Value, remote: Remote | None) -> Value:
    arguments = significant(function.arguments)
    if arguments and arguments[-1].type == "error" and arguments[-1].kind in _CUT_OFF:
        arguments.pop()
    if [argument.type for argument in arguments] != ["string"] or not _may_load(arguments[0].value, remote):
        return IdentToken(*_at(function), "none")
    return FunctionBlock(*_at(function), "url", [_string(arguments[0])])


def _may_load(address: str, remote: Remote | None) -> bool:
    address = address.strip()
    if address.lower().startswith(_ALLOWED_ADDRESSES):
        return True
    return bool(remote and "\\" not in address and remote(address))


def _left_open(values: Sequence[Value], kept: Sequence[Value]) -> int:
    """How many of the kept blocks are still open where the sheet ends in the middle of a token."""
    blocks, outside = 0, kept
    while values:
        last = values[-1]
        if last.type == "error":
            return blocks if last.kind in _CUT_OFF else 0
        values = _inside(last) or ()
        within = _inside(outside[-1]) if outside else None
        blocks += within is not None
        outside = within or ()
    return 0


def _inside(value: Value) -> Sequence[Value] | None:
    """The values inside a block or function; None for anything else."""
    inside: Sequence[Value] | None = (
        value.arguments if value.type == "function" else getattr(value, "content", None)
    )
    return inside
