"""The background loader: loads spooled requests, leaves time for the dashboard, and survives any failure."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from mailsight import settings
from mailsight.errors import LoadRunning, NotKept
from mailsight.loading import background
from mailsight.loading.background import Loader, pause_seconds
from mailsight.loading.spool import Spool
from mailsight.web import configuration, routes
from tests.support import event_loop
from tests.support.waiting import PATIENCE_SECONDS


class Loads:
    """A fake load of the spool that raises `error` if set."""

    def __init__(self) -> None:
        self.times = 0
        self.error: Exception | None = None
        self.happened = threading.Event()

    def __call__(self, database: Path, spool: Spool) -> None:
        assert database.name == "mailsight.duckdb"
        self.times += 1
        if self.error:
            raise self.error
        spool.remove(spool.seal())
        self.happened.set()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "mailsight.spool")


@pytest.fixture
def loads() -> Loads:
    return Loads()


@pytest.fixture
def loader(spool: Spool, loads: Loads, tmp_path: Path) -> Loader:
    return Loader(tmp_path / "mailsight.duckdb", spool, 30, load=loads)


def test_nothing_is_loaded_while_the_spool_is_empty(loader: Loader, loads: Loads, spool: Spool) -> None:
    assert (loader.step(), loads.times) == (30, 0)
    spool.append("sendgrid", "[]")
    assert (loader.step(), loads.times) == (30, 1)
    assert (loader.step(), loads.times) == (30, 1)


@pytest.mark.parametrize(
    ("spent", "failures", "pause"),
    [
        (0, 0, 30),
        (3, 0, 30),
        (4, 0, 36),
        (60, 0, 540),
        (0, 1, 60),
        (0, 3, 240),
        (0, 2_000, 960),
        (200, 1, 1800),
    ],
)
def test_loading_takes_at_most_a_tenth_of_the_time_and_less_after_failures(
    spent: float, failures: int, pause: float
) -> None:
    assert pause_seconds(30, spent, failures) == pause


def test_requests_stay_in_the_spool_while_another_load_runs(
    loader: Loader, loads: Loads, spool: Spool
) -> None:
    spool.append("sendgrid", "[]")
    loads.error = LoadRunning("The database is being loaded by process 7.")
    assert loader.step() == 30
    assert spool.last_error() is None
    assert spool.state().requests == 1


def test_an_interval_of_zero_still_pauses(spool: Spool, loads: Loads, tmp_path: Path) -> None:
    assert Loader(tmp_path / "mailsight.duckdb", spool, 0, load=loads).step() > 0


def test_a_failure_is_recorded_and_retried_after_growing_pauses(
    loader: Loader, loads: Loads, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    spool.append("sendgrid", "[]")
    loads.error = OSError(28, "No space left on device")
    assert [round(loader.step()) for _ in range(6)] == [60, 120, 240, 480, 960, 960]
    recorded = spool.last_error()
    assert recorded is not None
    assert recorded.text == "OSError: [Errno 28] No space left on device"
    assert spool.state().requests == 1
    assert len(caplog.records) == 6
    loads.error = None
    assert loader.step() == 30
    assert (spool.last_error(), spool.state().requests) == (None, 0)


def test_a_known_error_is_recorded_with_its_next_step(loader: Loader, loads: Loads, spool: Spool) -> None:
    spool.append("sendgrid", "[]")
    loads.error = NotKept("The disk is full.")
    loader.step()
    recorded = spool.last_error()
    assert recorded is not None
    assert recorded.text == "The disk is full. " + NotKept.next_step


def test_the_loader_survives_a_failure_it_cannot_record(
    loader: Loader, loads: Loads, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    spool.append("sendgrid", "[]")
    loads.error = MemoryError()
    monkeypatch.setattr(Spool, "note_error", full)
    assert loader.step() == 60


def test_it_loads_what_an_earlier_server_left_and_stops_on_request(
    spool: Spool, loads: Loads, tmp_path: Path
) -> None:
    spool.append("sendgrid", "[]")
    loader = Loader(tmp_path / "mailsight.duckdb", spool, 3600, load=loads)
    loader.start()
    assert loads.happened.wait(PATIENCE_SECONDS)
    loader.stop()
    assert "mailsight-loader" not in [thread.name for thread in threading.enumerate()]


def test_of_several_servers_one_loads_and_another_takes_over(
    spool: Spool, loads: Loads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "TURN_SECONDS", 0.01)
    others = Loads()
    first, second = (Loader(tmp_path / "mailsight.duckdb", spool, 0, load=each) for each in (loads, others))
    first.start()
    spool.append("sendgrid", "[]")
    assert loads.happened.wait(PATIENCE_SECONDS)
    second.start()
    for _ in range(3):
        loads.happened.clear()
        spool.append("sendgrid", "[]")
        assert loads.happened.wait(PATIENCE_SECONDS)
    assert others.times == 0
    assert second.is_running
    first.stop()
    spool.append("sendgrid", "[]")
    assert others.happened.wait(PATIENCE_SECONDS)
    third = Loader(tmp_path / "mailsight.duckdb", spool, 0, load=loads)
    third.start()
    third.stop()  # while it waits for its turn
    assert not third.is_running
    second.stop()


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """The spools for which a server started a loader."""
    started: list[Path] = []
    monkeypatch.setattr(Loader, "start", lambda self: started.append(self._spool.folder))
    monkeypatch.setattr(Loader, "stop", lambda self: started.append(Path("stopped")))
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path / "mailsight.duckdb"))
    configuration.started.cache_clear()
    yield started
    configuration.started.cache_clear()


def run_server() -> None:
    async def run() -> None:
        async with routes.loading(st.App("mailsight/shell.py")):
            pass

    event_loop.run(run)


def test_a_server_without_webhooks_starts_no_loader(started: list[Path]) -> None:
    run_server()
    assert started == []


def test_a_server_with_a_webhook_or_a_spool_starts_a_loader(
    started: list[Path], spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILSIGHT_WEBHOOK_SENDGRID_BASIC_AUTH", "ann:of-the-tests")
    run_server()
    assert started == [spool.folder, Path("stopped")]
    monkeypatch.delenv("MAILSIGHT_WEBHOOK_SENDGRID_BASIC_AUTH")
    configuration.started.cache_clear()
    spool.append("sendgrid", "[]")
    run_server()
    assert started == [spool.folder, Path("stopped")] * 2
    monkeypatch.setenv("MAILSIGHT_LOADER", "off")
    run_server()
    assert started == [spool.folder, Path("stopped")] * 2


def test_secrets_from_the_file_and_the_environment_are_combined(
    started: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert started == []
    section = '[webhooks.brevo]\nbasic_auth = "ann:file"\n'
    monkeypatch.setattr(configuration.Files, "texts", lambda _: {Path("secrets.toml"): section})
    monkeypatch.setenv("MAILSIGHT_WEBHOOK_SENDGRID_BASIC_AUTH", "ann:env")
    assert routes.webhook_secrets() == {
        "brevo": {"basic_auth": "ann:file"},
        "sendgrid": {"basic_auth": "ann:env"},
    }


def test_the_webhook_address_uses_the_public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    assert routes.webhook_address("sendgrid") == "/webhooks/sendgrid/"
    monkeypatch.setenv("MAILSIGHT_PUBLIC_URL", "https://mailsight.example")
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": "mail"}.get)
    assert routes.webhook_address("sendgrid") == "https://mailsight.example/mail/webhooks/sendgrid/"
    assert settings.from_environment().public_url == "https://mailsight.example"
