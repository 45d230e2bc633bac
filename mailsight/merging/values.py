"""The values that merge fields are filled with: nested JSON, looked up by the names that templates use."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from .limits import Budget

#: What a JSON document may hold: None, bool, int, float, str, lists and objects.
Json = Any


class Missing:
    """The type of `MISSING`."""

    def __bool__(self) -> bool:
        return False


#: No value is known, in contrast to None: a value that is known to be empty.
MISSING: Final = Missing()

MAX_DEPTH = 50
#: What senders write before the names of a customer's own values, as keys.
PREFIXES = frozenset(
    (
        *("contact", "customer", "lead", "member", "people", "person", "profile", "recipient", "subscriber"),
        *("user", "attribs", "attributes", "customattribute", "customfields", "field", "fields"),
        *("mergefields", "properties", "data", "dynamictemplatedata", "params", "substitutiondata"),
        *("traits", "tx", "var", "variables", "vars"),
    )
)
_SEPARATORS = re.compile(r"[\W_]+")


class Values(Mapping[str, Json]):
    """A customer's values by name. As a mapping, it holds them by the names that they were loaded with.

    `lookup` also finds what a template names in another way: with a prefix (`contact.email`), in another case
    (`EMAIL`), or with other separators (`First name`, `first_name`, `FirstName`). It never takes one name for another
    word: `fname` is not `first_name`, except where a language says so.

    `sent_at`: when the e-mail was sent. `mail`: its subject and preheader, as far as they are known. `budget`: what it
    may still cost to fill them in.
    """

    def __init__(
        self,
        values: Mapping[str, Json],
        *,
        sent_at: datetime | None = None,
        mail: Mapping[str, str] = MappingProxyType({}),
        budget: Budget | None = None,
    ) -> None:
        self.budget = budget or Budget()
        self.sent_at = sent_at
        self.mail = mail
        self._values = values
        # The names of each object by their keys, by the object's id. The object is kept so that its id stays its own.
        self._names: dict[int, tuple[Json, Mapping[str, str]]] = {}

    def __getitem__(self, name: str) -> Json:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def lookup(self, *path: str) -> Json | Missing:
        """The value at a path of names, such as "customer", "address", "city"; `MISSING` if none is known.

        Tried in this order: the whole path, the path as one name with dots, and the same without the first names that
        only say that it is the customer's: `contact.email` is `email`, but `shop.name` is not `name`.
        """
        for start in range(len(path) if len(path) <= MAX_DEPTH else 0):
            if start and key(path[start - 1]) not in PREFIXES:
                break
            rest = path[start:]
            value: Json | Missing = self._values
            for name in rest:
                value = self.member(value, name)
            if value is MISSING:
                value = self.member(self._values, ".".join(rest))
            if value is not MISSING:
                return value
        return MISSING

    def value_at(self, *path: str) -> Json | Missing:
        """Like `lookup`, but what is within null, or after the last item of a list, is null too."""
        value = self.lookup(*path)
        return None if value is MISSING and self.is_within_null(*path) else value

    def is_within_null(self, *path: str) -> bool:
        """Whether the path leads into null, or behind a list, so that its value is known not to exist."""
        return any(
            is_nothing(self.lookup(*path[:end]), path[end]) for end in range(1, min(len(path), MAX_DEPTH))
        )

    def inner(self, value: Json | Missing, names: Iterable[str]) -> Json | Missing:
        """What names lead to from a value. What is within null, or after the last item of a list, is null too."""
        for name in names:
            value = None if is_nothing(value, name) else self.member(value, name)
        return value

    def member(self, value: Json | Missing, name: str) -> Json | Missing:
        """Like the function `member`, but reads the names of each object only once."""
        if not isinstance(value, Mapping) or name in value:
            return member(value, name)
        if id(value) not in self._names:
            self._names[id(value)] = value, _by_key(value)
        return value.get(self._names[id(value)][1].get(key(name)), MISSING)


def member(value: Json | Missing, name: str) -> Json | Missing:
    """A member of an object by its name, in any case and with any separators, or of a list by its position."""
    if isinstance(value, Mapping):
        return value[name] if name in value else value.get(_by_key(value).get(key(name)), MISSING)
    if isinstance(value, Sequence) and not isinstance(value, str) and name.isascii() and name.isdigit():
        position = int(name[:9])
        return value[position] if position < len(value) else MISSING
    return MISSING


def is_nothing(value: Json | Missing, name: str) -> bool:
    """Whether a value is known not to have what the name asks for: null has nothing, and lists have no more items."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return name.isascii() and name.isdigit() and int(name[:9]) >= len(value)
    return value is None


def as_text(value: Json | Missing) -> str | None:
    """A value as text, or None if it has none: a list, an object, or no value at all."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
    return None


def key(name: str) -> str:
    """What two ways to write a name have in common: its letters and digits in lower case."""
    return _SEPARATORS.sub("", name).casefold()


def _by_key(values: Mapping[str, Json]) -> dict[str, str]:
    """The names by their keys. Of two with the same key, the first counts."""
    names: dict[str, str] = {}
    for name in values:
        names.setdefault(key(name), name)
    return names
