"""Segments that keep failing are taken apart; what fails is set aside, and the rest is loaded."""

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import pytest

from mailsight.errors import (
    DatabaseUnreadable,
    LoadBroken,
    LoadRefused,
    LoadRunning,
    NotStored,
    SpoolUnreadable,
)
from mailsight.loading import payloads
from mailsight.loading.merge import LoadSummary
from mailsight.loading.segments import ALL, load_all
from mailsight.loading.spool import Spool
from mailsight.warehouse.failures import is_machines


class Killed(BaseException):
    """Nothing in a process can catch its end."""


ERRORS: dict[str, BaseException] = {"bad": LoadBroken("a bug"), "deadly": Killed()}
SUMMARY = LoadSummary([], [], 0, {}, changed=True)


class Database:
    """A fake database that fails on every event named bad, ends its process if it is deadly, and on everything while
    `broken` is set. `room` is how many more events fit on its disk, and `largest` how many at once.
    """

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.events: set[str] = set()
        self.broken: BaseException | None = None
        self.loads = 0
        self.room = self.largest = 1_000_000

    def load(self, segments: Sequence[Path], requests: slice = ALL) -> LoadSummary:
        self.loads += 1
        self.spool.note_attempts(segments)
        events = {event for segment in segments for event in events_in(segment, requests)}
        if len(events) > min(self.room, self.largest):
            self.spool.take_back_attempts(segments)
            raise NotStored("No space left on device.")
        if error := self.broken or next((ERRORS[event] for event in events if event in ERRORS), None):
            if is_machines(error):
                self.spool.take_back_attempts(segments)
            raise error
        self.room -= len(events - self.events)
        self.events |= events
        if requests.stop is None:
            self.spool.remove(segments)
        else:
            self.spool.take_back_attempts(segments)
        return SUMMARY


def events_in(segment: Path, requests: slice = ALL) -> set[str]:
    read = [json.loads(line) for line in segment.read_bytes().splitlines()[requests]]
    return {event for request in read for event in json.loads(request["body"])}


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "mailsight.spool")


@pytest.fixture
def database(spool: Spool) -> Database:
    return Database(spool)


def attempt(database: Database, times: int) -> None:
    for _ in range(times):
        try:
            load_all(Spool(database.spool.folder), database.load)
        except (LoadRefused, Killed):
            continue


def test_the_failing_event_is_set_aside_and_the_rest_is_loaded(spool: Spool, database: Database) -> None:
    for number in range(9):
        bad = ["bad"] if number == 4 else []
        spool.append("sendgrid", json.dumps([f"{number}a", *bad, f"{number}b"], indent=1))
    attempt(database, 3)
    assert (database.events, spool.state().requests, spool.state().set_aside) == (set(), 9, ())
    spool.append("sendgrid", '["later"]')
    attempt(database, 1)
    assert database.events == {f"{number}{part}" for number in range(9) for part in "ab"} | {"later"}
    [aside] = spool.state().set_aside
    assert (aside.requests, aside.reason.startswith("a bug")) == (1, True)
    assert events_in(aside.path) == {"bad"}
    assert spool.state().requests == 0
    assert spool.attempts() == {}


def test_what_was_set_aside_can_be_loaded_again(spool: Spool, database: Database) -> None:
    spool.append("sendgrid", '["bad"]')
    attempt(database, 4)
    assert spool.put_back(attempts=3)
    assert (spool.state().requests, spool.state().set_aside) == (1, ())
    attempt(database, 1)
    assert len(spool.state().set_aside) == 1


def test_webhooks_are_loaded_even_if_those_set_aside_can_not_be_read(spool: Spool, tmp_path: Path) -> None:
    spool.append("sendgrid", "[]")
    (spool.folder / "set-aside").write_text("a file")
    payloads.ingest_spool(tmp_path / "mailsight.duckdb", spool)
    state = spool.state()
    assert (state.requests, state.set_aside) == (0, ())
    assert "set-aside can't be read: Not a directory." in str(state.set_aside_problem)
    for action in (spool.put_back, spool.sealed):
        with pytest.raises(SpoolUnreadable):
            action()


@pytest.mark.parametrize(
    "error",
    [
        LoadRunning("Another load."),
        DatabaseUnreadable("Not a database."),
        OSError(28, "No space left on device"),
        duckdb.IOException("Could not write file"),
        duckdb.Error(
            "Corrupt database file: computed checksum 1 does not match stored checksum 0 in block 2"
        ),
        duckdb.OutOfMemoryException("limit set by the 'max_temp_directory_size' setting"),
    ],
)
def test_the_machines_errors_set_nothing_aside(error: Exception, spool: Spool, database: Database) -> None:
    spool.append("sendgrid", '["good"]')
    database.broken = error
    for _ in range(8):
        with pytest.raises(type(error)):
            load_all(spool, database.load)
    assert (spool.attempts(), spool.state().requests, spool.state().set_aside) == ({}, 1, ())
    database.broken = None
    load_all(spool, database.load)
    assert database.events == {"good"}


def test_a_bug_that_fails_without_any_request_sets_nothing_aside(spool: Spool, database: Database) -> None:
    spool.append("sendgrid", '["good"]')
    database.broken = LoadBroken("A bug.")
    attempt(database, 8)
    assert (spool.state().requests, spool.state().set_aside) == (1, ())


def test_a_load_that_takes_its_process_with_it_counts(spool: Spool, database: Database) -> None:
    spool.append("sendgrid", '["good"]')
    [segment] = spool.seal()
    for _ in range(3):
        Spool(spool.folder).note_attempts([segment])
    assert Spool(spool.folder).attempts() == {segment.name: 3}
    load_all(spool, database.load)
    assert (database.events, spool.attempts()) == ({"good"}, {})


@pytest.mark.parametrize("items", [["deadly"], ["1", "2", "deadly", "3"]])
def test_an_item_that_ends_the_process_is_set_aside_and_the_rest_is_loaded(
    items: list[str], spool: Spool, database: Database
) -> None:
    for part in (items, ["4"]):
        spool.append("sendgrid", json.dumps(part))
        spool.seal()
    attempt(database, 5)
    spool.append("sendgrid", '["later"]')
    attempt(database, 15)
    assert database.events == {*items, "4", "later"} - {"deadly"}
    [aside] = spool.state().set_aside
    assert events_in(aside.path) == {"deadly"}
    assert (spool.state().requests, spool.attempts()) == (0, {})


def test_loads_that_are_killed_whatever_they_load_set_nothing_aside(spool: Spool, database: Database) -> None:
    spool.append("sendgrid", '["good"]')
    database.broken = Killed()
    attempt(database, 20)
    assert (spool.state().requests, spool.state().set_aside) == (1, ())
    database.broken = None
    attempt(database, 1)
    assert database.events == {"good"}


def test_the_error_says_since_when_loading_fails(spool: Spool) -> None:
    spool.append("sendgrid", "[]")
    spool.note_error("first")
    first = spool.last_error()
    spool.note_error("second")
    second = spool.state().error
    assert first is not None
    assert second is not None
    assert (second.text, second.since) == ("second", first.at)


@pytest.mark.parametrize("segments", [(9,), (1, 8), (3, 3, 3), (1,) * 9])
@pytest.mark.parametrize(("room", "largest"), [(9, 9), (9, 4), (9, 1), (5, 5), (1, 1), (0, 0)])
def test_as_much_as_fits_is_loaded(
    segments: Sequence[int], room: int, largest: int, spool: Spool, database: Database
) -> None:
    numbers = iter(range(9))
    for requests in segments:
        for _ in range(requests):
            spool.append("sendgrid", json.dumps([str(next(numbers))]))
        spool.seal()
    database.room, database.largest = room, largest
    attempt(database, 1)
    assert len(database.events) == room
    assert spool.attempts() == {}
    database.room = database.largest = 9
    attempt(database, 1)
    assert database.events == set("012345678")
    assert spool.state().requests == 0


def test_nothing_is_tried_twice_if_not_even_nothing_fits(spool: Spool, database: Database) -> None:
    for number in range(9):
        spool.append("sendgrid", json.dumps([str(number)]))
    database.broken = NotStored("No space left on device.")
    with pytest.raises(NotStored):
        load_all(spool, database.load)
    assert database.loads == 2


@pytest.mark.parametrize(
    ("provider", "body", "content_type"),
    [
        ("sparkpost", json.dumps([{"msys": {"a": n}} for n in range(4)]), "application/json"),
        ("brevo", json.dumps({"events": [{"a": n} for n in range(4)]}), "application/json"),
        (
            "unisender_go",
            json.dumps({"auth": "x", "events_by_user": [{"events": [{"a": n} for n in range(4)]}]}),
            "application/json",
        ),
        ("mailtrap", "".join(f'{{"event": "{n}"}}\n' for n in range(4)), "application/jsonl"),
        ("mailtrap", '[{"a": 1}, {"a": 2}]\n[{"a": 3}, {"a": 4}]', "application/jsonl"),
        (
            "mandrill",
            urlencode({"mandrill_events": json.dumps([{"a": n} for n in range(4)])}),
            "application/x-www-form-urlencoded",
        ),
    ],
)
def test_a_request_that_fails_is_taken_apart_whatever_its_envelope(
    provider: str, body: str, content_type: str, spool: Spool
) -> None:
    spool.append(provider, body, content_type=content_type)

    def load(segments: Sequence[Path], requests: slice = ALL) -> LoadSummary:
        del requests
        if segments:
            raise LoadBroken("a bug")
        return SUMMARY

    [segment] = spool.seal()
    spool.note_attempts([segment], 3)
    for _ in range(2):
        load_all(spool, load)
    aside = [json.loads(segment.path.read_bytes()) for segment in spool.state().set_aside]
    assert [len(json.loads(each["body"])) for each in aside] == [1, 1, 1, 1]
    assert len({each["body"] for each in aside}) == 4
    assert {each["content_type"] for each in aside} == {"application/json"}
