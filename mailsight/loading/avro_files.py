"""Avro files, such as those of Braze Currents, as lines of JSON."""

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import BinaryIO

from mailsight.errors import UnreadableFile

MAGIC = b"Obj\x01"
# The name of a record's type, which is beside its fields: Avro has it once, in the file's schema.
SCHEMA = "avro_schema"


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The records as lines of JSON, without fields that are null. Raises ValueError, EOFError and `UnreadableFile`."""
    fastavro = _fastavro()
    try:
        records = fastavro.reader(file)
        name = _name(records.writer_schema)
        for record in records:
            known = record if isinstance(record, dict) else {"value": record}
            filled = {key: value for key, value in known.items() if value is not None}
            yield (
                json.dumps({SCHEMA: name, **filled}, ensure_ascii=False, default=str).encode(
                    "utf-8", "replace"
                )
                + b"\n"
            )
    except (EOFError, MemoryError):
        raise
    except Exception as error:  # a damaged file can break the reader in any way
        raise ValueError(f"not Avro as it should be: {type(error).__name__}: {error}"[:300]) from error


def schema_of(file: BinaryIO) -> dict[str, object]:
    """A record without values: the name of its type, and its fields. Reads only the file's header; {} if it is bad."""
    try:
        schema = _fastavro().reader(file).writer_schema
        return {SCHEMA: _name(schema)} | dict.fromkeys(str(field["name"]) for field in schema["fields"])
    except Exception:  # noqa: BLE001  # a damaged file can break the reader in any way
        return {}


def _name(schema: object) -> str:
    return str(schema.get("name", "")) if isinstance(schema, Mapping) else str(schema)


def _fastavro() -> ModuleType:
    try:
        return import_module("fastavro")
    except ImportError as error:
        raise UnreadableFile(
            "To read Avro files, Mailsight needs the Python package fastavro.",
            next_step='Install it with `pip install "mailsight[import]"`.',
        ) from error
