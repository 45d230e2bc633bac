"""Lists in the order of their items' fields, and in groups, as Iterable's blocks show them."""

import json
from typing import Any

from mailsight.merging import javascript
from mailsight.merging.comparing import number
from mailsight.merging.failures import EvaluationFailed
from mailsight.merging.javascript import is_list
from mailsight.merging.values import MISSING, Json, member

_MAX_FIELDS = 20
# As many as Iterable groups.
_MAX_GROUPED = 100


class GroupKey(str):
    """What the items of a group have in common. Its own name leads to it too."""

    field: str = ""


def sorted_by(items: Json, fields: str, order: str) -> list[Json]:
    """The items of a list in the order of their fields. Raises `EvaluationFailed` if they have none."""
    if not is_list(items) or order not in ("asc", "desc"):
        raise EvaluationFailed
    columns = [[_at(item, field) for item in items] for field in _fields(fields)]
    keys = [_ordered(column) for column in columns]
    order_of = sorted(range(len(items)), key=lambda at: [key[at] for key in keys], reverse=order == "desc")
    return [items[at] for at in order_of]


def grouped_by(items: Json, fields: str) -> list[Json]:
    """The first items of a list in groups, in the order of their first items: Iterable's `{{#groupBy}}`."""
    if not is_list(items):
        raise EvaluationFailed
    names = _fields(fields)
    groups: dict[str, dict[str, Json]] = {}
    for item in items[:_MAX_GROUPED]:
        values = [_at(item, name) for name in names]
        texts = [json.dumps(value, sort_keys=True, default=str) for value in values]
        key: Json = {name.rpartition(".")[2]: value for name, value in zip(names, values, strict=True)}
        if len(names) == 1:
            key = GroupKey(javascript.text(values[0]))
            key.field = names[0].rpartition(".")[2]
        group = groups.setdefault(json.dumps(texts), {"key": key, "items": [], "count": 0})
        group["items"].append(item)
        group["count"] += 1
    return list(groups.values())


def extreme_of(items: Json, field: str, *, is_largest: bool) -> Json:
    """The first item of a list with the smallest or largest value; None if the list is empty."""
    if not is_list(items):
        raise EvaluationFailed
    values = _ordered([_at(item, field) for item in items])
    choose = max if is_largest else min
    return items[choose(range(len(items)), key=values.__getitem__)] if items else None


def _fields(names: str) -> list[str]:
    fields = [name.strip() for name in names.split(",")]
    if not all(fields) or len(fields) > _MAX_FIELDS:
        raise EvaluationFailed
    return fields


def _at(item: Json, path: str) -> Json:
    for name in path.split("."):
        item = member(item, name)
    if item is MISSING or item is None:
        raise EvaluationFailed
    return item


def _ordered(values: list[Json]) -> list[Any]:
    """Numbers by their size, everything else as texts."""
    numbers = [number(value) for value in values]
    return [javascript.text(value) for value in values] if None in numbers else numbers
