"""The list of erased people: keyed hashes of what identifies them, and what stands for it in the database.

Nobody can read an address from the list. Whoever has the installation's key can ask whether an address is on it, which
is how later loads know what to leave out.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from mailsight.warehouse.queries import statement

from .store import Store

KEY = "erasure"


class Kind(StrEnum):
    """What identifies a person."""

    CUSTOMER = "customer"
    ADDRESS = "address"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Erased:
    """One entry of the list; the fields are those of the table `erased`."""

    key_hash: str
    kind: Kind
    nobody: str
    person: str
    is_asked: bool
    is_done: bool = False
    erased_at: float = 0.0


def listed(store: Store) -> list[Erased]:
    """Everything on the list."""
    return [
        Erased(
            **row
            | {"kind": Kind(row["kind"]), "is_asked": bool(row["is_asked"]), "is_done": bool(row["is_done"])}
        )
        for row in store.rows("erased_keys")
    ]


def is_any(store: Store) -> bool:
    """Whether anybody is on the list."""
    return bool(store.row("is_any_erased"))


def is_unfinished(store: Store) -> bool:
    """Whether files may still hold something on the list."""
    return bool(store.row("unfinished_erasure"))


def latest(store: Store) -> float:
    """When somebody was last added to the list, in seconds since 1970; 0 if it is empty."""
    row = store.row("latest_erased")
    return float(row["erased_at"] or 0.0) if row else 0.0


def add(store: Store, entries: Iterable[Erased]) -> None:
    """Adds entries to the list, all of them or none. Known ones stay as they are, but count as unfinished."""
    now = time.time()
    with store.transaction() as connection:
        connection.executemany(
            statement("add_erased"),
            [asdict(entry) | {"erased_at": entry.erased_at or now} for entry in entries],
        )


def finish(store: Store) -> None:
    """Notes that no file holds anything on the list any more."""
    store.run("finish_erasure")


def reopen(store: Store) -> None:
    """Notes that files may hold everybody on the list again."""
    if store.file.exists():
        store.run("reopen_erasures")


def forget(store: Store, key_hashes: Sequence[str]) -> int:
    """Takes the people with these hashes off the list; returns how many entries that were."""
    return sum(store.run("forget_erased", key_hash=key_hash) for key_hash in key_hashes)
