"""Expressions with operators, as Mailjet and SparkPost have them: `var:age > 17 and not data:member`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .failures import InvalidSyntax
from .values import Json

MAX_DEPTH = 30
MAX_TOKENS = 300


@dataclass(frozen=True, slots=True)
class Literal:
    value: Json


@dataclass(frozen=True, slots=True)
class Name:
    """A name with the names and expressions that lead to it, and what it is if it has no value."""

    source: str
    path: tuple["str | Expression", ...]
    default: "Literal | None" = None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or function and what it is applied to."""

    name: str
    operands: tuple["Expression", ...]
    is_function: bool = False


Expression = Literal | Name | Operation

_NAME = r"[^\W\d]\w*+(?:-[^\W\d]\w*+)*+"  # in "a-b", the hyphen is part of the name
_STRING = r"\"(?:\\.|[^\"\\])*+\"|'(?:\\.|[^'\\])*+'|“[^“”]*+”|”[^“”]*+”|&quot;(?:[^&]|&(?!quot;))*+&quot;"
_TOKEN = re.compile(
    rf"""\s*+(?:
      (?P<string>{_STRING})
    | (?P<number>\d++(?:\.\d++)?)
    | (?P<name>{_NAME})
    | (?P<mark>===|==|!=|!|<>|<=|>=|&lt;=?|&gt;=?|[-+*/=<>()\[\].,:\#])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ENTITIES = {
    "&lt;": "<",
    "&gt;": ">",
    "&lt;=": "<=",
    "&gt;=": ">=",
    "===": "==",
    "=": "==",
    "<>": "!=",
    "!": "not",
}
_CONSTANTS = {"true": True, "false": False, "null": None, "nil": None}
_PRECEDENCES: Mapping[str, int] = {
    **dict.fromkeys(("or", "xor"), 1),
    "and": 2,
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "div", "mod"), 6),
}
_UNARY = {"not": 3, "-": 7, "#": 7}


def read(text: str) -> Expression:
    """Reads an expression. Raises `InvalidSyntax`."""
    reader = _Reader(text)
    expression = reader.expression(0, 0)
    if reader.kind:
        raise InvalidSyntax(text)
    return expression


class _Reader:
    """Reads the tokens of an expression, starting at the current one."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._start = self._end = 0
        self._count = 0
        self.kind = self._token = ""
        self._next()

    def _next(self) -> str:
        """Moves to the next token. Returns the text of the last one."""
        before = self._token
        self._start = self._end
        self._count += 1
        token = _TOKEN.match(self._text, self._end)
        if self._count > MAX_TOKENS or (token is None and self._end < len(self._text)):
            raise InvalidSyntax
        self.kind = (token.lastgroup or "") if token else ""
        self._token = token[self.kind] if token else ""
        if self.kind == "mark":
            self._token = _ENTITIES.get(self._token, self._token)
        elif self.kind == "name" and self._token.lower() in {*_PRECEDENCES, *_UNARY}:
            self.kind, self._token = "mark", self._token.lower()
        self._end = token.end() if token else self._end
        return before

    def _accepts(self, mark: str) -> bool:
        if self.kind != "mark" or self._token != mark:
            return False
        self._next()
        return True

    def _requires(self, mark: str) -> None:
        if not self._accepts(mark):
            raise InvalidSyntax

    def expression(self, precedence: int, depth: int) -> Expression:
        """An expression whose operators bind more closely than `precedence`."""
        if depth > MAX_DEPTH:
            raise InvalidSyntax
        if self.kind == "mark" and self._token in _UNARY:
            sign = self._next()
            left: Expression = Operation(sign, (self.expression(_UNARY[sign], depth + 1),))
        else:
            left = self._operand(depth)
        while self.kind == "mark" and _PRECEDENCES.get(self._token, 0) > precedence:
            sign = self._next()
            left = Operation(sign, (left, self.expression(_PRECEDENCES[sign], depth + 1)))
        return left

    def _operand(self, depth: int) -> Expression:
        match self.kind:
            case "string" | "number":
                return self._literal()
            case "name" if self._token.lower() in _CONSTANTS:
                return Literal(_CONSTANTS[self._next().lower()])
            case "name":
                return self._name(depth)
        self._requires("(")
        expression = self.expression(0, depth + 1)
        self._requires(")")
        return expression

    def _literal(self) -> Literal:
        if self.kind not in {"string", "number"}:
            raise InvalidSyntax
        is_string = self.kind == "string"
        text = self._next()
        if is_string:
            quote = 6 if text.startswith("&") else 1
            return Literal(re.sub(r"\\(.)", r"\1", text[quote:-quote], flags=re.DOTALL))
        return Literal(float(text) if "." in text or len(text) > 15 else int(text))

    def _name(self, depth: int) -> Expression:
        start = self._start
        path: list[str | Expression] = [self._next()]
        if self._accepts("("):
            return Operation(str(path[0]).lower(), self._arguments(depth), is_function=True)
        default = None
        while self.kind == "mark" and default is None:
            if self._accepts("["):
                path.append(self.expression(0, depth + 1))
                self._requires("]")
            elif self._accepts("."):
                path.append(self._part())
            elif not self._accepts(":"):
                break
            elif len(path) == 1 and self.kind == "name":
                path.append(self._next())
            else:
                default = Literal(self._next()) if self.kind == "name" else self._literal()
        return Name(self._text[start : self._start].strip(), tuple(path), default)

    def _part(self) -> str:
        if self.kind not in {"name", "number"}:
            raise InvalidSyntax
        return self._next()

    def _arguments(self, depth: int) -> tuple[Expression, ...]:
        arguments: list[Expression] = []
        while not self._accepts(")"):
            if arguments:
                self._requires(",")
            arguments.append(self.expression(0, depth + 1))
        return tuple(arguments)
