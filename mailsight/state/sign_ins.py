"""Sign-ins that people ended by signing out, for all servers on one database."""

import time

from .store import Store, digest


def end(store: Store, sign_in: str, expires_at: float) -> None:
    """Ends a sign-in, which would expire at that time anyway. Raises `StateUnreadable`."""
    store.run("forget_ended_sign_ins", now=time.time())
    store.run("end_sign_in", sign_in_hash=digest(sign_in), expires_at=expires_at)


def is_ended(store: Store, sign_in: str) -> bool:
    """Whether somebody ended this sign-in, in whichever server. Raises `StateUnreadable`."""
    return store.row("ended_sign_in", sign_in_hash=digest(sign_in)) is not None
