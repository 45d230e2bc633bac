"""Measure the time from a click to the content of each screen, in a browser: `python -m benchmarks.screens DATABASE`.

Machines differ and are busy, so each time is divided by that of an empty Streamlit page with one button, measured
alternately in the same run. The empty page is opened by its URL, reached from another page, and has its button clicked;
each screen is compared with the same kind of action.

*cold*: a new browser, and a server with empty caches. *warm*: the same browser again, and a server with filled caches.
"""

import argparse
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as NotShown

from benchmarks import served
from benchmarks.served import Served
from mailsight.reports import campaigns
from mailsight.reports.search import CampaignSearch, Order
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tooling import chromium

WATCH = Path(__file__).with_name("watch.js")
SIZE = {"width": 1440, "height": 1000}
WAIT_MILLISECONDS = 60_000
SETTLES_MILLISECONDS = 300
PORTS = (8651, 8652)

# Conditions for a screen to be complete, for watch.js.
LIST = "bench.shown('table[aria-label=Campaigns] tbody tr') && bench.figures() >= 4"
FIGURES = (
    "bench.text('h1').includes({name}) && bench.figures() >= 5"
    " && bench.shown('.js-plotly-plot .funnellayer path') && bench.shown('table[aria-label=\"Opened and clicked\"] tr')"
)
CUSTOMER = (
    "bench.text('h1').includes({name}) && bench.shown('table[aria-label=\"Contact history\"] tbody tr')"
)
CHART = (
    "bench.text('[role=tab][aria-selected=true]') === {tab} && bench.idle() && bench.shown("
    "'[role=tabpanel] .js-plotly-plot .trace path, [role=tabpanel] .js-plotly-plot .heatmaplayer image')"
)

TABS = {
    "Heatmap": "bench.badges()",
    **{
        tab: CHART.format(tab=json.dumps(tab))
        for tab in ("Timeline", "Weekday and hour", "Mailbox providers", "Mail programs")
    },
}


@dataclass(slots=True)
class Times:
    """The times of one screen: its reference, milliseconds until its content, milliseconds of its queries."""

    beside: str
    shown: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)


Results = dict[str, Times]


@dataclass(frozen=True, slots=True)
class Target:
    """The campaign to open."""

    campaign_id: str
    name: str


class Walk:
    """A browser window on one server that records how long each action takes."""

    def __init__(self, browser: Browser, page: Page, server: Served, results: Results, kind: str) -> None:
        self.browser, self.page, self.server, self.results, self.kind = browser, page, server, results, kind

    def open(self, name: str, path: str, content: str, **more: str) -> None:
        """Open a URL. If the walk is cold, measure it in a new browser first."""
        marks = {name: content, **more}
        if self.kind == "cold":
            with window(self.browser) as new:
                self._open(new, path, marks, self.results)
        self._open(self.page, path, marks, {} if self.kind == "cold" else self.results)

    def _open(self, page: Page, path: str, marks: dict[str, str], results: Results) -> None:
        self._before()
        page.goto(f"{self.server.address}/{path}", wait_until="commit")
        self._watch(page, marks, 0)
        self._after(page, marks, "open", results)

    def click(
        self, name: str, act: Callable[[], object], content: str, *, beside: str = "click", **more: str
    ) -> None:
        """Perform an action on the open page."""
        self._before()
        marks = {name: content, **more}
        self._watch(self.page, marks, None)
        act()
        self._after(self.page, marks, beside, self.results)

    def _before(self) -> None:
        if self.kind == "cold":
            self.server.forget()
        self.server.queries()

    @staticmethod
    def _watch(page: Page, marks: dict[str, str], start: int | None) -> None:
        page.evaluate("([marks, start]) => bench.watch(marks, start)", [marks, start])

    def _after(self, page: Page, marks: dict[str, str], beside: str, results: Results) -> None:
        try:
            seen = page.wait_for_function("bench.seen").json_value()
        except NotShown as error:
            raise RuntimeError(f"{next(iter(marks))} was not shown at {page.url}.") from error
        page.wait_for_function("bench.idle()")
        page.wait_for_timeout(SETTLES_MILLISECONDS)
        query_time = sum(milliseconds for _, milliseconds in self.server.queries())
        for mark, milliseconds in seen.items():
            times = results.setdefault(f"{mark}, {self.kind}", Times(beside))
            times.shown.append(milliseconds)
            times.queries.append(query_time)


def walk_list(walk: Walk, target: Target) -> None:
    """Open, sort and search the list."""
    page, name = walk.page, json.dumps(target.name)
    rows = "bench.text('table[aria-label=Campaigns] tbody')"
    walk.open("list", "", LIST)
    before = json.dumps(page.evaluate(rows))
    by_rate = page.get_by_role("table").get_by_role("button", name="COR", exact=True)
    walk.click("list: sort", by_rate.click, f"{rows} !== {before}")
    before = json.dumps(page.evaluate(rows))
    box = page.get_by_placeholder("Search name, subject or tag")
    match_shown = f"{rows} !== {before} && {rows}.includes({name})"
    walk.click("list: search", lambda: box.fill(target.name), match_shown)


def walk_dashboard(walk: Walk, target: Target) -> None:
    """Go through the screens as a marketer would."""
    walk_list(walk, target)
    page = walk.page
    figures = FIGURES.format(name=json.dumps(target.name))
    everything = f"{figures} && bench.rows().length > 5"
    row = page.get_by_role("link", name=target.name, exact=True).first
    marks = {"list to campaign, with the grid": everything}
    walk.click("list to campaign", row.click, figures, beside="way", **marks)
    marks = {"campaign, with the grid": everything}
    walk.open("campaign", f"campaign?id={target.campaign_id}", figures, **marks)

    for tab, content in TABS.items():
        walk.click(f"campaign: {tab.lower()}", page.get_by_role("tab", name=tab, exact=True).click, content)
    _walk_grid(walk)

    link = page.frame_locator('iframe[title="Customers"]').locator(".name").first
    name, address = link.inner_text(), str(link.get_attribute("href"))
    customer = CUSTOMER.format(name=json.dumps(name))
    walk.click("campaign to customer", link.click, customer, beside="way")
    back = "() => { bench.start = performance.now(); history.back(); }"
    walk.click("customer back to campaign", lambda: page.evaluate(back), everything, beside="way")
    walk.open("customer", address.lstrip("/"), customer)


def _walk_grid(walk: Walk) -> None:
    page = walk.page
    frame = page.frame_locator('iframe[title="Customers"]')
    foot = "bench.grid('.foot')[0].textContent"

    def answered(condition: str) -> str:
        return f"bench.answers > {page.evaluate('bench.answers')} && bench.rows().length > 5 && {condition}"

    def foot_changed() -> str:
        return answered(f"{foot} !== {json.dumps(page.evaluate(foot))}")

    frame.locator(".foot").scroll_into_view_if_needed()
    # Search for something new in each walk, because the last walk's result may be in the cache.
    name, words = ("an", "er") if walk.kind == "cold" else ("ar", "li")
    heading = frame.locator('[role=columnheader][col-id="opens"]')
    order = heading.get_attribute("aria-sort")
    resorted = f"bench.grid('[role=columnheader][col-id=opens]')[0].ariaSort !== '{order}'"
    walk.click("grid: sort", heading.locator(".ag-header-cell-text").click, answered(resorted))
    walk.click("grid: filter", lambda: frame.get_by_label("Name Filter Input").fill(name), foot_changed())
    walk.click(
        "grid: search",
        lambda: page.get_by_placeholder("Search name or e-mail").fill(words),
        foot_changed(),
    )
    middle = """() => {
        const body = bench.grid('.ag-body-viewport')[0];
        bench.start = performance.now();
        body.scrollTop = body.scrollHeight / 2;
    }"""
    walk.click("grid: jump to the middle", lambda: page.evaluate(middle), answered("true"))


def walk_empty(walk: Walk) -> None:
    """Perform the three actions on the empty page."""
    page = walk.page
    walk.open("empty page, opened", "", "bench.shown('.st-key-count button')")
    button = page.locator(".st-key-count button")
    after = "Clicked 1"
    walk.click("empty page, clicked", button.click, f"bench.text('.st-key-count').includes('{after}')")
    page.goto(f"{walk.server.address}/way")
    way = page.locator(".st-key-way button")
    way.wait_for()
    page.wait_for_timeout(300)
    walk.click(
        "empty page, reached from another", way.click, "bench.shown('.st-key-count button')", beside="way"
    )


@contextmanager
def window(browser: Browser) -> Iterator[Page]:
    """Open a window without cache or cookies."""
    with browser.new_context(viewport=SIZE, timezone_id="Europe/Amsterdam", locale="en-GB") as context:  # type: ignore[arg-type]
        context.add_init_script(path=WATCH)
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        yield page


def measure(
    board: Served,
    empty: Served,
    target: Target,
    rounds: int,
    way: Callable[[Walk, Target], None] = walk_dashboard,
) -> Results:
    """Walk this many rounds, and return all times."""
    results: Results = {}
    with chromium_browser() as browser:
        for round_ in range(rounds + 1):
            # The first round only warms up: both servers import their modules and read from disk.
            into: Results = results if round_ else {}
            with window(browser) as empty_window, window(browser) as board_window:
                for kind in ("cold", "warm"):
                    walk_empty(Walk(browser, empty_window, empty, into, kind))
                    way(Walk(browser, board_window, board, into, kind), target)
            print(f"round {round_} of {rounds}", file=sys.stderr)
    return results


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Sent:
    """The bytes that a new browser receives for one page: files by their path, and the page's messages.

    The size of messages is that before compression.
    """

    files: dict[str, int]
    messages: int

    def beyond(self, other: "Sent") -> int:
        """Return how many bytes this page needs in addition to another page, without the grid's code."""
        files = sum(
            size
            for name, size in self.files.items()
            if name not in other.files and not name.startswith(GRID_CODE)
        )
        return files + self.messages - other.messages

    def code_beyond(self, other: "Sent") -> int:
        """Return how many of these are code and fonts that the browser caches for all pages, mostly Plotly's."""
        return sum(
            size
            for name, size in self.files.items()
            if name not in other.files and name.startswith(("/static/", "/app/static/"))
        )


GRID_CODE = "/component/"


def sent(server: Served, path: str, content: str) -> Sent:
    """Open a page and count the bytes received."""
    names: dict[str, str] = {}
    files: dict[str, int] = defaultdict(int)
    messages = 0

    def count_message(event: dict[str, Any]) -> None:
        nonlocal messages
        frame = event["response"]
        messages += len(frame["payloadData"]) * 3 // 4 if frame["opcode"] == 2 else len(frame["payloadData"])

    def count_file(event: dict[str, Any]) -> None:
        files[names.get(event["requestId"], "?")] += int(event["encodedDataLength"])

    with chromium_browser() as browser, window(browser) as page:
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on(
            "Network.requestWillBeSent",
            lambda event: names.update({event["requestId"]: urlsplit(event["request"]["url"]).path}),
        )
        wire.on("Network.loadingFinished", count_file)
        wire.on("Network.webSocketFrameReceived", count_message)
        page.goto(f"{server.address}/{path}", wait_until="commit")
        page.evaluate("marks => bench.watch(marks, 0)", {"shown": content})
        page.wait_for_function("bench.seen")
        page.wait_for_timeout(3000)
    return Sent(dict(files), messages)


def sent_for_campaign(board: Served, empty: Served, target: Target) -> tuple[Sent, Sent]:
    """Return the bytes of the campaign page, and of the empty page."""
    everything = FIGURES.format(name=json.dumps(target.name)) + " && bench.rows().length > 5"
    return (
        sent(board, f"campaign?id={target.campaign_id}", everything),
        sent(empty, "", "bench.shown('.st-key-count button')"),
    )


EMPTY = {
    "open": "empty page, opened",
    "click": "empty page, clicked",
    "way": "empty page, reached from another",
}


@dataclass(frozen=True, slots=True)
class Row:
    """The result for one screen: ratio to the empty page, median and worst time, and time of the queries."""

    screen: str
    kind: str
    ratio: float
    milliseconds: float
    worst: float
    queries: float
    beside: str

    def __str__(self) -> str:
        return (
            f"{self.ratio:7.2f} x  {self.milliseconds:7.0f} ms (worst {self.worst:6.0f})  "
            f"queries {self.queries:7.1f} ms  {self.screen}, {self.kind} / {self.beside}"
        )


def table(results: Results) -> list[Row]:
    """Return a row per screen and kind."""
    medians = {name: statistics.median(times.shown) for name, times in results.items()}
    rows = []
    for name, times in results.items():
        screen, _, kind = name.rpartition(", ")
        rows.append(
            Row(
                screen,
                kind,
                ratio=medians[name] / medians[f"{EMPTY[times.beside]}, {kind}"],
                milliseconds=medians[name],
                worst=max(times.shown),
                queries=statistics.median(times.queries),
                beside=EMPTY[times.beside],
            )
        )
    return rows


def biggest(database: Path) -> Target:
    """Return the campaign with the most sent messages."""
    [first] = campaigns.page(
        Warehouse(database).snapshot(), Audience.HUMAN, CampaignSearch(), Order("sent"), 0, 1
    )
    return Target(first.campaign_id, first.name)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("database", type=Path)
    options.add_argument("--rounds", type=int, default=5)
    arguments = options.parse_args()
    target = biggest(arguments.database)
    with served.dashboard(arguments.database, PORTS[0]) as board, served.empty_page(PORTS[1]) as empty:
        for row in table(measure(board, empty, target, arguments.rounds)):
            print(row)
        page, nothing = sent_for_campaign(board, empty, target)
        print(
            f"{page.beyond(nothing):,} bytes for the campaign page beyond the empty page and the grid's code:"
        )
        for name, size in sorted(page.files.items(), key=lambda file: -file[1]):
            if name not in nothing.files:
                print(f"    {size:9,}  {name}")
        print(f"    {page.messages:9,}  messages of the page ({nothing.messages:,} for the empty page)")
        print(f"{board.memory_megabytes:,.0f} MB in the server's memory (peak {board.peak_megabytes:,.0f})")


if __name__ == "__main__":
    main()
