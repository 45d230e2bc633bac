"""Nobody's name or address gets into a log or an address, whatever people and providers do."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mailsight.loading import bundles
from tests.support.browsing import choose, close_dialog, grid, settle, visit
from tests.support.bundles import CAMPAIGN, bundle, ndjson
from tests.support.command_line import run
from tests.support.dashboard import start_dashboard
from tests.support.waiting import PATIENCE_SECONDS
from tooling import servers

pytestmark = pytest.mark.browser

FIRST, LAST, ADDRESS = "Quirina", "Zwartkruis", "quirina.z@privat.example"
NAME = f"{FIRST} {LAST}"
PASSWORD = "hunter22"
# In any spelling and any part.
PERSONAL = ("quirina", "zwartkruis", "privat.example", PASSWORD)
ENVIRONMENT = {
    "MAILSIGHT_LOG_LEVEL": "debug",
    "MAILSIGHT_WEBHOOK_SENDGRID_BASIC_AUTH": f"sender:{PASSWORD}",
    "MAILSIGHT_WEBHOOK_LOAD_SECONDS": "0.5",
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that went to two people, of whom one was left out. Some rows were rejected."""
    folder = tmp_path_factory.mktemp("personal")
    person = {"customer_id": "7", "name": NAME, "first_name": FIRST, "email": ADDRESS}
    message = {
        "campaign_id": "spring",
        "customer_id": "7",
        "sent_at": "2026-04-14T09:00:00Z",
        "email": ADDRESS,
    }
    clicked = {
        "campaign_id": "spring",
        "customer_id": "7",
        "type": "clicked",
        "url": f"https://shop.example/?who={ADDRESS}",
        "occurred_at": "2026-04-14T10:00:00Z",
    }
    files = {
        "campaigns.ndjson": ndjson(CAMPAIGN | {"sent_at": "2026-04-14T09:00:00Z"}),
        "customers.ndjson": ndjson(person, {"customer_id": "8", "name": f"{LAST} Junior"}),
        "messages.ndjson": ndjson(
            message, {"campaign_id": "spring", "customer_id": "8", "not_sent_reason": "opted_out"}
        ),
        "events.ndjson": ndjson(clicked, clicked | {"occurred_at": NAME}, clicked | {"type": ADDRESS}),
        "mail.html": f"<p>Dear {{{{first_name}}}}</p><a href='https://shop.example/?who={ADDRESS}'>Shop</a>",
    }
    database = folder / "data" / "mailsight.duckdb"
    bundles.load(database, [bundle(folder / "bundle", files)])
    return database


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "server.log"


@pytest.fixture(scope="module")
def address(database: Path, log: Path) -> Iterator[str]:
    port = servers.free_port()
    process = start_dashboard(database, log, port, environment=ENVIRONMENT)
    try:
        yield servers.await_answer(process, port, log)
    finally:
        servers.stop(process)


def test_a_walk_leaves_no_name_in_logs_and_addresses(browser: Browser, address: str, log: Path) -> None:
    addresses: list[str] = []
    with visit(browser) as (page, _):
        page.on("request", lambda request: addresses.append(request.url))
        page.on("framenavigated", lambda frame: addresses.append(frame.url))
        _walk(page, address, addresses)
    _ask(address)
    text = log.read_text(encoding="utf-8", errors="replace").lower()
    assert "mailsight" in text
    assert _naming(text) == []
    # What the test itself asked for is not among these.
    visited = "\n".join(addresses).lower()
    assert "/customer?id=7" in visited
    assert _naming(visited) == []


def _naming(text: str) -> list[str]:
    """The lines that name somebody."""
    return [line for line in text.splitlines() if any(word in line for word in PERSONAL)]


def _walk(page: Page, address: str, addresses: list[str]) -> None:
    """Every page and dialog with customers, searches, filters, exports and an upload."""

    def note() -> None:
        settle(page)
        addresses.append(page.url)

    page.goto(address)
    page.get_by_label("Search", exact=True).first.fill(ADDRESS)
    note()
    page.get_by_role("button", name="Find a customer").click()
    page.get_by_role("dialog").get_by_placeholder("Name, e-mail or customer ID").fill(NAME)
    page.get_by_role("dialog").get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    note()
    for label in ("Show the e-mail this customer received", "Show all events of this e-mail"):
        page.get_by_label(label).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        note()
        close_dialog(page)
    with page.expect_download():
        choose(page, "Events", "CSV")
    page.goto(f"{address}/campaign?id=spring&tab=heatmap")
    page.get_by_placeholder("Search name or e-mail").fill(NAME)
    expect(grid(page).locator(".name")).to_have_count(1)
    grid(page).get_by_label("E-mail Filter Input").fill(ADDRESS)
    expect(grid(page).locator(".name")).to_have_count(1)
    note()
    with page.expect_download():
        choose(page, "Export", "CSV")
    page.goto(f"{address}/campaign?id=spring&dialog=not-sent")
    page.get_by_role("dialog").get_by_placeholder("Search name, e-mail or detail").fill(LAST)
    note()
    page.goto(f"{address}/data?tab=rejected-rows")
    page.get_by_placeholder("Search file or reason").fill(NAME)
    note()
    page.goto(f"{address}/data?dialog=upload")
    row = f"customer_id,name,email,first_seen\n9,{NAME},{ADDRESS},{NAME}\n"
    file = {"name": f"{NAME} {ADDRESS}.csv", "mimeType": "text/csv", "buffer": row.encode()}
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(file)  # type: ignore[arg-type]
    note()
    page.goto(f"{address}/audit")
    page.get_by_placeholder("Address or ID").fill(ADDRESS)
    note()


def _ask(address: str) -> None:
    """Requests with names where they don't belong, and some that fail."""
    password = base64.b64encode(f"sender:{PASSWORD}".encode()).decode()
    event = {"email": ADDRESS, "event": NAME, "timestamp": NAME, "sg_event_id": ADDRESS}
    with httpx.Client(base_url=address, timeout=PATIENCE_SECONDS) as client:
        for body in (
            json.dumps([event]),
            f"{{{NAME}",
            f'[{{"event": "open", "timestamp": 1, "email": ["{NAME}"]}}]',
        ):
            for headers in ({"Authorization": f"Basic {password}"}, {}):
                client.post(f"/webhooks/sendgrid/?to={ADDRESS}", content=body, headers=headers)
        for path in (
            f"/{NAME}",
            f"/customer/{ADDRESS}",
            f"/webhooks/{LAST}/",
            f"/api/export?token={ADDRESS}",
        ):
            client.get(path, params={"who": ADDRESS})
        client.get("/", headers={"Host": f"{LAST}.example"})
        client.post("/api/recipients", json={"token": NAME, "search": NAME})
        client.put(f"/_stcore/upload_file/{LAST}/{LAST}", files={"file": io.BytesIO(NAME.encode())})


def test_an_import_logs_neither_its_password_nor_data(database: Path) -> None:
    where = f"postgresql://{LAST}:{PASSWORD}@127.0.0.1:1/{FIRST}"
    with pytest.raises(Exception) as failed:  # noqa: PT011
        run("import", "listmonk", where, "--database", database)
    assert PASSWORD not in str(failed.value)
