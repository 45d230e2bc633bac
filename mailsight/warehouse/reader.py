"""Reads the DuckDB database, one generation at a time.

`mailsight.duckdb` is a link to the served generation, such as `mailsight.000007.duckdb`. A load works on a copy, and
the link moves to that copy once the load is complete. Readers never wait, and a killed load leaves only its copy, which
the next load removes.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb
import numpy as np
import pyarrow as pa

from mailsight import measures
from mailsight.errors import DatabaseBusy, DatabaseDamaged, DatabaseUnreadable, MailsightError, NoDatabase

from . import generations, opening
from .cache import Numbers, ResultCache
from .failures import is_damage
from .files import Identity, identity
from .queries import bound, statement
from .scope import EVERYTHING, Scope, open_scope, use_scope
from .selection import GridQuery

if TYPE_CHECKING:  # the workers for mails import this module, and start in half the time without pandas
    import pandas as pd

BATCH_ROWS = 100_000
# Eight million grid rows: enough for about ten people who browse campaigns with a million recipients.
CACHE_BYTES = 64 * 2**20
# A file that can't be opened, or that someone writes to, is tried again after this time.
RETRY_SECONDS = 1.0
# The errors of a file that can't be read, in contrast to those of a query.
_READ_ERRORS = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.SerializationException,
    duckdb.OutOfMemoryException,
)


class Source:
    """A database file that is open for reading, as long as nobody writes to it."""

    def __init__(self, file: Path) -> None:
        with generations.sentences(file):
            self.file = file
            self.identity = identity(file)
            self.connection = opening.open_readonly(file)
        self._broken = False
        self._scopes: dict[Scope, threading.Lock] = {}
        self._opened: set[Scope] = set()
        self._lock = threading.Lock()
        opening.check_version(self.connection, file)
        self.check()

    @property
    def generation(self) -> str:
        return generations.identifier(self.file, self.identity)

    @property
    def updated_at(self) -> datetime:
        return datetime.fromtimestamp(self.identity.modified_ns / 1e9, UTC)

    @property
    def intact(self) -> bool:
        """Whether the connection still gives what the file held when it was opened.

        That needs no file of this name: nobody can write to a file that was removed or replaced.
        """
        try:
            now = identity(self.file)
        except OSError:
            return not self._broken
        return not self._broken and (now == self.identity or now.inode != self.identity.inode)

    def check(self) -> None:
        """Raises `DatabaseBusy` if somebody wrote to the file."""
        if not self.intact:
            raise DatabaseBusy(f"{self.file} is being replaced or written to.")

    def cursor(self, scope: Scope) -> duckdb.DuckDBPyConnection:
        """A new cursor for each query, limited to a scope: threads that share a cursor get each other's rows."""
        if scope == EVERYTHING:
            return self.connection.cursor().execute(statement("use_attached"))
        with self._lock:
            opening_scope = self._scopes.setdefault(scope, threading.Lock())
        with opening_scope:  # once, while others may read other scopes
            if scope not in self._opened:
                open_scope(self.connection, scope)
                self._opened.add(scope)
        return use_scope(self.connection.cursor(), scope)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For a query. Raises `DatabaseUnreadable` if its answer can't be trusted."""
        try:
            yield
        except duckdb.Error as error:
            self.check()
            if not isinstance(error, _READ_ERRORS) and not is_damage(error):
                raise
            problem = opening.unreadable(self.file, error)
            if is_damage(error):
                opening.note_damage(self.file, self.identity, problem)
            # After a fatal error, DuckDB refuses all further queries.
            self._broken = self._broken or is_damage(error) or isinstance(error, duckdb.FatalException)
            raise problem from error
        self.check()


_Files = dict[Path, Identity]


class Snapshot:
    """Reads from one generation, even if newer ones are published meanwhile. Thread-safe.

    Times come out aware, in UTC; the tables hold UTC without a time zone. Use it in a `with` block: reading it later
    raises an error, so that nothing silently outlives its generation.
    """

    def __init__(self, source: Source, cache: ResultCache, scope: Scope = EVERYTHING) -> None:
        # Named after the scope too, so that nothing cached for one scope is read in another.
        self.generation = ":".join(filter(None, [source.generation, scope.name]))
        self.scope = scope
        self.updated_at = source.updated_at
        self._opened: Source | None = source
        self._cache = cache

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Dropped, not closed: other snapshots of this generation share the connection.
        self._opened = None

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

    def frame(self, name: str, selection: GridQuery | None = None, /, **parameters: object) -> "pd.DataFrame":
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

    def cached(self, name: str, compute: Callable[[], Numbers], /, **parameters: Hashable) -> Numbers:
        """Row numbers that take long to compute; cached."""
        return self._cache.get((self.generation, name, *parameters.items()), compute)

    def batches(
        self, name: str, selection: GridQuery | None = None, /, **parameters: object
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a named query, streamed in batches of up to `BATCH_ROWS`."""
        text, parameters = bound(name, selection, parameters)
        source = self._source
        with source.reading():
            # Only a relation streams rows while the query runs; `execute` collects all of them first.
            reader = (
                source.cursor(self.scope).sql(text, params=parameters or None).to_arrow_reader(BATCH_ROWS)
            )
            schema = pa.schema([_aware(field) for field in reader.schema])
        while True:
            with source.reading():
                batch = next(reader, None)
            if batch is None:
                return
            yield batch.cast(schema)

    def _execute(
        self, name: str, selection: GridQuery | None, parameters: dict[str, object]
    ) -> duckdb.DuckDBPyConnection:
        text, parameters = bound(name, selection, parameters)
        source = self._source
        with source.reading(), measures.QUERY_SECONDS.labels(name).time():
            return source.cursor(self.scope).execute(text, parameters or None)

    @property
    def _source(self) -> Source:
        if self._opened is None:
            raise RuntimeError("This snapshot was read after its `with` block.")
        return self._opened


class Warehouse:
    """The database at a path; `snapshot` reads its newest generation. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._seen: _Files = {}
        self._problem: DatabaseUnreadable | None = None
        self._retry_at = 0.0
        self._cache = ResultCache(CACHE_BYTES)

    @property
    def exists(self) -> bool:
        """Whether anything has been loaded, readable or not."""
        return generations.exists(self.path)

    @property
    def generation(self) -> str:
        """The name of the generation that a snapshot reads; empty if there is none."""
        try:
            return self._newest().generation
        except MailsightError:
            return ""

    @property
    def problem(self) -> str | None:
        """Why the data can't be read, or why what is served is not the newest; None if all is well."""
        with suppress(MailsightError):
            self._newest()
        return str(self._problem) if self._problem else None

    def snapshot(self, scope: Scope = EVERYTHING) -> Snapshot:
        """The newest readable generation, or what a scope includes of it, to read from in a `with` block.

        Raises `NoDatabase` if nothing has been loaded yet, and `DatabaseUnreadable` if no generation can be read.
        """
        return Snapshot(self._newest(), self._cache, scope)

    def _newest(self) -> Source:
        """The newest generation, or while that can't be read, the one that was newest before."""
        with self._lock:
            try:
                self._refresh()
            except DatabaseUnreadable as error:
                self._problem = error
                if self._source is None or not self._source.intact:
                    self._source = None
                    self._source = self._older(error)
            if self._source is None:
                raise NoDatabase(f"Nothing has been loaded into {self.path} yet.")
            return self._source

    def _older(self, problem: DatabaseUnreadable) -> Source:
        """The newest generation without damage, if the served one is damaged. Otherwise raises the problem."""
        if isinstance(problem, DatabaseDamaged):
            with suppress(MailsightError):
                place = generations.home(self.path)
                return Source(opening.newest(place, reads_all=True, without=generations.served(place)).file)
        raise problem

    def _refresh(self) -> None:
        """Opens the newest generation, unless it is open."""
        place = generations.home(self.path)
        linked = generations.served(place)
        files = [linked] if linked else generations.beside(place)
        with generations.sentences(place):
            seen, before = {file: identity(file) for file in files}, self._seen
        self._seen = seen
        if not files:
            self._source = self._problem = None
        elif _was_written_to(before, seen):
            self._retry_at = time.monotonic() + RETRY_SECONDS
            raise DatabaseBusy(f"{place} is being replaced or written to.")
        elif seen != before or self._source is None or self._problem or not self._source.intact:
            if seen == before and self._problem and time.monotonic() < self._retry_at:
                raise self._problem.with_traceback(None)
            self._retry_at = time.monotonic() + RETRY_SECONDS
            if linked and (problem := opening.damage(place, linked, seen[linked])):
                raise problem.with_traceback(None)
            newest = opening.Newest(linked) if linked else opening.newest(place, reads_all=True)
            # Dropped, not closed: snapshots of the older generation still use its connection.
            self._source, self._problem = Source(newest.file), newest.problem


def _was_written_to(before: _Files, now: _Files) -> bool:
    """Whether somebody writes to a file that was complete when it was last looked at, such as `cp` through the link."""
    return any(
        known.inode == now[file].inode and known != now[file] for file, known in before.items() if file in now
    )


def _aware(field: pa.Field) -> pa.Field:
    is_naive = pa.types.is_timestamp(field.type) and field.type.tz is None
    return field.with_type(pa.timestamp(field.type.unit, "UTC")) if is_naive else field


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
