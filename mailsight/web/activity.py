"""When people last did something, so that a sign-in that is left alone ends.

Every click is noted in memory, and once a minute in the dashboard's own state, where other processes see it: whoever
is moved to another one needn't sign in again.
"""

import logging
import threading

from mailsight import settings
from mailsight.errors import StateUnreadable
from mailsight.state import sign_ins
from mailsight.state.store import Store

# How much later than in memory it may be in the state.
STORE_SECONDS = 60.0

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_seen: dict[str, float] = {}
_stored: dict[str, float] = {}


def note(sign_in: str, now: float, forget_before: float) -> None:
    """Note that somebody did something. What was noted before `forget_before` has ended and is removed.

    Once a minute, it waits for the disk.
    """
    with _lock:
        _seen[sign_in] = now
        if now - _stored.get(sign_in, 0.0) < STORE_SECONDS:
            return
        _stored[sign_in] = now
        for noted in (_seen, _stored):
            for key in [key for key, at in noted.items() if at < forget_before]:
                del noted[key]
    try:
        sign_ins.note_activity(_state(), sign_in, now, forget_before)
    except StateUnreadable as error:
        _log.warning("Who is still active is known to this process only: %s", error)


def last(sign_in: str, enough: float) -> float:
    """When somebody last did something; 0 if it is not known. `enough`: a time for which the state needn't be read."""
    seen = _seen.get(sign_in, 0.0)
    if seen >= enough:
        return seen
    try:
        return max(seen, sign_ins.last_activity(_state(), sign_in))
    except StateUnreadable:
        return seen


def _state() -> Store:
    return Store.of(settings.from_environment().database)
