"""The pages as Streamlit runs them, without a browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mailsight import dialogs, explanations, exports, figures, formats, load, reports
from mailsight.metrics import COR, FIGURES, RATES, SMALL
from mailsight.settings import PROJECT
from mailsight.vocabulary import Audience, NotSentReason
from mailsight.warehouse import Warehouse
from tests import odd_mailings

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def odd_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    load.load(folder / "mailsight.duckdb", [odd_mailings.write(folder / "bundle")])
    return folder / "mailsight.duckdb"


def show(page: str = "campaigns", **parameters: str) -> AppTest:
    at = AppTest.from_file(str(PROJECT / "mailsight" / "shell.py"), default_timeout=30)
    at.switch_page(f"../pages/{page}.py")
    for name, value in parameters.items():
        at.query_params[name] = value
    return at.run()


def words(at: AppTest) -> str:
    """What the page says, without what stands in its tables."""
    assert not at.exception
    kinds = (at.title, at.subheader, at.markdown, at.caption, at.info, at.metric, at.html)
    return "\n".join(str(getattr(one, "value", one)) for kind in kinds for one in kind)


def latest_sent(warehouse: Warehouse) -> reports.CampaignReport:
    campaigns = reports.campaign_list(warehouse, Audience.HUMAN).campaigns
    return reports.campaign(
        warehouse, str(campaigns.loc[campaigns["sent"] > 0, "campaign_id"].iloc[0]), Audience.HUMAN
    )


def test_the_list_has_the_totals_of_all_campaigns(
    use: Callable[[Path], Warehouse], sample_database: Path
) -> None:
    found = reports.campaign_list(use(sample_database), Audience.HUMAN)
    at = show()
    assert [title.value for title in at.title] == ["Campaigns"]
    assert {metric.label: metric.value for metric in at.metric} == {
        "Campaigns": str(len(found.campaigns)),
        **{
            FIGURES[key].label: formats.count(getattr(found.totals, key))
            for key in ("sent", "not_sent", "opted_out")
        },
        **{rate.label: formats.percent(rate.rate(found.totals)) for rate in RATES},
    }


def test_a_search_narrows_the_list_and_its_totals(
    use: Callable[[Path], Warehouse], sample_database: Path
) -> None:
    found = reports.campaign_list(use(sample_database), Audience.HUMAN)
    name = found.campaigns["name"].iloc[1]
    at = show()
    at.text_input(key="search").set_value(name).run()
    assert at.metric[0].value == f"1 of {len(found.campaigns)}"
    assert at.metric[1].value == formats.count(found.campaigns["sent"].iloc[1])


def test_a_date_range_holds_whole_days(use: Callable[[Path], Warehouse], sample_database: Path) -> None:
    campaigns = reports.campaign_list(use(sample_database), Audience.HUMAN).campaigns.dropna(subset="sent_at")
    days = sorted(campaigns["sent_at"].dt.date)
    at = show()
    at.date_input(key="sent").set_value((days[1], days[1])).run()
    assert at.metric[0].value.startswith("1 of ")
    at.date_input(key="sent").set_value((days[1],)).run()
    assert at.metric[0].value.startswith(f"{len(days) - 1} of ")


@pytest.mark.parametrize("page", ["campaigns", "campaign", "customer", "data"])
def test_nobody_sees_a_page_before_signing_in(
    use: Callable[[Path], Warehouse], sample_database: Path, page: str
) -> None:
    report = latest_sent(use(sample_database))
    at = AppTest.from_file(str(PROJECT / "mailsight" / "shell.py"), default_timeout=30)
    at.secrets["auth"] = {"redirect_uri": "http://localhost/oauth2callback", "cookie_secret": "x"}
    at.switch_page(f"../pages/{page}.py")
    at.query_params["id"] = report.campaign.campaign_id
    at.run()
    assert not at.exception
    assert [title.value for title in at.title] == ["Sign in to Mailsight"]
    assert [button.label for button in at.button] == ["Sign in"]
    assert not at.metric


def test_a_campaigns_page_has_its_parts_in_their_order(
    use: Callable[[Path], Warehouse], sample_database: Path
) -> None:
    report = latest_sent(use(sample_database))
    at = show("campaign", id=report.campaign.campaign_id)
    assert [title.value for title in at.title] == [formats.plain(report.campaign.name)]
    assert [button.label for button in at.button if "counted" not in (button.key or "")] == [
        "Selection",
        "Preview e-mail",
        "Who and why",
        "Which, and why",
    ]
    assert [heading.value for heading in at.subheader] == [
        "Opened and clicked",
        "Status of messages",
        "Customers",
    ]
    assert [tab.label for tab in at.tabs] == ["Status", "Heatmap", "Timeline"]
    assert {metric.label: metric.value for metric in at.metric} == {
        FIGURES[key].label: formats.count(getattr(report.counts, key))
        for key in ("sent", "not_sent", "opened", "clicked", "opted_out")
    }
    made_by_machines = (
        f"**{formats.of(report.machine_opens, report.all_opens)} opens** and "
        f"**{formats.of(report.machine_clicks, report.all_clicks)} clicks** were made by machines, and are left out."
    )
    assert [one.value for one in at.markdown if made_by_machines in one.value]
    assert 0 < report.machine_opens < report.all_opens


@pytest.mark.parametrize("button", ["Selection", "Preview e-mail", "Who and why", "Which, and why"])
def test_every_button_of_a_campaign_opens_its_dialog(
    use: Callable[[Path], Warehouse], sample_database: Path, button: str
) -> None:
    report = latest_sent(use(sample_database))
    at = show("campaign", id=report.campaign.campaign_id)
    next(one for one in at.button if one.label == button).click().run()
    assert not at.exception


@pytest.mark.parametrize("key", figures.CARDS)
def test_every_figure_tells_how_it_is_counted(
    use: Callable[[Path], Warehouse], sample_database: Path, key: str
) -> None:
    report = latest_sent(use(sample_database))
    at = show("campaign", id=report.campaign.campaign_id)
    button = at.button(key=f"counted_{key}")
    assert button.label == f"How is {FIGURES[key].label} counted?"
    assert button.help.startswith("\n\n".join(explanations.in_short(key, report.counts)))
    button.click().run()
    assert explanations.of_figure(key).text in words(at)


def test_a_rate_over_few_messages_is_shown_with_its_interval(
    use: Callable[[Path], Warehouse], odd_database: Path
) -> None:
    report = reports.campaign(use(odd_database), "hostile", Audience.HUMAN)
    made_of = COR.portion(report.counts)
    assert 0 < made_of.whole < SMALL
    at = show("campaign", id="hostile")
    interval = formats.interval(made_of.interval)
    assert f"{formats.percent(made_of.rate)} ({interval}) of {made_of.whole} delivered" in words(at)


def test_the_audience_is_part_of_the_address(use: Callable[[Path], Warehouse], sample_database: Path) -> None:
    report = latest_sent(use(sample_database))
    at = show("campaign", id=report.campaign.campaign_id, audience="all")
    places = ("top", "customers")

    def switch(place: str) -> Any:
        return at.segmented_control(key=f"audience:{place}:{report.campaign.campaign_id}")

    assert [switch(place).value for place in places] == [Audience.ALL, Audience.ALL]
    switch("top").set_value(Audience.HUMAN).run()
    assert "audience" not in at.query_params
    assert [switch(place).value for place in places] == [Audience.HUMAN, Audience.HUMAN]
    switch("customers").set_value(Audience.ALL).run()
    assert at.query_params["audience"] == "all"
    assert [switch(place).value for place in places] == [Audience.ALL, Audience.ALL]


def test_a_customers_page_has_details_and_history(
    use: Callable[[Path], Warehouse], sample_database: Path
) -> None:
    warehouse = use(sample_database)
    customer_id = str(
        reports.not_sent(warehouse, latest_sent(warehouse).campaign.campaign_id)["customer_id"].iloc[0]
    )
    customer = reports.customer(warehouse, customer_id, Audience.HUMAN).customer
    at = show("customer", id=customer_id)
    assert [title.value for title in at.title] == [formats.plain(customer.name)]
    assert [heading.value for heading in at.subheader] == ["Details", "Contact history"]


@pytest.mark.parametrize(
    ("page", "parameters", "title"),
    [
        ("campaign", {"id": "nowhere"}, "This campaign is not here"),
        ("campaign", {}, "This campaign is not here"),
        ("customer", {"id": "' OR 1=1 --"}, "This customer is not here"),
        ("customer", {}, "This customer is not here"),
    ],
)
def test_an_unknown_id_says_what_is_so_and_what_to_do(
    use: Callable[[Path], Warehouse], sample_database: Path, page: str, parameters: dict[str, str], title: str
) -> None:
    use(sample_database)
    at = show(page, **parameters)
    assert not at.exception
    assert [one.value for one in at.title] == [title]
    assert [link.label for link in at.page_link] == ["All campaigns"]


@pytest.mark.parametrize("page", ["campaigns", "campaign", "customer"])
def test_an_empty_database_says_how_to_fill_it(
    use: Callable[[Path], Warehouse], tmp_path: Path, page: str
) -> None:
    use(tmp_path / "nothing.duckdb")
    at = show(page, id="x")
    assert [one.value for one in at.title] == ["There are no campaigns yet"]
    assert "python -m mailsight sample" in words(at)
    assert [link.label for link in at.page_link] == ["Load data"]


@pytest.mark.parametrize("page", ["campaigns", "campaign", "customer", "data"])
def test_every_page_says_how_old_its_figures_are(
    use: Callable[[Path], Warehouse], sample_database: Path, page: str
) -> None:
    warehouse = use(sample_database)
    campaign_id = latest_sent(warehouse).campaign.campaign_id
    customer_id = str(reports.not_sent(warehouse, campaign_id)["customer_id"].iloc[0])
    at = show(page, id={"campaign": campaign_id, "customer": customer_id}.get(page, ""))
    assert [caption.value for caption in at.caption if caption.value.startswith("Updated ")]
    assert "Show newer data" not in [button.label for button in at.button]


@pytest.mark.parametrize(
    ("campaign_id", "tab", "says"),
    [
        ("unsent", "Status", "Nothing was sent yet"),
        ("unsent", "Timeline", "Not sent yet."),
        ("nobody", "Status", "This campaign has selected nobody yet."),
        ("no-events", "Timeline", "Nobody has opened or clicked yet."),
        ("no-html", "Heatmap", "The HTML of this e-mail was not loaded"),
        (odd_mailings.ODD_ID, "Status", "Odd id"),
        ("hostile", "Heatmap", "Customers"),
    ],
)
def test_a_campaign_unlike_others_has_a_helpful_page(
    use: Callable[[Path], Warehouse], odd_database: Path, campaign_id: str, tab: str, says: str
) -> None:
    use(odd_database)
    at = show("campaign", id=campaign_id)
    at.session_state["tab"] = tab
    at.run()
    said = words(at)
    assert says in said
    assert not {"None", "nan", "NaT", "null"} & set(said.split())


def test_the_cards_of_a_mailing_without_figures_show_no_rates(
    use: Callable[[Path], Warehouse], odd_database: Path
) -> None:
    use(odd_database)
    at = show("campaign", id="nobody")
    assert [metric.value for metric in at.metric] == ["0"] * 5
    assert [metric.delta for metric in at.metric] == [""] * 5


def test_names_from_outside_are_escaped(use: Callable[[Path], Warehouse], odd_database: Path) -> None:
    use(odd_database)
    at = show("campaign", id="hostile")
    assert [title.value for title in at.title] == [formats.plain(odd_mailings.HOSTILE_NAME)]
    assert "<script>" not in words(at)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in words(at)


def not_sent_customers() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("ann", "Ann", "ann@mail.example", "no_consent", None),
            ("bob", "=HYPERLINK(1)", None, "bounced_before", "+1 550 No such user"),
            ("cas", None, "cas@mail.example", "bounced_before", "mailbox full"),
        ],
        columns=["customer_id", "name", "email", "reason", "detail"],
    )


@pytest.mark.parametrize(
    ("reason", "wanted", "expected"),
    [
        (None, "", ["ann", "bob", "cas"]),
        (NotSentReason.BOUNCED_BEFORE, "", ["bob", "cas"]),
        (None, " MAIL.example ", ["ann", "cas"]),
        (NotSentReason.BOUNCED_BEFORE, "no such", ["bob"]),
        (None, ".*", []),
        (NotSentReason.BLOCKED, "", []),
    ],
)
def test_the_not_sent_can_be_searched(reason: NotSentReason | None, wanted: str, expected: list[str]) -> None:
    assert dialogs.matching(not_sent_customers(), reason, wanted)["customer_id"].tolist() == expected


def test_rows_as_csv_hold_no_formulas() -> None:
    assert exports.as_csv(not_sent_customers()).splitlines() == [
        "\N{ZERO WIDTH NO-BREAK SPACE}customer_id,name,email,reason,detail",
        "ann,Ann,ann@mail.example,no_consent,",
        "bob,'=HYPERLINK(1),,bounced_before,'+1 550 No such user",
        "cas,,cas@mail.example,bounced_before,mailbox full",
    ]
