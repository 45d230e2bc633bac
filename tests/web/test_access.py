"""Who may enter and upload: exactly the people listed, once their provider vouches for their address."""

import math
from typing import Any

import pytest

from mailsight.errors import BadSetting
from mailsight.web.access import Access, People, Standing, people

NOW = 1_800_000_000.0
ANN = {"email": "ann@company.example", "email_verified": True}


def listed(*entries: str) -> People:
    return people("MAILSIGHT_VIEWERS", entries)


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
    with pytest.raises(BadSetting, match="MAILSIGHT_VIEWERS contains"):
        listed(entry)


@pytest.mark.parametrize(
    ("access", "claims", "standing"),
    [
        (Access(), {}, Standing.MAY_ENTER),
        (Access(True, listed("*")), {}, Standing.SIGNED_OUT),
        (Access(True, listed("*")), signed_in(is_logged_in=False), Standing.SIGNED_OUT),
        (Access(True, listed("*")), signed_in(is_logged_in="yes"), Standing.SIGNED_OUT),
        (Access(True, listed("*")), signed_in(), Standing.MAY_ENTER),
        (Access(True), signed_in(**ANN), Standing.NOT_ALLOWED),
        (Access(True, uploaders=listed("*")), signed_in(**ANN), Standing.NOT_ALLOWED),
        (Access(True, uploaders=listed("ann@company.example")), signed_in(**ANN), Standing.MAY_ENTER),
        (Access(True, listed("@company.example")), signed_in(**ANN), Standing.MAY_ENTER),
        (Access(True, listed("@company.example")), signed_in(email=ANN["email"]), Standing.NOT_ALLOWED),
        (Access(True, listed("*"), session_seconds=60), signed_in(), Standing.EXPIRED),
        (Access(True, listed("*"), session_seconds=61), signed_in(), Standing.MAY_ENTER),
        (Access(True, listed("*")), signed_in(iat=None), Standing.EXPIRED),
        (Access(True, listed("*")), signed_in(iat="1800000000"), Standing.EXPIRED),
        (Access(True, listed("*")), signed_in(iat=True), Standing.EXPIRED),
        (Access(True, listed("*")), signed_in(iat=math.nan), Standing.EXPIRED),
        (Access(True, listed("*")), signed_in(iat=math.inf), Standing.EXPIRED),
        (Access(True, listed("*")), signed_in(iat=NOW + 299), Standing.MAY_ENTER),
        (Access(True, listed("*")), signed_in(iat=NOW + 301), Standing.EXPIRED),
    ],
)
def test_who_may_enter(access: Access, claims: dict[str, Any], standing: Standing) -> None:
    assert access.standing(claims, NOW) is standing


@pytest.mark.parametrize(
    ("uploaders", "sign_in", "local", "may"),
    [
        ([], False, True, True),
        ([], False, False, False),
        (["*"], False, True, True),
        (["ann@company.example"], False, True, False),
        ([], True, True, False),
        (["*"], True, False, True),
        (["ann@company.example"], True, False, True),
        (["bob@company.example"], True, True, False),
    ],
)
def test_who_may_upload(uploaders: list[str], sign_in: bool, local: bool, may: bool) -> None:
    access = Access(sign_in, uploaders=people("MAILSIGHT_UPLOADERS", uploaders))
    assert access.may_upload(signed_in(**ANN) if sign_in else {}, local=local) is may
