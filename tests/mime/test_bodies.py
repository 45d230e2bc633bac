"""What is shown of a mail, whatever its parts are and however its MIME is broken."""

import base64
import re
from contextlib import suppress
from dataclasses import replace
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.errors import UnusableMail
from mailsight.mail.content import safe
from mailsight.mail.links import links
from mailsight.mime import bodies
from mailsight.mime.bodies import Attachment, Mail
from mailsight.mime.files import read
from mailsight.mime.parts import MAX_PARTS
from tests.support.mails import PIXEL, html, link, multipart, part, picture, plain

BASE64 = {"Content_Transfer_Encoding": "base64"}
PDF = part("application/pdf", "JVBERg==", Content_Disposition="attachment; filename=prices.pdf", **BASE64)
INLINE = picture(Content_Disposition="inline")
TEXT = plain("https://green.example/t")
LISTED = Attachment("prices.pdf", "application/pdf", 4)
AMP = part("text/x-amp-html", link("amp"))
CALENDAR = part("text/calendar", "BEGIN:VCALENDAR")
FORWARDED = part(
    "message/rfc822", b"From: Bob <bob@a.example>\nSubject: =?utf-8?q?caf=C3=A9?=\n" + html(link("inner"))
)


def _read(raw: bytes) -> Mail:
    return read(raw, "mail.eml")


def _links(raw: bytes) -> list[str]:
    """The last words of the links' addresses."""
    return [re.sub(r".*/", "", link.url) for link in links(bodies.page(_read(raw)))]


MAILS = {
    "HTML": (html(link("a")), ["a"]),
    "text": (plain("see https://green.example/a, or <https://green.example/b>."), ["a", "b"]),
    "alternative": (multipart("alternative", plain("https://green.example/t"), html(link("a"))), ["a"]),
    "another kind of text": (multipart("mixed", part("text/markdown", "https://green.example/m")), ["m"]),
    "a file of HTML": (part("application/octet-stream; name=A.HTML", link("f")), ["f"]),
    "a file of HTML below an empty text": (
        multipart("mixed", plain(" "), part("text/html", link("f"), Content_Disposition="attachment")), ["f"],
    ),
    "AMP alone": (multipart("alternative", AMP, CALENDAR), ["amp"]),
    "alternative, HTML first": (multipart("alternative", html(link("a")), plain("text")), ["a"]),
    "alternative, two of HTML": (multipart("alternative", html(link("a")), html(link("b"))), ["b"]),
    "alternative, the last empty": (multipart("alternative", plain("x"), html(link("a")), html(" ")), ["a"]),
    "with AMP and a calendar": (multipart("alternative", plain("x"), AMP, html(link("a")), CALENDAR), ["a"]),
    "alternative without HTML": (multipart("alternative", plain("https://green.example/t"), CALENDAR), ["t"]),
    "Apple Mail": (
        multipart(
            "alternative",
            plain("text"),
            multipart("mixed", html(link("a")), INLINE, html(link("b")), PDF, html(link("c"))),
        ),
        ["a", "b", "c"],
    ),
    "mixed": (multipart("mixed", html(link("a")), PDF, html(link("b"))), ["a", "b"]),
    "mixed with texts": (multipart("mixed", TEXT, html(link("a")), plain("bye")), ["t", "a"]),
    "mixed, a text with the same links": (multipart("mixed", plain("https://green.example/a"), html(link("a"))), ["a"]),
    "mixed of alternatives": (
        multipart(
            "mixed",
            multipart("alternative", plain("1"), html(link("a"))),
            multipart("alternative", plain("2"), html(link("b"))),
        ),
        ["a", "b"],
    ),
    "related": (multipart("related", html(link("a")), picture(Content_ID="<p>")), ["a"]),
    "related, the root named": (
        multipart("related", html(link("a"), Content_ID="<one>"), html(link("b"), Content_ID="<two>")).replace(
            b"multipart/related;", b'multipart/related; start="<two>";'
        ),
        ["b"],
    ),
    "related, a picture first": (multipart("related", picture(Content_ID="<p>"), html(link("a"))), ["a"]),
    "related, text and HTML": (multipart("related", plain("x"), html(link("a"))), ["a"]),
    "related in alternative in mixed": (
        multipart("mixed", multipart("alternative", plain("x"), multipart("related", html(link("a")), picture())), PDF),
        ["a"],
    ),
    "alternative in related": (
        multipart("related", multipart("alternative", plain("x"), html(link("a"))), picture()),
        ["a"],
    ),
    "digest": (
        multipart("digest", b"\n" + b"Subject: 1\n" + html(link("a")), b"\n" + b"Subject: 2\n" + html(link("b"))),
        ["a", "b"],
    ),
    "report": (
        multipart("report", plain("It bounced."), part("message/delivery-status", "Action: failed\n"), FORWARDED),
        ["inner"],
    ),
    "forwarded": (multipart("mixed", plain("FYI"), FORWARDED), ["inner"]),
    "forwarded, encoded": (
        multipart(
            "mixed",
            html(link("a")),
            part("message/rfc822", base64.b64encode(html(link("inner"))), Content_Transfer_Encoding="base64"),
        ),
        ["a", "inner"],
    ),
    "forwarded twice": (multipart("mixed", part("message/rfc822", multipart("mixed", FORWARDED))), ["inner"]),
    "forwarded in the text, Gmail": (
        html(f'<div class="gmail_quote">---------- Forwarded message ---------<br>{link("a")}</div>'),
        ["a"],
    ),
    "signed": (
        multipart("signed", html(link("a")), part("application/pgp-signature", "-----BEGIN PGP SIGNATURE-----")),
        ["a"],
    ),
    "unknown multipart": (multipart("x-new", html(link("a")), html(link("b"))), ["a", "b"]),
    "only an attachment of HTML": (html(link("a"), Content_Disposition="attachment; filename=a.html"), ["a"]),
    "no type": (b"Subject: x\n\n<html><body>" + link("a").encode(), ["a"]),
    "type without a subtype": (part("html", link("a")), ["a"]),
    "XHTML": (part("application/xhtml+xml", link("a")), ["a"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", MAILS)
def test_all_links_that_are_shown_are_read(kind: str) -> None:
    raw, names = MAILS[kind]
    assert _links(raw) == names
    # As other programs save it
    for newline in (b"\r\n", b"\r"):
        assert _links(raw.replace(b"\n", newline)) == names
    for start in (b"From ann@a.example Tue Apr 14 09:00:00 2026\n", b"\xef\xbb\xbf", b"\n\n"):
        assert _links(start + raw) == names


@pytest.mark.parametrize("kind", [kind for kind, (raw, _) in MAILS.items() if b"multipart/" in raw])
def test_broken_boundaries_hide_nothing(kind: str) -> None:
    raw, names = MAILS[kind]
    truncated = raw[: raw.rindex(b"--", 0, -3)].rstrip()
    assert _links(truncated) == names
    if raw.count(b"boundary=") == 1 and b"start=" not in raw and "digest" not in kind:
        assert _links(re.sub(rb'boundary="b\d+"', b'boundary="other"', raw)) == names
        assert _links(re.sub(rb'; boundary="b\d+"', b"", raw)) == names


@pytest.mark.parametrize(
    "boundary", ["a b", "=_Part(1)/x?:y", "'quoted'", "+.*[x]", "----=_NextPart_000", "é", "-" * 70]
)
def test_any_boundary_divides_parts(boundary: str) -> None:
    assert _links(multipart("mixed", html(link("a")), html(link("b")), boundary=boundary)) == ["a", "b"]


def test_parts_within_parts_may_have_the_same_boundary() -> None:
    inner = multipart("alternative", plain("https://green.example/t"), html(link("a")), boundary="x")
    assert _links(multipart("mixed", inner, html(link("b")), boundary="x")) == ["a", "b"]


def test_a_boundary_may_start_like_another() -> None:
    inner = multipart("alternative", plain("t"), html(link("a")), boundary="x-1")
    assert _links(multipart("mixed", inner, html(link("b")), boundary="x")) == ["a", "b"]


def test_a_part_that_is_left_open_hides_nothing_of_the_next() -> None:
    parts = [
        html(f"{link('a')}{opened}")
        for opened in ("<table><tr><td>", "<!-- ", "<title>", "<textarea>", "<b><i>")
    ]
    assert _links(multipart("mixed", *parts, html(link("z")))) == ["a"] * 5 + ["z"]


def test_joined_parts_keep_their_styles_and_places() -> None:
    first = "<html><head><style>p{color:red}</style></head><body bgcolor=red><p>1</p></body></html>"
    mail = _read(
        multipart("mixed", html(first), picture(Content_Disposition="inline"), plain("a < b"), html("<p>2"))
    )
    assert mail.html == (
        '<!DOCTYPE html><html><head><style>p{color:red}</style></head><body><div bgcolor="red"><p>1</p></div>'
        f'<p><img src="data:image/gif;base64,{PIXEL}"></p>'
        '<pre style="white-space:pre-wrap;font:15px/1.5 sans-serif;margin:24px">a &lt; b</pre>'
        "<div><p>2</p></div></body></html>"
    )


def test_the_header_of_a_forwarded_mail_is_shown() -> None:
    shown = _read(multipart("mixed", plain("FYI <x>"), FORWARDED))
    assert shown.html is not None
    assert "From: Bob &lt;bob@a.example&gt;<br>Subject: café" in shown.html
    assert "FYI &lt;x&gt;" in shown.html


def test_html_of_a_single_part_is_kept_as_it_is() -> None:
    source = "<HTML><body  class=x>\r\n<p>a</HTML>"
    raw = multipart("mixed", multipart("alternative", plain("a"), html(source, "ISO-8859-1")), PDF)
    assert replace(_read(raw), headers=None) == Mail(source, "a", attachments=(LISTED,), charset="iso-8859-1")


def test_the_header_is_read() -> None:
    raw = b"From: =?utf-8?q?Gr=C3=BCn?= <news@green.example>\nSubject: =?utf-8?b?R3LDvG4=?=\n" + html("<p>a")
    assert _read(raw) == Mail(
        "<p>a",
        None,
        "Grün",
        "Grün",
        "news@green.example",
        headers=raw.decode().removesuffix("\n\n<p>a"),
        charset="utf-8",
    )


ALONE = f"data:image/gif;base64,{PIXEL}"


@pytest.mark.parametrize(
    ("source", "fields", "embedded"),
    [
        ('<img src="cid:p@a">', {"Content_ID": "<p@a>"}, f'<img src="{ALONE}">'),
        ("<img src=cid:p%40a>", {"Content_ID": "<p@a>"}, f"<img src={ALONE}>"),
        ('<img src="CID:P@A">', {"Content_ID": " < p@a > "}, f'<img src="{ALONE}">'),
        ("<b style=\"background:url('cid:p@a')\">", {"Content_ID": "p@a"}, f"<b style=\"background:url('{ALONE}')\">"),
        ('<img src="cid:p.gif">', {"Content_Disposition": "inline; filename=p.gif"}, f'<img src="{ALONE}">'),
        ('<img src="cid:other">', {"Content_ID": "<p@a>"}, '<img src="cid:other">'),
        ('<img src="p.gif">', {"Content_Location": "p.gif"}, f'<img src="{ALONE}">'),
        ('<td background="p.gif">', {"Content_Location": "p.gif"}, f'<td background="{ALONE}">'),
        (
            "<img src='https://a.example/p.gif?a=1&amp;b'>",
            {"Content_Location": "https://a.example/p.gif?a=1&b"},
            f"<img src='{ALONE}'>",
        ),
        ('<a href="p.gif">', {"Content_Location": "p.gif"}, '<a href="p.gif">'),
        ('<img src="q.gif">', {"Content_Location": "p.gif"}, '<img src="q.gif">'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["related", "mixed"])
def test_pictures_in_the_mail_are_embedded(
    kind: str, source: str, fields: dict[str, str], embedded: str
) -> None:
    assert _read(multipart(kind, html(source), picture(**fields))).html == embedded


def test_the_style_sheets_and_pictures_of_a_saved_page_are_embedded() -> None:
    page = html(
        '<link rel="stylesheet" href="cid:css-1@x"><img src="p.gif">',
        Content_Location="https://a.example/m/1",
    )
    raw = multipart(
        "related",
        page,
        part("text/css", "p{color:red}", Content_Location="cid:css-1@x"),
        picture(Content_Location="https://a.example/m/p.gif"),
    )
    assert read(raw, "page.mhtml").html == f'<style>p{{color:red}}</style><img src="{ALONE}">'


def test_a_picture_that_is_shown_a_thousand_times_does_not_fill_the_memory() -> None:
    large = part(
        "image/gif", base64.b64encode(bytes(1_000_000)), Content_ID="<p>", Content_Transfer_Encoding="base64"
    )
    shown = _read(multipart("related", html('<img src="cid:p">' * 1_000), large)).html or ""
    assert len(shown) < 31_000_000
    assert shown.count("cid:p") == 1_000 - 22


def test_texts_are_joined_and_unfolded() -> None:
    flowed = part("text/plain; format=flowed", "a long \nline\n-- \nAnn")
    assert _read(flowed).text == "a long line\n-- \nAnn"
    assert _read(part("text/plain; format=flowed; delsp=yes", "https://green.example/ab \nc")).text == (
        "https://green.example/abc"
    )
    assert _read(multipart("mixed", plain("a"), plain("b"))) == Mail(
        None, "a\n\nb", headers='Content-Type: multipart/mixed; boundary="b84"', charset="utf-8"
    )


@pytest.mark.parametrize(
    ("raw", "signature"),
    [
        (plain("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\na\n"), "pgp"),
        (multipart('signed; protocol="application/pgp-signature"', html("a"), PDF), "pgp"),
        (multipart('signed; protocol="application/x-pkcs7-signature"', html("a"), PDF), "smime"),
        (multipart("signed", html("a"), PDF), None),
        (
            multipart(
                "mixed", html("a"), part("message/rfc822", multipart("signed; protocol=pgp", plain("a")))
            ),
            None,
        ),
        (plain("They sent:\n-----BEGIN PGP SIGNED MESSAGE-----\n"), None),
    ],
)
def test_signatures_of_the_mail_itself_are_named(raw: bytes, signature: str | None) -> None:
    assert _read(raw).signature == signature


def test_the_readable_part_of_a_signed_text_is_shown() -> None:
    signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- - a\nb\n"
    signed += "-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----"
    assert _read(plain(signed)).text == "- a\nb\n"


@pytest.mark.parametrize(
    "raw",
    [
        plain("-----BEGIN PGP MESSAGE-----\n\nhQ"),
        multipart(
            "encrypted",
            part("application/pgp-encrypted", "Version: 1"),
            part("application/octet-stream", "x"),
        ),
        part("application/pkcs7-mime; smime-type=enveloped-data", "MIIB", Content_Transfer_Encoding="base64"),
    ],
)
def test_an_encrypted_mail_is_refused(raw: bytes) -> None:
    with pytest.raises(UnusableMail, match=r"^is encrypted "):
        _read(raw)


def test_attachments_are_listed_and_never_opened() -> None:
    disposition = "attachment; filename*=utf-8''%e2%82%ac.zip"
    archive = part("application/zip", "UEsDBA==", Content_Disposition=disposition, **BASE64)
    page = html(link("b"), Content_Disposition="attachment; filename=b.html")
    text = "a\nbegin 644 c.txt\n#86)C\n`\nend\n"
    mail = _read(
        multipart("mixed", multipart("alternative", plain(text), html(link("a"))), PDF, archive, page)
    )
    assert mail.attachments == (
        LISTED,
        Attachment("€.zip", "application/zip", 4),
        Attachment("b.html", "text/html", len(link("b"))),
    )
    assert _read(plain(text)).attachments == (Attachment("c.txt", "application/octet-stream", 3),)
    with pytest.raises(UnusableMail) as refusal:
        _read(multipart("mixed", PDF))
    assert refusal.value.message == "holds neither HTML nor text, only attachments (prices.pdf)"
    with pytest.raises(UnusableMail, match="only attachments"):
        _read(multipart("mixed", INLINE))


@pytest.mark.parametrize("fold", [b"", b"\n "], ids=["on one line", "folded"])
@pytest.mark.parametrize(
    "kind",
    [b"multipart/mixed; boundary=b%d\n\n--b%d\n", b"message/rfc822; x=%d;y=%d\n\n"],
    ids=["parts", "mails"],
)
def test_a_raw_mail_nested_without_end_is_refused(kind: bytes, fold: bytes) -> None:
    nested = b"".join(b"Content-Type:" + fold + kind % (n, n) for n in range(2_000))
    with pytest.raises(UnusableMail, match="nested too deeply"):
        _read(nested)


def test_a_raw_mail_with_parts_without_end_is_refused() -> None:
    with pytest.raises(UnusableMail, match="more than 5,000 parts"):
        _read(b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * (MAX_PARTS + 1))


def test_a_digest_of_hundreds_of_mails_is_read() -> None:
    assert (
        len(_links(multipart("digest", *(b"\n" + html(link(str(number))) for number in range(300))))) == 300
    )


SMALL = st.text("<>=\"' abé&\n", max_size=30)


@st.composite
def messages(draw: st.DrawFn) -> tuple[EmailMessage, str, str]:
    """A mail that Python writes: text, HTML, and maybe a picture and an attachment."""
    text, source = (draw(SMALL).replace("\n", "") + "." for _ in range(2))
    message = EmailMessage(policy=draw(st.sampled_from([policy.SMTP, policy.default, policy.SMTPUTF8])))
    message["Subject"] = "é"
    encodings = st.sampled_from(["quoted-printable", "base64", "8bit"])
    message.set_content(text, charset=draw(st.sampled_from(["utf-8", "iso-8859-1"])), cte=draw(encodings))
    message.add_alternative(source, subtype="html", charset="utf-8", cte=draw(encodings))
    if draw(st.booleans()):
        list(message.iter_parts())[1].add_related(b"GIF89a", "image", "gif", cid="<p@a>")
    if draw(st.booleans()):
        message.add_attachment(b"%PDF", "application", "pdf", filename="é.pdf")
    return message, text, source


@given(messages())
def test_what_python_writes_is_read(written: tuple[EmailMessage, str, str]) -> None:
    message, text, source = written
    mail = _read(message.as_bytes())
    assert (mail.subject, (mail.html or "").rstrip("\r\n"), mail.text) == ("é", source, f"{text}\n")


@given(
    messages(), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 20)), max_size=4)
)
def test_a_damaged_mail_is_read_or_refused(
    written: tuple[EmailMessage, str, str], damage: list[tuple[float, bytes, int]]
) -> None:
    raw = written[0].as_bytes()
    for place, added, removed in damage:
        start = int(place * len(raw))
        raw = raw[:start] + added + raw[start + removed :]
    try:
        mail = read(raw, "mail.eml")
    except UnusableMail:
        return
    safe(bodies.page(mail))


_PIECES = [
    "Content-Type: ", "multipart/mixed; boundary=", "message/rfc822", "text/html; charset=", "image/png", "x", "--x",
    "--x--", "Content-ID: <a>", "Content-Transfer-Encoding: ", "base64", "quoted-printable", "uuencode", "\n", "\r\n",
    "=?utf-8?q?=", ":", "application/ms-tnef", "application/pkcs7-mime", "\x78\x9f\x3e\x22", "12\n", "From ", "<",
    '=3D"', "begin 644 a\n", "end\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=5), max_size=25).map("".join))
def test_any_file_is_read_or_refused(source: str) -> None:
    for name in ("a.eml", "a.html", ""):
        with suppress(UnusableMail):
            read(source.encode("utf-8", "replace"), name)
            read(source.encode("latin-1", "replace"), name)
