"""Content-Transfer-Encoding: the bytes behind base64, quoted-printable and uuencode, however damaged they are."""

import binascii
import re
from dataclasses import dataclass

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDING = re.compile(rb"=+")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]*+=*+")
_LONE_CR = re.compile(rb"\r(?!\n)")
_SPACE_BEFORE_NEWLINE = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n)")
_ESCAPED = re.compile(rb"=[0-9A-Fa-f]{2}|=[ \t]*+(?:\r|\n|\Z)")
_SOFT_BREAK = re.compile(rb"=[ \t]*+(?:\r\n|\r|\n)")
_LETTERS = re.compile(rb"(?:=[89A-Fa-f][0-9A-Fa-f]){2,}+")
_LETTER = re.compile(rb"(?P<tag><[a-zA-Z][^<>]*+)|=[89A-Fa-f][0-9A-Fa-f]")
_PLAIN_VALUE = re.compile(rb"[a-zA-Z-]=[\"']")
# An attribute such as href=3D"...": no HTML has that, unless a link's query is about quoted-printable.
_ESCAPED_ATTRIBUTE = re.compile(rb"<[a-zA-Z][^<>]{1,2000}?[a-zA-Z-]=3D(?:[\"']|[^\s>])", re.IGNORECASE)
_UU_BEGIN = re.compile(r"^begin(?:-base64)? [0-7]{3,4} (\S[^\r\n]{0,200})$", re.MULTILINE)
_UU_END = re.compile(r"^(?:end|====)[ \t]*$", re.MULTILINE)
_UU_LINE = re.compile(r"[ -`]{1,62}")


def body(raw: bytes, encoding: str) -> bytes:
    """Decode a body. An encoding that is unknown, or that the body obviously isn't in, leaves it as it is."""
    match encoding.strip().strip("\"'").lower():
        case "base64" | "b64" | "base-64":
            return raw if raw.lstrip()[:1] == b"<" else base64(raw)
        case "quoted-printable" | "quotedprintable" | "qp":
            return quoted_printable(raw) if is_quoted_printable(raw) else _letters(raw)
        case "uuencode" | "x-uuencode" | "uue" | "x-uue":
            return uuencode(raw)
        case _:
            return (
                quoted_printable(raw) if _ESCAPED_ATTRIBUTE.search(raw) and is_quoted_printable(raw) else raw
            )


def base64(raw: bytes) -> bytes:
    """Decode base64 with missing padding, strange characters, or padding in the middle."""
    first, *rest = _chunks(raw)
    return b"".join([_base64_chunk(first), *map(_base64_chunk, rest)])


def _chunks(raw: bytes) -> list[bytes]:
    """The pieces that end in padding. What follows the first is kept only if it is base64, not a footer."""
    start, padding, rest = raw.partition(b"=")
    if padding and rest:
        rest = b"".join(line for line in rest.splitlines() if _BASE64_LINE.fullmatch(line.strip()))
    return [_NOT_BASE64.sub(b"", chunk) for chunk in (start, *_PADDING.split(rest))]


def _base64_chunk(chunk: bytes) -> bytes:
    if len(chunk) % 4 == 1:  # one character holds less than a byte
        chunk = chunk[:-1]
    return binascii.a2b_base64(chunk + b"=" * (-len(chunk) % 4))


def quoted_printable(raw: bytes) -> bytes:
    """Decode quoted-printable. An equals sign that escapes nothing stays."""
    if _LONE_CR.search(raw):
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return binascii.a2b_qp(_SPACE_BEFORE_NEWLINE.sub(b"", raw))


def _letters(raw: bytes) -> bytes:
    """Decode what programs encode that leave equals signs alone: letters outside ASCII, and ends of long lines.

    A tag may hold a URL such as `?color=FF0000`, so in tags, single letters stay.
    """
    raw = _LETTERS.sub(lambda letters: binascii.a2b_qp(letters[0]), _SOFT_BREAK.sub(b"", raw))
    return _LETTER.sub(lambda letter: letter[0] if letter["tag"] else binascii.a2b_qp(letter[0]), raw)


def is_quoted_printable(raw: bytes) -> bool:
    """Whether most equals signs escape something, those of attributes included."""
    return 2 * len(_ESCAPED.findall(raw)) >= raw.count(b"=") and len(_PLAIN_VALUE.findall(raw)) <= raw.count(
        b"=3D"
    )


def is_saved_undecoded(raw: bytes) -> bool:
    """Whether the bytes are HTML in quoted-printable."""
    return _ESCAPED_ATTRIBUTE.search(raw) is not None and is_quoted_printable(raw)


def uuencode(raw: bytes) -> bytes:
    """Decode a uuencoded body: what stands between its lines "begin" and "end"."""
    text = raw.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    begin = _UU_BEGIN.search(text)
    if begin is None:
        return raw
    end = _UU_END.search(text, begin.end())
    return _uudecoded(text[begin.end() : end.start() if end else len(text)])


def _uudecoded(text: str) -> bytes:
    parts = []
    for line in text.split("\n"):
        if _UU_LINE.fullmatch(line):
            # Some programs leave out trailing spaces, others add a checksum.
            length = (ord(line[0]) - 32) & 63
            needed = 1 + (length + 2) // 3 * 4
            try:
                parts.append(binascii.a2b_uu(line[:needed].ljust(needed)))
            except binascii.Error:
                continue
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A uuencoded file in a text: its name and size in bytes."""

    name: str
    size_bytes: int


def without_enclosed(text: str) -> tuple[str, list[Enclosed]]:
    """A text without the files that old programs wrote into it, and these."""
    parts: list[str] = []
    files: list[Enclosed] = []
    position = 0
    while begin := _UU_BEGIN.search(text, position):
        end = _UU_END.search(text, begin.end())
        if end is None:
            break
        parts.append(text[position : begin.start()])
        files.append(Enclosed(begin[1], len(_uudecoded(text[begin.end() : end.start()]))))
        position = end.end()
    return "".join([*parts, text[position:]]), files
