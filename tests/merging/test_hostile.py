"""Templates and values by attackers, in every merge language: bounded, harmless, and visible."""

from html import unescape

import pytest

from mailsight.merging.languages import Language
from mailsight.merging.rendering import MailTemplate, render, render_mail

from .shapes import SHAPES

# What any language may write, beyond the template: see the limits in `output` and of the languages with libraries.
MAX_CHARACTERS = 6_000_000
MANY = {"many": list(range(200)), "yes": True, "name": "Ann", "long": "x" * 200_000}
CODE = (
    "{{email}}",
    "{{{email}}}",
    "{{#if email}}{{email}}{{/if}}",
    "{% if email %}{{ email }}{% endif %}",
    "{% for i in many %}x{% endfor %}",
    "{# x #}",
    "*|EMAIL|*",
    "*|IF:EMAIL|*x*|END:IF|*",
    "%EMAIL%",
    "%recipient.email%",
    "%IF $EMAIL%x%/IF%",
    "%%email%%",
    "%%=v(email)=%%",
    "{{ .email }}",
    "{{ if .email }}x{{ end }}",
    "{{if email}}x{{end}}",
    "{contactfield=email}",
    "[EMAIL]",
    "[if:email]x[endif]",
    "{$email}",
    "[[data:email]]",
    "{{var:email}}",
    "https://x.example/@TrackLink",
    "{{",
    "}}",
    "{%",
    "%}",
    "\\{{email}}",
    "${email}",
    "\\1\\g<0>",
)
PRIVATE = (
    "__class__",
    "name.__class__",
    "name.__class__.__mro__",
    "name.constructor",
    "constructor.constructor",
    "__proto__",
    "name.__init__.__globals__",
    "many.__len__",
    "many.append",
    "lookup",
    "items",
    "keys",
    "_values",
    "values",
    "self",
    "this.constructor",
)


def test_every_language_has_a_shape() -> None:
    assert set(SHAPES) == set(Language)


@pytest.mark.parametrize("is_html", [True, False])
@pytest.mark.parametrize("language", Language)
def test_code_within_a_value_is_text(language: Language, is_html: bool) -> None:
    template = f"<p>{SHAPES[language].of('name')}</p>"
    for code in CODE:
        values = {"name": code, "email": "ann@example.com", "many": [1]}
        rendered = render(template, values, language, is_html=is_html)
        assert unescape(rendered.text) == f"<p>{code}</p>"
        assert rendered.unknown == rendered.unsupported == ()


@pytest.mark.parametrize("language", Language)
def test_only_values_can_be_asked_for(language: Language) -> None:
    for name in PRIVATE:
        template = SHAPES[language].of(name)
        rendered = render(template, {"name": "Ann", "many": [1]}, language)
        assert rendered.text in {template, ""}


@pytest.mark.parametrize(
    ("language", "attack"),
    [(language, attack) for language, shape in SHAPES.items() for attack in shape.attacks],
)
def test_an_attack_stays_within_bounds(language: Language, attack: str) -> None:
    rendered = render(f"a {attack} z", MANY, language, is_html=True)
    assert len(rendered.text) <= MAX_CHARACTERS
    for leak in ("root:", "<class", "&lt;class", "function", "object at", "os.environ({", "site-packages"):
        assert leak not in rendered.text.replace(attack, "")


@pytest.mark.parametrize("body", ["", "{long}"])
@pytest.mark.parametrize("language", [language for language, shape in SHAPES.items() if shape.loop])
def test_loops_within_loops_end(language: Language, body: str) -> None:
    shape = SHAPES[language]
    assert shape.loop
    start, end = (part.format("many") for part in shape.loop)
    body = shape.of("long") if body == "{long}" else body
    template = f"a {start * 6}{body}{end * 6} z"
    rendered = render(template, MANY, language)
    assert len(rendered.text) <= MAX_CHARACTERS
    assert rendered.unsupported


@pytest.mark.parametrize("count", [20, 2_000])
@pytest.mark.parametrize("language", [language for language, shape in SHAPES.items() if shape.condition])
def test_conditions_may_be_as_deep_as_they_like(language: Language, count: int) -> None:
    shape = SHAPES[language]
    assert shape.condition
    start, end = (part.format("yes") for part in shape.condition)
    for ends in (count, 3):
        rendered = render(f"a{start * count}b{end * ends}c", MANY, language)
        text = rendered.text.replace(start, "").replace(end, "")
        assert text == "abc"
        assert rendered.unsupported or ends == count


@pytest.mark.parametrize("language", Language)
def test_long_values_in_many_places_are_bounded(language: Language) -> None:
    template = f"{SHAPES[language].of('long')}\n" * 2_000
    assert len(render(template, MANY, language, is_html=True).text) <= MAX_CHARACTERS


@pytest.mark.parametrize("language", Language)
def test_odd_characters_stay(language: Language) -> None:
    odd = "\ud800\udfff\0\x0b\u2028\ufeff\U0001f600"
    template = f"{odd}{SHAPES[language].of('name')}{odd}"
    rendered = render(template, {"name": f"A{odd}"}, language)
    assert rendered.text.replace("\ufffd", "") == f"{odd}A{odd}{odd}".replace("\ufffd", "")


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -1.5, 1e308, float("inf"), 10**400, "", [], {}, [[[]]], {"a": {"b": [None]}}, ["x"] * 9],
)
@pytest.mark.parametrize("language", Language)
def test_any_value_is_written(language: Language, value: object) -> None:
    shape = SHAPES[language]
    field = shape.of("name")
    blocks = [part for part in (shape.condition, shape.loop) if part]
    template = field + "".join(start.format("name") + field + end.format("name") for start, end in blocks)
    for is_html in (True, False):
        assert isinstance(render(template, {"name": value}, language, is_html=is_html).text, str)


@pytest.mark.parametrize("language", Language)
def test_a_deeply_nested_value_is_no_problem(language: Language) -> None:
    deep: object = "x"
    for _ in range(500):
        deep = [deep, {"a": deep}][:1] if isinstance(deep, dict) else {"a": deep}
    field = SHAPES[language].of
    template = field("name") + field(".".join(["name"] + ["a"] * 2_000))
    assert isinstance(render(template, {"name": deep}, language, is_html=True).text, str)


@pytest.mark.parametrize("language", Language)
def test_all_parts_of_a_mail_are_rendered(language: Language) -> None:
    field = SHAPES[language].of("name")
    mail = MailTemplate(f"<p>{field}</p>", field, field, field, field)
    rendered = render_mail(mail, {"name": "Ann"}, language).mail
    assert rendered == MailTemplate("<p>Ann</p>", "Ann", "Ann", "Ann", "Ann")
