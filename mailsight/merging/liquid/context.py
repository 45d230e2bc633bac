"""How Liquid templates look up one customer's values, and which of them are not known."""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, TextIO

from liquid import BoundTemplate, RenderContext, Token, Undefined
from liquid.undefined import UNDEFINED
from liquid.utils import ReadOnlyChainMap

from mailsight.merging.limits import Budget
from mailsight.merging.pieces import listed
from mailsight.merging.rendering import Notes, Rendered
from mailsight.merging.values import MISSING, Json, Values

from . import javascript

_PROPERTIES = frozenset({"size", "first", "last"})


class Unknown(Undefined):
    """A value that is not known. `fallback` is what the sender's program uses in its place."""

    fallback: object = None

    def after(self, fallback: object) -> "Unknown":
        """The value after a filter, which is not known either."""
        unknown = Unknown(self.name, token=self.token)
        unknown.fallback = fallback
        return unknown


class _Buffer(StringIO):
    """A text whose characters are charged to the budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(newline="")  # which keeps line ends as they are, unlike python-liquid's
        self._budget = budget

    def write(self, text: str) -> int:
        self._budget.write(len(text))
        return super().write(text)


class Context(RenderContext):
    """The values of one customer, and the notes on what could not be filled in."""

    def __init__(
        self, template: BoundTemplate, values: Values, assigned: frozenset[str], *, is_javascript: bool
    ) -> None:
        super().__init__(template)
        # Without python-liquid's own "now", the time when this runs.
        self.scope = ReadOnlyChainMap(self.locals)
        self.values = values
        self.budget = values.budget
        self.notes = Notes()
        #: Names without a value that were looked up. Fields remove theirs again.
        self.missing: list[str] = []
        #: The name that is being assigned.
        self.assigning: str | None = None
        self._assigned = assigned
        self.is_javascript = is_javascript

    def rendered(self, written: str) -> Rendered:
        """The text, with the notes on it."""
        self.notes.assumed = dict.fromkeys(self.missing) | self.notes.assumed
        return self.notes.rendered(written)

    def take_back(self, buffer: TextIO, written: int, source: str) -> None:
        """Remove what was written from a position on: its code can't be run."""
        buffer.seek(written)
        buffer.truncate()
        self.notes.unsupported[listed(source)] = None

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        """The value at a path."""
        self.budget.spend()
        value = self._value_at(path) if isinstance(path[0], str) else MISSING
        if value is MISSING and path[0] in self._assigned:
            # The template's own name, which has no value yet: no branch has set it, or it collects texts in a loop. If
            # it is assigned from itself, it may stand for a value of the customer's.
            value = None
            if path[0] == self.assigning and not self.loops:
                self.notes.assumed[self.assigning] = None
        if value is MISSING:
            value = Unknown(_written(path), token=token) if default is UNDEFINED else default
        if isinstance(value, Unknown):
            self.missing.append(value.name)
        if type(value) is Undefined:  # python-liquid's own, for the parent of an outermost loop
            return None
        return javascript.seen(value) if self.is_javascript else value

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:  # noqa: ARG002  # python-liquid passes it
        return _Buffer(self.budget)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Charge a loop to the budget before it runs. Raises `TooCostly`."""
        self.budget.spend(length)

    def _value_at(self, path: list[Any]) -> Json:
        try:
            own = self.scope[path[0]]
        except KeyError:
            return self._known(path)
        return self._walked(own, path[1:])

    def _known(self, path: list[Any]) -> Json:
        """The value at a path that starts with none of the template's own names.

        Names after a position or one of Liquid's own properties are members of the value so far. They are not looked up
        elsewhere, as `Values.lookup` does after prefixes.
        """
        if not all(isinstance(segment, str | int) and not isinstance(segment, bool) for segment in path):
            return MISSING
        split = next(
            (at for at in range(1, len(path)) if path[at] in _PROPERTIES or isinstance(path[at], int)), 0
        )
        if not split:
            return self._named(path)
        start = self._known(path[:split])
        if isinstance(path[split], str) and (start is MISSING or isinstance(start, dict)):
            named = self._named([str(segment) for segment in path])
            if named is not MISSING:
                return named
        return self._walked(start, path[split:])

    def _named(self, names: list[str]) -> Json:
        value = self.values.lookup(*names)
        if value is not MISSING:
            return value
        if self.values.is_within_null(*names):
            return None
        return self.counters.get(names[0], MISSING) if len(names) == 1 else MISSING

    def _walked(self, value: Json, path: list[Any]) -> Json:
        for segment in path:
            value = self._member(value, segment)
        return value

    def _member(self, value: Json, segment: object) -> Json:
        if value is MISSING or isinstance(value, Unknown):
            return value
        if value is None or isinstance(value, Undefined):
            return None
        if isinstance(segment, int) and isinstance(value, Sequence) and not isinstance(value, str):
            return value[segment] if -len(value) <= segment < len(value) else None
        if isinstance(value, Mapping) and not isinstance(value, dict):  # forloop
            return value.get(segment, MISSING)
        member = self.values.member(value, str(segment)) if isinstance(value, dict) else MISSING
        if member is MISSING and segment in _PROPERTIES and isinstance(value, dict | str | Sequence):
            return self._property(value, segment)
        return member

    @staticmethod
    def _property(value: Json, name: object) -> Json:
        if name == "size":
            return len(value)
        if isinstance(value, str):
            return MISSING
        if isinstance(value, dict):
            return next(iter(value.items()), None) if name == "first" else None
        return (value[0] if name == "first" else value[-1]) if value else None


def _written(path: list[object]) -> str:
    """A path as a template writes it."""
    first, *rest = (segment.name if isinstance(segment, Unknown) else segment for segment in path)
    return str(first) + "".join(
        f"[{segment}]" if isinstance(segment, int) else f".{segment}" for segment in rest
    )
