"""Handlebars is rendered as handlebars.js does it, with the helpers of the senders that use it."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.limits import MAX_CHARACTERS
from mailsight.merging.rendering import Rendered, render

KNOWN = {
    "name": 'Ann "<b>" & Co=`\'',
    "zero": 0,
    "points": 1250,
    "price": 1234.5,
    "vip": True,
    "lapsed": False,
    "nickname": None,
    "blank": "",
    "none": [],
    "tags": ["new", "sale"],
    "items": [{"title": "Lamp", "price": 29.9, "left": 0}, {"title": "Rug", "price": 80, "left": 3}],
    "person": {"first": "Ann", "address": {"city": "Oslo"}},
    "sizes": {"b": 1, "10": "ten", "2": "two"},
    "field": "first",
    "First name": "Ann",
    "joined": "2026-03-08T21:05:09Z",
    "dates": [
        {"name": "a", "at": "2026-03-08T21:05:09Z"},
        {"name": "b", "at": "2026-03-08T22:05:09+02:00"},
        {"name": "c", "at": "2026-03-09"},
    ],
    "pets": [
        {"name": "Tom", "kind": "cat", "born": {"year": 10}},
        {"name": "Rex", "kind": "dog", "born": {"year": 9}},
        {"name": "Kit", "kind": "cat", "born": {"year": 9}},
    ],
}
SHA1_OF = hashlib.sha1(b"first@0", usedforsecurity=False).hexdigest()

# Each text is what handlebars.js 4.7.10 writes.
PROGRAM = {
    # Fields
    "Hi {{name}}": "Hi Ann &quot;&lt;b&gt;&quot; &amp; Co&#x3D;&#x60;&#x27;",
    "Hi {{{name}}} {{&name}}": 'Hi Ann "<b>" & Co=`\' Ann "<b>" & Co=`\'',
    "{{person.address.city}} {{person/first}} {{this.person.first}} {{./zero}}": "Oslo Ann Ann 0",
    "{{[First name]}} {{tags.0}} {{tags.[1]}} {{tags.length}} {{field.length}}": "Ann new sale 2 5",
    "{{nickname}}|{{blank}}|{{lapsed}}|{{zero}}|{{price}}": "||false|0|1234.5",
    "{{tags}} {{items}} {{person}}": "new,sale [object Object],[object Object] [object Object]",
    '{{"First name"}} {{lookup person field}} {{lookup tags 1}}': "Ann Ann sale",
    "{{@root.person.first}} {{@index}}": "Ann ",
    r"\{{name}} \\{{zero}} \{{a}} {{zero}}": r"{{name}} \0 {{a}} 0",
    "a{{! a comment }}b{{!-- with }} --}}c": "abc",
    # Blocks
    "{{#if vip}}yes{{else}}no{{/if}} {{#if zero}}yes{{else}}no{{/if}}": "yes no",
    "{{#if zero includeZero=true}}yes{{/if}} {{#if none}}yes{{^}}no{{/if}}": "yes no",
    "{{#if blank}}a{{else if nickname}}b{{else if vip}}c{{else}}d{{/if}}": "c",
    "{{#unless lapsed}}yes{{/unless}}{{#unless vip}}no{{else}}!{{/unless}}": "yes!",
    "{{#each items}}{{@index}}{{#if @last}}.{{/if}} {{title}} {{../points}};{{/each}}": "0 Lamp 1250;1. Rug 1250;",
    "{{#each tags as |tag n|}}{{n}}={{tag}} {{/each}}": "0=new 1=sale ",
    "{{#each sizes}}{{@key}}:{{this}}{{#if @first}}!{{/if}} {{/each}}": "2:two! 10:ten b:1 ",
    "{{#each none}}x{{else}}nothing{{/each}}": "nothing",
    "{{#each items}}{{#each ../tags}}{{@../index}}{{@index}} {{/each}}{{/each}}": "00 01 10 11 ",
    "{{#with person}}{{first}} in {{address.city}}{{/with}}{{#with none}}x{{else}}-{{/with}}": "Ann in Oslo-",
    "{{#with person.address as |home|}}{{home.city}} {{city}}{{/with}}": "Oslo Oslo",
    "{{#tags}}<{{this}}>{{/tags}}{{#person}}{{first}}{{/person}}{{#vip}}!{{/vip}}": "<new><sale>Ann!",
    "{{^lapsed}}not{{/lapsed}}{{^vip}}a{{else}}b{{/vip}}{{^none}}c{{/none}}": "notbc",
    "{{#if (lookup person 'first')}}yes{{/if}}": "yes",
    # White space
    "a  {{~zero~}}  b": "a0b",
    "{{#if vip}}\n  yes\n{{/if}}\nend": "  yes\nend",
    "{{#each tags}}\n- {{this}}\n{{/each}}\n": "- new\n- sale\n",
    "a\n  {{! alone }}\nb": "a\nb",
    "{{#if lapsed}}\na\n{{else if vip}}\nb\n{{else}}\nc\n{{/if}}\n": "b\n",
    "{{#if vip~}}\n  a\n{{~else~}}\n  b\n{{~/if}}": "a",
    # Partials
    '{{#*inline "row"}}<{{title}}>{{/inline}}{{#each items}}{{> row}}{{/each}}': "<Lamp><Rug>",
    '{{#*inline "row"}}{{first}} {{extra}}\n{{/inline}}\n  {{> row person extra="!"}}\n': "  Ann !\n",
    '{{#*inline "frame"}}[{{> @partial-block}}]{{/inline}}{{#> frame}}{{zero}}{{/frame}}': "[0]",
    "{{#> missing}}else{{/missing}}": "else",
    "{{#> missing person}}{{first}}{{/missing}}": "Ann",
    "{{log field level='debug'}}": "",
}


@pytest.mark.parametrize("template", PROGRAM)
def test_a_template_is_rendered_as_by_its_own_program(template: str) -> None:
    assert render(template, KNOWN, Language.HANDLEBARS, is_html=True) == Rendered(PROGRAM[template])


# What the documentation of SendGrid, Iterable, Mailgun and Mandrill promises.
HELPERS = [
    ('{{#equals field "first"}}a{{else}}b{{/equals}}{{#notEquals points 5}}c{{/notEquals}}', "ac"),
    ("{{#greaterThan points 1000}}a{{/greaterThan}}{{#lessThan points 1000}}b{{else}}c{{/lessThan}}", "ac"),
    ("{{#and vip field}}a{{/and}}{{#or lapsed none}}b{{else}}c{{/or}}{{#not lapsed}}d{{/not}}", "acd"),
    ("{{#greaterThan (length items) 1}}{{length items}}{{/greaterThan}}", "2"),
    (
        '{{insert field "default=Customer"}} {{insert nickname "default=Customer"}} {{insert blank "default=x"}}',
        "first Customer x",
    ),
    ('{{formatDate joined "MMMM DD, YYYY h:mm:ss A" "-0800"}}', "March 08, 2026 1:05:09 PM"),
    ('{{formatDate joined "dddd, MMM Do YY [at] HH:mm Z"}}', "Sunday, Mar 8th 26 at 21:05 +00:00"),
    ("{{#equal points 1250}}same{{/equal}}", "same"),
    (
        '{{#ifEq points "1250"}}a{{else ifEq points 2}}b{{/ifEq}}{{#ifEq field "x"}}c{{/ifEq}}',
        "a",
    ),
    (
        "{{#ifGt points 1249.9}}a{{/ifGt}}{{#ifGte points 1250}}b{{/ifGte}}{{#ifLte '9' '10'}}c{{/ifLte}}",
        "abc",
    ),
    ('{{#ifContains tags "sale"}}a{{/ifContains}}{{#ifContainsStr field "irs"}}b{{/ifContainsStr}}', "ab"),
    (
        '{{#ifMatchesRegexStr field "f.*"}}a{{else ifMatchesRegexStr field "f"}}b{{/ifMatchesRegexStr}}',
        "a",
    ),
    ("{{#ifModEq points 30 20}}a{{/ifModEq}}", "a"),
    ('{{or lapsed vip yes="Hot" no="Cold"}} {{not vip yes="a" no="b"}} {{eq zero 0}}', "Hot b true"),
    (
        '{{defaultIfEmpty nickname "there"}} {{defaultIfEmpty field "there"}} {{defaultIfEmpty none "-"}}',
        "there first -",
    ),
    (
        '{{capitalize "ann lee"}} {{capitalizeFirst "ann lee"}} {{upper field}} {{lower "ABC"}}',
        "Ann Lee Ann lee FIRST abc",
    ),
    ('{{join tags ", " prefix="(" suffix=")"}} {{join "a" "b" "-"}}', "(new, sale) a-b"),
    (
        '{{replace field "f" "F"}} {{substring field 1 3}} {{abbreviate "Hello world" 8}} {{cut "a b"}}',
        "First ir Hello... ab",
    ),
    (
        '{{dateFormat joined format="MMM dd, yyyy" tz="Asia/Tokyo"}} {{dateFormat joined "full"}}',
        "Mar 09, 2026 Sunday, March 8, 2026",
    ),
    (
        "{{dateFormat joined \"yyyy-MM-dd 'at' hh:mm a\"}} {{dateFormat 1600000000}}",
        "2026-03-08 at 09:05 PM Sep 13, 2020",
    ),
    (
        '{{numberFormat price "currency"}} {{numberFormat points "#,##0"}} {{numberFormat 0.256 "percent"}}',
        "$1,234.50 1,250 26%",
    ),
    ("{{#each items}}{{math @index '+' 1}}. {{math price '*' 2}} {{/each}}", "1. 59.8 2. 160 "),
    (
        '{{#assign "total"}}{{math points "-" 50}} &{{/assign}}{{#each tags}}{{total}} {{/each}}',
        "1200 & 1200 & ",
    ),
    (
        "{{tags.size}} {{url \"a b&c\"}} {{striptags '<b>x</b>'}} {{title 'an OLD lamp'}}",
        "2 a%20b%26c x An Old Lamp",
    ),
    ("Hi %recipient.first name%, {{field}}", "Hi %recipient.first name%, first"),
    ("Hi %recipient.field%", "Hi first"),
    ("{{{{raw}}}} {{name}} {{{{/raw}}}}", " {{name}} "),
    # Iterable
    (
        '{{#sortBy items field="price" order="desc" as |s|}}{{#each s}}{{title}} {{/each}}{{/sortBy}}{{items.0.title}}',
        "Rug Lamp Lamp",
    ),
    (
        '{{#sortBy dates field="at" as |s|}}{{#each s}}{{name}}{{/each}}{{/sortBy}}',
        "bac",
    ),
    ('{{#sortBy nickname field="x" as |s|}}{{#each s}}a{{else}}none{{/each}}{{/sortBy}}', "none"),
    (
        ('{{#groupBy pets field="kind" as |groups|}}{{#each groups as |group|}}{{group.key.kind}} {{group.count}} '
        "{{#each group.items as |pet|}}{{pet.name}}{{/each}};{{/each}}{{#each groups}}{{key}}{{/each}}{{/groupBy}}"),
        "cat 2 TomKit;dog 1 Rex;catdog",
    ),
    (
        ('{{#sortBy pets field="kind,born.year" as |s|}}{{#groupBy s field="kind,born.year" as |groups|}}'
        "{{#each groups as |g|}}{{g.key.kind}} {{g.key.year}} {{g.count}},{{/each}}{{/groupBy}}{{/sortBy}}"),
        "cat 9 1,cat 10 1,dog 9 1,",
    ),
    (
        ('{{#minInList items "price"}}{{title}}{{/minInList}} {{#maxInList items "price"}}{{title}}{{/maxInList}}'
        '{{#minInList none "price"}}a{{else}}!{{/minInList}}'),
        "Lamp Rug!",
    ),
    ('{{#lookup sizes "b" as |size|}}{{size}}{{field}}{{/lookup}}{{#lookup sizes "c" as |s|}}a{{/lookup}}', "1first"),
    (
        "{{#urlEncode}}{{field}} ~*.-_ é&{{/urlEncode}} {{#base64}}{{field}}{{/base64}} {{md5 field}}",
        "first+%7E*.-_+%C3%A9%26 Zmlyc3Q= 8b04d5e3775d298e78455efc5ca404d5",
    ),
    ("{{#sha1}}{{field}}@{{zero}}{{/sha1}} {{#breaklines}}a\r\nb\n{{/breaklines}}", SHA1_OF + " a<br>b<br>"),
    (
        "{{slugify \"It's time for our 2nd Sale\"}} {{center 'Hello' size=20 pad='-'}} {{toUrlEncodedJson person}}",
        ("its-time-for-our-nd-sale -------Hello-------- "
        "%7B%22first%22%3A%22Ann%22%2C%22address%22%3A%7B%22city%22%3A%22Oslo%22%7D%7D"),
    ),
    (
        ("{{numberFormat 123.456789 maximumFractionDigits=3}} {{numberFormat 123.4 minimumFractionDigits=5}} "
        '{{numberFormat points groupingUsed=false}} {{numberFormat price "#,##0.00" "de_DE"}}'),
        "123.457 123.40000 1250 1.234,50",
    ),
    ('{{numberFormat 29.99 "currency" "fr_FR"}} {{numberFormat 3 "currency" "en_GB"}}', "29,99\xa0€ £3.00"),
    (
        " ".join(
            f'{{{{numberFormat {number} "integer" roundingMode="{mode}"}}}}'
            for number, mode in [
                (5.5, "up"), (5.5, "down"), (-5.5, "ceiling"), (-5.5, "floor"), (6.5, "half_even"), (-5.5, "half_up"),
                (-5.5, "half_down"),
            ]
        ),
        "6 5 -5 -6 6 -6 -5",
    ),
    (
        '{{dateFormat joined "long" "de_DE"}} {{dateFormat joined "d MMMM" "es_ES"}} {{dateFormat joined "u D"}}',
        "8. März 2026 8 marzo 7 67",
    ),
    (
        ('{{dateMath joined "+1y-1M+3w-17d+7h+1m-50s"}} {{dateMath "2025-01-31" "+1M" format="yyyy-MM-dd"}} '
        '{{dateMath joined "+3h" format="long" tz="Asia/Tokyo" locale="es_ES"}}'),
        "Feb 13, 2027 2025-02-28 9 de marzo de 2026",
    ),
    (
        ("""{{#ifContains items '{"title":"Rug","left":"3"}'}}a{{/ifContains}}{{#ifContains items `{"title":"x"}`}}b"""
        "{{else}}c{{/ifContains}}"),
        "ac",
    ),
    # Mandrill
    ("{{#if `points > 1000`}}a{{/if}}{{#if `points &lt; 5`}}b{{else}}c{{/if}}", "ac"),
    ('{{#if `field == "x"`}}a{{elseif `person.first != "Ann" || !vip`}}b{{elseif `points <= 1250`}}c{{/if}}', "c"),
    ("{{#unless `lapsed && vip`}}a{{/unless}}", "a"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "text"), HELPERS)
def test_helpers_do_what_their_senders_promise(template: str, text: str) -> None:
    assert render(template, KNOWN, Language.HANDLEBARS, is_html=True) == Rendered(text)


def test_text_that_is_not_html_is_not_escaped() -> None:
    assert render("{{name}}", KNOWN, Language.HANDLEBARS).text == KNOWN["name"]


def test_now_is_the_time_of_sending() -> None:
    template = '{{now format="yyyy"}} {{now}} {{dateFormat (now) "d.M." tz="Asia/Tokyo"}}'
    sent_at = datetime(2026, 3, 8, 21, 5, tzinfo=UTC)
    rendered = render('{{now format="yyyy"}} {{now "d MMMM"}}', {}, Language.HANDLEBARS, sent_at=sent_at)
    assert rendered == Rendered("2026 8 March")
    counted = """{{dateMath "2026-12-24" (now format="-y'y'+1'y'-M'M'+1'M'-d'd'+1'd'") format="D"}} days"""
    age = """{{dateMath "1990-05-06" (now format="-y'y'+1'y'-M'M'+1'M'-d'd'+1'd'" tz="UTC") format="yy"}}"""
    others = '{{dateMath "now" "-24h" format="yyyyMMddHH"}} {{dateMath "midnight" "+1h" format="dd HH" tz="Japan"}}'
    rendered = render(
        f'{counted} {age} {others} {{{{date "D, d.m.y"}}}}', {}, Language.HANDLEBARS, sent_at=sent_at
    )
    assert rendered == Rendered("290 days 35 2026030721 09 01 Sun, 08.03.26")
    assert render(template, {}, Language.HANDLEBARS) == Rendered(template, unknown=("now",))


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("Hi {{fname}}!", Rendered("Hi {{fname}}!", unknown=("fname",))),
        ("{{ a.b }} {{{c}}} {{c}}", Rendered("{{ a.b }} {{{c}}} {{c}}", unknown=("a.b", "c"))),
        (
            '{{formatDate when "YYYY"}} {{upper who}}',
            Rendered('{{formatDate when "YYYY"}} {{upper who}}', unknown=("when", "who")),
        ),
        ("{{#each items}}{{size}}{{/each}}", Rendered("{{size}}{{size}}", unknown=("size",))),
        ('{{insert who "default=you"}} {{defaultIfEmpty who}}', Rendered("you ")),
        ("{{#if who}}a{{else}}b{{/if}}", Rendered("b", assumed=("who",))),
        ("{{#each who}}a{{/each}}{{#who}}b{{/who}}", Rendered("", assumed=("who",))),
        ('{{#equals who "x"}}a{{else}}b{{/equals}}', Rendered("b", assumed=("who",))),
        ("{{#if (gt who 5)}}a{{else}}b{{/if}}", Rendered("b", assumed=("who",))),
    ],
)
def test_what_is_unknown_is_listed(template: str, rendered: Rendered) -> None:
    assert render(template, KNOWN, Language.HANDLEBARS) == rendered


@pytest.mark.parametrize(
    ("template", "text", "unsupported"),
    [
        ("{{weather city}} {{zero}}", "{{weather city}} 0", ("{{weather city}}",)),
        ("{{> header}} {{zero}}", "{{> header}} 0", ("{{> header}}",)),
        (
            "{{#weather city}}{{zero}}{{else}}b{{/weather}}",
            "{{#weather city}}0{{else}}b{{/weather}}",
            ("{{#weather city}}",),
        ),
        (
            "{{#if lapsed}}a{{else weather x}}{{zero}}{{/if}}",
            "{{else weather x}}0{{/if}}",
            ("{{else weather x}}",),
        ),
        (
            "{{^if vip zero}}a{{else}}{{zero}}{{/if}}",
            "{{^if vip zero}}a{{else}}0{{/if}}",
            ("{{^if vip zero}}",),
        ),
        ("{{#if vip}}a {{zero}}", "{{#if vip}}a 0", ("{{#if vip}}",)),
        ("{{zero}}{{/if}} {{else}}", "0{{/if}} {{else}}", ("{{/if}}", "{{else}}")),
        ("{{#if vip}}{{#each tags}}{{zero}}{{/if}}", "{{#each tags}}0", ("{{#each tags}}",)),
        ("{{#if `points + 3`}}a{{/if}}", "{{#if `points + 3`}}a{{/if}}", ("{{#if `points + 3`}}", "{{/if}}")),
        ("{{elseif zero}} {{zero}}", "{{elseif zero}} 0", ("{{elseif zero}}",)),
        (
            '{{#sortBy items field="colour" as |sorted|}}a{{/sortBy}}',
            '{{#sortBy items field="colour" as |sorted|}}a{{/sortBy}}',
            ('{{#sortBy items field="colour" as |sorted|}}',),
        ),
        (
            '{{#groupBy items as |groups|}}a{{/groupBy}}{{#minInList points "x"}}b{{/minInList}}',
            '{{#groupBy items as |groups|}}a{{/groupBy}}{{#minInList points "x"}}b{{/minInList}}',
            ("{{#groupBy items as |groups|}}", '{{#minInList points "x"}}'),
        ),
        (
            '{{#md5 field}}a{{/md5}}{{#lookup person "first"}}b{{/lookup}}',
            '{{#md5 field}}a{{/md5}}{{#lookup person "first"}}b{{/lookup}}',
            ("{{#md5 field}}", '{{#lookup person "first"}}'),
        ),
        ("{{toUrlEncodedJson this}}", "{{toUrlEncodedJson this}}", ("{{toUrlEncodedJson this}}",)),
        ("{{center field size=99999}}", "{{center field size=99999}}", ("{{center field size=99999}}",)),
        (
            '{{dateMath joined "/d"}} {{dateMath joined "+9999999d"}} {{dateMath joined "-3000y"}}',
            '{{dateMath joined "/d"}} {{dateMath joined "+9999999d"}} {{dateMath joined "-3000y"}}',
            ('{{dateMath joined "/d"}}', '{{dateMath joined "+9999999d"}}', '{{dateMath joined "-3000y"}}'),
        ),
        (
            '{{numberFormat price "percent" "fr_FR"}} {{numberFormat price "currency" "xx"}} {{timestamp}}',
            '{{numberFormat price "percent" "fr_FR"}} {{numberFormat price "currency" "xx"}} {{timestamp}}',
            ('{{numberFormat price "percent" "fr_FR"}}', '{{numberFormat price "currency" "xx"}}'),
        ),
        ("{{if}} {{ {{zero}} {{", "{{if}} {{ 0 {{", ("{{if}}", "{{")),
        ("{{name|upper}} {{zero}}", "{{name|upper}} 0", ("{{name|upper}}",)),
        ("{{!-- open {{zero}}", "{{!-- open 0", ("{{",)),
        ("{{{{a}}}} {{zero}}", "{{{{a}}}} 0", ("{{{{a}}}",)),
        ("[[#each feed]] [[x]] {{zero}}", "[[#each feed]] [[x]] 0", ("[[#each feed]]", "[[x]]")),
        ('{{formatDate "soon" "YYYY"}}', '{{formatDate "soon" "YYYY"}}', ('{{formatDate "soon" "YYYY"}}',)),
        ("{{math field '+' 1}}", "{{math field '+' 1}}", ("{{math field '+' 1}}",)),
    ],
)
def test_what_cannot_be_run_stays_visible(template: str, text: str, unsupported: tuple[str, ...]) -> None:
    rendered = render(template, KNOWN, Language.HANDLEBARS)
    assert (rendered.text, rendered.unsupported) == (text, unsupported)


@pytest.mark.parametrize(
    "template",
    [
        "{{#each a}}{{#each ../a}}{{#each ../../a}}{{#each ../../../a}}x{{/each}}{{/each}}{{/each}}{{/each}} end",
        "{{#each a}}{{#each ../a}}{{#each ../../a}}{{#each ../../../a}}{{/each}}{{/each}}{{/each}}{{/each}} end",
        "{{#each a}}{{../long}}{{/each}} end",
        '{{#*inline "x"}}{{> x}}{{> x}}{{/inline}}{{> x}} end',
        pytest.param(
            "{{#each a}}{{#each ../a}}{{#if (toUrlEncodedJson @root.big)}}{{/if}}{{/each}}{{/each}} end",
            marks=pytest.mark.slow,
        ),
        "{{#base64}}" * 49 + "{{long}}" + "{{/base64}}" * 49 + " end",
    ],
)
def test_a_template_that_never_ends_is_stopped(template: str) -> None:
    values = {"a": list(range(100)), "long": "x" * 100_000, "big": {"x": "x" * 100_000}}
    rendered = render(template, values, Language.HANDLEBARS)
    assert rendered.text.endswith(" end")
    assert len(rendered.text) <= MAX_CHARACTERS + 2 * len(template)
    assert rendered.unsupported


def test_values_are_never_templates() -> None:
    values = {"name": "{{email}} {{#each x}} %recipient.email%", "email": "ann@example.com"}
    template = 'Hi {{name}}{{#assign "x"}}{{name}}{{/assign}}{{x}}'
    assert render(template, values, Language.HANDLEBARS) == Rendered(f"Hi {values['name']}{values['name']}")


PIECES = (
    "{{ }} {{{ }}} {{#if {{else {{/if}} {{#each {{/each}} {{> a . .. / [ ] ( ) ' ~ ! -- | as |x| = \\ {{{{ }}}} @ ^ & "
    "equals lookup 1 \0 \ud800 {{#*inline 'a'}} {{/inline}} ` {{#sortBy {{#groupBy field='b' {{elseif {{#base64}} "
    "md5 now dateMath '+1M' minInList"
)
TEXTS = st.lists(st.sampled_from([*PIECES.split(), '"', " ", "\n"]))


@given(TEXTS.map("".join))
def test_any_template_is_rendered(template: str) -> None:
    rendered = render(template, {"a": [1, {"b": "x"}]}, Language.HANDLEBARS, is_html=True)
    assert isinstance(rendered.text, str)


@given(st.text().filter(lambda text: "{{" not in text and "%" not in text))
def test_a_text_without_tags_is_unchanged(text: str) -> None:
    assert render(text, {}, Language.HANDLEBARS).text == text
