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

from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from benchmarks import served
from benchmarks.served import Served
from mailsight import reports
from mailsight.vocabulary import Audience
from mailsight.warehouse import Warehouse
from tests import chromium
from tests.conftest import CHROMIUM_ARGUMENTS

WATCH = Path(__file__).with_name("watch.js")
SIZE = {"width": 1440, "height": 1000}
WAIT_MILLISECONDS = 15_000
PORTS = (8651, 8652)

# What is to be seen of a screen, in the words of watch.js.
LIST = "bench.shown('table[aria-label=Campaigns] tbody tr') && bench.all('[data-testid=stMetricValue]').length >= 4"
FIGURES = (
    "bench.text('h1').includes({name}) && bench.all('[data-testid=stMetricValue]').length >= 5"
    " && bench.shown('.js-plotly-plot .funnellayer path') && bench.shown('table[aria-label=\"Opened and clicked\"] tr')"
)
CUSTOMER = "bench.text('h1').includes({name}) && bench.shown('table[aria-label=\"Contact history\"] tbody tr')"
CHART = "bench.shown('[role=tabpanel] .js-plotly-plot .trace path')"


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

    def __init__(self, page: Page, server: Served, found: Found, kind: str) -> None:
        self.page, self.server, self.found, self.kind = page, server, found, kind

    def open(self, name: str, path: str, content: str, **more: str) -> None:
        """Opens an address."""
        self._before()
        self.page.goto(f"{self.server.address}/{path}", wait_until="commit")
        self._watch({name: content, **more}, 0)
        self._after(name, "open")

    def click(
        self, name: str, act: Callable[[], object], content: str, *, beside: str = "click", **more: str
    ) -> None:
        """Does something on the page that is open."""
        self._before()
        self._watch({name: content, **more}, None)
        act()
        self._after(name, beside)

    def _before(self) -> None:
        if self.kind == "cold":
            self.server.forget()
        self.server.queries()

    def _watch(self, marks: dict[str, str], start: int | None) -> None:
        self.page.evaluate("([marks, start]) => bench.watch(marks, start)", [marks, start])

    def _after(self, name: str, beside: str) -> None:
        try:
            seen = self.page.wait_for_function("bench.seen", timeout=WAIT_MILLISECONDS).json_value()
        except TimeoutError as error:
            raise RuntimeError(f"{name} was not shown at {self.page.url}.") from error
        self.page.wait_for_function("bench.idle()", timeout=WAIT_MILLISECONDS)
        self.page.wait_for_timeout(300)
        asked = sum(took for _, took in self.server.queries())
        for mark, milliseconds in seen.items():
            times = self.found.setdefault(f"{mark}, {self.kind}", Times(beside))
            times.shown.append(milliseconds)
            times.queries.append(asked)


def walk_dashboard(walk: Walk, wanted: Wanted) -> None:
    """The way of a marketer through the screens."""
    page = walk.page
    name = json.dumps(wanted.name)
    rows = "bench.text('table[aria-label=Campaigns] tbody')"
    figures, grid = FIGURES.format(name=name), "bench.rows().length > 5"
    everything = f"{figures} && {grid}"

    walk.open("list", "", LIST)
    before = json.dumps(page.evaluate(rows))
    walk.click(
        "list: sort",
        page.get_by_role("table").get_by_role("button", name="COR", exact=True).click,
        f"{rows} !== {before}",
    )
    before = json.dumps(page.evaluate(rows))
    box = page.get_by_placeholder("Search name or subject")
    walk.click(
        "list: search", lambda: box.fill(wanted.name), f"{rows} !== {before} && {rows}.includes({name})"
    )
    row = page.get_by_role("link", name=wanted.name, exact=True).first
    walk.click(
        "list to campaign", row.click, figures, beside="way", **{"list to campaign, with the grid": everything}
    )
    walk.open(
        "campaign", f"campaign?id={wanted.campaign_id}", figures, **{"campaign, with the grid": everything}
    )

    for tab, content in (("Heatmap", "bench.badges()"), ("Timeline", CHART)):
        walk.click(f"campaign: {tab.lower()}", page.get_by_role("tab", name=tab).click, content)
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
    heading = frame.locator('[role=columnheader][col-id="opens"] .ag-header-cell-text')
    walk.click("grid: sort", heading.click, answered("bench.grid('[aria-sort=ascending]').length"))
    walk.click(
        "grid: filter", lambda: frame.get_by_label("Name Filter Input").fill("an"), other_foot()
    )
    walk.click(
        "grid: search",
        lambda: page.get_by_placeholder("Search name or e-mail").fill("er"),
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
    walk.click("empty page, reached from another", way.click, "bench.shown('.st-key-count button')", beside="way")


@contextmanager
def window(browser: Browser) -> Iterator[Page]:
    """A browser that has seen nothing yet."""
    with browser.new_context(viewport=SIZE, timezone_id="Europe/Amsterdam", locale="en-GB") as context:  # type: ignore[arg-type]
        context.add_init_script(path=WATCH)
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        yield page


def measure(database: Path, wanted: Wanted, rounds: int) -> Found:
    """All times of all rounds."""
    found: Found = {}
    with (
        served.dashboard(database, PORTS[0]) as board,
        served.empty_page(PORTS[1]) as empty,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=CHROMIUM_ARGUMENTS)
        for round_ in range(rounds + 1):
            # The first round only warms up: both servers import what they need, the disk is read.
            into: Found = found if round_ else {}
            with window(browser) as of_empty, window(browser) as of_board:
                for kind in ("cold", "warm"):
                    walk_empty(Walk(of_empty, empty, into, kind))
                    walk_dashboard(Walk(of_board, board, into, kind), wanted)
            print(f"round {round_} of {rounds}", file=sys.stderr)
        browser.close()
    return found


EMPTY = {"open": "empty page, opened", "click": "empty page, clicked", "way": "empty page, reached from another"}


def table(found: Found) -> list[dict[str, object]]:
    """A row per screen: how many times the empty page's time, the median and the worst, milliseconds of queries."""
    medians = {name: statistics.median(times.shown) for name, times in found.items()}
    rows = []
    for name, times in found.items():
        kind = name.rpartition(", ")[2]
        rows.append(
            {
                "screen": name,
                "ratio": medians[name] / medians[f"{EMPTY[times.beside]}, {kind}"],
                "ms": medians[name],
                "worst_ms": max(times.shown),
                "queries_ms": statistics.median(times.queries),
                "beside": EMPTY[times.beside],
            }
        )
    return rows


def biggest(database: Path) -> Wanted:
    """The campaign of a database that was sent to most customers."""
    campaigns = reports.campaign_list(Warehouse(database), Audience.HUMAN).campaigns
    first = campaigns.sort_values("sent", ascending=False).iloc[0]
    return Wanted(str(first["campaign_id"]), str(first["name"]))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("database", type=Path)
    options.add_argument("--campaign", help="the id of the campaign to open; the biggest one otherwise")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    wanted = biggest(given.database)
    for row in table(measure(given.database, wanted, given.rounds)):
        print("{ratio:7.2f} x  {ms:8.0f} ms  (worst {worst_ms:6.0f})  queries {queries_ms:7.1f} ms  {screen:45} / {beside}".format(**row))


if __name__ == "__main__":
    main()
