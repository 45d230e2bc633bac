"""python-liquid with bounds: its tags, fields, comparisons and filters. Whatever fails is left in the text."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TextIO, cast

from liquid import Environment, RenderContext, Token, TokenStream
from liquid.ast import Node
from liquid.builtin.expressions import logical
from liquid.builtin.expressions.primitive import Blank, Literal, RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.echo_tag import EchoNode, EchoTag
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.filter import with_context
from liquid.tag import Tag
from liquid.token import TOKEN_CONTENT, TOKEN_TAG

from mailsight.merging.limits import ERRORS, MAX_ITEMS
from mailsight.merging.pieces import MAX_DEPTH, listed

from . import javascript
from .context import Context, Unknown
from .filters import FILTERS, is_blank, number, text

#: The name of the tag for code that is not run. No template can use it: it has a space.
LITERAL = "literal text"
FAILURES = (LiquidError, *ERRORS)
_UNAVAILABLE = ("include", "render")  # they read a template from somewhere else


class Stream(TokenStream):
    """The tokens of a template, which know their code in the template."""

    def __init__(self, tokens: Iterator[Token], template: str, ends: Mapping[int, int]) -> None:
        super().__init__(tokens)
        self._template = template
        self._ends = ends

    def source(self, tag: Token) -> str:
        """The code of a tag, with all that its block holds."""
        return self._template[tag.start_index : self._ends.get(tag.start_index, tag.start_index)]


def node_at(stream: TokenStream) -> Node:
    """The node that starts here; the stream is left at its last token. Raises `LiquidError`."""
    token = stream.current
    tag = environment().tags.get(token.value if token.kind == TOKEN_TAG else token.kind)
    if tag is None:
        raise LiquidError("unknown tag", token=token)
    return tag.parse(stream)


def expressions(node: Node) -> Iterator[Expression]:
    """All expressions in a node and what it holds."""
    todo: list[Any] = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, Node):
            todo += [*item.expressions(), *_children(item)]
        else:
            yield item
            todo += item.children()


def _children(node: Node) -> Iterable[Node]:
    return node.children(cast("RenderContext", None))  # only tags that are not available look at the context


class _Field(OutputNode):
    """A field: its value, or its code if it has none."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        context = cast("Context", context)
        context.budget.spend()
        missing = len(context.missing)
        written = str(self)
        try:
            value = self.expression.evaluate(context)
            if isinstance(value, Unknown):
                context.notes.unknown[value.name] = None
            else:
                written = text(value)
        except FAILURES:
            context.notes.unsupported[listed(written)] = None
        del context.missing[missing:]
        return buffer.write(written)

    def __str__(self) -> str:
        return self.token.value


class _EchoedField(_Field, EchoNode):
    """{% echo %}, whose token is just its name."""

    __str__ = EchoNode.__str__


class _Output(Output):
    node_class = _Field


class _Echo(EchoTag):
    node_class = _EchoedField


class _Literal(Tag):
    """Code that is not run."""

    name = LITERAL
    block = False

    def parse(self, stream: TokenStream) -> Node:
        stream.eat(TOKEN_TAG)
        return _LiteralNode(stream.current)


class _LiteralNode(Node):
    def __init__(self, token: Token) -> None:
        super().__init__(token)
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        context = cast("Context", context)
        context.notes.unsupported[listed(self.token.value)] = None
        return buffer.write(self.token.value)


class _Guarded(Tag):
    """A tag of python-liquid, with bounds. One that fails is left in the text with its block."""

    def __init__(self, tag: Tag) -> None:
        super().__init__(tag.env)
        self.name = tag.name
        self._tag = tag

    def parse(self, stream: TokenStream) -> Node:
        first = stream.current
        node = self._tag.parse(stream)
        for expression in node.expressions():
            _adapt(expression)
        for branch in _children(node):
            for expression in branch.expressions():
                _adapt(expression)
        return _GuardedNode(node, stream.source(first) if isinstance(stream, Stream) else "")


class _GuardedNode(Node):
    def __init__(self, node: Node, source: str) -> None:
        super().__init__(node.token)
        self.blank = node.blank
        self._node = node
        self._source = source

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        context = cast("Context", context)
        context.budget.spend()
        written, missing = buffer.tell(), len(context.missing)
        assigned = str(self._node.name) if isinstance(self._node, AssignNode) else None
        context.assigning = assigned
        try:
            return self._node.render(context, buffer)
        except FAILURES:
            if not self._source:
                raise
            context.take_back(buffer, written, self._source)
            return buffer.write(self._source)
        finally:
            if assigned:  # whoever uses the name asks for it
                del context.missing[missing:]

    def expressions(self) -> Iterable[Expression]:
        return self._node.expressions()

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> Iterable[Node]:
        return self._node.children(static_context, include_partials=include_partials)


class _Equal(logical.EqExpression):
    """Shopify and Braze run Liquid on Rails, where nil and false are blank too."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> bool:
        return _equal(self, context)


class _NotEqual(logical.NeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> bool:
        return not _equal(self, context)


class _Less(logical.LtExpression):
    """Attributes from a CSV file are texts, so a text with a number is compared as one. No comparison fails."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> bool:
        return _compare(self, context, operator.lt)


class _Greater(logical.GtExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> bool:
        return _compare(self, context, operator.gt)


class _AtMost(logical.LeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> bool:
        return _compare(self, context, operator.le)


class _AtLeast(logical.GeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> bool:
        return _compare(self, context, operator.ge)


class _Contains(logical.ContainsExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        left, right = self.left.evaluate(context), self.right.evaluate(context)
        context = cast("Context", context)
        if not logical.is_truthy(right):
            return False
        if isinstance(left, str):
            return text(right) in left
        return isinstance(left, Sequence | dict) and right in context.budget.sized(left)


class _Range(RangeLiteral):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> range:
        numbers = super().evaluate(context)
        # `len` fails for longer ones.
        if numbers and numbers[-1] - numbers[0] >= MAX_ITEMS:
            raise LiquidError("the range is too long", token=self.token)
        return numbers


_OURS: dict[type[Expression], type[Expression]] = {
    logical.EqExpression: _Equal,
    logical.NeExpression: _NotEqual,
    logical.LtExpression: _Less,
    logical.GtExpression: _Greater,
    logical.LeExpression: _AtMost,
    logical.GeExpression: _AtLeast,
    logical.ContainsExpression: _Contains,
    RangeLiteral: _Range,
}


def _adapt(expression: Expression) -> None:
    """Give the expressions in this one our classes: python-liquid's parser makes its own."""
    todo = [expression]
    while todo:
        item = todo.pop()
        item.__class__ = _OURS.get(type(item), type(item))
        todo += item.children()


def _equal(expression: logical.EqExpression | logical.NeExpression, context: RenderContext) -> bool:
    # Each side is evaluated once: if it were twice, every == in a chain of them would double the time.
    left, right = expression.left.evaluate(context), expression.right.evaluate(context)
    if isinstance(right, Blank):
        return is_blank(left)
    if isinstance(left, Blank):
        return is_blank(right)
    token = expression.token
    return bool(logical.EqExpression(token, Literal(token, left), Literal(token, right)).evaluate(context))


def _compare(expression: Any, context: RenderContext, compared: Callable[[Any, Any], bool]) -> bool:
    left, right = expression.left.evaluate(context), expression.right.evaluate(context)
    if isinstance(left, str) and isinstance(right, str):
        return compared(left, right)
    as_number = javascript.compared if cast("Context", context).is_javascript else number
    left, right = as_number(left), as_number(right)
    return left is not None and right is not None and compared(left, right)


def _filter(
    name: str, function: Callable[..., object], seen: Callable[[object], object]
) -> Callable[..., object]:
    """A filter within bounds. A value that is not known stays unknown, unless it is given a default."""
    takes_context = getattr(function, "with_context", False)

    @with_context
    def applied(left: object, *arguments: object, context: Context, **named: object) -> object:
        for value in (left, *arguments, *named.values()):
            context.budget.sized(value)
            if isinstance(value, Unknown) and value is not left:
                return value.after(value.name)
        if takes_context:
            named["context"] = context
        if not isinstance(left, Unknown):
            return seen(context.budget.sized(function(left, *arguments, **named)))
        try:
            fallback = context.budget.sized(function(left.fallback, *arguments, **named))
        except FAILURES:
            fallback = None
        return fallback if name == "default" and is_blank(left.fallback) else left.after(fallback)

    return applied


class _Environment(Environment):
    block_nesting_limit = MAX_DEPTH + 1
    context_depth_limit = 2 * MAX_DEPTH
    logical_not_operator = True


@cache
def environment(*, is_javascript: bool = False) -> Environment:
    """Shopify's Liquid, or LiquidJS."""
    liquid = _Environment()
    liquid.suppress_blank_control_flow_blocks = not is_javascript
    functions = javascript.FILTERS_OF_JAVASCRIPT if is_javascript else FILTERS
    seen = javascript.seen if is_javascript else lambda value: value
    liquid.filters = {name: _filter(name, function, seen) for name, function in functions.items()}
    for name in _UNAVAILABLE:
        del liquid.tags[name]
    liquid.tags = {name: tag if name == TOKEN_CONTENT else _Guarded(tag) for name, tag in liquid.tags.items()}
    for tag in (_Output, _Echo, _Literal):
        liquid.add_tag(tag)
    return liquid
