"""Streamlit's WebSocket: who may not enter can only ask for the whole page, and only so many can."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookies import SimpleCookie
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLsRequest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mailsight.web import gate
from tests.support import raw_session, signed_in
from tests.support.campaigns import listed
from tests.support.event_loop import in_a_loop
from tests.support.grids import grid_token
from tests.support.signed_in import Guarded
from tests.support.waiting import PATIENCE_SECONDS, until


def fragment(fragment_id: str) -> ClientState:
    return ClientState(fragment_id=fragment_id, query_string="id=spring")


@pytest.mark.parametrize(
    ("message", "allowed"),
    [
        (
            BackMsg(rerun_script=ClientState(query_string="a=1")),
            BackMsg(rerun_script=ClientState(query_string="a=1")),
        ),
        (BackMsg(rerun_script=fragment("f")), BackMsg(rerun_script=ClientState(query_string="id=spring"))),
        (BackMsg(stop_script=True), BackMsg(stop_script=True)),
        (BackMsg(app_heartbeat=True), BackMsg(app_heartbeat=True)),
        (BackMsg(clear_cache=True), None),
        (BackMsg(load_git_info=True), None),
        (BackMsg(set_run_on_save=True), None),
        (BackMsg(file_urls_request=FileURLsRequest(request_id="1", file_names=["a"])), None),
        (BackMsg(backend_operation_request=BackendOperationRequest()), None),
        (BackMsg(), None),
    ],
)
def test_an_outsider_can_only_ask_for_the_whole_page(message: BackMsg, allowed: BackMsg | None) -> None:
    remains = gate.outsiders_message(message.SerializeToString())
    assert remains == (None if allowed is None else allowed.SerializeToString())


def test_an_outsiders_clicks_are_forgotten_unless_they_sign_in_or_out() -> None:
    state = ClientState()
    for widget_id in ("$$ID-0a1b-sign_in:default", "$$ID-0a1b-sign_out", "$$ID-0a1b-step", "$$ID-0a1b-None"):
        state.widget_states.widgets.add(id=widget_id, trigger_value=True)
    message = BackMsg()
    message.ParseFromString(
        gate.outsiders_message(BackMsg(rerun_script=state).SerializeToString()) or b"dropped"
    )
    kept = [widget.id.rpartition("-")[2] for widget in message.rerun_script.widget_states.widgets]
    assert kept == ["sign_in:default", "sign_out"]


def test_every_kind_of_message_is_allowed_or_dropped() -> None:
    kinds = {field.name for field in BackMsg.DESCRIPTOR.fields}
    assert kinds >= set(gate.OUTSIDER_MESSAGES)
    for kind in kinds - set(gate.OUTSIDER_MESSAGES):
        message = BackMsg()
        field = BackMsg.DESCRIPTOR.fields_by_name[kind]
        if field.message_type:
            getattr(message, kind).SetInParent()
        else:
            setattr(message, kind, True)
        assert gate.outsiders_message(message.SerializeToString()) is None
        assert gate.is_of_a_page(message.SerializeToString()) is (kind in gate.PAGE_MESSAGES)


@in_a_loop
async def test_outsiders_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    pause = 0.02
    monkeypatch.setattr(gate, "OUTSIDERS_PAUSE_SECONDS", pause)
    passed: list[float] = []
    clients: list[str] = []

    async def ignore(*_: Any) -> None:
        """Stands in for the rest of the server, and for the client."""

    guard = gate.Gate(ignore)

    async def ask(client: str) -> None:
        assert await guard.from_outsider(client, BackMsg(app_heartbeat=True).SerializeToString(), ignore)
        passed.append(anyio.current_time())
        clients.append(client)

    async with anyio.create_task_group() as together:
        for client in [*["many pages"] * 5, "one page"]:
            together.start_soon(ask, client)
    assert clients.index("one page") <= 1  # it waits for one message of the other client, not for all
    assert all(later - earlier > pause / 2 for earlier, later in pairwise(passed))


@pytest.fixture(scope="module")
def guarded(sample_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A dashboard for one domain."""
    folder = tmp_path_factory.mktemp("guarded")
    environment = {"MAILSIGHT_ANALYSTS": "@company.example", "MAILSIGHT_ADMINS": "ann@company.example"}
    with (
        signed_in.provider() as provider,
        signed_in.dashboard(sample_database, folder, provider, environment=environment) as started,
    ):
        yield started


def cookies(guarded: Guarded, name: str) -> str:
    """The cookies of somebody who signed in, without a browser."""
    with raw_session.connected(guarded.address) as connection:
        state = ClientState()
        page = raw_session.run(connection)
        [button] = re.findall(r'id: "(\$\$ID-[^"]*sign_in[^"]*)"', raw_session.shown(page))
        state.widget_states.widgets.add(id=button, trigger_value=True)
        clicked = raw_session.run(connection, state)
        [login] = [message.auth_redirect.url for message in clicked if message.HasField("auth_redirect")]
    with httpx.Client(base_url=guarded.address, timeout=PATIENCE_SECONDS) as client:
        asked = client.get(login)
        answered = httpx.post(asked.headers["location"], data={"sub": name, "action": "authorize"})
        callback = urlsplit(answered.headers["location"])
        assert parse_qs(callback.query)["code"]
        client.get(f"{callback.path}?{callback.query}")
        client.get("/_stcore/health")
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)


def xsrf(jar: str) -> str:
    return SimpleCookie(jar)["_streamlit_xsrf"].value


@pytest.mark.slow
def test_a_session_from_before_signing_out_shows_nothing_more(
    guarded: Guarded, sample_database: Path
) -> None:
    campaign = listed(sample_database)[1]
    jar = cookies(guarded, "ann")
    with raw_session.connected(
        guarded.address, cookies=jar, protocols=("streamlit", xsrf(jar))
    ) as connection:
        page = raw_session.shown(raw_session.run(connection, ClientState(page_name="data")))
        assert "Ann" in page
        assert campaign.name in raw_session.shown(raw_session.run(connection))
        fragments = set(re.findall(r'fragment_id: "([^"]+)"', page))
        assert fragments
        httpx.get(f"{guarded.address}/auth/logout", headers={"Cookie": jar})
        for fragment_id in fragments:
            shown = raw_session.shown(raw_session.run(connection, ClientState(fragment_id=fragment_id)))
            assert "Your session has ended" in shown
            assert campaign.name not in shown
        connection.send(
            BackMsg(file_urls_request=FileURLsRequest(request_id="1", file_names=["a"])).SerializeToString()
        )
        assert "file_urls_response" not in raw_session.shown(raw_session.run(connection))


@pytest.mark.slow
def test_a_file_is_received_only_while_the_dialog_is_open(guarded: Guarded) -> None:
    jar = cookies(guarded, "ann")
    headers = {"Cookie": jar, "X-Xsrftoken": xsrf(jar)}
    with raw_session.connected(
        guarded.address, cookies=jar, protocols=("streamlit", xsrf(jar))
    ) as connection:
        messages = raw_session.run(connection, ClientState(page_name="data"))
        place = f"{guarded.address}/_stcore/upload_file/{raw_session.session_id(messages)}/file-1"

        def upload(**more: str) -> int:
            return httpx.put(place, files={"file": b"x"}, headers=headers | more).status_code

        assert upload() == 403
        [button] = re.findall(r'id: "(\$\$ID-[^"]*)"\s+label: "Upload"', raw_session.shown(messages))
        state = ClientState(page_name="data")
        state.widget_states.widgets.add(id=button, trigger_value=True)
        raw_session.run(connection, state)
        assert upload() == 204
        assert upload(Cookie="") == 401
        assert upload(Cookie=cookies(guarded, "bob")) == 403
        raw_session.run(connection, ClientState(page_name="data"))
        assert upload() == 403


@pytest.mark.slow
def test_people_who_have_not_signed_in_open_only_so_many_pages(guarded: Guarded) -> None:
    with ExitStack() as stack:
        opened = [
            stack.enter_context(raw_session.connected(guarded.address))
            for _ in range(gate.MAX_OUTSIDERS_PER_CLIENT)
        ]
        with pytest.raises(InvalidStatus), raw_session.connected(guarded.address):
            pass
        opened[0].send(bytes(gate.MAX_OUTSIDER_MESSAGE_BYTES + 1))
        with pytest.raises(ConnectionClosed) as closed:
            opened[0].recv(PATIENCE_SECONDS)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009

    def opens() -> bool:
        try:
            with raw_session.connected(guarded.address):
                return True
        except InvalidStatus:
            return False

    until(opens, "a page to open once others are closed")


@pytest.mark.slow
def test_a_token_survives_a_lost_connection_but_not_its_page(guarded: Guarded, sample_database: Path) -> None:
    campaign = listed(sample_database)[1]
    jar = cookies(guarded, "bob")
    state = ClientState(page_name="campaign", query_string=f"id={campaign.campaign_id}")
    with httpx.Client(base_url=guarded.address, timeout=PATIENCE_SECONDS) as client:

        def status_code() -> int:
            request = {"token": token, "start": 0, "end": 1}
            return client.post("/api/recipients", json=request, headers={"Cookie": jar}).status_code

        protocols = ("streamlit", xsrf(jar))
        with raw_session.connected(guarded.address, cookies=jar, protocols=protocols) as connection:
            messages = raw_session.run(connection, state)
            token = grid_token(raw_session.shown(messages))
            assert status_code() == 200
        again = (*protocols, raw_session.session_id(messages))
        with raw_session.connected(guarded.address, cookies=jar, protocols=again):
            assert status_code() == 200
        assert status_code() == 401


@pytest.mark.slow
def test_only_people_who_may_enter_send_large_messages(guarded: Guarded) -> None:
    """A message is held in memory until all of it is here. One that lists the files of a folder is large."""
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        while sent < 40_000_000:
            sent += 1_000
            yield bytes(1_000)

    def send_without_end() -> None:
        with raw_session.connected(guarded.address) as outsider:
            outsider.send(pieces())
            outsider.recv(PATIENCE_SECONDS)

    with pytest.raises(ConnectionClosed):
        send_without_end()
    assert sent < 20_000_000  # far beyond the limit, because much is on its way
    jar = cookies(guarded, "ann")
    names = [f"{number:020}.html" for number in range(10_000)]
    with raw_session.connected(
        guarded.address, cookies=jar, protocols=("streamlit", xsrf(jar))
    ) as connection:
        connection.send(
            BackMsg(file_urls_request=FileURLsRequest(request_id="1", file_names=names)).SerializeToString()
        )
        assert "file_urls_response" in raw_session.shown(raw_session.run(connection))


@pytest.mark.slow
def test_somebody_in_many_groups_gets_the_page(guarded: Guarded) -> None:
    """What the identity provider says of them is in their cookies, which are one line of the request."""
    jar = cookies(guarded, "ann")
    groups = f"groups={'x' * 30_000}"
    with raw_session.connected(
        guarded.address, cookies=f"{jar}; {groups}", protocols=("streamlit", xsrf(jar))
    ) as connection:
        assert "Ann" in raw_session.shown(raw_session.run(connection))
