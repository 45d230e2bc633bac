"""Looks for traces of a person: in the bytes of every file of a folder, and in every value of every table."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import duckdb


def leaks(folder: Path, traces: Sequence[str]) -> list[str]:
    """The files and tables below the folder in which one of the traces is, in any case or percent-encoded.

    DuckDB compresses what it stores, so its tables are read too.
    """
    spelled = spellings(traces)
    return [
        f"{place}: {trace}" for place, text in _texts(folder) for trace in spelled if trace.encode() in text
    ]


def spellings(traces: Sequence[str]) -> list[str]:
    """The traces in lower case, plain and percent-encoded."""
    return sorted({spelling.lower() for trace in traces for spelling in (trace, quote(trace, safe=""))})


def _texts(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        yield f"the name of {file.name}", file.name.lower().encode()
        if file.is_file() and not file.is_symlink():
            raw = file.read_bytes()
            yield file.name, raw.lower()
            if file.suffix == ".duckdb":
                yield from _values(file)


def _values(file: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as dumped (read_only)")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'dumped'"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f'select cast(t as varchar) from dumped."{table}" as t').fetchall()
            for (row,) in rows:
                yield f"{file.name}/{table}", row.lower().encode()
