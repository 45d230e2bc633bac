"""Which style rules apply to an element, weakest first.

cssselect2 parses the selectors, indexes them by id, class and tag, and compiles them to Python. They run on
selectolax's tree, so the mail is parsed only once. selectolax's own matcher is unsafe here: it backtracks without limit
(`b div div div div div a` on a tree 100 elements deep takes seconds and can't be interrupted), and it matches nothing
for `:not(.x) a`.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice, pairwise
from typing import Any

from cssselect2 import Matcher, compile_selector_list
from selectolax.lexbor import LexborHTMLParser, LexborNode
from tinycss2.ast import FunctionBlock, HashToken, IdentToken

from .stylesheets import Value, split_at_commas

# Well above what real mails need. These limits keep matching a hostile mail to about half a second.
_MAX_SELECTORS = 2_000
_MAX_SELECTOR_TOKENS = 64
_MAX_STEPS = 2_000_000
# What cssselect2 raises for invalid or unknown selectors.
_COMPILE_ERRORS = (ValueError, SyntaxError, AttributeError, NotImplementedError, TypeError)
# Pseudo-classes whose selectors are skipped: cssselect2 doesn't know the -webkit- ones, :has() searches whole subtrees,
# and browsers don't know :local-link.
_SKIPPED = ("-webkit-", "has", "local-link")


class _TooManySteps(Exception):
    """Matching took more steps than allowed."""


class Cascade:
    """Matches selectors, each with a payload, against the elements of one document."""

    def __init__(self, document: LexborHTMLParser) -> None:
        self._matcher = Matcher()
        self._selectors_left = _MAX_SELECTORS
        self._elements: dict[int, Element] = {}
        self._steps_left = _MAX_STEPS
        probe = document.create_node("i")
        probe.attrs["class"] = "a"
        #: In quirks mode (no doctype, for example), ids and classes are case-insensitive.
        self.is_quirky = probe.css_matches(".A")

    def add(self, prelude: Sequence[Value], payload: object) -> None:
        """Add a rule's selectors. As in browsers, one invalid selector invalidates them all."""
        compiled: list[Any] = []
        for selector in islice(filter(_is_supported, split_at_commas(prelude)), self._selectors_left):
            try:
                compiled += compile_selector_list(_lower(selector) if self.is_quirky else selector)
            except _COMPILE_ERRORS:
                return
        for entry in compiled:
            self._matcher.add_selector(entry, payload)
        self._selectors_left -= len(compiled)

    def payloads(self, node: LexborNode) -> list[Any]:
        """The payloads of the selectors that match the node, by specificity, then in the order they were added."""
        if self._steps_left <= 0:
            return []
        try:
            matches = self._matcher.match(self.element(node))
            self.spend(len(matches))
        except _TooManySteps:
            return []
        return [payload for _, _, pseudo_element, payload in matches if pseudo_element is None]

    def spend(self, steps: int) -> None:
        """Count matching steps. Raises `_TooManySteps` when none are left."""
        self._steps_left -= steps
        if self._steps_left <= 0:
            raise _TooManySteps

    def element(self, node: LexborNode) -> "Element":
        """The node as cssselect2 sees it: always the same object for the same node."""
        if (element := self._elements.get(node.mem_id)) is None:
            element = self._elements[node.mem_id] = Element(node, self)
        return element


def _is_supported(selector: Sequence[Value]) -> bool:
    """Whether the selector is short enough and has no skipped pseudo-class."""
    values = list(islice(_flat(selector), _MAX_SELECTOR_TOKENS + 1))
    pairs = pairwise(values)
    return len(values) <= _MAX_SELECTOR_TOKENS and not any(
        colon == ":" and _name(after).startswith(_SKIPPED) for colon, after in pairs
    )


def _flat(values: Sequence[Value]) -> Iterator[Value]:
    """All values in document order, including nested ones, without white space and comments."""
    todo = [*reversed(values)]
    while todo:
        value = todo.pop()
        if value.type not in ("whitespace", "comment"):
            yield value
        todo += reversed(value.arguments if value.type == "function" else getattr(value, "content", ()))


def _name(value: Value) -> str:
    return str(value.lower_name if value.type == "function" else getattr(value, "lower_value", ""))


def _lower(selector: Sequence[Value]) -> list[Value]:
    """The selector with ids and classes in lower case."""
    lower: list[Value] = []
    for value in selector:
        position = value.source_line, value.source_column
        if value.type == "hash":
            lower.append(HashToken(*position, value.value.lower(), value.is_identifier))
        elif value.type == "ident" and lower and lower[-1] == ".":
            lower.append(IdentToken(*position, value.value.lower()))
        elif value.type == "function":
            lower.append(FunctionBlock(*position, value.name, _lower(value.arguments)))
        else:
            lower.append(value)
    return lower


class Element:
    """A selectolax node with the element interface that cssselect2's compiled selectors expect.

    Each attribute they read counts as a step. Parents, siblings and children are wrapped on demand.
    """

    in_html_document = True
    namespace_url = ""
    in_disabled_fieldset = False

    def __init__(self, node: LexborNode, cascade: Cascade) -> None:
        self._node = node
        self._cascade = cascade
        #: `tag`, `attrib`, `get` and `text` are named as in ElementTree.
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
        parent = self._node.parent
        return None if parent is None or not parent.is_element_node else self._cascade.element(parent)

    @property
    def ancestors(self) -> "Iterator[Element]":
        ancestor = self.parent
        while ancestor is not None:
            self._cascade.spend(1)
            yield ancestor
            ancestor = ancestor.parent

    @cached_property
    def etree_children(self) -> "list[Element]":
        return [self._cascade.element(node) for node in self._node.iter()]

    @cached_property
    def child_indexes(self) -> "dict[Element, int]":
        return {child: index for index, child in enumerate(self.etree_children)}

    @property
    def etree_siblings(self) -> "list[Element]":
        siblings = [self] if self.parent is None else self.parent.etree_children
        self._cascade.spend(len(siblings))
        return siblings

    @property
    def index(self) -> int:
        self._cascade.spend(1)
        return 0 if self.parent is None else self.parent.child_indexes[self]

    @property
    def previous(self) -> "Element | None":
        return next(self.previous_siblings, None)

    @property
    def previous_siblings(self) -> "Iterator[Element]":
        siblings = [] if self.parent is None else self.parent.etree_children
        for index in range(self.index - 1, -1, -1):
            self._cascade.spend(1)
            yield siblings[index]

    def iter_siblings(self) -> "Iterator[Element]":
        return iter(self.etree_siblings)
