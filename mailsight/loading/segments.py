"""Loads the segments of the spool, and takes apart those that keep failing, so that one request can't hold up the rest.

A segment that failed three times is loaded alone. If it fails again, it is halved, by requests and then by the items
of a request's JSON array, envelope or form, until what fails is alone and is set aside. Halves are files of the spool
like all segments, so a killed process loses nothing and the next one continues.

A load may also take its process with it (memory, a crash in native code). Then nothing is left to catch the error, but
the attempt was noted: a segment that was last loaded alone without returning is halved by the next load. Only if a
single item does so again and again is it set aside, because somebody may have killed the process.

What doesn't fit on the disk is loaded in halves too, each as a generation of its own.
"""

import json
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from mailsight.errors import MailsightError, NotStored
from mailsight.providers.registry import provider_named
from mailsight.warehouse.failures import is_machines
from mailsight.warehouse.files import unfinished

from . import payload_files
from .merge import LoadSummary
from .spool import Spool

MAX_ATTEMPTS = 3
# Attempts after which a single item that takes the process with it is set aside.
MAX_LOST_ATTEMPTS = 9
# Loads of single segments at a time, so that new webhooks don't wait for all of them.
MAX_TRIALS = 30

ALL = slice(None)


class Load(Protocol):
    """Loads segments, or some requests of a single one; removes them once the last request is loaded."""

    def __call__(self, segments: Sequence[Path], requests: slice = ALL, /) -> LoadSummary: ...


def load_all(spool: Spool, load: Load) -> LoadSummary | None:
    """Loads all sealed segments; returns the last summary. Raises what `load` raises, unless a segment is to blame."""
    segments, attempts = spool.seal(), Counter(spool.attempts())
    rest = [segment for segment in segments if attempts[segment.name] < MAX_ATTEMPTS]
    # Those that took the process with them come last: they may do so again.
    suspects = sorted(set(segments) - set(rest), key=lambda segment: (attempts[segment.name], segment))
    summary = _load_what_fits(load, rest) if rest else None
    for _ in range(MAX_TRIALS):
        if not suspects:
            break
        suspect = suspects.pop(0)
        if attempts[suspect.name] > MAX_ATTEMPTS:
            if halves := _split(spool, suspect):
                suspects[:0] = halves
                continue
            load(
                []
            )  # If even this ends the process, the request is not to blame, and its attempts don't count.
            if attempts[suspect.name] >= MAX_LOST_ATTEMPTS:
                spool.set_aside(suspect, "each attempt to load it ended the process")
                continue
        try:
            summary = load([suspect])
        except Exception as error:
            if is_machines(error):
                raise
            if halves := _split(spool, suspect):
                suspects[:0] = halves
            else:
                load([])  # If not even nothing can be loaded, the request is not to blame.
                spool.set_aside(suspect, str(error))
    return summary


def _load_what_fits(load: Load, segments: Sequence[Path], requests: slice = ALL) -> LoadSummary:
    """Loads segments together, or in halves if they don't fit on the disk together. Returns the last summary.

    Raises what `load` raises. Everything before what doesn't fit has then been published.
    """
    try:
        return load(segments, requests)
    except NotStored:
        load([])  # If not even nothing fits, parts don't either.
        halves = _in_halves(segments, requests)
        if not halves:
            raise
    return [_load_what_fits(load, *half) for half in halves][-1]


def _in_halves(segments: Sequence[Path], requests: slice) -> list[tuple[Sequence[Path], slice]]:
    """Half of the segments or, of a single one, half of its requests, twice; [] for a single request."""
    middle = len(segments) // 2
    if middle:
        return [(segments[:middle], ALL), (segments[middle:], ALL)]
    with segments[0].open("rb") as lines:
        start, stop, _ = requests.indices(sum(1 for _ in lines))
    middle = (start + stop) // 2
    if middle in (start, stop):
        return []
    return [(segments, slice(start, middle)), (segments, slice(middle, requests.stop))]


def _split(spool: Spool, segment: Path) -> list[Path]:
    """Replaces a segment with its halves, each to be loaded alone; [] if it has one item."""
    halves = _halves(segment)
    return spool.replace(segment, halves, attempts=MAX_ATTEMPTS) if halves else []


def _halves(segment: Path) -> list[Path]:
    """Splits a segment into two new files, by requests or by the items of its only request; [] if there is one item."""
    halves = [segment.with_name(f"{segment.stem}-{half}.half") for half in (1, 2)]
    with unfinished(*halves), segment.open("rb") as lines:
        requests = sum(1 for _ in lines)
        lines.seek(0)
        if requests > 1:
            with halves[0].open("wb") as file:
                file.writelines(islice(lines, requests // 2))
            with halves[1].open("wb") as file:
                file.writelines(lines)
            return halves
        parts = _half_requests(lines.readline())
        for half, part in zip(halves, parts, strict=False):
            half.write_bytes(part)
    return halves if parts else []


def _half_requests(line: bytes) -> list[bytes]:
    """Two requests with half of the items each; [] if there are no two."""
    try:
        request = json.loads(line)
        items = payload_files.items_of_request(
            provider_named(request["provider"]), payload_files.request(request)
        )
    except (ValueError, TypeError, KeyError, RecursionError, MailsightError):
        return []
    middle = len(items) // 2
    parts = (items[:middle], items[middle:]) if middle else ()
    return [
        json.dumps(request | {"content_type": "application/json", "body": f"[{','.join(part)}]"}).encode()
        + b"\n"
        for part in parts
    ]
