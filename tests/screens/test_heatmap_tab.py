"""The Heatmap tab in a real browser: switches, list and badges, the filter by link, and downloads."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from mailsight.figures import formats
from mailsight.heatmap.badges import SCALE
from mailsight.loading import bundles
from mailsight.reports import campaign
from mailsight.reports.campaign import CampaignReport
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.browsing import expect_customers, grid, settle, visit
from tests.support.bundles import CAMPAIGN, EVENT, bundle, ndjson
from tests.support.command_line import run

pytestmark = pytest.mark.browser

MAIL = """<title>Own title</title><style>.phones { display: none }
@media (max-width: 600px) { .phones { display: block } }</style>
<div style="display:none"><a href="https://shop.example/sale">Hidden</a></div>
<!--[if mso]><v:roundrect href="https://shop.example/sale">Sale</v:roundrect>
<v:rect href="https://shop.example/outlook">Outlook's own</v:rect><![endif]-->
<h1><a href="https://shop.example/sale">Sale</a></h1><p><a href="https://shop.example/sale">Sale again</a></p>
<p><a href="https://shop.example/u/{{customer_id}}">Yours</a> <a href="https://shop.example/quiet">Quiet</a></p>
<div class="phones"><a href="https://shop.example/app">App</a></div>
<p><a href="ftp://shop.example/">Files</a></p>
<map name="m"><area href="mailto:us@shop.example"></map>
<img src="https://shop.example/p.png" width="600" height="300">"""
WINE, TEA = "https://shop.example/wine", "https://shop.example/tea"
BLOCKS = (
    f'<h1>Hello</h1>{{% if vip %}}<a href="{WINE}">Wine</a>{{% else %}}<a href="{TEA}">Tea</a>{{% endif %}}'
)
SALE, YOURS, GONE = (
    "https://shop.example/sale?utm_source=x",
    "https://shop.example/u/812",
    "https://shop.example/gone",
)
CLICKS = [(SALE, "1"), (SALE, "2"), (YOURS, "3"), (GONE, "1"), (GONE, "1")]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heatmap")
    clicks = [
        EVENT | {"type": "clicked", "url": url, "customer_id": customer, "event_id": str(number)}
        for number, (url, customer) in enumerate(CLICKS)
    ]
    messages: list[dict[str, object]] = [
        {"campaign_id": "spring", "customer_id": str(number), "sent_at": "2026-04-14T09:00:00Z"}
        for number in range(1, 9)
    ]
    # The first two of eight customers get a block of their own.
    messages += [
        {**message, "campaign_id": "blocks", "merge_fields": {"vip": number < 2}}
        for number, message in enumerate(messages)
    ]
    clicks += [
        EVENT
        | {"type": "clicked", "url": url, "customer_id": customer, "campaign_id": "blocks", "event_id": url}
        for url, customer in ((WINE, "1"), (TEA, "5"))
    ]
    files = {
        "mail.html": MAIL,
        "blocks.html": BLOCKS,
        "campaigns.ndjson": ndjson(
            CAMPAIGN,
            CAMPAIGN | {"campaign_id": "blocks", "template": "blocks.html", "merge_language": "liquid"},
        ),
        "messages.ndjson": ndjson(*messages),
        "events.ndjson": ndjson(*clicks),
    }
    bundles.load(folder / "m.duckdb", [bundle(folder / "bundle", files)])
    return folder / "m.duckdb"


@pytest.fixture(scope="module")
def report(database: Path) -> CampaignReport:
    return campaign.report(Warehouse(database).snapshot(), "spring", Audience.HUMAN)


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str], database: Path) -> str:
    return serve(database)


def open_tab(page: Page, address: str) -> None:
    page.goto(f"{address}/campaign?id=spring")
    page.get_by_role("tab", name="Heatmap").click()
    expect(badge(page, 1)).to_have_text("2")


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    with visit(browser) as (page, wrong):
        open_tab(page, address)
        yield page
        assert wrong == []


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    with visit(browser) as (page, wrong):
        open_tab(page, address)
        yield page, wrong


@pytest.fixture
def same_tab(opened: tuple[Page, list[str]]) -> Iterator[Page]:
    """The tab for tests that leave it as they find it. It opens once, which takes longer than each of them."""
    page, wrong = opened
    yield page
    assert wrong == []


def mail(page: Page) -> FrameLocator:
    return page.frame_locator(".mail iframe")


def badge(page: Page, position: int) -> Locator:
    return mail(page).locator(f"[data-badge='{position}']")


def style(locator: Locator, name: str) -> str:
    value: str = locator.evaluate("(element, name) => getComputedStyle(element)[name]", name)
    return value


def test_every_click_of_the_campaign_is_shown(same_tab: Page, report: CampaignReport) -> None:
    numbers = (
        mail(same_tab)
        .locator("[data-badge]")
        .evaluate_all("all => all.map(badge => Number(badge.textContent))")
    )
    assert numbers == [link.clicks for link in report.links]
    assert sum(numbers) + sum(link.clicks for link in report.other_links) == report.counts.clicks == 5
    links = same_tab.get_by_role("table", name="Links in the e-mail")
    shown = links.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [row.dataset.row, row.cells[1].textContent])"
    )
    assert sorted((int(position), int(clicks)) for position, clicks in shown) == list(enumerate(numbers))
    others = same_tab.get_by_role("table", name="Other links in this campaign").locator("tbody tr")
    assert [" ".join(row.split()) for row in others.all_inner_texts()] == [
        "https://shop.example/gone shop.example/gone 2 1 40.0%",
        "Outlook's own Only in Outlook shop.example/outlook 0 0 0.0%",
    ]


def test_a_row_says_what_is_special_about_its_link(same_tab: Page) -> None:
    for position, mark in (
        (0, "Not visible"),
        (0, "Counted at “Sale”"),
        (1, "Shared by 3 links"),
        (1, "Outlook button"),
        (2, "Counted at “Sale”"),
        (5, "Only on phones"),
        (7, "Not visible"),
    ):
        row = same_tab.locator(f".list tr[data-row='{position}']")
        assert mark in row.locator(".mark").all_inner_texts()


def test_links_open_in_a_new_tab_and_only_where_they_may(same_tab: Page) -> None:
    opens = same_tab.locator(".list tr a").evaluate_all(
        "all => all.map(link => [link.closest('tr').dataset.row, link.rel, link.target])"
    )
    assert {row for row, _, _ in opens} == {
        "0",
        "1",
        "2",
        "4",
        "5",
        "7",
        f"url:{GONE}",
        "url:https://shop.example/outlook",
    }
    assert {(rel, target) for _, rel, target in opens} == {("noopener noreferrer", "_blank")}


def test_switches_change_the_badges_and_reload_nothing(tab: Page) -> None:
    expect_customers(tab, 8)
    requested: list[str] = []
    before = tab.locator(".mail iframe").get_attribute("src")
    badge(tab, 1).evaluate("badge => badge.ownerDocument.body.dataset.same = 'yes'")
    tab.on("websocket", lambda socket: requested.append(socket.url))
    tab.on("request", lambda request: requested.append(request.url))
    for switch, text, width in [
        ("Share of clicks", "40.0%", None),
        ("Click-through rate", "25.0%", None),
        ("Customers", "25.0%", None),
        ("Share of clicks", "66.7%", None),
        ("Count", "2", None),
        ("Phone", "2", 390),
    ]:
        tab.get_by_role("radio", name=switch, exact=True).click()
        expect(badge(tab, 1)).to_have_text(text)
        if width:
            assert mail(tab).locator("body").evaluate("() => innerWidth") == width
    box = badge(tab, 5).bounding_box()
    assert box is not None
    assert box["width"] == 10
    tab.get_by_role("switch", name="Unclicked links").click()
    expect(badge(tab, 5)).to_be_hidden()
    assert tab.locator(".mail iframe").get_attribute("src") == before
    assert mail(tab).locator("body").get_attribute("data-same") == "yes"
    assert requested == []


def test_the_audience_switch_does_not_reload_the_mail(tab: Page) -> None:
    before = tab.locator(".mail iframe").get_attribute("src")
    tab.get_by_role("tabpanel").get_by_role("radio", name="All", exact=True).click()
    expect(tab).to_have_url(re.compile("audience=all"))
    settle(tab)
    expect(badge(tab, 1)).to_have_text("2")
    assert tab.locator(".mail iframe").get_attribute("src") == before


def test_a_badge_and_its_row_highlight_each_other(tab: Page) -> None:
    row = tab.locator(".list tr[data-row='3']")
    for light in ("hover", "focus"):
        getattr(badge(tab, 3), light)()
        expect(row).to_have_class(re.compile(r"\blit\b"))
        getattr(tab.locator(".list tr[data-row='1'] .pick"), light)()
        expect(row).not_to_have_class(re.compile(r"\blit\b"))
        assert style(badge(tab, 1), "overflow") == "visible"
        assert style(mail(tab).locator("[data-link='1']"), "outlineStyle") == "solid"


@pytest.mark.parametrize(
    ("act", "label", "customers"),
    [
        (lambda page: badge(page, 3).click(), "Yours", 1),
        pytest.param(lambda page: badge(page, 2).click(), "Sale", 2, marks=pytest.mark.thorough),
        (lambda page: badge(page, 1).press("Enter"), "Sale", 2),
        (lambda page: page.locator(".list tr[data-row='3'] .pick").press("Enter"), "Yours", 1),
        (
            lambda page: page.locator(f".list tr[data-row='url:{GONE}']").click(),
            "https://shop.example/gone",
            1,
        ),
    ],
    ids=["a badge", "a hollow badge", "a key on a badge", "a key on a row", "another link"],
)
def test_a_click_shows_who_clicked_that_link(
    tab: Page, act: Callable[[Page], None], label: str, customers: int
) -> None:
    expect_customers(tab, 8)
    act(tab)
    expect(tab.locator(".only")).to_contain_text(formats.things(customers, "customer"))
    expect_customers(tab, customers)
    chip = tab.get_by_role("button", name="Clicked “")
    expect(chip).to_contain_text(label.rpartition("/")[2])
    chip.click()
    expect_customers(tab, 8)
    expect(chip).to_have_count(0)
    expect(tab.locator(".only")).to_be_empty()


def test_the_message_counts_the_customers_that_all_filters_leave(tab: Page) -> None:
    expect_customers(tab, 8)
    only = tab.locator(".only")
    badge(tab, 1).click()
    expect(only).to_contain_text("The customer list shows only the 2 customers who clicked “Sale”.")
    tab.get_by_placeholder("Search name or e-mail").fill("1")
    expect(only).to_contain_text("shows 1 of the 2 customers who clicked “Sale”.")
    expect_customers(tab, 1)
    email = grid(tab).get_by_label("E-mail Filter Input")
    tab.get_by_placeholder("Search name or e-mail").fill("")
    expect_customers(tab, 2)
    expect(only).to_contain_text("only the 2 customers")
    # Only the browser knows the filters of the grid's columns.
    email.fill("nobody")
    expect_customers(tab, 0)
    expect(only).to_contain_text("shows none of the 2 customers who clicked “Sale”.")
    tab.get_by_role("tab", name="Status", exact=True).click()
    tab.get_by_role("tab", name="Heatmap").click()
    expect(only).to_contain_text("shows none of the 2 customers who clicked “Sale”.")


def test_images_load_on_demand_and_the_filter_stays(tab: Page) -> None:
    tab.route("https://shop.example/**", lambda route: route.fulfill(body=b"GIF89a"))
    badge(tab, 3).click()
    expect_customers(tab, 1)
    expect(mail(tab).locator("img")).to_have_attribute("src", "data:,")
    with tab.expect_request("https://shop.example/p.png"):
        tab.get_by_role("switch", name="Load images").click()
    expect(badge(tab, 1)).to_have_text("2")
    expect_customers(tab, 1)


def test_the_downloaded_picture_shows_the_mail_with_its_badges(same_tab: Page) -> None:
    height = mail(same_tab).locator("body").evaluate("() => document.documentElement.scrollHeight")
    with same_tab.expect_download() as download:
        same_tab.get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "heatmap-spring-human.png"
    picture = Image.open(BytesIO(Path(download.value.path()).read_bytes())).convert("RGB")
    # Above the mail are a title and the legend.
    heading = picture.crop((0, 0, picture.width, picture.height - 2 * height))
    assert 120 < heading.height < 400
    legend = {colour for _, colour in heading.getcolors(heading.width * heading.height) or []}
    assert {_rgb(shade.background) for shade in SCALE} <= legend
    colours = {colour for _, colour in picture.getcolors(picture.width * picture.height) or []}
    assert _rgb(SCALE[-1].background) in colours
    assert len(colours) > 50


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))


def test_the_downloaded_file_equals_the_command_lines(same_tab: Page, database: Path, tmp_path: Path) -> None:
    with same_tab.expect_download() as download:
        same_tab.get_by_role("button", name="Download as HTML").click()
    assert run("heatmap", "spring", "-o", tmp_path / "out.html", "--database", database)[0] == 0
    text = Path(download.value.path()).read_text(encoding="utf-8")
    hidden = re.compile(r"<mailsight-badges \w+>")
    assert hidden.sub("", text) == hidden.sub("", (tmp_path / "out.html").read_text(encoding="utf-8"))


# Sees through which of its properties the frame is resized, and whether the mail has badges by then.
_WATCH_FRAMES = """
window.resized = [];
const create = document.createElement;
document.createElement = function (...names) {
    const made = create.apply(this, names);
    if (names[0] === 'iframe') {
        const style = new Proxy(made.style, { set(target, name, value) {
            if (name === 'height') resized.push(made.contentDocument.querySelectorAll('mailsight-badge').length);
            target[name] = value;
            return true;
        }});
        Object.defineProperty(made, 'style', { get: () => style });
    }
    return made;
}"""


def test_the_frame_is_as_tall_as_the_mail_before_it_has_badges(browser: Browser, address: str) -> None:
    with visit(browser, fresh=True) as (page, wrong):
        page.add_init_script(_WATCH_FRAMES)
        page.goto(f"{address}/campaign?id=spring")
        page.get_by_role("tab", name="Heatmap").click()
        expect(badge(page, 1)).to_have_text("2")
        settle(page)
        badges = page.evaluate("resized")
        assert badges
        assert set(badges) == {0}  # a layout with thousands of badges takes long
        assert wrong == []


@pytest.mark.parametrize(
    ("window", "scaled"), [(1440, False), pytest.param(1024, False, marks=pytest.mark.thorough), (390, True)]
)
def test_the_desktop_view_is_as_wide_as_the_mail_needs(tab: Page, window: int, scaled: bool) -> None:
    """The mail takes a screen below 600 px for a phone."""
    tab.set_viewport_size({"width": window, "height": 900})
    tab.get_by_role("radio", name="Desktop", exact=True).click()
    settle(tab)
    assert mail(tab).locator("body").evaluate("() => innerWidth") > 600
    expect(mail(tab).get_by_text("App", exact=True)).to_be_hidden()
    frame, place = tab.locator(".mail iframe").bounding_box(), tab.locator(".place").bounding_box()
    assert frame is not None
    assert place is not None
    assert frame["x"] + frame["width"] <= place["x"] + place["width"] + 1
    assert frame["height"] <= place["height"] + 1
    assert (style(tab.locator(".mail iframe"), "transform") != "none") is scaled
    # Badges are drawn larger where the mail is drawn smaller, up to a limit.
    shown = badge(tab, 1).bounding_box()
    assert shown is not None
    assert shown["height"] >= 15
    right, top = badge(tab, 1).evaluate(
        """badge => {
            const link = badge.ownerDocument.querySelector('[data-link="1"]').getBoundingClientRect();
            const box = badge.getBoundingClientRect();
            return [box.x + box.width / 2 - link.right, box.y + box.height / 2 - link.y];
        }"""
    )
    assert abs(right) < 60
    assert abs(top) < 30


def test_a_variant_shows_its_heatmap_and_its_customers(browser: Browser, address: str) -> None:
    with visit(browser) as (page, wrong):
        page.goto(f"{address}/campaign?id=blocks&tab=heatmap")
        expect_customers(page, 8)
        page.get_by_role("button", name="What differed between customers").click()
        page.get_by_role("dialog").get_by_text("Variant 2").click()
        expect(mail(page).get_by_role("link", name="Wine")).to_be_visible()
        expect(mail(page).get_by_role("link", name="Tea")).to_have_count(0)
        expect_customers(page, 2)
        page.reload()
        expect_customers(page, 2)
        page.get_by_role("button", name="Got variant 2").click()
        expect_customers(page, 8)
        assert wrong == []
