"""Avro files, as Braze Currents writes them, are loaded as JSON is; damage costs only what it hits."""

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import fastavro
import pytest

from mailsight.errors import UnreadableFile
from mailsight.loading import avro_files, normalizing, recognition, unpacking
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
