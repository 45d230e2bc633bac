"""Measure how fast a big bundle loads, and how fast the queries of its pages are: `make bench`.

Machines differ and are busy, so each time is compared with one from the same run: a load with DuckDB just reading the
same files, and a page's queries with those of the same page in a small database.
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

from benchmarks import small_files
from mailsight.loading import bundles
from mailsight.reports import campaign, customer, recipients
from mailsight.reports import campaigns as list_reports
from mailsight.reports.grid import grid_query
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST
from mailsight.sample import bundle as sample_bundle
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse

# About 20,000 messages per campaign.
CUSTOMERS = 50_000
BIG, SMALL = 100, 12
REPEATS = 7


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mailsight-bench-") as folder:
        big, small = Path(folder) / "big", Path(folder) / "small"
        for bundle, campaigns in ((big, BIG), (small, SMALL)):
            bundle.mkdir()
            sample_bundle.write_bundle(bundle, campaigns=campaigns, customers=CUSTOMERS)
            print(f"generated {bundle.name}", file=sys.stderr)
        reading = seconds(lambda: read_files(big))
        loading = seconds(lambda: bundles.load(big / "mailsight.duckdb", [big]))
        again = seconds(lambda: bundles.load(big / "mailsight.duckdb", [big]))
        bundles.load(small / "mailsight.duckdb", [small])
        results = {
            "messages": rows(big, "messages"),
            "events": rows(big, "events"),
            "load: times reading the files": loading / reading,
            "load: seconds": loading,
            "load again, all known: seconds": again,
            small_files.LABEL: load_small_files(Path(folder)),
        }
        small_times = page_times(small / "mailsight.duckdb")
        for name, milliseconds in page_times(big / "mailsight.duckdb").items():
            results[f"{name}: times as in the small database"] = milliseconds / small_times[name]
            results[f"{name}: ms of queries"] = milliseconds
        shutil.rmtree(big)
    for name, value in results.items():
        print(f"{value:>14,.2f}  {name}")
    print(json.dumps(results))


def load_small_files(folder: Path) -> float:
    lines = [f"{json.dumps(event(number))}\n" for number in range(small_files.EVENTS)]
    return small_files.times_a_single_file(
        lines, folder, "events-#.ndjson", lambda database, bundle: bundles.load(database, [bundle])
    )


def event(number: int) -> dict[str, object]:
    return {
        "event_id": f"event{number:020d}",
        "campaign_id": "spring",
        "customer_id": f"customer{number % 5_000}",
        "type": ("delivered", "opened", "clicked")[number % 3],
        "occurred_at": f"2026-04-{1 + number % 28:02d}T10:{number % 60:02d}:00Z",
        "url": "https://shop.example/",
        "user_agent": "Mozilla/5.0",
    }


def read_files(bundle: Path) -> None:
    """Read every row of the bundle's big files."""
    for kind in ("messages", "events"):
        duckdb.execute(f"select count(columns(*)) from read_parquet('{bundle}/{kind}*.parquet')").fetchall()  # noqa: S608


def rows(bundle: Path, kind: str) -> float:
    """Count the bundle's rows of this kind."""
    [(count,)] = duckdb.execute(f"select count(*) from read_parquet('{bundle}/{kind}*.parquet')").fetchall()  # noqa: S608
    return float(count)


def page_times(database: Path) -> dict[str, float]:
    """Return the median milliseconds of each page's reports, for a campaign of median size."""
    warehouse = Warehouse(database)
    campaigns = list_reports.page(warehouse.snapshot(), Audience.HUMAN, EVERYTHING, NEWEST_FIRST, 0, 100_000)
    sent = sorted((row for row in campaigns if row.counts.sent), key=lambda row: row.counts.sent)
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
    """Return how long a task takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
