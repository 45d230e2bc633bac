"""Routes for exported files: a file's progress and its download, each with a token for that file that expires.

Only pages shown to people who may enter hand out tokens. A token ends with the session, and so does its file.
"""

import time
from collections.abc import Callable
from functools import cache
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from mailsight.errors import FileGone, MailsightError
from mailsight.exports.jobs import RETENTION_SECONDS, Job, Jobs, State
from mailsight.figures import formats, locales

from . import answers, sessions

_PURPOSE = "mailsight.export"


@cache
def jobs() -> Jobs:
    """The exported files of this process."""
    return Jobs()


def close() -> None:
    """Remove all files, if there are any."""
    if jobs.cache_info().currsize:
        jobs().close()
        jobs.cache_clear()


def routes(path: Callable[[str], str]) -> list[BaseRoute]:
    return [Route(path("api/export"), file), Route(path("api/export/progress"), progress)]


def token(job: Job) -> str:
    """A token that gives access to this file until it is removed or the session of its page ends."""
    return answers.sign(_PURPOSE, [job.id, sessions.current_id()], expires=time.time() + RETENTION_SECONDS)


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
    job_id, session_id = value
    await sessions.check(session_id, "Your permission to download this file has expired.")
    job = jobs().find(job_id)
    if job is None or (states and job.state not in states):
        raise FileGone("It was removed, or it is not ready yet. Files are removed after an hour.")
    return job
