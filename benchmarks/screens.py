"""How long each screen takes from a click to its content, in a real browser: `python -m benchmarks.screens DATABASE`.

Machines differ and are busy, so each time stands beside that of an empty Streamlit page with one button, measured in
the same run, by turns. Three things are done with the empty page: it is opened by its address, it is left for another
one, and its button is clicked; a screen is compared with what is the same for it.

*cold*: a browser that has seen nothing yet, and a server that has every query to ask again. *warm*: the same browser
again, and a server that remembers.
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

# What is to be seen of a screen, in the words of watch.js.
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
    """What was measured of one screen: milliseconds until its content, with what it is compared, its queries."""

    beside: str
    shown: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)


Found = dict[str, Times]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The campaign that is looked at."""

    campaign_id: str
    name: str


class Walk:
    """One person's browser window on one server, which notes how long things take."""

    def __init__(self, browser: Browser, page: Page, server: Served, found: Found, kind: str) -> None:
        self.browser, self.page, self.server, self.found, self.kind = browser, page, server, found, kind

    def open(self, name: str, path: str, content: str, **more: str) -> None:
        """Opens an address; to be cold, in a browser of its own first, so that nothing of it is known."""
        marks = {name: content, **more}
        if self.kind == "cold":
            with window(self.browser) as unknown:
                self._open(unknown, path, marks, self.found)
        self._open(self.page, path, marks, {} if self.kind == "cold" else self.found)

    def _open(self, page: Page, path: str, marks: dict[str, str], into: Found) -> None:
        self._before()
        page.goto(f"{self.server.address}/{path}", wait_until="commit")
        self._watch(page, marks, 0)
        self._after(page, marks, "open", into)

    def click(
        self, name: str, act: Callable[[], object], content: str, *, beside: str = "click", **more: str
    ) -> None:
        """Does something on the page that is open."""
        self._before()
        marks = {name: content, **more}
        self._watch(self.page, marks, None)
        act()
        self._after(self.page, marks, beside, self.found)

    def _before(self) -> None:
        if self.kind == "cold":
            self.server.forget()
        self.server.queries()

    @staticmethod
    def _watch(page: Page, marks: dict[str, str], start: int | None) -> None:
        page.evaluate("([marks, start]) => bench.watch(marks, start)", [marks, start])

    def _after(self, page: Page, marks: dict[str, str], beside: str, into: Found) -> None:
        try:
            seen = page.wait_for_function("bench.seen").json_value()
        except NotShown as error:
            raise RuntimeError(f"{next(iter(marks))} was not shown at {page.url}.") from error
        page.wait_for_function("bench.idle()")
        page.wait_for_timeout(SETTLES_MILLISECONDS)
        asked = sum(took for _, took in self.server.queries())
        for mark, milliseconds in seen.items():
            times = into.setdefault(f"{mark}, {self.kind}", Times(beside))
            times.shown.append(milliseconds)
            times.queries.append(asked)


def walk_list(walk: Walk, wanted: Wanted) -> None:
    """The list: opened, sorted, searched."""
    page, name = walk.page, json.dumps(wanted.name)
    rows = "bench.text('table[aria-label=Campaigns] tbody')"
    walk.open("list", "", LIST)
    before = json.dumps(page.evaluate(rows))
    by_rate = page.get_by_role("table").get_by_role("button", name="COR", exact=True)
    walk.click("list: sort", by_rate.click, f"{rows} !== {before}")
    before = json.dumps(page.evaluate(rows))
    box = page.get_by_placeholder("Search name or subject")
    found = f"{rows} !== {before} && {rows}.includes({name})"
    walk.click("list: search", lambda: box.fill(wanted.name), found)


def walk_dashboard(walk: Walk, wanted: Wanted) -> None:
    """The way of a marketer through the screens."""
    walk_list(walk, wanted)
    page = walk.page
    figures = FIGURES.format(name=json.dumps(wanted.name))
    everything = f"{figures} && bench.rows().length > 5"
    row = page.get_by_role("link", name=wanted.name, exact=True).first
    marks = {"list to campaign, with the grid": everything}
    walk.click("list to campaign", row.click, figures, beside="way", **marks)
    marks = {"campaign, with the grid": everything}
    walk.open("campaign", f"campaign?id={wanted.campaign_id}", figures, **marks)

    for tab, content in TABS.items():
        walk.click(f"campaign: {tab.lower()}", page.get_by_role("tab", name=tab, exact=True).click, content)
    _walk_grid(walk)

    link = page.frame_locator('iframe[title="st_aggrid.AgGrid.agGrid"]').locator(".name").first
    shown, address = link.inner_text(), str(link.get_attribute("href"))
    customer = CUSTOMER.format(name=json.dumps(shown))
    walk.click("campaign to customer", link.click, customer, beside="way")
    back = "() => { bench.start = performance.now(); history.back(); }"
    walk.click("customer back to campaign", lambda: page.evaluate(back), everything, beside="way")
    walk.open("customer", address.lstrip("/"), customer)


def _walk_grid(walk: Walk) -> None:
    page = walk.page
    frame = page.frame_locator('iframe[title="st_aggrid.AgGrid.agGrid"]')
    foot = "bench.grid('.foot')[0].textContent"

    def answered(more: str) -> str:
        return f"bench.answers > {page.evaluate('bench.answers')} && bench.rows().length > 5 && {more}"

    def other_foot() -> str:
        return answered(f"{foot} !== {json.dumps(page.evaluate(foot))}")

    frame.locator(".foot").scroll_into_view_if_needed()
    # What was sorted and searched may be remembered from the walk before: each asks for something else.
    name, words = ("an", "er") if walk.kind == "cold" else ("ar", "li")
    heading = frame.locator('[role=columnheader][col-id="opens"]')
    way = f"bench.grid('[role=columnheader][col-id=opens]')[0].ariaSort !== '{heading.get_attribute('aria-sort')}'"
    walk.click("grid: sort", heading.locator(".ag-header-cell-text").click, answered(way))
    walk.click("grid: filter", lambda: frame.get_by_label("Name Filter Input").fill(name), other_foot())
    walk.click(
        "grid: search",
        lambda: page.get_by_placeholder("Search name or e-mail").fill(words),
        other_foot(),
    )
    middle = """() => {
        const body = bench.grid('.ag-body-viewport')[0];
        bench.start = performance.now();
        body.scrollTop = body.scrollHeight / 2;
    }"""
    walk.click("grid: jump to the middle", lambda: page.evaluate(middle), answered("true"))


def walk_empty(walk: Walk) -> None:
    """The three things to do with the empty page."""
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
    """A browser that has seen nothing yet."""
    with browser.new_context(viewport=SIZE, timezone_id="Europe/Amsterdam", locale="en-GB") as context:  # type: ignore[arg-type]
        context.add_init_script(path=WATCH)
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        yield page


def measure(
    board: Served,
    empty: Served,
    wanted: Wanted,
    rounds: int,
    way: Callable[[Walk, Wanted], None] = walk_dashboard,
) -> Found:
    """All times of all rounds."""
    found: Found = {}
    with chromium_browser() as browser:
        for round_ in range(rounds + 1):
            # The first round only warms up: both servers import what they need, the disk is read.
            into: Found = found if round_ else {}
            with window(browser) as of_empty, window(browser) as of_board:
                for kind in ("cold", "warm"):
                    walk_empty(Walk(browser, of_empty, empty, into, kind))
                    way(Walk(browser, of_board, board, into, kind), wanted)
            print(f"round {round_} of {rounds}", file=sys.stderr)
    return found


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Sent:
    """What came over the wire for one page in a browser that had nothing, in bytes: by address, and the page's own
    messages (before the compression that the browser may have agreed upon)."""

    files: dict[str, int]
    messages: int

    def beyond(self, other: "Sent") -> int:
        """What this page needs more than another one, without the grid's code."""
        files = sum(
            size
            for name, size in self.files.items()
            if name not in other.files and not name.startswith(GRID_CODE)
        )
        return files + self.messages - other.messages

    def code_beyond(self, other: "Sent") -> int:
        """Of this, Streamlit's own code and fonts, which a browser keeps for all pages: Plotly above all."""
        return sum(
            size
            for name, size in self.files.items()
            if name not in other.files and name.startswith(("/static/", "/app/static/"))
        )


GRID_CODE = "/component/"


def sent(server: Served, path: str, content: str) -> Sent:
    """Opens a page and counts what comes."""
    names: dict[str, str] = {}
    files: dict[str, int] = defaultdict(int)
    messages = 0

    def hear(event: dict[str, Any]) -> None:
        nonlocal messages
        frame = event["response"]
        messages += len(frame["payloadData"]) * 3 // 4 if frame["opcode"] == 2 else len(frame["payloadData"])

    def ends(event: dict[str, Any]) -> None:
        files[names.get(event["requestId"], "?")] += int(event["encodedDataLength"])

    with chromium_browser() as browser, window(browser) as page:
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on(
            "Network.requestWillBeSent",
            lambda event: names.update({event["requestId"]: urlsplit(event["request"]["url"]).path}),
        )
        wire.on("Network.loadingFinished", ends)
        wire.on("Network.webSocketFrameReceived", hear)
        page.goto(f"{server.address}/{path}", wait_until="commit")
        page.evaluate("marks => bench.watch(marks, 0)", {"shown": content})
        page.wait_for_function("bench.seen")
        page.wait_for_timeout(3000)
    return Sent(dict(files), messages)


def sent_for_campaign(board: Served, empty: Served, wanted: Wanted) -> tuple[Sent, Sent]:
    """What the campaign page and the empty page bring."""
    everything = FIGURES.format(name=json.dumps(wanted.name)) + " && bench.rows().length > 5"
    return (
        sent(board, f"campaign?id={wanted.campaign_id}", everything),
        sent(empty, "", "bench.shown('.st-key-count button')"),
    )


EMPTY = {
    "open": "empty page, opened",
    "click": "empty page, clicked",
    "way": "empty page, reached from another",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A screen: times the empty page's time, the median and the worst in milliseconds, milliseconds of queries."""

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


def table(found: Found) -> list[Row]:
    """A row per screen and kind."""
    medians = {name: statistics.median(times.shown) for name, times in found.items()}
    rows = []
    for name, times in found.items():
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


def biggest(database: Path) -> Wanted:
    """The campaign of a database that was sent to most customers."""
    [first] = campaigns.page(
        Warehouse(database).snapshot(), Audience.HUMAN, CampaignSearch(), Order("sent"), 0, 1
    )
    return Wanted(first.campaign_id, first.name)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("database", type=Path)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    wanted = biggest(given.database)
    with served.dashboard(given.database, PORTS[0]) as board, served.empty_page(PORTS[1]) as empty:
        for row in table(measure(board, empty, wanted, given.rounds)):
            print(row)
        page, nothing = sent_for_campaign(board, empty, wanted)
        print(
            f"{page.beyond(nothing):,} bytes for the campaign page beyond the empty page and the grid's code:"
        )
        for name, size in sorted(page.files.items(), key=lambda one: -one[1]):
            if name not in nothing.files:
                print(f"    {size:9,}  {name}")
        print(f"    {page.messages:9,}  messages of the page ({nothing.messages:,} of the empty one)")
        print(f"{board.memory_megabytes:,.0f} MB in the server's memory (peak {board.peak_megabytes:,.0f})")


if __name__ == "__main__":
    main()
