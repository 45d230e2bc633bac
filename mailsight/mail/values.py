"""Numbers and URLs as strangers write them in e-mails and events: read within bounds, never raising."""

import html as entities
import re
from urllib.parse import SplitResult, urlsplit

# What a browser strips from a URL before it looks at the scheme:
# https://url.spec.whatwg.org/#concept-basic-url-parser
_STRIPPED_FROM_ENDS = "".join(map(chr, range(33)))
_STRIPPED_FROM_WITHIN = str.maketrans("", "", "\t\r\n")
_MAX_HOST = 253
# The last code point has seven digits; Python's int() refuses thousands.
_LONG_REFERENCE = re.compile(r"(&#(?:[0-9]{8}|[xX][0-9a-fA-F]{8}))[0-9a-fA-F]++")
_SURROGATE = re.compile("[\ud800-\udfff]")
#: What a text that isn't a URL is split into.
NO_URL = SplitResult("", "", "", "", "")
# As browsers read attributes: leading white space, then digits, whatever follows. No screen has more pixels than seven
# digits can count.
_PIXELS = re.compile(r"[ \t\n\f\r]*+(-?[0-9]{1,7}+)")
_NUMBER = re.compile(r"-?[0-9]{1,7}+(?:\.[0-9]{1,7}+)?+")
_DIGITS = re.compile(r"[0-9]*+(?:\.[0-9]*+)?+")
MAX_NUMBERS = 2_000


def pixels(text: str) -> int | None:
    """The whole number that an attribute starts with, or None. Numbers of more than seven digits are cut to seven."""
    number = _PIXELS.match(text)
    return int(number[1]) if number else None


def coordinates(text: str) -> list[int]:
    """The numbers of an area's shape, rounded: at most the first `MAX_NUMBERS`."""
    numbers: list[int] = []
    position = 0
    while len(numbers) < MAX_NUMBERS and (number := _NUMBER.search(text, position)):
        numbers.append(round(float(number[0])))
        end = _DIGITS.match(text, number.end())
        position = end.end() if end else number.end()
    return numbers


def split_url(url: str) -> SplitResult:
    """The parts of a URL; all are empty if it has none that make sense, such as "http://[" or a port "x"."""
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        return NO_URL
    return parts


def clean_address(address: str) -> str:
    """The URL as a browser reads it from an attribute."""
    address = address.strip(_STRIPPED_FROM_ENDS)
    if not address.isprintable():  # translating takes long
        address = address.translate(_STRIPPED_FROM_WITHIN)
    return address if address.isascii() else _SURROGATE.sub("\ufffd", address)


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def ascii_host(host: str) -> str:
    """The host in lower case, with letters outside ASCII in Punycode where that is possible."""
    host = host.lower()
    if host.isascii() or len(host) > _MAX_HOST:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def unescape(text: str) -> str:
    """The text with its character references replaced."""
    return entities.unescape(_LONG_REFERENCE.sub(r"\1", text))
