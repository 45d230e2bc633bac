"""The languages of ActiveCampaign, Salesforce and Mautic."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.rendering import MailTemplate, Rendered, render, render_mail

CUSTOMER = {
    "First name": "Anna",
    "email": "a+b@mail.example",
    "country": "Norway",
    "points": "12",
    "tags": ["vip", "new"],
    "interests": "tea, cups",
    "nothing": None,
    "customer_id": "8",
    "company": {"name": "Tea & Co"},
}


def rendered(language: Language, template: str, values: Any = CUSTOMER, *, is_html: bool = False) -> Rendered:
    sent_at = datetime(2026, 3, 1, tzinfo=UTC)
    return render(template, values, language, is_html=is_html, sent_at=sent_at)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Hi %FIRSTNAME%, %EMAIL% %SUBSCRIBERID%", Rendered("Hi Anna, a+b@mail.example 8")),
        ("%NICKNAME|there% %FIRSTNAME|there% %NOTHING|none%", Rendered("there Anna none")),
        ("%IF $COUNTRY == 'Norway'%a%ELSEIF $COUNTRY == 'Sweden'%b%ELSE%c%/IF%", Rendered("a")),
        ("%IF $COUNTRY == 'Denmark'%a%ELSEIF $POINTS >= 12%b%ELSE%c%/IF%", Rendered("b")),
        ('%IF $COUNTRY != "Norway" || ($POINTS > 10 && $FIRSTNAME == "Anna")%a%/IF%', Rendered("a")),
        ("%IF empty($NOTHING)%a%/IF%%IF !empty($NOTHING)%b%ELSE%c%/IF%", Rendered("ac")),
        ("%IF in_array('vip', $TAGS)%a%/IF%%IF in_array('cups', $INTERESTS)%b%/IF%", Rendered("ab")),
        ("%IF $FIRSTNAME%a%IF $POINTS < 3%b%ELSE%c%/IF%%/IF%", Rendered("ac")),
        ("%CITY% caf%C3%A9 5%OFF", Rendered("%CITY% caf%C3%A9 5%OFF", ("CITY",))),
        ("%IF $PLAN == 'pro'%a%ELSE%b%/IF%", Rendered("b", (), ("PLAN",))),
        ("%IF shuffle($A)%a%ELSE%b%/IF%", Rendered(
            "%IF shuffle($A)%a%ELSE%b%/IF%", (), ("A",), ("%IF shuffle($A)%", "%ELSE%", "%/IF%"))),
        ("%IF $COUNTRY ==%a%/IF%%ELSE%", Rendered(
            "%IF $COUNTRY ==%a%/IF%%ELSE%", (), (), ("%IF $COUNTRY ==%", "%/IF%", "%ELSE%"))),
    ],
)  # fmt: skip
def test_activecampaign(template: str, expected: Rendered) -> None:
    assert rendered(Language.ACTIVECAMPAIGN, template) == expected


def test_activecampaign_in_html() -> None:
    template = '%IF $POINTS &gt; 3 &amp;&amp; $COUNTRY == &quot;Norway&quot;%<a href="https://x.example/?e=%EMAIL%">%EMAIL%</a>%/IF%'
    assert rendered(Language.ACTIVECAMPAIGN, template, is_html=True) == Rendered(
        '<a href="https://x.example/?e=a%2Bb%40mail.example">a+b@mail.example</a>'
    )


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("%%First Name%% %%emailaddr%% %%FIRSTNAME%% %%_subscriberkey%%", Rendered("Anna a+b@mail.example Anna 8")),
        ('%%=v([First Name])=%% %%=v(AttributeValue("First Name"))=%% %%=AttributeValue("Country")=%%', Rendered(
            "Anna Anna Norway")),
        ("%%=Uppercase([First Name])=%% %%=ProperCase(country)=%% %%=URLEncode(email)=%%", Rendered(
            "ANNA Norway a%2Bb%40mail.example")),
        ("%%xtmonth%% %%xtyear%% %%xtshortdate%%", Rendered("March 2026 3/1/2026")),
        ("%%City%% %%view_email_url%%", Rendered("%%City%% %%view_email_url%%", ("City", "view_email_url"))),
        ("%%[ SET @x = 1 ]%%a%%=v(@x)=%%", Rendered(
            "%%[ SET @x = 1 ]%%a%%=v(@x)=%%", (), (), ("%%[ SET @x = 1 ]%%", "%%=v(@x)=%%"))),
        ('%%=IIF(Empty([City]),"a","b")=%% 100%% sure', Rendered(
            '%%=IIF(Empty([City]),"a","b")=%% 100%% sure', (), (), ('%%=IIF(Empty([City]),"a","b")=%%',))),
        ('%%=v("First Name")=%%', Rendered('%%=v("First Name")=%%', (), (), ('%%=v("First Name")=%%',))),
    ],
)  # fmt: skip
def test_ampscript(template: str, expected: Rendered) -> None:
    assert rendered(Language.AMPSCRIPT, template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{contactfield=firstname|there} {leadfield=country} {contactfield=id}", Rendered("Anna Norway 8")),
        ("{contactfield=city|your town} {contactfield=nothing|x}{contactfield=nothing}.", Rendered("your town x.")),
        ("?e={contactfield=email|true} %7Bcontactfield=country%7D", Rendered("?e=a%2Bb%40mail.example Norway")),
        ("{companyfield=name} {companyfield=city}", Rendered("Tea & Co {companyfield=city}", ("city",))),
        ("{tracking_pixel}{unsubscribe_url} {ownerfield=firstname}", Rendered(
            "{unsubscribe_url} {ownerfield=firstname}", ("unsubscribe_url", "firstname"))),
        ('{dynamiccontent="Hero"} {trackable=abc} {pagelink=3}', Rendered(
            '{dynamiccontent="Hero"} {trackable=abc} {pagelink=3}',
            ("dynamiccontent=Hero", "trackable=abc", "pagelink=3"))),
        ("{contactfield=points|date}", Rendered("{contactfield=points|date}", (), (), ("{contactfield=points|date}",))),
        ("{contactfield=} {x} a { b } {contactfield", Rendered("{contactfield=} {x} a { b } {contactfield")),
    ],
)  # fmt: skip
def test_mautic(template: str, expected: Rendered) -> None:
    assert rendered(Language.MAUTIC, template) == expected


def test_a_slot_of_mautic_is_html() -> None:
    values = {"Hero": "<b>Sale</b>", "firstname": "<i>", "unsubscribe_text": '<a href="x">Stop</a>'}
    template = '{dynamiccontent="Hero"} {contactfield=firstname} {unsubscribe_text}'
    shown = rendered(Language.MAUTIC, template, values, is_html=True)
    assert shown == Rendered('<b>Sale</b> &lt;i&gt; <a href="x">Stop</a>')


def test_mautic_knows_the_subject() -> None:
    mail = MailTemplate("<h1>{subject}</h1>", "Hi {contactfield=firstname}")
    assert render_mail(mail, CUSTOMER, Language.MAUTIC).mail == MailTemplate("<h1>Hi Anna</h1>", "Hi Anna")


LANGUAGES = (Language.ACTIVECAMPAIGN, Language.AMPSCRIPT, Language.MAUTIC)
PIECES = st.sampled_from(
    ["%IF $A%", "%ELSE%", "%/IF%", "%IF (((%", "%IF $A == '%", "%A%", "%%", "%%=", "=%%", "%%[", "]%%", "v(", "[A]",
     "{contactfield=",     "|", "}", "<a href='", "'>", "<!--", "%7B", " "]
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@given(template=st.text(max_size=60) | st.lists(PIECES, max_size=12).map("".join), value=st.text(max_size=9))
def test_any_text_is_rendered_and_no_value_is_a_template(
    language: Language, template: str, value: str
) -> None:
    rendered(language, template, {"A": value}, is_html=True)
    assert rendered(language, template, {"A": "%B%%%B%%{contactfield=B}", "B": "secret"}).text.count(
        "secret"
    ) == rendered(language, template, {"A": "", "B": "secret"}).text.count("secret")


@pytest.mark.parametrize("language", [*LANGUAGES, Language.PLAIN])
def test_a_value_in_html_can_not_become_a_tag(language: Language) -> None:
    values = {"name": "\"'><script>"}
    fields = "%NAME% %%name%% {contactfield=name} {{name}}"
    html = f'<a title="{fields}" href="https://x.example/?{fields}">{fields}</a>'
    assert "<script" not in rendered(language, html, values, is_html=True).text


def test_a_condition_may_be_deep() -> None:
    template = "%IF " + "(" * 400 + "$A" + ")" * 400 + "%a%/IF%"
    assert rendered(Language.ACTIVECAMPAIGN, template).unsupported == (template[: -len("a%/IF%")], "%/IF%")
