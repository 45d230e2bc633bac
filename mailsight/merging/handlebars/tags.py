"""Reads the inside of a Handlebars tag."""

import re
from dataclasses import dataclass

from mailsight.merging import operators
from mailsight.merging.failures import InvalidSyntax
from mailsight.merging.javascript import WHITESPACE
from mailsight.merging.pieces import outside_quotes, with_words
from mailsight.merging.values import Json

from .tree import Call, Expression, Literal, Path

MAX_DEPTH = 50
MAX_TAG_LENGTH = 1_000  # anything longer is a brace that nobody closed
MAX_PARTS = 500  # of one tag


SPACE = re.escape(WHITESPACE)
ID = rf"[^{SPACE}!-#%-,./;->@\[-^`{{-~]+"
_TOKEN = re.compile(
    rf"""(?P<space>[{SPACE}]+)
    | (?P<string>"(?:\\"|[^"])*"|'(?:\\'|[^'])*')
    | (?P<ticks>`[^`]*`)
    | (?P<literal>(?:true|false|undefined|null|-?[0-9]+(?:\.[0-9]+)?)(?=[~}}{SPACE})]))
    | (?P<as>as[{SPACE}]+\|)
    | (?P<id>{ID}(?=[=~}}{SPACE}/.)|]))
    | (?P<segment>\[(?:\\\]|[^\]])*\])
    | (?P<id_up>\.\.)
    | (?P<id_here>\.(?=[=~}}{SPACE}/.)|]))
    | (?P<separator>[/.])
    | (?P<mark>[()=@|])
    """,
    re.VERBOSE,
)
CLOSING = {
    "raw_block": re.compile(r"(?P<right>)\}\}\}\}"),
    "unescaped": re.compile(r"\}(?P<right>~?)\}\}"),
}
CLOSE = re.compile(r"(?P<right>~?)\}\}")
_LITERALS = {"true": True, "false": False, "null": None, "undefined": None}
# The helpers that do what Mandrill's operators do.
_HELPERS = {
    "==": "eq", "!=": "neq", "<": "lt", ">": "gt", "<=": "lte", ">=": "gte", "and": "and", "or": "or", "not": "not"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


class Tokens:
    """The tokens of one tag, read one after the other."""

    def __init__(self, template: str, start: int, closing: re.Pattern[str]) -> None:
        self._tokens: list[_Token] = []
        limit = min(len(template), start + MAX_TAG_LENGTH)
        while (end := closing.match(template, start, limit)) is None:
            token = _TOKEN.match(template, start, limit)
            if token is None or len(self._tokens) > MAX_PARTS:
                raise InvalidSyntax
            start = token.end()
            kind = token.lastgroup or ""
            if kind != "space":
                self._tokens.append(_Token(kind.partition("_")[0], token.group()))
        self.end, self.right = end.end(), bool(end["right"])
        self._at = 0

    def peek(self, ahead: int = 0) -> _Token:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else _Token("end", "")

    def next(self, *kinds: str) -> _Token:
        token = self.peek()
        if kinds and token.kind not in kinds:
            raise InvalidSyntax
        self._at += 1
        return token

    def accepts(self, text: str) -> bool:
        if self.peek() != _Token("mark", text):
            return False
        self._at += 1
        return True

    def call(self, depth: int = 0) -> Call:
        """A name, its arguments, its options, and the names that a block gives to what it shows."""
        if depth > MAX_DEPTH:
            raise InvalidSyntax
        callee = self._expression(depth)
        if isinstance(callee, Call):
            raise InvalidSyntax
        arguments, options = [], {}
        while self.peek().kind not in {"end", "as"} and self.peek() != _Token("mark", ")"):
            if self.peek().kind in {"id", "segment"} and self.peek(1) == _Token("mark", "="):
                name = _name(self.next())
                self.next()
                options[name] = self._expression(depth)
            elif options:
                raise InvalidSyntax
            else:
                arguments.append(self._expression(depth))
        names = self._block_names() if self.peek().kind == "as" else ()
        return Call(callee, tuple(arguments), options, names)

    def _block_names(self) -> tuple[str, ...]:
        self.next("as")
        names = []
        while not self.accepts("|"):
            names.append(_name(self.next("id", "segment")))
        if not names or self.peek().kind != "end":
            raise InvalidSyntax
        return tuple(names)

    def _expression(self, depth: int) -> Expression:
        token = self.peek()
        if token.kind == "string":
            self.next()
            quote = token.text[0]
            value = token.text[1:-1].replace(f"\\{quote}", quote)
            return Literal(value, value)
        if token.kind == "literal":
            self.next()
            return Literal(_literal(token.text), token.text)
        if token.kind == "ticks":
            self.next()
            return _condition(token.text[1:-1])
        if self.accepts("("):
            call = self.call(depth + 1)
            if call.block_names or not self.accepts(")"):
                raise InvalidSyntax
            return call
        return self._path()

    def _path(self) -> Path:
        is_data = self.accepts("@")
        original, depth = "@" if is_data else "", 0
        parts: list[str] = []
        while True:
            # handlebars.js refuses `list.0`, others read it.
            token = self.next("id", "segment", *(["literal"] if parts else []))
            part = _name(token)
            original += part
            if token.kind == "segment" or part not in {"..", ".", "this"}:
                parts.append(part)
            elif parts:
                raise InvalidSyntax
            elif part == "..":
                depth += 1
            if self.peek().kind != "separator":
                return Path(original, tuple(parts), depth, is_data)
            original += self.next().text


def _condition(text: str) -> Expression:
    """Mandrill's condition in backticks, such as `purchases > 3`, as calls of helpers; Iterable's JSON as a text."""
    if text.startswith("{"):
        return Literal(text, text)
    return _called(operators.read(outside_quotes(text, with_words)))


def _called(expression: operators.Expression) -> Expression:
    match expression:
        case operators.Literal(value):
            return Literal(value, "")
        case operators.Name(source, path, None) if (
            all(isinstance(part, str) for part in path) and ":" not in source
        ):
            return Path(source, tuple(map(str, path)))
        case operators.Operation(sign, operands, False) if sign in _HELPERS:
            helper = _HELPERS[sign]
            return Call(Path(helper, (helper,)), tuple(map(_called, operands)))
    raise InvalidSyntax


def _name(token: _Token) -> str:
    if token.kind == "segment":
        return re.sub(r"\\([\\\]])", r"\1", token.text)[1:-1]
    return token.text


def _literal(text: str) -> Json:
    if text in _LITERALS:
        return _LITERALS[text]
    return float(text) if "." in text or len(text) > 15 else int(text)
