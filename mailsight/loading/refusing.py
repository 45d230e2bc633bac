"""Isolates failures: what can't be processed is left out, and everything else goes on.

Data comes from strangers, and any function may fail on it in a way that nobody thought of. So each step of a load that
depends on the data runs through `tried` (a function of one item) or `isolated` (a step for many items, such as a
query). Errors of the machine, such as a full disk, are nobody's fault and end the load (`warehouse.failures`).
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

from mailsight.bounded import pool
from mailsight.bounded.pool import Lane
from mailsight.bounded.process import Limits
from mailsight.errors import LoadBroken, MailsightError, WorkFailed
from mailsight.warehouse.draft import Draft, QueryFailed
from mailsight.warehouse.failures import ends_process, is_machines, stops_load

from . import journal

# Finding a bad item among n takes about 2 log n attempts. Beyond this limit, parts that fail are left out whole.
MAX_ATTEMPTS = 20_000
MAX_REASON_LENGTH = 300
DEADLY = "can't be processed (it takes more memory than a load may, or crashes the process)"
# An e-mail of 5 MB takes a few seconds.
MAILS = Lane("mails", Limits(seconds=20.0, memory_bytes=2**30, answer_bytes=2**28), reuse=True)
# Tracebacks are logged once per place, because a file may have a million rows that fail alike.
_MAX_PLACES = 1_000

_log = logging.getLogger(__name__)
_logged: set[tuple[type[BaseException], str, int]] = set()

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item could not be processed, in words for users."""

    reason: str


def tried(
    step: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result | Failure:
    """What the step returns, or a `Failure` if it raises. Errors of the machine are raised again."""
    try:
        return _noted(partial(step, *args, **kwargs))
    except Exception as error:
        if stops_load(error):
            raise
        _log_once(error)
        return Failure(f"can't be processed ({_message(error)})")


def _noted(step: Callable[[], Result]) -> Result | Failure:
    """What the step returns. The journal, if the load keeps one, says that it is running, or that it ended the load."""
    steps = journal.current.get()
    if steps is None:
        return step()
    number, outer = steps.start()
    if number in steps.deadly:
        steps.resume(outer)
        return Failure(DEADLY)
    try:
        result = step()
    except Exception as error:
        if not ends_process(error):
            steps.resume(outer)
        raise
    steps.resume(outer)
    return result


def tried_bounded(
    step: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result | Failure:
    """As `tried`, in a process with limits, for steps that read a whole e-mail."""
    try:
        return pool.run(partial(tried, step, *args, **kwargs), lane=MAILS)
    except WorkFailed as error:
        return Failure(f"can't be processed ({error.message})")


def tried_fast(
    step: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result | Failure:
    """As `tried`, for a step that has a slower way if it fails, even if a file can't be read: nothing is logged."""
    try:
        return _noted(partial(step, *args, **kwargs))
    except OSError:
        raise
    except Exception as error:
        if stops_load(error) and not isinstance(error, QueryFailed):
            raise
        return Failure(_message(error))


def isolated(
    items: Sequence[Item], step: Callable[[Sequence[Item]], object], max_attempts: int = MAX_ATTEMPTS
) -> Iterator[tuple[Item, Failure]]:
    """Applies the step to all items but those that make it fail, in order; yields these.

    A part that fails is halved until the items to blame are alone, or left out whole after `max_attempts` failures. The
    step must be all or nothing for its part, and do nothing for an empty one: if it fails for that too, the error is
    not the data's and is raised.
    """
    parts, attempts = [items] if items else [], 0
    while parts:
        part = parts.pop()
        outcome = tried(step, part)
        if not isinstance(outcome, Failure):
            continue
        if not attempts:
            step(items[:0])
        attempts += 1
        if len(part) == 1 or attempts > max_attempts:
            yield from ((item, outcome) for item in part)
        else:
            half = len(part) // 2
            parts += [part[half:], part[:half]]


@contextmanager
def atomic(work: Draft) -> Iterator[None]:
    """Makes the queries in the block take effect together, or not at all if one of them fails."""
    work.begin()
    try:
        yield
    except BaseException:
        work.roll_back()
        raise
    work.commit()


@contextmanager
def undone(work: Draft) -> Iterator[None]:
    """Undoes the queries in the block when it ends."""
    work.begin()
    try:
        yield
    finally:
        work.roll_back()


def carefully(load: Callable[[bool], Result]) -> Result:
    """What a load returns. If it fails on the data, it is called again with True, to isolate the rows to blame.

    A load that keeps a journal has failed before, so it is called with True at once.
    """
    if journal.current.get():
        return load(True)
    try:
        return load(False)
    except LoadBroken as error:
        if is_machines(error):
            raise
        _log.warning("The load is repeated to isolate the rows that it failed on")
        return load(True)


@contextmanager
def explained() -> Iterator[None]:
    """Raises every unexpected error in the block as `LoadBroken`, with the details in the log."""
    try:
        yield
    except MailsightError:
        raise
    except MemoryError as error:
        raise LoadBroken(
            "The load takes more memory than it may.",
            next_step="Load fewer or smaller files at a time. Nothing was changed.",
        ) from error
    except Exception as error:
        _log.exception("A load failed")
        raise LoadBroken(f"The load failed: {_message(error)}.") from error


def _message(error: Exception) -> str:
    words = " ".join(str(error).encode("utf-8", "backslashreplace").decode().split()).rstrip(".")
    name = type(error).__name__
    return (f"{name}: {words}" if words else name)[:MAX_REASON_LENGTH]


def _log_once(error: Exception) -> None:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = (
        type(error),
        trace.tb_frame.f_code.co_filename if trace else "",
        trace.tb_lineno if trace else 0,
    )
    if place not in _logged and len(_logged) < _MAX_PLACES:
        _logged.add(place)
        _log.warning("Something could not be processed and was left out; the rest goes on", exc_info=error)
