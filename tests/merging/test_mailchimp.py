"""Mailchimp's and Mandrill's merge tags."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.rendering import MailTemplate, Rendered, render, render_mail

SENT_AT = datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC)  # a Sunday
CUSTOMER = {
    "FNAME": "anna maria",
    "last_name": "O'Neil",
    "email": "anna+1@mail.example",
    "TRANSACTIONS": "12",
    "CITY": "",
    "PLAN": "pro",
    "VIP": True,
    "ZERO": "0",
    "Interests": "Wine\\, red, Cheese",
    "Days": ["Monday", "Friday"],
    "BADGE": "<b>gold</b>",
    "language": "fr",
}


def mailchimp(template: str, values: Any = CUSTOMER, *, is_html: bool = False) -> Rendered:
    return render(template, values, Language.MAILCHIMP, is_html=is_html, sent_at=SENT_AT)


TIERS = "*|IF:TRANSACTIONS >= 20|*gold*|ELSEIF:TRANSACTIONS >= {}|*silver*|ELSE:|*plain*|END:IF|*"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi *|FNAME|* *|LNAME|*, *|MERGE0|* *|MERGE1|*", "Hi anna maria O'Neil, anna+1@mail.example anna maria"),
        ("*|TITLE:FNAME|* *|UPPER:LNAME|* *|LOWER:LNAME|*", "Anna Maria O'NEIL o'neil"),
        ("*|URL:EMAIL|*", "anna%2B1%40mail.example"),
        ("*|CITY|*.", "."),
        ("*|IF:FNAME|*Hi *|FNAME|**|ELSE:|*Hello*|END:IF|*!", "Hi anna maria!"),
        ("*|IF:CITY|*in *|CITY|**|ELSE:|*somewhere*|END:IF|*", "somewhere"),
        ("*|IFNOT:CITY|*somewhere*|END:IF|*", "somewhere"),
        ("*|IF:VIP|*a*|END:IF|**|IF:ZERO|*b*|END:IF|*", "a"),
        ("*|IF:PLAN=pro|*a*|END:IF|**|IF:PLAN = basic|*b*|END:IF|**|IF:PLAN==pro|*c*|END:IF|*", "ac"),
        ("*|IF:PLAN!=pro|*a*|ELSE:|*b*|END:IF|*", "b"),
        ("*|IFNOT:PLAN=basic|*a*|END:IF|*", "a"),
        (TIERS.format(10), "silver"),
        (TIERS.format(12.5), "plain"),
        ("*|IF:TRANSACTIONS < 9|*a*|ELSE:|*b*|END:IF|*", "b"),
        ("*|IF:TRANSACTIONS = 12.0|*a*|END:IF|**|IF:TRANSACTIONS > 11|*b*|END:IF|*", "ab"),
        ("*|IF:PLAN=pro|*1*|IF:CITY=Oslo|*2*|ELSE:|*3*|END:IF|*4*|ELSE:|*5*|END:IF|*", "134"),
        ("*|IF:PLAN=x|*1*|IF:PLAN=pro|*2*|ELSE:|*3*|END:IF|*4*|ELSE:|*5*|END:IF|*", "5"),
        ("*|INTERESTED:Interests:Cheese|*a*|ELSE:|*b*|END:INTERESTED|*", "a"),
        ("*|INTERESTED:Interests:Bread,Wine\\, red|*a*|END:INTERESTED|*", "a"),
        ("*|INTERESTED:Interests:Bread|*a*|ELSE:|*b*|END:INTERESTED|*", "b"),
        ("*|INTERESTED:Days:friday|*a*|IF:PLAN=pro|*b*|END:IF|**|END:INTERESTED|*", "ab"),
        ("*|IF:MC_LANGUAGE=fr|*Bonjour*|ELSE:|*Hello*|END:IF|*", "Bonjour"),
        ("*|IFNOT:ARCHIVE_PAGE|*for you*|END:IF|*", "for you"),
        ("*|CURRENT_YEAR|* *|DATE:d/m/y|* *|DATE:l, F jS Y|*", "2026 01/03/26 Sunday, March 1st 2026"),
        ("*|DATE:D N w z W t L o n G:i:s A|*", "Sun 7 0 59 09 31 0 2026 3 9:05:07 AM"),
        ("*|DATE:\\Y\\m c|*", "Ym 2026-03-01T09:05:07+00:00"),
        ("a*b|c* no |*tags*|", "a*b|c* no |*tags*|"),
    ],
)  # fmt: skip
def test_a_template_is_rendered(template: str, text: str) -> None:
    assert mailchimp(template) == Rendered(text)


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("*|COMPANY|* *|UPPER:COMPANY|*", Rendered("*|COMPANY|* *|UPPER:COMPANY|*", unknown=("COMPANY",))),
        ("*|UNSUB|* *|LIST:COMPANY|*", Rendered("*|UNSUB|* *|LIST:COMPANY|*", unknown=("UNSUB", "LIST:COMPANY"))),
        ("*|IF:POINTS > 3|*a*|ELSE:|*b*|END:IF|*", Rendered("b", assumed=("POINTS",))),
        ("*|IF:REWARDS|**|HTML:REWARDS|**|END:IF|*.", Rendered(".", assumed=("REWARDS",))),
        ("*|INTERESTED:Colours:Red|*a*|END:INTERESTED|*", Rendered("", assumed=("Colours",))),
        # Not asked for, since the first branch holds.
        ("*|IF:VIP|*a*|ELSEIF:POINTS|**|COMPANY|**|END:IF|*", Rendered("a")),
        ("*|IF:VIP|*a", Rendered("*|IF:VIP|*a", unsupported=("*|IF:VIP|*",))),
        ("a*|ELSE:|*b*|END:IF|*", Rendered("a*|ELSE:|*b*|END:IF|*", unsupported=("*|ELSE:|*", "*|END:IF|*"))),
        (
            "*|IF:CITY|*a*|ELSE:|*b*|ELSE:|*c*|END:IF|*",
            Rendered("b*|ELSE:|*c", unsupported=("*|ELSE:|*",)),
        ),
        (
            "*|IF:=x|*a*|ELSE:|**|PLAN|**|END:IF|*",
            Rendered(
                "*|IF:=x|*a*|ELSE:|*pro*|END:IF|*", unsupported=("*|IF:=x|*", "*|ELSE:|*", "*|END:IF|*")
            ),
        ),
        (
            "*|INTERESTED:Days:Friday|*a*|IF:VIP|*b*|END:INTERESTED|*",
            Rendered("a*|IF:VIP|*b", unsupported=("*|IF:VIP|*",)),
        ),
        (
            "*|RSSITEMS:|**|RSSITEM:TITLE|**|END:RSSITEMS|*",
            Rendered(
                "*|RSSITEMS:|**|RSSITEM:TITLE|**|END:RSSITEMS|*",
                unsupported=("*|RSSITEMS:|*", "*|RSSITEM:TITLE|*", "*|END:RSSITEMS|*"),
            ),
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_rendered_stays_and_is_named(template: str, rendered: Rendered) -> None:
    assert mailchimp(template) == rendered


def test_values_are_escaped_in_html_except_where_a_tag_asks_for_html() -> None:
    template = '<a href="https://x.example/?e=*|EMAIL|*&u=*|URL:LNAME|*">*|BADGE|* *|HTML:BADGE|*</a>'
    assert mailchimp(template, is_html=True).text == (
        '<a href="https://x.example/?e=anna%2B1%40mail.example&u=O%27Neil">'
        "&lt;b&gt;gold&lt;/b&gt; <b>gold</b></a>"
    )


def test_editors_write_comparisons_with_references() -> None:
    template = "*|IF:TRANSACTIONS &gt;= 10|*a*|END:IF|**|INTERESTED:R&amp;D:x|*b*|END:INTERESTED|*"
    assert mailchimp(template, is_html=True) == Rendered("a", assumed=("R&D",))


def test_a_value_is_no_template() -> None:
    values = {"FNAME": "*|IF:PLAN|*x*|END:IF|* *|PLAN|*", "PLAN": "pro"}
    assert mailchimp("*|FNAME|*", values).text == values["FNAME"]
    assert (
        "pro"
        not in mailchimp("<a title='*|FNAME|*' href='*|FNAME|*'>*|FNAME|*</a>", values, is_html=True).text
    )


def test_the_subject_is_known_to_the_mail_and_dates_only_with_the_time_of_sending() -> None:
    mail = MailTemplate(
        "<title>*|MC:SUBJECT|*</title>*|DATE:Y|*", "Hi *|FNAME|*", "*|IF:FNAME|*News*|END:IF|*"
    )
    rendered = render_mail(mail, {"FNAME": "Bo"}, Language.MAILCHIMP)
    assert rendered.mail == MailTemplate("<title>Hi Bo</title>*|DATE:Y|*", "Hi Bo", "News")
    assert rendered.unknown == ("DATE:Y",)


def test_deep_nesting_is_no_problem() -> None:
    depth = 20_000
    template = "*|IF:VIP|*" * depth + "x" + "*|END:IF|*" * depth
    assert mailchimp(template) == Rendered("x")


PIECES = st.sampled_from(
    ["*|IF:VIP|*", "*|IF:CITY|*", "*|IFNOT:X|*", "*|ELSEIF:PLAN=pro|*", "*|ELSE:|*", "*|END:IF|*", "*|END:INTERESTED|*",
     "*|INTERESTED:Days:Friday|*", "*|FNAME|*", "*|TITLE:|*", "*|IF:|*", "*||", "|*", "<a href='", "'>", "<!--",
     "*|DATE:|*"]
)  # fmt: skip


@given(st.text(max_size=60) | st.lists(PIECES, max_size=12).map("".join), st.booleans())
def test_any_text_is_rendered(template: str, is_html: bool) -> None:
    rendered = mailchimp(template, is_html=is_html)
    if "*|" not in template and not is_html:
        assert rendered == Rendered(template)
