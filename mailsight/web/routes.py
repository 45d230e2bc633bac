"""HTTP routes beside the pages: /healthz, webhooks, exported files, and /api/recipients for the customers' grid.

Streamlit's sign-in does not protect these routes. Pages shown to signed-in people therefore give their grid a token for
one campaign and audience, and the route requires it. Webhooks are authenticated by their signature or password
(webhooks.py); a thread that runs as long as the server loads their events.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from mailsight import settings
from mailsight.loading import spool, uploads
from mailsight.loading.background import Loader
from mailsight.warehouse.served import warehouse

from . import addresses, configuration, downloads, webhooks
from .answers import HEADERS, path
from .compression import BaseUrlScript, CompressedCode
from .gate import Gate
from .recipients import recipients
from .sign_in import SignIn
from .upload_gate import UploadGate


def routes() -> list[BaseRoute]:
    """The dashboard's routes, under the same base path as its pages."""
    return [
        Route(path("healthz"), healthz),
        Route(path("api/recipients"), recipients, methods=["POST"]),
        *downloads.routes(path),
        *webhooks.routes(path, _webhooks()),
    ]


def middleware() -> list[Middleware]:
    """Middleware for all pages and routes."""
    pages = [path(name) for name in addresses.PAGES]
    return [
        Middleware(Gate),
        Middleware(UploadGate),
        Middleware(SignIn),
        Middleware(BaseUrlScript, pages, path("")),
        Middleware(CompressedCode),
    ]


@asynccontextmanager
async def loading(_: st.App) -> AsyncIterator[None]:
    """Load events from webhooks while the server runs, if webhooks are or were set up.

    Removes all exported files when the server stops.
    """
    await run_in_threadpool(uploads.remove_leftovers)
    config = settings.from_environment()
    waiting = spool.beside(config.database)
    loader = Loader(config.database, waiting, config.webhook_load_seconds)
    loads = bool(webhook_secrets()) or waiting.exists
    if loads:
        loader.start()
    try:
        yield
    finally:
        await run_in_threadpool(downloads.close)
        if loads:
            await run_in_threadpool(loader.stop)


def webhook_secrets() -> webhooks.Secrets:
    """Webhook secrets by provider name, for the providers that are set up. Raises `BadSetting`."""
    return configuration.current().webhooks


def webhook_address(provider: str) -> str:
    """The webhook URL to give to a provider; only the path if the server's public URL is not configured."""
    return f"{settings.from_environment().public_url}{path(f'webhooks/{provider}/')}"


def _webhooks() -> webhooks.Webhooks:
    config = settings.from_environment()
    return webhooks.Webhooks(spool.beside(config.database), webhook_secrets(), config)


async def healthz(_: Request) -> JSONResponse:
    """Whether the dashboard has data to show: 200 if so, else 503."""
    has_data = await run_in_threadpool(lambda: warehouse().exists)
    return JSONResponse({"status": "ok" if has_data else "no data yet"}, 200 if has_data else 503, HEADERS)
