"""Around Streamlit's sign-in: the way back leads only to our own pages, and whatever goes wrong is explained."""

import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import anyio
import httpx
import pytest
from authlib.integrations.starlette_client import StarletteOAuth2App
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from mailsight.web import addresses, sessions, sign_in
from mailsight.web.access import Standing
from mailsight.web.sign_in import RETURN_COOKIE, SignIn

PROVIDER = "https://login.company.example/authorize?state=1"
PAGE = "campaign?id=spring&audience=all"


@pytest.mark.parametrize(
    ("path", "query", "page"),
    [
        ("/", "", ""),
        ("/campaign", "id=spring&audience=all", "campaign?id=spring&audience=all"),
        ("/campaign/", "id=a%26b%23c", "campaign?id=a%26b%23c"),
        ("/compare", "id=a&id=b", "compare?id=a&id=b"),
        ("/customer", "id=1&campaign=spring&x=2&sign_in=failed", "customer?id=1&campaign=spring"),
        ("/data", "", "data"),
        ("/", "audience=all", "?audience=all"),
        ("//evil.example/campaign", "q=1", "?q=1"),
        ("/", "q=black+friday&tag=a&tag=b&x=1", "?q=black+friday&tag=a&tag=b"),
        (
            "/campaign",
            "id=spring&tab=heatmap&status=clicked&measure=clickers&dialog=mail%3A7&next=evil",
            "campaign?id=spring&tab=heatmap&status=clicked&measure=clickers&dialog=mail%3A7",
        ),
        ("/evil.example", "", ""),
        ("/auth/logout", "", ""),
        ("/../campaign", "", ""),
        ("/campaign\r\nSet-Cookie: a=b", "", ""),
        ("/campaign", "next=https://evil.example", "campaign"),
        ("/campaign", "id=a%0d%0aSet-Cookie:%20a=b", "campaign?id=a%0D%0ASet-Cookie%3A+a%3Db"),
        ("/campaign", f"id={'a' * 3_000}", "campaign"),
        ("/campaign", "id=a&" * 100, "campaign"),
    ],
)
def test_only_our_own_pages_and_parameters_are_returned_to(path: str, query: str, page: str) -> None:
    assert addresses.own_page(path, query) == page


@pytest.fixture
def answers() -> dict[str, Any]:
    """What Streamlit's routes answer: a response, an exception, or None to hang."""
    return {}


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The sign-ins that were ended. The cookie `person` stands in for Streamlit's signed one."""
    ended: list[Any] = []
    monkeypatch.setattr(
        sessions, "claims_from", lambda cookies: {"sub": cookies["person"]} if "person" in cookies else {}
    )
    monkeypatch.setattr(
        sessions, "standing", lambda claims: Standing.MAY_ENTER if claims else Standing.SIGNED_OUT
    )
    monkeypatch.setattr(sessions, "end_sign_in", ended.append)
    monkeypatch.setattr(sign_in, "PROVIDER_SECONDS", 0.05)
    return ended


@pytest.fixture
def client(answers: dict[str, Any], ended: list[Any]) -> Iterator[TestClient]:
    assert ended == []

    async def answer(request: Request) -> Response:
        given = answers[request.url.path]
        if given is None:
            await anyio.sleep_forever()
        if isinstance(given, Exception):
            raise given
        assert isinstance(given, Response)
        return given

    routes = [Route(path, answer) for path in ("/auth/login", "/oauth2callback", "/auth/logout")]
    with TestClient(
        Starlette(routes=routes, middleware=[Middleware(SignIn)]), follow_redirects=False
    ) as client:
        yield client


def _name(answer: Any) -> str:
    return (
        f"{answer.status_code} {answer.headers.get('location', '')}"
        if isinstance(answer, Response)
        else repr(answer)
    )


FAILURES: list[Any] = [
    PlainTextResponse("Authentication error", 400),
    PlainTextResponse("Internal Server Error", 500),
    RedirectResponse("javascript:alert(1)", 302),
    RedirectResponse("/authorize?state=1", 302),
    httpx.ConnectError("refused"),
    ValueError("not JSON"),
    RuntimeError("no authorize_url"),
    None,
]


@pytest.mark.parametrize("failure", FAILURES, ids=_name)
def test_a_provider_that_fails_leads_back_to_the_page_with_a_reason(
    client: TestClient, answers: dict[str, Any], failure: Any
) -> None:
    answers["/auth/login"] = failure
    answer = client.get("/auth/login", headers={"Referer": f"http://testserver/{PAGE}"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{PAGE}&sign_in=unavailable")


@pytest.mark.parametrize("failure", FAILURES, ids=_name)
def test_a_provider_that_fails_on_the_way_back_is_explained_too(
    client: TestClient, answers: dict[str, Any], failure: Any
) -> None:
    answers["/oauth2callback"] = failure
    client.cookies.set(RETURN_COOKIE, quote(PAGE))
    answer = client.get("/oauth2callback?code=1&state=1")
    assert answer.headers["location"] == f"/{PAGE}&sign_in=unavailable"


def signed_in() -> Response:
    answer = RedirectResponse("/", 302)
    answer.set_cookie("_streamlit_user", "ann")
    return answer


def signed_out() -> Response:
    answer = RedirectResponse("/", 302)
    answer.delete_cookie("_streamlit_user")
    return answer


def test_the_certificates_to_trust_are_not_read_for_each_request(
    client: TestClient, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers["/auth/login"] = RedirectResponse(PROVIDER, 302)
    client.get("/auth/login")
    monkeypatch.setattr(ssl, "create_default_context", None)
    with pytest.raises(TypeError):
        httpx.AsyncClient()
    assert StarletteOAuth2App.client_cls(client_id="mailsight")


def test_signing_in_leads_back_to_the_page_that_was_opened(
    client: TestClient, answers: dict[str, Any]
) -> None:
    answers |= {"/auth/login": RedirectResponse(PROVIDER, 302), "/oauth2callback": signed_in()}
    leave = client.get("/auth/login", headers={"Referer": f"http://testserver/{PAGE}"})
    assert leave.headers["location"] == PROVIDER
    cookie = leave.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    back = client.get("/oauth2callback?code=1&state=1")
    assert back.headers["location"] == f"/{PAGE}"
    assert "_streamlit_user=ann" in back.headers["set-cookie"]
    assert RETURN_COOKIE not in client.cookies


@pytest.mark.parametrize(
    "referrer",
    ["", "https://evil.example/campaign?id=1", "http://testserver.evil.example/campaign", "//evil.example", "http://[",
     "http://testserver@evil.example/campaign", "javascript:alert(1)"],
)  # fmt: skip
def test_a_foreign_page_is_not_returned_to(
    client: TestClient, answers: dict[str, Any], referrer: str
) -> None:
    answers |= {"/auth/login": RedirectResponse(PROVIDER, 302), "/oauth2callback": signed_in()}
    client.get("/auth/login", headers={"Referer": referrer})
    assert client.get("/oauth2callback?code=1&state=1").headers["location"] == "/"


@pytest.mark.parametrize(
    "cookie",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "%2F%2Fevil.example",
        "auth/logout",
        "\x7f",
    ],
)
def test_a_forged_cookie_leads_nowhere_else(client: TestClient, answers: dict[str, Any], cookie: str) -> None:
    answers["/oauth2callback"] = signed_in()
    answer = client.get("/oauth2callback?code=1&state=1", headers={"Cookie": f"{RETURN_COOKIE}={cookie}"})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("query", "cookies", "location"),
    [
        ("error=access_denied&state=1", {}, "/?sign_in=cancelled"),
        ("error=access_denied", {RETURN_COOKIE: quote(PAGE)}, f"/{PAGE}&sign_in=cancelled"),
        ("error=server_error&state=1", {}, "/?sign_in=unavailable"),
        ("error=%0d%0a", {}, "/?sign_in=unavailable"),
        ("code=1&state=forged", {}, "/?sign_in=failed"),
        ("code=1", {}, "/?sign_in=failed"),
        ("", {}, "/"),  # the provider has signed the person out
        ("code=1&state=old", {"person": "ann"}, "/"),  # the browser's Back button
    ],
)
def test_an_answer_without_a_sign_in_is_explained(
    client: TestClient, answers: dict[str, Any], query: str, cookies: dict[str, str], location: str
) -> None:
    answers["/oauth2callback"] = signed_out()
    for name, value in cookies.items():
        client.cookies.set(name, value)
    assert client.get(f"/oauth2callback?{query}").headers["location"] == location


def test_a_button_that_is_too_old_leads_back_to_the_page(client: TestClient, answers: dict[str, Any]) -> None:
    answers["/auth/login"] = RedirectResponse("/", 302)
    answer = client.get("/auth/login", headers={"Referer": f"http://testserver/{PAGE}"})
    assert answer.headers["location"] == f"/{PAGE}"


@pytest.mark.parametrize(
    "answer", [RedirectResponse("https://login.company.example/end", 302), *FAILURES], ids=_name
)
def test_signing_out_ends_the_sign_in_even_if_the_provider_fails(
    client: TestClient, answers: dict[str, Any], ended: list[Any], answer: Any
) -> None:
    answers["/auth/logout"] = answer
    client.cookies.set("person", "ann")
    client.cookies.set("_streamlit_user", "ann")
    left = client.get("/auth/logout")
    assert ended == [{"sub": "ann"}]
    if answer in FAILURES:
        assert left.headers["location"] == "/"
        assert left.headers["set-cookie"].startswith('_streamlit_user=""; expires=')
    else:
        assert left.headers["location"] == "https://login.company.example/end"
