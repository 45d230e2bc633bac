"""Measure what large e-mails do to others: `python -m benchmarks.large_mails [MEGABYTES]`.

Works on large e-mails of all kinds at once: shows their heatmaps, loads images, shows previews and customers' e-mails,
and exports reports and PDFs. Meanwhile, somebody else opens one page after the other, in a session that speaks
Streamlit's protocol. Measures how long each page takes, and the memory of the server and all its processes.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import websockets
from playwright.sync_api import Download, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from benchmarks import served
from benchmarks.crowd import Session, biggest_campaigns
from mailsight.loading import bundles
from mailsight.reports import recipients
from mailsight.reports.grid import grid_query
from mailsight.sample import bundle as sample
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tooling import chromium, large_mails

PORT = 8654
MEGABYTES = 5.0
POLL_SECONDS = 0.1
MAX_SECONDS = 300
# PDFs are drawn one after the other. One that is given up takes all the time that it may, and others work meanwhile.
MAX_EXPORT_SECONDS = 1800
# What a click on a page waits for the browser, which may be busy with an e-mail.
MAX_CLICK_SECONDS = 60
MAX_ANSWER_SECONDS = 60
# The browser that opens the large e-mails is somebody else's machine.
BROWSER_NICE = 15


@dataclass(slots=True)
class Phase:
    """What others saw during a piece of work: seconds until each page's answer, and the memory of all processes.

    `load` is the machine's load average at the end, and `outcomes` says what became of each kind of e-mail.
    """

    name: str
    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    memory_bytes: int = 0
    took_seconds: float = 0.0
    load: float = 0.0
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> list[float]:
        return [second for seconds in self.seconds.values() for second in seconds]

    @property
    def summary(self) -> str:
        slowest = max(self.seconds, key=lambda page: max(self.seconds[page]), default="")
        shown = sum(outcome == "shown" for outcome in self.outcomes.values())
        whole = f"; {shown} of {len(self.outcomes)} shown" if self.outcomes else ""
        return f"{len(self.answers)} answers, slowest: {slowest}; load {self.load:.1f}{whole}"


@dataclass(frozen=True, slots=True)
class Others:
    """The server, and the pages that somebody opens again and again: name, path, and query."""

    server: served.Served
    pages: list[tuple[str, str, str]]

    @contextmanager
    def during(self, name: str) -> Iterator[Phase]:
        """Open the pages again and again, and add up the memory of the server's processes."""
        phase, done = Phase(name), threading.Event()
        threads = [
            threading.Thread(target=lambda: asyncio.run(self._visit(phase, done))),
            threading.Thread(target=self._weigh, args=[phase, done]),
        ]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        try:
            yield phase
        finally:
            phase.took_seconds = time.monotonic() - start
            done.set()
            for thread in threads:
                thread.join()
            phase.load = os.getloadavg()[0]

    async def _visit(self, phase: Phase, done: threading.Event) -> None:
        address = self.server.address.replace("http", "ws", 1) + "/_stcore/stream"
        async with websockets.connect(address, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
            session = Session(socket)
            while not done.is_set():
                for page, path, query in self.pages:
                    start = time.perf_counter()
                    try:
                        await asyncio.wait_for(session.run(path, query), MAX_ANSWER_SECONDS)
                    except (RuntimeError, TimeoutError) as error:
                        phase.errors.append(f"{page}: {error!r}")
                    phase.seconds.setdefault(page, []).append(time.perf_counter() - start)
                    await asyncio.sleep(POLL_SECONDS)

    def _weigh(self, phase: Phase, done: threading.Event) -> None:
        while not done.wait(POLL_SECONDS):
            phase.memory_bytes = max(phase.memory_bytes, _memory(self.server.process.pid))


def _memory(pid: int) -> int:
    """The resident memory of a process and all its children."""
    process, total = psutil.Process(pid), 0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def _until(
    pages: dict[str, Page], outcome: Callable[[Page], str], max_seconds: float = MAX_SECONDS
) -> dict[str, str]:
    """Wait until each page has an outcome, for at most `max_seconds`. Returns the outcomes."""
    outcomes: dict[str, str] = {}
    deadline = time.monotonic() + max_seconds
    while len(outcomes) < len(pages) and time.monotonic() < deadline:
        for kind, page in pages.items():
            try:
                if kind not in outcomes and (text := outcome(page)):
                    outcomes[kind] = text
                page.wait_for_timeout(1000 * POLL_SECONDS)
            except PlaywrightError as error:
                outcomes[kind] = error.message.splitlines()[0]
    return dict.fromkeys(pages, "nothing") | outcomes


def _shown(selector: str) -> Callable[[Page], str]:
    """An outcome: whether the page shows the e-mail, or why it can't."""

    def outcome(page: Page) -> str:
        if page.locator(selector).count():
            return "shown"
        alert = page.locator(".stAlert")
        return alert.first.inner_text() if alert.count() else ""

    return outcome


def _each(pages: dict[str, Page], step: Callable[[Page], object]) -> dict[str, str]:
    """Do something on each page. Returns why it could not be done where it couldn't: the others go on."""
    failed: dict[str, str] = {}
    for kind, page in pages.items():
        try:
            step(page)
        except PlaywrightError as error:
            failed[kind] = error.message.splitlines()[0]
    return failed


def _heatmaps(pages: dict[str, Page]) -> dict[str, str]:
    failed = _each(pages, lambda page: page.get_by_role("tab", name="Heatmap").click())
    return _until(pages, _shown(".heatmap iframe")) | failed


def _images(pages: dict[str, Page]) -> dict[str, str]:
    def switch_on(page: Page) -> None:
        switch = page.get_by_role("switch", name="Load images")
        if switch.count():
            switch.click()

    failed = _each(pages, switch_on)
    return _until(pages, _shown(".heatmap [data-tool=pictures][aria-checked=true]")) | failed


def _previews(pages: dict[str, Page]) -> dict[str, str]:
    failed = _each(pages, lambda page: page.get_by_role("button", name="Preview e-mail").click())
    outcomes = _until(pages, _shown("[role=dialog] iframe, [role=dialog] .stAlert"))
    _close(pages)
    return outcomes | failed


def _customers_mails(pages: dict[str, Page]) -> dict[str, str]:
    def open_mail(page: Page) -> None:
        page.frame_locator('iframe[title="Customers"]').locator(".ag-row .mail").first.click()

    failed = _each(pages, open_mail)
    outcomes = _until(pages, _shown("[role=dialog] iframe, [role=dialog] .stAlert"))
    _close(pages)
    return outcomes | failed


def _close(pages: dict[str, Page]) -> None:
    _each(pages, lambda page: page.keyboard.press("Escape"))
    _each(pages, lambda page: page.locator("[role=dialog]").wait_for(state="detached"))


def _reports(form: str) -> Callable[[dict[str, Page]], dict[str, str]]:
    def export(pages: dict[str, Page]) -> dict[str, str]:
        saved: set[Page] = set()

        def save(download: Download) -> None:
            saved.add(download.page)

        def start(page: Page) -> None:
            page.once("download", save)
            page.get_by_role("button", name="Report", exact=True).click()
            page.get_by_text(f"{form},").last.click()

        failed = _each(pages, start)
        return _until(pages, lambda page: "shown" if page in saved else "", MAX_EXPORT_SECONDS) | failed

    return export


WORK: dict[str, Callable[[dict[str, Page]], dict[str, str]]] = {
    "heatmaps": _heatmaps,
    "heatmaps with images": _images,
    "previews": _previews,
    "customers' e-mails": _customers_mails,
    "reports": _reports("HTML"),
    "PDFs": _reports("PDF"),
}


def measure(megabytes: float = MEGABYTES) -> Iterator[Phase]:
    """Yield what others see while nothing happens, and during each piece of work."""
    with tempfile.TemporaryDirectory(prefix="mailsight-bench-") as folder, sync_playwright() as playwright:
        database = Path(folder) / "mailsight.duckdb"
        sample.write_bundle(Path(folder) / "sample", campaigns=6, customers=2_000)
        large_mails.write_bundle(Path(folder) / "large", int(megabytes * 1e6))
        bundles.load(database, [Path(folder) / "sample"])
        [(campaign_id, _), *_] = biggest_campaigns(database)
        first = recipients.page(Warehouse(database).snapshot(), campaign_id, Audience.ALL, grid_query(end=1))
        bundles.load(database, [Path(folder) / "large"])
        visited = [
            ("list", "", ""),
            ("campaign", "campaign", f"id={campaign_id}"),
            ("customer", "customer", f"id={first.rows[0]['customer_id']}&campaign={campaign_id}"),
        ]
        with served.dashboard(database, PORT) as server:
            others = Others(server, visited)
            with others.during("nothing else") as phase:
                time.sleep(10)
            yield phase
            browser = playwright.chromium.launch(
                executable_path=chromium.find(), args=chromium.ARGUMENTS, timeout=1000 * MAX_SECONDS
            )
            context = browser.new_context()
            context.set_default_timeout(1000 * MAX_CLICK_SECONDS)
            for process in psutil.Process().children(recursive=True):
                if "chrom" in process.name():
                    process.nice(BROWSER_NICE)
            pages = {kind: context.new_page() for kind in large_mails.mails(0)}
            for kind, page in pages.items():
                page.goto(f"{server.address}/campaign?id={kind}", timeout=1000 * MAX_SECONDS)
                page.get_by_role("tab", name="Heatmap").wait_for(timeout=1000 * MAX_SECONDS)
            for name, work in WORK.items():
                with others.during(name) as phase:
                    phase.outcomes = work(pages)
                yield phase
            browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("megabytes", type=float, nargs="?", default=MEGABYTES)
    for phase in measure(parser.parse_args().megabytes):
        print(
            f"{phase.name:22} {phase.took_seconds:5.0f} s; pages: median {statistics.median(phase.answers):.2f} s, "
            f"slowest {max(phase.answers):.2f} s; {phase.memory_bytes / 2**20:,.0f} MB; {phase.summary}"
        )
        for kind, outcome in phase.outcomes.items():
            print(f"    {kind:12} {outcome}")
        for error in phase.errors[:5]:
            print(f"    {error}")


if __name__ == "__main__":
    main()
