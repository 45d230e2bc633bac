"""The private copy of the database that a load works on, published when it is complete."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from filelock import FileLock, Timeout

from mailsight.errors import DatabaseUnreadable, LoadRefused, LoadRunning, NoDatabase, NotStored

from . import contents, generations, opening
from .contents import TableSize
from .failures import is_damage, is_machines
from .files import PRIVATE_FILE, PRIVATE_FOLDER, identity, make_private, write_file
from .opening import SCHEMA_VERSION
from .queries import statement
from .reader import named

_CANT_WRITE = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
)


# DuckDB spills to disk beyond this limit.
_WRITING: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "memory_limit": "1200MB",
}


def _migrate(connection: duckdb.DuckDBPyConnection, file: Path) -> int:
    """Brings the tables of an older database up to date; returns the version that they had."""
    version = opening.schema_version(connection)
    for newer in range(version + 1, SCHEMA_VERSION + 1):
        connection.execute(statement(f"migrate_to_{newer}"))
    opening.check_version(connection, file)
    return version


class Draft:
    """The private copy of the database that a load works on.

    `folder` is for temporary files, `database` the path of the database, None for one in memory. `migrated` means that
    the copy had tables of an older version, so it is published even if the load changed nothing.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        *,
        database: Path | None = None,
        migrated: bool = False,
    ) -> None:
        connection.execute(statement("create_value_macros"))
        connection.execute(statement("create_erasure_macros"))
        self._connection = connection
        self.folder = folder
        self.database = database
        self.migrated = migrated
        self.discarded = False
        self._in_transaction = False

    def run(self, name: str, /, **parameters: object) -> list[tuple[Any, ...]]:
        """Runs a named query, which may consist of several statements; returns the rows of the last one.

        Raises `duckdb.Error`, which callers import as `QueryFailed`.
        """
        return self._connection.execute(statement(name), parameters or None).fetchall()

    def rows(self, name: str, /, **parameters: object) -> list[dict[str, Any]]:
        """The rows of a named query."""
        return named(self._connection.execute(statement(name), parameters or None))

    @contextmanager
    def table(self, name: str, rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> Iterator[None]:
        """Within the block, queries can read the rows as the table `name`."""
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]
        arrays = [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
        self._connection.register(name, pa.Table.from_arrays(arrays, schema=schema))
        try:
            yield
        finally:
            self._connection.unregister(name)

    def begin(self) -> None:
        """Starts a transaction: what is run until it ends takes effect together, or not at all."""
        self.run("begin_transaction")
        self._in_transaction = True

    def commit(self) -> None:
        """Ends the transaction; its changes take effect."""
        self.run("commit_transaction")
        self._in_transaction = False

    def roll_back(self) -> None:
        """Ends the transaction as if it had not begun."""
        self.run("roll_back_transaction")
        self._in_transaction = False

    def write_to_disk(self) -> None:
        """Writes rows that were updated to disk; until then they are in memory. Not possible within a transaction."""
        if not self._in_transaction:
            self.run("checkpoint")

    def discard(self) -> None:
        """Drops the copy instead of publishing it, unless it was migrated."""
        self.discarded = not self.migrated


QueryFailed = duckdb.Error


@contextmanager
def draft(path: Path, *, wait_seconds: float = 600.0) -> Iterator[Draft]:
    """Yields a private copy of the database at `path`, and publishes it when the block ends without an error.

    Once the block has ended, what was loaded is on disk and readers can read it. Raises `LoadRunning` if another load
    holds the lock for longer than `wait_seconds`, `LoadRefused` if the database can't be read, and `NotStored` if the
    copy can't be written; the database is then unchanged.
    """
    with _explained(path):
        place = generations.home(path)
        with _lock(place, wait_seconds), _folder(place) as folder:
            yield from _drafted(path, place, folder)


@contextmanager
def exclusive(path: Path, *, wait_seconds: float = 600.0) -> Iterator[None]:
    """Keeps other loads from starting within the block; drafts within it don't wait. Raises as `draft` does."""
    with _explained(path):
        place = generations.home(path)
    with _lock(place, wait_seconds):
        yield


@contextmanager
def replacement(path: Path, source: Path, aside: Path, *, wait_seconds: float = 600.0) -> Iterator[Draft]:
    """Yields a private copy of the database `source`, and publishes it in place of the one at `path`.

    What was there, readable or not, is then in the new folder `aside`. Tables of an older version are updated. Raises
    as `draft` does.
    """
    with _explained(path):
        place = generations.home(path)
        with _lock(place, wait_seconds), _folder(place) as folder:
            yield from _drafted(path, place, folder, _Replacement(source, aside))


@contextmanager
def rewritten(path: Path, *, wait_seconds: float = 600.0) -> Iterator[Draft]:
    """Yields a new, empty database, with the one at `path` attached as `old`; publishes it when the block ends.

    For what must leave no trace: DuckDB keeps the bytes of deleted rows in a file. Afterwards, all older files of the
    database are removed, even if the new one was discarded. Whoever is reading one of them can read it to the end.
    Raises as `draft` does, and `NoDatabase`.
    """
    with _explained(path):
        place = generations.home(path)
        with _lock(place, wait_seconds):
            base = _base(place)
            if base is None:
                raise NoDatabase(f"There is no database at {path}.")
            with closing(opening.open_readonly(base)) as connection:
                is_old = opening.schema_version(connection) < SCHEMA_VERSION
            if is_old:
                with draft(path):
                    pass
            with _folder(place) as folder:
                yield from _drafted(path, place, folder, copies=False)
            generations.remove_others(place)


@dataclass(frozen=True, slots=True)
class _Replacement:
    source: Path
    aside: Path


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns errors of the file and the disk into `LoadRefused`."""
    try:
        yield
    except DatabaseUnreadable as error:
        raise _refused(error) from error
    except duckdb.Error as error:
        if is_damage(error):
            raise _refused(opening.unreadable(path, error)) from error
        # A lack of memory or a broken database is not a lack of disk space, unless the message says so.
        if isinstance(error, _CANT_WRITE) and is_machines(error):
            raise _cant_write(str(error).splitlines()[0].rstrip(".")) from error
        raise
    except OSError as error:
        raise _cant_write(error.strerror or str(error)) from error


@contextmanager
def import_folder(path: Path, *, wait_seconds: float = 600.0) -> Iterator[Path]:
    """Yields a private folder beside the database for what an import reads. One import at a time may have it.

    Loads go on meanwhile. Raises `LoadRunning` and `LoadRefused` as `draft` does.
    """
    try:
        place = generations.home(path)
    except DatabaseUnreadable as error:
        raise _refused(error) from error
    place = place.with_name(f"{place.stem}-import")
    with _lock(place, wait_seconds), _folder(place) as folder:
        yield folder


def _refused(error: DatabaseUnreadable) -> LoadRefused:
    return LoadRefused(error.message, next_step=error.next_step)


def _cant_write(reason: str) -> NotStored:
    return NotStored(
        f"The load could not be written: {reason}.",
        next_step="Make sure the disk has enough free space (about three times the size of your data), then "
        "load again. Nothing was changed.",
    )


def _drafted(
    database: Path,
    path: Path,
    folder: Path,
    replacing: _Replacement | None = None,
    *,
    copies: bool = True,
) -> Iterator[Draft]:
    """Yields the draft in its folder once, then verifies and publishes it.

    The draft is a copy of the database, or of the one that replaces it; unless `copies`, it is empty, and the database
    is attached. `path` is the home of `database`.
    """
    generations.protect(path)
    find_base = generations.served if replacing else _base
    base = find_base(path)
    known = identity(base) if base else None
    copy, files = folder / path.name, folder / "files"
    files.mkdir(PRIVATE_FOLDER)
    if base and not replacing:
        _check_base(path, base)
        generations.keep(path, base)
    source = replacing.source if replacing else base
    copied, attached = (source, None) if copies else (None, source)
    if copied:
        generations.copy(copied, copy)
    connection = duckdb.connect(str(copy), config=_WRITING)
    try:
        connection.execute(statement("set_up"))
        version = _prepare(connection, path, is_new=copied is None)
        migrated = version < SCHEMA_VERSION
        before = {} if migrated or replacing else contents.table_sizes(connection)
        if attached:
            connection.execute(statement("attach_old"), {"file": str(attached)})
        work = Draft(connection, files, database=database, migrated=migrated)
        yield work
        if work.discarded:
            return
        after = contents.table_sizes(connection)
        connection.execute(statement("checkpoint"))
    finally:
        connection.close()
    _verify(copy, before, after)
    if base != find_base(path) or (base and identity(base) != known):
        raise LoadRefused(f"{path} was replaced while the load was running.", next_step="Load again.")
    if base and migrated and not replacing:
        generations.preserve(path, base, version)
    generations.publish(copy, path, base, replacing.aside if replacing else None)


def _check_base(path: Path, base: Path) -> None:
    """Reads all of a file that somebody else may have written, so that no load carries damage into new generations.

    Otherwise, two loads later, every file without the damage would be gone. A file that is as it was published has
    been verified. Raises `DatabaseUnreadable`.
    """
    with closing(opening.open_readonly(base)):
        if problem := opening.damage(path, base, identity(base)):
            raise problem


def _base(path: Path) -> Path | None:
    """The file that the next load continues from: the served one, or the newest if the link is missing."""
    if file := generations.served(path):
        return file
    return opening.newest(path).file if generations.beside(path) else None


def _verify(copy: Path, before: Mapping[str, TableSize], after: Mapping[str, TableSize]) -> None:
    """Proves that readers can read what was loaded, before anything relies on it. Raises `NotStored`."""
    log = copy.with_name(f"{copy.name}.wal")
    try:
        if log.exists() and log.stat().st_size:
            problem: str | None = "DuckDB's log was not written into the file"
        else:
            with closing(opening.open_readonly(copy)) as connection:
                opening.check_version(connection, copy)
                problem = contents.read_back(connection, before, after)
    except (DatabaseUnreadable, duckdb.Error) as error:
        problem = str(error).splitlines()[0].rstrip(".")
    if problem:
        raise NotStored(
            f"The new database is not complete: {problem}.",
            next_step="Make sure that the disk has enough free space and no errors, then load again. "
            "Nothing was changed.",
        )


@contextmanager
def scratch() -> Iterator[Draft]:
    """Yields an in-memory database for data that is not stored."""
    with (
        TemporaryDirectory(prefix="mailsight-") as folder,
        duckdb.connect(":memory:", config=_WRITING) as connection,
    ):
        connection.execute(statement("set_up"))
        yield Draft(connection, Path(folder))


def _prepare(connection: duckdb.DuckDBPyConnection, path: Path, *, is_new: bool) -> int:
    """Creates the tables of a new database, or migrates those of an older one; returns the version that they had."""
    version = SCHEMA_VERSION if is_new else _migrate(connection, path)
    connection.begin()  # together, because each commit waits for the disk
    if is_new:
        connection.execute(statement("create_schema"))
        connection.execute(statement("set_schema_version"), {"version": SCHEMA_VERSION})
    connection.execute(statement("create_macros"))
    connection.commit()
    return version


@contextmanager
def _lock(path: Path, wait_seconds: float) -> Iterator[None]:
    file, holder = path.with_name(f"{path.stem}.lock"), path.with_name(f"{path.stem}.loading")
    # A singleton is the same object for each file, so a thread that has the lock gets it again.
    lock = FileLock(file, mode=PRIVATE_FILE, is_singleton=True)
    if lock.is_locked:
        yield
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        who = holder.read_text() if holder.exists() else "another process"
        raise LoadRunning(f"The database is being loaded by {who}.") from error
    except OSError as error:
        raise LoadRefused(
            f"The folder {path.parent} can't be written to: {error.strerror}.",
            next_step="Free some disk space or change its permissions, or choose another database with `--database` "
            "or `MAILSIGHT_DATABASE`.",
        ) from error
    try:
        make_private(file)
        with suppress(OSError):  # a note for others; if the disk is full, the load itself says so
            write_file(holder, f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """A folder for everything that a load writes, which is removed even if the load fails. A killed load's is too."""
    folder = path.with_name(f"{path.stem}.draft")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(PRIVATE_FOLDER)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
