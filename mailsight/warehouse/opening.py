"""Opens database files read-only, as all readers do, and judges whether they can be read."""

import re
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import duckdb

from mailsight.errors import DatabaseBusy, DatabaseDamaged, DatabaseUnreadable

from . import contents, generations
from .failures import is_damage
from .files import PRIVATE_FOLDER, Identity, identity, make_private
from .queries import statement

# The number of the newest file in queries/migrations/.
SCHEMA_VERSION = 8
# The memory limit covers recently used database pages and sorting. Sorting a million recipients takes half of it.
_READING: dict[str, str | bool | int | float | list[str]] = {
    # Returns memory that is no longer needed, such as after many large e-mails, to the system within seconds.
    "allocator_background_threads": "true",
    "autoinstall_known_extensions": "false",
    "memory_limit": "700MB",
}
# The part of a file before its blocks.
_HEADER_BYTES = 3 * 4096
_DAMAGED = "Restore it from a backup. Until then, the other files beside it are kept."
_INCOMPLETE = "Wait if it is still being copied. Otherwise, restore it from a backup."


def open_readonly(file: Path, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Opens a database file read-only, so that SQL can't access other files or change settings.

    Longer sorts are spilled to the folder `spill`, or else beside the file. Each call reads the file afresh: a file
    that was replaced or written to is never mixed up with what an earlier connection knows of it. Raises
    `DatabaseUnreadable` if it is incomplete, locked, or not a database of Mailsight.
    """
    # DuckDB gives all connections of a process to one path the same instance, whatever the file holds by now. An
    # instance in memory is never shared, and may have the file attached.
    connection = duckdb.connect(":memory:", config=_READING | {"temp_directory": str(spill or _spill(file))})
    try:
        connection.execute(statement("attach"), {"file": str(file)})
        connection.execute(statement("use_attached"))
        connection.execute(statement("lock_down"))
        schema_version(connection)
        _check_complete(connection, file)
    except duckdb.Error as error:
        connection.close()
        raise unreadable(file, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _check_complete(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Raises `DatabaseUnreadable` if the end of a file is missing, which DuckDB may not notice before it reads that."""
    total, used, block_bytes = connection.execute(statement("blocks")).fetchall()[0]
    present = (file.stat().st_size - _HEADER_BYTES) // block_bytes
    if present < used or (present < total and present <= contents.last_block(connection)):
        raise DatabaseDamaged(f"{file} is incomplete.", next_step=_INCOMPLETE)


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """The version of the tables. Raises `duckdb.Error` if it isn't a database of Mailsight."""
    versions = connection.execute(statement("schema_version")).fetchall()
    if len(versions) != 1:
        raise duckdb.CatalogException("The table schema_version has no version.")
    return int(versions[0][0])


def check_version(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Raises `DatabaseUnreadable` unless the tables have the version that reports expect."""
    version = schema_version(connection)
    if version < SCHEMA_VERSION:
        raise DatabaseUnreadable(
            f"{file.name} was created by an older version of Mailsight "
            f"(schema version {version}; this version uses {SCHEMA_VERSION}).",
            next_step="Run `python -m mailsight migrate`, which keeps your data.",
        )
    if newer := of_newer_version(file, version):
        raise newer


def of_newer_version(file: Path, version: int) -> DatabaseUnreadable | None:
    """What is wrong if the tables of a file have a version that this Mailsight doesn't know yet."""
    if version <= SCHEMA_VERSION:
        return None
    return DatabaseUnreadable(
        f"{file.name} was created by a newer version of Mailsight "
        f"(schema version {version}; this version uses {SCHEMA_VERSION}).",
        next_step="Update Mailsight.",
    )


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest readable file of a database, and what is wrong with others, if anything."""

    file: Path
    problem: DatabaseUnreadable | None = None


def newest(path: Path, *, reads_all: bool = False, without: Path | None = None) -> Newest:
    """The newest readable generation beside a `home` whose link is missing, or leads to a file that can't be read.

    The newest has the latest load: numbers and times of files may come from a restored backup. With `reads_all`, no
    part of it is damaged. Raises `DatabaseUnreadable` if none of them can be read, and `DatabaseBusy` if another
    program writes to one.
    """
    files = [file for file in generations.beside(path) if file != without]
    ages: list[tuple[str, int, int, Path]] = []
    problem: DatabaseUnreadable | None = None
    for number, file in enumerate(files):
        try:
            with generations.sentences(file):
                ages.append((_last_load(file), identity(file).modified_ns, number, file))
        except DatabaseBusy:
            raise
        except DatabaseUnreadable as error:
            problem = error
    for *_, file in sorted(ages, reverse=True):
        in_file = damage(path, file, identity(file)) if reads_all else None
        if in_file is None:
            return Newest(file, problem)
        problem = in_file
    names = ", ".join(file.name for file in files)
    raise DatabaseUnreadable(
        f"{path} is missing, and no generation beside it ({names}) can be read"
        f"{f': {problem.message}' if problem else '.'}",
        next_step=f"Restore a backup to {path}, or move these files away to start over.",
    ) from problem


def damage(path: Path, file: Path, known: Identity) -> DatabaseUnreadable | None:
    """Reads all of a generation, unless it is as it was published; returns what is damaged.

    A file is read only once, as long as nobody writes to it.
    """
    return _met.get((file, known)) or _damage(path, file, known)


def note_damage(file: Path, known: Identity, problem: DatabaseUnreadable) -> None:
    """Notes that a reader has met damage in a file, even if it is as it was published: disks fail too."""
    _met[file, known] = problem


_met: dict[tuple[Path, Identity], DatabaseUnreadable] = {}


@lru_cache(maxsize=16)
def _damage(path: Path, file: Path, known: Identity) -> DatabaseUnreadable | None:
    del known  # Only part of the cache key.
    if generations.is_as_published(path, file):
        return None
    with closing(open_readonly(file)) as connection:
        try:
            contents.read_all(connection)
        except duckdb.Error as error:
            if is_damage(error):
                return unreadable(file, error)
            raise unreadable(file, error) from error
    return None


def _last_load(file: Path) -> str:
    """When the newest data in a file was loaded, as text that sorts by time. Raises `DatabaseUnreadable`."""
    connection = open_readonly(file)
    try:
        contents.table_sizes(connection)
        [(loaded_at,)] = connection.execute(statement("last_load")).fetchall()
    except duckdb.CatalogException:  # older versions did not record loads
        return ""
    except duckdb.Error as error:
        raise unreadable(file, error) from error
    finally:
        connection.close()
    return str(loaded_at or "")


def unreadable(file: Path, error: duckdb.Error) -> DatabaseUnreadable:
    """What a reader's error means, in a sentence."""
    text = str(error).splitlines()[0]
    if holder := re.search(r"Could not set lock on file.* held in (\S+) \(PID (\d+)\)", text):
        program, process = Path(holder[1]).name, holder[2]
        return DatabaseBusy(
            f"{program} (process {process}) has {file} open for writing.",
            next_step="Close it there. To look at a database with other programs, open it read-only.",
        )
    if "Could not read enough bytes" in text:
        return DatabaseDamaged(f"{file} is incomplete.", next_step=_INCOMPLETE)
    if is_damage(error):
        return DatabaseDamaged(f"{file} is damaged.", next_step=_DAMAGED)
    if isinstance(error, duckdb.CatalogException) or "not a valid DuckDB database" in text:
        return DatabaseDamaged(f"{file} is not a Mailsight database.")
    return DatabaseUnreadable(f"{file} can't be read: {text.rstrip('.')}.")


def _spill(file: Path) -> str:
    """A folder for this process's longer sorts, which DuckDB creates when it is needed; empty if none can be."""
    folder = generations.spill_folder(file)
    try:
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
    except OSError:
        return ""
    make_private(folder)
    # Not the process's number: in containers, several processes may have the same.
    return str(folder / f"{file.name}.{uuid4().hex}")
