"""Template code in the addresses of links: tracking calls, conditions, and quotes within an attribute."""

import html as entities

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mail.link_templates import (
    CONDITION_TAGS,
    MAX_VARIANTS,
    is_tracked,
    tracked,
    variants,
    with_whole_expressions,
)
from mailsight.mail.links import Link, Matcher, links, shared

SALE = "https://shop.example/sale?size=42&colour=red"
CALLS = [
    SALE + "@TrackLink",
    '{{ TrackLink "' + SALE + '" . }}',
    '{{ TrackLink "' + SALE + '" }}',
    '{{TrackLink "' + SALE + '" .}}',
    '{{- TrackLink  "' + SALE + '"  .  -}}',
    "{{ TrackLink '" + SALE + "' . }}",
    "{{ TrackLink `" + SALE + "` . }}",
    '{{ "' + SALE + '" | TrackLink }}',
    'http://{{ TrackLink "' + SALE + '" . }}',
    "%7B%7B%20TrackLink%20%22https://shop.example/sale?size=42&colour=red%22%20.%20%7D%7D",
    SALE + "%40TrackLink",
    "%%=RedirectTo('" + SALE + "')=%%",
    "%%track {" + SALE + "} -name sale%%",
    "%%track " + SALE + ' -name "sale"%%',
    '[%url:unique-count(action!1); "' + SALE + '"; "sale"]',
    "{{LINK `" + SALE + "`}}",
    '<%= track_url "' + SALE + '" %>',
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "written",
    [
        lambda call: f'<a class="b" href="{entities.escape(call)}">x</a>',
        lambda call: f"<a href='{call}' class='b'>x</a>",
        lambda call: f'<a href="{call}" class="b">x</a>',
        lambda call: f'<a href=\n"{call}"\nclass=b>x</a>',
    ],
    ids=["escaped", "in single quotes", "in double quotes", "on lines"],
)
def test_a_tracking_call_is_the_url_it_tracks(call: str, written) -> None:  # type: ignore[no-untyped-def]
    html = written(call) + '<a href="https://other.example/">y</a>'
    mail = links(html)
    assert [(link.url, link.label) for link in mail] == [(SALE, "x"), ("https://other.example/", "y")]
    assert Matcher(mail).position(SALE) == 0


def test_a_call_without_quotes_around_it() -> None:
    mail = links(f'<a href={{{{ TrackLink "{SALE}" . }}}} class=b>x</a>')
    assert [link.url for link in mail] == [SALE]


@pytest.mark.parametrize("call", [*CALLS, SALE + "%%STOP%%"])
@pytest.mark.parametrize("tail", ["#top", "?a=b", "&a=b#top", "/x?a=b", "?e={{ .Subscriber.Email }}"])
def test_clicks_are_reported_with_what_follows_a_call_or_without(call: str, tail: str) -> None:
    mail = links(f'<a href="https://other.example/"></a><a href="{entities.escape(call + tail)}"></a>')
    assert (mail[1].url, mail[1].tail) == (SALE, tail)
    for clicked in (SALE, SALE + tail.replace("{{ .Subscriber.Email }}", "ann%40mail.example")):
        assert Matcher(mail).position(clicked) == 1
    assert Matcher(mail).position("https://shop.example/other") is None


def test_what_follows_a_call_tells_links_apart_only_where_clicks_have_it() -> None:
    mail = links(
        "".join(
            f'<a href="{entities.escape(address)}"></a>'
            for address in (f'{{{{ TrackLink "{SALE}" . }}}}&a=1', f"{SALE}&a=1@TrackLink", f"{SALE}&a=2")
        )
    )
    assert [Matcher(mail).position(url) for url in (SALE, f"{SALE}&a=1", f"{SALE}&a=2")] == [0, 1, 2]


def test_what_follows_a_text_that_is_no_call_belongs_to_the_url() -> None:
    mail = links("<a href='{{ shop.url | default: \"https://shop.example\" }}/sale?a=1'></a>")
    clicks = ["https://utrecht.example/sale?a=1", "https://shop.example", "https://shop.example/sale?a=2"]
    assert [Matcher(mail).position(url) for url in clicks] == [0, None, None]


@pytest.mark.parametrize(
    ("call", "clicked"),
    [
        (
            "%%=RedirectTo(Concat('https://shop.example/p?id=',@id,'&b=2'))=%%",
            "https://shop.example/p?id=8&b=2",
        ),
        (
            '{{ TrackLink (printf "https://shop.example/u/%s/x" .Subscriber.UUID) . }}',
            "https://shop.example/u/8/x",
        ),
        ('{{ TrackLink (print "https://shop.example/u/" .Subscriber.UUID) . }}', "https://shop.example/u/8"),
        ('{{ "https://shop.example/u/" | append: customer.id }}', "https://shop.example/u/8"),
        ('<%= link "https://shop.example/u/" + user.id %>', "https://shop.example/u/8"),
        ("https://shop.example/u/{{ .Subscriber.UUID }}@TrackLink", "https://shop.example/u/8"),
        (
            '{{ TrackLink "https://shop.example/u/{{ .Subscriber.UUID }}?a={{.A}}" . }}',
            "https://shop.example/u/8?a=1",
        ),
        ("{{ TrackLink `https://shop.example/u/{{ .Subscriber.UUID }}` . }}", "https://shop.example/u/8"),
        (
            '{{ if .A }}x{{ else }}{{ TrackLink "https://shop.example/u/8" . }}{{ end }}',
            "https://shop.example/u/8",
        ),
    ],
)
def test_what_a_call_puts_together_has_fields(call: str, clicked: str) -> None:
    mail = links(f'<a href="https://other.example/"></a><a href="{entities.escape(call)}"></a>')
    assert Matcher(mail).position(clicked) == 1
    assert Matcher(mail).position("https://shop.example/other") is None


@pytest.mark.parametrize(
    "address",
    [
        *(
            "https://shop.example/",
            "{{ UnsubscribeURL }}",
            "https://shop.example/{{ id }}",
            "a@TrackLink.test",
        ),
        *("", "{{}}", "{{" + '"a"' * 500, "{{" + "''" * 500 + "}"),
    ],
)
def test_other_addresses_stay_as_they_are(address: str) -> None:
    assert tracked(address) == address
    assert not is_tracked(address)


def test_clicks_belong_to_the_link_that_is_tracked() -> None:
    mail = links(
        f'<a href="{SALE}">plain</a><a href="{SALE}@TrackLink">tracked</a><a href="{SALE}@TrackLink">again</a>'
    )
    assert shared(mail) == {0: 0, 1: 1, 2: 1}
    assert Matcher(mail).position(SALE) == 1


CONDITIONS = [
    "{% if vip %}vip{% elsif new %}new{% else %}sale{% endif %}",
    "{%- if vip -%}vip{%- elif new -%}new{%- else -%}sale{%- endif -%}",
    "{% case tier %}{% when 'vip' %}vip{% when 'new' %}new{% else %}sale{% endcase %}",
    "{{#if vip}}vip{{else}}{{#if new}}new{{else}}sale{{/if}}{{/if}}",
    "{{if .VIP}}vip{{else if .New}}new{{else}}sale{{end}}",
    "{{#if vip}}vip{{else if new}}new{{else}}sale{{/if}}",
    "{{if vip}}vip{{elseif new}}new{{else}}sale{{end}}",
    '{{IF "(vip IS_TRUE)"}}vip{{ELSIF "(new IS_TRUE)"}}new{{ELSE}}sale{{ENDIF}}',
    "*|INTERESTED:Club:Vip|*vip*|ELSE:|*sale*|END:INTERESTED|*",
    "{{^vip}}new{{/vip}}{{#vip}}vip{{/vip}}",
    "*|IF:VIP|*vip*|ELSEIF:NEW|*new*|ELSE:|*sale*|END:IF|*",
    "{if $vip}vip{elseif $new}new{else}sale{/if}",
    "[if:vip]vip[elseif:new]new[else]sale[endif]",
    "%IF $VIP%vip%ELSEIF $NEW%new%ELSE%sale%/IF%",
    "<% if vip %>vip<% elsif new %>new<% else %>sale<% end %>",
    "%%[IF @vip == 1 THEN]%%vip%%[ELSEIF @new]%%new%%[ELSE]%%sale%%[ENDIF]%%",
]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize(
    "shape",
    ["https://shop.example/{}?a=1", "https://shop.example/p?v={}&a=1", "https://{}.shop.example/p"],
)
def test_every_branch_of_a_condition_finds_its_link(condition: str, shape: str) -> None:
    address = entities.escape(shape.format(condition))
    matcher = Matcher(links(f'<a href="https://other.example/"></a><a href="{address}"></a>'))
    for branch in ("vip", "new", "sale"):
        if branch in condition:
            assert matcher.position(shape.format(branch)) == 1
    assert matcher.position(shape.format("vip").replace(".example", ".test")) is None


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_link_within_a_branch_is_a_link(condition: str) -> None:
    link = '<a href="https://shop.example/{{ id }}">x</a>'
    for tag in CONDITION_TAGS.findall(condition):
        condition = condition.replace(next(filter(None, tag)), f"{next(filter(None, tag))}{link}", 1)
    mail = links(condition)
    assert len(mail) >= 3
    assert {Matcher(mail).position("https://shop.example/8")} == {0}


def test_a_condition_around_the_whole_address() -> None:
    address = "{% if vip %}https://shop.example/vip/{{ id }}{% else %}https://shop.example/sale{% endif %}"
    matcher = Matcher([Link(0, address, "")])
    clicks = ["https://shop.example/vip/8", "https://shop.example/sale", "https://shop.example/"]
    assert [matcher.position(url) for url in clicks] == [0, 0, None]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://x.example/{% if a %}b", ["https://x.example/{% if a %}b"]),
        ("https://x.example/{{/if}}b", ["https://x.example/{{/if}}b"]),
        ("{% else %}", ["{% else %}"]),
        ("a{% if b %}c{% endif %}", ["ac", "a"]),
        (
            "{% if a %}{% if b %}1{% else %}2{% endif %}{% endif %}{% unless c %}3{% endunless %}",
            ["13", "1", "23", "2", "3", ""],
        ),
    ],
)
def test_what_an_address_with_conditions_may_read(address: str, expected: list[str]) -> None:
    assert variants(address) == expected


def test_variants_are_limited() -> None:
    assert len(variants("{% if a %}b{% else %}c{% endif %}")) == 2
    many = variants("".join(f"{{% if a %}}{n}{{% endif %}}" for n in range(40)))
    assert len(many) == MAX_VARIANTS


@pytest.mark.parametrize(
    "html",
    [
        "<p>{{ name }}</p>",
        '<p>{{ "quoted" }} text</p>',
        '<!-- <a href="{{ "x" }}"> -->',
        "<style>a::before { content: '{{ \"x\" }}' }</style>",
        '<a href="https://x.example/{{ id }}" title="{{ name }}">x</a>',
        '<script>var a = {{ "x" }}</script>',
    ],
)
def test_html_without_quotes_in_the_expressions_of_a_tag_stays_as_it_is(html: str) -> None:
    assert with_whole_expressions(html) == html


@given(st.text(alphabet="{}%[]<>=\"' \nahref/&;#", max_size=60))
def test_any_html_can_be_read(html: str) -> None:
    with_whole_expressions(f'<a href="{html}">x</a>')
    tracked(html)
    variants(html)
    links(f"<a href={html}>x</a><a href='{html}'>y</a>")
