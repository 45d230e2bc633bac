"""Mailtrain's database, read as rows: a small one with its tables and columns as Mailtrain declares them."""

import json
from datetime import UTC, datetime

import pytest

from mailsight.errors import ImportFailed
from mailsight.importing.databases.mailtrain import SOURCE, UNTIMED
from tests.support import sender_tables
from tests.support.mariadb import Database, Import, imported

HTML = (
    '<p>Hi [FIRST_NAME/you] in {{MERGE_CITY}}</p>[NEWS] <a href="https://shop.example/?to=[EMAIL]">Tulips</a> '
    "[LINK_UNSUBSCRIBE]"
)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-{text}").replace(tzinfo=UTC)


@pytest.fixture
def mailtrain(mariadb: Database) -> Database:
    mariadb.run(sender_tables.MAILTRAIN)
    mariadb.insert("lists", {"id": 1, "name": "Gardeners"}, {"id": 2, "name": "Deleted"})
    mariadb.insert("segments", {"id": 3, "list": 1, "name": "Near"})
    mariadb.insert(
        "custom_fields",
        {"list": 1, "name": "City", "key": "MERGE_CITY", "type": "text", "column": "custom_city_x1"},
        {
            "list": 1,
            "name": "First name",
            "key": "FIRST_NAME",
            "type": "text",
            "column": "custom_first_name_y2",
        },
        {"list": 1, "name": "Land", "key": "MERGE_COUNTRY", "type": "text", "column": "custom_country_z3"},
        {"list": 1, "name": "Group", "key": "GROUP", "type": "checkbox-grouped"},
    )
    mariadb.insert(
        "send_configurations",
        {"id": 1, "from_name": "The Shop", "from_email": "news@shop.example", "from_name_overridable": 1},
    )
    mariadb.insert("templates", {"id": 4, "html": "<p>From a template</p>"})
    mariadb.insert(
        "campaigns",
        {"id": 7, "name": "Tulips", "subject": "Hi [FIRST_NAME]", "status": 3,
         "delivered": 5, "opened": 1, "clicks": 2, "bounced": 1,
         "data": json.dumps({"sourceCustom": {"html": HTML, "text": ""}})},
        {"id": 8, "name": "Template", "status": 2, "source": 1, "data": '{"sourceTemplate": 4}',
         "from_name_override": "Ann", "from_email_override": "ann@shop.example"},
        {"id": 9, "name": "A feed", "type": 2, "status": 6, "data": "broken"},
        {"id": 10, "name": "A draft", "status": 1, "data": None},
    )  # fmt: skip
    mariadb.insert("campaign_lists", {"id": 1, "campaign": 7, "list": 1, "segment": 3})
    mariadb.insert("campaign_lists", {"id": 2, "campaign": 7, "list": 2})
    mariadb.insert(
        "subscription__1",
        {"id": 1, "cid": "a", "email": "ann@example.com", "opt_in_country": "BE", "tz": "europe/brussels",
         "created": "2026-01-01 10:00:00", "custom_city_x1": "Ghent", "custom_first_name_y2": "Ann"},
        {"id": 2, "cid": "b", "email": "bob@example.com", "status": 3, "created": "2026-01-01 10:00:00",
         "opt_in_country": "BE", "custom_country_z3": "NL"},
        {"id": 3, "cid": "c", "email": None, "status": 2, "created": "2026-01-01 10:00:00"},
    )  # fmt: skip
    message = {"campaign": 7, "list": 1, "created": "2026-05-02 10:00:00"}
    mariadb.insert(
        "campaign_messages",
        message | {"id": 1, "subscription": 1, "status": 1, "updated": "2026-05-02 10:01:00",
                   "response": "250 2.0.0 Ok: queued as 4ABCDEF012", "response_id": "4ABCDEF012"},
        message | {"id": 2, "subscription": 2, "status": 3, "updated": "2026-05-02 10:05:00", "response_id": "OK"},
        message | {"id": 3, "subscription": 3, "status": 2, "updated": "2026-05-03 10:05:00"},
        message | {"id": 4, "subscription": 99, "status": 4, "updated": "2026-05-04 10:05:00"},
        message | {"id": 5, "subscription": 5, "status": 5},
        message | {"id": 6, "subscription": 6, "status": 6, "updated": "2026-05-02 10:05:00", "response": "554 no"},
        message | {"id": 7, "subscription": 1, "list": 2, "status": 1, "updated": None},
        message | {"id": 8, "subscription": 8, "status": 5, "response": "blacklisted", "response_id": "blacklisted"},
    )  # fmt: skip
    mariadb.insert("links", {"id": 1, "campaign": 7, "url": "https://shop.example/?to=ann@example.com"})
    link = {"campaign": 7, "list": 1, "subscription": 1, "created": "2026-05-02 11:00:00"}
    mariadb.insert(
        "campaign_links",
        link | {"link": -1, "count": 3, "ip": "203.0.113.7", "device_type": "phone", "country": "BE"},
        link | {"link": 0, "count": 1},
        link | {"link": 1, "count": 2, "created": "2026-05-02 11:01:00"},
        link | {"link": 0, "subscription": 99},
    )
    return mariadb


def _said(done: Import, kind: str) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if value is not None} for row in done.rows(kind)]


def test_campaigns(mailtrain: Database) -> None:
    done = imported(SOURCE, mailtrain.address())
    assert _said(done, "campaigns") == [
        {
            "campaign_id": "mailtrain-7",
            "name": "Tulips",
            "subject": "Hi {{first_name}}",
            "from_name": "The Shop",
            "from_email": "news@shop.example",
            "sent_at": _at("02T10:00:00"),
            "selection": '{"any": [{"all": [{"field": "list", "op": "=", "value": "Gardeners"}, '
            '{"field": "segment", "op": "=", "value": "Near"}]}, '
            '{"field": "list", "op": "=", "value": "Deleted"}]}',
            "template": "campaigns/7.html",
        },
        {
            "campaign_id": "mailtrain-8",
            "name": "Template",
            "from_name": "Ann",
            "from_email": "news@shop.example",  # the send configuration allows no other
            "template": "campaigns/8.html",
        },
    ]
    assert done.mails == {
        "campaigns/7.html": '<p>Hi [first_name%%you] in {{city}}</p>[NEWS] <a href="https://shop.example/?to={{email}}">'
        "Tulips</a> [LINK_UNSUBSCRIBE]",
        "campaigns/8.html": "<p>From a template</p>",
    }


def test_totals(mailtrain: Database) -> None:
    assert imported(SOURCE, mailtrain.address()).rows("totals") == [
        {
            "campaign_id": "mailtrain-7",
            "sent": 5,
            "bounces": 1,
            "opened": 1,
            "clicked": 2,
            "unsubscribed": 0,
            "complained": 0,
        }
    ]


def test_subscribers(mailtrain: Database) -> None:
    assert _said(imported(SOURCE, mailtrain.address()), "customers") == [
        {
            "customer_id": "mailtrain-1-1",
            "email": "ann@example.com",
            "name": "Ann",
            "country": "BE",
            "created_at": datetime(2026, 1, 1, 10, tzinfo=UTC),
            "timezone": "europe/brussels",
            "subscription": "subscribed",
            "city": "Ghent",
            "first_name": "Ann",
        },
        {
            "customer_id": "mailtrain-1-2",
            "email": "bob@example.com",
            "country": "NL",
            "created_at": datetime(2026, 1, 1, 10, tzinfo=UTC),
            "subscription": "bounced",
        },
    ]


def test_messages(mailtrain: Database) -> None:
    rows = _said(imported(SOURCE, mailtrain.address()), "messages")
    assert {row.pop("campaign_id") for row in rows} == {"mailtrain-7"}
    assert rows == [
        {"customer_id": "mailtrain-1-1", "message_id": "4ABCDEF012", "email": "ann@example.com",
         "sent_at": _at("02T10:01:00")},
        {"customer_id": "mailtrain-1-2", "email": "bob@example.com", "sent_at": _at("02T10:00:00")},
        {"customer_id": "mailtrain-1-3", "sent_at": _at("02T10:00:00")},
        {"customer_id": "mailtrain-1-5"},
        {"customer_id": "mailtrain-1-6", "not_sent_reason": "failed", "not_sent_detail": "554 no"},
        {"customer_id": "mailtrain-1-8", "not_sent_reason": "blocked"},
        {"customer_id": "mailtrain-1-99", "sent_at": _at("02T10:00:00")},
        {"customer_id": "mailtrain-2-1", "sent_at": _at("02T10:00:00")},
    ]  # fmt: skip


def test_events_as_often_as_they_were_counted(mailtrain: Database) -> None:
    rows = _said(imported(SOURCE, mailtrain.address()), "events")
    assert {(row.pop("provider"), row.pop("campaign_id")) for row in rows} == {("mailtrain", "mailtrain-7")}
    at = int(_at("02T11:00:00").timestamp())
    ann = {"customer_id": "mailtrain-1-1", "recipient": "ann@example.com"}
    opened = {"type": "opened", "occurred_at": _at("02T11:00:00"), "ip": "203.0.113.7",
              "payload": {"device_type": "phone", "country": "BE"}}  # fmt: skip
    clicked = {
        "type": "clicked",
        "occurred_at": _at("02T11:01:00"),
        "url": "https://shop.example/?to=ann@example.com",
    }
    assert rows == [
        {"event_id": "bounced-2", "customer_id": "mailtrain-1-2", "recipient": "bob@example.com", "type": "bounced",
         "occurred_at": _at("02T10:05:00")},
        {"event_id": "unsubscribed-3", "customer_id": "mailtrain-1-3", "type": "unsubscribed",
         "occurred_at": _at("03T10:05:00")},
        {"event_id": "complained-4", "customer_id": "mailtrain-1-99", "type": "complained",
         "occurred_at": _at("04T10:05:00")},
        *(ann | opened | {"event_id": f"open-7-1-1-{at}-{number}"} for number in range(3)),
        *(ann | clicked | {"event_id": f"click-7-1-1-{at + 60}-1-{number}"} for number in range(2)),
        {"event_id": f"click-7-1-99-{at}-0-0", "customer_id": "mailtrain-1-99", "type": "clicked",
         "occurred_at": _at("02T11:00:00")},
    ]  # fmt: skip


def test_again_only_what_changed(mailtrain: Database) -> None:
    first = imported(SOURCE, mailtrain.address())
    assert imported(SOURCE, mailtrain.address(), first.positions).items == []
    mailtrain.run(
        "update campaign_links set count = 4 where link = 1;"
        "update campaign_messages set status = 1, updated = '2026-05-09 10:00:00' where id = 5;"
        "insert into subscription__1 (cid, email) values ('d', 'dan@example.com')"
    )
    again = imported(SOURCE, mailtrain.address(), first.positions)
    assert [row["email"] for row in again.rows("customers")][-1] == "dan@example.com"
    assert [row["sent_at"] for row in again.rows("messages") if row["customer_id"] == "mailtrain-1-5"] == [
        _at("09T10:00:00")
    ]
    known = {row["event_id"] for row in first.rows("events")}
    new = [row for row in again.rows("events") if row["event_id"] not in known]
    assert [(row["type"], row["customer_id"]) for row in new] == [("clicked", "mailtrain-1-1")] * 2
    assert {row["campaign_id"] for row in again.rows("campaigns")} == {"mailtrain-7"}


def test_a_campaign_is_read_again_if_its_list_is_renamed(mailtrain: Database) -> None:
    first = imported(SOURCE, mailtrain.address())
    mailtrain.run("update lists set name = 'Growers' where id = 1")
    again = imported(SOURCE, mailtrain.address(), first.positions)
    assert "Growers" in str(again.rows("campaigns")[0]["selection"])


def test_who_got_only_a_test_is_no_recipient(mailtrain: Database) -> None:
    """Mailtrain counts what they do, in drafts and feeds too."""
    for campaign in (7, 9, 10):
        test = {"campaign": campaign, "list": 1, "subscription": 2}
        mailtrain.insert("test_messages", test, test | {"subscription": 4})
        mailtrain.insert("campaign_links", test | {"link": -1}, test | {"subscription": 4, "link": -1})
    done = imported(SOURCE, mailtrain.address())
    people = {(row["campaign_id"], row["customer_id"]) for row in done.rows("events")}
    assert people >= {("mailtrain-7", "mailtrain-1-2")}
    assert not people & {("mailtrain-7", "mailtrain-1-4"), ("mailtrain-9", "mailtrain-1-2")}

    mailtrain.insert("campaign_messages", {"campaign": 7, "list": 1, "subscription": 4, "status": 1})
    again = imported(SOURCE, mailtrain.address(), done.positions)
    assert "mailtrain-1-4" in {row["customer_id"] for row in again.rows("events")}


def test_a_campaign_that_is_sent_again_counts_its_earlier_opens_too(mailtrain: Database) -> None:
    first = imported(SOURCE, mailtrain.address())
    mailtrain.run("update campaign_links set created = '2026-06-01 09:00:00', count = 1 where link = -1")
    again = imported(SOURCE, mailtrain.address(), first.positions)
    known = {row["event_id"] for row in first.rows("events")}
    assert [row["type"] for row in again.rows("events") if row["event_id"] not in known] == ["opened"]


def test_an_open_without_a_time_is_left_to_the_load(mailtrain: Database) -> None:
    mailtrain.run("update campaign_links set created = '0000-00-00 00:00:00' where link = -1")
    rows = imported(SOURCE, mailtrain.address()).rows("events")
    assert [row["occurred_at"] for row in rows if row["type"] == "opened"] == [None] * 3


def test_ids_of_an_earlier_version_stay(mailtrain: Database) -> None:
    """It left one checksum for each campaign's links, and gave ids without times."""
    first = imported(SOURCE, mailtrain.address())
    earlier = {name: value.split(" ")[0] for name, value in first.positions.items() if name != UNTIMED}
    again = imported(SOURCE, mailtrain.address(), earlier)
    ids = {row["event_id"] for row in again.rows("events")}
    assert ids >= {"open-7-1-1-0", "open-7-1-1-2", "click-7-1-1-1-1", "click-7-1-99-0-0"}
    assert len(ids) == len(first.rows("events")) - 3  # bounces and the like are not read again

    mailtrain.run("update campaign_links set created = '2026-06-01 09:00:00' where link = -1")
    sent_again = imported(SOURCE, mailtrain.address(), earlier | again.positions)
    new = [row for row in sent_again.rows("events") if row["event_id"] not in ids]
    assert [row["type"] for row in new] == ["opened"] * 3


def test_an_early_beta_with_other_columns(mailtrain: Database) -> None:
    mailtrain.run(
        "alter table campaigns change subject subject_override varchar(255), drop start_at, drop channel;"
        "alter table send_configurations add subject varchar(255);"
        "alter table campaign_messages drop key campaign_hash_email, drop hash_email;"
        "alter table subscription__1 drop updated; drop table channels; drop table test_messages"
    )
    mailtrain.run("update send_configurations set subject = 'News'")
    rows = imported(SOURCE, mailtrain.address()).rows("campaigns")
    assert [(row["subject"], row["tags"]) for row in rows] == [("Hi {{first_name}}", None), ("News", None)]


def test_the_channel_of_a_campaign_is_its_tag(mailtrain: Database) -> None:
    mailtrain.insert("channels", {"id": 1, "name": "Shop"})
    mailtrain.run("update campaigns set channel = 1")
    assert imported(SOURCE, mailtrain.address()).rows("campaigns")[0]["tags"] == ["Shop"]


def test_version_1_is_refused_by_the_version_that_is_needed(mailtrain: Database) -> None:
    mailtrain.run("drop table campaign_messages; create table campaign__7 (id int)")
    with pytest.raises(ImportFailed, match="no table whose name ends in campaign_messages") as refused:
        imported(SOURCE, mailtrain.address())
    assert refused.value.next_step.endswith("It must be a database of Mailtrain 2.")
