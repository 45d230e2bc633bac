"""Links to one campaign's report, for people without an account.

A link contains a random token, of which only a hash is stored: whoever reads the state can't open a report with it.
"""

import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mailsight.vocabulary import Audience, Role
from mailsight.warehouse.scope import Scope

from .store import KEPT_SECONDS, Store, digest

_TOKEN_BYTES = 32
MAX_DAYS = 366


@dataclass(frozen=True, slots=True)
class Sharer:
    """Who shared a report: what they could see then, and their claims, by which they have a role."""

    person: str
    role: Role
    scope: Scope
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Share:
    """A link that has not ended. `share_id` names it in lists and in the audit, and opens nothing."""

    share_id: str
    campaign_id: str
    audience: Audience
    sharer: Sharer
    created_at: datetime
    expires_at: datetime
    views: int


@dataclass(frozen=True, slots=True)
class Shares:
    """The links in a store. All methods raise `StateUnreadable`."""

    store: Store

    def create(
        self, share_id: str, campaign_id: str, audience: Audience, sharer: Sharer, expires_at: datetime
    ) -> str:
        """Add a link, named by a `new_id`. Returns its token, which nobody gets to see again."""
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), time.time()
        self.store.run("forget_old_shares", before=now - KEPT_SECONDS)
        self.store.run(
            "create_share",
            share_id=share_id,
            token_hash=digest(token),
            campaign_id=campaign_id,
            audience=audience.value,
            created_by=sharer.person,
            role=sharer.role.value,
            tags=_texts(sharer.scope.tags),
            sender_domains=_texts(sharer.scope.sender_domains),
            claims=_claims(sharer.claims),
            created_at=now,
            expires_at=expires_at.timestamp(),
        )
        return token

    def find(self, token: str) -> Share | None:
        """The link with this token; None if there is none, or it has ended."""
        # By its hash: how long the search takes says nothing about other tokens.
        row = self.store.row("share", token_hash=digest(token), now=time.time())
        return _share(row) if row else None

    def of_campaign(self, campaign_id: str) -> list[Share]:
        """The links to a campaign's report, newest first."""
        rows = self.store.rows("shares_of_campaign", campaign_id=campaign_id, now=time.time())
        return [_share(row) for row in rows]

    def count_view(self, share: Share) -> None:
        self.store.run("count_view", share_id=share.share_id)

    def revoke(self, share_id: str, person: str) -> None:
        """End a link at once. `person`: who ends it."""
        self.store.run("revoke_share", share_id=share_id, now=time.time(), person=person)

    def update_claims(self, person: str, claims: Mapping[str, Any]) -> None:
        """Note what somebody's claims are now, for the links that they created."""
        if self.store.file.exists():
            self.store.run("update_claims_of_shares", person=person, claims=_claims(claims))


def new_id() -> str:
    """A name for a new link."""
    return secrets.token_hex(4)


def _texts(texts: Iterable[str]) -> str:
    return json.dumps(sorted(texts), ensure_ascii=False)


def _claims(claims: Mapping[str, Any]) -> str:
    return json.dumps(dict(claims), sort_keys=True, ensure_ascii=False)


def _share(row: Mapping[str, Any]) -> Share:
    # Names are needed to leave them out of the report.
    scope = Scope(True, frozenset(json.loads(row["tags"])), frozenset(json.loads(row["sender_domains"])))
    return Share(
        row["share_id"],
        row["campaign_id"],
        Audience(row["audience"]),
        Sharer(row["created_by"], Role(row["role"]), scope, json.loads(row["claims"])),
        datetime.fromtimestamp(row["created_at"], UTC),
        datetime.fromtimestamp(row["expires_at"], UTC),
        row["views"],
    )
