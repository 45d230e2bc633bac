"""Masks customers' addresses, ids and names, also inside URLs, so that a report can be shared.

A campaign's template has merge fields instead of names and needs no masking. But a copy that one customer received
contains personal data, and so do clicked URLs.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from mailsight.mail.values import NO_URL, split_url

MASKED = "…"
# What an address may consist of, as a whole: a run is read once, and taken apart at its at signs.
_RUN = re.compile(r"[\w.+=%*-]++(?:(?:@|&#64;)[\w.+=%*-]*+)*+")
_AT = re.compile(r"@|%40|&#64;")
_DOMAIN = re.compile(r"[\w-]++(?:\.[\w-]++)++")
# A path segment that identifies a person or a mail: long, mixing letters and digits, or a long number.
_TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w~=+.]{16,}|[0-9a-f-]{24,}|\d{6,}", re.IGNORECASE)
_MIN_NAME_LENGTH = 2
# Longer URLs are masked altogether.
_MAX_URL_LENGTH = 2_000
_MAX_URL_PARTS = 50
_PARTS = re.compile(r"[/?&=#;]")
_TOKENS = re.compile(r"\w++|\W")
_MAX_TOKENS = 30
_END = ""


@dataclass(frozen=True)
class Mask:
    """Masks these words (names, ids) and every e-mail address except the sender's own."""

    words: tuple[str, ...] = ()
    own_domain: str = ""

    def text(self, text: str) -> str:
        """Mask a text or HTML."""
        masked = _RUN.sub(self._run, text)
        return self._names.masked(masked) if self.words else masked

    @cached_property
    def _names(self) -> "_Names":
        return _Names(self.words)

    def url(self, url: str) -> str:
        """Shorten a URL to where it leads, without anything that identifies who clicked."""
        parts = split_url(url)
        host = parts.hostname or ""
        if parts == NO_URL or _is_long(url):
            return MASKED if url else ""
        if parts.scheme.lower() not in ("http", "https"):
            # A mailto: or tel: URL may be a customer's.
            return f"{parts.scheme}:{MASKED}" if parts.scheme else self.text(parts.path)
        path = "/".join(self._segment(segment) for segment in parts.path.split("/"))
        return self.text(f"{host}{path}".rstrip("/"))

    def _segment(self, segment: str) -> str:
        plain = unquote(segment)
        hides = "@" in plain or "=" in plain or plain in self.words or _TOKEN.fullmatch(plain)
        return MASKED if hides else segment

    def _run(self, run: re.Match[str]) -> str:
        text = run[0]
        parts, start = [], 0
        for first, last in _addresses(text):
            local, _, domain = _plain(text[first:last]).rpartition("@")
            is_own = domain.lower() == self.own_domain.lower() != ""
            # The sender's address may contain a customer's: bounce+ann=mail.example@news.example.
            is_shown = is_own and not set(local) & set("+=@")
            parts += [text[start:first], text[first:last] if is_shown else MASKED]
            start = last
        return "".join([*parts, text[start:]])


class _Names:
    """Finds names in a text in one pass: a tree of their words and the characters between them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._tree: dict[str, Any] = {}
        for name in names:
            branch = self._tree
            for token in _TOKENS.findall(name)[:_MAX_TOKENS]:
                branch = branch.setdefault(token, {})
            branch[_END] = True

    def masked(self, text: str) -> str:
        tokens = _TOKENS.findall(text)
        masked, position = [], 0
        while position < len(tokens):
            end = self._end(tokens, position)
            masked.append(tokens[position] if end is None else MASKED)
            position = end or position + 1
        return "".join(masked)

    def _end(self, tokens: Sequence[str], position: int) -> int | None:
        """Where the longest name that starts here ends, if one does."""
        branch, end = self._tree, None
        while position < len(tokens) and (branch := branch.get(tokens[position], {})):
            position += 1
            if _END in branch:
                end = position
        return end


def _addresses(run: str) -> Iterator[tuple[int, int]]:
    """Where the addresses in a run start and end. Several that are joined by at signs are one."""
    start, local_start, end = None, 0, 0
    for at in _AT.finditer(run):
        domain = _DOMAIN.match(run, at.end())
        if domain and at.start() > local_start:
            start, end = local_start if start is None else start, domain.end()
        elif start is None and at[0] != "%40":  # which a local part may contain
            local_start = at.end()
    if start is not None:
        yield start, end


def _plain(address: str) -> str:
    return unquote(address.replace("&#64;", "@"))


def addresses(text: str) -> set[str]:
    """Every e-mail address in a text or HTML, in lower case, including those inside URLs."""
    return {
        _plain(run[0][first:last]).lower()
        for run in _RUN.finditer(text)
        for first, last in _addresses(run[0])
    }


def segments(urls: Iterable[str]) -> set[str]:
    """The parts of these URLs' paths and queries, any of which may be a customer's id."""
    return {unquote(part) for url in urls if not _is_long(url) for part in _PARTS.split(url) if part}


def _is_long(url: str) -> bool:
    return len(url) > _MAX_URL_LENGTH or len(_PARTS.findall(url)) > _MAX_URL_PARTS


def names(full_names: Iterable[str]) -> set[str]:
    """Full names and their single words, since a mail may greet by either."""
    words = {word for name in full_names for word in (name, *name.split())}
    return {word for word in words if len(word) >= _MIN_NAME_LENGTH}
