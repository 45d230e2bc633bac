"""A runaway is ended, the others are answered meanwhile, and nothing is left behind."""

import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from mailsight.bounded import pool as pools
from mailsight.bounded.cache import ByteCache
from mailsight.bounded.pool import Lane, Pool
from mailsight.bounded.process import Process
from mailsight.errors import MailsightError, TooBusy, TooMuchWork, UnreadableFile, WorkFailed
from tests.support import work
from tests.support.waiting import PATIENCE_SECONDS, until
from tests.support.work import TIGHT
from tooling.servers import PROJECT

TIGHT_LANE = Lane("tight", TIGHT, max_waiting=1)
USUAL = Lane("usual", pools.FAST.limits)


@pytest.fixture
def pool() -> Iterator[Pool]:
    """A pool that nothing else uses; its processes end with the test."""
    before = {process.pid for process in psutil.Process().children()}
    pool = Pool()
    yield pool
    for process in psutil.Process().children():
        if process.pid not in before:
            with suppress(psutil.NoSuchProcess):  # it has just ended
                process.kill()
                process.wait()


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        pytest.param(work.spin, TooMuchWork, "takes longer than 2 seconds", marks=pytest.mark.slow),
        (work.allocate, TooMuchWork, "more memory than allowed"),
        (work.recurse, TooMuchWork, "nested too deeply"),
        (work.write_much, TooMuchWork, "larger than 1 MB"),
        (work.crash, WorkFailed, "ended unexpectedly"),
        (work.fail, WorkFailed, "could not be processed"),
        (work.refuse, UnreadableFile, "It is a picture."),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_work_beyond_its_limits_raises_an_error_and_other_work_continues(
    bad: Callable[[], object], error: type[MailsightError], message: str, pool: Pool
) -> None:
    if bad is work.allocate and sys.platform != "linux":
        pytest.skip("only Linux limits a process's data")
    with pytest.raises(error, match=message):
        pool.run(bad, lane=TIGHT_LANE)
    assert pool.run(partial(work.double, 4), lane=TIGHT_LANE) == 8


def test_what_a_library_prints_is_not_taken_for_an_answer(pool: Pool) -> None:
    assert pool.run(partial(work.print_and_double, 4), lane=USUAL) == 8


def test_a_worker_logs_in_the_format_of_the_server(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAILSIGHT_LOG_FORMAT", "json")
    with pytest.raises(WorkFailed):
        pool.run(work.fail, lane=USUAL)
    [line] = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert (line["level"], line["message"]) == ("error", "Work in a worker process failed")
    assert line["error"].startswith("Traceback")


def test_small_work_does_not_wait_for_large_work(pool: Pool, tmp_path: Path) -> None:
    notes, release = tmp_path / "notes", tmp_path / "release"
    with ThreadPoolExecutor() as threads:
        large = threads.submit(pool.run, partial(work.note_and_wait, notes, release), lane=pools.SLOW)
        until(notes.exists, "the large work to start")
        assert pool.run(partial(work.double, 3)) == 6
        assert not large.done()
        release.touch()
        assert large.result(PATIENCE_SECONDS) == "released"


@pytest.mark.slow
def test_what_is_too_much_for_a_lane_continues_in_the_next(pool: Pool, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    first = Lane("first", TIGHT, reuse=True, then=USUAL)
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(pool.run, partial(work.note_and_wait, notes, tmp_path / "release"), lane=first)
        until(lambda: notes.exists() and len(notes.read_text().split()) == 2, "a second process to start")
        assert pool.run(partial(work.double, 3), lane=first) == 6
        (tmp_path / "release").touch()
        assert slow.result(PATIENCE_SECONDS) == "released"


def test_the_same_work_runs_once_and_its_result_is_cached(pool: Pool, tmp_path: Path) -> None:
    notes, release = tmp_path / "notes", tmp_path / "release"
    same = partial(work.note_and_wait, notes, release)
    with ThreadPoolExecutor() as threads:
        results = [threads.submit(pool.run, same, lane=USUAL) for _ in range(3)]
        until(notes.exists, "the work to start")
        release.touch()
        assert [result.result(PATIENCE_SECONDS) for result in results] == ["released"] * 3
    assert pool.run(same, lane=USUAL) == "released"
    assert len(notes.read_text().split()) == 1


@pytest.mark.slow
def test_a_failure_is_cached_too(pool: Pool, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    for _ in range(2):
        with pytest.raises(TooMuchWork):
            pool.run(partial(work.note_and_wait, notes, tmp_path / "never"), lane=TIGHT_LANE)
    assert len(notes.read_text().split()) == 1


def test_a_full_lane_says_so(pool: Pool, tmp_path: Path) -> None:
    release = tmp_path / "release"
    lane = Lane("narrow", pools.SLOW.limits, max_waiting=1)
    with ThreadPoolExecutor() as threads:

        def start(name: str) -> None:
            threads.submit(pool.run, partial(work.note_and_wait, tmp_path / name, release), lane=lane)

        start("first")
        until((tmp_path / "first").exists, "the first to start")
        start("second")
        until(lambda: pool.waiting(lane) == 1, "the second to wait")
        with pytest.raises(TooBusy):
            pool.run(partial(work.double, 1), lane=lane)
        release.touch()


@pytest.mark.slow
def test_work_that_nobody_waits_for_is_ended(pool: Pool, tmp_path: Path) -> None:
    class LeftPage(Exception):
        pass

    notes = tmp_path / "notes"

    def leave() -> None:
        if notes.exists() and notes.read_text():
            raise LeftPage

    with pytest.raises(LeftPage), pools.while_waiting(leave):
        pool.run(partial(work.note_and_wait, notes, tmp_path / "never"), lane=USUAL)
    started = int(notes.read_text())
    until(lambda: not psutil.pid_exists(started), "the process to end")
    assert pool.run(partial(work.double, 1), lane=USUAL) == 2


@pytest.mark.slow
def test_reported_progress_gives_more_time() -> None:
    process, reports = Process(TIGHT), []
    request = pickle.dumps(partial(work.count_up, 4))
    try:
        answer = process.answer(request, lambda *progress: reports.append(progress))
    finally:
        process.end()
    assert pickle.loads(answer) == 4  # noqa: S301  # from our own process
    assert reports == [(number, f"step {number}") for number in range(4)]


@pytest.mark.slow
def test_processes_end_with_their_parent(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    script = (
        f"from pathlib import Path; from tests.support.work import run_away; run_away(Path({str(notes)!r}))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT)
    try:
        until(lambda: notes.exists() and notes.read_text(), "the runaway to start")
    finally:
        parent.kill()
        parent.wait()
    child = int(notes.read_text())
    until(lambda: not psutil.pid_exists(child), "the runaway to end")


def test_the_cache_is_bounded_by_bytes() -> None:
    cache = ByteCache(max_bytes=10)
    for key in ("a", "b", "a", "c"):
        if cache.get(key) is None:
            cache.put(key, bytes(4))
    assert [cache.get(key) is not None for key in ("a", "b", "c")] == [True, False, True]
    cache.put("large", bytes(6))
    assert cache.get("large") is None
    cache.put("expired", b"", seconds=-1)
    assert cache.get("expired") is None


def test_threads_can_share_the_cache() -> None:
    cache = ByteCache(max_bytes=50)

    def use(key: int) -> None:
        for size in range(200):
            cache.put((key + size) % 7, bytes(size % 20))
            cache.get(size % 7)

    threads = [threading.Thread(target=use, args=[key]) for key in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(cache.get(key) or b"") for key in range(7)) <= 50
