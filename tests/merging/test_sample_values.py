"""Sample values, where a mail is shown without a customer."""

import pytest

from mailsight.mail.link_fields import SYNTAXES
from mailsight.merging.languages import Language
from mailsight.merging.rendering import MailTemplate
from mailsight.merging.sample_values import sampled, sampled_mail, sampled_subject, sampled_template


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
        ("{{#if a}}{{first_name}}{{else}}you{{/if}}", "Alex"),
        ("50% off, 20% more, no fields", "50% off, 20% more, no fields"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_subject_is_shown_with_sample_values(subject: str | None, shown: str) -> None:
    assert sampled_subject(subject) == shown


def test_real_values_fill_what_does_not_identify_a_person() -> None:
    values = {
        "first_name": "Xanthippe",
        "City": "Den Haag",
        "points": "1,240",
        "unsubscribe_url": "",
        "order": {"total": 12, "name": "Xanthippe"},
    }
    template = (
        "{{first_name}} {{customer.city}} {{points}} {{unsubscribe_url}} {{order.total}} {{order.name}}"
    )
    shown = "Alex Den Haag 1,240 https://example.com/unsubscribeurl 12 [Order name]"
    assert sampled(template, values, escape=False) == shown


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
    shown = link.format("Den Haag", "Hi Alex", "Smith")
    assert sampled_mail(html, {"city": "Den Haag"}) == shown


def test_links_in_template_code_stay() -> None:
    html = "{{ offer | default: '<a href=\"https://x.example/\">x</a>' }} <a href=y>{{first_name}}</a>"
    assert sampled_mail(html) == html.replace("{{first_name}}", "Alex")


LINK = '<a href="https://x.example/{% if vip %}v{% else %}s{% endif %}">x</a>'


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{% if vip %}a{% elsif new %}b{% else %}c{% endif %}{% assign x = 1 %}{% comment %}", "abc"),
        ("{% for item in items %}{{ item.name | upcase }}{% endfor %}{%- now 'Y' -%}", "[Item name]"),
        ("{{#if a}}x{{else}}y{{/if}}{{#each items}}{{this.title}}{{/each}}{{> footer}}{{! note }}{{!-- note --}}",
         "xy[Title]"),
        ("{{ if .Subscriber.Attribs.city }}x{{ else if .b }}y{{ end }}{{ range .Tx.items }}{{ .city }}{{ end }}",
         "xyLondon"),
        ("{{ $x := 1 }}{{/* note */}}{{ upper .Subscriber.FirstName }}{{ printf \"%s\" .Code }}", "Alex[Code]"),
        ("*|IF:VIP|*a*|ELSEIF:X=y|*b*|ELSE:|*c*|END:IF|**|INTERESTED:A:B|*d*|END:INTERESTED|**|LIST:COMPANY|*",
         "abcdExample Ltd"),
        ("%IF $CITY == 'x'%a%ELSEIF $B%b%ELSE%c%/IF%%FIRSTNAME%", "abcAlex"),
        ("[if:city=x]a[elseif:b=c]b[else]c[endif][firstname,fallback=you]", "abcAlex"),
        ("{if $a}x{elseif $b}y{else}z{/if}{$name}", "xyzAlex Smith"),
        ("<% if vip %>a<% else %>b<% end %> <%= recipient.name", "ab <%= recipient.name"),
        ("%%[ IF @a == 1 THEN ]%%x%%[ ELSE ]%%y%%[ ENDIF ]%%%%=v(@first_name)=%%", "xyAlex"),
        ('*|DATE:d/m/y|* {dynamiccontent="Main picture"} {{ TrackLink "https://x.example/a" . }}',
         "[Date] [Main picture] https://x.example/a"),
        ("{% unsubscribe 'No more' %}{{ order.total | money }}", "No more[Total]"),
        (f"{{% if vip %}}{LINK}{{% endif %}}", LINK),
    ],
)  # fmt: skip
def test_template_code_is_left_out_of_a_mail_and_its_links_stay(template: str, shown: str) -> None:
    assert sampled_mail(template) == shown


def test_a_preview_is_rendered_as_for_a_typical_customer() -> None:
    mail = MailTemplate(
        "*|IF:FNAME|*Hi *|FNAME|**|ELSE:|*Hello*|END:IF|*, *|IF:PLAN=pro|*a*|ELSE:|*b*|END:IF|* <b>*|CODE|*",
        "*|TITLE:FNAME|*'s *|ORDER|*",
    )
    values = {"fname": "Xanthippe", "plan": "pro", "email": "x@mail.example"}
    assert sampled_template(mail, values, Language.MAILCHIMP) == MailTemplate(
        "Hi Alex, a <b>[Code]", "Alex's [Order]"
    )


def test_real_values_in_lists_and_objects_name_nobody() -> None:
    values = {
        "customer": {"first_name": "Xanthippe", "city": "Oslo"},
        "items": [{"name": "Tea", "email": "x@mail.example"}],
    }
    template = (
        "{{ .customer.first_name }} {{ .customer.city }}{{ range .items }} {{ .name }} {{ .email }}{{ end }}"
    )
    shown = sampled_template(MailTemplate(None, template), values, Language.GO)
    assert shown.subject == "Alex Oslo Tea alex.smith@example.com"
