"""Keila's database under both names of its messages: figures equal a count of its rows in plain Python."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from mailsight.errors import ImportFailed
from mailsight.importing import engine
from mailsight.importing.databases.keila import LAST_MESSAGE, SOURCE
from mailsight.importing.sources import Mail, Position, Request, Rows
from mailsight.loading.merge import LoadSummary
from mailsight.reports import campaign, mails
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.postgresql import Database
from tests.support.tables import table

# As Keila's own tables, as far as they are read.
SCHEMA = """
create extension if not exists citext;
create table contacts (
    id bigserial primary key, email citext, first_name varchar(255), last_name varchar(255),
    status smallint not null default 0, data jsonb, inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table contacts_segments (id bigserial primary key, name varchar(255));
create table mailings_senders (
    id bigserial primary key, from_email varchar(255) not null, from_name varchar(255)
);
create table mailings_campaigns (
    id bigserial primary key, subject varchar(255) not null, preview_text text, html_body text, text_body text,
    json_body json, settings jsonb,
    sent_at timestamp(0), sender_id bigint references mailings_senders on delete set null,
    segment_id bigint references contacts_segments on delete set null
);
create table {messages} (
    id bigserial primary key, campaign_id bigint references mailings_campaigns on delete cascade,
    contact_id bigint references contacts on delete set null, sent_at timestamp(0), opened_at timestamp(0),
    clicked_at timestamp(0), failed_at timestamp(0), soft_bounce_received_at timestamp(0),
    hard_bounce_received_at timestamp(0), complaint_received_at timestamp(0), unsubscribed_at timestamp(0),
    {newer}
    inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table tracking_links (
    id bigserial primary key, url text not null,
    campaign_id bigint not null references mailings_campaigns on delete cascade
);
create table tracking_clicks (
    id bigserial primary key, link_id bigint not null references tracking_links on delete cascade,
    {message} bigint not null references {messages} on delete cascade, inserted_at timestamp(0) not null
);
create table contacts_events (
    id bigserial primary key, contact_id bigint not null references contacts on delete cascade, type smallint,
    {message} bigint references {messages} on delete set null, inserted_at timestamp(0) not null
);
"""
NEWER = "status smallint default 0, recipient_email citext, html_body text, text_body text,"
NAMES = {"messages": ("message_id", NEWER), "mailings_recipients": ("recipient_id", "")}
pytestmark = pytest.mark.slow
START = datetime(2026, 4, 14, 9)  # noqa: DTZ001  # as stored
URLS = ("https://shop.example/a", "https://shop.example/b?x=1&y=2")
BODY = f'<p>Hi {{{{ contact.first_name }}}}</p><a href="{URLS[0]}">a</a><a href="{URLS[1]}">b</a>'


class Keila:
    """A Keila that sends and is read."""

    def __init__(self, database: Database, messages: str) -> None:
        self.database, self.messages = database, messages
        self.message, newer = NAMES[messages]
        database.run(SCHEMA.format(messages=messages, message=self.message, newer=newer))
        database.insert("mailings_senders", {"from_email": "news@shop.example", "from_name": "Shop"})
        database.insert("contacts_segments", {"name": "Friends"})
        self.now = START

    def add_contacts(self, count: int) -> None:
        self.now += timedelta(hours=1)
        for number in range(count):
            contact: dict[str, object] = {
                "email": f"p{number}@example.com",
                "first_name": "P",
                "last_name": str(number),
            }
            at = {"inserted_at": self.now, "updated_at": self.now}
            self.database.insert("contacts", contact | {"data": {"city": "Ghent"}} | at)

    def send(self, chosen: random.Random) -> None:
        """A campaign to all contacts."""
        self.now += timedelta(days=1)
        settings = {"subject": "News", "html_body": BODY, "settings": {"type": "html"}, "sent_at": self.now}
        self.database.insert("mailings_campaigns", settings | {"sender_id": 1, "segment_id": 1})
        [(campaign_id,)] = self.database.run("select max(id) from mailings_campaigns")
        self.database.insert("tracking_links", *({"url": url, "campaign_id": campaign_id} for url in URLS))
        for (contact,) in self.database.run("select id from contacts order by id"):
            has_failed = chosen.random() < 0.1
            row: dict[str, object] = {
                "campaign_id": campaign_id,
                "contact_id": contact,
                "inserted_at": self.now,
            }
            row |= {"updated_at": self.now, "failed_at" if has_failed else "sent_at": self.now}
            if self.messages == "messages":
                row |= {
                    "status": -1 if has_failed else 10,
                    "recipient_email": "x@example.com",
                    "html_body": f"<p>Hi {contact}",
                }
            self.database.insert(self.messages, row)

    def react(self, chosen: random.Random) -> None:
        """What recipients do. Nothing changes `updated_at`, as in Keila."""
        self.now += timedelta(days=1)
        columns = (
            "opened_at",
            "soft_bounce_received_at",
            "hard_bounce_received_at",
            "complaint_received_at",
            "unsubscribed_at",
        )
        for (message,) in self.database.run(
            f"select id from {self.messages} where sent_at is not null order by id"
        ):
            self.now += timedelta(seconds=7)
            if chosen.random() < 0.6:
                column = chosen.choice(columns)
                self._note(message, column)
            if chosen.random() < 0.3:
                links = self.database.run(
                    f"select l.id from tracking_links as l join {self.messages} as m using (campaign_id) "
                    f"where m.id = {message}"
                )
                link = chosen.choice(links)[0]
                click = {"link_id": link, self.message: message, "inserted_at": self.now}
                self.database.insert("tracking_clicks", *[click] * chosen.randrange(1, 3))
                self._note(message, "clicked_at")
                self._note(message, "opened_at")

    def _note(self, message: int, column: str) -> None:
        self.database.run(
            f"update {self.messages} set {column} = coalesce({column}, '{self.now}') where id = {message}"
        )


@pytest.fixture
def keila(postgresql: Database) -> Keila:
    return Keila(postgresql, "messages")


def load(folder: Path, keila: Keila, **options: Any) -> LoadSummary:
    return engine.run(folder / "m.duckdb", SOURCE, keila.database.address, **options)


def figures(folder: Path) -> dict[str, dict[str, int]]:
    """What the dashboard counts for each campaign."""
    data = Warehouse(folder / "m.duckdb").snapshot()
    counted = {}
    for row in table(folder / "m.duckdb", "campaigns", "campaign_id"):
        report = campaign.report(data, row["campaign_id"], Audience.ALL)
        counts = report.counts
        names = (
            "selected",
            "sent",
            "not_sent",
            "undeliverable",
            "opened",
            "clicked",
            "opens",
            "clicks",
            "unsubscribed",
            "complained",
        )
        counted[row["campaign_id"]] = {name: getattr(counts, name) for name in names}
        counted[row["campaign_id"]] |= {link.url: link.clicks for link in report.links if link.url}
    return counted


def oracle(keila: Keila) -> dict[str, dict[str, int]]:
    """The same, counted in Keila's rows one by one."""
    names = (
        "id",
        "campaign_id",
        "sent_at",
        "opened_at",
        "clicked_at",
        "unsubscribed_at",
        "complaint_received_at",
    )
    bounces = ("soft_bounce_received_at", "hard_bounce_received_at")
    imported = keila.database.run(f"select {', '.join(names + bounces)} from {keila.messages}")
    rows = [dict(zip(names + bounces, row, strict=True)) for row in imported]
    clicks: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for message, at, url in keila.database.run(
        f"select c.{keila.message}, c.inserted_at, l.url from tracking_clicks as c "
        "join tracking_links as l on l.id = link_id"
    ):
        clicks[message].append((at, url))
    counted: dict[str, Counter[str]] = {}
    for row in rows:
        counts = counted.setdefault(f"keila-{row['campaign_id']}", Counter())
        opened = [row["opened_at"]] if row["opened_at"] and row["opened_at"] != row["clicked_at"] else []
        arrived = [*opened, *(at for at, _ in clicks[row["id"]])]
        returned = [row[name] for name in bounces if row[name]]
        is_delivered = bool(row["sent_at"]) and (not returned or max(arrived, default=START) > max(returned))
        counts["selected"] += 1
        counts["sent" if row["sent_at"] else "not_sent"] += 1
        counts["undeliverable"] += bool(row["sent_at"]) and not is_delivered
        counts["opened"] += is_delivered and bool(arrived)
        counts["clicked"] += is_delivered and bool(clicks[row["id"]])
        counts["opens"] += len(opened)
        counts["clicks"] += len(clicks[row["id"]])
        counts["unsubscribed"] += row["unsubscribed_at"] is not None
        counts["complained"] += row["complaint_received_at"] is not None
        for url in URLS:
            counts[url] += len([each for _, each in clicks[row["id"]] if each == url])
    return {campaign_id: dict(counts) for campaign_id, counts in counted.items()}


@pytest.mark.parametrize("messages", NAMES)
def test_every_figure_equals_a_count_of_the_rows_also_after_changes(
    messages: str, postgresql: Database, tmp_path: Path
) -> None:
    keila, chosen = Keila(postgresql, messages), random.Random(5)
    keila.add_contacts(20)
    keila.send(chosen)
    keila.react(chosen)
    load(tmp_path, keila, batch_rows=7)
    assert figures(tmp_path) == oracle(keila)
    assert not load(tmp_path, keila).changed
    assert not load(tmp_path, keila, full=True).changed

    keila.send(chosen)
    keila.react(chosen)
    keila.database.run("delete from contacts where id < 8")
    keila.react(chosen)
    keila.database.run("update contacts set first_name = 'Q' where id = 9")
    keila.database.run(
        f"update {messages} set opened_at = sent_at + interval '1 hour' where id = "
        f"(select min(id) from {messages} where opened_at is null and sent_at is not null)"
    )
    load(tmp_path, keila)
    assert figures(tmp_path) == oracle(keila)
    load(tmp_path, keila, full=True)
    assert figures(tmp_path) == oracle(keila)
    [row] = table(tmp_path / "m.duckdb", "customers where customer_id = 'keila-9'", "name")
    assert row == {"name": "Q 8"}


def test_the_contacts_of_deleted_people_are_counted_from_the_start(keila: Keila, tmp_path: Path) -> None:
    keila.add_contacts(10)
    keila.send(random.Random(5))
    keila.react(random.Random(5))
    keila.database.run("delete from contacts where id < 8")
    load(tmp_path, keila)
    assert figures(tmp_path) == oracle(keila)


@pytest.mark.parametrize("imported_before", [True, False])
def test_a_message_may_be_sent_after_its_contact_was_deleted(
    imported_before: bool, keila: Keila, tmp_path: Path
) -> None:
    keila.add_contacts(3)
    keila.send(random.Random(1))
    waiting = {"sent_at": None, "failed_at": None, "status": 2}
    keila.database.run(
        f"update messages set {', '.join(f'{name} = %s' for name in waiting)}", *waiting.values()
    )
    if imported_before:
        load(tmp_path, keila)
    keila.database.run("delete from contacts where id < 3")
    load(tmp_path, keila)
    keila.now += timedelta(hours=1)
    keila.database.run("update messages set sent_at = %s, status = 10 where id = 1", keila.now)
    keila.database.run("update messages set failed_at = %s, status = -1 where id = 2", keila.now)
    load(tmp_path, keila)
    counts = figures(tmp_path)["keila-1"]
    assert (counts["selected"], counts["sent"], counts["not_sent"]) == (3, 1, 2)
    reasons = table(tmp_path / "m.duckdb", "recipients where not sent", "not_sent_reason")
    assert sorted(row["not_sent_reason"] for row in reasons) == ["failed", "other"]
    assert not load(tmp_path, keila).changed


def test_a_contact_may_be_deleted_right_after_an_import(keila: Keila, tmp_path: Path) -> None:
    """What an import read a minute ago may not be settled yet, but it is known."""
    keila.now = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1, hours=1, minutes=1)
    keila.add_contacts(3)
    keila.send(random.Random(1))
    load(tmp_path, keila)
    keila.database.run("delete from contacts where id = 1")
    load(tmp_path, keila)
    counts = figures(tmp_path)["keila-1"]
    assert (counts["selected"], counts["sent"]) == (3, 3)


def test_contacts_that_were_deleted_before_an_update_count_once(keila: Keila) -> None:
    """Earlier versions kept only the time of the last import."""
    keila.add_contacts(3)
    keila.send(random.Random(1))

    def imported(earlier: Mapping[str, str]) -> tuple[set[object], dict[str, str]]:
        items = list(SOURCE.read(Request(keila.database.address, earlier, earlier=earlier)))
        rows = [item.rows for item in items if isinstance(item, Rows) and item.kind == "messages"]
        positions = {item.name: item.value for item in items if isinstance(item, Position)}
        return {row["customer_id"] for row in chain(*rows)}, {**earlier, **positions}

    _, earlier = imported({})
    keila.database.run("delete from contacts where id = 1")
    _, earlier = imported({name: value for name, value in earlier.items() if name != LAST_MESSAGE})
    _, earlier = imported({name: value for name, value in earlier.items() if name != LAST_MESSAGE})
    keila.database.run(f"update {keila.messages} set opened_at = %s", keila.now)
    people, _ = imported(earlier)
    assert people == {"keila-2", "keila-3"}


def test_messages_keep_their_own_e_mail_and_campaigns_their_sender(keila: Keila, tmp_path: Path) -> None:
    keila.add_contacts(2)
    keila.send(random.Random(1))
    load(tmp_path, keila)
    data = Warehouse(tmp_path / "m.duckdb").snapshot()
    mail = mails.of_customer(data, "keila-1", "keila-1")
    assert mail is not None
    assert (mail.source, "Hi 1" in mail.html) == ("archived", True)
    [row] = table(tmp_path / "m.duckdb", "campaigns", "subject, from_name, from_email, selection, source")
    assert row == {
        "subject": "News",
        "from_name": "Shop",
        "from_email": "news@shop.example",
        "selection": '"Segment Friends"',
        "source": "keila",
    }


def test_campaigns_of_blocks_and_mjml_have_html_of_their_own(keila: Keila) -> None:
    keila.database.run(
        "create table templates (id bigserial primary key, html_body text, mjml_body text, text_body text);"
        "alter table mailings_campaigns add template_id bigint, add mjml_body text, add mjml_content jsonb"
    )
    slot = "<mj-text><keila-content name=a>Bye</keila-content></mj-text>"
    keila.database.insert("templates", {"mjml_body": f"<mjml><mj-body>{slot}</mj-body></mjml>"})
    block = {"blocks": [{"type": "paragraph", "data": {"text": "Hello"}}]}
    rows: list[dict[str, object]] = [
        {"subject": "A", "settings": {"type": "block"}, "json_body": block},
        {"subject": "B", "settings": {"type": "mjml"}, "template_id": 1, "mjml_content": {"a": "Hi"}},
        {"subject": "C", "settings": {"type": "mjml"}},
    ]
    keila.database.insert("mailings_campaigns", *rows)
    mails = [item for item in SOURCE.read(Request(keila.database.address)) if isinstance(item, Mail)]
    assert [mail.name for mail in mails] == ["1.html", "2.html"]
    assert [
        text in str(mail.text) for text, mail in zip(("<p>Hello</p>", ">Hi</div>"), mails, strict=True)
    ] == [
        True,
        True,
    ]


def test_opt_outs_without_a_message_are_the_customers_own(keila: Keila, tmp_path: Path) -> None:
    keila.add_contacts(1)
    event = {"contact_id": 1, "type": 3, "inserted_at": START}
    keila.database.insert("contacts_events", event, event | {"type": 0})
    load(tmp_path, keila)
    assert table(tmp_path / "m.duckdb", "events", "customer_id, type") == [
        {"customer_id": "keila-1", "type": "unsubscribed"}
    ]


def test_a_version_without_tracking_is_refused_by_the_version_that_is_needed(
    keila: Keila, tmp_path: Path
) -> None:
    keila.database.run("drop table tracking_links cascade")
    with pytest.raises(ImportFailed, match="no table tracking_links") as refused:
        load(tmp_path, keila)
    assert refused.value.next_step.endswith("It must be a database of Keila 0.5 or later.")
