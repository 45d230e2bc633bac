"""How the time of a page's queries grows with the database: `python -m benchmarks.growth`.

A campaign of twenty thousand is asked about in the database of two million messages and in that of fifty million, by
turns, and one of a million in the latter. Nothing is remembered between two askings.
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


def never_asked() -> GridQuery:
    """Searched and sorted, in words that nobody used yet: what a grid finds is kept for who asks the same again."""
    opens = {"filterType": "number", "type": "greaterThan", "filter": -1 - next(_numbers)}
    return grid_query({"opens": opens}, [{"colId": "clicks", "sort": "desc"}], search="an")


@dataclass(frozen=True, slots=True)
class Grown:
    """Milliseconds of a page's queries: in the small database, in the big one, and for a campaign of a million."""

    page: str
    small: float
    big: float
    million: float


def pages(database: Path, name: str) -> dict[str, Callable[[], object]]:
    """What each page asks of the warehouse, for the campaign of this name."""
    warehouse, everything = Warehouse(database), CampaignSearch()
    [campaign] = campaigns.page(warehouse.snapshot(), HUMAN, CampaignSearch(name), NEWEST_FIRST, 0, 1)
    campaign_id = campaign.campaign_id
    customer_id = recipients.page(warehouse.snapshot(), campaign_id, HUMAN, never_asked()).rows[0][
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
            warehouse.snapshot(), campaign_id, HUMAN, never_asked()
        ),
        "customer": lambda: customer.report(warehouse.snapshot(), customer_id, HUMAN),
    }


def measure(small: Path, big: Path) -> list[Grown]:
    """A row per page."""
    asked = [
        pages(small, databases.SAME_NAME),
        pages(big, databases.SAME_NAME),
        pages(big, databases.MILLION_NAME),
    ]
    grown = []
    for page in asked[0]:
        times: list[list[float]] = [[], [], []]
        for round_ in range(REPEATS + 1):
            for place, of_database in enumerate(asked):
                start = time.perf_counter()
                of_database[page]()
                if round_:  # the first one only warms up
                    times[place].append(1000 * (time.perf_counter() - start))
        grown.append(Grown(page, *map(statistics.median, times)))
    return grown


def main() -> None:
    found = databases.DATABASES
    small, big = (databases.ready(found[name]) for name in ("two-million", "fifty-million"))
    for one in measure(small, big):
        print(f"{one.big / one.small:7.2f} x  {one.small:8.1f} ms  {one.big:8.1f} ms  {one.page}")
        print(f"                       a million: {one.million:8.1f} ms")


if __name__ == "__main__":
    main()
