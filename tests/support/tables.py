"""Tables of a database, as they are stored."""

from pathlib import Path
from typing import Any

import duckdb


def table(database: Path, name: str, columns: str = "*") -> list[dict[str, Any]]:
    """The rows of a table, in order of their values."""
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        cursor = connection.execute(f"select {columns} from {name} order by all")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
