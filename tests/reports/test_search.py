"""The campaign list: every search, order and page equals a selection in plain Python."""

import unicodedata
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
from tests.support import odd_campaigns
from tests.support.campaigns import listed

SEARCHES = {
    "everything": EVERYTHING,
    "words": CampaignSearch("SPR"),
    "words with spaces around": CampaignSearch("  spr "),
    "words in any order, and a tag": CampaignSearch("letter  SPRING"),
    "a word without its accent": CampaignSearch("cafe"),
    "more words than a search has": CampaignSearch("a " * 50),
    "an id": CampaignSearch("no-html"),
    "signs of SQL": CampaignSearch("'; drop table campaigns; --"),
    "signs of patterns": CampaignSearch("%"),
    "an end of text": CampaignSearch("\0"),
    "from a day": CampaignSearch(since=datetime(2026, 4, 1, tzinfo=UTC)),
    "up to a day": CampaignSearch(until=datetime(2026, 4, 1, tzinfo=UTC)),
    "a tag": CampaignSearch(tags=("newsletter",)),
    "two tags": CampaignSearch(tags=("newsletter", "spring")),
    "both of two tags": CampaignSearch(tags=("newsletter", "spring"), all_tags=True),
    "all of it": CampaignSearch(
        "a", datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), ("newsletter",)
    ),
}


@pytest.fixture(scope="module")
def warehouse(sample_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sample data, plus unusual campaigns: planned ones, some without a name, some that nobody received."""
    folder = tmp_path_factory.mktemp("list")
    bundles.load(folder / "mailsight.duckdb", [sample_bundle])
    bundles.load(folder / "mailsight.duckdb", [odd_campaigns.write(folder / "bundle")])
    return Warehouse(folder / "mailsight.duckdb")


def matches(row: ListedCampaign, search: CampaignSearch) -> bool:
    texts = [_plain(text or "") for text in (row.name, row.subject, row.campaign_id, *row.tags)]
    if not all(any(_plain(word) in text for text in texts) for word in search.words.split()):
        return False
    if search.since and not (row.sent_at and row.sent_at >= search.since):
        return False
    if search.until and not (row.sent_at and row.sent_at < search.until):
        return False
    if search.all_tags:
        return set(search.tags) <= set(row.tags)
    return not search.tags or bool(set(search.tags) & set(row.tags))


def _plain(text: str) -> str:
    """The text without case and accents."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def value(row: ListedCampaign, key: str) -> Any:
    rate = next((rate for rate in RATES if rate.key == key), None)
    if rate:
        return rate.rate(row.counts)
    if key == "not_sent" and row.is_planned:
        return None
    if key in COUNT_NAMES:
        return getattr(row.counts, key)
    return row.sent_at if key == "sent_at" else row.name.lower()


def ordered(campaigns: list[ListedCampaign], order: Order) -> list[str]:
    planned_first = datetime.max.replace(tzinfo=UTC)
    newest = sorted(campaigns, key=lambda row: (row.name.encode(), row.campaign_id))
    newest.sort(key=lambda row: row.sent_at or planned_first, reverse=True)
    if order == NEWEST_FIRST:
        return [row.campaign_id for row in newest]
    known = [row for row in newest if value(row, order.key) is not None]
    known.sort(key=lambda row: value(row, order.key), reverse=order.down)
    missing = [row for row in newest if row not in known]
    return [row.campaign_id for row in (*known, *missing)]


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_search_returns_the_matching_campaigns(warehouse: Warehouse, search: CampaignSearch) -> None:
    for audience in Audience:
        expected = [row for row in listed(warehouse, audience) if matches(row, search)]
        assert list_reports.page(warehouse.snapshot(), audience, search, NEWEST_FIRST, 0, 10_000) == expected
        totals = list_reports.search_totals(warehouse.snapshot(), audience, search)
        begun = [row for row in expected if not row.is_planned]
        sums = {name: sum(getattr(row.counts, name) for row in begun) for name in COUNT_NAMES}
        assert (totals.campaigns, totals.totals) == (len(expected), Counts(**sums))
        assert totals.planned == sum(row.counts.selected for row in expected if row.is_planned)
        for rate in RATES:
            rates = [known for row in expected if (known := rate.rate(row.counts)) is not None]
            assert totals.largest[rate.key] == max(rates, default=None)


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("key", SORTS)
def test_every_column_sorts_missing_values_last(warehouse: Warehouse, key: str, down: bool) -> None:
    order = Order(key, down)
    campaigns = listed(warehouse, Audience.HUMAN)
    pages = [
        row.campaign_id
        for start in range(0, len(campaigns) + 3, 3)
        for row in list_reports.page(warehouse.snapshot(), Audience.HUMAN, EVERYTHING, order, start, 3)
    ]
    assert pages == ordered(campaigns, order)
    exported = export_rows.campaigns(warehouse.snapshot(), Audience.HUMAN, EVERYTHING, order)
    exported_ids = [
        campaign_id for batch in exported.batches for campaign_id in batch["campaign_id"].to_pylist()
    ]
    assert exported_ids == pages


def test_a_rate_is_the_same_in_sql_and_python(warehouse: Warehouse) -> None:
    rows = warehouse.snapshot().rows(
        "campaign_list", campaign_search.selection(EVERYTHING), audience=Audience.ALL, start=0, size=None
    )
    assert any(row["cor"] is None for row in rows)
    for row in rows:
        assert {rate.key: row[rate.key] for rate in RATES} == {
            rate.key: rate.rate(Counts.of(row)) for rate in RATES
        }


def test_the_zone_of_a_searched_time_does_not_matter(warehouse: Warehouse) -> None:
    newest = next(row for row in listed(warehouse, Audience.ALL) if row.sent_at)
    assert newest.sent_at is not None
    moment = newest.sent_at.astimezone(timezone(timedelta(hours=-9)))
    for search, included in ((CampaignSearch(since=moment), True), (CampaignSearch(until=moment), False)):
        rows = list_reports.page(warehouse.snapshot(), Audience.ALL, search, NEWEST_FIRST, 0, 10_000)
        assert (newest in rows) is included


@pytest.mark.parametrize("key", ["", "subject", "sent_at; drop table campaigns", "1"])
def test_an_unknown_sort_column_is_rejected(key: str) -> None:
    with pytest.raises(BadRequest):
        campaign_search.selection(EVERYTHING, Order(key))


def test_the_overview_counts_campaigns_and_lists_their_tags(warehouse: Warehouse) -> None:
    campaigns = listed(warehouse, Audience.ALL)
    overview = list_reports.overview(warehouse.snapshot())
    assert overview.campaigns == len(campaigns)
    assert list(overview.tags) == sorted({tag for row in campaigns for tag in row.tags})


def test_the_trends_are_the_opens_of_the_first_hours(warehouse: Warehouse) -> None:
    ids = [row.campaign_id for row in listed(warehouse, Audience.ALL)]
    trends: dict[str, list[int]] = {}
    for audience in Audience:
        trends = list_reports.trends(warehouse.snapshot(), ids, audience, 72)
        assert list(trends) == ids
        for campaign_id, opens in trends.items():
            hours = campaign.timeline(warehouse.snapshot(), campaign_id, audience)
            expected = dict(zip(hours["hour"], hours["opens"], strict=True))
            assert opens == [expected.get(hour, 0) for hour in range(72)]
    assert any(any(opens) for opens in trends.values())


def test_compared_campaigns_keep_the_requested_order(warehouse: Warehouse) -> None:
    known = {row.campaign_id: row for row in listed(warehouse, Audience.HUMAN)}
    ids = [*reversed(known), "nowhere"]
    compared = list_reports.compared(warehouse.snapshot(), ids, Audience.HUMAN)
    assert [row.campaign for row in compared] == list(reversed(known.values()))
    for row in compared:
        assert sum(row.opened.values()) == row.campaign.counts.opened
        assert sum(row.clicked.values()) == row.campaign.counts.clicked
