"""Names that are written from right to left keep their order, and axes of small counts have whole numbers."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from mailsight.loading import bundles
from tests.support.browsing import grid, settle, visit

NAME, SUBJECT, CUSTOMER = "عرض 50%!", "מבצע (2026)!", "مريم (VIP)!"
# The exclamation mark ends the text, so it is to the left of its first letter.
_READS_FROM_THE_RIGHT = """(element, text) => {
    const place = index => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        for (let node; (node = walker.nextNode()); ) {
            const start = node.data.indexOf(text);
            if (start < 0) continue;
            const range = document.createRange();
            range.setStart(node, start + index);
            range.setEnd(node, start + index + 1);
            return range.getBoundingClientRect().left;
        }
        throw Error(`no ${text} in ${element.outerHTML}`);
    };
    return place(text.length - 1) < place(0);
}"""


def reads_from_the_right(place: Locator, text: str) -> bool:
    expect(place).to_contain_text(text)
    return bool(place.evaluate(_READS_FROM_THE_RIGHT, text))


@pytest.mark.browser
def test_names_from_right_to_left_keep_their_order(
    browser: Browser, serve: Callable[..., str], tmp_path: Path
) -> None:
    campaign: dict[str, object] = {
        "campaign_id": "rtl",
        "name": NAME,
        "subject": SUBJECT,
        "tags": [NAME],
        "sent_at": "2026-04-14T09:00:00Z",
    }
    customer: dict[str, object] = {"customer_id": "1", "name": CUSTOMER, "email": "m@mail.example"}
    message: dict[str, object] = {"campaign_id": "rtl", "customer_id": "1", "sent_at": "2026-04-14T09:00:00Z"}
    events: list[dict[str, object]] = [
        {
            "campaign_id": "rtl",
            "customer_id": "1",
            "type": kind,
            "occurred_at": f"2026-04-14T{hour:02}:30:00Z",
        }
        for kind, hour in (("opened", 10), ("opened", 12), ("clicked", 12))
    ]
    tables = {
        "campaigns": [campaign, campaign | {"campaign_id": "other"}],
        "customers": [customer],
        "messages": [message],
        "events": events,
    }
    (tmp_path / "bundle").mkdir()
    for name, rows in tables.items():
        (tmp_path / "bundle" / f"{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    bundles.load(tmp_path / "mailsight.duckdb", [tmp_path / "bundle"])
    address = serve(tmp_path / "mailsight.duckdb")
    with visit(browser) as (page, wrong):
        page.goto(address)
        row = page.get_by_role("row", name=NAME).first
        assert reads_from_the_right(row.locator(".main"), NAME)
        assert reads_from_the_right(row.locator(".note").first, SUBJECT)
        page.goto(f"{address}/compare?id=rtl&id=other")
        figures = page.get_by_role("table", name="Figures compared")
        assert reads_from_the_right(figures.locator("th").nth(1), NAME)
        page.goto(f"{address}/campaign?id=rtl&audience=all")
        settle(page)
        assert page.title() == f"\N{FIRST STRONG ISOLATE}{NAME}\N{POP DIRECTIONAL ISOLATE} · Mailsight"
        assert reads_from_the_right(page.get_by_role("heading", level=1), NAME)
        assert reads_from_the_right(page.locator(".st-key-trail"), NAME)
        assert reads_from_the_right(page.locator(".facts span").first, SUBJECT)
        assert reads_from_the_right(page.locator(".facts b").first, NAME)
        assert reads_from_the_right(grid(page).locator(".name"), CUSTOMER)
        page.get_by_role("tab", name="Timeline").click()
        chart = page.locator(".js-plotly-plot").last
        expect(chart.locator(".ytick text")).to_have_text(["0", "1"])
        chart.locator(".legendtoggle").first.click()
        expect(chart.locator(".ytick text")).to_have_text(["0", "1"])
        assert wrong == []
