"""E-mails of bundles: as many kinds of files as people have, their subjects and senders, and those that are refused."""

from pathlib import Path
from typing import Any

import pytest

from mailsight.errors import LoadRefused
from mailsight.loading import bundles
from mailsight.reports import campaign, mails
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle, ndjson
from tests.support.mails import html, link, multipart, picture, plain

APPLE = b"From: =?utf-8?q?Gr=C3=BCn?= <news@green.example>\nSubject: =?utf-8?b?R3LDvG4=?=\n" + multipart(
    "alternative",
    plain("text"),
    multipart(
        "mixed", html(link("a")), picture(Content_Disposition="inline"), html(link("b")), html(link("c"))
    ),
)


def _campaign(database: Path, **fields: object) -> tuple[str | None, str | None, str | None]:
    """The subject and the sender of the campaign after loading a row with these fields."""
    files: dict[str, Any] = {
        "campaigns.ndjson": ndjson({"campaign_id": "spring", "template": "mail.eml", **fields}),
        "mail.eml": APPLE,
    }
    bundles.load(database, [bundle(database.parent / str(len(list(database.parent.iterdir()))), files)])
    described = campaign.campaign(Warehouse(database).snapshot(), "spring")
    return described.subject, described.from_name, described.from_email


def test_all_html_parts_of_a_mail_are_loaded(tmp_path: Path) -> None:
    _campaign(tmp_path / "m.duckdb")
    mail = mails.of_campaign(Warehouse(tmp_path / "m.duckdb").snapshot(), "spring")
    assert mail is not None
    assert [name in mail.html for name in map(link, "abc")] == [True, True, True]


def test_subject_and_sender_come_from_the_mail_if_no_row_has_them(tmp_path: Path) -> None:
    database = tmp_path / "m.duckdb"
    assert _campaign(database) == ("Grün", "Grün", "news@green.example")
    assert _campaign(database, subject="Rot", from_name="Blau") == ("Rot", "Blau", "news@green.example")
    assert _campaign(database) == ("Rot", "Blau", "news@green.example")


def test_a_name_in_the_mail_belongs_to_its_address(tmp_path: Path) -> None:
    assert _campaign(tmp_path / "m.duckdb", from_email="other@green.example") == (
        "Grün",
        None,
        "other@green.example",
    )


def test_encoded_words_of_rows_are_decoded(tmp_path: Path) -> None:
    given = {
        "subject": "=?utf-8?q?caf=C3=A9,?= =?utf-8?b?{}?=".format("IHt7bmFtZX19"),
        "from_name": '"=?iso-8859-1?q?Gr=FCn?="',
        "preheader": "=?utf-8?x?abc?=",
        "name": "=?utf-8?q?Fr=C3=BChling?=",
    }
    assert _campaign(tmp_path / "m.duckdb", **given) == ("café, {{name}}", "Grün", "news@green.example")
    described = campaign.campaign(Warehouse(tmp_path / "m.duckdb").snapshot(), "spring")
    assert (described.name, described.preheader) == ("Frühling", "=?utf-8?x?abc?=")


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("mail.pdf", b"%PDF-1.7", "mail.pdf is a PDF file, not an e-mail"),
        ("mail.html", b"", "mail.html is empty"),
        ("mail.eml", plain("-----BEGIN PGP MESSAGE-----"), "mail.eml is encrypted"),
        (
            "mail.msg",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "mail.msg is not a message of Outlook that can be read",
        ),
    ],
)
def test_a_file_that_is_no_mail_is_refused_by_name(
    tmp_path: Path, name: str, raw: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(raw)
    files: dict[str, Any] = {
        "campaigns.ndjson": ndjson({"campaign_id": "good"}, {"campaign_id": "bad", "template": name}),
        name: raw,
    }
    summary = bundles.load(tmp_path / "m.duckdb", [bundle(tmp_path / "b", files)])
    assert [refusal.reason for refusal in summary.refusals] == [reason]
    with pytest.raises(LoadRefused, match=f"is not an e-mail: {reason}"):
        bundles.load_content(tmp_path / "m.duckdb", "good", tmp_path / name)
