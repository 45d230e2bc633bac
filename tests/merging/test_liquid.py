"""E-mails in Liquid read as their senders' own programs write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.limits import MAX_CHARACTERS
from mailsight.merging.recognition import has_fields
from mailsight.merging.rendering import Rendered, render

VALUES = {
    "first_name": "Ada",
    "points": "120",
    "visits": 7,
    "balance": 12.5,
    "company": None,
    "vip": False,
    "note": "<b>{{ points }}</b>",
    "shop": {"City": "Porto", "staff": {"lead": "Rui"}},
    "custom_attribute": {"Favourite colour": "green"},
    "basket": [{"name": "Kettle", "price": 30}, {"name": "Teapot", "price": 45, "gift": None}],
    "sizes": ["M", "S", "L", "S"],
    "signed_up": "2026-03-09T07:05:00+01:00",
}


def liquid(template: str) -> Rendered:
    return render(template, VALUES, Language.LIQUID, sent_at=datetime(2026, 8, 29, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        # Fields
        ("Dear {{ first_name }}, dear {{customer.first_name}}", "Dear Ada, dear Ada"),
        ("{{ shop.city }} {{ shop.staff.lead }} {{ shop['City'] }}", "Porto Rui Porto"),
        ("[{{ company }}{{ company.name }}{{ basket[1].gift }}]", "[]"),
        ("{{ vip }} {{ visits }} {{ balance }} {{ sizes }}", "false 7 12.5 MSLS"),
        ("{{ basket[0].name }} {{ basket[-1].name }} {{ basket[9].name }}|", "Kettle Teapot |"),
        ("{{ basket.size }} {{ basket.first.name }} {{ basket.last.price }}", "2 Kettle 45"),
        ("{{ note }}", "<b>{{ points }}</b>"),
        ("{{ first_name.size }}", "3"),
        # Braze
        ("{{${first_name}}} {{ ${first_name} | upcase }}", "Ada ADA"),
        ("{{custom_attribute.${Favourite colour}}}", "green"),
        ("{{custom_attribute.${Favourite colour} | default: '}}'}}", "green"),
        ("{% if {{custom_attribute.${Favourite colour}}} == 'green' %}leaf{% endif %}", "leaf"),
        ("{% assign n = {{${visits} | plus: 1}} %}{{ n }}", "8"),
        ("{% for s in {{${sizes}}} %}{{ s }}.{% endfor %}", "M.S.L.S."),
        # Defaults
        ("{{ nickname | default: 'friend' }}, {{ company | default: 'you' }}", "friend, you"),
        ("{{ nickname | strip | capitalize | default: 'friend' }}", "friend"),
        ("{{ vip | default: 'x', allow_false: true }} {{ visits | default: 0 }}", "false 7"),
        # Conditions
        ("{% if points > 100 and visits >= 7 %}gold{% else %}grey{% endif %}", "gold"),
        ("{% if points < '99' %}text{% endif %}{% if first_name > 3 %}number{% endif %}", "text"),
        ("{% if company == blank %}1{% endif %}{% if vip == blank %}2{% endif %}", "12"),
        ("{% if company == empty %}1{% endif %}{% if first_name != blank %}2{% endif %}", "2"),
        ("{% unless vip %}join{% elsif visits %}2{% endunless %}", "join"),
        ("{% case visits %}{% when 1, 2 %}few{% when 7 or 8 %}many{% else %}none{% endcase %}", "many"),
        ("{% if sizes contains 'L' and first_name contains 'd' %}yes{% endif %}", "yes"),
        ("{% if sizes contains company or visits contains 7 %}yes{% else %}no{% endif %}", "no"),
        ("{% if true" + " == true" * 50 + " and 1" + " != 2" * 50 + " %}evaluated once{% endif %}", "evaluated once"),
        ("{% if true or true and false %}right to left{% endif %}", "right to left"),
        # Loops
        ("{% for b in basket %}{{ forloop.index }}/{{ forloop.length }} {{ b.Name }} {% endfor %}",
         "1/2 Kettle 2/2 Teapot "),
        ("{% for s in sizes reversed limit: 2 offset: 1 %}{{ s }}{% endfor %}", "LS"),
        ("{% for i in (1..9) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "12"),
        ("{% for s in company %}x{% else %}nothing{% endfor %}", "nothing"),
        ("{% for p in shop %}{{ p[0] }}{% if forloop.first %}, {% endif %}{% endfor %}", "City, staff"),
        ("{% for i in (1..2) %}{{ forloop.parentloop.index }}{{ i }}{% endfor %}", "12"),
        ("{% for i in (1..3) %}{% cycle 'odd', 'even' %} {% endfor %}", "odd even odd "),
        ("{% tablerow s in sizes cols: 2 limit: 2 %}{{ s }}{% endtablerow %}",
         '<tr class="row1">\n<td class="col1">M</td><td class="col2">S</td></tr>\n'),
        # The template's own names
        ("{% assign a = 'x,y' | split: ',' %}{{ a[1] }}", "y"),
        ("{% capture c %}{{ first_name }}!{% endcapture %}{{ c | upcase }}", "ADA!"),
        ("{% for b in basket %}{% assign all = all | append: b.name | append: ' ' %}{% endfor %}{{ all }}",
         "Kettle Teapot "),
        ("{% if vip %}{% assign tone = 'warm' %}{% endif %}[{{ tone }}]", "[]"),
        ("{% increment n %}{% increment n %}{{ n }}", "012"),
        ("{% liquid\n assign x = visits | times: 2\n if x > 10\n echo x\n endif %}", "14"),
        # Customer.io and LiquidJS
        ("{{ 1234567.896 | currency: 'en', 'EUR' }} {{ 1234567.896 | rounded_currency: 'en', 'EUR' }}",
         "€1,234,567.90 €1,234,568"),
        ("{{ 10.5 | rounded_currency }} {{ 10.99 | rounded_currency: 'de-DE' }}", "$11 11\xa0€"),
        ("{{ signed_up | date: '%H:%M', 'America/New_York' }} {{ signed_up | date: '%H:%M', 360 }}", "02:05 00:05"),
        ("{{ 1483272000 | add_day: 5 | date: '%F' }} {{ 1483272000 | subtract_month: 1 | add_year: 2 }}",
         "2017-01-06 1543665600"),
        ("{{ signed_up | date_to_string }} {{ signed_up | date_to_long_string: 'ordinal', 'US' }}",
         "09 Mar 2026 March 9th, 2026"),
        ("{{ signed_up | date_to_string: 'ordinal' }} {{ signed_up | date_to_rfc822 }}",
         "9th Mar 2026 Mon, 09 Mar 2026 07:05:00 +0100"),
        ("{{ signed_up | date_to_xmlschema }} {{ signed_up | timezone: 'Asia/Tokyo' | date: '%H' }}",
         "2026-03-09T07:05:00+01:00 15"),
        (("{% assign all = basket | group_by: 'price' %}{% for g in all %}{{ g.name }}:{{ g.items | size }} "
         "{% endfor %}"), "30:1 45:1 "),
        ("{{ basket | where_not: 'price', 30 | map: 'name' }} {{ 'The _config.yml file' | slugify }}",
         "Teapot the-config-yml-file"),
        ("{% assign j = '[1,2]' | from_json %}{{ j | last }} {{ 'a' | base64 }}", "2 YQ=="),
        # White space, comments, raw
        ("a {%- if visits -%} b {%- endif -%} c", "abc"),
        ("a\r\n{% if visits %}b\r\n{% endif %}", "a\r\nb\r\n"),
        ("{% comment %}{{ x }}{% comment %}{% endcomment %}{% endcomment %}{% # note %}{%# don't %}.", "."),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{{ raw | default: 'a name like a tag' }}", "a name like a tag"),
        # Filters
        ("{{ '<a href=\"x\">Tom & Jo</a>' | escape }}", "&lt;a href=&#34;x&#34;&gt;Tom &amp; Jo&lt;/a&gt;"),
        ("{{ '&lt; & <' | escape_once }}", "&lt; &amp; &lt;"),
        ("{{ '<p>Tea</p><style>p {}</style><!-- x -->' | strip_html }}", "Tea"),
        ("{{ 'one two three' | truncatewords: 2 }} {{ 'one two' | truncatewords: 2 }}", "one two... one two"),
        ("{{ 'a long line' | truncate: 8 }} {{ 'short' | truncate: 5, '' }}", "a lon... short"),
        ("{{ 2.5 | round }} {{ 3.14159 | round: 2 }} {{ 7 | divided_by: 2 }} {{ 7 | divided_by: 2.0 }}",
         "3 3.14 3 3.5"),
        ("{{ '3' | plus: 4 }} {{ 0.1 | plus: 0.2 }} {{ 10 | modulo: 4 }} {{ 'x' | times: 2 }}", "7 0.3 2 0"),
        ("{{ 'a+b c&d' | url_encode }} {{ 'a%20b' | url_decode }}", "a%2Bb+c%26d a b"),
        ("{{ 'a-b-c-' | split: '-' | size }} {{ 'abc' | slice: 1, 2 }}", "3 bc"),
        ("{{ 'aXbX' | replace_last: 'X', '!' }} {{ 'aXbX' | remove_first: 'X' }}", "aXb! abX"),
        ("{{ sizes | sort | uniq | join: ', ' }} {{ sizes | reverse | first }}", "L, M, S S"),
        ("{{ basket | map: 'price' | join: '+' }} {{ basket | sum: 'price' }}", "30+45 75"),
        ("{{ basket | where: 'name', 'Teapot' | map: 'price' }} {{ basket | sort: 'gift' | size }}", "45 2"),
        ("{{ vip | append: '' }} {{ company | append: '-' }} {{ 1234567.5 | number_with_delimiter }}",
         "false - 1,234,567.5"),
        ("{{ 10 | currency }} {{ 10 | currency: 'de-de' }} {{ 1234.5 | format_number }}", "$10.00 10,00\xa0€ 1,234.5"),
        ("{{ 'hey' | md5 }}", "6057f13c496ecf7fd777ceb9e79ae285"),
        ("{{ basket | map: 'name' | json }}", '["Kettle","Teapot"]'),
        # Dates
        ("{{ signed_up | date: '%-d %B %Y, %l:%M %P' }}", "9 March 2026,  7:05 am"),
        ("{{ signed_up | time_zone: 'America/New_York' | date: '%a %b %e %H:%M %z' }}",
         "Mon Mar  9 02:05 -0400"),
        ("{{ 'now' | date: '%Y' }} {{ '29 Feb 2024' | date: '%j' }} {{ 1700000000 | date: '%F' }}",
         "2026 060 2023-11-14"),
        ("{{ 'soon' | date: '%Y' }}", "soon"),
        ("{% assign days = '2026-09-05' | date: '%s' | minus: 1787997600 | divided_by: 86400 %}{{ days }}", "6"),
    ],
)  # fmt: skip
def test_a_template_reads_as_its_sender_writes_it(template: str, text: str) -> None:
    assert liquid(template) == Rendered(text)


# What liquidjs 10 writes, and Shopify's Liquid.
PROGRAMS = {
    "{{ 1999 | divided_by: 100 }} {{ 10 | divided_by: 5 }} {{ 7 | divided_by: 2.0 }}": ("19.99 2 3.5", "19 2 3.5"),
    "{{ balance | times: 2 }} {{ 1.0 | plus: 1 }} {{ whole }}": ("25 2 3", "25.0 2.0 3.0"),
    "{{ 0.1 | plus: 0.2 }} {{ 1.1 | times: 3 }}": ("0.30000000000000004 3.3000000000000003", "0.3 3.3"),
    "{{ visits | modulo: 4 }} {{ points | minus: '20' }} {{ 'a' | plus: 1 }}": ("3 100 1", "3 100 1"),
    "{{ first_name | first }}{{ first_name | last }}{{ sizes | last }}": ("AaS", "AaS"),
    "{{ '12 points' | plus: 1 }} {{ yes | plus: 1 }} {{ '1e3' | times: 2 }} {{ ' 1.50 ' | times: 2 }}":
        ("1 2 2000 3", "13 1 2 3.0"),
    "{% assign cents = points | divided_by: 7.0 | round: 2 %}{{ cents }} {{ cents | append: '' }}":
        ("17.14 17.14", "17.14 17.14"),
    "{% if whole == 3 %}{{ whole | append: 'x' }}{% endif %}": ("3x", "3.0x"),
    "{{ 'a b ' | truncatewords: 2 }}{{ 'a b ' | truncatewords: 3, '!' }}{{ 'a b' | truncatewords: 3 }}":
        ("a b...a b !a b", "a b a b a b"),
    "{{ '12.5' | to_integer }} {{ \"it's (a b)*\" | url_encode }}":
        ("12.5 it's+(a+b)*", "12 it%27s+%28a+b%29%2A"),
    "a{% if visits %}\n {% assign x = 1 %}{% endif %}b{% for s in sizes %} {% endfor %}c": ("a\n b    c", "abc"),
    "{% if visits %} {{ none }}{% endif %}{% if visits %}{% raw %} {% endraw %}.{% endif %}": ("  .", "  ."),
    "{{ sizes | has: 'L' }} {{ sizes | find: 'S' }} {{ sizes | where: 'S' | size }}": ("false  0", "true S 2"),
    "{% if unset < 1 %}a{% endif %}{% if yes > 0 %}b{% endif %}{% if none < 1 %}c{% endif %}": ("ab", ""),
    "{{ vip | url_encode }} {{ sizes | url_encode }}": ("false MSLS", "false MSLS"),
}  # fmt: skip


@pytest.mark.parametrize("template", PROGRAMS)
def test_liquidjs_has_the_numbers_of_javascript(template: str) -> None:
    values = VALUES | {"whole": 3.0, "unset": "", "yes": True, "none": None}
    texts = tuple(
        render(template, values, language).text for language in (Language.LIQUIDJS, Language.LIQUID)
    )
    assert texts == PROGRAMS[template]


def test_what_liquidjs_divides_by_nothing_stays() -> None:
    template = "{{ 5 | divided_by: 0 }}{{ 5 | divided_by: 3, true }}"
    assert render(template, {}, Language.LIQUIDJS) == Rendered(
        "{{ 5 | divided_by: 0 }}1", unsupported=("{{ 5 | divided_by: 0 }}",)
    )


@pytest.mark.parametrize(
    ("template", "text", "unknown", "assumed"),
    [
        ("Hi {{ nickname }}!", "Hi {{ nickname }}!", ("nickname",), ()),
        ("{{ customer.nickname | upcase }}", None, ("customer.nickname",), ()),
        ("{{ 'Hi ' | append: nickname }}", None, ("nickname",), ()),
        ("{{ nickname | append: '!' | default: 'x' }}", None, ("nickname",), ()),
        ("{{custom_attribute.${shoe size}}}", None, ("custom_attribute.shoe size",), ()),
        ("{% for b in basket %}{{ b.sku }}{% endfor %}", "{{ b.sku }}{{ b.sku }}", ("b.sku",), ()),
        ("{% unsubscribe_url %}", None, ("unsubscribe_url",), ()),
        ("{% if gold %}a{% elsif tier == 'b' %}b{% else %}c{% endif %}", "c", (), ("gold", "tier")),
        ("{% if vip and gold %}a{% endif %}", "", (), ()),
        ("{% for o in orders %}{{ o }}{% endfor %}{% case x %}{% when 1 %}{% endcase %}", "", (), ("orders", "x")),
        ("{% assign n = nickname | split: ' ' %}{{ n }}{% for w in n %}{% endfor %}",
         "{{ n }}", ("nickname",), ("nickname",)),
        ("{% assign nickname = nickname | capitalize %}{{ nickname }}", "", (), ("nickname",)),
        ("{{ nickname | default: 'x' }}", "x", (), ()),
        # Nothing but keys and positions is found.
        ("{{ first_name.upper }}{{ sizes.append }}{{ first_name.__class__ }}", None,
         ("first_name.upper", "sizes.append", "first_name.__class__"), ()),
        ("{{ basket[0].first_name }}", None, ("basket[0].first_name",), ()),
        ("{{ forloop.index }}", None, ("forloop.index",), ()),
    ],
)  # fmt: skip
def test_what_is_not_known_stays_and_is_named(
    template: str, text: str | None, unknown: tuple[str, ...], assumed: tuple[str, ...]
) -> None:
    assert liquid(template) == Rendered(template if text is None else text, unknown, assumed)


@pytest.mark.parametrize(
    ("template", "text", "unsupported"),
    [
        ("{% abort_message('no') %} {{ first_name }}", "{% abort_message('no') %} Ada", ("{% abort_message('no') %}",)),
        ("{% if visits %} {% abort_message %} {% endif %}", " {% abort_message %} ", ("{% abort_message %}",)),
        ("{% if vip %}{% abort_message %}{% endif %}", "", ()),
        ("{{content_blocks.${footer}}}", None, ("{{content_blocks.${footer}}}",)),
        ("{{ visits | dance }}{{ visits }}", "{{ visits | dance }}7", ("{{ visits | dance }}",)),
        ("{% if visits | dance %}{{ visits }}{% else %}-{% endif %}", "{% if visits | dance %}7{% else %}-{% endif %}",
         ("{% if visits | dance %}", "{% else %}", "{% endif %}")),
        ("{% if visits %}{% for x %}{{ visits }}{% endif %}", "{% for x %}7", ("{% for x %}",)),
        ("{% endfor %}{% break %}{% else %}", None, ("{% endfor %}", "{% break %}", "{% else %}")),
        ("{% if visits == %}a{% elsif x %}{% endif %}", None, ("{% if visits == %}", "{% elsif x %}", "{% endif %}")),
        ("{% include 'x' %}{% render 'y' %}", None, ("{% include 'x' %}", "{% render 'y' %}")),
        ("{{ 1 | divided_by: 0 }}{{ shop }}", None, ("{{ 1 | divided_by: 0 }}", "{{ shop }}")),
        ("{{ }}{{ 'open }}{% %}", None, ("{{ }}", "{{ 'open }}", "{% %}")),
        ("{% raw %}{{ first_name }}", "{% raw %}Ada", ("{% raw %}",)),
        ("{% for x in sizes %}{% if visits %}a{% break %}{% endif %}", "{% for x in sizes %}a{% break %}",
         ("{% for x in sizes %}", "{% break %}")),
        ("{% for x in company %}{% else %}a{% break %}{% endfor %}{{ visits }}{% liquid continue %}",
         "{% for x in company %}{% else %}a{% break %}{% endfor %}7{% liquid continue %}",
         ("{% for x in company %}{% else %}a{% break %}{% endfor %}", "{% liquid continue %}")),
        ("{% for i in (1..999999999) %}x{% endfor %}.", None, ("{% for i in (1..999999999) %}x{% endfor %}",)),
    ],
)  # fmt: skip
def test_code_that_can_not_be_run_stays(
    template: str, text: str | None, unsupported: tuple[str, ...]
) -> None:
    assert liquid(template) == Rendered(template if text is None else text, unsupported=unsupported)


def test_without_the_time_of_sending_there_is_no_now() -> None:
    template = "{{ 'now' | date: '%Y' }}, {{ '9 May' | date: '%Y' }}"
    fields = tuple(template.split(", "))
    assert render(template, {}, Language.LIQUID) == Rendered(template, unsupported=fields)


DOUBLED = "{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | append: x %}" * 15


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in (1..90000) %}{% for j in (1..90000) %}{% endfor %}{% endfor %}",
        DOUBLED + "{% assign x = x | append: x %}" * 20,
        DOUBLED + "{{ x | replace: 'a', x }}",
        DOUBLED + "{% assign x = x | split: '' %}",
        DOUBLED + "{% for i in (1..999) %}{{ x }}{% endfor %}",
        "{% assign n = 9 %}" + "{% assign n = n | times: n %}" * 30,
        "{% if a" + " or a" * 900 + " %}{% endif %}",
        "{{ a" + "[a" * 900 + "]" * 900 + " }}",
        "{{ " + "(" * 900 + " }}",
    ],
)
def test_what_takes_too_much_is_left_as_it_is(template: str) -> None:
    rendered = liquid(template)
    assert rendered.unsupported
    assert len(rendered.text) <= MAX_CHARACTERS + len(template)


@given(st.text())
@example("{{{{{% if %}{{ x }}")
@example("{{ '\x00' }}{% if '\ud800' %}\ud800{% endif %}")
def test_any_text_is_rendered(text: str) -> None:
    rendered = liquid(text)
    if not has_fields(text):
        assert rendered == Rendered(text)


PARTS = [
    *("{{", "}}", "{%", "%}", "{%-", "-%}", " ", "\n", "|", "==", "=", ",", ".", "[0]", "(1..3)", "'a'"),
    *("7", "if", "endif", "else", "for", "in", "endfor", "case", "when", "assign", "capture", "endcapture"),
    *("raw", "endraw", "comment", "liquid", "cycle", "first_name", "basket", "x", "upcase", "default:"),
    *("date:", "split:", "times:", "append:", "break", "continue"),
]


@given(st.lists(st.sampled_from(PARTS), max_size=40).map(" ".join))
def test_any_code_is_rendered(template: str) -> None:
    assert isinstance(liquid(template), Rendered)
