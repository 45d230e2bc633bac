"""How large the values of an Avro schema can grow: some take no bytes, so a small file could hold any number of them.

These are null, fixed values of no bytes, and records of nothing else. A list of such values is refused, and so is a
record that consists mostly of them. A type that contains itself is refused because reading it can overflow the stack.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

# How many characters of JSON a byte may become: a field may take a single byte, and its name is written out.
MAX_RATIO = 200
MAX_DEPTH = 50

_SIZES = {"null": 0, "boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1}
# Dates and other logical types are written out too.
_TEXT = 40


class _Shape(NamedTuple):
    """The fewest bytes that a value takes, the most characters of JSON they become, and how deep the value nests."""

    size: int
    text: int
    depth: int = 1


class _Shapes:
    """The shapes of a schema's types. `ratio` is the most characters that a byte of the types so far can become."""

    def __init__(self) -> None:
        self.ratio = 1
        self._named: dict[str, _Shape | None] = {}

    def of(self, schema: Any) -> _Shape:
        if isinstance(schema, list):
            branches = [self.repeated(branch, 1) for branch in schema]
            return _Shape(1, 0, 1 + max((each.depth for each in branches), default=0))
        if isinstance(schema, str):
            shape = _Shape(_SIZES[schema], _TEXT) if schema in _SIZES else self._named[schema]
            if shape is None:
                raise ValueError("a type contains itself")
            return shape
        kind, name = schema["type"], schema.get("name", "")
        if isinstance(kind, str) and kind in ("record", "error"):
            self._named[name] = None
        shape = self._defined(kind, schema)
        if shape.depth > MAX_DEPTH:
            raise ValueError("its types are nested too deeply")
        self._named[name] = shape
        return shape

    def repeated(self, schema: Any, more: int = 0) -> _Shape:
        """The shape of a type whose values may be repeated without end, with `more` bytes before each."""
        shape = self.of(schema)
        size = shape.size + more
        ratio = -(-shape.text // size) if size else MAX_RATIO + 1
        if ratio > MAX_RATIO:
            raise ValueError("its records or lists can become any length without taking up space")
        self.ratio = max(self.ratio, ratio)
        return shape

    def _defined(self, kind: Any, schema: Mapping[str, Any]) -> _Shape:
        match kind:
            case "record" | "error":
                fields = [self.of(field["type"]) for field in schema["fields"]]
                names = sum(len(json.dumps(field["name"])) + 4 for field in schema["fields"])
                return _Shape(
                    sum(field.size for field in fields),
                    2 + names + sum(field.text for field in fields),
                    1 + max((field.depth for field in fields), default=0),
                )
            case "array":
                return _Shape(1, 4, 1 + self.repeated(schema["items"]).depth)
            case "map":
                return _Shape(1, 4, 1 + self.repeated(schema["values"], 1).depth)
            case "enum":
                return _Shape(1, max(len(json.dumps(symbol)) for symbol in schema["symbols"]))
            case "fixed":
                return _Shape(schema["size"], _TEXT + 6 * schema["size"])
            case _:
                return self.of(kind)


def ratio(schema: Any) -> int:
    """The characters of JSON that a byte of a record can become, about. Raises ValueError if that has no limit."""
    shapes = _Shapes()
    shapes.repeated(schema)
    return shapes.ratio
