"""HTTP beside the pages: /healthz, webhooks, files to take along, and /api/recipients, where the customers' grid reads.

These routes stand outside Streamlit's sign-in. So a page that a signed-in person sees gives its grid a token, bound to
one campaign and audience, and without a valid one the route answers nothing. A webhook proves who sent it
(webhooks.py); what it brought is loaded by a thread that begins and ends with the server.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from mailsight import settings
from mailsight.loading import spool
from mailsight.loading.background import Loader
from mailsight.warehouse.served import warehouse

from . import downloads, webhooks
from .answers import HEADERS, path
from .compression import CompressedCode, KnownPlace
from .recipients import recipients


def routes() -> list[BaseRoute]:
    """The routes of the dashboard, under the same base path as its pages."""
    return [
        Route(path("healthz"), healthz),
        Route(path("api/recipients"), recipients, methods=["POST"]),
        *downloads.routes(path),
        *webhooks.routes(path, _webhooks()),
    ]


def middleware() -> list[Middleware]:
    """What stands before all pages and routes: how they go over the network."""
    pages = [path(name) for name in ("campaign", "compare", "customer", "data")]
    return [Middleware(KnownPlace, pages, path("")), Middleware(CompressedCode)]


@asynccontextmanager
async def loading(_: st.App) -> AsyncIterator[None]:
    """While the server runs, what webhooks bring is loaded; nothing is where none is set up and none ever was.

    Files to take along go when it ends.
    """
    found = settings.from_environment()
    waiting = spool.beside(found.database)
    loader = Loader(found.database, waiting, found.webhook_load_seconds)
    loads = bool(webhook_secrets()) or waiting.exists
    if loads:
        loader.start()
    try:
        yield
    finally:
        await run_in_threadpool(downloads.close)
        if loads:
            await run_in_threadpool(loader.stop)


@cache
def webhook_secrets() -> webhooks.Secrets:
    """The secrets of the providers whose webhooks are set up, by the provider's name. Raises `BadSetting`."""
    try:
        section = dict(st.secrets.get("webhooks", {}))
    except FileNotFoundError:
        section = {}
    return webhooks.configured(settings.webhook_secrets(), section)


def webhook_address(provider: str) -> str:
    """The address to give to a provider; only its path where nobody said how the world sees this server."""
    return f"{settings.from_environment().public_url}{path(f'webhooks/{provider}/')}"


def _webhooks() -> webhooks.Webhooks:
    found = settings.from_environment()
    return webhooks.Webhooks(spool.beside(found.database), webhook_secrets(), found)


async def healthz(_: Request) -> JSONResponse:
    """Whether the dashboard can read its data: 200, else 503."""
    served = await run_in_threadpool(lambda: warehouse().exists)
    return JSONResponse({"status": "ok" if served else "no data yet"}, 200 if served else 503, HEADERS)
