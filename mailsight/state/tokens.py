"""Tokens with which programs read the HTTP API: who issued them, until when they last, and what they may read.

A token is shown once, when it is created. Only its SHA-256 hash is stored, which is enough for 256 random bits.
"""

import json
import re
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailsight.errors import NoSuchToken
from mailsight.vocabulary import Role
from mailsight.warehouse.scope import Scope

from .store import KEPT_SECONDS, Store, digest

MAX_DAYS = 366
MAX_NAME_LENGTH = 80
ID_LENGTH = 12
# Uses are noted no more often than this.
USE_SECONDS = 60.0
_FORM = re.compile(r"ms_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without its secret text.

    `person` issued it. `issuer` is what the identity provider said about them that gave them their role; None for the
    command line. The role is limited to campaigns with one of the tags or sender domains, if there are any.
    """

    token_id: str
    name: str
    person: str
    issuer: Mapping[str, Any] | None
    role: Role
    tags: frozenset[str]
    sender_domains: frozenset[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    @property
    def scope(self) -> Scope:
        """What it covers, if its issuer may see that."""
        return Scope(self.role.includes(Role.MARKETER), self.tags, self.sender_domains)

    def is_valid(self, now: datetime) -> bool:
        """Whether it has neither ended nor been revoked."""
        return self.revoked_at is None and now < self.expires_at


def create(
    name: str,
    *,
    person: str,
    issuer: Mapping[str, Any] | None,
    role: Role,
    days: int,
    tags: Collection[str] = (),
    sender_domains: Collection[str] = (),
) -> tuple[Token, str]:
    """A new token and its text, `ms_...`. It works once `Tokens.add` has stored it."""
    now = datetime.fromtimestamp(int(time.time()), UTC)
    token = Token(
        token_id=secrets.token_hex(ID_LENGTH // 2),
        name=name.strip()[:MAX_NAME_LENGTH],
        person=person,
        issuer=issuer,
        role=role,
        tags=frozenset(tags),
        sender_domains=frozenset(domain.lower() for domain in sender_domains),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token, f"ms_{secrets.token_urlsafe(32)}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens in a store. All methods raise `StateUnreadable`."""

    store: Store

    def add(self, token: Token, text: str) -> None:
        """Stores a new token. Record it in the audit first."""
        self.store.run("forget_old_api_tokens", before=time.time() - KEPT_SECONDS)
        self.store.run(
            "create_api_token",
            token_id=token.token_id,
            token_hash=digest(text),
            name=token.name,
            person=token.person,
            issuer=None if token.issuer is None else json.dumps(token.issuer, ensure_ascii=False),
            role=token.role.value,
            tags=json.dumps(sorted(token.tags), ensure_ascii=False),
            sender_domains=json.dumps(sorted(token.sender_domains)),
            created_at=token.created_at.timestamp(),
            expires_at=token.expires_at.timestamp(),
        )

    def named(self, text: str) -> Token | None:
        """The token with this text, even if it has ended or been revoked; None if there is none."""
        row = self.store.row("api_token", token_hash=digest(text)) if _FORM.fullmatch(text) else None
        return _token(row) if row else None

    def all(self) -> list[Token]:
        """All tokens, newest first."""
        return [_token(row) for row in self.store.rows("api_tokens")]

    def get(self, token_id: str) -> Token:
        """The token with this id. Raises `NoSuchToken`."""
        for token in self.all():
            if token.token_id == token_id:
                return token
        raise NoSuchToken(f"There is no token {token_id!r}.")

    def revoke(self, token: Token) -> None:
        """Ends a token, in all processes at the next request."""
        self.store.run("revoke_api_token", token_id=token.token_id, revoked_at=time.time())

    def rename(self, token: Token, name: str) -> None:
        """Changes the name of a token."""
        self.store.run("rename_api_token", token_id=token.token_id, name=name)

    def update_issuer(self, person: str, claims: Mapping[str, Any]) -> None:
        """Notes what somebody's claims are now, for the tokens that they issued."""
        if self.store.file.exists():
            issuer = json.dumps(claims, ensure_ascii=False)
            self.store.run("update_issuer_of_tokens", person=person, issuer=issuer)

    def note_use(self, token: Token, now: datetime) -> None:
        """Notes that a token is used, at most once a minute."""
        if token.last_used_at is None or (now - token.last_used_at).total_seconds() >= USE_SECONDS:
            self.store.run("note_api_token_use", token_id=token.token_id, used_at=now.timestamp())


def beside(database: Path) -> Tokens:
    """The tokens of a database."""
    return Tokens(Store.of(database))


def _token(row: Mapping[str, Any]) -> Token:
    moments = ("created_at", "expires_at", "revoked_at", "last_used_at")
    return Token(
        **{
            **row,
            "issuer": json.loads(row["issuer"]) if row["issuer"] else None,
            "role": Role(row["role"]),
            "tags": frozenset(json.loads(row["tags"])),
            "sender_domains": frozenset(json.loads(row["sender_domains"])),
        }
        | {name: _moment(row[name]) for name in moments}
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
