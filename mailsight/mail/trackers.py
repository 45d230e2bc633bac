"""Recognizes tracking pixels and hosts. Their pictures never load, even when other pictures may."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

_HIDDEN = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0*)?(?![.\d]))",
    re.IGNORECASE,
)
# A redirect that counts clicks carries the URL it leads to.
_REDIRECT = re.compile(r"[a-z]+://[^/]*/.*https?(?::|%3a)(?:/|%2f){2}", re.IGNORECASE)


def is_pixel(attributes: Mapping[str, str | None]) -> bool:
    """Whether a picture is too small to see or hidden, as those that report opens to the sender are."""
    style = attributes.get("style") or ""
    if "hidden" in attributes or _HIDDEN.search(style):
        return True
    is_tiny = []
    for name in ("width", "height"):
        size = re.search(rf"(?:^|[;\s]){name}\s*:\s*(\d+)(?:\.\d+)?px", style) or re.match(
            r"\s*(\d+)(?:px)?\s*$", attributes.get(name) or ""
        )
        is_tiny.append(size is not None and int(size[1]) <= 2)
    return all(is_tiny)


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
    addresses = [node.attributes["href"] or "" for node in document.css("a[href], area[href]")]
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
    try:
        parts = urlsplit(address.strip() if "://" in address else f"https:{address.strip()}", scheme="https")
        return (parts.hostname or "").rstrip(".") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
