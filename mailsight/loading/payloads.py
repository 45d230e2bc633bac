"""Loads provider payloads, from files or from the spool of live webhooks, as events.

DuckDB reads the payloads of providers with an SQL mapping (`queries/providers`), which is fast. Form posts, other
providers and broken files are read value by value in Python. Both paths yield the same events for the same payload.
"""

import glob
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, groupby, islice
from pathlib import Path

from mailsight import settings
from mailsight.errors import SpoolUnreadable, UnreadableFile
from mailsight.figures.metrics import share
from mailsight.providers.record import Provider
from mailsight.providers.registry import provider_named
from mailsight.warehouse.draft import Draft, draft, exclusive
from mailsight.warehouse.failures import is_machines

from . import (
    arrivals,
    erased_requests,
    finding,
    payload_files,
    segments,
    unpacking,
)
from .derive import Progress
from .merge import LoadSummary, complete, reject_failing, silent
from .normalizing import isolated_payloads, mapped_events, parsed_events, prepare_mappings
from .payload_batches import Parsed, Payload, Text, batches, payloads_of, requests_of
from .payload_files import ProviderFile
from .refusals import PassedOver, Refusal, Refusals, of_file
from .refusing import Failure, carefully, explained, tried, tried_fast
from .spool import Spool

WEBHOOKS = "webhooks"
# A file with more rejected values than this is read value by value, to count the lines.
MAX_NUMBERED = 100_000
# Python reads this much JSON in less time than DuckDB takes to plan the mapping of a file of its own.
SMALL_FILE_BYTES = 2**17


def ingest(
    database: Path,
    provider_name: str,
    paths: Sequence[Path],
    *,
    strict: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
    max_bytes: int | None = None,
) -> LoadSummary:
    """Loads files of a provider's payloads and publishes the result as one generation.

    `progress` is called with the share done (0 to 1) and the current step. With `strict`, one rejected payload rejects
    the whole load. `max_bytes` limits what a packed file unpacks to, in addition to the general limit. Raises
    `UnknownProvider`, and `LoadRefused` if nothing could be loaded; the database is then unchanged.
    """
    sender = provider_named(provider_name)
    files, passed_over = finding.payload_files(paths)

    def attempt(is_careful: bool) -> LoadSummary:
        with explained(), draft(database, wait_seconds=wait_seconds) as work:
            names = [path.name for path in files]
            staging = _Staging(work, names, passed_over, is_careful=is_careful)
            staging.take_files(_opened(files, work, staging.refuse_file, progress, max_bytes), sender)
            return staging.complete(sender.name, names, strict=strict, progress=progress)

    summary = carefully(attempt)
    progress(1.0, "Done")
    return summary


def _opened(
    paths: Sequence[Path],
    work: Draft,
    refuse: Callable[[Path, str], None],
    progress: Progress,
    max_bytes: int | None,
) -> Iterator[ProviderFile]:
    """The files, unpacked one by one. Those that can't be are rejected, unless there is only one."""
    room = unpacking.Room.of(paths, max_bytes)
    for index, path in enumerate(paths):
        progress(0.5 * (share(index, len(paths)) or 0.0), f"Reading {path.name}")
        try:
            file = tried(payload_files.unpack, path, work.folder, room.left)
        except UnreadableFile as error:
            if len(paths) == 1:
                raise
            file = Failure(str(error))
        if isinstance(file, Failure):
            refuse(path, file.reason)
        else:
            room.take(path, [file.path])
            yield file


def ingest_spool(
    database: Path, spool: Spool, *, progress: Progress = silent, wait_seconds: float = 600.0
) -> LoadSummary | None:
    """Loads the spooled webhooks, publishes them, and removes them from the spool.

    Returns None if there were none. Safe to repeat after a crash: events loaded twice count once. Segments that keep
    failing are taken apart (`segments`). Raises `LoadRefused`; what was not loaded stays in the spool.
    """
    # Held until the last segment is removed: nobody else takes segments apart, and no backup is restored that lacks
    # what the spool has just forgotten.
    with exclusive(database, wait_seconds=wait_seconds):
        known = _set_aside(spool)
        try:
            return segments.load_all(spool, partial(_load_segments, database, spool, progress))
        finally:
            # They stay there, so they must not name erased people.
            erased_requests.clean_all(database, sorted(_set_aside(spool) - known))


def _set_aside(spool: Spool) -> set[Path]:
    """The segments that are set aside. If they can't be listed, which the health check says, others are loaded."""
    with suppress(SpoolUnreadable):
        return set(spool.files_set_aside())
    return set()


def _load_segments(
    database: Path,
    spool: Spool,
    progress: Progress,
    chosen: Sequence[Path],
    requests: slice = segments.ALL,
) -> LoadSummary:
    """Loads segments of the spool as one generation, and removes those whose last request is loaded."""
    present: list[Path] = []

    def attempt(is_careful: bool) -> LoadSummary:
        nonlocal present
        with explained(), draft(database) as work:
            # Somebody may have removed some of them.
            present = [segment for segment in chosen if segment.exists()]
            if not is_careful:
                spool.note_attempts(present)
            staging = _Staging(work, is_careful=is_careful)
            for segment in present:
                staging.take_segment(ProviderFile(f"{WEBHOOKS}/{segment.name}", segment), requests)
            return staging.complete(WEBHOOKS, [], strict=False, progress=progress)

    try:
        summary = carefully(attempt)
        # The draft has been published, or held nothing new: all of it is on disk and can be read.
        if requests.stop is None:
            _remove(database, spool, present)
        else:
            spool.take_back_attempts(present)
    except BaseException as error:
        if not isinstance(error, Exception) or is_machines(error):
            spool.take_back_attempts(present)
        raise
    return summary


def _remove(database: Path, spool: Spool, loaded: Sequence[Path]) -> None:
    """Removes loaded segments from the spool. Those that are kept for backups hold nothing that may not be stored."""
    if spool.loaded.are_kept:
        if settings.from_environment().ip_addresses == "full":
            erased_requests.clean_all(database, loaded)
        else:  # Requests hold complete ones, in as many spellings as there are providers.
            spool.loaded.forget(loaded)
    spool.remove(loaded)


class _Staging:
    """The staged events of one load, and its rejected payloads. `is_careful` isolates events that fail later."""

    def __init__(
        self,
        work: Draft,
        names: Sequence[str] = (),
        passed_over: Sequence[PassedOver] = (),
        *,
        is_careful: bool = False,
    ) -> None:
        arrivals.prepare(work)
        prepare_mappings(work)
        self._work = work
        self._is_careful = is_careful
        self._refusals = Refusals(work, names)
        self._passed_over = passed_over
        self._unread = 0
        self._taken: list[ProviderFile] = []

    def take_files(self, files: Iterator[ProviderFile], sender: Provider) -> None:
        """Stages the events of a provider's files, in order: small ones together, large ones alone."""
        for are_small, run in groupby(files, key=_is_small):
            if are_small or self._is_careful:
                # Without numbering its values, which takes long, none could be rejected later.
                self._take(chain.from_iterable(self._payloads(file, sender) for file in run))
            else:
                for file in run:
                    self._take_large(file, sender)

    def _take_large(self, file: ProviderFile, sender: Provider) -> None:
        """Stages the events of a file: with DuckDB if the whole file is valid, otherwise value by value."""
        plain = sender.mapped and not file.problem and tried(payload_files.holds_requests, file) is False
        if not (plain and self._take_fast(file, sender)):
            self._take(self._payloads(file, sender))

    def _payloads(self, file: ProviderFile, sender: Provider) -> Iterator[Payload | Refusal]:
        self._taken.append(file)
        return payloads_of(file, sender)

    def take_segment(self, segment: ProviderFile, requests: slice) -> None:
        """Stages the events of some requests of a spool segment."""
        self._taken.append(segment)
        self._take(islice(requests_of(segment), requests.start, requests.stop))

    def refuse_file(self, path: Path, reason: str) -> None:
        """Rejects a file as a whole."""
        self._refuse(of_file("events", path.name, path, reason))

    def complete(self, source: str, files: Sequence[str], *, strict: bool, progress: Progress) -> LoadSummary:
        """Merges the staged events into the database."""
        arrivals.of(self._work).erase()
        if self._is_careful:
            reject_failing(self._work, progress)
        self._refusals.add_staged((file.path, file.name) for file in self._taken)
        return complete(
            self._work,
            source=source,
            files=files,
            refusals=self._refusals,
            unread=Counter(events=self._unread),
            strict=strict,
            progress=progress,
            passed_over=self._passed_over,
        )

    def _refuse(self, refusal: Refusal) -> None:
        self._refusals.add(refusal)
        self._unread += 1

    def _take(self, payloads: Iterator[Payload | Refusal]) -> None:
        for batch in batches(payloads):
            for bad in batch.bad:
                self._refuse(bad)
            for part in batch.parts.values():
                stage_events = partial(self._stage_events, part.sender)
                stage_texts = partial(self._stage_texts, part.sender)
                for refusal in isolated_payloads(part, stage_events, stage_texts):
                    self._refuse(refusal)

    def _stage_events(self, sender: Provider, events: Sequence[Parsed]) -> None:
        with parsed_events(self._work, events):
            self._stage(sender)

    def _stage_texts(self, sender: Provider, texts: Sequence[Text]) -> None:
        with mapped_events(self._work, sender, texts):
            self._stage(sender)

    def _take_fast(self, file: ProviderFile, sender: Provider) -> bool:
        """Reads the whole file with DuckDB; returns False if DuckDB can't."""
        for view, numbered in (
            ("view_lines", "view_numbered_lines"),
            ("view_values", "view_numbered_values"),
        ):
            refused = tried_fast(self._read_whole, view, file, sender)
            if refused and not isinstance(refused, Failure):
                # Numbering the values is slow, so it is done only if rejected payloads need their lines.
                self._work.run("unstage", file=str(file.path))
                refused = tried_fast(self._read_whole, numbered, file, sender)
            if isinstance(refused, Failure) or refused > MAX_NUMBERED:
                self._work.run("unstage", file=str(file.path))
                continue
            ordinals = {row["ordinal"] for row in self._work.rows("refused_ordinals", file=str(file.path))}
            lines = payload_files.line_numbers(file, ordinals, by_line=view == "view_lines")
            self._refusals.add_staged([(file.path, file.name)], lines)
            return True
        return False

    def _read_whole(self, view: str, file: ProviderFile, sender: Provider) -> int:
        """Stages the whole file; returns the number of rejected events. Raises ValueError if some are no JSON."""
        self._work.run("read_from", path=str(file.path), pattern=glob.escape(str(file.path)))
        self._work.run(view)
        self._work.run(f"map_{sender.name}")
        self._stage(sender)
        [(refused, is_lenient)] = self._work.run("staged_refusals_of", file=str(file.path))
        if is_lenient:
            raise ValueError("not JSON")
        return int(refused)

    def _stage(self, sender: Provider) -> None:
        self._work.run("stage_normalized", provider=sender.name)


def _is_small(file: ProviderFile) -> bool:
    return file.path.stat().st_size <= SMALL_FILE_BYTES
