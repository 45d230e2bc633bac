"""Sign-ins that people ended by signing out, in whichever process: they are in the dashboard's own state.

Every click asks, so what was read is remembered for as long as the state file is unchanged.
"""

import logging
import threading
import time

from mailsight import settings
from mailsight.errors import StateUnreadable
from mailsight.state import sign_ins
from mailsight.state.store import Store
from mailsight.warehouse.files import Identity, identity

# A file that was written to within this time may be written to again without another time of change.
_UNSURE_SECONDS = 1.0
_MAX_REMEMBERED = 10_000

_log = logging.getLogger(__name__)
_lock = threading.Lock()
# When each sign-in that was ended here would have expired anyway.
_ended: dict[str, float] = {}
# Those of them that other processes don't know yet, because the state could not be written.
_untold: set[str] = set()
# The state file in which a sign-in was not ended.
_going_on: dict[str, Identity] = {}
_unreadable = threading.Event()  # set while the state can't be read


def end(sign_in: str, expires_at: float) -> None:
    """End a sign-in in all processes; if the state can't be written, in this one, and in the others once it can."""
    now = time.time()
    with _lock:
        for known in [known for known, until in _ended.items() if until < now]:
            del _ended[known]
        _ended[sign_in] = expires_at
        _untold.add(sign_in)
        _untold.intersection_update(_ended)
    _tell()


def _tell() -> None:
    """End sign-ins in all processes, also those for which the state could not be written before."""
    with _lock:
        untold = {sign_in: _ended[sign_in] for sign_in in _untold}
    try:
        for sign_in, expires_at in untold.items():
            sign_ins.end(_state(), sign_in, expires_at)
            with _lock:
                _untold.discard(sign_in)
    except StateUnreadable:
        _log.exception("Other processes don't know that somebody signed out")


def is_ended(sign_in: str) -> bool:
    """Whether somebody ended this sign-in. It counts as ended if the state can't be read."""
    if sign_in in _ended:
        return True
    state = _state()
    try:
        known = identity(state.file)
    except FileNotFoundError:
        return False
    if _going_on.get(sign_in) == known:
        return False
    try:
        if sign_ins.is_ended(state, sign_in):
            return True
    except StateUnreadable as error:
        if not _unreadable.is_set():  # once, however many people ask
            _log.error("Nobody may enter, because it is not known who has signed out: %s", error)
        _unreadable.set()
        return True
    _unreadable.clear()
    if _untold:  # the state can be read again, so perhaps be written
        _tell()
    if time.time() - known.modified_ns / 1e9 > _UNSURE_SECONDS:
        with _lock:
            if len(_going_on) >= _MAX_REMEMBERED:
                _going_on.clear()
            _going_on[sign_in] = known
    return False


def _state() -> Store:
    return Store.of(settings.from_environment().database)
