"""Erases people: their rows become nobody's, so that figures stay, and no file holds anything of them.

The list of erased people (`state.erased`) comes first, so that from then on no load brings them back. Then a new
database is written without them, and everything else that may hold something of them is cleaned. If that is
interrupted, `finish` continues: the list says who is left.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mailsight.errors import LoadRefused, LoadRunning, StateUnreadable
from mailsight.figures.metrics import share
from mailsight.loading import arrivals, payloads, spellings, spool
from mailsight.loading.derive import Progress
from mailsight.loading.merge import silent
from mailsight.loading.refusing import explained
from mailsight.state import erased
from mailsight.state.erased import Kind
from mailsight.state.store import Store
from mailsight.warehouse.draft import Draft, exclusive, import_folder, rewritten, scratch
from mailsight.warehouse.files import PRIVATE_FILE
from mailsight.warehouse.reader import Warehouse

from . import leftovers, people, received_variants

_INTERRUPTED = (
    "An erasure was interrupted: files may still name who was erased. Run `mailsight erase --finish`."
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erasure:
    """How many people were erased, and how many of their rows: per table, and in waiting webhooks."""

    people: int
    rows: dict[str, int]


def erase(
    database: Path,
    named: Sequence[str],
    *,
    may_share: bool = False,
    dry_run: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
) -> Erasure:
    """Erases the people with these addresses or customer ids. With `dry_run`, only counts what would be erased.

    Raises `SharedAddress` before anything is changed, and `LoadRefused` and `StateUnreadable`; then `finish` continues.
    """
    state = Store.of(database)
    progress(0.0, "Looking for them")
    with Warehouse(database).snapshot() as data:
        persons = [people.find(data, name, may_share=may_share) for name in named]
        if dry_run:
            ids = sorted({each for person in persons for each in person.customer_ids})
            addresses = sorted({each for person in persons for each in person.addresses})
            rows = data.rows("rows_of", customer_ids=ids, addresses=addresses)
            return Erasure(len(persons), {row["name"]: row["rows"] for row in rows})
        with scratch() as work:
            arrivals.use_key(work, state)
            values = {value for person in persons for value in person.values}
            key_hashes = arrivals.hashes(work, values)
            entries = people.entries(data, persons, key_hashes, state.key(erased.KEY))
    words = {word for person in persons for word in (*person.addresses, *person.customer_ids, *person.names)}
    with _under_way(database, wait_seconds):
        erased.add(state, entries)
        return Erasure(len(persons), finish(database, words, progress=progress, wait_seconds=wait_seconds))


def finish(
    database: Path,
    words: Collection[str] = (),
    *,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
) -> dict[str, int]:
    """Erases everybody on the list of erased people whom a file still holds; returns how many rows, per table.

    `words` may name them in texts, besides those by which the database knows them. To be called again after an
    interrupted erasure, and after a backup was restored. Raises as `erase` does.
    """
    state = Store.of(database)
    if not erased.is_any(state):
        return {}
    with _under_way(database, wait_seconds):
        # What waits is loaded first, without them, so that it counts.
        waiting = spool.beside(database)
        try:
            if waiting.state().size_bytes:
                progress(0.1, "Loading waiting webhooks")
                payloads.ingest_spool(database, waiting, wait_seconds=wait_seconds)
        except LoadRunning:
            raise
        except LoadRefused:
            _log.exception("The waiting webhooks could not be loaded; those of erased people are removed")
        rows = _rewrite(database, words, progress, wait_seconds)
        progress(0.9, "Cleaning other files")
        with import_folder(database, wait_seconds=wait_seconds):
            pass  # Entering it removes what a killed import left.
        with exclusive(database, wait_seconds=wait_seconds):  # No load takes segments apart meanwhile.
            rows["waiting requests"] = leftovers.clean(database, state)
        erased.finish(state)
        progress(1.0, "Done")
        return rows


def problem(database: Path) -> str | None:
    """A sentence if an erasure was interrupted, or if that can't be read. None while one is under way."""
    state = Store.of(database)
    try:
        if not erased.is_unfinished(state):
            return None
        with FileLock(_lock(database), mode=PRIVATE_FILE, timeout=0):
            return _INTERRUPTED if erased.is_unfinished(state) else None
    except Timeout:
        return None
    except StateUnreadable as error:
        return f"{error.title}."
    except OSError:
        return _INTERRUPTED


@contextmanager
def _under_way(database: Path, wait_seconds: float) -> Iterator[None]:
    """Holds a lock, by which others can tell that an erasure goes on. Raises `LoadRunning` if another one has it."""
    try:
        # A singleton is the same object for each file, so that `erase` and `finish` both have it.
        with FileLock(_lock(database), mode=PRIVATE_FILE, timeout=wait_seconds, is_singleton=True):
            yield
    except Timeout as error:
        raise LoadRunning("Another process is erasing people.") from error


def _lock(database: Path) -> Path:
    return database.with_name(f"{database.stem}.erasure.lock")


def forget(database: Path, named: Sequence[str]) -> int:
    """Takes people off the list, so that loads may bring them back; returns how many of the names were on it."""
    state = Store.of(database)
    if not erased.listed(state):
        return 0
    with scratch() as work:
        arrivals.use_key(work, state)
        values = [(kind, name.strip()) for name in named for kind in (Kind.CUSTOMER, Kind.ADDRESS)]
        key_hashes = arrivals.hashes(work, values)
    return sum(
        erased.forget(state, [key_hashes[kind, name.strip()] for kind in (Kind.CUSTOMER, Kind.ADDRESS)]) > 0
        for name in named
    )


def _rewrite(
    database: Path, words: Collection[str], progress: Progress, wait_seconds: float
) -> dict[str, int]:
    """Writes the database without the people on the list, unless it has nothing of them; returns the rows per table."""
    with explained(), rewritten(database, wait_seconds=wait_seconds) as work:
        progress(0.2, "Looking for their rows")
        arrivals.use_list(work, Store.of(database))
        work.run("find_erased")
        if arrivals.add_unlisted(work, "unlisted"):
            work.run("find_erased")
        work.run("rename_erased")
        work.run("list_erased")
        work.run("list_mentions")
        _find_mentions(work, words)
        [rows] = work.rows("erased_counts")
        if any(rows.values()):
            write_tables(work, progress)
        else:
            work.discard()
    return rows


def _find_mentions(work: Draft, words: Collection[str]) -> None:
    """Finds what mentions them in texts: by these words, and those by which the database knows them."""
    known = work.run("erased_words", words=sorted(words))
    for pattern in spellings.patterns(word for (word,) in known):
        work.run("add_mentions", pattern=pattern)
    work.run("group_mentions")


def write_tables(work: Draft, progress: Progress) -> None:
    """Writes all tables without the renamed messages' people."""
    received_variants.keep(work, progress)
    tables = [table for (table,) in work.run("table_names") if table != "schema_version"]
    for place, table in enumerate(tables):
        progress(0.3 + 0.5 * (share(place, len(tables)) or 0.0), f"Writing {table.replace('_', ' ')}")
        work.run(f"rewrite_{table}")
    progress(0.8, "Publishing")
