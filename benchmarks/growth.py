"""Measure how a page's query time grows with the database: `python -m benchmarks.growth`.

Queries a campaign of twenty thousand in the databases of two and of fifty million messages alternately, and a campaign
of a million in the latter. No query finds its result in a cache.
"""

import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import databases
from mailsight.reports import campaign as campaign_reports
from mailsight.reports import campaigns, customer, recipients
from mailsight.reports.grid import grid_query
from mailsight.reports.search import NEWEST_FIRST, CampaignSearch
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from mailsight.warehouse.selection import GridQuery

REPEATS = 9
HUMAN = Audience.HUMAN
_numbers = itertools.count()


def uncached_query() -> GridQuery:
    """Return a search that is not in the cache of grid results: each has a different filter."""
    opens = {"filterType": "number", "type": "greaterThan", "filter": -1 - next(_numbers)}
    return grid_query({"opens": opens}, [{"colId": "clicks", "sort": "desc"}], search="an")


@dataclass(frozen=True, slots=True)
class PageTimes:
    """The milliseconds of a page's queries in the small database, in the big one, and for the campaign of a million."""

    name: str
    small: float
    big: float
    million: float


def pages(database: Path, name: str) -> dict[str, Callable[[], object]]:
    """Return the queries of each page, for the campaign with this name."""
    warehouse, everything = Warehouse(database), CampaignSearch()
    [campaign] = campaigns.page(warehouse.snapshot(), HUMAN, CampaignSearch(name), NEWEST_FIRST, 0, 1)
    campaign_id = campaign.campaign_id
    customer_id = recipients.page(warehouse.snapshot(), campaign_id, HUMAN, uncached_query()).rows[0][
        "customer_id"
    ]
    return {
        "list": lambda: (
            campaigns.overview(warehouse.snapshot()),
            campaigns.search_totals(warehouse.snapshot(), HUMAN, everything),
            campaigns.page(warehouse.snapshot(), HUMAN, everything, NEWEST_FIRST, 0, 25),
        ),
        "campaign": lambda: (
            campaign_reports.report(warehouse.snapshot(), campaign_id, HUMAN),
            campaign_reports.apple_opens(warehouse.snapshot(), campaign_id),
        ),
        "timeline": lambda: campaign_reports.timeline(warehouse.snapshot(), campaign_id, HUMAN),
        "grid, searched and sorted": lambda: recipients.page(
            warehouse.snapshot(), campaign_id, HUMAN, uncached_query()
        ),
        "customer": lambda: customer.report(warehouse.snapshot(), customer_id, HUMAN),
    }


def measure(small: Path, big: Path) -> list[PageTimes]:
    databases_pages = [
        pages(small, databases.SAME_NAME),
        pages(big, databases.SAME_NAME),
        pages(big, databases.MILLION_NAME),
    ]
    results = []
    for name in databases_pages[0]:
        times: list[list[float]] = [[], [], []]
        for round_ in range(REPEATS + 1):
            for number, database_pages in enumerate(databases_pages):
                start = time.perf_counter()
                database_pages[name]()
                if round_:  # the first round only warms up
                    times[number].append(1000 * (time.perf_counter() - start))
        results.append(PageTimes(name, *map(statistics.median, times)))
    return results


def main() -> None:
    small, big = (databases.ready(databases.DATABASES[name]) for name in ("two-million", "fifty-million"))
    for page in measure(small, big):
        print(f"{page.big / page.small:7.2f} x  {page.small:8.1f} ms  {page.big:8.1f} ms  {page.name}")
        print(f"                       a million: {page.million:8.1f} ms")


if __name__ == "__main__":
    main()
