"""The values that merge fields are filled with: nested JSON, looked up by the names that templates use."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

#: What a JSON document may hold: None, bool, int, float, str, lists and objects.
Json = Any


class Missing:
    """The type of `MISSING`."""

    def __bool__(self) -> bool:
        return False


#: No value is known, in contrast to None: a value that is known to be empty.
MISSING: Final = Missing()

#: The name of the time of sending among the values, in ISO 8601: what templates call "now". `lookup` doesn't find it.
NOW: Final = "$now"

MAX_DEPTH = 50
_SEPARATORS = re.compile(r"[\W_]+")


class Values(Mapping[str, Json]):
    """A customer's values by name. As a mapping, it holds them by the names that they were loaded with.

    `lookup` also finds what a template names in another way: with a prefix (`contact.email`), in another case
    (`EMAIL`), or with other separators (`First name`, `first_name`, `FirstName`). It never takes one name for another
    word: `fname` is not `first_name`, except where a language says so.
    """

    def __init__(self, values: Mapping[str, Json]) -> None:
        self._values = values
        self._by_key = _by_key(values)

    def __getitem__(self, name: str) -> Json:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def now(self) -> datetime | None:
        """The time of sending, if it is known."""
        text = self._values.get(NOW)
        try:
            time = datetime.fromisoformat(text) if isinstance(text, str) else None
        except ValueError:
            return None
        return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time

    def lookup(self, *path: str) -> Json | Missing:
        """The value at a path of names, such as "customer", "address", "city"; `MISSING` if none is known.

        Tried in this order: the whole path, the path as one name with dots, the path without its first names.
        """
        for start in range(len(path)):
            rest = path[start:]
            value = _at(self._values, self._by_key, rest)
            if value is MISSING:
                value = member(self._values, ".".join(rest), self._by_key)
            if value is not MISSING:
                return value
        return MISSING


def member(value: Json, name: str, by_key: Mapping[str, str] | None = None) -> Json | Missing:
    """A member of an object by its name, in any case and with any separators, or of a list by its position."""
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        name = (_by_key(value) if by_key is None else by_key).get(key(name), "")
        return value.get(name, MISSING)
    if isinstance(value, Sequence) and not isinstance(value, str) and name.isascii() and name.isdigit():
        position = int(name[:9])
        return value[position] if position < len(value) else MISSING
    return MISSING


def key(name: str) -> str:
    """What two ways to write a name have in common: its letters and digits in lower case."""
    return _SEPARATORS.sub("", name).casefold()


def _by_key(values: Mapping[str, Json]) -> dict[str, str]:
    """The names by their keys. Of two with the same key, the first counts."""
    names: dict[str, str] = {}
    for name in values:
        if name != NOW:
            names.setdefault(key(name), name)
    return names


def _at(values: Json, by_key: Mapping[str, str], path: Sequence[str]) -> Json | Missing:
    value = member(values, path[0], by_key)
    for name in path[1:MAX_DEPTH]:
        value = member(value, name)
    return value
