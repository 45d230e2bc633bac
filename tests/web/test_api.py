"""The API: the same figures as everywhere else, for whom a token allows it, and never an unexpected error."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from mailsight import settings
from mailsight.errors import BadToken, NotInRole, StateUnreadable
from mailsight.loading import bundles
from mailsight.reports import campaign as campaign_reports
from mailsight.reports import campaigns as list_reports
from mailsight.reports import search
from mailsight.state import audit, tokens
from mailsight.state.audit import COMMAND_LINE
from mailsight.state.store import Store
from mailsight.state.tokens import Token
from mailsight.vocabulary import Audience, Role
from mailsight.warehouse import served
from mailsight.warehouse.reader import Warehouse
from mailsight.web import audit as web_audit
from mailsight.web import configuration, rates, sessions
from mailsight.web.access import Access, Grant, people
from mailsight.web.api import openapi, routes
from mailsight.web.api import tokens as api_tokens
from mailsight.web.api.reports import REPORTS
from mailsight.web.api.tokens import viewer_of
from mailsight.web.configuration import Configuration
from mailsight.web.refusals import Refusals
from mailsight.web.sessions import Visitor
from mailsight.web.slots import MAX_FAILURES
from tests.support.command_line import run
from tests.support.examples import examples

SCHEMA = Path(__file__).parent.parent / "support" / "openapi-3.1.json"
ANN = {"email": "ann@x.example", "email_verified": True}
_CAMPAIGNS = {
    "a": 'a,Spring,Hello,news@mail.brand-a.example,"[""brand a""]",2026-04-14T09:00:00Z,contents/a.html',
    "b": 'b,Winter,Hi,news@brand-b.example,"[""brand b""]",2026-04-15T09:00:00Z,',
}
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
_EVENTS = {
    "a": [
        f"opened,2026-04-14T10:00:00Z,a,1,,{_AGENT}",
        f"clicked,2026-04-14T11:30:00Z,a,1,https://a.example/1,{_AGENT}",
        f"clicked,2026-04-14T11:40:00Z,a,2,https://a.example/other,{_AGENT}",
        "opened,2026-04-14T10:01:00Z,a,2,,python-requests/2.32",
    ],
    "b": [f"clicked,2026-04-15T11:30:00Z,b,3,https://b.example/1,{_AGENT}"],
}


def _database(folder: Path, *campaigns: str) -> Path:
    """A database with these campaigns: `a` of brand A, `b` of brand B."""
    bundle = folder / "bundle"
    (bundle / "contents").mkdir(parents=True)
    files = {
        "campaigns.csv": [
            "campaign_id,name,subject,from_email,tags,sent_at,template",
            *map(_CAMPAIGNS.__getitem__, campaigns),
        ],
        "customers.csv": [
            "customer_id,email,name",
            "1,anna@home.example,Anna Birch",
            "2,ben@home.example,Ben Ash",
            *(["3,cleo@home.example,Cleo Elm"] if "b" in campaigns else []),
        ],
        "messages.csv": [
            "campaign_id,customer_id,message_id,sent_at",
            *(f"a,{number},m{number},2026-04-14T09:00:00Z" for number in "12" if "a" in campaigns),
            *(f"b,{number},n{number},2026-04-15T09:00:00Z" for number in "13" if "b" in campaigns),
        ],
        "events.csv": [
            "type,occurred_at,campaign_id,customer_id,url,user_agent",
            *(line for each in campaigns for line in _EVENTS[each]),
        ],
        "contents/a.html": ['<a href="https://a.example/1">One</a><a href="https://a.example/2">Two</a>'],
    }
    for name, lines in files.items():
        (bundle / name).write_text("\n".join(lines) + "\n")
    database = folder / "data" / "mailsight.duckdb"
    bundles.load(database, [bundle])
    return database


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _database(tmp_path_factory.mktemp("both"), "a", "b")


@pytest.fixture(scope="module")
def only_a(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _database(tmp_path_factory.mktemp("only_a"), "a")


@pytest.fixture(scope="module", autouse=True)
def served_database(both: Path) -> Iterator[None]:
    """The API serves both brands, without sign-in."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MAILSIGHT_DATABASE", str(both))
        monkeypatch.setattr(configuration, "current", Configuration)
        served.warehouse.cache_clear()
        yield
    served.warehouse.cache_clear()


def client(per_minute: int = routes.PER_MINUTE) -> TestClient:
    """The API of a server that has just started."""
    return TestClient(Starlette(routes=routes.routes(lambda rest: f"/{rest}", per_minute)))


def issue(database: Path, role: Role = Role.ANALYST, **changes: Any) -> str:
    """A new token of the command line. `changes`: fields of the token."""
    token, text = tokens.create("test", person=COMMAND_LINE, issuer=None, role=role, days=1)
    tokens.beside(database).add(replace(token, **changes), text)
    return text


def ask(api: TestClient, address: str, token: str, **headers: str) -> Any:
    return api.get(f"/api/v1/{address}", headers={"Authorization": f"Bearer {token}"} | headers)


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("campaign_id", ["a", "b"])
def test_a_campaign_has_the_figures_of_the_command_line_and_the_page(
    both: Path, campaign_id: str, audience: Audience
) -> None:
    answer = ask(client(), f"campaigns/{campaign_id}?audience={audience}", issue(both)).json()
    _, printed, _ = run("report", campaign_id, "--audience", audience, "--database", both)
    assert answer == json.loads(printed)
    with Warehouse(both).snapshot() as data:
        page = campaign_reports.report(data, campaign_id, audience)
    assert answer["counts"] == page.counts.known_by_key()
    assert answer["verdict"] == page.verdict.text


def test_the_list_has_the_rows_and_sums_of_the_page(both: Path) -> None:
    api, token = client(), issue(both)
    with Warehouse(both).snapshot() as data:
        rows = list_reports.page(data, Audience.HUMAN, search.EVERYTHING, search.NEWEST_FIRST, 0, 25)
        totals = list_reports.search_totals(data, Audience.HUMAN, search.EVERYTHING)
    answer = ask(api, "campaigns", token).json()
    assert answer["campaigns"] == [list_reports.figures(row) for row in rows]
    assert answer["totals"]["counts"] == totals.totals.known_by_key()
    for row in answer["campaigns"]:
        one = ask(api, f"campaigns/{row['campaign_id']}", token).json()
        shared = row.keys() & one.keys() - {"sales"}
        assert {key: row[key] for key in shared} == {key: one[key] for key in shared}


@pytest.mark.parametrize(
    ("query", "ids", "next_page"),
    [
        ("", ["b", "a"], None),
        ("sort=sent_at", ["a", "b"], None),
        ("sort=-name&size=1", ["b"], 2),
        ("sort=-name&size=1&page=2", ["a"], None),
        ("page=1000000&size=100", [], None),
        ("search=spri", ["a"], None),
        ("tag=brand+b", ["b"], None),
        ("tag=brand+a&tag=brand+b", ["b", "a"], None),
        ("tag=brand+a&tag=brand+b&tags=all", [], None),
        ("since=2026-04-15", ["b"], None),
        ("until=2026-04-14", ["a"], None),
        ("until=2026-04-15", ["b", "a"], None),
    ],
)
def test_the_list_is_searched_sorted_and_paged(
    both: Path, query: str, ids: list[str], next_page: int | None
) -> None:
    answer = ask(client(), f"campaigns?{query}", issue(both)).json()
    assert [row["campaign_id"] for row in answer["campaigns"]] == ids
    assert answer["next_page"] == next_page


def test_links_and_hours_add_up_to_the_counts(both: Path) -> None:
    api, token = client(), issue(both)
    counts = ask(api, "campaigns/a?audience=all", token).json()["counts"]
    links = ask(api, "campaigns/a/links?audience=all", token).json()
    assert [(link["url"], link["clicks"], link["share"]) for link in links["links"]] == [
        ("https://a.example/1", 1, 0.5),
        ("https://a.example/2", 0, 0.0),
        ("https://a.example/other", 1, 0.5),
    ]
    assert links["clicks"] == counts["clicks"] == 2
    assert ask(api, "campaigns/a/links?size=2&page=2", token).json()["links"] == links["links"][2:]
    hours = ask(api, "campaigns/a/timeline?audience=all", token).json()["hours"]
    for name in ("opens", "clicks", "opened", "clicked"):
        assert sum(hour[name] for hour in hours) == counts[name]


def test_the_tabs_of_a_campaign_have_the_figures_of_the_page(both: Path) -> None:
    api, token = client(), issue(both)
    heatmap = ask(api, "campaigns/a/heatmap?audience=all", token).json()
    assert (heatmap["clicks"], heatmap["clickers"], heatmap["delivered"]) == (2, 2, 2)
    assert [
        (link["label"], link["clicks"], link["clicks_share"], link["clickers_rate"])
        for link in heatmap["links"]
    ] == [("One", 1, 0.5, 0.5), ("Two", 0, 0.0, 0.0), ("https://a.example/other", 1, 0.5, 0.5)]
    assert (
        ask(api, "campaigns/a/heatmap?size=1&page=2&audience=all", token).json()["links"]
        == heatmap["links"][1:2]
    )
    week = ask(api, "campaigns/a/weekday-and-hour?audience=all&time_zone=asia/tokyo", token).json()
    assert len(week["hours"]) == 7 * 24
    assert [hour for hour in week["hours"] if hour["opens"] + hour["clicks"]] == [
        {"weekday": 1, "hour": 19, "opens": 2, "clicks": 0},
        {"weekday": 1, "hour": 20, "opens": 0, "clicks": 2},
    ]
    assert week["counted_in"] == {"zone_of_customer": 0, "zone_of_country": 0, "given_zone": 4}
    [provider] = ask(api, "campaigns/a/mailbox-providers", token).json()["providers"]
    assert provider["counts"] == ask(api, "campaigns/a", token).json()["counts"]
    programs = ask(api, "campaigns/a/mail-programs", token).json()
    assert (programs["opens"]["events"], programs["clicks"]["customers"]) == (1, 2)
    assert programs["clicks"]["programs"] == [{"name": "Firefox", "events": 2, "customers": 2}]
    rules = ask(api, "campaigns/a/machines", token).json()["rules"]
    assert [(rule["opens"], rule["clicks"]) for rule in rules] == [(1, 0)]


def test_customers_are_those_of_the_grid(both: Path) -> None:
    api, token = client(), issue(both, Role.MARKETER)
    customers = ask(api, "campaigns/a/customers?sort=-name", token).json()["customers"]
    assert [(row["customer_id"], row["name"], row["clicks"]) for row in customers] == [
        ("1", "Anna Birch", 1),
        ("2", "Ben Ash", 1),
    ][::-1]
    assert customers[1]["first_clicked_at"] == "2026-04-14T11:30:00+00:00"
    clicked = ask(api, "campaigns/a/customers?link=0&status=clicked", token).json()
    assert [row["customer_id"] for row in clicked["customers"]] == ["1"]
    assert clicked["total"] == 1


EVERYWHERE = [
    "campaigns",
    "campaigns/a",
    "campaigns/a/links",
    "campaigns/a/timeline",
    "campaigns/a/heatmap",
    "campaigns/a/weekday-and-hour",
    "campaigns/a/mailbox-providers",
    "campaigns/a/mail-programs",
    "campaigns/a/machines",
    "campaigns/a/customers",
]
OF_B = [address.replace("/a", "/b", 1) for address in EVERYWHERE[1:]]


@pytest.mark.parametrize(
    "limits_",
    [{"tags": frozenset({"brand a"})}, {"sender_domains": frozenset({"brand-a.example"})}],
    ids=str,
)
@pytest.mark.parametrize("address", EVERYWHERE)
def test_a_limited_token_reads_what_a_database_of_its_campaigns_says(
    both: Path, only_a: Path, monkeypatch: pytest.MonkeyPatch, address: str, limits_: Any
) -> None:
    found = ask(client(), address, issue(both, **limits_))
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(only_a))
    served.warehouse.cache_clear()
    expected = ask(client(), address, issue(only_a))
    served.warehouse.cache_clear()
    assert (found.status_code, found.json()) == (200, expected.json())


@pytest.mark.parametrize("address", OF_B)
def test_another_brands_campaign_is_as_unknown_as_any_other(both: Path, address: str) -> None:
    api, token = client(), issue(both, tags=frozenset({"brand a"}))
    found, unknown = ask(api, address, token), ask(api, address.replace("/b", "/nowhere"), token)
    assert found.status_code == unknown.status_code == 404
    assert found.text == unknown.text.replace("nowhere", "b")


def test_a_reader_sees_no_customers(both: Path) -> None:
    api, token = client(), issue(both, Role.READER)
    for campaign_id in ("a", "b", "nowhere"):
        answer = ask(api, f"campaigns/{campaign_id}/customers", token)
        assert (answer.status_code, answer.json()["error"]["title"]) == (403, "Not part of your role")
    figures = [address for address in EVERYWHERE if not address.endswith("customers")]
    texts = " ".join(ask(api, address, token).text for address in figures)
    assert not any(word in texts for word in ("Anna", "Birch", "@home.example"))


@pytest.mark.parametrize("address", [report.path for report in REPORTS] + ["openapi.json", "", "nothing"])
def test_without_a_valid_token_everything_is_refused(both: Path, address: str) -> None:
    api, now = client(), datetime.now(UTC)
    valid = issue(both)
    headers = {
        "missing": {},
        "another scheme": {"Authorization": f"Basic {valid}"},
        "no scheme": {"Authorization": valid},
        "in a cookie": {"Cookie": f"token={valid}"},
        "forged": {"Authorization": f"Bearer ms_{'a' * 43}"},
        "nearly": {"Authorization": f"Bearer {valid[:-1]}"},
        "ended": {"Authorization": f"Bearer {issue(both, expires_at=now - timedelta(seconds=1))}"},
        "revoked": {"Authorization": f"Bearer {issue(both)}"},
    }
    revoked = tokens.beside(both).named(headers["revoked"]["Authorization"].removeprefix("Bearer "))
    assert revoked
    tokens.beside(both).revoke(revoked)
    for case, given_headers in headers.items():
        answer = api.get(f"/api/v1/{address.replace('{campaign_id}', 'a')}", headers=given_headers)
        assert answer.status_code == 401, case
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"].keys() == {"title", "message", "next_step"}
    in_address = api.get(f"/api/v1/{address}?access_token={valid}")
    assert in_address.status_code == 401


def test_a_token_is_not_stored(both: Path) -> None:
    text = issue(both)
    [state] = both.parent.glob("*.sqlite")
    assert text.encode() not in state.read_bytes()


SIGN_IN = Access(
    sign_in=True,
    grants=(
        Grant(Role.ANALYST, people("people", ["ann@x.example"])),
        Grant(Role.ANALYST, people("people", ["groups=team-a"]), tags=frozenset({"brand a"})),
        Grant(Role.READER, people("people", ["@x.example", "sub=7"])),
    ),
)


def _of(issuer: dict[str, Any] | None, person: str = "ann@x.example", **changes: Any) -> Token:
    token, _ = tokens.create("test", person=person, issuer=issuer, role=Role.ADMIN, days=1)
    return replace(token, **changes)


@pytest.mark.parametrize(
    ("token", "access", "role", "tags"),
    [
        (_of(ANN), SIGN_IN, Role.ANALYST, set()),
        (_of(ANN, tags=frozenset({"brand b"})), SIGN_IN, Role.ANALYST, {"brand b"}),
        (_of(ANN, role=Role.READER), SIGN_IN, Role.READER, set()),
        # The role has changed since then.
        (_of(ANN), replace(SIGN_IN, grants=SIGN_IN.grants[1:]), None, set()),
        (_of(ANN), replace(SIGN_IN, grants=()), None, set()),
        (_of({"groups": ["team-a"]}, "8"), SIGN_IN, Role.ANALYST, {"brand a"}),
        (_of({"groups": ["team-a"]}, "8", tags=frozenset({"brand b"})), SIGN_IN, None, set()),
        (
            _of({"groups": ["team-a"]}, "8", tags=frozenset({"brand a", "brand b"})),
            SIGN_IN,
            Role.ANALYST,
            {"brand a"},
        ),
        (_of({"groups": ["team-a"]}, "8"), replace(SIGN_IN, grants=SIGN_IN.grants[:1]), None, set()),
        # An id that looks like somebody's address is not that address.
        (_of({}, "ann@x.example"), SIGN_IN, None, set()),
        (_of({"sub": "7"}, "7"), SIGN_IN, None, set()),
        # Sign-in was removed after the token was issued.
        (_of(ANN), Access(), None, set()),
        (_of(None, COMMAND_LINE), SIGN_IN, Role.ADMIN, set()),
        (_of(None, COMMAND_LINE, tags=frozenset({"brand b"})), Access(), Role.ADMIN, {"brand b"}),
    ],
)
def test_a_token_covers_no_more_than_its_issuer_does_now(
    token: Token, access: Access, role: Role | None, tags: set[str]
) -> None:
    viewer = viewer_of(token, access)
    assert (viewer and viewer.role) == role
    if viewer:
        assert viewer.person == token.person
        assert viewer.scope.tags == tags
        assert viewer.scope.customers is viewer.role.includes(Role.MARKETER)


def test_calls_are_limited_by_token(both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: now[0]))
    api, token, other = client(3), issue(both), issue(both)
    assert [ask(api, "campaigns", token).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert ask(api, "campaigns", token).headers["retry-after"] == "20"
    assert ask(api, "campaigns", other).status_code == 200
    now[0] = 20
    assert [ask(api, "campaigns", token).status_code for _ in range(2)] == [200, 429]


def test_wrong_tokens_are_limited_by_client_but_right_ones_are_not(both: Path) -> None:
    api, token = client(), issue(both)
    answers = [ask(api, "campaigns", f"wrong{each}") for each in range(MAX_FAILURES + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {401}
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "60")
    assert ask(api, "campaigns", token).status_code == 200


def test_whose_token_was_refused_is_in_the_audit(both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_audit, "_recent", OrderedDict())
    own = audit.Audit(Store(both.parent / "refused.sqlite"))
    monkeypatch.setattr(web_audit, "current", lambda: own)
    app = Starlette(
        routes=routes.routes(lambda rest: f"/{rest}"), middleware=[Middleware(Refusals, "/webhooks/")]
    )
    now = datetime.now(UTC)
    brand = frozenset({"brand a"})
    asked = {
        issue(both, token_id="ended", expires_at=now): "campaigns",
        issue(both, token_id="revoked"): "campaigns/a",
        issue(both, Role.READER, token_id="reader"): "campaigns/a/customers",
        issue(both, token_id="brand", tags=brand): "campaigns/b",
        issue(both, token_id="unknown", tags=brand): "campaigns/Anna/links",
        f"ms_{'x' * 43}": "campaigns/a/timeline",
    }
    known = tokens.beside(both)
    known.revoke(known.get("revoked"))
    with TestClient(app) as api:
        assert [ask(api, address, token).status_code for token, address in asked.items()] == [
            401, 401, 403, 404, 404, 401,
        ]  # fmt: skip
    start = "route /api/v1/campaigns"
    assert [
        (entry.person, entry.role, entry.campaign_id, entry.details)
        for entry in reversed(own.entries(size=9))
        if entry.action == "refused"
    ] == [
        (COMMAND_LINE, "analyst", "", {"what": start, "token": "ended"}),
        (COMMAND_LINE, "analyst", "", {"what": f"{start}/{{campaign_id:path}}", "token": "revoked"}),
        (COMMAND_LINE, "reader", "", {"what": f"{start}/{{campaign_id:path}}/customers", "token": "reader"}),
        (COMMAND_LINE, "analyst", "b", {"what": f"{start}/{{campaign_id:path}}", "token": "brand"}),
        (COMMAND_LINE, "analyst", "", {"what": f"{start}/{{campaign_id:path}}/links", "token": "unknown"}),
        ("", "reader", "", {"what": f"{start}/{{campaign_id:path}}/timeline"}),
    ]


def test_an_answer_that_has_not_changed_is_not_sent_again(both: Path) -> None:
    api, token = client(), issue(both)
    first = ask(api, "campaigns/a", token)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert "access-control-allow-origin" not in first.headers
    for known in (tag, f"W/{tag}", f'"x", {tag}'):
        again = ask(api, "campaigns/a", token, **{"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert ask(api, "campaigns/a?audience=all", token, **{"If-None-Match": tag}).status_code == 200
    # Somebody else's answer may have other figures.
    limited = issue(both, tags=frozenset({"brand a"}))
    assert ask(api, "campaigns/a", limited, **{"If-None-Match": tag}).status_code == 200
    assert ask(api, "campaigns/a", issue(both, Role.READER), **{"If-None-Match": tag}).status_code == 200


def test_calls_are_in_the_audit_once_a_day(both: Path) -> None:
    api, token = client(), issue(both)
    known = tokens.beside(both).named(token)
    assert known is not None
    for address in ("campaigns", "campaigns?size=1", "campaigns/a", "campaigns/b", "campaigns/a/customers"):
        for _ in range(2):
            ask(api, address, token)
    ask(api, "campaigns/b/customers", token)
    ask(api, "campaigns/any text/customers", token)
    entries = [
        (entry.action, entry.details["report"], entry.campaign_id)
        for entry in reversed(audit.beside(both, 0).entries(size=100))
        if entry.details.get("token") == known.token_id
    ]
    assert entries == [
        ("called_api", "campaigns", ""),
        ("called_api", "campaign", ""),
        ("called_api", "customers", "a"),
        ("called_api", "customers", "b"),
    ]
    used = tokens.beside(both).get(known.token_id).last_used_at
    assert used is not None
    assert known.created_at <= used <= datetime.now(UTC)


def test_without_an_audit_figures_are_read_but_no_customers(
    both: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issue(both)

    def fail(*_: object, **__: object) -> None:
        raise StateUnreadable("/data/secret.sqlite can't be written.")

    monkeypatch.setattr(audit.Audit, "record", fail)
    monkeypatch.setattr(web_audit, "_failed", Event())
    api = client()
    assert ask(api, "campaigns/a", token).status_code == 200
    refused = ask(api, "campaigns/a/customers", token)
    assert refused.status_code == 503
    assert "secret.sqlite" not in refused.text


def test_the_description_is_valid_and_complete(both: Path) -> None:
    described = ask(client(), "openapi.json", issue(both)).json()
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(described)
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    served_paths = {route.path for route in client().app.routes}  # type: ignore[attr-defined]
    named = {f"/api/v1{path}".replace("_id}", "_id:path}") for path in described["paths"]}
    assert named | {"/api/v1/{rest:path}"} == served_paths
    references = json.dumps(described).count("#/components/")
    resolved = [described["components"][kind][name] for kind, name in _references(described)]
    assert len(resolved) == references


def _references(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if "$ref" in node:
            _, _, kind, name = node["$ref"].split("/")
            yield kind, name
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_answers_are_as_described(both: Path, sample_database: Path, report: Any) -> None:
    described = openapi.description()
    validator = Draft202012Validator(described["components"]["schemas"][report.name])
    for database in (both, sample_database):
        with Warehouse(database).snapshot() as data:
            for row in data.rows(
                "campaign_list", search.selection(search.EVERYTHING), audience="all", start=0, size=3
            ):
                chosen = {each.name: each.value([]) for each in report.parameters}
                answer = json.loads(json.dumps(report.read(data, row["campaign_id"], chosen)))
                validator.validate(answer)


NAMES = sorted({parameter.name for report in REPORTS for parameter in report.parameters} | {"other"})
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.dates().map(str),
    st.sampled_from(
        ["all", "human", "-name", "email", "-cor", "clicked", "0", "1", "2147483648", "9999-12-31", "\0"]
    ),
)


@pytest.fixture(scope="module")
def unlimited(both: Path) -> tuple[TestClient, str]:
    """An API, and a token that may be used as often as one likes."""
    return client(10**9), issue(both)


@given(
    st.sampled_from([report.path for report in REPORTS]),
    st.one_of(st.text(max_size=8), st.sampled_from(["a", "b"])),
    st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4),
)
@hypothesis.settings(max_examples=examples(60))
def test_no_request_fails_unexpectedly(
    unlimited: tuple[TestClient, str], path: str, campaign_id: str, parameters: list[tuple[str, str]]
) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in campaign_id.encode("utf-8", "replace"))
    api, token = unlimited
    answer = api.get(
        f"/api/v1/{path.replace('{campaign_id}', quoted)}",
        params=parameters,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code in (200, 400, 404)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A function that makes somebody with these claims look at the page. There are no tokens yet."""
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path / "mailsight.duckdb"))

    def look(claims: dict[str, Any], access: Access = SIGN_IN, *, local: bool = False) -> None:
        monkeypatch.setattr(
            configuration, "current", lambda: Configuration(replace(access, session_seconds=1e12))
        )
        sessions.admit("", Visitor(claims and {"is_logged_in": True, "iat": 1, **claims}, local=local))

    yield look
    sessions.dismiss("")


TEAM = {"sub": "8", "groups": ["team-a"]}


def test_people_issue_list_and_revoke_their_own_tokens(person: Callable[..., None]) -> None:
    person(ANN)
    hers, text = api_tokens.issue("Hers", Role.ADMIN, 400)
    assert (hers.person, hers.issuer, hers.role) == ("ann@x.example", ANN, Role.ANALYST)
    assert (hers.expires_at - hers.created_at).days == tokens.MAX_DAYS
    assert api_tokens.allowed(text)[0] == hers
    person(TEAM)
    theirs, _ = api_tokens.issue("Theirs", Role.READER, 400, tags=["brand a", "brand b"])
    assert (theirs.person, theirs.issuer, theirs.tags) == (
        "ID 8",
        TEAM,
        frozenset({"brand a"}),
    )
    assert (theirs.expires_at - theirs.created_at).days == api_tokens.MAX_CLAIMED_DAYS
    assert api_tokens.mine() == [theirs]
    with pytest.raises(NotInRole):
        api_tokens.issue("Too much", Role.READER, 1, tags=["brand b"])
    with pytest.raises(NotInRole):
        api_tokens.revoke(hers.token_id)
    # The id of somebody else at the provider is Ann's address.
    person({**TEAM, "sub": "ann@x.example"})
    assert api_tokens.mine() == []
    person(ANN)
    assert api_tokens.mine() == [hers]
    api_tokens.revoke(hers.token_id)
    with pytest.raises(BadToken):
        api_tokens.allowed(text)
    actions = [(entry.person, entry.action) for entry in audit.beside(_state(), 0).entries(size=9)]
    assert actions == [
        ("ann@x.example", "revoked_token"),
        ("ID 8", "issued_token"),
        ("ann@x.example", "issued_token"),
    ]


def test_who_leaves_a_group_loses_their_tokens_when_they_sign_in(person: Callable[..., None]) -> None:
    person(TEAM)
    _, text = api_tokens.issue("Theirs", Role.READER, 1)
    # Somebody whose address is this id.
    api_tokens.note_claims({"email": "8", "email_verified": True})
    api_tokens.note_claims({**TEAM, "groups": ["team-a", "team-b"]})
    assert api_tokens.allowed(text)[1].scope.tags == {"brand a"}
    api_tokens.note_claims({"sub": "8", "groups": ["team-b"]})
    with pytest.raises(BadToken):
        api_tokens.allowed(text)


def _state() -> Path:
    return settings.from_environment().database


@pytest.mark.parametrize(
    ("claims", "access", "local"),
    [
        ({"email": "bob@x.example", "email_verified": True}, SIGN_IN, False),  # a reader
        ({}, Access(without_sign_in=Role.ANALYST), False),
        ({}, Access(), True),
    ],
)
def test_others_get_no_token(
    person: Callable[..., None], claims: dict[str, Any], access: Access, local: bool
) -> None:
    person(claims, access, local=local)
    assert not api_tokens.may_issue()
    with pytest.raises(NotInRole):
        api_tokens.issue("No", Role.READER, 1)
    assert tokens.beside(_state()).all() == []
