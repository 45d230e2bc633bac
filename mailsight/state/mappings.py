"""Which column of a table is what, as people mapped it: the next table with the same header needs no questions."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mailsight.warehouse.queries import statement

from .store import Store

# Beyond this many, the oldest are forgotten.
MAX_KEPT = 1_000


def folder(database: Path) -> Path:
    """Where the mappings of a database were files before, and still are in older backups."""
    return database.with_name(f"{database.stem}.mappings")


@dataclass(frozen=True, slots=True)
class Mappings:
    """The mappings in a store, as TOML by a key that stands for a header. All methods raise `StateUnreadable`."""

    store: Store

    @classmethod
    def of(cls, database: Path) -> Self:
        """The mappings of a database. Those in files are taken over. Raises `StateUnreadable` and OSError."""
        mappings = cls(Store.of(database))
        if folder(database).is_dir():
            mappings._take_over(folder(database))
        return mappings

    def find(self, header_key: str) -> str | None:
        """The mapping that was kept for a header; None if there is none."""
        row = self.store.row("kept_mapping", header_key=header_key)
        return row["mapping"] if row else None

    def all(self) -> dict[str, str]:
        """All mappings."""
        return {row["header_key"]: row["mapping"] for row in self.store.rows("kept_mappings")}

    def keep(self, header_key: str, mapping: str) -> None:
        """Keeps a mapping for a header."""
        self.store.run("keep_mapping", header_key=header_key, mapping=mapping, kept_at=time.time())
        self.store.run("forget_mappings", kept=MAX_KEPT)

    def correct(self, header_key: str, mapping: str) -> None:
        """Changes the text of a mapping."""
        self.store.run("correct_mapping", header_key=header_key, mapping=mapping)

    def _take_over(self, files: Path) -> None:
        read = [file for file in sorted(files.glob("*.toml")) if file.is_file()]
        with self.store.transaction() as connection:
            for file in read:
                text = file.read_text(encoding="utf-8", errors="replace")
                row = {"header_key": file.stem, "mapping": text, "kept_at": file.stat().st_mtime}
                connection.execute(statement("take_over_mapping"), row)
        for file in read:
            file.unlink(missing_ok=True)
        with suppress(OSError):
            files.rmdir()
