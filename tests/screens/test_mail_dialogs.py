"""The dialogs that show an e-mail: previewing as a customer, and customers who were not sent it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.loading import bundles
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import CAMPAIGN, EVENT, bundle, ndjson
from tests.support.waiting import PATIENCE_SECONDS

SENT = {"campaign_id": "spring", "sent_at": "2026-04-14T09:00:00Z"}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dialogs")
    names = {"1": "Ann", "2": "Bob", "3": "Cas", "4": "Dee"}
    customers = [
        {
            "customer_id": key,
            "name": f"{name} Lee",
            "first_name": name,
            "email": f"{name}@mail.example".lower(),
        }
        for key, name in names.items()
    ]
    messages: list[dict[str, object]] = [
        {**SENT, "customer_id": "1"},
        {
            "campaign_id": "spring",
            "customer_id": "2",
            "not_sent_reason": "opted_out",
            "not_sent_detail": "In May",
        },
        {"campaign_id": "spring", "customer_id": "3"},
        {**SENT, "customer_id": "4"},
        {"campaign_id": "later", "customer_id": "1"},
        {"campaign_id": "later", "customer_id": "2", "not_sent_reason": "no_consent"},
    ]
    bounce = {**EVENT, "customer_id": "4", "type": "bounced", "bounce_type": "hard", "diagnostic": "550 gone"}
    files = {
        "mail.html": "<p>Dear {{first_name}}",
        "campaigns.ndjson": ndjson(CAMPAIGN, CAMPAIGN | {"campaign_id": "later"}),
        "customers.ndjson": ndjson(*customers),
        "messages.ndjson": ndjson(*messages),
        "events.ndjson": ndjson(bounce),
    }
    bundles.load(folder / "m.duckdb", [bundle(folder / "bundle", files)])
    return folder / "m.duckdb"


@pytest.fixture
def dialog(use: Callable[[Path], Warehouse], database: Path) -> Callable[..., AppTest]:
    """Opens a dialog of `dialogs.mail` by name, with these arguments."""
    use(database)

    def script(name: str, *arguments: str) -> None:
        from mailsight.components import address
        from mailsight.screens.dialogs import mail

        address.open_page("campaign")
        getattr(mail, name)(*arguments)

    def opened(*arguments: str) -> AppTest:
        page = AppTest.from_function(script, args=arguments, default_timeout=PATIENCE_SECONDS).run()
        assert not page.exception
        return page

    return opened


def shown(page: AppTest) -> str:
    """The lines with the chosen customer and the subject."""
    return " ".join(element.proto.body for element in page.get("html"))


def step(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def test_a_preview_steps_through_the_customers_who_were_sent_it(dialog: Callable[..., AppTest]) -> None:
    page = dialog("preview", "spring")
    assert "Sample values" in shown(page)
    assert "<b>Hi Alex</b>" in shown(page)
    assert next(button for button in page.button if button.label == "Previous customer").disabled
    page = step(page, "Next customer")
    assert "Ann Lee</b><span>Customer 1 of 2" in shown(page)
    assert "<b>Hi Ann</b>" in shown(page)
    page = step(page, "Next customer")
    assert "Dee Lee</b><span>Customer 2 of 2" in shown(page)
    assert "did not receive" in page.warning[0].value
    assert "550 gone" in page.warning[0].value
    assert next(button for button in page.button if button.label == "Next customer").disabled
    assert page.query_params["dialog"] == "preview:4"
    page = step(step(page, "Previous customer"), "Previous customer")
    assert "<b>Hi Alex</b>" in shown(page)
    assert page.query_params["dialog"] == "preview"


def test_a_preview_shows_the_merge_fields_on_request(dialog: Callable[..., AppTest]) -> None:
    page = dialog("preview", "spring")
    page = next(toggle for toggle in page.toggle if toggle.label == "Merge fields").set_value(True).run()
    assert "<b>Hi {{first_name}}</b>" in shown(page)


def test_a_search_in_the_preview_finds_everyone_selected(dialog: Callable[..., AppTest]) -> None:
    page = dialog("preview", "spring").text_input[0].set_value("lee").run()
    assert "Ann Lee</b><span>Match 1 of 4" in shown(page)
    page = step(page, "Next customer")
    assert "Bob Lee</b><span>Match 2 of 4" in shown(page)
    assert (
        page.warning[0].value
        == "**Bob Lee was not sent this e-mail.** The customer had unsubscribed earlier. In May"
    )
    assert "**Not sent.** What this customer would have received" in page.caption[0].value
    page = page.text_input[0].set_value("nobody").run()
    assert "Sample values</b><span>No customer matches" in shown(page)


@pytest.mark.parametrize(
    ("campaign", "customer", "says"),
    [
        (
            "spring",
            "2",
            "**Bob Lee was not sent this e-mail.** The customer had unsubscribed earlier. In May",
        ),
        ("spring", "3", "**Cas Lee was not sent this e-mail.** No reason is known."),
        ("later", "2", "**Bob Lee will not be sent this e-mail.** The customer never agreed"),
    ],
)
def test_a_customer_who_was_not_sent_the_mail_has_none(
    dialog: Callable[..., AppTest], campaign: str, customer: str, says: str
) -> None:
    page = dialog("customer_mail", campaign, customer)
    assert page.warning[0].value.startswith(says)
    assert "Hi" not in shown(page)
    [offer] = page.toggle
    assert offer.label.startswith("Show what they would")
    page = offer.set_value(True).run()
    assert "<b>Hi " in shown(page)
    assert page.caption[0].value.startswith("**Not sent")


def test_a_planned_mail_is_shown_as_planned(dialog: Callable[..., AppTest]) -> None:
    page = dialog("customer_mail", "later", "1")
    assert page.info[0].value == "**Not sent yet.** This e-mail is planned for Ann Lee."
    assert "<b>Hi Ann</b>" in shown(page)
    assert "Not sent yet" in page.caption[0].value
