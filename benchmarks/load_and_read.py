"""How fast a big bundle loads, and how fast its pages are asked for: `make bench`.

Ratios first: machines differ and are busy, so each time stands beside one that was measured in the same run.
Loading is compared with DuckDB merely reading the same files; a page's queries with the same page of a campaign in
a small database.
"""

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from mailsight.loading import bundles
from mailsight.reports import campaign, customer, recipients
from mailsight.reports import campaigns as list_reports
from mailsight.reports.grid import grid_query
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST
from mailsight.sample import bundle as sample_bundle
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse

# About 20,000 messages a campaign.
CUSTOMERS = 50_000
BIG, SMALL = 100, 12
REPEATS = 7


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mailsight-bench-") as folder:
        big, small = Path(folder) / "big", Path(folder) / "small"
        for bundle, campaigns in ((big, BIG), (small, SMALL)):
            bundle.mkdir()
            sample_bundle.write_bundle(bundle, campaigns=campaigns, customers=CUSTOMERS)
            print(f"made {bundle.name}", file=sys.stderr)
        reading = seconds(lambda: read_files(big))
        loading = seconds(lambda: bundles.load(big / "mailsight.duckdb", [big]))
        again = seconds(lambda: bundles.load(big / "mailsight.duckdb", [big]))
        bundles.load(small / "mailsight.duckdb", [small])
        found = {
            "messages": rows(big, "messages"),
            "events": rows(big, "events"),
            "load: times reading the files": loading / reading,
            "load: seconds": loading,
            "load again, all known: seconds": again,
        }
        few = page_times(small / "mailsight.duckdb")
        for name, milliseconds in page_times(big / "mailsight.duckdb").items():
            found[f"{name}: times as in the small database"] = milliseconds / few[name]
            found[f"{name}: ms of queries"] = milliseconds
        shutil.rmtree(big)
    for name, value in found.items():
        print(f"{value:>14,.2f}  {name}")
    print(json.dumps(found))


def read_files(bundle: Path) -> None:
    """Reads every row of the bundle's big files and does nothing with them."""
    for kind in ("messages", "events"):
        duckdb.execute(f"select count(columns(*)) from read_parquet('{bundle}/{kind}*.parquet')").fetchall()  # noqa: S608


def rows(bundle: Path, kind: str) -> float:
    """How many rows of this kind the bundle holds."""
    [(counted,)] = duckdb.execute(f"select count(*) from read_parquet('{bundle}/{kind}*.parquet')").fetchall()  # noqa: S608
    return float(counted)


def page_times(database: Path) -> dict[str, float]:
    """The median milliseconds of each page's reports, for a campaign in the middle of the list."""
    warehouse = Warehouse(database)
    campaigns = list_reports.page(warehouse.snapshot(), Audience.HUMAN, EVERYTHING, NEWEST_FIRST, 0, 100_000)
    sent = sorted((one for one in campaigns if one.counts.sent), key=lambda one: one.counts.sent)
    campaign_id = sent[len(sent) // 2].campaign_id
    block = grid_query(sort_model=[{"colId": "clicks", "sort": "desc"}], search="an")
    customer_id = recipients.page(warehouse.snapshot(), campaign_id, Audience.HUMAN, block).rows[0][
        "customer_id"
    ]
    pages: dict[str, Callable[[], object]] = {
        "list": lambda: list_reports.page(
            warehouse.snapshot(), Audience.HUMAN, EVERYTHING, NEWEST_FIRST, 0, 100_000
        ),
        "campaign": lambda: campaign.report(warehouse.snapshot(), campaign_id, Audience.HUMAN),
        "timeline": lambda: campaign.timeline(warehouse.snapshot(), campaign_id, Audience.HUMAN),
        "grid, searched and sorted": lambda: recipients.page(
            warehouse.snapshot(), campaign_id, Audience.HUMAN, block
        ),
        "customer": lambda: customer.report(warehouse.snapshot(), customer_id, Audience.HUMAN),
    }
    return {
        name: 1000 * statistics.median(seconds(page) for _ in range(REPEATS)) for name, page in pages.items()
    }


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
