"""Who may enter and who may upload, decided from the claims with which the identity provider describes a person.

The settings list addresses (`ann@company.example`), domains (`@company.example`), claims (`groups=marketing`) and `*`
for everyone. All are compared exactly, except that addresses ignore the case of their letters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mailsight.errors import BadSetting
from mailsight.vocabulary import Role
from mailsight.warehouse.scope import EVERYTHING, Scope

EVERYONE = "*"
# How far the provider's clock may be ahead of ours.
CLOCK_SECONDS = 300
Claims = Mapping[str, Any]

# Non-ASCII letters look like others, so addresses that contain any match nothing. No address has two @.
_ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_DOMAIN = re.compile(r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
# Set by Streamlit or proved by `email_verified`, so they allow nobody by themselves.
_NOT_CLAIMS = ("email", "email_verified", "is_logged_in", "origin", "tokens")


class Standing(StrEnum):
    """What a person may do now."""

    MAY_ENTER = "may enter"
    SIGNED_OUT = "signed out"
    EXPIRED = "expired"  # signed in too long ago, or signed out elsewhere
    NOT_ALLOWED = "not allowed"


@dataclass(frozen=True, slots=True)
class People:
    """The people that a setting lists."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    claims: frozenset[tuple[str, str]] = frozenset()
    everyone: bool = False

    def include(self, claims: Claims) -> bool:
        """Whether a signed-in person is listed."""
        return self.everyone or self.name(claims)

    def name(self, claims: Claims) -> bool:
        """Whether a person is listed by something that is theirs, not by `*`."""
        address = verified_address(claims)
        if address and (address in self.addresses or f"@{address.partition('@')[2]}" in self.domains):
            return True
        return any(value in _values(claims.get(claim)) for claim, value in self.claims)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who may enter: their address or id (empty without sign-in), their role, and the data it covers."""

    person: str
    role: Role
    scope: Scope = EVERYTHING


@dataclass(frozen=True, slots=True)
class Access:
    """Who may enter and upload, and for how long they stay signed in."""

    sign_in: bool = False
    viewers: People = People()
    uploaders: People = People()
    session_seconds: float = 12 * 3600.0

    def standing(self, claims: Claims, now: float) -> Standing:
        """Whether a person may enter. Without sign-in, everyone may."""
        if not self.sign_in:
            return Standing.MAY_ENTER
        if claims.get("is_logged_in") is not True:
            return Standing.SIGNED_OUT
        signed_in_at = claims.get("iat")
        if not isinstance(signed_in_at, int | float) or isinstance(signed_in_at, bool):
            return Standing.EXPIRED
        if not -CLOCK_SECONDS <= now - signed_in_at < self.session_seconds:
            return Standing.EXPIRED
        allowed = self.viewers.include(claims) or self.uploaders.name(claims)
        return Standing.MAY_ENTER if allowed else Standing.NOT_ALLOWED

    def viewer(self, claims: Claims) -> Viewer:
        """A person who may enter."""
        if not self.sign_in:
            return Viewer("", Role.ADMIN)
        role = Role.ADMIN if self.uploaders.include(claims) else Role.ANALYST
        return Viewer(verified_address(claims) or str(claims.get("sub", "")), role)

    def may_upload(self, claims: Claims, *, local: bool) -> bool:
        """Whether a person who may enter may upload. Without sign-in, that takes a browser on this machine."""
        if not self.sign_in:
            return local and self.uploaders in (People(), People(everyone=True))
        return self.uploaders.include(claims)


def people(variable: str, entries: Sequence[str]) -> People:
    """The people listed in the setting `variable`. Raises `BadSetting`."""
    addresses, domains, claims = set(), set(), set()
    for entry in entries:
        claim, equals, value = entry.partition("=")
        if equals:
            if not value or not re.fullmatch(r"[\w:/.-]+", claim) or claim in _NOT_CLAIMS:
                raise _not_an_entry(variable, entry)
            claims.add((claim, value))
        elif _DOMAIN.fullmatch(entry):
            domains.add(entry.lower())
        elif _ADDRESS.fullmatch(entry) and EVERYONE not in entry:
            addresses.add(entry.lower())
        elif entry != EVERYONE:
            raise _not_an_entry(variable, entry)
    return People(frozenset(addresses), frozenset(domains), frozenset(claims), EVERYONE in entries)


def verified_address(claims: Claims) -> str | None:
    """The person's address in lower case, or None if the provider does not say that it is theirs."""
    address = claims.get("email")
    # Amazon Cognito sends the word.
    verified = claims.get("email_verified")
    if not (verified is True or verified == "true") or not isinstance(address, str):
        return None
    return address.lower() if _ADDRESS.fullmatch(address) else None


def _values(claim: Any) -> list[str]:
    values = claim if isinstance(claim, list) else [claim]
    return [str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool)]


def _not_an_entry(variable: str, entry: str) -> BadSetting:
    return BadSetting(
        f"{variable} contains {entry!r}, which is neither an address (ann@company.example), a domain "
        "(@company.example), a claim (groups=marketing) nor *."
    )
