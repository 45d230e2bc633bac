"""Entries of the audit, as people read them."""

from typing import Any

import pytest

from mailsight.exports import audit_words


@pytest.mark.parametrize(
    ("details", "line"),
    [
        (
            {"list": "customers", "filters": ["Opens more than 2", "Name contains …"], "matches": 3, "x": []},
            "Customers · filters: Opens more than 2, Name contains … · 3 matches",
        ),
        ({"list": "not-sent", "format": "xlsx", "filters": []}, "Customers who were not sent it · as Excel"),
        ({"list": "all customers", "length": 1}, "Customers of all campaigns · 1 letter typed"),
        ({"list": "links", "matches": 0}, "Links and their clicks · 0 matches"),
        ({"list": "unattributed", "filters": ["search"]}, "Unmatched events · filters: a text"),
        ({"list": "person", "format": ".zip"}, "Everything known about a person · as ZIP"),
        ({"filters": ["person", "subject", "since"]}, "Filters: person, campaign or customer, first day"),
        ({"what": "page campaigns"}, "The page Campaigns"),
        ({"what": "page"}, "Any page"),
        ({"what": "dialog find-customer"}, "The dialog Find a customer"),
        ({"what": "dialog not-sent"}, "The dialog Not sent"),
        ({"what": "part: exports of events"}, "Exports of events"),
        ({"what": "route /mailsight/api/export/progress"}, "A file"),
        ({"what": "route /api/v1/campaigns/{campaign_id:path}", "token": "ab12"}, "The API · token ab12"),
        ({"what": "another address"}, "Another address"),
        ({"what": "sign-in"}, "Signing in"),
        ({"people": "1", "user": "root"}, "1 person · by root on the server"),
        ({"kind": "bundle or export", "files": 2}, "Bundle or export · 2 files"),
        ({"copy": "archived"}, "Archived copy"),
        ({"token": "ab12", "report": "weekday_and_hour"}, "Token ab12 · report: weekday and hour"),
        ({}, ""),
    ],
)  # fmt: skip
def test_details_are_written_in_a_line_of_words(details: dict[str, Any], line: str) -> None:
    assert audit_words.described(details) == line
