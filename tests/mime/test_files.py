"""Files as mail programs and browsers save them."""

import base64
import quopri
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser

from mailsight.errors import UnusableMail
from mailsight.mime.files import SUFFIXES, read
from mailsight.mime.signed import content
from tests.support.mails import html, link, multipart, part, plain

PAGE = f'<!DOCTYPE html><html><head><title>é</title></head><body class="x">{link("a")}é</body></html>'
RAW = b"Subject: x\n" + multipart("alternative", plain("é"), html(PAGE))
PLIST = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x.dtd">\n'
    b"<plist><dict/></plist>\n"
)
QP = quopri.encodestring(PAGE.encode())
QP_PART = part("text/html; charset=utf-8", QP, Content_Transfer_Encoding="quoted-printable")

FILES = {
    "HTML": ("a.html", PAGE.encode()),
    "HTML, another name": ("a", PAGE.encode()),
    "HTML in UTF-16": ("a.html", PAGE.encode("utf-16")),
    "HTML in UTF-16 without a mark": ("a.html", PAGE.encode("utf-16-le")),
    "HTML named .eml": ("a.eml", PAGE.encode()),
    "quoted-printable": ("a.html", QP),
    "quoted-printable, CRLF": ("a.html", QP.replace(b"\n", b"\r\n")),
    "quoted-printable with its header": ("a.html", QP_PART),
    "base64": ("a.html", base64.encodebytes(PAGE.encode())),
    "Gmail's source": ("a.html", f'<pre id="raw_message_text">{escape(RAW.decode())}</pre>'.encode()),
    "raw": ("a.eml", RAW),
    "raw, named .html": ("a.html", RAW),
    "raw, named .txt": ("a.txt", RAW),
    "raw in UTF-16": ("a.eml", RAW.decode().encode("utf-16")),
    "raw, without its header": ("a.eml", RAW.partition(b"\n\n")[2]),
    "raw, Windows": ("a.eml", RAW.replace(b"\n", b"\r\n")),
    "emlx": ("a.emlx", b"%d\n" % len(RAW) + RAW + PLIST),
    "emlx, indented": ("a.emlx", b"%d      \r\n" % len(RAW) + RAW + PLIST),
    "emlx named .eml": ("a.eml", b"%d\n" % len(RAW) + RAW + PLIST),
    "emlx without its end": ("a.emlx", b"%d\n" % len(RAW) + RAW),
    "emlx with a wrong length": ("a.emlx", b"3\n" + RAW + PLIST),
    "mhtml": ("a.mhtml", b"From: <Saved by Blink>\nMIME-Version: 1.0\n" + multipart("related", QP_PART)),
    "mht": ("a.mht", b"\xef\xbb\xbfMIME-Version: 1.0\nContent-Location: file:///C:/x.htm\n" + html(PAGE)),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_saved_mail_is_read(kind: str) -> None:
    name, raw = FILES[kind]
    shown = read(raw, name).html or ""
    assert shown.strip().replace("\r\n", "\n") == PAGE


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\0", "is empty"),
        (b"%PDF-1.7", "is a PDF file, not an e-mail"),
        (b"PK\x03\x04", "is a zip file or an Office document, not an e-mail"),
        (b"\x89PNG\r\n", "is a picture, not an e-mail"),
        (b"\x1f\x8b\x08", "is a gzip file, not an e-mail"),
        (rb"{\rtf1 x}", "is an RTF document, not an e-mail"),
        (b"!BDN", "is an Outlook mailbox, not an e-mail"),
        (b"(This file must be converted with BinHex 4.0)", "is a BinHex file, not an e-mail"),
    ],
)
@pytest.mark.parametrize("name", ["a.html", "a.eml"])
def test_another_file_is_refused_by_what_it_is(raw: bytes, reason: str, name: str) -> None:
    with pytest.raises(UnusableMail) as refusal:
        read(raw, name)
    assert refusal.value.message == reason


def test_a_text_is_read_as_a_text() -> None:
    assert read(b"see https://green.example/a", "a.txt").text == "see https://green.example/a"
    assert read(b"Hello: world\n\nx", "a.html").html == "Hello: world\n\nx"
    assert read(b"hello", "a.eml").text == "hello"


def test_links_about_quoted_printable_are_no_quoted_printable() -> None:
    source = '<p class="x"><a href="https://green.example/?q=3D">a</a></p>'
    assert read(source.encode(), "a.html").html == source


def _signed(raw: bytes) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Green")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(raw).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def test_the_mail_within_a_signature_is_read() -> None:
    envelope = _signed(html(PAGE))
    for kind in (
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "application/x-pkcs7-mime",
    ):
        assert read(part(kind, envelope, Content_Transfer_Encoding="binary"), "a.eml").html == PAGE
    for end in range(0, len(envelope), 7):
        content(envelope[:end])
    empty = part("application/pkcs7-mime", _signed(plain("")), Content_Transfer_Encoding="binary")
    assert read(empty, "a.eml").text == ""


def test_content_of_unknown_length_is_read() -> None:
    """As OpenSSL streams it (BER): open values end with two zero bytes, and the content is divided."""
    octets = b"\x24\x80\x04\x02ab\x04\x01c\x00\x00"
    data = b"\x30\x80\x06\x01\x01\xa0\x80" + octets + b"\x00\x00\x00\x00"
    signed = b"\x30\x80\x02\x01\x01\x31\x00" + data + b"\x00\x00"
    kind = bytes.fromhex("06092a864886f70d010702")
    assert content(b"\x30\x80" + kind + b"\xa0\x80" + signed + b"\x00\x00\x00\x00") == b"abc"
    assert content(b"\x30" * 4_000) is None
    assert content(b"\x30\x80" * 4_000) is None


@pytest.mark.browser
@pytest.mark.parametrize("saved_as", ["a page", "a web archive"])
def test_what_a_browser_saves_is_read(browser: Browser, tmp_path: Path, saved_as: str) -> None:
    page = browser.new_page()
    (tmp_path / "mail.html").write_text(f"{PAGE}\n\n<!-- < & é -->\n", encoding="utf-8")
    address = (tmp_path / "mail.html").as_uri()
    if saved_as == "a page":
        page.goto(f"view-source:{address}")
        source = page.content()
        assert "line-content" in source
        assert read(source.encode(), "mail.html").html == f"{PAGE}\n\n<!-- < & é -->\n"
    else:
        page.goto(address)
        session = page.context.new_cdp_session(page)
        archive = session.send("Page.captureSnapshot", {"format": "mhtml"})["data"]
        assert link("a") in (read(archive.encode(), "mail.mhtml").html or "")
        assert "é" in (read(archive.encode(), "mail.mhtml").html or "")
    page.close()


def test_files_are_recognised_in_uploads() -> None:
    assert {".html", ".eml", ".emlx", ".mht", ".mhtml", ".msg", ".txt"} <= set(SUFFIXES)


REPORT = "Sender: a@b.example\r\nRecipient: ann@c.example\r\nTo: bob@c.example, Expanded: all@c.example\r\n"
MAIL = part("text/html", "<p>Inside", Subject="Mine")


@pytest.mark.parametrize(
    ("fields", "parts", "first_field", "html_of"),
    [
        (
            {"X_MS_Journal_Report": ""},
            [plain(REPORT), part("message/rfc822", MAIL)],
            "X-Envelope-To",
            "Inside",
        ),
        ({"Content_Identifer": "ExJournalReport"}, [part("message/rfc822", MAIL)], "Content-Type", "Inside"),
        (
            {"X_MS_Journal_Report": ""},
            [part("message/rfc822", base64.encodebytes(MAIL), Content_Transfer_Encoding="base64")],
            "Content-Type",
            "Inside",
        ),
        ({"X_MS_Journal_Report": ""}, [html("<p>Outside")], "Subject", "Outside"),
        ({}, [html("<p>Outside"), part("message/rfc822", MAIL)], "Subject", "Outside"),
    ],
)
def test_a_journal_report_is_the_mail_that_it_reports(
    fields: dict[str, str], parts: list[bytes], first_field: str, html_of: str
) -> None:
    mail = read(b"Subject: Report\n" + multipart("mixed", *parts, **fields), "a.eml")
    assert html_of in (mail.html or "")
    assert (mail.headers or "").startswith(f"{first_field}:")
    assert (mail.subject == "Mine") is (html_of == "Inside")


def test_a_journal_report_names_everyone_who_may_have_been_addressed() -> None:
    report = multipart("mixed", plain(REPORT), part("message/rfc822", MAIL), X_MS_Journal_Report="")
    assert [line for line in (read(report, "a.eml").headers or "").splitlines() if "Envelope" in line] == [
        "X-Envelope-To: ann@c.example",
        "X-Envelope-To: bob@c.example",
        "X-Envelope-To: all@c.example",
    ]
