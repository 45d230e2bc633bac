"""Mailjet's template language: https://dev.mailjet.com/template-language/reference/ (2026-11)."""

import math
import re
from collections.abc import Callable, Iterator, Mapping

from . import comparing, javascript
from .failures import InvalidSyntax
from .operators import read
from .rendering import Rendered
from .statements import Tag, Template, at_path
from .values import MISSING, Json, Missing, Values

_TAG = re.compile(
    r"\{\{(?P<field>[^{}]{1,1000}+)\}\}"
    r"|\{%(?P<statement>[^{}%]{1,1000}+)%\}"
    r"|\[\[(?P<bracket>(?:data|var|mj):[^\[\]]{1,1000}+)\]\]"
)
_FOR = re.compile(r"for\s+(?P<name>\w{1,100})\s+in\s+(?P<list>.+)", re.DOTALL)
_SET = re.compile(r"set\s+(?P<name>[\w-]{1,100})\s*=\s*(?P<value>.+)", re.DOTALL)
_CONDITION = re.compile(r"(?P<kind>if|elseif)\b(?P<test>.+)", re.DOTALL)
_ENDS = {"endif": "if", "endfor": "for"}
_NAMESPACES = {"var", "data", "mj"}


def render(template: str, values: Values, *, is_html: bool) -> Rendered:  # noqa: ARG001 - it never escapes
    """Renders a template, as `rendering.Renderer` says. Values are written as they are, also in HTML."""
    return Template(template, values, _Mailjet()).rendered(_tags(template))


def _capitalized(value: Json) -> str:
    text = javascript.text(value)
    return text[:1].upper() + text[1:].lower()


def _rounded(value: Json, digits: Json = 0) -> Json:
    amount = comparing.number(value)
    if amount is None or not 0 <= digits <= 10:
        raise ValueError(value)
    return math.floor(amount * 10**digits + 0.5) / 10**digits


def _on_number(function: Callable[[float], float]) -> Callable[[Json], float]:
    def applied(value: Json) -> float:
        amount = comparing.number(value)
        if amount is None:
            raise ValueError(value)
        return function(amount)

    return applied


class _Mailjet:
    functions: Mapping[str, Callable[..., Json]] = {
        "abs": _on_number(abs),
        "capitalize": _capitalized,
        "int": _on_number(int),
        "length": len,
        "lower": lambda value: javascript.text(value).lower(),
        "round": _rounded,
        "sqrt": _on_number(math.sqrt),
        "trim": lambda value: javascript.text(value).strip(),
        "trunc": _on_number(math.trunc),
        "upper": lambda value: javascript.text(value).upper(),
    }

    def named(self, path: tuple[Json, ...], values: Values, scope: Mapping[str, Json]) -> Json | Missing:
        first, *rest = names = [javascript.text(part) for part in path]
        if first in _NAMESPACES and rest:
            known = values.value_at(*rest)
            return values.value_at(*names) if known is MISSING else known
        return at_path(names, values, scope)

    def within(self, tag: Tag, item: Json, index: int, scope: dict[str, Json]) -> dict[str, Json]:  # noqa: ARG002
        scope[tag.name] = item
        return scope

    def is_true(self, value: Json) -> bool:
        return bool(value)

    def equal(self, first: Json, second: Json) -> bool:
        return comparing.equal("" if first is None else first, "" if second is None else second)

    def written(self, value: Json, tag: Tag) -> str:  # noqa: ARG002
        return javascript.text(value)


def _tags(template: str) -> Iterator[Tag]:
    at = 0
    for tag in _TAG.finditer(template):
        if tag.start() > at:
            yield Tag("text", template[at : tag.start()], tag.start())
        at = tag.end()
        try:
            yield _tag(tag)
        except InvalidSyntax:
            yield Tag("code", tag.group(), at)
    yield Tag("text", template[at:], len(template))


def _tag(tag: re.Match[str]) -> Tag:
    source, end = tag.group(), tag.end()
    if tag["statement"] is None:
        return Tag("field", source, end, read(tag["field"] or tag["bracket"]))
    code = tag["statement"].strip()
    if code == "else":
        return Tag("else", source, end)
    if code in _ENDS:
        return Tag("end", source, end, name=_ENDS[code])
    if loop := _FOR.fullmatch(code):
        return Tag("for", source, end, read(loop["list"]), loop["name"])
    if assignment := _SET.fullmatch(code):
        return Tag("set", source, end, read(assignment["value"]), assignment["name"])
    if condition := _CONDITION.fullmatch(code):
        kind = "else if" if condition["kind"] == "elseif" else "if"
        return Tag(kind, source, end, read(condition["test"]))
    raise InvalidSyntax(code)
