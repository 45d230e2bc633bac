"""Checks backups and the live database: checksums, that every row can be read, counts, and the rules of every load."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mailsight.errors import DatabaseUnreadable, NoDatabase
from mailsight.state import copies, store
from mailsight.warehouse import examination, generations, opening

from . import folders, manifest
from .manifest import Manifest


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked, and what is wrong with it, in sentences; no problems if all is well."""

    place: Path
    problems: Sequence[str]
    rows: Mapping[str, int] = field(default_factory=dict)
    manifest: Manifest | None = None


def chosen(place: Path) -> Verified:
    """Checks what `folders.chosen` chooses. Raises `BackupUnreadable` if that is nothing, or can't be read."""
    choice = folders.chosen(place)
    return backup(choice) if choice.is_dir() else database_file(choice)


def backup(folder: Path) -> Verified:
    """Checks a backup completely. Raises `BackupUnreadable` if its manifest can't be read."""
    known = manifest.read(folder)
    problems = [*_files(folder, known)]
    rows: Mapping[str, int] = {}
    if not problems:
        rows, problems = _database(folder / manifest.DATABASE)
        problems += _counts(known.rows, rows)
    if manifest.STATE in known.files:
        problems += _state(folder / manifest.STATE)
    return Verified(folder, problems, rows, known)


def database_file(file: Path) -> Verified:
    """Checks a single database file."""
    rows, problems = _database(file)
    return Verified(file, problems, rows)


def live(database: Path) -> Verified:
    """Checks the served database, and what is beside it. Raises `NoDatabase` if there is none."""
    while True:
        served = generations.served(generations.home(database))
        if served is None:
            raise NoDatabase(f"There is no database at {database}.")
        rows, problems = _database(served)
        if not problems or served.exists():  # otherwise, loads have superseded it meanwhile
            break
    problems += _state(store.beside(database))
    return Verified(served, problems, rows)


def _files(folder: Path, known: Manifest) -> Iterator[str]:
    for name, stored in known.files.items():
        try:
            now = manifest.stored_file(folder / name)
        except FileNotFoundError:
            yield f"{name} is missing."
        except OSError as error:
            yield f"{name} can't be read: {error.strerror}."
        else:
            if now.size_bytes != stored.size_bytes:
                yield f"{name} has {now.size_bytes:,} bytes instead of {stored.size_bytes:,}."
            elif now != stored:
                yield f"{name} is damaged: its checksum differs."
    if manifest.DATABASE not in known.files:
        yield f"{manifest.DATABASE} is missing."


def _database(file: Path) -> tuple[Mapping[str, int], list[str]]:
    try:
        examined = examination.examine(file, rules=True)
    except DatabaseUnreadable as error:
        return {}, [error.message]
    problems = [f"A rule of the figures is broken: {rule}." for rule in examined.broken_rules]
    if newer := opening.of_newer_version(file, examined.schema_version):
        problems.append(str(newer))
    return examined.rows, problems


def _state(file: Path) -> Iterator[str]:
    if file.exists() and (problem := copies.problem(file)):
        yield problem


def _counts(expected: Mapping[str, int], rows: Mapping[str, int]) -> Iterator[str]:
    for table in sorted((expected.keys() | rows.keys()) if rows else ()):
        if expected.get(table) != rows.get(table):
            yield f"The table {table} has {rows.get(table)} rows instead of {expected.get(table)}."
