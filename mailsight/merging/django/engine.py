"""Django's templates with bounds: its parser, fields, tags and context. Whatever fails is left in the text."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from functools import cache
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.template import (
    Library,
    TemplateSyntaxError,
    VariableDoesNotExist,
    base,
    context,
    defaultfilters,
    defaulttags,
)
from django.template.base import FilterExpression, Node, NodeList, TextNode, Token, Variable, VariableNode
from django.template.defaulttags import ForNode
from django.utils.safestring import SafeData, mark_safe
from django.utils.timezone import template_localtime

from mailsight.merging import dates
from mailsight.merging.limits import ERRORS
from mailsight.merging.pieces import listed
from mailsight.merging.rendering import Notes
from mailsight.merging.values import MISSING, Json, Values

from .filters import OF_LISTS, filters, lookup

#: The name of the tag for code that is not run. No template can use it: in a tag, it would be two words.
LITERAL = "\0"
FAILURES = (TemplateSyntaxError, VariableDoesNotExist, SuspiciousOperation, *ERRORS)

_TAGS = (
    *("autoescape", "cycle", "filter", "firstof", "for", "if", "ifchanged", "regroup", "resetcycle"),
    *("spaceless", "templatetag", "widthratio", "with"),
)
# Klaviyo's tags that write a value of the customer's:
# https://help.klaviyo.com/hc/en-us/articles/4408802648731 (2026-11-26)
_FIELD_TAGS = (
    *("unsubscribe", "unsubscribe_link", "manage_preferences", "manage_preferences_link"),
    *("web_view", "web_view_link", "view_in_browser", "forward_to_friend"),
)
# Klaviyo's tags for the time of sending.
_NOW_TAGS = {
    "current_year": "%Y",
    "current_month": "%-m",
    "current_month_name": "%B",
    "current_day": "%-d",
    "current_weekday": "%A",
}
_METHODS: dict[type, dict[str, Callable[[Any], Any]]] = {
    dict: {
        "items": lambda value: list(value.items()),
        "keys": list,
        "values": lambda value: list(value.values()),
    },
    str: {
        name: getattr(str, name)
        for name in ("upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "split", "isdigit")
    },
}
_METHOD_NAMES = frozenset(name for methods in _METHODS.values() for name in methods)


class _NotKnownError(Exception):
    """A tag asks for the value of something that has none."""


class Unknown:
    """A value that is not known. `fallback` is what Django uses in its place."""

    def __init__(self, path: tuple[str, ...], fallback: object) -> None:
        self.path = path
        self.fallback = fallback

    @property
    def name(self) -> str:
        """Its name, as the template writes it."""
        return ".".join(self.path)

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        raise _NotKnownError(self.name)

    __float__ = __int__ = __iter__ = __str__


class _Nothing:
    """A value that is known not to exist: a member of None, or a position after the last."""


_NOTHING = _Nothing()


class Context(context.Context):  # type: ignore[misc]
    """The values of one customer, and the notes on what could not be filled in."""

    def __init__(self, values: Values, *, autoescape: bool) -> None:
        super().__init__(autoescape=autoescape, use_l10n=False, use_tz=False)
        self.values = values
        self.budget = values.budget
        self.notes = Notes()

    def write(self, text: str) -> str:
        """Count text that is about to be written, and return it. Raises `TooCostly` if it is too much."""
        self.budget.write(len(text))
        return text

    def find(self, path: tuple[str, ...]) -> Json:
        """The value at a path, `MISSING`, or `_NOTHING`."""
        self.budget.spend()
        if path[0] in self:
            return self._walked(self[path[0]], path[1:])
        split = next((at for at in range(1, len(path)) if path[at].isdigit() or path[at] in _METHOD_NAMES), 0)
        if not split:
            return self._named(path)
        start = self.find(path[:split])
        if not path[split].isdigit() and (start is MISSING or isinstance(start, dict)):
            named = self._named(path)
            if named is not MISSING:
                return named
        return self._walked(start, path[split:])

    def _named(self, path: tuple[str, ...]) -> Json:
        value = self.values.lookup(*path)
        if value is MISSING and self.values.is_within_null(*path):
            return _NOTHING
        return value

    def _walked(self, value: Json, path: Sequence[str]) -> Json:
        for name in path:
            if value is MISSING or value is _NOTHING or isinstance(value, Unknown):
                return value
            value = _NOTHING if value is None else self._member(value, name)
        return value

    def _member(self, value: Json, name: str) -> Json:
        member = self.values.member(value, name)
        if member is not MISSING:
            return member
        if isinstance(value, defaulttags.GroupedResult) and name in value._fields:
            return getattr(value, name)
        if name.isdigit() and isinstance(value, Sequence):
            return value[int(name)] if isinstance(value, str) and int(name) < len(value) else _NOTHING
        method = _METHODS.get(type(value), {}).get(name)
        return method(value) if method else MISSING


class _Expression(FilterExpression):  # type: ignore[misc]
    """A value with its filters, as Django's own, but aware of values that are not known."""

    def resolve(self, context: Context, ignore_failures: bool = False) -> Any:
        value = self._value(context, ignore_failures)
        for function, arguments in self.filters:
            given = [
                self._resolved(argument, context) if is_variable else mark_safe(argument)  # noqa: S308
                for is_variable, argument in arguments
            ]
            unknown = next((argument for argument in given if isinstance(argument, Unknown)), None)
            if unknown is not None and ignore_failures:
                context.notes.assumed[unknown.name] = None
                given = ["" if argument is unknown else argument for argument in given]
                unknown = None
            if unknown is not None:
                value = Unknown(unknown.path, unknown.name)
            elif isinstance(value, Unknown):
                value = self._after(value, function, given, context)
            else:
                value = _applied(function, value, given, context)
        if ignore_failures and isinstance(value, Unknown):
            context.notes.assumed[value.name] = None
            return value.fallback
        return value

    def _value(self, context: Context, ignore_failures: bool) -> Any:
        if not self.is_var:
            return self.var
        value = self._resolved(self.var, context)
        if isinstance(value, Unknown) and ignore_failures:
            return Unknown(value.path, None)
        return (None if ignore_failures else "") if value is _NOTHING else value

    @staticmethod
    def _resolved(variable: Variable, context: Context) -> Any:
        if variable.lookups is None:
            return variable.resolve(context)
        value = context.find(variable.lookups)
        return Unknown(variable.lookups, "") if value is MISSING else value

    def _after(self, value: Unknown, function: Any, given: list[Any], context: Context) -> Any:
        """What a filter makes of a value that is not known."""
        if function is lookup:
            path = (*value.path, str(given[0]))
            member = context.find(path)
            return Unknown(path, value.fallback) if member is MISSING else member
        try:
            fallback = _applied(function, value.fallback, given, context)
        except FAILURES:
            fallback = None
        is_default = function in (defaultfilters.default, defaultfilters.default_if_none)
        return fallback if is_default and not value.fallback else Unknown(value.path, fallback)


def _applied(function: Any, value: Any, given: list[Any], context: Context) -> Any:
    if getattr(function, "expects_localtime", False):
        value = template_localtime(value, context.use_tz)
    named = {"autoescape": context.autoescape} if getattr(function, "needs_autoescape", False) else {}
    for argument in (value, *given):
        context.budget.sized(argument)
    if getattr(function, "__name__", "") in OF_LISTS:
        context.budget.each(value)
    result = context.budget.sized(function(value, *given, **named))
    is_safe = getattr(function, "is_safe", False) and isinstance(value, SafeData)
    return mark_safe(result) if is_safe else result  # noqa: S308


class Parser(base.Parser):  # type: ignore[misc]
    """Django's parser, whose nodes know their code in the template."""

    def __init__(self, tokens: Iterable[Token], template: str, ends: Mapping[int, int]) -> None:
        super().__init__(list(tokens), builtins=[_library()])
        self._template = template
        self._ends = ends

    def compile_filter(self, token: str) -> _Expression:
        return _Expression(token, self)

    def source(self, token: Token) -> str:
        """The code of a field or tag, with all that its block holds."""
        start, end = token.position
        return self._template[start : self._ends.get(start, end)]

    def extend_nodelist(self, nodelist: NodeList, node: Node, token: Token) -> None:
        super().extend_nodelist(nodelist, _own(node, self.source(token)), token)


def _own(node: Node, source: str) -> Node:
    if isinstance(node, TextNode):
        return _Text(node.s)
    if isinstance(node, VariableNode):
        return _Field(node.filter_expression, source)
    if isinstance(node, ForNode):
        node.sequence = _Sequence(node.sequence)
    return _Guarded(node, source)


class _Text(TextNode):  # type: ignore[misc]
    def render_annotated(self, context: Context) -> str:
        return context.write(self.s)


class _Field(VariableNode):  # type: ignore[misc]
    """A field: its value, or its code if it has none."""

    def __init__(self, expression: _Expression, source: str) -> None:
        super().__init__(expression)
        self._source = source

    def render(self, context: Context) -> str:
        context.budget.spend()
        try:
            value = self.filter_expression.resolve(context)
            if not isinstance(value, Unknown):
                return context.write(base.render_value_in_context(value, context))
            context.notes.unknown[value.name] = None
        except FAILURES:
            context.notes.unsupported[listed(self._source)] = None
        return context.write(self._source)


class _Guarded(Node):  # type: ignore[misc]
    """A tag of Django's. One that fails is left in the text with its block."""

    child_nodelists = ()

    def __init__(self, node: Node, source: str) -> None:
        self._node = node
        self._source = source

    def render(self, context: Context) -> str:
        context.budget.spend()
        try:
            return str(self._node.render(context))
        except _NotKnownError as error:
            context.notes.unknown[str(error)] = None
        except FAILURES:
            context.notes.unsupported[listed(self._source)] = None
        return context.write(self._source)


class _Sequence:
    """What a loop runs over. The loop is charged to the budget before it runs."""

    def __init__(self, expression: _Expression) -> None:
        self._expression = expression

    def resolve(self, context: Context, ignore_failures: bool = False) -> Any:
        values = self._expression.resolve(context, ignore_failures)
        if isinstance(values, Sized):
            context.budget.spend(len(values))
        return values


class _LiteralNode(Node):  # type: ignore[misc]
    """Code that is not run."""

    def __init__(self, source: str) -> None:
        self._source = source

    def render(self, context: Context) -> str:
        context.notes.unsupported[listed(self._source)] = None
        return context.write(self._source)


class _ValueNode(Node):  # type: ignore[misc]
    """A tag that writes a value of the customer's, such as a link to unsubscribe."""

    def __init__(self, name: str) -> None:
        self._name = name

    def render(self, context: Context) -> str:
        value = context.values.lookup(self._name)
        if value is MISSING:
            raise _NotKnownError(self._name)
        return context.write(base.render_value_in_context(value, context))


class _PreviewNode(Node):  # type: ignore[misc]
    """Klaviyo's {% render_variable preview_text %}."""

    def render(self, context: Context) -> str:
        if "preheader" not in context.values.mail:
            raise _NotKnownError("preview_text")
        return context.write(base.render_value_in_context(context.values.mail["preheader"], context))


class _NowNode(Node):  # type: ignore[misc]
    """The time of sending: written, or kept under a name."""

    def __init__(self, pattern: str, *, is_django: bool = False, name: str | None = None) -> None:
        self._pattern = pattern
        self._is_django = is_django
        self._name = name

    def render(self, context: Context) -> str:
        now = context.values.sent_at
        if now is None:
            raise ValueError("the time of sending is not known")
        write = defaultfilters.date if self._is_django else dates.written
        text = str(write(now, self._pattern))
        if self._name is None:
            return context.write(text)
        context[self._name] = text
        return ""


class _SetNode(Node):  # type: ignore[misc]
    """Brevo's {% set name = value %}."""

    def __init__(self, name: str, expression: _Expression) -> None:
        self._name = name
        self._expression = expression

    def render(self, context: Context) -> str:
        context[self._name] = self._expression.resolve(context)
        return ""


def _literal(parser: Parser, token: Token) -> Node:
    return _LiteralNode(parser.source(token))


def _value_tag(_parser: Parser, token: Token) -> Node:
    return _ValueNode(token.split_contents()[0])


def _today(_parser: Parser, token: Token) -> Node:
    name, *patterns = token.split_contents()
    patterns, variable = _named(patterns)
    pattern = _NOW_TAGS.get(name) or "".join(patterns)[1:-1] or "%Y-%m-%d"
    return _NowNode(pattern, name=variable)


def _now(_parser: Parser, token: Token) -> Node:
    [pattern], variable = _named(token.split_contents()[1:])
    return _NowNode(pattern[1:-1], is_django=True, name=variable)


def _named(words: list[str]) -> tuple[list[str], str | None]:
    """The words of a tag without its "as name", and that name."""
    return (words[:-2], words[-1]) if words[-2:-1] == ["as"] else (words, None)


def _preview(_parser: Parser, token: Token) -> Node:
    if token.split_contents()[1:] != ["preview_text"]:
        raise TemplateSyntaxError(token.contents)
    return _PreviewNode()


def _set(parser: Parser, token: Token) -> Node:
    _, name, sign, *value = token.contents.split(None, 3)
    if sign != "=" or not value or not name.isidentifier():
        raise TemplateSyntaxError(token.contents)
    return _SetNode(name, parser.compile_filter(value[0]))


@cache
def _library() -> Library:
    library = Library()
    library.filters = filters()
    library.tags = {name: defaulttags.register.tags[name] for name in _TAGS}
    library.tags |= dict.fromkeys(_FIELD_TAGS, _value_tag) | dict.fromkeys((*_NOW_TAGS, "today"), _today)
    library.tags |= {"now": _now, "set": _set, "render_variable": _preview, LITERAL: _literal}
    return library
