r"""HTML within RTF, as Outlook stores it (MS-OXRTFEX): `{\*\htmltag <b>}` is a tag, `\htmlrtf` starts a repetition."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mailsight.mail.values import words

from . import charsets

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)|(?:[\r\n]|\\)+"
)
_MAX_DEPTH = 1_000
# Destinations that hold no text of the mail.
_HIDDEN = words("""
    fonttbl colortbl stylesheet info pict object header footer footnote listtable mhtmltag generator pntext
""")
_SYMBOLS = {
    "par": "\r\n", "line": "\r\n", "tab": "\t", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "bullet": "•", "endash": "–", "emdash": "—", "emspace": "\u2003", "enspace": "\u2002",
}  # fmt: skip
_IN_HTML = {b"~": "&nbsp;", b"_": "&shy;", b"-": "", b"\n": "\r\n", b"\r": "\r\n"}
_IN_TEXT = _IN_HTML | {b"~": "\xa0", b"_": "-"}
# https://learn.microsoft.com/windows/win32/intl/code-page-identifiers, by the numbers of \fcharset
_FONT_PAGES = {
    0: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
    178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 255: 850,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _State:
    """What holds until the end of a group."""

    is_hidden: bool = False
    is_repeated: bool = False
    fallback: int = 1  # how many characters follow one in \\u, for programs that don't know it
    codec: str | None = None


def html(rtf: bytes) -> str | None:
    """The HTML that the RTF was made from, or None if it wasn't made from HTML."""
    if not rtf.lstrip().startswith(b"{\\rtf") or b"\\fromhtml1" not in rtf[:2_000]:
        return None
    return _read(rtf, _IN_HTML)


def text(rtf: bytes) -> str:
    """The text of an RTF document."""
    return _read(rtf, _IN_TEXT).replace("\r\n", "\n").strip()


def _read(rtf: bytes, symbols: Mapping[bytes, str]) -> str:
    reader = _Reader(symbols)
    reader.read(rtf)
    return "".join(reader.written)


class _Reader:
    def __init__(self, symbols: Mapping[bytes, str]) -> None:
        self._symbols = symbols
        self.written: list[str] = []
        self._raw = bytearray()  # characters of several bytes may be divided among tokens
        self._state = _State()
        self._groups: list[_State] = []
        self._codec = "cp1252"
        self._fonts: dict[int, str | None] = {}
        self._font = 0
        self._to_skip = 0
        self._is_optional = False
        self._high_surrogate = 0

    def read(self, rtf: bytes) -> None:
        position = 0
        while token := _TOKEN.match(rtf, position):
            position = token.end()
            word, number, code, symbol, brace, text = token.groups()
            if text or code:
                self._add(text or bytes([int(code, 16)]))
                continue
            self._flush()
            if word:
                value = int(number) if number else None
                if word == b"bin":
                    position += max(value or 0, 0)
                self._do(word.decode(), value)
            elif brace == b"{" and len(self._groups) < _MAX_DEPTH:
                self._groups.append(self._state)
            elif brace and self._groups:
                self._state = self._groups.pop()
            elif symbol == b"*":
                self._is_optional = True
                continue
            elif symbol:
                self._write(self._symbols.get(symbol, symbol.decode("latin-1")))
            self._is_optional = False
        self._flush()

    def _do(self, word: str, value: int | None) -> None:
        """Follow a control word."""
        state = self._state
        if word == "htmltag" and self._is_optional:
            self._state = replace(state, is_hidden=False, is_repeated=False)
        elif word in _HIDDEN or self._is_optional:
            self._state = replace(state, is_hidden=True)
        elif word == "htmlrtf":
            self._state = replace(state, is_repeated=value != 0)
        elif word == "uc":
            self._state = replace(state, fallback=max(value or 0, 0))
        elif word == "u" and value is not None:
            self._unicode(value & 0xFFFF)
        elif word == "ansicpg":
            self._codec = charsets.code_page(value or 0) or self._codec
        elif word == "fcharset":
            self._fonts[self._font] = charsets.code_page(_FONT_PAGES.get(value or 0, 0))
        elif word == "f":
            self._font = value or 0
            self._state = replace(state, codec=self._fonts.get(self._font))
        elif word in _SYMBOLS:
            self._write(_SYMBOLS[word])

    def _unicode(self, number: int) -> None:
        if 0xD800 <= number < 0xDC00:
            self._high_surrogate = number
        elif 0xDC00 <= number < 0xE000:
            pair = (self._high_surrogate or 0xD800).to_bytes(2, "big") + number.to_bytes(2, "big")
            self._write(pair.decode("utf-16-be", "replace"))
        else:
            self._write(chr(number))
        self._to_skip = self._state.fallback

    def _add(self, raw: bytes) -> None:
        self._is_optional = False
        skipped = min(self._to_skip, len(raw))
        self._to_skip -= skipped
        if not (self._state.is_hidden or self._state.is_repeated):
            self._raw += raw[skipped:]

    def _flush(self) -> None:
        if self._raw:
            self._write(charsets.text(bytes(self._raw), self._state.codec or self._codec))
            self._raw.clear()

    def _write(self, text: str) -> None:
        if not (self._state.is_hidden or self._state.is_repeated):
            self.written.append(text)
