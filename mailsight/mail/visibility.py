"""Where a reader sees a link: on wide screens, on phones, on both, or nowhere.

Mails carry parts for one kind of screen only, and parts for no screen at all. Which of several links to the same place
says their clicks must not depend on a browser, so the few properties that hide things are worked out here, by the
rules of the cascade (https://www.w3.org/TR/css-cascade-5/#cascade-sort).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError


class Seen(StrEnum):
    """On which screens a link shows."""

    EVERYWHERE = "everywhere"
    WIDE = "wide"
    PHONE = "phone"
    NOWHERE = "nowhere"


WIDE_PX, PHONE_PX = 820, 390
# More than any mail needs, and less than a hostile one would have us do.
_MOST_SELECTORS = 2_000
_LONGEST_SELECTOR = 300
_DEEPEST_MEDIA = 8
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_BLOCK = re.compile(r"([^{};]*)([{};]|\Z)")
_HIDING = re.compile(
    r"\b(display|visibility|opacity|max-height|overflow)\s{0,9}:([^;!]*)(!\s{0,9}important)?", re.IGNORECASE
)
_WIDTH = re.compile(r"(min|max)-(?:device-)?width\s*:\s*([\d.]+)\s*(px|r?em)")
# States of a moment, and parts that are no element of the document.
_UNLIKELY = re.compile(
    r":(?:hover|focus|active|visited|target|checked|has|before|after|first-l|placeholder|selection|marker|-)|::",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\\s\u00ad\u034f\u061c\u200b-\u200f\u2060-\u2064\ufeff]+")

Priority = tuple[bool, bool, tuple[int, int, int], int]
Styles = dict[int, dict[str, tuple[Priority, str]]]


def seen(document: LexborHTMLParser, nodes: Sequence[LexborNode]) -> list[Seen]:
    """For each link (`safety.link_nodes`), where a reader sees it."""
    sheet = "\n".join(node.text() for node in document.css("style"))
    rules = list(islice(_rules(_COMMENT.sub(" ", sheet)), _MOST_SELECTORS))
    found = {selector: _matching(document, selector) for _, selector, _ in rules}
    wide, phone = (_shown(document, nodes, rules, found, width) for width in (WIDE_PX, PHONE_PX))
    words = {(True, True): Seen.EVERYWHERE, (True, False): Seen.WIDE, (False, True): Seen.PHONE}
    return [words.get(both, Seen.NOWHERE) for both in zip(wide, phone, strict=True)]


def _rules(css: str, media: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Each selector that may hide or show something, with its media queries and its declarations."""
    at = 0
    while at < len(css) and (found := _BLOCK.match(css, at)):
        before, at = found[1].strip(), found.end()
        if found[2] != "{":
            if not found[2]:
                return
            continue
        end = _end(css, at)
        inside, at = css[at:end], end + 1
        if not before.startswith("@"):
            if _HIDING.search(inside):
                yield from ((media, selector.strip(), inside) for selector in before.split(","))
        elif before.lower().startswith("@media") and len(media) < _DEEPEST_MEDIA:
            yield from _rules(inside, (*media, before[6:].strip().lower()))


def _end(css: str, at: int) -> int:
    """Where the block that starts at `at` ends."""
    depth = 1
    for brace in re.compile(r"[{}]").finditer(css, at):
        depth += 1 if brace.group() == "{" else -1
        if not depth:
            return brace.start()
    return len(css)


def _holds(media: str, width: int) -> bool:
    return any(_query_holds(query.strip(), width) for query in media.split(","))


def _query_holds(query: str, width: int) -> bool:
    if re.match(r"not\b|(?:only\s+)?(?:print|speech|tty|tv|projection|handheld)\b", query):
        return False
    features = re.findall(r"\(([^()]*)\)", query)
    return all(_feature_holds(feature.strip(), width) for feature in features)


def _feature_holds(feature: str, width: int) -> bool:
    found = _WIDTH.fullmatch(feature)
    if found is None:
        return feature in ("prefers-color-scheme: light", "prefers-color-scheme:light")
    limit = float(found[2]) * (1 if found[3] == "px" else 16)
    return width >= limit if found[1] == "min" else width <= limit


def _shown(
    document: LexborHTMLParser,
    nodes: Sequence[LexborNode],
    rules: Sequence[tuple[tuple[str, ...], str, str]],
    found: Mapping[str, Sequence[LexborNode]],
    width: int,
) -> list[bool]:
    styles: Styles = {}
    for order, (media, selector, declarations) in enumerate(rules):
        if found[selector] and all(_holds(one, width) for one in media):
            place = False, _specificity(selector), order
            declared = _HIDING.findall(declarations)
            for node in found[selector]:
                _declare(styles, node, declared, place)
    pictures = {
        (picture.attributes["usemap"] or "").partition("#")[2]: picture
        for picture in reversed(document.css("img[usemap]"))
    }
    known: dict[int, tuple[bool, str | None]] = {}
    return [_is_shown(node, styles, pictures, known) for node in nodes]


def _matching(document: LexborHTMLParser, selector: str) -> Sequence[LexborNode]:
    if not selector or len(selector) > _LONGEST_SELECTOR or _UNLIKELY.search(selector):
        return ()
    try:
        return document.css(selector)
    except (
        SelectolaxError,
        ValueError,
        RuntimeError,
    ):  # as browsers do, a selector that can't be read is skipped
        return ()


def _specificity(selector: str) -> tuple[int, int, int]:
    ids = len(re.findall(r"#[\w-]", selector))
    classes = len(re.findall(r"\.[\w-]|\[|:[\w-]", selector))
    return ids, classes, len(re.findall(r"(?:^|[\s>+~])[a-zA-Z]", selector))


def _declare(
    styles: Styles,
    node: LexborNode,
    declared: Sequence[tuple[str, str, str]],
    place: tuple[bool, tuple[int, int, int], int],
) -> None:
    own = styles.setdefault(node.mem_id, {})
    for name, value, important in declared:
        priority = (bool(important), *place)
        if name.lower() not in own or own[name.lower()][0] <= priority:
            own[name.lower()] = priority, value.strip().lower()


def _is_shown(
    node: LexborNode,
    styles: Styles,
    pictures: dict[str, LexborNode],
    known: dict[int, tuple[bool, str | None]],
) -> bool:
    place: LexborNode | None = node
    if node.tag == "area":
        above = node.parent
        while above is not None and above.tag != "map":
            above = above.parent
        name = "" if above is None else above.attributes.get("name") or above.attributes.get("id") or ""
        place = pictures.get(name)
    elif not node.css("*")[1:] and not _INVISIBLE.sub("", node.text()) and not _has_look(node):
        return False
    if place is None:
        return False
    drawn, visibility = _drawn(place, styles, known)
    return drawn and visibility not in ("hidden", "collapse")


def _has_look(node: LexborNode) -> bool:
    return bool(node.attributes.get("style") or node.attributes.get("class"))


def _drawn(
    node: LexborNode, styles: Styles, known: dict[int, tuple[bool, str | None]]
) -> tuple[bool, str | None]:
    """Whether the node and all above it make a box that can be seen, and the visibility that it has."""
    chain = []
    above: LexborNode | None = node
    while above is not None and above.is_element_node and above.mem_id not in known:
        chain.append(above)
        above = above.parent
    drawn, visibility = known.get(above.mem_id, (True, None)) if above is not None else (True, None)
    for one in reversed(chain):
        if one.attributes.get("style"):
            _declare(styles, one, _HIDING.findall(one.attributes["style"] or ""), (True, (0, 0, 0), 0))
        own = {name: value for name, (_, value) in styles.get(one.mem_id, {}).items()}
        drawn = drawn and not _hides(one, own)
        visibility = own.get("visibility", visibility)
        known[one.mem_id] = drawn, visibility
    return drawn, visibility


def _hides(node: LexborNode, own: dict[str, str]) -> bool:
    if own.get("display", "none" if "hidden" in node.attributes else "") == "none":
        return True
    if re.fullmatch(r"0?\.?0+%?", own.get("opacity", "1")):
        return True
    return bool(re.fullmatch(r"0+(?:px)?", own.get("max-height", ""))) and own.get("overflow") == "hidden"
