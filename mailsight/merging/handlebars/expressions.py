"""What the names and helpers in a Handlebars template stand for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from inspect import signature
from types import MappingProxyType

from mailsight.merging import javascript, php
from mailsight.merging.failures import EvaluationFailed
from mailsight.merging.output import Output
from mailsight.merging.values import MISSING, Json, Missing, Values, is_nothing

from . import dates
from .helpers import CONDITIONS, HELPERS
from .lists import GroupKey
from .tree import Body, Call, Expression, Literal, Path

_LENGTHS = {"length", "size"}
#: The blocks that don't compare values. A tag with such a name is never a field.
BLOCKS = {"if", "unless", "with", "each", "assign"}


_signature = cache(signature)  # of the helpers


class Markup(str):
    """A text that was rendered already, so it is not escaped again."""

    __slots__ = ()


@dataclass(slots=True)
class Data:
    """The names that start with @. `@../index` is one of `outer`."""

    values: Mapping[str, Json]
    outer: "Data | None" = None


@dataclass(slots=True)
class Scope:
    """What names mean at a place: `this`, what is around it, block parameters, and partials with the scope they see."""

    this: Json
    data: Data
    outer: "Scope | None" = None
    names: Mapping[str, Json] = field(default_factory=dict)
    partials: Mapping[str, "tuple[Body, Scope | None]"] = field(default_factory=dict)

    def within(
        self, this: Json, names: Iterable[tuple[str, Json]] = (), data: Mapping[str, Json] | None = None
    ) -> "Scope":
        """The scope of a block. Only another `this` is a level that `../` leaves."""
        is_same = this is self.this or (isinstance(this, str | int | float) and this == self.this)
        return replace(
            self,
            this=this,
            outer=self.outer if is_same else self,
            names={**self.names, **dict(names)},
            data=Data({**self.data.values, **data}, self.data) if data else self.data,
        )

    def helper(self, path: Path) -> str | None:
        """The name, if it may be a helper's: not where a block gives it to a value."""
        return None if path.simple in self.names else path.simple

    def defining(self, partials: Mapping[str, Body], around: "Scope | None") -> "Scope":
        """The scope of a body that defines partials, which see what is around it."""
        if not partials:
            return self
        own = {name: (body, around) for name, body in partials.items()}
        return replace(self, partials={**self.partials, **own})


class Evaluator:
    """Evaluates the expressions of one template."""

    def __init__(self, values: Values, out: Output) -> None:
        self._values = values
        self._out = out
        self.assigned: dict[str, Json] = {}
        # Names without a value that were asked for: the caller decides whether they are unknown or assumed.
        self.missing: list[str] = []

    def value(self, expression: Expression, scope: Scope) -> Json | Missing:
        match expression:
            case Literal():
                return expression.value
            case Path():
                return self.path(expression, scope)
            case Call():
                return self.call(expression, scope)

    def call(self, call: Call, scope: Scope) -> Json | Missing:
        """The value of a field, or what a helper returns."""
        self._out.step()
        name = scope.helper(call.path)
        if self._is_now(name, call):
            return self._now(name, call, scope)
        if not (call.arguments or call.options):
            if name in BLOCKS:
                raise EvaluationFailed
            return self.path(call.path, scope)
        if name == "lookup":
            return self._lookup(call, scope)
        if name in CONDITIONS:
            return self.condition(name, call, scope)
        if name in HELPERS:
            return self._helped(name, call, scope)
        value = MISSING if name in BLOCKS else self.path(call.path, scope)
        if value is MISSING or value is None:
            raise EvaluationFailed
        return value

    def path(self, path: Path, scope: Scope) -> Json | Missing:
        name, *rest = path.parts or ("",)
        if path.is_data:
            return self._data(path, scope)
        if not path.depth and not path.is_scoped and name in scope.names:
            return self._known(self._members(scope.names[name], rest), path)
        for _ in range(path.depth):
            if scope.outer is None:
                return self._known(MISSING, path)
            scope = scope.outer
        if path.parts == (name,) and name in self.assigned:
            return self.assigned[name]
        return self._known(self._members(scope.this, path.parts), path)

    def _data(self, path: Path, scope: Scope) -> Json | Missing:
        data: Data | None = scope.data
        for _ in range(path.depth):
            data = data and data.outer
        name, *rest = path.parts or ("",)
        value = data.values.get(name) if data else None
        return self._known(self._members(value, rest), path)

    def _members(self, value: Json | Missing, names: Sequence[str]) -> Json | Missing:
        return javascript.inner(self._values, value, names, self._member)

    def _member(self, value: Json | Missing, name: str) -> Json | Missing:
        if is_nothing(value, name):
            return None
        if isinstance(value, str) and name.isascii() and name.isdigit():
            return value[int(name[:9]) :][:1] or MISSING
        if isinstance(value, GroupKey) and name == value.field:
            return str(value)
        member = self._values.member(value, name)
        return javascript.length(value) if member is MISSING and name in _LENGTHS else member

    def _known(self, value: Json | Missing, path: Path) -> Json | Missing:
        if value is MISSING:
            self.missing.append(".".join(path.parts) or path.original)
        return value

    def _lookup(self, call: Call, scope: Scope) -> Json | Missing:
        if len(call.arguments) != 2:
            raise EvaluationFailed
        value, name = (self.value(argument, scope) for argument in call.arguments)
        if value is MISSING or not javascript.is_true(value):
            return value
        if name is MISSING:
            return MISSING
        names = [javascript.text(name)]
        return self._known(self._members(value, names), Path(names[0], tuple(names)))

    def _is_now(self, name: str | None, call: Call) -> bool:
        """Whether a helper writes the time of sending: not if there is a value of this name."""
        is_helper = name == "now" or (name == "date" and len(call.arguments) == 1)
        return is_helper and self._values.lookup(str(name)) is MISSING

    def _now(self, name: str | None, call: Call, scope: Scope) -> Json | Missing:
        """Iterable's `{{now format="yyyy"}}` and Mandrill's `{{date "Y"}}`."""
        now = self._values.sent_at
        if now is None:
            return self._known(MISSING, call.path)
        if name == "date":
            layout = self.value(call.arguments[0], scope)
            if layout is MISSING:
                return MISSING
            return self._applied(php.formatted_date, [now, javascript.text(layout)])
        moment = Literal(now.isoformat(), "now")
        return self._helped("dateFormat", Call(call.path, (moment, *call.arguments), call.options), scope)

    def _moment(self, is_midnight: bool, zone: Json | Missing) -> Json | Missing:
        """The time of sending, or the midnight before it."""
        now = self._values.sent_at
        if now is None:
            return self._known(MISSING, Path("now", ("now",)))
        if not is_midnight:
            return now.isoformat()
        try:
            local = dates.moved(now, javascript.text(zone)) if zone else now
        except ValueError:
            raise EvaluationFailed from None
        return local.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()

    def condition(self, name: str | None, call: Call, scope: Scope) -> Json:
        """What a helper that compares returns: true or false, or the text that the template gives for it."""
        start = len(self.missing)
        arguments, options = self._operands(call, scope)
        self.assume(start)
        holds = self._applied(CONDITIONS[name], [None if value is MISSING else value for value in arguments])
        return options.get("yes" if holds else "no", "") if options.keys() & {"yes", "no"} else holds

    def _helped(self, name: str | None, call: Call, scope: Scope) -> Json | Missing:
        helper, start = HELPERS[name], len(self.missing)
        arguments, options = self._operands(call, scope)
        if name == "dateMath" and arguments[:1] in (["now"], ["midnight"]):
            arguments[:1] = [self._moment(arguments[0] == "midnight", options.get("tz"))]
        if helper.takes_missing:
            del self.missing[start:]
            arguments = [None if value is MISSING else value for value in arguments]
        if MISSING in arguments or MISSING in options.values():
            return MISSING
        return self._applied(helper.function, arguments, options)

    def _operands(self, call: Call, scope: Scope) -> tuple[list[Json | Missing], dict[str, Json | Missing]]:
        """The values of what a helper is called with."""
        arguments = [self.value(argument, scope) for argument in call.arguments]
        return arguments, {key: self.value(option, scope) for key, option in call.options.items()}

    def _applied(
        self,
        function: Callable[..., Json],
        arguments: Sequence[Json],
        options: Mapping[str, Json] = MappingProxyType({}),
    ) -> Json:
        self._out.read(arguments)
        try:
            _signature(function).bind(*arguments, **options)
        except TypeError:
            raise EvaluationFailed from None
        result = function(*arguments, **options)
        self._out.read([result])
        return result

    def assume(self, start: int = 0) -> None:
        """Notes that what is missing counts as empty."""
        for name in self.missing[start:]:
            self._out.assumed(name)
        del self.missing[start:]
