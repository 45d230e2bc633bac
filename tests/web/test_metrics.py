"""`/metrics` counts what the server does, for monitoring only, and in labels that don't grow."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from mailsight import measures
from mailsight.errors import LoadRunning
from mailsight.loading.background import Loader
from mailsight.loading.spool import Spool
from mailsight.warehouse.reader import Warehouse
from mailsight.web import configuration, metrics, recipients, routes
from mailsight.web.access import Access
from mailsight.web.configuration import Configuration
from mailsight.web.gate import Gate
from mailsight.web.logs import RequestLog
from tooling.servers import PROJECT

TOKEN = "0123456789abcdef0123456789abcdef"
LOCAL = {"Host": "localhost:8501"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path / "mailsight.duckdb"))
    yield
    configuration.started.cache_clear()


@pytest.fixture
def client(sample_database: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    warehouse = Warehouse(sample_database)
    for module in (routes, recipients):
        monkeypatch.setattr(module, "warehouse", lambda: warehouse)
    app = Starlette(routes=routes.routes(), middleware=[Middleware(RequestLog), Middleware(Gate)])
    return TestClient(app, client=("127.0.0.1", 50_000))


def samples(client: TestClient) -> dict[tuple[str, ...], float]:
    """The values by name and labels."""
    answer = client.get("/metrics", headers=LOCAL)
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status(client: TestClient) -> None:
    before = samples(client)
    for _ in range(3):
        client.get("/healthz")
    client.post("/webhooks/sendgrid/")
    client.get("/api/recipients")
    after = samples(client)

    def more(*labels: str) -> float:
        return after[labels] - before.get(labels, 0.0)

    assert more("mailsight_requests_total", "/healthz", "200") == 3
    assert more("mailsight_requests_total", "/webhooks/{provider}/", "404") == 1
    assert more("mailsight_requests_total", "/api/recipients", "405") == 1
    assert more("mailsight_request_seconds_count", "/healthz") == 3


def test_unknown_addresses_share_one_label(client: TestClient) -> None:
    def labels() -> set[tuple[str, ...]]:
        return {key for key in samples(client) if key[0] == "mailsight_requests_total"}

    client.get("/nowhere/at-all")
    before = labels()
    for number in range(50):
        client.get(f"/{number}/ann@mail.example?id={number}")
        client.post(f"/webhooks/provider-{number}/")
    assert labels() - before <= {("mailsight_requests_total", "/webhooks/{provider}/", "404")}


def test_the_state_of_the_data_is_there(client: TestClient, sample_database: Path) -> None:
    found = samples(client)
    checks = {key[1]: value for key, value in found.items() if key[0] == "mailsight_ready"}
    assert checks == dict.fromkeys(("database", "spool", "disk", "loader", "importer", "erasure"), 1.0)
    assert found[("mailsight_generation_age_seconds",)] > 0
    assert found[("mailsight_database_bytes",)] == sample_database.stat().st_size
    assert found[("mailsight_disk_free_bytes",)] > 0
    assert found[("mailsight_loaded_rows", "new")] > found[("mailsight_loaded_rows", "rejected")] >= 0
    assert found[("mailsight_query_seconds_count", "loaded_rows")] > 0
    assert found[("process_resident_memory_bytes",)] > 10_000_000


def test_waiting_webhooks_are_measured(client: TestClient, tmp_path: Path) -> None:
    assert samples(client)[("mailsight_spool_requests",)] == 0
    Spool(tmp_path / "mailsight.spool").append("sendgrid", "[]")
    found = metrics.state(Warehouse(tmp_path / "none.duckdb"), Spool(tmp_path / "mailsight.spool"), {})
    values = {family.name: [sample.value for sample in family.samples] for family in found}
    assert values["mailsight_spool_requests"] == [1]
    assert values["mailsight_spool_bytes"][0] > 0
    assert values["mailsight_spool_oldest_seconds"][0] >= 0
    assert "mailsight_generation_age_seconds" not in values


def test_a_disk_that_hangs_costs_only_what_is_read_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailsight.web.health.ANSWER_SECONDS", 0.01)
    released = threading.Event()

    def hang() -> list[Any]:
        released.wait()
        return []

    collected = {family.name for family in metrics.Metrics(hang).collect()}
    released.set()
    assert {"mailsight_requests", "process_resident_memory_bytes"} <= collected


@pytest.mark.parametrize(
    ("raised", "result"), [(None, "loaded"), (RuntimeError, "failed"), (LoadRunning, None)]
)
def test_loads_are_counted_by_result(
    tmp_path: Path, raised: type[Exception] | None, result: str | None
) -> None:
    spool = Spool(tmp_path / "mailsight.spool")
    spool.append("sendgrid", "[]")

    def load(*_: object) -> None:
        if raised:
            raise raised("Not now.")

    def counts() -> dict[str, float]:
        return {
            kind: measures.REGISTRY.get_sample_value(
                "mailsight_load_seconds_count", {"kind": "webhooks", "result": kind}
            )
            or 0.0
            for kind in ("loaded", "failed", "")
        }

    before = counts()
    Loader(tmp_path / "mailsight.duckdb", spool, 30, load=load).step()
    assert {kind: count - before[kind] for kind, count in counts().items() if count != before[kind]} == (
        {result: 1} if result else {}
    )


def test_the_memory_of_children_and_theirs_is_counted() -> None:
    script = "import subprocess, sys; print(flush=True); subprocess.run(['sleep', '60'])"
    before = {family.name: family.samples[0].value for family in metrics.children()}
    if not before:
        pytest.skip("this system has no /proc")
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        after = {family.name: family.samples[0].value for family in metrics.children()}
        process.kill()
    assert after["mailsight_child_processes"] > before["mailsight_child_processes"]
    assert after["mailsight_child_memory_bytes"] > before["mailsight_child_memory_bytes"]


AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
HOSTED = {"MAILSIGHT_PUBLIC_URL": "https://mailsight.example"}
WITH_TOKEN = {"MAILSIGHT_METRICS_TOKEN": TOKEN}


@pytest.mark.parametrize(
    ("variables", "client_address", "headers", "status_code"),
    [
        # From this machine, without a proxy.
        ({}, "127.0.0.1", LOCAL, 200),
        ({}, "::1", {"Host": "[::1]:8501"}, 200),
        ({}, "127.0.0.1", {"Host": "127.0.0.1"}, 200),
        ({}, "127.0.0.1", {**LOCAL, "X-Prometheus-Scrape-Timeout-Seconds": "10"}, 200),
        # From elsewhere, perhaps by way of a proxy on this machine.
        ({}, "192.0.2.7", LOCAL, 401),
        ({}, "unknown", LOCAL, 401),
        ({}, "127.0.0.1", {"Host": "mailsight.example"}, 401),
        ({}, "127.0.0.1", {**LOCAL, "X-Forwarded-For": "127.0.0.1"}, 401),
        ({}, "127.0.0.1", {**LOCAL, "x-real-ip": "127.0.0.1"}, 401),
        ({}, "127.0.0.1", {**LOCAL, "Forwarded": "for=127.0.0.1"}, 401),
        ({}, "127.0.0.1", {**LOCAL, "Via": "1.1 proxy"}, 401),
        (HOSTED, "127.0.0.1", LOCAL, 401),
        ({"MAILSIGHT_HOSTS": "mailsight.example"}, "127.0.0.1", LOCAL, 401),
        # With a token, it takes the token, from anywhere.
        (WITH_TOKEN, "192.0.2.7", AUTHORIZED, 200),
        (WITH_TOKEN | HOSTED, "127.0.0.1", {**AUTHORIZED, "X-Forwarded-For": "192.0.2.7"}, 200),
        (WITH_TOKEN, "192.0.2.7", {"Authorization": f"bearer {TOKEN}"}, 200),
        (WITH_TOKEN, "127.0.0.1", LOCAL, 401),
        (WITH_TOKEN, "192.0.2.7", {"Authorization": f"Basic {TOKEN}"}, 401),
        (WITH_TOKEN, "192.0.2.7", {"Authorization": TOKEN}, 401),
        (WITH_TOKEN, "192.0.2.7", {"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        (WITH_TOKEN, "192.0.2.7", {"Authorization": f"Bearer {TOKEN}x"}, 401),
        (WITH_TOKEN, "192.0.2.7", {"Authorization": "Bearer é"}, 401),
        ({}, "192.0.2.7", {"Authorization": "Bearer "}, 401),
    ],
)
@pytest.mark.parametrize("address", ["/metrics", "/_stcore/metrics"])
def test_only_monitoring_may_read_metrics(
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    variables: dict[str, str],
    client_address: str,
    headers: dict[str, str],
    status_code: int,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("Streamlit's.")(scope, receive, send)

    app: Any = Gate(streamlit) if address.startswith("/_") else Starlette(routes=routes.routes())
    client = TestClient(app, client=(client_address, 50_000))
    encoded = {name: value.encode() for name, value in headers.items()}
    answer = client.get(address, headers=encoded)
    assert answer.status_code == status_code
    assert ("mailsight_" in answer.text or "Streamlit's." in answer.text) == (status_code == 200)


def test_nobody_is_local_where_people_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    scope = {"type": "http", "client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost")]}
    assert metrics.may_read(scope)
    monkeypatch.setattr(configuration, "current", lambda: Configuration(Access(sign_in=True)))
    assert not metrics.may_read(scope)


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text; version=1.0.0", "*/*", ""])
def test_every_format_of_prometheus_is_answered(client: TestClient, accept: str) -> None:
    answer = client.get("/metrics", headers={**LOCAL, "Accept": accept})
    assert answer.status_code == 200
    kind = "application/openmetrics-text" if "openmetrics" in accept else "text/plain"
    assert answer.headers["content-type"].startswith(f"{kind};")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.endswith("# EOF\n") == ("openmetrics" in accept)


def test_every_metric_has_a_row_in_the_docs(client: TestClient) -> None:
    page = (PROJECT / "docs" / "operating.md").read_text(encoding="utf-8")
    [table] = re.findall(r"^\| metric \|.*?\n\n", page, re.MULTILINE | re.DOTALL)
    listed = set(re.findall(r"`(mailsight_\w+)`", table))
    families = text_string_to_metric_families(client.get("/metrics", headers=LOCAL).text)
    names = {f"{family.name}{'_total' * (family.type == 'counter')}" for family in families}
    assert {name for name in names if name.startswith("mailsight_")} == listed
