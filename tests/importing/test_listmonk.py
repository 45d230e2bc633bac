"""listmonk's database, filled at random: every figure equals what a count of its rows in plain Python gives."""

import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailsight.importing import engine
from mailsight.importing.listmonk import SOURCE
from mailsight.importing.sources import Mail, Request, Rows
from mailsight.loading.merge import LoadSummary
from mailsight.reports import campaign, customer, mails
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle
from tests.support.postgresql import Database
from tests.support.tables import table

# As listmonk's own tables, as far as they are read.
SCHEMA = """
create type content_type as enum ('richtext', 'html', 'plain', 'markdown', 'visual');
create type campaign_status as enum ('draft', 'running', 'scheduled', 'paused', 'cancelled', 'finished');
create table subscribers (
    id serial primary key, uuid uuid not null, email text not null, name text not null,
    attribs jsonb not null default '{}', status text not null default 'enabled',
    created_at timestamptz default now(), updated_at timestamptz default now()
);
create table lists (id serial primary key, name text not null);
create table subscriber_lists (
    subscriber_id int references subscribers on delete cascade, list_id int references lists on delete cascade,
    status text not null default 'unconfirmed', updated_at timestamptz default now(),
    primary key (subscriber_id, list_id)
);
create table templates (id serial primary key, body text not null, is_default boolean not null default false);
create table campaigns (
    id serial primary key, name text not null, subject text not null, from_email text not null, body text not null,
    altbody text, content_type content_type not null default 'richtext', send_at timestamptz,
    status campaign_status not null default 'draft', tags varchar(100)[], template_id int references templates,
    to_send int not null default 0, sent int not null default 0, started_at timestamptz
);
create table campaign_lists (
    id bigserial primary key, campaign_id int not null references campaigns on delete cascade,
    list_id int references lists on delete set null, list_name text not null default ''
);
create table campaign_views (
    id bigserial primary key, campaign_id int not null references campaigns on delete cascade,
    subscriber_id int references subscribers on delete set null, created_at timestamptz default now()
);
create table links (id serial primary key, url text not null unique);
create table link_clicks (
    id bigserial primary key, campaign_id int references campaigns on delete cascade,
    link_id int not null references links, subscriber_id int references subscribers on delete set null,
    created_at timestamptz default now()
);
create table bounces (
    id serial primary key, subscriber_id int not null references subscribers on delete cascade,
    campaign_id int references campaigns on delete set null, type text not null default 'hard',
    source text not null default '', meta jsonb not null default '{}', created_at timestamptz default now()
);
"""
pytestmark = pytest.mark.slow
START = datetime(2026, 4, 14, 9, tzinfo=UTC)
URLS = ("https://shop.example/a", "https://shop.example/b?x=1&y=2")
BODY = (
    f'<p>Hi {{{{ .Subscriber.FirstName }}}}</p><a href="{URLS[0]}@TrackLink">a</a>'
    f'<a href="{{{{ TrackLink "{URLS[1]}" . }}}}">b</a>'
)


def fill(database: Database, chosen: random.Random, people: int, campaigns: int) -> None:
    """Adds people and campaigns with what they did, from the last ones on."""
    [(known_people, known_campaigns)] = database.run(
        "select (select count(*) from subscribers), (select count(*) from campaigns)"
    )
    for number in range(known_people, known_people + people):
        at = START + timedelta(minutes=number)
        database.insert(
            "subscribers",
            {
                "uuid": uuid.UUID(int=number),
                "email": f"p{number}@example.com",
                "name": f"Person {number}",
                "attribs": {"city": "Ghent", "name": "x", "orders": number},
                "created_at": at,
                "updated_at": at,
            },
        )
    subscribers = [row[0] for row in database.run("select id from subscribers order by id")]
    links = [row[0] for row in database.run("select id from links order by id")]
    for number in range(known_campaigns, known_campaigns + campaigns):
        database.insert(
            "campaigns",
            {
                "name": f"Campaign {number}",
                "subject": "News for {{ .Subscriber.FirstName }}",
                "from_email": "Shop <news@shop.example>",
                "body": BODY,
                "status": "finished",
                "tags": ["news"],
                "to_send": people,
                "sent": people - 1,
                "started_at": START + timedelta(days=number),
            },
        )
    for (campaign_id,) in database.run("select id from campaigns"):
        for subscriber in chosen.sample(subscribers, len(subscribers) // 2):
            at = START + timedelta(days=campaign_id, seconds=chosen.randrange(100_000))
            for _ in range(chosen.randrange(3)):
                database.insert(
                    "campaign_views",
                    {
                        "campaign_id": campaign_id,
                        "subscriber_id": chosen.choice((subscriber, None)),
                        "created_at": at,
                    },
                )
            if chosen.random() < 0.3:
                database.insert(
                    "link_clicks",
                    {
                        "campaign_id": campaign_id,
                        "link_id": chosen.choice(links),
                        "subscriber_id": chosen.choice((subscriber, subscriber, None)),
                        "created_at": at + timedelta(minutes=1),
                    },
                )
            if chosen.random() < 0.1:
                database.insert(
                    "bounces",
                    {
                        "campaign_id": chosen.choice((campaign_id, None)),
                        "subscriber_id": subscriber,
                        "type": chosen.choice(("soft", "hard", "complaint")),
                        "created_at": at,
                    },
                )


@pytest.fixture
def source(postgresql: Database) -> Database:
    postgresql.run(SCHEMA)
    postgresql.insert("lists", {"name": "Customers"}, {"name": "Friends"})
    postgresql.insert(
        "templates", {"body": '<html><body>{{ template "content" . }}</body></html>', "is_default": True}
    )
    postgresql.insert("links", *({"url": url} for url in URLS))
    return postgresql


def load(folder: Path, source: Database, **options: Any) -> LoadSummary:
    return engine.run(folder / "m.duckdb", SOURCE, source.address, **options)


def figures(folder: Path) -> dict[str, dict[str, int]]:
    """What the dashboard counts for each campaign."""
    data = Warehouse(folder / "m.duckdb").snapshot()
    ids = [row["campaign_id"] for row in table(folder / "m.duckdb", "campaigns", "campaign_id")]
    counted = {}
    for campaign_id in ids:
        report = campaign.report(data, campaign_id, Audience.ALL)
        counts = report.counts
        links: dict[str, int] = {link.url: link.clicks for link in report.links if link.url}
        counted[campaign_id] = {
            "opens": counts.opens,
            "clicks": counts.clicks,
            "people": counts.selected,
            "complained": counts.complained,
            **links,
        }
    for row in table(folder / "m.duckdb", "reported_totals"):
        counted[row["campaign_id"]] |= {f"reported_{name}": row[name] for name in ("sent", "opens", "clicks")}
    return counted


def oracle(source: Database) -> dict[str, dict[str, int]]:
    """The same, counted in listmonk's rows one by one."""
    counted: dict[str, dict[str, int]] = {}
    views = source.run("select campaign_id, subscriber_id from campaign_views")
    clicks = source.run(
        "select campaign_id, subscriber_id, url from link_clicks as c join links as l on l.id = link_id"
    )
    bounces = source.run("select campaign_id, subscriber_id, type from bounces")
    for campaign_id, sent in source.run("select id, sent from campaigns"):
        opened = [who for campaign, who in views if campaign == campaign_id]
        clicked = [(who, url) for campaign, who, url in clicks if campaign == campaign_id]
        bounced = [(who, kind) for campaign, who, kind in bounces if campaign == campaign_id]
        people = {*opened, *(who for who, _ in clicked), *(who for who, _ in bounced)} - {None}
        by_url = Counter(url for who, url in clicked if who)
        counted[f"listmonk-{campaign_id}"] = {
            "opens": len([who for who in opened if who]),
            "clicks": len([who for who, _ in clicked if who]),
            "people": len(people),
            "complained": len({who for who, kind in bounced if kind == "complaint"}),
            **{url: by_url[url] for url in URLS},
            "reported_sent": sent,
            "reported_opens": len(opened),
            "reported_clicks": len(clicked),
        }
    return counted


def test_every_figure_equals_a_count_of_the_rows_also_after_changes(source: Database, tmp_path: Path) -> None:
    chosen = random.Random(7)
    fill(source, chosen, people=40, campaigns=3)
    load(tmp_path, source, batch_rows=7)
    assert figures(tmp_path) == oracle(source)
    generation = Warehouse(tmp_path / "m.duckdb").generation
    assert not load(tmp_path, source).changed
    assert not load(tmp_path, source, full=True).changed
    assert Warehouse(tmp_path / "m.duckdb").generation == generation

    fill(source, chosen, people=10, campaigns=1)
    source.run("update campaigns set sent = 77, name = 'Renamed' where id = 1")
    source.run(
        "update subscribers set attribs = '{\"city\": \"Bruges\"}', updated_at = '2026-05-01' where id = 3"
    )
    load(tmp_path, source)
    assert figures(tmp_path) == oracle(source)
    data = Warehouse(tmp_path / "m.duckdb").snapshot()
    assert campaign.report(data, "listmonk-1", Audience.ALL).campaign.name == "Renamed"
    assert customer.report(data, str(uuid.UUID(int=2)), Audience.ALL).customer.attributes["city"] == "Bruges"


def test_deleted_people_and_lists_do_no_harm(source: Database, tmp_path: Path) -> None:
    fill(source, random.Random(3), people=20, campaigns=2)
    source.insert("campaign_lists", {"campaign_id": 1, "list_id": 1, "list_name": "Customers"})
    load(tmp_path, source)
    before = figures(tmp_path)
    source.run("delete from subscribers where id < 10")
    source.run("delete from lists")
    source.run("update campaign_views set subscriber_id = null")
    load(tmp_path, source)
    after = figures(tmp_path)
    assert {key: value["opens"] for key, value in after.items()} == {
        key: value["opens"] for key, value in before.items()
    }
    [row] = table(tmp_path / "m.duckdb", "campaigns where campaign_id = 'listmonk-1'", "selection")
    assert row["selection"] == '{"field":"list","op":"in","value":["Customers"]}'


def test_a_rows_of_a_transaction_that_ends_late_are_not_missed(source: Database, tmp_path: Path) -> None:
    fill(source, random.Random(3), people=2, campaigns=1)
    now = datetime.now(UTC)
    view = {"campaign_id": 1, "subscriber_id": 1}
    source.insert("campaign_views", {"id": 1000, "created_at": now - timedelta(hours=1), **view})
    source.insert("campaign_views", {"id": 1002, "created_at": now, **view})
    load(tmp_path, source)
    source.insert("campaign_views", {"id": 1001, "created_at": now, **view})
    load(tmp_path, source)
    assert figures(tmp_path) == oracle(source)
    assert (
        engine.positions(tmp_path / "m.duckdb", "listmonk", engine.place_of(source.address, {}))[
            "campaign_views"
        ]
        == "1000"
    )


@pytest.mark.parametrize(
    ("row", "name", "text"),
    [
        ({"content_type": "html", "template_id": 1}, "1.html", f"<html><body>{BODY}</body></html>"),
        ({"content_type": "visual"}, "1.html", BODY),
        ({"content_type": "plain", "body": "Hello"}, "1.txt", "Hello"),
        (
            {"content_type": "markdown", "body": "**Hi** [a](https://a.example/@TrackLink)"},
            "1.html",
            '<html><body><p><strong>Hi</strong> <a href="https://a.example/@TrackLink">a</a></p>\n</body></html>',
        ),
    ],
)
def test_the_mail_is_the_text_in_its_template(
    row: dict[str, object], name: str, text: str, source: Database
) -> None:
    source.insert(
        "campaigns", {"name": "A", "subject": "B", "from_email": "c@d.example", "body": BODY, **row}
    )
    [mail] = [item for item in SOURCE.read(Request(source.address)) if isinstance(item, Mail)]
    assert (mail.name, mail.text) == (name, text)


def test_opt_outs_are_customers_events_without_a_campaign(source: Database, tmp_path: Path) -> None:
    fill(source, random.Random(3), people=2, campaigns=1)
    source.insert(
        "subscriber_lists", {"subscriber_id": 1, "list_id": 2, "status": "unsubscribed", "updated_at": START}
    )
    load(tmp_path, source)
    assert table(tmp_path / "m.duckdb", "events where type = 'unsubscribed'", "customer_id, campaign_id") == [
        {"customer_id": str(uuid.UUID(int=0)), "campaign_id": None}
    ]
    mail = mails.of_customer(Warehouse(tmp_path / "m.duckdb").snapshot(), "listmonk-1", str(uuid.UUID(int=0)))
    assert mail is not None


def test_a_draft_is_planned_and_has_no_totals(source: Database) -> None:
    source.insert(
        "campaigns", {"name": "A", "subject": "B", "from_email": "c@d.example", "body": "", "send_at": START}
    )
    rows = {item.kind: item.rows for item in SOURCE.read(Request(source.address)) if isinstance(item, Rows)}
    assert rows == {
        "campaigns": [
            {
                "campaign_id": "listmonk-1",
                "name": "A",
                "subject": "B",
                "from_name": None,
                "from_email": "c@d.example",
                "sent_at": None,
                "tags": None,
                "selection": None,
                "template": None,
            }
        ]
    }


VIEWS = """campaign_id,campaign_uuid,campaign_name,subscriber_id,subscriber_uuid,email,subscriber_name,created_at
7,c-7,Spring,1,u-1,ann@example.com,Ann,2026-04-14T11:00:00+02:00
7,c-7,Spring,1,u-1,ann@example.com,Ann,2026-04-14T11:00:00+02:00
7,c-7,Spring,0,,,,2026-04-14T11:00:01+02:00
7,c-7,Spring,2,u-2,bob@example.com,Bob,never
"""
CLICKS = """created_at;url;email;subscriber_uuid;campaign_id;campaign_uuid;campaign_name
2026-04-14T09:10:00Z;https://shop.example/a;ann@example.com;u-1;7;c-7;Spring
"""
SUBSCRIBERS = """uuid,email,name,attributes,status,created_at,updated_at
u-1,ann@example.com,Ann,"{""city"": ""Ghent"", ""name"": ""x""}",enabled,2026-01-02 03:04:05.5 +0530 IST,
"""


def test_exported_files_are_read_as_the_database_is(tmp_path: Path) -> None:
    files = {"campaign_views.csv": VIEWS, "campaign_clicks.csv": CLICKS, "subscribers.csv": SUBSCRIBERS}
    folder = bundle(tmp_path / "exports", files)
    database = tmp_path / "m.duckdb"
    assert engine.run(database, SOURCE, str(folder)).changed
    again = engine.run(database, SOURCE, str(folder))
    assert [str(refusal) for refusal in again.refusals] == ["campaign_views.csv:5: no time"]
    assert not again.changed
    counts = campaign.report(Warehouse(database).snapshot(), "listmonk-7", Audience.ALL).counts
    assert (counts.selected, counts.opens, counts.clicks) == (1, 2, 1)
    assert table(database, "reported_totals", "opens, clicks") == [{"opens": 3, "clicks": 1}]
    [row] = table(database, "customers", "customer_id, name, created_at, attributes")
    assert row == {
        "customer_id": "u-1",
        "name": "Ann",
        "created_at": datetime(2026, 1, 1, 21, 34, 5, 500_000),  # noqa: DTZ001  # as stored
        "attributes": '{"city":"Ghent","attribs.name":"x","status":"enabled"}',
    }
