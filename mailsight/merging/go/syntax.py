"""Reads Go templates: https://pkg.go.dev/text/template, 2026-11-26.

What can't be read is `Left` in the text, so every template has a tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailsight.mail.values import words

MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Constant:
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Path:
    """Members of the dot, or of a variable such as "$" or "$item"."""

    names: tuple[str, ...]
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its name, such as "upper" or "L.T"."""

    name: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each a list of operands. `names`: members of the result, if it is in parentheses."""

    commands: "tuple[tuple[Operand, ...], ...]"
    names: tuple[str, ...] = ()


Operand = Constant | Path | Function | Pipeline


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Left:
    """Template code that can't be read."""

    raw: str


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose result is written or, with `variables`, assigned. Its word is "" unless it is a keyword."""

    raw: str
    word: str = ""
    variables: tuple[str, ...] = ()
    declares: bool = False
    pipeline: Pipeline | None = None
    name: str = ""  # of a template


@dataclass(slots=True)
class Branch:
    """What follows a tag. An "else" has no pipeline."""

    action: Action
    nodes: "list[Node]" = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """An "if", "with", "range", "define" or "block" with its branches."""

    word: str
    branches: list[Branch]
    end: str = ""


Node = Text | Left | Action | Block

_STRING = r"\"(?:[^\"\\\n]|\\.)*+\"|`[^`]*+`|'(?:[^'\\\n]|\\.)*+'"
_ACTION = re.compile(rf"\{{\{{((?:{_STRING}|(?!\}}\}}|\{{\{{)[^\"'`])*+)\}}\}}")
_COMMENT_END = re.compile(r"\*/(?P<trims>\s+-)?\}\}")
_TOKEN = re.compile(
    rf"\s*+(?:(?P<string>{_STRING})|(?P<number>[+-]?(?:0[xX][0-9a-fA-F]{{1,16}}+|[0-9]{{1,300}}+(?:\.[0-9]{{0,300}}+)?"
    r"(?:[eE][+-]?[0-9]{1,3}+)?|\.[0-9]{1,300}+)(?![\w.]))"
    r"|(?P<variable>\$\w*+(?:\.[^\W\d]\w*+)*+)|(?P<field>(?:\.[^\W\d]\w*+)++)|(?P<dot>\.)"
    r"|(?P<name>[^\W\d]\w*+(?:\.[^\W\d]\w*+)*+)|(?P<mark>:=|[=|(),]))"
)
_KEYWORDS = words("if else end with range define block template break continue")
_BLOCKS = words("if with range define block")
_CONSTANTS = {"true": True, "false": False, "nil": None}
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_SPACE = " \t\r\n"


class Unreadable(Exception):
    """The code of an action that can't be read."""


def parse(template: str) -> list[Node]:
    """The template's nodes."""
    root = Branch(Action(""))
    blocks: list[Block] = []
    for node in _nodes(template):
        nodes = blocks[-1].branches[-1].nodes if blocks else root.nodes
        word = node.word if isinstance(node, Action) else ""
        if isinstance(node, Action) and word in _BLOCKS and len(blocks) < MAX_DEPTH:
            nodes.append(block := Block(word, [Branch(node)]))
            blocks.append(block)
        elif isinstance(node, Action) and word == "else" and blocks and _may_go_on(blocks[-1], node):
            blocks[-1].branches.append(Branch(node))
        elif isinstance(node, Action) and word == "end" and blocks:
            blocks.pop().end = node.raw
        elif isinstance(node, Action) and (word in _BLOCKS or word in ("else", "end")):
            nodes.append(Left(node.raw))
        else:
            nodes.append(node)
    while blocks:  # without an end: its tags stay in the text
        block = blocks.pop()
        nodes = blocks[-1].branches[-1].nodes if blocks else root.nodes
        nodes.pop()  # the block: nothing follows it
        for branch in block.branches:
            nodes += [Left(branch.action.raw), *branch.nodes]
    return root.nodes


def _may_go_on(block: Block, action: Action) -> bool:
    """Whether the block may have this "else"."""
    last = block.branches[-1].action
    return (
        block.word in ("if", "with", "range")
        and (last.word != "else" or last.pipeline is not None)
        and (action.pipeline is None or block.word != "range")
    )


def _nodes(template: str) -> Iterator[Text | Left | Action]:
    """Texts and actions, without comments."""
    position, trims = 0, False
    for start, end, whole in _actions(template):
        code = whole.removeprefix("-") if re.match(r"-(?:\s|\Z)", whole) else whole
        yield from _text(template[position:start], starts=trims, ends=code != whole)
        trims = re.search(r"(?:\s|\A)-\Z", code) is not None
        if not code.lstrip().startswith("/*"):
            yield _action(template[start:end], code.removesuffix("-") if trims else code)
        position = end
    yield from _text(template[position:], starts=trims, ends=False)


def _text(text: str, *, starts: bool, ends: bool) -> Iterator[Text]:
    """A text without the space that the actions beside it trim."""
    text = text.lstrip(_SPACE) if starts else text
    text = text.rstrip(_SPACE) if ends else text
    if text:
        yield Text(text)


def _actions(template: str) -> Iterator[tuple[int, int, str]]:
    """Each action's start, end and code."""
    position, comments_end = template.find("{{"), True
    while position >= 0:
        opening = re.compile(r"\{\{(?:-\s+)?/\*").match(template, position)
        if opening and comments_end:
            closing = _COMMENT_END.search(template, opening.end())
            comments_end = closing is not None
            if closing:
                yield position, closing.end(), template[position + 2 : closing.end() - 2]
                position = template.find("{{", closing.end())
                continue
        action = _ACTION.match(template, position)
        if action:
            yield position, action.end(), action[1]
        position = template.find("{{", action.end() if action else position + 2)


def _action(raw: str, code: str) -> Left | Action:
    try:
        return _Reader(code).action(raw)
    except Unreadable:
        return Left(raw)


class _Reader:
    """Reads the code of one action, token by token."""

    def __init__(self, code: str) -> None:
        self._tokens: list[tuple[str, str, bool]] = []  # its kind, its text, and whether it follows space
        position, code = 0, code.strip()
        while position < len(code):
            token = _TOKEN.match(code, position)
            if token is None or token.lastgroup is None:
                raise Unreadable
            kind = token.lastgroup
            self._tokens.append((kind, token[kind], token.start(kind) > position))
            position = token.end()
        self._position = 0

    def action(self, raw: str) -> Action:
        kind, text = self._peek()
        if kind != "name" or text not in _KEYWORDS:
            action = self._with_variables(raw, "")
        else:
            self._position += 1
            action = self._keyword(raw, text)
        if self._peek()[0]:
            raise Unreadable
        return action

    def _keyword(self, raw: str, word: str) -> Action:
        if word in ("end", "break", "continue"):
            return Action(raw, word)
        if word in ("define", "block", "template"):
            kind, name = self._next()
            if kind != "string":
                raise Unreadable
            has_pipeline = word == "block" or (word == "template" and self._peek()[0])
            return Action(
                raw, word, name=_unquoted(name), pipeline=self._pipeline() if has_pipeline else None
            )
        if word == "else":
            if self._peek() not in (("name", "if"), ("name", "with")):
                return Action(raw, word)
            self._position += 1
        return self._with_variables(raw, word)

    def _with_variables(self, raw: str, word: str) -> Action:
        marks = [text for kind, text, _ in self._tokens[self._position : self._position + 4] if kind]
        count = next((place for place, mark in enumerate(marks) if mark in (":=", "=")), 0)
        variables: tuple[str, ...] = ()
        if count:
            names = marks[:count:2]
            if marks[1:count:2] not in ([], [","]) or not all(re.fullmatch(r"\$\w+", name) for name in names):
                raise Unreadable
            variables = tuple(names)
            self._position += count + 1
        return Action(raw, word, variables, bool(count) and marks[count] == ":=", self._pipeline())

    def _pipeline(self, depth: int = 0) -> Pipeline:
        commands: list[tuple[Operand, ...]] = []
        while True:
            operands: list[Operand] = []
            while (token := self._peek()) not in (("mark", "|"), ("mark", ")")) and token[0]:
                operands.append(self._operand(depth))
            if not operands:
                raise Unreadable
            commands.append(tuple(operands))
            if self._peek() != ("mark", "|"):
                return Pipeline(tuple(commands))
            self._position += 1

    def _operand(self, depth: int) -> Operand:
        kind, text = self._next()
        operand: Operand | None = None
        match kind:
            case "string":
                operand = Constant(ord(_unquoted(text)[:1] or "\0") if text[0] == "'" else _unquoted(text))
            case "number":
                operand = Constant(_number(text))
            case "dot":
                operand = Path(())
            case "field":
                operand = Path(tuple(text.split(".")[1:]))
            case "variable":
                variable, *names = text.split(".")
                operand = Path(tuple(names), variable)
            case "name" if text not in _KEYWORDS:
                operand = Constant(_CONSTANTS[text]) if text in _CONSTANTS else Function(text)
            case "mark" if text == "(" and depth < MAX_DEPTH:
                operand = self._in_parentheses(depth)
        if operand is None:
            raise Unreadable
        return operand

    def _in_parentheses(self, depth: int) -> Pipeline:
        pipeline = self._pipeline(depth + 1)
        if self._next() != ("mark", ")"):
            raise Unreadable
        names: tuple[str, ...] = ()
        if self._peek()[0] == "field" and not self._tokens[self._position][2]:
            names = tuple(self._next()[1].split(".")[1:])
        return Pipeline(pipeline.commands, names)

    def _peek(self) -> tuple[str, str]:
        kind, text, _ = (
            self._tokens[self._position] if self._position < len(self._tokens) else ("", "", False)
        )
        return kind, text

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._position += 1
        return token


def _number(text: str) -> int | float:
    if text.lower().lstrip("+-").startswith("0x"):
        return int(text, 16)
    return float(text) if re.search(r"[.eE]", text) else int(text)


def _unquoted(text: str) -> str:
    return text[1:-1] if text[0] == "`" else _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(escape: re.Match[str]) -> str:
    two, four, eight, octal, letter = escape.groups()
    if letter:
        return _SIMPLE_ESCAPES.get(letter, letter)
    code = int(octal, 8) if octal else int(two or four or eight, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"
