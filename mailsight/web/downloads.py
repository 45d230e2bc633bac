"""Exported files: who may have one written, and the routes for its progress and its download.

Only pages shown to people who may have the file hand out tokens for it. A token ends with the session, and with the
role that the viewer had; so does the file. Whatever is written reads what its viewer may see at that moment.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import BinaryIO
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from mailsight import settings
from mailsight.errors import FileGone, MailsightError, NotAllowed
from mailsight.exports.jobs import RETENTION_SECONDS, Job, Jobs, OnProgress, State
from mailsight.exports.lists import Format
from mailsight.figures import formats, locales
from mailsight.state import erased
from mailsight.state.store import Store
from mailsight.warehouse.reader import Snapshot
from mailsight.warehouse.served import warehouse

from . import answers, audit, sessions
from .access import Right
from .audit import Export

#: Writes a file from what its viewer may see, reports its progress and returns a note for the user.
Write = Callable[[Snapshot, BinaryIO, OnProgress], str]

# Of how many files it is known who downloaded them. Streamlit keeps them for seconds.
MAX_DOWNLOADED = 1_000
_PURPOSE = "mailsight.export"
_EXPIRED = "Your permission to download this file has expired."


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was ordered on a page. `allowed` is the pass of whoever ordered it."""

    job: Job
    allowed: list[str]

    @property
    def is_theirs(self) -> bool:
        """Whether they may still have it."""
        try:
            sessions.passed(self.allowed, _EXPIRED)
        except NotAllowed:
            return False
        return True


@cache
def jobs() -> Jobs:
    """The exported files of this process."""
    return Jobs()


def close() -> None:
    """Remove all files, if there are any."""
    if jobs.cache_info().currsize:
        jobs().close()
        jobs.cache_clear()


def start(name: str, form: Format, right: Right, write: Write, export: Export) -> Exported:
    """Start writing a file for whoever looks at the page that is running, and record it in the audit.

    Raises `TooManyFiles`, `NotAllowed`, `NotInRole` without the right to it, and `StateUnreadable`.
    """
    allowed = sessions.pass_for(needed(form, right))
    audit.exported(sessions.current(), export, form)

    def work(output: BinaryIO, on_progress: OnProgress) -> str:
        with warehouse().snapshot(sessions.passed(allowed, _EXPIRED).scope) as data:
            return write(data, output, on_progress)

    return Exported(jobs().start(name, form, work), allowed)


def needed(form: Format, right: Right) -> Right:
    """What a file in this format needs, if its content needs `right`."""
    return Right.RAW_EXPORTS if form is Format.PARQUET else right


def later(right: Right, read: Callable[[Snapshot], bytes], export: Export, form: str) -> Callable[[], bytes]:
    """What a download button calls once it is clicked, with the right as it is then. It is recorded in the audit.

    Raises `NotAllowed`, and `NotInRole` without the right; what it returns raises `StateUnreadable` too.
    """
    allowed = sessions.pass_for(right)

    def at_click() -> bytes:
        viewer = sessions.passed(allowed, _EXPIRED)
        audit.exported(viewer, export, form)
        with warehouse().snapshot(viewer.scope) as data:
            content = read(data)
        _downloaded.note(content, allowed)
        return content

    return at_click


async def may_have(content: bytes, connection: HTTPConnection) -> bool:
    """Whether this is a file that whoever asks has downloaded on a page that is still open, in the same role."""
    for allowed in await run_in_threadpool(_downloaded.passes, content):
        with suppress(NotAllowed):
            await sessions.check(allowed, connection, _EXPIRED)
            return True
    return False


@dataclass(slots=True)
class _Downloaded:
    """Who downloaded what with a button of Streamlit, which serves files to whoever knows their address."""

    _passes: dict[bytes, list[list[str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, content: bytes, allowed: list[str]) -> None:
        with self._lock:
            digest = _digest(content)
            others = [each for each in self._passes.pop(digest, []) if each != allowed]
            self._passes[digest] = [*others, allowed]
            while len(self._passes) > MAX_DOWNLOADED:
                del self._passes[next(iter(self._passes))]

    def passes(self, content: bytes) -> list[list[str]]:
        with self._lock:
            return list(reversed(self._passes.get(_digest(content), [])))


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


_downloaded = _Downloaded()


def routes(path: Callable[[str], str]) -> list[BaseRoute]:
    return [Route(path("api/export"), file), Route(path("api/export/progress"), progress)]


def token(file: Exported) -> str:
    """A token that gives whoever ordered this file access to it until it is removed."""
    return answers.sign(_PURPOSE, [file.job.id, file.allowed], expires=time.time() + RETENTION_SECONDS)


async def progress(request: Request) -> JSONResponse:
    """The progress of a file: `{"state", "done", "total", "counted", "note", "size"}`."""
    try:
        job = await _allowed(request)
    except MailsightError as error:
        return answers.error_answer(error)
    with locales.using(job.locale):
        status = {
            "state": job.state.value,
            "done": job.done,
            "total": job.total,
            "counted": formats.of(job.done, job.total),
            "note": job.note,
            "size": formats.size(job.size_bytes),
        }
    return JSONResponse(status, headers=answers.HEADERS)


async def file(request: Request) -> Response:
    """The file as a download, once it is ready."""
    try:
        job = await _allowed(request, State.READY)
        parts = await run_in_threadpool(job.parts)
    except MailsightError as error:
        return answers.error_answer(error)
    disposition = {
        "Content-Disposition": attachment(job.name),
        "Content-Length": str(job.size_bytes),
        "Content-Security-Policy": "sandbox",
    }
    return StreamingResponse(parts, media_type=job.form.media_type, headers=answers.HEADERS | disposition)


def attachment(name: str) -> str:
    """The header for a download with this name (RFC 6266). Names may have letters of any script (`lists.file_name`)."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in name)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{exact}'


async def _allowed(request: Request, *states: State) -> Job:
    value = answers.signed(_PURPOSE, request.query_params.get("token"))
    if value is None:
        raise FileGone("You don't have permission to download this file, or the permission has expired.")
    job_id, allowed = value
    await sessions.check(allowed, request, _EXPIRED)
    job = jobs().find(job_id)
    if job is None or (states and job.state not in states):
        raise FileGone("It was removed, or it is not ready yet. Files are removed after an hour.")
    if await run_in_threadpool(may_name_erased, job):
        jobs().remove(job)
        raise FileGone("It was removed, because somebody was erased from the data after it was ordered.")
    return job


def may_name_erased(job: Job) -> bool:
    """Whether somebody was erased since the file was ordered."""
    return erased.latest(Store.of(settings.from_environment().database)) > job.started_at
