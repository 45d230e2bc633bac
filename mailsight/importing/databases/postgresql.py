"""Reading PostgreSQL: one consistent snapshot, read only, streamed through a cursor of the server."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from mailsight.errors import ImportFailed
from mailsight.importing.registry import library
from mailsight.importing.sources import Position, Request

from . import changes

Record = dict[str, Any]

SCHEMES = re.compile(r"(postgres(ql)?(\+\w+)?|ecto)://", re.IGNORECASE)
CONNECT_SECONDS = "15"
# A transaction that is still running may commit rows with lower ids than those already read.
OVERLAP = timedelta(minutes=10)
# The position that says when the last row of a table was added, after the name of the table.
_AT = " at"


def is_address(where: str) -> bool:
    """Whether this is the address of a database rather than a path."""
    return "://" in where


@dataclass(frozen=True, slots=True)
class Database:
    """An open database, as it was when it was opened. `tables` has the columns of each table that there is."""

    connection: Any
    name: str
    batch_rows: int
    tables: Mapping[str, frozenset[str]]

    def rows(
        self, query: str, parameters: Mapping[str, object] | None = None, *, batch_rows: int | None = None
    ) -> Iterator[list[Record]]:
        """The rows of a query, a batch at a time. Raises `ImportFailed`."""
        psycopg = library("psycopg")
        with (
            _explained(self.name),
            self.connection.cursor("rows", row_factory=psycopg.rows.dict_row) as cursor,
        ):
            cursor.execute(query, parameters)
            while batch := cursor.fetchmany(batch_rows or self.batch_rows):
                yield batch

    def all(self, query: str, parameters: Mapping[str, object] | None = None) -> list[Record]:
        """The rows of a query with few rows."""
        return [row for batch in self.rows(query, parameters) for row in batch]

    def digest(self, query: str, parameters: Mapping[str, object] | None = None) -> str:
        """What changes if any row of a query does. Its rows have an `id`."""
        digest = "select md5(string_agg(md5(rows::text), ',' order by id)) as digest"
        [row] = self.all(f"{digest} from ({query}) as rows", parameters)
        return row["digest"] or "empty"

    def changed_blocks(
        self,
        table: str,
        columns: Sequence[str],
        positions: Mapping[str, str],
        *,
        key: str = "id",
        where: str = "true",
    ) -> Iterator[tuple[dict[str, object], list[Position]]]:
        """The keys of rows that changed or are new: the parameters `first` and `last`, and the positions that follow.

        `columns`: those whose changes count, as far as this version of the source has them.
        """
        known = [key, *(column for column in columns if column in self.tables[table])]
        rows = self.all(
            f"""
            select
                {key} / {changes.IDS} as block,
                count(*) || ':' || sum(('x' || left(md5(rows::text), 15))::bit(60)::bigint) as checksum
            from (select {", ".join(known)} from {table} where {where}) as rows
            group by block
            """
        )
        checksums = {row["block"]: row["checksum"] for row in rows}
        for first, last, following in changes.changed(table, checksums, positions):
            yield {"first": first, "last": last}, following

    def current(self, request: Request, tables: Sequence[str]) -> Request:
        """The request, without its positions if the database is new or was restored.

        In such a database, the newest id of a table is lower than before, or the last row that was read has changed or
        is gone.
        """
        for table in request.positions.keys() & set(tables) & self.tables.keys():
            number, at = int(request.positions[table]), request.positions.get(f"{table}{_AT}")
            if self._newest(table) < number or (at and self._added_at(table, number) != at):
                return replace(request, positions={})
        return request

    def _added_at(self, table: str, number: int) -> str | None:
        """When a row was added; None if it is gone."""
        [time] = [name for name in ("created_at", "inserted_at") if name in self.tables[table]]
        rows = self.all(f"select {time} as at from {table} where id = %(id)s", {"id": number})
        return _written(rows[0]["at"]) if rows else None

    def _newest(self, table: str) -> int:
        """The highest id that a table has ever had. Its sequence knows it even if the row was deleted."""
        [row] = self.all(
            f"""
            select greatest(
                (select max(id) from {table}),
                (
                    select last_value from pg_sequences
                    where format('%%I.%%I', schemaname, sequencename) = pg_get_serial_sequence(%(table)s, 'id')
                )
            ) as newest
            """,
            {"table": table},
        )
        return row["newest"] or 0

    def column(self, table: str, name: str, alias: str) -> str:
        """The column of a table in a query; null for a version of the source that doesn't have it."""
        return f"{alias}.{name}" if name in self.tables.get(table, ()) else "null"


@contextmanager
def opened(request: Request, label: str, required: Sequence[str], *, since: str = "") -> Iterator[Database]:
    """The database at the request's address. Raises `ImportFailed` if it isn't one of this source.

    `required`: tables, and columns as `table.column`. `since`: the version of the source that first had them all.
    """
    psycopg = library("psycopg")
    address = SCHEMES.sub("postgresql://", request.where, count=1)
    if not address.startswith("postgresql://"):
        raise ImportFailed(
            f"{label} is imported from PostgreSQL.",
            next_step="The address looks like postgresql://user:password@host:5432/database.",
        )
    connection = _connected(psycopg, address)
    name = connection.info.dbname
    try:
        with _explained(name):
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute("set local timezone = 'UTC'")
            # The rows are read as fast as they are stored, which may take an hour.
            connection.execute("set local statement_timeout = 0")
            connection.execute("set local idle_in_transaction_session_timeout = 0")
            tables = _tables(connection)
        if missing := next(_missing(tables, required), None):
            raise ImportFailed(
                f"The database {name} is not {label}'s: it has no {missing}.",
                next_step="Check the database's name at the end of the address."
                + (f" It must be a database of {label} {since} or later." if since else ""),
            )
        yield Database(connection, name, request.batch_rows, tables)
    finally:
        with suppress(psycopg.Error):
            connection.close()


def _missing(tables: Mapping[str, frozenset[str]], required: Sequence[str]) -> Iterator[str]:
    for needed in required:
        table, _, column = needed.partition(".")
        if table not in tables:
            yield f"table {table}"
        elif column and column not in tables[table]:
            yield f"column {needed}"


class Reached:
    """How far tables were read: up to the last row that no running transaction can precede."""

    def __init__(self, database: Database) -> None:
        [row] = database.all("select now() as now")
        self._before: datetime = row["now"] - OVERLAP
        self._last: dict[str, Any] = {}
        self._at: dict[str, datetime] = {}

    def note(self, table: str, value: int | datetime, written_at: datetime | None) -> None:
        """Notes a row, by its ascending id or time and the time at which it was written."""
        is_old = written_at is None or written_at < self._before
        if is_old and (table not in self._last or value > self._last[table]):
            self._last[table] = value
            if written_at and not isinstance(value, datetime):
                self._at[table] = written_at

    def positions(self) -> Iterator[Position]:
        for table, last in self._last.items():
            yield Position(table, last.isoformat() if isinstance(last, datetime) else str(last))
        for table, at in self._at.items():
            yield Position(f"{table}{_AT}", _written(at))


def _written(at: datetime) -> str:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _connected(psycopg: Any, address: str) -> Any:
    parts = urlsplit(address)
    try:
        host = f"{parts.hostname or 'this machine'}:{parts.port or 5432}"
    except ValueError as error:
        raise ImportFailed("The address has an invalid port.") from error
    try:
        return psycopg.connect(address, connect_timeout=CONNECT_SECONDS, application_name="mailsight")
    except psycopg.ProgrammingError:
        # psycopg quotes the address.
        raise ImportFailed(
            "The address can't be read.",
            next_step="It looks like postgresql://user:password@host:5432/database. In the password, write %40 for @, "
            "%2F for / and %3A for a colon.",
        ) from None
    except psycopg.Error as error:
        raise _not_connected(str(error), host, parts.username or "", parts.path.strip("/")) from None


def _not_connected(reason: str, host: str, user: str, database: str) -> ImportFailed:
    text = reason.lower()
    if "password authentication failed" in text or "no password supplied" in text:
        return ImportFailed(
            f"{host} refuses the password of {user!r}.",
            next_step="Check user and password. In the address, write %40 for @, %2F for / and %3A for a colon.",
        )
    if "no pg_hba.conf entry" in text or "authentication failed" in text:
        return ImportFailed(
            f"{host} doesn't let {user!r} in from this machine.",
            next_step="Allow it in the server's pg_hba.conf, with SSL if it requires that (?sslmode=require).",
        )
    if f'database "{database.lower()}" does not exist' in text:
        return ImportFailed(
            f"{host} has no database {database!r}.", next_step="Check its name in the address."
        )
    if "refused" in text or "timeout" in text or "resolve" in text or "translate" in text or "route" in text:
        return ImportFailed(
            f"No PostgreSQL answers at {host}.",
            next_step="Check host and port, and that the server runs and can be reached from this machine.",
        )
    lines = reason.strip().splitlines()
    return ImportFailed(f"{host} can't be connected to: {lines[-1].strip() if lines else 'no reason given'}.")


@contextmanager
def _explained(database: str) -> Iterator[None]:
    """Raises errors of the server as `ImportFailed`."""
    psycopg = library("psycopg")
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise ImportFailed(
            f"The user may not read all of {database}: {error.diag.message_primary}.",
            next_step="Grant it the right to select from all tables of the database.",
        ) from None
    except psycopg.OperationalError as error:
        raise ImportFailed(
            f"The connection to {database} was lost: {_first_line(error)}.",
            next_step="Import again. Nothing was changed.",
        ) from None
    except psycopg.Error as error:
        raise ImportFailed(f"{database} can't be read: {_first_line(error)}.") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")


def _tables(connection: Any) -> dict[str, frozenset[str]]:
    """The columns of each table in the search path, however many schemas there are."""
    rows = connection.execute(
        """
        select c.relname, array_agg(a.attname::text)
        from pg_class as c join pg_attribute as a on a.attrelid = c.oid
        where c.relkind in ('r', 'p', 'v', 'm', 'f') and pg_table_is_visible(c.oid) and a.attnum > 0
            and not a.attisdropped
        group by c.relname
        """
    ).fetchall()
    return {name: frozenset(columns) for name, columns in rows}
