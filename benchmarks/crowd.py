"""Many people clicking through one dashboard at once: `python -m benchmarks.crowd DATABASE`.

Each person is a session of its own that speaks Streamlit's protocol, as a browser does: opens the list, searches it,
opens a campaign, reads blocks of its customers, opens tabs and customers, and thinks a few seconds between clicks. A
click has its answer when the page's script has come to its end, with everything sent; a browser then still has to draw.
"""

import argparse
import asyncio
import base64
import json
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection

from benchmarks import served
from benchmarks.served import Served
from mailsight.reports import campaigns as list_reports
from mailsight.reports.search import NEWEST_FIRST, CampaignSearch
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse

THINKS_SECONDS = (3.0, 7.0)
LONGEST_SECONDS = 60
PORT = 8653


@dataclass(slots=True)
class Clicks:
    """What became of everybody's clicks: the seconds of each by what was clicked, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        return sorted(second for seconds in self.seconds.values() for second in seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.all)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.all, n=20)[-1]


@dataclass(slots=True)
class Session:
    """One person's page: what the server has told it so far."""

    socket: ClientConnection
    pages: dict[str, str] = field(default_factory=dict)  # address -> page_script_hash
    widgets: dict[str, str] = field(default_factory=dict)  # label -> id
    texts: dict[str, str] = field(default_factory=dict)  # id -> what was typed or chosen
    grid: dict[str, Any] = field(default_factory=dict)  # what the grid asks its route with
    elements: int = 0

    async def run(self, path: str, query: str) -> None:
        """Asks for the page, and waits until all of it has come. Raises `RuntimeError` for what a person would see
        as an error."""
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string = query
        state.page_script_hash = self.pages.get(path, "")
        state.page_name = "" if self.pages else path
        state.widget_states.widgets.extend(
            WidgetState(id=one, string_value=text) for one, text in self.texts.items()
        )
        state.context_info.timezone, state.context_info.locale = "Europe/Amsterdam", "en-GB"
        self.elements = 0
        await self.socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg()
            told.ParseFromString(await self.socket.recv())
            kind = told.WhichOneof("type")
            if kind == "script_finished":
                if told.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                if told.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise RuntimeError(f"the script of /{path} failed")
                break
            self._take(kind, told)
        if self.elements < 8:
            raise RuntimeError(f"/{path}?{query} showed {self.elements} elements only")

    def _take(self, kind: str | None, told: ForwardMsg) -> None:
        if kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in told.navigation.app_pages}
        elif kind == "page_not_found":
            raise RuntimeError("page not found")
        elif kind == "delta":
            if told.delta.WhichOneof("type") == "add_block":
                if told.delta.add_block.WhichOneof("type") == "tab_container":
                    self.widgets["tabs"] = told.delta.add_block.tab_container.id
                return
            element = told.delta.new_element
            self.elements += 1
            match element.WhichOneof("type"):
                case "exception":
                    raise RuntimeError(f"an exception was shown: {element.exception.message}")
                case "text_input":
                    self.widgets[element.text_input.label] = element.text_input.id
                case "component_instance":
                    if found := re.search(r'"asked": ?"([\w+/=]+)"', element.component_instance.json_args):
                        self.grid = json.loads(base64.b64decode(found[1]))


@dataclass(frozen=True, slots=True)
class Ways:
    """What people choose from."""

    campaigns: list[tuple[str, str]]  # id and name


async def person(server: str, ways: Ways, number: int, into: Clicks) -> None:
    """Clicks through the screens, seeded, and thinks in between."""
    chance = random.Random(number)  # noqa: S311 (seeded on purpose)
    await asyncio.sleep(chance.uniform(0, THINKS_SECONDS[1]))
    address = server.replace("http", "ws", 1) + "/_stcore/stream"
    async with (
        websockets.connect(address, subprotocols=["streamlit"], max_size=None) as socket,  # type: ignore[list-item]
        # The server ends a connection that is idle for five seconds; a browser then opens another one.
        httpx.AsyncClient(
            base_url=server, timeout=LONGEST_SECONDS, limits=httpx.Limits(keepalive_expiry=1)
        ) as web,
    ):
        session = Session(socket)
        campaign_id, name = chance.choice(ways.campaigns)
        customer_id = ""

        async def click(what: str, ask: Callable[[], Awaitable[None]]) -> None:
            start = time.perf_counter()
            try:
                await asyncio.wait_for(ask(), LONGEST_SECONDS)
            except (
                RuntimeError,
                TimeoutError,
                OSError,
                httpx.HTTPError,
                websockets.WebSocketException,
            ) as error:
                into.errors.append(f"{what}: {error!r}")
            into.seconds[what].append(time.perf_counter() - start)
            await asyncio.sleep(chance.uniform(*THINKS_SECONDS))

        async def to(path: str, query: str = "", **texts: str) -> None:
            session.texts = {session.widgets[label]: text for label, text in texts.items()}
            await session.run(path, query)

        async def block(**more: object) -> None:
            nonlocal customer_id
            start = chance.randrange(0, 20) * 100
            answer = await web.post("/api/recipients", json={**session.grid, "start": 0, "end": 100, **more})
            rows = answer.raise_for_status().json()["rows"]
            customer_id = rows[start % len(rows)]["customer_id"]

        await click("list", lambda: to(""))
        await click("list: search", lambda: to("", Search=name))
        await click("campaign", lambda: to("campaign", f"id={campaign_id}"))
        await click("grid", block)
        await click("grid: sort", lambda: block(sort=[{"colId": "clicks", "sort": "desc"}]))
        await click("campaign: timeline", lambda: to("campaign", f"id={campaign_id}", tabs="Timeline"))
        await click("grid: filter", lambda: block(search=chance.choice(("an", "er", "li", "de"))))
        await click("customer", lambda: to("customer", f"id={customer_id}&campaign={campaign_id}"))
        await click("campaign", lambda: to("campaign", f"id={campaign_id}"))
        await click("campaign: heatmap", lambda: to("campaign", f"id={campaign_id}", tabs="Heatmap"))


def measure(server: Served, ways: Ways, people: int) -> Clicks:
    """Lets so many people click at once."""

    async def everybody() -> Clicks:
        into = Clicks()
        found = await asyncio.gather(
            *(person(server.address, ways, number, into) for number in range(people)), return_exceptions=True
        )
        into.errors += [f"a session ended: {one!r}" for one in found if one is not None]
        return into

    return asyncio.run(everybody())


def ways(database: Path) -> Ways:
    """The twenty biggest of the newest two hundred campaigns."""
    warehouse = Warehouse(database)
    newest = list_reports.page(warehouse.snapshot(), Audience.ALL, CampaignSearch(), NEWEST_FIRST, 0, 200)
    biggest = sorted(newest, key=lambda one: one.counts.selected, reverse=True)[:20]
    return Ways([(one.campaign_id, one.name) for one in biggest])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("database", type=Path)
    options.add_argument("--people", type=int, nargs="+", default=[10, 50])
    given = options.parse_args()
    found = ways(given.database)
    with served.dashboard(given.database, PORT) as server:
        measure(server, found, 1)
        print(f"{server.memory_megabytes:8.0f} MB after one person")
        for people in given.people:
            clicks = measure(server, found, people)
            print(
                f"{people} people: {len(clicks.all)} clicks, median {clicks.median:.2f} s, p95 {clicks.p95:.2f} s, "
                f"{len(clicks.errors)} errors, {server.memory_megabytes:.0f} MB (peak {server.peak_megabytes:.0f})"
            )
            for what, seconds in clicks.seconds.items():
                print(
                    f"    {what:22} median {statistics.median(seconds):6.2f} s  worst {max(seconds):6.2f} s"
                )
            for error in clicks.errors[:5]:
                print(f"    {error}")


if __name__ == "__main__":
    main()
