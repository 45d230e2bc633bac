"""The state beside the database: created when needed, shared by processes, all or nothing."""

import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mailsight.errors import StateUnreadable
from mailsight.state import store
from mailsight.state.store import Store
from tooling.servers import PROJECT


def test_reading_creates_nothing(tmp_path: Path) -> None:
    kept = Store(tmp_path / "m.state.sqlite")
    assert kept.row("secret_key", name="erasure") is None
    assert list(tmp_path.iterdir()) == []


def test_a_key_stays_the_same_and_is_private(tmp_path: Path) -> None:
    kept = Store.of(tmp_path / "new" / "m.duckdb")
    key = kept.key("erasure")
    assert len(key) == 32
    assert Store(kept.file).key("erasure") == key != kept.key("other")
    assert stat.S_IMODE(kept.file.stat().st_mode) == 0o600
    assert [file.name for file in kept.file.parent.iterdir() if file.stat().st_size] == ["m.state.sqlite"]


def test_a_transaction_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    kept = Store(tmp_path / "m.state.sqlite")
    insert = "insert into secret_keys (name, key) values (?, x'00')"
    with pytest.raises(StateUnreadable, match="UNIQUE"), kept.transaction() as connection:
        connection.executemany(insert, [["first"], ["second"], ["first"]])
    assert kept.row("secret_key", name="second") is None


def test_what_is_deleted_leaves_no_bytes(tmp_path: Path) -> None:
    kept = Store(tmp_path / "m.state.sqlite")
    kept.run("create_secret_key", name="anna@example.com", key=b"")
    assert b"anna@example.com" in kept.file.read_bytes()
    with kept.transaction() as connection:
        connection.execute("delete from secret_keys")
    assert not any(b"anna@example.com" in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.slow
def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    # multiprocessing would run __main__ again, which Streamlit's AppTest has replaced.
    script = (
        "import sys, pathlib; from mailsight.state.store import Store\n"
        "print(Store(pathlib.Path(sys.argv[1])).key('erasure').hex())\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "m.state.sqlite")]
    processes = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    keys = [process.communicate()[0].strip() for process in processes]
    assert len(keys[0]) == 64
    assert set(keys) == {keys[0]}


def test_the_threads_of_a_process_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: SQLite would have some of them give up."""
    monkeypatch.setattr(store, "WAIT_SECONDS", 0.0)
    state = Store(tmp_path / "state.sqlite")
    state.key("any")
    together = threading.Barrier(8)

    def write(_: int) -> None:
        together.wait()
        with state.transaction():
            time.sleep(0.02)  # as if it had to wait for a processor

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    content = b"not a database, but long enough to be read as a page of one" * 10
    file = tmp_path / "m.state.sqlite"
    file.write_bytes(content)
    with pytest.raises(StateUnreadable, match=r"m\.state\.sqlite"):
        Store(file).key("erasure")
    assert file.read_bytes() == content


def test_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "m.state.sqlite"
    connection = sqlite3.connect(file)
    connection.execute(f"pragma user_version = {store.VERSION + 1}")
    connection.close()
    with pytest.raises(StateUnreadable, match="Update Mailsight"):
        Store(file).key("erasure")
