"""The databases that the benchmarks run on, generated once and reused: `python -m benchmarks.databases [NAME...]`.

Loading fifty million messages from files would take most of an hour, so the facts are generated inside the database
(facts.sql), some campaigns at a time. The tables that the screens read are then derived as after every load. A test
loads the same facts from files and compares the tables.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import aiosql
import duckdb
import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import Progress

from mailsight.loading import derive
from mailsight.mail import content
from mailsight.mail.links import links
from mailsight.sample.campaigns import calendar
from mailsight.sample.customers import population
from mailsight.settings import PROJECT
from mailsight.warehouse.draft import Draft
from mailsight.warehouse.opening import SCHEMA_VERSION
from mailsight.warehouse.queries import statement

DESIGNS = 24
BATCH_CUSTOMERS = 100_000
PART_MESSAGES = 1_000_000
NEWEST = datetime(2026, 11, 5, 8, 0)  # noqa: DTZ001 (naive UTC, like the tables)
_FACTS_FILE = Path(__file__).with_name("facts.sql")
FACTS = aiosql.from_path(_FACTS_FILE, "duckdb")
# The campaign of the same size in each database, and the campaign of a million in some of them.
SAME_SIZE, SAME_NAME = 20_000, "Twenty thousand"
MILLION, MILLION_NAME = 1_000_000, "A million"


@dataclass(frozen=True, slots=True)
class Database:
    """One of the databases, with its sizes."""

    name: str
    campaigns: int
    messages: int
    customers: int
    has_million: bool = False
    same_size: int = SAME_SIZE

    @property
    def path(self) -> Path:
        return folder() / self.name / "mailsight.duckdb"


DATABASES = {
    database.name: database
    for database in (
        Database("two-million", 100, 2_000_000, 200_000),
        Database("fifty-million", 1_000, 50_000_000, 1_200_000, has_million=True),
        Database("small-campaigns", 10_000, 2_000_000, 100_000, same_size=0),
        # For work on the screens: one campaign of a million, generated in two minutes.
        Database("one-million", 20, 1_500_000, 1_200_000, has_million=True),
    )
}


def folder() -> Path:
    """Return the folder of the databases: BENCH_FOLDER, or `.bench` in the project."""
    return Path(os.environ.get("BENCH_FOLDER", PROJECT / ".bench")).absolute()


def ready(database: Database, progress: Progress | None = None) -> Path:
    """Return the path of the database. Generates it if it is missing or its schema or facts have changed."""
    fingerprint_file = database.path.with_suffix(".made-with")
    fingerprint = _fingerprint(database)
    if (
        not database.path.exists()
        or not fingerprint_file.exists()
        or fingerprint_file.read_text() != fingerprint
    ):
        draft = database.path.with_suffix(".making")
        draft.parent.mkdir(parents=True, exist_ok=True)
        _remove(draft)
        make(draft, database, _reporter(progress, f"Making {database.name}"))
        draft.replace(database.path)
        fingerprint_file.write_text(fingerprint)
    return database.path


def _fingerprint(database: Database) -> str:
    """Return a hash of what the database is generated from.

    It leaves out the SQL that derives the screens' tables: generating takes long, and that SQL changes the figures
    rarely and the number of rows never.
    """
    sources = [repr(database), statement("create_schema"), _FACTS_FILE.read_text(encoding="utf-8")]
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_name(f"{file.name}.wal").unlink(missing_ok=True)


def _reporter(progress: Progress | None, description: str) -> Callable[[float], None]:
    if progress is None:
        return lambda share: None
    task = progress.add_task(description, total=1.0)
    return lambda share: progress.update(task, completed=share)


def make(file: Path, database: Database, on_progress: Callable[[float], None]) -> None:
    """Generate the facts part by part, and derive the tables that the screens read.

    `on_progress` gets the share that is done, from 0 to 1.
    """
    with duckdb.connect(str(file), config={"memory_limit": "3GB"}) as connection:
        for name in ("set_up", "create_schema", "create_macros"):
            connection.execute(statement(name))
        connection.execute(statement("set_schema_version"), {"version": SCHEMA_VERSION})
        _run(connection, "begin")
        for batch in batches_of_customers(database.customers):
            with _registered(connection, population=batch):
                _run(connection, "add_customers")
        on_progress(0.05)
        mails, mail_links = designs()
        mailings = plan(database, mails)
        with _registered(connection, mailings=mailings, designs=mails, design_links=mail_links):
            _run(connection, "add_mailings")
        _run(connection, "numbered_customers")
        _run(connection, "no_implied")
        last, parts = 0, sorted(set(mailings["part"].tolist()))
        for done, part in enumerate(parts, start=1):
            _run(connection, "choose_part", part=part)
            _run(connection, "make_messages", customers=database.customers)
            _run(connection, "make_events", first=last)
            [(last,)] = _run(connection, "last_event")
            work = Draft(connection, file.parent)
            work.run("replace_machine_counts")
            derive.count(work)
            on_progress(0.05 + 0.95 * done / len(parts))
        _run(connection, "finish")


def _run(connection: duckdb.DuckDBPyConnection, name: str, **parameters: object) -> list[tuple[int, ...]]:
    # DuckDB accepts parameters for a script only if each statement uses all of them.
    rows: list[tuple[int, ...]] = []
    for text in duckdb.extract_statements(str(getattr(FACTS, name).sql)):
        named = {key: value for key, value in parameters.items() if key in text.named_parameters}
        rows = connection.execute(text, named or None).fetchall()
    return rows


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, **frames: pd.DataFrame) -> Iterator[None]:
    for name, frame in frames.items():
        connection.register(name, frame)
    try:
        yield
    finally:
        for name in frames:
            connection.unregister(name)


def batches_of_customers(count: int) -> Iterator[pd.DataFrame]:
    """Yield the customers in batches, with increasing ids."""
    for number, start in enumerate(range(0, count, BATCH_CUSTOMERS)):
        size = min(BATCH_CUSTOMERS, count - start)
        columns = population(size, np.random.Generator(np.random.PCG64(number))).columns
        batch = pd.DataFrame({name: columns[name] for name in _CUSTOMER_COLUMNS})
        batch["customer_id"] = [f"C{10_000_001 + start + position}" for position in range(size)]
        yield batch


_CUSTOMER_COLUMNS = (
    "email",
    "name",
    "language",
    "country",
    "created_at",
    "loyalty_tier",
    "birth_year",
    "home_airport",
)


def designs() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the sample's e-mails, and their links with the share of clicks that each attracts."""
    mails, mail_links = [], []
    for campaign in islice(calendar(DESIGNS), DESIGNS):
        content_id = content.content_id(campaign.html)
        plan = campaign.plan
        mails.append(
            {
                "content_id": content_id,
                "html": campaign.html,
                "name": plan.name,
                "subject": plan.subject,
                "preheader": plan.preheader,
                "tags": list(plan.tags),
                "selection": json.dumps(plan.selection),
            }
        )
        up_to = np.cumsum(campaign.links.weights)
        for link in links(campaign.html):
            position = link.link_position
            mail_links.append(
                {
                    "content_id": content_id,
                    "link_position": position,
                    "url": link.url,
                    "label": link.label,
                    "chosen_from": up_to[position - 1] if position else 0.0,
                    "chosen_to": up_to[position] if position < len(up_to) - 1 else 2.0,
                }
            )
    return pd.DataFrame(mails), pd.DataFrame(mail_links)


def plan(database: Database, mails: pd.DataFrame) -> pd.DataFrame:
    """Return the campaigns of three years, oldest first, with the number of messages and the part of each."""
    rng = np.random.Generator(np.random.PCG64(7))
    weights = rng.uniform(0.3, 1.7, database.campaigns)
    fixed = {database.campaigns - 3: (MILLION, MILLION_NAME)} if database.has_million else {}
    if database.same_size:
        fixed[database.campaigns - 5] = (database.same_size, SAME_NAME)
    weights[list(fixed)] = 0
    others = database.messages - sum(size for size, _ in fixed.values())
    sizes = np.floor(weights * np.divide(others, weights.sum())).astype(np.int64)
    rows, planned = [], 0
    for number, mail in zip(range(database.campaigns), cycle(mails.to_dict("records")), strict=False):
        sent_at = NEWEST - timedelta(
            hours=np.floor(np.divide(26_280, database.campaigns) * (database.campaigns - 1 - number))
        )
        size, name = fixed.get(number, (int(sizes[number]), f"{mail['name']} {number // DESIGNS + 1}"))
        size = min(size, database.customers)
        rows.append(
            {
                "number": number,
                "campaign_id": f"{sent_at:%Y-%m-%d}-{number:05}",
                "name": name,
                "sent_at": sent_at,
                "messages": size,
                "part": planned // PART_MESSAGES,
                **{key: mail[key] for key in ("subject", "preheader", "tags", "selection", "content_id")},
            }
        )
        planned += size
    return pd.DataFrame(rows)


def main() -> None:
    names = sys.argv[1:] or ["two-million", "fifty-million", "small-campaigns"]
    with Progress(console=Console(stderr=True)) as progress:
        for name in names:
            print(ready(DATABASES[name], progress))


if __name__ == "__main__":
    main()
