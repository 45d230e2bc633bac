"""Mautic's database, read as rows: a small one with its tables and columns as Mautic declares them."""

from datetime import UTC, datetime

import pytest

from mailsight.importing.databases.mautic import SOURCE
from tests.support import sender_tables
from tests.support.mariadb import Database, Import, imported
from tests.support.sender_tables import serialised

AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
HTML = '<p>Hi {contactfield=firstname|there}</p><a href="https://shop.example/tulips?to={contactfield=email}">Tulips</a>'
COPY = (
    '<p>Hi {contactfield=firstname|there}</p><a href="{trackable=abc}">Tulips</a>'
    '<img src="{tracking_pixel}">{unsubscribe_text}'
)
TOKENS = {
    "{contactfield=firstname|there}": "Ann",
    "{trackable=abc}": "https://m.example/r/abc?ct=xyz",
    "{tracking_pixel}": "https://m.example/email/h1.gif",
    "{unsubscribe_text}": '<a href="https://m.example/email/unsubscribe/h1">{contactfield=firstname|there}, leave</a>',
}


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-{text}").replace(tzinfo=UTC)


@pytest.fixture
def mautic(mariadb: Database) -> Database:
    mariadb.run(sender_tables.MAUTIC.format(p="mtc_"))
    mariadb.insert(
        "mtc_leads",
        {"id": 1, "firstname": "Ann", "lastname": "Lee", "email": "ann@example.com", "country": "Belgium",
         "date_added": "2026-01-01 10:00:00", "favourite_colour": "blue"},
        {"id": 2, "email": "bob@example.com", "date_added": "2026-01-02 10:00:00", "preferred_locale": "nl"},
        {"id": 3, "email": "bad@example", "date_added": "2026-01-02 10:00:00"},
        {"id": 9, "email": None, "date_added": "2026-01-02 10:00:00"},
    )  # fmt: skip
    mariadb.insert("mtc_lead_lists", {"id": 1, "name": "Gardeners"}, {"id": 2, "name": "Staff"})
    mariadb.insert("mtc_categories", {"id": 4, "title": "Spring"})
    mariadb.insert(
        "mtc_emails",
        {"id": 5, "name": "Tulips", "subject": "Tulips, {contactfield=firstname}?", "custom_html": HTML,
         "category_id": 4, "sent_count": 4, "read_count": 2,
         "from_name": "The Shop", "from_address": "news@shop.example", "preheader_text": "In bloom",
         "date_added": "2026-05-01 08:00:00"},
        {"id": 6, "name": "B", "subject": "Flowers?", "plain_text": "Hello", "variant_parent_id": 5,
         "date_added": "2026-05-01 08:00:00"},
    )  # fmt: skip
    mariadb.insert("mtc_email_list_xref", {"email_id": 5, "leadlist_id": 1})
    mariadb.insert("mtc_email_list_excluded", {"email_id": 5, "leadlist_id": 2})
    mariadb.insert("mtc_email_copies", {"id": "c" * 32, "date_created": "2026-05-02", "body": COPY})
    mariadb.insert(
        "mtc_ip_addresses", {"id": 1, "ip_address": "203.0.113.7"}, {"id": 2, "ip_address": "2001:db8::1"}
    )
    mariadb.insert(
        "mtc_lead_devices", {"id": 1, "lead_id": 1, "device": "smartphone", "device_os_name": "iOS"}
    )
    mariadb.insert(
        "mtc_page_redirects", {"id": 1, "redirect_id": "abc", "url": "https://shop.example/tulips"}
    )
    opens = {
        0: {"datetime": "2026-05-02 11:00:00", "useragent": AGENT, "inBrowser": False},
        1: {"datetime": "2026-05-02 12:00:00", "useragent": "", "inBrowser": True},
    }
    mariadb.insert(
        "mtc_email_stats",
        {"id": 1, "email_id": 5, "lead_id": 1, "email_address": "ann@example.com", "date_sent": "2026-05-02 10:00:00",
         "is_read": 1, "date_read": "2026-05-02 11:00:00", "last_opened": "2026-05-02 12:00:00", "open_count": 2,
         "ip_id": 2, "open_details": serialised(opens), "tokens": serialised(TOKENS), "copy_id": "c" * 32},
        {"id": 2, "email_id": 5, "lead_id": 2, "email_address": "bob@example.com",
         "date_sent": "2026-05-02 10:00:01", "is_failed": 1, "retry_count": 1,
         "open_details": serialised({"bounces": {0: {
             "datetime": "2026-05-02 10:05:00", "reason": "unknown", "code": "0219", "type": "hard"}}})},
        {"id": 3, "email_id": 5, "lead_id": None, "email_address": "Gone@Example.com",
         "date_sent": "2026-05-02 10:00:02", "is_read": 1, "date_read": "2026-05-03 09:00:00",
         "open_details": "a:0:{}"},
        {"id": 4, "email_id": 6, "lead_id": None, "email_address": "", "date_sent": "2026-05-02 10:00:03",
         "open_details": "garbage"},
        {"id": 5, "email_id": None, "lead_id": 1, "email_address": "ann@example.com",
         "date_sent": "2026-05-02 10:00:03"},
    )  # fmt: skip
    mariadb.insert(
        "mtc_email_stats_devices",
        {"id": 1, "stat_id": 1, "device_id": 1, "ip_id": 1, "date_opened": "2026-05-02 11:00:00"},
    )
    mariadb.insert(
        "mtc_page_hits",
        {"id": 1, "redirect_id": 1, "email_id": 5, "lead_id": 1, "ip_id": 1, "date_hit": "2026-05-02 11:01:00",
         "user_agent": AGENT, "country": "Belgium", "url": "https://m.example/r/abc?ct=xyz"},
        {"id": 2, "page_id": 7, "email_id": 5, "lead_id": 1, "date_hit": "2026-05-02 11:02:00"},
        {"id": 3, "redirect_id": 1, "email_id": 5, "lead_id": None, "date_hit": "2026-05-02 11:02:00"},
        {"id": 4, "redirect_id": 1, "email_id": None, "lead_id": 1, "date_hit": "2026-05-02 11:02:00"},
    )  # fmt: skip
    mariadb.insert(
        "mtc_lead_donotcontact",
        {"id": 1, "lead_id": 1, "date_added": "2026-05-02 13:00:00", "reason": 1, "channel": "email", "channel_id": 5},
        {"id": 2, "lead_id": 2, "date_added": "2026-05-02 10:05:00", "reason": 2, "channel": "email", "channel_id": 5},
        {"id": 3, "lead_id": 3, "date_added": "2026-05-02 10:00:00", "reason": 2, "channel": "email", "channel_id": 5,
         "comments": "Incorrectly formatted email address"},
        {"id": 4, "lead_id": 2, "date_added": "2026-05-02 10:00:00", "reason": 3, "channel": "email"},
        {"id": 5, "lead_id": 2, "date_added": "2026-05-02 10:00:00", "reason": 1, "channel": "sms"},
    )  # fmt: skip
    return mariadb


def _said(done: Import, kind: str) -> list[dict[str, object]]:
    """Rows without what they don't say."""
    return [{name: value for name, value in row.items() if value is not None} for row in done.rows(kind)]


def test_campaigns(mautic: Database) -> None:
    done = imported(SOURCE, mautic.address())
    assert _said(done, "campaigns") == [
        {
            "campaign_id": "mautic-5",
            "name": "Tulips",
            "subject": "Tulips, {contactfield=firstname}?",
            "preheader": "In bloom",
            "from_name": "The Shop",
            "from_email": "news@shop.example",
            "sent_at": _at("02T10:00:00"),
            "tags": ["Spring", "A/B test: Tulips"],
            "selection": '{"all": [{"field": "segment", "op": "in", "value": ["Gardeners"]}, '
            '{"not": {"field": "segment", "op": "in", "value": ["Staff"]}}]}',
            "template": "emails/5.html",
        },
        {
            "campaign_id": "mautic-6",
            "name": "Tulips: B",
            "subject": "Flowers?",
            "sent_at": _at("02T10:00:03"),
            "tags": ["A/B test: Tulips"],
            "template": "emails/6.txt",
        },
    ]
    assert done.mails["emails/5.html"] == HTML


def test_totals(mautic: Database) -> None:
    assert imported(SOURCE, mautic.address()).rows("totals") == [
        {"campaign_id": "mautic-5", "sent": 4, "opened": 2}
    ]


def test_contacts(mautic: Database) -> None:
    rows = _said(imported(SOURCE, mautic.address()), "customers")
    assert rows[:3] == [
        {
            "customer_id": "mautic-1",
            "email": "ann@example.com",
            "name": "Ann Lee",
            "country": "Belgium",
            "created_at": datetime(2026, 1, 1, 10, tzinfo=UTC),
            "favourite_colour": "blue",
            "points": 0,
        },
        {
            "customer_id": "mautic-2",
            "email": "bob@example.com",
            "language": "nl",
            "created_at": datetime(2026, 1, 2, 10, tzinfo=UTC),
            "points": 0,
        },
        {
            "customer_id": "mautic-3",
            "email": "bad@example",
            "created_at": datetime(2026, 1, 2, 10, tzinfo=UTC),
            "points": 0,
        },
    ]
    assert rows[3:] == [
        {"customer_id": "mautic-1", "do_not_contact": "unsubscribed"},
        {"customer_id": "mautic-2", "do_not_contact": "bounced"},
        {"customer_id": "mautic-3", "do_not_contact": "bounced"},
        {"customer_id": "mautic-2", "do_not_contact": "manual"},
    ]


def test_messages_and_the_copies_as_received(mautic: Database) -> None:
    done = imported(SOURCE, mautic.address())
    common = {"campaign_id": "mautic-5"}
    assert _said(done, "messages") == [
        common | {"customer_id": "mautic-1", "message_id": "mautic-1", "email": "ann@example.com",
                  "sent_at": _at("02T10:00:00"), "merge_fields": {"firstname": "Ann"}, "content": "copies/1.html"},
        common | {"customer_id": "mautic-2", "message_id": "mautic-2", "email": "bob@example.com",
                  "sent_at": _at("02T10:00:01")},
        common | {"customer_id": "gone@example.com", "message_id": "mautic-3", "email": "Gone@Example.com",
                  "sent_at": _at("02T10:00:02")},
        {"campaign_id": "mautic-6", "customer_id": "mautic-deleted-4", "message_id": "mautic-4",
         "sent_at": _at("02T10:00:03")},
        common | {"customer_id": "mautic-3", "not_sent_reason": "invalid_address",
                  "not_sent_detail": "Incorrectly formatted email address"},
    ]  # fmt: skip
    assert done.mails["copies/1.html"] == (
        '<p>Hi Ann</p><a href="https://shop.example/tulips">Tulips</a><img src="">'
        '<a href="https://m.example/email/unsubscribe/h1">Ann, leave</a>'
    )


def test_events(mautic: Database) -> None:
    ann = {
        "provider": "mautic",
        "campaign_id": "mautic-5",
        "customer_id": "mautic-1",
        "message_id": "mautic-1",
    }
    assert _said(imported(SOURCE, mautic.address()), "events") == [
        ann | {"event_id": "open-1-0", "type": "opened", "occurred_at": _at("02T11:00:00"), "user_agent": AGENT,
               "ip": "203.0.113.7", "recipient": "ann@example.com",
               "payload": {"device": "smartphone", "system": "iOS"}},
        ann | {"event_id": "open-1-1", "type": "opened", "occurred_at": _at("02T12:00:00"), "ip": "2001:db8::1",
               "recipient": "ann@example.com", "payload": {"in_browser": True}},
        {"provider": "mautic", "campaign_id": "mautic-5", "customer_id": "mautic-2", "message_id": "mautic-2",
         "recipient": "bob@example.com", "event_id": "bounce-2-0", "type": "bounced",
         "occurred_at": _at("02T10:05:00"), "bounce_type": "hard", "diagnostic": "unknown (rule 0219)"},
        {"provider": "mautic", "campaign_id": "mautic-5", "customer_id": "gone@example.com", "message_id": "mautic-3",
         "recipient": "Gone@Example.com", "event_id": "open-3-0", "type": "opened", "occurred_at": _at("03T09:00:00")},
        ann | {"event_id": "click-1-1777719660", "type": "clicked",
               "occurred_at": _at("02T11:01:00"), "user_agent": AGENT,
               "ip": "203.0.113.7", "url": "https://shop.example/tulips", "payload": {"country": "Belgium"}},
        ann | {"event_id": "opt-out-1-20260502130000", "type": "unsubscribed", "occurred_at": _at("02T13:00:00")},
    ]  # fmt: skip


def test_again_only_what_is_new(mautic: Database) -> None:
    first = imported(SOURCE, mautic.address())
    mautic.insert(
        "mtc_email_stats",
        {"id": 6, "email_id": 6, "lead_id": 1, "email_address": "ann@example.com", "date_sent": "2026-05-09 10:00:00"},
    )  # fmt: skip
    details = serialised({0: {"datetime": "2026-05-09 11:00:00"}})
    mautic.run(
        "update mtc_email_stats set is_read = 1, date_read = '2026-05-09 11:00:00', last_opened = date_read, "
        f"open_details = '{details}' where id = 4"
    )
    mautic.run(
        "update mtc_email_stats set lead_id = null where lead_id = 2; delete from mtc_leads where id = 2"
    )
    mautic.insert(
        "mtc_page_hits",
        {"id": 5, "redirect_id": 1, "email_id": 5, "lead_id": 1, "date_hit": "2026-05-09 11:01:00"},
    )
    again = imported(SOURCE, mautic.address(), first.positions)
    assert [row["message_id"] for row in again.rows("messages")][:1] == ["mautic-6"]
    known = {row["event_id"] for row in first.rows("events")}
    assert [row for row in _said(again, "events") if row["event_id"] not in known] == [
        {"provider": "mautic", "campaign_id": "mautic-6", "message_id": "mautic-4", "event_id": "open-4-0",
         "type": "opened", "occurred_at": _at("09T11:00:00")},
        {"provider": "mautic", "campaign_id": "mautic-5", "customer_id": "mautic-1", "message_id": "mautic-1",
         "event_id": "click-5-1778324460", "type": "clicked", "occurred_at": _at("09T11:01:00"),
         "url": "https://shop.example/tulips"},
    ]  # fmt: skip
    assert imported(SOURCE, mautic.address(), first.positions | again.positions).rows("messages") == []
    assert [(row["campaign_id"], row["sent_at"]) for row in again.rows("campaigns") if row["sent_at"]] == [
        ("mautic-6", _at("02T10:00:03"))
    ]
    (bounce,) = [row for row in again.rows("events") if row["type"] == "bounced"]
    assert (bounce["event_id"], bounce["customer_id"], bounce["message_id"]) == (
        "bounce-2-0",
        None,
        "mautic-2",
    )


def test_what_names_an_e_mail_that_was_deleted_makes_no_campaign(mautic: Database) -> None:
    mautic.run(
        "update mtc_email_stats set email_id = null where email_id = 5;"
        "update mtc_page_hits set email_id = null, source = 'email', source_id = 5 where email_id = 5;"
        "delete from mtc_emails where id = 5"
    )
    first = imported(SOURCE, mautic.address())
    known = imported(SOURCE, mautic.address(), {"emails 5": "as it was"})
    assert {row["campaign_id"] for kind in ("messages", "events") for row in first.rows(kind)} == {"mautic-6"}
    assert {row["type"] for row in known.rows("events") if row["campaign_id"] == "mautic-5"} == {
        "clicked",
        "unsubscribed",
    }
    assert {row["campaign_id"] for row in known.rows("messages")} == {"mautic-6"}


def test_a_database_of_an_older_version(mariadb: Database) -> None:
    mariadb.run(
        "create table emails (id int primary key, name text, subject text, custom_html text);"
        "create table leads (id int primary key, email text, date_added datetime, date_modified datetime);"
        "create table ip_addresses (id int primary key, ip_address text);"
        "create table email_stats (id int primary key, email_id int, lead_id int, ip_id int, email_address text,"
        " date_sent datetime, is_read int, is_failed int, date_read datetime, tokens text)"
    )
    mariadb.insert("emails", {"id": 1, "name": "First"})
    mariadb.insert("email_stats", {"id": 1, "email_id": 1, "lead_id": 7, "email_address": "a@b.example",
                                   "date_sent": "2026-05-02 10:00:00", "is_read": 1,
                                   "date_read": "2026-05-02 11:00:00"})  # fmt: skip
    done = imported(SOURCE, mariadb.address())
    assert [row["customer_id"] for row in done.rows("messages")] == ["mautic-7"]
    assert [(row["event_id"], row["occurred_at"]) for row in done.rows("events")] == [
        ("open-1-0", _at("02T11:00:00"))
    ]


@pytest.mark.parametrize(("copies", "archived"), [("all", 1), ("0", 0), ("2", 0), ("5", 1)])
def test_how_many_copies_are_archived(mautic: Database, copies: str, archived: int) -> None:
    done = imported(SOURCE, mautic.address(), copies=copies)
    assert len([name for name in done.mails if name.startswith("copies/")]) == archived
