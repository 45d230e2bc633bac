"""A generation is published whole or not at all, and nothing is removed that has no verified successor."""

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mailsight.errors import DatabaseUnreadable, LoadRefused
from mailsight.loading import spool
from mailsight.warehouse import contents, generations, opening
from mailsight.warehouse.draft import draft
from mailsight.warehouse.files import make_private
from mailsight.warehouse.reader import Warehouse
from tests.support.generations import load, loads, names

# What a load asks of the file system.
CALLS = {
    "sync": (os, "fsync"),
    "copy": (os, "copy_file_range"),
    "rename": (Path, "rename"),
    "replace": (Path, "replace"),
    "link": (Path, "symlink_to"),
    "permissions": (Path, "chmod"),
    "create": (Path, "touch"),
    "folder": (Path, "mkdir"),
    "remove": (Path, "unlink"),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("loaded") / "data" / "mailsight.duckdb"
    load(path, 1)
    load(path, 2)
    return path


@pytest.fixture
def database(loaded: Path, tmp_path: Path) -> Path:
    """A database of two generations, with one load and with two."""
    shutil.copytree(loaded.parent, tmp_path / "data", symlinks=True)
    return tmp_path / "data" / loaded.name


class Failing:
    """A function whose nth call fails as on a full disk."""

    def __init__(self, original: Callable[..., Any], nth: int) -> None:
        self.original = original
        self.nth = nth
        self.calls = 0

    def patched(self) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls == self.nth:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.original(*args, **kwargs)

        return function


@pytest.mark.slow
@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param(0, id="the first load", marks=pytest.mark.thorough),
        pytest.param(2, id="a later load"),
    ],
)
def test_a_load_that_fails_at_any_call_changes_nothing(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, earlier: int
) -> None:
    owner, name = CALLS[kind]
    before = list(range(earlier))
    (tmp_path / "before").mkdir()
    for number in before:
        load(tmp_path / "before" / "mailsight.duckdb", number)
    for nth in range(1, 50):
        path = tmp_path / str(nth) / "mailsight.duckdb"
        shutil.copytree(tmp_path / "before", path.parent, symlinks=True)
        failing = Failing(getattr(owner, name), nth)
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, failing.patched())
            try:
                load(path, 8)
                done = [8]
            except LoadRefused:
                done = []
        assert not list(path.parent.glob("*.draft*"))
        assert not list(path.parent.glob("*.new"))
        if before or done:
            assert loads(path) == before + done
        else:
            assert not Warehouse(path).exists
        load(path, 9)
        assert loads(path) == [*before, *done, 9]
        assert len(names(path.parent)) <= 3  # the link and the last two generations
        if failing.calls < nth:
            return
    raise AssertionError(f"A load calls {name} more than 50 times.")


def fail(*_: object) -> str:
    raise duckdb.IOException("IO Error: computed checksum does not match")


@pytest.mark.parametrize(
    ("owner", "step", "broken"),
    [
        (contents, "read_back", lambda *_: "the table events has 8 rows instead of 3008"),
        (contents, "read_back", fail),
        (opening, "open_readonly", fail),
        (opening, "check_version", fail),
        (generations, "copy", fail),
        (generations, "publish", fail),
    ],
)
def test_a_generation_that_is_not_proved_readable_is_not_published(
    database: Path, owner: object, step: str, broken: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names(database.parent)
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, broken)
        with pytest.raises(LoadRefused, match="Nothing was changed"):
            load(database, 3)
    assert (loads(database), names(database.parent)) == ([1, 2], before)
    load(database, 3)
    assert loads(database) == [1, 2, 3]


def remove_link(database: Path) -> None:
    database.unlink()


def break_link(database: Path) -> None:
    """The link leads to a generation that is not there."""
    database.unlink()
    database.symlink_to("mailsight.000099.duckdb")


@pytest.mark.parametrize("lose", [remove_link, break_link])
def test_without_its_link_the_newest_generation_is_served_and_continued(
    database: Path, lose: Callable[[Path], None]
) -> None:
    lose(database)
    warehouse = Warehouse(database)
    assert (warehouse.exists, loads(warehouse)) == (True, [1, 2])
    load(database, 3)
    assert loads(warehouse) == loads(database) == [1, 2, 3]
    assert names(database.parent)[-1] == "mailsight.duckdb"
    assert database.is_symlink()
    load(database, 4)
    assert loads(database) == [1, 2, 3, 4]


def test_the_newest_generation_is_the_one_with_the_latest_load(database: Path) -> None:
    """Not the one with the highest number or the latest time: both may come from a restored backup."""
    backup = database.with_name("mailsight.000777.duckdb")
    shutil.copyfile(database.with_name("mailsight.000001.duckdb"), backup)
    (database.parent / "mailsight.000888.duckdb").write_text("not a database")
    (database.parent / "mailsight.copy.000999.duckdb").write_bytes(database.read_bytes())
    database.unlink()
    assert loads(database) == [1, 2]
    load(database, 3)
    load(database, 4)
    load(database, 5)
    assert loads(database) == [1, 2, 3, 4, 5]
    assert {"mailsight.000777.duckdb", "mailsight.000888.duckdb", "mailsight.copy.000999.duckdb"} < set(
        names(database.parent)
    )


def test_a_load_without_a_readable_generation_is_refused(database: Path) -> None:
    for file in database.parent.glob("mailsight.0*.duckdb"):
        file.chmod(0o600)
        file.write_bytes(file.read_bytes()[:20_000])
    database.unlink()
    before = names(database.parent)
    warehouse = Warehouse(database)
    assert warehouse.exists
    with pytest.raises(DatabaseUnreadable, match="no generation beside it"):
        warehouse.snapshot()
    with pytest.raises(LoadRefused, match=r"Restore a backup to .*, or move these files away"):
        load(database, 3)
    assert names(database.parent) == before


def test_a_generation_without_a_successor_is_never_removed(database: Path) -> None:
    """The link is moved back to an older generation, which then gets successors of its own."""
    load(database, 3)
    database.unlink()
    database.symlink_to("mailsight.000002.duckdb")
    for number in (4, 5, 6):
        load(database, number)
    assert loads(database) == [1, 2, 4, 5, 6]
    assert loads(database.with_name("mailsight.000003.duckdb")) == [1, 2, 3]


def test_a_file_that_took_the_name_of_a_superseded_one_is_not_removed(database: Path) -> None:
    other = database.with_name("mailsight.000001.duckdb")
    other.unlink()
    other.write_text("something else")
    for number in (3, 4):
        load(database, number)
    assert other.read_text() == "something else"


def test_files_of_other_databases_are_left_alone(database: Path) -> None:
    other = database.with_name("mailsight.spring.duckdb")
    load(other, 7)
    database.unlink()
    for number in (3, 4, 5):
        load(database, number)
    assert (loads(database), loads(other)) == ([1, 2, 3, 4, 5], [7])


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP])
def test_without_symbolic_links_a_text_file_names_the_generation(
    tmp_path: Path, error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(Path, "symlink_to", refuse)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    database = tmp_path / "mailsight.duckdb"
    warehouse = Warehouse(database)
    for number in (1, 2, 3):
        load(database, number)
    assert loads(warehouse) == [1, 2, 3]
    assert names(tmp_path) == ["mailsight.000002.duckdb", "mailsight.000003.duckdb", "mailsight.duckdb"]
    assert database.read_text() == "The data is in mailsight.000003.duckdb\n"
    # A backup copied onto the text file counts as the database, and the next load continues from it.
    shutil.copyfile(database.with_name("mailsight.000002.duckdb"), database)
    assert loads(Warehouse(database)) == [1, 2]
    load(database, 4)
    assert loads(Warehouse(database)) == [1, 2, 4]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_files_and_folders_are_made_private(tmp_path: Path) -> None:
    """Everyone needs a device such as /dev/null. A FIFO stands in for it here."""
    device = tmp_path / "device"
    os.mkfifo(device)
    device.chmod(0o666)
    make_private(device)
    assert stat.S_IMODE(device.stat().st_mode) == 0o666


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_the_owner_can_read_the_files_even_older_ones(tmp_path: Path) -> None:
    database = tmp_path / "mailsight.duckdb"
    load(database, 1)
    waiting = spool.beside(database)
    waiting.append("sendgrid", "[]")
    for file in tmp_path.rglob("*"):
        if not file.is_symlink():
            file.chmod(0o755 if file.is_dir() else 0o644)
    seen: dict[str, int] = {}

    def look() -> None:
        seen.update(
            {
                str(file.relative_to(tmp_path)): stat.S_IMODE(file.lstat().st_mode)
                for file in tmp_path.rglob("*")
            }
        )

    waiting.append("sendgrid", "[]")
    with draft(database) as work:
        work.run("touch_all")
        look()
    waiting.seal()
    loads(database)
    look()
    assert {"mailsight.draft", "mailsight.spool/current.ndjson", "mailsight.lock"} < set(seen)
    # The link has no permissions of its own, and nobody else can enter the draft's folder.
    apart = ("mailsight.duckdb", "mailsight.draft/")
    assert {
        name: oct(mode) for name, mode in seen.items() if mode & 0o077 and not name.startswith(apart)
    } == {}
