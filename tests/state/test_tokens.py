"""Tokens for the API: what is known of whoever issued them follows them, and nobody else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mailsight.state import tokens
from mailsight.state.tokens import Tokens
from mailsight.vocabulary import Role


def issue(known: Tokens, person: str, issuer: Mapping[str, Any] | None) -> str:
    token, text = tokens.create("Reports", person=person, issuer=issuer, role=Role.READER, days=1)
    known.add(token, text)
    return token.token_id


def test_claims_follow_their_person_also_to_another_address(tmp_path: Path) -> None:
    known = tokens.beside(tmp_path / "m.duckdb")
    identity = {"iss": "https://login.example", "sub": "1"}
    others: dict[str, dict[str, str] | None] = {
        issue(known, person, issuer): issuer
        for person, issuer in (
            ("ann@x.example", None),  # of the command line
            ("bob@x.example", {"email": "bob@x.example"}),
            ("ID 1 at https://other.example", identity | {"iss": "https://other.example"}),
            ("ID 1", {"sub": "1"}),
        )
    }
    hers = [
        issue(known, "ann@x.example", {"email": "ann@x.example"}),
        issue(known, "anna@x.example", identity | {"email": "anna@x.example"}),
        issue(known, "ID 1 at https://login.example", identity),
    ]
    claims = identity | {"email": "ann@x.example", "groups": []}
    known.update_issuer("ann@x.example", claims)
    expected = others | dict.fromkeys(hers, claims)
    assert {token.token_id: token.issuer for token in known.all()} == expected


def test_reading_creates_no_file(tmp_path: Path) -> None:
    known = tokens.beside(tmp_path / "m.duckdb")
    known.update_issuer("ann", {})
    assert known.all() == []
    assert not known.store.file.exists()


def test_tokens_are_forgotten_long_after_they_ended(tmp_path: Path) -> None:
    known = tokens.beside(tmp_path / "m.duckdb")
    for days in (-91, -1, 1):
        token, text = tokens.create(f"{days}", person="ann", issuer=None, role=Role.READER, days=days)
        known.add(token, text)
    issue(known, "ann", None)
    assert {token.name for token in known.all()} == {"-1", "1", "Reports"}
