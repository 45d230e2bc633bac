"""Cleans the files beside the database: the spool, notes, the state, and what was replaced."""

import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from mailsight.loading import arrivals, erased_requests, spellings, spool
from mailsight.state import erased
from mailsight.state.audit import Audit
from mailsight.state.erased import Kind
from mailsight.state.mappings import Mappings
from mailsight.state.store import Store
from mailsight.state.tokens import Tokens
from mailsight.warehouse import generations
from mailsight.warehouse.draft import Draft, scratch
from mailsight.warehouse.files import write_file

_NOTES = (
    "{stem}.imports.json",
    "{stem}.spool/*.json",
    "{stem}.spool/set-aside/*.json",
)
# What a killed process leaves of files that it was writing: parts of segments, and drafts of small files and of copies.
_PARTS = tuple(
    f"{{stem}}{place}.{ending}"
    for place in ("*", ".spool/*", ".spool/*/*", ".mappings/*")
    for ending in ("clean", "half", "new", "incoming")
)
# Small files are written at any time, but not for so long.
_WRITING_SECONDS = 60.0


def clean(database: Path, state: Store) -> int:
    """Removes everybody on the list of erased people from these files; returns how many waiting requests named one."""
    with scratch() as work:
        arrivals.use_list(work, state)
        webhooks = spool.beside(database)
        _remove_parts(database)
        changed = sum(erased_requests.clean(work, segment) for segment in webhooks.sealed())
        for note in notes(database):
            _clean_note(work, note)
        _clean_mappings(work, Mappings.of(database))
        _clean_tokens(work, Tokens(state))
        _clean_audit(work, state)
    _remove_replaced(database, state)
    return changed


def notes(database: Path) -> list[Path]:
    """The small files beside a database that people or programs may have written a name into."""
    return sorted(
        note for pattern in _NOTES for note in database.parent.glob(pattern.format(stem=database.stem))
    )


def _remove_parts(database: Path) -> None:
    oldest = time.time() - _WRITING_SECONDS
    for pattern in _PARTS:
        for part in database.parent.glob(pattern.format(stem=database.stem)):
            with suppress(FileNotFoundError):
                if part.suffix in (".clean", ".half") or part.stat().st_mtime < oldest:
                    part.unlink()


def _remove_replaced(database: Path, state: Store) -> None:
    """Removes what restoring backups has moved aside before somebody was erased."""
    home = generations.home(database)
    latest = erased.latest(state)
    for folder in home.parent.glob(f"{home.stem}.replaced-*"):
        if folder.stat().st_mtime < latest:
            shutil.rmtree(folder)


def _clean_note(work: Draft, note: Path) -> None:
    try:
        text = note.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return
    cleaned = _cleaned(work, text)
    if cleaned != text:
        write_file(note, cleaned)


def _clean_mappings(work: Draft, mappings: Mappings) -> None:
    for header_key, text in mappings.all().items():
        cleaned = _cleaned(work, text)
        if cleaned != text:
            mappings.correct(header_key, cleaned)


def _clean_tokens(work: Draft, tokens: Tokens) -> None:
    for token in tokens.all():
        cleaned = _cleaned(work, token.name)
        if cleaned != token.name:
            tokens.rename(token, cleaned)


def _cleaned(work: Draft, text: str) -> str:
    words = erased_requests.mentions(work, [(0, text)]).get(0, [])
    for pattern in spellings.patterns(words):
        text = re.sub(pattern, lambda match: f"{match[1] or ''}erased", text)
    return text


def _clean_audit(work: Draft, state: Store) -> None:
    """Puts what stands for an erased customer in place of the id."""
    customers = [(Kind.CUSTOMER, row["customer_id"]) for row in state.rows("audited_customers")]
    nobodies = {entry.key_hash: entry.nobody for entry in erased.listed(state)}
    for (_, customer_id), key_hash in arrivals.hashes(work, customers).items():
        if key_hash in nobodies:
            Audit(state).forget_customer(customer_id, f"erased:{nobodies[key_hash]}")
