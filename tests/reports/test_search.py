"""The list of campaigns: every search, order and page of it is what plain Python finds among all campaigns."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from mailsight.errors import BadRequest
from mailsight.exports import rows as export_rows
from mailsight.figures.metrics import COUNT_NAMES, RATES, Counts
from mailsight.loading import bundles
from mailsight.reports import campaign
from mailsight.reports import campaigns as list_reports
from mailsight.reports import search as campaign_search
from mailsight.reports.campaigns import ListedCampaign
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST, SORTS, CampaignSearch, Order
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support import odd_mailings
from tests.support.campaigns import listed

SEARCHES = {
    "everything": EVERYTHING,
    "words": CampaignSearch("SPR"),
    "words with spaces around": CampaignSearch("  spr "),
    "an id": CampaignSearch("no-html"),
    "signs of SQL": CampaignSearch("'; drop table campaigns; --"),
    "signs of patterns": CampaignSearch("%"),
    "an end of text": CampaignSearch("\0"),
    "from a day": CampaignSearch(since=datetime(2026, 4, 1, tzinfo=UTC)),
    "up to a day": CampaignSearch(until=datetime(2026, 4, 1, tzinfo=UTC)),
    "a tag": CampaignSearch(tags=("newsletter",)),
    "two tags": CampaignSearch(tags=("newsletter", "nl")),
    "all of it": CampaignSearch(
        "a", datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), ("newsletter",)
    ),
}


@pytest.fixture(scope="module")
def warehouse(sample_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sample data and mailings unlike others: planned ones, some without a name, some that nobody got."""
    folder = tmp_path_factory.mktemp("list")
    bundles.load(folder / "mailsight.duckdb", [sample_bundle])
    bundles.load(folder / "mailsight.duckdb", [odd_mailings.write(folder / "bundle")])
    return Warehouse(folder / "mailsight.duckdb")


def fits(one: ListedCampaign, search: CampaignSearch) -> bool:
    words = search.words.strip().lower()
    if not any(words in (text or "").lower() for text in (one.name, one.subject, one.campaign_id)):
        return False
    if search.since and not (one.sent_at and one.sent_at >= search.since):
        return False
    if search.until and not (one.sent_at and one.sent_at < search.until):
        return False
    return set(search.tags) <= set(one.tags)


def value(one: ListedCampaign, key: str) -> Any:
    rate = next((rate for rate in RATES if rate.key == key), None)
    if rate:
        return rate.rate(one.counts)
    if key in COUNT_NAMES:
        return getattr(one.counts, key)
    return one.sent_at if key == "sent_at" else one.name.lower()


def ordered(campaigns: list[ListedCampaign], order: Order) -> list[str]:
    planned_first = datetime.max.replace(tzinfo=UTC)
    newest = sorted(campaigns, key=lambda one: (one.name.encode(), one.campaign_id))
    newest.sort(key=lambda one: one.sent_at or planned_first, reverse=True)
    if order == NEWEST_FIRST:
        return [one.campaign_id for one in newest]
    known = [one for one in newest if value(one, order.key) is not None]
    known.sort(key=lambda one: value(one, order.key), reverse=order.down)
    return [one.campaign_id for one in (*known, *(one for one in newest if one not in known))]


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_search_finds_what_fits(warehouse: Warehouse, search: CampaignSearch) -> None:
    for audience in Audience:
        expected = [one for one in listed(warehouse, audience) if fits(one, search)]
        assert list_reports.page(warehouse.snapshot(), audience, search, NEWEST_FIRST, 0, 10_000) == expected
        found = list_reports.found(warehouse.snapshot(), audience, search)
        sums = {name: sum(getattr(one.counts, name) for one in expected) for name in COUNT_NAMES}
        assert (found.campaigns, found.totals) == (len(expected), Counts(**sums))
        for rate in RATES:
            rates = [known for one in expected if (known := rate.rate(one.counts)) is not None]
            assert found.largest[rate.key] == max(rates, default=None)


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("key", SORTS)
def test_every_column_sorts_with_what_is_missing_last(warehouse: Warehouse, key: str, down: bool) -> None:
    order = Order(key, down)
    campaigns = listed(warehouse, Audience.HUMAN)
    pages = [
        one.campaign_id
        for start in range(0, len(campaigns) + 3, 3)
        for one in list_reports.page(warehouse.snapshot(), Audience.HUMAN, EVERYTHING, order, start, 3)
    ]
    assert pages == ordered(campaigns, order)
    exported = export_rows.campaigns(warehouse.snapshot(), Audience.HUMAN, EVERYTHING, order)
    assert [one for batch in exported.batches for one in batch["campaign_id"].to_pylist()] == pages


def test_a_rate_is_the_same_in_sql_and_python(warehouse: Warehouse) -> None:
    rows = warehouse.snapshot().rows(
        "campaign_list", campaign_search.selection(EVERYTHING), audience=Audience.ALL, start=0, size=None
    )
    assert any(row["cor"] is None for row in rows)
    for row in rows:
        assert {rate.key: row[rate.key] for rate in RATES} == {
            rate.key: rate.rate(Counts.of(row)) for rate in RATES
        }


def test_a_day_is_a_day_in_its_own_zone(warehouse: Warehouse) -> None:
    """The same moment said in another zone finds the same campaigns."""
    newest = next(one for one in listed(warehouse, Audience.ALL) if one.sent_at)
    assert newest.sent_at is not None
    there = newest.sent_at.astimezone(timezone(timedelta(hours=-9)))
    for search, included in ((CampaignSearch(since=there), True), (CampaignSearch(until=there), False)):
        found = list_reports.page(warehouse.snapshot(), Audience.ALL, search, NEWEST_FIRST, 0, 10_000)
        assert (newest in found) is included


@pytest.mark.parametrize("key", ["", "subject", "sent_at; drop table campaigns", "1"])
def test_an_order_that_the_list_does_not_have_is_refused(key: str) -> None:
    with pytest.raises(BadRequest):
        campaign_search.selection(EVERYTHING, Order(key))


def test_what_is_loaded_is_counted(warehouse: Warehouse) -> None:
    campaigns = listed(warehouse, Audience.ALL)
    loaded = list_reports.loaded(warehouse.snapshot())
    assert loaded.campaigns == len(campaigns)
    assert list(loaded.tags) == sorted({tag for one in campaigns for tag in one.tags})


def test_the_trends_are_the_opens_of_the_first_hours(warehouse: Warehouse) -> None:
    ids = [one.campaign_id for one in listed(warehouse, Audience.ALL)]
    trends: dict[str, list[int]] = {}
    for audience in Audience:
        trends = list_reports.trends(warehouse.snapshot(), ids, audience, 72)
        assert list(trends) == ids
        for campaign_id, opens in trends.items():
            hours = campaign.timeline(warehouse.snapshot(), campaign_id, audience)
            expected = dict(zip(hours["hour"], hours["opens"], strict=True))
            assert opens == [expected.get(hour, 0) for hour in range(72)]
    assert any(any(opens) for opens in trends.values())


def test_campaigns_side_by_side_stand_in_the_order_asked_for(warehouse: Warehouse) -> None:
    known = {one.campaign_id: one for one in listed(warehouse, Audience.HUMAN)}
    ids = [*reversed(known), "nowhere"]
    compared = list_reports.compared(warehouse.snapshot(), ids, Audience.HUMAN)
    assert [one.campaign for one in compared] == [known[one] for one in reversed(known)]
    for one in compared:
        assert sum(one.opened.values()) == one.campaign.counts.opened
        assert sum(one.clicked.values()) == one.campaign.counts.clicked
