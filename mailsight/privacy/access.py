"""Everything that is known about a person, for their request (article 15 of the GDPR)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailsight.errors import UnknownCustomer
from mailsight.loading import erased_requests, spellings, spool
from mailsight.reports import mails
from mailsight.state.audit import Audit, Search
from mailsight.state.mappings import Mappings
from mailsight.state.store import Store
from mailsight.state.tokens import Tokens
from mailsight.warehouse.reader import Snapshot

from . import people

# What each part of the answer is called, and the query that reads it.
_TABLES = {
    "customers": "known_customers_rows",
    "customer_changes": "known_customer_changes",
    "messages": "known_messages",
    "recipients": "known_recipients",
    "message_events": "known_message_events",
    "archived_mails": "known_archived_mails",
    "message_aliases": "known_message_aliases",
}
# JSON in the database, which becomes part of the answer's.
_JSON = frozenset(
    {"attributes", "earlier", "merge_fields", "payload", "attachments", "subject_fields", "claims", "issuer"}
)
# An id where it is a value, as in queries/erasure/macros.sql: of a field that is called so, or between separators.
_VALUE = (
    r'(?im)(?:^|[,;|\t\[]|"[^"]*(?:id|key|customer|user|contact|subscriber|person)[^"]*"\s*:)\s*"?{}"?'
    r"\s*(?:[,;|\t}}\]]|$)"
)


def known(
    data: Snapshot,
    named: str,
    audit: Audit,
    webhooks: spool.Spool,
    *,
    notes: Iterable[Path] = (),
    may_share: bool = False,
) -> dict[str, Any]:
    """Everything that an erasure of the person with this address or customer id would remove, and who looked at them.

    That is all of their rows, by table; rejected rows, webhooks and `notes` (small files) that name them; where they
    are mentioned in what is stored of others; and if they sign in with one of the addresses, what they did. Raises
    `UnknownCustomer` if there is nothing, and `SharedAddress` as `people.find` does.
    """
    person = people.find(data, named, may_share=may_share)
    ids, addresses = sorted(person.customer_ids), sorted(person.addresses)
    answer: dict[str, Any] = {"customer_ids": ids, "addresses": addresses}
    for table, query in _TABLES.items():
        answer[table] = [_plain(row) for row in data.rows(query, customer_ids=ids)]
    events = data.rows("known_events", customer_ids=ids, addresses=addresses)
    answer["events"] = [_plain(row) for row in events]
    telling = [*addresses, *person.names, *filter(spellings.is_telling, ids)]
    spelled = spellings.patterns(telling)
    # A short id may be anything in the texts of others, unless it is a value that is called an id or has no name.
    short = [re.escape(each) for each in ids if not spellings.is_telling(each)]
    patterns = [*spelled, *map(_VALUE.format, short)]
    words = [*spelled, *(rf"\b{each}\b" for each in short)]
    answer["selections"] = _found(data, "known_selections", words)
    answer["rejected_rows"] = _found(data, "known_refusals", patterns)
    answer["mentions"] = _found(data, "known_mentions", spelled, customer_ids=ids)
    answer["mentions"] += _mentioned_in_state(audit.store, patterns)
    answer["waiting_webhooks"] = list(_waiting(webhooks, patterns))
    answer["files"] = sorted(
        note.name for note in notes if _mentions(note.read_text("utf-8", "replace"), patterns)
    )
    answer["audit"] = [
        entry
        for customer_id in ids
        for entry in _audited(audit, Search(subject=customer_id))
        if entry["customer_id"] == customer_id
    ]
    answer |= _as_colleague(audit, addresses)
    if not any(answer[part] for part in answer if part not in ("customer_ids", "addresses")):
        raise UnknownCustomer("Nothing is known about this person.", next_step="Check the address or id.")
    return answer


def write_folder(data: Snapshot, answer: Mapping[str, Any], folder: Path) -> int:
    """Writes the answer as `person.json`, and each e-mail as the person received it as HTML; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "person.json").write_text(as_json(answer), encoding="utf-8")
    written = 0
    for place, message in enumerate(answer["recipients"], start=1):
        view = (
            mails.of_customer(data, message["campaign_id"], message["customer_id"])
            if message["sent"]
            else None
        )
        if view is not None:
            (folder / f"e-mail-{place:04}.html").write_text(view.html, encoding="utf-8", errors="replace")
            written += 1
    return written


def as_json(answer: Mapping[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(name, value) for name, value in row.items()}


def _plain_value(name: str, value: Any) -> Any:
    if name in _JSON and value is not None:
        return json.loads(value)
    if name.endswith("_at") and isinstance(value, float):
        value = datetime.fromtimestamp(value, UTC)
    return value.isoformat() if isinstance(value, datetime) else value


def _found(data: Snapshot, query: str, patterns: Iterable[str], **parameters: object) -> list[dict[str, Any]]:
    """The rows that a query finds with one of these regular expressions, each once."""
    rows = [row for pattern in patterns for row in data.rows(query, pattern=pattern, **parameters)]
    return [row for place, row in enumerate(rows) if row not in rows[:place]]


def _waiting(webhooks: spool.Spool, patterns: Sequence[str]) -> Iterator[str]:
    """What webhooks report of the person, without what the same requests report of others."""
    for file in webhooks.files():
        with suppress(FileNotFoundError):  # loaded meanwhile
            for line in file.read_bytes().splitlines():
                yield from (item for item in erased_requests.items(line) if _mentions(item, patterns))


def _mentioned_in_state(store: Store, patterns: Sequence[str]) -> list[dict[str, Any]]:
    texts = [("mappings", text) for text in Mappings(store).all().values()]
    texts += [("api_tokens", token.name) for token in Tokens(store).all()]
    return [
        {"table": table, "campaign_id": None, "mention": match[0]}
        for table, text in texts
        for pattern in patterns
        for match in re.finditer(pattern, text)
    ]


def _as_colleague(audit: Audit, addresses: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What whoever signs in with one of the addresses did, without the customers whom they looked at."""
    done = (entry for address in addresses for entry in _audited(audit, Search(person=address)))
    shares = (row for address in addresses for row in audit.store.rows("shares_by", person=address))
    tokens = (row for row in audit.store.rows("api_tokens") if row["person"] in addresses)
    return {
        "own_audit": [{name: entry[name] for name in entry if name != "customer_id"} for entry in done],
        "own_shares": [_plain(row) for row in shares],
        "own_api_tokens": [_plain(row) for row in tokens],
    }


def _audited(audit: Audit, search: Search) -> Iterator[dict[str, Any]]:
    for entries in audit.all_entries(search):
        yield from (_plain(asdict(entry)) for entry in entries)


def _mentions(said: str, patterns: Sequence[str]) -> bool:
    return any(re.search(pattern, said) for pattern in patterns)
