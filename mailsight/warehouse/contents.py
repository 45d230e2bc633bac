"""What a database file holds, to prove that what was loaded can be read back."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from .queries import statement


@dataclass(frozen=True, slots=True)
class TableSize:
    """How many rows a table has, and the row number after its last row."""

    rows: int
    end_row: int


def table_sizes(connection: duckdb.DuckDBPyConnection) -> dict[str, TableSize]:
    """The size of every table, by name. Raises `duckdb.Error`."""
    names = connection.execute(statement("table_names")).fetchall()
    # Together, because planning a query takes longer than counting the rows of a small table.
    sizes = " union all ".join(_of_table("table_size", name) for (name,) in names)
    return {name: TableSize(rows, end_row) for name, rows, end_row in connection.execute(sizes).fetchall()}


def read_all(connection: duckdb.DuckDBPyConnection) -> dict[str, TableSize]:
    """Reads every row of a file; returns the size of every table. Raises `duckdb.Error` if one can't be read."""
    sizes = table_sizes(connection)
    for name in sizes:
        _read_rows(connection, name, 0)
    return sizes


def read_back(
    connection: duckdb.DuckDBPyConnection, before: Mapping[str, TableSize], after: Mapping[str, TableSize]
) -> str | None:
    """Reads what a load added to a file, in which the tables grew from `before` to `after`.

    Returns what differs, or None. Raises `duckdb.Error` if something can't be read. The cost follows the added rows:
    loads append, so they are at the end of each table.
    """
    stored = table_sizes(connection)
    for name in after.keys() | stored.keys():
        expected, rows = (sizes[name].rows if name in sizes else None for sizes in (after, stored))
        if rows != expected:
            return f"the table {name} has {rows} rows instead of {expected}"
    for name, size in after.items():
        added = size.end_row - (before[name].end_row if name in before else 0)
        if added > 0:
            # DuckDB renumbers rows when it removes deleted ones, but keeps their order.
            _read_rows(connection, name, max(stored[name].end_row - added, 0))
    return None


def _read_rows(connection: duckdb.DuckDBPyConnection, table: str, start: int) -> None:
    connection.execute(_of_table("read_rows", table), {"start": start}).fetchall()


def last_block(connection: duckdb.DuckDBPyConnection) -> int:
    """The last block of a file that is in use, counted from 0. Raises `duckdb.Error`."""
    [(last,)] = connection.execute(statement("last_metadata_block")).fetchall()
    for (name,) in connection.execute(statement("table_names")).fetchall():
        [(block,)] = connection.execute(statement("last_data_block"), {"quoted": _quoted(name)}).fetchall()
        last = max(last, block or 0)
    return int(last)


def _of_table(query: str, table: str) -> str:
    """A query of a table, whose name comes from the catalog."""
    text = statement(query).rstrip("\n ;")
    return text.replace("{table}", _quoted(table)).replace("{name}", _quoted(table, "'"))


def _quoted(name: str, quote: str = '"') -> str:
    return f"{quote}{name.replace(quote, 2 * quote)}{quote}"
