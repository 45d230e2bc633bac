"""E-mails filled in with values of two sources, and many subjects at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging import filled
from mailsight.merging.filled import Subject, fill_mail, fill_subjects, has_fields, together
from mailsight.merging.languages import Language
from mailsight.merging.plain import SYNTAXES, Syntax
from mailsight.merging.rendering import MailTemplate
from mailsight.merging.values import Json


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
        assert fill_subjects([Subject(template, own, {}, None)]) == [template]


def test_subjects_are_filled_in_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    short = Subject("Hi {{name}}", {"name": "Ann"}, {}, None)
    long = Subject(f"{{{{name}}}}{'x' * filled.MAX_SUBJECT_CHARACTERS}", {"name": "Ann"}, {}, None)
    huge = Subject("{{name}}", {"name": "x" * 2_000_000}, {}, None)
    assert fill_subjects([short, long, huge]) == [
        "Hi Ann",
        long.template,
        "x" * filled.MAX_SUBJECT_CHARACTERS,
    ]
    times = iter(range(10))
    monkeypatch.setattr(filled, "process_time", lambda: next(times) * 0.6)
    assert fill_subjects([short, short, short]) == ["Hi Ann", "Hi {{name}}", "Hi {{name}}"]
