"""E-mails filled in with values of two sources, and many subjects at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging import filled, limits
from mailsight.merging.filled import Subject, fill_mail, fill_subjects, together
from mailsight.merging.languages import Language
from mailsight.merging.plain import SYNTAXES, Syntax
from mailsight.merging.recognition import has_fields
from mailsight.merging.rendering import MailTemplate
from mailsight.merging.values import Json

from .shapes import SHAPES


@pytest.mark.parametrize(
    ("own", "known", "expected"),
    [
        ({"name": "A"}, {"name": "B", "city": "C"}, {"name": "A", "city": "C"}),
        ({"FIRST NAME": "A"}, {"first_name": "B"}, {"FIRST NAME": "A"}),
        ({"name": None}, {"name": "B"}, {"name": None}),
        ({"shop": {"name": "A"}}, {"shop": {"city": "C"}}, {"shop": {"name": "A"}}),
        ({}, {"b": [1, {"c": True}]}, {"b": [1, {"c": True}]}),
    ],
)
def test_own_values_come_first(
    own: dict[str, Json], known: dict[str, Json], expected: dict[str, Json]
) -> None:
    assert together(own, known) == expected


@pytest.mark.parametrize(
    ("template", "own", "known", "uses"),
    [
        ("{{a}}", {"a": "1"}, {}, (True, False)),
        ("{{a}}", {}, {"a": "1"}, (False, True)),
        ("{{a}}", {"a": "1"}, {"b": "2"}, (True, False)),
        ("{{b}}", {"a": "1"}, {"b": "2"}, (False, True)),
        ("{{a}}{{b}}", {"a": "1"}, {"b": "2"}, (True, True)),
        ("{{a}}", {"a": "1"}, {"a": "1"}, (True, False)),
        ("{{c}}", {"a": "1"}, {"b": "2"}, (False, False)),
        ("Hello", {"a": "1"}, {"b": "2"}, (False, False)),
        ("{{a}}", {"a": ""}, {}, (True, False)),
    ],
)
def test_a_mail_says_whose_values_it_shows(
    template: str, own: dict[str, Json], known: dict[str, Json], uses: tuple[bool, bool]
) -> None:
    for mail in (
        MailTemplate(template),
        MailTemplate(None, template),
        MailTemplate("<p>", from_name=template),
    ):
        result = fill_mail(mail, own, known, Language.PLAIN)
        assert (result.uses_own, result.uses_known) == uses


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Spring", False),
        ("Up to 50% off: today @ 9 | now!", False),
        ("{{name}}, hello", True),
        ("Hello {name}", True),
        ("[FIRSTNAME], hello", True),
        ("*|FNAME|*", True),
        ("%%First Name%%, hello", True),
        ("Hello %name%", True),
        ("Hello -name-", True),
        ("State-of-the-art", False),
        ("Hello ::subscriber.name::", True),
        ("Hello ##name##", True),
    ],
)
def test_which_subjects_may_have_fields(subject: str, expected: bool) -> None:
    assert has_fields(subject) is expected


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.example)
def test_every_way_to_write_a_field_is_seen(syntax: Syntax) -> None:
    assert has_fields(f"Hello {syntax.example}, how are you?")
    assert has_fields(syntax.example)


@pytest.mark.parametrize(
    ("language", "subject", "filled_in"),
    [
        (Language.MAILCHIMP, "*|IF:VIP|*Dear *|ELSE:|*Hi *|END:IF|**|FNAME|*", "Dear Ann"),
        (
            Language.GO,
            "{{ if .Subscriber.Attribs.vip }}Dear {{ .Subscriber.FirstName }}{{ end }}",
            "Dear Ann",
        ),
        (Language.HANDLEBARS, "{{#if vip}}Dear {{fname}}{{else}}Hi{{/if}}", "Dear Ann"),
        (Language.MUSTACHE, "{{#vip}}Dear {{fname}}{{/vip}}", "Dear Ann"),
        (Language.MAUTIC, "Dear {contactfield=fname|you}", "Dear Ann"),
        (Language.ACTIVECAMPAIGN, "Dear %FNAME%", "Dear Ann"),
        (Language.AMPSCRIPT, "Dear %%fname%%", "Dear Ann"),
        (Language.PLAIN, "Dear [fname,fallback=you]", "Dear Ann"),
        (Language.PLAIN, "Dear [city%%you]", "Dear you"),
    ],
)
def test_subjects_are_filled_in_as_mails_are(language: Language, subject: str, filled_in: str) -> None:
    own: dict[str, Json] = {"fname": "Ann", "first_name": "Ann", "name": "Ann Lee"}
    known: dict[str, Json] = {"vip": "yes"}
    assert fill_subjects([Subject(subject, own, known, language)]) == [filled_in]
    mail = fill_mail(MailTemplate("<p>", subject), own, known, language)
    assert mail.rendered.mail.subject == filled_in


@given(st.text(st.sampled_from("ab {}[]%*|$.-#~@:")), st.dictionaries(st.sampled_from("ab"), st.text()))
def test_a_subject_without_fields_is_never_changed(template: str, own: dict[str, Json]) -> None:
    if not has_fields(template):
        assert fill_subjects([Subject(template, own, {}, Language.PLAIN)]) == [template]


def test_subjects_are_filled_in_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    short = Subject("Hi {{name}}", {"name": "Ann"}, {}, Language.PLAIN)
    long = Subject(f"{{{{name}}}}{'x' * filled.MAX_SUBJECT_CHARACTERS}", {"name": "Ann"}, {}, Language.PLAIN)
    huge = Subject("{{name}}", {"name": "x" * 2_000_000}, {}, Language.PLAIN)
    assert fill_subjects([short, long, huge]) == [
        "Hi Ann",
        long.template,
        "x" * filled.MAX_SUBJECT_CHARACTERS,
    ]
    times = iter(range(10))
    monkeypatch.setattr(filled, "process_time", lambda: next(times) * 0.6)
    assert fill_subjects([short, short, short]) == ["Hi Ann", "Hi {{name}}", "Hi {{name}}"]


@pytest.mark.parametrize("language", [language for language, shape in SHAPES.items() if shape.loop])
def test_all_texts_of_a_mail_share_one_budget(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[int] = []
    spend = limits.Budget.spend

    def counted(budget: limits.Budget, steps: int = 1) -> None:
        spent.append(steps)
        spend(budget, steps)

    monkeypatch.setattr(limits, "MAX_STEPS", 3_000)
    monkeypatch.setattr(limits.Budget, "spend", counted)
    shape = SHAPES[language]
    assert shape.loop
    start, end = (part.format("many") for part in shape.loop)
    endless = f"{start * 3}{end * 3}"
    mail = MailTemplate(endless, f"Hello {shape.of('name')}", endless, "Shop", endless)
    result = fill_mail(mail, {"many": list(range(200))}, {"name": "Ann"}, language)
    # A step beyond the last raises an error, and values are read item by item.
    assert sum(spent) <= 3_000 + 3 * mail.length + 500
    rendered = result.rendered
    assert (rendered.mail.subject, rendered.mail.from_name) == ("Hello Ann", "Shop")
    assert (rendered.mail.html, rendered.mail.text) == (endless, endless)
    assert any(start in code for code in rendered.unsupported)
    assert (result.uses_own, result.uses_known) == (True, True)


def test_a_subject_is_in_the_language_of_the_whole_mail() -> None:
    whole = MailTemplate("{% if vip %}{{ name | upcase }}{% endif %}", "Hi {{ name | upcase }} *|NAME|*")
    alone = MailTemplate(None, whole.subject)
    assert fill_mail(alone, {"name": "Ann"}, {}, whole=whole).rendered.mail.subject == "Hi ANN *|NAME|*"


@pytest.mark.parametrize(
    ("language", "field"),
    [
        (Language.LIQUID, "{{ long | escape_once | size }}"),
        (Language.LIQUID, "{{ long | split: '' | size }}"),
        (Language.HUBL, "{{ long|groupby('x')|length }}"),
        (Language.HUBL, "{{ long|list|length }}"),
        (Language.DJANGO, "{{ long|escape|length }}"),
        (Language.DJANGO, "{{ long|where:2|length }}"),
        (Language.DJANGO, "{{ long|escapeseq|length }}"),
        (Language.HANDLEBARS, "{{upper @root.long}}"),
    ],
)
def test_what_reads_a_long_text_again_and_again_is_stopped_soon(
    language: Language, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_STEPS", 5_000)
    shape = SHAPES[language]
    assert shape.loop
    start, end = (part.format("many") for part in shape.loop)
    values = {"many": list(range(200)), "long": "a & b" * 10_000}
    mail = MailTemplate(f"{start}{field}{end}", "Hi")
    assert fill_mail(mail, values, {}, language).rendered.unsupported
