"""Fifty people use a company's dashboard behind nginx while its processes are killed: what each of them saw.

HOSTED_PEOPLE sets how many they are. With `-s`, the figures of the run are printed.
"""

import asyncio
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import duckdb
import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.crowd import biggest_campaigns
from mailsight.loading import bundles, spool
from mailsight.settings import Settings
from mailsight.state import audit
from mailsight.state.audit import Action, Search
from mailsight.vocabulary import Role
from tests.support import command_line, proxies, signed_in
from tests.support.browsing import grid, open_page
from tests.support.colleagues import SIGN_IN, Colleague, Seen
from tests.support.company import BASE, DOMAIN, NAME, ORIGIN, Company, Server, company
from tests.support.providers.signing import WebhookRequest
from tests.support.providers_streaming import ENVIRONMENT, Events, Provider, stored_events
from tests.support.proxies import Proxy
from tests.support.waiting import PATIENCE_SECONDS, until

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

PEOPLE = int(os.environ.get("HOSTED_PEOPLE", "50"))
EVENTS = 2_000  # of each provider
# In this order, again and again.
ROLES = (Role.MARKETER, Role.READER, Role.ANALYST, Role.MARKETER, Role.ADMIN)
SIGNING_IN = 4  # at the same time
LEAVING, LOSING = 0, 2  # who signs out in the end, and who loses their role
NO_ACCESS = "You don't have access yet"


class Sender(Provider):
    """A provider whose webhooks go through nginx."""

    def __init__(self, proxy: Proxy, number: int) -> None:
        super().__init__(proxy.port, number)
        self.proxy = proxy
        self.statuses: Counter[int] = Counter()
        self.max_events = EVENTS

    def answered(self, sent: WebhookRequest) -> bool:
        """Whether it was answered with 200. When a process dies, nginx answers 502, and it is sent again."""
        connection = HTTPConnection(NAME, self.proxy.port, timeout=PATIENCE_SECONDS)
        try:
            connection.sock = proxies.encrypted(self.proxy)
            connection.request("POST", f"{BASE}{sent.url}", sent.body, {**sent.headers, "Host": NAME})
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        self.statuses[answer.status] += 1
        assert answer.status in {200, 502, 503}
        return answer.status == 200


def roles(people: dict[str, Role]) -> str:
    """The entries of secrets.toml."""
    return "".join(
        f'[[roles]]\nrole = "{role}"\npeople = {[f"{name}@{DOMAIN}" for name in people if people[name] is role]}\n'
        for role in sorted({*people.values()})
    )


@pytest.fixture(scope="module")
def people() -> dict[str, Role]:
    return {f"colleague{number}": ROLES[number % len(ROLES)] for number in range(PEOPLE)}


@pytest.fixture(scope="module")
def hosted(
    sample_bundle: Path, people: dict[str, Role], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    database = folder / "data" / "mailsight.duckdb"
    database.parent.mkdir()
    bundles.load(database, [sample_bundle])
    everybody = people | {"boss": Role.ADMIN}
    with company(database, folder, list(everybody), roles(everybody), ENVIRONMENT) as running:
        yield running


@pytest.fixture
def outside(browser: Browser, chromium_path: str, hosted: Company) -> Iterator[Browser]:
    with proxies.browser_outside(browser, chromium_path, hosted.proxy) as outside:
        yield outside


class Crowd:
    """Everybody at work, in a thread of their own, and a program that reads the API and shared reports."""

    def __init__(self, hosted: Company, people: dict[str, Role], token: str) -> None:
        self.seen = Seen()
        self._hosted, self._people, self._token = hosted, people, token
        self._campaigns = [campaign_id for campaign_id, _ in biggest_campaigns(hosted.database)]
        self._colleagues = [
            Colleague(hosted, self.seen, name, role, self._campaigns) for name, role in people.items()
        ]
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._done = self._pool.submit(asyncio.run, self._work())

    def everybody_works(self, rounds: int = 1) -> None:
        """Waits until everybody has done so many rounds more."""
        enough = {each: each.rounds + rounds for each in self._colleagues}

        def is_done() -> bool:
            if self._done.done():
                self._done.result()
            return all(each.rounds >= enough[each] for each in self._colleagues)

        until(is_done, "everybody to go on", patience_seconds=10 * PATIENCE_SECONDS)

    def stop(self) -> None:
        self._ended.set()
        self._done.result()
        self._pool.shutdown()

    async def _work(self) -> None:
        signing_in = asyncio.Semaphore(SIGNING_IN)

        async def use(colleague: Colleague) -> None:
            async with signing_in:
                await colleague.sign_in()
            while not self._ended.is_set():
                await colleague.work()

        try:
            await asyncio.gather(self._program(), *(use(each) for each in self._colleagues))
            await self._leave()
        finally:
            self._ended.set()
            for each in self._colleagues:
                await each.close()

    async def _program(self) -> None:
        """Something without a browser: any process may answer."""
        program = Colleague(self._hosted, self.seen, "program", Role.READER, self._campaigns)
        while not self._ended.is_set():
            program.forget("mailsight_browser")
            with_token = {"Authorization": f"Bearer {self._token}"}
            await program.call("API", "GET", "api/v1/campaigns", headers=with_token)
            if self.seen.links:
                await program.call("shared report", "GET", [*self.seen.links][-1])
            await asyncio.sleep(2.5)  # it may ask for so many a minute
        await program.close()

    async def _leave(self) -> None:
        """Somebody signs out, and somebody loses their role: what do all processes show them?"""
        leaving, losing = self._colleagues[LEAVING], self._colleagues[LOSING]
        for person, ending, shown in (
            (leaving, self._sign_out, SIGN_IN),
            (losing, self._take_role, NO_ACCESS),
        ):
            copies = [await person.elsewhere(server) for server in self._hosted.servers]
            before = [await copy.look() for copy in copies]
            await ending(person)
            after = [await copy.look() for copy in copies]
            assert all(headings and shown not in headings for headings in before)
            assert after == [[shown]] * len(copies)
            for copy in copies:
                await copy.close()

    async def _sign_out(self, person: Colleague) -> None:
        assert (await person.ask("GET", "auth/logout")).status_code == 302

    async def _take_role(self, person: Colleague) -> None:
        self._hosted.give(roles({name: role for name, role in self._people.items() if name != person.name}))


def test_people_see_nothing_of_a_process_that_dies_but_their_page(
    hosted: Company, people: dict[str, Role], outside: Browser, tmp_path: Path
) -> None:
    before, _ = stored_events(hosted.database)
    _, token, _ = command_line.run("token", "create", "figures", "--database", hosted.database)
    crowd = Crowd(hosted, people, token.strip())
    senders = [Sender(hosted.proxy, number) for number in range(2)]
    for sender in senders:
        sender.start()
    loading, _, reading = hosted.servers
    try:
        crowd.everybody_works()
        with open_page(outside, ignore_https_errors=True) as page:
            wrong = watched(page)
            _show_campaign(page, hosted, reading)
            kill(reading, crowd)
            _scroll_and_upload(page, tmp_path)
            kill(loading, crowd)
            _scroll(page)
            assert wrong == []
    finally:
        for sender in senders:
            sender.stopped.set()
        try:
            crowd.stop()
        finally:
            report(hosted, crowd.seen, senders)
    # Of each page that died, its person saw that, and nobody else saw anything.
    seen, served = crowd.seen, hosted.served()
    assert {served[page] for page in seen.reconnected} == {loading.port, reading.port}
    assert [each for each in seen.troubles if each.page not in seen.reconnected] == []
    _nothing_is_lost(hosted, senders, before)
    _everything_is_recorded(hosted, seen, people)
    _links_work(hosted, seen, [*people][LOSING])
    _logs_are_clean(hosted)


def kill(server: Server, crowd: Crowd) -> None:
    """Ends a process while everybody works, and starts it again, as systemd does."""
    deaths = len(crowd.seen.reconnected)
    server.kill()
    until(lambda: len(crowd.seen.reconnected) > deaths, "a page to die")
    server.start()
    server.await_ready()
    # Pages are in other processes by now, and nginx sends requests to this one again.
    crowd.everybody_works(2)


def watched(page: Page) -> list[str]:
    """What the scripts of a page complain about."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return wrong


def _show_campaign(page: Page, hosted: Company, server: Server) -> None:
    """Signs in, in a browser for which nginx chooses this process, and shows a campaign's customers."""
    [(campaign_id, _), *_] = biggest_campaigns(hosted.database)
    while True:
        page.context.clear_cookies()
        answer = page.goto(f"{ORIGIN}{BASE}/campaign?id={campaign_id}")
        assert answer
        if hosted.port_of(answer.headers["x-request-id"]) == server.port:
            break
    signed_in.sign_in(page, "boss")
    expect(grid(page).locator(".ag-row").first).to_be_visible()


def _scroll(page: Page) -> None:
    """The grid has a token of the page as it is now, and its requests reach the process of the page."""
    with page.expect_response(lambda answer: "/api/recipients" in answer.url) as answered:
        grid(page).get_by_role("columnheader", name="Name").first.click()
    assert answered.value.status == 200
    expect(grid(page).locator(".ag-row").first).to_be_visible()
    expect(page.get_by_text("expired")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)


def _scroll_and_upload(page: Page, folder: Path) -> None:
    _scroll(page)
    upload = folder / "campaigns.csv"
    upload.write_text("campaign_id,name\nuploaded,Uploaded to another process\n")
    campaign = page.url
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_role("button", name="Upload").click()
    page.locator('input[type="file"]').first.set_input_files(upload)
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("Upload complete.")).to_be_visible()
    page.goto(campaign)
    expect(grid(page).locator(".ag-row").first).to_be_visible()


def _nothing_is_lost(hosted: Company, senders: list[Sender], before: Events) -> None:
    """Every event that was acknowledged is in the database, once."""
    for sender in senders:
        sender.join(PATIENCE_SECONDS)
        assert sender.failure is None
    until(lambda: not spool.beside(hosted.database).state().size_bytes, "the rest to be loaded")
    reported = sum((sender.reported for sender in senders), Events())
    stored, refused = stored_events(hosted.database)
    assert (stored - before, refused) == (reported, 0)
    with duckdb.connect(str(hosted.database.resolve()), read_only=True) as connection:
        counted = "select count(*) from events where recipient like 'customer-%@example.com'"
        assert connection.execute(counted).fetchone() == (reported.total(),)
    for server in hosted.servers:
        assert httpx.get(f"{server.address}/readyz").json()["status"] == "ready"


def _everything_is_recorded(hosted: Company, seen: Seen, people: dict[str, Role]) -> None:
    """Signing in and out, exports and shares are in the audit, whichever process did them."""
    entries = audit.beside(hosted.database, Settings().keep_audit_months)
    signed = {entry.person for page in entries.all_entries(Search(action=Action.SIGNED_IN)) for entry in page}
    assert {person.partition("@")[0] for person in signed} == {*people, "boss"}
    assert entries.count(Search(action=Action.EXPORTED)) >= seen.files
    assert entries.count(Search(action=Action.SHARED)) >= len(seen.links) > 0
    assert entries.count(Search(action=Action.UPLOADED)) == 1
    assert entries.count(Search(action=Action.SIGNED_OUT)) == 1


def _links_work(hosted: Company, seen: Seen, losing: str) -> None:
    """All links to reports work, but those of whoever has lost their role."""
    with httpx.Client(verify=False, timeout=PATIENCE_SECONDS) as client:  # noqa: S501
        for link, person in [*seen.links.items()][-40:]:  # a client may open so many a minute
            request = client.build_request("GET", f"https://127.0.0.1:{hosted.proxy.port}{link}")
            request.headers["Host"], request.extensions["sni_hostname"] = NAME, NAME
            assert client.send(request).status_code == (404 if person == losing else 200)


def _logs_are_clean(hosted: Company) -> None:
    """No traceback, no address, and nothing but the dying answers to what nginx may not repeat failed."""
    logs = hosted.logs()
    assert "Traceback" not in logs
    assert re.findall(r"[\w.+-]+@[\w-]+\.\w+", logs) == []
    failed = [line.split() for line in hosted.proxy.log.read_text().splitlines() if " 50" in line]
    assert {(method, status) for _, method, status, *_ in failed if status >= "500"} <= {("POST", "502")}


def report(hosted: Company, seen: Seen, senders: list[Sender]) -> None:
    """Print what happened."""
    served = hosted.served()
    statuses = Counter(line.split()[2] for line in hosted.proxy.log.read_text().splitlines())
    died = Counter(served[page] for page in seen.reconnected)
    webhooks = sum((each.statuses for each in senders), Counter[int]())
    print(f"\n{PEOPLE} people, {seen.answers.total()} answers: {dict(seen.answers)}")
    print(f"{sum(statuses.values())} requests by status: {dict(statuses)}; webhooks: {dict(webhooks)}")
    print(f"{seen.files} files, {len(seen.links)} links; pages that died, by port: {dict(died)}")
    troubles = Counter((each.page in seen.reconnected, each.action, each.what) for each in seen.troubles)
    for (died_too, action, what), count in troubles.most_common():
        print(f"{count} x {'on a page that died' if died_too else 'ELSEWHERE'}: {action}: {what}")
