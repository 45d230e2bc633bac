"""phpList's database, read as rows: a small one with its tables and columns as phpList declares them."""

from datetime import UTC, datetime

import pytest

from mailsight.importing.databases.phplist import SOURCE
from tests.support import sender_tables
from tests.support.mariadb import Database, Import, imported
from tests.support.sender_tables import serialised

REPORT = """Reporting-MTA: dns; mx.example
Final-Recipient: rfc822; bob@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
"""


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-{text}").replace(tzinfo=UTC)


@pytest.fixture
def phplist(mariadb: Database) -> Database:
    mariadb.run(sender_tables.PHPLIST.format(p="phplist_", u="phplist_user_"))
    mariadb.insert(
        "phplist_user_user",
        {"id": 1, "email": "Zoë@example.com", "confirmed": 1, "entered": "2026-01-01 10:00:00"},
        {"id": 2, "email": "bob@example.com", "confirmed": 1, "entered": "0000-00-00 00:00:00"},
        {"id": 3, "email": "cat@example.com", "blacklisted": 1},
        {"id": 4, "email": "dan@example.com"},
        {"id": 5, "email": "not an address"},
    )
    mariadb.insert(
        "phplist_user_attribute",
        {"id": 1, "name": "First name", "type": "textline"},
        {"id": 2, "name": "Country", "type": "select", "tablename": "country"},
        {"id": 3, "name": "Topics", "type": "checkboxgroup", "tablename": "country"},
    )
    mariadb.insert("phplist_listattr_country", {"id": 1, "name": "Belgium"}, {"id": 2, "name": "Chad"})
    mariadb.insert(
        "phplist_user_user_attribute",
        {"attributeid": 1, "userid": 1, "value": "Zoë"},
        {"attributeid": 2, "userid": 1, "value": "1"},
        {"attributeid": 3, "userid": 1, "value": "1,2,9"},
    )
    mariadb.insert("phplist_list", {"id": 1, "name": "Gardeners"}, {"id": 2, "name": "Staff"})
    mariadb.insert(
        "phplist_template", {"id": 1, "template": "<html><body>[CONTENT]<hr>[FOOTER]</body></html>"}
    )
    mariadb.insert(
        "phplist_message",
        {"id": 7, "subject": "Tulips 🌷 [FIRST NAME%%there]", "fromfield": "The Shop news@shop.example",
         "message": '<p>Hi [First name%%you]</p><a href="https://shop.example/tulips?to=[EMAIL]">Tulips</a>',
         "footer": "Bye", "status": "sent", "sendstart": "2026-05-02 10:00:00", "sent": "2026-05-02 10:30:00",
         "htmlformatted": 1, "template": 1, "userselection": "select id from phplist_user_user where confirmed"},
        {"id": 8, "subject": "A draft", "status": "draft"},
        {"id": 9, "subject": "Plain", "message": "Hello", "status": "sent", "sendstart": "2026-05-03 10:00:00"},
        {"id": 10, "subject": "Remote", "message": "[URL:https://shop.example/mail]", "status": "submitted"},
    )  # fmt: skip
    mariadb.insert("phplist_messagedata", {"name": "campaigntitle", "id": 7, "data": "Spring"},
                   {"name": "excludelist", "id": 7, "data": "SER:" + serialised({0: "2"})})  # fmt: skip
    mariadb.insert("phplist_listmessage", {"messageid": 7, "listid": 1})
    mariadb.insert("phplist_user_blacklist", {"email": "cat@example.com", "added": "2026-05-01 10:00:00"})
    mariadb.insert(
        "phplist_usermessage",
        {"messageid": 7, "userid": 1, "entered": "2026-05-02 10:01:00", "viewed": "2026-05-02 11:00:00",
         "status": "sent"},
        {"messageid": 7, "userid": 2, "entered": "2026-05-02 10:02:00", "viewed": "2026-05-02 12:00:00",
         "status": "sent"},
        {"messageid": 7, "userid": 3, "entered": "2026-05-02 10:03:00", "status": "not sent"},
        {"messageid": 7, "userid": 4, "entered": "2026-05-02 10:03:00", "status": "excluded"},
        {"messageid": 7, "userid": 5, "entered": "2026-05-02 10:03:00", "status": "invalid email address"},
        {"messageid": 7, "userid": 6, "entered": "2026-05-02 10:03:00", "status": "todo"},
        {"messageid": 7, "userid": 77, "entered": "2026-05-02 10:03:00", "status": "sent"},
    )  # fmt: skip
    mariadb.insert("phplist_user_message_view", {
        "id": 1, "messageid": 7, "userid": 1, "viewed": "2026-05-02 11:00:00", "ip": "203.0.113.7",
        "data": serialised({"HTTP_USER_AGENT": "Mozilla/5.0 (X11; &quot;Linux&quot;)",
                            "HTTP_REFERER": "https://mail.example/"})})  # fmt: skip
    mariadb.insert("phplist_linktrack_forward", {"id": 1, "url": "https://shop.example/tulips"})
    mariadb.insert(
        "phplist_linktrack_uml_click",
        {"id": 1, "messageid": 7, "userid": 1, "forwardid": 1, "firstclick": "2026-05-02 11:01:00",
         "latestclick": "2026-05-02 11:01:00", "clicked": 1},
        {"id": 2, "messageid": 7, "userid": 2, "forwardid": None, "firstclick": "2026-05-02 12:00:00",
         "latestclick": "2026-05-04 12:00:00", "clicked": 5},
    )  # fmt: skip
    mariadb.insert(
        "phplist_bounce",
        {"id": 1, "date": "2026-05-02 10:05:00", "data": REPORT},
        {"id": 2, "date": "1970-01-01"},
    )
    mariadb.insert(
        "phplist_user_message_bounce",
        {"id": 1, "user": 77, "message": 7, "bounce": 1, "time": "2026-05-02 23:00:00"},
        {"id": 2, "user": 2, "message": 7, "bounce": 2, "time": "2026-05-02 23:00:00"},
        {"id": 3, "user": 2, "message": -1, "bounce": 3, "time": "2026-05-02 23:00:00"},
    )
    mariadb.insert("phplist_user_message_forward", {
        "id": 1, "user": 1, "message": 7, "forward": "friend@example.com", "status": "sent",
        "time": "2026-05-02 11:30:00"})  # fmt: skip
    return mariadb


def _said(done: Import, kind: str) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if value is not None} for row in done.rows(kind)]


def test_campaigns_with_their_selection(phplist: Database) -> None:
    done = imported(SOURCE, phplist.address())
    assert _said(done, "campaigns") == [
        {
            "campaign_id": "phplist-7",
            "name": "Spring",
            "subject": "Tulips 🌷 [FIRST NAME%%there]",
            "from_name": "The Shop",
            "from_email": "news@shop.example",
            "sent_at": _at("02T10:00:00"),
            "selection": "On the lists: Gardeners. Not on: Staff. "
            "And selected by: select id from phplist_user_user where confirmed",
            "template": "messages/7.html",
        },
        {
            "campaign_id": "phplist-9",
            "name": "Plain",
            "subject": "Plain",
            "sent_at": _at("03T10:00:00"),
            "template": "messages/9.txt",
        },
        {"campaign_id": "phplist-10", "name": "Remote", "subject": "Remote"},
    ]
    assert done.mails == {
        "messages/7.html": '<html><body><p>Hi [First name%%you]</p><a href="https://shop.example/tulips?to={{EMAIL}}">'
        "Tulips</a><hr>Bye</body></html>",
        "messages/9.txt": "Hello",
    }


def test_subscribers_with_their_attributes(phplist: Database) -> None:
    first, second, *rest = _said(imported(SOURCE, phplist.address()), "customers")
    assert first == {
        "customer_id": "phplist-1",
        "email": "Zoë@example.com",
        "name": "Zoë",
        "country": "Belgium",
        "created_at": datetime(2026, 1, 1, 10, tzinfo=UTC),
        "First name": "Zoë",
        "Country": "Belgium",
        "Topics": "Belgium, Chad",
        "confirmed": True,
        "blacklisted": False,
    }
    assert second == {
        "customer_id": "phplist-2",
        "email": "bob@example.com",
        "confirmed": True,
        "blacklisted": False,
    }
    assert [row["blacklisted"] for row in rest] == [True, False, False]


def test_messages_and_why_some_were_not_sent(phplist: Database) -> None:
    rows = _said(imported(SOURCE, phplist.address()), "messages")
    assert {row.pop("campaign_id") for row in rows} == {"phplist-7"}
    assert rows == [
        {"customer_id": "phplist-1", "email": "Zoë@example.com", "sent_at": _at("02T10:01:00")},
        {"customer_id": "phplist-2", "email": "bob@example.com", "sent_at": _at("02T10:02:00")},
        {"customer_id": "phplist-3", "email": "cat@example.com", "not_sent_reason": "opted_out",
         "not_sent_detail": "on the blacklist"},
        {"customer_id": "phplist-4", "email": "dan@example.com", "not_sent_reason": "other",
         "not_sent_detail": "on a list that the campaign excluded"},
        {"customer_id": "phplist-5", "email": "not an address", "not_sent_reason": "invalid_address"},
        {"customer_id": "phplist-6"},
        {"customer_id": "phplist-77", "sent_at": _at("02T10:03:00")},
    ]  # fmt: skip


def test_events(phplist: Database) -> None:
    rows = _said(imported(SOURCE, phplist.address()), "events")
    assert {(row.pop("provider"), row.pop("campaign_id")) for row in rows} == {("phplist", "phplist-7")}
    assert rows == [
        {"event_id": "viewed-7-2", "customer_id": "phplist-2", "type": "opened", "occurred_at": _at("02T12:00:00")},
        {"event_id": "view-1-1777719600", "customer_id": "phplist-1",
         "type": "opened", "occurred_at": _at("02T11:00:00"),
         "user_agent": 'Mozilla/5.0 (X11; "Linux")', "ip": "203.0.113.7",
         "payload": {"HTTP_REFERER": "https://mail.example/"}},
        {"event_id": "click-1-20260502110100", "customer_id": "phplist-1", "type": "clicked",
         "occurred_at": _at("02T11:01:00"), "url": "https://shop.example/tulips", "payload": {"clicked": 1}},
        {"event_id": "click-2-20260502120000", "customer_id": "phplist-2", "type": "clicked",
         "occurred_at": _at("02T12:00:00"), "payload": {"clicked": 5}},
        {"event_id": "click-2-20260504120000", "customer_id": "phplist-2", "type": "clicked",
         "occurred_at": _at("04T12:00:00"), "payload": {"clicked": 5}},
        {"event_id": "bounce-1-1777762800", "customer_id": "phplist-77",
         "type": "bounced", "occurred_at": _at("02T10:05:00"),
         "bounce_type": "hard", "smtp_status": "5.1.1", "diagnostic": "550 5.1.1 no such user"},
        {"event_id": "bounce-2-1777762800", "customer_id": "phplist-2",
         "type": "bounced", "occurred_at": _at("02T23:00:00")},
        {"event_id": "forward-1-1777721400", "customer_id": "phplist-1",
         "type": "unknown", "occurred_at": _at("02T11:30:00"),
         "payload": {"event": "forwarded", "status": "sent"}},
    ]  # fmt: skip


def test_all_clicks_are_a_total(phplist: Database) -> None:
    assert imported(SOURCE, phplist.address()).rows("totals") == [{"campaign_id": "phplist-7", "clicks": 6}]


def test_clicks_in_the_table_of_old_versions(phplist: Database) -> None:
    click = {"messageid": 8, "userid": 1, "latestclick": "2026-05-04 12:00:00"}
    phplist.insert(
        "phplist_linktrack",
        {**click, "linkid": 1, "url": "https://lt.example/", "forward": "https://shop.example/", "clicked": 3,
         "firstclick": "2026-05-02 12:00:00"},
        {**click, "linkid": 2, "url": "https://shop.example/x", "clicked": 1},
        {**click, "linkid": 3, "url": "https://shop.example/never", "clicked": 0},
        {**click, "linkid": 4, "messageid": 7, "url": "https://shop.example/x", "clicked": 2},
    )  # fmt: skip
    done = imported(SOURCE, phplist.address())
    old = [row for row in done.rows("events") if str(row["event_id"]).startswith("old-click")]
    assert [(row["event_id"], row["campaign_id"], row["url"]) for row in old] == [
        ("old-click-4-20260504120000", "phplist-7", "https://shop.example/x"),
        ("old-click-1-20260502120000", "phplist-8", "https://shop.example/"),
        ("old-click-1-20260504120000", "phplist-8", "https://shop.example/"),
        ("old-click-2-20260504120000", "phplist-8", "https://shop.example/x"),
    ]
    assert done.rows("totals") == [
        {"campaign_id": "phplist-7", "clicks": 8},
        {"campaign_id": "phplist-8", "clicks": 4},
    ]
    assert imported(SOURCE, phplist.address(), done.positions).rows("totals") == []


def test_the_servers_time_zone(phplist: Database) -> None:
    done = imported(SOURCE, phplist.address(), timezone="America/New_York")
    assert done.rows("campaigns")[0]["sent_at"] == _at("02T14:00:00")
    assert done.rows("events")[-1]["occurred_at"] == _at("02T11:30:00")  # a TIMESTAMP knows its zone


def test_again_only_what_is_new(phplist: Database) -> None:
    first = imported(SOURCE, phplist.address())
    nothing = imported(SOURCE, phplist.address(), first.positions)
    assert {kind: nothing.rows(kind) for kind in ("campaigns", "messages", "events")} == {
        "campaigns": [],
        "messages": [],
        "events": [],
    }
    phplist.run(
        "update phplist_linktrack_uml_click set clicked = 2, latestclick = '2026-05-09 08:00:00' where id = 1;"
        "update phplist_usermessage set status = 'sent', entered = '2026-05-09 08:00:00' where userid = 6;"
        "update phplist_messagedata set data = 'Summer' where name = 'campaigntitle'"
    )
    again = imported(SOURCE, phplist.address(), first.positions)
    assert [row["name"] for row in again.rows("campaigns")] == ["Summer"]
    assert [row["sent_at"] for row in again.rows("messages") if row["customer_id"] == "phplist-6"] == [
        _at("09T08:00:00")
    ]
    known = {row["event_id"] for row in first.rows("events")}
    assert [row["event_id"] for row in again.rows("events") if row["event_id"] not in known] == [
        "click-1-20260509080000"
    ]


def test_other_prefixes(mariadb: Database) -> None:
    mariadb.run(sender_tables.PHPLIST.format(p="news_", u="people_"))
    mariadb.insert("people_user", {"id": 1, "email": "ann@example.com"})
    done = imported(SOURCE, mariadb.address(user_prefix="people_"))
    assert [row["customer_id"] for row in done.rows("customers")] == ["phplist-1"]
