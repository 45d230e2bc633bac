"""Whoever signs out in one process is signed out in all of them."""

import os
import time
from pathlib import Path

import pytest

from mailsight.state import sign_ins
from mailsight.state.store import Store
from mailsight.web import ended

LATER = time.time() + 3600


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The state that all processes share."""
    database = tmp_path / "mailsight.duckdb"
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(database))
    monkeypatch.setattr(ended, "_ended", {})
    monkeypatch.setattr(ended, "_untold", set())
    monkeypatch.setattr(ended, "_going_on", {})
    return Store.of(database)


def long_ago(state: Store) -> None:
    """As if the state had last been written to a minute ago, so that what is read may be remembered."""
    os.utime(state.file, (time.time() - 60, time.time() - 60))


def test_nobody_has_signed_out_at_first(state: Store) -> None:
    assert not ended.is_ended("ann")
    assert not state.file.exists()


def test_a_sign_in_that_was_ended_here_is_ended_elsewhere(state: Store) -> None:
    ended.end("ann", LATER)
    assert ended.is_ended("ann")
    assert sign_ins.is_ended(state, "ann")
    assert not ended.is_ended("bea")


def test_a_sign_in_that_was_ended_elsewhere_is_ended_here(state: Store) -> None:
    state.key("any")
    long_ago(state)
    assert not ended.is_ended("ann")
    sign_ins.end(state, "ann", LATER)
    assert ended.is_ended("ann")


def test_the_state_is_read_only_if_it_has_changed(state: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    is_ended = sign_ins.is_ended

    def read(store: Store, sign_in: str) -> bool:
        reads.append(sign_in)
        return is_ended(store, sign_in)

    monkeypatch.setattr(sign_ins, "is_ended", read)
    sign_ins.end(state, "bea", LATER)
    for _ in range(3):
        assert not ended.is_ended("ann")  # it may be written to again at the same time
    assert reads == ["ann"] * 3
    long_ago(state)
    for _ in range(3):
        assert not ended.is_ended("ann")
    assert reads == ["ann"] * 4


def test_nobody_may_enter_if_it_is_not_known_who_has_signed_out(state: Store) -> None:
    state.file.write_bytes(b"x" * 10_000)
    assert ended.is_ended("ann")


def test_whoever_signs_out_here_is_signed_out_here_whatever_happens(state: Store) -> None:
    state.file.mkdir()
    ended.end("ann", LATER)
    assert "ann" in ended._ended  # noqa: SLF001


def test_what_would_have_expired_is_forgotten(state: Store) -> None:
    ended.end("ann", time.time() - 1)
    ended.end("bea", LATER)
    assert not sign_ins.is_ended(state, "ann")
    assert not ended.is_ended("ann")
    assert ended.is_ended("bea")


def test_other_processes_hear_of_it_once_the_state_can_be_written(state: Store) -> None:
    state.key("any")
    content = state.file.read_bytes()
    state.file.write_bytes(b"x" * 10_000)
    ended.end("ann", LATER)
    state.file.write_bytes(content)
    assert not sign_ins.is_ended(state, "ann")
    assert not ended.is_ended("bea")  # somebody else's click
    assert sign_ins.is_ended(state, "ann")
