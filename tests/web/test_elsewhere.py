"""Whatever belongs to the page of another process is answered by that process."""

import socket
import stat
import threading
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
THEIRS, OURS, LOST, DYING = map(elsewhere.name, ("theirs", "ours", "lost", "dying"))


@pytest.fixture(scope="module")
def other() -> Iterator[int]:
    """The port of another process, which answers with what it received."""
    with proxies.echo() as port:
        yield port


@pytest.fixture
def theirs(tmp_path: Path, other: int) -> Iterator[Pages]:
    yield from _pages(tmp_path, other, THEIRS)


@pytest.fixture
def ending(tmp_path: Path) -> Iterator[Pages]:
    """The pages of a process that has just ended."""
    yield from _pages(tmp_path, free_port(), LOST)


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    for pages in _pages(tmp_path, HERE, OURS):
        monkeypatch.setattr(elsewhere, "pages", lambda pages=pages: pages)
        yield pages


def _pages(folder: Path, port: int, page: str) -> Iterator[Pages]:
    pages = Pages(folder, port)
    pages.open()
    pages.note(page)
    yield pages
    pages.close()


@pytest.fixture
def client(ours: Pages, theirs: Pages, ending: Pages, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    assert len({ours, theirs, ending}) == 3
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
    lies: dict[str, str | bytes] = {
        "X-Forwarded-For": "198.51.100.1",
        "X-Forwarded-Proto": "http",
        "Cookie": "a=b",
        "X-Name": "Zoë".encode(),
    }
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


@pytest.mark.parametrize(("method", "answered"), [("GET", (200, "here: 0 bytes")), ("POST", (502, ""))])
def test_a_process_that_dies_in_the_middle_answers_nothing(
    client: TestClient, tmp_path: Path, method: str, answered: tuple[int, str]
) -> None:
    """What may be asked twice is asked here; this process may have got the body only in part."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def die() -> None:
            connection, _ = listener.accept()
            connection.recv(10)
            connection.close()

        threading.Thread(target=die, daemon=True).start()
        pages = Pages(tmp_path, listener.getsockname()[1])
        pages.open()
        pages.note(DYING)
        content = b"x" if method == "POST" else b""
        answer = client.request(method, f"/api/export?page={DYING}", content=content)
        pages.close()
    assert (answer.status_code, answer.text if answer.is_success else "") == answered


def test_a_request_is_passed_on_once(client: TestClient) -> None:
    answer = client.get(f"/api/export?page={THEIRS}", headers={"X-Mailsight-Passed-On": "1"})
    assert answer.text == "here: 0 bytes"


def test_nothing_is_passed_on_if_nobody_signs_in(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    access = SimpleNamespace(sign_in=False)
    monkeypatch.setattr(configuration, "current", lambda: SimpleNamespace(access=access))
    assert client.get(f"/api/export?page={THEIRS}").text == "here: 0 bytes"


def test_a_file_that_no_other_process_has_is_missing_here(client: TestClient) -> None:
    assert client.get("/media/missing").text == "here: 0 bytes"


def test_nobody_else_can_take_part(tmp_path: Path) -> None:
    """Requests are passed on, cookies and all, to whoever has a folder there, even if an older version made it."""
    folder = tmp_path / "mailsight.pages"
    folder.mkdir()
    folder.chmod(0o777)
    (process := Pages(folder, 9_999)).open()
    process.note(OURS)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    process.close()
    assert modes == {folder.name: 0o700, "9999": 0o700, "lock": 0o600, OURS: 0o600}


def test_a_page_is_known_to_all_until_it_ends(ours: Pages, theirs: Pages, other: int) -> None:
    assert [ours.port_of(page) for page in (THEIRS, OURS, LOST)] == [other, None, None]
    assert theirs.port_of(OURS) == HERE
    ours.forget(OURS)
    assert theirs.port_of(OURS) is None
    ours.note(OURS)
    ours.close()
    assert theirs.port_of(OURS) is None
    ours.note(OURS)  # a run that was still going on
    assert theirs.port_of(OURS) is None


def test_whatever_uses_the_port_of_a_killed_process_gets_nothing(ours: Pages, tmp_path: Path) -> None:
    """The system releases its lock, and nothing else changes."""
    killed = tmp_path / "2"
    killed.mkdir()
    (killed / LOST).touch()
    (killed / "lock").touch()
    assert list(ours.others()) == []
    assert ours.port_of(LOST) is None
    back = Pages(tmp_path, 2)
    back.open()
    assert list(ours.others()) == [2]
    assert ours.port_of(LOST) is None  # that page is in another process now
    back.close()


def test_two_processes_that_think_they_have_the_same_port_keep_their_pages(
    ours: Pages, tmp_path: Path
) -> None:
    """In containers, for example, on one volume."""
    second = Pages(tmp_path, HERE)
    second.open()
    second.note(THEIRS)
    second.close()
    assert {each.name for each in (tmp_path / str(HERE)).iterdir()} == {"lock", OURS}
    assert ours.port_of(OURS) is None
