"""A backup may be copied, moved or linked onto the database's path, also while the dashboard reads it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pytest

from mailsight.errors import DatabaseBusy, DatabaseDamaged, DatabaseUnreadable, LoadRefused
from mailsight.warehouse import reader
from mailsight.warehouse.draft import draft
from mailsight.warehouse.reader import Warehouse
from tests.support.generations import load, loads, names
from tests.support.waiting import until

BACKUP, LATER = [1], [1, 2, 3]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loaded")
    path = folder / "data" / "mailsight.duckdb"
    load(path, 1)
    (folder / "backup").mkdir()
    shutil.copyfile(path, folder / "backup" / "backup.duckdb")
    for number in (2, 3):
        load(path, number)
    return folder


@pytest.fixture
def database(loaded: Path, tmp_path: Path) -> Path:
    """A database with three loads. A backup beside it, in a folder of its own, has the first."""
    shutil.copytree(loaded, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path / "data" / "mailsight.duckdb"


@pytest.fixture
def backup(database: Path) -> Path:
    return database.parent.parent / "backup" / "backup.duckdb"


def move(backup: Path, database: Path) -> None:
    shutil.copyfile(backup, database.with_name("incoming"))
    database.with_name("incoming").replace(database)


def remove_and_copy(backup: Path, database: Path) -> None:
    """What `cp -f` does if the file can't be opened for writing, and `rsync` always."""
    database.unlink()
    shutil.copyfile(backup, database)


def link(backup: Path, database: Path) -> None:
    """The operator's own link, to another folder."""
    database.unlink()
    database.symlink_to(backup)


def link_to_an_older_generation(_: Path, database: Path) -> None:
    database.unlink()
    database.symlink_to("mailsight.000001.duckdb")


def write_through_the_link(backup: Path, database: Path) -> None:
    """What `cp` does as root, who may write to read-only files."""
    database.resolve().chmod(0o600)
    shutil.copyfile(backup, database)


WAYS = [move, remove_and_copy, link, write_through_the_link]


def served(warehouse: Warehouse) -> list[int]:
    """The loads that a page shows. While a file is being replaced, it says so instead; then it recovers by itself."""
    result: list[int] = []

    def answered() -> bool:
        try:
            result[:] = loads(warehouse)
        except DatabaseBusy:
            return False
        return True

    until(answered, "the database to be readable")
    return result


@pytest.mark.parametrize("restore", WAYS)
def test_a_restored_backup_is_served_at_once_and_continued(
    database: Path, backup: Path, restore: Callable[[Path, Path], None]
) -> None:
    warehouse = Warehouse(database)
    with warehouse.snapshot() as pinned:
        assert loads(warehouse) == LATER
        restore(backup, database)
        assert served(warehouse) == BACKUP
        assert warehouse.problem is None
        # A page that was being drawn gets the old figures or an error, never a mixture.
        try:
            assert len(pinned.rows("recent_loads", most=100)) == len(LATER)
        except DatabaseBusy:
            assert restore is write_through_the_link
    load(database, 7)
    assert served(warehouse) == [*BACKUP, 7]
    load(database, 8)
    load(database, 9)
    assert served(warehouse) == [*BACKUP, 7, 8, 9]
    if restore is not write_through_the_link:
        # What the backup replaced has no successor.
        assert loads(database.with_name("mailsight.000003.duckdb")) == LATER


@pytest.mark.parametrize("restore", WAYS)
def test_backups_restored_in_turn_are_never_mixed_up(
    database: Path, backup: Path, restore: Callable[[Path, Path], None]
) -> None:
    other = backup.with_name("other.duckdb")
    shutil.copyfile(database.resolve(), other)
    warehouse = Warehouse(database)
    for _ in range(3):
        restore(backup, database)
        assert served(warehouse) == BACKUP
        if restore is write_through_the_link:
            shutil.copyfile(other, database)
        else:
            restore(other, database)
        assert served(warehouse) == LATER


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write to any file")
def test_copying_onto_the_path_is_refused_by_the_system(database: Path, backup: Path) -> None:
    with pytest.raises(PermissionError):
        shutil.copyfile(backup, database)
    assert loads(database) == LATER


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.6, 0.99])
def test_while_a_copy_is_incomplete_pages_keep_what_they_have_and_loads_are_refused(
    database: Path, backup: Path, share: float
) -> None:
    warehouse = Warehouse(database)
    assert loads(warehouse) == LATER
    content = backup.read_bytes()
    end = int(len(content) * share)
    database.unlink()
    database.write_bytes(content[:end])
    restarted = Warehouse(database)
    for each in (warehouse, restarted):
        assert loads(each) == LATER
        assert each.problem
    with pytest.raises(LoadRefused):
        load(database, 4)
    with database.open("ab") as file:
        file.write(content[end:])
    for each in (warehouse, restarted):
        until(lambda each=each: loads(each) == BACKUP, "the backup to be served")  # type: ignore[misc]
        assert not each.problem
    load(database, 4)
    assert loads(warehouse) == [*BACKUP, 4]


def test_a_half_written_copy_through_the_link_is_never_served(database: Path, backup: Path) -> None:
    warehouse = Warehouse(database)
    with warehouse.snapshot() as pinned:
        database.resolve().chmod(0o600)
        content = backup.read_bytes()
        database.write_bytes(content[:100_000])
        with pytest.raises(DatabaseBusy, match="is being replaced"):
            pinned.rows("recent_loads", most=100)
    with pytest.raises(DatabaseUnreadable):
        loads(warehouse)
    assert warehouse.problem
    with pytest.raises(LoadRefused):
        load(database, 4)
    database.write_bytes(content)
    assert served(warehouse) == BACKUP


def test_a_backup_that_arrives_during_a_load_is_not_overwritten(database: Path, backup: Path) -> None:
    loading = draft(database)
    loading.__enter__()
    move(backup, database)
    with pytest.raises(LoadRefused, match="was replaced while the load was running"):
        loading.__exit__(None, None, None)
    assert loads(database) == BACKUP
    load(database, 4)
    assert loads(database) == [*BACKUP, 4]


def test_a_folder_of_backups_without_links_is_served(database: Path, tmp_path: Path) -> None:
    restored = tmp_path / "restored"
    restored.mkdir()
    for file in database.parent.glob("mailsight.0*.duckdb"):
        shutil.copyfile(file, restored / file.name)
    path = restored / database.name
    assert loads(path) == LATER
    load(path, 4)
    assert loads(path) == [*LATER, 4]


def test_an_older_generation_is_served_when_the_link_is_moved_back(database: Path) -> None:
    warehouse = Warehouse(database)
    assert loads(warehouse) == LATER
    database.unlink()
    database.symlink_to("mailsight.000002.duckdb")
    assert loads(warehouse) == [1, 2]


def directory(path: Path) -> None:
    path.mkdir()


def link_to_nowhere(path: Path) -> None:
    path.symlink_to("/nowhere/mailsight.duckdb")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def text(path: Path) -> None:
    path.write_text("not a database")


def empty(path: Path) -> None:
    path.touch()


def foreign(path: Path) -> None:
    duckdb.connect(str(path)).close()


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    "create",
    [directory, link_to_nowhere, link_to_itself, text, empty, foreign, pipe],
    ids=lambda f: f.__name__,
)
def test_whatever_is_at_the_path_gets_a_sentence(tmp_path: Path, create: Callable[[Path], None]) -> None:
    path = tmp_path / "mailsight.duckdb"
    create(path)
    warehouse = Warehouse(path)
    assert warehouse.exists
    with pytest.raises(DatabaseUnreadable) as error:
        warehouse.snapshot()
    assert str(path) in error.value.message
    assert error.value.next_step
    assert warehouse.problem
    with pytest.raises(LoadRefused):
        load(path, 1)
    assert os.path.lexists(path)
    assert not list(tmp_path.glob("*.draft"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read any folder")
def test_a_folder_that_cannot_be_read_gets_a_sentence(database: Path) -> None:
    database.parent.chmod(0)
    try:
        with pytest.raises(DatabaseUnreadable, match="Permission denied"):
            Warehouse(database).snapshot()
        with pytest.raises(LoadRefused, match="Permission denied"):
            load(database, 4)
    finally:
        database.parent.chmod(0o700)


def test_a_link_to_another_folder_stays_and_the_generations_are_there(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "here" / "mailsight.duckdb"
    path.parent.mkdir()
    path.symlink_to(database)
    load(path, 4)
    assert path.readlink() == database
    assert names(path.parent) == ["mailsight.duckdb"]
    assert loads(path) == loads(database) == [*LATER, 4]


HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by_another_program(file: Path) -> Iterator[int]:
    """Within the block, another program has the file open for writing; yields its process id."""
    file.chmod(0o600)
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        yield program.pid
        program.communicate()


def test_while_another_program_holds_the_file_pages_keep_what_they_have(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "RETRY_SECONDS", 0.0)
    warehouse = Warehouse(database)
    assert loads(warehouse) == LATER
    before = warehouse.generation
    # The newer generation, before the dashboard looks at it.
    load(database, 4)
    with held_by_another_program(database.resolve()) as process:
        assert loads(warehouse) == LATER
        assert warehouse.generation == before
        assert warehouse.problem is not None
        assert f"process {process}) has {database.resolve()} open for writing" in warehouse.problem
        with pytest.raises(DatabaseBusy, match="open for writing"):
            Warehouse(database).snapshot()
        with pytest.raises(LoadRefused, match="open for writing"):
            load(database, 5)
    until(lambda: loads(warehouse) == [*LATER, 4], "the newer generation")
    assert warehouse.problem is None


HEADER_BYTES, BLOCK_BYTES = 3 * 4096, 2**18


@pytest.mark.parametrize("with_link", [True, False])
def test_damage_anywhere_in_a_file_never_ends_up_in_every_generation(tmp_path: Path, with_link: bool) -> None:
    """Whatever block somebody overwrote: it is not in use, or loads refuse and keep what they have."""
    original = tmp_path / "original" / "mailsight.duckdb"
    for number in (1, 2):
        load(original, number)
    size = original.resolve().stat().st_size
    refused = 0
    for place in range(HEADER_BYTES, size, BLOCK_BYTES):
        database = tmp_path / str(place) / "mailsight.duckdb"
        shutil.copytree(original.parent, database.parent, symlinks=True)
        newest = database.resolve()
        newest.chmod(0o600)
        with newest.open("rb+") as file:
            file.seek(place)
            file.write(bytes(BLOCK_BYTES))
        if not with_link:
            database.unlink()
        before = names(database.parent)
        try:
            for number in (3, 4, 5):
                load(database, number)
        except LoadRefused as error:
            assert "damaged" in error.message  # noqa: PT017
            assert names(database.parent) == before
            refused += 1
        else:
            assert loads(database) in ([1, 2, 3, 4, 5], [1, 3, 4, 5])
    assert refused


@pytest.mark.parametrize("with_link", [True, False])
def test_pages_serve_the_newest_generation_without_damage(
    with_link: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever block somebody overwrote: it is not in use, or pages show older data and say why."""
    monkeypatch.setattr(reader, "RETRY_SECONDS", 0.0)
    database = tmp_path / "mailsight.duckdb"
    for number in (1, 2):
        load(database, number)
    newest = database.resolve()
    newest.chmod(0o600)
    if not with_link:
        database.unlink()
    intact = newest.read_bytes()
    served = []
    for place in range(0, len(intact), BLOCK_BYTES):
        newest.unlink()
        newest.write_bytes(intact[:place] + bytes(BLOCK_BYTES) + intact[place + BLOCK_BYTES :])
        warehouse = Warehouse(database)
        served.append(loads(warehouse))
        assert served[-1] in ([1], [1, 2])
        if served[-1] == [1]:
            assert re.search(
                rf"{newest} is (damaged|incomplete|not a Mailsight database)", str(warehouse.problem)
            )
        else:
            assert warehouse.problem is None
    assert {len(numbers) for numbers in served} == {1, 2}


def test_damage_that_a_reader_meets_is_not_met_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing disk doesn't change a file's time."""
    monkeypatch.setattr(reader, "RETRY_SECONDS", 0.0)
    database = tmp_path / "mailsight.duckdb"
    for number in (1, 2):
        load(database, number)
    newest, status = database.resolve(), database.stat()
    newest.chmod(0o600)
    for place in range(HEADER_BYTES, status.st_size, BLOCK_BYTES):
        with newest.open("rb+") as file:
            file.seek(place)
            intact = file.read(BLOCK_BYTES)
            file.seek(place)
            file.write(bytes(len(intact)))
        os.utime(newest, ns=(status.st_atime_ns, status.st_mtime_ns))
        warehouse = Warehouse(database)
        with suppress(DatabaseDamaged):
            assert loads(warehouse) in ([1], [1, 2])
        assert loads(warehouse) in ([1], [1, 2])
        assert (loads(warehouse) == [1]) == (warehouse.problem is not None)
        if warehouse.problem:
            return
        with newest.open("rb+") as file:
            file.seek(place)
            file.write(intact)
    pytest.fail("No block of the file was in use.")


def test_a_damaged_database_without_an_older_generation_is_not_served(tmp_path: Path) -> None:
    database = tmp_path / "mailsight.duckdb"
    load(database, 1)
    newest = database.resolve()
    newest.chmod(0o600)
    newest.write_bytes(newest.read_bytes()[:HEADER_BYTES] + bytes(BLOCK_BYTES) * 4)
    with pytest.raises(DatabaseDamaged):
        Warehouse(database).snapshot()
