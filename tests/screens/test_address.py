"""A page's address is its state: whatever is in it, the page is shown; reload, Back and a new session restore it."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from mailsight.reports import campaign as campaign_reports
from mailsight.reports import recipients
from mailsight.vocabulary import Audience, Status
from mailsight.warehouse.reader import Warehouse
from mailsight.web import parameters
from tests.support.browsing import close_dialog, expect_customers, grid, settle, visit
from tests.support.campaigns import newest_clicked
from tests.support.pages import show
from tests.support.parameters import TEXTS

PAGES = {"": "campaigns"} | {page: page for page in parameters.PAGES if page}
SEARCH = "Search name, subject or tag"


@pytest.fixture
def ids(use: Callable[[Path], Warehouse], sample_database: Path) -> dict[str, str | list[str]]:
    """What each page shows, by the page's name."""
    warehouse = use(sample_database)
    campaign_id = newest_clicked(warehouse)
    customer = recipients.not_sent(warehouse.snapshot(), campaign_id).customers[0]
    return {
        "campaign": campaign_id,
        "compare": [campaign_id, "nowhere", campaign_id],
        "customer": str(customer["customer_id"]),
    }


def texts_of(page: str) -> st.SearchStrategy[dict[str, list[str]]]:
    """Any texts for some of a page's parameters: words that they know, words of others, and anything else."""
    known = [
        value for options in (Status, parameters.TABS, Audience) for value in map(parameters.slug, options)
    ]
    dialogs = [
        "selection",
        "machines",
        "not-sent",
        "counted:cor",
        "counted:?",
        "section:x",
        "mail:nobody",
        "events:x",
    ]
    words = st.one_of(st.sampled_from([*known, *dialogs, *TEXTS]), st.text(max_size=20))
    names = sorted(parameters.names(page) - {"id", *parameters.OLD_IDS})
    return st.dictionaries(st.sampled_from(names), st.lists(words, min_size=1, max_size=2), max_size=6)


@pytest.mark.slow
@pytest.mark.parametrize("page", list(PAGES))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_address_shows_a_page(ids: dict[str, str | list[str]], page: str, data: st.DataObject) -> None:
    query = data.draw(texts_of(page))
    at = show(PAGES[page], **({"id": ids[page]} if page in ids else {}), **query)
    assert not at.exception
    assert at.title


@pytest.mark.parametrize(
    ("page", "query"),
    [
        (
            "",
            {
                "q": "e",
                "from": "2026-01-01",
                "to": "2025-01-01",
                "sort": "payload",
                "page": "99",
                "tag": ["x", "offer"],
            },
        ),
        ("", {"from": "2020-13-01", "match": "all-tags", "dialog": "counted:cor"}),
        ("", {"dialog": "find-customer", "q": "ann@mail.example"}),
        ("campaign", {"tab": "timeline", "period": "all", "count": "customers", "chart": "cumulative"}),
        ("campaign", {"tab": "heatmap", "measure": "x", "width": "phone", "link": "url:javascript:alert(1)"}),
        ("campaign", {"tab": "mailbox-providers", "provider": "nowhere", "dialog": "mail:nobody"}),
        ("campaign", {"status": ["clicked", "x"], "stage": "delivered", "dialog": "machines", "rule": "x"}),
        ("campaign", {"dialog": "not-sent", "reason": "x"}),
        ("campaign", {"dialog": "counted:estimated_cor"}),
        ("customer", {"page": "99", "dialog": "mail:nowhere", "campaign": "nowhere"}),
        ("customer", {"dialog": "events:nowhere"}),
        ("compare", {"period": "x", "dialog": "compared:cor"}),
        ("data", {"tab": "rejected-rows", "loads": "99", "dialog": "upload"}),
    ],
)
def test_an_odd_address_shows_its_page(
    ids: dict[str, str | list[str]], page: str, query: dict[str, str | list[str]]
) -> None:
    at = show(PAGES[page], **({"id": ids[page]} if page in ids else {}), **query)
    assert not at.exception
    assert at.title


@pytest.mark.usefixtures("ids")
def test_the_list_keeps_its_search_in_the_address() -> None:
    at = show("campaigns", q="the", tag=["newsletter", "winter"], match="all-tags", sort="cor", page="2")
    assert at.text_input(key="search").value == "the"
    assert at.multiselect(key="tags").value == ["newsletter", "winter"]
    assert at.segmented_control(key="tag_match").value == parameters.ALL_TAGS
    at.text_input(key="search").set_value("dark").run()
    assert {name: at.query_params[name] for name in at.query_params} == {
        "q": "dark",
        "tag": ["newsletter", "winter"],
        "match": "all-tags",
        "sort": "cor",
    }
    at.multiselect(key="tags").set_value(["winter"]).run()
    assert at.query_params["tag"] == "winter"
    # What may be somebody's address or name stays in the box, and out of the page's address.
    for typed in ("ann@mail.example", "Annabel Birchwood"):
        at.text_input(key="search").set_value(typed).run()
        assert "q" not in at.query_params
        assert at.text_input(key="search").value == typed
        at.multiselect(key="tags").set_value([]).run()
        assert "q" not in at.query_params
        assert at.text_input(key="search").value == typed
    at.text_input(key="search").set_value("the").run()
    assert at.query_params["q"] == "the"


@pytest.mark.browser
@pytest.mark.thorough
def test_each_step_is_in_the_address_and_one_press_of_back(
    browser: Browser, server: str, sample_database: Path
) -> None:
    """After each step the address has the state; Back undoes one step; a reload and a new session restore it."""
    warehouse = Warehouse(sample_database)
    report = campaign_reports.report(warehouse.snapshot(), newest_clicked(warehouse), Audience.HUMAN)
    campaign_id, name = report.campaign.campaign_id, report.campaign.name
    with visit(browser) as (page, wrong):
        addresses: list[str] = []

        def step(**changed: list[str]) -> None:
            """Waits for the address with these parameters, and remembers it."""
            page.wait_for_url(lambda url: changed.items() <= parse_qs(url.partition("?")[2]).items())
            settle(page)
            addresses.append(page.url)

        page.goto(server)
        step()
        search = page.get_by_placeholder(SEARCH)
        for word in (name.split()[-1], name.split()[0]):
            search.press_sequentially(f"{word} ", delay=20)
            settle(page)
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
        step(q=[f"{name.split()[-1]} {name.split()[0]} "])
        page.get_by_role("button", name="COR", exact=True).click()
        step(sort=["-cor"])
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        step(id=[campaign_id])
        page.get_by_role("tab", name="Heatmap").click()
        step(tab=["heatmap"])
        page.get_by_role("radio", name="Customers", exact=True).click()
        step(measure=["clickers"])
        page.get_by_role("group", name="Customers by status").locator("[data-part=clicked]").click()
        expect_customers(page, report.status[Status.CLICKED])
        step(status=["clicked"])
        grid(page).get_by_text("Clicks", exact=True).click()
        step(sort=["clicks"])
        page.get_by_role("button", name="Who and why").click()
        step(dialog=["not-sent"])
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page).to_have_url(addresses[-2])
        settle(page)
        page.get_by_role("button", name="Selection").click()
        addresses.pop()  # the closed dialog is no step any more
        step(dialog=["selection"])

        for address in reversed(addresses[:-1]):
            page.go_back()
            expect(page).to_have_url(address)
            settle(page)
        expect(search).to_have_value("")
        for address in addresses[1:]:
            page.go_forward()
            expect(page).to_have_url(address)
        assert wrong == []

    def check(page: Page) -> None:
        expect(page.get_by_role("dialog")).to_contain_text("selected")
        close_dialog(page)
        expect_customers(page, report.status[Status.CLICKED])
        expect(page.get_by_role("radio", name="Customers", exact=True)).to_be_checked()
        clicks = grid(page).get_by_role("columnheader", name="Clicks", exact=True)
        expect(clicks).to_have_attribute("aria-sort", "ascending")

    with visit(browser) as (page, wrong):
        page.goto(addresses[-1])
        check(page)
        expect(page).not_to_have_url(re.compile("dialog"))
        page.reload()
        expect_customers(page, report.status[Status.CLICKED])
        page.goto(addresses[2])
        expect(page.get_by_placeholder(SEARCH)).to_have_value(f"{name.split()[-1]} {name.split()[0]} ")
        expect(page.get_by_role("columnheader", name="COR")).to_have_attribute("aria-sort", "descending")
        assert wrong == []


@pytest.mark.browser
def test_a_customer_is_found_from_the_first_page_and_no_address_names_people(
    browser: Browser, server: str
) -> None:
    with visit(browser) as (page, wrong):
        urls: list[str] = []
        page.on("framenavigated", lambda frame: urls.append(frame.url))
        page.goto(server)
        page.get_by_role("button", name="Find a customer").click()
        box = page.get_by_placeholder("Name, e-mail or customer ID")
        expect(box).to_be_focused()
        page.keyboard.type("@")
        customer = page.get_by_role("dialog").get_by_role("link").first
        expect(customer).to_be_visible()
        name = customer.inner_text()
        box.fill(" ".join(reversed(name.split())))
        settle(page)
        customer.press("Enter")
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        page.go_back()
        expect(box).to_have_value(" ".join(reversed(name.split())))
        page.go_back()
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.get_by_placeholder(SEARCH).fill("ann@mail.example")
        expect(page.get_by_text("No campaigns match")).to_be_visible()
        assert not [url for url in [*urls, page.url] if "@" in url or "%40" in url or name.split()[0] in url]
        assert wrong == []


@pytest.mark.browser
@pytest.mark.parametrize("allowed", [True, False])
def test_the_address_can_be_copied(
    browser: Browser, server: str, sample_database: Path, allowed: bool
) -> None:
    """Where the browser lets no page write to the clipboard, the address is shown."""
    campaign_id = newest_clicked(Warehouse(sample_database))
    with visit(browser) as (page, wrong):
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"{server}/campaign?id={campaign_id}&tab=timeline")
        button = page.get_by_role("button", name="Copy link")
        expect(button).to_be_visible()
        if not allowed:
            page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        button.press("Enter")
        if allowed:
            expect(page.locator(".copy [role=status]")).to_have_text("Copied")
            assert page.evaluate("navigator.clipboard.readText()") == page.url
        else:
            shown = page.get_by_role("textbox", name="Address of this page")
            expect(shown).to_be_focused()
            expect(shown).to_have_value(page.url)
            shown.press("Escape")
            expect(button).to_be_focused()
        assert wrong == []


@pytest.mark.browser
def test_an_answer_that_comes_late_changes_no_other_page(
    browser: Browser, server: str, sample_database: Path
) -> None:
    """Streamlit writes a page's parameters when the answer comes, even if another page has been opened meanwhile."""
    warehouse = Warehouse(sample_database)
    campaign_id = newest_clicked(warehouse)
    customer_id = str(recipients.not_sent(warehouse.snapshot(), campaign_id).customers[0]["customer_id"])
    here = f"{server}/campaign?id={campaign_id}"
    with visit(browser) as (page, wrong):
        page.goto(here)
        settle(page)
        page.evaluate(
            """([customer, late]) => {
                history.pushState({}, "", customer);
                window.dispatchEvent(new PopStateEvent("popstate"));
                history.pushState({}, "", location.pathname + late);
            }""",
            [f"customer?id={customer_id}", f"?id={campaign_id}&tab=heatmap"],
        )
        expect(page.get_by_role("heading", name="Contact history")).to_be_visible()
        settle(page)
        assert page.url == f"{server}/customer?id={customer_id}"

        page.go_back()
        page.get_by_role("tab", name="Heatmap").click()
        expect(page).to_have_url(f"{here}&tab=heatmap")
        settle(page)
        page.evaluate(
            """late => {
            addEventListener("popstate", () => history.replaceState({}, "", location.pathname + late), { once: true });
            history.back();
        }""",
            f"?id={campaign_id}&tab=heatmap&measure=clickers",
        )
        expect(page.get_by_role("tab", name="Status")).to_have_attribute("aria-selected", "true")
        settle(page)
        assert page.url == here
        page.get_by_role("tab", name="Heatmap").click()
        expect(page).to_have_url(f"{here}&tab=heatmap")
        assert wrong == []


@pytest.mark.browser
def test_dialogs_that_were_closed_are_no_steps(browser: Browser, server: str, sample_database: Path) -> None:
    """Even if the next one is opened before the answer: one press of Back leaves the page."""
    here = f"{server}/campaign?id={newest_clicked(Warehouse(sample_database))}"
    with visit(browser) as (page, wrong):
        page.goto(server)
        settle(page)
        page.evaluate(
            "address => { history.pushState({}, '', address); dispatchEvent(new PopStateEvent('popstate')) }",
            here,
        )
        for button in ("Selection", "Preview e-mail", "Selection"):
            page.get_by_role("button", name=button).click()
            close_dialog(page)
        settle(page)
        expect(page).to_have_url(here)
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.go_back()
        expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
        page.go_forward()
        expect(page.get_by_role("button", name="Selection")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert wrong == []
