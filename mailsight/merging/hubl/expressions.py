"""The values of HubL's expressions: Jinja's tree, walked with bounds."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailsight.merging.limits import ERRORS, MAX_ITEMS, fits
from mailsight.merging.rendering import Notes
from mailsight.merging.values import MISSING, Values, member

from . import filters
from .filters import FILTERS, OF_LISTS, TESTS, text

FAILURES = (TemplateError, *ERRORS)
_MAX_CALLS = 20
_MAX_EXPONENT = 100

_METHODS: Mapping[type, Mapping[str, Callable[..., Any]]] = {
    dict: {
        "items": lambda value: list(value.items()),
        "keys": list,
        "values": lambda value: list(value.values()),
        "get": lambda value, name, otherwise=None: value.get(name, otherwise),
    },
    str: {
        **{
            name: getattr(str, name)
            for name in (
                *("upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip"),
                *("startswith", "endswith", "split", "find"),
            )
        },
        "replace": FILTERS["replace"],
        "join": lambda value, items: FILTERS["join"](items, value),
    },
}
_TIME_PARTS = frozenset({"year", "month", "day", "hour", "minute", "second", "microsecond"})
_BINARY: Mapping[type[nodes.BinExpr], Callable[[Any, Any], Any]] = {
    nodes.Add: operator.add,
    nodes.Sub: operator.sub,
    nodes.Div: operator.truediv,
    nodes.FloorDiv: operator.floordiv,
    nodes.Mod: operator.mod,
}
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}


class _Environment(ImmutableSandboxedEnvironment):
    """Finds nothing but the members of JSON."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        value = member(obj, str(argument))
        return self.undefined(name=str(argument)) if value is MISSING else value


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Jinja's parser and filters."""
    jinja = _Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    jinja.filters.clear()
    jinja.filters.update(FILTERS)
    jinja.tests.clear()
    jinja.tests.update(TESTS)
    return jinja


class NotKnownError(LookupError):
    """A text needs a value that is not known."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known. `fallback` is what HubL uses in its place."""

    path: tuple[str, ...]
    fallback: Any = None

    @property
    def name(self) -> str:
        """Its name, as the template writes it."""
        return ".".join(self.path)

    def __str__(self) -> str:
        raise NotKnownError(self.name)


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro, and the names it sees: those around it if it is the body of a {% call %}, else the outermost ones."""

    node: nodes.Macro
    scopes: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        raise TypeError("a macro is no text")


class _List(list[Any]):
    """A list of the template's own, which it may change."""


class Namespace(dict[str, Any]):
    """What {% set name.x = ... %} writes to."""


class Expressions:
    """Evaluates expressions with the values of one customer, and notes those that are not known."""

    def __init__(self, values: Values) -> None:
        self.notes = Notes()
        self._values = values
        self._budget = values.budget
        self._scopes: list[dict[str, Any]] = [{}]
        self._calls = 0
        # What each call of changed() in a loop was given last, by the ids of the loop and the call.
        self._changing: dict[int, dict[int, list[Any]]] = {}
        self._jinja = Context(environment(), {}, None, {})
        self._eval_context = nodes.EvalContext(environment())

    def _captured(self, body: Iterable[nodes.Node]) -> str:
        """What a macro writes."""
        raise NotImplementedError

    def _condition(self, node: nodes.Node) -> bool:
        return bool(self._assumed(self._value(node)))

    def _assumed(self, value: Any) -> Any:
        """A value that a condition asks for: one that is not known is taken as HubL takes it."""
        if isinstance(value, Unknown):
            self.notes.assumed[value.name] = None
            return value.fallback
        return value

    def _value(self, node: nodes.Node) -> Any:
        self._budget.spend()
        binary = _BINARY.get(type(node))  # type: ignore[arg-type]
        if binary is not None:
            return self._both(node, binary)
        return getattr(self, f"_of_{type(node).__name__.lower()}")(node)

    def _own(self, name: str) -> Any:
        return next((scope[name] for scope in reversed(self._scopes) if name in scope), MISSING)

    def _of_const(self, node: nodes.Const) -> Any:
        return node.value

    def _of_name(self, node: nodes.Name) -> Any:
        return self._at(node)

    def _of_getattr(self, node: nodes.Getattr) -> Any:
        return self._at(node)

    def _of_getitem(self, node: nodes.Getitem) -> Any:
        if isinstance(node.arg, nodes.Slice):
            value = self._value(node.node)
            bounds = [part and self._value(part) for part in (node.arg.start, node.arg.stop, node.arg.step)]
            return value if isinstance(value, Unknown) else value[slice(*bounds)]
        return self._at(node)

    def _at(self, node: nodes.Expr) -> Any:
        """The value at a path such as contact.orders[0].total."""
        path: list[Any] = []
        while isinstance(node, nodes.Getattr | nodes.Getitem) and not (
            isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice)
        ):
            path.append(node.attr if isinstance(node, nodes.Getattr) else self._value(node.arg))
            node = node.node
        path.reverse()
        unknown = next((name for name in path if isinstance(name, Unknown)), None)
        if unknown is not None:
            return Unknown(unknown.path)
        if not isinstance(node, nodes.Name):
            return self._walked(self._value(node), path, ("text",))
        own = self._own(node.name)
        if own is not MISSING:
            return self._walked(own, path, (node.name,))
        known = self._known((node.name, *path))
        return None if isinstance(known, Unknown) and node.name == "null" else known

    def _known(self, path: tuple[Any, ...]) -> Any:
        """The value at a path that starts with none of the template's own names."""
        split = next((at for at in range(1, len(path)) if isinstance(path[at], int)), len(path))
        names = tuple(str(name) for name in path[:split])
        value = self._values.lookup(*names)
        if value is MISSING:
            if path[0] in ("local_dt", "now_dt") and self._values.sent_at is not None:
                return self._walked(self._values.sent_at, list(path[1:]), names[:1])
            if self._values.is_within_null(*names):
                return None
            return Unknown(tuple(map(str, path)))
        return self._walked(value, list(path[split:]), names)

    def _walked(self, value: Any, path: Sequence[Any], names: tuple[str, ...]) -> Any:
        for at, name in enumerate(path):
            if isinstance(value, Unknown):
                return Unknown((*value.path, *map(str, path[at:])))
            if value is None:
                return None
            names = (*names, str(name))
            value = self._member(value, name, names)
        return value

    def _member(self, value: Any, name: Any, names: tuple[str, ...]) -> Any:
        if isinstance(name, int) and isinstance(value, Sequence):
            return value[name] if -len(value) <= name < len(value) else None
        if name in _TIME_PARTS and hasattr(value, "tzinfo"):
            return getattr(value, name)
        item = self._values.member(value, str(name))
        return Unknown(names) if item is MISSING else item

    def _both(self, node: Any, function: Callable[[Any, Any], Any]) -> Any:
        left, right = self._value(node.left), self._value(node.right)
        for value in (left, right):
            if isinstance(value, Unknown):
                return Unknown(value.path)
        if isinstance(left, str) and function is operator.mod:
            raise TypeError("no formats")
        return self._budget.sized(function(left, right))

    def _of_mul(self, node: nodes.Mul) -> Any:
        def times(left: Any, right: Any) -> Any:
            for repeated, count in ((left, right), (right, left)):
                if isinstance(repeated, str | list | tuple) and isinstance(count, int):
                    fits(len(repeated) * max(count, 0))
            return left * right

        return self._both(node, times)

    def _of_pow(self, node: nodes.Pow) -> Any:
        def power(left: Any, right: Any) -> Any:
            if abs(right) > _MAX_EXPONENT:
                raise OverflowError
            return left**right

        return self._both(node, power)

    def _of_concat(self, node: nodes.Concat) -> Any:
        values = [self._value(part) for part in node.nodes]
        unknown = next((value for value in values if isinstance(value, Unknown)), None)
        return Unknown(unknown.path) if unknown else self._budget.sized("".join(map(text, values)))

    def _of_neg(self, node: nodes.Neg) -> Any:
        value = self._value(node.node)
        return value if isinstance(value, Unknown) else -value

    def _of_pos(self, node: nodes.Pos) -> Any:
        return self._value(node.node)

    def _of_not(self, node: nodes.Not) -> bool:
        return not self._condition(node.node)

    def _of_and(self, node: nodes.And) -> Any:
        left = self._assumed(self._value(node.left))
        return self._value(node.right) if left else left

    def _of_or(self, node: nodes.Or) -> Any:
        return self._assumed(self._value(node.left)) or self._value(node.right)

    def _of_condexpr(self, node: nodes.CondExpr) -> Any:
        if self._condition(node.test):
            return self._value(node.expr1)
        return "" if node.expr2 is None else self._value(node.expr2)

    def _of_compare(self, node: nodes.Compare) -> bool:
        left = self._assumed(self._value(node.expr))
        for operand in node.ops:
            right = self._assumed(self._value(operand.expr))
            try:
                holds = _COMPARISONS[operand.op](left, right)
            except TypeError:  # as null, or texts and numbers
                holds = operand.op == "notin"
            if not holds:
                return False
            left = right
        return True

    def _of_list(self, node: nodes.List) -> list[Any]:
        return _List(self._value(item) for item in node.items)

    def _of_tuple(self, node: nodes.Tuple) -> list[Any]:
        return [self._value(item) for item in node.items]

    def _of_dict(self, node: nodes.Dict) -> dict[str, Any]:
        return {text(self._value(pair.key)): self._value(pair.value) for pair in node.items}

    def _of_test(self, node: nodes.Test) -> bool:
        value = self._assumed(self._value(node.node))
        if node.name in ("defined", "undefined"):
            return (value is not None) is (node.name == "defined")
        arguments, named = self._arguments(node)
        if named:
            raise TypeError(node.name)
        arguments = [self._assumed(argument) for argument in arguments]
        return bool(environment().call_test(node.name, value, arguments))

    def _of_filter(self, node: nodes.Filter) -> Any:
        if node.node is None:
            raise TypeError(node.name)
        return self._filtered(node, self._value(node.node))

    def _chained(self, node: nodes.Filter, value: Any) -> Any:
        """What the filters of a block make of its text."""
        if isinstance(node.node, nodes.Filter):
            value = self._chained(node.node, value)
        return self._filtered(node, value)

    def _filtered(self, node: nodes.Filter, value: Any) -> Any:
        arguments, named = self._arguments(node)
        for argument in (*arguments, *named.values()):
            if isinstance(argument, Unknown):
                return Unknown(argument.path, argument.name)
        if not isinstance(value, Unknown):
            return self._applied(node.name, value, arguments, named)
        is_default = FILTERS[node.name] is filters.default
        given = "" if value.fallback is None and not is_default else value.fallback
        try:
            fallback = self._applied(node.name, given, arguments, named)
        except FAILURES:
            fallback = None
        return fallback if is_default and fallback is not given else Unknown(value.path, fallback)

    def _applied(self, name: str, value: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        for item in (value, *arguments, *named.values()):
            self._budget.sized(item)
        if name in OF_LISTS:
            self._budget.each(value)
        result = environment().call_filter(name, value, arguments, named, self._jinja, self._eval_context)
        return self._budget.sized(filters.items(result))

    def _arguments(self, node: nodes.Filter | nodes.Test | nodes.Call) -> tuple[list[Any], dict[str, Any]]:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise TypeError("no arguments from lists")
        named = {str(pair.key): self._value(pair.value) for pair in node.kwargs}
        return [self._value(argument) for argument in node.args], named

    # Calls

    def _of_call(self, node: nodes.Call) -> Any:
        arguments, named = self._arguments(node)
        if isinstance(node.node, nodes.Name):
            own = self._own(node.node.name)
            if isinstance(own, Macro):
                return self._called(own, arguments, named)
            return getattr(self, f"_call_{node.node.name}")(*arguments, **named)
        if not isinstance(node.node, nodes.Getattr) or named:
            raise TypeError("no such function")
        value = self._value(node.node.node)
        if node.node.attr in ("cycle", "changed"):
            return self._of_loop(node, node.node.attr, value, arguments)
        for item in (value, *arguments):
            if isinstance(item, Unknown):
                return Unknown(item.path)
        if node.node.attr == "append" and isinstance(value, _List):
            value.append(*arguments)
            self._budget.sized(value)
            return None
        method = _METHODS[dict if isinstance(value, dict) else type(value)][node.node.attr]
        return self._budget.sized(method(value, *arguments))

    def _of_loop(self, node: nodes.Call, method: str, loop: Any, arguments: list[Any]) -> Any:
        """The argument whose turn it is, or whether the arguments are others than in the turn before."""
        if not isinstance(loop, dict) or "index0" not in loop or not arguments:
            raise TypeError(method)
        if method == "cycle":
            return arguments[loop["index0"] % len(arguments)]
        last, given = self._changing[id(loop)], list(map(self._assumed, arguments))
        before, last[id(node)] = last.get(id(node)), given
        return before != given

    def _called(self, macro: Macro, arguments: list[Any], named: dict[str, Any]) -> str:
        if self._calls == _MAX_CALLS:
            raise RecursionError
        node = macro.node
        defaults = dict(
            zip((argument.name for argument in node.args[::-1]), node.defaults[::-1], strict=False)
        )
        scope = dict(zip((argument.name for argument in node.args), arguments, strict=False)) | named
        for argument in node.args:
            if argument.name not in scope:
                default = defaults.get(argument.name)
                scope[argument.name] = None if default is None else self._value(default)
        outer, self._scopes = self._scopes, [*(macro.scopes or self._scopes[:1]), scope]
        self._calls += 1
        try:
            return self._captured(node.body)
        finally:
            self._scopes = outer
            self._calls -= 1

    def _call_range(self, *bounds: Any) -> list[int]:
        numbers = range(*map(int, bounds))
        if numbers and abs(numbers[-1] - numbers[0]) // abs(numbers.step) >= MAX_ITEMS:
            raise OverflowError
        return list(numbers)

    def _call_namespace(self, **values: Any) -> Namespace:
        return Namespace(values)

    def _call_dict(self, **values: Any) -> dict[str, Any]:
        return values

    def _call_personalization_token(self, name: Any, otherwise: Any = None) -> Any:
        path = tuple(text(name).split("."))
        value = self._values.lookup(*path)
        if value is not MISSING and value not in (None, ""):
            return value
        if otherwise is not None:
            return otherwise
        return Unknown(path) if value is MISSING else value

    def _call_now(self, *_zone: Any) -> Any:
        if self._values.sent_at is None:
            raise ValueError("the time of sending is not known")
        return self._values.sent_at

    def _call_today(self, *zone: Any) -> Any:
        return self._call_now(*zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def _call_unixtimestamp(self, *times: Any) -> Any:
        return FILTERS["unixtimestamp"](times[0] if times else self._call_now())
