"""What an S/MIME signature encloses (RFC 5652): the mail within a signed message. The signature isn't checked."""

from collections.abc import Iterator
from dataclasses import dataclass, field

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_OCTETS = 0x04
_CONSTRUCTED = 0x20
_MAX_DEPTH = 30
# The fields of SignedData before the enclosed content: version and digest algorithms.
_BEFORE_CONTENT = 2


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of ASN.1 (X.690): its tag, and its bytes or else the values it consists of."""

    tag: int
    raw: bytes = b""
    values: list["_Value"] = field(default_factory=list)


def content(raw: bytes) -> bytes | None:
    """The signed content, or None if the message is encrypted or damaged."""
    try:
        message = _values(raw, 0, len(raw), 0)[0][0]
        kind, explicit = message.values[:2]
        if kind.raw != _SIGNED_DATA:
            return None
        _, enclosed = explicit.values[0].values[_BEFORE_CONTENT].values
    except (ValueError, IndexError):
        return None
    return b"".join(_octets(enclosed))


def _octets(value: _Value) -> Iterator[bytes]:
    if value.tag == _OCTETS:
        yield value.raw
    for part in value.values:
        yield from _octets(part)


def _values(raw: bytes, start: int, end: int, depth: int) -> tuple[list[_Value], int]:
    """The values between two places, and where they end: at `end`, or after the mark that ends an open value."""
    if depth > _MAX_DEPTH:
        raise ValueError
    values: list[_Value] = []
    while start < end:
        tag, length = raw[start], raw[start + 1]
        start += 2
        if not tag and not length:
            return values, start
        if length > 0x80:
            size = length & 0x7F
            length = int.from_bytes(raw[start : start + size], "big")
            start += size
            stop = min(start + length, end)
        else:
            stop = end if length == 0x80 else min(start + length, end)
        if tag & _CONSTRUCTED:
            inner, after = _values(raw, start, stop, depth + 1)
            values.append(_Value(tag, values=inner))
            start = after if length == 0x80 else stop
        else:
            values.append(_Value(tag, raw[start:stop]))
            start = stop
    return values, start
