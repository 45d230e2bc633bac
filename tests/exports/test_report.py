"""The report to take along: the page's figures, nothing that runs or loads, and no customer in it."""

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
from mailsight.errors import NoPdf
from mailsight.exports import pdf as pdf_export
from mailsight.exports import pdf_process
from mailsight.exports import report as report_export
from mailsight.exports.masking import LEFT_OUT, Mask
from mailsight.exports.report import TakeAlong
from mailsight.figures import formats
from mailsight.figures.metrics import RATES
from mailsight.loading import bundles
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
        ("https://[broken", LEFT_OUT),
        ("ann@mail.example", LEFT_OUT),
        ("", ""),
    ],
)
def test_a_link_is_shown_without_what_it_says_about_who_clicked(url: str, shown: str) -> None:
    assert MASK.url(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to help@news.example", "Write to help@news.example"),
        ("bounce+ann=mail.example@news.example", LEFT_OUT),
        ("for ann@mail.example, bob@x.mail.example", "for …, …"),
        ("ann%40mail.example", LEFT_OUT),
        ("Dear Ann Jansen, dear Ann, Annual", "Dear …, dear …, Annual"),
        ("no C1000005 here, but C10000055", "no … here, but C10000055"),
    ],
)
def test_a_text_is_shown_without_customers(text: str, shown: str) -> None:
    assert MASK.text(text) == shown


# The mail that was loaded is one customer's very copy, and what was clicked names others.
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
    """A campaign whose mail and whose clicked URLs hold customers' names, addresses and ids."""
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
        {"campaign_id": "spring", "customer_id": one["customer_id"], "sent_at": "2026-04-14T09:00:00Z"}
        for one in customers
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


@pytest.mark.parametrize("drawn", [report_export.as_html, report_export.page, pdf_export.mail_for_paper])
def test_no_customer_is_in_it(personal: Warehouse, drawn: Callable[[TakeAlong], str | None]) -> None:
    taken = report_export.read(personal.snapshot(), "spring", Audience.ALL)
    assert len(taken.report.other_links) == len(CLICKED)
    text = html.unescape(html.unescape(drawn(taken) or "")).lower()
    assert [secret for secret in SECRETS if secret in text] == []


def test_names_of_a_campaign_are_shown_and_not_run(personal: Warehouse) -> None:
    text = report_export.as_html(report_export.read(personal.snapshot(), "spring", Audience.ALL))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; spring for …" in text
    assert "“=1+1 &lt;b&gt;offers&lt;/b&gt;”" in text


@pytest.fixture(scope="module")
def taken(sample_database: Path) -> TakeAlong:
    """The report of the campaign with the most clicks."""
    warehouse = Warehouse(sample_database)
    return report_export.read(warehouse.snapshot(), most_clicked(warehouse), Audience.HUMAN)


def test_its_figures_are_the_pages(sample_database: Path, taken: TakeAlong) -> None:
    text = re.sub(r"<[^>]+>", "|", report_export.page(taken))
    report = campaign_reports.report(
        Warehouse(sample_database).snapshot(), taken.report.campaign.campaign_id, taken.report.audience
    )
    counts = report.counts
    for number in (counts.sent, counts.not_sent, counts.opened, counts.clicked, counts.opted_out):
        assert f"|{formats.count(number)}|" in text
    for one in RATES:
        for words in (
            formats.percent(one.rate(counts)),
            formats.of(*one.counts(counts)),
            formats.interval(one.interval(counts)),
        ):
            assert f"|{words}|" in text
    for state, messages in report.status.items():
        assert f"|{state.label}|" in text
        assert f"|{formats.count(messages)} · " in text
    for reason, customers in report.not_sent.items():
        assert f"|{reason.label}||{formats.count(customers)}|" in text
    rows = re.findall(
        r"<td>.*?</td><td class=number>([\d,]+)</td><td class=number>([\d,]+)</td>", text_of(taken)
    )
    shown = sorted((int(a.replace(",", "")), int(b.replace(",", ""))) for a, b in rows)
    assert shown == sorted((link.clicks, link.clickers) for link in (*report.links, *report.other_links))


def text_of(taken: TakeAlong) -> str:
    """The part of the report with the links."""
    return report_export.page(taken).partition("<h2>Links of the e-mail</h2>")[2]


def test_what_is_not_there_is_left_out(taken: TakeAlong) -> None:
    empty = replace(taken, hours=taken.hours.iloc[:0], html=None)
    text = report_export.as_html(empty)
    assert "<iframe" not in text
    assert "Opens and clicks over time" not in text
    assert pdf_export.mail_for_paper(empty) is None


@pytest.mark.browser
def test_it_runs_and_loads_nothing(browser: Browser, taken: TakeAlong, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(report_export.as_html(taken), encoding="utf-8")
    asked: list[str] = []
    wrong: list[str] = []
    with open_page(browser, viewport={"width": 390, "height": 800}) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.goto(path.as_uri())
        frame = page.frame_locator("iframe")
        assert frame.locator("mailsight-badge").count() > 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert wrong == []
        # A click in the mail leads nowhere, and says so in the console alone.
        frame.locator("a[href]").first.click(force=True)
        until_quiet(page)
        assert page.frames[1].url == "about:srcdoc"
        assert [url for url in asked if not url.startswith(("data:", path.as_uri()))] == []


@pytest.fixture
def needs_pango(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws PDFs, for as long as a busy machine takes."""
    if not pdf_export.available():
        pytest.skip(pdf_export.MISSING)
    for limit in ("MAIL_SECONDS", "MOST_SECONDS"):
        monkeypatch.setattr(pdf_export, limit, float(PATIENCE_SECONDS))


@pytest.mark.slow
@pytest.mark.usefixtures("needs_pango")
@pytest.mark.parametrize("form", ["html", "pdf"])
def test_the_command_writes_it(sample_database: Path, taken: TakeAlong, tmp_path: Path, form: str) -> None:
    output = tmp_path / f"report.{form}"
    arguments = ["report", taken.report.campaign.campaign_id, "-o", str(output)]
    result = CliRunner().invoke(app, ["--database", str(sample_database), *arguments])
    assert result.exit_code == 0, result.output
    assert output.read_bytes().startswith(b"%PDF" if form == "pdf" else b"<!DOCTYPE html>")
    assert result.stdout == ""


def test_without_pango_it_says_what_is_missing(
    taken: TakeAlong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_export, "available", lambda: False)
    with (tmp_path / "x.pdf").open("wb") as file, pytest.raises(NoPdf, match="Pango is missing"):
        pdf_export.write_pdf(taken, file, lambda: None)


@pytest.mark.usefixtures("needs_pango")
def test_the_mail_on_paper_loads_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        server.setblocking(False)  # a connection that was made waits to be accepted
        came = []

        # As if nothing had made it safe: the fetcher alone has to hold.
        hostile = (
            f'<link rel=stylesheet href="{address}/a.css"><link rel=attachment href="file:///etc/passwd">'
            f'<style>@import "{address}/b.css"; @font-face {{ font-family: x; src: url({address}/f.woff) }}'
            f"body {{ font-family: x; background: url({address}/c.png) }}</style><img src='{address}/d.png'>"
            f"<img src='file:///etc/hostname'><object data='file:///etc/passwd'></object>"
            f"<iframe src='{address}'></iframe>"
            "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' "
            f"xmlns:xlink='http://www.w3.org/1999/xlink'><image xlink:href='{address}/e.png'/></svg>\">hello"
        )
        pdf = pdf_process.draw("<p>page</p>", hostile)
        with suppress(BlockingIOError):
            came.append(server.accept())
    assert pdf.startswith(b"%PDF")
    assert b"root:" not in pdf
    assert came == []


@pytest.mark.slow
@pytest.mark.usefixtures("needs_pango")
def test_a_mail_that_can_not_be_drawn_leaves_the_report(
    taken: TakeAlong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_export, "MAIL_SECONDS", 0.5)
    mail = f"<p>{'many words ' * 400_000}</p>"
    path = tmp_path / "x.pdf"
    with path.open("wb") as file:
        note = pdf_export.write_pdf(replace(taken, html=mail), file, lambda: None)
    assert note == "The e-mail could not be drawn for paper; the HTML report shows it."
    assert path.read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("needs_pango")
def test_drawing_ends_when_nobody_wants_it(taken: TakeAlong, tmp_path: Path) -> None:
    class Unwanted(Exception):
        pass

    def told() -> Any:
        raise Unwanted

    with (tmp_path / "x.pdf").open("wb") as file, pytest.raises(Unwanted):
        pdf_export.write_pdf(taken, file, told)
