"""Three processes serve one database, and one of them is killed in the middle of everything.

With MAILSIGHT_KILLS, as in `make thorough`, there are more visitors and events.
"""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
import websockets
from playwright.sync_api import Browser, expect

from benchmarks.crowd import Session, biggest_campaigns
from mailsight.loading import spool
from mailsight.warehouse.reader import Warehouse
from tests.support import event_loop
from tests.support.browsing import choose, grid, open_page
from tests.support.dashboard import start_dashboard
from tests.support.providers_streaming import ENVIRONMENT, Events, Provider, stored_events
from tests.support.sticky_proxy import order, proxy
from tests.support.waiting import PATIENCE_SECONDS, until
from tooling.servers import await_answer, free_port

# Two want to load, so that the other can take over.
LOADERS = ("on", "on", "off")
WRITING = {"state": "writing", "done": 1, "total": 9, "counted": "1", "note": "", "size": "1 kB"}
VISITORS_OF_EACH, EVENTS = (8, 5_000) if "MAILSIGHT_KILLS" in os.environ else (1, 60)


@pytest.fixture
def database(sample_database: Path, tmp_path: Path) -> Path:
    shutil.copytree(sample_database.parent, tmp_path / "data", symlinks=True)
    return tmp_path / "data" / sample_database.name


@contextmanager
def processes(
    database: Path, log: Path, loaders: Sequence[str] = LOADERS
) -> Iterator[dict[int, subprocess.Popen[bytes]]]:
    """Running servers by their port, the one that loads first."""
    started: dict[int, subprocess.Popen[bytes]] = {}
    try:
        for loader in loaders:
            port = free_port()
            environment = ENVIRONMENT | {"MAILSIGHT_LOADER": loader}
            started[port] = start_dashboard(database, log, port, environment=environment)
            if not started.keys() - {port}:
                await_answer(started[port], port, log)  # so that it loads
        for port, process in started.items():
            await_answer(process, port, log)
        yield started
    finally:
        for process in started.values():
            process.kill()
            process.wait()


class Visitor:
    """Somebody who looks at a campaign, with a page that reconnects as a browser does."""

    def __init__(self, name: str, address: str, campaign_id: str) -> None:
        self.name, self.address, self.campaign_id = name, address, campaign_id
        self.cookies = {"Cookie": f"mailsight_browser={name}"}
        self.reconnected = 0

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Session]:
        async with websockets.connect(
            f"{self.address.replace('http', 'ws', 1)}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers=self.cookies,
            origin=self.address,  # type: ignore[arg-type]
            max_size=None,
            open_timeout=PATIENCE_SECONDS,
        ) as socket:
            yield Session(socket)

    async def look(self, session: Session) -> None:
        """Opens the list, a campaign, and the rows of its customers. Raises if anything shows an error."""
        await session.run("", "")
        await session.run("campaign", f"id={self.campaign_id}")
        async with httpx.AsyncClient(base_url=self.address, timeout=PATIENCE_SECONDS) as web:
            body = {**session.grid, "start": 0, "end": 10}
            answer = await web.post("/api/recipients", json=body, headers=self.cookies)
            assert answer.raise_for_status().json()["rows"]


def names(ports: Sequence[int]) -> dict[int, list[str]]:
    """Names of visitors by the process to which the proxy sends them."""
    chosen: dict[int, list[str]] = {port: [] for port in ports}
    number = 0
    while any(len(each) < VISITORS_OF_EACH for each in chosen.values()):
        number += 1
        first = chosen[order(ports, f"visitor{number}")[0]]
        if len(first) < VISITORS_OF_EACH:
            first.append(f"visitor{number}")
    return chosen


@pytest.mark.slow
def test_a_killed_process_ends_its_own_pages_only_and_loses_nothing(database: Path, tmp_path: Path) -> None:
    [(campaign_id, _), *_] = biggest_campaigns(database)
    before, _ = stored_events(database)
    log = tmp_path / "servers.log"
    with processes(database, log) as running, proxy([*running]) as port, ExitStack() as stopping:
        address = f"http://127.0.0.1:{port}"
        providers = [Provider(port, number) for number in range(2)]
        for provider in providers:
            provider.max_events = EVENTS
            stopping.callback(provider.stopped.set)
            provider.start()
        until(lambda: stored_events(database)[0] != before, "the first process to load")
        loading, *others = running

        async def walk() -> None:
            async with AsyncExitStack() as open_pages:
                visitors = {
                    process: [Visitor(name, address, campaign_id) for name in chosen]
                    for process, chosen in names([*running]).items()
                }
                pages = {
                    visitor: await open_pages.enter_async_context(visitor.connected())
                    for each in visitors.values()
                    for visitor in each
                }
                for visitor, page in pages.items():
                    await visitor.look(page)
                running[loading].kill()
                running[loading].wait()
                for process in others:
                    for visitor in visitors[process]:
                        await visitor.look(pages[visitor])
                for visitor in visitors[loading]:
                    with pytest.raises(websockets.ConnectionClosed):
                        await visitor.look(pages[visitor])
                    async with visitor.connected() as again:
                        await visitor.look(again)

        event_loop.run(walk)
        for provider in providers:
            provider.stopped.set()
            provider.join(PATIENCE_SECONDS)
            assert provider.failure is None
        waiting = spool.beside(database)
        until(lambda: not waiting.state().size_bytes, "another process to load the rest")
        reported = sum((provider.reported for provider in providers), Events())
        stored, refused = stored_events(database)
        assert stored - before == reported
        assert refused == 0
        ready = [httpx.get(f"http://127.0.0.1:{each}/readyz").json()["checks"]["loader"] for each in others]
        assert ready == ["ok", "not used"]
        assert Warehouse(database).problem is None
    assert "Traceback" not in log.read_text(errors="replace")


@pytest.mark.browser
@pytest.mark.thorough
def test_a_page_reconnects_to_another_process(browser: Browser, database: Path, tmp_path: Path) -> None:
    [(campaign_id, _), *_] = biggest_campaigns(database)
    with processes(database, tmp_path / "servers.log", ("on", "on")) as running, proxy([*running]) as port:
        address = f"http://127.0.0.1:{port}"
        [first, other] = running
        [name] = names([*running])[first][:1]
        with open_page(browser, base_url=address) as page:
            page.context.add_cookies([{"name": "mailsight_browser", "value": name, "url": address}])
            page.goto(f"/campaign?id={campaign_id}&tab=timeline")
            expect(grid(page).locator(".ag-row").first).to_be_visible()
            # A large file, which is still being written.
            page.route("**/api/export/progress*", lambda route: route.fulfill(json=WRITING))
            choose(page, "Export", "CSV")
            expect(page.get_by_text("1 rows")).to_be_visible()
            with page.expect_response(lambda answer: "/api/recipients" in answer.url and answer.ok):
                running[first].kill()
                running[first].wait()
            # The page of the other process has a token of its own, with which its grid has just asked.
            expect(grid(page).locator(".ag-row").first).to_be_visible()
            expect(page.get_by_text("The server restarted before it had written customers")).to_be_visible()
            expect(page.get_by_text("expired")).to_have_count(0)
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(page.get_by_test_id("stToast")).to_have_count(0)
            page.unroute("**/api/export/progress*")
            with page.expect_download():
                page.get_by_role("button", name="Export again").click()
            expect(page.get_by_role("button", name="Export again")).to_have_count(0)
            assert "tab=timeline" in page.url
            assert running[other].poll() is None
