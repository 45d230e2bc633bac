"""Foreign Host headers and requests from other sites are refused, on every route and WebSocket."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from mailsight.web import hosts

NAMES = hosts.known_names("https://mail.example:8443", ("inside.example",), ("0.0.0.0", "", "192.0.2.9"))  # noqa: S104
HERE = "localhost:8501"


def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.headers['host']} {request.client and request.client.host}")


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("open")
    await socket.close()


def client(
    public_url: str = "https://mail.example:8443", peer: tuple[str, int] | None = ("::1", 1)
) -> TestClient:
    app = Starlette(
        routes=[
            *(Route(path, answer, methods=["GET", "POST"]) for path in ("/page", "/webhooks/brevo/")),
            WebSocketRoute("/stream", echo),
        ],
        middleware=[Middleware(hosts.KnownHosts, NAMES, public_url, "/webhooks/")],
    )
    return TestClient(app, "http://localhost:8501", client=peer)  # type: ignore[arg-type]


def opens(headers: dict[str, str]) -> bool:
    try:
        with client().websocket_connect("/stream", headers=headers) as socket:
            return bool(socket.receive_text() == "open")
    except WebSocketDenialResponse as refusal:
        return refusal.status_code not in {400, 403}


def test_the_names_are_loopback_and_what_is_configured() -> None:
    assert hosts.LOOPBACK | {"mail.example", "inside.example", "192.0.2.9"} == NAMES
    assert hosts.known_names("", (), ("localhost",)) == hosts.LOOPBACK


@pytest.mark.parametrize(
    "host",
    ["localhost", HERE, "LOCALHOST:1", "localhost.:80", "127.0.0.1:8501", "[::1]", "[::1]:8501", "mail.example",
     "mail.example:8443", "mail.example.", "inside.example:80", "192.0.2.9:8501"],
)  # fmt: skip
def test_known_hosts_are_answered(host: str) -> None:
    assert client().get("/page", headers={"Host": host}).status_code == 200
    assert opens({"Host": host})


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "localhost.attacker.example", "attacker.example:8501", "0.0.0.0:8501", "127.0.0.2", "127.1",
     "[::]", "[::ffff:127.0.0.1]", "::1", "localhost:x", "localhost:", "localhost:123456", "a@localhost", "localhost/",
     "localhost,attacker.example", "http://localhost", "", " ", "sub.mail.example", "ſ.example"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/page", "/webhooks/brevo/"])
def test_foreign_hosts_are_refused_with_a_sentence(host: str, path: str) -> None:
    refused = client().post(path, headers=[(b"host", host.encode("utf-8"))])
    assert refused.status_code == 400
    assert "MAILSIGHT_HOSTS" in refused.text


def test_a_websocket_of_a_foreign_host_or_origin_is_refused() -> None:
    assert opens({"Origin": f"http://{HERE}", "Host": HERE})
    assert not opens({"Host": "attacker.example"})
    assert not opens({"Host": "attacker.example", "Origin": "http://attacker.example"})
    for origin in (
        "http://attacker.example",
        "http://localhost:3000",
        "null",
        "http://localhost:8501.attacker.example",
    ):
        assert not opens({"Host": HERE, "Origin": origin}), origin


@pytest.mark.parametrize("end", ["%0a", "%0A%0a", "%0a?a=b"])
def test_nothing_comes_after_a_path(end: str) -> None:
    """Routes are found in spite of a line break, and what guards them looks for the path."""

    async def path(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(repr(scope["path"]))(scope, receive, send)

    app = hosts.KnownHosts(path, NAMES, "", "/webhooks/")
    assert TestClient(app, f"http://{HERE}").get(f"/page{end}").text == "'/page'"


def test_several_host_headers_are_refused() -> None:
    both = [(b"host", b"localhost"), (b"host", b"attacker.example")]
    assert client().get("/page", headers=both).status_code == 400


@pytest.mark.parametrize(
    "origin", ["http://attacker.example", "http://localhost:3000", "null", "", "[", "http://[", "file://"]
)
def test_a_post_from_another_site_is_refused(origin: str) -> None:
    headers = {"Host": HERE, "Origin": origin}
    refused = client().post("/page", headers=headers)
    assert refused.status_code == 403
    assert "MAILSIGHT_PUBLIC_URL" in refused.text
    assert client().get("/page", headers=headers).status_code == 200, "reading is up to the browser"
    assert client().post("/webhooks/brevo/", headers=headers).status_code == 200, "providers are not browsers"


def test_the_public_origin_is_known_behind_a_proxy_that_replaces_the_host() -> None:
    headers = {"Host": HERE, "Origin": "https://mail.example:8443"}
    assert client().post("/page", headers=headers).text == "mail.example:8443 ::1"
    assert client("").post("/page", headers=headers).status_code == 403
    for origin in ("http://mail.example:8443", "https://mail.example"):
        assert client().post("/page", headers=headers | {"Origin": origin}).status_code == 403


def test_the_address_that_the_client_connected_to_is_known() -> None:
    other = TestClient(client().app, "http://198.51.100.4:8501")
    assert other.get("/page").status_code == 200
    assert other.get("/page", headers={"Host": "198.51.100.5"}).status_code == 400


def test_a_peer_without_an_address_is_not_taken_for_this_machine() -> None:
    assert client(peer=None).get("/page").text.endswith(" unknown")
