"""How long people stay signed in: until they have done nothing for a while, in whichever process."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

from mailsight.state import sign_ins
from mailsight.vocabulary import Role
from mailsight.web import activity, configuration, gate, sessions
from mailsight.web.access import Access, Grant, People, Standing

NOW = 1_800_000_000.0
IDLE = 3_600.0
ANN = {"is_logged_in": True, "iss": "x", "sub": "ann", "iat": NOW, "nonce": "1"}


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Clock]:
    """The time. Everybody may enter, and is idle after an hour."""
    clock = Clock()
    access = Access(True, (Grant(Role.READER, People(everyone=True)),), idle_seconds=IDLE)
    monkeypatch.setattr(configuration, "current", lambda: configuration.Configuration(access))
    monkeypatch.setattr(time, "time", clock)
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path / "mailsight.duckdb"))
    forget_memory()
    yield clock
    forget_memory()


def forget_memory() -> None:
    """As a process that has just started, or another one."""
    activity._seen.clear()  # noqa: SLF001
    activity._stored.clear()  # noqa: SLF001


def test_who_does_nothing_is_signed_out(clock: Clock) -> None:
    assert sessions.standing(ANN) is Standing.MAY_ENTER
    clock.now += IDLE
    assert sessions.standing(ANN) is Standing.MAY_ENTER
    clock.now += 1
    assert sessions.standing(ANN) is Standing.EXPIRED
    sessions.note_activity(ANN)  # too late
    assert sessions.standing(ANN) is Standing.EXPIRED
    assert sessions.standing(ANN | {"iat": clock.now, "nonce": "2"}) is Standing.MAY_ENTER


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_click_counts_in_every_process(clock: Clock, *, elsewhere: bool) -> None:
    for _ in range(5):
        clock.now += IDLE - 100
        sessions.note_activity(ANN)
        if elsewhere:
            forget_memory()
        assert sessions.standing(ANN) is Standing.MAY_ENTER
    assert sessions.standing(ANN | {"sub": "ben"}) is Standing.EXPIRED
    clock.now += IDLE + 1
    assert sessions.standing(ANN) is Standing.EXPIRED


def test_clicks_are_written_once_a_minute_and_forgotten_later(clock: Clock) -> None:
    written: list[float] = []
    state, sign_in = activity._state(), sessions._sign_in(ANN)  # noqa: SLF001
    for second in range(120):
        clock.now = NOW + second
        sessions.note_activity(ANN)
        written.append(sign_ins.last_activity(state, sign_in))
    assert sorted(set(written)) == [NOW, NOW + 60]
    clock.now += IDLE + 61
    sessions.note_activity(ANN | {"iat": clock.now, "sub": "ben"})
    assert sign_ins.last_activity(state, sign_in) == 0.0


def test_without_the_setting_nobody_is_idle(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    access = Access(True, (Grant(Role.READER, People(everyone=True)),))
    monkeypatch.setattr(configuration, "current", lambda: configuration.Configuration(access))
    clock.now += access.session_seconds - 1
    assert sessions.standing(ANN) is Standing.MAY_ENTER
    clock.now += 1
    assert sessions.standing(ANN) is Standing.EXPIRED


@pytest.mark.parametrize(
    ("message", "is_click"),
    [
        (BackMsg(rerun_script=ClientState()), True),
        (BackMsg(rerun_script=ClientState(fragment_id="f")), True),
        (BackMsg(rerun_script=ClientState(fragment_id="f", is_auto_rerun=True)), False),
        (BackMsg(app_heartbeat=True), False),
        (BackMsg(stop_script=True), False),
    ],
)
def test_a_clock_on_the_page_is_no_click(message: BackMsg, *, is_click: bool) -> None:
    assert gate.is_click(message.SerializeToString()) is is_click
    assert not gate.is_click(b"\xff\xff")
