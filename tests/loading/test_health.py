"""Health: everything that can break is named, in sentences that reveal nothing."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from filelock import lock_descriptor

from mailsight.errors import NoDatabase
from mailsight.loading import health
from mailsight.loading.background import Loader
from mailsight.loading.spool import Spool, beside
from mailsight.warehouse.reader import Warehouse
from tests.support.generations import load, loads


class Installed(NamedTuple):
    database: Path
    spool: Spool


@pytest.fixture
def installed(tmp_path: Path, sample_database: Path) -> Installed:
    database = tmp_path / "mailsight.duckdb"
    shutil.copyfile(sample_database, database)
    spool = Spool(tmp_path / "mailsight.spool")
    spool.append("sendgrid", "[]")
    return Installed(database, spool)


def problems(installed: Installed, **more: Loader) -> list[str]:
    return health.problems(Warehouse(installed.database), installed.spool, 30, takes_webhooks=True, **more)


def test_a_working_installation_has_no_problems(installed: Installed) -> None:
    with Warehouse(installed.database).snapshot():
        before = sorted(installed.database.parent.rglob("*"))
    assert problems(installed) == []
    assert sorted(installed.database.parent.rglob("*")) == before


def test_a_damaged_generation_is_a_problem_even_if_an_older_one_is_served(tmp_path: Path) -> None:
    installed = Installed(tmp_path / "mailsight.duckdb", Spool(tmp_path / "mailsight.spool"))
    for number in (1, 2):
        load(installed.database, number)
    installed.database.resolve().chmod(0o600)
    os.truncate(installed.database, 4096)
    assert loads(installed.database) == [1]
    assert problems(installed) == ["The newest data can't be read, so pages show older data."]


def truncate(installed: Installed) -> None:
    os.truncate(installed.database, 4096)


def replace_by_text(installed: Installed) -> None:
    installed.database.write_text("no database")


def replace_by_folder(installed: Installed) -> None:
    installed.database.unlink()
    installed.database.mkdir()


def block_spool(installed: Installed) -> None:
    shutil.rmtree(installed.spool.folder)
    installed.spool.folder.write_text("a file")


def block_current(installed: Installed) -> None:
    current = installed.spool.folder / "current.ndjson"
    current.unlink()
    current.mkdir()


def block_lock(installed: Installed) -> None:
    lock = installed.spool.folder / "lock"
    lock.unlink()
    lock.mkdir()


def fail_load(installed: Installed) -> None:
    installed.spool.note_error("disk full at /srv/secret")


def block_set_aside(installed: Installed) -> None:
    (installed.spool.folder / "set-aside").write_text("a file")


def keep_waiting(installed: Installed) -> None:
    installed.spool.seal()
    old = datetime.now(UTC) - timedelta(hours=1)
    for segment in installed.spool.seal():
        segment.unlink()
    installed.spool.append("sendgrid", "[]", received_at=old)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "The database can't be read."),
        (replace_by_text, "The database can't be read."),
        (replace_by_folder, "The database can't be read."),
        (block_spool, "The spool can't be written to, so webhooks are refused."),
        (block_current, "The spool can't be written to, so webhooks are refused."),
        (block_lock, "The spool can't be written to, so webhooks are refused."),
        (fail_load, "The last load of received webhooks failed. They are kept, and loading is retried."),
        (block_set_aside, "The received webhooks that were set aside can't be read."),
        (keep_waiting, "Received webhooks have been waiting to be loaded for too long."),
    ],
)
def test_damage_is_named(installed: Installed, damage: Callable[[Installed], None], reason: str) -> None:
    damage(installed)
    reasons = problems(installed)
    assert reason in reasons
    assert not any("/" in text or "srv" in text for text in reasons)


def test_a_spool_that_somebody_keeps_locked_is_named(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "MAX_LOCK_SECONDS", 0.01)
    with (installed.spool.folder / "lock").open("ab") as lock:
        lock_descriptor(lock.fileno())
        assert problems(installed) == [
            "Another program keeps the spool locked, so webhooks are not answered."
        ]
    assert problems(installed) == []


def test_a_disk_without_room_for_a_load_is_named(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = installed.database.stat().st_size
    for free, is_enough in ((3 * size + health.MIN_FREE_BYTES, True), (size, False), (0, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        expected = [] if is_enough else ["There is not enough free disk space for the next load."]
        assert problems(installed) == expected


def test_an_unreadable_disk_is_named(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", broken)
    assert problems(installed) == ["The free disk space can't be determined."]


# Nobody may create files in them, not even root.
@pytest.mark.parametrize("folder", ["/proc", "/sys"])
def test_a_folder_that_can_not_be_written_to_is_named_before_any_load_fails(folder: str) -> None:
    expected = ["The folder of the database can't be written to, so nothing can be loaded."]
    database = Path(folder) / "mailsight.duckdb"
    assert health.unwritable(database) == expected
    assert expected[0] in health.problems(Warehouse(database), beside(database), 30, takes_webhooks=False)


def test_a_folder_that_can_not_be_looked_up_can_not_be_written_to() -> None:
    assert health.unwritable(Path("/") / ("x" * 300) / "mailsight.duckdb")


def test_a_loader_that_ended_is_named(installed: Installed) -> None:
    loader = Loader(installed.database, installed.spool, 30, load=lambda *_: None)
    loader.start()
    assert problems(installed, loader=loader) == []
    loader.stop()
    assert problems(installed, loader=loader) == [
        "The thread that loads webhooks has ended. Restart the server."
    ]


def test_without_data_nothing_else_is_wrong(tmp_path: Path) -> None:
    empty = Installed(tmp_path / "none" / "mailsight.duckdb", Spool(tmp_path / "none" / "mailsight.spool"))
    with pytest.raises(NoDatabase):
        problems(empty)
    assert not (tmp_path / "none").exists()


def ready(installed: Installed, **threads: Loader) -> dict[str, str]:
    more = {"loader": None, "importer": None} | threads
    return health.readiness(Warehouse(installed.database), installed.spool, **more)


READY = {"database": "ok", "spool": "ok", "disk": "ok", "loader": "not used", "importer": "not used"}


def test_a_working_installation_is_ready(installed: Installed) -> None:
    assert ready(installed) == READY


def test_a_server_without_data_is_ready_for_some(tmp_path: Path) -> None:
    empty = Installed(tmp_path / "none" / "mailsight.duckdb", Spool(tmp_path / "none" / "mailsight.spool"))
    assert ready(empty) == READY
    assert not (tmp_path / "none").exists()


def test_webhooks_that_fail_or_wait_are_no_reason_to_stop_answering(installed: Installed) -> None:
    fail_load(installed)
    keep_waiting(installed)
    assert ready(installed) == READY


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (truncate, "database"),
        (replace_by_text, "database"),
        (replace_by_folder, "database"),
        (block_spool, "spool"),
        (block_current, "spool"),
    ],
)
def test_the_check_that_fails_is_named(
    installed: Installed, damage: Callable[[Installed], None], check: str
) -> None:
    damage(installed)
    answer = ready(installed)
    assert answer[check].endswith(".")
    assert "/" not in answer[check]
    assert answer | {check: "ok"} == READY


def test_a_loader_that_ended_is_not_ready(installed: Installed) -> None:
    loader = Loader(installed.database, installed.spool, 30, load=lambda *_: None)
    loader.start()
    assert ready(installed, loader=loader) == READY | {"loader": "ok"}
    loader.stop()
    assert ready(installed, loader=loader)["loader"] == "The thread has ended. Restart the server."


def test_a_disk_that_is_nearly_full_is_a_warning_before_it_is_a_problem(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = health.disk(installed.database).needed_bytes
    seen = []
    for free in (2 * needed, 2 * needed - 1, needed, needed - 1, 0):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        warned = health.warnings(installed.database)
        seen.append((len(warned), len(problems(installed)), ready(installed)["disk"] == "ok"))
        assert not any("/" in text for text in warned)
    assert seen == [(0, 0, True), (1, 0, True), (1, 0, True), (1, 1, False), (1, 1, False)]


def test_a_disk_that_cannot_be_read_is_no_warning(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", broken)
    assert health.warnings(installed.database) == []
    assert ready(installed)["disk"] == "The free disk space can't be determined."
