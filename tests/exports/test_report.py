"""The exported report: the page's figures, nothing that runs or loads, and no personal data."""

import html
import json
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from typer.testing import CliRunner

from mailsight.__main__ import app
from mailsight.bounded import pool
from mailsight.errors import NoPdf
from mailsight.exports import mail_pages, pdf_process
from mailsight.exports import pdf as pdf_export
from mailsight.exports import report as report_export
from mailsight.exports.masking import MASKED, Mask
from mailsight.exports.report import ReportContent
from mailsight.figures import formats
from mailsight.figures.metrics import RATES
from mailsight.heatmap.badges import ClickTotals
from mailsight.loading import bundles
from mailsight.mail.links import LinkClicks, links
from mailsight.reports import campaign as campaign_reports
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.browsing import open_page, until_quiet
from tests.support.campaigns import most_clicked
from tests.support.waiting import PATIENCE_SECONDS

MASK = Mask(("C1000005", "Ann Jansen", "Ann"), own_domain="news.example")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example/offers?email=ann%40mail.example#a", "shop.example/offers"),
        ("https://shop.example/u/ann@mail.example/offers", "shop.example/u/…/offers"),
        ("https://shop.example/u/ann%40mail.example", "shop.example/u/…"),
        ("https://ann:secret@shop.example/", "shop.example"),
        ("https://shop.example/view/2026-09-spring/C1000005", "shop.example/view/2026-09-spring/…"),
        ("https://click.example/f/a/tWq9z_x8Kp0nZlYv3aBcDw", "click.example/f/a/…"),
        ("https://click.example/3f2b8c1e-9d4a-4b6f-8e2d-1a2b3c4d5e6f", "click.example/…"),
        ("https://click.example/c/10283746/x", "click.example/c/…/x"),
        ("https://shop.example/how-to-choose-a-tent-in-2026", "shop.example/how-to-choose-a-tent-in-2026"),
        ("mailto:ann@mail.example", "mailto:…"),
        ("tel:+31201234567", "tel:…"),
        ("https://[broken", MASKED),
        ("ann@mail.example", MASKED),
        ("", ""),
    ],
)
def test_a_url_is_shown_without_what_identifies_the_reader(url: str, shown: str) -> None:
    assert MASK.url(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to help@news.example", "Write to help@news.example"),
        ("bounce+ann=mail.example@news.example", MASKED),
        ("for ann@mail.example, bob@x.mail.example", "for …, …"),
        ("ann%40mail.example", MASKED),
        ("Dear Ann Jansen, dear Ann, Annual", "Dear …, dear …, Annual"),
        ("no C1000005 here, but C10000055", "no … here, but C10000055"),
    ],
)
def test_customers_are_masked_in_texts(text: str, shown: str) -> None:
    assert MASK.text(text) == shown


# The loaded mail is one customer's copy, and the clicked URLs identify others.
PERSONAL = """<p>Hello Xanthippe, Xanthippe Quux, number K-77812.</p>
<a href="https://news.example/u?e=xanthippe%40mail.example&amp;c=K-77812" data-of="x@mail.example">Offers</a>
<a href="https://news.example/unsubscribe/xanthippe@mail.example">Stop mail to xanthippe@mail.example</a>"""
CLICKED = (
    "https://news.example/hello/bob.stone@mail.example/K-99001",
    "https://news.example/view/K-99001",
    "https://news.example/x?id=K-99001&mail=bob.stone%40mail.example",
    "mailto:bob.stone@mail.example",
)
SECRETS = ("xanthippe", "quux", "k-77812", "k-99001", "bob.stone", "stone", "mail.example")


@pytest.fixture(scope="module")
def personal(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A campaign with customers' names, addresses and ids in its mail and in clicked URLs."""
    folder = tmp_path_factory.mktemp("personal")
    bundle = folder / "bundle"
    bundle.mkdir()
    (bundle / "mail.html").write_text(PERSONAL)
    campaign = {
        "campaign_id": "spring",
        "name": "<script>alert(1)</script> & spring for xanthippe@mail.example",
        "subject": "=1+1 <b>offers</b>",
        "from_name": "News",
        "from_email": "hello@news.example",
        "sent_at": "2026-04-14T09:00:00Z",
        "template": "mail.html",
        "tags": ["<i>tag</i>"],
    }
    customers = [
        {"customer_id": "K-77812", "name": "Xanthippe Quux", "email": "Xanthippe@mail.example"},
        {"customer_id": "K-99001", "name": "Bob Stone", "email": "bob.stone@mail.example"},
    ]
    messages = [
        {"campaign_id": "spring", "customer_id": row["customer_id"], "sent_at": "2026-04-14T09:00:00Z"}
        for row in customers
    ]
    events = [
        {"campaign_id": "spring", "customer_id": "K-99001", "type": "clicked", "url": url}
        | {"occurred_at": f"2026-04-14T10:0{place}:00Z"}
        for place, url in enumerate(CLICKED)
    ]
    tables: dict[str, list[dict[str, Any]]] = {
        "campaigns": [campaign],
        "customers": [*customers],
        "messages": [*messages],
        "events": [*events],
    }
    for name, rows in tables.items():
        (bundle / f"{name}.ndjson").write_text("\n".join(json.dumps(row) for row in rows))
    assert not bundles.load(folder / "m.duckdb", [bundle]).refusals
    return Warehouse(folder / "m.duckdb")


def on_paper(content: ReportContent) -> str:
    """The mail as it is in the PDF."""
    clicks = [*content.report.links, *content.report.other_links]
    return mail_pages.on_paper(content.html or "", clicks, campaign_reports.click_totals(content.report))


def as_html(content: ReportContent) -> str:
    html, note = report_export.as_html(content)
    assert note == ""
    return html


@pytest.mark.parametrize("render", [as_html, report_export.page, on_paper])
def test_no_personal_data_is_in_the_report(
    personal: Warehouse, render: Callable[[ReportContent], str]
) -> None:
    content = report_export.read(personal.snapshot(), "spring", Audience.ALL)
    assert content.html is not None
    assert len(content.report.other_links) == len(CLICKED)
    text = html.unescape(html.unescape(render(content))).lower()
    assert [secret for secret in SECRETS if secret in text] == []


def test_a_campaigns_name_is_shown_as_text(personal: Warehouse) -> None:
    text = as_html(report_export.read(personal.snapshot(), "spring", Audience.ALL))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; spring for …" in text
    assert "“=1+1 &lt;b&gt;offers&lt;/b&gt;”" in text


@pytest.fixture(scope="module")
def content(sample_database: Path) -> ReportContent:
    """The report of the campaign with the most clicks."""
    warehouse = Warehouse(sample_database)
    return report_export.read(warehouse.snapshot(), most_clicked(warehouse), Audience.HUMAN)


def test_the_reports_figures_equal_the_pages(sample_database: Path, content: ReportContent) -> None:
    text = re.sub(r"<[^>]+>", "|", report_export.page(content))
    report = campaign_reports.report(
        Warehouse(sample_database).snapshot(), content.report.campaign.campaign_id, content.report.audience
    )
    counts = report.counts
    for number in (counts.sent, counts.not_sent, counts.opened, counts.clicked, counts.opted_out):
        assert f"|{formats.count(number)}|" in text
    for figure in RATES:
        for words in (
            formats.percent(figure.rate(counts)),
            formats.of(*figure.counts(counts)),
            formats.interval(figure.interval(counts)),
        ):
            assert f"|{words}|" in text
    for state, messages in report.status.items():
        assert f"|{state.label}|" in text
        assert re.search(
            rf"\|{state.label}\|[^|]*\|{re.escape(state.meaning)}\|+{formats.count(messages)}\|", text
        )
    for reason, customers in report.not_sent.items():
        assert f"|{reason.label}||{formats.count(customers)}|" in text
    rows = re.findall(
        r"<td>.*?</td><td class=number>([\d,]+)</td><td class=number>([\d,]+)</td>", text_of(content)
    )
    shown = sorted((int(a.replace(",", "")), int(b.replace(",", ""))) for a, b in rows)
    assert shown == sorted((link.clicks, link.clickers) for link in (*report.links, *report.other_links))


def text_of(content: ReportContent) -> str:
    """The part of the report with the links."""
    return report_export.page(content).partition("<h2>Links in the e-mail</h2>")[2]


def test_empty_sections_are_left_out(content: ReportContent) -> None:
    empty = replace(content, hours=content.hours.iloc[:0], html=None)
    text = as_html(empty)
    assert "<iframe" not in text
    assert "Opens and clicks over time" not in text


@pytest.mark.browser
def test_the_report_runs_and_loads_nothing(browser: Browser, content: ReportContent, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(as_html(content), encoding="utf-8")
    requests: list[str] = []
    console: list[str] = []
    with open_page(browser, viewport={"width": 390, "height": 800}) as page:
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: console.append(message.text))
        page.goto(path.as_uri())
        frame = page.frame_locator("iframe")
        assert frame.locator("mailsight-badge").count() > 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert console == []
        # A click in the mail leads nowhere; only the console reports it.
        frame.locator("a[href]").first.click(force=True)
        until_quiet(page)
        assert page.frames[1].url == "about:srcdoc"
        assert [url for url in requests if not url.startswith(("data:", path.as_uri()))] == []


@pytest.fixture
def needs_pango(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws PDFs, for as long as a busy machine takes."""
    if not pdf_export.available():
        pytest.skip(pdf_export.MISSING)
    limits = replace(pdf_export.PAPER.limits, seconds=float(PATIENCE_SECONDS))
    monkeypatch.setattr(pdf_export, "PAPER", replace(pdf_export.PAPER, limits=limits))


@pytest.mark.slow
@pytest.mark.usefixtures("needs_pango")
@pytest.mark.parametrize("form", ["html", "pdf"])
def test_the_command_writes_the_report(
    sample_database: Path, content: ReportContent, tmp_path: Path, form: str
) -> None:
    output = tmp_path / f"report.{form}"
    arguments = ["report", content.report.campaign.campaign_id, "-o", str(output)]
    result = CliRunner().invoke(app, ["--database", str(sample_database), *arguments])
    assert result.exit_code == 0, result.output
    assert output.read_bytes().startswith(b"%PDF" if form == "pdf" else b"<!DOCTYPE html>")
    assert result.stdout == ""


def test_without_pango_the_error_names_what_is_missing(
    content: ReportContent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_export, "available", lambda: False)
    with (
        (tmp_path / "x.pdf").open("wb") as file,
        pytest.raises(NoPdf, match="Pango is not installed"),
    ):
        pdf_export.write_pdf(content, file)


@pytest.mark.usefixtures("needs_pango")
def test_the_mail_on_paper_loads_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        server.setblocking(False)  # a connection that was made waits to be accepted
        connections = []

        # Not made safe first: the fetcher alone must block it.
        hostile = (
            f'<link rel=stylesheet href="{address}/a.css"><link rel=attachment href="file:///etc/passwd">'
            f'<style>@import "{address}/b.css"; @font-face {{ font-family: x; src: url({address}/f.woff) }}'
            f"body {{ font-family: x; background: url({address}/c.png) }}</style><img src='{address}/d.png'>"
            f"<img src='file:///etc/hostname'><object data='file:///etc/passwd'></object>"
            f"<iframe src='{address}'></iframe>"
            "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' "
            f"xmlns:xlink='http://www.w3.org/1999/xlink'><image xlink:href='{address}/e.png'/></svg>\">hello"
        )
        pdf = pdf_process.typeset("<p>page</p>", hostile)
        with suppress(BlockingIOError):
            connections.append(server.accept())
    assert pdf.startswith(b"%PDF")
    assert b"root:" not in pdf
    assert connections == []


@pytest.mark.usefixtures("needs_pango")
def test_the_mail_adds_nothing_to_the_pdf_but_what_is_on_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not made safe first.
    hostile = (
        "<style>p { bookmark-level: 1; bookmark-label: 'Forged' } input { appearance: auto }</style>"
        '<title>Forged</title><link rel="attachment" href="data:text/plain,Forged"><h1>Heading</h1><p>text</p>'
        '<a rel="attachment" href="data:text/plain,Forged">file</a>'
        '<form action="https://shop.example/"><input name="a" value="Forged"><input type="submit"></form>'
    )
    from weasyprint import Document  # needs Pango

    write = Document.write_pdf
    monkeypatch.setattr(Document, "write_pdf", lambda document: write(document, uncompressed_pdf=True))
    pdf = pdf_process.typeset("<title>Ours</title><h1>Report</h1>", hostile)
    assert re.findall(rb"/Title ?\((.*?)\)", pdf) == [b"Report", b"Ours"]
    for part in (b"Forged", b"/AcroForm", b"/EmbeddedFile", b"/Filespec", b"shop.example"):
        assert part not in pdf


def page_of(css: str) -> str:
    """What a PDF viewer draws of a mail with two links and these styles."""
    mail = f'<style>{css}</style><p><a href="https://a.example/">A</a> <a href="https://b.example/">B</a></p>'
    clicks = [LinkClicks(link.link_position, link.url, link.label, 5, 4, 1) for link in links(mail)]
    paper = mail_pages.on_paper(mail, clicks, ClickTotals(10, 8))
    from weasyprint import HTML  # needs Pango

    pdf = HTML(string=paper).write_pdf(uncompressed_pdf=True, presentational_hints=True)
    return bytes(pdf).decode("latin-1")


@pytest.mark.usefixtures("needs_pango")
@pytest.mark.parametrize(
    "declarations",
    [
        "display:none;visibility:hidden;opacity:0;float:left;position:absolute;top:-99px;left:-99px;z-index:-1",
        "object-fit:none;object-position:99px 99px;content:'x';clip:rect(0,0,0,0);transform:scale(0)",
        "outline:99px solid;box-shadow:0 0 0 99px red;border:9px solid;border-radius:9px;background:red",
        "width:0;height:0;min-width:99px;min-height:99px;max-width:0;max-height:0;margin:-99px;padding:99px",
        "font:99px serif;line-height:0;vertical-align:-99px",
    ],
)
def test_no_style_of_the_mail_changes_a_badge_on_paper(declarations: str) -> None:
    important = declarations.replace(";", "!important;")
    assert page_of(f"img{{{important}!important}}") == page_of("")


@pytest.mark.usefixtures("needs_pango")
def test_nothing_in_the_mail_covers_a_badge_on_paper() -> None:
    page = page_of("*::before{content:'';position:absolute;inset:0;background:#0f0;z-index:9999}")
    cover, badge = "0 1 0 rg", " 18 16 re\nW"
    assert page.count(badge) == 2
    assert page.rindex(cover) < page.index(badge)


@pytest.mark.slow
@pytest.mark.usefixtures("needs_pango")
def test_a_mail_that_cannot_be_rendered_is_left_out_of_the_pdf(
    content: ReportContent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = replace(pdf_export.PAPER.limits, seconds=8.0)
    monkeypatch.setattr(pdf_export, "PAPER", replace(pdf_export.PAPER, limits=limits))
    mail = f"<p>{'many words ' * 400_000}</p>"
    path = tmp_path / "x.pdf"
    with path.open("wb") as file:
        note = pdf_export.write_pdf(replace(content, html=mail), file)
    assert note.startswith("The e-mail was left out of this report. Processing takes ")
    assert path.read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("needs_pango")
def test_rendering_stops_when_cancelled(content: ReportContent, tmp_path: Path) -> None:
    class Cancelled(Exception):
        pass

    def check_cancelled() -> Any:
        raise Cancelled

    with (
        (tmp_path / "x.pdf").open("wb") as file,
        pytest.raises(Cancelled),
        pool.while_waiting(check_cancelled),
    ):
        pdf_export.write_pdf(replace(content, html="<p>No other test draws this.</p>"), file)
