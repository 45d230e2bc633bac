"""Scripts and style sheets are sent compressed; pages below the root get the server's base URL."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from mailsight.web.compression import BaseUrlScript, CompressedCode, base_url_script
from tests.support import event_loop

CODE = "let figure = 1;\n" * 1000


@pytest.fixture
def requested() -> list[str]:
    return []


@pytest.fixture
def client(requested: list[str]) -> TestClient:
    def answer(request: Request) -> Response:
        requested.append(request.url.path)
        return PlainTextResponse(CODE, headers={"ETag": '"1"'})

    routes = [Route(path, answer) for path in ("/static/a.js", "/static/a.css", "/data.json")]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(CompressedCode)]))


@pytest.mark.parametrize("path", ["/static/a.js", "/static/a.css"])
def test_code_is_compressed_once(client: TestClient, requested: list[str], path: str) -> None:
    for _ in range(3):
        with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            raw = b"".join(answer.iter_raw())
        assert gzip.decompress(raw).decode() == CODE
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-length"] == str(len(raw))
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["etag"] == '"1"'
    assert requested == [path]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/static/a.js", {"Accept-Encoding": "identity"}),
        ("/static/a.js", {"Accept-Encoding": "gzip", "If-None-Match": '"1"'}),
        ("/static/a.js", {"Accept-Encoding": "gzip", "Range": "bytes=0-9"}),
        ("/data.json", {"Accept-Encoding": "gzip"}),
    ],
)
def test_other_requests_pass_through(client: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=headers)
    assert answer.text == CODE
    assert "content-encoding" not in answer.headers


def test_missing_files_are_not_cached(client: TestClient) -> None:
    for _ in range(2):
        answer = client.get("/static/nothing.js", headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.text) == (404, "Not Found")


def page(request: Request) -> Response:
    status = int(request.query_params.get("status", "200"))
    return Response("<html><head></head></html>", status, media_type="text/html")


def test_a_page_below_the_root_gets_the_base_url() -> None:
    routes = [Route(path, page) for path in ("/base/campaign", "/base/")]
    app = Starlette(
        routes=routes, middleware=[Middleware(BaseUrlScript, ["/base/campaign"], base_url_script("/base/"))]
    )
    client = TestClient(app)
    answer = client.get("/base/campaign?id=1")
    script = 'window.__streamlit = { BACKEND_BASE_URL: location.origin + "/base/" }'
    assert answer.text == f"<html><head><script>{script}</script></head></html>"
    assert answer.headers["content-length"] == str(len(answer.text))
    assert client.get("/base/").text == "<html><head></head></html>"
    assert client.get("/base/campaign?status=404").status_code == 404


def test_a_response_that_ends_early_is_not_cached() -> None:
    """As if the client had gone: the next one gets the whole file."""
    lengths = iter((10, len(CODE)))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(b"content-length", str(len(CODE)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": CODE[: next(lengths)].encode()})

    async def body_of_request() -> bytes:
        parts = []

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            parts.append(message.get("body", b""))

        headers = [(b"accept-encoding", b"gzip")]
        await code({"type": "http", "method": "GET", "path": "/a.js", "headers": headers}, receive, send)
        return b"".join(parts)

    code = CompressedCode(app)
    assert event_loop.run(body_of_request) == CODE[:10].encode()
    assert gzip.decompress(event_loop.run(body_of_request)).decode() == CODE
