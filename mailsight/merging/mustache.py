"""Mustache, as mustache.js 4.2 renders it: its specification, without lambdas and partials.

chevron, the Python package that most use, has had no release since 2021, and drops fields without a value.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from . import javascript
from .javascript import WHITESPACE
from .lines import LINE, without_tag_lines
from .output import Output
from .rendering import Rendered
from .sections import MAX_TAG_LENGTH, Token, nested, rendered
from .values import MISSING, Json, Missing, Values, is_nothing

_ESCAPES = str.maketrans(
    {
        "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;",
        "'": "&#39;", "/": "&#x2F;", "`": "&#x60;", "=": "&#x3D;",
    }
)  # fmt: skip
_SILENT = frozenset({"#", "^", "/", "!", ">"})  # a partial stays visible, without its line


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Renders a template, as `rendering.Renderer` says."""
    out = Output(values.budget)
    nodes = nested(without_tag_lines(_tokens(template), _SILENT))
    return rendered(template, nodes, _Context(values, values, out, is_html), out)


@dataclass(frozen=True, slots=True)
class _Context:
    """An object, and those around it, which have what it doesn't."""

    this: Json
    values: Values
    out: Output
    is_html: bool
    outer: "_Context | None" = None

    def value(self, name: str) -> Json | Missing:
        if name == ".":
            return self.this
        context: _Context | None = self
        names = name.split(".") if "." in name[1:] else [name]
        is_within_null = False
        while context is not None:
            self.out.step()
            value = self._at(context.this, names)
            if value is not MISSING:
                return value
            is_within_null |= context.leads_into_null(names)
            context = context.outer
        return None if is_within_null else MISSING

    def leads_into_null(self, names: list[str]) -> bool:
        if self.this is self.values:
            return bool(self.values.is_within_null(*names))
        return len(names) > 1 and self.values.inner(self.this, names) is None

    def _at(self, value: Json, names: list[str]) -> Json | Missing:
        if len(names) == 1 and isinstance(value, str):
            return MISSING
        return javascript.inner(self.values, value, names, self._member)

    def _member(self, value: Json | Missing, name: str) -> Json | Missing:
        if is_nothing(value, name) and value is not None:
            return None
        member = self.values.member(value, name)
        return javascript.length(value) if member is MISSING and name == "length" else member

    def within(self, section: Token) -> Iterable["_Context"] | None:
        value: Json = self.value(section.name)
        if value is MISSING:
            if any(character in WHITESPACE for character in section.name):
                return None  # a helper of Handlebars, rather than a name
            self.out.assumed(section.name)
        if section.kind == "^":
            return [] if javascript.is_filled(value) else [self]
        if javascript.is_list(value):
            return (replace(self, this=item, outer=self) for item in value)
        if not javascript.is_true(value):
            return []
        return [self if value is True else replace(self, this=value, outer=self)]

    def written(self, value: Json, *, is_raw: bool) -> str:
        text = javascript.text(value)
        is_escaped = self.is_html and not is_raw and not isinstance(value, int | float)
        return text.translate(_ESCAPES) if is_escaped else text


def _tokens(template: str) -> Iterator[Token]:
    """The tags of a template, and the lines of text between them."""
    at, left, right = 0, "{{", "}}"
    while (start := template.find(left, at)) >= 0:
        yield from _texts(template, at, start)
        token, delimiters = _tag(template, start, left, right)
        at = token.end
        yield token
        if delimiters:
            left, right = delimiters
    yield from _texts(template, at, len(template))


def _texts(template: str, start: int, end: int) -> Iterator[Token]:
    for line in LINE.finditer(template, start, end):
        yield Token("text", line.group(), line.end())


def _tag(template: str, start: int, left: str, right: str) -> tuple[Token, tuple[str, str] | None]:
    """The tag at this place, and the delimiters that it sets for those after it."""
    opened = start + len(left)
    limit = opened + MAX_TAG_LENGTH
    while template[opened : opened + 1] in WHITESPACE and opened < min(limit, len(template)):
        opened += 1
    kind = template[opened : opened + 1]
    ending = {"{": "}" + right, "=": "=" + right}.get(kind, right)
    closed = template.find(ending, opened + (kind in ("{", "=")), limit)
    name = template[opened:closed].strip(WHITESPACE) if closed >= 0 else ""
    if not name:
        return Token("?", left, start + len(left)), None
    end = closed + len(ending)
    source = template[start:end]
    if kind == "=":
        delimiters = name[1:].split()
        if len(delimiters) != 2 or any("=" in delimiter for delimiter in delimiters):
            return Token("?", source, end), None
        return Token("!", source, end), (delimiters[0], delimiters[1])
    if kind not in "#^/>{&!":
        return Token("name", source, end, name), None
    return Token("&" if kind == "{" else kind, source, end, name[1:].strip(WHITESPACE)), None
