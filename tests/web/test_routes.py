"""The HTTP routes, with requests from browsers and from attackers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from mailsight.errors import NotAllowed
from mailsight.reports import campaign as campaign_reports
from mailsight.reports import recipients as recipient_reports
from mailsight.reports.grid import MAX_BLOCK_ROWS
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from mailsight.web import recipients, routes, sessions
from mailsight.web.access import Right
from tests.support.campaigns import listed, newest_clicked, newest_sent
from tests.support.event_loop import in_a_loop
from tests.support.examples import examples
from tests.support.visitors import LOCAL_CLIENT, local

NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def warehouse(sample_database: Path) -> Warehouse:
    return Warehouse(sample_database)


@pytest.fixture
def client(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(routes, "warehouse", lambda: warehouse)
    monkeypatch.setattr(recipients, "warehouse", lambda: warehouse)
    monkeypatch.setattr(sessions, "live", always)
    return TestClient(Starlette(routes=routes.routes()), client=LOCAL_CLIENT)


@pytest.fixture(autouse=True)
def on_this_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with local(monkeypatch):
        yield


async def always(session_id: str) -> bool:
    """Stands in for `sessions.live`, because there is no Streamlit session here: tokens are for session ""."""
    return session_id == ""


@pytest.fixture(scope="module")
def campaign_id(warehouse: Warehouse) -> str:
    """A campaign that was sent."""
    return newest_sent(warehouse)


def ask(client: TestClient, token: str, **more: Any) -> Any:
    return client.post("/api/recipients", json={"token": token, "start": 0, "end": 100} | more)


def test_healthz_reports_whether_there_is_data(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (client.get("/healthz").status_code, client.get("/healthz").json()) == (200, {"status": "ok"})
    monkeypatch.setattr(routes, "warehouse", lambda: Warehouse(tmp_path / "nothing.duckdb"))
    client = TestClient(Starlette(routes=routes.routes()))
    assert (client.get("/healthz").status_code, client.get("/healthz").json()) == (
        503,
        {"status": "no data yet"},
    )


def test_the_grid_gets_its_rows_and_their_total(
    client: TestClient, campaign_id: str, warehouse: Warehouse
) -> None:
    answer = ask(client, recipients.token(campaign_id, Audience.ALL), end=5)
    counts = campaign_reports.report(warehouse.snapshot(), campaign_id, Audience.ALL).counts
    assert answer.status_code == 200
    assert answer.json()["total"] == counts.selected
    assert len(answer.json()["rows"]) == 5
    assert set(answer.json()["rows"][0]) == {
        "customer_id", "address", "name", "email", "status", "status_label", "sent_at", "first_opened_at", "opens",
        "first_clicked_at", "clicks", "links_clicked", "bounce_reason",
    }  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"


def test_every_state_counts_as_on_the_campaigns_page(
    client: TestClient, campaign_id: str, warehouse: Warehouse
) -> None:
    for audience in Audience:
        report = campaign_reports.report(warehouse.snapshot(), campaign_id, audience)
        token = recipients.token(campaign_id, audience)
        totals = {status: ask(client, token, status=[status]).json()["total"] for status in report.status}
        assert totals == dict(report.status)
        assert ask(client, token, status=["not_sent"]).json()["total"] == report.counts.not_sent


def test_rows_are_in_the_viewers_locale(client: TestClient, campaign_id: str) -> None:
    def cells(**locale: object) -> dict[str, Any]:
        token = recipients.token(campaign_id, Audience.ALL)
        sort = [{"colId": "clicks", "sort": "desc"}]
        [row] = ask(client, token, sort=sort, zone="UTC", end=1, **locale).json()["rows"]
        return dict(row)

    british = cells()
    sent = datetime.strptime(british["sent_at"], "%d %b %Y, %H:%M").replace(tzinfo=UTC)
    for tag, written in (
        ("en-GB", f"{sent.day} {sent:%b} {sent.year}, {sent:%H:%M}"),
        ("de-DE", f"{sent.day}. {sent:%b} {sent.year}, {sent:%H:%M}"),
        ("en-US", f"{sent:%b} {sent.day}, {sent.year}, {int(f'{sent:%I}')}:{sent:%M}\xa0{sent:%p}"),
    ):
        assert cells(locale=tag)["sent_at"] == written
    assert british["clicks"] == cells(locale="de-DE")["clicks"] > "0"
    for unknown in ("xx", "", "../de", 5, None, ["de-DE"]):
        assert cells(locale=unknown) == british


def test_times_are_in_the_viewers_time_zone(client: TestClient, campaign_id: str) -> None:
    sort = [{"colId": "sent_at", "sort": "asc"}]
    times = {
        zone: ask(client, recipients.token(campaign_id, Audience.ALL), zone=zone, sort=sort).json()["rows"][
            0
        ]["sent_at"]
        for zone in ("UTC", "Asia/Kolkata", "No/Where")
    }
    assert times["UTC"] == times["No/Where"]
    assert times["UTC"] != times["Asia/Kolkata"]


def test_a_token_stays_equal_for_hours_and_expires_within_a_day() -> None:
    token = recipients.token("spring", Audience.HUMAN, now=NOW)
    assert recipients.token("spring", Audience.HUMAN, now=NOW + 3600) == token
    allowed = ("spring", Audience.HUMAN, "", sessions.pass_for(Right.CUSTOMERS))
    assert recipients.allowed(token, now=NOW + 12 * 3600) == allowed
    with pytest.raises(NotAllowed):
        recipients.allowed(token, now=NOW + 24 * 3600)


def test_a_token_is_for_one_campaign_audience_and_variant() -> None:
    tokens = {
        recipients.token(campaign, audience, variant)
        for campaign in ("a", "b")
        for audience in Audience
        for variant in ("", "v")
    }
    assert len(tokens) == 8


@pytest.mark.parametrize("foreign", ["", "x", "W10.x", None, 7, ["x"], {"a": 1}])
def test_a_request_without_a_valid_token_is_refused(client: TestClient, foreign: Any) -> None:
    answer = ask(client, foreign)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": {
            "title": "This page has expired",
            "message": "Your permission to view these customers has expired.",
            "next_step": "Reload the page.",
        }
    }


def test_a_changed_or_foreign_token_is_refused(client: TestClient, campaign_id: str) -> None:
    token = recipients.token(campaign_id, Audience.ALL)
    mine = URLSafeSerializer("a secret of my own", salt="mailsight.recipients")
    forged = str(mine.dumps([campaign_id, "all", 4_000_000_000]))
    expired = recipients.token(campaign_id, Audience.ALL, now=NOW - 365 * 86400)
    for wrong in (token[:-1], f"x{token}", token.swapcase(), forged, expired):
        assert ask(client, wrong).status_code == 401


@pytest.mark.parametrize(
    "more",
    [
        {"filter": {"phone": {"type": "contains", "filter": "x"}}},
        {"filter": {"name": {"type": "contains", "filter": {"$ne": 1}}}},
        {"filter": ["name"]},
        {"sort": [{"colId": "name; DROP TABLE recipients", "sort": "asc"}]},
        {"sort": "name"},
        {"status": ["gone"]},
        {"status": 7},
        {"search": ["x"]},
        {"start": 0, "end": MAX_BLOCK_ROWS + 1},
        {"start": -1},
        {"start": "0"},
        {"end": 10**12},
    ],
)
def test_a_hostile_request_gets_a_json_error(
    client: TestClient, campaign_id: str, more: dict[str, Any]
) -> None:
    answer = ask(client, recipients.token(campaign_id, Audience.ALL), **more)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"]["title"] == "This filter can't be used"


@pytest.mark.parametrize(
    "more",
    [
        {"filter": {"name": {"type": "contains", "filter": "\ud800"}}},
        {"filter": {"opens": {"type": "inRange", "filter": 1, "filterTo": float("nan")}}},
        {"filter": {"opens": {"type": "equals", "filter": 10**300}}},
        {"filter": {"sent_at": {"type": "equals", "dateFrom": "\ud800"}}},
        {"filter": {"status": {"values": [{"opened": 1}]}}},
        {"filter": {"__class__": {"type": "contains", "filter": "x"}}},
        {"filter": {"row": {"type": "equals", "filter": 1}}},
        {"filter": {"customer_hash": {"type": "equals", "filter": 1}}},
        {"sort": [{"colId": "row", "sort": "asc"}]},
        {"sort": [{"colId": "known_email", "sort": "asc"}]},
        {"sort": [{"colId": "name", "sort": "asc"}] * 1_000},
        {"sort": {"0": {"colId": "name", "sort": "asc"}}},
        {"search": "\ud800"},
        {"search": None},
        {"link": "\ud800"},
        {"link": 10**300},
        {"status": {"opened": True}},
        {"status": "opened"},
        {"start": 1e3},
        {"start": 10**300, "end": 1},
        {"start": "9" * 10_000},
        {"end": None},
        {"end": float("nan")},
    ],
)
def test_the_error_for_a_hostile_request_is_short(
    client: TestClient, campaign_id: str, more: dict[str, Any]
) -> None:
    request_body = {"token": recipients.token(campaign_id, Audience.ALL), "start": 0, "end": 100} | more
    answer = client.post("/api/recipients", content=json.dumps(request_body))
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}
    assert len(answer.content) < 500
    for word in ("duckdb", "binder", "select", "recipients_grid", "traceback", ".py"):
        assert word not in answer.text.lower()


@pytest.mark.parametrize("depth", [50, 5_000])
@pytest.mark.parametrize("place", ["filter", "sort", "status", "search", "link", "zone", "token", "start"])
def test_deeply_nested_json_is_refused(client: TestClient, campaign_id: str, place: str, depth: int) -> None:
    request_body = {
        "token": recipients.token(campaign_id, Audience.ALL),
        "start": 0,
        "end": 100,
        place: "HERE",
    }
    for nested in ("[" * depth + "]" * depth, '{"operator":' * depth + "1" + "}" * depth):
        answer = client.post("/api/recipients", content=json.dumps(request_body).replace('"HERE"', nested))
        refused = {"token": 401, "zone": 200}.get(place, 400)
        assert answer.status_code in (refused, 400)


def test_nested_conditions_are_refused(client: TestClient, campaign_id: str) -> None:
    condition: dict[str, Any] = {"type": "contains", "filter": "a"}
    for _ in range(3):
        condition = {"filterType": "text", "operator": "AND", "conditions": [condition, condition]}
    answer = ask(client, recipients.token(campaign_id, Audience.ALL), filter={"name": condition})
    assert answer.status_code == 400


def test_a_block_far_beyond_the_end_is_empty(client: TestClient, campaign_id: str) -> None:
    token = recipients.token(campaign_id, Audience.ALL)
    total = ask(client, token).json()["total"]
    for start in (total, 10**12, 10**30):
        answer = ask(client, token, start=start, end=start + MAX_BLOCK_ROWS)
        assert answer.status_code == 200
        assert answer.json() == {"rows": [], "total": total, "counted": str(total)}


def test_a_token_reads_only_its_own_campaign(client: TestClient, warehouse: Warehouse) -> None:
    mine, other = (campaign.campaign_id for campaign in listed(warehouse)[:2])
    token = recipients.token(mine, Audience.HUMAN)
    request_body = {"campaign_id": other, "of_campaign": other, "audience": "all", "f0": other}
    assert ask(client, token, **request_body).json() == ask(client, token).json()
    unknown = recipients.token("' OR campaign_id <> '", Audience.ALL)
    assert ask(client, unknown).json() == {"rows": [], "total": 0, "counted": "0"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(client: TestClient, method: str) -> None:
    assert client.request(method, "/api/recipients").status_code == 405


@pytest.mark.parametrize(
    "name", ["token", "start", "end", "filter", "sort", "search", "status", "link", "zone"]
)
def test_all_fields_but_the_token_are_optional(client: TestClient, campaign_id: str, name: str) -> None:
    request_body = {
        "token": recipients.token(campaign_id, Audience.ALL),
        "start": 0,
        "end": 100,
        "filter": {},
        "sort": [],
        "search": "",
        "status": [],
        "link": None,
        "zone": "UTC",
    }
    del request_body[name]
    assert client.post("/api/recipients", json=request_body).status_code == (401 if name == "token" else 200)


words = st.sampled_from(
    ["name", "opens", "sent_at", "status", "type", "filter", "filterTo", "dateFrom", "operator", "conditions", "values",
     "contains", "equals", "inRange", "blank", "AND", "asc", "colId", "sort", "opened", "2026-04-14", "' OR 1=1", "\0"]
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
filters = st.dictionaries(
    words, st.dictionaries(st.sampled_from(["type", "filter", "filterTo", "dateFrom", "values"]), values)
)
sorts = st.lists(st.fixed_dictionaries({"colId": words, "sort": words}), max_size=3)


@given(st.fixed_dictionaries({}, optional={
    "filter": filters | values, "sort": sorts | values, "search": values, "status": values, "link": values,
    "zone": values, "locale": values, "start": values, "end": values,
}))  # fmt: skip
@example({"search": 5})
@example({"search": False})
@hypothesis.settings(max_examples=examples(60), suppress_health_check=list(hypothesis.HealthCheck))
def test_every_request_is_answered_or_refused(
    client: TestClient, campaign_id: str, request_body: dict[str, Any]
) -> None:
    request_body = {
        "token": recipients.token(campaign_id, Audience.ALL),
        "start": 0,
        "end": 100,
    } | request_body
    answer = client.post("/api/recipients", content=json.dumps(request_body))
    assert answer.status_code in (200, 400)
    assert set(answer.json()) == ({"rows", "total", "counted"} if answer.status_code == 200 else {"error"})
    assert len(answer.json().get("rows", ())) <= MAX_BLOCK_ROWS


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 60_000, b'{"token": NaN'])
def test_a_body_other_than_a_json_object_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post("/api/recipients", content=body).status_code == 400


def test_a_request_that_is_too_long_is_refused(client: TestClient) -> None:
    body = json.dumps({"search": "x" * recipients.MAX_REQUEST_BYTES})
    assert client.post("/api/recipients", content=body).status_code == 400


def test_the_route_accepts_only_post(client: TestClient) -> None:
    assert client.get("/api/recipients").status_code == 405


def test_an_unexpected_error_reveals_nothing(
    client: TestClient, campaign_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret path /srv/data")

    monkeypatch.setattr(recipient_reports, "page", broken)
    answer = ask(client, recipients.token(campaign_id, Audience.ALL))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["error"]["next_step"] == "Try again in a moment."


def test_the_rows_can_be_limited_to_who_clicked_a_link(client: TestClient, warehouse: Warehouse) -> None:
    clicked = newest_clicked(warehouse)
    for audience in Audience:
        report = campaign_reports.report(warehouse.snapshot(), clicked, audience)
        token = recipients.token(clicked, audience)
        links = [*report.links, *report.other_links]
        ids = [link.url if link.link_position is None else link.link_position for link in links]
        totals = [ask(client, token, link=link_id, end=1).json()["total"] for link_id in ids]
        assert totals == [link.clickers for link in links]
    token = recipients.token(clicked, Audience.ALL)
    assert ask(client, token, link="https://nowhere.example/' OR 1=1 --").json()["total"] == 0


@pytest.mark.parametrize("link", [-1, 2**31, True, 1.5, [1], {"url": "x"}, "a\0b", "x" * 9_000])
def test_an_invalid_link_is_refused(client: TestClient, campaign_id: str, link: object) -> None:
    answer = ask(client, recipients.token(campaign_id, Audience.ALL), link=link)
    assert answer.status_code == 400


@in_a_loop
async def test_a_browser_that_leaves_while_the_grid_asks_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/api/recipients", "headers": []}
    assert (await recipients.recipients(Request(scope, gone))).status_code == 400
    assert not caplog.records
