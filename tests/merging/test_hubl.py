"""E-mails in HubL read as HubSpot writes them."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.limits import MAX_CHARACTERS
from mailsight.merging.recognition import has_fields
from mailsight.merging.rendering import Rendered, render

VALUES = {
    "firstname": "Ada & Co",
    "city": "Porto",
    "points": 120,
    "company": None,
    "vip": False,
    "note": "{{ points }}",
    "created": 1_773_039_900_000,
    "deal": {"amount": 75.456, "lines": [{"name": "Kettle", "price": 30}, {"name": "Teapot", "price": 45}]},
    "sizes": ["M", "S", "L"],
}


def hubl(template: str) -> Rendered:
    return render(template, VALUES, Language.HUBL, sent_at=datetime(2026, 8, 29, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        # Fields
        ("{{ contact.firstname }} {{ firstname|escape }}", "Ada & Co Ada &amp; Co"),
        ("{{ points }} {{ vip }} [{{ company }}{{ company.name }}{{ sizes[7] }}] {{ sizes }}",
         "120 false [] ['M', 'S', 'L']"),
        ("{{ deal.lines[0].name }} {{ deal['lines'][-1]['price'] }} {{ sizes[:2]|join }}", "Kettle 45 MS"),
        ("{{ note }}", "{{ points }}"),
        ("{{ personalization_token('contact.city', 'home') }}", "Porto"),
        ("{{ personalization_token('contact.street', 'home') }}", "home"),
        # Defaults
        ("{{ contact.nickname|default('friend') }}, {{ company|default('you') }}", "friend, you"),
        ("{{ nickname|trim|title|default('friend', true) }} {{ vip|default('x') }}", "friend false"),
        ("{{ nickname or city }} {{ company or nickname or 'you' }}", "Porto you"),
        # Expressions
        ("{{ points + 1 }} {{ points / 5 }} {{ points // 7 }} {{ points % 7 }} {{ 2 ** 3 }} {{ -points }}",
         "121 24.0 17 1 8 -120"),
        ("{{ city ~ ', ' ~ points }} {{ 'ab' * 2 }} {{ [1, 2] + [3] }}", "Porto, 120 abab [1, 2, 3]"),
        ("{{ 'gold' if points > 100 else 'grey' }} {{ vip ? 'a:b' : 'c?d' }}", "gold c?d"),
        ("{{ points > 100 && !vip || company }} {{ 'M' in sizes }} {{ city < 5 }}", "true true false"),
        ("{{ city.upper() }} {{ city.replace('P', 'F') }} {{ deal.get('x', 'none') }}", "PORTO Forto none"),
        ("{{ company == null }} {{ null in [null] }} [{{ null }}{{ null.x }}] {{ [1]|union(company or [2]) }}",
         "true true [] [1, 2]"),
        ("{{ 'a\nb\r\n'|escapejs }} {{ 'a\nb' }}", "a\\nb\\r\\n a\nb"),
        # Statements
        ("{% if vip %}a{% elif points is divisibleby 7 %}b{% else %}c{% endif %}", "c"),
        ("{% if city is defined and company is not defined %}yes{% endif %}", "yes"),
        ("{% if sizes is iterable and city is not iterable %}yes{% endif %}", "yes"),
        ("{% if city is string_startingwith 'Po' and sizes is containing 'L' %}yes{% endif %}", "yes"),
        ("{% unless vip %}join{% else %}stay{% endunless %}", "join"),
        ("{% for l in deal.lines %}{{ loop.index }}{{ l.name }}{{ '' if loop.last else ',' }}{% endfor %}",
         "1Kettle,2Teapot"),
        ("{% for s in sizes if s != 'S' %}{{ loop.cycle('a', 'b') }}{{ s }}{% else %}none{% endfor %}", "aMbL"),
        ("{% for key, value in deal.items() %}{{ key }};{% endfor %}{% for s in company %}{% else %}none{% endfor %}",
         "amount;lines;none"),
        ("{% set total = 0 %}{% for l in deal.lines %}{% set total = total + l.price %}{% endfor %}{{ total }}", "0"),
        ("{% set t = namespace(n=0) %}{% for l in deal.lines %}{% set t.n = t.n + l.price %}{% endfor %}{{ t.n }}",
         "75"),
        ("{% set names = [] %}{% for l in deal.lines %}{% do names.append(l.name) %}{% endfor %}{{ names|join('+') }}",
         "Kettle+Teapot"),
        ("{% set a, b = 1, 2 %}{% set c %}<{{ a }}>{% endset %}{% set d | upper %}x{% endset %}{{ c }}{{ b }}{{ d }}",
         "<1>2X"),
        ("{% for size in sizes %}{% cycle 'odd','even' %}{{ size }} {% endfor %}", "oddM evenS oddL "),
        ("{% for x in [1, 1, 2] %}{% ifchanged x %}{{ x }}{% endifchanged %}{{ loop.changed(x, 3) }} {% endfor %}",
         "1true false 2true "),
        ("{% macro f() %}{{ caller() }}-{% endmacro %}{% for s in sizes %}{% call f() %}{{s}}{% endcall %}{% endfor %}",
         "M-S-L-"),
        ("{% macro f() %}{{ caller(1, b=2) }}{% endmacro %}{% call(a, b, c=3) f() %}{{ a }}{{ b }}{{ c }}{% endcall %}",
         "123"),
        ("{% block main %}{{ points }}{% endblock main %}{% block 'a' %}b{% endblock %}", "120b"),
        ("{% macro tag(x, y='z') %}[{{ x }}{{ y }}]{% endmacro %}{{ tag(1) }}{{ tag(2, y=3) }}{{ tag('a')|upper }}",
         "[1z][23][AZ]"),
        ("{% for s in sizes %}{% if s == 'S' %}{% continue %}{% endif %}{{ s }}{% break %}{% endfor %}", "M"),
        ("{% print city %} {{ [city, vip, [1]] }}", "Porto ['Porto', false, [1]]"),
        ("{% filter upper|replace('O', '0') %}to {{ city }}{% endfilter %}", "T0 P0RT0"),
        ("{% with a = points %}{{ a }}{% endwith %}", "120"),
        ("a {%- if points -%} b {%- endif %} c{# {{ x }} #}{% raw %}{{ x }}{% endraw %}", "ab c{{ x }}"),
        ("a\r\n{% if vip %}{% endif %}\n", "a\r\n\n"),
        # Filters
        ("{{ deal.amount|round(1) }} {{ deal.lines|map(attribute='name')|join(', ') }} {{ deal.lines|sum('price') }}",
         "75.5 Kettle, Teapot 75"),
        ("{{ deal.lines|selectattr('price', 'gt', 40)|list|length }} {{ sizes|sort|first }} {{ sizes|reverse|list }}",
         "1 L ['L', 'S', 'M']"),
        ("{{ 'one two three'|truncate(7) }} {{ 'a b'|urlencode }} {{ '<b>x</b>'|striptags }}", "one... a%20b x"),
        ("{{ 9.5|round(2) }} {{ 42.55|round }} {{ 2.1|round(0, 'ceil') }} {{ 9.5|round(2) * 2 }} {{ 10|divide(5) }}",
         "9.50 43 3 19.0 2"),
        ("{{ [1, 1, 2]|union([3]) }} {{ [1, 2]|intersect([2]) }} {{ [1, 2]|symmetric_difference([2, 3]) }}",
         "[1, 2, 3] [2] [1, 3]"),
        ("{{ 'a-b'|split('-')|last }} {{ 'aXb'|cut('X') }} {{ 7|multiply(2) }} {{ 'abab'|regex_replace('a.', 'c') }}",
         "b ab 14 cc"),
        ("{{ created|datetimeformat('%B %e, %Y') }} {{ created|format_date('yyyy-MM-dd') }}",
         "March 9, 2026 2026-03-09"),
        ("{{ created|format_datetime('d MMM HH:mm', 'America/New_York', 'de-DE') }}", "9 März 03:05"),
        ("{{ created|plus_time(1, 'months')|datetimeformat('%d.%m.') }} {{ local_dt.year }} {{ unixtimestamp() }}",
         "09.04. 2026 1787997600000"),
        ("{{ '%s: %.2f, %04d%%'|format('a', 7.5, '12') }}", "a: 7.50, 0012%"),
        ("{{ deal.amount|format_currency('en-US', 'EUR') }} {{ 12345.6|format_number('de-DE') }}", "€75.46 12.345,6"),
    ],
)  # fmt: skip
def test_a_template_reads_as_hubspot_writes_it(template: str, text: str) -> None:
    rendered = hubl(template)
    assert (rendered.text, rendered.unknown, rendered.unsupported) == (text, (), ())


@pytest.mark.parametrize(
    ("template", "text", "unknown", "assumed"),
    [
        ("Hi {{ nickname }}!", None, ("nickname",), ()),
        ("{{ contact.nickname|upper }} {{ contact.a['b c'][0] }}", None, ("contact.nickname", "contact.a.b c.0"), ()),
        ("{{ personalization_token('contact.street') }}", None, ("contact.street",), ()),
        ("{{ city ~ nickname }}{{ points + nickname }}{{ city|replace('P', nickname) }}", None, ("nickname",), ()),
        ("{{ (nickname ~ '!')|default('x') }}{{ nickname|replace('a', 'b')|default('y', true) }}", "xy", (), ()),
        ("{% set n = nickname %}{{ n }}", "{{ n }}", ("nickname",), ()),
        ("{% for l in deal.lines %}{{ l.sku }}{% endfor %}", "{{ l.sku }}{{ l.sku }}", ("l.sku",), ()),
        ("{{ [city, nickname] }}{{ [town, city]|join }}{{ deal[part] }}", None, ("nickname", "town", "part"), ()),
        ("{% if deal[part] or city in [nickname, 'Porto'] %}a{% endif %}", "a", (), ("part",)),
        ("{% if gold or contact.tier == 'b' %}a{% else %}b{% endif %}", "b", (), ("gold", "contact.tier")),
        ("{% if street is defined %}a{% endif %}{% if vip and gold %}b{% endif %}", "", (), ("street",)),
        ("{% for o in orders %}{{ o }}{% endfor %}{% unless zip > 3 %}a{% endunless %}", "a", (), ("orders", "zip")),
        ("{{ firstname.__class__ }}{{ sizes.__len__ }}{{ ''.__class__.__mro__ }}", None,
         ("firstname.__class__", "sizes.__len__", "text.__class__.__mro__"), ()),
        ("{{ deal.lines[0].firstname }}", None, ("deal.lines.0.firstname",), ()),
    ],
)  # fmt: skip
def test_what_is_not_known_stays_and_is_named(
    template: str, text: str | None, unknown: tuple[str, ...], assumed: tuple[str, ...]
) -> None:
    assert hubl(template) == Rendered(template if text is None else text, unknown, assumed)


@pytest.mark.parametrize(
    ("template", "text", "unsupported"),
    [
        ("{% module 'x' path='y' %}{% include 'x' %}", None, ("{% module 'x' path='y' %}", "{% include 'x' %}")),
        ("{% extends 'x' %}{% import 'x' as y %}", None, ("{% extends 'x' %}", "{% import 'x' as y %}")),
        ("{{ points|dance }}{{ points }}{{ content_by_id(5) }}", "{{ points|dance }}120{{ content_by_id(5) }}",
         ("{{ points|dance }}", "{{ content_by_id(5) }}")),
        ("{% if points is dancing %}{{ points }}{% endif %}", "{% if points is dancing %}120{% endif %}",
         ("{% if points is dancing %}", "{% endif %}")),
        ("{{ firstname.format(1) }}{{ '%9x'|format(1) }}{{ '%9d' % 1 }}", None,
         ("{{ firstname.format(1) }}", "{{ '%9x'|format(1) }}", "{{ '%9d' % 1 }}")),
        ("{% if points %}{% for x %}{{ points }}{% endif %}{% endfor %}{{ }}", "{% for x %}120{% endfor %}{{ }}",
         ("{% for x %}", "{% endfor %}", "{{ }}")),
        ("{{ 9 ** 999999 }}{{ 'a' * 999999999 }}{{ range(999999999) }}{{ 'a'|center(99999999) }}", None,
         ("{{ 9 ** 999999 }}", "{{ 'a' * 999999999 }}", "{{ range(999999999) }}", "{{ 'a'|center(99999999) }}")),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "{{ f() }}", ("{{ f() }}",)),
        ("{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}{{ f }}", "{{ caller() }}{{ f }}",
         ("{{ caller() }}", "{{ f }}")),
        ("{% call f() %}a{% endcall %}", "{% call f() %}a{% endcall %}", ("{% call f() %}a{% endcall %}",)),
        ("{% cycle 'a','b' %}", "{% cycle 'a','b' %}", ("{% cycle 'a','b' %}",)),
        ("{% ifchanged x %}a{% endifchanged %}", "{% ifchanged x %}a{% endifchanged %}",
         ("{% ifchanged x %}a{% endifchanged %}",)),
        ("{% extends 'a.html' %}{% block b %}c{% endblock %}", "{% extends 'a.html' %}c", ("{% extends 'a.html' %}",)),
        ("{{ 1 / 0 }}{% set x = 1 / 0 %}{% break %}", None, ("{{ 1 / 0 }}", "{% set x = 1 / 0 %}", "{% break %}")),
        ("{% for s in sizes %}{{ points }}{% break %}", "{% for s in sizes %}120{% break %}",
         ("{% for s in sizes %}", "{% break %}")),
        ("{% for s in company %}{% else %}a{% continue %}{% endfor %}", "a{% continue %}", ("{% continue %}",)),
        ("{% if vip %}{% module 'x' %}{% endif %}", "", ()),
    ],
)  # fmt: skip
def test_code_that_can_not_be_run_stays(
    template: str, text: str | None, unsupported: tuple[str, ...]
) -> None:
    assert hubl(template) == Rendered(template if text is None else text, unsupported=unsupported)


def test_without_the_time_of_sending_there_is_no_now() -> None:
    template = "{{ now() }}{{ today() }}"
    assert render(template, {}, Language.HUBL) == Rendered(
        template, unsupported=("{{ now() }}", "{{ today() }}")
    )


def test_the_values_are_not_changed() -> None:
    assert hubl("{% do sizes.append('XL') %}").unsupported
    assert VALUES["sizes"] == ["M", "S", "L"]


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
        "{% macro f() %}{{ caller() }}{{ caller() }}{% endmacro %}"
        + "{% call f() %}" * 19
        + "{% endcall %}" * 19,
        "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40,
        "{% set x = 'a' * 400000 %}{{ x|join(x) }}",
        "{% set x = 'a' * 400000 %}{% for i in range(99) %}{{ x }}{% endfor %}",
        "{% set n = 9 %}" + "{% set n = n * n %}" * 30,
        "{{ " + "(" * 900 + "1" + ")" * 900 + " }}",
        "{{ a" + ".a" * 2_400 + " }}{{ " + "not " * 900 + "a }}",
    ],
)
def test_what_takes_too_much_is_left_as_it_is(template: str) -> None:
    rendered = hubl(template)
    assert rendered.unsupported
    assert len(rendered.text) <= MAX_CHARACTERS + len(template)


@given(st.text())
@example("{{{{{% if %}{{ x }}{#")
@example("{{ '\x00' }}{% \x00 %}{% if '\ud800' %}\ud800{% endif %}")
def test_any_text_is_rendered(text: str) -> None:
    rendered = hubl(text)
    if not has_fields(text):
        assert rendered == Rendered(text)


PARTS = [
    *("{{", "}}", "{%", "%}", "{%-", " ", "|", "==", "=", ",", ".", "'a'", "7", "not", "and", "in", "is"),
    *("[", "]", "(", ")", "~", "*", "if", "endif", "else", "elif", "for", "endfor", "set", "endset"),
    *("macro", "endmacro", "do", "firstname", "deal.lines", "x", "default('y')", "upper", "join", "map"),
    *("loop.index", "range", "unless", "endunless", "filter", "endfilter", "with", "endwith"),
    *("call f()", "endcall", "block b", "endblock", "cycle 1,2", "ifchanged x", "endifchanged", "caller()"),
    *("datetimeformat", "defined", "items()", "break", "continue"),
]


@given(st.lists(st.sampled_from(PARTS), max_size=40).map(" ".join))
def test_any_code_is_rendered(template: str) -> None:
    assert isinstance(hubl(template), Rendered)
