"""The DuckDB file: opened for reading, copied for a load, published as a new generation. Nothing else uses the driver.

`mailsight.duckdb` is a link to the generation that is served, `mailsight.000007.duckdb`. A load works on a copy, and
the link moves to the copy when it is complete: readers never wait, and a load that is killed leaves nothing but its
copy, which the next load removes.
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

from .cache import Kept, Numbers
from .queries import bound, statement
from .selection import GridQuery

# The number of the newest file in queries/migrations/.
SCHEMA_VERSION = 3
BATCH_ROWS = 100_000
# Eight million rows of grids: what some ten people look at in campaigns of a million.
KEPT_BYTES = 64 * 2**20
# What readers hold in memory at most: the pages of the file that were used lately, and what is being sorted.
# Half of it is enough to sort a million recipients.
_READING: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "memory_limit": "700MB",
}


class Snapshot:
    """One generation to read from, however many are published meanwhile. Threads may share it.

    Times come out aware, in UTC: tables hold them in UTC, without a zone. Use it in a `with` block; after the block it
    can't be read any more, so that nothing outlives its generation unnoticed.
    """

    def __init__(
        self, generation: str, updated_at: datetime, connection: duckdb.DuckDBPyConnection, cache: Kept
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
        """The first row of a named query; None when it has none."""
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
        """The only column of a named query, row numbers of this generation; cached, since grids ask again and again."""

        def find() -> Numbers:
            (column,) = self._execute(name, selection, parameters).fetchnumpy().values()
            return np.asarray(column, dtype=np.int64)

        question = self.generation, name, selection.asked, *parameters.items()
        return self._cache.get(question, find)

    def batches(
        self, name: str, selection: GridQuery | None = None, /, **parameters: object
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a named query in batches of up to `BATCH_ROWS`, read as they are asked for."""
        text, parameters = bound(name, selection, parameters)
        # Only a relation yields rows while the query runs; `execute` collects all of them first.
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
        """A cursor of its own for each query: threads that share one get each other's rows."""
        if self._connection is None:
            raise RuntimeError("This snapshot was read after its `with` block.")
        return self._connection.cursor()


class Warehouse:
    """The database at a path, of which `snapshot` reads the newest generation. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._served: tuple[str, duckdb.DuckDBPyConnection] | None = None
        self._cache = Kept(KEPT_BYTES)

    @property
    def exists(self) -> bool:
        """Whether anything was ever loaded."""
        return self.path.exists()

    @property
    def generation(self) -> str:
        """The name of the newest generation, which changes with each load that changed something; empty without one."""
        try:
            file = self.path.resolve(strict=True)
            return _generation(file, file.stat())
        except FileNotFoundError:
            return ""

    def snapshot(self) -> Snapshot:
        """The newest generation, to read from in a `with` block.

        Raises `NoDatabase` when nothing was loaded yet, `DatabaseUnreadable` for a file that is no database of this
        version.
        """
        with self._lock:
            try:
                file = self.path.resolve(strict=True)
                facts = file.stat()
            except FileNotFoundError as error:
                raise NoDatabase(f"Nothing was loaded into {self.path} yet.") from error
            generation = _generation(file, facts)
            if self._served is None or self._served[0] != generation:
                # The old connection is dropped, not closed: snapshots of the older generation still read from it.
                self._served = (generation, _open_hardened(file))
            published_at = datetime.fromtimestamp(facts.st_mtime, UTC)
            return Snapshot(generation, published_at, self._served[1], self._cache)


def _generation(file: Path, facts: os.stat_result) -> str:
    return f"{file.name}:{facts.st_mtime_ns}"


def _aware(field: pa.Field) -> pa.Field:
    is_naive = pa.types.is_timestamp(field.type) and field.type.tz is None
    return field.with_type(pa.timestamp(field.type.unit, "UTC")) if is_naive else field


def _open_hardened(file: Path) -> duckdb.DuckDBPyConnection:
    """Opens a generation for reading only, with no way from SQL to other files or to other settings."""
    try:
        connection = duckdb.connect(str(file), read_only=True, config=_READING)
        check_version(connection, file)
        # Connections of one process to one file share its settings, and the first of them has locked them.
        if connection.execute(statement("configuration_locked")).fetchall() == [(False,)]:
            connection.execute(statement("lock_configuration"))
    except duckdb.Error as error:
        raise DatabaseUnreadable(f"{file} is not a Mailsight database.") from error
    return connection


def check_version(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
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


def named(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a result as dictionaries, column by column; times are aware, in UTC."""
    columns = [column[0] for column in result.description or []]
    return [
        {
            column: value.replace(tzinfo=UTC) if type(value) is datetime and value.tzinfo is None else value
            for column, value in zip(columns, row, strict=True)
        }
        for row in result.fetchall()
    ]
