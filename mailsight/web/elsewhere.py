"""Passes requests on to the process that has their page, if several processes serve one database.

A page lives in one process, with its exported files and uploads. The proxy sends a browser to the same process each
time. But when a process ends, its pages move to others, and once it is back, it gets the requests of these pages
again. So each process notes its pages in a folder beside the database, as the names of empty files, and whatever
belongs to the page of another one is asked of that.
"""

import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import streamlit as st
from filelock import FileLock, Timeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

from mailsight import settings
from mailsight.warehouse.files import PRIVATE_FILE, PRIVATE_FOLDER, make_private

from . import configuration
from .answers import HEADERS, path

#: The parameter that names the page in addresses that a page's scripts ask for.
PARAMETER = "page"
# A request is passed on once: what it asks for may have ended meanwhile.
_PASSED_ON = "x-mailsight-passed-on"
_SECONDS = httpx.Timeout(60.0, connect=2.0)
# Of the connection rather than of the request (RFC 9110, 7.6.1), and what is said here instead.
_NOT_PASSED_ON = frozenset(
    {"connection", "keep-alive", "te", "transfer-encoding", "upgrade", "x-forwarded-for", "x-forwarded-proto"}
)
# Others hold the lock for a moment, to see whether it is free.
_LOCK_SECONDS = 0.5
_NAME = re.compile(r"[0-9a-f]{32}")
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "localhost": "127.0.0.1", "::": "[::1]"}  # noqa: S104


def name(session_id: str) -> str:
    """What stands for the page of a session in addresses and names of files."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:32]


class Pages:
    """The pages of the processes that serve a database: a folder for each process, named by its port.

    Each locks its folder while it runs, so that nothing is passed on to whatever uses its port later.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._own = folder, folder / str(port)
        self._lock = _lock(self._own)

    def open(self) -> None:
        """Start without pages. Without a folder of its own, a process is known to the proxy only."""
        with suppress(OSError, Timeout):
            for folder in (self._folder, self._own):  # the mode applies to the last folder of a path only
                folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
                make_private(folder)
            self._lock.acquire(timeout=_LOCK_SECONDS, poll_interval=0.01)
            for page in self._own.iterdir():
                if _NAME.fullmatch(page.name):
                    page.unlink()

    def close(self) -> None:
        if self._lock.is_locked:
            shutil.rmtree(self._own, ignore_errors=True)
            self._lock.release()

    def note(self, page: str) -> None:
        """Note that this process has a page."""
        if self._lock.is_locked:
            with suppress(OSError):
                (self._own / page).touch(PRIVATE_FILE)

    def forget(self, page: str) -> None:
        with suppress(OSError):
            (self._own / page).unlink()

    def port_of(self, page: str) -> int | None:
        """The port of the other process that has a page; None if it is here, or nowhere."""
        if (self._own / page).exists():
            return None
        return next((port for port in self.others() if (self._folder / str(port) / page).exists()), None)

    def others(self) -> Iterator[int]:
        """The ports of the other processes that are running."""
        for each in self._folder.glob("*"):
            if each != self._own and each.name.isdecimal() and _is_locked(each):
                yield int(each.name)


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / "lock", mode=PRIVATE_FILE, timeout=0, thread_local=False)


def _is_locked(folder: Path) -> bool:
    try:
        with _lock(folder):
            return False
    except Timeout:
        return True
    except OSError:
        return False


@cache
def pages() -> Pages:
    """The pages of the processes that serve the same database as this one."""
    database = settings.from_environment().database
    return Pages(database.with_name(f"{database.stem}.pages"), int(st.get_option("server.port")))


@dataclass(slots=True)
class Elsewhere:
    """ASGI middleware that passes on what belongs to a page of another process.

    Only if people sign in: without sign-in, whether somebody is on this machine decides what they see, and a request
    that is passed on comes from this machine.
    """

    app: ASGIApp
    _client: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(timeout=_SECONDS, trust_env=False)
    )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and configuration.current().access.sign_in:
            request = Request(scope, receive)
            if _PASSED_ON not in request.headers and await self._is_answered(request, send):
                return
        await self.app(scope, receive, send)

    async def _is_answered(self, request: Request, send: Send) -> bool:
        """Whether another process has answered."""
        is_media = request.url.path.startswith(path("media/"))
        for port in await run_in_threadpool(_ports, request):
            try:
                answer = await self._client.send(_passed_on(request, port), stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL):
                continue  # Nothing of the body was read.
            except (httpx.HTTPError, ClientDisconnect):
                if request.method == "GET":
                    continue
                gone = PlainTextResponse("The process that shows this page has ended.\n", 502, HEADERS)
                await gone(request.scope, request.receive, send)
                return True
            if is_media and answer.status_code == 404:
                await answer.aclose()
                continue
            response = StreamingResponse(_parts(answer), answer.status_code)
            response.raw_headers = [
                (key.lower(), value)
                for key, value in answer.headers.raw
                if key.lower().decode("latin-1") not in _NOT_PASSED_ON
            ]
            await response(request.scope, request.receive, send)
            return True
        return False


def _ports(request: Request) -> list[int]:
    """The processes to ask: the one with the page that a request belongs to, or for a page's file all others."""
    place = request.url.path
    uploads, media = path("_stcore/upload_file/"), path("media/")
    if place.startswith(media):
        file_id = place.removeprefix(media)
        is_here = runtime.exists() and runtime.get_instance().media_file_mgr.read_file(file_id)
        return [] if is_here else list(pages().others())
    if place.startswith(uploads):
        page = name(place.removeprefix(uploads).partition("/")[0])
    elif place.startswith(path("api/")):
        page = parse_qs(request.url.query).get(PARAMETER, [""])[-1]
    else:
        return []
    port = pages().port_of(page) if _NAME.fullmatch(page) else None
    return [port] if port else []


def _passed_on(request: Request, port: int) -> httpx.Request:
    address = str(st.get_option("server.address") or "")
    headers = [
        (key, value) for key, value in request.headers.raw if key.decode("latin-1") not in _NOT_PASSED_ON
    ]
    client = request.client.host if request.client else ""
    instead = {"x-forwarded-for": client, "x-forwarded-proto": request.url.scheme, _PASSED_ON: "1"}
    headers += [(key.encode(), value.encode()) for key, value in instead.items()]
    has_body = {"content-length", "transfer-encoding"} & set(request.headers.keys())
    raw_path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii")
    return httpx.Request(
        request.method,
        f"http://{_ANYWHERE.get(address, address)}:{port}{raw_path}?{request.url.query}",
        headers=headers,
        content=request.stream() if has_body else None,
        extensions={"timeout": _SECONDS.as_dict()},
    )


async def _parts(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for part in answer.aiter_raw():
            yield part
    finally:
        await answer.aclose()
