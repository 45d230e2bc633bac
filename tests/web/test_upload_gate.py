"""Streamlit's upload route: nobody's files are read but those of somebody who may upload."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from mailsight.web import sessions, upload_gate
from mailsight.web.access import Standing
from mailsight.web.upload_gate import UploadGate
from tests.support import event_loop
from tests.support.small_disk import small_disk

ROUTE = "/_stcore/upload_file/{session}/{file}"
URL = "/_stcore/upload_file/mine/1"


@pytest.fixture
def received() -> list[int]:
    """The sizes of the bodies that reached Streamlit."""
    return []


@pytest.fixture
def client(received: list[int], monkeypatch: pytest.MonkeyPatch) -> TestClient:
    async def upload(request: Request) -> Response:
        if "boundary" in request.headers.get("content-type", ""):
            await request.form()  # on disk if it is large, as Streamlit reads it
        received.append(len(await request.body()))
        return Response(status_code=204)

    monkeypatch.setattr(sessions, "standing", lambda _: Standing.MAY_ENTER)
    monkeypatch.setattr(sessions, "may_upload", lambda session_id, _: session_id == "mine")
    routes = [Route(ROUTE, upload, methods=["PUT", "DELETE"])]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(UploadGate)]))


async def ask(app: ASGIApp, method: str, path: str, body: Callable[[], Any], headers: Any = ()) -> int:
    """The status code of a request whose body comes from `body`."""
    status: list[int] = []

    async def send(message: Any) -> None:
        status.extend([message["status"]] if message["type"] == "http.response.start" else [])

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": headers,
        "query_string": b"",
        "root_path": "",
    }
    await app(scope, body, send)
    return status[0]


def never() -> Any:
    pytest.fail("The body was read.")


def test_a_file_is_received_from_somebody_who_may_upload(client: TestClient, received: list[int]) -> None:
    assert client.put(URL, content=b"x" * 1_000).status_code == 204
    assert received == [1_000]


@pytest.mark.parametrize("standing", [Standing.SIGNED_OUT, Standing.EXPIRED, Standing.NOT_ALLOWED])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_others_are_refused_before_the_body_is_read(
    client: TestClient, received: list[int], monkeypatch: pytest.MonkeyPatch, standing: Standing, method: str
) -> None:
    monkeypatch.setattr(sessions, "standing", lambda _: standing)
    assert event_loop.run(ask, client.app, method, URL, never) == 401
    assert received == []


@pytest.mark.parametrize("path", ["/_stcore/upload_file/another/1", "/_stcore/upload_file//1"])
def test_another_session_is_refused_before_the_body_is_read(client: TestClient, path: str) -> None:
    assert event_loop.run(ask, client.app, "PUT", path, never) == 403


def test_a_declared_size_beyond_all_memory_is_refused_before_the_body_is_read(client: TestClient) -> None:
    headers = [(b"content-length", str(upload_gate.MAX_HELD_BYTES + 1).encode())]
    assert event_loop.run(ask, client.app, "PUT", URL, never, headers) == 413


def test_a_body_longer_than_declared_ends_where_memory_does(
    client: TestClient, received: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_gate, "MAX_HELD_BYTES", 10_000)
    parts = 0

    async def endless() -> dict[str, Any]:
        nonlocal parts
        parts += 1
        return {"type": "http.request", "body": b"x" * 1_000, "more_body": True}

    assert event_loop.run(ask, client.app, "PUT", URL, endless) == 413
    assert (received, parts) == ([], 11)
    assert client.put(URL, content=b"x" * 5_000).status_code == 204  # the room is free again


def test_files_that_wait_in_memory_leave_less_room(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_gate, "_held_bytes", lambda: upload_gate.MAX_HELD_BYTES - 100)
    assert client.put(URL, content=b"x" * 100).status_code == 204
    assert client.put(URL, content=b"x" * 101).status_code == 503


def test_a_body_that_stops_arriving_is_given_up(
    client: TestClient, received: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_gate, "MAX_PAUSE_SECONDS", 0.01)
    assert event_loop.run(ask, client.app, "PUT", URL, anyio.sleep_forever) == 408
    assert received == []


@pytest.mark.small_disk
def test_a_file_that_does_not_fit_on_the_disk_is_refused(
    client: TestClient, received: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 3) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
        answer = client.put(URL, files={"file": ("a.csv", b"x" * 2**22)})
    assert (answer.status_code, answer.text) == (
        507,
        "The server's disk is too full for this file. Try again later.\n",
    )
    assert received == []


def test_a_session_uploads_a_few_files_at_once(client: TestClient) -> None:
    async def many() -> list[int]:
        answers: list[int] = []
        come = anyio.Event()

        async def slow() -> dict[str, Any]:
            await come.wait()
            return {"type": "http.request", "body": b"x", "more_body": False}

        async def one() -> None:
            answers.append(await ask(client.app, "PUT", URL, slow))

        async with anyio.create_task_group() as group:
            for _ in range(upload_gate.MAX_UPLOADS_PER_SESSION + 3):
                group.start_soon(one)
            while len(answers) < 3:
                await anyio.lowlevel.checkpoint()
            come.set()
        return answers

    assert sorted(event_loop.run(many)) == [204] * upload_gate.MAX_UPLOADS_PER_SESSION + [429] * 3


def test_other_requests_pass_through(client: TestClient) -> None:
    assert client.get("/_stcore/upload_file/another/1").status_code == 405
