"""Whatever is asked for, and however: nobody gets what their role, or its limits, don't include."""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import settings as hypothesis_settings
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection

from mailsight.web import parameters
from tests.support import brands, raw_session, signed_in
from tests.support.brands import CAMPAIGN_A, CAMPAIGN_B, CUSTOMERS, KEPT, OF_BRAND_B, PERSONAL
from tests.support.grids import grid_token
from tests.support.signed_in import Guarded, SignIn
from tooling.servers import free_port

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
    "alma": (*OF_BRAND_B, *KEPT),
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

    def click(self, label: str, page: str, **query: str) -> str:
        """Everything that is sent after a click on a button."""
        [button] = re.findall(rf'id: "(\$\$ID-[^"]*)"\s+label: "{label}"', raw_session.shown(self.messages))
        state = ClientState(page_name=page, query_string=urlencode(query))
        state.widget_states.widgets.add(id=button, trigger_value=True)
        return self.run(state)


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
            if (words := leaks(page.open(path, **query), HIDDEN[name], query))
        }
    assert leaked == {}


def test_who_may_see_everything_is_shown_all_of_these_words(guarded: Guarded) -> None:
    """So that the test above can't pass because the words are nowhere."""
    words = {*PERSONAL, *OF_BRAND_B, *KEPT}
    with page_of(guarded, "ada") as page:
        shown = "".join(page.open(path, **query) for path, query in addresses())
        token = grid_token(page.open("campaign", id=CAMPAIGN_B))
        request = {"token": token, "start": 0, "end": 9}
        shown += httpx.post(f"{guarded.address}/api/recipients", json=request, headers=cookie(page)).text
    assert {word for word in words if word not in shown} <= {"10.77.1.", "cust-carlotta", "Dear-Annabel"}


def cookie(page: Page) -> dict[str, str]:
    return {"Cookie": page.signed_in.cookies}


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
        texts.append(str(words).replace(campaign_id, "ID").replace(customer_id, "ID"))
    assert texts[0] == texts[1]
    assert "not found" in texts[0]


# --- Exports ---------------------------------------------------------------------------------------------------------

FORMATS = {"reader": {"CSV", "Excel"}, "marketer": {"CSV", "Excel"}, "analyst": {"CSV", "Excel", "Parquet"}}


@pytest.mark.parametrize(
    ("name", "menus"),
    [
        ("rita", {"Export", "Report"}),
        ("mara", {"Export", "Report", "Export links"}),
        ("ana", {"Export", "Report", "Export links", "Events"}),
    ],
)
def test_exports_are_offered_by_role(guarded: Guarded, name: str, menus: set[str]) -> None:
    with page_of(guarded, name) as page:
        shown = page.open("campaign", id=CAMPAIGN_A, tab="heatmap")
        shown += page.open("campaign", id=CAMPAIGN_A, dialog="not-sent")
        shown += page.open("customer", id="cust-annabel")
    offered = set(re.findall(r'menu_button \{.*?label: "([^"]+)"', shown, re.DOTALL))
    assert offered >= menus
    assert ("Events" in offered) is (name == "ana")
    assert ("Parquet" in shown) is (name == "ana")
