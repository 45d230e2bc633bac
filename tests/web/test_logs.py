"""Logs have time, level and request, and no secrets."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from streamlit.error_util import handle_uncaught_app_exception
from uvicorn.protocols.utils import ClientDisconnected

from mailsight.web import logs
from tests.support.event_loop import in_a_loop


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged to standard error at the level info."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root, saved = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    # pytest's own handlers would be closed.
    root.handlers[:] = []
    logs.configure("info")
    yield stream
    root.handlers[:] = saved
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.fixture
def lines(written: io.StringIO) -> Callable[[], list[dict[str, Any]]]:
    """What is logged as JSON."""
    logs.configure("info", "json")
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


QUOTED = "https://ann:secret@mail.example/?token=abc123 of ann@example.com"


async def answer(request: Request) -> PlainTextResponse:
    logging.getLogger("mailsight.test").warning("inside")
    if request.url.path == "/broken":
        raise RuntimeError(QUOTED)
    return PlainTextResponse("")


async def answer_all(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands in for Streamlit, which answers every path with its page."""
    await PlainTextResponse("")(scope, receive, send)


@pytest.fixture
def client() -> TestClient:
    paths = ("/page", "/broken", "/media/secret/file", "/static/a.js")
    routes = [Route(path, answer) for path in paths]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(logs.RequestLog)]))


@in_a_loop
async def test_a_browser_that_leaves_while_its_page_connects_is_no_error(written: io.StringIO) -> None:
    async def accept(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    async def gone(_: Message) -> None:
        raise ClientDisconnected

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": []}
    with pytest.raises(ClientDisconnected):  # for uvicorn, which says nothing of it
        await logs.RequestLog(accept)(scope, receive, gone)
    assert "Traceback" not in written.getvalue()


def test_a_line_has_time_level_and_request(written: io.StringIO, client: TestClient) -> None:
    request_id = client.get("/page?token=abc123").headers["x-request-id"]
    inside, request = written.getvalue().splitlines()
    assert inside.endswith(f"WARNING mailsight.test: inside [request {request_id}]")
    time, clock, text = request.split(" ", 2)
    assert (len(time), len(clock)) == (10, 12)
    assert text.startswith("INFO mailsight.web.logs: GET /page 200 ")
    assert text.endswith(f" ms [request {request_id}]")
    assert "abc123" not in written.getvalue()


def test_an_unexpected_error_is_logged_without_secrets_and_answered_with_its_id(
    written: io.StringIO, client: TestClient
) -> None:
    failed = client.get("/broken")
    assert failed.status_code == 500
    assert failed.headers["x-request-id"] in failed.text
    assert "RuntimeError" not in failed.text
    text = written.getvalue()
    assert "RuntimeError" in text
    assert "mail.example" not in text
    assert f"[request {failed.headers['x-request-id']}]\nTraceback" in text
    assert "GET /broken 500 " in text


def test_a_line_of_json_has_the_same_and_the_parts_of_the_request(
    lines: Callable[[], list[dict[str, Any]]], client: TestClient
) -> None:
    request_id = client.get("/page?token=abc123").headers["x-request-id"]
    inside, request = lines()
    moment = datetime.fromisoformat(inside.pop("time"))
    assert 0 <= (datetime.now(UTC) - moment).total_seconds() < 3600
    assert inside == {
        "level": "warning",
        "logger": "mailsight.test",
        "message": "inside",
        "request": request_id,
    }
    milliseconds = request["milliseconds"]
    assert request | {"time": ""} == {
        "time": "",
        "level": "info",
        "logger": "mailsight.web.logs",
        "message": f"GET /page 200 {milliseconds} ms",
        "request": request_id,
        "method": "GET",
        "path": "/page",
        "status": 200,
        "milliseconds": milliseconds,
    }


def test_an_error_is_one_line_of_json_without_secrets(
    lines: Callable[[], list[dict[str, Any]]], client: TestClient
) -> None:
    failed = client.get("/broken")
    _, error, request = lines()
    assert error["request"] == request["request"] == failed.headers["x-request-id"]
    assert error["error"].startswith("Traceback")
    assert error["error"].endswith("RuntimeError")
    client.get("/ann%40mail.example")
    client.get("/Ann%20Smith/campaign")
    assert [line["path"] for line in lines()[-2:]] == ["/…", "/…"]
    assert not re.search(r"(?i)abc123|ann[:%@ ]", json.dumps(lines()))


def test_paths_that_are_secrets_are_cut_and_static_files_are_quiet(
    written: io.StringIO, client: TestClient
) -> None:
    client.get("/media/secret/file")
    client.get("/static/a.js")
    assert client.get("/static/missing.js").status_code == 404
    paths = re.findall(r"logs: GET (\S+)", written.getvalue())
    assert paths == ["/media/secret/…", "/static/missing.js"]


def test_an_error_of_a_page_is_logged_like_any_other(
    written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    handle_uncaught_app_exception(RuntimeError(QUOTED))
    assert "RuntimeError" in written.getvalue()
    assert "mail.example" not in written.getvalue() + capsys.readouterr().out


def test_an_address_cannot_make_a_line_or_steer_a_terminal(written: io.StringIO, client: TestClient) -> None:
    client.get("/static/%0A2026-11-27%20INFO%0B%1B[2J%C2%85%E2%80%A8%E2%80%AE")
    [line] = written.getvalue().splitlines()
    assert r"GET /static/\n2026-11-27 INFO\x0b\x1b[2J\x85\u2028\u202e 404 " in line


def test_nor_in_json(
    written: io.StringIO, lines: Callable[[], list[dict[str, Any]]], client: TestClient
) -> None:
    client.get("/static/%0A%1B[2J%C2%85%C2%9B%E2%80%A8%E2%80%AE")
    [line] = lines()
    assert line["path"] == "/static/\n\x1b[2J\x85\x9b\u2028\u202e"
    assert written.getvalue().removesuffix("\n").isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Basic YW5uOnBhOnNz", "Authorization: Basic …"),
        ("Bearer abcdef.ghi", "Bearer …"),
        ("GET /oauth2callback?code=abc&state=def", "GET /oauth2callback?code=…&state=…"),
        ("api_key=abc client_secret=x", "api_key=… client_secret=…"),
        ("Ann <ann.o'neil+a@mail.example.com>", "Ann <…@…>"),
        ("GET /ann%2Bnews%40mail.example.com 404", "GET /…@… 404"),
        ("{'client_secret': 'abc', 'email': 'a@b.example'}", "{'client_secret': '…', 'email': …@…'}"),
        ('{"access_token":"abc.def","id": 1}', '{"access_token":"…","id": 1}'),
        ("nothing to hide at 12:30", "nothing to hide at 12:30"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    record = logging.LogRecord("a", logging.INFO, "", 1, text, None, None)
    assert logs.Formatter("%(message)s").format(record) == shown


def test_a_path_names_only_what_the_server_has_there(written: io.StringIO) -> None:
    paths = ("/webhooks/{provider}/", "/shared/{token}")
    routes = [Route(path, answer) for path in paths] + [Mount("/", answer_all)]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(logs.RequestLog)]))
    for path in (
        "webhooks/sendgrid/",
        "webhooks/Anna/",
        "shared/abc",
        "Anna%20Smith",
        "Anna/",
        "campaign",
        "",
    ):
        client.get(f"/{path}?q=Anna")
    assert re.findall(r"logs: GET (\S+)", written.getvalue()) == [
        "/webhooks/sendgrid/",
        "/webhooks/{provider}/",
        "/shared/{token}",
        "/…",
        "/…",
        "/campaign",
        "/",
    ]
