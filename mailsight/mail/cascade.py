"""Which rules of a mail's style sheets hold for an element, from the weakest to the strongest.

cssselect2 reads the selectors, sorts them by id, class and tag, and matches them as Python code. It reads the elements
from the tree that selectolax made, so that the mail is parsed once. Selectolax's own matching is no choice here: five
tags in a row in a selector, and a tree a hundred elements deep, keep it busy for seconds, and nothing can stop it.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice, pairwise
from typing import Any

from cssselect2 import Matcher, compile_selector_list
from selectolax.lexbor import LexborHTMLParser, LexborNode
from tinycss2.ast import FunctionBlock, HashToken, IdentToken

from .stylesheets import Value, split_at_commas

# More than any mail needs, and less than a hostile one would have us do: half a second of matching.
_MOST_SELECTORS = 2_000
_LONGEST_SELECTOR = 64
_MOST_STEPS = 2_000_000
# What cssselect2 raises for selectors that it can't read, or doesn't know.
_UNREADABLE = (ValueError, SyntaxError, AttributeError, NotImplementedError, TypeError)
# Not looked for: what only browsers know, what looks at all that is below an element, and what only cssselect2 knows.
_NEVER = ("-webkit-", "has", "local-link")


class TooCostly(Exception):
    """Matching takes more steps than any mail needs."""


class Cascade:
    """Selectors, each with what it stands for, to be matched against the elements of one document."""

    def __init__(self, document: LexborHTMLParser) -> None:
        self._matcher = Matcher()
        self._room = _MOST_SELECTORS
        self._elements: dict[int, Element] = {}
        self._steps = _MOST_STEPS
        probe = document.create_node("i")
        probe.attrs["class"] = "a"
        #: Without a doctype, browsers ignore case in ids and classes.
        self.is_quirky = probe.css_matches(".A")

    def add(self, prelude: Sequence[Value], payload: object) -> None:
        """Adds a rule's selectors. As in browsers, none of them counts where one can't be read."""
        compiled: list[Any] = []
        for selector in islice(filter(_can_match, split_at_commas(prelude)), self._room):
            try:
                compiled += compile_selector_list(_lower(selector) if self.is_quirky else selector)
            except _UNREADABLE:
                return
        for entry in compiled:
            self._matcher.add_selector(entry, payload)
        self._room -= len(compiled)

    def payloads(self, node: LexborNode) -> list[Any]:
        """What was added with the selectors that match the node, the most specific and the last added at the end."""
        if self._steps <= 0:
            return []
        try:
            matches = self._matcher.match(self.element(node))
            self.spend(len(matches))
        except TooCostly:
            return []
        return [payload for _, _, pseudo_element, payload in matches if pseudo_element is None]

    def spend(self, steps: int) -> None:
        """Counts what matching does; raises `TooCostly`, from then on, when it is too much."""
        self._steps -= steps
        if self._steps <= 0:
            raise TooCostly

    def element(self, node: LexborNode) -> "Element":
        """The node as cssselect2 reads it, the same object each time."""
        if (known := self._elements.get(node.mem_id)) is None:
            known = self._elements[node.mem_id] = Element(node, self)
        return known


def _can_match(selector: Sequence[Value]) -> bool:
    """Whether to look for the selector: it is short, and stands for elements of the document."""
    values = list(islice(_flat(selector), _LONGEST_SELECTOR + 1))
    pairs = pairwise(values)
    return len(values) <= _LONGEST_SELECTOR and not any(
        colon == ":" and _name(after).startswith(_NEVER) for colon, after in pairs
    )


def _flat(values: Sequence[Value]) -> Iterator[Value]:
    """The values that mean something, each followed by those in it."""
    todo = [*reversed(values)]
    while todo:
        value = todo.pop()
        if value.type not in ("whitespace", "comment"):
            yield value
        todo += reversed(value.arguments if value.type == "function" else getattr(value, "content", ()))


def _name(value: Value) -> str:
    return str(value.lower_name if value.type == "function" else getattr(value, "lower_value", ""))


def _lower(selector: Sequence[Value]) -> list[Value]:
    """The selector with its ids and classes in lower case."""
    lower: list[Value] = []
    for value in selector:
        at = value.source_line, value.source_column
        if value.type == "hash":
            lower.append(HashToken(*at, value.value.lower(), value.is_identifier))
        elif value.type == "ident" and lower and lower[-1] == ".":
            lower.append(IdentToken(*at, value.value.lower()))
        elif value.type == "function":
            lower.append(FunctionBlock(*at, value.name, _lower(value.arguments)))
        else:
            lower.append(value)
    return lower


class Element:
    """A node of the mail with all that cssselect2's compiled selectors read of an element, by its names.

    Whatever a selector reads counts as a step. Relatives are made when they are asked for.
    """

    in_html_document = True
    namespace_url = ""
    in_disabled_fieldset = False

    def __init__(self, node: LexborNode, cascade: Cascade) -> None:
        self._node = node
        self._cascade = cascade
        #: As in an ElementTree, which is where cssselect2 looks for them.
        self.tag = node.tag or ""
        self.attrib = {name: value or "" for name, value in node.attributes.items()}
        self.id = self._as_compared(self.attrib["id"]) if "id" in self.attrib else None
        self._classes = frozenset(self._as_compared(self.attrib.get("class", "")).split())

    def _as_compared(self, name: str) -> str:
        return name.lower() if self._cascade.is_quirky else name

    @property
    def etree_element(self) -> "Element":
        self._cascade.spend(1)
        return self

    def get(self, name: str, default: str | None = None) -> str | None:
        return self.attrib.get(name, default)

    @property
    def local_name(self) -> str:
        self._cascade.spend(1)
        return self.tag

    @property
    def classes(self) -> frozenset[str]:
        self._cascade.spend(1)
        return self._classes

    @cached_property
    def text(self) -> str:
        return self._node.text(deep=False)

    @property
    def lang(self) -> str:
        for element in (self, *self.ancestors):
            if "lang" in element.attrib:
                return element.attrib["lang"].lower()
        return ""

    @cached_property
    def parent(self) -> "Element | None":
        above = self._node.parent
        return None if above is None or not above.is_element_node else self._cascade.element(above)

    @property
    def ancestors(self) -> "Iterator[Element]":
        above = self.parent
        while above is not None:
            self._cascade.spend(1)
            yield above
            above = above.parent

    @cached_property
    def etree_children(self) -> "list[Element]":
        return [self._cascade.element(node) for node in self._node.iter()]

    @cached_property
    def places(self) -> "dict[Element, int]":
        """Where each child is among the children."""
        return {child: place for place, child in enumerate(self.etree_children)}

    @property
    def etree_siblings(self) -> "list[Element]":
        siblings = [self] if self.parent is None else self.parent.etree_children
        self._cascade.spend(len(siblings))
        return siblings

    @property
    def index(self) -> int:
        self._cascade.spend(1)
        return 0 if self.parent is None else self.parent.places[self]

    @property
    def previous(self) -> "Element | None":
        return next(self.previous_siblings, None)

    @property
    def previous_siblings(self) -> "Iterator[Element]":
        siblings = [] if self.parent is None else self.parent.etree_children
        for place in range(self.index - 1, -1, -1):
            self._cascade.spend(1)
            yield siblings[place]

    def iter_siblings(self) -> "Iterator[Element]":
        return iter(self.etree_siblings)
