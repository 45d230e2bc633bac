"""Languages are known by their own names and by those of the senders that use them."""

import pytest

from mailsight.importing.registry import NAMES
from mailsight.merging.languages import LANGUAGES_OF, Language, language_named
from mailsight.providers.registry import PROVIDERS

# Postal takes finished mails, Unisender Go and SMTP2GO have several languages, a table of unknown columns says nothing.
WITHOUT = {"csv", "postal", "smtp2go", "unisender_go"}


def test_the_language_of_every_provider_and_importer_is_known() -> None:
    assert {*PROVIDERS, *NAMES} - {*LANGUAGES_OF} == WITHOUT


@pytest.mark.parametrize("language", Language)
def test_a_language_is_known_by_its_own_names(language: Language) -> None:
    assert language_named(language.value) is language
    assert language_named(language.label) is language
    assert language_named(f" {language.value.upper()} ") is language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Mailchimp", Language.MAILCHIMP),
        ("mandrill", Language.MAILCHIMP),
        ("Braze", Language.LIQUID),
        ("Customer.io", Language.LIQUID),
        ("customer_io", Language.LIQUID),
        ("LiquidJS", Language.LIQUIDJS),
        ("Knock", Language.LIQUIDJS),
        ("Postmark", Language.MUSTACHIO),
        ("Amazon SES", Language.HANDLEBARS),
        ("Salesforce Marketing Cloud", Language.AMPSCRIPT),
        ("Go", Language.GO),
        ("golang", Language.GO),
        ("Go templates", Language.GO),
        ("Jinja2", Language.HUBL),
        ("Django", Language.DJANGO),
        ("django-templates", Language.DJANGO),
        ("Handlebars.js", Language.HANDLEBARS),
        ("Liquid templates", Language.LIQUID),
        ("SparkPost", Language.SPARKPOST),
        ("Campaign Monitor", Language.PLAIN),
        ("plain", Language.PLAIN),
        ("COBOL", None),
        ("postal", None),
        ("", None),
        (" . ", None),
        ("\ud800\0", None),
        (None, None),
    ],
)
def test_a_name_stands_for_a_language(text: str | None, language: Language | None) -> None:
    assert language_named(text) is language
