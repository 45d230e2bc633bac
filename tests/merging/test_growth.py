"""No template costs more than others of its length, in any merge language, and neither do values."""

import gc
import time
from collections.abc import Callable, Mapping

import pytest

from mailsight.merging.languages import Language
from mailsight.merging.recognition import recognised
from mailsight.merging.rendering import render
from tests.support.adversarial import KINDS, LEAST_SECONDS, LONG, MOST, SHORT, repeated
from tests.support.faults import EACH

pytestmark = pytest.mark.slow

# What is repeated, and what comes once before it.
_REPEATED: Mapping[str, tuple[str, str]] = {
    "URLs beside a tracked link": ("@TrackLink ", "https://"),
    "opened braces": ("", "{{"),
    "closed braces": ("", "}}"),
    "triple braces": ("", "{{{a}}}"),
    "raw blocks": ("", "{{{{a}}}} "),
    "fields": ("", "{{a}} "),
    "a long name": ("{{", "a."),
    "a name in brackets": ("", "{{["),
    "quotes in tags": ("", "{{ a \"'"),
    "parentheses": ("{{a ", "("),
    "filters": ("{{ a ", "|upper"),
    "filters with arguments": ("", "{{ a | default: 'x"),
    "operators": ("{{ 1", " + 1"),
    "comments": ("", "{{!-- "),
    "opened blocks": ("", "{{#if a}}"),
    "else": ("{{#if a}}", "{{else if b}}"),
    "sections": ("", "{{#a}}{{/b}}"),
    "white space around tags": ("", "{{~a~}} \n \n "),
    "lines": ("", " \n"),
    "tags": ("", "{% if a %}"),
    "ends": ("", "{% endif %}{{/if}}{{end}}%/IF%*|END:IF|*"),
    "loops": ("", "{% for i in a %}"),
    "tags that are open": ("", "{%"),
    "Go": ("", "{{ if .a }}{{ end }}"),
    "star tags": ("", "*|IF:A|*"),
    "open star tags": ("", "*|"),
    "percent tags": ("", "%IF $A%"),
    "double percent": ("", "%%=v(a)=%%%%["),
    "tokens": ("", "{contactfield="),
    "square brackets": ("", "[[data:a"),
    "conditions in brackets": ("", "[if:a]"),
    "Liquid variables": ("", "{{${a} "),
    "delimiters": ("", "{{=<% %>=}}<%={{ }}=%>"),
}
TEMPLATES = {name: repeated(first, again) for name, (first, again) in _REPEATED.items()}


def _renders(language: Language) -> Callable[[str], object]:
    return lambda text: render(text, {"a": "x", "name": text}, language, is_html=True)


def _looks_up(language: Language) -> Callable[[str], object]:
    def function(text: str) -> object:
        return render(text, {"big": {f"x_{number}": number for number in range(len(text) // 20)}}, language)

    return function


FUNCTIONS = {"recognised": recognised} | {str(language): _renders(language) for language in Language}


@pytest.mark.parametrize("kind", [*list(TEMPLATES)[:: min(EACH, 4)], *list(KINDS)[:: min(2 * EACH, 14)]])
def test_the_time_grows_with_the_template(kind: str) -> None:
    make = (TEMPLATES | dict(KINDS))[kind]
    assert _grown(FUNCTIONS, make) == {}


def test_the_time_grows_with_the_values() -> None:
    def many(length: int) -> str:
        return "".join(f"{{{{big.X{number}}}}}" for number in range(length // 20))

    functions = {str(language): _looks_up(language) for language in Language}
    assert _grown(functions, many) == {}


def _grown(
    functions: Mapping[str, Callable[[str], object]], make: Callable[[int], str]
) -> dict[str, tuple[float, float]]:
    """The functions whose time grows faster than the text, with the seconds for a short and a long one."""
    grown = {}
    for name, function in functions.items():
        short, long = (_seconds(function, make(length)) for length in (SHORT, LONG))
        if long > MOST * max(short, LEAST_SECONDS):
            grown[name] = short, long
    return grown


def _seconds(function: Callable[[str], object], text: str) -> float:
    """The processor's time for one call, whatever else the machine does."""
    gc.disable()
    try:
        start = time.thread_time()
        function(text)
        return time.thread_time() - start
    finally:
        gc.enable()
