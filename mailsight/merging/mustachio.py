"""Mustachio, Postmark's Mustache: {{#each}}, {{../name}}, and no looking around for what an object doesn't have.

Follows https://github.com/ActiveCampaign/mustachio (2026-11), which is written in C#.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from . import javascript
from .output import Output
from .rendering import Rendered
from .sections import Token, nested, rendered
from .values import MISSING, Json, Missing, Values

_TAG = re.compile(
    r"\{\{(?P<mark>#each(?= )|[#^/&!]?)(?P<name>[^{}]{1,1000}+)\}\}|\{\{\{(?P<raw>[^{}]{1,1000}+)\}\}\}"
)
_NAME = re.compile(r"\.|(?:\.\./)*+[\w]++(?:\.\w++)*+|(?:\.\./)++\.?")
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
    | {chr(code): f"&#{code};" for code in range(160, 256)}
)


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Renders a template, as `rendering.Renderer` says."""
    out = Output(values.budget)
    nodes = nested(_tokens(template), repeats=True)
    return rendered(template, nodes, _Context(values, values, out, is_html), out)


@dataclass(frozen=True, slots=True)
class _Context:
    """A value, and the object or list that has it, which ../ leads to."""

    this: Json | Missing
    values: Values
    out: Output
    is_html: bool
    outer: "_Context | None" = None

    def at(self, path: str) -> "_Context":
        context, names = self, path.split("../")
        for _ in names[:-1]:
            context = context.outer or context
        return context.inner([name for name in names[-1].split(".") if name])

    def inner(self, names: list[str]) -> "_Context":
        context = self
        for count, name in enumerate(names, 1):
            if self.this is self.values:
                value = self.values.value_at(*names[:count])
            else:
                value = None if context.this is None else self.values.member(context.this, name)
            context = replace(self, this=value, outer=context)
        return context

    def value(self, name: str) -> Json | Missing:
        return self.at(name).this

    def within(self, section: Token) -> Iterable["_Context"] | None:
        context = self.at(section.name)
        if context.this is MISSING:
            self.out.assumed(section.name)
            context = replace(context, this=None)
        value: Json = context.this
        exists = javascript.is_filled(value)
        if section.kind != "each":
            return [context] if exists is (section.kind == "#") else []
        if javascript.is_list(value):
            return (replace(context, this=item, outer=context) for item in value)
        return None if exists else []

    def written(self, value: Json, *, is_raw: bool) -> str:
        text = str(value) if isinstance(value, bool) else javascript.text(value)
        if javascript.is_list(value) or not isinstance(value, str | int | float):
            return ""
        return text.translate(_ESCAPES) if self.is_html and not is_raw else text


def _tokens(template: str) -> Iterator[Token]:
    at = 0
    for tag in _TAG.finditer(template):
        if tag.start() > at:
            yield Token("text", template[at : tag.start()], tag.start())
        at = tag.end()
        yield _token(tag)
    yield Token("text", template[at:], len(template))


def _token(tag: re.Match[str]) -> Token:
    name = (tag["raw"] or tag["name"]).strip()
    kind = "&" if tag["raw"] else {"#each": "each", "": "name"}.get(tag["mark"], tag["mark"])
    if kind == "!":
        return Token("!", tag.group(), tag.end())
    return Token(
        kind if (kind, name) == ("/", "each") or _NAME.fullmatch(name) else "?", tag.group(), tag.end(), name
    )
