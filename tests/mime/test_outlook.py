"""Outlook's formats: winmail.dat, .msg, and HTML within RTF."""

import base64
from contextlib import suppress
from dataclasses import replace

import compressed_rtf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.errors import UnusableMail
from mailsight.mime import facts, rtf
from mailsight.mime.bodies import Attachment, Mail
from mailsight.mime.files import read
from mailsight.mime.outlook import read_msg, read_tnef
from tests.support.mails import compound_file, link, mapi, msg, multipart, part, plain, tnef

RTF = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial;}}"
    rb"{\colortbl\red0;}{\*\generator x;}\uc1\pard\plain{\*\htmltag19 <html>}{\*\htmltag64}\htmlrtf {\htmlrtf0 "
    rb"{\*\htmltag84 <a href=\'22https://green.example/a?x=1&amp;y=\{b\}\'22>}\htmlrtf {\ul\htmlrtf0 caf\'e9 \u8364?"
    rb"\htmlrtf }\htmlrtf0 {\*\htmltag92 </a>}{\f1 \'cf\'f0}\u-10180?\u-8393?\tab x\~y\htmlrtf repeated\par\htmlrtf0"
    rb"{\*\mhtmltag84 <a href=cid:x>}\line{\*\htmltag27 </html>}}}"
)
HTML_IN_RTF = '<html><a href="https://green.example/a?x=1&amp;y={b}">café €</a>Пр🌷\tx&nbsp;y\r\n</html>'


def test_the_html_within_rtf_is_read() -> None:
    assert rtf.html(RTF) == HTML_IN_RTF
    assert rtf.html(rb"{\rtf1\ansi a plain document}") is None
    assert rtf.html(rb"{\rtf1\fromhtml1{\fonttbl{\f0\fcharset128 x;}}{\*\htmltag \f0 \'83e\'83X}}") == "テス"
    assert rtf.html(b"{\\rtf1\\fromhtml1 {\\*\\htmltag a}\\bin3 }}}{\\*\\htmltag b}") == "ab"


_PIECES = [rb"{\*\htmltag ", rb"\htmlrtf ", rb"\'e9", rb"\u-1?", b"}", b"{", b"\\", rb"\f1", b"a", rb"\bin9 "]


@given(st.lists(st.sampled_from(_PIECES)))
def test_any_rtf_is_read(pieces: list[bytes]) -> None:
    assert rtf.html(rb"{\rtf1\fromhtml1 " + b"".join(pieces)) is not None


def _mapi_html(name: str) -> dict[int, bytes | int]:
    return {0x3FDE_0003: 65001, 0x1013_0102: link(name).encode()}


WINMAIL = tnef(
    (0x9007, (1252).to_bytes(8, "little")),
    (0x8004, b"caf\xe9\0"),
    (0x9003, mapi({0x0037_001F: "Größe\0".encode("utf-16-le"), 0x0E1F_000B: 1, **_mapi_html("a")})),
    (0x9002, bytes(14)),
    (0x8010, b"pic.gif\0"),
    (0x800F, b"GIF89a"),
    (0x9005, mapi({0x3712_001E: b"pic@x\0", 0x370E_001E: b"image/gif\0"})),
)


def test_what_outlook_hides_in_winmail_dat_is_shown() -> None:
    encoded = base64.b64encode(WINMAIL)
    for kind in ("application/ms-tnef", 'application/octet-stream; name="winmail.dat"'):
        raw = b"Subject: x\n" + multipart(
            "mixed", plain("the text"), part(kind, encoded, Content_Transfer_Encoding="base64")
        )
        assert replace(read(raw, "a.eml"), headers=None) == Mail(
            link("a"),
            "the text",
            "x",
            attachments=(Attachment("pic.gif", "image/gif", 6),),
            charset="cp65001",
        )
    alone = read(WINMAIL, "winmail.dat")
    assert (alone.html, alone.subject) == (link("a"), "Größe")


def test_rtf_and_pictures_in_winmail_dat_are_shown() -> None:
    source = RTF.replace(b"https://green.example/a?x=1&amp;y=\\{b\\}", b"cid:pic@x")
    packed = tnef(
        (0x9003, mapi({0x1009_0102: bytes(compressed_rtf.compress(source))})),
        (0x9002, bytes(14)),
        (0x9005, mapi({0x3712_001E: b"pic@x\0", 0x370E_001E: b"image/gif\0", 0x3701_0102: b"GIF89a"})),
    )
    assert "data:image/gif;base64,R0lGODlh" in (read(packed, "winmail.dat").html or "")


def test_a_mail_within_winmail_dat_is_shown() -> None:
    signature = bytes.fromhex("0703020000000000c000000000000046")
    packed = tnef((0x9002, bytes(14)), (0x9005, mapi({0x3701_000D: signature + WINMAIL})))
    assert "green.example/a" in (read(packed, "winmail.dat").html or "")


def test_a_winmail_dat_within_itself_is_refused() -> None:
    signature = bytes.fromhex("0703020000000000c000000000000046")
    packed = WINMAIL
    for _ in range(120):
        packed = tnef((0x9002, bytes(14)), (0x9005, mapi({0x3701_000D: signature + packed})))
    with pytest.raises(UnusableMail, match="nested too deeply"):
        read_tnef(packed)


@given(st.integers(0, len(WINMAIL)), st.binary(max_size=8))
def test_a_damaged_winmail_dat_is_read_or_not(place: int, damage: bytes) -> None:
    read_tnef(WINMAIL[:place] + damage + WINMAIL[place + len(damage) :])
    read_tnef(WINMAIL[:place])


MSG: dict[str, bytes | str] = {
    "0037001F": "Größe",
    "0C1A001F": "The Green Shop",
    "0C1F001F": "/o=Exchange/cn=shop",
    "5D01001F": "news@green.example",
    "1000001F": "a text",
    "10130102": link("a").encode(),
    "0/3707001F": "prices.pdf",
    "0/370E001F": "application/pdf",
    "0/37010102": b"%PDF",
}


def test_an_outlook_message_is_read() -> None:
    mail = read(msg(MSG), "mail.msg")
    assert (mail.html, mail.text, mail.subject) == (link("a"), "a text", "Größe")
    assert (mail.from_name, mail.from_email) == ("The Green Shop", "news@green.example")
    assert [(file.name, file.type) for file in mail.attachments] == [("prices.pdf", "application/pdf")]


def test_the_html_of_an_outlook_message_may_be_in_rtf_or_missing() -> None:
    packed = {name: value for name, value in MSG.items() if name != "10130102"}
    assert read(msg(packed), "mail.msg").html is None
    del packed["1000001F"]
    packed["10090102"] = bytes(
        compressed_rtf.compress(rb"{\rtf1{\fonttbl{\f0 x;}}\f0 caf\'e9\~\b x\b0\par y}")
    )
    assert read(msg(packed), "mail.msg").text == "café\xa0x\ny"
    packed["10090102"] = bytes(compressed_rtf.compress(RTF))
    assert read(msg(packed), "mail.msg").html == HTML_IN_RTF


def test_mails_within_an_outlook_message_are_shown() -> None:
    inner = {f"1/3701000D/{name}": value for name, value in MSG.items()}
    shown = read(msg({"1000001F": "FYI", **inner}), "mail.msg").html or ""
    assert "FYI" in shown
    assert link("a") in shown


def test_the_header_of_an_outlook_message_is_read() -> None:
    header = "From: =?utf-8?q?Gr=C3=BCn?= <news@green.example>\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\r\n"
    mail = read(msg({"007D001F": header, "1000001F": "x"}), "mail.msg")
    assert (mail.subject, mail.from_name, mail.from_email) == ("café", "Grün", "news@green.example")
    arrived = "Received: from a\r\nReceived: from b\r\nSubject: old\r\nTo: ann@mail.example\r\n\r\n"
    own = {"0037001F": "new", "1035001F": "<1@green.example>", "1000001F": "x"}
    assert facts.fields(read(msg({"007D001F": arrived, **own}), "mail.msg").headers or "") == [
        ("Subject", "new"),
        ("Message-Id", "<1@green.example>"),
        ("Received", "from a"),
        ("Received", "from b"),
        ("To", "ann@mail.example"),
    ]


def test_other_files_of_microsoft_office_are_refused() -> None:
    with pytest.raises(UnusableMail, match=r"^is not a message of Outlook that can be read"):
        read_msg(msg(MSG)[:600])
    with pytest.raises(UnusableMail, match=r"^is not a message of Outlook that can be read"):
        read_msg(compound_file({"WordDocument": b"x"}))
    with pytest.raises(UnusableMail, match="holds neither HTML nor text"):
        read(msg({"0037001F": "x"}), "mail.msg")


@given(st.integers(0, 30_000), st.binary(max_size=8))
def test_a_damaged_outlook_message_is_read_or_refused(place: int, damage: bytes) -> None:
    raw = msg(MSG)
    with suppress(UnusableMail):
        read(raw[:place] + damage + raw[place + len(damage) :], "mail.msg")
