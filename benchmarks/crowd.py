"""Simulate many users of one dashboard at the same time: `python -m benchmarks.crowd DATABASE`.

Each user is a separate session that speaks Streamlit's protocol, like a browser. It opens and searches the list, opens
a campaign, reads blocks of its customers, opens tabs and customers, and pauses a few seconds between clicks. A click is
answered when the page's script has finished and everything was sent; drawing it in a browser is not included.
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
from collections.abc import Awaitable, Callable, Sequence
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

PAUSE_SECONDS = (3.0, 7.0)
TIMEOUT_SECONDS = 60
PORT = 8653
Campaign = tuple[str, str]  # id and name


@dataclass(slots=True)
class Clicks:
    """The clicks of all users: the seconds each took, by action, and the errors."""

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
    """One user's page: what the server has sent so far."""

    socket: ClientConnection
    pages: dict[str, str] = field(default_factory=dict)  # path -> page_script_hash
    widgets: dict[str, str] = field(default_factory=dict)  # label -> id
    texts: dict[str, str] = field(default_factory=dict)  # id -> text that was entered or selected
    grid: dict[str, Any] = field(default_factory=dict)  # the parameters of the grid's requests
    elements: int = 0

    async def run(self, path: str, query: str) -> None:
        """Request the page and wait until it is complete. Raises `RuntimeError` if the page shows an error."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string = query
        state.page_script_hash = self.pages.get(path, "")
        state.page_name = "" if self.pages else path
        state.widget_states.widgets.extend(
            WidgetState(id=widget_id, string_value=text) for widget_id, text in self.texts.items()
        )
        state.context_info.timezone, state.context_info.locale = "Europe/Amsterdam", "en-GB"
        self.elements = 0
        await self.socket.send(message.SerializeToString())
        while True:
            reply = ForwardMsg()
            reply.ParseFromString(await self.socket.recv())
            kind = reply.WhichOneof("type")
            if kind == "script_finished":
                if reply.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                if reply.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise RuntimeError(f"the script of /{path} failed")
                break
            self._receive(kind, reply)
        if self.elements < 8:
            raise RuntimeError(f"/{path}?{query} showed only {self.elements} elements")

    def _receive(self, kind: str | None, reply: ForwardMsg) -> None:
        if kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in reply.navigation.app_pages}
        elif kind == "page_not_found":
            raise RuntimeError("page not found")
        elif kind == "delta":
            if reply.delta.WhichOneof("type") == "add_block":
                if reply.delta.add_block.WhichOneof("type") == "tab_container":
                    self.widgets["tabs"] = reply.delta.add_block.tab_container.id
                return
            element = reply.delta.new_element
            self.elements += 1
            match element.WhichOneof("type"):
                case "exception":
                    raise RuntimeError(f"an exception was shown: {element.exception.message}")
                case "text_input":
                    self.widgets[element.text_input.label] = element.text_input.id
                case "component_instance":
                    if match := re.search(r'"request": ?"([\w+/=]+)"', element.component_instance.json_args):
                        self.grid = json.loads(base64.b64decode(match[1]))


async def simulate_user(server: str, campaigns: Sequence[Campaign], number: int, clicks: Clicks) -> None:
    """Click through the screens, with pauses. Choices are seeded by the user's number."""
    chance = random.Random(number)  # noqa: S311 (seeded on purpose)
    await asyncio.sleep(chance.uniform(0, PAUSE_SECONDS[1]))
    address = server.replace("http", "ws", 1) + "/_stcore/stream"
    async with (
        websockets.connect(address, subprotocols=["streamlit"], max_size=None) as socket,  # type: ignore[list-item]
        # The server closes connections that are idle for five seconds; a browser then opens a new one.
        httpx.AsyncClient(
            base_url=server, timeout=TIMEOUT_SECONDS, limits=httpx.Limits(keepalive_expiry=1)
        ) as web,
    ):
        session = Session(socket)
        campaign_id, name = chance.choice(campaigns)
        customer_id = ""

        async def click(action: str, send: Callable[[], Awaitable[None]]) -> None:
            start = time.perf_counter()
            try:
                await asyncio.wait_for(send(), TIMEOUT_SECONDS)
            except (
                RuntimeError,
                TimeoutError,
                OSError,
                httpx.HTTPError,
                websockets.WebSocketException,
            ) as error:
                clicks.errors.append(f"{action}: {error!r}")
            clicks.seconds[action].append(time.perf_counter() - start)
            await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))

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


def measure(server: Served, campaigns: Sequence[Campaign], users: int) -> Clicks:
    """Run this many users at the same time, and return their clicks."""

    async def run_all() -> Clicks:
        clicks = Clicks()
        outcomes = await asyncio.gather(
            *(simulate_user(server.address, campaigns, number, clicks) for number in range(users)),
            return_exceptions=True,
        )
        clicks.errors += [f"a session ended: {error!r}" for error in outcomes if error is not None]
        return clicks

    return asyncio.run(run_all())


def biggest_campaigns(database: Path) -> list[Campaign]:
    """Return the twenty biggest of the newest two hundred campaigns."""
    warehouse = Warehouse(database)
    newest = list_reports.page(warehouse.snapshot(), Audience.ALL, CampaignSearch(), NEWEST_FIRST, 0, 200)
    biggest = sorted(newest, key=lambda campaign: campaign.counts.selected, reverse=True)[:20]
    return [(campaign.campaign_id, campaign.name) for campaign in biggest]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("database", type=Path)
    options.add_argument("--people", type=int, nargs="+", default=[10, 50])
    arguments = options.parse_args()
    campaigns = biggest_campaigns(arguments.database)
    with served.dashboard(arguments.database, PORT) as server:
        measure(server, campaigns, 1)
        print(f"{server.memory_megabytes:8.0f} MB after one user")
        for users in arguments.people:
            clicks = measure(server, campaigns, users)
            print(
                f"{users} users: {len(clicks.all)} clicks, median {clicks.median:.2f} s, p95 {clicks.p95:.2f} s, "
                f"{len(clicks.errors)} errors, {server.memory_megabytes:.0f} MB (peak {server.peak_megabytes:.0f})"
            )
            for action, seconds in clicks.seconds.items():
                print(
                    f"    {action:22} median {statistics.median(seconds):6.2f} s  worst {max(seconds):6.2f} s"
                )
            for error in clicks.errors[:5]:
                print(f"    {error}")


if __name__ == "__main__":
    main()
