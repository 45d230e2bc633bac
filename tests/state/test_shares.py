"""Links to shared reports: only whoever has a link can open it, until it ends."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailsight.state import shares
from mailsight.state.shares import Sharer, Shares
from mailsight.state.store import Store
from mailsight.vocabulary import Audience, Role
from mailsight.warehouse.scope import Scope

SHARER = Sharer("ann@x.example", Role.MARKETER, Scope(tags=frozenset({"b", "a"})), {"email": "ann@x.example"})


@pytest.fixture
def kept(tmp_path: Path) -> Shares:
    return Shares(Store(tmp_path / "m.state.sqlite"))


def create(kept: Shares, days: float = 7, sharer: Sharer = SHARER) -> str:
    expires_at = datetime.now(UTC) + timedelta(days=days)
    return kept.create(shares.new_id(), "k1", Audience.ALL, sharer, expires_at)


def test_a_token_opens_its_link_and_is_not_stored(kept: Shares) -> None:
    assert kept.find("anything") is None
    token, other = create(kept), create(kept)
    assert token != other
    assert len(token) >= 43
    assert token.encode() not in kept.store.file.read_bytes()
    share = kept.find(token)
    assert share
    assert (share.campaign_id, share.audience, share.sharer, share.views) == ("k1", Audience.ALL, SHARER, 0)
    for wrong in ("", token[:-1], token + "a", token.swapcase(), share.share_id, "%"):
        assert kept.find(wrong) is None


def test_a_link_ends_when_it_expires_or_is_revoked(kept: Shares) -> None:
    tokens = [create(kept, days) for days in (-1, 1, 1)]
    assert kept.find(tokens[0]) is None
    revoked = kept.find(tokens[1])
    assert revoked
    kept.revoke(revoked.share_id, "ann")
    assert kept.find(tokens[1]) is None
    assert [share.share_id for share in kept.of_campaign("k1")] == [
        share.share_id for share in [kept.find(tokens[2])] if share
    ]
    assert kept.of_campaign("k2") == []


def test_views_are_counted(kept: Shares) -> None:
    token = create(kept)
    for _ in range(3):
        share = kept.find(token)
        assert share
        kept.count_view(share)
    share = kept.find(token)
    assert share
    assert share.views == 3


def test_claims_follow_their_person_also_to_another_address(kept: Shares) -> None:
    identity = {"iss": "https://login.example", "sub": "1"}
    others: list[dict[str, str]] = [{"sub": "1"}, identity | {"iss": "https://other.example"}]
    links = [create(kept)] + [
        create(kept, sharer=Sharer("bob", Role.ADMIN, Scope(), claims)) for claims in (identity, *others)
    ]
    claims: dict[str, Any] = identity | {"groups": []}
    kept.update_claims("ann@x.example", claims)
    assert [share.sharer.claims for link in links if (share := kept.find(link))] == [claims, claims, *others]


def test_links_that_ended_long_ago_are_forgotten(kept: Shares, monkeypatch: pytest.MonkeyPatch) -> None:
    create(kept)
    later = time.time() + 200 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    create(kept, 300)
    with kept.store.transaction() as connection:
        assert connection.execute("select count(*) from shares").fetchone()[0] == 1


def test_reading_creates_no_file(kept: Shares) -> None:
    assert kept.of_campaign("k1") == []
    kept.update_claims("ann", {})
    assert not kept.store.file.exists()
