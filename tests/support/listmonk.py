"""A listmonk database, filled at random, and its figures: the dashboard's, and a count of its rows in plain Python."""

import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailsight.reports import campaign
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
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
                bounce = {
                    "campaign_id": chosen.choice((campaign_id, None)),
                    "subscriber_id": subscriber,
                    "type": chosen.choice(("soft", "hard", "complaint")),
                    "created_at": at,
                }
                database.insert("bounces", *[bounce] * chosen.choice((1, 2)))


@pytest.fixture
def listmonk_database(postgresql: Database) -> Database:
    postgresql.run(SCHEMA)
    postgresql.insert("lists", {"name": "Customers"}, {"name": "Friends"})
    postgresql.insert(
        "templates", {"body": '<html><body>{{ template "content" . }}</body></html>', "is_default": True}
    )
    postgresql.insert("links", *({"url": url} for url in URLS))
    return postgresql


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
            "people": report.customers,
            "sent": counts.sent,
            "complained": counts.complained,
            **links,
        }
    for row in table(folder / "m.duckdb", "reported_totals"):
        counted[row["campaign_id"]] |= {
            f"reported_{name}": row[name] for name in ("sent", "opens", "clicks", "bounces")
        }
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
            "sent": max(sent, len(people)),
            "complained": len({who for who, kind in bounced if kind == "complaint"}),
            **{url: by_url[url] for url in URLS},
            "reported_sent": sent,
            "reported_opens": len(opened),
            "reported_clicks": len(clicked),
            "reported_bounces": len({who for who, kind in bounced if kind != "complaint"}),
        }
    return counted
