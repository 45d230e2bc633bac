"""HTTP routes beside the pages: health and metrics, webhooks, exported files, and /api/recipients for the grid.

Streamlit's sign-in does not protect these routes. Pages shown to signed-in people therefore give their grid a token for
one campaign and audience, and the route requires it. Webhooks are authenticated by their signature or password
(webhooks.py); a thread that runs as long as the server loads their events.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from mailsight import settings
from mailsight.audience import machines
from mailsight.errors import StateUnreadable
from mailsight.importing import schedule
from mailsight.importing.schedule import Importer
from mailsight.loading import health, spool, uploads
from mailsight.loading.background import Loader
from mailsight.privacy import erasure
from mailsight.privacy.retention import Keep, Retention
from mailsight.settings import Settings
from mailsight.state import erased
from mailsight.state.store import Store
from mailsight.warehouse.served import warehouse

from . import audit, configuration, downloads, elsewhere, hosts, metrics, parameters, shared, webhooks
from .answers import path
from .api import routes as api
from .compression import BaseUrlScript, CompressedCode, base_url_script
from .elsewhere import Elsewhere
from .gate import Gate
from .headers import SecurityHeaders, streamlit_scripts
from .health import ERASURE, Health, Readiness
from .logs import RequestLog
from .metrics import Metrics
from .recipients import recipients
from .refusals import Refusals
from .sign_in import SignIn
from .upload_gate import UploadGate

# At most one of each, while the server runs.
_loaders: list[Loader] = []
_importers: list[Importer] = []
_retentions: list[Retention] = []


def routes() -> list[BaseRoute]:
    """The dashboard's routes, under the same base path as its pages. Raises `BadSetting`."""
    machines.rules()  # before the first load needs them
    readiness = Readiness(_readiness)
    return [
        Route(path("healthz"), Health(_problems, _warnings).answer),
        Route(path("readyz"), readiness.answer),
        Route(path("metrics"), Metrics(partial(_state, readiness)).answer),
        Route(path("api/recipients"), recipients, methods=["POST"]),
        *downloads.routes(path),
        *shared.routes(path),
        *api.routes(path),
        *webhooks.routes(path, _webhooks()),
    ]


def middleware() -> list[Middleware]:
    """Middleware for all pages and routes, outermost first."""
    config = settings.from_environment()
    # Sign-in names the public URL too.
    public_url = config.public_url or str(configuration.current().auth.get("redirect_uri", ""))
    pages = [path(name) for name in parameters.PAGES if name]
    base_url = base_url_script(path(""))
    names = hosts.known_names(public_url, config.hosts, _addresses())
    return [
        Middleware(
            SecurityHeaders,
            (*streamlit_scripts(), base_url),
            path("component/"),
            public_url.startswith("https:"),
        ),
        Middleware(RequestLog),
        Middleware(hosts.KnownHosts, names, public_url, path("webhooks/")),
        Middleware(Elsewhere),
        Middleware(Refusals, path("webhooks/")),
        Middleware(Gate),
        Middleware(UploadGate),
        Middleware(SignIn),
        Middleware(BaseUrlScript, pages, base_url),
        Middleware(CompressedCode),
    ]


def _addresses() -> list[str]:
    """Where Streamlit is configured to be reached."""
    return [str(st.get_option(option) or "") for option in ("server.address", "browser.serverAddress")]


@asynccontextmanager
async def loading(_: st.App) -> AsyncIterator[None]:
    """Load events from webhooks while the server runs, if webhooks are or were set up, and run imports when due.

    Not with `MAILSIGHT_LOADER=off`: another server does it. Removes all exported files when the server stops.
    """
    config = settings.from_environment()
    await run_in_threadpool(elsewhere.pages().open)
    if config.loader:
        await run_in_threadpool(uploads.remove_leftovers)
        _start_loading(config)
    try:
        yield
    finally:
        await run_in_threadpool(downloads.close)
        await run_in_threadpool(elsewhere.pages().close)
        while _loaders:
            await run_in_threadpool(_loaders.pop().stop)
        while _importers:
            await run_in_threadpool(_importers.pop().stop)
        while _retentions:
            await run_in_threadpool(_retentions.pop().stop)


def _start_loading(config: Settings) -> None:
    waiting = spool.beside(config.database)
    if webhook_secrets() or waiting.exists:
        loader = Loader(config.database, waiting, config.webhook_load_seconds)
        loader.start()
        _loaders.append(loader)
    if jobs := configuration.current().imports:
        importer = Importer(config.database, jobs)
        importer.start()
        _importers.append(importer)
    else:
        schedule.forget(config.database)
    with suppress(StateUnreadable):  # /readyz says so
        keep = Keep.of(config)
        if not keep.is_forever or erased.is_unfinished(Store.of(config.database)):
            retention = Retention(config.database, keep)
            retention.start()
            _retentions.append(retention)


def webhook_secrets() -> webhooks.Secrets:
    """Webhook secrets by provider name, for the providers that are set up. Raises `BadSetting`."""
    return configuration.current().webhooks


def webhook_address(provider: str) -> str:
    """The webhook URL to give to a provider; only the path if the server's public URL is not configured."""
    return f"{settings.from_environment().public_url}{path(f'webhooks/{provider}/')}"


def _webhooks() -> webhooks.Webhooks:
    config = settings.from_environment()
    return webhooks.Webhooks(spool.beside(config.database), webhook_secrets(), config)


def _problems() -> list[str]:
    """What doesn't work, for `/healthz`."""
    config = settings.from_environment()
    reasons = health.problems(
        warehouse(),
        spool.beside(config.database),
        config.webhook_load_seconds,
        takes_webhooks=bool(webhook_secrets()),
        loader=_loaders[0] if _loaders else None,
    )
    reasons += schedule.problems(config.database, configuration.current().imports)
    if any(not importer.is_running for importer in _importers):
        reasons.append("The thread that runs imports has ended. Restart the server.")
    if any(not retention.is_running for retention in _retentions):
        reasons.append("The thread that takes people out of old data has ended. Restart the server.")
    failed = (retention.problem for retention in _retentions)
    reasons += filter(None, [*failed, audit.problem(), erasure.problem(config.database)])
    if configuration.problem():
        # Its own message may name files; it is in the log.
        reasons.append(
            "The configuration files have changed or can't be read. The server keeps what it started with."
        )
    return reasons


def _warnings() -> list[str]:
    """What will soon not work, for `/healthz`."""
    return health.warnings(settings.from_environment().database)


def _readiness() -> dict[str, str]:
    """What works, for `/readyz`."""
    database = settings.from_environment().database
    checks = health.readiness(
        warehouse(),
        spool.beside(database),
        loader=_loaders[0] if _loaders else None,
        importer=_importers[0] if _importers else None,
    )
    return checks | {ERASURE: erasure.problem(database) or health.OK}


def _state(readiness: Readiness) -> metrics.State:
    """The state of the data, for `/metrics`."""
    waiting = spool.beside(settings.from_environment().database)
    return metrics.state(warehouse(), waiting, readiness.checks())
