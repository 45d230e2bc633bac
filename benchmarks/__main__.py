"""Everything that is measured, in one table: `make bench`.

    python -m benchmarks [--rounds N] [--only PART...] [--keep]

Ratios first, each with its target where there is one, and the same as JSON beside it. With `--keep`, the table is put
into docs/performance.md.
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

from benchmarks import crowd, databases, growth, screens, sender_schema, served
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
# The benchmarks that have a main of their own, and say all they found as JSON in their last line.
OTHERS = ("load_and_read", "heatmap", "ingest", "webhooks", "machines")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `target` is the most, or with `at_least` the least, that it should be; None where nobody said."""

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
    """The screens at a million recipients among fifty million messages, and the list of ten thousand campaigns."""
    for name, way, words in (
        ("fifty-million", screens.walk_dashboard, "a million recipients"),
        ("small-campaigns", screens.walk_list, "10,000 campaigns"),
    ):
        database = databases.ready(databases.DATABASES[name])
        wanted = screens.biggest(database)
        with (
            served.dashboard(database, screens.PORTS[0]) as board,
            served.empty_page(screens.PORTS[1]) as empty,
        ):
            part = f"screens, {words}"
            rows = screens.table(screens.measure(board, empty, wanted, rounds, way))
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
                        f"{row.screen}: queries, nothing remembered",
                        row.queries,
                        "ms",
                        QUERY_TARGETS.get(row.screen, 150.0),
                    )
            if way is screens.walk_dashboard:
                page, nothing = screens.sent_for_campaign(board, empty, wanted)
                for told, sizes in (
                    ("beyond the empty page and the grid's code", page.beyond(nothing)),
                    ("of these, charts' and other code, kept by the browser", page.code_beyond(nothing)),
                    ("of these, the page itself", page.beyond(nothing) - page.code_beyond(nothing)),
                ):
                    target = 300.0 if told.startswith("beyond") else None
                    yield Line(part, f"campaign page, sent: {told}", sizes / 1000, "kB", target)
                yield Line(part, "server's memory after the walk", board.memory_megabytes, "MB", 1500.0)


def of_sender_schema(_: int) -> Iterator[Line]:
    """Beside PostgreSQL with the schema of a sender."""
    for name, campaign in sender_schema.ASKED.items():
        part = f"the same questions to PostgreSQL, a campaign of {campaign.lower()}"
        try:
            version, answered = sender_schema.measure(databases.ready(databases.DATABASES[name]), campaign)
        except NoPostgres:
            yield Line(part, "not measured: PostgreSQL is not installed", float("nan"), "x")
            return
        for one in answered:
            beside = f"{one.mailsight:.1f} ms, {version}: {one.postgres:.1f} ms"
            yield Line(part, one.label, one.times, "x", beside=beside)
        median = statistics.median(one.times for one in answered)
        yield Line(part, "in the median", median, "x", 20.0, at_least=True)


def of_growth(_: int) -> Iterator[Line]:
    """From two to fifty million messages."""
    part = "queries at 50 million messages, times those at 2 million, for a campaign of 20,000"
    small, big = (databases.ready(databases.DATABASES[name]) for name in ("two-million", "fifty-million"))
    for one in growth.measure(small, big):
        beside = f"{one.small:.1f} ms, {one.big:.1f} ms; a campaign of a million: {one.million:.1f} ms"
        yield Line(part, one.page, one.big / one.small, "x", beside=beside)


def of_crowd(_: int) -> Iterator[Line]:
    """Ten and fifty people at once."""
    database = databases.ready(databases.DATABASES["fifty-million"])
    chosen = crowd.ways(database)
    part = "people at once, each thinking 3 to 7 s between clicks"
    with served.dashboard(database, crowd.PORT) as server:
        crowd.measure(server, chosen, 1)
        for people in (10, 50):
            clicks = crowd.measure(server, chosen, people)
            slowest = max(clicks.seconds, key=lambda what: statistics.median(clicks.seconds[what]))
            yield Line(
                part, f"{people} people, median", clicks.median, "s", beside=f"{len(clicks.all)} clicks"
            )
            yield Line(part, f"{people} people, p95", clicks.p95, "s", 2.0, beside=f"slowest: {slowest}")
            yield Line(
                part,
                f"{people} people, errors",
                len(clicks.errors),
                "errors",
                0.0,
                beside="; ".join(clicks.errors[:2]),
            )
        yield Line(
            part,
            "server's memory after them",
            server.memory_megabytes,
            "MB",
            1500.0,
            beside=f"peak {server.peak_megabytes:.0f}",
        )


def of_exports(_: int) -> Iterator[Line]:
    """A million customers as a file."""
    database = databases.ready(databases.DATABASES["fifty-million"])
    warehouse, wanted = Warehouse(database), screens.biggest(database)
    for form, target in ((Format.CSV, 10.0), (Format.PARQUET, 10.0), (Format.XLSX, None)):
        rows = export_rows.customers(warehouse.snapshot(), wanted.campaign_id, Audience.HUMAN, grid_query())
        with TemporaryFile() as file:
            start = time.perf_counter()
            writers.write(rows, form, file, lambda *_: None)
            took = time.perf_counter() - start
            size = file.seek(0, os.SEEK_END)
        yield Line(
            "exports of a million customers", form.label, took, "s", target, beside=f"{size / 1e6:.0f} MB"
        )


def of_others(_: int) -> Iterator[Line]:
    """What stood here before: loading, heatmaps, providers' events, webhooks, rules on machines."""
    for name in OTHERS:
        told = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=PROJECT,
        ).stdout
        found = json.loads(told.splitlines()[-1])
        if isinstance(found, list):  # of machines: a row per rule
            for row in found:
                for figure in ("precision", "recall"):
                    if row[figure] is not None:
                        yield Line(name, f"{row['type']}, {row['by']}: {figure}", 100 * row[figure], "%")
        else:
            for figure, value in found.items():
                yield Line(name, figure, value, "x" if "times" in figure else "")


PARTS: dict[str, Callable[[int], Iterator[Line]]] = {
    "screens": of_screens,
    "sender_schema": of_sender_schema,
    "growth": of_growth,
    "crowd": of_crowd,
    "exports": of_exports,
    "others": of_others,
}


def measure(parts: list[str], rounds: int) -> Iterator[Line]:
    """All lines; a part that fails says so and the others go on."""
    for name in parts:
        print(f"== {name}", file=sys.stderr)
        try:
            for line in PARTS[name](rounds):
                print(
                    f"{line.shown:>14}  {line.verdict:16} {line.part}: {line.name}  {line.beside}",
                    file=sys.stderr,
                )
                yield line
        except Exception:  # noqa: BLE001 (the other parts are wanted all the same)
            traceback.print_exc()
            yield Line(name, "FAILED, see above", float("nan"), "")


def machine() -> str:
    """What it was measured on."""
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
    """The table, a part a section."""
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
    options.add_argument("--keep", action="store_true", help="put the table into docs/performance.md")
    given = options.parse_args()
    about = machine()
    with Progress(console=Console(stderr=True)) as progress:
        for name in ("one-million", "two-million", "small-campaigns", "fifty-million"):
            databases.ready(databases.DATABASES[name], progress)
    lines = list(measure(given.only, given.rounds))
    table = markdown(lines, about)
    results = databases.folder() / "results.json"
    results.write_text(json.dumps({"machine": about, "lines": [asdict(line) for line in lines]}, indent=1))
    print(table)
    print(f"The same as JSON: {results}")
    if given.keep:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGINS)
        after = rest.partition(ENDS)[2]
        PAGE.write_text(f"{before}{BEGINS}\n{table}\n{ENDS}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
