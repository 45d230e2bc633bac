"""The links of an e-mail, and the link that each clicked URL belongs to."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .documents import parse
from .link_templates import is_tracked, tracked_parts, variants
from .safety import link_nodes
from .urls import RULES, Pattern, pattern, place, targets
from .values import clean_address, words
from .visibility import Visibility, visibilities
from .wrappers import unwrapped


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an e-mail. `link_position` numbers every a[href] and area[href] in document order, from 0.

    `url` is where the link leads: the URL inside if it is wrapped or in a call that tracks it. `tail` is what follows
    that call: clicks may be reported with it or without. If senders mark links to be tracked, `is_tracked` says which.
    """

    link_position: int
    url: str
    label: str
    visibility: Visibility = Visibility.EVERYWHERE
    is_tracked: bool = False
    tail: str = ""


@dataclass(frozen=True, slots=True)
class LinkClicks:
    """A link and its clicks. The position of a clicked URL that isn't in the mail is None.

    `shared_with` is how many links of the mail these clicks may belong to (1: only this link). If clicks don't say
    which, the first visible link gets all of them and the others get none.
    """

    link_position: int | None
    url: str
    label: str
    clicks: int
    clickers: int
    shared_with: int


def links(html: str) -> list[Link]:
    """Every link of the mail as a browser parses it, in document order."""
    document = parse(html)
    return links_of(document, link_nodes(document))


def links_of(document: LexborHTMLParser, nodes: Sequence[LexborNode]) -> list[Link]:
    """The links of a parsed mail; `nodes` are its `safety.link_nodes`."""
    links = []
    for position, (node, visibility) in enumerate(zip(nodes, visibilities(document, nodes), strict=True)):
        address = clean_address(node.attributes["href"] or "")
        url, tail = tracked_parts(address)
        url = unwrapped(url)
        label = label_of(node) or _path(url)
        links.append(Link(position, url, label, visibility, is_tracked(address), tail))
    return links


# Only Outlook on Windows reads what is inside these comments. `<!--[if !mso]><!-->` closes at once: the rest is for
# every other program.
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_MAX_OUTLOOK_LINKS = 1_000
_CONDITION = re.compile(r"\s*\[if\s[^\]]*\]>", re.IGNORECASE)


def outlook_links(html: str) -> list[Link]:
    """The links that only Outlook on Windows shows: VML buttons in conditional comments.

    A browser doesn't see them, so they have positions of their own, from 0.
    """
    links: list[Link] = []
    for comment in _COMMENT.findall(html):
        inside = comment[condition.end() :] if (condition := _CONDITION.match(comment)) else ""
        for node in parse(inside).css("[href]") if "href" in inside.lower() else ():
            if node.tag == "a" or (node.tag or "").startswith("v:"):
                url, tail = tracked_parts(clean_address(node.attributes["href"] or ""))
                url = unwrapped(url)
                links.append(
                    Link(len(links), url, label_of(node) or _path(url), Visibility.NOWHERE, tail=tail)
                )
        if len(links) >= _MAX_OUTLOOK_LINKS:
            break
    return links


_PRIORITY = {Visibility.EVERYWHERE: 0, Visibility.WIDE: 0, Visibility.PHONE: 1, Visibility.NOWHERE: 2}


def shared(links: Sequence[Link]) -> dict[int, int]:
    """Map each link's position to that of the link that represents all links whose clicks look the same.

    That is the first link visible on a wide screen, else the first visible on a phone, else the first.
    """
    places = {url: place(url) for url in {link.url for link in links}}
    groups: dict[tuple[str, bool], list[Link]] = defaultdict(list)
    for link in links:
        groups[places[link.url], link.is_tracked].append(link)
    first = {
        key: min(group, key=lambda link: (_PRIORITY[link.visibility], link.link_position)).link_position
        for key, group in groups.items()
    }
    return {link.link_position: first[places[link.url], link.is_tracked] for link in links}


_MAX_PATTERNS = 500


class Matcher:
    """Finds the link that a clicked URL belongs to, by the rules in `urls.RULES`."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._first = shared(links)
        self._forms: list[dict[str, int]] = [{} for _ in RULES]
        self._patterns: dict[str, list[tuple[Pattern, int]]] = defaultdict(list)
        for url, position in _variants(links):
            form = url
            for rule, positions in zip(RULES, self._forms, strict=True):
                form = rule.form(form)
                positions.setdefault(form, position)
        for link_pattern, position in _patterns(links):
            self._patterns[link_pattern.folder].append((link_pattern, position))

    def position(self, url: str) -> int | None:
        """The position of the link that the URL belongs to (see `shared`), or None if the mail has no such link."""
        position = self._position(url)
        return None if position is None else self._first[position]

    def _position(self, url: str, depth: int = 0) -> int | None:
        url = form = unwrapped(clean_address(url))
        for rule, positions in zip(RULES, self._forms, strict=True):
            form = rule.form(form)
            if form in positions:
                return positions[form]
        for candidate, position in self._candidates(form):
            if candidate.matches(form):
                return position
        nested = (self._position(target, depth + 1) for target in targets(url)) if depth < 3 else ()
        return next((position for position in nested if position is not None), None)

    def _candidates(self, form: str) -> Iterator[tuple[Pattern, int]]:
        """The patterns the URL may match: those of its folders first, and of these the longest first."""
        folders = {folder for folder in self._patterns if folder and form.startswith(folder)}
        for several in (folders, {""} & self._patterns.keys()):
            entries = [entry for folder in several for entry in self._patterns[folder]]
            yield from sorted(entries, key=lambda entry: (-entry[0].literal, entry[1]))


def _variants(links: Sequence[Link]) -> Iterator[tuple[str, int]]:
    """Each link's URL, or what its conditions may make of it, with the link's position; then those with a tail."""
    with_tail: list[tuple[str, int]] = []
    # Where only some links are tracked, no click is on another.
    for link in sorted(links, key=lambda link: not link.is_tracked):
        for variant in variants(clean_address(link.url)):
            url, tail = tracked_parts(variant)
            yield url, link.link_position
            if tail or link.tail:
                with_tail.append((url + tail + link.tail, link.link_position))
    yield from with_tail


def _patterns(links: Sequence[Link]) -> Iterator[tuple[Pattern, int]]:
    """The first different patterns among the links, each with the position of the first link that has it."""
    known: set[str] = set()
    for url, position in _variants(links):
        link_pattern = pattern(url) if len(known) < _MAX_PATTERNS else None
        if link_pattern and link_pattern.source not in known:
            known.add(link_pattern.source)
            yield link_pattern, position


_BREAKS = words("br td th tr p div li table h1 h2 h3 h4 h5 h6 img")
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def label_of(node: LexborNode) -> str:
    """The link's text, else its picture's alternative text, else its ARIA label or title."""
    texts = [_text(node), node.attributes.get("alt") if node.tag == "area" else None]
    texts += [picture.attributes.get("alt") for picture in node.css("img[alt]")]
    texts += [node.attributes.get("aria-label"), node.attributes.get("title")]
    return next(filter(None, (" ".join(_INVISIBLE.sub("", text or "").split()) for text in texts)), "")


def _text(node: LexborNode) -> str:
    texts = []
    for inner in node.traverse(include_text=True):
        if inner.is_text_node and inner.parent is not None and inner.parent.tag not in ("style", "script"):
            texts.append(inner.text_content or "")
        elif inner.tag in _BREAKS:
            texts.append(" ")
    return "".join(texts)


def _path(url: str) -> str:
    """A label for a link without text: the URL's path, else its host, else the whole URL."""
    parts = re.match(r"(?:[a-z][a-z0-9+.-]*:)?(?://([^/?#]*))?([^?#]*)", url, re.IGNORECASE)
    return next(filter(None, (parts[2].strip("/") and parts[2], parts[1])), url) if parts else url
