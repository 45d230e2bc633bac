"""What a report leaves out, so that it can be handed on: customers' addresses, ids and names, also within addresses.

A campaign's mail has merge fields in the places of names, and nothing to leave out. The copy that one customer received
has names, and so have the URLs that customers clicked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

LEFT_OUT = "…"
_ADDRESS = re.compile(r"[\w.+=%*-]+(?:@|%40|&#64;)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
# What stands in a path for one person or one mail: long, and of letters and figures without words.
_TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w~=+.]{16,}|[0-9a-f-]{24,}|\d{6,}", re.IGNORECASE)
_SHORTEST_NAME = 2


@dataclass(frozen=True, slots=True)
class Mask:
    """What must not be shown: these words (names, ids), and every e-mail address but the sender's own."""

    words: tuple[str, ...] = ()
    own_domain: str = ""

    def text(self, text: str) -> str:
        """The text, or HTML, without them."""
        masked = _ADDRESS.sub(self._address, text)
        if self.words:
            names = "|".join(re.escape(word) for word in sorted(self.words, key=len, reverse=True))
            masked = re.sub(rf"(?<!\w)(?:{names})(?!\w)", LEFT_OUT, masked)
        return masked

    def url(self, url: str) -> str:
        """A URL as a reader needs it: where it leads, without what it says about who clicked."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return LEFT_OUT
        if parts.scheme.lower() not in ("http", "https"):
            # mailto: and tel: may be anybody's.
            return f"{parts.scheme}:{LEFT_OUT}" if parts.scheme else self.text(parts.path)
        path = "/".join(self._segment(segment) for segment in parts.path.split("/"))
        return self.text(f"{host}{path}".rstrip("/"))

    def _segment(self, segment: str) -> str:
        plain = unquote(segment)
        hides = "@" in plain or "=" in plain or plain in self.words or _TOKEN.fullmatch(plain)
        return LEFT_OUT if hides else segment

    def _address(self, found: re.Match[str]) -> str:
        local, _, domain = unquote(found[0].replace("&#64;", "@")).rpartition("@")
        own = domain.lower() == self.own_domain.lower() != ""
        # The sender's own may hold a customer's: bounce+ann=mail.example@news.example.
        return found[0] if own and not set(local) & set("+=") else LEFT_OUT


def addresses(text: str) -> set[str]:
    """Every e-mail address in a text or HTML, in lower case, also within URLs."""
    return {unquote(found[0].replace("&#64;", "@")).lower() for found in _ADDRESS.finditer(text)}


def segments(urls: Iterable[str]) -> set[str]:
    """What stands between the slashes of these URLs, of which any may be a customer's id."""
    return {unquote(part) for url in urls for part in re.split(r"[/?&=#;]", url) if part}


def names(full_names: Iterable[str]) -> set[str]:
    """Names, and the single words of each, by which a mail would greet."""
    words = {word for name in full_names for word in (name, *name.split())}
    return {word for word in words if len(word) >= _SHORTEST_NAME}
