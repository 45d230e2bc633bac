"""listmonk's database, filled at random: every figure equals what a count of its rows in plain Python gives."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailsight.errors import ImportFailed
from mailsight.importing import engine
from mailsight.importing.databases.listmonk import SOURCE
from mailsight.importing.sources import Mail, Request, Rows
from mailsight.loading.merge import LoadSummary
from mailsight.reports import campaign, customer, mails
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle
from tests.support.listmonk import BODY, START, figures, fill, oracle
from tests.support.postgresql import Database
from tests.support.tables import table

pytestmark = pytest.mark.slow


def load(folder: Path, source: Database, **options: Any) -> LoadSummary:
    return engine.run(folder / "m.duckdb", SOURCE, source.address, **options)


def test_every_figure_equals_a_count_of_the_rows_also_after_changes(
    listmonk_database: Database, tmp_path: Path
) -> None:
    chosen = random.Random(7)
    fill(listmonk_database, chosen, people=40, campaigns=3)
    load(tmp_path, listmonk_database, batch_rows=7)
    assert figures(tmp_path) == oracle(listmonk_database)
    generation = Warehouse(tmp_path / "m.duckdb").generation
    assert not load(tmp_path, listmonk_database).changed
    assert not load(tmp_path, listmonk_database, full=True).changed
    assert Warehouse(tmp_path / "m.duckdb").generation == generation

    fill(listmonk_database, chosen, people=10, campaigns=1)
    listmonk_database.run("update campaigns set sent = 77, name = 'Renamed' where id = 1")
    listmonk_database.run(
        "update subscribers set attribs = '{\"city\": \"Bruges\"}', status = 'blocklisted' where id = 3"
    )  # as after a bounce: nothing says when
    load(tmp_path, listmonk_database)
    assert figures(tmp_path) == oracle(listmonk_database)
    data = Warehouse(tmp_path / "m.duckdb").snapshot()
    assert campaign.report(data, "listmonk-1", Audience.ALL).campaign.name == "Renamed"
    attributes = customer.report(data, str(uuid.UUID(int=2)), Audience.ALL).customer.attributes
    assert (attributes["city"], attributes["status"]) == ("Bruges", "blocklisted")


def test_deleted_people_and_lists_do_no_harm(listmonk_database: Database, tmp_path: Path) -> None:
    fill(listmonk_database, random.Random(3), people=20, campaigns=2)
    listmonk_database.insert("campaign_lists", {"campaign_id": 1, "list_id": 1, "list_name": "Customers"})
    load(tmp_path, listmonk_database)
    before = figures(tmp_path)
    listmonk_database.run("delete from subscribers where id < 10")
    listmonk_database.run("delete from lists")
    listmonk_database.run("update campaign_views set subscriber_id = null")
    load(tmp_path, listmonk_database)
    after = figures(tmp_path)
    assert {key: value["opens"] for key, value in after.items()} == {
        key: value["opens"] for key, value in before.items()
    }
    [row] = table(tmp_path / "m.duckdb", "campaigns where campaign_id = 'listmonk-1'", "selection")
    assert row["selection"] == '{"field":"list","op":"in","value":["Customers"]}'


def test_a_database_that_was_restored_is_read_from_the_beginning(
    listmonk_database: Database, tmp_path: Path
) -> None:
    chosen = random.Random(5)
    fill(listmonk_database, chosen, people=20, campaigns=2)
    listmonk_database.run("create table backup as table campaign_views")
    load(tmp_path, listmonk_database)
    listmonk_database.run("delete from campaign_views where id > 10")
    assert not load(tmp_path, listmonk_database).kinds[-1].new
    listmonk_database.run(
        "delete from campaign_views; select setval('campaign_views_id_seq', 1, false);"
        "insert into campaign_views (campaign_id, subscriber_id, created_at)"
        "select campaign_id, subscriber_id, created_at + interval '1 hour' from backup where id <= 5"
    )
    load(tmp_path, listmonk_database)
    opens = table(tmp_path / "m.duckdb", "events where type = 'opened'", "customer_id, occurred_at")
    ever = "select subscriber_id, created_at from {} where subscriber_id is not null and {}"
    [(expected,)] = listmonk_database.run(
        f"select count(*) from ({ever.format('backup', 'true')} union all {ever.format('campaign_views', 'true')}) as v"
    )
    assert len(opens) == expected


def test_a_database_that_was_restored_and_has_grown_since_is_read_from_the_beginning(
    listmonk_database: Database, tmp_path: Path
) -> None:
    fill(listmonk_database, random.Random(5), people=20, campaigns=2)
    load(tmp_path, listmonk_database)
    listmonk_database.run(
        "update campaign_views set created_at = created_at + interval '1 hour' where id > 5"
    )
    [(views,)] = listmonk_database.run("select count(*) from campaign_views where subscriber_id is not null")
    [(lost,)] = listmonk_database.run(
        "select count(*) from campaign_views where subscriber_id is not null and id > 5"
    )
    load(tmp_path, listmonk_database)
    assert len(table(tmp_path / "m.duckdb", "events where type = 'opened'")) == views + lost


def test_a_rows_of_a_transaction_that_ends_late_are_not_missed(
    listmonk_database: Database, tmp_path: Path
) -> None:
    fill(listmonk_database, random.Random(3), people=2, campaigns=1)
    now = datetime.now(UTC)
    view = {"campaign_id": 1, "subscriber_id": 1}
    listmonk_database.insert("campaign_views", {"id": 1000, "created_at": now - timedelta(hours=1), **view})
    listmonk_database.insert("campaign_views", {"id": 1002, "created_at": now, **view})
    load(tmp_path, listmonk_database)
    listmonk_database.insert("campaign_views", {"id": 1001, "created_at": now, **view})
    load(tmp_path, listmonk_database)
    assert figures(tmp_path) == oracle(listmonk_database)
    assert (
        engine.positions(tmp_path / "m.duckdb", "listmonk", engine.place_of(listmonk_database.address, {}))[
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
    row: dict[str, object], name: str, text: str, listmonk_database: Database
) -> None:
    listmonk_database.insert(
        "campaigns", {"name": "A", "subject": "B", "from_email": "c@d.example", "body": BODY, **row}
    )
    [mail] = [item for item in SOURCE.read(Request(listmonk_database.address)) if isinstance(item, Mail)]
    assert (mail.name, mail.text) == (name, text)


def test_opt_outs_are_customers_events_without_a_campaign(
    listmonk_database: Database, tmp_path: Path
) -> None:
    fill(listmonk_database, random.Random(3), people=2, campaigns=1)
    load(tmp_path, listmonk_database)
    membership = {"list_id": 2, "updated_at": START - timedelta(days=9)}
    for subscriber in (1, 2):
        listmonk_database.insert("subscriber_lists", {"subscriber_id": subscriber, **membership})
    load(tmp_path, listmonk_database)
    # A bounce doesn't set the time.
    listmonk_database.run("update subscriber_lists set status = 'unsubscribed' where subscriber_id = 1")
    load(tmp_path, listmonk_database)
    assert table(tmp_path / "m.duckdb", "events where type = 'unsubscribed'", "customer_id, campaign_id") == [
        {"customer_id": str(uuid.UUID(int=0)), "campaign_id": None}
    ]
    data = Warehouse(tmp_path / "m.duckdb").snapshot()
    assert mails.of_customer(data, "listmonk-1", str(uuid.UUID(int=0))) is not None
    about = customer.report(data, str(uuid.UUID(int=0)), Audience.ALL).customer
    assert about.attributes["unsubscribed_from"] == {"Friends": "2026-04-05"}


def test_a_draft_is_planned_and_has_no_totals(listmonk_database: Database) -> None:
    listmonk_database.insert(
        "campaigns", {"name": "A", "subject": "B", "from_email": "c@d.example", "body": "", "send_at": START}
    )
    rows = {
        item.kind: item.rows
        for item in SOURCE.read(Request(listmonk_database.address))
        if isinstance(item, Rows)
    }
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


def test_version_1_is_refused_by_the_version_that_is_needed(
    listmonk_database: Database, tmp_path: Path
) -> None:
    listmonk_database.run("alter table campaign_views drop column id")
    with pytest.raises(ImportFailed, match=r"no column campaign_views\.id") as refused:
        engine.run(tmp_path / "m.duckdb", SOURCE, listmonk_database.address)
    assert refused.value.next_step.endswith("It must be a database of listmonk 2.0 or later.")
