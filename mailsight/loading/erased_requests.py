"""Removes erased people from the requests in files of the spool."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import unquote_plus

import pyarrow as pa

from mailsight.errors import MailsightError
from mailsight.providers.registry import provider_named
from mailsight.state import erased
from mailsight.state.store import Store
from mailsight.warehouse.draft import Draft, scratch
from mailsight.warehouse.files import sync_file, sync_folder, unfinished

from . import arrivals, payload_files

# Lines that are looked through at once. One may be megabytes long.
_BATCH_LINES = 200
_TEXTS = pa.schema([("row", pa.int64()), ("text", pa.string())])


def clean_all(database: Path, segments: Iterable[Path]) -> None:
    """Removes everybody on the list of erased people from segments. Raises OSError and `StateUnreadable`."""
    state = Store.of(database)
    if not erased.is_any(state):
        return
    with scratch() as work:
        arrivals.use_list(work, state)
        for segment in segments:
            clean(work, segment)


def mentions(work: Draft, texts: Sequence[tuple[int, str]]) -> dict[int, list[str]]:
    """The words that name somebody on the list, by the number of the text."""
    with work.table("texts", texts, _TEXTS):
        return dict(work.run("mentioned"))


def clean(work: Draft, segment: Path) -> int:
    """Removes the items of erased people from the requests of a segment; returns how many requests had some."""
    part = segment.with_suffix(".clean")
    changed = 0
    with unfinished(part):
        with segment.open("rb") as lines, part.open("wb") as kept:
            part.chmod(segment.stat().st_mode)
            while batch := list(islice(lines, _BATCH_LINES)):
                for line, without in zip(batch, _without_erased(work, batch), strict=True):
                    changed += line != without
                    kept.write(without)
        sync_file(part)
    if not changed:
        part.unlink()
    elif part.stat().st_size:
        part.replace(segment)
    else:
        part.unlink()
        segment.unlink()
        segment.with_suffix(".json").unlink(missing_ok=True)
    sync_folder(segment.parent)
    return changed


def _without_erased(work: Draft, lines: Sequence[bytes]) -> Iterator[bytes]:
    """Each line without the items that name somebody on the list; empty if nothing is left of it."""
    requests = [_request(line) for line in lines]
    mentioned = mentions(work, list(enumerate(item for _, items in requests for item in items)))
    first = 0
    for line, (request, items) in zip(lines, requests, strict=True):
        left = [item for number, item in enumerate(items, start=first) if number not in mentioned]
        first += len(items)
        if len(left) == len(items):
            yield line
        elif request is None or not left:
            yield b""
        else:
            body = {"content_type": "application/json", "body": f"[{','.join(left)}]"}
            yield json.dumps(request | body).encode() + b"\n"


def items(line: bytes) -> list[str]:
    """What a line reports of each person, as JSON; all that it says if that can't be read."""
    return _request(line)[1]


def _request(line: bytes) -> tuple[dict[str, object] | None, list[str]]:
    """A line's request with the JSON texts of its items; without a request, all that the line says as one text."""
    try:
        request = json.loads(line)
        items = payload_files.items_of_request(
            provider_named(request["provider"]), payload_files.request(request)
        )
    except (ValueError, TypeError, KeyError, RecursionError, MailsightError):
        return None, [_text_of(line)]
    # What is not in the items, such as headers, belongs to all of them.
    return request, items or [_text_of(line)]


def _text_of(line: bytes) -> str:
    """All that a line says, as it is written and decoded: in a form, an @ is %40."""
    text = line.decode("utf-8", "replace")
    try:
        body = str(json.loads(text)["body"])
    except (ValueError, TypeError, KeyError, RecursionError):
        body = ""
    return "\n".join((text, body, unquote_plus(body)))
