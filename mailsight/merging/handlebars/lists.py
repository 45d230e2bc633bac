"""Lists in the order of their items' fields, and in groups, as Iterable's blocks show them.

A field has a text, a number or a truth value in every item; otherwise, the functions raise `EvaluationFailed`.
"""

from datetime import datetime

from mailsight.merging import javascript
from mailsight.merging.comparing import number
from mailsight.merging.failures import EvaluationFailed
from mailsight.merging.javascript import Member, is_list
from mailsight.merging.values import Json

from . import dates

_MAX_FIELDS = 20
_MAX_TEXT = 1_000
# As many as Iterable groups.
_MAX_GROUPED = 100


class GroupKey(str):
    """What the items of a group have in common. Its own name leads to it too."""

    field: str = ""


def sorted_by(items: Json, fields: str, order: str, member: Member) -> list[Json]:
    """The items of a list in the order of their fields."""
    if not is_list(items) or order not in ("asc", "desc"):
        raise EvaluationFailed
    keys = [_ordered([_at(item, field, member) for item in items]) for field in _fields(fields)]
    order_of = sorted(range(len(items)), key=lambda at: [key[at] for key in keys], reverse=order == "desc")
    return [items[at] for at in order_of]


def grouped_by(items: Json, fields: str, member: Member) -> list[Json]:
    """The first items of a list in groups, in the order of their first items."""
    if not is_list(items):
        raise EvaluationFailed
    names = _fields(fields)
    groups: dict[tuple[str, ...], dict[str, Json]] = {}
    for item in items[:_MAX_GROUPED]:
        values = {name.rpartition(".")[2]: _at(item, name, member) for name in names}
        key: Json = values
        if len(names) == 1:
            [(field, value)] = values.items()
            key = GroupKey(javascript.text(value))
            key.field = field
        same = tuple(map(javascript.text, values.values()))
        group = groups.setdefault(same, {"key": key, "items": [], "count": 0})
        group["items"].append(item)
        group["count"] += 1
    return list(groups.values())


def extreme_of(items: Json, field: str, member: Member, *, is_largest: bool) -> Json:
    """The first item of a list with the smallest or largest value; None if the list is empty."""
    if not is_list(items):
        raise EvaluationFailed
    values = _ordered([_at(item, field, member) for item in items])
    choose = max if is_largest else min
    return items[choose(range(len(items)), key=values.__getitem__)] if items else None


def _fields(names: str) -> list[str]:
    fields = [name.strip() for name in names.split(",")]
    if not all(fields) or len(fields) > _MAX_FIELDS:
        raise EvaluationFailed
    return fields


def _at(item: Json, path: str, member: Member) -> Json:
    for name in path.split("."):
        item = member(item, name)
    if not isinstance(item, str | int | float) or len(str(item)) > _MAX_TEXT:
        raise EvaluationFailed
    return item


def _ordered(values: list[Json]) -> list[float] | list[datetime] | list[str]:
    """Numbers by their size, dates by their time, everything else as texts."""
    numbers = [size for value in values if (size := number(value)) is not None]
    if len(numbers) == len(values):
        return numbers
    try:
        return [dates.read(value) for value in values]
    except ValueError:
        return [javascript.text(value) for value in values]
