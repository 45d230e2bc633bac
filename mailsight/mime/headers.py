"""The header of a mail or of one of its parts: its fields, their parameters, and encoded words (RFC 2047, RFC 2231)."""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from urllib.parse import unquote_to_bytes

from . import charsets, transfer

# Senders put long subjects into one word, although the standard allows 75 characters.
_MAX_WORD = 2_000
# No subject is nearly as long.
_MAX_TEXT = 20_000
_WORD = re.compile(
    r"=\?([^?*\s=]{0,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?((?:[^?]|\?(?!=)){0,%d}+)\?=" % _MAX_WORD  # noqa: UP031  # braces
)
_NAME = re.compile(rb"([A-Za-z][\w.-]{0,200})[ \t]*:")
_NEWLINE = re.compile(rb"\r\n|\r|\n")
_BLANK = re.compile(rb"(?>\r\n|\r|\n)[ \t]*+(?>\r\n|\r|\n)")
_PARAMETER = re.compile(
    r""";[\s;]*+([^\s=;"]{1,100})\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)(?:"|\Z)|([^;]*+))""", re.DOTALL
)
_VALUE = re.compile(r"[^;\s]+")
_LINE = re.compile(rb"[^\r\n]++(?:\r\n|\r|\n)?+|\r\n|\r|\n")
# A boundary with the header of a part.
_PART = re.compile(rb"--[^\r\n]+(?:\r\n|\r|\n)content-[a-z-]+[ \t]*:", re.IGNORECASE)
# A line that is certainly a field, not text with a colon.
_FIELD_NAME = (
    rb"(?:content-[a-z-]+|mime-version|x-[a-z0-9-]+|subject|from|to|cc|date|received|message-id|return-path|reply-to|sender"
    rb"|delivered-to|list-[a-z-]+|dkim-signature|authentication-results|arc-[a-z-]+|in-reply-to|references)[ \t]*:"
)
_FIELD = re.compile(_FIELD_NAME, re.IGNORECASE)
_MORE = re.compile(rb"(?:[ \t]++[^\r\n]*+(?:\r\n|\r|\n))*+" + _FIELD_NAME, re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/ \t\r\n]*+=*+[ \t\r\n]*+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_ADDRESS = re.compile(r"<\s*([^<>\s]{1,320})\s*>")
_MAX_FIELD = 100_000
# How the line before each mail of a mailbox starts.
_MAILBOX_LINE = (b"From ", b">From ")
# The headers of real mails have up to 30 KB.
MAX_SOURCE = 100_000
# Of these, a header has one.
_SINGLE = ("subject", "from", "message-id")
_QUOTED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Value:
    """A field such as Content-Type: its value in lower case, and its parameters by lower-case name."""

    value: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Header:
    """The fields of a header, with names in lower case. Of a field that is repeated, the first counts."""

    fields: tuple[tuple[str, bytes], ...]

    def raw(self, name: str) -> str:
        """A field as it is written, or an empty text. Bytes outside ASCII are UTF-8 or else windows-1252."""
        value = next((value for field, value in self.fields if field == name and value), b"")
        return charsets.decode(value) if value else ""

    def text(self, name: str) -> str:
        """A field for people, with its encoded words decoded."""
        return decoded(self.raw(name))

    def value(self, name: str) -> Value:
        """A field with parameters."""
        return parameters(self.raw(name))

    @cached_property
    def content_type(self) -> Value:
        return self.value("content-type")

    @cached_property
    def disposition(self) -> Value:
        return self.value("content-disposition")

    @property
    def file_name(self) -> str:
        """The name that the sender gave an attachment."""
        return self.disposition.parameters.get("filename") or self.content_type.parameters.get("name", "")

    @property
    def sender(self) -> tuple[str, str]:
        """Name and address of the sender. Either may be empty."""
        field = self.raw("from")
        address = _ADDRESS.search(field)
        if address is None:
            bare = field.partition("(")[0].strip()
            is_browser = bare.strip('<"').lower().startswith("saved by ")  # in the header of a saved page
            return ("", bare) if "@" in bare else ("" if is_browser else decoded(field).strip(), "")
        name = decoded(_QUOTED.sub(r"\1", field[: address.start()].strip().strip('"')))
        return name.strip().strip("\"'"), address[1]


def split(raw: bytes, *, is_part: bool) -> tuple[Header, bytes]:
    """The header and the body of a mail, or of one of its parts.

    Lines that don't belong there, such as a field that was broken in two, are skipped if fields follow. What isn't
    followed by one is the body, and so is the first part of a mail without a blank line before it.
    """
    blank = _end(raw)
    end, body = (
        (0, raw) if _NEWLINE.match(raw) else (blank.start(), raw[blank.end() :]) if blank else (len(raw), b"")
    )
    lines = _LINE.findall(raw, 0, end)
    last = max((number for number, line in enumerate(lines) if _FIELD.match(line)), default=-1)
    fields: list[tuple[str, list[bytes]]] = []
    place = 0
    for number, line in enumerate(lines):
        name = _NAME.match(line)
        if line[:1] in (b" ", b"\t"):
            if fields:
                fields[-1][1].append(line.strip())
        elif name:
            fields.append((name[1].decode("ascii").lower(), [line[name.end() :].strip()]))
        elif number == 0 and line.startswith(_MAILBOX_LINE):
            pass
        elif number > last or (is_part and not fields) or _PART.match(raw, place):
            body = raw[place:]
            break
        place += len(line)
    return Header(tuple((name, b" ".join(filter(None, pieces))) for name, pieces in fields)), body


def source(raw: bytes) -> str:
    """The header of a mail as it is written, without the line of a mailbox before it; at most `MAX_SOURCE` bytes."""
    _, body = split(raw, is_part=False)
    size_bytes = len(raw) - len(body)
    lines = _LINE.findall(raw, 0, min(size_bytes, MAX_SOURCE))
    if lines and lines[0].startswith(_MAILBOX_LINE):
        del lines[0]
    if lines and not lines[-1].endswith((b"\r", b"\n")) and size_bytes > MAX_SOURCE:
        del lines[-1]
    text = "".join(line.decode("ascii") if line.isascii() else charsets.decode(line) for line in lines)
    return text.replace("\0", "\ufffd").rstrip("\r\n")


def written(header: Header) -> str:
    """A header that isn't known as it was written, one field a line; at most `MAX_SOURCE` characters."""
    once = {name: value for name, value in reversed(header.fields) if value and name in _SINGLE}
    rest = [(name, value) for name, value in header.fields if value and name not in _SINGLE]
    lines = [f"{name.title()}: {charsets.decode(value)}" for name, value in (*once.items(), *rest)]
    return "\n".join(lines)[:MAX_SOURCE].replace("\0", "\ufffd")


def _end(raw: bytes) -> re.Match[bytes] | None:
    """The blank line that ends the header. Lines of spaces that more of the header follows belong to their fields."""
    blank = _BLANK.search(raw)
    while blank and blank[0].strip(b"\r\n") and _MORE.match(raw, blank.end()):
        blank = _BLANK.search(raw, blank.end() - 1)
    return blank


def parameters(field: str) -> Value:
    """A field's value and parameters, those that are continued or encoded as in RFC 2231 included."""
    field = field[:_MAX_FIELD].strip()
    value = _VALUE.match(field)
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, quoted, bare in _PARAMETER.findall(field):
        text = _QUOTED.sub(r"\1", quoted) if quoted else bare.strip()
        section = _SECTION.fullmatch(name.lower())
        if section is None or not (section[2] or section[3]):
            plain.setdefault(name.lower(), text)
        else:
            sections.setdefault(section[1], {})[int(section[2] or 0)] = text, section[3] is not None
    for name, numbered in sections.items():
        plain[name] = _continued([numbered[number] for number in sorted(numbered)])
    return Value(
        value[0].lower() if value else "",
        {name: decoded(text) for name, text in plain.items()},
    )


def _continued(sections: list[tuple[str, bool]]) -> str:
    """The parameter that is written in these sections, each of which may be percent-encoded."""
    charset = None
    text, is_encoded = sections[0]
    if is_encoded and text.count("'") >= 2:  # charset'language'value
        charset, _, text = text.split("'", 2)
        sections = [(text, True), *sections[1:]]
    raw = b"".join(
        unquote_to_bytes(text) if is_encoded else text.encode("utf-8", "replace")
        for text, is_encoded in sections
    )
    return charsets.decode(raw, charset)


def decoded(text: str) -> str:
    """A subject or a name with its encoded words decoded. Those that are broken stay as they are."""
    if "=?" not in text or len(text) > _MAX_TEXT:
        return text
    if text.startswith('"=?') and text.endswith('?="') and text.count('"') == 2:  # a quoted name
        text = text[1:-1]
    parts: list[str] = []
    end = 0
    run: list[_Word] = []
    for match in _WORD.finditer(text):
        between = text[end : match.start()]
        word = _word(match)
        # White space between encoded words is only there to fold the field.
        if not (run and word and not between.strip()):
            parts += [*_joined(run), between]
            run = []
        if word is None:
            parts.append(match[0])
        else:
            run.append(word)
        end = match.end()
    return "".join([*parts, *_joined(run), text[end:]])


@dataclass(frozen=True, slots=True)
class _Word:
    """An encoded word: Python's name of its character set, and its bytes."""

    codec: str
    raw: bytes
    source: str


def _word(match: re.Match[str]) -> _Word | None:
    known = charsets.encoding(match[1])
    codec, content = known or "utf-8", match[3]
    if match[2] in "qQ":
        # Some programs leave letters outside ASCII unencoded.
        encoded = content.replace(" ", "_").encode("ascii" if content.isascii() else codec, "replace")
        raw = binascii.a2b_qp(encoded, header=True)
    else:
        raw = transfer.base64(content.encode("ascii")) if _BASE64.fullmatch(content) else b""
    # Of a character set that nobody knows, most are a larger ASCII.
    is_read = charsets.fits(raw, codec) if known is None else raw or not content
    return _Word(codec, raw, match[0]) if is_read else None


def _joined(run: list[_Word]) -> list[str]:
    """The text of adjoining words. A character may be divided among words of the same character set."""
    parts = []
    for codec, words in groupby(run, key=lambda word: word.codec):
        group = list(words)
        text = charsets.text(b"".join(word.raw for word in group), codec).removeprefix("\ufeff")
        if "\ufffd" in text and not any("\ufffd".encode() in word.raw for word in group):
            text = " ".join(word.source for word in group)
        parts.append(_CONTROLS.sub(" ", text))
    return parts
