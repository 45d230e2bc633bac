"""Pictures that are there to tell the sender of an open: they never load, also where pictures may."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

_HIDDEN = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0*)?(?![.\d]))",
    re.IGNORECASE,
)
# A link that counts the click and sends the reader on holds the address to which it leads.
_REDIRECT = re.compile(r"[a-z]+://[^/]*/.*https?(?::|%3a)(?:/|%2f){2}", re.IGNORECASE)


def is_pixel(attributes: Mapping[str, str | None]) -> bool:
    """Whether this is a picture that isn't there to be seen, as those are that tell the sender of an open."""
    style = attributes.get("style") or ""
    if "hidden" in attributes or _HIDDEN.search(style):
        return True
    sizes = []
    for name in ("width", "height"):
        given = re.search(rf"(?:^|[;\s]){name}\s*:\s*(\d+)(?:\.\d+)?px", style) or re.match(
            r"\s*(\d+)(?:px)?\s*$", attributes.get(name) or ""
        )
        sizes.append(given is not None and int(given[1]) <= 2)
    return all(sizes)


def tracking_hosts(document: LexborHTMLParser) -> frozenset[str]:
    """The hosts that count this mail's opens and clicks: of most of its redirects, and of its pixels.

    The host of most pictures is none: it would have nothing left to show.
    """
    pixels, pictures = set(), Counter[str]()
    for node in document.css("img[src]"):
        found = host(node.attributes["src"] or "")
        if found and is_pixel(node.attributes):
            pixels.add(found)
        elif found:
            pictures[found] += 1
    addresses = [node.attributes["href"] or "" for node in document.css("a[href], area[href]")]
    links = Counter(filter(None, map(host, addresses)))
    redirects = Counter(filter(None, map(host, filter(_REDIRECT.match, addresses))))
    trackers = pixels | {one for one, number in redirects.items() if number * 2 > links[one]}
    return frozenset(trackers - set(_most(pictures)))


def _most(pictures: Counter[str]) -> Iterator[str]:
    for one, number in pictures.most_common(1):
        if number * 2 > pictures.total():
            yield one


def host(address: str) -> str:
    """The host of an http address in lower case, without its port; empty for all others."""
    try:
        parts = urlsplit(address.strip() if "://" in address else f"https:{address.strip()}", scheme="https")
        return (parts.hostname or "").rstrip(".") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
