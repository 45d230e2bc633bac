"""A loader is killed at each of its steps, and a real dashboard again and again under a stream of webhooks.

That happens with enough space, and with a disk that is nearly full.

No event is lost or counted twice. MAILSIGHT_KILLS sets how often the dashboard is killed (default: 3).
"""

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from mailsight.loading import spool
from mailsight.loading.payloads import ingest_spool
from mailsight.reports import campaign as campaign_reports
from mailsight.vocabulary import Audience
from mailsight.warehouse.queries import statement
from mailsight.warehouse.reader import Warehouse
from tests.support.dashboard import start_dashboard
from tests.support.kills import Killer, killer
from tests.support.providers_streaming import (
    CAMPAIGNS,
    ENVIRONMENT,
    NOON,
    Events,
    Provider,
    event,
    stored_events,
)
from tests.support.small_disk import small_disk
from tests.support.waiting import PATIENCE_SECONDS, until
from tooling.servers import PROJECT, await_answer, free_port

KILLS = int(os.environ.get("MAILSIGHT_KILLS", "3"))
EVENTS_BETWEEN_KILLS = 25  # of each provider on the small disk, which they would fill themselves


class Reader(threading.Thread):
    """Opens every generation as soon as it is served, and checks that it is complete."""

    def __init__(self, database: Path) -> None:
        super().__init__(name="reader", daemon=True)
        self.database = database
        self.stopped = threading.Event()
        self.events: list[int] = []
        self.problems: list[str] = []

    def run(self) -> None:
        seen = ""
        while not self.stopped.wait(0.01):
            served = self.database.resolve()
            if served.name != seen and served.exists():
                seen = served.name
                self.check(served)

    def check(self, generation: Path) -> None:
        try:
            with duckdb.connect(str(generation), read_only=True) as connection:
                connection.execute(
                    "create temp table touched as select distinct campaign_id from campaign_totals"
                )
                self.problems += [
                    problem for (problem,) in connection.execute(statement("failed_checks")).fetchall()
                ]
                [(events, twice, derived, counted, opens, totals)] = connection.execute(TOTALS).fetchall()
        except duckdb.IOException:
            if generation.exists():  # otherwise two newer generations have replaced it
                raise
            return
        if twice or len({events, derived, counted}) > 1 or opens != totals:
            self.problems.append(
                f"{generation.name}: {events=} {twice=} {derived=} {counted=} {opens=} {totals=}"
            )
        if self.events and events < self.events[-1]:
            self.problems.append(f"{generation.name}: {events} events after {self.events[-1]}")
        self.events.append(events)


TOTALS = """
select
    (select count(*) from events),
    (select count(*) - count(distinct recipient) from events),
    (select count(*) from message_events),
    (select sum(events) from event_counts),
    (select count(*) from events where type = 'opened'),
    (select sum(opens) from campaign_totals where audience = 'all')
"""


@contextmanager
def running(threads: list[Provider], reader: Reader) -> Iterator[None]:
    everybody: list[Provider | Reader] = [*threads, reader]
    for thread in everybody:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.stopped.set()


@pytest.mark.slow
@pytest.mark.skipif(KILLS < 1, reason="MAILSIGHT_KILLS is 0")
def test_kills_at_any_moment_lose_no_event_and_count_none_twice(tmp_path: Path) -> None:
    database, log, port = tmp_path / "mailsight.duckdb", tmp_path / "server.log", free_port()
    chance = random.Random(KILLS)
    providers = [Provider(port, number) for number in range(4)]
    reader = Reader(database)

    def start() -> subprocess.Popen[bytes]:
        return start_dashboard(database, log, port, environment=ENVIRONMENT)

    server = start()
    try:
        with running(providers, reader):
            for _ in range(KILLS):
                await_answer(server, port, log)
                await_work(providers, reader, requests=chance.randint(1, 60), loads=chance.randint(0, 1))
                server.kill()
                server.wait()
                server = start()
            await_answer(server, port, log)
        for provider in providers:
            provider.join(PATIENCE_SECONDS)
            assert not provider.is_alive()
            assert provider.failure is None
        wait_until_loaded(database)
    finally:
        server.kill()
        server.wait()
        reader.stopped.set()
        reader.join()

    reported = sum((provider.reported for provider in providers), Events())
    stored, refused = stored_events(database)
    assert stored == reported
    assert reader.problems == []
    assert reader.events[-1] == reported.total()
    assert refused <= KILLS  # truncated lines of requests that were never acknowledged
    opened = {
        campaign: sum(reported[campaign, who, "opened"] for who in ("sendgrid", "brevo"))
        for campaign in CAMPAIGNS
    }
    assert {campaign: opens(database, campaign) for campaign in CAMPAIGNS} == opened
    assert opens_on_the_command_line(database, "spring") == opened["spring"]
    print(
        f"{KILLS} kills, {reported.total()} events, {len(reader.events)} generations seen, "
        f"{refused} truncated lines"
    )


@pytest.mark.slow
@pytest.mark.small_disk
@pytest.mark.skipif(KILLS < 1, reason="MAILSIGHT_KILLS is 0")
def test_kills_on_a_nearly_full_disk_lose_no_event_that_was_answered(tmp_path: Path) -> None:
    chance = random.Random(KILLS)
    with small_disk(tmp_path / "disk", 96) as disk:
        database, log, port = disk.folder / "mailsight.duckdb", tmp_path / "server.log", free_port()
        providers = [Provider(port, number) for number in range(4)]
        reader, waiting = Reader(database), spool.beside(database)

        def start() -> subprocess.Popen[bytes]:
            return start_dashboard(database, log, port, environment=ENVIRONMENT)

        def ended_loads() -> int:
            """How many loads the servers have published or given up."""
            return len(reader.events) + log.read_text(errors="replace").count("could not be loaded")

        def is_empty() -> bool:
            return not waiting.state().size_bytes

        def await_load(many: int) -> None:
            enough = ended_loads() + many
            until(lambda: ended_loads() >= enough or is_empty(), "a load to end")

        for provider in providers:
            provider.max_events = 0
        server = start()
        try:
            with running(providers, reader):
                for _ in range(KILLS):
                    for provider in providers:
                        provider.max_events += EVENTS_BETWEEN_KILLS
                    disk.leave(chance.randint(0, 40) * 500_000)
                    await_answer(server, port, log)
                    await_tries(providers, chance.randint(1, 60))
                    await_load(chance.randint(0, 1))
                    server.kill()
                    server.wait()
                    server = start()
                disk.free()
                await_answer(server, port, log)
            for provider in providers:
                provider.join(PATIENCE_SECONDS)
                assert not provider.is_alive()
                assert provider.failure is None
        finally:
            server.kill()
            server.wait()
            reader.stopped.set()
            reader.join()
        ingest_spool(database, waiting)
        assert is_empty()
        assert not waiting.state().set_aside
        reported = sum((provider.reported for provider in providers), Events())
        stored, _ = stored_events(database)
        assert stored == reported
        assert reader.problems == []
        full = sum(provider.tries - provider.answers for provider in providers)
        print(
            f"{KILLS} kills, {reported.total()} events, {len(reader.events)} generations seen, {ended_loads()} loads, "
            f"{full} requests not answered with 200"
        )


def await_tries(providers: list[Provider], many: int) -> None:
    """Waits until the providers have sent this many more requests, whatever the answers, or have no more to send."""

    def tries() -> int:
        return sum(provider.tries for provider in providers)

    enough = tries() + many
    until(lambda: tries() >= enough or all(provider.is_idle for provider in providers), "requests")


def await_work(providers: list[Provider], reader: Reader, *, requests: int, loads: int) -> None:
    """Waits until this many more requests are answered and this many more generations are served."""

    def answered() -> int:
        return sum(provider.answers for provider in providers)

    all_answered, all_loaded = answered() + requests, len(reader.events) + loads
    until(lambda: answered() >= all_answered, "answers")
    until(lambda: len(reader.events) >= all_loaded, "a load")


def wait_until_loaded(database: Path) -> None:
    waiting = spool.beside(database)
    until(lambda: waiting.last_error() or not waiting.state().size_bytes, "the spool to be loaded")
    assert waiting.last_error() is None


def opens(database: Path, campaign_id: str) -> int:
    return campaign_reports.report(Warehouse(database).snapshot(), campaign_id, Audience.ALL).counts.opens


def opens_on_the_command_line(database: Path, campaign_id: str) -> int:
    command = [sys.executable, "-m", "mailsight", "--database", str(database)]
    command += ["report", campaign_id, "--audience", "all"]
    completed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True, text=True)
    figure: int = json.loads(completed.stdout)["counts"]["opens"]
    return figure


STEPS = {
    "before a segment is sealed": "pathlib.Path.rename",
    "after a segment was sealed": "mailsight.loading.spool.sync_folder",
    "before anything is staged": "mailsight.loading.payloads._Staging.take_segment",
    "before anything is merged": "mailsight.loading.payloads._Staging.complete",
    "before publishing": "mailsight.warehouse.generations.publish",
    "before the generation has its name": "mailsight.warehouse.generations.make_read_only",
    "in the middle of publishing": "pathlib.Path.symlink_to",
    "after publishing": "mailsight.loading.spool.Spool.remove",
}


INGEST = """
import sys
from pathlib import Path
from mailsight.loading import payloads, spool
payloads.ingest_spool(Path(sys.argv[1]), spool.beside(Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def started() -> Iterator[Killer]:
    with killer("mailsight.loading.payloads", "pandas") as ready:
        yield ready


@pytest.mark.parametrize("step", STEPS)
def test_a_load_completes_after_a_kill_at_any_step(tmp_path: Path, step: str, started: Killer) -> None:
    database = tmp_path / "mailsight.duckdb"
    waiting = spool.beside(database)
    for key in ("1", "2"):
        waiting.append("brevo", json.dumps(event("brevo", key, "opened", "spring", NOON)))
    ingest_spool(database, waiting)
    for key in ("2", "3"):
        waiting.append("brevo", json.dumps(event("brevo", key, "opened", "spring", NOON)))

    started.kill_at(STEPS[step], INGEST, database)
    assert opens(database, "spring") == (3 if step == "after publishing" else 2)

    waiting.append("brevo", json.dumps(event("brevo", "4", "opened", "spring", NOON)))
    ingest_spool(database, waiting)
    assert opens(database, "spring") == 4
    assert waiting.state().requests == 0
    generations = sorted(file.name for file in tmp_path.glob("mailsight.*.duckdb"))
    assert len(generations) == 2
    assert not list(tmp_path.glob("*draft*"))
