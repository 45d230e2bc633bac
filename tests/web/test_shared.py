"""Shared reports: for whoever has the link, as long as whoever shared it may see them."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from mailsight.errors import NotAllowed, NotInRole, StateUnreadable
from mailsight.exports import report
from mailsight.state import audit as state_audit
from mailsight.state import shares
from mailsight.state.shares import Sharer, Shares
from mailsight.state.store import Store
from mailsight.vocabulary import Audience, Role
from mailsight.warehouse.reader import Warehouse
from mailsight.warehouse.scope import Scope
from mailsight.web import audit, configuration, rates, sessions, shared
from mailsight.web.access import Access, Grant, People, Viewer, people
from mailsight.web.configuration import Configuration
from mailsight.web.logs import RequestLog
from tests.support.campaigns import listed, newest_clicked

ANN = {"email": "ann@x.example", "email_verified": True, "groups": ["staff"], "sub": "1", "name": "Ann"}
SHARER = Sharer("ann@x.example", Role.MARKETER, Scope(), {"email": "ann@x.example", "email_verified": True})


def grants(*entries: str, role: Role = Role.MARKETER, tags: tuple[str, ...] = ()) -> Access:
    return Access(sign_in=True, grants=(Grant(role, people("", entries), frozenset(tags)),))


@pytest.fixture
def access(monkeypatch: pytest.MonkeyPatch) -> Callable[[Access], None]:
    """A function that changes who has which role."""

    def change(access: Access) -> None:
        monkeypatch.setattr(configuration, "current", lambda: Configuration(access))

    return change


@pytest.fixture
def kept(
    use: Callable[[Path], Warehouse],
    sample_database: Path,
    tmp_path: Path,
    access: Callable[[Access], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Shares:
    """The links to the sample data; there are none yet. Ann is a marketer."""
    use(sample_database)
    kept = Shares(Store(tmp_path / "m.state.sqlite"))
    own = state_audit.Audit(kept.store)
    monkeypatch.setattr(shared, "current", lambda: kept)
    monkeypatch.setattr(audit, "current", lambda: own)
    monkeypatch.setattr(audit, "_recent", OrderedDict())
    access(grants("ann@x.example"))
    return kept


@pytest.fixture
def client() -> Iterator[TestClient]:
    routes = shared.routes(lambda name: f"/{name}")
    with TestClient(Starlette(routes=routes, middleware=[Middleware(RequestLog)])) as client:
        yield client


@pytest.fixture
def campaign_id(sample_database: Path) -> str:
    return newest_clicked(sample_database)


def create(kept: Shares, campaign_id: str, sharer: Sharer = SHARER, days: float = 7) -> str:
    expires_at = datetime.now(UTC) + timedelta(days=days)
    return f"/shared/{kept.create(shares.new_id(), campaign_id, Audience.HUMAN, sharer, expires_at)}"


def test_a_link_opens_the_report_without_scripts_or_customers(
    client: TestClient, kept: Shares, campaign_id: str, sample_database: Path
) -> None:
    link = create(kept, campaign_id)
    answer = client.get(link)
    assert answer.status_code == 200
    campaign = next(each for each in listed(sample_database) if each.campaign_id == campaign_id)
    assert campaign.name in answer.text
    assert "Where they clicked" in answer.text
    assert "<script" not in answer.text
    with Warehouse(sample_database).snapshot() as data:
        names = [
            row["name"] for row in data.rows("named_customers", campaign_id=campaign_id, addresses=[], ids=[])
        ]
    assert not [name for name in names if name and name in answer.text]
    headers = answer.headers
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "noindex" in headers["x-robots-tag"]
    [share] = kept.of_campaign(campaign_id)
    assert share.views == 1
    client.head(link)
    client.get(link)
    [share] = kept.of_campaign(campaign_id)
    assert share.views == 2
    entries = audit.current().entries(size=9)
    assert [(entry.action, entry.campaign_id, entry.person, entry.details) for entry in entries] == [
        ("opened_shared", campaign_id, "shared link", {"link": share.share_id})
    ] * 2


def test_whatever_opens_nothing_gets_the_same_answer(
    client: TestClient, kept: Shares, campaign_id: str
) -> None:
    revoked = create(kept, campaign_id)
    kept.revoke(kept.of_campaign(campaign_id)[0].share_id, "ann")
    brand = replace(SHARER, scope=Scope(tags=frozenset({"no such tag"})))
    somebody = replace(SHARER, person="eve", claims={"sub": "eve"})
    links = [
        revoked,
        create(kept, campaign_id, days=-1),
        create(kept, "no such campaign"),
        create(kept, campaign_id, brand),
        create(kept, campaign_id, somebody),
        create(kept, campaign_id, replace(SHARER, person="", claims={})),
        "/shared/guessed",
        "/shared/%00",
        f"/shared/{kept.of_campaign(campaign_id)[0].share_id}",
    ]
    answers = [client.get(link) for link in links]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1
    entries = audit.current().entries(size=9)
    assert {
        (entry.person, entry.action, entry.campaign_id, *entry.details.values()) for entry in entries
    } == {("shared link", "refused", "", "route /shared/{token}")}


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (grants("ann@x.example"), 200),
        (grants("@x.example", role=Role.ADMIN), 200),
        (grants("ann@x.example", role=Role.READER), 404),
        (grants("bob@x.example"), 404),
        (grants("groups=staff"), 404),  # the claim was not kept, because nothing named it
        (grants("ann@x.example", tags=("no such tag",)), 404),
        (Access(), 404),
    ],
)
def test_a_link_ends_with_what_its_sharer_may_see(
    client: TestClient,
    kept: Shares,
    campaign_id: str,
    access: Callable[[Access], None],
    now: Access,
    status: int,
) -> None:
    link = create(kept, campaign_id)
    assert client.get(link).status_code == 200
    access(now)
    assert client.get(link).status_code == status


def test_a_role_that_the_provider_takes_away_ends_links_at_the_next_sign_in(
    client: TestClient, kept: Shares, campaign_id: str, access: Callable[[Access], None]
) -> None:
    access(grants("groups=staff"))
    link = create(kept, campaign_id, replace(SHARER, claims=configuration.current().access.kept_claims(ANN)))
    assert client.get(link).status_code == 200
    shared.note_claims(ANN)
    assert client.get(link).status_code == 200
    shared.note_claims(ANN | {"groups": []})
    assert client.get(link).status_code == 404


def test_only_claims_that_matter_are_kept(access: Callable[[Access], None]) -> None:
    access(grants("groups=staff"))
    assert configuration.current().access.kept_claims(ANN) == {
        name: ANN[name] for name in ("email", "email_verified", "sub", "groups")
    }


def test_without_sign_in_links_work_until_people_sign_in(
    client: TestClient, kept: Shares, campaign_id: str, access: Callable[[Access], None]
) -> None:
    access(Access())
    link = create(kept, campaign_id, replace(SHARER, person="", claims={}))
    assert client.get(link).status_code == 200
    access(Access(sign_in=True, grants=(Grant(Role.ADMIN, People(everyone=True)),)))
    assert client.get(link).status_code == 404


def test_a_campaign_that_leaves_the_sharers_brand_is_no_longer_shown(
    client: TestClient, kept: Shares, sample_database: Path
) -> None:
    tagged = next(campaign for campaign in listed(sample_database) if campaign.tags)
    own = replace(SHARER, scope=Scope(tags=frozenset(tagged.tags)))
    assert client.get(create(kept, tagged.campaign_id, own)).status_code == 200
    other = next(each for each in listed(sample_database) if not set(each.tags) & set(tagged.tags))
    assert client.get(create(kept, other.campaign_id, own)).status_code == 404


def test_a_client_that_asks_too_often_waits(
    client: TestClient, kept: Shares, campaign_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine, these requests take longer than the minute in which they would be too many.
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: 0.0))
    link = create(kept, campaign_id)
    for _ in range(shared.REQUESTS_PER_MINUTE):
        client.get("/shared/guessed")
    answer = client.get(link)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


def test_a_report_is_drawn_once_for_the_same_data(
    client: TestClient, kept: Shares, campaign_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.REPORTS.clear()
    first = client.get(create(kept, campaign_id)).text
    monkeypatch.setattr(report, "read", None)
    assert client.get(create(kept, campaign_id)).text == first


def test_no_log_contains_a_link(
    client: TestClient, kept: Shares, campaign_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    link = create(kept, campaign_id)
    with caplog.at_level("DEBUG"):
        client.get(link)
        client.post(link)
        client.get(f"{link}/more")
    # The test's own client logs what it asks for.
    text = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    assert "GET /shared/{token} 200" in text
    assert link.rpartition("/")[2] not in text


def as_viewer(monkeypatch: pytest.MonkeyPatch, person: str, role: Role) -> None:
    monkeypatch.setattr(sessions, "current", lambda: Viewer(person, role))


@pytest.mark.usefixtures("kept")
def test_sharing_needs_the_right_and_is_recorded(
    campaign_id: str, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = datetime.now(UTC) + timedelta(days=7)
    as_viewer(monkeypatch, "rob", Role.READER)
    with pytest.raises(NotInRole):
        shared.create(campaign_id, Audience.HUMAN, until)
    as_viewer(monkeypatch, "ann@x.example", Role.MARKETER)
    monkeypatch.setattr(sessions, "current_claims", lambda: ANN)
    link = shared.create(campaign_id, Audience.HUMAN, until)
    assert client.get(link).status_code == 200
    [share] = shared.listed(campaign_id)
    as_viewer(monkeypatch, "bob", Role.ANALYST)
    assert shared.listed(campaign_id) == []
    with pytest.raises(NotAllowed):
        shared.revoke(share)
    as_viewer(monkeypatch, "root", Role.ADMIN)
    shared.revoke(share)
    assert client.get(link).status_code == 404
    actions = [(entry.person, entry.action) for entry in audit.current().entries(size=9)]
    assert actions == [
        ("shared link", "refused"),
        ("root", "unshared"),
        ("shared link", "opened_shared"),
        ("ann@x.example", "shared"),
    ]


def test_nothing_is_shared_if_the_audit_fails(
    kept: Shares, campaign_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_viewer(monkeypatch, "ann@x.example", Role.MARKETER)
    kept.store.file.write_bytes(b"not a database" * 100)
    with pytest.raises(StateUnreadable):
        shared.create(campaign_id, Audience.HUMAN, datetime.now(UTC))
