"""Who may enter, see and do what: exactly the people listed, once their provider vouches for their address."""

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.errors import BadSetting, NotInRole
from mailsight.state.audit import COMMAND_LINE
from mailsight.vocabulary import Role
from mailsight.warehouse.scope import EVERYTHING, Scope
from mailsight.web import parameters
from mailsight.web.access import (
    OF_NO_CAMPAIGN,
    PAGES,
    ROLES,
    Access,
    Grant,
    People,
    Right,
    Standing,
    Viewer,
    name_of,
    people,
    verified_address,
)

NOW = 1_800_000_000.0
ANN = {"email": "ann@company.example", "email_verified": True}


def listed(*entries: str) -> People:
    return people("MAILSIGHT_READERS", entries)


def signed_in(**claims: Any) -> dict[str, Any]:
    return {"is_logged_in": True, "iat": NOW - 60, "sub": "1"} | claims


@pytest.mark.parametrize(
    ("entries", "claims", "included"),
    [
        (["ann@company.example"], ANN, True),
        (["Ann@Company.example"], ANN, True),
        (["ann@company.example"], ANN | {"email": "ANN@COMPANY.EXAMPLE"}, True),
        (["@company.example"], ANN, True),
        (["@COMPANY.example"], ANN | {"email": "ann@Company.Example"}, True),
        (["*"], {}, True),
        ([], ANN, False),
        (["bob@company.example"], ANN, False),
        (["ann@company.example"], {"email": "ann@company.example"}, False),
        (["@company.example"], {"email": "ann@company.example"}, False),
        (["ann@company.example"], ANN | {"email_verified": False}, False),
        (["ann@company.example"], ANN | {"email_verified": "false"}, False),
        (["ann@company.example"], ANN | {"email_verified": None}, False),
        (["ann@company.example"], ANN | {"email_verified": 1}, False),
        (["ann@company.example"], ANN | {"email_verified": ["true"]}, False),
        (["ann@company.example"], ANN | {"email_verified": "true"}, True),
        (["ann@company.example"], ANN | {"email": ["ann@company.example"]}, False),
        (["ann@company.example"], ANN | {"email": "ann+x@company.example"}, False),
        (["ann@company.example"], ANN | {"email": "ann@company.example."}, False),
        (["ann@company.example"], ANN | {"email": " ann@company.example"}, False),
        (["ann@company.example"], ANN | {"email": "ann@company.example\n"}, False),
        (["ann@company.example"], ANN | {"email": "ann@company.example\0"}, False),
        (["ann@company.example"], ANN | {"email": "ann@company.example,x@evil.example"}, False),
        (["ann@company.example"], ANN | {"email": "\u0430nn@company.example"}, False),
        (["ann@company.example"], ANN | {"email": "ann@c\u043empany.example"}, False),
        (["kim@company.example"], ANN | {"email": "\u212aim@company.example"}, False),
        (["@company.example"], ANN | {"email": "\uff41nn@company.example"}, False),
        (["@company.example"], ANN | {"email": "ann@evil-company.example"}, False),
        (["@company.example"], ANN | {"email": "ann@sub.company.example"}, False),
        (["@company.example"], ANN | {"email": "ann@company.example.evil"}, False),
        (["@company.example"], ANN | {"email": "ann@company.example@evil.example"}, False),
        (["@company.example"], ANN | {"email": '"a@evil.example"@company.example'}, False),
        (["@company.example"], ANN | {"email": "@company.example"}, False),
        (["@company.example"], ANN | {"email": "ann"}, False),
        (["groups=marketing"], {"groups": ["staff", "marketing"]}, True),
        (["groups=marketing"], {"groups": "marketing"}, True),
        (["groups=marketing"], {"groups": "marketing-interns"}, False),
        (["groups=marketing"], {"groups": ["Marketing"]}, False),
        (["groups=marketing"], {"groups": {"marketing": True}}, False),
        (["groups=marketing"], {"groups": [["marketing"]]}, False),
        (["groups=marketing"], {"group": "marketing"}, False),
        (["groups=True"], {"groups": True}, False),
        (["tenant=17"], {"tenant": 17}, True),
        (["hd=company.example"], {"hd": "company.example"}, True),
        (["https://company.example/roles=admin"], {"https://company.example/roles": ["admin"]}, True),
        (["groups=cn=a"], {"groups": ["cn=a"]}, True),
    ],
)  # fmt: skip
def test_people_are_compared_exactly(entries: list[str], claims: dict[str, Any], included: bool) -> None:
    assert listed(*entries).include(claims) is included


@pytest.mark.parametrize(
    "entry",
    ["ann", "company.example", "*.company.example", "*@company.example", "@", "ann@", "@company.example.", "a b@c.d",
     "groups=", "=marketing", "email=ann@company.example", "email_verified=true", "is_logged_in=true", "**",
     "\u0430nn@company.example", "ann@company.example;bob@company.example", "@company..example"],
)  # fmt: skip
def test_an_entry_that_lists_nobody_is_refused(entry: str) -> None:
    with pytest.raises(BadSetting, match="MAILSIGHT_READERS contains"):
        listed(entry)


ANALYSTS = (Grant(Role.ANALYST, listed("*")),)


@pytest.mark.parametrize(
    ("access", "claims", "standing"),
    [
        (Access(), {}, Standing.MAY_ENTER),
        (Access(True, ANALYSTS), {}, Standing.SIGNED_OUT),
        (Access(True, ANALYSTS), signed_in(is_logged_in=False), Standing.SIGNED_OUT),
        (Access(True, ANALYSTS), signed_in(is_logged_in="yes"), Standing.SIGNED_OUT),
        (Access(True, ANALYSTS), signed_in(), Standing.MAY_ENTER),
        (Access(True), signed_in(**ANN), Standing.NOT_ALLOWED),
        (
            Access(True, (Grant(Role.ADMIN, listed("ann@company.example")),)),
            signed_in(**ANN),
            Standing.MAY_ENTER,
        ),
        (
            Access(True, (Grant(Role.READER, listed("@company.example")),)),
            signed_in(**ANN),
            Standing.MAY_ENTER,
        ),
        (
            Access(True, (Grant(Role.READER, listed("@company.example")),)),
            signed_in(email=ANN["email"]),
            Standing.NOT_ALLOWED,
        ),
        (Access(True, ANALYSTS, session_seconds=60), signed_in(), Standing.EXPIRED),
        (Access(True, ANALYSTS, session_seconds=61), signed_in(), Standing.MAY_ENTER),
        (Access(True, ANALYSTS), signed_in(iat=None), Standing.EXPIRED),
        (Access(True, ANALYSTS), signed_in(iat="1800000000"), Standing.EXPIRED),
        (Access(True, ANALYSTS), signed_in(iat=True), Standing.EXPIRED),
        (Access(True, ANALYSTS), signed_in(iat=math.nan), Standing.EXPIRED),
        (Access(True, ANALYSTS), signed_in(iat=math.inf), Standing.EXPIRED),
        (Access(True, ANALYSTS), signed_in(iat=NOW + 299), Standing.MAY_ENTER),
        (Access(True, ANALYSTS), signed_in(iat=NOW + 301), Standing.EXPIRED),
    ],
)
def test_who_may_enter(access: Access, claims: dict[str, Any], standing: Standing) -> None:
    assert access.standing(claims, NOW) is standing


LOGIN = "https://login.example"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        (ANN | {"sub": "17", "iss": LOGIN}, "ann@company.example"),
        ({"sub": "17", "iss": LOGIN}, "ID 17 at https://login.example"),
        ({"sub": 17}, "ID 17"),
        ({"sub": "ann@company.example", "iss": LOGIN}, "ID ann@company.example at https://login.example"),
        ({"sub": "ann@company.example"}, "ID ann@company.example"),
        ({"sub": "1", "email": "ann@company.example"}, "ID 1"),
        ({"sub": COMMAND_LINE}, "ID command line"),
        ({"iss": LOGIN}, ""),
        ({}, ""),
    ],
)
def test_no_id_at_a_provider_passes_for_an_address(claims: dict[str, Any], name: str) -> None:
    assert name_of(claims) == name


@given(st.text(), st.text() | st.none())
def test_whoever_has_no_verified_address_is_called_nothing_that_is_one(sub: str, issuer: str | None) -> None:
    name = name_of({"sub": sub, "iss": issuer})
    assert verified_address({"email": name, "email_verified": True}) is None


EVERYBODY, ANN_ONLY, BEN = listed("*"), listed("ann@company.example"), listed("ben@company.example")
A, B = frozenset({"brand a"}), frozenset({"brand b"})
SENDERS = frozenset({"brand-a.example"})


@pytest.mark.parametrize(
    ("grants", "role", "scope"),
    [
        ([Grant(Role.READER, EVERYBODY)], Role.READER, Scope(customers=False)),
        ([Grant(Role.MARKETER, EVERYBODY)], Role.MARKETER, EVERYTHING),
        # The highest role counts, wherever it is listed,
        ([Grant(Role.ADMIN, ANN_ONLY), Grant(Role.READER, EVERYBODY)], Role.ADMIN, EVERYTHING),
        ([Grant(Role.READER, EVERYBODY), Grant(Role.ADMIN, ANN_ONLY)], Role.ADMIN, EVERYTHING),
        ([Grant(Role.READER, EVERYBODY), Grant(Role.ADMIN, BEN)], Role.READER, Scope(customers=False)),
        # with all of its limits together, and no others.
        ([Grant(Role.READER, ANN_ONLY, A)], Role.READER, Scope(customers=False, tags=A)),
        ([Grant(Role.ANALYST, ANN_ONLY, A), Grant(Role.ANALYST, BEN, B)], Role.ANALYST, Scope(tags=A)),
        (
            [Grant(Role.ANALYST, ANN_ONLY, A), Grant(Role.ANALYST, EVERYBODY, B)],
            Role.ANALYST,
            Scope(tags=A | B),
        ),
        (
            [Grant(Role.ANALYST, ANN_ONLY, A), Grant(Role.ANALYST, EVERYBODY, sender_domains=SENDERS)],
            Role.ANALYST,
            Scope(tags=A, sender_domains=SENDERS),
        ),
        ([Grant(Role.READER, EVERYBODY), Grant(Role.ANALYST, ANN_ONLY, A)], Role.ANALYST, Scope(tags=A)),
        (
            [Grant(Role.ANALYST, ANN_ONLY, A, attributes=A), Grant(Role.ANALYST, EVERYBODY, B, attributes=B)],
            Role.ANALYST,
            Scope(tags=A | B, attributes=A | B),
        ),
        # One without limits lifts them.
        (
            [Grant(Role.ANALYST, ANN_ONLY, A, attributes=A), Grant(Role.ANALYST, EVERYBODY, B)],
            Role.ANALYST,
            Scope(tags=A | B),
        ),
        ([Grant(Role.ANALYST, ANN_ONLY, A), Grant(Role.ANALYST, EVERYBODY)], Role.ANALYST, EVERYTHING),
        ([Grant(Role.ANALYST, ANN_ONLY, A), Grant(Role.ANALYST, BEN)], Role.ANALYST, Scope(tags=A)),
    ],
)
def test_a_persons_highest_role_counts_with_its_limits(grants: list[Grant], role: Role, scope: Scope) -> None:
    assert Access(True, tuple(grants)).viewer(signed_in(**ANN)) == Viewer("ann@company.example", role, scope)


def test_nobody_has_a_role_that_is_not_given() -> None:
    assert Access(True, (Grant(Role.ADMIN, BEN),)).viewer(signed_in(**ANN), local=True) is None


@pytest.mark.parametrize("role", [Role.READER, Role.MARKETER, Role.ANALYST])
def test_without_sign_in_only_this_machine_sees_everything(role: Role) -> None:
    access = Access(without_sign_in=role)
    assert access.viewer({}, local=True) == Viewer("", Role.ADMIN)
    assert access.viewer({}, local=False) == Viewer("", role, Scope(customers=role is not Role.READER))


def test_each_role_includes_the_rights_of_those_before_it() -> None:
    rights = [{right for right in Right if Viewer("", role).may(right)} for role in Role]
    assert rights == sorted(rights, key=len)
    assert rights[0] == {Right.FIGURES}
    assert rights[-1] == set(Right) == set(ROLES)
    assert all(less < more for less, more in pairwise(rights))


def test_a_limited_role_includes_nothing_that_belongs_to_no_campaign() -> None:
    limited = Viewer("", Role.ADMIN, Scope(tags=A))
    assert {right for right in Right if not limited.may(right)} == OF_NO_CAMPAIGN
    with pytest.raises(
        NotInRole, match=r"Your role \(Admin\), limited to some campaigns, does not include uploads\."
    ):
        limited.require(Right.UPLOADS)


def test_every_page_needs_a_right() -> None:
    assert set(PAGES) == set(parameters.PAGES)
