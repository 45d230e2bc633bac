"""Tokens from the command line: shown once, listed without their secret texts, revoked at once."""

import getpass
from pathlib import Path

import pytest

from mailsight.errors import NoSuchToken, StateUnreadable, WrongUsage
from mailsight.state import audit, tokens
from mailsight.vocabulary import Role
from tests.support.command_line import run


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "mailsight.duckdb"


def test_a_token_is_created_listed_and_revoked(database: Path) -> None:
    status, text, _ = run(
        "token", "create", "Our reports", "--tag", "brand a", "--days", 7, "--database", database
    )
    token = tokens.beside(database).named(text.strip())
    assert status == 0
    assert token is not None
    assert (token.role, token.tags) == (Role.READER, frozenset({"brand a"}))
    assert (token.expires_at - token.created_at).days == 7
    _, listed, _ = run("token", "list", "--database", database)
    assert token.token_id in listed
    assert text.strip() not in listed
    run("token", "revoke", token.token_id, "--database", database)
    assert not tokens.beside(database).get(token.token_id).is_valid(token.created_at)
    issued, revoked = reversed(audit.beside(database, 0).entries(size=9))
    assert (issued.action, revoked.action) == ("issued_token", "revoked_token")
    assert issued.details == {
        "token": token.token_id,
        "until": f"{token.expires_at:%Y-%m-%d}",
        "user": getpass.getuser(),
    }


def test_a_token_needs_a_name_and_an_end(database: Path) -> None:
    with pytest.raises(WrongUsage):
        run("token", "create", " ", "--database", database)
    for days in (0, 367):
        assert run("token", "create", "x", "--days", days, "--database", database)[0] == 2
    assert tokens.beside(database).all() == []


def test_an_unknown_token_is_not_revoked(database: Path) -> None:
    with pytest.raises(NoSuchToken):
        run("token", "revoke", "nothing", "--database", database)


def test_no_token_is_created_without_a_trace(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StateUnreadable("It can't be written.")

    monkeypatch.setattr(audit.Audit, "record", fail)
    with pytest.raises(StateUnreadable):
        run("token", "create", "x", "--database", database)
    assert tokens.beside(database).all() == []
