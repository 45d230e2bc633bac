"""`/healthz` answers at once, whatever the checks do."""

import threading
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from mailsight.errors import NoDatabase
from mailsight.web import health
from mailsight.web.health import Health
from tests.support.waiting import until


def client(check: Callable[[], list[str]]) -> TestClient:
    return TestClient(Starlette(routes=[Route("/healthz", Health(check).answer)]))


def nothing_loaded() -> list[str]:
    raise NoDatabase("Nothing has been loaded into /srv/data yet.")


def broken() -> list[str]:
    raise RuntimeError("the secret path /srv/data")


@pytest.mark.parametrize(
    ("check", "status_code", "report"),
    [
        (list, 200, {"status": "ok"}),
        (nothing_loaded, 503, {"status": "no data yet"}),
        (lambda: ["It broke."], 503, {"status": "problem", "reasons": ["It broke."]}),
        (broken, 503,
         {"status": "problem", "reasons": ["The health check failed. The server log has the details."]}),
    ],
)  # fmt: skip
def test_the_answer_tells_what_is_wrong(
    check: Callable[[], list[str]], status_code: int, report: dict[str, object]
) -> None:
    answer = client(check).get("/healthz")
    assert (answer.status_code, answer.json()) == (status_code, report)


def test_a_check_that_hangs_is_not_waited_for_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.01)
    started, released = [], threading.Event()

    def hang() -> list[str]:
        started.append(threading.current_thread())
        released.wait()
        return []

    asked = client(hang)
    for _ in range(5):
        answer = asked.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["The database or the disk does not respond."]
    assert len(started) == 1
    released.set()
    until(lambda: asked.get("/healthz").status_code == 200, "the check")
    assert len(started) == 1


def test_one_check_serves_many_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[int] = []

    def count() -> list[str]:
        checks.append(1)
        return ["It broke."]

    asked = client(count)
    for _ in range(5):
        asked.get("/healthz")
    assert len(checks) == 1
    monkeypatch.setattr(health, "REPORT_SECONDS", 0.0)
    asked.get("/healthz")
    assert len(checks) == 2
