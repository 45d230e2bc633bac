"""Measure what large e-mails do to others: `python -m benchmarks.large_mails [MEGABYTES]`.

Opens the heatmaps of ten kinds of large e-mails at once, then their previews, then exports their reports. Meanwhile, it
measures how long the dashboard takes to answer others, and the memory of the server and all its processes.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from mailsight.loading import bundles
from mailsight.sample import bundle as sample
from tooling import chromium, large_mails, servers

POLL_SECONDS = 0.1
MOST_SECONDS = 240
LIST = "table[aria-label=Campaigns] tbody tr"


@dataclass(slots=True)
class Watch:
    """What others saw while something happened: seconds until each answer, and the memory of all processes."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory_bytes: int = 0

    def took(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)

    def results(self) -> dict[str, float]:
        slowest = {f"slowest {name}, s": round(max(seconds), 2) for name, seconds in self.seconds.items()}
        answers = {f"answers of {name}": len(seconds) for name, seconds in self.seconds.items()}
        return {"most memory, MB": self.memory_bytes // 2**20} | slowest | answers


@contextmanager
def watching(address: str, server: psutil.Process) -> Iterator[Watch]:
    """Ask a route again and again, and add up the memory of the server's processes."""
    watch, done = Watch(), threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=MOST_SECONDS) as client:
            while not done.wait(POLL_SECONDS):
                start = time.perf_counter()
                client.get(f"{address}/healthz")
                watch.took("route", time.perf_counter() - start)

    def weigh() -> None:
        while not done.wait(POLL_SECONDS):
            watch.memory_bytes = max(watch.memory_bytes, memory(server))

    threads = [threading.Thread(target=ask), threading.Thread(target=weigh)]
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        done.set()
        for thread in threads:
            thread.join()


def memory(server: psutil.Process) -> int:
    """The resident memory of the server and all its processes."""
    total = 0
    for process in (server, *server.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def visit_while(other: Page, address: str, watch: Watch, is_done: Callable[[], bool]) -> None:
    """Open the list of campaigns again and again, in a browser of its own, until something is done."""
    deadline = time.monotonic() + MOST_SECONDS
    while True:
        start = time.perf_counter()
        other.goto(address)
        expect(other.locator(LIST).first).to_be_visible(timeout=1000 * MOST_SECONDS)
        watch.took("page", time.perf_counter() - start)
        if is_done() or time.monotonic() > deadline:
            return


def tabs(context: BrowserContext, address: str, kinds: list[str]) -> list[Page]:
    """Open the heatmap of each kind without waiting for it."""
    pages = []
    for kind in kinds:
        page = context.new_page()
        page.goto(f"{address}/campaign?id={kind}")
        page.get_by_role("tab", name="Heatmap").click(timeout=1000 * MOST_SECONDS)
        pages.append(page)
    return pages


def is_drawn(page: Page) -> bool:
    """Whether the tab shows the e-mail, or why it can't."""
    return page.locator(".heatmap iframe, .stAlert").count() > 0


def outcome(page: Page) -> str:
    alert = page.locator(".stAlert")
    if alert.count():
        return alert.first.inner_text()
    return "shown" if is_drawn(page) else "nothing"


def measure(size: int) -> dict[str, object]:
    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="mailsight-bench-") as folder, sync_playwright() as playwright:
        database = Path(folder) / "mailsight.duckdb"
        sample.write_bundle(Path(folder) / "sample", campaigns=6, customers=300)
        large_mails.write_bundle(Path(folder) / "large", size)
        bundles.load(database, [Path(folder) / "sample", Path(folder) / "large"])
        port, log = servers.free_port(), Path(folder) / "log"
        environment = {"MAILSIGHT_DATABASE": str(database)}
        process = servers.start(servers.PROJECT / "app.py", port, log=log, environment=environment)
        try:
            address, server = servers.await_answer(process, port, log), psutil.Process(process.pid)
            large, small = (
                playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
                for _ in range(2)
            )
            other = small.new_page()
            with watching(address, server) as watch:
                visit_while(other, address, watch, lambda: len(watch.seconds.get("page", [])) >= 5)
            results["nothing else"] = watch.results()
            with watching(address, server) as watch:
                pages = tabs(large.new_context(), address, list(large_mails.mails(0)))
                visit_while(other, address, watch, lambda: all(map(is_drawn, pages)))
            results["ten heatmaps"] = watch.results()
            results["heatmaps"] = dict(zip(large_mails.mails(0), map(outcome, pages), strict=True))
            with watching(address, server) as watch:
                for page in pages:
                    page.get_by_role("button", name="Preview e-mail").click(timeout=1000 * MOST_SECONDS)
                shown = [page.get_by_role("dialog").locator("iframe, .stAlert") for page in pages]
                visit_while(other, address, watch, lambda: all(one.count() for one in shown))
            results["ten previews"] = watch.results()
            for page in pages:
                page.close()
            large.close()
            small.close()
        finally:
            servers.stop(process)
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("megabytes", type=float, nargs="?", default=5.0)
    print(json.dumps(measure(int(parser.parse_args().megabytes * 1e6)), indent=2))
