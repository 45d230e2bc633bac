"""The dialog with a person's API tokens."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.screens import sign_in
from mailsight.state import tokens
from mailsight.state.tokens import Tokens
from mailsight.vocabulary import Role
from mailsight.warehouse.reader import Warehouse
from mailsight.web import configuration
from mailsight.web.access import Access, Grant, people
from mailsight.web.api import tokens as api_tokens
from mailsight.web.configuration import Configuration
from mailsight.web.sessions import Visitor
from tests.support.pages import show, words

ANN = {"email": "ann@x.example", "email_verified": True, "is_logged_in": True, "iat": 1}


@pytest.fixture
def become(
    use: Callable[[Path], Warehouse], sample_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Role], Tokens]:
    """A function that gives Ann, who is signed in, a role. There are no tokens yet."""
    (database := tmp_path / "mailsight.duckdb").symlink_to(sample_database.resolve())
    use(database)
    monkeypatch.setattr(sign_in, "visitor", lambda: Visitor(ANN))

    def have(role: Role) -> Tokens:
        access = Access(True, (Grant(role, people("people", ["ann@x.example"])),), session_seconds=1e12)
        monkeypatch.setattr(configuration, "current", lambda: Configuration(access))
        return tokens.beside(database)

    return have


def button(at: AppTest, label: str) -> None:
    next(button for button in at.button if button.label == label).click()
    at.run()


def test_a_token_is_created_shown_once_and_revoked(become: Callable[[Role], Tokens]) -> None:
    kept = become(Role.ANALYST)
    button(at := show("campaigns"), "API tokens")
    at.text_input(key="tokens:name").input("Our reports")
    at.run()
    button(at, "Create token")
    [text] = at.code
    [token] = kept.all()
    assert (token.name, token.role, (token.expires_at - token.created_at).days) == (
        "Our reports",
        "reader",
        30,
    )
    assert api_tokens.allowed(text.value)[0] == token
    assert token.token_id in words(at)
    assert text.value not in str(dict(at.query_params))
    other = show("campaigns", dialog="api-tokens")
    assert not other.code
    button(other, "Revoke")
    assert kept.get(token.token_id).revoked_at is not None
    assert "**Our reports** is revoked." in words(other)
    assert token.token_id not in words(other)


@pytest.mark.parametrize("role", [Role.READER, Role.MARKETER])
def test_other_roles_have_no_tokens(become: Callable[[Role], Tokens], role: Role) -> None:
    become(role)
    at = show("campaigns", dialog="api-tokens")
    assert not {"API tokens", "Create token"} & {button.label for button in at.button}
