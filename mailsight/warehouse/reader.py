"""The DuckDB file: opened for reading, copied for a load, published as a new generation. Nothing else uses the driver.

`mailsight.duckdb` is a link to the generation that is served, `mailsight.000007.duckdb`. A load works on a copy, and
the link moves to the copy when it is complete: readers never wait, and a load that is killed leaves nothing but its
copy, which the next load removes.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from mailsight.errors import DatabaseUnreadable, NoDatabase

from .cache import Kept, Numbers
from .queries import bound, statement
from .selection import GridQuery

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
        return named(self._execute(name, selection, parameters))

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
        text, parameters = bound(name, selection, parameters)
        # Only of a relation are the rows read while they are found; `execute` finds all of them first.
        found = self._connection().cursor().sql(text, params=parameters or None)
        yield from found.to_arrow_reader(BATCH_ROWS)

    def _execute(
        self, name: str, selection: GridQuery | None, parameters: dict[str, object]
    ) -> duckdb.DuckDBPyConnection:
        text, parameters = bound(name, selection, parameters)
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
    """The rows of a result, each with the names of its columns."""
    columns = [column[0] for column in result.description or []]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
