"""Avro files, as Braze Currents writes them, are loaded as JSON is; damage costs only what it hits."""

import bz2
import gzip
import io
import json
import lzma
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
import pytest

from mailsight.errors import UnreadableFile
from mailsight.loading import avro_files, avro_shapes, normalizing, recognition, unpacking
from mailsight.providers.registry import PROVIDERS

OPEN = {
    "type": "record",
    "name": "Open",
    "namespace": "dataexport.S3.inner.users.messages.email",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "user_id", "type": "string"},
        {"name": "time", "type": "int"},
        {"name": "email_address", "type": "string"},
        {"name": "campaign_id", "type": ["null", "string"], "default": None},
        {"name": "machine_open", "type": ["null", "string"], "default": None},
    ],
}


def an_open(number: int, **more: object) -> dict[str, object]:
    fields = {
        "id": f"e{number}",
        "user_id": f"b{number}",
        "time": 1776160800,
        "email_address": "ann@example.com",
    }
    return fields | more


OPENS = [an_open(1, campaign_id="spring", machine_open="true"), an_open(2, campaign_id="spring"), an_open(3)]


def avro(*, codec: str = "null", records: list[dict[str, object]] = OPENS) -> bytes:
    file = io.BytesIO()
    # A block for each record.
    fastavro.writer(file, OPEN, records, codec=codec, sync_interval=1)
    return file.getvalue()


def read(path: Path) -> list[dict[str, Any]]:
    """The events of a file of Braze."""
    return [json.loads(line) for line in normalizing.normalize("braze", [path]) if isinstance(line, str)]


@pytest.mark.parametrize(
    "content",
    [avro(), avro(codec="deflate"), avro(codec="bzip2"), gzip.compress(avro())],
    ids=["plain", "deflate", "bzip2", "within gzip"],
)
def test_the_events_of_an_avro_file_are_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "part-0.avro"
    path.write_bytes(content)
    first, second, third = read(path)
    assert (first["type"], first["event_id"], first["campaign_id"]) == ("opened", "e1", "spring")
    assert (first["provider_machine"], second["provider_machine"]) == (True, None)
    assert (third["customer_id"], third["campaign_id"]) == ("b3", None)
    assert [provider.name for provider in recognition.providers_of([io.BytesIO(content)])] == ["braze"]


def test_a_folder_of_avro_files_is_read_whole(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"{number}.avro").write_bytes(avro(records=[an_open(number)]))
    assert sorted(event["event_id"] for event in read(tmp_path)) == ["e0", "e1"]


def test_a_damaged_file_keeps_what_came_before_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "part.avro"
    whole = avro()
    lengths = set()
    for end in range(len(whole) - 1, 4, -7):
        path.write_bytes(whole[:end])
        lengths.add(len(read(path)))
        refused = [line for line in normalizing.normalize("braze", [path]) if not isinstance(line, str)]
        assert len(refused) == 1
    assert {0, 1, 2} <= lengths


def test_a_file_with_another_schema_is_refused_record_by_record(tmp_path: Path) -> None:
    file = io.BytesIO()
    fastavro.writer(file, "string", ["a", "b"])
    path = tmp_path / "texts.avro"
    path.write_bytes(file.getvalue())
    refused = list(normalizing.normalize("braze", [path]))
    assert len(refused) == 2
    assert not any(isinstance(line, str) for line in refused)
    assert recognition.providers_of([io.BytesIO(file.getvalue())]) == []


def test_an_avro_file_may_not_unpack_without_end(tmp_path: Path) -> None:
    path = tmp_path / "part.avro"
    path.write_bytes(avro())
    with pytest.raises(UnreadableFile, match="unpacks to more than"):
        unpacking.unpack(path, tmp_path, max_bytes=100)


def test_without_the_library_the_reason_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "part.avro"
    path.write_bytes(avro())
    monkeypatch.setitem(sys.modules, "fastavro", None)
    with pytest.raises(UnreadableFile, match="fastavro") as raised:
        unpacking.unpack(path, tmp_path)
    assert "mailsight[import]" in str(raised.value.next_step)
    assert avro_files.schema_of(io.BytesIO(avro())) == {}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("users.messages.email.Click.json", "clicked"),
        ("users.messages.email.SoftBounce.2026-04.ndjson", "bounced"),
        ("users.messages.sms.Send.json", None),
        ("part-0.json", None),
    ],
)
def test_a_json_file_of_one_type_is_named_after_it(tmp_path: Path, name: str, kind: str | None) -> None:
    path = tmp_path / name
    path.write_text(json.dumps(an_open(1)), encoding="utf-8")
    assert [event["type"] for event in read(path)] == ([kind] if kind else [])


def test_no_name_of_a_file_breaks_a_reader() -> None:
    for provider in PROVIDERS.values():
        odd: list[object] = [None, 5, [], {}, {"id": [], "time": {}, "user_id": None, "avro_schema": 5}]
        for payload in odd:
            provider.named(payload, "users." * 1_000)


def record(name: str, *types: object) -> dict[str, object]:
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": f"f{number}", "type": kind} for number, kind in enumerate(types)],
    }


def array(items: object) -> dict[str, object]:
    return {"type": "array", "items": items}


def number(value: int) -> bytes:
    """A number as Avro writes it."""
    rest, written = value << 1, bytearray()
    while rest >= 0x80:
        written.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*written, rest])


def deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": deflate,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


def one_block(schema: object, content: bytes, *, count: int = 1, codec: str = "null") -> bytes:
    metadata = {"avro.schema": json.dumps(schema), "avro.codec": codec}
    header = b"".join(
        number(len(text)) + text.encode() for pair in metadata.items() for text in pair if text.isascii()
    )
    packed = CODECS[codec](content)
    end = b"s" * 16
    return (
        avro_files.MAGIC
        + number(2)
        + header
        + b"\0"
        + end
        + number(count)
        + number(len(packed))
        + packed
        + end
    )


MANY = number(2**40)
# Files in which a few bytes stand for any number of values, or for values nested to any depth.
ENDLESS: dict[str, tuple[object, bytes, int]] = {
    "a list of nulls": (record("A", array("null")), MANY + b"\0", 1),
    "a list of empty records": (record("A", array(record("E"))), MANY + b"\0", 1),
    "a list of fixed of no bytes": (
        record("A", array({"type": "fixed", "name": "F", "size": 0})),
        MANY + b"\0",
        1,
    ),
    "nulls": ("null", b"", 2**40),
    "empty records": (record("E"), b"", 2**40),
    "records that double": (
        [record("L0"), *(record(f"L{n}", f"L{n - 1}", f"L{n - 1}") for n in range(1, 40))],
        number(39),
        1,
    ),
    "records in records": (
        [record("D0", "boolean"), *(record(f"D{n}", f"D{n - 1}") for n in range(1, 1_000))],
        number(999) + b"\1",
        1,
    ),
    "a record that contains itself": (record("N", ["null", "N"]), number(1) * 100_000 + b"\0", 1),
    "a list that contains itself": (record("N", array("N")), number(1) * 100_000 + b"\0", 1),
    "fields of nothing": (record("W", *["null"] * 2_000, "boolean"), b"\1" * 100_000, 100_000),
    "a long list of lists": (record("A", array(array("int"))), number(10**6) + b"\0" * (10**6 + 1), 1),
    "a long list of texts": (record("A", array("string")), number(10**6) + b"\0" * (10**6 + 1), 1),
    "a long list of records": (
        record("A", array(record("B", "boolean"))),
        number(10**6) + b"\1" * 10**6 + b"\0",
        1,
    ),
}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("kind", ENDLESS)
def test_a_file_that_could_grow_without_end_is_refused(kind: str, codec: str) -> None:
    schema, content, count = ENDLESS[kind]
    file = one_block(schema, content, count=count, codec=codec)
    with pytest.raises(ValueError, match="not Avro as it should be"):
        list(avro_files.lines(io.BytesIO(file)))


@pytest.mark.parametrize("codec", CODECS)
def test_a_block_may_not_unpack_without_end(monkeypatch: pytest.MonkeyPatch, codec: str) -> None:
    monkeypatch.setattr(avro_files, "MAX_BLOCK_BYTES", 2**20)
    file = one_block("boolean", bytes(2**20 + 1), count=2**20 + 1, codec=codec)
    with pytest.raises(ValueError, match="a block"):
        list(avro_files.lines(io.BytesIO(file)))


@pytest.mark.parametrize("codec", CODECS)
def test_records_across_the_windows_of_a_large_block_are_read(codec: str) -> None:
    texts = [chr(97 + number % 26) * (number % 5_000) for number in range(1_000)]
    written = io.BytesIO()
    fastavro.writer(
        written, record("A", "string"), [{"f0": text} for text in texts], codec, sync_interval=2**30
    )
    assert len(b"".join(map(str.encode, texts))) > avro_files.MAX_RECORD_TEXT // avro_shapes.ratio(
        record("A", "string")
    )
    lines = avro_files.lines(io.BytesIO(written.getvalue()))
    assert [json.loads(line)["f0"] for line in lines] == texts


def test_a_line_is_as_long_as_its_record_although_it_lacks_the_nulls() -> None:
    schema = record("A", *[["null", "int"]] * 500)
    file = one_block(schema, bytes(500) * 3, count=3)
    assert [len(line) for line in avro_files.lines(io.BytesIO(file))] == [501] * 3


@pytest.mark.parametrize(
    "schema",
    [
        OPEN,
        "string",
        record("A", array("int"), {"type": "map", "values": "null"}, ["null", record("E")]),
        record("A", {"type": "enum", "name": "C", "symbols": ["red", "blue"]}, "C"),
        record("A", {"type": "long", "logicalType": "timestamp-millis"}, {"type": "fixed", "name": "F", "size": 3}),
        record("A", array(record("B", "string", ["null", "double"]))),
        record("A", *[["null", "string"]] * 1_000),
    ],
    ids=["an event", "texts", "lists and maps", "an enum", "a time and bytes", "records in a list", "many fields"],
)  # fmt: skip
def test_ordinary_schemas_are_read(schema: str | dict[str, Any]) -> None:
    assert avro_shapes.ratio(fastavro.parse_schema(schema)) <= 100
