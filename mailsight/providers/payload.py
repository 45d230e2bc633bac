"""Reads values from a payload by their paths, as text or as times.

A path such as `Geo.IP` consists of keys. A number is an index into a list, and `*` is the only value of an object.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime


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


def moment(value: object) -> datetime | None:
    """Parses ISO 8601 (UTC by default), or seconds or milliseconds since 1970. None for anything else."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) > 1e11 else seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        return aware(datetime.fromisoformat(str(value)))
    except ValueError:
        return None


def aware(time: datetime) -> datetime | None:
    """The time in UTC; None if that is out of datetime's range."""
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return None
