"""Streamlit's WebSocket without a browser, as an attacker would use it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.support.waiting import PATIENCE_SECONDS


@contextmanager
def connected(
    address: str, *, cookies: str = "", protocols: Sequence[str] = ("streamlit",), origin: str | None = None
) -> Iterator[ClientConnection]:
    """A connection to the dashboard, like that of a page."""
    with connect(
        f"{address.replace('http', 'ws', 1)}/_stcore/stream",
        additional_headers={"Cookie": cookies} if cookies else {},
        subprotocols=[Subprotocol(protocol) for protocol in protocols],
        origin=Origin(origin or address),
        max_size=None,
        open_timeout=PATIENCE_SECONDS,
    ) as connection:
        yield connection


def run(connection: ClientConnection, state: ClientState | None = None) -> list[ForwardMsg]:
    """Runs the page and returns the messages until it has finished."""
    connection.send(BackMsg(rerun_script=state or ClientState()).SerializeToString())
    messages: list[ForwardMsg] = []
    while not messages or messages[-1].WhichOneof("type") != "script_finished":
        message = ForwardMsg()
        message.ParseFromString(connection.recv(PATIENCE_SECONDS, decode=False))
        messages.append(message)
    return messages


def shown(messages: Sequence[ForwardMsg]) -> str:
    """Everything that the messages would show."""
    return "\n".join(str(message) for message in messages)


def session_id(messages: Sequence[ForwardMsg]) -> str:
    """The id of the session that sent the messages."""
    [first] = {
        message.new_session.initialize.session_id for message in messages if message.HasField("new_session")
    }
    return str(first)
