"""Outlook's own formats: `winmail.dat` (TNEF, MS-OXTNEF) within a mail, and `.msg` files (MS-OXMSG).

Both hold MAPI properties. They become entities of a mail, so whatever shows a mail shows these too.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import quote

import compressed_rtf
import olefile

from mailsight.errors import UnusableMail

from . import charsets, headers, rtf
from .headers import Header
from .parts import MAX_DEPTH, MAX_PARTS, TOO_NESTED, Entity

OLE = olefile.MAGIC
TNEF = "application/ms-tnef"
_TNEF_SIGNATURE = b"\x78\x9f\x3e\x22"
_NOT_OUTLOOK = "is not a message of Outlook that can be read"

# MAPI properties: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxprops
_SUBJECT, _HEADERS, _MESSAGE_ID = 0x0037, 0x007D, 0x1035
_SENDER_NAME, _SENDER_ADDRESS, _SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
_TEXT, _RTF, _HTML = 0x1000, 0x1009, 0x1013
_INTERNET_CODE_PAGE, _MESSAGE_CODE_PAGE = 0x3FDE, 0x3FFD
_DATA, _DISPLAY_NAME, _NAME, _LONG_NAME, _TYPE = 0x3701, 0x3001, 0x3704, 0x3707, 0x370E
_CONTENT_ID, _LOCATION = 0x3712, 0x3713

_STRING, _UNICODE, _BINARY, _OBJECT = 0x001E, 0x001F, 0x0102, 0x000D
_SIZES = {2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x0A: 4, 0x0B: 2, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = (_STRING, _UNICODE, _BINARY, _OBJECT)
_MANY = 0x1000  # several values
_NAMED = 0x8000  # from here on, properties have names

# Attributes of TNEF, and the properties that hold the same.
_ATTRIBUTE = struct.Struct("<BHHI")
_ATTACHMENT, _CODE_PAGE, _MESSAGE_PROPERTIES, _ATTACHMENT_PROPERTIES = 0x9002, 0x9007, 0x9003, 0x9005
_OF_MESSAGE = {0x8004: _SUBJECT, 0x800C: _TEXT}
_OF_ATTACHMENT = {0x8010: _NAME, 0x800F: _DATA}
_MESSAGE_INTERFACE = bytes.fromhex("0703020000000000c000000000000046")

# Streams of a .msg file
_STREAM = re.compile(r"__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})", re.IGNORECASE)
_FIXED = "__properties_version1.0"
_FIXED_VALUE = struct.Struct("<HHI8s")
_EMBEDDED = "__substg1.0_3701000d"


@dataclass(slots=True)
class _Item:
    """A message or an attachment: the type and bytes of each property, and what belongs to it."""

    properties: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    attachments: list["_Item"] = field(default_factory=list)
    message: "_Item | None" = None
    codec: str = "cp1252"

    def raw(self, number: int) -> bytes:
        return self.properties.get(number, (0, b""))[1]

    def number(self, number: int) -> int:
        return int.from_bytes(self.raw(number)[:4], "little")

    def text(self, number: int) -> str:
        kind, raw = self.properties.get(number, (0, b""))
        text = charsets.text(raw, "utf-16-le" if kind == _UNICODE else self.codec)
        return text.partition("\0")[0]


def read_tnef(raw: bytes) -> Entity | None:
    """What a `winmail.dat` holds, or None if it is no such file.

    Raises `UnusableMail` if it nests without end.
    """
    if not raw.startswith(_TNEF_SIGNATURE):
        return None
    return _entity(_tnef(raw, 0), TNEF)


def read_msg(raw: bytes) -> Entity:
    """Read a `.msg` file. Raises `UnusableMail` if it is none."""
    try:
        with olefile.OleFileIO(BytesIO(raw)) as file:
            message = _msg(file)
    except UnusableMail:
        raise
    except Exception as error:  # olefile raises whatever damaged files make happen
        raise UnusableMail(_NOT_OUTLOOK) from error
    if not message.properties:  # a document of Word or Excel
        raise UnusableMail(_NOT_OUTLOOK)
    return _entity(message, "multipart/mixed")


def _tnef(raw: bytes, depth: int) -> _Item:
    if depth > MAX_DEPTH:
        raise UnusableMail(TOO_NESTED)
    message = _Item()
    target = message
    position = 6  # after the signature and a key
    while position + _ATTRIBUTE.size <= len(raw) and len(message.attachments) < MAX_PARTS:
        _, number, _, length = _ATTRIBUTE.unpack_from(raw, position)
        position += _ATTRIBUTE.size
        value = raw[position : position + length]
        position += length + 2  # a checksum
        if number == _ATTACHMENT:
            target = _Item(codec=message.codec)
            message.attachments.append(target)
        elif number == _CODE_PAGE:
            message.codec = charsets.code_page(int.from_bytes(value[:4], "little")) or message.codec
        elif number == _MESSAGE_PROPERTIES:
            message.properties |= _properties(value)
        elif number == _ATTACHMENT_PROPERTIES:
            target.properties |= _properties(value)
            kind, data = target.properties.get(_DATA, (0, b""))
            if kind == _OBJECT and data.startswith(_MESSAGE_INTERFACE + _TNEF_SIGNATURE):
                target.message = _tnef(data[len(_MESSAGE_INTERFACE) :], depth + 1)
        elif number in _OF_MESSAGE:
            message.properties.setdefault(_OF_MESSAGE[number], (_STRING, value))
        elif number in _OF_ATTACHMENT:
            target.properties.setdefault(_OF_ATTACHMENT[number], (_STRING, value))
    return message


def _properties(raw: bytes) -> dict[int, tuple[int, bytes]]:
    """MAPI properties as TNEF stores them, up to the first that is damaged. Of several values, the first counts."""
    properties: dict[int, tuple[int, bytes]] = {}
    try:
        (count,) = struct.unpack_from("<I", raw)
        position = 4
        for _ in range(count):
            kind, number = struct.unpack_from("<HH", raw, position)
            position = _after_name(raw, position + 4) if number >= _NAMED else position + 4
            values, position = _values(raw, kind, position)
            if values and number < _NAMED:
                properties[number] = kind & ~_MANY, values[0]
    except (struct.error, KeyError):
        pass
    return properties


def _after_name(raw: bytes, position: int) -> int:
    (is_text,) = struct.unpack_from("<I", raw, position + 16)
    (length,) = struct.unpack_from("<I", raw, position + 20)
    return position + 24 + (_padded(length) if is_text else 0)


def _values(raw: bytes, kind: int, position: int) -> tuple[list[bytes], int]:
    base, count = kind & ~_MANY, 1
    if base in _VARIABLE or kind & _MANY:
        (count,) = struct.unpack_from("<I", raw, position)
        position += 4
    values: list[bytes] = []
    for _ in range(count):
        if base in _VARIABLE:
            (length,) = struct.unpack_from("<I", raw, position)
            position += 4
        else:
            length = _SIZES[base]
        values.append(raw[position : position + length])
        position += _padded(length)
    return values, position


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4


def _msg(file: "olefile.OleFileIO") -> _Item:
    """The message of a .msg file, whose storages hold its attachments and the messages among them."""
    items: dict[tuple[str, ...], _Item] = {(): _Item()}
    for path in file.listdir(streams=True, storages=False):
        place = tuple(path[:-1])
        if len(place) > 2 * MAX_DEPTH or len(items) > MAX_PARTS:
            raise UnusableMail(TOO_NESTED)
        _add(items, place)
        item = items[place]
        if path[-1].lower() == _FIXED:
            _add_fixed(item, file.openstream(path).read(), has_long_start=not place)
        elif stream := _STREAM.fullmatch(path[-1]):
            item.properties[int(stream[1], 16)] = int(stream[2], 16), file.openstream(path).read()
    for item in items.values():
        codec = charsets.code_page(item.number(_MESSAGE_CODE_PAGE) or item.number(_INTERNET_CODE_PAGE))
        item.codec = codec or item.codec
    return items[()]


def _add(items: dict[tuple[str, ...], _Item], place: tuple[str, ...]) -> None:
    """Add the item in this storage, and those around it."""
    for end in range(1, len(place) + 1):
        if place[:end] in items:
            continue
        item = items[place[:end]] = _Item()
        outer, name = items[place[: end - 1]], place[end - 1].lower()
        if name.startswith("__attach"):
            outer.attachments.append(item)
        elif name == _EMBEDDED:
            outer.message = item


def _add_fixed(item: _Item, raw: bytes, *, has_long_start: bool) -> None:
    """Add the properties of a fixed size. Of these, only numbers are of interest."""
    start = 32 if has_long_start else 8 if len(raw) % 16 == 8 else 24  # what precedes 16-byte values
    for kind, number, _, value in _FIXED_VALUE.iter_unpack(raw[start:][: (len(raw) - start) // 16 * 16]):
        if kind in _SIZES:
            item.properties.setdefault(number, (kind, value))


def _entity(item: _Item, kind: str) -> Entity:
    bodies: list[Entity] = []
    if text := item.text(_TEXT):
        bodies.append(_body("text/plain", text.encode("utf-8", "replace"), "utf-8"))
    charset = f"cp{item.number(_INTERNET_CODE_PAGE) or item.number(_MESSAGE_CODE_PAGE)}"
    if html := item.raw(_HTML):
        is_text = item.properties[_HTML][0] == _UNICODE
        bodies.append(_body("text/html", html.rstrip(b"\0"), "utf-16" if is_text else charset))
    else:
        bodies += _bodies_in_rtf(_decompressed(item.raw(_RTF)), has_text=bool(bodies))
    body = Entity(Header(()), "multipart/alternative", parts=tuple(bodies))
    return Entity(_header(item), kind, parts=(body, *map(_attached, item.attachments)))


def _bodies_in_rtf(raw: bytes, *, has_text: bool) -> Iterator[Entity]:
    html = rtf.html(raw)
    if html is not None:
        yield _body("text/html", html.encode("utf-8", "replace"), "utf-8")
    elif raw and not has_text:
        yield _body("text/plain", rtf.text(raw).encode("utf-8", "replace"), "utf-8")


def _body(kind: str, raw: bytes, charset: str) -> Entity:
    return Entity(_fields({"content-type": f"{kind}; charset={charset}"}), kind, raw)


def _attached(item: _Item) -> Entity:
    if item.message is not None:
        message = _entity(item.message, "multipart/mixed")
        return Entity(Header(()), "message/rfc822", parts=(message,))
    name = item.text(_LONG_NAME) or item.text(_NAME) or item.text(_DISPLAY_NAME)
    kind = item.text(_TYPE).lower() or "application/octet-stream"
    fields = {
        "content-disposition": f"attachment; filename*=utf-8''{quote(name)}",
        "content-id": item.text(_CONTENT_ID),
        "content-location": item.text(_LOCATION),
    }
    return Entity(_fields(fields), kind, item.raw(_DATA))


def _header(item: _Item) -> Header:
    """The header that the message arrived with, completed from its properties."""
    arrived, _ = headers.split(item.text(_HEADERS).encode("utf-8", "replace"), is_part=True)
    address = next(
        (text for number in (_SENDER_SMTP, _SENDER_ADDRESS) if "@" in (text := item.text(number))), ""
    )
    name = item.text(_SENDER_NAME)
    own = _fields(
        {
            "subject": item.text(_SUBJECT).strip(),
            "from": f"{name} <{address}>" if name or address else "",
            "message-id": item.text(_MESSAGE_ID).strip(),
        }
    )
    return Header((*own.fields, *arrived.fields))


def _fields(values: Mapping[str, str]) -> Header:
    return Header(tuple((name, value.encode("utf-8", "replace")) for name, value in values.items()))


def _decompressed(raw: bytes) -> bytes:
    try:
        return bytes(compressed_rtf.decompress(raw))
    except Exception:  # noqa: BLE001  # the library raises Exception itself for damaged data
        return b""
