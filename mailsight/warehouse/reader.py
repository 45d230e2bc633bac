"""The DuckDB file: opened for reading, copied for a load, published as a new generation. Nothing else uses the driver.

`mailsight.duckdb` is a link to the generation that is served, `mailsight.000007.duckdb`. A load works on a copy, and
the link moves to the copy when it is complete: readers never wait, and a load that is killed leaves nothing but its
copy, which the next load removes.
"""

import os
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiosql
import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from filelock import FileLock, Timeout

from mailsight.errors import DatabaseUnreadable, LoadRefused, LoadRunning, NoDatabase
from mailsight.figures.metrics import RATES
from mailsight.reports.grid import GridQuery
from mailsight.settings import PROJECT

from .cache import Kept, Numbers

SCHEMA_VERSION = 3
# The queries of a load that fill what a version's tables lack: for all campaigns, after `migrate_...` made it.
_FILLED_AFTER = {2: ("touch_all", "replace_campaign_hours", "replace_apple_opens", "touch_none")}
GENERATIONS_KEPT = 2
BATCH_ROWS = 100_000
# Eight million rows of grids: what some ten people look at in campaigns of a million.
KEPT_BYTES = 64 * 2**20
_CANT_WRITE = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
    OSError,
)
# What a load holds in memory at most, as far as DuckDB is concerned; beyond that it goes to the disk.
_WRITING: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "memory_limit": "1200MB",
}
# What readers hold in memory at most: the pages of the file that were used lately, and what is being sorted.
# Half of it is enough to sort a million recipients.
_READING: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "memory_limit": "700MB",
}


@cache
def statement(name: str) -> str:
    """The text of a named query of `queries/`, with `$name` for parameters, and the rates where their keys stand."""
    text = str(_queries()[name].sql)
    for rate in RATES:
        text = text.replace(f"{{{rate.key}}}", rate.sql)
    return text


def statement_names() -> list[str]:
    """The names of all queries."""
    return sorted(name for name in _queries() if not name.endswith("_cursor"))


@cache
def _queries() -> dict[str, Any]:
    """The queries by their names, to which the folders within `queries/` add nothing."""
    queries = aiosql.from_path(PROJECT / "queries", "duckdb")
    return {name.rpartition(".")[2]: attrgetter(name)(queries) for name in queries.available_queries}


class Warehouse:
    """Reads the generation that is served now. One may be shared by all threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._served: tuple[str, duckdb.DuckDBPyConnection] | None = None
        self._kept = Kept(KEPT_BYTES)

    @property
    def exists(self) -> bool:
        """Whether anything was ever loaded."""
        return self.path.exists()

    @property
    def generation(self) -> str:
        """The name of the state that is served: another one after each load that changed something."""
        return self._newest()[0]

    @property
    def updated_at(self) -> datetime | None:
        """When the state that is served was published; None while there is none."""
        _, file = self._newest()
        try:
            return datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def _newest(self) -> tuple[str, Path]:
        try:
            file = self.path.resolve(strict=True)
            return f"{file.name}:{file.stat().st_mtime_ns}", file
        except FileNotFoundError:
            return "", self.path

    def rows(
        self, name: str, selection: GridQuery | None = None, /, **parameters: object
    ) -> list[dict[str, Any]]:
        """The rows of a named query."""
        return _named(self._execute(name, selection, parameters))

    def row(
        self, name: str, selection: GridQuery | None = None, /, **parameters: object
    ) -> dict[str, Any] | None:
        """The first row of a named query; None when it has none."""
        return next(iter(self.rows(name, selection, **parameters)), None)

    def frame(self, name: str, selection: GridQuery | None = None, /, **parameters: object) -> pd.DataFrame:
        """The rows of a named query as a DataFrame."""
        return self._execute(name, selection, parameters).df()

    def numbers(self, name: str, selection: GridQuery, /, **parameters: object) -> Numbers:
        """The only column of a named query, the numbers of rows of this generation: found once, kept for a while."""

        def find() -> Numbers:
            (column,) = self._execute(name, selection, parameters).fetchnumpy().values()
            return np.asarray(column, dtype=np.int64)

        question = self.generation, name, selection.asked, *parameters.items()
        return self._kept.get(question, find)

    def batches(
        self, name: str, selection: GridQuery | None = None, /, **parameters: object
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a named query, some `BATCH_ROWS` at a time, as they are found: for what is too long for memory.

        All come from the generation that is served when the first is asked for, however long they take.
        """
        text, parameters = _bound(name, selection, parameters)
        # Only of a relation are the rows read while they are found; `execute` finds all of them first.
        found = self._connection().cursor().sql(text, params=parameters or None)
        yield from found.to_arrow_reader(BATCH_ROWS)

    def _execute(
        self, name: str, selection: GridQuery | None, parameters: dict[str, object]
    ) -> duckdb.DuckDBPyConnection:
        text, parameters = _bound(name, selection, parameters)
        # A cursor of its own for each query: threads that share one get each other's rows.
        return self._connection().cursor().execute(text, parameters or None)

    def _connection(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            generation, file = self._newest()
            if not generation:
                raise NoDatabase(f"Nothing was loaded into {self.path} yet.")
            if self._served is None or self._served[0] != generation:
                # The old connection is dropped, not closed: queries that still run on it come to their end.
                self._served = (generation, _open_hardened(file))
            return self._served[1]


def _bound(
    name: str, selection: GridQuery | None, parameters: dict[str, object]
) -> tuple[str, dict[str, object]]:
    """The text of a named query and all its parameters."""
    text = statement(name)
    if selection is None:
        return text, parameters
    # Fragments of an allow-list with bound values: grids.py.
    text = text.replace("{conditions}", selection.where).replace("{order}", selection.order_by)
    return text, parameters | dict(selection.parameters)


def _open_hardened(file: Path) -> duckdb.DuckDBPyConnection:
    """Opens a generation for reading only, with no way from SQL to other files or to other settings."""
    try:
        connection = duckdb.connect(str(file), read_only=True, config=_READING)
        _check_version(connection, file)
        # Connections of one process to one file share its settings, and the first of them has locked them.
        if connection.execute(statement("configuration_locked")).fetchall() == [(False,)]:
            connection.execute(statement("lock_configuration"))
    except duckdb.Error as error:
        raise DatabaseUnreadable(f"{file} is not a Mailsight database.") from error
    return connection


def _check_version(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    version = connection.execute(statement("schema_version")).fetchall()[0][0]
    if version < SCHEMA_VERSION:
        raise DatabaseUnreadable(
            f"{file.name} was made by an older Mailsight (version {version} of the tables, not {SCHEMA_VERSION}).",
            next_step="Run `python -m mailsight migrate`; what you loaded stays.",
        )
    if version > SCHEMA_VERSION:
        raise DatabaseUnreadable(
            f"{file.name} was made by a newer Mailsight (version {version} of the tables, not {SCHEMA_VERSION}).",
            next_step="Update this Mailsight.",
        )


def _migrate(connection: duckdb.DuckDBPyConnection, file: Path) -> bool:
    """Brings tables of an older version to this one; whether there was anything to do."""
    [(version,)] = connection.execute(statement("schema_version")).fetchall()
    for older in range(version, SCHEMA_VERSION):
        connection.execute(statement(f"migrate_{older}"))
        for query in _FILLED_AFTER.get(older, ()):
            connection.execute(statement(query))
    _check_version(connection, file)
    return bool(version < SCHEMA_VERSION)


def _named(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a result, each with the names of its columns."""
    columns = [column[0] for column in result.description or []]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


class Draft:
    """The private copy that a load works on. `discard` keeps the old generation: nothing changed.

    `folder` takes files in passing. `migrated`: the copy's tables were of an older version, so that it is published in
    any case.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, *, migrated: bool = False
    ) -> None:
        self._connection = connection
        self.folder = folder
        self.migrated = migrated
        self.discarded = False

    def run(self, name: str, /, **parameters: object) -> list[tuple[Any, ...]]:
        """Runs a named query, which may be a script of several statements; the rows of the last one.

        Raises `duckdb.Error`, which callers know as `QueryFailed`.
        """
        return self._connection.execute(statement(name), parameters or None).fetchall()

    def rows(self, name: str, /, **parameters: object) -> list[dict[str, Any]]:
        """The rows of a named query."""
        return _named(self._connection.execute(statement(name), parameters or None))

    @contextmanager
    def table(self, name: str, rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> Iterator[None]:
        """Lets queries read Python rows as the table `name` while the block runs."""
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]
        arrays = [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
        self._connection.register(name, pa.Table.from_arrays(arrays, schema=schema))
        try:
            yield
        finally:
            self._connection.unregister(name)

    def discard(self) -> None:
        """Leaves the generation that is served as it is, unless its tables were of an older version."""
        self.discarded = not self.migrated


QueryFailed = duckdb.Error
# What a file holds is not what a query reads from it.
UnsoundFile = duckdb.InvalidInputException


@contextmanager
def draft(path: Path, *, wait_seconds: float = 600.0) -> Iterator[Draft]:
    """A private copy of the database at `path` to work on; published when the block ends without an error.

    Raises `LoadRunning` when another load holds the lock for longer than `wait_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock(path, wait_seconds):
        copy = path.with_name(f"{path.stem}.draft{path.suffix}")
        _remove(copy)
        try:
            if path.exists():
                _copy(path.resolve(), copy)
            connection = duckdb.connect(str(copy), config=_WRITING)
            try:
                connection.execute(statement("set_up"))
                migrated = _prepare(connection, path)
                folder = _passing(copy)
                folder.mkdir()
                work = Draft(connection, folder, migrated=migrated)
                yield work
            finally:
                connection.close()
            if not work.discarded:
                _publish(copy, path)
        except _CANT_WRITE as error:
            raise LoadRefused(
                f"The load could not be written: {str(error).splitlines()[0].rstrip('.')}.",
                next_step="See that the disk has room (about three times what is loaded), then run it again; "
                "nothing has changed.",
            ) from error
        finally:
            _remove(copy)


@contextmanager
def scratch() -> Iterator[Draft]:
    """A database in memory, to work on data that is kept nowhere."""
    with (
        TemporaryDirectory(prefix="mailsight-") as folder,
        duckdb.connect(":memory:", config=_WRITING) as connection,
    ):
        connection.execute(statement("set_up"))
        yield Draft(connection, Path(folder))


def _prepare(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Makes the tables of a new database, or brings those of an older one up to date; whether it did the latter."""
    if path.exists():
        return _migrate(connection, path)
    connection.execute(statement("create_schema"))
    connection.execute(statement("set_schema_version"), {"version": SCHEMA_VERSION})
    return False


@contextmanager
def _lock(path: Path, wait_seconds: float) -> Iterator[None]:
    holder = path.with_name(f"{path.stem}.loading")
    lock = FileLock(path.with_name(f"{path.stem}.lock"))
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        who = holder.read_text() if holder.exists() else "another process"
        raise LoadRunning(f"The database is being loaded by {who}.") from error
    try:
        holder.write_text(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _copy(source: Path, target: Path) -> None:
    """Copies a file; where the file system can clone, in no time."""
    with source.open("rb") as reader, target.open("wb") as writer:
        try:
            while os.copy_file_range(reader.fileno(), writer.fileno(), 2**30):
                pass
        except OSError:
            reader.seek(0)
            writer.seek(0)
            writer.truncate()
            shutil.copyfileobj(reader, writer, 2**24)


def _publish(copy: Path, path: Path) -> None:
    """Makes the copy the generation that is served, in one step that either happened or did not."""
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    numbers = [number for number, _ in _generations(path)]
    if path.exists() and not path.is_symlink():
        # A plain file, say one that was copied here by hand, becomes a generation like the others.
        os.link(path, path.with_name(_generation_name(path, max(numbers, default=0) + 1)))
        numbers.append(max(numbers, default=0) + 1)
    generation = path.with_name(_generation_name(path, max(numbers, default=0) + 1))
    copy.replace(generation)
    link = path.with_name(f"{path.stem}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(generation.name)
    link.replace(path)
    sync_folder(path.parent)
    for _, old in _generations(path)[:-GENERATIONS_KEPT]:
        _remove(old)


def _generation_name(path: Path, number: int) -> str:
    return f"{path.stem}.{number:06d}{path.suffix}"


def _generations(path: Path) -> list[tuple[int, Path]]:
    """The generations beside `path`, oldest first."""
    pattern = re.compile(rf"{re.escape(path.stem)}\.(\d{{6,}}){re.escape(path.suffix)}")
    return sorted(
        (int(match[1]), file) for file in path.parent.iterdir() if (match := pattern.fullmatch(file.name))
    )


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _passing(copy: Path) -> Path:
    """The folder beside a draft for files that are needed while it is worked on."""
    return copy.with_name(copy.name + ".files")


def _remove(file: Path) -> None:
    """Removes a database file and what lies beside it: DuckDB's log and spilled rows, a draft's files in passing."""
    shutil.rmtree(_passing(file), ignore_errors=True)
    file.unlink(missing_ok=True)
    file.with_name(file.name + ".wal").unlink(missing_ok=True)
    shutil.rmtree(file.with_name(file.name + ".tmp"), ignore_errors=True)
