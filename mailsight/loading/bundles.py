"""Loads bundles: stages their files as facts, then derives the tables behind the screens for the affected campaigns."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from mailsight.errors import LoadRefused, UnknownCampaign
from mailsight.mime import headers
from mailsight.warehouse.draft import Draft, draft

from . import arrivals, bundle_tables, file_checks, finding
from .bundle_batches import read_files
from .bundle_files import BundleFile
from .bundle_tables import Reading
from .contents import read_contents
from .derive import Progress
from .merge import LoadSummary, complete, reject_failing, silent
from .refusals import Refusal, Refusals
from .refusing import carefully, explained, tried

# How many texts with encoded words are read at once.
PAGE_ROWS = 100_000


def load(
    database: Path,
    paths: Sequence[Path],
    *,
    strict: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
    max_bytes: int | None = None,
) -> LoadSummary:
    """Loads bundles (folders or single files) into the database and publishes the result as one generation.

    `progress` is called with the share done (0 to 1) and the current step. With `strict`, one rejected row rejects the
    whole load. `max_bytes` limits what a packed file unpacks to, in addition to the general limits. Raises
    `LoadRefused`; the database is then unchanged.
    """

    def attempt(is_careful: bool) -> LoadSummary:
        with explained():
            candidates, passed_over = finding.candidates(paths)
            with draft(database, wait_seconds=wait_seconds) as work:
                contents = finding.opened(candidates, work.folder, max_bytes)
                contents.passed_over.extend(passed_over)
                reading = Reading(work, Refusals(work, [file.name for file in contents.files]), max_bytes)
                _stage(reading, contents.files, progress, is_careful)
                return complete(
                    work,
                    source="bundle",
                    files=[file.name for file in contents.files],
                    refusals=reading.refusals,
                    unread=reading.unread,
                    strict=strict,
                    progress=progress,
                    ignored_columns=reading.ignored_columns,
                    passed_over=contents.passed_over,
                )

    summary = carefully(attempt)
    progress(1.0, "Done")
    return summary


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import read: its tables, the rows that are none, and the positions from which the next import continues.

    `source` is the name of the source, `place` its address without a password. `readings` are the settings with which
    its contents were read. `earlier` holds the rows that they gave with other settings; if stored, these are replaced.
    """

    source: str
    place: str
    files: Sequence[BundleFile]
    refused: Callable[[], Iterable[Refusal]]
    positions: Mapping[str, str]
    readings: Mapping[str, str]
    earlier: Sequence[BundleFile]


def load_imported(
    database: Path,
    imported: Imported,
    *,
    strict: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
) -> LoadSummary:
    """Loads what an import read, as `load` does, and keeps its positions in the same generation."""

    def attempt(is_careful: bool) -> LoadSummary:
        with explained(), draft(database, wait_seconds=wait_seconds) as work:
            reading = Reading(work, Refusals(work))
            for refusal in imported.refused():
                reading.refusals.add(refusal)
                reading.unread[refusal.kind] += 1
            _stage(reading, imported.files, progress, is_careful, imported.earlier)
            # One without a name notes the import itself: not all sources have positions.
            positions = [
                (imported.source, place, name, value)
                for place, values in (
                    (imported.place, {"": ""} | dict(imported.positions)),
                    ("", imported.readings),
                )
                for name, value in values.items()
            ]
            with work.table("new_positions", positions, _POSITIONS):
                [(moved,)] = work.run("merge_positions")
            return complete(
                work,
                source=imported.source,
                files=[imported.place],
                refusals=reading.refusals,
                unread=reading.unread,
                strict=strict,
                progress=progress,
                ignored_columns=reading.ignored_columns,
                is_news=bool(moved),
                corrects=bool(imported.earlier),
            )

    return carefully(attempt)


def _stage(
    reading: Reading,
    files: Sequence[BundleFile],
    progress: Progress,
    is_careful: bool,
    earlier: Sequence[BundleFile] = (),
) -> None:
    """Stages the rows of the files with their e-mails. If `is_careful`, those that fail later are found by trials.

    The rows of `earlier` files are set aside.
    """
    work = reading.work
    arrivals.prepare(work)
    work.run("create_records")
    read_files(reading, [*files, *earlier], progress)
    _decode_words(work)
    arrivals.of(work).erase()
    if earlier:
        with work.table("earlier_files", [(str(file.readable),) for file in earlier], _FILES):
            work.run("set_earlier_aside")
    read_contents(work, reading.refusals, files, progress)
    bundle_tables.name_languages(reading, files)
    if is_careful:
        reject_failing(work, progress, corrects=bool(earlier))
    bundle_tables.add_staged_refusals(reading, files)


def load_content(database: Path, campaign_id: str, mail: Path, *, wait_seconds: float = 600.0) -> None:
    """Attaches an e-mail to a campaign: any file that `mime.files` reads.

    Raises `UnknownCampaign`, and `LoadRefused` for a file that can't be read.
    """
    if problem := file_checks.problem(mail):
        raise LoadRefused(f"{mail} {problem}.")
    target = mail.resolve()
    file = BundleFile("campaigns", target, target.parent, target, "ndjson")
    with explained(), draft(database, wait_seconds=wait_seconds) as work:
        if not work.rows("campaign", campaign_id=campaign_id):
            raise UnknownCampaign(f"There is no campaign {campaign_id!r}.")
        arrivals.prepare(work)
        work.run("create_records")
        with work.table(
            "batch",
            [(0, 1, json.dumps({"campaign_id": campaign_id, "template": target.name}))],
            bundle_tables.RECORDS,
        ):
            work.run("read_batch")
        reading = Reading(work, Refusals(work))
        bundle_tables.stage(work, [file], range(1, 2))
        read_contents(work, reading.refusals, [file], silent)
        reasons = [
            reason for _, refused in bundle_tables.staged_refusals(work, [file]) for _, reason in refused
        ]
        if reasons:
            raise LoadRefused(f"{mail} is not an e-mail: {reasons[0]}.")
        complete(
            work,
            source="content",
            files=[mail.name],
            refusals=reading.refusals,
            unread=Counter(),
            strict=False,
            progress=silent,
        )


def _decode_words(work: Draft) -> None:
    """Decodes the encoded words (RFC 2047) that exports of mail programs leave in subjects and names."""
    last = ""
    while page := work.run("encoded_words", after=last, most=PAGE_ROWS):
        last = page[-1][0]
        decoded = [
            (text, plain) for (text,) in page if isinstance(plain := tried(headers.decoded, text), str)
        ]
        with work.table("decoded", decoded, _DECODED):
            work.run("replace_encoded_words")


_FILES = pa.schema([("file", pa.string())])
_DECODED = pa.schema([("source", pa.string()), ("text", pa.string())])
_POSITIONS = pa.schema([(column, pa.string()) for column in ("source", "place", "name", "value")])
