"""Provider files of every form give the same events; bad payloads are reported and stored, and the rest is loaded."""

import errno
import gzip
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from mailsight import settings
from mailsight.errors import DatabaseUnreadable, LoadRefused, UnknownCampaign, UnknownProvider, UnreadableFile
from mailsight.loading import (
    bundles,
    erased_requests,
    json_files,
    normalizing,
    payload_batches,
    payloads,
    segments,
)
from mailsight.loading.spool import Spool
from mailsight.reports import campaign
from mailsight.vocabulary import Audience
from mailsight.warehouse import opening
from mailsight.warehouse.draft import Draft
from mailsight.warehouse.reader import Warehouse
from tests.support import old_databases
from tests.support.kills import killer

Json = dict[str, Any]


def event(number: int, **more: object) -> Json:
    """A SendGrid event of the campaign "spring"."""
    fields = {
        "email": f"c{number}@example.com",
        "timestamp": 1_700_000_000 + number,
        "event": "open",
        "sg_event_id": f"e{number}",
        "sg_message_id": f"m{number}.filter",
        "category": ["spring"],
    }
    return fields | more


EVENTS = [event(number) for number in range(5)]


def lines(events: list[Json]) -> str:
    return "".join(json.dumps(event) + "\n" for event in events)


def captured(events: list[Json]) -> Json:
    return {"content_type": "application/json", "headers": {"X-A": "b"}, "body": json.dumps(events)}


FORMS: dict[str, bytes] = {
    "one per line": lines(EVENTS).encode(),
    "blank lines between": lines(EVENTS).replace("\n", "\n\n").encode(),
    "an array": json.dumps(EVENTS).encode(),
    "an array over lines": json.dumps(EVENTS, indent=2).encode(),
    "batches on lines": (json.dumps(EVENTS[:2]) + "\n" + json.dumps(EVENTS[2:]) + "\n").encode(),
    "batches without a separator": (json.dumps(EVENTS[:2]) + json.dumps(EVENTS[2:])).encode(),
    "without a last line end": lines(EVENTS).strip().encode(),
    "Windows line ends": lines(EVENTS).replace("\n", "\r\n").encode(),
    "a byte order mark": b"\xef\xbb\xbf" + lines(EVENTS).encode(),
    "UTF-16": lines(EVENTS).encode("utf-16"),
    "UTF-32": lines(EVENTS).encode("utf-32"),
    "gzip": gzip.compress(lines(EVENTS).encode()),
    "gzip in parts": gzip.compress(lines(EVENTS[:2]).encode()) + gzip.compress(lines(EVENTS[2:]).encode()),
    "zstd": zstandard.compress(lines(EVENTS).encode()),
    "zstd in parts": zstandard.compress(lines(EVENTS[:2]).encode())
    + zstandard.compress(lines(EVENTS[2:]).encode()),
    "captured requests": lines([captured(EVENTS[:2]), captured(EVENTS[2:])]).encode(),
    "twice": lines(EVENTS + EVENTS).encode(),
}


@pytest.fixture(autouse=True)
def none_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB reads small files too."""
    monkeypatch.setattr(payload_batches, "FEW_CHARACTERS", 0)
    monkeypatch.setattr(payloads, "SMALL_FILE_BYTES", 0)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "mailsight.duckdb"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(content: bytes | str, name: str = "dump.json") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def figures(database: Path, campaign_id: str = "spring") -> campaign.CampaignReport:
    return campaign.report(Warehouse(database).snapshot(), campaign_id, Audience.ALL)


def opens(database: Path, campaign_id: str = "spring") -> int:
    return figures(database, campaign_id).counts.opens


@pytest.mark.parametrize("form", FORMS)
def test_events_come_in_any_form(form: str, write: Callable[..., Path], database: Path) -> None:
    summary = payloads.ingest(database, "sendgrid", [write(FORMS[form])])
    assert summary.refusals == []
    assert summary.kinds[-1].new == 5
    assert opens(database) == 5
    assert not payloads.ingest(database, "sendgrid", [write(FORMS["an array"])]).changed


@pytest.mark.parametrize("form", ["one per line", "blank lines between", "batches on lines"])
def test_the_body_of_a_request_may_be_json_lines(form: str, tmp_path: Path, database: Path) -> None:
    spool = Spool(tmp_path / "lines.spool")
    spool.append("sendgrid", FORMS[form].decode(), content_type="application/jsonl")
    summary = payloads.ingest_spool(database, spool)
    assert summary is not None
    assert (summary.kinds[-1].new, summary.refusals) == (5, [])


@pytest.mark.parametrize("form", FORMS)
def test_normalizing_finds_the_same_events(form: str, write: Callable[..., Path]) -> None:
    rows = [json.loads(str(line)) for line in normalizing.normalize("sendgrid", [write(FORMS[form])])]
    assert {row["event_id"] for row in rows} == {event["sg_event_id"] for event in EVENTS}
    assert {row["recipient"] for row in rows} == {event["email"] for event in EVENTS}


def test_small_files_are_not_worth_planning_a_mapping(
    write: Callable[..., Path], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped: list[str] = []
    run = Draft.run

    def counted(work: Draft, query: str, /, **parameters: object) -> object:
        mapped.extend([query] * (query == "map_sendgrid"))
        return run(work, query, **parameters)

    monkeypatch.setattr(Draft, "run", counted)
    for few, small, times in ((2**15, 2**17, 0), (0, 2**17, 1), (0, 0, 3)):
        monkeypatch.setattr(payload_batches, "FEW_CHARACTERS", few)
        monkeypatch.setattr(payloads, "SMALL_FILE_BYTES", small)
        mapped.clear()
        paths = [write(lines([event(10 * times + number)]), f"{times}-{number}.json") for number in range(3)]
        assert payloads.ingest(database, "sendgrid", paths).kinds[-1].new == 3
        assert mapped == ["map_sendgrid"] * times
    assert opens(database) == 9


BAD = b'{"email": "x@example.com", "event"'
BROKEN: dict[str, tuple[bytes, int, list[str]]] = {
    "a truncated last line": (lines(EVENTS).encode() + BAD, 5, ["dump.json:6: not JSON"]),
    "a bad line in the middle": (
        lines(EVENTS[:2]).encode() + BAD + b"\n" + lines(EVENTS[2:]).encode(),
        5,
        ["dump.json:3: not JSON"],
    ),
    "a truncated array": (json.dumps(EVENTS).encode()[:-20], 4, ["dump.json:1: not JSON"]),
    "zero bytes": (
        lines(EVENTS[:2]).encode() + b"\x00\x00\n" + lines(EVENTS[2:]).encode(),
        5,
        ["dump.json:3: not JSON"],
    ),
    "not UTF-8": (
        lines([*EVENTS, event(9)]).replace("c9@", "\xe99@").encode("latin-1"),
        5,
        ["dump.json:6: not UTF-8"],
    ),
    "half a surrogate pair": (
        lines(EVENTS).encode() + b'{"email": "\\ud800"}\n',
        5,
        ["dump.json:6: not UTF-8"],
    ),
    "nested deeply": (
        lines(EVENTS).encode() + b'{"email":' * 100_000 + b"1" + b"}" * 100_000 + b"\n",
        5,
        ["dump.json:6: "],
    ),
    "truncated gzip": (gzip.compress(lines(EVENTS * 2000).encode())[:-12], 5, ["breaks off"]),
    "damaged gzip": (gzip.compress(lines(EVENTS).encode())[:-8] + b"12345678", 5, ["damaged"]),
    "truncated zstd": (zstandard.compress(lines(EVENTS * 20000).encode())[:-1], 5, ["breaks off"]),
    "no event": (
        lines(EVENTS).encode() + b'5\n"x"\nnull\n{}\n[1]\n',
        5,
        [f"dump.json:{line}: " for line in range(6, 11)],
    ),
    "an impossible time": (
        lines(
            [*EVENTS, event(6, timestamp=1e20), event(7, timestamp="soon"), event(8, timestamp=None)]
        ).encode(),
        5,
        [f"dump.json:{line}: " for line in range(6, 9)],
    ),
    "no recipient": (
        lines([*EVENTS, {"event": "open", "timestamp": 1}]).encode(),
        5,
        ["dump.json:6: no recipient"],
    ),
    "numbers instead of texts": (
        lines(
            [*EVENTS, event(7, email=5, sg_event_id=7, category=[1, None], url={"a": 1}, useragent=[])]
        ).encode(),
        6,
        [],
    ),
    "only noise": (bytes(range(256)) * 10, 0, ["dump.json:"]),
    "brackets": (b"[[[[", 0, ["dump.json:1: "]),
    "nothing": (b"", 0, []),
}


@pytest.mark.parametrize("problem", BROKEN)
def test_bad_payloads_are_reported_and_stored_and_the_rest_is_loaded(
    problem: str, write: Callable[..., Path], database: Path
) -> None:
    content, events, reasons = BROKEN[problem]
    summary = payloads.ingest(database, "sendgrid", [write(content)])
    assert summary.kinds[-1].new == events
    refused = [str(refusal) for refusal in summary.refusals]
    for expected in reasons:
        assert any(expected in refusal for refusal in refused), refused
    assert bool(reasons) == bool(refused)
    if summary.changed:
        stored = {
            (row["file"], row["line"], row["reason"])
            for row in Warehouse(database).snapshot().rows("refused_rows", search="")
        }
        assert stored == {(refusal.file, refusal.line, refusal.reason) for refusal in summary.refusals}


@pytest.mark.parametrize("provider", ["sendgrid", "brevo"])
@pytest.mark.parametrize("body", ["[{},{},{},{}]", "[{},{},\n{},{}]", "{}\n[{},{},{}]\n{}"])
def test_a_request_whose_parts_would_fill_the_memory_is_rejected_unread(
    body: str, provider: str, write: Callable[..., Path], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its parts are hidden in Base64."""
    monkeypatch.setattr(json_files, "MAX_PARTS", 6)
    request = {"headers": {}, "body": b64encode(body.encode()).decode(), "body_encoding": "base64"}
    first, *_ = payloads.ingest(database, provider, [write(json.dumps(request) + "\n{}")]).refusals
    assert str(first) == "dump.json:1: a value with more than 8,000,000 parts"


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["sendgrid", "brevo"])
def test_a_line_of_fifty_megabytes_is_read_or_rejected(
    provider: str, write: Callable[..., Path], database: Path
) -> None:
    long = json.dumps(event(9, note="x" * 50_000_000)) + "\n" + "y" * 50_000_000 + "\n"
    summary = payloads.ingest(database, provider, [write(lines(EVENTS) + long)])
    assert [refusal.line for refusal in summary.refusals if refusal.reason.startswith("not JSON")] == [7]


@pytest.mark.parametrize(
    ("bomb", "reason"),
    [
        (gzip.compress(b" " * 4_000_000) * 100, "100 times"),
        (zstandard.compress(b"0" * 4_000_000) * 100, "100 times"),
        (b"PK\x03\x04" + b"0" * 100, "ZIP"),
    ],
)
def test_a_decompression_bomb_is_rejected_and_leaves_no_files(
    bomb: bytes, reason: str, write: Callable[..., Path], database: Path
) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        payloads.ingest(database, "sendgrid", [write(bomb)])
    assert [file.name for file in database.parent.iterdir()] == ["mailsight.lock"]


def test_a_missing_file_or_provider_is_an_error(
    tmp_path: Path, database: Path, write: Callable[..., Path]
) -> None:
    with pytest.raises(UnreadableFile, match="does not exist"):
        payloads.ingest(database, "sendgrid", [tmp_path / "nothing.json"])
    with pytest.raises(UnknownProvider, match="sendgrid"):
        payloads.ingest(database, "pigeon", [write(b"")])


def test_a_strict_load_is_all_or_nothing(write: Callable[..., Path], database: Path) -> None:
    with pytest.raises(LoadRefused, match=r"1 rows were refused; the first is dump\.json:6"):
        payloads.ingest(database, "sendgrid", [write(lines(EVENTS).encode() + BAD)], strict=True)
    assert not database.exists()


def test_each_customer_of_an_amazon_notification_has_an_event(
    write: Callable[..., Path], database: Path
) -> None:
    notification = {
        "eventType": "Bounce",
        "mail": {
            "messageId": "m",
            "destination": ["a@example.com", "b@example.com"],
            "tags": {"campaign": ["spring"]},
        },
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "a@example.com"}, {"emailAddress": "b@example.com"}],
        },
    }
    envelope = {
        "Type": "Notification",
        "MessageId": "n1",
        "Timestamp": "2026-01-02T03:04:05.678Z",
        "Message": json.dumps(notification),
    }
    dump = write(lines([envelope, envelope]))
    assert payloads.ingest(database, "amazon_ses", [dump]).kinds[-1].new == 2
    assert not payloads.ingest(database, "amazon_ses", [dump]).changed
    assert figures(database).counts.undeliverable == 2


def _in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize("is_live", [False, True], ids=["file", "webhook"])
@pytest.mark.parametrize("stream", ["kinesis", "firehose"])
def test_records_in_base64_are_read_one_by_one(
    stream: str, is_live: bool, write: Callable[..., Path], tmp_path: Path, database: Path
) -> None:
    """The moment is the event's. What can't be read is kept, and affects no other record."""
    clicks: list[Json] = [
        {
            "eventType": "Click",
            "mail": {
                "messageId": "m",
                "destination": [f"{name}@example.com"],
                "tags": {"campaign": ["spring"]},
            },
            "click": {"timestamp": f"2026-04-14T10:00:0{second}Z", "link": "https://example.com/"},
        }
        for second, name in enumerate(("ann", "ben"))
    ]
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    data = [
        _in_base64(json.dumps(clicks[0])),
        "%% no Base64 %%",
        _in_base64("no JSON"),
        _in_base64(deep),
        _in_base64(f"{json.dumps(clicks[1])}\n"),
    ]
    body: Json
    if stream == "kinesis":
        body = {
            "Records": [{"kinesis": {"data": text, "approximateArrivalTimestamp": 1.8e9}} for text in data]
        }
    else:
        body = {
            "requestId": "r",
            "timestamp": 1_800_000_000_000,
            "records": [{"data": text} for text in data],
        }
    if is_live:
        spool = Spool(tmp_path / "spool")
        spool.append("amazon_ses", json.dumps(body))
        summary = payloads.ingest_spool(database, spool)
    else:
        summary = payloads.ingest(database, "amazon_ses", [write(json.dumps(body))])
    assert summary is not None
    assert summary.kinds[-1].new == 2
    reason = "the data of this record is not JSON in Base64"
    assert [refusal.reason for refusal in summary.refusals] == [reason] * 3
    snapshot = Warehouse(database).snapshot()
    kept = [row["row"] for row in snapshot.rows("refused_rows", search="")]
    assert all(any(text in row for row in kept) for text in data[1:4])
    assert figures(database).counts.clicks == 2


def test_the_spool_is_loaded_once_whatever_it_contains(tmp_path: Path, database: Path) -> None:
    spool = Spool(tmp_path / "spool")
    assert payloads.ingest_spool(database, spool) is None
    for events in (EVENTS[:3], EVENTS[2:], EVENTS[:1]):
        spool.append("sendgrid", json.dumps(events))
    spool.append(
        "brevo",
        json.dumps(
            {
                "event": "delivered",
                "email": "d@example.com",
                "ts_epoch": 1_700_000_000_000,
                "tags": ["spring"],
            }
        ),
    )
    spool.append("pigeon", "{}")
    spool.append("sendgrid", "{")
    with (spool.folder / "current.ndjson").open("a") as file:
        file.write('{"provider": "sendgrid", "bo')
    summary = payloads.ingest_spool(database, spool)
    assert summary is not None
    assert summary.kinds[-1].new == 6
    assert [refusal.line for refusal in summary.refusals] == [5, 6, 7]
    assert all(refusal.file.startswith("webhooks/") for refusal in summary.refusals)
    assert opens(database) == 5
    assert payloads.ingest_spool(database, spool) is None
    [noted] = Warehouse(database).snapshot().rows("recent_loads", most=10)
    assert (noted["source"], noted["new"], noted["refused"]) == ("webhooks", 6, 3)


def test_what_is_loaded_but_cannot_be_removed_is_not_to_blame(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk has room for the events, but not for moving their requests to where they wait for the next backup."""
    spool = Spool(tmp_path / "spool")
    spool.append("sendgrid", json.dumps(EVENTS))
    spool.loaded.start()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left")

    with monkeypatch.context() as patched:
        patched.setattr(erased_requests, "clean_all", full)
        for _ in range(2 * segments.MAX_LOST_ATTEMPTS):
            with pytest.raises(OSError, match="No space left"):
                payloads.ingest_spool(database, spool)
    assert (spool.attempts(), spool.state().requests, spool.state().set_aside) == ({}, 1, ())
    assert opens(database) == 5
    payloads.ingest_spool(database, spool)
    assert (spool.state().requests, len(spool.loaded.files()), opens(database)) == (0, 1, 5)


def test_the_webhooks_of_a_day_count_as_one_load(tmp_path: Path, database: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for sent in EVENTS:
        spool.append("sendgrid", json.dumps([sent]))
        payloads.ingest_spool(database, spool)
    noted = Warehouse(database).snapshot().rows("recent_loads", most=10)
    assert sum(row["new"] for row in noted) == 5
    assert len(noted) <= 2  # the test may run across midnight


KILLED = """
import sys
from pathlib import Path
from mailsight.loading import payloads
payloads.ingest(Path(sys.argv[1]), "sendgrid", [Path(path) for path in sys.argv[2:]])
"""


@pytest.mark.slow
def test_a_killed_ingest_leaves_the_last_good_state_and_can_be_repeated(
    write: Callable[..., Path], database: Path
) -> None:
    payloads.ingest(database, "sendgrid", [write(lines(EVENTS))])
    many = write(lines([event(number) for number in range(30_000)]), "many.ndjson")
    with killer("mailsight.loading.payloads", "pandas") as started:
        for step, calls in (
            ("mailsight.warehouse.draft.Draft.run", 1),
            ("mailsight.warehouse.draft.Draft.run", 12),
            ("mailsight.warehouse.draft.Draft.run", 30),
            ("mailsight.loading.merge.derive", 1),
            ("mailsight.warehouse.generations.publish", 1),
        ):
            started.kill_at(step, KILLED, database, many, calls=calls)
            assert opens(database) == 5
    payloads.ingest(database, "sendgrid", [many])
    assert opens(database) == 30_000
    assert not [file for file in database.parent.iterdir() if "draft" in file.name]


FULL = """
import resource, signal, sys
from pathlib import Path
from mailsight import errors
from mailsight.loading import payloads
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
try:
    payloads.ingest(Path(sys.argv[1]), "sendgrid", [Path(sys.argv[2])])
except errors.LoadRefused as error:
    print(error)
"""


@pytest.mark.slow
def test_a_full_disk_is_reported_and_leaves_the_last_good_state(
    write: Callable[..., Path], database: Path
) -> None:
    payloads.ingest(database, "sendgrid", [write(lines(EVENTS))])
    many = write(
        lines([event(number, note=os.urandom(200).hex()) for number in range(30_000)]), "many.ndjson"
    )
    completed = subprocess.run(
        [sys.executable, "-c", FULL, str(database), str(many)],
        cwd=settings.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Make sure the disk has enough free space" in completed.stdout
    assert opens(database) == 5
    assert not [file for file in database.parent.iterdir() if "draft" in file.name]


def test_a_campaign_known_from_events_can_get_its_e_mail_later(
    write: Callable[..., Path], database: Path
) -> None:
    clicks = [event(number, event="click", url="https://example.com/b") for number in range(3)]
    payloads.ingest(database, "sendgrid", [write(lines(clicks))])
    mail = write('<a href="https://example.com/a">A</a><a href="https://example.com/b">B</a>', "spring.html")
    bundles.load_content(database, "spring", mail)
    report = figures(database)
    assert [(link.link_position, link.clicks) for link in report.links] == [(0, 0), (1, 3)]
    with pytest.raises(UnknownCampaign):
        bundles.load_content(database, "sprnig", mail)
    with pytest.raises(LoadRefused, match="does not exist"):
        bundles.load_content(database, "spring", mail.with_name("gone.html"))


def test_sendgrids_link_position_counts_only_if_that_link_has_the_clicked_url(
    write: Callable[..., Path], database: Path
) -> None:
    place = {"index": 2, "type": "html"}
    clicks = [
        event(0, event="click", url="https://example.com/b", url_offset=place),
        event(1, event="click", url="https://example.com/a", url_offset=place),
        event(2, event="click", url="https://example.com/a", url_offset={"index": 40, "type": "html"}),
    ]
    payloads.ingest(database, "sendgrid", [write(lines(clicks))])
    links = "".join(f'<a href="https://example.com/{word}">{word}</a>' for word in "abb")
    bundles.load_content(database, "spring", write(links, "spring.html"))
    report = figures(database)
    assert [(link.link_position, link.clicks) for link in report.links] == [(0, 2), (1, 0), (2, 1)]


def test_a_database_of_version_1_is_migrated_or_rejected_with_the_command(
    write: Callable[..., Path], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    payloads.ingest(database, "sendgrid", [write(lines(EVENTS))])
    old_databases.as_version_1(database)
    with pytest.raises(DatabaseUnreadable, match="python -m mailsight migrate"):
        opens(database)
    # All events are known already, but loading them still migrates the tables.
    assert not payloads.ingest(database, "sendgrid", [write(lines(EVENTS))]).changed
    assert opens(database) == 5
    [counted] = Warehouse(database).snapshot().rows("event_counts")
    assert (counted["provider"], counted["type"], counted["events"]) == ("sendgrid", "opened", 5)
    monkeypatch.setattr(opening, "SCHEMA_VERSION", 1)
    with pytest.raises(DatabaseUnreadable, match="newer version of Mailsight"):
        opens(database)
