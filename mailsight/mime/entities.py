"""A raw mail as a tree of entities (RFC 2045, 2046): each has a header and either a body or parts.

Python's own parser calls itself for each level, stops reading a header at the first broken line, and finds no parts if
the boundary is missing or misspelt.
"""

import re
from collections import deque
from dataclasses import dataclass

from mailsight.errors import UnusableMail

from . import headers, outlook, signed, transfer
from .headers import Header
from .parts import MAX_DEPTH, MAX_PARTS, MESSAGES, TOO_MANY, TOO_NESTED, Entity

_MAX_BOUNDARY = 500
# A line that looks like a boundary, followed by a part's header.
_GUESS = re.compile(
    rb"(?:\A|[\r\n])--([^\r\n]{1,200}?)[ \t]*+(?:\r\n|\r|\n)content-[a-z-]{1,40}:", re.IGNORECASE
)
_HTML = re.compile(rb"\s*+(?:<!doctype\s+html|<html|<head|<body|<table|<div|<p[\s>])", re.IGNORECASE)
_END_OF_LINE = re.compile(rb"[ \t]*+(?:\r\n|\r|\n|\Z)")
_ENCODINGS = ("base64", "quoted-printable")


def read(raw: bytes) -> Entity:
    """Read a raw mail, however broken its MIME is.

    Raises `UnusableMail` if it has more parts than any mail program would write.
    """
    return _Reader().entity(raw, "text/plain", is_part=False, depth=0)


def is_part(raw: bytes) -> bool:
    """Whether the source of a mail starts with one of its parts, without the mail's header."""
    guess = _GUESS.search(raw[: 2 * _MAX_BOUNDARY])
    return guess is not None and guess.start() == 0


class _Reader:
    def __init__(self) -> None:
        self._parts = 0

    def entity(self, raw: bytes, default_type: str, *, is_part: bool = True, depth: int) -> Entity:
        self._parts += 1
        if depth > MAX_DEPTH:
            raise UnusableMail(TOO_NESTED)
        if self._parts > MAX_PARTS:
            raise UnusableMail(TOO_MANY)
        header, raw = headers.split(raw, is_part=is_part)
        kind = _type(header, raw) or default_type
        encoding = header.value("content-transfer-encoding").value
        if kind.startswith("multipart/"):
            if parts := self._parts_of(header, kind, raw, depth):
                return Entity(header, kind, parts=parts)
            kind = "text/html" if _HTML.match(raw) else "text/plain"
        body = transfer.body(raw, encoding)
        inner = self._enclosed(header, kind, body, depth)
        if inner is None:
            return Entity(header, kind, body)
        if kind in MESSAGES:
            return Entity(header, kind, body, parts=(inner,))
        return Entity(header, inner.type if inner.type == outlook.TNEF else kind, parts=(inner,))

    def _enclosed(self, header: Header, kind: str, body: bytes, depth: int) -> Entity | None:
        """The mail within a forwarded, signed or Outlook's message."""
        if kind in MESSAGES:
            return self.entity(body, "text/plain", is_part=False, depth=depth + 1)
        if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            content = signed.content(body)
            return None if content is None else self.entity(content, "text/plain", depth=depth + 1)
        if kind == outlook.TNEF or header.file_name.lower() == "winmail.dat":
            return outlook.read_tnef(body)
        return None

    def _parts_of(self, header: Header, kind: str, raw: bytes, depth: int) -> list[Entity]:
        default_type = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        boundary = header.content_type.parameters.get("boundary", "")
        slices = deque(_split(raw, boundary))
        if not slices and (encoding := header.value("content-transfer-encoding").value) in _ENCODINGS:
            # The standard forbids encoding a multipart: some gateway did it.
            slices = deque(_split(transfer.body(raw, encoding), boundary))
        parts: list[Entity] = []
        while slices:
            part = slices.popleft()
            parts.append(self.entity(part.raw, default_type, depth=depth + 1))
            inner = parts[-1]
            if inner.boundary == boundary != "" and not inner.parts and not part.closes:
                # Its parts have the boundary of the outer multipart, so they were taken for its own.
                taken: list[_Slice] = []
                while slices and not (taken and taken[-1].closes):
                    taken.append(slices.popleft())
                own = tuple(self.entity(part.raw, "text/plain", depth=depth + 2) for part in taken)
                parts[-1] = Entity(inner.header, inner.header.content_type.value, parts=own)
        return parts


def _type(header: Header, body: bytes) -> str:
    """The type as the header has it, or as the body looks if there is none."""
    kind = header.content_type.value
    if kind in ("text", "html", "text/htm", "text/xhtml", "application/xhtml+xml", "application/html"):
        return "text/plain" if kind == "text" else "text/html"
    if "/" in kind:
        return kind
    if _GUESS.search(body[:2_000]):
        return "multipart/mixed"
    return "text/html" if not kind and _HTML.match(body) else ""


@dataclass(frozen=True, slots=True)
class _Slice:
    """The source of a part; `closes` if the boundary after it is the last one."""

    raw: bytes
    closes: bool = False


def _split(body: bytes, boundary: str) -> list[_Slice]:
    """The parts between the boundaries, without what precedes the first and follows the last."""
    delimiter = boundary.encode("utf-8", "replace")[:_MAX_BOUNDARY].rstrip()
    slices = _between(body, delimiter) if delimiter else []
    if not slices and (guess := _GUESS.search(body)):
        slices = _between(body, guess[1])
    return slices


def _between(body: bytes, boundary: bytes) -> list[_Slice]:
    delimiter = b"--" + boundary
    slices: list[_Slice] = []
    start: int | None = None
    position = body.find(delimiter)
    while position >= 0:
        end = position + len(delimiter)
        closes = body.startswith(b"--", end)
        line = _END_OF_LINE.match(body, end + 2 * closes)
        if line and (position == 0 or body[position - 1] in b"\r\n"):
            if start is not None:
                slices.append(_Slice(body[start : _before_newline(body, start, position)], closes))
            start = None if closes else line.end()
        position = body.find(delimiter, end)
    if start is not None and start < len(body):
        slices.append(_Slice(body[start:]))
    return slices


def _before_newline(body: bytes, start: int, position: int) -> int:
    """Where a part ends: the newline before a boundary belongs to the boundary."""
    newline = 2 if body[max(position - 2, 0) : position] == b"\r\n" else 1
    return max(position - newline, start)
