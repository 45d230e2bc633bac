"""The private copy of the database that a load works on, published when it is complete."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from filelock import FileLock, Timeout

from mailsight.errors import LoadRefused, LoadRunning

from .generations import copy_file, publish, remove, spill_folder
from .queries import statement
from .reader import SCHEMA_VERSION, check_version, named

_CANT_WRITE = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
    OSError,
)


# DuckDB spills to disk beyond this limit.
_WRITING: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "memory_limit": "1200MB",
}


def _migrate(connection: duckdb.DuckDBPyConnection, file: Path) -> bool:
    """Brings the tables of an older database up to date; returns whether there was anything to do."""
    [(version,)] = connection.execute(statement("schema_version")).fetchall()
    for newer in range(version + 1, SCHEMA_VERSION + 1):
        connection.execute(statement(f"migrate_to_{newer}"))
    check_version(connection, file)
    return bool(version < SCHEMA_VERSION)


class Draft:
    """The private copy of the database that a load works on.

    `folder` is for temporary files. `migrated` means that the copy had tables of an older version, so it is published
    even if the load changed nothing.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, *, migrated: bool = False
    ) -> None:
        connection.execute(statement("create_value_macros"))
        self._connection = connection
        self.folder = folder
        self.migrated = migrated
        self.discarded = False

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

    def discard(self) -> None:
        """Drops the copy instead of publishing it, unless it was migrated."""
        self.discarded = not self.migrated


QueryFailed = duckdb.Error


@contextmanager
def draft(path: Path, *, wait_seconds: float = 600.0) -> Iterator[Draft]:
    """Yields a private copy of the database at `path`, and publishes it when the block ends without an error.

    Raises `LoadRunning` if another load holds the lock for longer than `wait_seconds`, and `LoadRefused` if the copy
    can't be written.
    """
    with _lock(path, wait_seconds):
        copy = path.with_name(f"{path.stem}.draft{path.suffix}")
        remove(copy)
        try:
            if path.exists():
                copy_file(path.resolve(), copy)
            connection = duckdb.connect(str(copy), config=_WRITING)
            try:
                connection.execute(statement("set_up"))
                migrated = _prepare(connection, path)
                folder = spill_folder(copy)
                folder.mkdir()
                work = Draft(connection, folder, migrated=migrated)
                yield work
            finally:
                connection.close()
            if not work.discarded:
                publish(copy, path)
        except _CANT_WRITE as error:
            raise LoadRefused(
                f"The load could not be written: {str(error).splitlines()[0].rstrip('.')}.",
                next_step="Make sure the disk has enough free space (about three times the size of your data), then "
                "load again. Nothing was changed.",
            ) from error
        finally:
            remove(copy)


@contextmanager
def scratch() -> Iterator[Draft]:
    """Yields an in-memory database for data that is not stored."""
    with (
        TemporaryDirectory(prefix="mailsight-") as folder,
        duckdb.connect(":memory:", config=_WRITING) as connection,
    ):
        connection.execute(statement("set_up"))
        yield Draft(connection, Path(folder))


def _prepare(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Creates the tables of a new database, or migrates those of an older one; returns whether it migrated."""
    if path.exists():
        migrated = _migrate(connection, path)
    else:
        connection.execute(statement("create_schema"))
        connection.execute(statement("set_schema_version"), {"version": SCHEMA_VERSION})
        migrated = False
    connection.execute(statement("create_macros"))
    return migrated


@contextmanager
def _lock(path: Path, wait_seconds: float) -> Iterator[None]:
    holder = path.with_name(f"{path.stem}.loading")
    lock = FileLock(path.with_name(f"{path.stem}.lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait_seconds)
        holder.write_text(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
    except Timeout as error:
        who = holder.read_text() if holder.exists() else "another process"
        raise LoadRunning(f"The database is being loaded by {who}.") from error
    except OSError as error:
        lock.release()
        raise LoadRefused(
            f"The folder {path.parent} can't be written to: {error.strerror}.",
            next_step="Change its permissions, or choose another database with `--database` or `MAILSIGHT_DATABASE`.",
        ) from error
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
