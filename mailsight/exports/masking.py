"""Masks customers' addresses, ids and names, also inside URLs, so that a report can be shared.

A campaign's template has merge fields instead of names and needs no masking. But a copy that one customer received
contains personal data, and so do clicked URLs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

MASKED = "…"
_ADDRESS = re.compile(r"[\w.+=%*-]+(?:@|%40|&#64;)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
# A path segment that identifies a person or a mail: long, mixing letters and digits, or a long number.
_TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w~=+.]{16,}|[0-9a-f-]{24,}|\d{6,}", re.IGNORECASE)
_MIN_NAME_LENGTH = 2
# Longer URLs are masked altogether.
_MAX_URL_LENGTH = 2_000
_MAX_URL_PARTS = 50
_PARTS = re.compile(r"[/?&=#;]")
# Links as safety.write writes them. In the report they lead nowhere: opening one would count as a click, and the URL
# may identify a customer.
_HREF = re.compile(r' href="[^"]*" (?:rel="noopener noreferrer"|target="_self")')
# data- attributes that a mail program or the sender's system added may identify the reader.
_DATA = re.compile(r' data-(?!(?:link|badge|look|near|sharing|total|lit|clicks|shade)\b)[\w.-]+="[^"]*"')


@dataclass(frozen=True, slots=True)
class Mask:
    """Masks these words (names, ids) and every e-mail address except the sender's own."""

    words: tuple[str, ...] = ()
    own_domain: str = ""

    def text(self, text: str) -> str:
        """Mask a text or HTML."""
        masked = _ADDRESS.sub(self._address, text)
        if self.words:
            names = "|".join(re.escape(word) for word in sorted(self.words, key=len, reverse=True))
            masked = re.sub(rf"(?<!\w)(?:{names})(?!\w)", MASKED, masked)
        return masked

    def url(self, url: str) -> str:
        """Shorten a URL to where it leads, without anything that identifies who clicked."""
        if _is_long(url):
            return MASKED
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return MASKED
        if parts.scheme.lower() not in ("http", "https"):
            # A mailto: or tel: URL may be a customer's.
            return f"{parts.scheme}:{MASKED}" if parts.scheme else self.text(parts.path)
        path = "/".join(self._segment(segment) for segment in parts.path.split("/"))
        return self.text(f"{host}{path}".rstrip("/"))

    def _segment(self, segment: str) -> str:
        plain = unquote(segment)
        hides = "@" in plain or "=" in plain or plain in self.words or _TOKEN.fullmatch(plain)
        return MASKED if hides else segment

    def _address(self, match: re.Match[str]) -> str:
        local, _, domain = unquote(match[0].replace("&#64;", "@")).rpartition("@")
        is_own = domain.lower() == self.own_domain.lower() != ""
        # The sender's address may contain a customer's: bounce+ann=mail.example@news.example.
        return match[0] if is_own and not set(local) & set("+=") else MASKED


def addresses(text: str) -> set[str]:
    """Every e-mail address in a text or HTML, in lower case, including those inside URLs."""
    return {unquote(match[0].replace("&#64;", "@")).lower() for match in _ADDRESS.finditer(text)}


def without_addresses(drawn: str) -> str:
    """Disable the links of a safe mail and remove its data- attributes."""
    return _DATA.sub("", _HREF.sub(' href="#"', drawn))


def segments(urls: Iterable[str]) -> set[str]:
    """The parts of these URLs' paths and queries, any of which may be a customer's id."""
    return {unquote(part) for url in urls if not _is_long(url) for part in _PARTS.split(url) if part}


def _is_long(url: str) -> bool:
    return len(url) > _MAX_URL_LENGTH or len(_PARTS.findall(url)) > _MAX_URL_PARTS


def names(full_names: Iterable[str]) -> set[str]:
    """Full names and their single words, since a mail may greet by either."""
    words = {word for name in full_names for word in (name, *name.split())}
    return {word for word in words if len(word) >= _MIN_NAME_LENGTH}
