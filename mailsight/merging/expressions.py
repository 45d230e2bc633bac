"""Conditions as PHP and Smarty write them: `$COUNTRY == "x" && !empty($CITY)`."""

import re
from collections.abc import Callable

from .php import COMPARISONS, compared, is_true
from .values import Json, as_text

_MAX_DEPTH = 50
_TOKEN = re.compile(
    r"\s*+(?:(?P<text>\"[^\"]{0,2000}+\"|'[^']{0,2000}+')|(?P<number>-?[0-9]{1,300}+(?:\.[0-9]{1,300}+)?)(?![\w.])"
    r"|(?P<field>\$[^\W\d][\w.-]{0,100}+)|(?P<mark>&&|\|\||===?|!==?|<>|<=|>=|<|>|!|\(|\)|,)"
    r"|(?P<word>[^\W\d]\w{0,100}+))"
)
_WORDS = {"and": "&&", "or": "||", "not": "!", "eq": "==", "neq": "!=", "ne": "!=", "gt": ">", "lt": "<"}
_WORDS |= {"gte": ">=", "ge": ">=", "lte": "<=", "le": "<="}
_CONSTANTS = {"true": True, "false": False, "null": None}


class _Unreadable(Exception):
    """An expression that can't be read."""


def holds(expression: str, value: Callable[[str], Json]) -> bool | None:
    """Whether a condition holds, or None if it can't be read. `value` has that of a field."""
    try:
        condition = _Condition(expression, value)
        result = condition.either(0)
        return None if condition.tokens else is_true(result)
    except _Unreadable:
        return None


class _Condition:
    """Reads a condition and decides it. `tokens` are those not read yet, the last first."""

    def __init__(self, expression: str, value: Callable[[str], Json]) -> None:
        self._value = value
        self.tokens: list[tuple[str, str]] = []
        expression, position = expression.strip(), 0
        while position < len(expression):
            token = _TOKEN.match(expression, position)
            if token is None or token.lastgroup is None:
                raise _Unreadable
            kind, text = token.lastgroup, token[token.lastgroup]
            mark = _WORDS.get(text.lower()) if kind == "word" else None
            self.tokens.append(("mark", mark) if mark else (kind, text))
            position = token.end()
        self.tokens.reverse()

    def either(self, depth: int) -> Json:
        result = self._both(depth)
        while self._takes("||"):
            other = self._both(depth)
            result = is_true(result) or is_true(other)
        return result

    def _both(self, depth: int) -> Json:
        result = self._comparison(depth)
        while self._takes("&&"):
            other = self._comparison(depth)
            result = is_true(result) and is_true(other)
        return result

    def _comparison(self, depth: int) -> Json:
        left = self._operand(depth)
        comparison = self.tokens[-1][1] if self.tokens else ""
        comparison = {"===": "==", "!==": "!="}.get(comparison, comparison)
        if comparison not in COMPARISONS or self.tokens[-1][0] != "mark":
            return left
        self.tokens.pop()
        right = self._operand(depth)
        text = "1" if right is True else "" if right is False else as_text(right)
        if text is None:
            raise _Unreadable
        return compared(left, comparison, text)

    def _operand(self, depth: int) -> Json:
        if depth > _MAX_DEPTH or not self.tokens:
            raise _Unreadable
        kind, text = self.tokens.pop()
        match kind:
            case "text":
                return text[1:-1]
            case "number":
                return text
            case "field":
                return self._value(text[1:])
            case "mark" if text == "!":
                return not is_true(self._operand(depth + 1))
            case "mark" if text == "(":
                result = self.either(depth + 1)
                self._expect(")")
                return result
            case "word":
                return self._word(text.lower(), depth)
        raise _Unreadable

    def _word(self, word: str, depth: int) -> Json:
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        self._expect("(")
        arguments = [self.either(depth + 1)]
        while self._takes(","):
            arguments.append(self.either(depth + 1))
        self._expect(")")
        match word, arguments:
            case "empty", [value]:
                return not is_true(value)
            case "isset", [value]:
                return value is not None
            case "in_array", [item, several]:
                items = several if isinstance(several, list) else re.split(r"[,|]+", as_text(several) or "")
                return any((as_text(other) or "").strip() == as_text(item) for other in items)
            case "in_string" | "strpos", [_, _]:
                part, text = arguments if word == "in_string" else reversed(arguments)
                return (as_text(part) or "\0") in (as_text(text) or "")
        raise _Unreadable

    def _takes(self, mark: str) -> bool:
        if self.tokens and self.tokens[-1] == ("mark", mark):
            self.tokens.pop()
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            raise _Unreadable
