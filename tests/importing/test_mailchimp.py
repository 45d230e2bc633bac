"""Mailchimp's account export and its parts, exports of audiences, saved reports of the API."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailsight.errors import BadUpload, ImportFailed
from mailsight.importing.files.mailchimp import SOURCE
from mailsight.importing.files.mailchimp_campaigns import Campaign, Campaigns, slug
from tests.support.exported import MAILCHIMP_CAMPAIGNS, MAILCHIMP_EXPORT
from tests.support.exports import Read, read, written, zipped

SENT_AT = datetime(2018, 6, 9, 21, 30, tzinfo=UTC)
TULIPS, ROSES = "mailchimp-17671f6028", "mailchimp-aa71e4dd01"


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Read:
    return read(
        SOURCE, zipped(tmp_path_factory.mktemp("export") / "export.zip", MAILCHIMP_EXPORT, "acme/46727/")
    )


def test_campaigns_have_their_list_e_mail_and_send_time(everything: Read) -> None:
    assert everything.rows["campaigns"] == [
        {
            "campaign_id": TULIPS,
            "name": "Tulips (copy 01)",
            "subject": "*|FNAME|*, tulips!",
            "sent_at": SENT_AT,
            "tags": None,
            "selection": "Gardeners",
            "source": "mailchimp",
            "template": "mailchimp/17671f6028.html",
        },
        {
            "campaign_id": ROSES,
            "name": "Roses",
            "subject": "Roses",
            "sent_at": datetime(2018, 7, 1, 8, tzinfo=UTC),
            "tags": None,
            "selection": "Gardeners",
            "source": "mailchimp",
            "template": None,
        },
    ]
    assert list(everything.mails) == ["mailchimp/17671f6028.html"]
    assert everything.unusable == []


def test_totals_are_those_that_the_list_reports(everything: Read) -> None:
    assert everything.rows["totals"][0] == {
        "campaign_id": TULIPS,
        "source": "mailchimp",
        "sent": 1004,
        "delivered": 1002,
        "soft_bounces": 1,
        "hard_bounces": 1,
        "bounces": 2,
        "opened": 2,
        "opens": 4,
        "clicked": 1,
        "clicks": 2,
        "unsubscribed": 1,
        "complained": 1,
        "orders": 3,
        "revenue": 1250.5,
    }


def test_people_have_their_time_zone_and_attributes(everything: Read) -> None:
    *_, ann = everything.rows["customers"]
    assert ann == {
        "customer_id": "ann@example.com",
        "email": "ann@example.com",
        "name": "Ann Jansen",
        "language": None,
        "country": "NL",
        "created_at": datetime(2018, 1, 1, 10, tzinfo=UTC),
        "favourite flower": "Tulip, red",
        "member_rating": "4",
        "confirm_ip": "203.0.113.9",
        "latitude": "52.3",
        "longitude": "4.9",
        "gmtoff": "1",
        "dstoff": "2",
        "timezone": "Europe/Amsterdam",
        "region": "NH",
        "last_changed": "2018-06-09 10:00:00",
        "leid": "1234",
        "euid": "e0a1",
        "tags": '"vip","2018"',
    }
    # Last those who are subscribed: they may have left another audience.
    assert everything.of("customers", "customer_id", "status") == [
        ("eve@example.com", "cleaned"),
        ("bob@example.com", "unsubscribed"),
        ("cid@example.com", "unsubscribed"),
        ("dan@example.com", "unsubscribed"),
        ("ann@example.com", None),
    ]


def test_recipients_are_messages(everything: Read) -> None:
    recipients = everything.of("messages", "campaign_id", "customer_id", "sent_at")
    assert sorted(recipients) == [
        (TULIPS, f"{name}@example.com", SENT_AT) for name in ("ann", "bob", "eve", "fay", "gus")
    ]
    [ann] = [row for row in everything.rows["messages"] if row["customer_id"] == "ann@example.com"]
    assert ann["merge_fields"] == {"EMAIL": "ann@example.com", "FNAME": "Ann", "LNAME": "Jansen"}


def test_events_are_opens_clicks_bounces_and_opt_outs_with_their_reasons(everything: Read) -> None:
    happened = {
        (
            row["type"],
            row["customer_id"],
            row["occurred_at"],
            row.get("url") or row.get("bounce_type"),
            row.get("diagnostic"),
        )
        for row in everything.rows["events"]
        if row["campaign_id"] == TULIPS and row["provider"] == "mailchimp"
    }
    ann, bob, cid, eve, gus = (f"{name}@example.com" for name in ("ann", "bob", "cid", "eve", "gus"))
    assert happened == {
        ("unsubscribed", bob, datetime(2018, 6, 10, 7, tzinfo=UTC), None, "OTHER – Too many tulips"),
        ("complained", cid, datetime(2018, 6, 10, 8, tzinfo=UTC), None, "ABUSE: reported as spam"),
        ("bounced", eve, datetime(2018, 6, 9, 21, 31, tzinfo=UTC), "hard", None),
        ("bounced", eve, SENT_AT, "hard", None),
        ("bounced", gus, SENT_AT, "soft", None),
        ("opened", ann, datetime(2018, 6, 9, 21, 40, tzinfo=UTC), None, None),
        ("opened", bob, datetime(2018, 6, 9, 21, 41, tzinfo=UTC), None, None),
        ("clicked", ann, datetime(2018, 6, 9, 21, 42, tzinfo=UTC), "https://green.example/tulips", None),
    }
    assert [row["customer_id"] for row in everything.rows["events"] if not row["campaign_id"]] == [
        "dan@example.com"
    ]


def test_a_bounce_that_two_files_tell_of_is_one_event(everything: Read) -> None:
    ids = [row["event_id"] for row in everything.rows["events"] if row["customer_id"] == "eve@example.com"]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_reading_again_gives_the_same_rows(everything: Read, tmp_path: Path) -> None:
    again = read(SOURCE, written(tmp_path, MAILCHIMP_EXPORT), batch_rows=2)
    assert {kind: len(rows) for kind, rows in again.rows.items()} == {
        kind: len(rows) for kind, rows in everything.rows.items()
    }
    assert again.of("events", "event_id") == everything.of("events", "event_id")
    assert max(again.batches) <= 2


def test_times_are_in_the_zone_of_the_account(tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").write_text(MAILCHIMP_CAMPAIGNS)
    rows = read(SOURCE, tmp_path / "campaigns.csv", timezone="America/New_York").of("campaigns", "sent_at")
    assert rows[0] == (datetime(2018, 6, 10, 1, 30, tzinfo=UTC),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_campaigns_may_be_written_in_any_way(tmp_path: Path, encoding: str, delimiter: str) -> None:
    names = ["Unique Id", "Total Opens", "Title", "Audience", "Unique Opens", "Send Weekday"]
    values = ["abc1234567", "7", "Été", "Jardin", "5", "Sunday"]
    text = delimiter.join(names) + "\r\n" + delimiter.join(values) + "\r\n"
    (tmp_path / "my campaigns.csv").write_bytes(text.encode(encoding))
    imported = read(SOURCE, tmp_path / "my campaigns.csv")
    assert imported.of("campaigns", "campaign_id", "name", "selection", "sent_at") == [
        ("mailchimp-abc1234567", "Été", "Jardin", None)
    ]
    assert imported.rows["totals"] == [
        {"campaign_id": "mailchimp-abc1234567", "source": "mailchimp", "opened": 5, "opens": 7}
    ]


def test_a_campaign_without_an_id_is_known_again_by_its_title_and_time(tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").write_text("Title,Send Date\nA,2018-01-01\nB,2018-01-01\n,\n,2018-01-02\n")
    first, again = (read(SOURCE, tmp_path / "campaigns.csv") for _ in range(2))
    assert first.rows == again.rows
    assert len(set(first.of("campaigns", "campaign_id"))) == 2
    assert first.unusable == [("campaigns.csv", 5, "no title, subject or id")]


def test_a_part_of_an_export_names_its_campaign_by_its_file(tmp_path: Path) -> None:
    part = written(
        tmp_path, {"12_spring-sale.csv": "Timestamp,Email\n2018-06-09 21:40:00,ann@example.com\nx,y\n"}
    )
    imported = read(SOURCE, part / "12_spring-sale.csv")
    assert imported.of("campaigns", "campaign_id", "name") == [("mailchimp-12", "spring sale")]
    assert imported.of("events", "type", "recipient") == [("opened", "ann@example.com")]
    assert imported.unusable == [("12_spring-sale.csv", 3, "no e-mail address")]


def test_recipients_of_a_campaign_without_a_send_time_are_not_invented(tmp_path: Path) -> None:
    file = "aggregate_activity/not_opened/12345_x.csv"
    imported = read(SOURCE, written(tmp_path, {file: "Email Address\nann@example.com\n"}))
    assert "messages" not in imported.rows
    [(where, line, reason)] = imported.unusable
    assert (where, line) == (file, 2)
    assert reason.startswith("nothing tells when its campaign 'x' was sent. Import it together with")


def test_a_campaign_whose_time_is_unreadable_is_loaded_without_it_and_listed(tmp_path: Path) -> None:
    rows = (
        'Title,Subject,Send Date,Unique Id,Send Weekday,Total Recipients\n"May","Hi","Foo 99, 2024",e1,,10\n'
    )
    imported = read(SOURCE, written(tmp_path, {"campaigns.csv": rows}))
    assert imported.of("campaigns", "campaign_id", "sent_at") == [("mailchimp-e1", None)]
    assert imported.of("totals", "campaign_id", "sent") == [("mailchimp-e1", 10)]
    assert imported.unusable == [
        ("campaigns.csv", 2, "unreadable time: Foo 99, 2024. Everything else of the campaign is loaded")
    ]


def test_what_is_not_mailchimps_is_not_imported(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="holds nothing that Mailchimp exports"):
        read(SOURCE, written(tmp_path / "a", {"x.csv": "a,b\n1,2\n"}))
    with pytest.raises(ImportFailed, match="holds no CSV"):
        read(SOURCE, written(tmp_path / "b", {"x.pdf": "%PDF"}))
    with pytest.raises(ImportFailed, match="does not exist"):
        read(SOURCE, tmp_path / "c.zip")
    with pytest.raises(BadUpload, match="points outside"):
        read(SOURCE, zipped(tmp_path / "d.zip", {"../campaigns.csv": MAILCHIMP_CAMPAIGNS}))


def test_a_broken_row_does_not_stop_the_next(tmp_path: Path) -> None:
    file = "granular_activity/opens/17671f6028.csv"
    rows = b"Timestamp,Email\nnever,ann@example.com\n2018-06-09 21:40:00\n2018-06-09 21:40:00,\xffx@example.com\n"
    rows += b"2018-06-09 21:41:00,bob@example.com\n"
    imported = read(SOURCE, written(tmp_path, {file: rows, "campaigns.csv": MAILCHIMP_CAMPAIGNS}))
    assert imported.of("events", "campaign_id", "recipient") == [(TULIPS, "bob@example.com")]
    assert [(line, reason) for _, line, reason in imported.unusable] == [
        (2, "unreadable time: never"),
        (3, "1 values, but the header names 2 columns"),
        (4, "not UTF-8"),
    ]


@pytest.mark.parametrize(
    ("title", "written_as"),
    [("Tulips (copy 01)", "tulips-copy-01"), ("What's new? — May", "what-s-new-may"), ("  ", "")],
)
def test_a_title_in_the_name_of_a_file(title: str, written_as: str) -> None:
    assert slug(title) == written_as


@pytest.mark.parametrize(
    ("stems", "activity", "linked"),
    [
        (["10_news", "9_news", "11_news"], {}, "bac"),  # in the order of their numbers
        (["12_news", "10_news"], {"12": 4, "10": 2}, "ba"),  # by time
        (["12_news", "10_news"], {}, "--"),  # which two of the three can't be known
        (["10_news", "11_news", "12_news"], {"10": 6, "11": 2, "12": 4}, "cab"),  # the order can't be right
        (["b", "200_other"], {}, "b-"),
        (["10_news_c"], {}, "c"),
        (["10_an-other-title-that-mailchimp-shor"], {}, "d"),
        (["10_fr-hlingsgr-e"], {}, "e"),  # what is no letter of ASCII, as a hyphen
        (["10_fruhlingsgruße"], {}, "e"),
        (["10_fruhlingsgrusse"], {}, "e"),
        (["10_fruehlingsgruesse"], {}, "e"),
        (["10_frhlingsgre"], {}, "e"),
        (["10_ab-what-s-new"], {}, "f"),
        (["10_a-b-whats-new"], {}, "f"),
        (["10_Fru\u0308hlingsgru\u0308ße"], {}, "e"),  # as macOS packs it
    ],
)
def test_files_are_linked_to_campaigns_by_title_and_by_order_or_time(
    stems: list[str], activity: dict[str, int], linked: str
) -> None:
    def at(day: int) -> datetime:
        return datetime(2018, 6, day, 9, tzinfo=UTC)

    listed = {key: Campaign(key, "News", at(day)) for key, day in (("a", 1), ("b", 3), ("c", 5))}
    longer = Campaign("d", "An other title that Mailchimp shortens", at(1))
    accented = Campaign("e", "Frühlingsgrüße", at(1))
    marked = Campaign("f", "A/B: What's new?", at(1))
    campaigns = Campaigns({**listed, "d": longer, "e": accented, "f": marked})
    campaigns.link(stems, lambda key: at(activity[key]) if key in activity else None)
    known = [campaigns.of_file(stem).id for stem in stems]
    assert [key if key in campaigns.listed else "-" for key in known] == list(linked)


REPORT = {
    "id": "42694e9e57",
    "campaign_title": "Freddie's Jokes",
    "subject_line": "Jokes",
    "preview_text": "Ha",
    "list_name": "Fans",
    "emails_sent": 200,
    "abuse_reports": 1,
    "unsubscribed": 2,
    "send_time": "2015-09-15T14:40:36+00:00",
    "bounces": {"hard_bounces": 3, "soft_bounces": 2, "syntax_errors": 0},
    "opens": {"opens_total": 186, "unique_opens": 100, "open_rate": 0.42},
    "clicks": {"clicks_total": 42, "unique_clicks": 40, "unique_subscriber_clicks": 38},
    "ecommerce": {"total_orders": 5, "total_revenue": 123.5, "currency_code": "USD"},
    "_links": [],
}
ABOUT = {"campaign_id": "42694e9e57", "list_id": "f1", "email_id": "h1", "email_address": "Ann@example.com"}
JOKES = "mailchimp-42694e9e57"


def test_saved_reports_are_campaigns_with_totals(tmp_path: Path) -> None:
    (tmp_path / "reports.json").write_text(json.dumps({"reports": [REPORT], "total_items": 1}, indent=1))
    imported = read(SOURCE, tmp_path / "reports.json")
    assert imported.of(
        "campaigns", "campaign_id", "name", "subject", "preheader", "selection", "sent_at"
    ) == [(JOKES, "Freddie's Jokes", "Jokes", "Ha", "Fans", datetime(2015, 9, 15, 14, 40, 36, tzinfo=UTC))]
    assert imported.rows["totals"] == [
        {
            "campaign_id": JOKES,
            "source": "mailchimp",
            "sent": 200,
            "delivered": 195,
            "bounces": 5,
            "hard_bounces": 3,
            "soft_bounces": 2,
            "opened": 100,
            "opens": 186,
            "clicked": 38,
            "clicks": 42,
            "unsubscribed": 2,
            "complained": 1,
            "orders": 5,
            "revenue": 123.5,
            "currency": "USD",
        }
    ]


@pytest.mark.parametrize(
    ("answer", "events"),
    [
        (
            {
                "emails": [
                    ABOUT
                    | {
                        "activity": [
                            {"action": "open", "timestamp": "2015-09-15T19:15:47+00:00", "ip": "203.0.113.9"},
                            {
                                "action": "click",
                                "timestamp": "2015-09-15T19:16:47+00:00",
                                "url": "https://x.example/",
                            },
                            {"action": "bounce", "type": "hard", "timestamp": "2015-09-15T19:17:47+00:00"},
                        ]
                    }
                ]
            },
            [("opened", None, None), ("clicked", "https://x.example/", None), ("bounced", None, None)],
        ),
        (
            {
                "members": [
                    ABOUT | {"opens": [{"timestamp": "2015-09-15T19:15:47+00:00", "is_proxy_open": True}]}
                ]
            },
            [("opened", None, True)],
        ),
        (
            {"unsubscribes": [ABOUT | {"timestamp": "2015-09-15T19:15:47+00:00", "reason": "None given"}]},
            [("unsubscribed", None, None)],
        ),
        (
            {"abuse_reports": [ABOUT | {"id": 42, "date": "2015-09-15T19:15:47+00:00"}]},
            [("complained", None, None)],
        ),
        (
            {"sent_to": [ABOUT | {"status": "soft", "merge_fields": {"FNAME": "Ann"}}]},
            [("bounced", None, None)],
        ),
        (
            ABOUT | {"action": "open", "type": None, "timestamp": "2015-09-15T19:15:47+00:00", "url": None},
            [("opened", None, None)],
        ),
    ],
    ids=["email-activity", "open-details", "unsubscribed", "abuse-reports", "sent-to", "flat"],
)
def test_saved_reports_are_events(
    tmp_path: Path, answer: dict[str, object], events: list[tuple[object, ...]]
) -> None:
    written(tmp_path, {"report.json": json.dumps(REPORT), "activity.json": json.dumps(answer)})
    imported = read(SOURCE, tmp_path)
    assert imported.of("events", "type", "url", "provider_machine") == events
    assert {(row["campaign_id"], row["customer_id"]) for row in imported.rows["events"]} == {
        (JOKES, "ann@example.com")
    }
    assert imported.unusable == []


def test_flat_activity_may_be_a_table(tmp_path: Path) -> None:
    (tmp_path / "reports_email_activity.csv").write_text(
        "action,campaign_id,email_id,timestamp,email_address,ip,type,url\n"
        "click,42694e9e57,h1,2015-09-15T19:16:47Z,ann@example.com,,,https://x.example/\n"
        "hum,42694e9e57,h1,2015-09-15T19:16:47Z,ann@example.com,,,\n"
    )
    imported = read(SOURCE, tmp_path / "reports_email_activity.csv")
    assert imported.of("events", "campaign_id", "type", "url") == [(JOKES, "clicked", "https://x.example/")]
    assert [reason for _, _, reason in imported.unusable] == ["unknown action: hum"]


def test_the_report_of_one_campaign_is_a_campaign_with_totals(tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text(
        'Email Campaign Report\n"Title:","Summer Sale"\n"Subject Line:","20% off, today only!"\n'
        '"Delivery Date/Time:","Mon, Apr 26, 2021 12:25"\n\n"Overall Stats"\n"Total Recipients:","1,000"\n'
        '"Successful Deliveries:","995"\n"Bounces:","5 (0.5%)"\n"Recipients Who Opened:","350 (35.18%)"\n'
        '"Total Opens:","500"\n"Recipients Who Clicked:","100 (10.05%)"\n"Total Clicks:","150"\n"Total Unsubs:","5"\n'
        '"Total Abuse Complaints:","0"\n\n"Clicks by URL"\n"URL","Total Clicks","Unique Clicks"\n"https://x.example","1","1"\n'
    )
    imported = read(SOURCE, tmp_path / "report.csv")
    assert imported.of("campaigns", "name", "subject", "sent_at") == [
        ("Summer Sale", "20% off, today only!", datetime(2021, 4, 26, 12, 25, tzinfo=UTC))
    ]
    columns = (
        "sent",
        "delivered",
        "bounces",
        "opened",
        "opens",
        "clicked",
        "clicks",
        "unsubscribed",
        "complained",
    )
    assert imported.of("totals", *columns) == [(1000, 995, 5, 350, 500, 100, 150, 5, 0)]
    assert imported.unusable == []


def test_the_report_of_a_test_is_a_campaign_for_each_combination(tmp_path: Path) -> None:
    part = (
        '\n"Combination {0} Stats"\n"Subject Line:","Subject {0}"\n"From Email:","news@shop.example"\n'
        '"Total Recipients:","1,75{0}"\n"Successful Deliveries:","1,742"\n"Total Opens:","20{0}"\n'
    )
    links = '\n"Combination {0} Clicks by URL"\n"URL","Total Clicks","Unique Clicks"\n"https://x.example","9","9"\n'
    (tmp_path / "report.csv").write_text(
        'Campaign Report\n"Title:","Spring"\n"Delivery Date/Time:","Sat, May 1, 2021 10:15"\n'
        + "".join(text.format(number) for text in (part, links) for number in (1, 2))
    )
    imported = read(SOURCE, tmp_path / "report.csv")
    at = datetime(2021, 5, 1, 10, 15, tzinfo=UTC)
    assert imported.of("campaigns", "name", "subject", "sent_at") == [
        (f"Spring (Combination {number})", f"Subject {number}", at) for number in (1, 2)
    ]
    assert imported.of("totals", "sent", "delivered", "opens") == [(1751, 1742, 201), (1752, 1742, 202)]
    assert len(set(imported.of("totals", "campaign_id"))) == 2


def test_people_without_an_address_are_known_by_mailchimps_id(tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text(
        "MEMBER_RATING;OPTIN_TIME;CC;LEID;EUID\n4;2012-06-29 08:55:21;us;75892635;549d9ac0d4\n2;;;1;\n"
    )
    imported = read(SOURCE, tmp_path / "members.csv")
    assert imported.of("customers", "customer_id", "email", "country") == [
        ("mailchimp-549d9ac0d4", None, "US")
    ]
    assert imported.unusable == [("members.csv", 3, "no e-mail address")]
