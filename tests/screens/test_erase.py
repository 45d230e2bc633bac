"""Admins erase a customer on their page."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.loading import bundles
from mailsight.state import audit
from mailsight.vocabulary import Role
from mailsight.warehouse.reader import Warehouse
from tests.support.pages import show, words
from tests.support.visitors import become

CAMPAIGNS = "campaign_id,name\nspring,Spring\n"
CUSTOMERS = "customer_id,email,name\nC1,ann@home.example,Ann Birch\nC2,ben@home.example,Ben Ash\n"
MESSAGES = "campaign_id,customer_id,sent_at\nspring,C1,2026-04-14\nspring,C2,2026-04-14\n"


@pytest.fixture
def shop(use: Callable[[Path], Warehouse], tmp_path: Path) -> Path:
    """A database with two customers of one campaign, which pages show."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, text in (("campaigns", CAMPAIGNS), ("customers", CUSTOMERS), ("messages", MESSAGES)):
        (folder / f"{name}.csv").write_text(text)
    database = tmp_path / "data" / "mailsight.duckdb"
    bundles.load(database, [folder])
    use(database)
    return database


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def press(at: AppTest, key_or_label: str) -> None:
    # The button of the dialog comes after that of the page, and has the same label.
    [*_, button] = [button for button in at.button if button.label == key_or_label]
    button.click()
    at.run()


def counts(database: Path) -> dict[str, int]:
    with Warehouse(database).snapshot() as data:
        return {row["name"]: row["rows"] for row in data.rows("table_rows")}


@pytest.mark.slow
def test_a_customer_is_erased_after_agreeing(shop: Path) -> None:
    before = counts(shop)
    press(at := show("customer", id="C1"), "Erase")
    assert "can't be undone" in words(at)
    [*_, button] = [button for button in at.button if button.label == "Erase"]
    assert button.disabled
    assert counts(shop) == before
    at.checkbox(key="erase:C1").check()
    at.run()
    press(at, "Erase")
    assert [each.value for each in at.success] == ["Erased. All figures are what they were."]
    assert counts(shop) == before
    [entry] = [each for each in audit.beside(shop, 24).entries(size=10) if each.action == "erased"]
    assert (entry.details["people"], "C1" in str(entry)) == ("1", False)
    assert "Customer not found" in [title.value for title in show("customer", id="C1").title]
    assert words(show("customer", id="C2"))


def test_only_admins_see_the_button_and_the_dialog(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Erase" in labels(show("customer", id="C1"))
    become(monkeypatch, Role.ANALYST)
    for at in (show("customer", id="C1"), show("customer", id="C1", dialog="erase")):
        assert "Erase" not in labels(at)
        assert "Ann Birch" in [title.value for title in at.title]
        assert not at.checkbox
    assert counts(shop)["customers"] == 2
