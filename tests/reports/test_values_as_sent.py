"""E-mails and subjects are filled in with the values of the time when they were sent, and say which these are."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from mailsight.bounded import pool
from mailsight.errors import TooMuchWork
from mailsight.loading import bundles
from mailsight.merging.languages import Language
from mailsight.reports import customer as customer_reports
from mailsight.reports import known, mails
from mailsight.reports.known import Age
from mailsight.reports.mails import ValuesUsed
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot, Warehouse
from tests.support import old_databases
from tests.support.bundles import bundle, ndjson

LONG_AGO = "2020-01-01T00:00:00Z"
AT = datetime(2026, 4, 14, tzinfo=UTC)
HTML = "<p>{{name}}, {{city}}, {{ shop.town }}</p>"


@dataclass(frozen=True)
class Loaded:
    """A database, and the times after each load of customers."""

    data: Snapshot
    times: list[datetime]

    def shown(self, campaign_id: str, customer_id: str = "ann") -> tuple[str, ValuesUsed]:
        mail = mails.of_customer(self.data, campaign_id, customer_id)
        assert mail
        assert mail.subject == self.subject(campaign_id, customer_id)
        return mail.html.removeprefix("<p>").removesuffix("</p>"), mail.values

    def subject(self, campaign_id: str, customer_id: str = "ann") -> str | None:
        contacts = customer_reports.report(self.data, customer_id, Audience.ALL).contacts
        [subject] = [contact.subject for contact in contacts if contact.campaign_id == campaign_id]
        return subject


def campaigns(*rows: Mapping[str, object]) -> str:
    return ndjson(*({"template": "mail.html", "subject": "For {{name}} in {{city}}", **row} for row in rows))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Three versions of Ann, and messages before, between and after the loads that made them."""
    folder = tmp_path_factory.mktemp("values")
    database = folder / "m.duckdb"
    versions: list[dict[str, object]] = [
        {"name": "Ann", "city": "Ghent"},
        {"city": "Bruges", "shop": {"town": "West"}},
        {"shop": {"town": "East"}},
    ]
    times = []
    for number, version in enumerate(versions):
        rows = ndjson({"customer_id": "ann", **version}, {"customer_id": "bob", "name": "Bob"})
        bundles.load(database, [bundle(folder / str(number), {"customers.ndjson": rows})])
        times.append(datetime.now(UTC))
    sent: dict[str, object] = {
        "before": LONG_AGO,
        "first": times[0].isoformat(),
        "second": times[1].isoformat(),
        "third": times[2].isoformat(),
    }
    own: dict[str, object] = {"name": "Anna", "city": "Aalst", "shop": {"town": "North"}}
    messages: list[dict[str, object]] = [
        *(
            {"campaign_id": name, "customer_id": who, "sent_at": at}
            for name, at in sent.items()
            for who in ("ann", "bob")
        ),
        {"campaign_id": "own", "customer_id": "ann", "sent_at": times[0].isoformat(), "merge_fields": own},
        {
            "campaign_id": "some",
            "customer_id": "ann",
            "sent_at": times[0].isoformat(),
            "merge_fields": {"NAME": "Anna"},
        },
        {
            "campaign_id": "empty",
            "customer_id": "ann",
            "sent_at": times[0].isoformat(),
            "merge_fields": {"name": None},
        },
        {"campaign_id": "unsent", "customer_id": "ann", "not_sent_reason": "opted_out"},
        {"campaign_id": "same", "customer_id": "ann", "sent_at": LONG_AGO},
        {"campaign_id": "first", "customer_id": "eve", "sent_at": LONG_AGO, "merge_fields": {"name": "Eve"}},
    ]
    names = dict.fromkeys(str(message["campaign_id"]) for message in messages)
    same: dict[str, object] = {"campaign_id": "same", "template": "same.html", "subject": "Hello"}
    files = {
        "mail.html": HTML,
        "same.html": "<p>Hello</p>",
        "campaigns.ndjson": campaigns(*({"campaign_id": name} for name in names if name != "same"), same),
        "messages.ndjson": ndjson(*messages),
    }
    bundles.load(database, [bundle(folder / "mails", files)])
    return Loaded(Warehouse(database).snapshot(), times)


@pytest.mark.parametrize(
    ("campaign_id", "text", "own", "customer", "load"),
    [
        ("before", "Ann, Ghent, {{ shop.town }}", False, Age.LATER, 0),
        ("first", "Ann, Ghent, {{ shop.town }}", False, Age.THEN, 0),
        ("second", "Ann, Bruges, West", False, Age.THEN, 1),
        ("third", "Ann, Bruges, East", False, Age.THEN, 2),
        ("unsent", "Ann, Bruges, East", False, Age.TODAY, None),
        ("own", "Anna, Aalst, North", True, None, None),
        ("some", "Anna, Ghent, {{ shop.town }}", True, Age.THEN, 0),
        ("empty", ", Ghent, {{ shop.town }}", True, Age.THEN, 0),
        ("same", "Hello", False, None, None),
    ],
)
def test_a_mail_has_the_values_of_its_time(
    loaded: Loaded, campaign_id: str, text: str, own: bool, customer: Age | None, load: int | None
) -> None:
    shown, values = loaded.shown(campaign_id)
    assert (shown, values.own, values.customer) == (text, own, customer)
    if load is None:
        assert values.at is None
    else:
        assert values.at
        assert values.at < loaded.times[load] < values.at + timedelta(minutes=1)


def test_a_customer_who_never_changed_has_their_only_values(loaded: Loaded) -> None:
    assert loaded.shown("before", "bob") == ("Bob, {{city}}, {{ shop.town }}", ValuesUsed(customer=Age.TODAY))
    assert loaded.shown("first", "bob")[1].customer is Age.THEN


def test_a_customer_of_whom_nothing_was_loaded_has_what_was_sent(loaded: Loaded) -> None:
    assert loaded.shown("first", "eve") == ("Eve, {{city}}, {{ shop.town }}", ValuesUsed(own=True))


def test_values_from_before_changes_were_kept_are_older_than_the_first_change(tmp_path: Path) -> None:
    database, before = tmp_path / "m.duckdb", datetime.now(UTC)
    for number, city in enumerate(["Ghent", "Bruges"]):
        files = {
            "mail.html": "<p>{{city}}</p>",
            "campaigns.ndjson": campaigns({"campaign_id": "spring"}),
            "customers.ndjson": ndjson({"customer_id": "ann", "city": city}),
            "messages.ndjson": ndjson({"campaign_id": "spring", "customer_id": "ann", "sent_at": LONG_AGO}),
        }
        bundles.load(database, [bundle(tmp_path / str(number), files)])
        if city == "Ghent":
            old_databases.as_version_6(database)
    mail = mails.of_customer(Warehouse(database).snapshot(), "spring", "ann")
    assert mail
    assert (mail.html, mail.values.customer) == ("<p>Ghent</p>", Age.EARLIER)
    assert mail.values.at
    assert mail.values.at > before


def test_the_senders_name_is_filled_in_too(tmp_path: Path) -> None:
    row: dict[str, object] = {
        "campaign_id": "spring",
        "from_name": "{{name}}'s shop",
        "from_email": "a@shop.example",
    }
    files = {
        "mail.html": "<p>Hello</p>",
        "campaigns.ndjson": campaigns(row),
        "messages.ndjson": ndjson(
            {"campaign_id": "spring", "customer_id": "1", "merge_fields": {"name": "Ann"}}
        ),
    }
    bundles.load(tmp_path / "m.duckdb", [bundle(tmp_path / "b", files)])
    mail = mails.of_customer(Warehouse(tmp_path / "m.duckdb").snapshot(), "spring", "1")
    assert mail
    assert (mail.from_name, mail.from_email) == ("Ann's shop", "a@shop.example")


def test_a_history_takes_two_worker_calls_for_all_subjects_and_none_for_plain_ones(loaded: Loaded) -> None:
    with patch.object(pool, "run", side_effect=pool.run) as run:
        customer_reports.report(loaded.data, "ann", Audience.ALL)
        assert run.call_count == 2
        customer_reports.report(loaded.data, "eve", Audience.ALL)
        assert run.call_count == 4


def test_subjects_that_take_too_long_stay_as_they_are(loaded: Loaded) -> None:
    with patch.object(pool, "run", side_effect=TooMuchWork("too long")):
        assert loaded.subject("first") == "For {{name}} in {{city}}"
        assert loaded.subject("same") == "Hello"


def test_sample_values_are_those_of_nested_fields(loaded: Loaded) -> None:
    assert mails.first_values(loaded.data, "own") == {
        "customer_id": "ann",
        "name": "Anna",
        "city": "Aalst",
        "shop": {"town": "North"},
    }
    sample = mails.sample(loaded.data, "own")
    assert sample
    assert sample.html == "<p>Alex Smith, Aalst, North</p>"


def test_a_long_history_sends_each_version_to_the_worker_once() -> None:
    version = known.Version({"name": "x" * 1_000}, None, None)
    contact: dict[str, object] = {
        "campaign_id": "c1",
        "subject": "{{name}}",
        "merge_fields": None,
        "sent": True,
        "sent_at": AT,
    }
    contacts = [
        {**contact, "customer_id": "ann", "mailed_to": f"{number}@mail.example"} for number in range(500)
    ]
    with patch.object(pool, "run", side_effect=pool.run) as run:
        customer_reports.fill_in(contacts, [version], {"c1": Language.PLAIN})
    [[work], _] = run.call_args
    assert len(pickle.dumps(work)) < pool.MAX_FAST_BYTES / 2
    assert {contact["subject"] for contact in contacts} == {"x" * 1_000}


@pytest.mark.parametrize(
    ("html", "subject", "language", "shown"),
    [
        ("{% if vip %}{{ name | upcase }}{% endif %}", "Hi {{name}}, *|NAME|*", None, "Hi Ann, *|NAME|*"),
        ("<p>*|IF:VIP|**|NAME|**|END:IF|*</p>", "Hi *|NAME|*, {{name}}", None, "Hi Ann, {{name}}"),
        ("{{name}}", "Hi [NAME]", "mailchimp", "Hi Ann"),
        ("*|NAME|*", "Hi {{name}}", "mailchimp", "Hi {{name}}"),
        ("{{name}}", "Hi {{name}}", "handlebars", "Hi Ann"),
    ],
)
@pytest.mark.parametrize("archived", [False, True])
def test_a_subject_is_the_same_in_the_history_and_the_dialog(
    tmp_path: Path, html: str, subject: str, language: str | None, shown: str, archived: bool
) -> None:
    row: dict[str, object] = {"campaign_id": "spring", "subject": subject, "merge_language": language}
    message = {"campaign_id": "spring", "customer_id": "1", "merge_fields": {"name": "Ann"}}
    files = {
        "mail.html": html,
        "copy.html": "<p>Hello Ann",
        "campaigns.ndjson": campaigns(row),
        "messages.ndjson": ndjson(message | ({"content": "copy.html"} if archived else {})),
    }
    bundles.load(tmp_path / "m.duckdb", [bundle(tmp_path / "b", files)])
    data = Warehouse(tmp_path / "m.duckdb").snapshot()
    mail = mails.of_customer(data, "spring", "1")
    [contact] = customer_reports.report(data, "1", Audience.ALL).contacts
    assert mail
    assert (mail.subject, contact.subject) == (shown, shown)
