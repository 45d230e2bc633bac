"""Reads values from a payload by their paths, as text or as times.

A path such as `Geo.IP` consists of keys. A number is an index into a list, and `*` is the only value of an object.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

_1970 = datetime(1970, 1, 1, tzinfo=UTC)


def at(payload: object, path: str) -> object:
    """The value at a path, or None."""
    for step in path.split("."):
        match payload:
            case dict():
                payload = next(iter(payload.values()), None) if step == "*" else payload.get(step)
            case list():
                payload = payload[int(step)] if step.isdecimal() and int(step) < len(payload) else None
            case _:
                return None
    return payload


def json_path(path: str) -> str:
    """The path as DuckDB writes it. `*` can't be used."""
    return "$" + "".join(f"[{step}]" if step.isdecimal() else f'."{step}"' for step in path.split("."))


def without(payload: object, path: str) -> object:
    """The payload without the value at a path."""
    step, _, rest = path.partition(".")
    if not isinstance(payload, dict):
        return payload
    if step == "*":
        return {name: without(value, rest) for name, value in payload.items()}
    if rest and step in payload:
        return payload | {step: without(payload[step], rest)}
    return {name: value for name, value in payload.items() if name != step}


# What a payload looks like: keys with their shapes, a list of one shape, or `TEXT` for any value as text.
Shape = Mapping[str, Any] | Sequence[Any] | None
TEXT: Shape = None


def shaped(payload: object, shape: Shape) -> Any:
    """The payload with the values of a shape, as DuckDB's `from_json` reads it: what has another form is left out.

    Keys that the shape doesn't name are kept.
    """
    match shape:
        case Mapping():
            if not isinstance(payload, dict):
                return None
            known = {key: shaped(payload.get(key), part) for key, part in shape.items()}
            rest = {key: value for key, value in payload.items() if key not in shape}
            return {key: value for key, value in known.items() if value is not None} | rest
        case Sequence():
            return [shaped(item, shape[0]) for item in payload] if isinstance(payload, list) else None
    return payload if isinstance(payload, str) else text(payload)


def text(value: object) -> str | None:
    """A value as text; None if it is None or empty."""
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def texts(value: object) -> tuple[str, ...]:
    """A list of values, or a single value, as texts."""
    values = value if isinstance(value, list) else [value]
    return tuple(filled for value in values if (filled := text(value)))


def first(payload: object, paths: Iterable[str]) -> str | None:
    """The first value at one of these paths, as text."""
    return next((value for path in paths if (value := text(at(payload, path)))), None)


def first_time(payload: object, paths: Iterable[str]) -> datetime | None:
    """The first time at one of these paths."""
    return next((time for path in paths if (time := moment(at(payload, path)))), None)


def parsed(text: str | bytes) -> object:
    """Parses JSON. Raises ValueError and RecursionError."""
    return json.loads(text, object_pairs_hook=first_of_each, parse_constant=_refuse_constant)


def first_of_each(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """A JSON object, in which the first value counts if a key comes twice, as in DuckDB."""
    known = dict(pairs)
    return known if len(known) == len(pairs) else dict(reversed(pairs))


def _refuse_constant(constant: str) -> object:
    raise ValueError(f"{constant} is not valid JSON")


# Times between 1985 and 2200 as a number: how many of it make a second. A number that can't be one of these is no time.
_NUMBERS = (
    (5e8, 7.2582912e9, 1),
    (5e11, 7.2582912e12, 1e3),
    (5e14, 7.2582912e15, 1e6),
    (5e17, 7.2582912e18, 1e9),
)
# A spreadsheet counts days from 30 December 1899.
_DAY_1970, _DAY_1985, _DAY_2200 = 25569, 31048, 109575
_NUMBER = re.compile(r"[0-9]{1,19}(\.[0-9]*)?([Ee][+]?[0-9]{1,2})?")
_ISO = re.compile(
    r"([1-8][0-9]{3}-[0-9]{2}-[0-9]{2})([ T]((?:[01][0-9]|2[0-3]):[0-9]{2})((:[0-9]{2})(\.[0-9]{1,9})?)?"
    r"( ?(Z|UTC|GMT|[+-][01][0-9](:?[0-9]{2})?))?)?"
)


def moment(value: object) -> datetime | None:
    """A time in UTC: ISO 8601 (UTC by default), or a number. None for anything else. The twin of the macro `moment_of`.

    A number counts the seconds, milliseconds, microseconds or nanoseconds since 1970, or the days of a spreadsheet.
    """
    written = text(value) or ""
    if _NUMBER.fullmatch(written):
        return _moment_of_number(float(written))
    return _moment_of_iso(written)


def _moment_of_number(number: float) -> datetime | None:
    if _DAY_1985 <= number < _DAY_2200:
        return _1970 + timedelta(milliseconds=round((number - _DAY_1970) * 86_400_000))
    seconds = next((number / part for least, end, part in _NUMBERS if least <= number < end), None)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _moment_of_iso(written: str) -> datetime | None:
    match = _ISO.fullmatch(written)
    if match is None:
        return None
    day, _, minutes, _, seconds, fraction, _, zone, _ = match.groups()
    clock = f"{minutes or '00:00'}{seconds or ':00'}{(fraction or '')[:7]}"
    offset = f"{zone[:3]}:{zone[-2:] if len(zone) > 3 else '00'}" if zone and zone[0] in "+-" else "+00:00"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
