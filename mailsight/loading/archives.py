"""Loads archives of mails: each mail finds its message, and becomes the copy that its customer received."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from mailsight.errors import NoDatabase, NotABundle, UnusableMail
from mailsight.figures.formats import things
from mailsight.mail.content import content_id
from mailsight.mail.links import Link, links
from mailsight.mime import bodies, facts
from mailsight.mime import files as mail_files
from mailsight.mime.tracing import Trace, trace
from mailsight.state.erased import Kind
from mailsight.warehouse.draft import Draft, draft
from mailsight.warehouse.reader import Warehouse

from . import archive_matching, arrivals
from .archive_files import Archive, ArchivedMail
from .archive_matching import Match
from .contents import Header, Mail, Received, received, store
from .derive import Progress
from .json_files import as_text
from .merge import KindSummary, LoadSummary, complete, reject_failing, silent
from .refusals import Refusal, Refusals
from .refusing import Failure, carefully, explained, isolated, tried, tried_bounded

Item = TypeVar("Item")
Result = TypeVar("Result")

KIND = "e-mails"
# Mails that a worker process reads at once: starting to talk to it takes longer than reading a small one.
_BATCH_MAILS = 50
_BATCH_BYTES = 2**22
# Mails whose messages are looked for at once: each time, all messages are looked through.
_PART_MAILS = 5_000
_PART_CHARACTERS = 2**25
# What is kept of the header of a mail that is rejected.
_MAX_ROW = 2_000


def load(
    database: Path,
    paths: Sequence[Path],
    *,
    strict: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
    max_bytes: int | None = None,
    names: Sequence[str] | None = None,
) -> LoadSummary:
    """Loads the mails below the paths as the copies that customers received; publishes the result as one generation.

    `progress` is called with the share done (0 to 1) and the current step. With `strict`, one rejected mail rejects the
    whole load. `max_bytes` limits what a packed file unpacks to, in addition to the general limits. `names` are what
    the list of loads shows, if not the names of the paths. Raises `NoDatabase` and `LoadRefused`; the database is then
    unchanged.
    """
    if not Warehouse(database).exists:
        raise NoDatabase(f"There is no database at {database}.")

    def attempt(is_careful: bool) -> LoadSummary:
        with explained(), draft(database, wait_seconds=wait_seconds) as work:
            archive = Archive(paths, work.folder, max_bytes)
            staging = _Staging(work)
            for batch in _batches(archive.mails(), lambda mail: len(mail.raw)):
                progress(0.5 * archive.done, f"Reading e-mails, {staging.read:,} so far")
                staging.take(batch)
            staging.place()
            if not staging.read and not archive.unread:
                raise NotABundle("There are no e-mails in it.")
            if is_careful:
                reject_failing(work, progress)
            files = [path.name for path in paths] if names is None else names
            return staging.complete(archive, files, strict=strict, progress=progress)

    summary = carefully(attempt)
    progress(1.0, "Done")
    return summary


@dataclass(frozen=True, slots=True)
class _Read:
    """A mail of an archive as it was read: what tells which message it is, and what is stored of it."""

    trace: Trace
    content_id: str
    html: str
    text: str | None
    received: Received


def _read_all(raws: Sequence[bytes]) -> list[_Read | Failure]:
    return [tried(_read, raw) for raw in raws]


def _read(raw: bytes) -> _Read | Failure:
    try:
        mail = mail_files.read_any(raw, "mail.eml")
    except UnusableMail as error:
        return Failure(error.message)
    kept = received(mail, len(raw))
    if kept is None:
        return Failure("has no header")
    html = bodies.page(mail)
    header = facts.fields(kept.headers)
    return _Read(trace(header), content_id(html, mail.text), html, mail.text, kept)


def _links_of(htmls: Sequence[str]) -> list[list[Link] | Failure]:
    return [tried(links, html) for html in htmls]


def _each_bounded(
    step: Callable[[Sequence[Item]], list[Result | Failure]], items: Sequence[Item]
) -> list[Result | Failure]:
    """What the step returns for each item, in a worker process. What ends that is found by halves."""
    outcome = tried_bounded(step, items)
    if not isinstance(outcome, Failure):
        return outcome
    if len(items) == 1:
        return [outcome]
    half = len(items) // 2
    return [*_each_bounded(step, items[:half]), *_each_bounded(step, items[half:])]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mail of an archive, and the message that it is."""

    mail: ArchivedMail
    read: _Read
    match: Match

    @property
    def row(self) -> tuple[object, ...]:
        place = (
            self.mail.file,
            self.mail.position,
            self.match.campaign_id,
            self.match.customer_id,
            self.match.rank,
        )
        return *place, self.read.content_id, *astuple(self.read.received)


class _Staging:
    """The mails of one load: those that wait for their message, those that have it, and those that are rejected."""

    def __init__(self, work: Draft) -> None:
        arrivals.prepare(work)
        self._arrivals = arrivals.of(work)
        self._work = work
        self._refusals = Refusals(work)
        self._waiting: list[tuple[ArchivedMail, _Read]] = []
        self._characters = 0
        self._refused = 0
        self._left_out = 0
        self.read = 0

    def take(self, batch: Sequence[ArchivedMail]) -> None:
        """Reads mails."""
        self.read += len(batch)
        readable = [mail for mail in batch if mail.problem is None]
        for mail in batch:
            if mail.problem is not None:
                self._refuse(mail, mail.problem)
        reads = _each_bounded(_read_all, [mail.raw for mail in readable]) if readable else []
        for mail, read in zip(readable, reads, strict=True):
            if isinstance(read, Failure):
                self._refuse(mail, read.reason)
            else:
                self._waiting.append((replace(mail, raw=mail.raw[:_MAX_ROW]), read))
                self._characters += len(read.html) + len(read.text or "") + len(read.received.headers)
        if len(self._waiting) >= _PART_MAILS or self._characters >= _PART_CHARACTERS:
            self.place()

    def place(self) -> None:
        """Finds the messages of the mails that were read, and stages those that have one."""
        waiting, self._waiting, self._characters = self._without_erased(self._waiting), [], 0
        outcomes: dict[int, Match | str] = {}

        def match_mails(numbers: Sequence[int]) -> None:
            traces = {number: waiting[number][1].trace for number in numbers}
            outcomes.update(archive_matching.matches(self._work, traces))

        for number, failure in isolated(range(len(waiting)), match_mails):
            outcomes[number] = failure.reason
        placed: list[_Placed] = []
        for number, (mail, read) in enumerate(waiting):
            match = outcomes[number]
            if isinstance(match, str):
                self._refuse(mail, match)
            else:
                placed.append(_Placed(mail, read, match))
        failures = dict(self._store(placed))
        staged = [each for each in placed if each.read.content_id not in failures]
        for each in placed:
            if each.read.content_id in failures:
                self._refuse(each.mail, failures[each.read.content_id])
        for each, failure in isolated(staged, self._stage):
            self._refuse(each.mail, failure.reason)

    def _without_erased(
        self, waiting: Sequence[tuple[ArchivedMail, _Read]]
    ) -> list[tuple[ArchivedMail, _Read]]:
        """The mails without those to people who were erased, which leave nothing behind."""
        named = (
            (number, kind, value)
            for number, (_, read) in enumerate(waiting)
            for kind, values in ((Kind.ADDRESS, read.trace.recipients), (Kind.CUSTOMER, read.trace.customers))
            for value in values
        )
        to_erased = self._arrivals.those_erased(named)
        self._left_out += len(to_erased)
        return [each for number, each in enumerate(waiting) if number not in to_erased]

    def _store(self, placed: Sequence[_Placed]) -> Iterator[tuple[str, str]]:
        """Stores the contents of mails, each once. Yields the ids of those that can't be stored, with the reason."""
        reads = {each.read.content_id: each.read for each in placed}
        files = {each.read.content_id: each.mail.file for each in reversed(placed)}
        with self._work.table("wanted", [(each,) for each in reads], _WANTED):
            for (known,) in self._work.run("known_contents"):
                del reads[known]
        for batch in _batches(reads.values(), lambda read: len(read.html)):
            linked = _each_bounded(_links_of, [read.html for read in batch])
            mails = [
                Mail(Header(read.content_id), read.html, read.text, links_or_failure)
                for read, links_or_failure in zip(batch, linked, strict=True)
            ]
            for mail in mails:
                if isinstance(mail.links, Failure):
                    reason = f"its links {mail.links.reason}; the e-mail was added without them"
                    self._refusals.add(Refusal(KIND, files[mail.header.content_id], None, reason, ""))
            for mail, failure in isolated(mails, partial(store, self._work)):
                yield mail.header.content_id, failure.reason

    def _stage(self, placed: Sequence[_Placed]) -> None:
        with self._work.table("matched", [each.row for each in placed], _MATCHED):
            self._work.run("stage_mails")

    def _refuse(self, mail: ArchivedMail, reason: str) -> None:
        text = mail.raw[:_MAX_ROW].decode("utf-8", "surrogateescape")
        self._refusals.add(Refusal(KIND, mail.file, mail.position, reason, as_text(text)))
        self._refused += 1

    def complete(
        self, archive: Archive, names: Sequence[str], *, strict: bool, progress: Progress
    ) -> LoadSummary:
        """Merges the staged mails into the database."""
        summary = complete(
            self._work,
            source="archive",
            files=names,
            refusals=self._refusals,
            unread=Counter({KIND: self._refused}),
            strict=strict,
            progress=progress,
            passed_over=archive.unread,
        )
        own = [kind for kind in summary.kinds if kind.kind == KIND]
        kinds = own or [KindSummary(KIND, rows=0, new=0, changed=0, refused=0)]
        left_out = f"{things(self._left_out, 'e-mail')} to people who were erased: not added."
        return replace(summary, kinds=kinds, notes=[left_out] if self._left_out else [])


def _batches(items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """The items in batches for a worker process. A batch ends once it has so many items or bytes."""
    batch: list[Item] = []
    total = 0
    for item in items:
        batch.append(item)
        total += size(item)
        if len(batch) >= _BATCH_MAILS or total >= _BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


_WANTED = pa.schema([("content_id", pa.string())])
_MATCHED = pa.schema(
    [
        ("file", pa.string()),
        ("ordinal", pa.int64()),
        *((name, pa.string()) for name in ("campaign_id", "customer_id")),
        ("rank", pa.int32()),
        *((name, pa.string()) for name in ("content_id", "headers", "attachments", "charset", "signature")),
        ("size_bytes", pa.int64()),
    ]
)
