"""The dashboard's questions, put to Mailsight and to the schema that a sender on PostgreSQL keeps, on the same data.

    python -m benchmarks.sender_schema

A sender keeps a row per view and per click and counts them when somebody asks (sender_schema.sql, after listmonk's).
Both answer the same questions by turns, all of their data in memory; the answers are compared before any time counts.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiosql
import duckdb

from benchmarks import databases, postgres
from benchmarks.postgres import Postgres
from mailsight.reports import campaign, campaigns
from mailsight.reports import recipients as recipient_reports
from mailsight.reports.grid import grid_query
from mailsight.reports.search import NEWEST_FIRST, CampaignSearch
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse

REPEATS = 7
# In which database, about which campaign: one of twenty thousand customers, one of a million.
ASKED = {"two-million": databases.SAME_NAME, "one-million": databases.MILLION_NAME}
QUERIES = aiosql.from_path(
    Path(__file__).with_name("sender_schema.sql"), "duckdb", mandatory_parameters=False
)
# What PostgreSQL gets, from the facts of the dashboard's database. A link is known by its mail and its place in it.
COPIES = {
    "subscribers": """
        select
            row_number() over (order by customer_id), customer_id, email, name, coalesce(attributes, '{}'), created_at
        from customers""",
    "campaigns": """
        select
            row_number() over (order by campaign_id), name, subject, '{' || array_to_string(tags, ',') || '}', sent_at
        from campaigns""",
    "links": """
        select 1000 * dense_rank() over (order by content_id) + link_position, url from links""",
    "campaign_subscribers": """
        select c.id, s.id, if(m.sent_at is null, 'cancelled', 'sent'), m.not_sent_reason, m.sent_at
        from messages as m numbered""",
    "campaign_views(campaign_id, subscriber_id, created_at)": """
        select c.id, s.id, e.occurred_at
        from events as e numbered
        where e.type = 'opened' order by e.occurred_at""",
    "link_clicks(campaign_id, link_id, subscriber_id, created_at)": """
        select c.id, 1000 * c.content + e.link_position, s.id, e.occurred_at
        from events as e numbered
        where e.type = 'clicked' order by e.occurred_at""",
    "bounces(subscriber_id, campaign_id, type, meta, created_at)": """
        select s.id, c.id, e.bounce_type, e.diagnostic, e.occurred_at
        from events as e numbered
        where e.type = 'bounced'""",
}
NUMBERED = """
    join numbered_campaigns as c using (campaign_id) join numbered_customers as s using (customer_id)"""
NUMBERS = """
    create temp view numbered_customers as
    select row_number() over (order by customer_id) as id, customer_id from customers;
    create temp view numbered_campaigns as
    select row_number() over (order by campaign_id) as id, campaign_id, content
    from campaigns join (select content_id, dense_rank() over (order by content_id) as content from contents)
    using (content_id);
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A question to both: what Mailsight answers, as rows of text, and the name of PostgreSQL's query."""

    label: str
    ask: Callable[[], list[list[str]]]
    query: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The median milliseconds of each."""

    label: str
    mailsight: float
    postgres: float

    @property
    def times(self) -> float:
        return self.postgres / self.mailsight


def questions(warehouse: Warehouse, campaign_id: str) -> list[Question]:
    """The questions, all opens and clicks counted."""
    mine, everything, times = Audience.ALL, CampaignSearch(), itertools.count()

    def results() -> list[list[str]]:
        rows = campaigns.page(warehouse.snapshot(), mine, everything, NEWEST_FIRST, 0, 20)
        return [
            [
                row.name,
                *map(str, (row.counts.sent, row.counts.delivered, row.counts.opened, row.counts.clicked)),
            ]
            for row in rows
        ]

    def opens() -> list[list[str]]:
        hours = campaign.timeline(warehouse.snapshot(), campaign_id, mine)
        return [[str(row.hour), str(row.opened)] for row in hours.itertuples() if row.opened]

    def links() -> list[list[str]]:
        rows = warehouse.snapshot().rows("campaign_links", campaign_id=campaign_id, audience=mine)
        return [
            [str(row["link_position"]), str(row["clicks"]), str(row["clickers"])]
            for row in sorted(rows, key=lambda row: int(row["link_position"]))
            if row["clicks"]
        ]

    def recipients() -> list[list[str]]:
        # Never the same number twice: what a grid finds is kept for who asks the same again.
        some = {"filterType": "number", "type": "greaterThan", "filter": 0.001 * next(times)}
        named = {"filterType": "text", "type": "contains", "filter": "an"}
        page = grid_query({"name": named, "opens": some}, [{"colId": "clicks", "sort": "desc"}])
        found = recipient_reports.page(warehouse.snapshot(), campaign_id, mine, page)
        return [[row["customer_id"], str(row["clicks"]), str(found.total)] for row in found.rows]

    return [
        Question("first results of a page of 20 campaigns", results, "results"),
        Question("unique opens over time", opens, "opens"),
        Question("clicks per link", links, "links"),
        Question("filtered, sorted page of recipients", recipients, "recipients"),
    ]


def fill(server: Postgres, database: Path, name: str) -> int:
    """Copies the data; the number of the campaign of that name."""
    server.run(_sql("tables"))
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(NUMBERS)
        for table, text in COPIES.items():
            query = text.replace(" numbered", NUMBERED)
            file = server.folder / "copied.csv"
            connection.execute(f"copy ({query}) to '{file}' (format csv, header false)")
            file.chmod(0o644)
            server.run(f"\\copy {table} from '{file}' (format csv)\n")
            file.unlink()
        [(number,)] = connection.execute(
            "select n.id from numbered_campaigns as n join campaigns as c using (campaign_id) where c.name = $name",
            {"name": name},
        ).fetchall()
    server.run(_sql("indexes"))
    return int(number)


def measure(database: Path, name: str) -> tuple[str, list[Answered]]:
    """PostgreSQL's version, and how long each question takes both, about the campaign of that name.

    Raises `NoPostgres`, and `RuntimeError` where the two answer differently.
    """
    with postgres.serving() as server:
        print("copying to PostgreSQL", file=sys.stderr)
        number = fill(server, database, name)
        warehouse = Warehouse(database)
        [named] = campaigns.page(warehouse.snapshot(), Audience.ALL, CampaignSearch(name), NEWEST_FIRST, 0, 1)
        answered = []
        for question in questions(warehouse, named.campaign_id):
            text = _sql(question.query).replace("$campaign", str(number))
            if (theirs := server.run(text)) != (mine := question.ask()):
                raise RuntimeError(f"The answers differ: {question.label}\n{mine[:3]}\n{theirs[:3]}")
            own, other = [], []
            for _ in range(REPEATS):
                # The first of two in one connection has its plan to make and its tables to find.
                other.append(server.milliseconds(text, 2)[1])
                own.append(_milliseconds(question.ask))
            answered.append(Answered(question.label, statistics.median(own), statistics.median(other)))
        return server.version, answered


def _sql(name: str) -> str:
    text = str(getattr(QUERIES, name).sql).strip()
    return text if text.endswith(";") else f"{text};"


def _milliseconds(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    for database, name in ASKED.items():
        version, answered = measure(databases.ready(databases.DATABASES[database]), name)
        print(f"{version}, a campaign of {name.lower()}")
        for one in answered:
            print(f"{one.times:8.1f} x  {one.mailsight:8.2f} ms  {one.postgres:8.2f} ms  {one.label}")
        print(f"{statistics.median(one.times for one in answered):8.1f} x  in the median")


if __name__ == "__main__":
    main()
