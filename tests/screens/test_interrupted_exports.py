"""A page that goes on in another process offers the exports again that the first one was writing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.components import address
from mailsight.vocabulary import Role
from mailsight.warehouse.reader import Warehouse
from tests.support.campaigns import newest_clicked
from tests.support.pages import show, words
from tests.support.visitors import become

OFFER = "The server restarted before it had written "


@pytest.fixture
def campaign_id(use: Callable[[Path], Warehouse], sample_database: Path) -> str:
    return newest_clicked(use(sample_database))


def interrupted(monkeypatch: pytest.MonkeyPatch, campaign_id: str, *exports: object) -> AppTest:
    """A page whose browser was waiting for these exports when it lost the server."""
    once = [list(exports)]
    original = address.open_page

    def open_page(page: str, on_interrupted: Callable[[object], None]) -> None:
        original(page, on_interrupted)
        if once:
            on_interrupted(once.pop())

    monkeypatch.setattr(address, "open_page", open_page)
    return show("campaign", id=campaign_id, dialog="not-sent")


def test_its_button_offers_to_start_it_again(monkeypatch: pytest.MonkeyPatch, campaign_id: str) -> None:
    lost = {"button": f"not_sent:{campaign_id}", "form": "csv", "name": "not-sent.csv"}
    at = interrupted(monkeypatch, campaign_id, lost)
    assert f"{OFFER}not-sent.csv." in words(at)
    assert not at.toast
    at.button(key=f"export:not_sent:{campaign_id}:again").click().run()
    assert OFFER not in words(at)
    assert not [button for button in at.button if button.label == "Export again"]


def test_others_are_named(monkeypatch: pytest.MonkeyPatch, campaign_id: str) -> None:
    exports = [{"button": name, "form": "csv", "name": f"{name}.csv"} for name in ("here", "*there*")]
    at = interrupted(monkeypatch, campaign_id, *exports)
    assert [toast.value for toast in at.toast] == [f"{OFFER}here.csv and \\*there\\*.csv. Export again."]
    at.run()
    assert not at.toast


@pytest.mark.parametrize(
    "sent", [7, None, {}, {"button": "x", "form": "exe", "name": "x"}, {"button": "x", "name": "x"}, "text"]
)
def test_what_is_no_export_is_ignored(
    monkeypatch: pytest.MonkeyPatch, campaign_id: str, sent: object
) -> None:
    at = interrupted(monkeypatch, campaign_id, sent)
    assert not at.exception
    assert not at.toast


def test_nobody_is_offered_what_is_not_theirs(monkeypatch: pytest.MonkeyPatch, campaign_id: str) -> None:
    become(monkeypatch, Role.READER)
    lost = {"button": f"not_sent:{campaign_id}", "form": "csv", "name": "not-sent.csv"}
    at = interrupted(monkeypatch, campaign_id, lost)
    assert "Export again" not in [button.label for button in at.button]
