"""Cleans the files beside the database: the spool, kept mappings, notes, the audit, and what was replaced."""

import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import unquote_plus

import pyarrow as pa

from mailsight.errors import MailsightError
from mailsight.loading import arrivals, payload_files, spool
from mailsight.providers.registry import provider_named
from mailsight.state import erased
from mailsight.state.audit import Audit
from mailsight.state.erased import Kind
from mailsight.state.store import Store
from mailsight.warehouse import generations
from mailsight.warehouse.draft import Draft, scratch
from mailsight.warehouse.files import sync_folder, write_file

# Lines of the spool that are looked through at once. One may be megabytes long.
_BATCH_LINES = 200
# Files beside the database that people or programs may have written a name into.
_NOTES = (
    "{stem}.mappings/*.toml",
    "{stem}.imports.json",
    "{stem}.spool/*.json",
    "{stem}.spool/set-aside/*.json",
)
_TEXTS = pa.schema([("row", pa.int64()), ("text", pa.string())])


def clean(database: Path, state: Store) -> int:
    """Removes everybody on the list of erased people from these files; returns how many waiting requests named one."""
    with scratch() as work:
        arrivals.use_list(work, state)
        webhooks = spool.beside(database)
        changed = sum(_clean_segment(work, segment) for segment in webhooks.sealed())
        for pattern in _NOTES:
            for note in sorted(database.parent.glob(pattern.format(stem=database.stem))):
                _clean_note(work, note)
        _clean_audit(work, state)
    _remove_replaced(database, state)
    return changed


def _remove_replaced(database: Path, state: Store) -> None:
    """Removes what restoring backups has moved aside before somebody was erased."""
    home = generations.home(database)
    latest = erased.latest(state)
    for folder in home.parent.glob(f"{home.stem}.replaced-*"):
        if folder.stat().st_mtime < latest:
            shutil.rmtree(folder)


def _mentions(work: Draft, texts: Sequence[tuple[int, str]]) -> dict[int, list[str]]:
    """The words that name somebody on the list, by the number of the text."""
    with work.table("texts", texts, _TEXTS):
        return dict(work.run("mentioned"))


def _clean_note(work: Draft, note: Path) -> None:
    try:
        text = note.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return
    words = _mentions(work, [(0, text)]).get(0, [])
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "erased")
    if words:
        write_file(note, text)


def _clean_audit(work: Draft, state: Store) -> None:
    """Puts what stands for an erased customer in place of the id."""
    customers = [(Kind.CUSTOMER, row["customer_id"]) for row in state.rows("audited_customers")]
    nobodies = {entry.key_hash: entry.nobody for entry in erased.listed(state)}
    for (_, customer_id), key_hash in arrivals.hashes(work, customers).items():
        if key_hash in nobodies:
            Audit(state).forget_customer(customer_id, f"erased:{nobodies[key_hash]}")


def _clean_segment(work: Draft, segment: Path) -> int:
    """Removes the items of erased people from the requests of a segment; returns how many requests had some."""
    part = segment.with_suffix(".clean")
    changed = 0
    with segment.open("rb") as lines, part.open("wb") as kept:
        part.chmod(segment.stat().st_mode)
        while batch := list(islice(lines, _BATCH_LINES)):
            for line, without in zip(batch, _without_erased(work, batch), strict=True):
                changed += line != without
                kept.write(without)
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
    texts = [(place, text) for place, (_, items) in enumerate(requests) for text in items]
    mentioned = _mentions(work, [(number, text) for number, (_, text) in enumerate(texts)])
    places = {texts[number][0] for number in mentioned}
    for place, (request, items) in enumerate(requests):
        if place not in places:
            yield lines[place]
            continue
        first = next(number for number, (at, _) in enumerate(texts) if at == place)
        left = [item for number, item in enumerate(items, start=first) if number not in mentioned]
        if request is None or not left:
            yield b""
        else:
            body = {"content_type": "application/json", "body": f"[{','.join(left)}]"}
            yield json.dumps(request | body).encode() + b"\n"


def _request(line: bytes) -> tuple[dict[str, object] | None, list[str]]:
    """A line's request with the JSON texts of its items; without a request, all that the line says as one text."""
    try:
        request = json.loads(line)
        items = payload_files.items_of_request(
            provider_named(request["provider"]), payload_files.request(request)
        )
    except (ValueError, TypeError, KeyError, RecursionError, MailsightError):
        return None, [_all_of(line)]
    # What is not in the items, such as headers, belongs to all of them.
    return request, items or [_all_of(line)]


def _all_of(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    try:
        body = str(json.loads(text)["body"])
    except (ValueError, TypeError, KeyError, RecursionError):
        body = ""
    return "\n".join((text, body, unquote_plus(body)))
