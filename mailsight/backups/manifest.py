"""What a backup holds: the file `manifest.json` in its folder, which is written last.

{"format": 1, "created_at": "2026-11-23T16:34:23+00:00", "mailsight": "0.1.0", "schema_version": 8,
 "generation": "mailsight.000007.duckdb:...", "rows": {"events": 1000, ...},
 "files": {"mailsight.duckdb": {"size_bytes": 12345, "sha256": "..."}, ...}}
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from mailsight.errors import BackupUnreadable
from mailsight.warehouse.files import write_file

NAME = "manifest.json"
FORMAT = 1
# The names of the files and folders in a backup, whatever the name of the database that they belong to.
DATABASE, SPOOL = "mailsight.duckdb", "mailsight.spool"
STATE, MACHINES = "mailsight.state.sqlite", "machines.toml"
# Only in older backups; the state has the mappings now.
MAPPINGS = "mailsight.mappings"


@dataclass(frozen=True, slots=True)
class StoredFile:
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `generation` identifies the file that the database was copied from."""

    created_at: datetime
    mailsight: str
    schema_version: int
    generation: str
    rows: Mapping[str, int]
    files: Mapping[str, StoredFile]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files.values())


def stored_file(file: Path) -> StoredFile:
    """The size and checksum of a file. Raises OSError."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
        return StoredFile(content.tell(), digest.hexdigest())


def write(folder: Path, manifest: Manifest) -> None:
    """Writes the manifest durably, in one atomic step. Raises OSError."""
    values = {"format": FORMAT, **asdict(manifest), "created_at": manifest.created_at.isoformat()}
    write_file(folder / NAME, json.dumps(values, indent=1))


def read(folder: Path) -> Manifest:
    """Reads a backup's manifest. Raises `BackupUnreadable` if there is none, or one that this version can't read."""
    try:
        values = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if values.pop("format") > FORMAT:
            raise BackupUnreadable(
                f"{folder} was made by a newer version of Mailsight.", next_step="Update Mailsight."
            )
        files = {name: StoredFile(**stored) for name, stored in values.pop("files").items()}
        created_at = datetime.fromisoformat(values.pop("created_at"))
        return Manifest(created_at=created_at, files=files, **values)
    except FileNotFoundError as error:
        raise BackupUnreadable(f"{folder} is not a complete backup: it has no {NAME}.") from error
    except OSError as error:
        raise BackupUnreadable(f"{folder / NAME} can't be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupUnreadable(f"{folder / NAME} is damaged.") from error
