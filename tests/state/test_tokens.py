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


def test_claims_follow_their_person_at_the_same_address(tmp_path: Path) -> None:
    known = tokens.beside(tmp_path / "m.duckdb")
    address = {"email": "ann@x.example"}
    hers, by_id, command, other = (
        issue(known, "ann@x.example", address | {"groups": ["staff"]}),
        # An id that looks like her address.
        issue(known, "ann@x.example", {"sub": "ann@x.example"}),
        issue(known, "ann@x.example", None),
        issue(known, "bob@x.example", {"email": "bob@x.example"}),
    )
    known.update_issuer("ann@x.example", address | {"groups": []})
    expected: dict[str, object] = {
        hers: {"email": "ann@x.example", "groups": []},
        by_id: {"sub": "ann@x.example"},
        command: None,
        other: {"email": "bob@x.example"},
    }
    assert {token.token_id: token.issuer for token in known.all()} == expected
    known.update_issuer("ann@x.example", {"sub": "ann@x.example", "groups": []})
    expected[by_id] = {"sub": "ann@x.example", "groups": []}
    assert {token.token_id: token.issuer for token in known.all()} == expected


def test_reading_creates_no_file(tmp_path: Path) -> None:
    known = tokens.beside(tmp_path / "m.duckdb")
    known.update_issuer("ann", {})
    assert known.all() == []
    assert not known.store.file.exists()
