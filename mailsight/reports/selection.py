"""A campaign's selection criteria as plain sentences for marketers, nested like the criteria."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailsight.figures import formats

_GROUPS = {"all": "All of these are true", "any": "At least one of these is true", "not": "This is not true"}
_NONE_OF = "None of these is true"
_WORDS = {
    "=": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
    "in": "is one of",
    "not in": "is not one of",
    "contains": "contains",
    "starts with": "starts with",
    "between": "is between",
    "within last (days)": "is within the last",
    "is empty": "is empty",
    "is not empty": "is filled in",
}
_WITHOUT_VALUE = {"is empty", "is not empty"}
_JOINS = {"in": " or ", "not in": " or ", "between": " and "}
_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Criterion:
    """One sentence: a heading with `parts` below it, or a field, a comparison (`text`) and a value."""

    text: str
    field: str = ""
    value: str = ""
    parts: tuple["Criterion", ...] = ()


def read(selection: object) -> Criterion | None:
    """Return the selection as sentences, or None if it is empty.

    Accepts JSON as text or as objects. Plain text, and anything that is not a known criterion, is returned unchanged.
    """
    if isinstance(selection, str):
        selection = _from_text(selection)
    if selection is None or selection in ("", {}, []):
        return None
    return _criterion(selection, 0)


def _from_text(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _criterion(node: object, depth: int) -> Criterion:
    if depth < _MAX_DEPTH:
        if isinstance(node, Sequence) and not isinstance(node, str):
            return _group("all", node, depth)
        if isinstance(node, Mapping):
            for key in _GROUPS:
                if set(node) == {key}:
                    return _group(key, node[key], depth)
            if isinstance(node.get("field"), str) and isinstance(node.get("op"), str):
                return _condition(node)
    return Criterion(node if isinstance(node, str) else json.dumps(node, ensure_ascii=False, default=str))


def _group(key: str, members: object, depth: int) -> Criterion:
    if isinstance(members, Mapping | str) or not isinstance(members, Sequence):
        members = (members,)
    parts = tuple(_criterion(member, depth + 1) for member in members)
    if key == "not" and len(parts) > 1:
        return Criterion(_NONE_OF, parts=parts)
    if not parts:
        return Criterion("No conditions: all customers" if key != "any" else "No conditions given")
    # "all" or "any" of a single criterion is that criterion.
    return parts[0] if key != "not" and len(parts) == 1 else Criterion(_GROUPS[key], parts=parts)


def _condition(node: Mapping[str, Any]) -> Criterion:
    op = " ".join(node["op"].lower().split())
    op = "within last (days)" if op in ("within last", "within last days") else op
    field = _name(node["field"])
    if op in _WITHOUT_VALUE:
        return Criterion(_WORDS[op], field)
    value = node.get("value")
    if isinstance(value, bool) and op in ("=", "!="):
        return Criterion("is yes" if value == (op == "=") else "is no", field)
    if op == "within last (days)":
        # "Created is within the last 30 days", not "Created at is".
        days = formats.count(value) if isinstance(value, int) else _value(value)
        return Criterion(_WORDS[op], re.sub(" (at|on)$", "", field), "day" if value == 1 else f"{days} days")
    # Show an unknown operator as it is rather than hide it.
    return Criterion(_WORDS.get(op, node["op"]), field, _values(value, _JOINS.get(op, ", ")))


def _name(field: str) -> str:
    """Turn a field name into words: "last_booking.country" -> "Last booking country"."""
    words = " ".join(field.replace("_", " ").replace(".", " ").split())
    return words[:1].upper() + words[1:] or "?"


def _values(value: object, join: str) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        words = [_value(member) for member in value]
        return formats.listed(words, join) if words else "nothing"
    return _value(value)


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return formats.value(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
