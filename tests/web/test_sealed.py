"""No address names a person, even where a customer's id is their e-mail address."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.figures import formats
from mailsight.loading import bundles
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from mailsight.web import addresses, parameters, sealed
from mailsight.web.parameters import Dialog
from tests.support.bundles import bundle, ndjson
from tests.support.pages import show
from tests.support.visitors import local

ANNA = "anna@home.example"


pytestmark = pytest.mark.usefixtures("sealed_ids")


@given(st.text() | st.text().map(lambda text: f"{text}@x.example") | st.text().map(lambda text: f"~{text}"))
def test_an_id_is_read_as_it_was_written(text: str) -> None:
    written = sealed.seal(text)
    assert "@" not in written
    assert sealed.unsealed(written) == text
    assert sealed.seal(text) == written


def test_the_key_is_of_the_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = sealed.seal(ANNA)
    sealed._key.cache_clear()  # noqa: SLF001  # as in another process
    assert sealed.seal(ANNA) == written
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path / "m.duckdb"))
    assert sealed.seal(ANNA) != written
    assert sealed.unsealed(written) == written


def test_without_a_readable_state_pages_still_link_to_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.state.sqlite").write_bytes(b"not a database" * 100)
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path / "m.duckdb"))
    assert sealed.unsealed(sealed.seal(ANNA)) == ANNA


def test_addresses_with_an_id_that_is_an_address_name_nobody() -> None:
    dialog = Dialog("mail", ANNA)
    written = addresses.query(
        (parameters.ID, ANNA), (parameters.MAIL_BESIDE, ANNA), (parameters.CAMPAIGN_DIALOG, dialog)
    )
    assert "anna" not in str([written, addresses.customer(ANNA, Audience.ALL)])
    assert parameters.CAMPAIGN_DIALOG.value(written["dialog"]) == dialog
    assert parameters.ID.value([ANNA]) == ANNA  # older addresses


def test_the_page_of_a_customer_known_from_events_only(
    use: Callable[[Path], Warehouse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {
        "type": "opened",
        "campaign_id": "spring",
        "recipient": ANNA,
        "occurred_at": "2026-04-14T10:00:00Z",
    }
    database = tmp_path / "data" / "m.duckdb"
    bundles.load(database, [bundle(tmp_path / "bundle", {"events.ndjson": ndjson(event)})])
    use(database)
    with local(monkeypatch):
        at = show("customer", id=sealed.seal(ANNA), dialog="events:spring")
    assert [title.value for title in at.title] == [formats.plain(ANNA)]
    assert "anna" not in str(dict(at.query_params))
