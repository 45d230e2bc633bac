"""SparkPost's template language: https://developers.sparkpost.com/api/template-language/ (2026-11)."""

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from . import javascript
from .failures import EvaluationFailed, InvalidSyntax
from .operators import Name, read
from .rendering import Rendered
from .statements import Tag, Template, lines
from .values import Json, Missing, Values

_TAG = re.compile(r"\{\{(?P<raw>\{)?(?P<code>[^{}]{0,1000}+)\}\}(?(raw)\})")
_STATEMENT = re.compile(r"\s*+(?P<kind>if|elseif|else|end|each)\b(?P<rest>.*?)(?:\bthen)?\s*\Z", re.DOTALL)
_KINDS = {"elseif": "else if", "each": "for"}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "/": "&#x2F;"})
_URL_BREAK = re.compile(r"[\s\"'<>]")


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Renders a template, as `rendering.Renderer` says."""
    dialect = _SparkPost(is_html=is_html)
    return Template(template, values, dialect).rendered(lines(dialect.tags(template)))


class _SparkPost:
    def __init__(self, *, is_html: bool) -> None:
        self._is_html = is_html
        # Where the fields end that are part of a URL.
        self._in_urls: set[int] = set()

    functions: Mapping[str, Callable[..., Json]] = {
        "empty": lambda value: not value,
        "opening_double_curly": lambda: "{{",
        "closing_double_curly": lambda: "}}",
        "opening_triple_curly": lambda: "{{{",
        "closing_triple_curly": lambda: "}}}",
    }

    def tags(self, template: str) -> Iterator[Tag]:
        at, in_url = 0, False
        for tag in _TAG.finditer(template):
            text = template[at : tag.start()]
            *broken, last = _URL_BREAK.split(text)
            in_url = "http://" in last or "https://" in last or (in_url and not broken)
            if text:
                yield Tag("text", text, tag.start())
            at = tag.end()
            if in_url:
                self._in_urls.add(at)
            yield _tag(tag)
        yield Tag("text", template[at:], len(template))

    def named(self, path: tuple[Json, ...], values: Values, scope: Mapping[str, Json]) -> Json | Missing:
        first, *rest = (str(part - 1) if isinstance(part, int) else javascript.text(part) for part in path)
        if first not in scope:
            return values.lookup(first, *rest)
        value: Json | Missing = scope[first]
        for name in rest:
            value = values.member(value, name)
        return value

    def within(self, tag: Tag, item: Json, index: int, scope: dict[str, Json]) -> dict[str, Json]:
        path = tag.expression.path if isinstance(tag.expression, Name) else ()
        loops = {**scope.get("loop_vars", {}), javascript.text(path[-1] if path else ""): item}
        return {**scope, "loop_var": item, "loop_index": index + 1, "loop_vars": loops}

    def is_true(self, value: Json) -> bool:
        """As in Lua: 0, "" and empty lists are true."""
        return value is not None and value is not False

    def equal(self, first: Json, second: Json) -> bool:
        return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)

    def written(self, value: Json, tag: Tag) -> str:
        if javascript.is_list(value) or isinstance(value, Mapping):
            raise EvaluationFailed
        text = f"{value:.14g}" if isinstance(value, float) else javascript.text(value)
        if tag.is_raw:
            return text
        if tag.end in self._in_urls:
            return quote(text, safe="", errors="replace")
        return text.translate(_ESCAPES) if self._is_html else text


def _tag(tag: re.Match[str]) -> Tag:
    source, end, code = tag.group(), tag.end(), tag["code"]
    statement = None if tag["raw"] else _STATEMENT.match(code)
    try:
        if statement is None:
            return Tag("field", source, end, read(code), is_raw=bool(tag["raw"]))
        kind, rest = statement["kind"], statement["rest"]
        if kind in {"else", "end"}:
            return Tag("code" if rest.strip() else kind, source, end)
        return Tag(_KINDS.get(kind, kind), source, end, read(rest))
    except InvalidSyntax:
        return Tag("code", source, end)
