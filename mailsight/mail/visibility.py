"""Where a link is visible: on wide screens, on phones, on both, or nowhere.

Parts of a mail may show on one kind of screen only, or on none. Which of several links to the same URL gets the clicks
must not depend on a browser, so the few CSS properties that hide things are evaluated here, by the rules of the cascade
(https://www.w3.org/TR/css-cascade-5/#cascade-sort).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import tinycss2
from selectolax.lexbor import LexborHTMLParser, LexborNode

from .cascade import Cascade
from .stylesheets import Value, component_values, sheet_values, significant, split_at_commas


class Visibility(StrEnum):
    """On which screens a link is visible."""

    EVERYWHERE = "everywhere"
    WIDE = "wide"
    PHONE = "phone"
    NOWHERE = "nowhere"


_VISIBILITY: Mapping[tuple[bool, ...], Visibility] = {
    (True, True): Visibility.EVERYWHERE,
    (True, False): Visibility.WIDE,
    (False, True): Visibility.PHONE,
    (False, False): Visibility.NOWHERE,
}
WIDE_PX, PHONE_PX = 820, 390
_WIDTHS_PX = (WIDE_PX, PHONE_PX)
_MAX_MEDIA_DEPTH = 8
_HIDING = ("display", "visibility", "opacity", "max-height", "overflow")
_MAY_HIDE = re.compile(rf"{'|'.join(_HIDING)}|\\", re.IGNORECASE)
_INVISIBLE = re.compile("[\\s\u00ad\u034f\u061c\u200b-\u200f\u2060-\u2064\ufeff]+")
_OTHER_MEDIA = {"not", "print", "speech", "tty", "tv", "projection", "handheld"}
_WIDTH = re.compile(r"(min|max)-(?:device-)?width")
_PX = {"px": 1, "em": 16, "rem": 16}

# A property, its value in lower case, and whether it is `!important`.
Declaration = tuple[str, str, bool]
# Each has an entry per width: whether the media queries match, an element's style, whether it is rendered and its
# `visibility`.
MatchingWidths = tuple[bool, ...]
Styles = tuple[Mapping[str, str], ...]
BoxStates = tuple[tuple[bool, str | None], ...]
_NO_STYLES: Styles = ({}, {})


@dataclass(frozen=True, slots=True)
class Rule:
    """A style rule's declarations of properties that can hide things, and the widths it applies to."""

    widths: MatchingWidths
    declarations: Sequence[Declaration]


def visibilities(document: LexborHTMLParser, nodes: Sequence[LexborNode]) -> list[Visibility]:
    """Where each of the links (`safety.link_nodes`) is visible."""
    cascade = _cascade(document)
    pictures = {
        (picture.attributes["usemap"] or "").partition("#")[2]: picture
        for picture in reversed(document.css("img[usemap]"))
    }
    cache: dict[int, BoxStates] = {}
    return [_VISIBILITY[_visible_widths(node, cascade, pictures, cache)] for node in nodes]


def _cascade(document: LexborHTMLParser) -> Cascade:
    """The mail's style rules that can hide or show something."""
    cascade = Cascade(document)
    for node in document.css("style"):
        css = node.text()
        if _MAY_HIDE.search(css):
            media = component_values(node.attributes.get("media") or "")
            for prelude, rule in _rules(sheet_values(css), _matching_widths(media, (True, True))):
                cascade.add(prelude, rule)
    return cascade


def _rules(
    values: Sequence[Value], widths: MatchingWidths, depth: int = 0
) -> Iterator[tuple[Sequence[Value], Rule]]:
    """Each rule that can hide or show something at one of the widths, with its selectors in front."""
    for rule in tinycss2.parse_stylesheet(values, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            if declarations := _declarations(rule.content):
                yield rule.prelude, Rule(widths, declarations)
        elif (
            rule.type == "at-rule"
            and rule.lower_at_keyword == "media"
            and rule.content
            and depth < _MAX_MEDIA_DEPTH
        ):
            inner_widths = _matching_widths(rule.prelude, widths)
            if any(inner_widths):
                yield from _rules(rule.content, inner_widths, depth + 1)


def _matching_widths(media: Sequence[Value], outer: MatchingWidths) -> MatchingWidths:
    """At which of the outer widths the media queries match too."""
    queries = split_at_commas(media)
    return tuple(
        matches and any(_query_matches(query, width) for query in queries)
        for matches, width in zip(outer, _WIDTHS_PX, strict=True)
    )


def _query_matches(query: Sequence[Value], width: int) -> bool:
    for value in significant(query):
        if value.type == "() block":
            if not _feature_matches(significant(value.content), width):
                return False
        elif value.type != "ident" or value.lower_value in _OTHER_MEDIA:
            return False
    return True


def _feature_matches(feature: Sequence[Value], width: int) -> bool:
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
        (declaration.lower_name, tinycss2.serialize(declaration.value).strip().lower(), declaration.important)
        for declaration in tinycss2.parse_blocks_contents(values, skip_comments=True, skip_whitespace=True)
        if declaration.type == "declaration" and declaration.lower_name in _HIDING
    ]


def _visible_widths(
    node: LexborNode, cascade: Cascade, pictures: Mapping[str, LexborNode], cache: dict[int, BoxStates]
) -> tuple[bool, ...]:
    """At which of the widths a link is visible. An area is visible where its picture is."""
    element: LexborNode | None = node
    if node.tag == "area":
        map_node = node.parent
        while map_node is not None and map_node.tag != "map":
            map_node = map_node.parent
        name = (
            "" if map_node is None else map_node.attributes.get("name") or map_node.attributes.get("id") or ""
        )
        element = pictures.get(name)
    elif not node.css("*")[1:] and not _INVISIBLE.sub("", node.text()) and not _is_styled(node):
        element = None
    if element is None:
        return False, False
    return tuple(
        rendered and visibility not in ("hidden", "collapse")
        for rendered, visibility in _box_states(element, cascade, cache)
    )


def _is_styled(node: LexborNode) -> bool:
    return bool(node.attributes.get("style") or node.attributes.get("class"))


def _box_states(node: LexborNode, cascade: Cascade, cache: dict[int, BoxStates]) -> BoxStates:
    """For each width, whether the node and all its ancestors are rendered, and the node's `visibility`."""
    chain = []
    ancestor: LexborNode | None = node
    while ancestor is not None and ancestor.is_element_node and ancestor.mem_id not in cache:
        chain.append(ancestor)
        ancestor = ancestor.parent
    states: BoxStates = ((True, None), (True, None))
    if ancestor is not None:
        states = cache.get(ancestor.mem_id, states)
    for element in reversed(chain):
        attributes = element.attributes
        styles = _styles(element, attributes, cascade)
        if styles is not _NO_STYLES or "hidden" in attributes:
            states = tuple(
                (rendered and not _hides(style, "hidden" in attributes), style.get("visibility", visibility))
                for (rendered, visibility), style in zip(states, styles, strict=True)
            )
        cache[element.mem_id] = states
    return states


def _styles(node: LexborNode, attributes: Mapping[str, str | None], cascade: Cascade) -> Styles:
    """The element's properties that can hide it, for each width."""
    rules: list[Rule] = cascade.payloads(node)
    inline = attributes.get("style") or ""
    own = _declarations(component_values(inline)) if _MAY_HIDE.search(inline) else ()
    if not rules and not own:
        return _NO_STYLES
    styles = []
    for width in range(len(_WIDTHS_PX)):
        sources = [*(rule.declarations for rule in rules if rule.widths[width]), own]
        styles.append(
            {
                name: value
                for important in (False, True)
                for declarations in sources
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
