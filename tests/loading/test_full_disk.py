"""A disk fills up: a load that doesn't fit changes nothing and says so, and the next one has everything."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mailsight.audience.machines import REASONS
from mailsight.errors import CantWrite, LoadRefused, NotKept, NotStored, StateUnreadable
from mailsight.importing.sources import Rows
from mailsight.importing.written import Written
from mailsight.loading import arrivals, bundles, erased_requests, payloads, segments, spool
from mailsight.loading.background import Loader
from mailsight.loading.classify import classify
from mailsight.loading.merge import LoadSummary
from mailsight.sample import bundle as sample
from mailsight.state import erased
from mailsight.state.store import Store
from mailsight.warehouse import files
from mailsight.warehouse.draft import draft, scratch
from mailsight.warehouse.reader import Warehouse
from tests.support import old_databases
from tests.support.bundles import bundle
from tests.support.command_line import run
from tests.support.faults import EACH
from tests.support.small_disk import SmallDisk, small_disk

pytestmark = [pytest.mark.small_disk, pytest.mark.slow]

EVENTS = 3_000
MEGABYTE = 10**6
# No load of these tests needs more.
ENOUGH_BYTES = 40 * MEGABYTE


def events(first: int, last: int) -> list[dict[str, object]]:
    """SendGrid's events of one campaign, each of another customer."""
    return [
        {
            "event": "click",
            "email": f"customer-{number}@example.com",
            "timestamp": 1776161550 + number,
            "sg_event_id": f"id-{number}",
            "campaign_id": "spring",
            "url": f"https://example.com/{number * 2654435761 % 2**32:x}{'path' * 20}",
        }
        for number in range(first, last)
    ]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 64) as mounted:
        yield mounted


@pytest.fixture
def database(disk: SmallDisk) -> Path:
    """A database on the small disk with 8 events."""
    path = disk.folder / "mailsight.duckdb"
    spool.beside(path).append("sendgrid", json.dumps(events(0, 8)))
    payloads.ingest_spool(path, spool.beside(path))
    return path


@pytest.fixture
def small_bundle(tmp_path: Path) -> Path:
    """Two campaigns of the sample data."""
    sample.write_bundle(tmp_path / "bundle", campaigns=2, customers=100)
    return tmp_path / "bundle"


def counts(database: Path) -> dict[str, int]:
    """The rows of each table of facts, read as the dashboard does."""
    with Warehouse(database).snapshot() as data:
        return {row["name"]: row["rows"] for row in data.rows("table_rows")}


def listing(folder: Path) -> list[tuple[str, int | str]]:
    """The files of a folder with their sizes or targets, without locks."""
    return sorted(
        (str(file.relative_to(folder)), str(file.readlink()) if file.is_symlink() else file.stat().st_size)
        for file in folder.rglob("*")
        if file.is_file() and file.name not in ("filler", "lock", "mailsight.lock")
    )


def load_at_every_level(disk: SmallDisk, load: Callable[[], object], step_bytes: int = MEGABYTE) -> int:
    """Loads with more and more free space until it succeeds; returns how often it was refused, and changed nothing."""
    before = listing(disk.folder)
    for refused, free_bytes in enumerate(range(0, ENOUGH_BYTES, step_bytes)):
        disk.leave(free_bytes)
        try:
            load()
        except LoadRefused:
            assert listing(disk.folder) == before
        else:
            disk.free()
            return refused
    raise AssertionError("The load never fitted.")


def test_no_webhook_is_lost_whatever_space_is_left(disk: SmallDisk, database: Path) -> None:
    """As many are loaded as fit; the others wait."""
    waiting = spool.beside(database)
    for first in range(8, EVENTS + 8, 100):
        waiting.append("sendgrid", json.dumps(events(first, first + 100)))
        if first % 1_000 == 8:
            waiting.seal()
    waiting.seal()
    loaded = [8]
    for free_bytes in range(0, ENOUGH_BYTES, MEGABYTE if EACH > 1 else MEGABYTE // 2):
        disk.leave(free_bytes)
        with suppress(LoadRefused):
            payloads.ingest_spool(database, waiting)
        loaded.append(counts(database)["events"])
        assert waiting.attempts() == {}
        assert loaded[-1] >= loaded[-2]
        assert loaded[-1] + waiting.state().requests * 100 >= EVENTS + 8
        if loaded[-1] == EVENTS + 8 and not waiting.state().requests:
            break
    assert loaded[1] == 8
    assert loaded[-1] == EVENTS + 8
    assert len(set(loaded)) >= 3, "never only a part of them"


def test_a_first_load_publishes_all_or_nothing(disk: SmallDisk, small_bundle: Path) -> None:
    database = disk.folder / "mailsight.duckdb"
    assert load_at_every_level(disk, lambda: bundles.load(database, [small_bundle])) >= 3
    assert counts(database)["messages"] > 100


def test_no_load_that_does_not_fit_changes_anything(
    disk: SmallDisk, database: Path, small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, each load continues from the one before."""
    payload = tmp_path / "events.json"
    payload.write_text(json.dumps(events(0, EVENTS)))
    mail = bundle(tmp_path, {"mail.html": "<p>Hello</p>" * 100_000}) / "mail.html"
    rules = tmp_path / "machines.toml"
    rules.write_text(f"off = {sorted(REASONS.keys() - {'provider'})}\n")

    def migrate() -> None:
        with draft(database) as work:
            work.discard()

    def classify_by_other_rules() -> None:
        monkeypatch.setenv("MAILSIGHT_MACHINES", str(rules))
        assert any(change.before != change.after for change in classify(database))

    loads: dict[str, Callable[[], object]] = {
        "ingest": lambda: payloads.ingest(database, "sendgrid", [payload]),
        "load": lambda: bundles.load(database, [small_bundle]),
        "content": lambda: bundles.load_content(database, "spring", mail),
        "classify": classify_by_other_rules,
    }
    refused = {name: load_at_every_level(disk, load, 2 * MEGABYTE) for name, load in loads.items()}
    old_databases.as_version_2(database)
    refused["migrate"] = load_at_every_level(disk, migrate, 2 * MEGABYTE)
    assert min(refused.values()) >= 2, refused
    rows = counts(database)
    assert rows["events"] > EVENTS
    assert rows["messages"] > 100


def test_the_command_line_fails_on_a_full_disk(disk: SmallDisk, database: Path, tmp_path: Path) -> None:
    payload = tmp_path / "events.json"
    payload.write_text(json.dumps(events(0, EVENTS)))
    command = ("ingest", payload, "--provider", "sendgrid", "--database", database)
    for free_bytes in (0, 2 * MEGABYTE, 4 * MEGABYTE):
        disk.leave(free_bytes)
        with pytest.raises(LoadRefused, match="could not be written"):
            run(*command)
    assert counts(database)["events"] == 8
    disk.free()
    assert run(*command)[0] == 0
    assert counts(database)["events"] == EVENTS


def test_a_full_disk_refuses_webhooks_and_keeps_those_it_has(disk: SmallDisk, database: Path) -> None:
    waiting = spool.beside(database)
    loader = Loader(database, waiting, 0)
    body = json.dumps(events(8, 9))
    accepted = 0
    disk.leave(MEGABYTE)
    with suppress(NotKept):
        while accepted < EVENTS:
            waiting.append("sendgrid", json.dumps(events(8 + accepted, 9 + accepted) * 20))
            accepted += 1
    disk.leave(0)
    with pytest.raises(NotKept, match="No space left"):
        waiting.append("sendgrid", body * 1_000)
    lines = (waiting.folder / "current.ndjson").read_bytes()
    assert lines.endswith(b"\n")
    assert lines.count(b"\n") == accepted > 10
    loader.step()  # fails, and may not even have the space to say why
    assert waiting.state().requests == accepted
    disk.free()
    loader.step()
    assert waiting.state().requests == 0
    assert waiting.last_error() is None
    assert counts(database)["events"] == 8 + accepted


def test_no_half_file_stays_behind(disk: SmallDisk, database: Path, tmp_path: Path) -> None:
    """Whatever writes a file beside the database removes what it has written if the rest doesn't fit."""
    waiting = spool.beside(database)
    for first in range(8, EVENTS + 8, 100):
        waiting.append("sendgrid", json.dumps(events(first, first + 100)))
    [segment] = waiting.seal()
    waiting.note_attempts([segment], segments.MAX_ATTEMPTS)
    copy = tmp_path / "copy"
    files.copy_file(segment, copy)
    Store.of(database).key(erased.KEY)  # creates the state

    def broken(*_: object) -> LoadSummary:
        raise ValueError("This can't be loaded.")

    def clean() -> None:
        with scratch() as work:
            arrivals.use_list(work, Store.of(database))
            erased_requests.clean(work, segment)

    writes: list[Callable[[], object]] = [
        lambda: files.replace_with_copy(disk.folder / "copied", copy),
        lambda: files.write_file(disk.folder / "written", copy.read_text()),
        lambda: segments.load_all(waiting, broken),
        clean,
    ]
    before = listing(disk.folder)
    for write in writes:
        disk.leave(MEGABYTE // 2)
        with pytest.raises(OSError, match="No space left"):
            write()
        assert listing(disk.folder) == before


@pytest.mark.parametrize("rows", [1, 1_000])
def test_an_import_that_cannot_be_stored_fails(disk: SmallDisk, rows: int) -> None:
    """Also if it is the last rows that don't fit, which are written when their file is closed."""
    event = {"type": "opened", "url": "x" * 200}

    def read() -> None:
        with Written(disk.folder, "listmonk") as written:
            for line in range(rows):
                written.add(Rows("events", "events", [event] * 20, [line] * 20))

    disk.leave(0)
    with pytest.raises(NotStored, match="What was read can't be stored: No space left"):
        read()


@pytest.mark.parametrize("name", ["person", "person.zip"])
def test_a_persons_data_is_written_completely_or_not_at_all(
    disk: SmallDisk, database: Path, tmp_path: Path, name: str
) -> None:
    payload = tmp_path / "events.json"
    payload.write_text(json.dumps([event | {"email": "ann@example.com"} for event in events(0, EVENTS)]))
    payloads.ingest(database, "sendgrid", [payload])
    state = Store.of(database).file.name

    def others() -> list[tuple[str, int | str]]:
        return [file for file in listing(disk.folder) if not file[0].startswith(state)]

    for refused in range(100):
        disk.leave(refused * MEGABYTE // 4)
        before = others()
        try:
            run("customer", "ann@example.com", "--output", disk.folder / name, "--database", database)
        except (CantWrite, StateUnreadable):  # nobody's data leaves without a trace
            assert others() == before
        else:
            break
    assert refused >= 2
    assert (disk.folder / name).exists()
