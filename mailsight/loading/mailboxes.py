"""Mailboxes in one file (mbox): where each mail starts and ends, read as a stream.

The formats differ in what protects a line of a mail that starts with "From ": mboxo and mboxrd put > before it, mboxcl2
gives the length of each mail instead, mboxcl does both, and many programs do neither. So such a line starts a mail if
it has a date, or follows a blank line, and is followed by a header. A length counts if a mail or the end of the file
follows it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Read = Callable[[int], bytes]

CHUNK = 2**20
# What is kept of a mail that is larger.
_KEPT_BYTES = 2**16
# How much of the lines after a possible start is looked at.
_AHEAD = 2_000
_MAX_HEADER = 2**20

_WEEKDAYS = rb"(?:mon|tue|wed|thu|fri|sat|sun)"
_MONTHS = rb"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_DATED = re.compile(
    rb"From [^\r\n]{0,400}?\b"
    rb"(?:"
    + _WEEKDAYS
    + rb"\b,?[ \t]{1,9}(?:"
    + _MONTHS
    + rb"[ \t]{1,9}\d{1,2}|\d{1,2}[ \t]{1,9}"
    + _MONTHS
    + rb")\b"
    rb"|\d{4}-\d\d-\d\d)",
    re.IGNORECASE,
)
_NETSCAPE = re.compile(rb"From -[ \t\r]*\Z")
_FIELD = re.compile(rb"[A-Za-z][A-Za-z0-9_.-]{0,100}[ \t]*:|>?From [^\r\n]")
# A field that starts a header, not a sentence such as "Note: ...".
_FIRST_FIELD = re.compile(
    rb"(?:return-path|received|delivered-to|message-id|from|to|subject|date|mime-version|content-type|reply-to|sender"
    rb"|status|x-[a-z0-9-]{1,60}|dkim-signature|arc-[a-z-]{1,40}|authentication-results|envelope-to)[ \t]*:",
    re.IGNORECASE,
)
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_START = b"\nFrom "


@dataclass(frozen=True, slots=True)
class Piece:
    """A mail of a mailbox. Of one that is too large, `raw` has the beginning only."""

    raw: bytes
    is_whole: bool = True


def is_mailbox(start: bytes) -> bool:
    """Whether a file with this beginning is a mailbox."""
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    return start.startswith(b"From ") and _starts_mail(start, 0, follows_blank=True)


def mails(read: Read, max_bytes: int) -> Iterator[Piece]:
    """The mails of a mailbox, of which `read` gives the next bytes, up to the number it is called with."""
    return _Mailbox(read, max_bytes).mails()


class _Mailbox:
    """`_held` is what was read and not yet given out; the current mail starts at `_start` in it."""

    def __init__(self, read: Read, max_bytes: int) -> None:
        self._read = read
        self._max_bytes = max_bytes
        self._held = bytearray()
        self._start = 0
        self._ended = False

    def mails(self) -> Iterator[Piece]:
        self._holds(_AHEAD)
        for blank in (b"\xef\xbb\xbf", b"\r\n", b"\n"):
            while self._held.startswith(blank, self._start):
                self._start += len(blank)
        while self._start < len(self._held) or not self._ended:
            piece = self._with_length() or self._up_to_next()
            if piece.raw.strip():
                yield piece

    def _more(self) -> bool:
        """Reads on; returns whether there was more."""
        if self._ended:
            return False
        if self._start:
            del self._held[: self._start]
            self._start = 0
        chunk = self._read(CHUNK)
        self._ended = not chunk
        self._held += chunk
        return not self._ended

    def _holds(self, size: int) -> bool:
        """Reads until that much of the current mail is held; returns whether there is that much."""
        while len(self._held) - self._start < size and self._more():
            pass
        return len(self._held) - self._start >= size

    def _with_length(self) -> Piece | None:
        """The current mail, if its header says how long it is and another mail or nothing follows."""
        self._holds(_MAX_HEADER)
        end = _END_OF_HEADER.search(self._held, self._start, self._start + _MAX_HEADER)
        length = end and _LENGTH.search(self._held, self._start, end.end())
        if not end or not length or int(length[1]) > self._max_bytes:
            return None
        size = end.end() - self._start + int(length[1])
        is_followed = self._holds(size + _AHEAD)
        if not is_followed and len(self._held) - self._start < size:
            return None
        after = self._start + size
        while after < len(self._held) and self._held[after] in b"\r\n":
            after += 1
        if after < len(self._held) and not _starts_mail(self._held, after, follows_blank=True):
            return None
        raw = bytes(self._held[self._start : self._start + size])
        self._start = after
        # Without protection, a line that starts with From is as it was sent.
        is_protected = _START not in raw[len("From ") :]
        return Piece(_unescaped(raw) if is_protected else _without_first_line(raw))

    def _up_to_next(self) -> Piece:
        """The current mail, which ends where another one seems to start. What is too large isn't held."""
        kept: bytes | None = None
        place = self._start
        while (end := self._next_start(place)) is None:
            scanned = len(self._held) - self._start
            is_more = self._more()
            # What was held before the current mail is gone now. Its last lines may not have been complete.
            place = self._start + max(scanned - _AHEAD, 0)
            if not is_more:
                end = self._next_start(place) or len(self._held)
                break
            if kept is None and len(self._held) > self._max_bytes:
                kept = bytes(self._held[:_KEPT_BYTES])
            if kept is not None and place > 1:
                del self._held[: place - 1]
                place = 1
        raw = _without_blank_line(bytes(self._held[self._start : end]))
        self._start = end
        if kept is not None or len(raw) > self._max_bytes:
            return Piece(_without_first_line(kept or raw[:_KEPT_BYTES]), is_whole=False)
        return Piece(_unescaped(raw))

    def _next_start(self, place: int) -> int | None:
        """Where the next mail starts, after that place in what is held; None if that takes more to tell."""
        while (newline := self._held.find(_START, place)) >= 0:
            if len(self._held) - newline < _AHEAD and not self._ended:
                return None
            if _starts_mail(self._held, newline + 1, follows_blank=_follows_blank(self._held, newline)):
                return newline + 1
            place = newline + 1
        return None


def _follows_blank(held: bytes | bytearray, newline: int) -> bool:
    return held[max(newline - 1, 0) : newline] == b"\n" or held[max(newline - 2, 0) : newline] == b"\n\r"


def _starts_mail(held: bytes | bytearray, line: int, *, follows_blank: bool) -> bool:
    """Whether the line that starts there, with "From ", starts a mail."""
    end = held.find(b"\n", line, line + _AHEAD)
    if held[line : line + len("From ")] != b"From " or end < 0:
        return False
    if _DATED.match(held, line, end):
        return bool(_FIELD.match(held, end + 1))
    return (follows_blank or bool(_NETSCAPE.match(held, line, end))) and bool(
        _FIRST_FIELD.match(held, end + 1)
    )


def _unescaped(raw: bytes) -> bytes:
    """A mail as it was before it was put into a mailbox."""
    body = _without_first_line(raw)
    return _ESCAPED.sub(rb"\1", body) if b">From " in body else body


def _without_blank_line(raw: bytes) -> bytes:
    """A mail without the blank line that follows it in a mailbox."""
    for blank in (b"\n", b"\r\n"):
        # The one that ends the header stays.
        if raw.endswith(b"\n" + blank) and b"\n" + blank in raw[: -len(blank)]:
            return raw.removesuffix(blank)
    return raw


def _without_first_line(raw: bytes) -> bytes:
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw
