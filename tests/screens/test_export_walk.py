"""Exports in a real browser: they contain what the page shows, in every format, and their files are removed."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mailsight.exports import pdf
from mailsight.figures import formats
from mailsight.reports import campaign, recipients
from mailsight.reports import grid as grids
from mailsight.vocabulary import Audience, Status
from mailsight.warehouse.reader import Warehouse
from tests.support.browsing import choose, click_funnel, expect_customers, grid, visit
from tests.support.campaigns import most_clicked
from tests.support.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(sample_database: Path) -> campaign.CampaignReport:
    """The campaign with the most clicks."""
    warehouse = Warehouse(sample_database)
    return campaign.report(warehouse.snapshot(), most_clicked(warehouse), Audience.HUMAN)


def test_the_export_contains_what_the_grid_shows(
    browser: Browser, server: str, sample_database: Path, report: campaign.CampaignReport
) -> None:
    filtered = grids.grid_query({"name": {"type": "contains", "filter": "a"}}, status=[Status.CLICKED])
    campaign_id = report.campaign.campaign_id
    shown = recipients.page(
        Warehouse(sample_database).snapshot(), campaign_id, Audience.HUMAN, filtered
    ).total
    assert 0 < shown < report.status[Status.CLICKED]
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={campaign_id}")
        expect_customers(page, report.counts.selected)
        click_funnel(page, Status.CLICKED)
        expect_customers(page, report.status[Status.CLICKED])
        grid(page).locator(".ag-floating-filter-input input").first.fill("a")
        expect_customers(page, shown)
        # Below the funnel, too, though only the browser knows the filters of the grid's columns.
        expect(page.get_by_text(formats.things(shown, "customer"), exact=True).first).to_be_visible()
        for entry, ending in (("CSV", "csv"), ("Excel", "xlsx"), ("Parquet", "parquet")):
            with page.expect_download() as download:
                choose(page, "Export", entry)
            assert download.value.suggested_filename.endswith(f"-human.{ending}")
            if entry == "CSV":
                lines = download.value.path().read_text("utf-8-sig").splitlines()
                assert len(lines) == shown + 1
                assert all('"clicked"' in line for line in lines[1:])
        expect(page.get_by_role("link", name="Download", exact=True)).to_be_visible()
        address = page.get_by_role("link", name="Download", exact=True).get_attribute("href")
        page.get_by_role("button", name="Remove customers").click()
        expect(page.get_by_role("link", name="Download", exact=True)).to_have_count(0)
        # Removing an export deletes its file; closing the page also ends the permission.
        expect_status(page, f"{server}{address}", 404)
        with page.expect_download():
            choose(page, "Events", "Parquet")
        address = page.get_by_role("link", name="Download", exact=True).get_attribute("href")
        page.goto("about:blank")
        expect_status(page, f"{server}{address}", 401)
        assert wrong == []


def test_each_tab_exports_its_own_view(
    browser: Browser, server: str, sample_database: Path, report: campaign.CampaignReport
) -> None:
    campaign_id = report.campaign.campaign_id
    address = f"{server}/campaign?id={campaign_id}"
    query = grids.grid_query(
        {"name": {"type": "contains", "filter": "a"}}, [{"colId": "opens", "sort": "desc"}], end=500
    )
    expected = recipients.page(Warehouse(sample_database).snapshot(), campaign_id, Audience.HUMAN, query)
    with visit(browser) as (page, wrong):
        page.goto(address)
        expect_customers(page, report.counts.selected)
        grid(page).locator(".ag-floating-filter-input input").first.fill("a")
        expect_customers(page, expected.total)
        opens = grid(page).locator('[role=columnheader][col-id="opens"]')
        for order in ("ascending", "descending"):
            opens.get_by_text("Opens").click()
            expect(opens).to_have_attribute("aria-sort", order)
        other = page.context.new_page()
        other.goto(address)
        expect_customers(other, report.counts.selected)
        ids = exported_ids(page)
        assert len(ids) == expected.total
        assert ids[: len(expected.rows)] == [row["customer_id"] for row in expected.rows]
        assert len(exported_ids(other)) == report.counts.selected
        assert wrong == []


def exported_ids(page: Page) -> list[str]:
    with page.expect_download() as download:
        choose(page, "Export", "CSV")
    text = download.value.path().read_text("utf-8-sig")
    return [row["customer_id"] for row in csv.DictReader(text.splitlines())]


@pytest.mark.parametrize(("entry", "begins"), [("HTML", b"<!DOCTYPE html>"), ("PDF", b"%PDF")])
def test_the_page_can_be_exported_as_a_report(
    browser: Browser, server: str, report: campaign.CampaignReport, entry: str, begins: bytes
) -> None:
    if entry == "PDF" and not pdf.available():
        pytest.skip(pdf.MISSING)
    campaign_id = report.campaign.campaign_id
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={campaign_id}")
        with page.expect_download() as download:
            choose(page, "Report", entry)
        assert download.value.suggested_filename == f"report-{campaign_id}-human.{entry.lower()}"
        assert download.value.path().read_bytes().startswith(begins)
        assert wrong == []


def expect_status(page: Page, address: str, status: int) -> None:
    until(lambda: page.request.get(address).status == status, f"the file's status to be {status}")
