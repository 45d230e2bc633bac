"""The views of an e-mail in its dialog, and what they say."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.components.mail_frame import Target
from mailsight.loading import bundles
from mailsight.mail.differences import Kind
from mailsight.mail.personal_links import Effect
from mailsight.mail.removed import Unsafe
from mailsight.mail.views import ShownLink, shown
from mailsight.reports.mails import MailView
from mailsight.screens.dialogs import mail_comparison, mail_views
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import CAMPAIGN, bundle, ndjson
from tests.support.waiting import PATIENCE_SECONDS

RAW = b"""Received: from a.example by mail.example; Tue, 14 Apr 2026 09:00:05 +0000
Authentication-Results: mail.example; dkim=pass; spf=pass; dmarc=fail
From: Sunwise <news@sunwise.example>
Message-ID: <1@sunwise.example>
List-Unsubscribe: <https://sunwise.example/bye>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain; charset=utf-8

Own text
--c
Content-Type: text/html; charset=utf-8

<p>Own HTML <a href="https://sunwise.example/bye">Goodbye</a>
--c--
--b
Content-Disposition: attachment; filename="offer\xe2\x80\xae.pdf"

0123456789
--b--
"""
PARTS = ("HTML", "Plain text", "Source")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("views")
    sent = {"campaign_id": "spring", "sent_at": "2026-04-14T09:00:00Z"}
    files: dict[str, str | bytes] = {
        "mail.html": f"<p>Dear {{{{name}}}}<script>x</script><p>{'x' * 60_000}\u202e",
        "raw.eml": RAW,
        "campaigns.ndjson": ndjson(CAMPAIGN),
        "customers.ndjson": ndjson(
            {"customer_id": "1", "name": "Ann", "first_name": "Ann"},
            {"customer_id": "2", "name": "Bob", "first_name": "Bob"},
        ),
        "messages.ndjson": ndjson(
            {**sent, "customer_id": "1"}, {**sent, "customer_id": "2", "content": "raw.eml"}
        ),
    }
    bundles.load(folder / "m.duckdb", [bundle(folder / "bundle", files)])
    return folder / "m.duckdb"


@pytest.fixture
def dialog(use: Callable[[Path], Warehouse], database: Path) -> Callable[..., AppTest]:
    """Opens the e-mail of a customer, with this view in the address."""
    use(database)

    def script(customer_id: str) -> None:
        from mailsight.components import address
        from mailsight.screens.dialogs import mail

        address.open_page("campaign")
        mail.customer_mail("spring", customer_id)

    def opened(customer_id: str, view: str = "") -> AppTest:
        page = AppTest.from_function(script, args=(customer_id,), default_timeout=PATIENCE_SECONDS)
        page.query_params["dialog"] = f"mail:{customer_id}"
        if view:
            page.query_params["view"] = view
        page.run()
        assert not page.exception
        return page

    return opened


def shown_html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def captions(page: AppTest) -> str:
    return " ".join(caption.value for caption in page.caption)


def test_the_view_is_in_the_address(dialog: Callable[..., AppTest]) -> None:
    page = dialog("1")
    assert page.button_group[0].options == list(PARTS)
    assert "Made safe: 1 script removed." in captions(page)
    page.button_group[0].set_value("Source").run()
    assert page.query_params["view"] == "source"
    assert page.code[0].value.startswith("<p>Dear Ann<script>x</script><p>xxx")
    assert "The first 50,000 of 60,0" in captions(page)
    page.button_group[0].set_value("HTML").run()
    assert "view" not in page.query_params


def test_a_mail_without_a_text_part_is_shown_as_text(dialog: Callable[..., AppTest]) -> None:
    page = dialog("1", "plain-text")
    assert page.code[0].value.startswith("Dear Ann\n\nxxx")
    assert "made from its HTML" in captions(page)


def test_a_raw_mail_has_a_text_part_and_headers(dialog: Callable[..., AppTest]) -> None:
    page = dialog("2", "plain-text")
    assert page.button_group[0].options == [*PARTS, "Headers"]
    assert page.code[0].value == "Own text"
    assert "own text part" in captions(page)
    page = dialog("2", "headers")
    assert "All headers" in captions(page)


def test_two_customers_mails_are_compared(dialog: Callable[..., AppTest]) -> None:
    page = dialog("1")
    page = next(toggle for toggle in page.toggle if "Compare" in toggle.label).set_value(True).run()
    assert "Choose a customer to compare with" in shown_html(page)
    step = "Next customer"
    assert "or one of 1 customer" in shown_html(page)
    page = next(button for button in page.button if button.label == step).click().run()
    assert not page.exception
    assert next(button for button in page.button if button.label == step).disabled
    assert page.query_params["beside"] == "2"
    assert "The subjects differ." in shown_html(page)
    assert "The second e-mail: archived copy." in captions(page)
    assert "<b>≠ Hi Ann</b>" in shown_html(page)
    assert "To Bob" in shown_html(page)
    page = next(toggle for toggle in page.toggle if "Compare" in toggle.label).set_value(False).run()
    assert "beside" not in page.query_params
    assert "<b>Hi Ann</b>" in shown_html(page)


@pytest.mark.parametrize(
    ("subjects", "counts", "says"),
    [
        (("A", "A"), {}, "The two e-mails are the same."),
        (("A", "B"), {}, "The subjects differ."),
        (("A", "A"), {Kind.TEXT: 3, Kind.LINK: 1}, "3 texts and 1 link differ."),
        (("A", None), {Kind.PICTURE: 1}, "The subjects differ. 1 image differs."),
    ],
)
def test_the_comparison_is_summed_up(
    subjects: tuple[str, str | None], counts: dict[Kind, int], says: str
) -> None:
    first, second = (MailView("", subject, None, "filled") for subject in subjects)
    assert mail_comparison.summary(first, second, counts) == says


def test_headers_are_shown_only_of_mails_that_have_them(dialog: Callable[..., AppTest]) -> None:
    assert "Made safe" in captions(dialog("1", "headers"))


def test_what_the_header_says(use: Callable[[Path], Warehouse], database: Path) -> None:
    from mailsight.reports import mails

    data = use(database).snapshot()
    received = mails.received(data, "spring", "2")
    assert received is not None
    facts = dict(mail_views.header_facts(received))
    assert facts["One-click unsubscribe"] == "Yes"
    assert facts["Authentication"] == "DKIM pass, SPF pass, DMARC fail (mail.example)"
    assert facts["Attachments"] == "offer\\x202e.pdf (10 bytes)"
    assert "Signed" not in facts
    assert mails.recipient(data, "spring", "2").unsubscribe == ("https://sunwise.example/bye",)


@pytest.mark.parametrize(
    ("unsafe", "says"),
    [
        ({}, ""),
        ({Unsafe.SCRIPT: 1}, "Made safe: 1 script removed."),
        (
            {Unsafe.SCRIPT: 2, Unsafe.FRAME: 1, Unsafe.REDIRECT: 3, Unsafe.FORM: 1, Unsafe.PICTURE: 1_200},
            "Made safe: 2 scripts, 1 frame and 3 redirects removed; 1 form disabled; 1,200 remote images not loaded.",
        ),
        (
            {Unsafe.FORM: 1, Unsafe.LINK: 2},
            "Made safe: 1 form and 2 links disabled.",
        ),
    ],
)
def test_what_was_changed_is_said_in_one_line(unsafe: dict[Unsafe, int], says: str) -> None:
    assert mail_views.made_safe(unsafe) == says


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (
            ShownLink("https://shop.example/sale", None),
            Target(
                "Leads to shop.example",
                "https://shop.example/sale",
                "It leads to the same page for everybody.",
                "https://shop.example/sale",
            ),
        ),
        (
            ShownLink("https://t.example/?u=https://shop.example/a", Effect.COUNTS, "https://shop.example/a"),
            Target(
                "Leads to shop.example, by way of t.example",
                "https://t.example/?u=https://shop.example/a",
                "It can't be opened here, because it counts as a click by this customer.",
            ),
        ),
        (
            ShownLink("https://shop.example/\u202ex", Effect.UNSUBSCRIBES),
            Target(
                "Leads to shop.example",
                "https://shop.example/\\x202ex",
                "It can't be opened here, because it may unsubscribe this customer.",
            ),
        ),
        (
            ShownLink("mailto:info@shop.example?subject=x", None),
            Target(
                "Writes to info@shop.example",
                "mailto:info@shop.example?subject=x",
                "It opens your mail program.",
                "mailto:info@shop.example?subject=x",
            ),
        ),
    ],
)
def test_what_is_said_of_a_link(link: ShownLink, target: Target) -> None:
    assert mail_views.target(link, "this customer") == target


def test_a_long_mail_says_that_gmail_clips_it() -> None:
    assert mail_views.notes(shown("<p>x</p>" * 16_000), dark=True) == [
        "Gmail clips this e-mail: its HTML is 125 KB, and Gmail shows the first 102 KB.",
        "This is an approximation of dark mode: the e-mail's colours are inverted.",
    ]


def test_invisible_characters_are_spelled_out() -> None:
    assert mail_views.literal("a\u202eb\r\n\tc\xa0\0\U000e0001é") == "a\\u202eb\n\tc\\xa0\\x00\\U000e0001é"
