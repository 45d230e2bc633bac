"""Backups: complete or not there, checked before they are restored, and restored without losing anything."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import duckdb
import pytest

from mailsight.backups import folders, making, manifest, restoring, verifying
from mailsight.errors import (
    BackupFailed,
    BackupUnreadable,
    LoadRunning,
    NoDatabase,
    RestoreFailed,
)
from mailsight.loading import payloads, spool
from mailsight.loading.spool import Spool
from mailsight.state import audit, mappings, store
from mailsight.state.mappings import Mappings
from mailsight.state.store import Store
from mailsight.warehouse import draft as drafts
from mailsight.warehouse.draft import draft
from mailsight.warehouse.opening import SCHEMA_VERSION
from mailsight.warehouse.reader import Warehouse
from tests.support import generations, kills, old_databases
from tests.support.command_line import run
from tests.support.examples import thorough
from tests.support.kills import Killer
from tests.support.small_disk import small_disk
from tests.support.webhook_data import load, loaded, once, receive


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database, and a backup from when Ann's webhook was loaded, Bea's set aside, and Cleo's waiting.

    Since then, Cleo's was loaded, and Dora's arrived.
    """
    folder = tmp_path_factory.mktemp("installed")
    path = folder / "data" / "mailsight.duckdb"
    load(path, "ann")
    receive(path, "bea")
    waiting = spool.beside(path)
    waiting.set_aside(waiting.seal()[0], "too odd")
    receive(path, "cleo")
    mappings.folder(path).mkdir()
    (mappings.folder(path) / "header.toml").write_text("x = 1\n")
    machines(path).write_text("machine_networks = []\n")
    Store.of(path).key("any")
    make(path, folder / "backups")
    load(path)
    receive(path, "dora")
    return folder


@pytest.fixture
def database(installed: Path, tmp_path: Path) -> Path:
    shutil.copytree(installed, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path / "data" / "mailsight.duckdb"


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with kills.killer("mailsight.backups.restoring", "mailsight.__main__") as started:
        yield started


@pytest.fixture
def backups(database: Path) -> Path:
    return database.parent.parent / "backups"


@pytest.fixture
def backup(backups: Path) -> Path:
    [made] = folders.complete(backups)
    return made


def machines(database: Path) -> Path:
    return database.with_name("machines.toml")


def make(database: Path, backups: Path, keep: int | None = None) -> Path:
    return making.make(database, backups, machines=machines(database), keep=keep).folder


def restore(database: Path, place: Path) -> restoring.Restored:
    return restoring.restore(database, place, machines=machines(database), wait_seconds=0)


def drained(database: Path) -> dict[str, int]:
    """What the database holds when everything that waits has been loaded."""
    payloads.ingest_spool(database, spool.beside(database))
    return dict(loaded(database))


def test_a_backup_holds_everything_and_is_restored_elsewhere(
    backup: Path, database: Path, tmp_path: Path
) -> None:
    files = list(manifest.read(backup).files)
    assert [name for name in files if "spool" not in name] == [
        "machines.toml",
        "mailsight.duckdb",
        "mailsight.state.sqlite",
    ]
    assert [Path(name).parent.name + Path(name).suffix for name in files if "spool" in name] == [
        "mailsight.spool.ndjson",
        "set-aside.json",
        "set-aside.ndjson",
    ]
    assert verifying.backup(backup).problems == []
    other = tmp_path / "other" / "campaigns.duckdb"
    assert restore(other, backup.parent) == restoring.Restored(backup, None, 1)
    assert loaded(other) == once(["ann"])
    [bea] = spool.beside(other).state().set_aside
    assert (bea.requests, bea.reason) == (1, "too odd")
    assert Mappings.of(other).all() == {"header": "x = 1\n"}
    assert machines(other).read_text() == "machine_networks = []\n"
    assert Store.of(other).key("any") == Store.of(database).key("any")


def test_nothing_is_lost_and_nothing_counts_twice_when_a_backup_is_restored(
    database: Path, backups: Path
) -> None:
    replaced = database.resolve()
    restored = restore(database, backups)
    assert loaded(database) == once(["ann"])
    assert restored.waiting_requests == 2
    assert restored.aside
    assert loaded(restored.aside / replaced.name) == once(["ann", "cleo"])
    assert drained(database) == once(["ann", "cleo", "dora"])
    assert restore(database, backups).waiting_requests == 2  # the same again: all after the backup
    assert loaded(database) == once(["ann"])


def test_loaded_webhooks_are_kept_from_the_first_backup_until_the_next(tmp_path: Path) -> None:
    waiting = Spool(tmp_path / "spool")

    def loaded_segment() -> Path:
        waiting.append("sendgrid", "[]")
        [segment] = waiting.seal()
        waiting.remove([segment])
        return waiting.loaded.folder / segment.name

    loaded_segment()
    assert waiting.loaded.start() == []
    first, second = loaded_segment(), loaded_segment()
    assert waiting.loaded.start() == [first, second]
    waiting.loaded.forget([first])
    os.utime(second, (0, 0))  # long ago, and no backup since
    third = loaded_segment()
    assert waiting.loaded.files() == [third]
    waiting.loaded.put_back()
    assert [file.name for file in waiting.unloaded()] == [third.name]


def test_a_backup_forgets_loaded_webhooks_that_it_holds(database: Path, backups: Path) -> None:
    [cleo] = spool.beside(database).loaded.files()
    make(database, backups)
    assert spool.beside(database).loaded.files() == []
    assert not cleo.exists()


def test_pages_show_a_restored_backup_at_once(database: Path, backup: Path) -> None:
    warehouse = Warehouse(database)

    def events() -> int:
        with warehouse.snapshot() as newest:
            return int(newest.rows("totals")[0]["events"])

    with warehouse.snapshot() as pinned:
        assert events() == 2
        restore(database, backup)
        assert events() == 1
        assert pinned.rows("totals")[0]["events"] == 2
    assert warehouse.problem is None


def test_a_restore_moves_a_database_aside_that_can_not_be_read(database: Path, backup: Path) -> None:
    served = database.resolve()
    served.chmod(0o600)
    served.write_bytes(b"x" * 5_000)
    restored = restore(database, backup)
    assert restored.aside
    assert (restored.aside / served.name).read_bytes() == b"x" * 5_000
    assert loaded(database) == once(["ann"])


@pytest.mark.parametrize("link", [True, *thorough([False])])
def test_a_single_database_file_can_be_restored(database: Path, tmp_path: Path, link: bool) -> None:
    copy = tmp_path / "copy.duckdb"
    shutil.copyfile(database.with_name("mailsight.000001.duckdb"), copy)
    (tmp_path / "link.duckdb").symlink_to(copy)
    restore(database, tmp_path / "link.duckdb" if link else copy)
    assert loaded(database) == once(["ann"])


def test_mappings_of_an_older_backup_are_taken_over(backup: Path, tmp_path: Path) -> None:
    file = backup / manifest.MAPPINGS / "older.toml"
    file.parent.mkdir()
    file.write_text("x = 2\n")
    files = json.loads((backup / manifest.NAME).read_text())["files"]
    stored = asdict(manifest.stored_file(file))
    change(backup, files=files | {file.relative_to(backup).as_posix(): stored})
    restore(tmp_path / "other.duckdb", backup)
    assert Mappings.of(tmp_path / "other.duckdb").all() == {"header": "x = 1\n", "older": "x = 2\n"}


def flip(file: Path) -> None:
    file.chmod(0o600)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def shorten(file: Path) -> None:
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [flip, *thorough([shorten, Path.unlink])])
@pytest.mark.parametrize(
    "name",
    [
        "machines.toml",
        "mailsight.duckdb",
        "mailsight.spool/2*",
        "mailsight.spool/set-aside/*",
        "mailsight.state.sqlite",
    ],
)
def test_a_damaged_backup_is_noticed_and_never_restored(
    database: Path, backup: Path, name: str, harm: Callable[[Path], None]
) -> None:
    harm(next(backup.glob(name)))
    assert verifying.backup(backup).problems
    before = sorted(database.parent.rglob("*"))
    with pytest.raises(BackupUnreadable):
        restore(database, backup)
    assert sorted(database.parent.rglob("*")) == before


def newer_format(made: Path) -> None:
    change(made, format=manifest.FORMAT + 1)


def other_counts(made: Path) -> None:
    change(made, rows=manifest.read(made).rows | {"events": 7})  # type: ignore[operator]


def without_database(made: Path) -> None:
    files = json.loads((made / manifest.NAME).read_text())["files"]
    del files["mailsight.duckdb"]
    change(made, files=files)


def change(made: Path, **values: object) -> None:
    file = made / manifest.NAME
    file.chmod(0o600)
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def half_a_manifest(made: Path) -> None:
    shorten(made / manifest.NAME)


def no_manifest(made: Path) -> None:
    (made / manifest.NAME).unlink()


def incomplete(made: Path) -> None:
    made.rename(made.with_name(f"{made.name}.incomplete"))


@pytest.mark.parametrize(
    "harm", [newer_format, other_counts, without_database, half_a_manifest, no_manifest, incomplete]
)
def test_a_backup_without_a_manifest_that_fits_is_never_restored(
    database: Path, backup: Path, harm: Callable[[Path], None]
) -> None:
    harm(backup)
    for place in (backup.parent, backup, backup.with_name(f"{backup.name}.incomplete")):
        with pytest.raises(BackupUnreadable):
            restore(database, place)


def test_a_newer_version_of_the_tables_is_refused(database: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.duckdb"
    shutil.copyfile(database, newer)
    with duckdb.connect(str(newer)) as connection:
        connection.execute(f"update schema_version set version = {SCHEMA_VERSION + 1}")
    with pytest.raises(BackupUnreadable, match="newer version of Mailsight"):
        restore(database, newer)


def test_tables_of_an_older_version_are_kept_and_updated(database: Path, backups: Path) -> None:
    old_databases.as_version_6(database)
    before = database.resolve().read_bytes()
    made = make(database, backups)
    generations.load(database, 1)
    kept = database.with_name("mailsight.version-6.duckdb")
    assert kept.read_bytes() == before
    restore(database, made)
    assert loaded(database) == once(["ann", "cleo"])
    assert Warehouse(database).problem is None  # this version reads it
    # Again, from the kept file: nothing takes its place.
    shutil.copyfile(kept, database.with_name("incoming"))
    database.with_name("incoming").replace(database)
    generations.load(database, 2)
    assert kept.read_bytes() == before
    assert loaded(database.with_name("mailsight.version-6-2.duckdb")) == once(["ann", "cleo"])


def test_a_migration_that_is_killed_keeps_the_older_database_once(database: Path, killer: Killer) -> None:
    old_databases.as_version_6(database)
    before = database.resolve().read_bytes()
    program = "import sys; from mailsight.__main__ import app; app(sys.argv[1:])"
    killer.kill_at("mailsight.warehouse.generations.publish", program, "--database", database, "migrate")
    run("--database", database, "migrate")
    [kept] = database.parent.glob("mailsight.version-*")
    assert kept.read_bytes() == before


def test_unchanged_databases_share_their_space(database: Path, backups: Path) -> None:
    first, second = (make(database, backups) / manifest.DATABASE for _ in range(2))
    assert first.samefile(second)
    flip(second)
    third = make(database, backups)
    assert verifying.backup(third).problems == []
    generations.load(database, 1)
    fourth = make(database, backups)
    assert not (fourth / manifest.DATABASE).samefile(third / manifest.DATABASE)


def test_only_the_newest_backups_are_kept(database: Path, backups: Path, backup: Path) -> None:
    (backups / "2026-01-01T00-00-00Z.incomplete").mkdir()
    shutil.copytree(backup, backups / "before-the-move")
    newer, newest = make(database, backups, keep=2), make(database, backups, keep=2)
    assert {file.name for file in backups.iterdir()} == {newer.name, newest.name, "before-the-move", "lock"}
    assert folders.complete(backups) == [newer, newest]
    assert verifying.backup(newest).problems == []


MAKE = """
import sys
from pathlib import Path
from mailsight.backups import making
making.make(Path(sys.argv[1]), Path(sys.argv[2]), keep=1)
"""


@pytest.mark.parametrize(
    "moment",
    [
        ("mailsight.warehouse.generations.copy", 1),
        ("mailsight.backups.manifest.write_file", 1),
        ("pathlib.Path.rename", 2),
        *thorough(
            [
                ("mailsight.backups.making._copied", 2),
                ("mailsight.state.copies.copy", 1),
                ("mailsight.warehouse.examination.examine", 1),
                ("mailsight.backups.manifest.stored_file", 4),
                ("pathlib.Path.rename", 1),
                ("shutil.rmtree", 1),
            ]
        ),
    ],
)
def test_a_killed_backup_is_never_taken_for_a_complete_one(
    database: Path, backups: Path, killer: Killer, moment: tuple[str, int]
) -> None:
    step, calls = moment
    killer.kill_at(step, MAKE, database, backups, calls=calls)
    assert folders.complete(backups)
    for each in folders.complete(backups):
        assert verifying.backup(each).problems == []
    make(database, backups, keep=1)
    assert len(list(backups.iterdir())) == 2  # with the lock


RESTORE = """
import sys
from pathlib import Path
from mailsight.backups import restoring
restoring.restore(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize(
    "step",
    [
        "mailsight.warehouse.generations.publish",
        *thorough(["mailsight.loading.loaded_segments.LoadedSegments.put_back", "pathlib.Path.symlink_to"]),
    ],
)
def test_a_killed_restore_loses_nothing(database: Path, backups: Path, killer: Killer, step: str) -> None:
    killer.kill_at(step, RESTORE, database, backups)
    assert loaded(database) == once(["ann", "cleo"])
    assert drained(database) == once(["ann", "cleo", "dora"])


def test_a_restore_that_is_killed_when_it_is_done_keeps_what_was_there(
    database: Path, backups: Path, killer: Killer
) -> None:
    replaced = database.resolve()
    killer.kill_at("mailsight.warehouse.generations._move_others", RESTORE, database, backups)
    assert loaded(database) == once(["ann"])
    for number in (1, 2):  # loads remove what they supersede
        generations.load(database, number)
    assert loaded(replaced) == once(["ann", "cleo"])
    assert drained(database) == once(["ann", "cleo", "dora"])


def test_a_restore_waits_until_what_was_loaded_has_left_the_spool(
    database: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[BaseException | None] = []
    remove = Spool.remove

    def attempt() -> None:
        try:
            restore(database, backup)
        except RestoreFailed as error:
            refused.append(error.__cause__)

    def removed(self: Spool, segments: list[Path]) -> None:
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
        remove(self, segments)

    monkeypatch.setattr(Spool, "remove", removed)
    load(database)
    assert [type(error) for error in refused] == [LoadRunning]


def test_a_thread_that_keeps_others_from_loading_may_load(database: Path) -> None:
    def assert_refused() -> None:
        with pytest.raises(LoadRunning), draft(database, wait_seconds=0):
            pass

    with drafts.exclusive(database):
        with draft(database, wait_seconds=0) as work:
            work.discard()
        with ThreadPoolExecutor(1) as other:
            other.submit(assert_refused).result()


@pytest.mark.parametrize("lineage", ["same", "none", "damaged", "other"])
def test_the_newer_state_of_the_same_installation_is_kept(database: Path, backup: Path, lineage: str) -> None:
    state = store.beside(database)
    Store(state).key("later")
    journal = state.with_name(f"{state.name}-journal")
    journal.unlink(missing_ok=True)
    if lineage == "none":
        state.unlink()
    elif lineage == "damaged":
        state.write_bytes(b"x" * 10_000)
        journal.write_bytes(b"y")
    elif lineage == "other":
        state.unlink()
        Store(state).key("another")
    before = state.read_bytes() if state.exists() else None
    restored = restore(database, backup)
    assert restored.aside
    assert bool(restored.notes) == (lineage == "same")
    if lineage == "same":
        assert state.read_bytes() == before
    else:
        aside = restored.aside / state.name
        assert (aside.read_bytes() if aside.exists() else None) == before
        assert state.read_bytes() == (backup / state.name).read_bytes()
        assert not journal.exists()


def test_a_damaged_database_is_not_backed_up(database: Path, backups: Path, backup: Path) -> None:
    served = database.resolve()
    served.chmod(0o600)
    content = bytearray(served.read_bytes())
    for start in range(12_288, len(content), 4096):
        content[start + 100] ^= 0xFF
    served.write_bytes(content)
    with pytest.raises(BackupFailed):
        make(database, backups)
    assert folders.complete(backups) == [backup]
    assert not list(backups.glob("*.incomplete"))
    assert verifying.live(database).problems


def test_mistakes_are_explained(database: Path, backup: Path, tmp_path: Path) -> None:
    with pytest.raises(NoDatabase):
        making.make(tmp_path / "none.duckdb", tmp_path / "new")
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BackupUnreadable, match="There is no complete backup in"):
            restore(database, place)
    with pytest.raises(BackupFailed, match="is a backup itself"):
        making.make(database, backup)
    with pytest.raises(BackupFailed, match="can't be written to: "):
        making.make(database, backup / manifest.NAME)
    at = manifest.read(backup).created_at
    with folders.new(tmp_path / "two", at), pytest.raises(BackupFailed, match="Another"):
        making.make(database, tmp_path / "two")
    with making.apart(database), pytest.raises(RestoreFailed, match="Another"):
        restore(database, backup)


@pytest.mark.small_disk
def test_a_full_disk_leaves_earlier_backups_and_the_database_as_they_are(
    database: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        backups, on_disk = disk.folder / "backups", disk.folder / "mailsight.duckdb"
        made = make(database, backups)
        generations.load(database, 1)
        for free in (0, 70_000, 1_000_000):
            disk.leave(free)
            with pytest.raises(BackupFailed, match="No space left on device"):
                making.make(database, backups)
            assert folders.complete(backups) == [made]
            with pytest.raises(BackupFailed, match="No space left on device"):
                making.make(database, disk.folder / "first")
            assert not (disk.folder / "first").exists()
        disk.free()
        restore(on_disk, backups)
        disk.leave(100_000)
        with pytest.raises(RestoreFailed):
            restore(on_disk, backups)
        assert loaded(on_disk) == once(["ann", "cleo"])


def test_the_commands_back_up_verify_and_restore(database: Path, tmp_path: Path) -> None:
    at, backups = ("--database", database), tmp_path / "mine"
    status, made, _ = run(*at, "backup", backups)
    assert (status, Path(made.strip()).parent) == (0, backups)
    assert run(*at, "verify", backups)[1].endswith("ok\n")
    assert run(*at, "verify")[1].endswith("ok\n")
    status, _, messages = run(*at, "restore", backups)
    assert status == 0
    assert "What was there is now in" in messages
    assert "The dashboard loads 1 request next." in messages
    entries = audit.beside(database, 0).entries(size=2)
    assert [entry.details.get("command") or entry.details.get("list") for entry in entries] == [
        "restore",
        "backup",
    ]
    flip(Path(made.strip()) / manifest.DATABASE)
    status, printed, _ = run(*at, "verify", backups)
    assert (status, printed.splitlines()[-1]) == (1, "mailsight.duckdb is damaged: its checksum differs.")


def test_restoring_an_older_backup_warns_of_what_is_missing(tmp_path: Path) -> None:
    for name in ("2026-11-23T16-34-23Z", "2026-11-24T16-34-23Z", "before-the-move"):
        (tmp_path / name).mkdir()
        (tmp_path / name / manifest.NAME).touch()

    warning = restoring.warning(tmp_path / "2026-11-23T16-34-23Z")

    assert warning
    assert warning.startswith("2026-11-24T16-34-23Z is newer.")
    for place in (tmp_path, tmp_path / "2026-11-24T16-34-23Z", tmp_path / "before-the-move"):
        assert restoring.warning(place) is None


def test_restoring_to_another_place_leaves_the_rules_of_the_dashboard(
    database: Path, backups: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(database))
    machines(database).write_text("off = []\n")
    other = tmp_path / "other" / "mailsight.duckdb"
    code, *_ = run("--database", other, "restore", backups)
    assert code == 0
    assert machines(database).read_text() == "off = []\n"
    assert machines(other).read_text() == "machine_networks = []\n"
