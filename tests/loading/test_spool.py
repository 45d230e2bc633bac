"""The spool saves every request, synced and one per line, and survives kills and full disks."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailsight.errors import NotKept
from mailsight.loading import spool
from mailsight.loading.spool import Spool, SpoolState
from tooling.servers import PROJECT

NOON = datetime(2026, 4, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def empty(tmp_path: Path) -> Spool:
    return spool.beside(tmp_path / "mailsight.duckdb")


def lines(segments: list[Path]) -> list[Any]:
    return [json.loads(line) for segment in segments for line in segment.read_bytes().splitlines()]


def test_the_spool_is_beside_the_database(empty: Spool, tmp_path: Path) -> None:
    assert empty.folder == tmp_path / "mailsight.spool"
    assert not empty.exists
    assert (empty.seal(), empty.state(), empty.last_error()) == ([], SpoolState(), None)


def test_a_request_is_saved_unchanged_but_without_its_secrets(empty: Spool) -> None:
    headers = {
        "X-Amz-Sns-Message-Id": "19ba",
        "Authorization": "Basic c2VjcmV0",
        "Cookie": "a=b",
        "svix-id": "m1",
    }
    empty.append(
        "amazon_ses", '{"é": "\u2028"}\n', content_type="text/plain", headers=headers, received_at=NOON
    )
    assert lines(empty.seal()) == [
        {
            "provider": "amazon_ses",
            "received_at": "2026-04-14T12:00:00+00:00",
            "content_type": "text/plain",
            "headers": {"X-Amz-Sns-Message-Id": "19ba", "svix-id": "m1"},
            "body": '{"é": "\u2028"}\n',
        }
    ]


def test_a_request_is_synced_before_append_returns(empty: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, int]] = []

    def fsync(descriptor: int) -> None:
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), os.fstat(descriptor).st_size))

    monkeypatch.setattr(os, "fsync", fsync)
    empty.append("sendgrid", "[]")
    size = empty.state().size_bytes
    current = str(empty.folder / "current.ndjson")
    assert [name for name, _ in synced] == [str(empty.folder.parent), str(empty.folder), current]
    assert synced[-1] == (current, size)
    empty.append("sendgrid", "[]")
    assert synced[3:] == [(current, 2 * size)]


def test_the_state_has_the_number_of_requests_and_the_oldest_time(empty: Spool) -> None:
    for hour in range(3):
        empty.append("sendgrid", "[1]", received_at=NOON.replace(hour=hour))
        if hour == 1:
            empty.seal()
    assert empty.state() == SpoolState(
        3, sum(file.stat().st_size for file in empty.folder.iterdir()), NOON.replace(hour=0)
    )
    empty.remove(empty.seal())
    assert empty.state() == SpoolState()


def test_segments_are_returned_oldest_first_until_removed(empty: Spool) -> None:
    names = []
    for number in range(3):
        empty.append("sendgrid", str(number))
        names.append(empty.seal()[-1])
    assert [line["body"] for line in lines(empty.seal())] == ["0", "1", "2"]
    empty.remove(names[:2])
    assert empty.seal() == names[2:]
    empty.remove(names)
    assert empty.seal() == []
    empty.append("sendgrid", "3")
    assert empty.seal()[0] not in names


@pytest.mark.parametrize("left", [b'{"provider": "sendg', b"\0" * 100, b"\n"])
def test_a_truncated_line_does_not_affect_later_ones(empty: Spool, left: bytes) -> None:
    empty.append("sendgrid", "1")
    with (empty.folder / "current.ndjson").open("ab") as current:
        current.write(left)
    empty.append("sendgrid", "2")
    [segment] = empty.seal()
    first, *between, last = segment.read_bytes().splitlines()
    assert [json.loads(line)["body"] for line in (first, last)] == ["1", "2"]
    assert b"".join(between) == left.strip(b"\n")


@contextmanager
def files_no_larger_than(size_bytes: int) -> Iterator[None]:
    """Simulates a full disk: writes beyond this size of a file fail."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_spool_as_it_was(empty: Spool) -> None:
    empty.append("sendgrid", "1")
    before = empty.state()
    with files_no_larger_than(before.size_bytes + 50):
        with pytest.raises(NotKept, match=r"mailsight.spool can't be written to: File too large\."):
            empty.append("sendgrid", "2" * 100)
        assert empty.state() == before
    empty.append("sendgrid", "3")
    assert [line["body"] for line in lines(empty.seal())] == ["1", "3"]


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotKept, match="Not a directory"):
        Spool(tmp_path / "file" / "mailsight.spool").append("sendgrid", "1")


def test_threads_and_processes_write_complete_lines(empty: Spool) -> None:
    # multiprocessing would run __main__ again, which Streamlit's AppTest has replaced.
    script = (
        "import sys, pathlib; from mailsight.loading.spool import Spool\n"
        "from tests.loading.test_spool import write_many\n"
        "write_many(Spool(pathlib.Path(sys.argv[1])), sys.argv[2])\n"
    )
    command = [sys.executable, "-c", script, str(empty.folder)]
    processes = [subprocess.Popen([*command, f"p{number}"], cwd=PROJECT) for number in range(2)]
    threads = [threading.Thread(target=write_many, args=(empty, f"t{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or any(
        process.poll() is None for process in processes
    ):
        empty.seal()
    expected = {f"{who}.{number}" for who in ("t0", "t1", "t2", "t3", "p0", "p1") for number in range(50)}
    bodies = [line["body"].strip() for line in lines(empty.seal())]
    assert sorted(bodies) == sorted(expected)


def write_many(target: Spool, who: str) -> None:
    for number in range(50):
        target.append("sendgrid", f"{who}.{number}" + " " * (number * 500))


def test_a_kill_while_writing_loses_no_acknowledged_request(empty: Spool) -> None:
    script = (
        "import sys, itertools, pathlib; from mailsight.loading.spool import Spool\n"
        "spool = Spool(pathlib.Path(sys.argv[1]))\n"
        "for number in itertools.count():\n"
        "    spool.append('sendgrid', f'{number} ' + 'x' * 200_000); print(number, flush=True)\n"
    )
    for _ in range(3):
        command = [sys.executable, "-c", script, str(empty.folder)]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
            writer.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
        saved = complete_bodies(empty.seal())
        assert set(acknowledged) <= {int(body.split()[0]) for body in saved}
        empty.remove(empty.seal())


def complete_bodies(segments: list[Path]) -> list[str]:
    """The bodies of all complete lines. Only the last line may be truncated."""
    bodies = []
    for segment in segments:
        *complete, rest = segment.read_bytes().split(b"\n")
        bodies += [json.loads(line)["body"] for line in complete]
        assert len(rest) < 210_000
    return bodies


def test_the_last_error_remains_until_cleared(empty: Spool) -> None:
    empty.append("sendgrid", "1")
    before = datetime.now(UTC)
    empty.note_error("The disk is full.")
    noted = empty.last_error()
    assert noted is not None
    assert (noted.text, before <= noted.at <= datetime.now(UTC)) == ("The disk is full.", True)
    empty.note_error(None)
    empty.note_error(None)
    assert empty.last_error() is None
