"""Entries of the audit, as people read them."""

from typing import Any

import pytest

from mailsight.exports import audit_words


@pytest.mark.parametrize(
    ("details", "line"),
    [
        (
            {"list": "customers", "filters": ["Opens more than 2", "Name contains …"], "matches": 3, "x": []},
            "customers · filters: Opens more than 2, Name contains … · 3 matches",
        ),
        ({"list": "not-sent", "format": "xlsx", "filters": []}, "customers who were not sent it · as Excel"),
        ({"list": "all customers", "length": 1, "matches": 0}, "customers of all campaigns · 1 letter · 0 matches"),
        ({"list": "unattributed", "filters": ["search"]}, "unmatched events · filters: a text"),
        ({"list": "person", "format": ".zip"}, "everything known about a person · as ZIP"),
        ({"filters": ["person", "subject", "since"]}, "filters: person, campaign or customer, first day"),
        ({"what": "page campaigns"}, "the page Campaigns"),
        ({"what": "page"}, "any page"),
        ({"what": "dialog find-customer"}, "the dialog Find a customer"),
        ({"what": "dialog not-sent"}, "the dialog Not sent"),
        ({"what": "part: exports of events"}, "exports of events"),
        ({"what": "route /mailsight/api/export/progress"}, "a file"),
        ({"what": "route /api/v1/campaigns/{campaign_id:path}", "token": "ab12"}, "the API · token ab12"),
        ({"what": "another address"}, "another address"),
        ({"what": "sign-in"}, "signing in"),
        ({"people": "1", "user": "root"}, "1 person · by root on the server"),
        ({"kind": "bundle or export", "files": 2}, "bundle or export · 2 files"),
        ({"copy": "archived"}, "archived copy"),
        ({"token": "ab12", "report": "weekday_and_hour"}, "token ab12 · report: weekday and hour"),
        ({}, ""),
    ],
)  # fmt: skip
def test_details_are_written_in_a_line_of_words(details: dict[str, Any], line: str) -> None:
    assert audit_words.described(details) == line
