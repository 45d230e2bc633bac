"""Sign-ins for all servers on one database: which were ended by signing out, and when each was last active."""

import time

from .store import Store, digest


def end(store: Store, sign_in: str, expires_at: float) -> None:
    """Ends a sign-in, which would expire at that time anyway. Raises `StateUnreadable`."""
    store.run("forget_ended_sign_ins", now=time.time())
    store.run("end_sign_in", sign_in_hash=digest(sign_in), expires_at=expires_at)


def is_ended(store: Store, sign_in: str) -> bool:
    """Whether somebody ended this sign-in, in whichever server. Raises `StateUnreadable`."""
    return store.row("ended_sign_in", sign_in_hash=digest(sign_in)) is not None


def note_activity(store: Store, sign_in: str, now: float, forget_before: float) -> None:
    """Notes that somebody did something, and forgets what was noted before. Raises `StateUnreadable`."""
    store.run("note_activity", sign_in_hash=digest(sign_in), seen_at=now)
    store.run("forget_activity", before=forget_before)


def last_activity(store: Store, sign_in: str) -> float:
    """When somebody last did something; 0 if it is not known. Raises `StateUnreadable`."""
    row = store.row("last_activity", sign_in_hash=digest(sign_in))
    return row["seen_at"] if row else 0.0
