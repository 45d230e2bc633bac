"""Avro files, such as those of Braze Currents, as lines of JSON.

Whatever the file says, a record takes little memory: `avro_shapes` limits how much JSON a byte can become with the
schema, and a block is only unpacked up to a limit.
"""

import bz2
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, BinaryIO

from mailsight.errors import UnreadableFile

from . import avro_shapes

MAGIC = b"Obj\x01"
# The name of a record's type, which is beside its fields: Avro has it once, in the file's schema.
SCHEMA = "avro_schema"
MAX_HEADER_BYTES = 2**17
# Most programs start a new block after 16 to 64 KB.
MAX_BLOCK_BYTES = 2**26
# About how long a record may be as JSON. In memory, its values take up to thirty times as much.
MAX_RECORD_TEXT = 2**24

_MAX_MEMORY_BYTES = 2**27  # `xz -9` needs 65 MB
_SYNC_BYTES = 16
_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "deflate": lambda: zlib.decompressobj(-zlib.MAX_WBITS),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(memlimit=_MAX_MEMORY_BYTES),
}


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The records as lines of JSON, without fields that are null. Raises ValueError, EOFError and `UnreadableFile`.

    No line is shorter than its record, so limiting what is written also limits what is read.
    """
    try:
        schema, codec = _header(file)
        name = _name(schema)
        max_bytes = MAX_RECORD_TEXT // avro_shapes.ratio(schema)
        for count, block in _blocks(file, codec):
            for record, size in _records(block, count, schema, max_bytes):
                known = record if isinstance(record, dict) else {"value": record}
                filled = {key: value for key, value in known.items() if value is not None}
                text = json.dumps({SCHEMA: name, **filled}, ensure_ascii=False, default=str)
                yield text.encode("utf-8", "replace").ljust(size) + b"\n"
    except (EOFError, MemoryError, UnreadableFile):
        raise
    except Exception as error:  # a damaged file can break the reader in any way
        raise ValueError(f"not Avro as it should be: {type(error).__name__}: {error}"[:300]) from error


def schema_of(file: BinaryIO) -> dict[str, object]:
    """A record without values: the name of its type, and its fields. Reads only the file's header; {} if it is bad."""
    try:
        schema, _ = _header(file)
        return {SCHEMA: _name(schema)} | dict.fromkeys(str(field["name"]) for field in schema["fields"])
    except Exception:  # noqa: BLE001  # a damaged file can break the reader in any way
        return {}


def _header(file: BinaryIO) -> tuple[Any, str]:
    """The schema and the name of the codec. Leaves the file at its first block."""
    fastavro = _fastavro()
    start = file.tell()
    header = io.BytesIO(file.read(MAX_HEADER_BYTES))
    reader = fastavro.reader(header)
    file.seek(start + header.tell())
    return fastavro.parse_schema(reader.writer_schema), reader.codec


def _blocks(file: BinaryIO, codec: str) -> Iterator[tuple[int, bytes]]:
    """The number of records in each block, and its content."""
    while (count := _number(file)) is not None:
        size = _number(file) or 0
        if not 0 <= size <= MAX_BLOCK_BYTES:
            raise ValueError("a block is too large")
        content = file.read(size)
        if len(content) < size or len(file.read(_SYNC_BYTES)) < _SYNC_BYTES:
            raise EOFError
        yield count, content if codec == "null" else _unpacked(content, codec)


def _unpacked(packed: bytes, codec: str) -> bytes:
    if codec not in _DECOMPRESSORS:
        raise ValueError(f"it is packed with {codec}")
    content: bytes = _DECOMPRESSORS[codec]().decompress(packed, MAX_BLOCK_BYTES + 1)
    if len(content) > MAX_BLOCK_BYTES:
        raise ValueError("a block unpacks to too much")
    return content


def _records(block: bytes, count: int, schema: Any, max_bytes: int) -> Iterator[tuple[Any, int]]:
    """The records of a block, each with the number of bytes that it takes. Raises ValueError if one takes too many."""
    read = _fastavro().schemaless_reader
    start, window = 0, io.BytesIO(block[:max_bytes])
    for _ in range(count):
        place = window.tell()
        try:
            record = read(window, schema, None)
        except EOFError:
            start += place
            window, place = io.BytesIO(block[start : start + max_bytes]), 0
            try:
                record = read(window, schema, None)
            except EOFError:
                if start + max_bytes < len(block):
                    raise ValueError("a record is too large") from None
                raise
        yield record, window.tell() - place


def _number(file: BinaryIO) -> int | None:
    """The next number, which has seven bits in each byte; None at the end of the file."""
    number = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            if shift:
                raise EOFError
            return None
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (number >> 1) ^ -(number & 1)
    raise ValueError("a number is too long")


def _name(schema: object) -> str:
    """The name of a record's type, or of a simple type; "" for other types, whose schema may be long."""
    name = schema.get("name", "") if isinstance(schema, Mapping) else schema
    return name if isinstance(name, str) else ""


def _fastavro() -> ModuleType:
    try:
        return import_module("fastavro")
    except ImportError as error:
        raise UnreadableFile(
            "To read Avro files, Mailsight needs the Python package fastavro.",
            next_step='Install it with `pip install "mailsight[import]"`.',
        ) from error
