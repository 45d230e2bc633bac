"""Links whose whole address is a field, such as `{{ item.url }}`: found by the values sent with the message."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from .link_fields import MARK, marked
from .links import Link, Matcher, shared
from .values import clean_address

#: How addresses that may be fields begin: an expression that RE2 can read.
FIELD_ADDRESS = r"^\s*(?:[{%*\[<$@:~-]|#[#{p]|https?://\{\{)"
MAX_DEPTH = 20
MAX_VALUES = 1_000
_NAME = re.compile(r"\"[^\"]*+\"|'[^']*+'|(?P<name>[^\W\d]\w*+(?:\.\w++)*+)")
_URL = re.compile(r"\s*+(?:https?:)?//", re.IGNORECASE)


def field_names(address: str) -> tuple[str, ...]:
    """The names of a field that is a whole address: "item" and "url" of `{{ item.url | escape }}`. () if it is none."""
    address = clean_address(address)
    if marked(re.sub(r"^https?://(?=\{\{)", "", address)).strip() != MARK:
        return ()
    field = address if "*|" in address else address.partition("|")[0]
    names = [name["name"] for name in _NAME.finditer(field) if name["name"]]
    return tuple(name for name in names[-1].split(".") if not name.isdigit()) if names else ()


class FieldLinks:
    """The links of a mail whose whole addresses are fields."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._first = shared(links)
        self._names = {link.link_position: names for link in links if (names := field_names(link.url))}

    def position(self, url: str, values: Mapping[str, Any]) -> int | None:
        """The link that these values of a message fill with a clicked URL, or None if that isn't certain.

        A loop's variable has a name of its own, so the last name of the value's path counts, and those before it only
        if several links have it.
        """
        sent = list(islice(_urls(values, (), 0), MAX_VALUES))
        value = Matcher([Link(place, text, "") for place, (_, text) in enumerate(sent)]).position(url)
        if value is None:
            return None
        path = sent[value][0]
        alike = {place: _common_end(path, names) for place, names in self._names.items()}
        most = max(alike.values(), default=0)
        best = {self._first[place] for place, count in alike.items() if count == most}
        return best.pop() if most and len(best) == 1 else None


def _urls(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """The URLs among values, each with the names that lead to it."""
    if isinstance(value, str):
        if _URL.match(value):
            yield path, value.strip()
    elif depth < MAX_DEPTH and isinstance(value, Mapping):
        for name, part in value.items():
            yield from _urls(part, (*path, *str(name).split(".")), depth + 1)
    elif depth < MAX_DEPTH and isinstance(value, list):
        for part in value:
            yield from _urls(part, path, depth + 1)


def _common_end(path: Sequence[str], names: Sequence[str]) -> int:
    """How many of the last names are the same."""
    count = 0
    for last, other in zip(reversed(path), reversed(names), strict=False):
        if _key(last) != _key(other):
            break
        count += 1
    return count


def _key(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()
