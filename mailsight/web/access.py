"""Who may enter, see and do what, decided from the claims with which the identity provider describes a person.

The configuration gives roles to addresses (`ann@company.example`), domains (`@company.example`), claims
(`groups=marketing`) and `*` for everyone. All are compared exactly, except that addresses ignore the case of their
letters. What a role includes is in `ROLES`, and what a page needs in `PAGES`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from mailsight.errors import BadSetting, NotInRole
from mailsight.vocabulary import Role
from mailsight.warehouse.scope import EVERYTHING, Scope, narrowed

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
    """Whether a person may enter now."""

    MAY_ENTER = "may enter"
    SIGNED_OUT = "signed out"
    EXPIRED = "expired"  # signed in or active too long ago, or signed out elsewhere
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
        if self.everyone:
            return True
        address = verified_address(claims)
        if address and (address in self.addresses or f"@{address.partition('@')[2]}" in self.domains):
            return True
        return any(value in _values(claims.get(claim)) for claim, value in self.claims)


class Right(StrEnum):
    """What some people may see or do, as it ends the sentence "Your role does not include ..."."""

    FIGURES = "figures"
    CUSTOMERS = "customers, their e-mails and lists of them"
    RAW_EXPORTS = "exports of events, and Parquet files"
    API = "the API"
    SHARES = "sharing"
    LOADS = "where the data comes from"
    KEPT_ROWS = "rejected rows and unmatched events"
    UPLOADS = "uploads"
    AUDIT = "the audit"
    ERASURE = "erasing customers"


# The least role with each right.
ROLES = MappingProxyType(
    {
        Right.FIGURES: Role.READER,
        Right.CUSTOMERS: Role.MARKETER,
        Right.SHARES: Role.MARKETER,
        Right.RAW_EXPORTS: Role.ANALYST,
        Right.API: Role.ANALYST,
        Right.LOADS: Role.ANALYST,
        Right.KEPT_ROWS: Role.ADMIN,
        Right.UPLOADS: Role.ADMIN,
        Right.AUDIT: Role.ADMIN,
        Right.ERASURE: Role.ADMIN,
    }
)
# Rights to what belongs to no campaign, so nobody whose role is limited to some campaigns has them.
OF_NO_CAMPAIGN = frozenset({Right.LOADS, Right.KEPT_ROWS, Right.UPLOADS, Right.AUDIT, Right.ERASURE})
# What each page needs, by its path. Every page is here.
PAGES = MappingProxyType(
    {
        "": Right.FIGURES,
        "campaign": Right.FIGURES,
        "compare": Right.FIGURES,
        "customer": Right.CUSTOMERS,
        "data": Right.LOADS,
        "audit": Right.AUDIT,
    }
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who may enter: their address or id (empty without sign-in), their role, and the data it covers."""

    person: str
    role: Role
    scope: Scope = EVERYTHING

    def may(self, right: Right) -> bool:
        """Whether the role includes the right."""
        is_covered = right not in OF_NO_CAMPAIGN or not self.scope.is_limited
        return self.role.includes(ROLES[right]) and is_covered

    def require(self, right: Right) -> None:
        """Raises `NotInRole` without the right. The message is the same whether or not there is anything to see."""
        if not self.may(right):
            limited = ", limited to some campaigns," if self.scope.is_limited else ""
            raise NotInRole(f"Your role ({self.role.label}){limited} does not include {right.value}.")

    def within(self, other: Self) -> Self | None:
        """This person with what `other` may do and see too; None if that may be nothing."""
        scope = narrowed(self.scope, other.scope)
        role = other.role if self.role.includes(other.role) else self.role
        return None if scope is None else replace(self, role=role, scope=scope)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role for some people, limited to campaigns with one of the tags or sender domains, if any are given.

    `attributes`: those of the customers that a limited role shows; all if none are given.
    """

    role: Role
    people: People
    tags: frozenset[str] = frozenset()
    sender_domains: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()

    @property
    def is_limited(self) -> bool:
        return bool(self.tags or self.sender_domains)


@dataclass(frozen=True, slots=True)
class Access:
    """Who has which role, and for how long people stay signed in.

    `without_sign_in` is the role of people on other machines if nobody signs in. `earlier` are the grants from before a
    change that may be only half written: until the file has settled, people have only what both give them.
    """

    sign_in: bool = False
    grants: tuple[Grant, ...] = ()
    earlier: tuple[Grant, ...] | None = None
    without_sign_in: Role = Role.READER
    session_seconds: float = 12 * 3600.0
    idle_seconds: float = 0.0

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
        return Standing.MAY_ENTER if self.viewer(claims) else Standing.NOT_ALLOWED

    def viewer(self, claims: Claims, *, local: bool = False) -> Viewer | None:
        """The person with their highest role, or None if they have none.

        The limits of all grants of that role count together; one without limits lifts them. Without sign-in, a browser
        on this machine (`local`) may do everything.
        """
        if not self.sign_in:
            role = Role.ADMIN if local else self.without_sign_in
            return Viewer("", role, _scope(role))
        viewer = _viewer(claims, self.grants)
        if viewer is None or self.earlier is None:
            return viewer
        earlier = _viewer(claims, self.earlier)
        return viewer.within(earlier) if earlier else None

    def kept_claims(self, claims: Claims) -> dict[str, Any]:
        """Of somebody's claims, those that may give them a role: enough to decide later, when they are not there."""
        named = {name for grant in (*self.grants, *(self.earlier or ())) for name, _ in grant.people.claims}
        return {
            name: claims[name]
            for name in ("email", "email_verified", "iss", "sub", *sorted(named))
            if name in claims
        }


def people(setting: str, entries: Sequence[str]) -> People:
    """The people listed in a setting, named in the errors. Raises `BadSetting`."""
    addresses, domains, claims = set(), set(), set()
    for entry in entries:
        claim, equals, value = entry.partition("=")
        if equals:
            if not value or not re.fullmatch(r"[\w:/.-]+", claim) or claim in _NOT_CLAIMS:
                raise _not_an_entry(setting, entry)
            claims.add((claim, value))
        elif _DOMAIN.fullmatch(entry):
            domains.add(entry.lower())
        elif _ADDRESS.fullmatch(entry) and EVERYONE not in entry:
            addresses.add(entry.lower())
        elif entry != EVERYONE:
            raise _not_an_entry(setting, entry)
    return People(frozenset(addresses), frozenset(domains), frozenset(claims), EVERYONE in entries)


def verified_address(claims: Claims) -> str | None:
    """The person's address in lower case, or None if the provider does not say that it is theirs."""
    address = claims.get("email")
    # Amazon Cognito sends the word.
    verified = claims.get("email_verified")
    if not (verified is True or verified == "true") or not isinstance(address, str):
        return None
    return address.lower() if _ADDRESS.fullmatch(address) else None


def name_of(claims: Claims) -> str:
    """What the person with these claims is called in the audit, and as the owner of links and tokens.

    Their address if the provider says that it is theirs, or else their id, as in `ID 17 at https://login.example`. That
    has a space, which no address has: an id may look like somebody else's address. Empty for claims without an id.
    """
    if address := verified_address(claims):
        return address
    words = [f"{word} {claims[name]}" for word, name in (("ID", "sub"), ("at", "iss")) if claims.get(name)]
    return " ".join(words) if claims.get("sub") else ""


def _viewer(claims: Claims, grants: Sequence[Grant]) -> Viewer | None:
    mine = [grant for grant in grants if grant.people.include(claims)]
    if not mine:
        return None
    role = next(role for role in reversed(Role) if any(grant.role is role for grant in mine))
    of_role = [grant for grant in mine if grant.role is role]
    limits = of_role if all(grant.is_limited for grant in of_role) else []
    return Viewer(name_of(claims), role, _scope(role, limits))


def _scope(role: Role, limits: Sequence[Grant] = ()) -> Scope:
    names_some = bool(limits) and all(grant.attributes for grant in limits)
    return Scope(
        customers=role.includes(ROLES[Right.CUSTOMERS]),
        tags=frozenset[str]().union(*(grant.tags for grant in limits)),
        sender_domains=frozenset[str]().union(*(grant.sender_domains for grant in limits)),
        attributes=frozenset[str]().union(*(grant.attributes for grant in limits)) if names_some else None,
    )


def _values(claim: Any) -> list[str]:
    values = claim if isinstance(claim, list) else [claim]
    return [str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool)]


def _not_an_entry(setting: str, entry: str) -> BadSetting:
    return BadSetting(
        f"{setting} contains {entry!r}, which is neither an address (ann@company.example), a domain "
        "(@company.example), a claim (groups=marketing) nor *."
    )
