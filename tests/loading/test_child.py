"""A load runs in a process of its own, and ending it leaves the last good state and no files."""

import itertools
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from mailsight.bounded.process import Process
from mailsight.errors import LoadBroken, NotABundle, TooMuchWork, WorkCrashed, WorkFailed
from mailsight.loading import bundles, child, payloads, uploads
from mailsight.loading.derive import Progress
from mailsight.loading.merge import LoadSummary
from mailsight.loading.spool import Spool
from mailsight.warehouse.reader import Warehouse
from tests.support import work
from tests.support.bundles import CAMPAIGN, EVENT, bundle, ndjson
from tests.support.faults import MARK
from tests.support.waiting import PATIENCE_SECONDS, until
from tests.support.work import TIGHT
from tooling.servers import PROJECT


@pytest.fixture
def spring(tmp_path: Path) -> Path:
    """A bundle with one campaign and one event."""
    files = {"mail.html": "<p>Hi", "campaigns.ndjson": ndjson(CAMPAIGN), "events.ndjson": ndjson(EVENT)}
    return bundle(tmp_path / "bundle", files)


def test_a_child_loads_what_its_parent_would(spring: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    load = partial(bundles.load, tmp_path / "a.duckdb", [spring])
    summary = child.load_upload(load, tmp_path / "temporary", lambda _, doing: steps.append(doing))
    assert summary == bundles.load(tmp_path / "b.duckdb", [spring])
    assert steps[-1] == "Done"


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loads run in the process of the test, which `work.die` ends no more than it ends that of a real load."""

    def run(load: Callable[[Progress], LoadSummary], progress: Progress, **_: object) -> LoadSummary:
        try:
            return load(progress)
        except work.Died as error:
            raise WorkCrashed("Processing ended unexpectedly.") from error

    monkeypatch.setattr(child, "run", run)


WHO = ("ann", "bob", MARK, "eve")


def bundle_of_events(folder: Path) -> Path:
    """A bundle with an event of each person, of which the third has the mark."""
    events = [EVENT | {"event_id": who, "customer_id": who} for who in WHO]
    campaign = CAMPAIGN | {"template": ""}
    return bundle(
        folder, {"campaigns.ndjson": ndjson(campaign), "events.ndjson": ndjson(*events) + "no JSON\n"}
    )


def new_and_rejected(summary: LoadSummary) -> dict[str, tuple[int, int]]:
    return {kind.kind: (kind.new, kind.refused) for kind in summary.kinds if kind.rows}


@pytest.mark.parametrize(
    ("query", "table", "deed"),
    [
        ("read_batch", "batch", work.run_out_of_memory),
        ("stage_events", "records", work.die),
        ("merge_events", "(select * from staged_events where refusal is null)", work.break_database),
    ],
)
@pytest.mark.usefixtures("in_this_process")
def test_a_row_of_a_bundle_that_ends_the_process_is_rejected_and_the_rest_is_loaded(
    query: str, table: str, deed: Callable[[], None], tmp_path: Path
) -> None:
    load = partial(bundles.load, tmp_path / "m.duckdb", [bundle_of_events(tmp_path / "bundle")])
    summary = child.load(partial(work.load_deadly, load, query, table, deed))
    assert new_and_rejected(summary) == {"campaigns": (1, 0), "events": (3, 2)}
    refusal, _ = summary.refusals
    assert (refusal.line, MARK in refusal.row) == (3, True)
    assert "takes more memory than a load may, or crashes the process" in refusal.reason


@pytest.mark.slow
def test_a_row_that_crashes_a_real_process_is_rejected_and_the_rest_is_loaded(tmp_path: Path) -> None:
    load = partial(bundles.load, tmp_path / "m.duckdb", [bundle_of_events(tmp_path / "bundle")])
    summary = child.load(partial(work.load_deadly, load, "stage_events", "records", work.crash))
    assert new_and_rejected(summary) == {"campaigns": (1, 0), "events": (3, 2)}


@pytest.mark.usefixtures("in_this_process")
def test_a_file_that_ends_the_process_when_read_as_a_whole_is_read_row_by_row(
    spring: Path, tmp_path: Path
) -> None:
    load = partial(bundles.load, tmp_path / "m.duckdb", [spring])
    deadly = partial(work.load_deadly, load, "lenient_records", f"(select '{MARK}')", work.die)
    assert child.load(deadly) == bundles.load(tmp_path / "b.duckdb", [spring])


@pytest.mark.usefixtures("in_this_process")
def test_a_payload_that_ends_the_process_is_rejected_and_the_rest_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    events = [{"event": "open", "email": f"{who}@a.example", "timestamp": 1_776_168_000} for who in WHO]
    file.write_text(json.dumps(events))
    load = partial(payloads.ingest, tmp_path / "m.duckdb", "sendgrid", [file])
    summary = child.load(partial(work.load_deadly, load, "stage_normalized", "normalized", work.die))
    assert new_and_rejected(summary) == {"events": (3, 1)}
    assert f"{MARK}@a.example" in summary.refusals[0].row


@pytest.mark.parametrize(
    ("deed", "reason"),
    [(work.die, "ended unexpectedly"), (work.run_out_of_memory, "more memory than it may")],
)
@pytest.mark.usefixtures("in_this_process")
def test_a_load_that_ends_whatever_it_loads_is_refused_with_the_reason(
    deed: Callable[[], None], reason: str, spring: Path, tmp_path: Path
) -> None:
    load = partial(bundles.load, tmp_path / "m.duckdb", [spring])
    with pytest.raises(LoadBroken, match=reason):
        child.load(partial(work.load_deadly, load, "record_load", f"(select '{MARK}')", deed))
    assert not (tmp_path / "m.duckdb").exists()


def test_an_error_of_the_load_is_raised(tmp_path: Path) -> None:
    with pytest.raises(NotABundle):
        child.load_upload(partial(bundles.load, tmp_path / "a.duckdb", [tmp_path]), tmp_path, lambda *_: None)


@pytest.mark.slow
def test_a_load_without_progress_is_ended() -> None:
    with pytest.raises(TooMuchWork, match="longer than 2 seconds"):
        child.run(work.load_forever, process=Process(TIGHT))


def test_the_spool_is_loaded_by_a_child(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "m.spool")
    spool.append("sendgrid", '[{"event": "open", "email": "a@b.example", "timestamp": 1776168000}]')
    assert child.ingest_spool(tmp_path / "m.duckdb", spool) is not None
    assert spool.state().requests == 0
    assert child.ingest_spool(tmp_path / "m.duckdb", spool) is None


def test_a_running_load_can_be_ended(tmp_path: Path) -> None:
    process, notes = Process(child.LIMITS), tmp_path / "notes"
    with ThreadPoolExecutor() as threads:
        load = threads.submit(child.run, partial(work.load_and_wait, notes), process=process)
        until(notes.exists, "the load to start")
        process.kill()
        with pytest.raises(WorkFailed):
            load.result(PATIENCE_SECONDS)


def test_the_load_of_a_killed_server_ends_and_removes_its_upload(tmp_path: Path) -> None:
    notes, temporary = tmp_path / "notes", tmp_path / "temporary"
    temporary.mkdir()
    script = f"""from functools import partial; from pathlib import Path
from mailsight.loading import child; from tests.support import work
child.run(partial(work.load_upload, Path({str(temporary)!r}), Path({str(notes)!r})))"""
    server = subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT)
    try:
        until(lambda: notes.exists() and notes.read_text(), "the load to start")
    finally:
        server.kill()
        server.wait()
    loading = int(notes.read_text())
    until(lambda: not psutil.pid_exists(loading), "the load to end")
    assert not temporary.exists()


def test_leftovers_of_killed_servers_are_removed_and_uploads_in_use_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = bundle(tmp_path / "mailsight-upload-killed", {"lock": "", "files/events.csv": "personal"})
    bundle(tmp_path / "mailsight-upload-stuck", {"lock/nobody can take it": ""})
    other = bundle(tmp_path / "something-else", {"events.csv": ""})
    release, folders = threading.Event(), []

    def load(folder: Path, _: object) -> None:
        folders.append(folder)
        assert release.wait(PATIENCE_SECONDS)

    loading = uploads.start(load)
    until(lambda: folders, "the upload to start")
    uploads.remove_leftovers()
    assert (left.exists(), other.exists(), folders[0].exists()) == (False, True, True)
    if sys.platform != "win32":
        assert folders[0].parent.stat().st_mode & 0o077 == 0
    release.set()
    loading.ended.result(PATIENCE_SECONDS)
    assert not folders[0].parent.exists()


def test_a_load_ended_midway_leaves_the_last_good_state(spring: Path, tmp_path: Path) -> None:
    database, process = tmp_path / "m.duckdb", Process(child.LIMITS)
    bundles.load(database, [spring])
    before = Warehouse(database).snapshot().generation
    more = bundle(tmp_path / "more", {"campaigns.ndjson": ndjson(CAMPAIGN | {"campaign_id": "summer"})})
    with pytest.raises(WorkFailed):
        child.run(
            partial(work.load_bundle, database, more),
            lambda done, _: process.kill() if done > 0.5 else None,
            process=process,
        )
    assert Warehouse(database).snapshot().generation == before
    assert bundles.load(database, [more]).changed


def test_a_server_that_starts_meanwhile_takes_no_upload_for_one_that_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    lock, starts = uploads._in_use, itertools.count()  # noqa: SLF001

    def locked(temporary: Path) -> FileLock:
        """Another server starts just before the new folder is locked, the first time."""
        if not next(starts):
            uploads.remove_leftovers()
            assert not temporary.exists()
        return lock(temporary)

    monkeypatch.setattr(uploads, "_in_use", locked)
    with uploads.temporary_folder() as folder:
        assert folder.is_dir()
        uploads.remove_leftovers()
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []
