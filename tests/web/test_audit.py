"""Recording what people do: once, durably, and never in the way of viewing."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mailsight.errors import NotInRole, StateUnreadable
from mailsight.state.audit import Action
from mailsight.vocabulary import Role
from mailsight.web import audit, configuration, sessions
from mailsight.web.access import Access, Grant, Right, Viewer, people
from mailsight.web.audit import Export
from mailsight.web.configuration import Configuration
from mailsight.web.refusals import Refusals
from mailsight.web.sessions import Visitor

ANN = {"email": "ann@x.example", "email_verified": True, "is_logged_in": True, "iat": 1}
SESSION = "session of ann"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the database, whose audit is empty. Ann has a session."""
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path / "m.duckdb"))
    access = Access(
        sign_in=True, grants=(Grant(Role.ANALYST, people("", ["ann@x.example"])),), session_seconds=1e12
    )
    monkeypatch.setattr(configuration, "current", lambda: Configuration(access))
    monkeypatch.setattr(audit, "_recent", type(audit._recent)())  # noqa: SLF001
    audit._failed.clear()  # noqa: SLF001
    sessions.admit(SESSION, Visitor(ANN))
    yield tmp_path
    sessions.dismiss(SESSION)
    audit._failed.clear()  # noqa: SLF001


def recorded() -> list[tuple[str, str, dict[str, Any]]]:
    """Person, action and details of all entries, oldest first."""
    entries = reversed(audit.current().entries(size=100))
    return [(entry.person, entry.action, dict(entry.details)) for entry in entries]


@pytest.mark.usefixtures("folder")
def test_what_is_drawn_again_is_recorded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def look(customer_id: str, session_id: str = SESSION) -> None:
        audit.viewed(Action.OPENED_CUSTOMER, customer_id=customer_id, session_id=session_id)

    for seconds in (0, 1, 299, 598):  # never away for five minutes
        now[0] = seconds
        look("7")
    assert len(recorded()) == 1
    look("8")
    look("7")
    assert len(recorded()) == 2
    now[0] += 301
    look("7")
    assert len(recorded()) == 3
    sessions.admit("another tab", Visitor(ANN))
    look("7", "another tab")
    assert len(recorded()) == 4
    sessions.dismiss("another tab")
    look("9", "another tab")  # has ended, so nothing was shown
    assert len(recorded()) == 4


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("fragments", "entries"),
    [
        (["part"], [("ann@x.example", "refused", {"what": "part: erasing customers"})]),
        (None, []),  # a whole page, whose refusal the shell records
    ],
)
def test_a_part_of_a_page_that_reruns_on_its_own_is_refused_on_record(
    monkeypatch: pytest.MonkeyPatch, fragments: list[str] | None, entries: list[object]
) -> None:
    running = SimpleNamespace(session_id=SESSION, fragment_ids_this_run=fragments)
    for module in (sessions, audit):
        monkeypatch.setattr(module, "get_script_run_ctx", lambda **_: running)
    sessions.require(Right.RAW_EXPORTS)
    for _ in range(2):
        with pytest.raises(NotInRole):
            sessions.require(Right.ERASURE)
    assert recorded() == entries


def test_a_search_is_recorded_without_its_text(folder: Path) -> None:
    for text in ("anna", "anna ", "anna", "anna smith", ""):
        audit.listed("customers", ["search", "Opens more than 2"], 3, search=text, session_id=SESSION)
    same = {"list": "customers", "filters": ["Opens more than 2"], "matches": 3}
    assert recorded() == [
        ("ann@x.example", "searched", {**same, "length": 4}),
        ("ann@x.example", "searched", {**same, "length": 10}),
        ("ann@x.example", "listed_customers", same),
    ]
    assert b"anna" not in (folder / "m.state.sqlite").read_bytes()


@pytest.mark.usefixtures("folder")
def test_an_empty_list_shows_nobody_but_a_search_without_matches_is_one() -> None:
    audit.listed("refused", [], 0, session_id=SESSION)
    audit.listed("refused", [], 0, search="anna", session_id=SESSION)
    assert [action for _, action, _ in recorded()] == ["searched"]


@pytest.mark.usefixtures("folder")
def test_new_data_is_not_a_new_search() -> None:
    for matches in (3, 4):
        audit.listed("customers", [], matches, search="anna", session_id=SESSION)
    assert len(recorded()) == 1


@pytest.fixture
def broken(folder: Path) -> Path:
    """The file of the state, in which no entry can be written."""
    with audit.current().store.transaction() as connection:
        connection.execute("drop table audit")
    return folder / "m.state.sqlite"


def test_viewing_goes_on_if_the_audit_fails(broken: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        for customer_id in ("7", "8", "7"):
            audit.viewed(Action.OPENED_CUSTOMER, customer_id=customer_id, session_id=SESSION)
    assert len(caplog.records) == 1
    assert audit.problem() == "The audit can't be written, so what people view is not recorded."
    broken.unlink()
    audit.viewed(Action.OPENED_CUSTOMER, customer_id="7", session_id=SESSION)
    assert audit.problem() is None
    assert len(recorded()) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda: audit.exported(sessions.viewer(SESSION), Export("customers", "k1"), "csv"),
        lambda: audit.done(sessions.viewer(SESSION), Action.UPLOADED, kind="table", files=1),
    ],
)
@pytest.mark.usefixtures("broken")
def test_what_takes_data_out_or_brings_it_in_is_refused_if_the_audit_fails(act: Callable[[], None]) -> None:
    with pytest.raises(StateUnreadable):
        act()


@pytest.mark.usefixtures("folder")
def test_signing_in_and_out_is_recorded_once() -> None:
    for claims in (ANN, ANN, ANN | {"iat": 2}, ANN | {"email": "eve@y.example", "iat": 3}):
        audit.signed_in(claims)
    audit.signed_out(ANN)
    audit.signed_out(ANN)
    assert recorded() == [
        ("ann@x.example", "signed_in", {}),
        ("ann@x.example", "signed_in", {}),
        ("eve@y.example", "refused", {"what": "sign-in"}),
        ("ann@x.example", "signed_out", {}),
    ]


@pytest.mark.usefixtures("folder")
def test_a_refusal_names_the_route_but_nothing_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = {"a": 401, "b": 403, "c": 404, "d": 200}

    def answer(request: Any) -> PlainTextResponse:
        return PlainTextResponse("", statuses[request.path_params["which"]])

    app = Starlette(
        routes=[Route(f"/{start}/{{which}}", answer) for start in ("api/export", "other", "webhooks")],
        middleware=[Middleware(Refusals, "/webhooks/")],
    )
    monkeypatch.setattr(sessions, "claims_from", lambda cookies: ANN if "ann" in cookies else {})
    monkeypatch.setattr(time, "time", lambda: 1e9)
    with TestClient(app) as client:
        for start in ("api/export", "other", "webhooks"):
            for which in statuses:
                client.get(f"/{start}/{which}?q=anna@x.example")
        client.cookies = {"ann": "1"}
        client.get("/api/export/a")
    assert recorded() == [
        ("", "refused", {"what": "route /api/export/{which}"}),
        ("", "refused", {"what": "route /other/{which}"}),
        ("ann@x.example", "refused", {"what": "route /api/export/{which}"}),
    ]


@pytest.mark.usefixtures("folder")
def test_a_viewer_elsewhere_is_recorded_where_they_look() -> None:
    viewer = Viewer("", Role.READER)
    for place in ("a link", "a link", "another link"):
        audit.seen_by(viewer, place, Action.OPENED_SHARED, campaign_id="k1", link=place)
    assert [entry.campaign_id for entry in audit.current().entries(size=5)] == ["k1", "k1"]
