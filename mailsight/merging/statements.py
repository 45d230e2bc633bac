"""What Mailjet's and SparkPost's languages have in common: fields with operators, conditions, and loops."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from . import javascript
from .comparing import ORDERS, in_order, number
from .failures import EvaluationFailed
from .limits import TooCostly
from .operators import Expression, Literal, Name, Operation
from .output import Output
from .rendering import Rendered
from .values import MISSING, Json, Missing, Values

MAX_DEPTH = 50
MAX_TEXT = 100_000  # of a text that is put together from others


NOTHING = Literal(None)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag by its kind: "field", "if", "else if", "else", "for", "set", "end", or "code" that can't be read.

    A text has the kind "text". `name` is what a loop or an assignment calls its value, and the kind that an end is for.
    """

    kind: str
    source: str
    end: int
    expression: Expression = NOTHING
    name: str = ""
    is_raw: bool = False
    is_in_url: bool = False


@dataclass(slots=True)
class Block:
    """A condition or loop: its tags, each with what follows it, and the one that ends it."""

    parts: list[tuple[Tag, list["Node"]]]
    end: Tag


Node = Tag | Block


def nested(tags: Iterable[Tag]) -> list[Node]:
    """The tags with those of each block within it. Blocks that don't end, and ends of none, become code."""
    root: list[Node] = []
    stack: list[list[tuple[Tag, list[Node]]]] = []
    too_deep: list[str] = []
    for tag in tags:
        nodes = stack[-1][-1][1] if stack else root
        if tag.kind in {"if", "for"} and len(stack) < MAX_DEPTH:
            stack.append([(tag, [])])
        elif (
            tag.kind in {"else if", "else"}
            and not too_deep
            and stack
            and stack[-1][-1][0].kind in {"if", "else if"}
        ):
            stack[-1].append((tag, []))
        elif (
            tag.kind == "end" and not too_deep and any(tag.name in {"", parts[0][0].kind} for parts in stack)
        ):
            while tag.name not in {"", stack[-1][0][0].kind}:
                _give_up(stack, root)
            parts = stack.pop()
            (stack[-1][-1][1] if stack else root).append(Block(parts, tag))
        else:
            if tag.kind in {"if", "for"}:
                too_deep.append(tag.kind)
            elif tag.kind == "end" and too_deep and tag.name in {"", too_deep[-1]}:
                too_deep.pop()
            is_code = tag.kind in {"if", "for", "else if", "else", "end"}
            nodes.append(Tag("code", tag.source, tag.end) if is_code else tag)
    while stack:
        _give_up(stack, root)
    return root


def _give_up(stack: list[list[tuple[Tag, list[Node]]]], root: list[Node]) -> None:
    """Treats the innermost block as code, since nothing ends it. Its contents move out."""
    parts = stack.pop()
    nodes = stack[-1][-1][1] if stack else root
    for tag, inner in parts:
        nodes.append(Tag("code", tag.source, tag.end))
        nodes += inner


class Dialect(Protocol):
    """What is different between the languages."""

    functions: Mapping[str, Callable[..., Json]]

    def named(self, path: tuple[Json, ...], values: Values, scope: Mapping[str, Json]) -> Json | Missing:
        """The value of a name, which leads through `path`."""

    def within(self, tag: Tag, item: Json, index: int, scope: dict[str, Json]) -> dict[str, Json]:
        """The scope of one round of a loop, which may be that of the loop itself."""

    def is_true(self, value: Json) -> bool:
        """Whether a condition holds."""

    def equal(self, first: Json, second: Json) -> bool:
        """Whether two values are equal."""

    def written(self, value: Json, tag: Tag) -> str:
        """A value as a field writes it. Raises `EvaluationFailed`."""


def at_path(names: Sequence[str], values: Values, scope: Mapping[str, Json]) -> Json | Missing:
    """What a path of names leads to: from the scope if that has the first, otherwise from the customer's values."""
    first, *rest = names
    return values.inner(scope[first], rest) if first in scope else values.value_at(*names)


class Template:
    """Renders nested tags."""

    def __init__(self, source: str, values: Values, dialect: Dialect) -> None:
        self._source = source
        self._values = values
        self._dialect = dialect
        self._out = Output(values.budget)
        self._missing: list[str] = []

    def rendered(self, tags: Iterable[Tag]) -> Rendered:
        scope: dict[str, Json] = {}
        for node in nested(tags):
            tag = node.parts[0][0] if isinstance(node, Block) else node
            try:
                self._node(node, scope, 0)
            except TooCostly:
                self._out.unsupported(tag.source)
                self._out.rest(self._source[node.end.end if isinstance(node, Block) else node.end :])
                break
        return self._out.rendered()

    def _nodes(self, nodes: Iterable[Node], scope: dict[str, Json], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise TooCostly
        for node in nodes:
            self._node(node, scope, depth)

    def _node(self, node: Node, scope: dict[str, Json], depth: int) -> None:
        self._out.step()
        self._missing.clear()
        if isinstance(node, Block):
            if node.parts[0][0].kind == "for":
                self._loop(node, scope, depth)
            else:
                self._condition(node, scope, depth)
        elif node.kind == "text":
            self._out.write(node.source)
        elif node.kind == "field":
            self._field(node, scope)
        elif node.kind == "set":
            self._set(node, scope)
        else:
            self._code(node.source)

    def _code(self, source: str) -> None:
        self._out.write(source)
        self._out.unsupported(source)

    def _field(self, tag: Tag, scope: dict[str, Json]) -> None:
        try:
            value = self._value(tag.expression, scope)
            text = "" if value is MISSING else self._dialect.written(value, tag)
        except EvaluationFailed:
            self._code(tag.source)
            return
        if value is not MISSING:
            self._out.write(text)
            return
        self._out.write(tag.source)
        for name in self._missing:
            self._out.unknown(name)

    def _set(self, tag: Tag, scope: dict[str, Json]) -> None:
        try:
            value = self._value(tag.expression, scope)
        except EvaluationFailed:
            self._code(tag.source)
            return
        self._assume()
        scope[tag.name] = None if value is MISSING else value

    def _condition(self, block: Block, scope: dict[str, Json], depth: int) -> None:
        for index, (tag, nodes) in enumerate(block.parts):
            try:
                value = True if tag.kind == "else" else self._value(tag.expression, scope)
            except EvaluationFailed:
                self._all(block, index, scope, depth)
                return
            self._assume()
            if value is not MISSING and self._dialect.is_true(value):
                self._nodes(nodes, scope, depth + 1)
                return

    def _loop(self, block: Block, scope: dict[str, Json], depth: int) -> None:
        [(tag, nodes)] = block.parts
        try:
            value: Json = self._value(tag.expression, scope)
        except EvaluationFailed:
            self._all(block, 0, scope, depth)
            return
        self._assume()
        for index, item in enumerate(value if javascript.is_list(value) else ()):
            self._out.step()
            self._nodes(nodes, self._dialect.within(tag, item, index, scope), depth + 1)

    def _all(self, block: Block, start: int, scope: dict[str, Json], depth: int) -> None:
        """Shows all parts of a block from one whose tag can't be understood, with their tags."""
        self._out.unsupported(block.parts[start][0].source)
        for tag, nodes in block.parts[start:]:
            self._out.write(tag.source)
            self._nodes(nodes, scope, depth + 1)
        self._out.write(block.end.source)

    def _assume(self) -> None:
        for name in self._missing:
            self._out.assumed(name)
        self._missing.clear()

    # Expressions

    def _value(self, expression: Expression, scope: dict[str, Json]) -> Json | Missing:
        self._out.step()
        if isinstance(expression, Literal):
            return expression.value
        if isinstance(expression, Name):
            return self._named(expression, scope)
        if expression.name == "or" and not expression.is_function:
            return self._either(expression, scope)
        operands = [self._value(operand, scope) for operand in expression.operands]
        if expression.is_function and expression.name not in self._dialect.functions:
            raise EvaluationFailed
        if MISSING in operands and expression.name not in _TESTS:
            return MISSING
        values = [None if value is MISSING else value for value in operands]
        evaluated = self._called if expression.is_function else self._operated
        return evaluated(expression.name, values)

    def _named(self, name: Name, scope: dict[str, Json]) -> Json | Missing:
        path = [part if isinstance(part, str) else self._value(part, scope) for part in name.path]
        value = MISSING if MISSING in path else self._dialect.named(tuple(path), self._values, scope)
        if value is MISSING:
            if name.default:
                return name.default.value
            self._missing.append(name.source.rpartition(":")[2])
        return value

    def _either(self, operation: Operation, scope: dict[str, Json]) -> Json | Missing:
        """The first value if it is true, or else the second one, as a default value."""
        first, second = (self._value(operand, scope) for operand in operation.operands)
        if first is not MISSING and self._dialect.is_true(first):
            return first
        return second

    def _called(self, name: str, values: list[Json]) -> Json:
        self._out.read(values)
        try:
            return self._dialect.functions[name](*values)
        except (TypeError, ValueError, OverflowError):
            raise EvaluationFailed from None

    def _operated(self, sign: str, values: list[Json]) -> Json:
        first, last = values[0], values[-1]
        if sign in {"not", "and", "xor"}:
            return self._logical(sign, first, last)
        if sign in {"==", "!="}:
            return self._dialect.equal(first, last) is (sign == "==")
        if sign in ORDERS:
            return in_order(sign, first, last)
        if sign == "#":
            return _length(first)
        return _calculated(sign, *(values if len(values) == 2 else (0, first)))

    def _logical(self, sign: str, first: Json, last: Json) -> Json:
        is_true = self._dialect.is_true(first)
        if sign == "not":
            return not is_true
        if sign == "and":
            return last if is_true else first
        return is_true is not self._dialect.is_true(last)


def _length(value: Json) -> int:
    if not isinstance(value, str) and not javascript.is_list(value):
        raise EvaluationFailed
    return len(value)


_CALCULATIONS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "div": lambda left, right: int(left / right),
    "mod": lambda left, right: left - right * int(left / right),
}
# What has an answer for a value that is not known.
_TESTS = {"not", "and", "xor", "==", "!=", "empty", *ORDERS}


def _calculated(sign: str, first: Json, second: Json) -> Json:
    left, right = number(first), number(second)
    if sign == "+" and (left is None or right is None) and isinstance(first, str) and isinstance(second, str):
        if len(first) + len(second) > MAX_TEXT:
            raise EvaluationFailed
        return first + second
    if left is None or right is None or max(abs(left), abs(right)) > 1e15:
        raise EvaluationFailed
    try:
        return _CALCULATIONS[sign](left, right)
    except ZeroDivisionError:
        raise EvaluationFailed from None
