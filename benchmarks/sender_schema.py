"""Compare the dashboard's queries with the same queries on an e-mail sender's schema in PostgreSQL.

    python -m benchmarks.sender_schema

The sender's schema has a row per view and per click and counts them in each query (sender_schema.sql, based on
listmonk's). Both databases hold the same data in memory and answer alternately. The answers must be equal before any
time counts.
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
# The campaign to query in each database.
CAMPAIGNS = {"two-million": databases.SAME_NAME, "one-million": databases.MILLION_NAME}
QUERIES = aiosql.from_path(
    Path(__file__).with_name("sender_schema.sql"), "duckdb", mandatory_parameters=False
)
# The data for PostgreSQL, read from the dashboard's database. A link's id combines its e-mail and its position there.
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
    """A question to both databases: a function that returns Mailsight's answer, and the name of PostgreSQL's query."""

    label: str
    ask: Callable[[], list[list[str]]]
    query: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The median milliseconds that each database takes for a question."""

    label: str
    mailsight: float
    postgres: float

    @property
    def times(self) -> float:
        return self.postgres / self.mailsight


def questions(warehouse: Warehouse, campaign_id: str) -> list[Question]:
    """Return the questions, which count all opens and clicks."""
    audience, everything, numbers = Audience.ALL, CampaignSearch(), itertools.count()

    def results() -> list[list[str]]:
        rows = campaigns.page(warehouse.snapshot(), audience, everything, NEWEST_FIRST, 0, 20)
        return [
            [
                row.name,
                *map(str, (row.counts.sent, row.counts.delivered, row.counts.opened, row.counts.clicked)),
            ]
            for row in rows
        ]

    def opens() -> list[list[str]]:
        hours = campaign.timeline(warehouse.snapshot(), campaign_id, audience)
        return [[str(row.hour), str(row.opened)] for row in hours.itertuples() if row.opened]

    def links() -> list[list[str]]:
        rows = warehouse.snapshot().rows(
            "campaign_links", campaign_id=campaign_id, audience=audience, most=None, length=4_000
        )
        return [
            [str(row["link_position"]), str(row["clicks"]), str(row["clickers"])]
            for row in sorted(rows, key=lambda row: int(row["link_position"]))
            if row["clicks"]
        ]

    def recipients() -> list[list[str]]:
        # A new number each time, so that the result is not in the cache.
        opened = {"filterType": "number", "type": "greaterThan", "filter": 0.001 * next(numbers)}
        named = {"filterType": "text", "type": "contains", "filter": "an"}
        query = grid_query({"name": named, "opens": opened}, [{"colId": "clicks", "sort": "desc"}])
        page = recipient_reports.page(warehouse.snapshot(), campaign_id, audience, query)
        return [[row["customer_id"], str(row["clicks"]), str(page.total)] for row in page.rows]

    return [
        Question("first results of a page of 20 campaigns", results, "results"),
        Question("unique opens over time", opens, "opens"),
        Question("clicks per link", links, "links"),
        Question("filtered, sorted page of recipients", recipients, "recipients"),
    ]


def fill(server: Postgres, database: Path, name: str) -> int:
    """Copy the data, and return the number of the campaign with this name."""
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


def measure(database: Path, name: str) -> tuple[str, list[Answer]]:
    """Ask both databases each question about the campaign with this name. Returns PostgreSQL's version and the answers.

    Raises `NoPostgres`, and `RuntimeError` if the answers differ.
    """
    with postgres.serving() as server:
        print("copying to PostgreSQL", file=sys.stderr)
        number = fill(server, database, name)
        warehouse = Warehouse(database)
        [named] = campaigns.page(warehouse.snapshot(), Audience.ALL, CampaignSearch(name), NEWEST_FIRST, 0, 1)
        answers = []
        for question in questions(warehouse, named.campaign_id):
            text = _sql(question.query).replace("$campaign", str(number))
            if (theirs := server.run(text)) != (mine := question.ask()):
                raise RuntimeError(f"The answers differ: {question.label}\n{mine[:3]}\n{theirs[:3]}")
            own, other = [], []
            for _ in range(REPEATS):
                # Run twice in one connection and time the second, because the first also includes planning.
                other.append(server.milliseconds(text, 2)[1])
                own.append(_milliseconds(question.ask))
            answers.append(Answer(question.label, statistics.median(own), statistics.median(other)))
        return server.version, answers


def _sql(name: str) -> str:
    text = str(getattr(QUERIES, name).sql).strip()
    return text if text.endswith(";") else f"{text};"


def _milliseconds(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    for database, name in CAMPAIGNS.items():
        version, answers = measure(databases.ready(databases.DATABASES[database]), name)
        print(f"{version}, campaign of {name.lower()}")
        for answer in answers:
            print(
                f"{answer.times:8.1f} x  {answer.mailsight:8.2f} ms  {answer.postgres:8.2f} ms  {answer.label}"
            )
        print(f"{statistics.median(answer.times for answer in answers):8.1f} x  median")


if __name__ == "__main__":
    main()
