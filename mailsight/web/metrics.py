"""`/metrics`: what the server measures (measures.py), and the state of its data, in Prometheus' format.

Only monitoring may read it: with the token of the settings, or from this machine if the server isn't hosted, because a
proxy on this machine comes from there too. The same goes for what Streamlit measures, under `/_stcore/metrics`.
"""

import hmac
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from mailsight import measures, settings
from mailsight.errors import MailsightError
from mailsight.loading import health
from mailsight.loading.spool import Spool
from mailsight.reports import data as data_reports
from mailsight.warehouse.reader import Warehouse

from . import configuration
from .answers import HEADERS
from .health import Probe, is_fine

_LOOPBACK_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.IGNORECASE)
# Headers that proxies add. Prometheus sends one of its own.
_FORWARDED = re.compile(r"forwarded|via|(x|cf|true)-(?!prometheus-).*", re.IGNORECASE)
_PROC = Path("/proc")

State = list[Metric]


def may_read(scope: Scope) -> bool:
    """Whether a request may read metrics."""
    config, headers = settings.from_environment(), Headers(scope=scope)
    if config.metrics_token:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            token.strip().encode(), config.metrics_token.encode()
        )
    is_hosted = bool(config.public_url or config.hosts or configuration.current().access.sign_in)
    client = scope.get("client") or ("",)
    return (
        not is_hosted
        and client[0] in ("127.0.0.1", "::1")
        and _LOOPBACK_HOST.fullmatch(headers.get("host", "")) is not None
        and not any(map(_FORWARDED.fullmatch, headers))
    )


def refusal() -> Response:
    """The answer to those who may not read metrics."""
    text = "Set MAILSIGHT_METRICS_TOKEN on the server, and send it as a bearer token.\n"
    return PlainTextResponse(text, 401, {**HEADERS, "WWW-Authenticate": "Bearer"})


class Metrics(Collector):
    """All metrics; without those of the data while the database or the disk doesn't respond."""

    def __init__(self, state: Callable[[], State]) -> None:
        self._process = ProcessCollector(registry=None)
        self._state = Probe[State](state, [])

    def collect(self) -> Iterator[Metric]:
        yield from measures.REGISTRY.collect()
        yield from self._process.collect()
        yield from children()
        yield from self._state.result()

    async def answer(self, request: Request) -> Response:
        if not may_read(request.scope):
            return refusal()
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        content = await run_in_threadpool(encode, self)
        return Response(content, headers={**HEADERS, "Content-Type": content_type})


def state(warehouse: Warehouse, spool: Spool, checks: dict[str, str]) -> State:
    """The state of the database, the spool and the disk. Leaves out what can't be read: `checks` says what that is."""
    ready = GaugeMetricFamily(
        "mailsight_ready", "Whether each check of /readyz finds nothing wrong.", labels=["check"]
    )
    for name, result in checks.items():
        ready.add_metric([name], float(is_fine(result)))
    metrics: State = [ready]
    for part in (_data(warehouse), _spool(spool), _disk(warehouse.path)):
        with suppress(MailsightError, OSError):
            metrics += part
    return metrics


def _data(warehouse: Warehouse) -> Iterator[Metric]:
    with warehouse.snapshot() as data:
        age_seconds = (datetime.now(UTC) - data.updated_at).total_seconds()
        rows = data_reports.loaded_rows(data)
    yield _gauge("generation_age_seconds", "The age of the data that pages show.", age_seconds)
    loaded = GaugeMetricFamily(
        "mailsight_loaded_rows",
        "Rows of all loads so far, by result: new, existing (loaded before) or rejected.",
        labels=["result"],
    )
    for result, count in rows.items():
        loaded.add_metric([result], count)
    yield loaded


def _spool(spool: Spool) -> Iterator[Metric]:
    waiting = spool.state()
    age_seconds = (datetime.now(UTC) - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0.0
    set_aside = sum(segment.requests for segment in waiting.set_aside)
    yield _gauge("spool_requests", "Webhooks that wait to be loaded.", waiting.requests)
    yield _gauge("spool_bytes", "The size of the webhooks that wait to be loaded.", waiting.size_bytes)
    yield _gauge("spool_oldest_seconds", "How long the oldest of them has been waiting.", age_seconds)
    yield _gauge("set_aside_requests", "Webhooks that could not be loaded and were set aside.", set_aside)


def _disk(database: Path) -> Iterator[Metric]:
    disk = health.disk(database)
    size_bytes = database.stat().st_size if database.exists() else 0
    yield _gauge("database_bytes", "The size of the database.", size_bytes)
    yield _gauge("disk_free_bytes", "The free space on the disk with the database.", disk.free_bytes)
    yield _gauge("disk_needed_bytes", "How much of it the next load needs.", disk.needed_bytes)


def children() -> Iterator[Metric]:
    """How many processes work for this one, and their memory; nothing where the system doesn't say."""
    sizes, by_parent = dict[int, int](), defaultdict[int, list[int]](list)
    for file in _PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            # After the program's name in parentheses: state, parent, ... and pages in memory.
            fields = file.read_text(errors="replace").rpartition(")")[2].split()
            number = int(file.parent.name)
            sizes[number] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
            by_parent[int(fields[1])].append(number)
    if os.getpid() not in sizes:
        return
    descendants = list(by_parent[os.getpid()])
    for number in descendants:  # which grows meanwhile
        descendants += by_parent[number]
    yield _gauge(
        "child_processes", "Processes that load, read e-mails or write files for this one.", len(descendants)
    )
    yield _gauge(
        "child_memory_bytes", "The memory of these processes.", sum(map(sizes.__getitem__, descendants))
    )


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"mailsight_{name}", meaning, value)
