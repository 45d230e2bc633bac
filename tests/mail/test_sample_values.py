"""Sample values, where a mail is shown without a customer."""

import pytest

from mailsight.mail.link_fields import SYNTAXES
from mailsight.mail.sample_values import sampled, sampled_mail, sampled_subject


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("*|FNAME|*, point at a glass", "Alex, point at a glass"),
        ("{{ customer.first_name }} {{lastName}}", "Alex Smith"),
        ("Hi {{{name}}}, %firstname%", "Hi Alex Smith, Alex"),
        ("{{ .Subscriber.FirstName }}", "Alex"),
        ("{{ first_name | default: 'there' }}, hello", "Alex, hello"),
        ('{{ person.first_name|default:"friend"|title }}', "Alex"),
        ("{{${first_name} | default: 'you'}}", "Alex"),
        ("{{custom_attribute.${loyalty_points}}}", "[Loyalty points]"),
        ('{{var:firstname:"there"}}', "Alex"),
        ("*|TITLE:FNAME|*", "Alex"),
        ("%%First Name%%", "Alex"),
        ("{contactfield=firstname|there}", "Alex"),
        ("{$name}", "Alex Smith"),
        ("[firstname,fallback=there]", "Alex"),
        ("[FIRSTNAME], [SALE] now", "Alex, [SALE] now"),
        ("{{loyalty_points}} of {{ orderNumber }}", "[Loyalty points] of [Order number]"),
        ("For {{city}}", "For London"),
        ("{{#if a}}{{first_name}}{{else}}you{{/if}}", "{{#if a}}Alex{{else}}you{{/if}}"),
        ("50% off, 20% more, no fields", "50% off, 20% more, no fields"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_subject_is_shown_with_sample_values(subject: str | None, shown: str) -> None:
    assert sampled_subject(subject) == shown


def test_real_values_fill_what_does_not_identify_a_person() -> None:
    values = {"first_name": "Xanthippe", "City": "Den Haag", "points": "1,240", "unsubscribe_url": ""}
    template = "{{first_name}} {{customer.city}} {{points}} {{unsubscribe_url}}"
    assert sampled(template, values, escape=False) == "Alex Den Haag 1,240 https://example.com/unsubscribeurl"


def test_sample_values_are_escaped_in_html() -> None:
    template = '<a href="https://x.example/?c={{ code }}">{{ code }}</a>'
    assert (
        sampled(template, {"code": '"><b>1'})
        == '<a href="https://x.example/?c=%22%3E%3Cb%3E1">&quot;&gt;&lt;b&gt;1</a>'
    )


@pytest.mark.parametrize("senders", ["Mailchimp", "Liquid, Jinja", "Salesforce, Interspire"])
def test_the_most_used_syntaxes_of_links_have_sample_values(senders: str) -> None:
    example = next(syntax.example for syntax in SYNTAXES if syntax.senders.startswith(senders))
    assert "@example.com" in sampled(example.replace("emailaddr", "email"), escape=False)


def test_a_mail_with_samples_keeps_its_links() -> None:
    link = '<a title="{}" href="https://x.example/{{{{ id }}}}?n={{{{city}}}}">{}</a><a href=*|UNSUB|*>{}</a>'
    html = link.format("{{city}}", "Hi {{first_name}}", "*|LNAME|*")
    shown = link.format("Den&#32;Haag", "Hi Alex", "Smith")
    assert sampled_mail(html, {"city": "Den Haag"}) == shown


def test_a_mail_whose_fields_contain_links_stays_as_it_is() -> None:
    html = "{{ offer | default: '<a href=\"https://x.example/\">x</a>' }} <a href=y>{{first_name}}</a>"
    assert sampled_mail(html) == html
