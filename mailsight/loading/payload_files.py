"""Files of provider payloads: unpacks them and reads them as captured requests or plain payloads."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mailsight.errors import UnreadableFile
from mailsight.providers.events import Request
from mailsight.providers.payload import parsed
from mailsight.providers.reading import unpacked, value_of_request
from mailsight.providers.record import Provider

from . import file_checks, json_files, unpacking
from .json_files import BadRecord, Value

_UNSUPPORTED = {b"PK\x03\x04": "a ZIP archive", b"PAR1": "Parquet"}


@dataclass(frozen=True, slots=True)
class ProviderFile:
    """A file ready to be read: its name as users see it, the unpacked file, and what went wrong while unpacking it."""

    name: str
    path: Path
    problem: str | None = None


def unpack(path: Path, folder: Path, max_bytes: int | None = None) -> ProviderFile:
    """Unpacks a file into `folder`, as `unpacking.unpack` does. Raises `UnreadableFile`."""
    if problem := file_checks.problem(path):
        raise UnreadableFile(f"{path} {problem}.", next_step="")
    unpacked = unpacking.unpack(path, folder, max_bytes)
    with unpacked.path.open("rb") as file:
        start = file.read(4)
    if start in _UNSUPPORTED:
        raise UnreadableFile(f"{path.name} is {_UNSUPPORTED[start]}, not JSON.")
    return ProviderFile(path.name, unpacked.path, unpacked.problem)


def records(file: ProviderFile) -> Iterator[Value | BadRecord]:
    """Every JSON value of the file: line by line if the first line is one, otherwise wherever they start."""
    by_line = isinstance(next(json_files.lines(file.path), None), Value)
    last_line = 0
    for record in (json_files.lines if by_line else json_files.values)(file.path):
        last_line = record.line
        yield record
    if file.problem:
        yield BadRecord(last_line or 1, file.problem, "")
    elif not last_line and file.path.stat().st_size:
        yield BadRecord(1, "there is no JSON in it", "")


def line_numbers(file: ProviderFile, ordinals: set[int], *, by_line: bool) -> dict[int, int]:
    """The lines of the values with the given ordinals (from 1) in a valid file; `by_line`: one value per line."""
    if not ordinals:
        return {}
    if by_line:
        with file.path.open("rb") as raw:
            filled = (line for line, text in enumerate(raw, start=1) if text.strip())
            return {ordinal: line for ordinal, line in enumerate(filled, start=1) if ordinal in ordinals}
    numbered = enumerate(json_files.values(file.path), start=1)
    return {ordinal: record.line for ordinal, record in numbered if ordinal in ordinals}


def holds_requests(file: ProviderFile) -> bool | None:
    """Whether a file holds captured requests, not plain payloads, by its first line; None if all lines are blank."""
    first = next(json_files.lines(file.path), None)
    return None if first is None else isinstance(first, Value) and _is_request(first.value)


def _is_request(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _body(value) is not None
        and ("content_type" in value or "headers" in value)
    )


def _body(value: Mapping[str, object]) -> object:
    return value.get("body", value.get("raw"))


def request(value: object) -> Request:
    """Parses a captured request: `{"content_type", "headers", "body"}`. A binary body is Base64-encoded.

    Raises ValueError, with a message for the user, if it is not one.
    """
    captured = value if isinstance(value, dict) else {}
    body, headers = _body(captured), captured.get("headers") or {}
    if not (isinstance(body, str) and isinstance(headers, dict)):
        raise ValueError("not a captured request: it has no body, or its headers are not an object")  # noqa: TRY004
    texts = {str(name): str(text) for name, text in headers.items()}
    kind = captured.get("content_type") or _header(texts, "content-type") or "application/json"
    encoding = captured.get("body_encoding") or captured.get("raw_encoding")
    try:
        raw = b64decode(body, validate=True) if encoding == "base64" else body.encode()
    except ValueError as error:
        raise ValueError("not a captured request: its body is no Base64") from error
    if json_files.has_too_many_parts(raw.decode("latin-1")):
        raise ValueError(json_files.TOO_MANY_PARTS)
    return Request(str(kind), texts, raw)


def items(sender: Provider, text: str) -> list[str]:
    """The JSON texts of the payloads in an array, as they were written, or in an envelope.

    Raises ValueError and RecursionError.
    """
    texts = json_files.items(text)
    return texts if len(texts) > 1 else _payloads(sender, parsed(text))


def items_of_request(sender: Provider, captured: Request) -> list[str]:
    """The JSON texts of the payloads in a captured request, which may be a form or JSON Lines.

    Raises ValueError, RecursionError and `NotThisProvider`.
    """
    if not captured.is_form:
        with suppress(ValueError):  # JSON Lines
            return items(sender, captured.body.decode())
    return _payloads(sender, value_of_request(sender, captured))


def _payloads(sender: Provider, value: object) -> list[str]:
    return [json.dumps(payload) for payload in unpacked(sender, value)]


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((text for known, text in headers.items() if known.lower() == name), None)
