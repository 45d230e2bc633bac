"""Campaigns of which only reported totals are known, beside counted ones, on all pages and in all files."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import UnknownElement

from mailsight.exports import comparison as comparison_export
from mailsight.exports import report as report_export
from mailsight.exports import rows as export_rows
from mailsight.figures.metrics import COUNT_NAMES
from mailsight.figures.reported import label
from mailsight.importing import registry
from mailsight.loading import bundles
from mailsight.reports import campaign, campaigns
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle, ndjson
from tests.support.pages import show, words

START = datetime(2026, 4, 14, 9, tzinfo=UTC)
SENDER = {"from_email": "news@shop.example"}
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
FULL = {
    "recipients": 1_010,
    "sent": 1_000,
    "bounces": 20,
    "opened": 400,
    "opens": 700,
    "clicked": 50,
    "clicks": 80,
    "unsubscribed": 3,
    "complained": 1,
}


def at(day: int, **delta: int) -> str:
    return (START + timedelta(days=day, **delta)).isoformat()


def event(campaign_id: str, customer: int, kind: str, day: int) -> dict[str, Any]:
    key = {"campaign_id": campaign_id, "customer_id": f"c{customer}"}
    return key | {"type": kind, "occurred_at": at(day, hours=2), "user_agent": CHROME}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`full`: all its totals are known, and nothing else. `opens`: only its opens. `counted`: counted, and reported
    otherwise. `reactions`: only those who opened or clicked are known."""
    folder = tmp_path_factory.mktemp("reported")
    names = ("full", "opens", "counted", "reactions")
    listed: list[dict[str, Any]] = [
        {"campaign_id": name, "name": name.title(), "sent_at": at(day)} | SENDER
        for day, name in enumerate(names)
    ]
    messages = [{"campaign_id": "counted", "customer_id": f"c{n}", "sent_at": at(2)} for n in range(40)]
    events = [
        *(event("counted", number, "opened", 2) for number in range(18)),
        *(event("reactions", number, "opened", 3) for number in range(30)),
        *(event("reactions", number, "clicked", 3) for number in range(4)),
    ]
    totals: list[dict[str, Any]] = [
        {"campaign_id": "full", "source": "mailchimp", "as_of": at(9)} | FULL,
        {"campaign_id": "opens", "source": "my-tool", "opens": 70},
        {
            "campaign_id": "counted",
            "source": "mailchimp",
            "as_of": at(9),
            "sent": 40,
            "opened": 20,
            "clicks": 0,
        },
        {"campaign_id": "reactions", "source": "listmonk", "recipients": 105, "sent": 100, "bounces": 0},
    ]
    kinds = {"campaigns": listed, "messages": messages, "events": events, "totals": totals}
    files = {f"{kind}.ndjson": ndjson(*rows) for kind, rows in kinds.items()}
    assert not bundles.load(folder / "m.duckdb", [bundle(folder / "b", files)]).refusals
    return folder / "m.duckdb"


@pytest.fixture
def data(use: Callable[[Path], Warehouse], database: Path) -> Warehouse:
    return use(database)


def components(page: AppTest) -> Iterator[dict[str, Any]]:
    """What the page's own components show."""
    for component in page.get("bidi_component"):
        assert isinstance(component, UnknownElement)
        if component.proto.json:
            yield json.loads(component.proto.json)


def cards(page: AppTest) -> dict[str, tuple[str, str, str]]:
    """Each card's value, note and remark."""
    [shown] = [each for each in components(page) if "cards" in each]
    return {card["key"]: (card["value"], card["note"], card["calm"]) for card in shown["cards"]}


@pytest.mark.usefixtures("data")
def test_a_page_with_totals_alone_says_what_is_missing_instead_of_showing_it() -> None:
    page = show("campaign", id="full")
    text = words(page)
    assert "Only totals are known, as reported by Mailchimp on 23 Apr 2026" in text
    assert "a Mailchimp account export that has the folder *aggregate_activity*" in text
    assert "All counts are as reported by Mailchimp" in text
    assert not page.tabs
    assert not page.get("plotly_chart")
    assert [header.value for header in page.header] == ["Opened and clicked", "What is missing"]
    assert cards(page) == {
        "sent": ("1,000", "99.0% of 1,010 selected", "As reported by Mailchimp"),
        "not_sent": ("10", "0.99% of 1,010 selected", "As reported by Mailchimp"),
        "opened": ("400", "40.8% of 980 delivered", "As reported by Mailchimp"),
        "clicked": ("50", "5.1% of 980 delivered", "As reported by Mailchimp"),
        "opted_out": ("4", "0.40% of 1,000 sent", "As reported by Mailchimp"),
    }


@pytest.mark.usefixtures("data")
def test_what_nobody_reports_is_a_dash() -> None:
    page = show("campaign", id="opens")
    assert set(cards(page).values()) == {("–", "", "Not reported by my-tool")}
    text = words(page)
    assert "<strong>70 opens.</strong> Not reported by my-tool: Delivered, Opened, Clicked." in text
    assert "As reported by my-tool: Opens. Not reported by my-tool: Selected, Sent," in text
    assert "not been sent yet" not in text


@pytest.mark.usefixtures("data")
def test_human_and_all_show_the_same_reported_figures() -> None:
    human, everybody = (show("campaign", id="full", audience=audience) for audience in Audience)
    assert cards(human) == cards(everybody)
    assert "**Human** and **All** show the same figures" in words(human)


@pytest.mark.usefixtures("data")
def test_a_counted_campaign_shows_where_a_report_differs() -> None:
    page = show("campaign", id="counted")
    assert "Mailchimp reported 20 opened on 23 Apr 2026; 18 were counted from events." in words(page)
    assert cards(page)["opened"][0] == "18"
    assert page.tabs


@pytest.mark.usefixtures("data")
def test_customers_who_did_something_are_not_all_customers() -> None:
    page = show("campaign", id="reactions")
    assert cards(page) == {
        "sent": ("100", "95.2% of 105 selected", "As reported by listmonk"),
        "not_sent": ("5", "4.8% of 105 selected", "As reported by listmonk"),
        "opened": ("30", "30.0% of 100 delivered", ""),
        "clicked": ("4", "4.0% of 100 delivered", ""),
        "opted_out": ("–", "", "Not reported by listmonk"),
    }
    text = words(page)
    assert "30 customers known: listmonk names only customers who did something." in text
    assert "All else is counted from events." in text
    assert not [pill for pills in page.button_group for pill in pills.options if pill == "Not sent"]
    providers = words(show("campaign", id="reactions", tab="mailbox-providers"))
    assert "Results by mailbox provider need all customers, and only some are known." in providers


@pytest.mark.usefixtures("data")
def test_the_list_marks_reported_figures_and_adds_up_what_is_known() -> None:
    page = show()
    assert {metric.label: metric.value for metric in page.metric} == {
        "Campaigns": "4",
        "Sent": "1,140",
        "Not sent": "15",
        "COR": "40.0%",
        "CTO": "12.1%",
        "CTR": "4.8%",
        "Opted out": "4",
    }
    assert "The figures of 3 campaigns are as reported by listmonk, Mailchimp, my-tool." in words(page)
    [table] = [json.dumps(each) for each in components(page) if each.get("label") == "Campaigns"]
    assert table.count('"aside": "as reported by ') == 3


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("ids", "audience", "said"),
    [
        (["full", "counted"], "human", "Opens and clicks can&#x27;t be compared."),
        (["full", "counted"], "all", "No clear winner"),
        (["full", "opens"], "human", "fewer than two of these campaigns have rates"),
        (["counted", "reactions"], "human", "No clear winner"),
    ],
)
def test_a_comparison_of_reported_campaigns(ids: list[str], audience: str, said: str) -> None:
    text = words(show("compare", id=ids, audience=audience))
    assert said in text
    assert ("No curve for A" in text) == ("full" in ids)


def test_reported_campaigns_are_compared_with_each_other_unless_all_machines_count(data: Warehouse) -> None:
    def earlier(campaign_id: str, audience: Audience) -> list[str]:
        report = campaign.report(data.snapshot(), campaign_id, audience)
        return [each.campaign_id for each in report.previous]

    assert earlier("reactions", Audience.HUMAN) == ["counted"]
    assert earlier("reactions", Audience.ALL) == ["full", "counted"]


def test_the_report_has_no_empty_parts(data: Warehouse) -> None:
    pages = {
        name: report_export.page(report_export.read(data.snapshot(), name, Audience.HUMAN))
        for name in ("full", "opens", "counted")
    }
    assert "All counts are as reported by Mailchimp" in pages["full"]
    assert "Mailchimp reported 20 opened" in pages["counted"]
    assert "Not reported by my-tool: Selected" in pages["opens"]
    assert ["Status of messages" in page for page in pages.values()] == [False, False, True]


def test_json_says_which_figures_are_reported_and_which_differ(data: Warehouse) -> None:
    full, counted = (campaign.figures(data.snapshot(), name, Audience.HUMAN) for name in ("full", "counted"))
    assert full["reported"] == {"source": "mailchimp", "as_of": at(9), "figures": list(COUNT_NAMES)}
    assert full["rates"] == {"cor": 400 / 980, "cto": 50 / 400, "ctr": 50 / 980}
    assert full["differences"] == []
    assert counted["reported"] is None
    assert counted["differences"] == [
        {"figure": "opened", "source": "mailchimp", "as_of": at(9), "reported": 20, "counted": 18}
    ]


def test_the_comparison_in_a_file_names_the_source(data: Warehouse) -> None:
    compared = campaigns.compared(data.snapshot(), ["full", "counted"], Audience.HUMAN)
    assert "(as reported by Mailchimp)" in comparison_export.page(compared, Audience.HUMAN)
    rows = export_rows.comparison(data.snapshot(), ["full", "counted"], Audience.HUMAN)
    assert [row["reported_by"] for batch in rows.batches for row in batch.to_pylist()] == ["mailchimp", None]


def test_an_importer_is_called_as_in_texts() -> None:
    """Each source's label is that of its totals."""
    for name in registry.NAMES:
        assert label(name) == registry.source(name).label


def sold(folder: Path) -> Path:
    """`a` sold something, as two programs say; `b` sold nothing."""
    totals: list[dict[str, Any]] = [
        {"campaign_id": "a", "source": "klaviyo", "as_of": at(3), "orders": 9, "revenue": 900, "currency": "EUR"},
        {"campaign_id": "a", "source": "mailchimp", "as_of": at(9), "orders": 12, "revenue": 1234.5, "currency": "EUR"},
        {"campaign_id": "b", "source": "mailchimp", "orders": 0, "revenue": 0, "sent": 10},
    ]  # fmt: skip
    listed = [{"campaign_id": name, "name": name, "sent_at": at(1)} | SENDER for name in "ab"]
    files = {"campaigns.ndjson": ndjson(*listed), "totals.ndjson": ndjson(*totals)}
    bundles.load(folder / "m.duckdb", [bundle(folder / "b", files)])
    return folder / "m.duckdb"


def columns(page: AppTest) -> set[str]:
    return {column["label"] for each in components(page) if "columns" in each for column in each["columns"]}


def test_orders_and_revenue_are_shown_where_something_was_sold(
    use: Callable[[Path], Warehouse], tmp_path: Path
) -> None:
    data = use(sold(tmp_path))
    said = "Mailchimp reported 12 orders and a revenue of €1,234.50 on 23 Apr 2026."
    text = words(show("campaign", id="a")).replace("\\", "")
    assert f"Klaviyo reported 9 orders and a revenue of €900.00 on 17 Apr 2026. {said}" in text
    assert "revenue" not in words(show("campaign", id="b"))
    page = show("campaigns")
    assert "Revenue" in columns(page)
    assert "€1,234.50" in json.dumps(list(components(page)), ensure_ascii=False)
    assert said in report_export.page(report_export.read(data.snapshot(), "a", Audience.HUMAN))
    assert campaign.figures(data.snapshot(), "a", Audience.HUMAN)["sales"] == [
        {"source": "klaviyo", "as_of": at(3), "orders": 9, "revenue": 900.0, "currency": "EUR"},
        {"source": "mailchimp", "as_of": at(9), "orders": 12, "revenue": 1234.5, "currency": "EUR"},
    ]
    for exported in (
        export_rows.campaigns(data.snapshot(), Audience.HUMAN),
        export_rows.comparison(data.snapshot(), ["a", "b"], Audience.HUMAN),
    ):
        rows = [row for batch in exported.batches for row in batch.to_pylist()]
        assert {row["campaign_id"]: (row["orders"], row["revenue"], row["currency"]) for row in rows} == {
            "a": (12, 1234.5, "EUR"),
            "b": (None, None, None),
        }


@pytest.mark.usefixtures("data")
def test_without_sales_the_list_has_no_column_for_them() -> None:
    assert "Revenue" not in columns(show("campaigns"))
