"""The pages in Streamlit's test harness, without a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailsight.figures import explanations, formats
from mailsight.figures.metrics import COR, FIGURES, MIN_RELIABLE, RATES, WHOLES, Portion, mean
from mailsight.loading import bundles
from mailsight.reports import campaign, recipients
from mailsight.reports import campaigns as list_reports
from mailsight.reports import customer as customer_reports
from mailsight.reports.search import EVERYTHING
from mailsight.screens.campaign import figures
from mailsight.vocabulary import Audience, NotSentReason, Role
from mailsight.warehouse.reader import Warehouse
from mailsight.web import addresses, configuration, parameters
from tests.support import odd_campaigns
from tests.support.broken_secrets import GOOD
from tests.support.campaigns import listed, newest_sent
from tests.support.pages import shell, show, words
from tests.support.visitors import become


@pytest.fixture(scope="module")
def odd_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    bundles.load(folder / "mailsight.duckdb", [odd_campaigns.write(folder / "bundle")])
    return folder / "mailsight.duckdb"


def latest_sent(warehouse: Warehouse) -> campaign.CampaignReport:
    return campaign.report(warehouse.snapshot(), newest_sent(warehouse), Audience.HUMAN)


def test_the_list_has_the_totals_of_all_campaigns(
    use: Callable[[Path], Warehouse], sample_database: Path
) -> None:
    results = list_reports.search_totals(use(sample_database).snapshot(), Audience.HUMAN, EVERYTHING)
    at = show()
    assert [title.value for title in at.title] == ["Campaigns"]
    assert {metric.label: metric.value for metric in at.metric} == {
        "Campaigns": str(results.campaigns),
        **{
            FIGURES[key].label: formats.count(getattr(results.totals, key))
            for key in ("sent", "not_sent", "opted_out")
        },
        **{rate.label: formats.percent(rate.rate(results.totals)) for rate in RATES},
    }


def test_a_search_narrows_the_list_and_its_totals(
    use: Callable[[Path], Warehouse], sample_database: Path
) -> None:
    campaigns = listed(use(sample_database))
    at = show()
    at.text_input(key="search").set_value(campaigns[1].name).run()
    assert at.metric[0].value == f"1 of {len(campaigns)}"
    assert at.metric[1].value == formats.count(campaigns[1].counts.sent)


def test_a_date_range_includes_whole_days(use: Callable[[Path], Warehouse], sample_database: Path) -> None:
    days = sorted(
        listed_campaign.sent_at.date()
        for listed_campaign in listed(use(sample_database))
        if listed_campaign.sent_at
    )
    at = show()
    at.date_input(key="sent").set_value((days[1], days[1])).run()
    assert at.metric[0].value.startswith("1 of ")
    at.date_input(key="sent").set_value((days[1],)).run()
    assert at.metric[0].value.startswith(f"{len(days) - 1} of ")


@pytest.fixture
def sign_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sets up sign-in."""
    monkeypatch.setattr(configuration.Files, "texts", lambda _: {Path("secrets.toml"): GOOD})
    configuration.started.cache_clear()
    yield
    configuration.started.cache_clear()


@pytest.mark.usefixtures("sign_in")
@pytest.mark.parametrize("page", ["campaigns", "campaign", "compare", "customer", "data"])
def test_nobody_sees_a_page_before_signing_in(
    use: Callable[[Path], Warehouse], sample_database: Path, page: str
) -> None:
    report = latest_sent(use(sample_database))
    at = shell()
    at.switch_page(f"../pages/{page}.py")
    at.query_params["id"] = report.campaign.campaign_id
    at.run()
    assert not at.exception
    assert [title.value for title in at.title] == ["Sign in to Mailsight"]
    assert [button.label for button in at.button] == ["Sign in"]
    assert not at.metric


def test_a_campaign_page_has_its_sections_in_order(
    use: Callable[[Path], Warehouse], sample_database: Path
) -> None:
    report = latest_sent(use(sample_database))
    at = show("campaign", id=report.campaign.campaign_id)
    assert [title.value for title in at.title] == [formats.plain(report.campaign.name)]
    assert [button.label for button in at.button if "counted" not in (button.key or "")] == [
        "Selection",
        "Preview e-mail",
        "See details",
    ]
    assert [heading.value for heading in at.header] == [
        "Opened and clicked",
        "Status of messages",
        "Customers",
    ]
    assert [tab.label for tab in at.tabs] == [
        "Status",
        "Heatmap",
        "Timeline",
        "Weekday and hour",
        "Mailbox providers",
        "Mail programs",
    ]
    made_by_machines = (
        f"**{formats.of(report.machine_opens, report.all_opens)} opens** and "
        f"**{formats.of(report.machine_clicks, report.all_clicks)} clicks** were made by machines and are left out."
    )
    assert [text.value for text in at.markdown if made_by_machines in text.value]
    assert 0 < report.machine_opens < report.all_opens


@pytest.mark.parametrize("button", ["Selection", "Preview e-mail", "See details"])
def test_every_button_of_a_campaign_opens_its_dialog(
    use: Callable[[Path], Warehouse], sample_database: Path, button: str
) -> None:
    report = latest_sent(use(sample_database))
    at = show("campaign", id=report.campaign.campaign_id)
    next(shown for shown in at.button if shown.label == button).click().run()
    assert not at.exception


@pytest.mark.parametrize("key", figures.CARDS)
def test_a_card_shows_its_figure_explanation_and_change(sample_database: Path, key: str) -> None:
    report = latest_sent(Warehouse(sample_database))
    whole = WHOLES[key]
    portion = Portion(getattr(report.counts, key), getattr(report.counts, whole))
    before = [
        Portion(getattr(earlier.counts, key), getattr(earlier.counts, whole)).rate
        for earlier in report.previous
    ]
    known = [rate for rate in before if rate is not None]
    usual = mean(known)
    assert portion.rate is not None
    assert usual is not None
    card = figures.card(report, key)
    assert card.value == formats.count(portion.part)
    assert card.tip == explanations.in_short(key, report.counts)
    assert card.change.split(" ")[-1] == formats.points(portion.rate - usual)
    assert card.tone == ""
    assert "Too few earlier campaigns to tell" in card.reason
    assert [point.share for point in card.trend] == [*known, portion.rate]
    assert [point.href for point in card.trend] == [
        addresses.campaign(earlier.campaign_id, Audience.HUMAN) for earlier in report.previous
    ] + [""]
    assert card.note == (
        f"{formats.rate(portion)} of {formats.count(portion.whole)} {FIGURES[whole].label.lower()}"
    )
    assert card.attention == ("Who and why" if key == "not_sent" else "")


def test_a_rate_over_few_messages_is_shown_with_its_interval(
    use: Callable[[Path], Warehouse], odd_database: Path
) -> None:
    report = campaign.report(use(odd_database).snapshot(), "hostile", Audience.HUMAN)
    portion = COR.portion(report.counts)
    assert 0 < portion.whole < MIN_RELIABLE
    interval = formats.interval(portion.interval)
    assert figures.card(report, "opened").note == (
        f"{formats.percent(portion.rate)} ({interval}) of {portion.whole} delivered"
    )


def test_the_audience_is_portion_the_url(use: Callable[[Path], Warehouse], sample_database: Path) -> None:
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
        recipients.not_sent(warehouse.snapshot(), latest_sent(warehouse).campaign.campaign_id).customers[0][
            "customer_id"
        ]
    )
    customer = customer_reports.report(warehouse.snapshot(), customer_id, Audience.HUMAN).customer
    at = show("customer", id=customer_id)
    assert [title.value for title in at.title] == [formats.plain(customer.name)]
    assert [heading.value for heading in at.header] == ["Details", "Contact history"]


@pytest.mark.parametrize(
    ("page", "parameters", "title"),
    [
        ("campaign", {"id": "nowhere"}, "Campaign not found"),
        ("campaign", {}, "Campaign not found"),
        ("customer", {"id": "' OR 1=1 --"}, "Customer not found"),
        ("customer", {}, "Customer not found"),
    ],
)
def test_an_unknown_id_shows_an_error_and_a_next_step(
    use: Callable[[Path], Warehouse], sample_database: Path, page: str, parameters: dict[str, str], title: str
) -> None:
    use(sample_database)
    at = show(page, **parameters)
    assert not at.exception
    assert [shown.value for shown in at.title] == [title]
    assert [link.label for link in at.page_link] == ["All campaigns"]


@pytest.mark.parametrize("page", ["campaigns", "campaign", "customer"])
def test_an_empty_database_shows_how_to_load_data(
    use: Callable[[Path], Warehouse], tmp_path: Path, page: str
) -> None:
    use(tmp_path / "nothing.duckdb")
    at = show(page, id="x")
    assert [title.value for title in at.title] == ["No campaigns yet"]
    assert "python -m mailsight sample" in words(at)
    assert [link.label for link in at.page_link] == ["Load data"]


@pytest.mark.parametrize(
    ("role", "tags", "page", "message"),
    [
        (Role.ANALYST, (), "campaigns", "Nothing has been loaded"),
        (Role.MARKETER, ("brand a",), "customer", "Nothing has been loaded"),
        (Role.ANALYST, (), "data", "No data has been loaded yet."),
    ],
)
def test_whoever_may_not_upload_is_sent_to_an_admin(
    use: Callable[[Path], Warehouse],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
    tags: tuple[str, ...],
    page: str,
    message: str,
) -> None:
    use(tmp_path / "nothing.duckdb")
    become(monkeypatch, role, *tags)
    at = show(page, id="x")
    assert message in words(at)
    assert "Ask an admin to upload it." in words(at)
    assert "Upload your own" not in words(at)
    assert "Load data" not in [link.label for link in at.page_link]


def test_a_role_that_covers_no_campaign_is_no_empty_database(
    use: Callable[[Path], Warehouse], sample_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(sample_database)
    become(monkeypatch, Role.MARKETER, "no such tag")
    assert "No campaigns that your role covers have been loaded yet." in words(show())


@pytest.mark.parametrize("page", ["campaigns", "campaign", "customer", "data"])
def test_every_page_says_how_old_its_figures_are(
    use: Callable[[Path], Warehouse], sample_database: Path, page: str
) -> None:
    warehouse = use(sample_database)
    campaign_id = latest_sent(warehouse).campaign.campaign_id
    customer_id = str(recipients.not_sent(warehouse.snapshot(), campaign_id).customers[0]["customer_id"])
    at = show(page, id={"campaign": campaign_id, "customer": customer_id}.get(page, ""))
    assert [caption.value for caption in at.caption if caption.value.startswith("Updated ")]
    assert "Show newer data" not in [button.label for button in at.button]


@pytest.mark.parametrize(
    ("campaign_id", "tab", "says"),
    [
        ("unsent", "Status", "Not sent yet."),
        ("unsent", "Timeline", "Not sent yet."),
        ("nobody", "Status", "No customers have been selected for this campaign yet."),
        ("no-events", "Timeline", "Nobody has opened or clicked yet."),
        ("unsent", "Weekday and hour", "Not sent yet."),
        ("no-events", "Weekday and hour", "Nobody has opened or clicked yet."),
        ("unsent", "Mail programs", "Not sent yet."),
        ("no-events", "Mail programs", "Nobody has opened or clicked yet."),
        ("unsent", "Mailbox providers", "Results by mailbox provider."),
        ("nobody", "Mailbox providers", "No customers have been selected for this campaign yet."),
        ("hostile", "Mailbox providers", "Results by mailbox provider."),
        ("no-html", "Heatmap", "This e-mail's HTML has not been loaded"),
        (odd_campaigns.ODD_ID, "Status", "Odd id"),
        ("hostile", "Heatmap", "Customers"),
    ],
)
def test_an_unusual_campaign_has_a_helpful_page(
    use: Callable[[Path], Warehouse], odd_database: Path, campaign_id: str, tab: str, says: str
) -> None:
    use(odd_database)
    at = show("campaign", id=campaign_id, tab=parameters.slug(tab))
    text = words(at)
    assert says in text
    assert not {"None", "nan", "NaT", "null"} & set(text.split())


def test_the_cards_of_a_campaign_without_figures_show_no_rates(
    use: Callable[[Path], Warehouse], odd_database: Path
) -> None:
    report = campaign.report(use(odd_database).snapshot(), "nobody", Audience.HUMAN)
    assert not show("campaign", id="nobody").exception
    shown = [figures.card(report, key) for key in figures.CARDS]
    assert [card.value for card in shown] == ["0"] * 5
    assert [(card.change, card.attention) for card in shown] == [("", "")] * 5


def test_untrusted_names_are_escaped(use: Callable[[Path], Warehouse], odd_database: Path) -> None:
    use(odd_database)
    at = show("campaign", id="hostile")
    assert [title.value for title in at.title] == [formats.plain(odd_campaigns.HOSTILE_NAME)]
    assert "<script>" not in words(at)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in words(at)


@pytest.fixture(scope="module")
def unsent_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that was sent to nobody, for several reasons."""
    folder = tmp_path_factory.mktemp("unsent")
    (folder / "customers.csv").write_text("customer_id,name\nann,Ann\nbob,=HYPERLINK(1)\n")
    (folder / "messages.csv").write_text(
        "campaign_id,customer_id,email,not_sent_reason,not_sent_detail\n"
        "spring,ann,ann@mail.example,no_consent,\n"
        "spring,bob,,bounced_before,+1 550 No such user\n"
        "spring,cas,cas@mail.example,bounced_before,mailbox full\n"
    )
    bundles.load(folder / "mailsight.duckdb", [folder])
    return folder / "mailsight.duckdb"


@pytest.mark.parametrize(
    ("reason", "wanted", "expected"),
    [
        (None, "", ["bob", "ann", "cas"]),
        (NotSentReason.BOUNCED_BEFORE, "", ["bob", "cas"]),
        (None, " MAIL.example ", ["ann", "cas"]),
        (NotSentReason.BOUNCED_BEFORE, "no such", ["bob"]),
        (None, ".*", []),
        (NotSentReason.BLOCKED, "", []),
    ],
)
def test_customers_who_were_not_mailed_can_be_searched(
    unsent_database: Path, reason: NotSentReason | None, wanted: str, expected: list[str]
) -> None:
    reader = Warehouse(unsent_database)
    result = recipients.not_sent(reader.snapshot(), "spring", reason, wanted)
    assert ([row["customer_id"] for row in result.customers], result.total) == (expected, len(expected))
    block = recipients.not_sent(reader.snapshot(), "spring", reason, wanted, start=1, size=1)
    assert ([row["customer_id"] for row in block.customers], block.total) == (expected[1:2], len(expected))


def test_a_page_says_why_it_does_not_show_the_newest_data(
    use: Callable[[Path], Warehouse], sample_database: Path, tmp_path: Path
) -> None:
    database = tmp_path / "mailsight.duckdb"
    database.symlink_to(sample_database.resolve())
    use(database)
    assert "not the newest data" not in words(show())
    database.unlink()
    database.write_bytes(sample_database.read_bytes()[:50_000])
    at = show()
    assert [title.value for title in at.title] == ["Campaigns"]
    assert f"This is not the newest data. {formats.plain(f'{database} is incomplete.')}" in words(at)
