"""Whatever belongs to the page of another process is answered by that process."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mailsight.web import configuration, elsewhere
from mailsight.web.elsewhere import Elsewhere, Pages
from tests.support import proxies
from tooling.servers import free_port

HERE = 1
THEIRS, OURS, LOST = (elsewhere.name(session_id) for session_id in ("theirs", "ours", "lost"))


@pytest.fixture(scope="module")
def other() -> Iterator[int]:
    """The port of another process, which answers with what it received."""
    with proxies.echo() as port:
        yield port


@pytest.fixture
def pages(tmp_path: Path, other: int, monkeypatch: pytest.MonkeyPatch) -> Pages:
    """The pages of this process; of the other one; and of one that has ended."""
    folder = tmp_path / "pages"
    for port, page in ((HERE, OURS), (other, THEIRS), (free_port(), LOST)):
        there = Pages(folder, port)
        there.open()
        there.note(page)
    here = Pages(folder, HERE)
    monkeypatch.setattr(elsewhere, "pages", lambda: here)
    return here


@pytest.fixture
def client(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    assert pages.port == HERE
    access = SimpleNamespace(sign_in=True)
    monkeypatch.setattr(configuration, "current", lambda: SimpleNamespace(access=access))

    async def here(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"here: {len(await request.body())} bytes")

    routes = [Route("/{path:path}", here, methods=["GET", "POST", "PUT", "DELETE"])]
    return TestClient(
        Starlette(routes=routes, middleware=[Middleware(Elsewhere)]),
        base_url="https://mailsight.example",
        client=("192.0.2.7", 1234),
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/api/recipients?page={THEIRS}"),
        ("GET", f"/api/export?page={THEIRS}&token=a%2Fb"),
        ("PUT", "/_stcore/upload_file/theirs/1"),
        ("GET", "/media/anything.png"),
    ],
)
def test_what_belongs_to_a_page_of_another_process_is_answered_there(
    client: TestClient, other: int, method: str, path: str
) -> None:
    body = b"x" * 100_000 if method != "GET" else b""
    lies = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "http", "Cookie": "a=b"}
    answer = client.request(method, path, content=body, headers=lies)
    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["server"], seen["path"], seen["bytes"]) == (other, path.partition("?")[0], len(body))
    headers = seen["headers"]
    assert {name: headers[name] for name in ("host", "cookie", "x-forwarded-for", "x-forwarded-proto")} == {
        "host": "mailsight.example",
        "cookie": "a=b",
        "x-forwarded-for": "192.0.2.7",
        "x-forwarded-proto": "https",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/api/recipients?page={OURS}"),
        ("POST", f"/api/recipients?page={LOST}"),
        ("POST", f"/api/recipients?page={elsewhere.name('nobody')}"),
        ("POST", "/api/recipients?page=../../other"),
        ("POST", "/api/recipients"),
        ("PUT", "/_stcore/upload_file/ours/1"),
        ("PUT", "/_stcore/upload_file/lost/1"),
        ("GET", f"/campaign?page={THEIRS}"),
        ("GET", f"/shared/abc?page={THEIRS}"),
        ("POST", f"/webhooks/brevo/?page={THEIRS}"),
    ],
)
def test_all_else_is_answered_here_with_its_body(client: TestClient, method: str, path: str) -> None:
    body = b"x" * 100_000 if method != "GET" else b""
    assert client.request(method, path, content=body).text == f"here: {len(body)} bytes"


def test_a_request_is_passed_on_once(client: TestClient) -> None:
    answer = client.get(f"/api/export?page={THEIRS}", headers={"X-Mailsight-Passed-On": "1"})
    assert answer.text == "here: 0 bytes"


def test_nothing_is_passed_on_if_nobody_signs_in(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    access = SimpleNamespace(sign_in=False)
    monkeypatch.setattr(configuration, "current", lambda: SimpleNamespace(access=access))
    assert client.get(f"/api/export?page={THEIRS}").text == "here: 0 bytes"


def test_a_file_that_no_other_process_has_is_missing_here(client: TestClient) -> None:
    assert client.get("/media/missing").text == "here: 0 bytes"


def test_a_page_is_known_to_all_until_it_or_its_process_ends(pages: Pages, other: int) -> None:
    assert [pages.port_of(page) for page in (THEIRS, OURS)] == [other, None]
    theirs = Pages(pages.folder, other)
    assert theirs.port_of(OURS) == HERE
    pages.forget(OURS)
    assert theirs.port_of(OURS) is None
    theirs.open()  # it starts again after it was killed
    assert pages.port_of(THEIRS) is None
    pages.close()
    pages.note(OURS)
    pages.forget(OURS)
    assert str(HERE) not in {each.name for each in pages.folder.iterdir()}
