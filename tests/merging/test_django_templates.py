"""E-mails in Django's template language read as Django writes them."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.limits import MAX_CHARACTERS
from mailsight.merging.recognition import has_fields
from mailsight.merging.rendering import MailTemplate, Rendered, render, render_mail

VALUES = {
    "first_name": "Ada & Co",
    "CITY": "Porto",
    "points": 120,
    "balance": 12.5,
    "company": None,
    "vip": False,
    "note": "{{ points }}",
    "Shoe size": 41,
    "lines": "a\nb",
    "event": {
        "$value": 75.456,
        "Lines": [
            {"Name": "Kettle", "Price": 30, "Sale": True},
            {"Name": "Teapot", "Price": 45, "Sale": False},
        ],
    },
    "sizes": ["M", "S", "L"],
    "signed_up": "2026-03-09T07:05:00+01:00",
}


def django(template: str, *, is_html: bool = True) -> Rendered:
    sent_at = datetime(2026, 8, 29, 10, tzinfo=UTC)
    return render(template, VALUES, Language.DJANGO, is_html=is_html, sent_at=sent_at)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        # Fields
        ("{{ first_name }} {{ first_name|safe }}", "Ada &amp; Co Ada & Co"),
        ("{{ person.first_name|upper }} {{ contact.city }}", "ADA &amp; CO Porto"),
        ("{{ points }} {{ balance }} {{ vip }} {{ company }}", "120 12.5 False None"),
        ("[{{ company.name }}{{ sizes.9 }}{{ event.Lines.7.Name }}]", "[]"),
        ("{{ event.lines.0.name }} {{ sizes.2 }} {{ event.Lines.1.Name }}", "Kettle L Teapot"),
        ("{{ note }}", "{{ points }}"),
        ("{{ CITY.upper }}", "PORTO"),
        # Klaviyo
        ("{{ person|lookup:'Shoe size' }} {{ event|lookup:'$value'|floatformat:2 }}", "41 75.46"),
        ("{{ person|lookup:'Hat size'|default:'?' }}", "?"),
        ("{% if person|lookup:'Shoe size' > 40 %}large{% endif %}", "large"),
        ("{{ signed_up|format_date_string|date:'j F Y' }}", "9 March 2026"),
        ("{{ 'A-B'|find_replace:'-|+' }} {{ points|multiply:2 }} {{ 'a/'|trim_slash }}", "A+B 240.0 a"),
        ("{% today '%Y-%m-%d' as today %}{{ today }} {{ today|days_later:5 }}", "2026-08-29 2026-09-03"),
        ("{% today '%Y-%m-%d' as t %}{{ t|days_later:5|format_date_string|date:'M d' }}{% now 'Y' as y %} {{ y }}",
         "Sep 03 2026"),
        ("{{ signed_up|format_date_string|date:'m-d-Y g:i a' }} {{ '12-31-2026'|days_later:1 }}",
         "03-09-2026 7:05 a.m. 01-01-2027"),
        ("{{ 5.01|ceil }} {{ 5.9|floor }} {{ 5.123|round_up:2 }} {{ 5.129|round_down:2 }} {{ '10'|divide:'2' }}",
         "6.0 5.0 5.13 5.12 5.0"),
        ("{{ 1|floatadd:1.1 }} {{ 3|minus:1 }} {{ 5|remainder:2 }} {{ '.25'|percentize:2 }}",
         "2.1 2.0 1.0 25.00%"),
        ("{{ '1,2'|split:','|sum_list }}", "3.0"),
        ("{{ 'a,b,c'|replace_first:',|-' }} {{ 'a,b,c'|replace_last:',|-' }} {{ 'abab'|remove_last:'ab' }}",
         "a-b,c a,b-c ab"),
        ("{{ event.Lines|map:'Name'|list_to_string }} {{ event.Lines|dictfilter:'Price>30'|map:'Name'|join:',' }}",
         "Kettle and Teapot Teapot"),
        ("{{ event.Lines|list_where:'Name=Kettle'|size }} {{ sizes|sort|join:'' }}", "1 LMS"),
        ("{{ 'b,A'|split:','|sort_natural|last }}", "b"),
        ("{{ 'a'|upcase }}{{ 'B'|downcase }} {{ 'a b&c'|urlencodeplus }}", "Ab a+b%26c"),
        ("{{ lines|strip_newlines }} {{ CITY|missing_image }}", "ab Porto"),
        ("{% if points|gt:100 and points|lte:120 %}yes{% endif %}", "yes"),
        ("{% today '%d.%m.%Y' %} {% current_year %} {% current_month_name %}", "29.08.2026 2026 August"),
        # Brevo
        ('{{ contact.CITY | default : "your town" }} {{ contact.STREET | default : "|:" }}', "Porto |:"),
        ("{% if contact.POINTS > 100 && !contact.VIP || company %}yes{% endif %}", "yes"),
        ("{% set total = points|add:5 %}{{ total }}", "125"),
        ("{% for line in params.event.Lines %}{{ line.Name }}{% if not forloop.Last %}, {% endif %}{% endfor %}",
         "Kettle, Teapot"),
        # Defaults
        ("{{ nickname|default:'friend' }}, {{ company|default:'you' }}", "friend, you"),
        ("{{ nickname|lower|title|default:'friend' }}", "friend"),
        ("{{ company|default_if_none:'-' }}{{ vip|default_if_none:'-' }}", "-False"),
        ("{% firstof company vip 'x' %}", "x"),
        # Tags
        ("{% if vip %}a{% elif points >= 120 and 'M' in sizes %}b{% else %}c{% endif %}", "b"),
        ("{% for s in sizes reversed %}{{ forloop.counter }}{{ s }} {% endfor %}", "1L 2S 3M "),
        ("{% for k, v in event.items %}{{ k }};{% endfor %}", "$value;Lines;"),
        ("{% for s in company %}x{% empty %}none{% endfor %}", "none"),
        ("{% for a in sizes %}{% for b in sizes %}{{ forloop.parentloop.counter }}{% endfor %}{% endfor %}",
         "111222333"),
        ("{% with n=points s=sizes.0 %}{{ n }}{{ s }}{% endwith %}", "120M"),
        ("{% for s in sizes %}{% cycle 'odd' 'even' as row %} {{ row }};{% endfor %}", "odd odd;even even;odd odd;"),
        ("{% cycle 'a' 'b' as c %}{% cycle c %}", "ab"),
        ("{% for l in event.Lines %}{% ifchanged l.Sale %}!{% else %}.{% endifchanged %}{% endfor %}", "!!"),
        ("{% regroup event.Lines by Sale as all %}{% for g in all %}{{ g.grouper }}{{ g.list|length }}{% endfor %}",
         "True1False1"),
        ("{% spaceless %}<b> <i>x</i> </b>{% endspaceless %}", "<b><i>x</i></b>"),
        ("{% autoescape off %}{{ first_name }}{% endautoescape %}", "Ada & Co"),
        ("{% filter lower|cut:'x' %}AXB{{ CITY }}{% endfilter %}", "abporto"),
        ("{% widthratio points 200 100 %} {% templatetag openblock %} {% now 'j n Y' %}", "60 {% 29 8 2026"),
        ("{% verbatim %}{{ x }}{% endverbatim %}{% comment %}{{ x }}{% endcomment %}{# {{ x }} #}", "{{ x }}"),
        ("a\r\n{% if vip %}{% endif %}\r\n", "a\r\n\r\n"),
        # Filters
        ("{{ sizes|join:', ' }} {{ sizes|length }} {{ sizes|first }} {{ sizes|slice:':2'|last }}", "M, S, L 3 M S"),
        ("{{ 'one two three'|truncatewords:2 }} {{ 'abc'|truncatechars:2 }} {{ 'a b'|urlencode }}",
         "one two … a… a%20b"),
        ("{{ points|pluralize }} {{ vip|yesno:'yes,no' }} {{ 'x'|center:5 }}|", "s no   x  |"),
        ("{{ '<p>a</p>'|striptags }} {{ lines|linebreaksbr }} {{ 1234567|filesizeformat }}", "a a<br>b 1.2\xa0MB"),
    ],
)  # fmt: skip
def test_a_template_reads_as_django_writes_it(template: str, text: str) -> None:
    assert django(template) == Rendered(text)


def test_texts_are_not_escaped() -> None:
    assert django("{{ first_name }}", is_html=False) == Rendered("Ada & Co")


@pytest.mark.parametrize(
    ("template", "text", "unknown", "assumed"),
    [
        ("Hi {{ nickname }}!", None, ("nickname",), ()),
        ("{{ person.nickname|upper }}", None, ("person.nickname",), ()),
        ("{{ person|lookup:'Hat size' }}", None, ("person.Hat size",), ()),
        ("{{ first_name|add:nickname }}", None, ("nickname",), ()),
        ("{{ nickname|add:'!'|default:'x' }}", None, ("nickname",), ()),
        ("{% with n=nickname %}{{ n }}{% endwith %}", "{{ n }}", ("nickname",), ()),
        ("{% for l in event.Lines %}{{ l.sku }}{% endfor %}", "{{ l.sku }}{{ l.sku }}", ("l.sku",), ()),
        ("{% widthratio nickname 2 3 %}{% cycle nickname 'x' %}", None, ("nickname",), ()),
        ("{% unsubscribe 'Leave' %} {% web_view %}", None, ("unsubscribe", "web_view"), ()),
        ("{% if gold or person|lookup:'tier' == 'b' %}a{% else %}b{% endif %}", "b", (), ("gold", "person.tier")),
        ("{% if vip and gold %}a{% endif %}{% for o in orders %}{% endfor %}", "", (), ("orders",)),
        ("{% if nickname|default_if_none:other %}a{% endif %}", "", (), ("other",)),
        ("{{ sizes.append }}{{ first_name.format }}{{ points.real }}", None,
         ("sizes.append", "first_name.format", "points.real"), ()),
        ("{{ event.Lines.0.first_name }}", None, ("event.Lines.0.first_name",), ()),
    ],
)  # fmt: skip
def test_what_is_not_known_stays_and_is_named(
    template: str, text: str | None, unknown: tuple[str, ...], assumed: tuple[str, ...]
) -> None:
    assert django(template) == Rendered(template if text is None else text, unknown, assumed)


@pytest.mark.parametrize(
    ("template", "text", "unsupported"),
    [
        ("{% include 'x' %}{% load os %}{% debug %}", None, ("{% include 'x' %}", "{% load os %}", "{% debug %}")),
        ("{% extends 'x' %}{% csrf_token %}{% url 'x' %}", None,
         ("{% extends 'x' %}", "{% csrf_token %}", "{% url 'x' %}")),
        ("{% currency_format points %}", None, ("{% currency_format points %}",)),
        ("{% catalog x %}{{ points }}{% endcatalog %}", "{% catalog x %}120{% endcatalog %}",
         ("{% catalog x %}", "{% endcatalog %}")),
        ("{{ points|dance }}{{ points }}", "{{ points|dance }}120", ("{{ points|dance }}",)),
        ("{{ first_name.__class__ }}{{ }}{{ a b }}", None, ("{{ first_name.__class__ }}", "{{ }}", "{{ a b }}")),
        ("{% if points %}{% for x %}{{ points }}{% endif %}{% endfor %}", "{% for x %}120{% endfor %}",
         ("{% for x %}", "{% endfor %}")),
        ("{% if points > %}a{% endif %}", None, ("{% if points > %}", "{% endif %}")),
        ("{% for a, b in sizes %}x{% endfor %}.", None, ("{% for a, b in sizes %}x{% endfor %}",)),
        ("{% cycle c %}{% cycle 'a' 'b' as c %}", None, ("{% cycle c %}{% cycle 'a' 'b' as c %}",)),
        ("{{ points|stringformat:'099999999d' }}{{ 'a'|center:99999999 }}{{ points }}",
         "{{ points|stringformat:'099999999d' }}{{ 'a'|center:99999999 }}120",
         ("{{ points|stringformat:'099999999d' }}", "{{ 'a'|center:99999999 }}")),
        ("{% if vip %}{% include 'x' %}{% endif %}", "", ()),
        ("{{ company|missing_product_image }}{{ event.Lines|dictfilter:'Price' }}", None,
         ("{{ company|missing_product_image }}", "{{ event.Lines|dictfilter:'Price' }}")),
        ("{% render_variable other %}", None, ("{% render_variable other %}",)),
    ],
)  # fmt: skip
def test_code_that_can_not_be_run_stays(
    template: str, text: str | None, unsupported: tuple[str, ...]
) -> None:
    assert django(template) == Rendered(template if text is None else text, unsupported=unsupported)


def test_without_the_time_of_sending_there_is_no_now() -> None:
    template = "{% now 'Y' %}{% today %}"
    assert render(template, {}, Language.DJANGO) == Rendered(
        template, unsupported=("{% now 'Y' %}", "{% today %}")
    )


def test_the_preview_text_may_stand_in_the_mail() -> None:
    mail = MailTemplate("{% render_variable preview_text %}", preheader="Hi & {{ first_name }}")
    rendered = render_mail(mail, {"first_name": "Ada"}, Language.DJANGO)
    assert rendered.mail.html == "Hi &amp; Ada"
    assert django("{% render_variable preview_text %}").unknown == ("preview_text",)


SEVEN_LOOPS = "".join(f"{{% for c{depth} in numbers %}}" for depth in range(7)) + "{% endfor %}" * 7


@pytest.mark.parametrize(
    "template",
    [
        SEVEN_LOOPS,
        SEVEN_LOOPS.replace("{% endfor %}", "x{% endfor %}", 1),
        "{% for c in numbers %}{% for d in numbers %}{{ long }}{% endfor %}{% endfor %}",
        "{{ long|join:long }}",
        "{% with a=long|add:long %}{% with b=a|add:a %}{{ b }}{% endwith %}{% endwith %}",
    ],
)
def test_what_takes_too_much_is_left_as_it_is(template: str) -> None:
    rendered = render(template, {"numbers": list(range(50)), "long": "a" * 200_000}, Language.DJANGO)
    assert rendered.unsupported
    assert len(rendered.text) <= MAX_CHARACTERS + len(template)


@given(st.text())
@example("{{{{{% if %}{{ x }}{#")
@example("{{ '\x00' }}{% \x00 %}{% if '\ud800' %}\ud800{% endif %}")
def test_any_text_is_rendered(text: str) -> None:
    rendered = django(text)
    if not has_fields(text):
        assert rendered == Rendered(text)


PARTS = [
    *("{{", "}}", "{%", "%}", " ", "|", "==", "=", ",", ".", "'a'", "7", "not", "and", "in", "as", "if"),
    *("endif", "else", "elif", "for", "endfor", "empty", "with", "endwith", "cycle", "filter", "endfilter"),
    *("ifchanged", "endifchanged", "regroup", "by", "first_name", "event.Lines", "x", "lookup:"),
    *("default:", "upper", "add:", "join:", "slice:", "date:", "widthratio", "firstof", "set", "now"),
    *("unsubscribe", "spaceless"),
]


@given(st.lists(st.sampled_from(PARTS), max_size=40).map(" ".join))
def test_any_code_is_rendered(template: str) -> None:
    assert isinstance(django(template), Rendered)
