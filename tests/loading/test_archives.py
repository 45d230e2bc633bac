"""Archives of e-mails, from the file to what the customer's page shows."""

import shutil
import zipfile
from pathlib import Path

import duckdb
import pytest

from mailsight.errors import LoadRefused, NoDatabase, NotABundle
from mailsight.loading import archives, bundles
from mailsight.reports import mails
from mailsight.warehouse.reader import Warehouse
from tests.support.archives import mailbox, raw_mail
from tests.support.bundles import bundle, ndjson
from tests.support.command_line import run
from tests.support.mails import PIXEL, html, multipart, part, picture, plain

PEOPLE = ("ann", "bob", "cas", "dan")
MESSAGES = [
    {
        "campaign_id": "spring",
        "customer_id": person,
        "message_id": f"{person}.1@shop.example",
        "email": f"{person}@mail.example",
        "sent_at": "2026-04-14T09:00:00Z",
    }
    for person in PEOPLE
]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with its own e-mail, sent to four people."""
    place = tmp_path_factory.mktemp("archives")
    folder = bundle(
        place / "bundle",
        {
            "campaigns.ndjson": ndjson({"campaign_id": "spring", "subject": "Hi", "template": "mail.html"}),
            "messages.ndjson": ndjson(*MESSAGES),
            "mail.html": "<p>Hi {{name}}",
        },
    )
    bundles.load(place / "m.duckdb", [folder])
    return place / "m.duckdb"


@pytest.fixture
def database(tmp_path: Path, loaded: Path) -> Path:
    """A copy of it."""
    shutil.copy(loaded.resolve(), tmp_path / "m.duckdb")
    return tmp_path / "m.duckdb"


def to(person: str, content: bytes = b"Content-Type: text/html\n\n<p>Hi") -> bytes:
    return f"Message-ID: <{person}.1@shop.example>\nSubject: To {person}\n".encode() + content


def test_a_customers_page_shows_the_mail_with_its_pictures_and_lists_its_files(
    database: Path, tmp_path: Path
) -> None:
    page = multipart(
        "related",
        html('<p>Hi <img src="cid:a"><a href="https://shop.example/x">x</a>'),
        picture(Content_ID="<a>"),
    )
    pdf = part('application/pdf; name="menu.pdf"', "PDF", Content_Disposition="attachment")
    raw = to(
        "ann", multipart("mixed", multipart("alternative", plain("Hi, plainly"), page), html("<p>Bye"), pdf)
    )
    (tmp_path / "inbox.mbox").write_bytes(mailbox(raw, to("bob", plain("Only text: https://shop.example/y"))))
    assert archives.load(database, [tmp_path / "inbox.mbox"]).rejected == 0
    with Warehouse(database).snapshot() as data:
        mail, received = mails.of_customer(data, "spring", "ann"), mails.received(data, "spring", "ann")
        other = mails.of_customer(data, "spring", "bob")
        untouched = mails.of_customer(data, "spring", "cas")
    assert mail is not None
    assert received is not None
    assert other is not None
    assert untouched is not None
    assert mail.source == other.source == "archived"
    assert (mail.subject, untouched.subject) == ("To ann", "Hi")
    assert f"data:image/gif;base64,{PIXEL}" in mail.html
    assert mail.html.index("<p>Hi") < mail.html.index("<p>Bye")
    assert (received.text, received.size_bytes) == ("Hi, plainly", len(raw))
    assert [(file.name, file.size_bytes) for file in received.attachments] == [("menu.pdf", 3)]
    assert '<a href="https://shop.example/y">' in other.html
    assert (untouched.source, untouched.html) == ("filled", "<p>Hi {{name}}")
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        links = "select url from links semi join archived_mails using (content_id) order by url"
        assert connection.sql(links).fetchall() == [("https://shop.example/x",), ("https://shop.example/y",)]
        grid = "select customer_id from recipients where is_archived order by customer_id"
        assert connection.sql(grid).fetchall() == [("ann",), ("bob",)]


def test_loading_again_changes_nothing_and_another_copy_replaces_the_first(
    database: Path, tmp_path: Path
) -> None:
    same = [to(person) for person in PEOPLE]
    (tmp_path / "a.mbox").write_bytes(mailbox(*same, same[0]))
    first = archives.load(database, [tmp_path / "a.mbox"])
    [mail] = first.kinds
    assert (mail.rows, mail.new, mail.changed, mail.known) == (5, 4, 0, 1)
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        assert connection.sql("from contents").fetchall()[1:] != []
        assert connection.sql("select count(*) from contents").fetchall() == [(2,)]
    again = archives.load(database, [tmp_path / "a.mbox"])
    assert not again.changed
    (tmp_path / "b.eml").write_bytes(to("ann", b"Content-Type: text/html\n\n<p>Another"))
    [mail] = archives.load(database, [tmp_path / "b.eml"]).kinds
    assert (mail.rows, mail.new, mail.changed) == (1, 0, 1)
    with Warehouse(database).snapshot() as data:
        shown = mails.of_customer(data, "spring", "ann")
    assert shown is not None
    assert shown.html.strip() == "<p>Another"


def test_texts_that_differ_under_the_same_html_are_kept_apart(database: Path, tmp_path: Path) -> None:
    both = [to(person, multipart("alternative", plain(f"Hi {person}"), html("<p>Hi"))) for person in PEOPLE]
    (tmp_path / "a.mbox").write_bytes(mailbox(*both))
    archives.load(database, [tmp_path / "a.mbox"])
    with Warehouse(database).snapshot() as data:
        received = [mails.received(data, "spring", person) for person in PEOPLE]
    assert [each and each.text for each in received] == [f"Hi {person}" for person in PEOPLE]


def test_mails_without_a_message_and_broken_ones_are_listed_and_the_rest_is_loaded(
    database: Path, tmp_path: Path
) -> None:
    encrypted = to(
        "bob",
        b"Content-Type: multipart/encrypted; boundary=a\n\n--a\nContent-Type: application/x\n\nx\n--a--\n",
    )
    nested = to("cas", b'Content-Type: multipart/mixed; boundary="a"\n\n')
    for depth in range(150):
        nested += f'--{"a" * (depth + 1)}\nContent-Type: multipart/mixed; boundary="{"a" * (depth + 2)}"\n\n'.encode()
    box = mailbox(to("ann"), b"Subject: to nobody\n\nx\n", encrypted, nested, to("dan"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("box", box)
        archive.writestr("page.html", "<html>")
    summary = archives.load(database, [tmp_path / "a.zip"])
    assert [(each.file, each.line, each.reason) for each in summary.refusals] == [
        ("a.zip/box", 2, "it has neither a known Message-ID nor a campaign's header, and names no recipient"),
        ("a.zip/box", 3, "is encrypted"),
        ("a.zip/box", 4, "has parts that are nested too deeply for an e-mail"),
    ]
    assert summary.refusals[0].row == "Subject: to nobody\n\nx\n"
    assert [(kind.rows, kind.new, kind.refused) for kind in summary.kinds] == [(5, 2, 3)]
    assert [passed.name for passed in summary.passed_over] == ["a.zip/page.html"]
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        assert connection.sql(
            "select kind, count(*) from refused group by kind order by kind"
        ).fetchall() == [
            ("e-mails", 3),
            ("files", 1),
        ]
        assert connection.sql(
            "select kind, rows, new, refused from loads where source = 'archive'"
        ).fetchall() == [("e-mails", 5, 2, 3)]
    with pytest.raises(LoadRefused, match="passed over"):
        archives.load(database, [tmp_path / "a.zip"], strict=True)


def test_the_mail_that_a_journal_report_passes_on_is_its_recipients(database: Path, tmp_path: Path) -> None:
    mail = (
        b"From: Shop <news@shop.example>\r\nTo: undisclosed-recipients:;\r\nSubject: Hi\r\nX-Campaign: spring\r\n"
        b"Content-Type: text/html\r\n\r\n<p>Hi Cas"
    )
    report = plain(
        "Sender: news@shop.example\nSubject: Hi\nMessage-Id: <x@shop.example>\nBcc: Cas@mail.example\n"
    )
    wrapper = multipart("mixed", report, part("message/rfc822", mail), X_MS_Journal_Report="")
    (tmp_path / "report.eml").write_bytes(b"Subject: Hi\nTo: journal@archive.example\n" + wrapper)
    archives.load(database, [tmp_path / "report.eml"])
    with Warehouse(database).snapshot() as data:
        shown, received = mails.of_customer(data, "spring", "cas"), mails.received(data, "spring", "cas")
    assert shown is not None
    assert received is not None
    assert (shown.html, shown.source, list(received.attachments)) == ("<p>Hi Cas", "archived", [])
    assert list(received.headers[:2]) == [
        ("X-Envelope-To", "Cas@mail.example"),
        ("From", "Shop <news@shop.example>"),
    ]


def test_a_mail_with_files_only_is_shown_without_text(database: Path, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(to("ann", part('application/pdf; name="menu.pdf"', "PDF")))
    assert archives.load(database, [tmp_path / "a.eml"]).rejected == 0
    with Warehouse(database).snapshot() as data:
        received = mails.received(data, "spring", "ann")
    assert received is not None
    assert [file.name for file in received.attachments] == ["menu.pdf"]


def test_a_message_known_from_events_keeps_its_events(tmp_path: Path) -> None:
    event = {"type": "opened", "occurred_at": "2026-04-14T09:00:00Z", "message_id": "m-1"}
    events = [
        {**event, "campaign_id": "spring", "recipient": "ann@mail.example"},
        {**event, "occurred_at": "2026-04-14T10:00:00Z"},
    ]
    database = tmp_path / "m.duckdb"
    bundles.load(database, [bundle(tmp_path / "bundle", {"events.ndjson": ndjson(*events)})])
    (tmp_path / "a.eml").write_bytes(raw_mail(Message_ID="<m-1>"))
    archives.load(database, [tmp_path / "a.eml"])
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        found = connection.sql(
            "select customer_id, all_opens, implied, is_archived from recipients"
        ).fetchall()
    assert found == [("ann@mail.example", 2, True, True)]


def test_parts_of_an_archive_make_no_difference(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_BATCH_MAILS", 2)
    monkeypatch.setattr(archives, "_PART_MAILS", 3)
    (tmp_path / "a.mbox").write_bytes(mailbox(*(to(person) for person in PEOPLE * 3), b"Subject: x\n\n"))
    [mail] = archives.load(database, [tmp_path / "a.mbox"]).kinds
    assert (mail.rows, mail.new, mail.known, mail.refused) == (13, 4, 8, 1)


def test_an_archive_without_mails_is_refused(database: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotABundle, match="no e-mails"):
        archives.load(database, [tmp_path / "empty"])


def test_the_command_says_what_was_loaded(database: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mbox").write_bytes(mailbox(to("ann"), raw_mail("zoe@mail.example")))
    status, out, _ = run("archive", tmp_path / "a.mbox", "--database", database)
    assert status == 1
    assert "rejected a.mbox:2: no message was sent to its recipients" in out
    with pytest.raises(NoDatabase):
        run("archive", tmp_path / "a.mbox", "--database", tmp_path / "none.duckdb")
