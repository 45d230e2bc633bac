"""Go's templates, as listmonk uses them. What they write is what Go 1.27 writes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging import limits
from mailsight.merging.go.values import date_text, float_text
from mailsight.merging.languages import Language
from mailsight.merging.rendering import MailTemplate, Rendered, render, render_mail

SENT_AT = datetime(2026, 3, 1, 9, 5, 7, 120_000, tzinfo=UTC)  # a Sunday
ATTRIBS = {
    "city": "Oslo",
    "n": 3,
    "big": 1234567,
    "f": 3.25,
    "yes": True,
    "no": False,
    "nil": None,
    "items": [
        {"name": "Tea", "price": 9.5, "url": "https://x.example/a?b=c d"},
        {"name": "Cup", "price": 20, "url": "javascript:x"},
    ],
    "empty": [],
    "map": {"b": 1, "a": "x"},
    "path": "/p/å b%20c",
}
CUSTOMER = {"Subscriber": {"Name": "Anna O'Neil <b>", "Email": "a+b@mail.example", "Attribs": ATTRIBS}}


def rendered(template: str, values: Any = CUSTOMER, *, is_html: bool = False) -> Rendered:
    return render(template, values, Language.GO, is_html=is_html, sent_at=SENT_AT)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{ .Subscriber.Name }}!", "Hi Anna O'Neil <b>!"),
        ("{{.Subscriber.Attribs.n}} {{.Subscriber.Attribs.big}} {{.Subscriber.Attribs.f}}", "3 1.234567e+06 3.25"),
        ("{{.Subscriber.Attribs.yes}} {{.Subscriber.Attribs.nil}}", "true <no value>"),
        ("{{.Subscriber.Attribs.map}} {{.Subscriber.Attribs.empty}}", "map[a:x b:1] []"),
        ('{{ if eq .Subscriber.Attribs.city "Oslo" }}a{{ else }}b{{ end }}', "a"),
        ('{{ if eq .Subscriber.Attribs.city "Bergen" "Oslo" }}a{{ end }}', "a"),
        ("{{ if and .Subscriber.Attribs.yes (not .Subscriber.Attribs.no) }}a{{ else }}b{{ end }}", "a"),
        ("{{ if .Subscriber.Attribs.no }}a{{ else if .Subscriber.Attribs.yes }}b{{ else }}c{{ end }}", "b"),
        ("{{ if gt .Subscriber.Attribs.n 2 }}a{{ end }}{{ if le .Subscriber.Attribs.n 2.0 }}b{{ end }}", "a"),
        ("{{ with .Subscriber.Attribs }}{{ .city }} {{ $.Subscriber.Email }}{{ end }}", "Oslo a+b@mail.example"),
        ("{{ with .Subscriber.Attribs.no }}a{{ else with .Subscriber.Attribs.city }}{{ . }}{{ end }}", "Oslo"),
        (
            "{{ range $i, $e := .Subscriber.Attribs.items }}{{ if $i }}, {{end}}{{$i}} {{$e.name}}={{.price}}{{end}}",
            "0 Tea=9.5, 1 Cup=20",
        ),
        ("{{ range .Subscriber.Attribs.empty }}a{{ else }}none{{ end }}", "none"),
        ("{{ range $k, $v := .Subscriber.Attribs.map }}{{ $k }}={{ $v }};{{ end }}", "a=x;b=1;"),
        ("{{ range .Subscriber.Attribs.items }}{{ .name }}{{ break }}{{ end }}", "Tea"),
        ('{{ range .Subscriber.Attribs.items }}{{ if eq .name "Tea" }}{{ continue }}{{ end }}{{ .name }}{{ end }}',
         "Cup"),
        ("{{ range 3 }}{{ . }}{{ end }}", "012"),
        ('a  {{- " b " -}}  c {{/* no */}} d {{- /* no */ -}} e', "a b c  de"),
        ("{{ `a {{ b }}` }} {{ \"\\u00e5\\x41\\\"\" }} {{ 'a' }} {{ 0x1F }} {{ 1e3 }}", 'a {{ b }} åA" 97 31 1000'),
        ('{{ printf "%s %.2f %v %q %5.1f|%-4s|%06.2f|%d%%" "a" 3.14159 .Subscriber.Attribs.n "b" 2.25 "c" 3.14159 7 }}',
         'a 3.14 3 "b"   2.2|c   |003.14|7%'),
        ('{{ printf "%d" .Subscriber.Attribs.n }} {{ printf "%s" }} {{ printf "a" 1 }}',
         "%!d(float64=3) %!s(MISSING) a%!(EXTRA int=1)"),
        ('{{ printf "%T %T %c|%5c|%F %E %+v" 3 .Subscriber.Attribs.n 66 233 1.5 1234.5 .Subscriber.Attribs.map }}',
         "int float64 B|    é|1.500000 1.234500E+03 map[a:x b:1]"),
        ('{{ printf "%s %f %t %d %z %s" 3 3 1 "a" 3 nil }}',
         "%!s(int=3) %!f(int=3) %!t(int=1) %!d(string=a) %!z(int=3) %!s(<nil>)"),
        ('{{ print 1 2 "a" 3 nil true }}', "1 2a3 <nil> true"),
        ('{{ len .Subscriber.Attribs.items }} {{ len "åb" }} {{ (index .Subscriber.Attribs.items 0).name }}',
         "2 3 Tea"),
        ('{{ index .Subscriber.Attribs.items 1 "name" }} {{ slice "abcdef" 1 3 }}', "Cup bc"),
        ("{{ html \"<a> & 'b'\" }} {{ urlquery \"a b&c\" }}", "&lt;a&gt; &amp; &#39;b&#39; a+b%26c"),
        ('{{ $x := "a" }}{{ if true }}{{ $x = "b" }}{{ end }}{{ $x }}', "b"),
        ("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"),
        ('{{ "x" | printf "%s-%s" "y" }}', "y-x"),
        ('{{ or .Subscriber.Attribs.no "there" }} {{ and 1 0 }} {{ not 0 }} {{ ne 1 2 }}', "there 0 true true"),
        ('{{ define "t" }}[{{ . }}]{{ end }}{{ template "t" .Subscriber.Attribs.city }}', "[Oslo]"),
        ('{{ block "u" .Subscriber.Attribs }}{{ .city }}{{ end }}', "Oslo"),
        # listmonk's and Sprig's
        ("{{ .Subscriber.FirstName }} {{ .Subscriber.LastName }}", "Anna <b>"),
        ('{{ Date "2 Jan 2006" }}, {{ Date "" }}', "1 Mar 2026, Sun Mar  1 09:05:07 2026"),
        ('{{ now | date "Monday, 2006-01-02 15:04" }} {{ now.Format "06" }}', "Sunday, 2026-03-01 09:05 26"),
        ('{{ .Subscriber.Attribs.nil | default "there" | upper }}', "THERE"),
        ('{{ default "x" .Subscriber.Attribs.none }} {{ coalesce .a .b "c" }}', "x c"),
        ('{{ .Subscriber.Attribs.city | lower | title | trunc 3 }} {{ "a,b" | splitList "," | join "+" }}', "Osl a+b"),
        ('{{ ternary "a" "b" true }} {{ add 1 2 3 }} {{ div 7 2 }} {{ "x" | repeat 3 }} {{ round 2.345 2 }}',
         "a 6 3 xxx 2.35"),
        ('{{ if contains "sl" .Subscriber.Attribs.city }}a{{ end }}{{ get (dict "k" "v") "k" }}{{ list 1 2 | last }}',
         "av2"),
        ('{{ untilStep 9 0 -3 }}{{ until -3 }} {{ seq 3 }}|{{ seq 2 0 }}|{{ seq 0 2 5 }}|{{ seq }}{{ seq 0 1 2 3 }}',
         "[9 6 3][0 -1 -2] 1 2 3|2 1 0|0 2 4|"),
        ('{{ all 1 "" }} {{ any 0 "a" }} {{ addf 0.1 0.2 }} {{ divf 10 3 }} {{ mulf 1.1 3 }} {{ subf 1 0.9 }}',
         "false true 0.3 3.3333333333333335 3.3 0.1"),
        ("{{ round -2.4 0 }} {{ round -2.5 0 }} {{ maxf 1 2.5 }} {{ minf 3 2 }} {{ biggest 1 9 }} {{ add1f 1.5 }}",
         "-3 -3 2.5 2 9 2.5"),
        ('{{ $l := list "a" 1 "a" "" true }}{{ uniq $l }}{{ compact $l }}{{ without $l "a" 1 }}{{ has 0 $l }}',
         "[a 1  true][a 1 a true][ true]false"),
        ("{{ append (list 1) 2 }}{{ prepend (list 1) 0 }}{{ concat (list 1) (list 2) }}{{ chunk 2 (list 1 2 3) }}",
         "[1 2][0 1][1 2][[1 2] [3]]"),
        ('{{ $d := dict "a" (dict "b" "c") }}{{ dig "a" "b" "-" $d }}{{ dig "a" "x" "-" $d }}', "c-"),
        ('{{ (split "," "p,q")._1 }}', "q"),
        ('{{ abbrev 5 "hello world" }}|{{ indent 2 "a\\nb" }}|{{ "hi" | b64enc | b64dec }}|{{ sha1sum "abc" }}',
         "he...|  a\n  b|hi|a9993e364706816aba3e25717850c26c9cd0d89d"),
        ('{{ now | dateModify "-1h30m" | date "15:04" }} {{ now | date_modify "72h" | htmlDate }}', "07:35 2026-03-04"),
        ('{{ now | dateModify "soon" | date "15:04" }} {{ atoi "12" }} {{ atoi "12x" }}', "09:05 12 0"),
        ('{{ TrackLink "https://x.example/" . }} {{TrackLink "https://y.example"}} https://z.example/?a=1@TrackLink',
         "https://x.example/ https://y.example https://z.example/?a=1"),
        ("a{{ TrackView . }}b{{ Safe \"<i>\" }}", "ab<i>"),
    ],
)  # fmt: skip
def test_a_template_is_rendered(template: str, text: str) -> None:
    assert rendered(template) == Rendered(text)


NAME = "Anna O&#39;Neil &lt;b&gt;"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('<p title="{{.Subscriber.Name}}">{{.Subscriber.Name}}</p>', f'<p title="{NAME}">{NAME}</p>'),
        ("<p class={{.Subscriber.Name}}>", "<p class=Anna&#32;O&#39;Neil&#32;&lt;b&gt;>"),
        ("<p>{{.Subscriber.Email}}", "<p>a&#43;b@mail.example"),
        (
            '<a href="https://x.example{{.Subscriber.Attribs.path}}?q={{.Subscriber.Attribs.path}}&e={{.Subscriber.Email}}">',
            '<a href="https://x.example/p/%c3%a5%20b%20c?q=%2fp%2f%c3%a5%20b%2520c&e=a%2bb%40mail.example">',
        ),
        (
            '{{ range .Subscriber.Attribs.items }}<a href="{{ .url }}">{{ .name }}</a>{{ end }}',
            '<a href="https://x.example/a?b=c%20d">Tea</a><a href="#ZgotmplZ">Cup</a>',
        ),
        ('<img srcset="{{.Subscriber.Attribs.path}} 2x" src={{"/a"}}>', '<img srcset="#ZgotmplZ 2x" src=/a>'),
        (
            '<p style="color: {{.Subscriber.Attribs.city}}; width: {{ 3 }}px; color: {{ "x;y" }}">',
            '<p style="color: Oslo; width: 3px; color: ZgotmplZ">',
        ),
        (
            "<style>a { font: '{{.Subscriber.Name}}'; background: url({{.Subscriber.Attribs.path}}) }</style>",
            "<style>a { font: 'Anna O\\27Neil \\3c b\\3e '; background: url(/p/%c3%a5%20b%20c) }</style>",
        ),
        (
            '<a href="{{.Subscriber.Attribs.path | html}}?a={{urlquery .Subscriber.Email}}">{{.Subscriber.Name|html}}',
            f'<a href="/p/%c3%a5%20b%20c?a=a%2Bb%40mail.example">{NAME}',
        ),
        ("a <!-- {{.Subscriber.Name}} --> b {{ Safe \"<!-- c -->\" }}", "a  b <!-- c -->"),
        ("<!DOCTYPE html><title>{{.Subscriber.Name}}</title>1 < 2 {{.Subscriber.Attribs.nil}}.",
         f"<!DOCTYPE html><title>{NAME}</title>1 &lt; 2 ."),
        ('<option {{ "Selected" }} {{ 7 }} {{ "onclick" }} {{ "src" }} {{ "a b" }} {{ "" }}>',
         "<option selected 7 ZgotmplZ ZgotmplZ ZgotmplZ ZgotmplZ>"),
        ('<td {{ if true }}bgcolor="red"{{ end }} alt="{{ html "&" }}">{{ html "<" }}',
         '<td bgcolor="red" alt="&amp;">&lt;'),
        ('<a href="https://x.example/?a=1&amp;b=2@TrackLink">', '<a href="https://x.example/?a=1&amp;amp;b=2">'),
    ],
)  # fmt: skip
def test_values_are_escaped_where_they_stand_in_html(template: str, text: str) -> None:
    assert rendered(template, is_html=True) == Rendered(text)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ .Subscriber.Attribs.zip }} {{ upper .Tx.Data.code }}", Rendered(
            "{{ .Subscriber.Attribs.zip }} {{ upper .Tx.Data.code }}", ("Subscriber.Attribs.zip", "Tx.Data.code"))),
        ("{{ UnsubscribeURL }} {{ MessageURL . }}", Rendered(
            "{{ UnsubscribeURL }} {{ MessageURL . }}", ("UnsubscribeURL", "MessageURL"))),
        ("{{ .Campaign.Name }}", Rendered("{{ .Campaign.Name }}", ("Campaign.Name",))),
        ('{{ if eq .Subscriber.Attribs.zip "x" }}a{{ else }}b{{ end }}', Rendered(
            "b", (), ("Subscriber.Attribs.zip",))),
        ("{{ range .Tx.Data.items }}a{{ else }}b{{ end }}", Rendered("b", (), ("Tx.Data.items",))),
        ("{{ with .Tx }}{{ .Data.x }}{{ end }}", Rendered("{{ .Data.x }}", ("Tx.Data.x",))),
        ('{{ L.T "email.hello" }}{{ env "HOME" }}', Rendered(
            '{{ L.T "email.hello" }}{{ env "HOME" }}', (), (), ('{{ L.T "email.hello" }}', '{{ env "HOME" }}'))),
        ('{{ if shuffle "a" }}{{ .Subscriber.Attribs.city }}{{ else }}b{{ end }}', Rendered(
            '{{ if shuffle "a" }}Oslo{{ else }}b{{ end }}', (), (),
            ('{{ if shuffle "a" }}', "{{ else }}", "{{ end }}"))),
        ("{{ end }}{{ if true }}a", Rendered("{{ end }}{{ if true }}a", (), (), ("{{ end }}", "{{ if true }}"))),
        ("{{ .a..b }} {{ | }} {{ 'ab }} {{ x", Rendered(
            "{{ .a..b }} {{ | }} {{ 'ab }} {{ x", (), (), ("{{ .a..b }}", "{{ | }}"))),
        *((call, Rendered(call, unsupported=(call,))) for call in (
            '{{ printf "%U" 65 }}', '{{ printf "%x" "hi" }}', '{{ printf "%[2]d %[1]d" 1 2 }}',
            '{{ printf "%*d" 5 2 }}', '{{ printf "%.3d" 5 }}', '{{ printf "% d" 5 }}', '{{ printf "%G" 1e21 }}',
            '{{ printf "%s" .Subscriber.Attribs.items }}', '{{ printf "%#v" .Subscriber.Attribs.map }}')),
        ('{{ template "content" . }}', Rendered('{{ template "content" . }}', (), (), ('{{ template "content" . }}',))),
        ("{{ break }}{{ $x }}{{ index 1 2 }}", Rendered(
            "{{ break }}{{ $x }}{{ index 1 2 }}", (), (), ("{{ break }}", "{{ $x }}", "{{ index 1 2 }}"))),
    ],
)  # fmt: skip
def test_what_can_not_be_rendered_stays_and_is_named(template: str, expected: Rendered) -> None:
    assert rendered(template) == expected


def test_values_of_a_customer_are_those_of_a_subscriber() -> None:
    values = {"name": "Bo Li Ann", "email": "bo@mail.example", "customer_id": "8", "city": "Oslo"}
    template = "{{ .Subscriber.FirstName }} {{ .Subscriber.LastName }} {{ .Subscriber.UUID }} {{ .Subscriber.Email }}"
    assert rendered(f"{template} {{{{ .Subscriber.Attribs.city }}}}", values) == Rendered(
        "Ann Ann 8 bo@mail.example Oslo"
    )


def test_the_subject_is_known_and_the_time_of_sending_may_not_be() -> None:
    mail = MailTemplate('{{ .Campaign.Subject }} {{ Date "2006" }}', "Hi {{ .Subscriber.Name }}")
    finished = render_mail(mail, {"name": "Bo"}, Language.GO)
    assert finished.mail == MailTemplate('Hi Bo {{ Date "2006" }}', "Hi Bo")
    assert finished.unknown == ("Date",)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (-3.5, "-3.5"), (100000.0, "100000"), (1e6, "1e+06"), (12345678.9, "1.23456789e+07"),
     (0.0001, "0.0001"), (0.00001, "1e-05"), (0.000123, "0.000123"), (1.5e300, "1.5e+300")],
)  # fmt: skip
def test_numbers_are_written_as_go_does(number: float, text: str) -> None:
    assert float_text(number) == text


def test_dates_are_written_in_layouts() -> None:
    layout = "Mon Monday Jan January 1 01 2 02 _2 002 06 3 03 4 5 PM pm .000 .999 MST -0700 Z07:00 Months"
    expected = "Sun Sunday Mar March 3 03 1 01  1 060 26 9 09 5 7 AM am .120 .12 UTC +0000 Z Months"
    assert date_text(SENT_AT, layout) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{{ range 1000 }}{{ range 1000 }}{{ range 1000 }}a{{ end }}{{ end }}{{ end }}",
        '{{ define "t" }}{{ template "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
        "{{ range 20000 }}{{ range 400000 }}{{ break }}{{ end }}{{ end }}",
        '{{ $x := "aaaaaaaaaa" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}{{ $x }}',
        "{{ $x := list 1 }}{{ range 100 }}{{ $x = list $x $x }}{{ end }}{{ $x }}",
        '{{ repeat 999999999 "a" }}{{ until 999999999 }}{{ range 999999999 }}{{ end }}{{ printf "%9999d" 1 }}',
        '{{ seq 999999999 }}{{ untilStep 0 999999999 1 }}{{ indent 999999999 "a" }}{{ divf 1 0 }}',
        "{{ $x := list 1 }}{{ range 100 }}{{ $x = concat $x $x }}{{ end }}{{ $x }}",
        '{{ $x := repeat 900000 "a" }}{{ range 20000 }}{{ sha512sum $x }}{{ end }}',
        "{{ mul 9999999999 9999999999 }}{{ 9e300 | mul 9e300 }}",
        "{{ .__class__ }}{{ .Subscriber.__init__.__globals__ }}",
        "{{ if true }}" * 5_000 + "{{ end }}" * 5_000,
        "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
        "{{/*" * 20_000,
        "{{ `" * 20_000,
        '{{ "' * 20_000,
    ],
)  # fmt: skip
def test_a_hostile_template_is_bounded(template: str) -> None:
    result = rendered(template)
    assert len(result.text) < limits.MAX_CHARACTERS + len(template)


ITEMS = "{{ $x := until 10000 }}"
MILLIONS = "{{ $x := until 100 }}" + f"{{{{ $x = list{' $x' * 100} }}}}" * 2


@pytest.mark.parametrize(
    ("before", "action"),
    [
        ("", f"{{{{ .a{'.a' * 1_000} }}}}"),
        ("", f"{{{{ $y := and{' 1' * 1_000} }}}}"),
        ("", f"{{{{ $y := print{' 1' * 1_000} }}}}"),
        (ITEMS, "{{ $y := has 20000 $x }}"),
        (ITEMS, "{{ $y := sortAlpha $x }}"),
        (ITEMS, "{{ $y := uniq $x }}"),
        (MILLIONS, "{{ $y := print $x }}"),
        (MILLIONS, "{{ $x }}"),
    ],
    ids=["names", "operands", "arguments", "searched", "sorted", "unique", "printed", "written"],
)
def test_an_action_costs_what_it_reads(monkeypatch: pytest.MonkeyPatch, before: str, action: str) -> None:
    monkeypatch.setattr(limits, "MAX_STEPS", 1_000)
    monkeypatch.setattr(limits, "MAX_CHARACTERS", 100_000)
    template = f"{before}{{{{ range 100 }}}}{action}{{{{ end }}}}"
    assert rendered(template) == Rendered(template, unsupported=(action,))


def test_a_long_path_is_named_whole() -> None:
    path = ".a" * 100_000
    assert rendered(f"{{{{ {path} }}}}", {}) == Rendered(f"{{{{ {path} }}}}", unknown=(path[1:],))


def test_a_value_is_no_template() -> None:
    values = {"name": '{{ .Subscriber.Email }}{{ template "x" }}', "email": "secret"}
    assert rendered("{{ .Subscriber.Name }}", values).text == values["name"]


PIECES = st.sampled_from(
    ["{{ if .a }}", "{{ else }}", "{{else if .b}}", "{{ end }}", "{{ range $i, $x := .c }}", "{{ . }}", "{{ $x }}",
     "{{-", "-}}",
     "{{ with .d }}", "{{ break }}", "(", ")", "|", '"', "`", "<a href=", "'", "<!--", "<style>", "{{/*", "*/}}",
     " ", "x"]
)  # fmt: skip


@given(st.text(max_size=60) | st.lists(PIECES, max_size=15).map("".join), st.booleans())
def test_any_text_is_rendered(template: str, is_html: bool) -> None:
    result = rendered(template, {"a": 1, "c": ["<b>", 2]}, is_html=is_html)
    if "{{" not in template and not is_html:
        assert result == Rendered(template)
