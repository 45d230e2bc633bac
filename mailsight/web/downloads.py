"""HTTP for exported files: how far one is, the file itself, bound to one file by a token that expires.

Only a page that a signed-in person sees hands out such a token, and the file goes when that page is closed.
"""

import time
from collections.abc import Callable
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from mailsight.errors import FileGone
from mailsight.exports.jobs import RETENTION_SECONDS, Job, Jobs, State
from mailsight.figures import formats

from . import answers

_PURPOSE = "mailsight.export"


@cache
def jobs() -> Jobs:
    """The files of this process."""
    return Jobs()


def close() -> None:
    """Lets all files go, where there were any."""
    if jobs.cache_info().currsize:
        jobs().close()
        jobs.cache_clear()


def routes(path: Callable[[str], str]) -> list[BaseRoute]:
    return [Route(path("api/export"), file), Route(path("api/export/progress"), progress)]


def token(job: Job) -> str:
    """What gives this one file to whoever shows it, for as long as it is kept."""
    return answers.sign(_PURPOSE, job.id, expires=time.time() + RETENTION_SECONDS)


async def progress(request: Request) -> JSONResponse:
    """How far a file is: `{"state", "done", "total", "note", "size"}`."""
    try:
        job = _allowed(request)
    except FileGone as error:
        return answers.error_answer(error)
    told = {
        "state": job.state.value,
        "done": job.done,
        "total": job.total,
        "note": job.note,
        "size": formats.size(job.size_bytes),
    }
    return JSONResponse(told, headers=answers.HEADERS)


async def file(request: Request) -> Response:
    """The file, once it is ready, to be kept under its name."""
    try:
        job = _allowed(request, State.READY)
        parts = await run_in_threadpool(job.parts)
    except FileGone as error:
        return answers.error_answer(error)
    # Names hold letters, digits, dots and dashes: lists.file_name.
    disposition = {
        "Content-Disposition": f'attachment; filename="{job.name}"',
        "Content-Length": str(job.size_bytes),
        "Content-Security-Policy": "sandbox",
    }
    return StreamingResponse(parts, media_type=job.form.media_type, headers=answers.HEADERS | disposition)


def _allowed(request: Request, *states: State) -> Job:
    job_id = answers.signed(_PURPOSE, request.query_params.get("token"))
    if job_id is None:
        raise FileGone("There is no valid permission to read this file.")
    job = jobs().find(job_id)
    if job is None or (states and job.state not in states):
        raise FileGone("It was removed, an hour has passed since, or it is not written yet.")
    return job
