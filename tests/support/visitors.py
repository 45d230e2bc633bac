"""Who looks at pages in tests that run without a server."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mailsight.screens import sign_in
from mailsight.vocabulary import Role
from mailsight.warehouse.scope import Scope
from mailsight.web import sessions
from mailsight.web.access import Viewer
from mailsight.web.sessions import Visitor

# This machine, as Starlette's test client names it.
LOCAL_CLIENT = ("127.0.0.1", 50_000)
# Where there is no page, and that of Streamlit's test harness.
SESSIONS = ("", "test session id")


@contextmanager
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages are shown to somebody on this machine: Streamlit's test harness has no browser with an address.

    So is what tests show without the shell, which admits the sessions of pages.
    """
    monkeypatch.setattr(sign_in, "visitor", lambda: Visitor(local=True))
    for session_id in SESSIONS:
        sessions.admit(session_id, Visitor(local=True))
    yield
    for session_id in SESSIONS:
        sessions.dismiss(session_id)


def become(monkeypatch: pytest.MonkeyPatch, role: Role, *tags: str) -> None:
    """Whoever looks has this role from now on, limited to campaigns with one of the tags if any are given."""
    scope = Scope(customers=role.includes(Role.MARKETER), tags=frozenset(tags))
    monkeypatch.setattr(sessions, "viewer_of", lambda _: Viewer("ann@company.example", role, scope))
