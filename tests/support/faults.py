"""Makes any function of Mailsight fail while a load runs, without knowing the functions beforehand."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from mailsight.settings import PROJECT

MARK = "poison"
# `make thorough` lets every query and function fail, `make test` every fifteenth.
EACH = 1 if "MAILSIGHT_KILLS" in os.environ else 15
_PACKAGE = str(PROJECT / "mailsight")


# They leave out what fails, so nobody can leave out what fails in them. A load of files then changes nothing.
MECHANISM = (
    *("bundle_batches._Batch.add", "bundle_batches._Batch.has_room", "bundle_batches._stage"),
    *(
        "finding._problem",
        "finding._unreadable",
        "contents._Mails.add",
        "json_files.value",
        "refusing._noted",
        "refusing.isolated",
        "refusing.tried",
    ),
    *(
        "draft.Draft.table",
        "payload_batches._captured",
        "payload_batches.Batch.add",
        "normalizing.isolated_payloads",
        "normalizing._json",
    ),
)


class Injected(Exception):
    """The error that is injected; no code knows it."""


def functions_called(run: Callable[[], object], *, marked: bool = False) -> list[CodeType]:
    """All functions of Mailsight that `run` calls; with `marked`, only those with the mark in an argument."""
    called: dict[CodeType, None] = {}

    def trace(frame: FrameType, event: str, arg: Any) -> None:
        del event, arg
        code = frame.f_code
        is_new = code.co_filename.startswith(_PACKAGE) and code.co_name[0] != "<" and code not in called
        if is_new and (not marked or _is_marked(frame)):
            called[code] = None

    with _traced(trace):
        run()
    return list(called)


@contextmanager
def failing(code: CodeType, *, marked: bool = False) -> Iterator[None]:
    """Within the block, the first call of the function fails; with `marked`, every call with a marked argument."""
    done = False

    def trace(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal done
        del event, arg
        if frame.f_code is code and (_is_marked(frame) if marked else not done):
            done = True
            raise Injected(f"injected into {code.co_qualname}")

    # Python stops tracing when the trace function raises; the next event of the profiler starts it again.
    def profile(frame: FrameType, event: str, arg: Any) -> None:
        del frame, event, arg
        if sys.gettrace() is None:
            sys.settrace(trace)

    with _traced(trace):
        sys.setprofile(profile)
        yield


@contextmanager
def _traced(trace: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.setprofile(None)
        sys.settrace(before)


def _is_marked(frame: FrameType) -> bool:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    values = [value for name, value in frame.f_locals.items() if name in names and name != "self"]
    return any(MARK in (value if isinstance(value, str) else repr(value)) for value in values)


def name_of(code: CodeType) -> str:
    """The function's name with that of its module."""
    return f"{Path(code.co_filename).stem}.{code.co_qualname}"
