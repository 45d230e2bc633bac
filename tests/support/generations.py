"""Databases whose only data is which loads they have had, to tell generations apart."""

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from mailsight.warehouse.draft import draft
from mailsight.warehouse.reader import Warehouse

_LOADS = pa.schema(
    [
        ("loaded_at", pa.timestamp("us")),
        ("source", pa.string()),
        ("files", pa.list_(pa.string())),
        ("kind", pa.string()),
        *((count, pa.int64()) for count in ("rows", "new", "changed", "refused")),
    ]
)


def load(database: Path, number: int) -> None:
    """A load of one row, which records the load with this number."""
    at = datetime(2026, 4, 14) + timedelta(minutes=number)  # noqa: DTZ001  # UTC, stored without a zone
    with (
        draft(database) as work,
        work.table("load_rows", [(at, f"{number}", [], "events", 1, 1, 0, 0)], _LOADS),
    ):
        work.run("record_load")


def loads(database: Path | Warehouse) -> list[int]:
    """The numbers of the loads that the dashboard shows."""
    warehouse = database if isinstance(database, Warehouse) else Warehouse(database)
    with warehouse.snapshot() as data:
        return sorted(int(row["source"]) for row in data.rows("recent_loads", most=100))


def names(folder: Path) -> list[str]:
    """The database files in a folder."""
    return sorted(file.name for file in folder.iterdir() if file.suffix == ".duckdb")
