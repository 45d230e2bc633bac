"""Reads the DuckDB database, one generation at a time.

`mailsight.duckdb` is a link to the served generation, such as `mailsight.000007.duckdb`. A load works on a copy, and
the link moves to that copy once the load is complete. Readers never wait, and a killed load leaves only its copy, which
the next load removes.
"""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from mailsight.errors import DatabaseUnreadable, NoDatabase

from .cache import Numbers, ResultCache
from .queries import bound, statement
from .selection import GridQuery

# The number of the newest file in queries/migrations/.
SCHEMA_VERSION = 4
BATCH_ROWS = 100_000
# Eight million grid rows: enough for about ten people who browse campaigns with a million recipients.
CACHE_BYTES = 64 * 2**20
# The memory limit covers recently used database pages and sorting. Sorting a million recipients takes half of it.
_READING: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "memory_limit": "700MB",
}


class Snapshot:
    """Reads from one generation, even if newer ones are published meanwhile. Thread-safe.

    Times come out aware, in UTC; the tables hold UTC without a time zone. Use it in a `with` block: reading it later
    raises an error, so that nothing silently outlives its generation.
    """

    def __init__(
        self, generation: str, updated_at: datetime, connection: duckdb.DuckDBPyConnection, cache: ResultCache
    ) -> None:
        self.generation = generation
        self.updated_at = updated_at
        self._connection: duckdb.DuckDBPyConnection | None = connection
        self._cache = cache

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Dropped, not closed: other snapshots of this generation share the connection.
        self._connection = None

    def rows(
        self, name: str, selection: GridQuery | None = None, /, **parameters: object
    ) -> list[dict[str, Any]]:
        """The rows of a named query."""
        return named(self._execute(name, selection, parameters))

    def row(
        self, name: str, selection: GridQuery | None = None, /, **parameters: object
    ) -> dict[str, Any] | None:
        """The first row of a named query; None if there is no row."""
        return next(iter(self.rows(name, selection, **parameters)), None)

    def frame(self, name: str, selection: GridQuery | None = None, /, **parameters: object) -> pd.DataFrame:
        """The rows of a named query as a DataFrame."""
        result = self._execute(name, selection, parameters)
        moments = [
            column for column, kind, *_ in result.description or [] if kind == duckdb.sqltypes.TIMESTAMP
        ]
        frame = result.df()
        for column in moments:
            frame[column] = frame[column].dt.tz_localize(UTC)
        return frame

    def numbers(self, name: str, selection: GridQuery, /, **parameters: object) -> Numbers:
        """The only column of a named query, with row numbers; cached, since grids request it repeatedly."""

        def compute() -> Numbers:
            (column,) = self._execute(name, selection, parameters).fetchnumpy().values()
            return np.asarray(column, dtype=np.int64)

        key = self.generation, name, selection.key, *parameters.items()
        return self._cache.get(key, compute)

    def batches(
        self, name: str, selection: GridQuery | None = None, /, **parameters: object
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a named query, streamed in batches of up to `BATCH_ROWS`."""
        text, parameters = bound(name, selection, parameters)
        # Only a relation streams rows while the query runs; `execute` collects all of them first.
        reader = self._cursor().sql(text, params=parameters or None).to_arrow_reader(BATCH_ROWS)
        schema = pa.schema([_aware(field) for field in reader.schema])
        for batch in reader:
            yield batch.cast(schema)

    def _execute(
        self, name: str, selection: GridQuery | None, parameters: dict[str, object]
    ) -> duckdb.DuckDBPyConnection:
        text, parameters = bound(name, selection, parameters)
        return self._cursor().execute(text, parameters or None)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """A new cursor for each query: threads that share a cursor get each other's rows."""
        if self._connection is None:
            raise RuntimeError("This snapshot was read after its `with` block.")
        return self._connection.cursor()


class Warehouse:
    """The database at a path; `snapshot` reads its newest generation. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._served: tuple[str, duckdb.DuckDBPyConnection] | None = None
        self._cache = ResultCache(CACHE_BYTES)

    @property
    def exists(self) -> bool:
        """Whether anything has been loaded."""
        return self.path.exists()

    @property
    def generation(self) -> str:
        """The name of the newest generation, changed by every load with new data; empty if there is none."""
        try:
            file = self.path.resolve(strict=True)
            return _generation(file, file.stat())
        except FileNotFoundError:
            return ""

    def snapshot(self) -> Snapshot:
        """The newest generation, to read from in a `with` block.

        Raises `NoDatabase` if nothing has been loaded yet, and `DatabaseUnreadable` if the file is not a database of
        this version.
        """
        with self._lock:
            try:
                file = self.path.resolve(strict=True)
                stat = file.stat()
            except FileNotFoundError as error:
                raise NoDatabase(f"Nothing has been loaded into {self.path} yet.") from error
            generation = _generation(file, stat)
            if self._served is None or self._served[0] != generation:
                # Dropped, not closed: snapshots of the older generation still use the old connection.
                self._served = (generation, _open_hardened(file))
            published_at = datetime.fromtimestamp(stat.st_mtime, UTC)
            return Snapshot(generation, published_at, self._served[1], self._cache)


def _generation(file: Path, stat: os.stat_result) -> str:
    return f"{file.name}:{stat.st_mtime_ns}"


def _aware(field: pa.Field) -> pa.Field:
    is_naive = pa.types.is_timestamp(field.type) and field.type.tz is None
    return field.with_type(pa.timestamp(field.type.unit, "UTC")) if is_naive else field


def _open_hardened(file: Path) -> duckdb.DuckDBPyConnection:
    """Opens a generation read-only, so that SQL can't access other files or change settings."""
    try:
        connection = duckdb.connect(str(file), read_only=True, config=_READING)
        check_version(connection, file)
        # A process shares settings between its connections to a file; the first connection has locked them.
        if connection.execute(statement("configuration_locked")).fetchall() == [(False,)]:
            connection.execute(statement("lock_configuration"))
    except duckdb.Error as error:
        raise DatabaseUnreadable(f"{file} is not a Mailsight database.") from error
    return connection


def check_version(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    version = connection.execute(statement("schema_version")).fetchall()[0][0]
    if version < SCHEMA_VERSION:
        raise DatabaseUnreadable(
            f"{file.name} was created by an older version of Mailsight "
            f"(schema version {version}; this version uses {SCHEMA_VERSION}).",
            next_step="Run `python -m mailsight migrate`, which keeps your data.",
        )
    if version > SCHEMA_VERSION:
        raise DatabaseUnreadable(
            f"{file.name} was created by a newer version of Mailsight "
            f"(schema version {version}; this version uses {SCHEMA_VERSION}).",
            next_step="Update Mailsight.",
        )


def named(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a result as dictionaries by column name; times are aware, in UTC."""
    columns = [column[0] for column in result.description or []]
    return [
        {
            column: value.replace(tzinfo=UTC) if type(value) is datetime and value.tzinfo is None else value
            for column, value in zip(columns, row, strict=True)
        }
        for row in result.fetchall()
    ]
