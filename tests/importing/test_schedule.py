"""Imports on a schedule: when each is due, what becomes of failures, and what is noted."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailsight.errors import ImportFailed, LoadRunning
from mailsight.importing import engine, schedule
from mailsight.importing.schedule import Importer, Job, retry_seconds
from tests.support.postgresql import Database
from tests.support.tables import table
from tests.support.waiting import until

JOBS = (
    Job("news", "listmonk", "postgresql://a:b@c/d", 600.0),
    Job("other", "keila", "postgresql://e", 3600.0),
)


class Runs:
    """Imports that raise `error` if it is set."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.error: Exception | None = None

    def __call__(self, job: Job) -> None:
        self.names.append(job.name)
        if self.error:
            raise self.error


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def importer(runs: Runs, tmp_path: Path) -> Importer:
    return Importer(tmp_path / "m.duckdb", JOBS, run=runs)


def test_each_import_runs_at_the_start_and_then_when_it_is_due(
    importer: Importer, runs: Runs, tmp_path: Path
) -> None:
    assert importer.step() == 0
    assert 590 < importer.step() <= 600
    assert 590 < importer.step() <= 600
    assert runs.names == ["news", "other"]
    assert {name: outcome.error for name, outcome in schedule.outcomes(tmp_path / "m.duckdb").items()} == {
        "news": None,
        "other": None,
    }


def test_a_failure_is_noted_and_repeated_after_growing_intervals(
    importer: Importer, runs: Runs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = tmp_path / "m.duckdb"
    runs.error = ImportFailed("No PostgreSQL answers.", next_step="")
    importer.step()
    assert 50 < importer.step() <= 60
    runs.error = KeyError("postgresql://a:b@c/d")
    again = Importer(database, JOBS, run=runs)
    again.step()
    assert 110 < again.step() <= 120
    assert schedule.outcomes(database)["news"].error == "KeyError"
    assert schedule.outcomes(database)["news"].failures == 2
    assert list(schedule.problems(database, JOBS[:1])) == [
        "The last import of news failed. It is repeated; the Data page says why."
    ]
    assert "a:b" not in caplog.text
    runs.error = None
    Importer(database, JOBS[:1], run=runs).step()
    assert list(schedule.problems(database, JOBS)) == []
    assert list(schedule.outcomes(database)) == ["news"]


def test_another_load_is_no_failure(importer: Importer, runs: Runs, tmp_path: Path) -> None:
    runs.error = LoadRunning("Busy.")
    importer.step()
    assert 25 < importer.step() <= 30
    assert schedule.outcomes(tmp_path / "m.duckdb") == {}


@pytest.mark.parametrize(("minutes", "is_late"), [(0, False), (65, False), (75, True), (-5, False)])
def test_an_import_that_should_have_ended_long_ago_is_late(
    minutes: int, is_late: bool, tmp_path: Path
) -> None:
    database = tmp_path / "m.duckdb"
    at = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
    note = {"news": {"at": at, "error": None, "failures": 0, "every_seconds": 600.0}}
    (tmp_path / "m.imports.json").write_text(json.dumps(note))
    late = (
        ["The import of news is late. Check that the server runs, and what it is loading."] if is_late else []
    )
    assert list(schedule.problems(database, JOBS)) == late
    assert list(schedule.problems(database)) == late
    assert list(schedule.problems(database, JOBS[1:])) == []
    schedule.forget(database)
    schedule.forget(database)
    assert list(schedule.problems(database)) == []


@pytest.mark.parametrize(
    ("every", "failures", "seconds"),
    [(600, 0, 60), (600, 1, 120), (600, 5, 1920), (600, 6, 3600), (600, 99, 3600), (86_400, 99, 86_400)],
)
def test_retries(every: float, failures: int, seconds: float) -> None:
    assert retry_seconds(every, failures) == seconds


def test_a_damaged_note_is_none(tmp_path: Path) -> None:
    for text in ("", "[]", "{", '{"news": 3}', '{"news": {"at": "x"}}'):
        (tmp_path / "m.imports.json").write_text(text)
        assert schedule.outcomes(tmp_path / "m.duckdb") == {}


def test_a_listmonk_is_imported_in_the_background(listmonk_database: Database, tmp_path: Path) -> None:
    listmonk_database.insert(
        "campaigns", {"name": "Spring", "subject": "Hi", "from_email": "a@b.example", "body": "x"}
    )
    database = tmp_path / "m.duckdb"
    importer = Importer(database, [Job("listmonk", "listmonk", listmonk_database.address)])
    importer.start()
    try:
        until(lambda: schedule.outcomes(database), "the import")
    finally:
        importer.stop()
    assert schedule.outcomes(database)["listmonk"].error is None
    assert table(database, "campaigns", "name") == [{"name": "Spring"}]
    assert not importer.is_running
    assert engine.positions(database, "listmonk", engine.place_of(listmonk_database.address, {}))
