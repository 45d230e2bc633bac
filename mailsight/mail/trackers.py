"""Recognises tracking pixels and hosts. Their pictures never load, even when other pictures may."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser

from .values import ascii_host, clean_address, pixels

_HIDDEN = re.compile(
    r"(?:^|[;\s])(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden"
    r"|opacity\s{0,9}:\s{0,9}0(?:\.0{0,9})?(?![.\d]))",
    re.IGNORECASE,
)
# A style attribute's declarations that matter come first, or the picture is no pixel.
_MAX_STYLE = 10_000
_SIDES = {
    name: re.compile(
        rf"(?:^|[;\s]){name}[ \t]{{0,9}}:[ \t]{{0,9}}([0-9]{{1,7}})(?:\.[0-9]{{1,7}})?px", re.IGNORECASE
    )
    for name in ("width", "height")
}
_PIXELS = re.compile(r"[ \t\n]*+[0-9]++(?:px)?+[ \t\n]*+", re.IGNORECASE)
_AUTHORITY = re.compile(r"https?:/*+([^/?#]*+)", re.IGNORECASE)
_PORT = re.compile(r":[0-9]*+$")
# A host that every URL parser reads in the same way: no user name, no backslash, a port of digits.
_ADDRESS = re.compile(
    r"(https?)://([^/?#\\@:%\[\]<>|^\s]{1,253})(:[0-9]{1,5})?([/?#][^\\]*)?$", re.IGNORECASE
)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_NUMERIC = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.|$)){4}")
# A redirect that counts clicks carries the URL it leads to.
_REDIRECT = re.compile(r"[a-z]+://[^/]*/.*https?(?::|%3a)(?:/|%2f){2}", re.IGNORECASE)


def is_pixel(attributes: Mapping[str, str | None]) -> bool:
    """Whether a picture is too small to see or hidden, as those that report opens to the sender are."""
    style = (attributes.get("style") or "")[:_MAX_STYLE]
    if "hidden" in attributes or _HIDDEN.search(style):
        return True
    return all(_is_tiny(name, attributes.get(name) or "", style) for name in _SIDES)


def _is_tiny(side: str, attribute: str, style: str) -> bool:
    styled = _SIDES[side].search(style)
    size = pixels(styled[1]) if styled else pixels(attribute) if _PIXELS.fullmatch(attribute) else None
    return size is not None and size <= 2


def tracking_hosts(document: LexborHTMLParser) -> frozenset[str]:
    """The hosts that count this mail's opens and clicks: those of its pixels, and those that mostly serve redirects.

    The host of most pictures is never included: blocking it would leave nothing to show.
    """
    pixels, pictures = set(), Counter[str]()
    for node in document.css("img[src]"):
        source = host(node.attributes["src"] or "")
        if source and is_pixel(node.attributes):
            pixels.add(source)
        elif source:
            pictures[source] += 1
    addresses = [node.attributes.get("href") or "" for node in document.css("a[href], area[href]")]
    links = Counter(filter(None, map(host, addresses)))
    redirects = Counter(filter(None, map(host, filter(_REDIRECT.match, addresses))))
    trackers = pixels | {name for name, number in redirects.items() if number * 2 > links[name]}
    return frozenset(trackers - set(_main_host(pictures)))


def _main_host(pictures: Counter[str]) -> Iterator[str]:
    for name, number in pictures.most_common(1):
        if number * 2 > pictures.total():
            yield name


def host(address: str) -> str:
    """The host of an http or https URL in lower case, without its port; empty for other URLs."""
    address = clean_address(address).replace("\\", "/")
    parts = _AUTHORITY.match(f"https:{address}" if address.startswith("//") else address)
    name = unquote(parts[1].rpartition("@")[2]) if parts else ""
    name = ascii_host(_PORT.sub("", name)).rstrip(".")
    return name if _HOST.fullmatch(name) else ""


@dataclass(frozen=True, slots=True)
class PictureAddress:
    """A picture's URL, written so that no browser can read another host in it."""

    url: str
    host: str
    origin: str


def picture_address(address: str) -> PictureAddress | None:
    """The address as a browser reads it, or None if it isn't an http or https URL with a plain host.

    Not plain are hosts that a browser rewrites (percent-encoding, numbers for an IP address), and user names. Letters
    outside ASCII are written in Punycode.
    """
    address = clean_address(address)
    parts = _ADDRESS.match(f"https:{address}" if address.startswith("//") else address)
    if parts is None:
        return None
    scheme, name, port, rest = parts.groups()
    name = ascii_host(name).rstrip(".")
    if not _HOST.fullmatch(name) or (_NUMERIC.search(name) and not _IPV4.fullmatch(name)):
        return None
    origin = f"{scheme.lower()}://{name}{port or ''}"
    return PictureAddress(f"{origin}{rest or ''}", name, origin)
