"""Keeps a load from bringing erased people back, and from storing more of IP addresses than the setting allows.

Rows that name somebody on the list of erased people become nobody's before anything is stored, as an erasure would have
made them. So a bundle that was loaded before the erasure has nothing new after it, and figures stay what they are.
"""

import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mailsight import settings
from mailsight.audience import mailboxes
from mailsight.providers.registry import provider_ids
from mailsight.state import erased
from mailsight.state.erased import Erased, Kind
from mailsight.state.store import Store
from mailsight.warehouse.draft import Draft

from . import spellings

# A hash of SHA-256 works on blocks of this size.
_BLOCK_BYTES = 64
_ERASED = pa.schema(
    [
        *((name, pa.string()) for name in ("key_hash", "kind", "nobody", "person")),
        ("is_asked", pa.bool_()),
    ]
)
_IDENTITIES = pa.schema([("number", pa.int64()), ("kind", pa.string()), ("value", pa.string())])
_VALUES = pa.schema([("kind", pa.string()), ("value", pa.string())])


def prepare(work: Draft) -> None:
    """Creates the tables for the staged rows of a load."""
    work.run("create_staging")
    work.run("create_erased_list")
    work.run("set_ip_addresses", keep=settings.from_environment().ip_addresses)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What a load must leave out. `is_any`: whether anybody was erased, or messages have lost their person."""

    work: Draft
    is_any: bool

    def erase(self) -> None:
        """Makes the staged rows of erased people nobody's. To be called once, before their e-mails are read."""
        if not self.is_any:
            return
        self.work.run("set_provider_ids", ids=json.dumps(provider_ids()))
        self.work.run("find_arrivals")
        if add_unlisted(self.work, "unlisted_arrivals"):
            self.work.run("find_arrivals")
        self.work.run("find_past_arrivals")
        self.work.run("erase_arrivals")

    def erase_mentions(self) -> None:
        """Takes erased people out of what is staged of others. To be called once, before rows are merged."""
        if not self.is_any:
            return
        self.work.run("find_arriving_texts")
        if leave_out(self.work, "arriving_words"):
            self.work.run("erase_mentions")

    def clean_refusals(self) -> None:
        """Removes the texts of rejected rows that mention erased people, and shortens IP addresses in others."""
        self.work.run("shorten_refused_ips")
        if self.is_any:
            self.work.run("erased_refusals")

    def those_erased(self, identities: Iterable[tuple[int, Kind, str]]) -> set[int]:
        """The numbers of the identities that are on the list, each with its kind and value."""
        if not self.is_any:
            return set()
        with self.work.table("identities", list(identities), _IDENTITIES):
            return {number for (number,) in self.work.run("erased_identities")}


def of(work: Draft) -> Arrivals:
    """What a load into this draft must leave out. An unreadable list ends the load with `StateUnreadable`."""
    if work.database is None:
        return Arrivals(work, is_any=False)
    state = Store.of(work.database)
    # Without a key, nobody was ever erased, and no table has to be looked through.
    is_any = state.has_key(erased.KEY) and (erased.is_any(state) or bool(work.run("has_past")[0][0]))
    if is_any:
        use_list(work, state)
    return Arrivals(work, is_any)


def leave_out(work: Draft, query: str) -> bool:
    """Lets the queries of this draft leave out the words that a query returns; returns whether there are any."""
    [(is_any,)] = work.run("has_erased")
    if not is_any:
        return False
    patterns = spellings.patterns(word for (word,) in work.run(query))
    work.run("set_patterns", patterns=patterns or None)
    return bool(patterns)


def use_list(work: Draft, state: Store) -> None:
    """Reads the list of erased people for the queries of this draft."""
    use_key(work, state)
    _register(work, erased.listed(state))


def use_key(work: Draft, state: Store) -> None:
    """Lets the queries of this draft compute the hashes of the list."""
    key = state.key(erased.KEY).ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in key).hex() for pad in (0x36, 0x5C))
    work.run("set_erasure_key", inner=inner, outer=outer)


def hashes(work: Draft, values: Iterable[tuple[Kind, str]]) -> dict[tuple[Kind, str], str]:
    """The hash of each value, by its kind and the value."""
    with work.table("identities", list(values), _VALUES):
        return {(Kind(kind), value): key_hash for kind, value, key_hash in work.run("keyed_hashes")}


def add_unlisted(work: Draft, query: str) -> bool:
    """Adds what the query returns to the list: kind, value, person, nobody or null. Returns whether it was anything."""
    rows: list[tuple[Any, ...]] = work.run(query)
    if not rows or work.database is None:
        return False
    state = Store.of(work.database)
    entries = [
        (Kind(kind), spelled, person, known or nobody(spelled, state.key(erased.KEY)))
        for kind, value, person, known in rows
        for spelled in (spellings.of_address(value) if kind == Kind.ADDRESS else (value,))
    ]
    key_hashes = hashes(work, [(kind, value) for kind, value, *_ in entries])
    erased.add(
        state,
        [
            Erased(key_hashes[kind, value], kind, stands_for, person, is_asked=False)
            for kind, value, person, stands_for in entries
        ],
    )
    _register(work, erased.listed(state))
    return True


def nobody(value: str, key: bytes, kept_domains: Collection[str] = ()) -> str:
    """A random value to stand for an id or an address, whose domain it keeps if that says little about a person.

    Customers are counted by mailbox provider. A domain that is neither a provider's nor another customer's may name its
    owner, so a keyed hash stands for it.
    """
    local = f"erased-{secrets.token_hex(12)}"
    _, at, domain = value.strip().lower().rpartition("@")
    if not at:
        return local
    provider = mailboxes.provider(domain)
    if provider == mailboxes.NO_DOMAIN:
        return f"{local}@"
    if domain in kept_domains or provider != domain.rstrip("."):
        return f"{local}@{domain}"
    hidden = hmac.new(key, f"domain:{domain}".encode(), "sha256").hexdigest()[:24]
    return f"{local}@erased-{hidden}.invalid"


def _register(work: Draft, entries: Sequence[Erased]) -> None:
    rows = [(each.key_hash, each.kind, each.nobody, each.person, each.is_asked) for each in entries]
    with work.table("erased_keys", rows, _ERASED):
        work.run("create_erased")
