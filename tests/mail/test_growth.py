"""No text costs more than others of its length: every public function that reads what strangers wrote, with every kind.

Functions are found by their annotations, so a new one is tested too, or fails until `VALUES` has what it takes.
"""

import gc
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from typing import Any

import pytest
from selectolax.lexbor import LexborNode

from mailsight import heatmap, mail, mime
from mailsight.errors import UnusableMail
from mailsight.exports import masking
from mailsight.exports.masking import Mask
from mailsight.heatmap import drawing
from mailsight.heatmap.badges import Badge, click_totals, link_totals
from mailsight.mail import documents, stylesheets
from mailsight.mail.cascade import Cascade
from mailsight.mail.links import LinkClicks, Matcher, links, shared
from mailsight.mail.personal_links import Recipient
from mailsight.mail.safety import link_nodes
from mailsight.mail.stylesheets import component_values
from mailsight.mail.urls import pattern
from mailsight.mail.values import split_url
from mailsight.mail.wrappers import WRAPPERS
from mailsight.merging import plain, sample_values, usual_names
from mailsight.merging.languages import Language
from mailsight.merging.rendering import MailTemplate
from mailsight.mime import entities
from mailsight.mime.bodies import Mail
from mailsight.mime.headers import Header
from tests.support.adversarial import KINDS, LEAST_SECONDS, LONG, MOST, SHORT
from tests.support.faults import EACH

pytestmark = pytest.mark.slow


# Prepared once for all functions that read the same text.
_parsed = lru_cache(maxsize=2)(documents.parse)
_links = lru_cache(maxsize=2)(links)
_values = lru_cache(maxsize=2)(component_values)


def _clicks(text: str) -> list[LinkClicks]:
    return [LinkClicks(link.link_position, link.url, link.label, 5, 4, 1) for link in _links(text)]


def _area(text: str) -> LexborNode:
    [area] = documents.parse("<map><area href=# shape=poly></map>").css("area")
    area.attrs["coords"] = text.encode("utf-8", "replace").decode()
    return area


# A value for each parameter, made of the text. Types that say too little are looked up by name.
VALUES: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "str | None": str,
    "bytes": lambda text: text.encode("utf-8", "surrogatepass"),
    "bool": lambda _: True,
    "int | None": lambda _: None,
    "int": lambda _: 1,
    "Sequence[str]": lambda text: [text],
    "Sequence[tuple[str, Sequence[str]]]": lambda text: [("a", [text]), ("b", [text[::2]])],
    "Mapping[str, Sequence[str]]": lambda text: {"a": [text], "b": [text[::2]]},
    "Sequence[int]": lambda text: range(len(text)),
    "LexborHTMLParser": _parsed,
    "Sequence[LexborNode]": lambda text: link_nodes(_parsed(text)),
    "LexborNode": _area,
    "Sequence[Badge]": lambda text: [
        Badge(at, "0", "12", 25, 16, "12 clicks") for at in range(len(text) // 50)
    ],
    "Sequence[tuple[str, int, int] | None]": lambda text: [
        ("", 9 * at % 600, 7 * at % 400) for at in range(len(text))
    ],
    "Sequence[Link]": _links,
    "Sequence[LinkClicks]": _clicks,
    "LinkClicks": lambda text: LinkClicks(0, text, text, 5, 4, 1),
    "Mapping[int, int]": lambda text: shared(_links(text)),
    "ClickTotals": lambda _: click_totals([]),
    "LinkTotals": lambda text: link_totals(_clicks(text)),
    "ClickTotals | None": lambda _: None,
    "Literal['clicks', 'clickers']": lambda _: "clicks",
    "Literal['count', 'share', 'rate']": lambda _: "count",
    "Iterable[Any]": _values,
    "Iterable[str]": lambda text: [text],
    "Iterable[bytes]": lambda text: [text.encode("cp1252", "replace").replace(b"a", b"\xb3")],
    "Mapping[str, str]": lambda text: {"a": text, "name": "Ann"},
    "Mapping[str, str | None]": lambda text: dict.fromkeys(("style", "width", "height"), text),
    "Mapping[int, str]": lambda _: {},
    "Callable[[str], str | None] | None": lambda _: str,
    "Callable[[Match[str]], str | None]": lambda text: lambda _: text[:50],
    "Pattern[str]": lambda _: plain.FIELD,
    "Mapping[str, Any]": lambda text: {"a": text, "name": "Ann"},
    "MailTemplate": lambda text: MailTemplate(text, text, text, text, text),
    "Language | None": lambda _: Language.PLAIN,
    "datetime | None": lambda _: None,
    "Entity": lambda text: entities.read(
        b"Content-Type: text/html\n\n" + text.encode("utf-8", "surrogatepass")
    ),
    "set[str]": lambda text: {text},
    "Recipient": lambda text: Recipient(text, text, (text,), (text,)),
    "Collection[int]": lambda _: (),
    "tuple[str, str]": lambda text: (text, text[::2]),
    "tuple[Recipient, Recipient]": lambda _: (Recipient(), Recipient()),
    "tuple[bool, bool]": lambda _: (True, False),
    "Sequence[tuple[str, str]]": lambda text: [
        *((name, text) for name in ("Received", "List-Unsubscribe", "feedback-id", "x-smtpapi")),
        (text, text),
    ],
    "Mail": lambda text: Mail(None, text),
    "Header": lambda text: Header((("subject", text.encode("utf-8", "replace")),)),
    "codec": lambda _: "gb18030",
    "pattern": lambda _: r"a+b",  # patterns are ours
    "head": lambda _: "",
    "end": lambda _: "",
}


def _functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    modules = [masking, sample_values, usual_names]
    for package in (mail, heatmap, mime):
        modules += [
            import_module(f"{package.__name__}.{module.name}")
            for module in pkgutil.iter_modules(package.__path__)
        ]
    for module in modules:
        for name, value in vars(module).items():
            if (
                inspect.isfunction(inspect.unwrap(value))
                and not name.startswith("_")
                and value.__module__ == module.__name__
            ):
                yield f"{module.__name__.partition('.')[2]}.{name}", value


FUNCTIONS = dict(_functions())
METHODS: Mapping[str, Callable[[str], Any]] = {
    "Mask.text": lambda text: Mask(("Ann", "Ann Ann-x", "a" * 99), "a.example").text(text),
    "Mask.url": lambda text: Mask(("Ann",)).url(f"https://x.example/{text}"),
    "Matcher.position": lambda text: Matcher(_links(text)).position(f"https://x.example/{text}"),
    "Matcher, a link": lambda text: Matcher(links(f'<a href="{text}">')).position("https://x.example/b"),
    "Pattern.matches": lambda text: [
        found.matches(f"https://x.example/{text}")
        for found in [pattern(f"https://x.example/{text[:1500]}{{{{a}}}}b")]
        if found
    ],
    "Cascade.payloads": lambda text: [
        Cascade(document).payloads(node)
        for document in [documents.parse(text)]
        for node in link_nodes(document)[:1]
    ],
    "Wrapper.target": lambda text: [wrapper.target(f"{wrapper.example[:40]}{text}") for wrapper in WRAPPERS],
    "Wrapper.unpack": lambda text: [wrapper.unpack(text) for wrapper in WRAPPERS],
    "split_url": split_url,
}


def _with_values(function: Callable[..., Any]) -> Callable[[str], Callable[[], Any]]:
    """Prepares a call of the function with values made of a text."""
    parameters = inspect.signature(inspect.unwrap(function)).parameters.values()

    def prepare(text: str) -> Callable[[], Any]:
        values = {parameter.name: _value(parameter)(text) for parameter in parameters}
        return lambda: function(**values)

    return prepare


def _value(parameter: inspect.Parameter) -> Callable[[str], Any]:
    annotation = re.sub(r"(?:\w+\.)+", "", inspect.formatannotation(parameter.annotation))
    return VALUES.get(parameter.name) or VALUES[annotation]


CALLS = {name: _with_values(function) for name, function in FUNCTIONS.items()} | {
    name: lambda text, method=method: lambda: method(text) for name, method in METHODS.items()
}


@pytest.mark.parametrize("kind", list(KINDS)[::EACH])
def test_the_time_of_every_function_grows_with_the_text(kind: str) -> None:
    grown = {}
    for name, prepare in CALLS.items():
        short, long = (_seconds(prepare, KINDS[kind](length)) for length in (SHORT, LONG))
        if long > MOST * max(short, LEAST_SECONDS):
            grown[name] = short, long
    assert grown == {}


def _seconds(prepare: Callable[[str], Callable[[], Any]], text: str) -> float:
    """The processor's time for one call, whatever else the machine does."""
    try:
        call = prepare(text)
    except UnusableMail:
        return 0.0
    for module in (documents, drawing, stylesheets):
        for cached in vars(module).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
    gc.disable()  # collecting takes half a second in a process that has run thousands of tests
    try:
        start = time.thread_time()
        with suppress(UnusableMail):
            call()
        return time.thread_time() - start
    finally:
        gc.enable()
