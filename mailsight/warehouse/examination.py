"""Examines a database file completely: that every row can be read, and that the rules of every load hold."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from . import contents, generations, opening
from .opening import SCHEMA_VERSION
from .queries import statement


@dataclass(frozen=True, slots=True)
class Examined:
    """A database whose every row can be read: the version of its tables, their rows, and which rules they break."""

    schema_version: int
    rows: Mapping[str, int]
    broken_rules: Sequence[str] = ()


def examine(file: Path, *, rules: bool = False) -> Examined:
    """Reads all of a database file, and with `rules` also checks its figures. Writes nothing beside it.

    Raises `DatabaseUnreadable` if any part of it can't be read. DuckDB compares the checksum of each block it reads.
    """
    with (
        generations.sentences(file),
        TemporaryDirectory(prefix="mailsight-") as spill,
        closing(opening.open_readonly(file, Path(spill))) as connection,
    ):
        try:
            version = opening.schema_version(connection)
            sizes = contents.read_all(connection)
            broken: list[str] = []
            # Other versions may have other tables.
            if rules and version == SCHEMA_VERSION:
                connection.execute(statement("touch_all"))
                broken = [problem for (problem,) in connection.execute(statement("failed_checks")).fetchall()]
        except duckdb.Error as error:
            raise opening.unreadable(file, error) from error
    return Examined(version, {name: size.rows for name, size in sizes.items()}, broken)
