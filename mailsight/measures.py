"""What the server measures while it runs, for `/metrics` (web/metrics.py). docs/operating.md explains each.

Labels have few values, all from the program itself: never an address, a name or an id from the data. Each process
counts for itself. What is counted in a worker process or by a command is not exported.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from .errors import LoadRunning

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry(auto_describe=True)

REQUESTS = Counter(
    "mailsight_requests",
    "Requests that were answered, by route and status.",
    ["route", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "mailsight_request_seconds",
    "How long HTTP requests took.",
    ["route"],
    buckets=(0.005, 0.025, 0.1, 0.5, 2.5, 10.0),
    registry=REGISTRY,
)
PAGE_SECONDS = Histogram(
    "mailsight_page_seconds",
    "How long pages ran to show themselves, or to follow a click.",
    ["page"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
    registry=REGISTRY,
)
QUERY_SECONDS = Histogram(
    "mailsight_query_seconds",
    "How long queries took in the database, by their name in queries/.",
    ["query"],
    buckets=(0.001, 0.01, 0.1, 1.0, 10.0),
    registry=REGISTRY,
)
LOAD_SECONDS = Histogram(
    "mailsight_load_seconds",
    "How long loads of the server took, by what was loaded (webhooks, import, upload) and result (loaded, failed).",
    ["kind", "result"],
    buckets=(0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0),
    registry=REGISTRY,
)
OPEN_SESSIONS = Gauge("mailsight_open_sessions", "Pages that are open in browsers.", registry=REGISTRY)


@contextmanager
def load(kind: str) -> Iterator[None]:
    """Times a load. One that ends because another is running is repeated, and doesn't count."""
    start, result = time.monotonic(), "failed"
    try:
        yield
        result = "loaded"
    except LoadRunning:
        result = ""
        raise
    finally:
        if result:
            LOAD_SECONDS.labels(kind, result).observe(time.monotonic() - start)
