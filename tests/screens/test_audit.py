"""What people do on the pages is in the audit, and admins read it there."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.reports import recipients
from mailsight.reports.grid import grid_query
from mailsight.state import audit as state_audit
from mailsight.state.audit import Action
from mailsight.vocabulary import Audience, Role, Stage
from mailsight.warehouse.reader import Warehouse
from mailsight.web import audit
from tests.support.campaigns import newest_clicked
from tests.support.pages import show, words
from tests.support.visitors import become


@pytest.fixture
def data(
    use: Callable[[Path], Warehouse], sample_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Warehouse:
    """The sample data, with an audit of its own."""
    own = state_audit.beside(tmp_path / "m.duckdb", 0)
    monkeypatch.setattr(audit, "_recent", OrderedDict())
    monkeypatch.setattr(audit, "current", lambda: own)
    return use(sample_database)


@pytest.fixture
def campaign_id(data: Warehouse) -> str:
    return newest_clicked(data)


@pytest.fixture
def customer(data: Warehouse, campaign_id: str) -> dict[str, Any]:
    """Somebody who clicked."""
    with data.snapshot() as snapshot:
        query = grid_query(stage=Stage.CLICKED, end=1)
        return recipients.page(snapshot, campaign_id, Audience.HUMAN, query).rows[0]


Recorded = tuple[str, str, str, dict[str, Any]]


def recorded() -> list[Recorded]:
    """Action, campaign, customer and details of all entries, oldest first."""
    return [
        (entry.action, entry.campaign_id, entry.customer_id, dict(entry.details))
        for entry in reversed(audit.current().entries(size=100))
    ]


def test_opening_a_customer_and_their_mail_is_recorded_once(
    customer: dict[str, Any], campaign_id: str
) -> None:
    customer_id = customer["customer_id"]
    at = show("customer", id=customer_id)
    assert customer["name"] in words(at)
    at.run()
    opened: Recorded = ("opened_customer", "", customer_id, {})
    assert recorded() == [opened]
    for dialog in ("mail", "events"):
        at.query_params["dialog"] = f"{dialog}:{campaign_id}"
        at.run().run()
    assert recorded() == [
        opened,
        ("opened_mail", campaign_id, customer_id, {"copy": "archived"}),
        ("opened_events", campaign_id, customer_id, {}),
    ]


def test_searches_and_lists_are_recorded_without_what_was_searched_for(
    customer: dict[str, Any], campaign_id: str
) -> None:
    name = customer["name"]
    at = show("campaigns", dialog="find-customer")
    at.text_input(key="find_customer").set_value(name).run()
    at = show("campaigns", q="sale")
    at = show("campaign", id=campaign_id, dialog="not-sent")
    entries = recorded()
    assert [(entry[0], entry[1], entry[3]["list"]) for entry in entries] == [
        ("searched", "", "all customers"),
        ("searched", "", "campaigns"),
        ("listed_customers", campaign_id, "not-sent"),
    ]
    assert entries[0][3]["length"] == len(name)
    assert name not in str(entries)


def test_pages_without_customers_leave_no_entry(campaign_id: str) -> None:
    show("campaigns")
    show("campaign", id=campaign_id, tab="timeline")
    show("compare", id=[campaign_id, campaign_id])
    assert recorded() == []


def at_audit(**parameters: str) -> AppTest:
    at = show("audit", **parameters)
    assert not at.exception
    return at


@pytest.mark.usefixtures("data")
def test_admins_search_the_audit_and_page_through_it() -> None:
    for number in range(120):
        audit.current().record(
            "ann@x.example", "admin", Action.EXPORTED, campaign_id="k1", list=f"list {number}"
        )
    audit.current().record("bob@x.example", "analyst", Action.OPENED_CUSTOMER, customer_id="7")
    at = at_audit()
    assert "121 entries" in words(at)
    assert recorded()[-1] == ("read_audit", "", "", {"filters": []})
    at.text_input(key="audit_person").set_value("Ann@x.example").run()
    assert "120 entries" in words(at)
    # Whom the admin searches for is not in the address.
    assert "ann" not in str(dict(at.query_params)).lower()
    older = next(button for button in at.button if button.label == "Older")
    older.click().run()
    assert at.query_params["before"] == "71"
    newest = next(button for button in at.button if button.label == "Newest")
    assert not newest.disabled


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"action": "opened_customer"}, "1 entry"),
        ({"about": "7"}, "1 entry"),
        ({"about": "k1"}, "1 entry"),
        ({"about": "nobody"}, "0 entries"),
        ({"from": "2000-01-01", "to": "2000-01-02"}, "0 entries"),
        ({"from": f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"}, "2 entries"),
        ({"action": "no-such", "before": "x", "about": "a@b.example"}, "2 entries"),
    ],
)
def test_the_address_keeps_the_search(parameters: dict[str, str], count: str) -> None:
    audit.current().record("ann", "admin", Action.OPENED_CUSTOMER, customer_id="7")
    audit.current().record("ann", "admin", Action.EXPORTED, campaign_id="k1", list="links")
    assert count in words(at_audit(**parameters))


@pytest.mark.usefixtures("data")
def test_others_may_not_read_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, Role.ANALYST)
    at = show("audit")
    assert "does not include the audit" in words(at)
    assert recorded()[-1] == ("refused", "", "", {"what": "page audit"})
    assert not at.text_input
    assert "Audit" not in [link.proto.label for link in show("data").get("page_link")]
