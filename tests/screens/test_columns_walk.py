"""An unknown table in a real browser: what its columns are is suggested, corrected, loaded and kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.browsing import visit
from tests.support.spoken import oddities

pytestmark = pytest.mark.browser

MARCH = """Mandant;E-Mail;Vorname;Name;Vorgang;Zeitpunkt;Link
Frühling;ann@example.com;Ann;Jansen;Zugestellt;03.04.2026 09:00;
Frühling;ann@example.com;Ann;Jansen;Geöffnet;03.04.2026 09:10;
Frühling;ann@example.com;Ann;Jansen;Geklickt;03.04.2026 09:11;https://shop.example/a
Frühling;bob@example.com;Bob;Bär;Rückläufer;03.04.2026 09:00;
"""


def test_an_unknown_table_is_corrected_loaded_and_known_the_next_time(
    browser: Browser, serve: Callable[..., str], tmp_path: Path
) -> None:
    address = serve(tmp_path / "mailsight.duckdb")
    (tmp_path / "protokoll.csv").write_bytes(MARCH.encode("cp1252"))
    (tmp_path / "mai.csv").write_bytes(MARCH.replace("Frühling", "Mai").encode("utf-16"))
    with visit(browser) as (page, wrong):
        page.goto(address)
        page.get_by_role("link", name="Load data").click()
        page.get_by_role("button", name="Upload", exact=True).click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name="Load", exact=True)).to_be_disabled()

        page.locator('input[type="file"]').set_input_files(tmp_path / "protokoll.csv")
        expect(dialog.get_by_text("What is in protokoll.csv?")).to_be_visible()
        expect(select(dialog, "One row is")).to_have_value("an event")
        expect(select(dialog, "Vorgang")).to_have_value("What happened")
        expect(dialog.get_by_role("textbox", name="Campaign")).to_have_value("protokoll")
        assert oddities(dialog.aria_snapshot()) == []
        choose(dialog, "Mandant", "Campaign name")
        expect(dialog.get_by_role("textbox", name="Campaign")).to_have_count(0)
        expect(dialog.get_by_role("table", name="Preview of campaigns")).to_contain_text("Frühling")
        expect(dialog.get_by_role("table", name="Preview of events").get_by_role("row")).to_have_count(5)
        dialog.get_by_role("button", name="Load", exact=True).click()
        expect(dialog.get_by_text("Upload complete.")).to_be_visible()

        dialog.get_by_role("button", name="Upload more").click()
        page.locator('input[type="file"]').set_input_files(tmp_path / "mai.csv")
        expect(dialog.get_by_text("These columns were loaded before")).to_be_visible()
        expect(select(dialog, "Mandant")).to_have_value("Campaign name")
        dialog.get_by_role("button", name="Load", exact=True).click()
        expect(dialog.get_by_text("Upload complete.")).to_be_visible()
        dialog.get_by_role("button", name="Done").click()

        page.get_by_role("link", name="Campaigns", exact=True).click()
        expect(page.get_by_role("link", name="Mai", exact=True)).to_be_visible()
        page.get_by_role("link", name="Frühling", exact=True).click()
        expect(page.get_by_role("heading", name="Frühling")).to_be_visible()
        assert wrong == []


def select(dialog: Locator, label: str) -> Locator:
    return dialog.get_by_role("combobox", name=label, exact=False).first


def choose(dialog: Locator, label: str, choice: str) -> None:
    select(dialog, label).click()
    dialog.page.get_by_role("option", name=choice, exact=True).click()
