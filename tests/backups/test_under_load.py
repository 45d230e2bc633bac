"""Backups are made, killed and restored while a real dashboard serves and loads what providers send without a pause.

No event is lost or counted twice: neither in the running dashboard, nor in any backup that was completed.
MAILSIGHT_KILLS sets how often (default: 3).
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mailsight.backups import folders, restoring, verifying
from mailsight.loading import spool
from mailsight.loading.payloads import ingest_spool
from tests.support.dashboard import start_dashboard
from tests.support.providers_streaming import ENVIRONMENT, Events, Provider, stored_events
from tests.support.waiting import PATIENCE_SECONDS, until
from tooling.servers import PROJECT, await_answer, free_port

ROUNDS = int(os.environ.get("MAILSIGHT_KILLS", "3"))


def backing_up(database: Path, backups: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mailsight", "--database", str(database), "backup", str(backups)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL)


def answered(providers: list[Provider]) -> int:
    return sum(provider.answers for provider in providers)


@pytest.mark.thorough
def test_backups_under_load_lose_no_event_and_count_none_twice(tmp_path: Path) -> None:
    database, backups, log, port = (
        tmp_path / "data" / "mailsight.duckdb",
        tmp_path / "backups",
        tmp_path / "server.log",
        free_port(),
    )
    database.parent.mkdir()
    chance = random.Random(ROUNDS)
    providers = [Provider(port, number) for number in range(2)]
    server = start_dashboard(database, log, port, environment=ENVIRONMENT)
    try:
        await_answer(server, port, log)
        for provider in providers:
            provider.start()
        until(database.exists, "a load")
        seconds = 0.0
        for number in range(ROUNDS):
            start = time.monotonic()
            before = sum((provider.acknowledged for provider in providers), Events())
            assert backing_up(database, backups).wait() == 0
            seconds = max(seconds, time.monotonic() - start)
            assert_holds(folders.chosen(backups), before, tmp_path / f"round-{number}")

            killed = backing_up(database, backups)
            time.sleep(chance.uniform(0, seconds))  # the moment is what is tested
            killed.kill()
            killed.wait()
            assert all(verifying.backup(backup).problems == [] for backup in folders.complete(backups))

            enough = answered(providers) + 20
            until(lambda enough=enough: answered(providers) > enough, "webhooks after the backup")  # type: ignore[misc]
            restoring.restore(database, backups, wait_seconds=PATIENCE_SECONDS)
        for provider in providers:
            provider.stopped.set()
            provider.join(PATIENCE_SECONDS)
            assert provider.failure is None
    finally:
        for provider in providers:
            provider.stopped.set()
        server.kill()
        server.wait()
    # Here, because after long loads the server pauses for minutes.
    ingest_spool(database, spool.beside(database))
    reported = sum((provider.reported for provider in providers), Events())
    assert stored_events(database) == (reported, 0)
    assert verifying.live(database).problems == []
    print(f"{ROUNDS} rounds, {reported.total()} events")


def assert_holds(backup: Path, at_least: Events, folder: Path) -> None:
    """A backup holds all events that were acknowledged before it was begun, once its spool is loaded."""
    database = folder / "mailsight.duckdb"
    restoring.restore(database, backup)
    ingest_spool(database, spool.beside(database))
    stored, refused = stored_events(database)
    assert stored >= at_least
    assert refused == 0
    assert verifying.live(database).problems == []
