"""The Share dialog."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.state.shares import Shares
from mailsight.state.store import Store
from mailsight.vocabulary import Role
from mailsight.warehouse.reader import Warehouse
from mailsight.web import shared
from tests.support.campaigns import newest_clicked
from tests.support.pages import show, words
from tests.support.visitors import become


@pytest.fixture
def kept(
    use: Callable[[Path], Warehouse], sample_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shares:
    use(sample_database)
    kept = Shares(Store(tmp_path / "m.state.sqlite"))
    monkeypatch.setattr(shared, "current", lambda: kept)
    return kept


def button(at: AppTest, label: str) -> None:
    next(button for button in at.button if button.label == label).click()
    at.run()


def test_a_link_is_created_shown_once_and_revoked(
    kept: Shares, sample_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(monkeypatch, Role.MARKETER)
    campaign_id = newest_clicked(sample_database)
    at = show("campaign", id=campaign_id, dialog="share")
    assert "Whoever has the link sees this campaign" in words(at)
    button(at, "Create link")
    [share] = kept.of_campaign(campaign_id)
    assert round((share.expires_at - share.created_at).total_seconds() / 86_400) == 30
    [link] = at.code
    opened = kept.find(link.value.rpartition("/shared/")[2])
    assert opened
    assert opened.share_id == share.share_id
    assert share.share_id in words(at)
    assert link.value not in str(dict(at.query_params))
    other = show("campaign", id=campaign_id, dialog="share")
    assert not other.code
    button(other, "Revoke")
    assert kept.of_campaign(campaign_id) == []
