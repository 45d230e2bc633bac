"""Whatever is asked for, and however: nobody gets what their role, or its limits, don't include."""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
from hypothesis import settings as hypothesis_settings
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection

from mailsight.reports.patterns import OTHERS
from mailsight.state import audit
from mailsight.state.audit import Action, Entry, Search
from mailsight.web import parameters
from tests.support import brands, raw_session, signed_in
from tests.support.brands import CAMPAIGN_A, CAMPAIGN_B, CUSTOMERS, KEPT, OF_BRAND_B, PERSONAL
from tests.support.dashboard import start_dashboard
from tests.support.grids import grid_token
from tests.support.signed_in import Guarded, SignIn
from tests.support.waiting import PATIENCE_SECONDS, until
from tooling.servers import PROJECT, await_answer, free_port, stop

pytestmark = pytest.mark.slow

THOROUGH = hypothesis_settings.get_current_profile_name() == "thorough"
ROLES = """
[[roles]]
role = "reader"
people = ["rita@company.example"]
[[roles]]
role = "reader"
people = ["rory@company.example"]
tags = ["brand a"]
[[roles]]
role = "marketer"
people = ["mara@company.example", "mo@company.example"]
[[roles]]
role = "marketer"
people = ["alma@company.example"]
sender_domains = ["alpha.example"]
attributes = ["city"]
[[roles]]
role = "analyst"
people = ["ana@company.example"]
[[roles]]
role = "analyst"
people = ["abel@company.example"]
tags = ["brand a", "none"]
[[roles]]
role = "admin"
people = ["ada@company.example"]
"""
# What each person may not be shown, wherever it is.
HIDDEN = {
    "rita": (*PERSONAL, *KEPT),
    "rory": (*PERSONAL, *OF_BRAND_B, *KEPT),
    "mara": KEPT,
    "alma": (*OF_BRAND_B, *KEPT, "goldclub"),  # an attribute
    "ana": KEPT,
    "abel": (*OF_BRAND_B, *KEPT),
    "nina": (*PERSONAL, *OF_BRAND_B, *KEPT, CAMPAIGN_A, "Spring"),  # signed in, without a role
}
# Whom `make test` follows everywhere: the others can see more than one of these. `make thorough` follows everybody.
WALKED = HIDDEN if THOROUGH else ("rory", "alma")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A dashboard for people with every role."""
    folder = tmp_path_factory.mktemp("roles")
    secrets = signed_in.SECRETS + ROLES
    nowhere = f"http://localhost:{free_port()}"
    with signed_in.dashboard(brands.database(folder), folder, nowhere, secrets=secrets) as started:
        yield started


@dataclass
class Page:
    """A page in somebody's browser, and what it was sent."""

    guarded: Guarded
    signed_in: SignIn
    connection: ClientConnection
    messages: list[ForwardMsg]

    def open(self, page: str, **query: str) -> str:
        """Everything that is sent for an address."""
        return self.run(ClientState(page_name=page, query_string=urlencode(query)))

    def run(self, state: ClientState) -> str:
        self.messages = raw_session.run(self.connection, state)
        return raw_session.shown(self.messages)

    def sent(self, page: str, query: dict[str, str]) -> str:
        """The bytes that are sent for an address, to look for words in them."""
        messages = raw_session.run(
            self.connection, ClientState(page_name=page, query_string=urlencode(query))
        )
        return b"".join(message.SerializeToString() for message in messages).decode("latin-1")

    def menus(self) -> list["Menu"]:
        """The menus that the page now shows."""
        elements = [message.delta.new_element for message in self.messages if message.HasField("delta")]
        menus = [element.menu_button for element in elements if element.HasField("menu_button")]
        return [Menu(menu.id, menu.label, tuple(menu.options)) for menu in menus]


@contextmanager
def page_of(guarded: Guarded, name: str, sign_in: SignIn | None = None) -> Iterator[Page]:
    who = sign_in or signed_in.signed_in(guarded, name)
    with raw_session.connected(guarded.address, cookies=who.cookies, protocols=who.protocols) as connection:
        yield Page(guarded, who, connection, [])


def addresses() -> list[tuple[str, dict[str, str]]]:
    """Addresses that show everything there is: each page, each tab and each dialog, with whatever items it takes."""
    found: list[tuple[str, dict[str, str]]] = [("", {}), ("data", {}), ("data", {"tab": "rejected-rows"})]
    found += [("compare", {"id": CAMPAIGN_A}), ("compare", {"id": CAMPAIGN_B})]
    found += [("", {"dialog": kind}) for kind in kinds(parameters.LIST_DIALOG)]
    for campaign_id in (CAMPAIGN_A, CAMPAIGN_B):
        found += [("campaign", {"id": campaign_id, "tab": parameters.slug(tab)}) for tab in parameters.TABS]
        for kind in kinds(parameters.CAMPAIGN_DIALOG):
            items = CUSTOMERS[:2] if kind in ("mail", "preview") else ("sent", "")
            found += [("campaign", {"id": campaign_id, "dialog": f"{kind}:{item}"}) for item in items]
        found += [("campaign", {"id": campaign_id, "status": "clicked", "stage": "sent", "variant": "1"})]
        mailboxes = {"id": campaign_id, "tab": "mailbox-providers"}
        found += [("campaign", mailboxes | {"provider": name}) for name in ("Ziggo", OTHERS)]  # home.example
    for customer_id in CUSTOMERS:
        found += [("customer", {"id": customer_id})]
        for kind in kinds(parameters.CUSTOMER_DIALOG):
            found += [("customer", {"id": customer_id, "dialog": f"{kind}:{CAMPAIGN_A}"})]
            found += [("customer", {"id": customer_id, "dialog": f"{kind}:{CAMPAIGN_B}"})]
    return found


def kinds(parameter: parameters.Parameter[Any]) -> tuple[str, ...]:
    """The dialogs that an address can open."""
    known: tuple[str, ...] = inspect.getclosurevars(parameter.read).nonlocals["kinds"]
    return known


def leaks(shown: str, hidden: tuple[str, ...], asked: dict[str, str]) -> list[str]:
    """The words that were sent though they should not have been, except those of the address itself."""
    own = " ".join(asked.values())
    return [word for word in hidden if word in shown and word not in own]


@pytest.mark.parametrize("name", WALKED)
def test_no_page_shows_what_a_role_does_not_include(guarded: Guarded, name: str) -> None:
    with page_of(guarded, name) as page:
        leaked = {
            (path, *query.values()): words
            for path, query in addresses()
            if (words := leaks(page.sent(path, query), HIDDEN[name], query))
        }
    assert leaked == {}


def test_who_may_see_everything_is_shown_all_of_these_words(guarded: Guarded) -> None:
    """So that the test above can't pass because the words are nowhere."""
    words = {*PERSONAL, *OF_BRAND_B, *KEPT}
    with page_of(guarded, "ada") as page:
        shown = "".join(page.sent(path, query) for path, query in addresses())
        token = grid_token(page.open("campaign", id=CAMPAIGN_B))
        request = {"token": token, "start": 0, "end": 9}
        shown += httpx.post(
            f"{guarded.address}/api/recipients", json=request, headers=cookie_headers(page.signed_in.cookies)
        ).text
    assert {word for word in words if word not in shown} == set()


def cookie_headers(cookies: str) -> dict[str, str]:
    """The headers with cookies, if there are any."""
    return {"Cookie": cookies} if cookies else {}


@pytest.mark.parametrize("name", ["rory", "alma"])
def test_what_is_not_theirs_does_not_exist(guarded: Guarded, name: str) -> None:
    """The answer for another brand's campaign or customer is the answer for none."""
    texts = []
    for campaign_id, customer_id in ((CAMPAIGN_B, "cust-benedikt"), ("camp-nobody", "cust-nobody")):
        with page_of(guarded, name) as page:
            opened = [
                page.open("campaign", id=campaign_id),
                page.open("campaign", id=campaign_id, dialog="preview"),
                page.open("customer", id=customer_id),
                page.open("customer", id="cust-annabel", dialog=f"mail:{campaign_id}"),
                page.open("compare", id=campaign_id),
            ]
        words = [re.findall(r'(?:body|data|text): "([^"]*)"', shown) for shown in opened]
        without_clock = re.sub(r"Updated [^']*", "", str(words))
        texts.append(without_clock.replace(campaign_id, "ID").replace(customer_id, "ID"))
    assert texts[0] == texts[1]
    assert "not found" in texts[0]


@pytest.mark.parametrize(
    ("name", "path", "query", "campaign_id", "customer_id"),
    [
        ("rita", "customer", {"id": "cust-annabel"}, "", ""),
        ("rita", "campaign", {"id": CAMPAIGN_A, "dialog": "mail:cust-annabel"}, "", ""),
        ("rita", "campaign", {"id": CAMPAIGN_A, "dialog": "selection"}, "", ""),
        ("rita", "campaign", {"id": CAMPAIGN_A, "dialog": "share"}, "", ""),
        ("rita", "", {"dialog": "find-customer"}, "", ""),
        ("mara", "", {"dialog": "api-tokens"}, "", ""),
        ("mara", "data", {}, "", ""),
        ("ana", "data", {"dialog": "upload"}, "", ""),
        ("ana", "customer", {"id": "cust-annabel", "dialog": "erase"}, "", ""),
        ("ana", "audit", {}, "", ""),
        ("nina", "campaign", {"id": CAMPAIGN_A}, "", ""),
        ("rory", "campaign", {"id": CAMPAIGN_B}, CAMPAIGN_B, ""),
        ("rory", "campaign", {"id": "Annabel Birchwood"}, "", ""),  # an id that isn't there may be any text
        ("alma", "customer", {"id": "cust-benedikt"}, "", "cust-benedikt"),
        ("alma", "compare", {"id": [CAMPAIGN_A, CAMPAIGN_B]}, CAMPAIGN_B, ""),
        (
            "alma",
            "customer",
            {"id": "cust-annabel", "dialog": f"mail:{CAMPAIGN_B}"},
            CAMPAIGN_B,
            "cust-annabel",
        ),
        ("alma", "customer", {"id": "cust-annabel", "dialog": "events:Birchwood"}, "", "cust-annabel"),
        ("abel", "campaign", {"id": CAMPAIGN_A, "dialog": "mail:cust-benedikt"}, CAMPAIGN_A, "cust-benedikt"),
    ],
)
def test_who_asks_for_more_than_they_may_see_is_in_the_audit(
    guarded: Guarded, name: str, path: str, query: dict[str, Any], campaign_id: str, customer_id: str
) -> None:
    with page_of(guarded, name) as page:
        page.run(ClientState(page_name=path, query_string=urlencode(query, doseq=True)))
    asked = str(query.get("dialog", "")).partition(":")[0]
    what = "page" if name == "nina" else f"dialog {asked}" if asked else f"page {path or 'campaigns'}"
    assert (campaign_id, customer_id, {"what": what}) in [
        (entry.campaign_id, entry.customer_id, entry.details) for entry in recorded(guarded, name)
    ]
    opened = [*recorded(guarded, name, Action.OPENED_EVENTS), *recorded(guarded, name, Action.OPENED_MAIL)]
    assert name not in ("alma", "abel") or CAMPAIGN_B not in [entry.campaign_id for entry in opened]


def recorded(guarded: Guarded, name: str, action: Action = Action.REFUSED) -> list[Entry]:
    """What the audit has of somebody."""
    database = guarded.secrets.parent / "data" / "mailsight.duckdb"
    return audit.beside(database, 0).entries(Search(f"{name}@company.example", action), size=1_000)


# --- Exports ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "formats", "events"),
    [
        ("rita", {"CSV", "Excel"}, False),
        ("mara", {"CSV", "Excel", "Share"}, False),
        ("ana", {"CSV", "Excel", "Parquet", "Share"}, True),
    ],
)
def test_exports_are_offered_by_role(guarded: Guarded, name: str, formats: set[str], *, events: bool) -> None:
    with page_of(guarded, name) as page:
        menus = [
            menu
            for path, query in (
                ("", {}),
                ("campaign", {"id": CAMPAIGN_A, "tab": "heatmap"}),
                ("campaign", {"id": CAMPAIGN_A, "dialog": "not-sent"}),
                ("customer", {"id": "cust-annabel"}),
                ("customer", {"id": "cust-annabel", "dialog": f"events:{CAMPAIGN_A}"}),
            )
            if page.open(path, **query)
            for menu in page.menus()
        ]
    assert {label for menu in menus for label in menu.formats} - {"HTML", "PDF"} == formats
    assert any(menu.label == "Events" for menu in menus) is events
    assert {menu.label for menu in menus} >= {"Export", "Report", "Export links"}


@dataclass(frozen=True)
class Menu:
    id: str
    label: str
    options: tuple[str, ...]

    @property
    def formats(self) -> set[str]:
        return {option.split("**")[1] for option in self.options}


def exported(page: Page, menu_label: str, form: str, path: str, **query: str) -> str:
    """The token of a file that somebody orders. Fails if it is not offered."""
    page.open(path, **query)
    [menu] = [menu for menu in page.menus() if menu.label == menu_label]
    [option] = [option for option in menu.options if f"**{form}**" in option]
    state = ClientState(page_name=path, query_string=urlencode(query))
    state.widget_states.widgets.add(id=menu.id).string_trigger_value.data = option
    [query_string] = set(re.findall(r"api/export\?([\w.%&=-]+)", page.run(state)))
    return str(parse_qs(query_string)["token"][0])


# --- Routes -----------------------------------------------------------------------------------------------------------

# What the routes of the app are for. Whoever adds one says here who may use it, and tests that.
OPEN = {  # for everybody; they have no data
    "/healthz", "/readyz",
    "/_stcore/health", "/_stcore/host-config", "/_stcore/bidi-components/{path:path}", "/component/{path:path}",
    "/app/static/{path:path}", "", "/auth/login", "/auth/logout", "/oauth2callback",
}  # fmt: skip
WITH_TOKEN = {"/api/recipients", "/api/export", "/api/export/progress"}  # of a page: tested below
ELSEWHERE = {
    "/metrics": "tests/web/test_metrics.py",
    "/shared/{token}": "tests/web/test_shared.py",
    "/_stcore/metrics": "tests/web/test_metrics.py",
    "/_stcore/stream": "above: the pages",
    "/media/{file_id:path}": "below",
    "/_stcore/upload_file/{session_id}/{file_id}": "below, tests/web/test_gate.py and test_upload_gate.py",
}
# The server refuses to start with these on.
OFF = {"/_stcore/agent/interact", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp"}
# With a token of its own: tests/web/test_api.py.
API = re.compile(r"/api/v1/.*")
# With the provider's signature or password: tests/web/test_webhooks.py.
WEBHOOKS = re.compile(r"/webhooks/.*")


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The methods of all routes of the app as it runs, by path."""
    script = (
        "import app, json; routes = app.app._build_starlette_app().routes; "
        "print(json.dumps([[route.path, sorted(getattr(route, 'methods', None) or [])] for route in routes]))"
    )
    folder = tmp_path_factory.mktemp("routes")
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(PROJECT), "HOME": str(folder), "MAILSIGHT_DATABASE": str(folder / "m.duckdb")},
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    for path, methods in json.loads(ended.stdout.splitlines()[-1]):
        found.setdefault(path, []).extend(methods)
    return found


def test_it_is_known_who_may_use_each_route(routes: dict[str, list[str]]) -> None:
    known = OPEN | WITH_TOKEN | ELSEWHERE.keys() | OFF
    assert {
        path
        for path in routes
        if path not in known and not WEBHOOKS.fullmatch(path) and not API.fullmatch(path)
    } == set()


def test_open_routes_have_no_data_and_the_others_refuse_strangers(
    guarded: Guarded, routes: dict[str, list[str]]
) -> None:
    hidden = (*PERSONAL, *OF_BRAND_B, CAMPAIGN_A)
    stranger = signed_in.signed_in(guarded, "nina").cookies
    expired = signed_in.signed_in(guarded, "mara", age_seconds=13 * 3600).cookies
    with httpx.Client(base_url=guarded.address, timeout=PATIENCE_SECONDS) as client:
        for path, methods in routes.items():
            place = re.sub(r"\{[^}]*\}", "x", path) or "/"
            for method, cookies in (
                (method, cookies) for method in methods for cookies in ("", stranger, expired)
            ):
                answer = client.request(method, place, headers=cookie_headers(cookies))
                assert leaks(answer.text, hidden, {}) == []
                if path in WITH_TOKEN and method not in ("HEAD", "OPTIONS"):
                    assert answer.status_code in (400, 401, 403, 404, 405), (path, method)
                if not cookies:
                    # Starlette finds a route despite a line break after its path.
                    same = client.request(method, f"{place}%0a")
                    assert same.status_code == answer.status_code, (path, method)


def grid_status(guarded: Guarded, token: str, cookies: str) -> int:
    request = {"token": token, "start": 0, "end": 9}
    return httpx.post(
        f"{guarded.address}/api/recipients",
        json=request,
        headers=cookie_headers(cookies),
        timeout=PATIENCE_SECONDS,
    ).status_code


def file_status(guarded: Guarded, token: str, cookies: str, route: str = "/api/export") -> int:
    return httpx.get(
        f"{guarded.address}{route}",
        params={"token": token},
        headers=cookie_headers(cookies),
        timeout=PATIENCE_SECONDS,
    ).status_code


def media_status(guarded: Guarded, place: str, cookies: str) -> int:
    return httpx.get(
        f"{guarded.address}{place}", headers=cookie_headers(cookies), timeout=PATIENCE_SECONDS
    ).status_code


def downloaded(page: Page, path: str, **query: str) -> str:
    """The address of the file that a download button of Streamlit makes."""
    shown = page.open(path, **query)
    [file_id] = set(re.findall(r'deferred_file_id: "([^"]+)"', shown))
    request = BackendOperationRequest(request_id="1", session_id=raw_session.session_id(page.messages))
    request.deferred_file.file_id = file_id
    page.connection.send(BackMsg(backend_operation_request=request).SerializeToString())
    while True:
        message = ForwardMsg()
        message.ParseFromString(page.connection.recv(PATIENCE_SECONDS, decode=False))
        if message.HasField("backend_operation_response"):
            assert not message.backend_operation_response.error_msg
            return str(message.backend_operation_response.deferred_file.url)


def test_tokens_work_for_nobody_else(guarded: Guarded) -> None:
    """A page's tokens with no cookie, that of others with less or the same role, an old one, and another sign-in."""
    others = [
        "",
        *(signed_in.signed_in(guarded, name).cookies for name in ("nina", "rita", "alma", "mo", "mara")),
        signed_in.signed_in(guarded, "mara", age_seconds=13 * 3600).cookies,
    ]
    with page_of(guarded, "mara") as page:
        mine = page.signed_in.cookies
        token = grid_token(page.open("campaign", id=CAMPAIGN_A))
        file = exported(page, "Export", "CSV", "customer", id="cust-annabel")
        until(lambda: file_status(guarded, file, mine) == 200, "the file to be ready")
        source = downloaded(page, "campaign", id=CAMPAIGN_A, dialog="mail:cust-annabel", view="source")
        assert grid_status(guarded, token, mine) == file_status(guarded, file, mine) == 200
        assert media_status(guarded, source, mine) == 200
        assert {grid_status(guarded, token, other) for other in others} == {401}
        assert {file_status(guarded, file, other) for other in others} == {401}
        assert {file_status(guarded, file, other, "/api/export/progress") for other in others} == {401}
        assert {media_status(guarded, source + more, other) for other in others for more in ("", "%0a")} == {
            404
        }
        assert {"what": "route /media"} in [entry.details for entry in recorded(guarded, "rita")]
        assert grid_status(guarded, file, mine) == 401
        assert file_status(guarded, token, mine) == 404
    until(lambda: grid_status(guarded, token, mine) == 401, "the token to end with its page")
    assert file_status(guarded, file, mine) == 401
    assert media_status(guarded, source, mine) == 404


def test_a_role_that_is_taken_away_ends_at_the_next_click(guarded: Guarded) -> None:
    before = guarded.secrets.read_text()
    with page_of(guarded, "mo") as page:
        mine = page.signed_in.cookies
        shown = page.open("campaign", id=CAMPAIGN_A)
        token, fragments = grid_token(shown), sorted(set(re.findall(r'fragment_id: "([^"]+)"', shown)))
        file = exported(page, "Export", "CSV", "customer", id="cust-annabel")
        until(lambda: file_status(guarded, file, mine) == 200, "the file to be ready")
        source = downloaded(page, "campaign", id=CAMPAIGN_A, dialog="mail:cust-annabel", view="source")
        page.open("campaign", id=CAMPAIGN_A)
        try:
            guarded.secrets.write_text(
                before.replace(', "mo@company.example"', "")
                + '[[roles]]\nrole = "reader"\npeople = ["mo@company.example"]\ntags = ["brand a"]\n'
            )
            assert grid_status(guarded, token, mine) == file_status(guarded, file, mine) == 401
            assert media_status(guarded, source, mine) == 404
            query = urlencode({"id": CAMPAIGN_A})
            # A click in the grid's part of the page, which runs without the shell, then anything else.
            for fragment_id in (fragments[-1], ""):
                state = ClientState(page_name="campaign", query_string=query, fragment_id=fragment_id)
                now = page.run(state)
                assert leaks(now, (*PERSONAL, *OF_BRAND_B), {}) == []
                assert "It does not include customers" in now
            # A broken file changes nothing, and the roles as they were come back once the file has settled.
            guarded.secrets.write_text(before + "[[roles]]\nrole = 1\n")
            assert "It does not include customers" in page.open("campaign", id=CAMPAIGN_A)
            guarded.secrets.write_text(before)
            until(
                lambda: "It does not include customers" not in page.open("campaign", id=CAMPAIGN_A),
                "the role to come back",
            )
            guarded.secrets.write_text(before.replace(', "mo@company.example"', ""))
            gone = page.run(ClientState(page_name="campaign", query_string=query, fragment_id=fragments[-1]))
            assert "have access yet" in gone
            assert leaks(gone, (*PERSONAL, *OF_BRAND_B, "Spring"), {}) == []
        finally:
            guarded.secrets.write_text(before)
        until(
            lambda: "have access yet" not in page.open("campaign", id=CAMPAIGN_A),
            "the role to come back for the next test",
        )


@pytest.mark.parametrize("kind", ["clear_cache", "load_git_info"])
def test_nobody_sends_what_is_for_developers(guarded: Guarded, kind: str) -> None:
    """Clearing the cache would remove the files of everybody."""
    with page_of(guarded, "mara") as page, page_of(guarded, "rory") as attacker:
        mine = page.signed_in.cookies
        file = exported(page, "Export", "CSV", "customer", id="cust-annabel")
        until(lambda: file_status(guarded, file, mine) == 200, "the file to be ready")
        attacker.open("")
        message = BackMsg()
        setattr(message, kind, True)
        attacker.connection.send(message.SerializeToString())
        assert "git_info_changed" not in attacker.open("")
        assert file_status(guarded, file, mine) == 200


def test_a_stolen_session_is_not_resumed_by_somebody_else(guarded: Guarded) -> None:
    with page_of(guarded, "mara") as page:
        page.open("campaign", id=CAMPAIGN_A)
        stolen = raw_session.session_id(page.messages)
    rita = signed_in.signed_in(guarded, "rita")
    again = SignIn(rita.cookies, (*rita.protocols, stolen))
    with page_of(guarded, "rita", again) as page:
        shown = page.open("campaign", id=CAMPAIGN_A)
        assert raw_session.session_id(page.messages) != stolen
        assert leaks(shown, PERSONAL, {}) == []


def test_without_sign_in_other_machines_see_what_readers_see(tmp_path: Path) -> None:
    log, port = tmp_path / "log", free_port()
    # It has a public name, so nobody is on this machine.
    environment = {"MAILSIGHT_HOSTS": "mailsight.example"}
    process = start_dashboard(brands.database(tmp_path), log, port, environment=environment)
    try:
        guarded = Guarded(await_answer(process, port, log), tmp_path / "none", log)
        with page_of(guarded, "", SignIn("", ("streamlit",))) as page:
            for path, query in addresses()[:12]:
                assert leaks(page.sent(path, query), (*PERSONAL, *KEPT), query) == []
            assert "No sign-in: anybody who can reach this server can look at it." in page.open("")
            assert "does not include customers" in page.open("campaign", id=CAMPAIGN_A)
            assert "Not part of your role" in page.open("customer", id="cust-annabel")
    finally:
        stop(process)
    assert "NO SIGN-IN" in log.read_text()


@pytest.mark.parametrize("name", ["rita", "mara", "abel", "ana"])
def test_only_admins_upload(guarded: Guarded, name: str) -> None:
    with page_of(guarded, name) as page:
        shown = page.open("data", dialog="upload")
        place = f"{guarded.address}/_stcore/upload_file/{raw_session.session_id(page.messages)}/file-1"
        xsrf = page.signed_in.protocols[1]
        answer = httpx.put(
            place,
            files={"file": b"x"},
            headers=cookie_headers(page.signed_in.cookies) | {"X-Xsrftoken": xsrf},
        )
    assert "file_uploader" not in shown
    assert answer.status_code == 403
