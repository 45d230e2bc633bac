"""Where a reader sees a link: on wide screens, on phones, on both, or nowhere.

Mails carry parts for one kind of screen only, and parts for no screen at all. Which of several links to the same place
says their clicks must not depend on a browser, so the few properties that hide things are worked out here, by the
rules of the cascade (https://www.w3.org/TR/css-cascade-5/#cascade-sort).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import tinycss2
from selectolax.lexbor import LexborHTMLParser, LexborNode

from .cascade import Cascade
from .stylesheets import Value, component_values, sheet_values, significant, split_at_commas


class Seen(StrEnum):
    """On which screens a link shows."""

    EVERYWHERE = "everywhere"
    WIDE = "wide"
    PHONE = "phone"
    NOWHERE = "nowhere"


_SEEN: Mapping[tuple[bool, ...], Seen] = {
    (True, True): Seen.EVERYWHERE,
    (True, False): Seen.WIDE,
    (False, True): Seen.PHONE,
    (False, False): Seen.NOWHERE,
}
WIDE_PX, PHONE_PX = 820, 390
_WIDTHS_PX = (WIDE_PX, PHONE_PX)
_DEEPEST_MEDIA = 8
_HIDING = ("display", "visibility", "opacity", "max-height", "overflow")
_MAY_HIDE = re.compile(rf"{'|'.join(_HIDING)}|\\", re.IGNORECASE)
_INVISIBLE = re.compile("[\\s\u00ad\u034f\u061c\u200b-\u200f\u2060-\u2064\ufeff]+")
_OTHER_MEDIA = {"not", "print", "speech", "tty", "tv", "projection", "handheld"}
_WIDTH = re.compile(r"(min|max)-(?:device-)?width")
_PX = {"px": 1, "em": 16, "rem": 16}

# A property, its value in lower case, and whether it is `!important`.
Declaration = tuple[str, str, bool]
# For each of the widths: whether media queries hold, an element's style, whether it makes a box and its visibility.
Holds = tuple[bool, ...]
Styles = tuple[Mapping[str, str], ...]
Looks = tuple[tuple[bool, str | None], ...]
_NO_STYLES: Styles = ({}, {})


@dataclass(frozen=True, slots=True)
class Rule:
    """A style rule's declarations of properties that can hide things, and the widths at which it applies."""

    holds: Holds
    declarations: Sequence[Declaration]


def seen(document: LexborHTMLParser, nodes: Sequence[LexborNode]) -> list[Seen]:
    """For each link (`safety.link_nodes`), where a reader sees it."""
    cascade = _cascade(document)
    pictures = {
        (picture.attributes["usemap"] or "").partition("#")[2]: picture
        for picture in reversed(document.css("img[usemap]"))
    }
    known: dict[int, Looks] = {}
    return [_SEEN[_shown(node, cascade, pictures, known)] for node in nodes]


def _cascade(document: LexborHTMLParser) -> Cascade:
    """The mail's rules that can hide or show something."""
    cascade = Cascade(document)
    for node in document.css("style"):
        css = node.text()
        if _MAY_HIDE.search(css):
            media = component_values(node.attributes.get("media") or "")
            for prelude, rule in _rules(sheet_values(css), _hold(media, (True, True))):
                cascade.add(prelude, rule)
    return cascade


def _rules(values: Sequence[Value], holds: Holds, depth: int = 0) -> Iterator[tuple[Sequence[Value], Rule]]:
    """Each rule that can hide or show something at one of the widths, with its selectors."""
    for rule in tinycss2.parse_stylesheet(values, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            if declarations := _declarations(rule.content):
                yield rule.prelude, Rule(holds, declarations)
        elif (
            rule.type == "at-rule"
            and rule.lower_at_keyword == "media"
            and rule.content
            and depth < _DEEPEST_MEDIA
        ):
            inside = _hold(rule.prelude, holds)
            if any(inside):
                yield from _rules(rule.content, inside, depth + 1)


def _hold(media: Sequence[Value], outside: Holds) -> Holds:
    queries = split_at_commas(media)
    return tuple(
        holds and any(_query_holds(query, width) for query in queries)
        for holds, width in zip(outside, _WIDTHS_PX, strict=True)
    )


def _query_holds(query: Sequence[Value], width: int) -> bool:
    for value in significant(query):
        if value.type == "() block":
            if not _feature_holds(significant(value.content), width):
                return False
        elif value.type != "ident" or value.lower_value in _OTHER_MEDIA:
            return False
    return True


def _feature_holds(feature: Sequence[Value], width: int) -> bool:
    if (
        [value.type for value in feature[:2]] != ["ident", "literal"]
        or feature[1] != ":"
        or len(feature) != 3
    ):
        return False
    name, value = feature[0].lower_value, feature[2]
    if value.type == "ident":
        return (name, value.lower_value) == ("prefers-color-scheme", "light")
    if value.type == "dimension" and value.lower_unit in _PX and (side := _WIDTH.fullmatch(name)):
        limit = value.value * _PX[value.lower_unit]
        return bool(width >= limit if side[1] == "min" else width <= limit)
    return False


def _declarations(values: Sequence[Value] | str) -> Sequence[Declaration]:
    """A rule's or style attribute's declarations of properties that can hide things."""
    return [
        (declared.lower_name, tinycss2.serialize(declared.value).strip().lower(), declared.important)
        for declared in tinycss2.parse_blocks_contents(values, skip_comments=True, skip_whitespace=True)
        if declared.type == "declaration" and declared.lower_name in _HIDING
    ]


def _shown(
    node: LexborNode, cascade: Cascade, pictures: Mapping[str, LexborNode], known: dict[int, Looks]
) -> tuple[bool, ...]:
    """On which of the widths a link is seen."""
    place: LexborNode | None = node
    if node.tag == "area":
        above = node.parent
        while above is not None and above.tag != "map":
            above = above.parent
        name = "" if above is None else above.attributes.get("name") or above.attributes.get("id") or ""
        place = pictures.get(name)
    elif not node.css("*")[1:] and not _INVISIBLE.sub("", node.text()) and not _has_look(node):
        place = None
    if place is None:
        return False, False
    return tuple(
        drawn and visibility not in ("hidden", "collapse")
        for drawn, visibility in _looks(place, cascade, known)
    )


def _has_look(node: LexborNode) -> bool:
    return bool(node.attributes.get("style") or node.attributes.get("class"))


def _looks(node: LexborNode, cascade: Cascade, known: dict[int, Looks]) -> Looks:
    """Whether the node and all above it make a box that can be seen, and the visibility that it has."""
    chain = []
    above: LexborNode | None = node
    while above is not None and above.is_element_node and above.mem_id not in known:
        chain.append(above)
        above = above.parent
    looks: Looks = ((True, None), (True, None))
    if above is not None:
        looks = known.get(above.mem_id, looks)
    for element in reversed(chain):
        attributes = element.attributes
        styles = _styles(element, attributes, cascade)
        if styles is not _NO_STYLES or "hidden" in attributes:
            looks = tuple(
                (drawn and not _hides(style, "hidden" in attributes), style.get("visibility", visibility))
                for (drawn, visibility), style in zip(looks, styles, strict=True)
            )
        known[element.mem_id] = looks
    return looks


def _styles(node: LexborNode, attributes: Mapping[str, str | None], cascade: Cascade) -> Styles:
    """The element's properties that can hide it, by width."""
    rules: list[Rule] = cascade.payloads(node)
    inline = attributes.get("style") or ""
    own = _declarations(component_values(inline)) if _MAY_HIDE.search(inline) else ()
    if not rules and not own:
        return _NO_STYLES
    styles = []
    for width in range(len(_WIDTHS_PX)):
        declared = [*(rule.declarations for rule in rules if rule.holds[width]), own]
        styles.append(
            {
                name: value
                for important in (False, True)
                for declarations in declared
                for name, value, is_important in declarations
                if is_important == important
            }
        )
    return tuple(styles)


def _hides(style: Mapping[str, str], is_hidden: bool) -> bool:
    if style.get("display", "none" if is_hidden else "") == "none":
        return True
    if re.fullmatch(r"0?\.?0+%?", style.get("opacity", "1")):
        return True
    return bool(re.fullmatch(r"0+(?:px)?", style.get("max-height", ""))) and style.get("overflow") == "hidden"
