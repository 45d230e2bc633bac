"""What Mustache and Mustachio have in common: fields and sections in double braces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .limits import TooCostly
from .output import Output
from .rendering import Rendered
from .values import MISSING, Json, Missing

MAX_DEPTH = 50
MAX_TAG_LENGTH = 1_000  # anything longer is a brace that nobody closed


@dataclass(slots=True)
class Token:
    """A part of a template by its kind: "text", a field ("name", raw "&"), a section ("#", "^", "each"), its end ("/"),
    a comment ("!"), a partial (">"), or code that can't be read ("?").
    """

    kind: str
    source: str
    end: int
    name: str = ""
    close: str = ""
    nodes: list["Token"] = field(default_factory=list)


class Context(Protocol):
    """What names mean at a place in a template."""

    def value(self, name: str) -> Json | Missing:
        """The value of a field."""

    def within(self, section: Token) -> Iterable["Context"] | None:
        """The contexts that a section is shown in, one after the other; None if it is not one."""

    def written(self, value: Json, *, is_raw: bool) -> str:
        """A value as it is written."""


def nested(tokens: Iterable[Token], *, repeats: bool = False) -> list[Token]:
    """The tokens with those of each section within it. Sections that don't open or close become code.

    With `repeats`, a section's name in another tag ends it and starts the next: {{#a}}...{{^a}}...{{/a}}.
    """
    root: list[Token] = []
    stack: list[Token] = []
    counts: dict[str, int] = {}
    too_deep: list[str] = []
    for token in tokens:
        nodes = stack[-1].nodes if stack else root
        opens, closes = token.kind in {"#", "^", "each"}, token.kind == "/"
        closes_too_deep = closes and too_deep[-1:] == [token.name]
        if opens and len(stack) < MAX_DEPTH:
            name = _closing_name(token)
            if repeats and token.kind != "each" and stack and _closing_name(stack[-1]) == name:
                stack.pop()
                counts[name] -= 1
                nodes = stack[-1].nodes if stack else root
            nodes.append(token)
            counts[name] = counts.get(name, 0) + 1
            stack.append(token)
        elif closes and counts.get(token.name) and not closes_too_deep:
            while _closing_name(stack[-1]) != token.name:
                _give_up(stack, counts, root)
            section = stack.pop()
            section.close, section.end = token.source, token.end
            counts[token.name] -= 1
        else:
            if opens:
                too_deep.append(_closing_name(token))
            elif closes_too_deep:
                too_deep.pop()
            token.kind = "?" if opens or closes else token.kind
            nodes.append(token)
    while stack:
        _give_up(stack, counts, root)
    return root


def _closing_name(section: Token) -> str:
    return "each" if section.kind == "each" else section.name


def _give_up(stack: list[Token], counts: dict[str, int], root: list[Token]) -> None:
    """Treats the innermost section as code, since nothing closes it. Its contents move out."""
    section = stack.pop()
    counts[_closing_name(section)] -= 1
    section.kind = "?"
    outer = stack[-1].nodes if stack else root
    outer += section.nodes
    section.nodes = []


def rendered(template: str, nodes: Sequence[Token], context: Context, out: Output) -> Rendered:
    """Renders nested tokens. Once that costs too much, the rest of the template is left as it is."""
    for node in nodes:
        try:
            _render(node, context, out, 0)
        except TooCostly:
            out.unsupported(node.source)
            out.rest(template[node.end :])
            break
    return out.rendered()


def _render(node: Token, context: Context, out: Output, depth: int) -> None:
    out.step()
    if depth > MAX_DEPTH:
        raise TooCostly
    match node.kind:
        case "text":
            out.write(node.source)
        case "!":
            return
        case "?" | ">":
            _code(node.source, out)
        case "#" | "^" | "each":
            _section(node, context, out, depth)
        case kind:
            value = context.value(node.name)
            if value is MISSING:
                out.unknown(node.name)
                out.write(node.source)
            else:
                out.write(context.written(value, is_raw=kind == "&"))


def _section(section: Token, context: Context, out: Output, depth: int) -> None:
    contexts = context.within(section)
    if contexts is None:
        _code(section.source, out)
    for inner in [context] if contexts is None else contexts:
        out.step()
        for node in section.nodes:
            _render(node, inner, out, depth + 1)
    if contexts is None and section.close:
        out.write(section.close)


def _code(source: str, out: Output) -> None:
    out.write(source)
    out.unsupported(source)
