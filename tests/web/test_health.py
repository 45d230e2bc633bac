"""`/healthz` and `/readyz` answer at once, whatever the checks do."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from mailsight.errors import NoDatabase
from mailsight.web import health
from mailsight.web.health import Health, Readiness
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


def test_what_will_soon_be_a_problem_is_a_warning() -> None:
    check = Health(list, lambda: ["The disk is nearly full."]).answer
    answer = TestClient(Starlette(routes=[Route("/healthz", check)])).get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "warnings": ["The disk is nearly full."]}


def broken_checks() -> dict[str, str]:
    raise RuntimeError("the secret path /srv/data")


@pytest.mark.parametrize(
    ("check", "status_code", "report"),
    [
        (lambda: {"database": "ok", "loader": "not used"}, 200,
         {"status": "ready", "checks": {"database": "ok", "loader": "not used"}}),
        (lambda: {"database": "ok", "disk": "It is full."}, 503,
         {"status": "not ready", "checks": {"database": "ok", "disk": "It is full."}}),
        (lambda: {"database": "ok", "erasure": "It was interrupted."}, 200,
         {"status": "ready", "checks": {"database": "ok", "erasure": "It was interrupted."}}),
        (broken_checks, 503,
         {"status": "not ready", "checks": {"server": "The database or the disk does not respond."}}),
    ],
)  # fmt: skip
def test_readiness_names_each_check(
    check: Callable[[], dict[str, str]], status_code: int, report: dict[str, object]
) -> None:
    asked = TestClient(Starlette(routes=[Route("/readyz", Readiness(check).answer)]))
    answer = asked.get("/readyz")
    assert (answer.status_code, answer.json()) == (status_code, report)


_READ_ONLY = "The folder of the database can't be written to, so nothing can be loaded."


@pytest.mark.parametrize(
    ("database", "others"), [("mailsight.duckdb", []), ("/proc/mailsight.duckdb", [_READ_ONLY])]
)
def test_a_disk_that_fills_up_is_logged_once_beside_what_else_is_wrong_with_it(
    database: str, others: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = [[], ["Nearly full: 2."], ["Nearly full: 1."], [], ["Nearly full: 3."], ["Nearly full: 3."]]
    looked, all_looked = iter(found), threading.Event()

    def warnings(_: Path) -> list[str]:
        warned = next(looked, None)
        if warned is None:
            all_looked.set()
            return []
        return warned

    class Never(threading.Event):
        """Isn't waited for; stops the watch once everything was looked at."""

        def wait(self, timeout: float | None = None) -> bool:
            del timeout
            return all_looked.is_set()

    monkeypatch.setattr("mailsight.loading.health.warnings", warnings)
    with caplog.at_level(logging.WARNING):
        health.watch(Path(database), Never())
    assert caplog.messages == [*others, "Nearly full: 2.", "Nearly full: 3."]
