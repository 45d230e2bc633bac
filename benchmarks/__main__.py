"""Run all benchmarks and print the results as Markdown tables: `make bench`.

    python -m benchmarks [--rounds N] [--only PART...] [--keep]

Most results are ratios, some with a target. They are also saved as JSON. `--keep` writes the tables to
docs/performance.md.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile

from rich.console import Console
from rich.progress import Progress

from benchmarks import crowd, databases, growth, large_mails, screens, sender_schema, served
from benchmarks.postgres import NoPostgres
from mailsight.exports import rows as export_rows
from mailsight.exports import writers
from mailsight.exports.lists import Format
from mailsight.reports.grid import grid_query
from mailsight.settings import PROJECT
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse

PAGE = PROJECT / "docs" / "performance.md"
BEGINS, ENDS = "<!-- the table of make bench -->\n", "<!-- its end -->\n"
# Benchmarks that run as separate processes and print their results as JSON in the last line.
OTHERS = ("load_and_read", "heatmap", "ingest", "webhooks", "machines")


@dataclass(frozen=True, slots=True)
class Line:
    """One result. `target` is the maximum, or with `at_least` the minimum; None if there is no target."""

    part: str
    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False
    beside: str = ""

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        met = self.value >= self.target if self.at_least else self.value <= self.target
        return f"{'≥' if self.at_least else '≤'} {self.target:g}: {'met' if met else 'MISSED'}"

    @property
    def shown(self) -> str:
        places = 2 if self.unit in ("x", "s") else 1 if self.value < 100 else 0
        return f"{self.value:,.{places}f} {self.unit}"


RATIO_TARGETS = {
    ("campaign", "warm"): 3.0,
    ("campaign, with the grid", "warm"): 3.0,
    ("list", "warm"): 2.0,
}
QUERY_TARGETS = {"list": 20.0, "list: sort": 20.0, "list: search": 20.0}


def of_screens(rounds: int) -> Iterator[Line]:
    """Measure the screens with a million recipients and fifty million messages, and the list of 10,000 campaigns."""
    for name, way, words in (
        ("fifty-million", screens.walk_dashboard, "a million recipients"),
        ("small-campaigns", screens.walk_list, "10,000 campaigns"),
    ):
        database = databases.ready(databases.DATABASES[name])
        target_campaign = screens.biggest(database)
        with (
            served.dashboard(database, screens.PORTS[0]) as board,
            served.empty_page(screens.PORTS[1]) as empty,
        ):
            part = f"screens, {words}"
            rows = screens.table(screens.measure(board, empty, target_campaign, rounds, way))
            for row in rows:
                beside = f"{row.milliseconds:.0f} ms, worst {row.worst:.0f}"
                if row.screen == row.beside:
                    yield Line(part, f"{row.screen}, {row.kind}", row.milliseconds, "ms")
                    continue
                target = RATIO_TARGETS.get((row.screen, row.kind))
                yield Line(
                    part,
                    f"{row.screen}, {row.kind}",
                    row.ratio,
                    "x",
                    target,
                    beside=f"{beside}; / {row.beside}",
                )
            for row in rows:
                if row.kind == "cold" and row.screen != row.beside:
                    yield Line(
                        part,
                        f"{row.screen}: queries, empty caches",
                        row.queries,
                        "ms",
                        QUERY_TARGETS.get(row.screen, 150.0),
                    )
            if way is screens.walk_dashboard:
                page, nothing = screens.sent_for_campaign(board, empty, target_campaign)
                for label, size, target in (
                    ("beyond the empty page and the grid's code", page.beyond(nothing), 300.0),
                    ("of these, code that the browser caches", page.code_beyond(nothing), None),
                    ("of these, the page itself", page.beyond(nothing) - page.code_beyond(nothing), None),
                ):
                    yield Line(part, f"bytes of the campaign page: {label}", size / 1000, "kB", target)
                yield Line(part, "server memory afterwards", board.memory_megabytes, "MB", 1500.0)


def of_sender_schema(_: int) -> Iterator[Line]:
    """Compare queries with PostgreSQL and an e-mail sender's schema."""
    for name, campaign in sender_schema.CAMPAIGNS.items():
        part = f"comparison with PostgreSQL, campaign of {campaign.lower()}"
        try:
            version, answered = sender_schema.measure(databases.ready(databases.DATABASES[name]), campaign)
        except NoPostgres:
            yield Line(part, "not measured: PostgreSQL is not installed", float("nan"), "x")
            return
        for answer in answered:
            beside = f"{answer.mailsight:.1f} ms, {version}: {answer.postgres:.1f} ms"
            yield Line(part, answer.label, answer.times, "x", beside=beside)
        median = statistics.median(answer.times for answer in answered)
        yield Line(part, "median", median, "x", 20.0, at_least=True)


def of_growth(_: int) -> Iterator[Line]:
    """Compare queries with two and with fifty million messages."""
    part = "queries with 50 million messages, compared with 2 million, for a campaign of 20,000"
    small, big = (databases.ready(databases.DATABASES[name]) for name in ("two-million", "fifty-million"))
    for page in growth.measure(small, big):
        beside = f"{page.small:.1f} ms, {page.big:.1f} ms; campaign of a million: {page.million:.1f} ms"
        yield Line(part, page.name, page.big / page.small, "x", beside=beside)


def of_crowd(_: int) -> Iterator[Line]:
    """Measure ten and fifty concurrent users."""
    database = databases.ready(databases.DATABASES["fifty-million"])
    campaigns = crowd.biggest_campaigns(database)
    part = "concurrent users, each with 3 to 7 s between clicks"
    with served.dashboard(database, crowd.PORT) as server:
        crowd.measure(server, campaigns, 1)
        for users in (10, 50):
            clicks = crowd.measure(server, campaigns, users)
            slowest = max(clicks.seconds, key=lambda action: statistics.median(clicks.seconds[action]))
            yield Line(part, f"{users} users, median", clicks.median, "s", beside=f"{len(clicks.all)} clicks")
            yield Line(part, f"{users} users, p95", clicks.p95, "s", 2.0, beside=f"slowest: {slowest}")
            yield Line(
                part,
                f"{users} users, errors",
                len(clicks.errors),
                "errors",
                0.0,
                beside="; ".join(clicks.errors[:2]),
            )
        yield Line(
            part,
            "server memory afterwards",
            server.memory_megabytes,
            "MB",
            1500.0,
            beside=f"peak {server.peak_megabytes:.0f}",
        )


def of_exports(_: int) -> Iterator[Line]:
    """Export a million customers."""
    database = databases.ready(databases.DATABASES["fifty-million"])
    warehouse, campaign = Warehouse(database), screens.biggest(database)
    for form, target in ((Format.CSV, 10.0), (Format.PARQUET, 10.0), (Format.XLSX, None)):
        rows = export_rows.customers(warehouse.snapshot(), campaign.campaign_id, Audience.HUMAN, grid_query())
        with TemporaryFile() as file:
            start = time.perf_counter()
            writers.write(rows, form, file, lambda *_: None)
            took = time.perf_counter() - start
            size = file.seek(0, os.SEEK_END)
        yield Line(
            "exports of a million customers", form.label, took, "s", target, beside=f"{size / 1e6:.0f} MB"
        )


def of_large_mails(_: int) -> Iterator[Line]:
    """Measure what large e-mails do to the pages of others."""
    part = f"pages of others while all kinds of e-mails of {large_mails.MEGABYTES:g} MB are shown at once"
    for phase in large_mails.measure():
        slowest, beside = max(phase.answers), phase.summary
        yield Line(part, f"{phase.name}, median", statistics.median(phase.answers), "s")
        yield Line(part, f"{phase.name}, slowest", slowest, "s", 2.0, beside=beside)
        yield Line(part, f"{phase.name}, errors", len(phase.errors), "errors", 0.0)
        yield Line(part, f"{phase.name}, memory of all processes", phase.memory_bytes / 2**20, "MB", 1500.0)


def of_others(_: int) -> Iterator[Line]:
    """Run the other benchmarks: loading, heatmaps, provider events, webhooks, machine rules."""
    for name in OTHERS:
        output = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=PROJECT,
        ).stdout
        results = json.loads(output.splitlines()[-1])
        if isinstance(results, list):  # machines: one row per rule
            for row in results:
                for figure in ("precision", "recall"):
                    if row[figure] is not None:
                        yield Line(name, f"{row['type']}, {row['by']}: {figure}", 100 * row[figure], "%")
        else:
            for figure, value in results.items():
                yield Line(name, figure, value, "x" if "times" in figure else "")


PARTS: dict[str, Callable[[int], Iterator[Line]]] = {
    "screens": of_screens,
    "sender_schema": of_sender_schema,
    "growth": of_growth,
    "crowd": of_crowd,
    "exports": of_exports,
    "large_mails": of_large_mails,
    "others": of_others,
}


def measure(parts: list[str], rounds: int) -> Iterator[Line]:
    """Yield the results of all parts. If a part fails, it yields a line that says so, and the others continue."""
    for name in parts:
        print(f"== {name}", file=sys.stderr)
        try:
            for line in PARTS[name](rounds):
                print(
                    f"{line.shown:>14}  {line.verdict:16} {line.part}: {line.name}  {line.beside}",
                    file=sys.stderr,
                )
                yield line
        except Exception:  # noqa: BLE001 (measure the other parts anyway)
            traceback.print_exc()
            yield Line(name, "FAILED, see above", float("nan"), "")


def machine() -> str:
    """Describe the machine that runs the benchmarks."""
    cpu = next(
        (
            line.partition(": ")[2]
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    cores = os.cpu_count()
    return (
        f"{cpu}, {cores} cores, {memory:.0f} GB, Python {platform.python_version()}, load before: {load:.1f}"
    )


def markdown(lines: list[Line], about: str) -> str:
    """Format the results as Markdown, with a section per part."""
    text = [f"{datetime.now(UTC):%d %B %Y}, {about}.\n"]
    part = ""
    for line in lines:
        if line.part != part:
            part = line.part
            text += [f"\n### {part[0].upper()}{part[1:]}\n\n| | | target | |\n|---|--:|---|---|\n"]
        text.append(f"| {line.name} | {line.shown} | {line.verdict} | {line.beside} |\n")
    return "".join(text)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="PART")
    options.add_argument("--keep", action="store_true", help="write the tables to docs/performance.md")
    arguments = options.parse_args()
    about = machine()
    with Progress(console=Console(stderr=True)) as progress:
        for name in ("one-million", "two-million", "small-campaigns", "fifty-million"):
            databases.ready(databases.DATABASES[name], progress)
    lines = list(measure(arguments.only, arguments.rounds))
    table = markdown(lines, about)
    results = databases.folder() / "results.json"
    results.write_text(json.dumps({"machine": about, "lines": [asdict(line) for line in lines]}, indent=1))
    print(table)
    print(f"Results as JSON: {results}")
    if arguments.keep:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGINS)
        after = rest.partition(ENDS)[2]
        PAGE.write_text(f"{before}{BEGINS}\n{table}\n{ENDS}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
