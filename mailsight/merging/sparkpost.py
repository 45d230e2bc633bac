"""SparkPost's template language: https://developers.sparkpost.com/api/template-language/ (2026-11)."""

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from . import javascript
from .failures import EvaluationFailed, InvalidSyntax
from .lines import LINE, without_tag_lines
from .operators import Name, read
from .rendering import Rendered
from .statements import Tag, Template, at_path
from .values import Json, Missing, Values

_TAG = re.compile(r"\{\{(?P<raw>\{)?(?P<code>[^{}]{0,1000}+)\}\}(?(raw)\})")
_STATEMENT = re.compile(r"\s*+(?P<kind>if|elseif|else|end|each)\b(?P<rest>.*?)(?:\bthen)?\s*\Z", re.DOTALL)
_SILENT = frozenset({"if", "else if", "else", "for", "end"})
_KINDS = {"elseif": "else if", "each": "for"}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "/": "&#x2F;"})
_URL_BREAK = re.compile(r"[\s\"'<>]")


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Renders a template, as `rendering.Renderer` says."""
    tags = without_tag_lines(_tags(template), _SILENT)
    return Template(template, values, _SparkPost(is_html=is_html)).rendered(tags)


class _SparkPost:
    functions: Mapping[str, Callable[..., Json]] = {
        "empty": lambda value: not value,
        "opening_double_curly": lambda: "{{",
        "closing_double_curly": lambda: "}}",
        "opening_triple_curly": lambda: "{{{",
        "closing_triple_curly": lambda: "}}}",
    }

    def __init__(self, *, is_html: bool) -> None:
        self._is_html = is_html

    def named(self, path: tuple[Json, ...], values: Values, scope: Mapping[str, Json]) -> Json | Missing:
        names = [str(part - 1) if isinstance(part, int) else javascript.text(part) for part in path]
        return at_path(names, values, scope)

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
        if tag.is_in_url:
            return quote(text, safe="", errors="replace")
        return text.translate(_ESCAPES) if self._is_html else text


def _tags(template: str) -> Iterator[Tag]:
    at, in_url = 0, False
    for tag in _TAG.finditer(template):
        *broken, last = _URL_BREAK.split(template[at : tag.start()])
        in_url = "http://" in last or "https://" in last or (in_url and not broken)
        yield from _texts(template, at, tag.start())
        yield _tag(tag, in_url=in_url)
        at = tag.end()
    yield from _texts(template, at, len(template))


def _texts(template: str, start: int, end: int) -> Iterator[Tag]:
    for line in LINE.finditer(template, start, end):
        yield Tag("text", line.group(), line.end())


def _tag(tag: re.Match[str], *, in_url: bool) -> Tag:
    source, end, code = tag.group(), tag.end(), tag["code"]
    statement = None if tag["raw"] else _STATEMENT.match(code)
    try:
        if statement is None:
            return Tag("field", source, end, read(code), is_raw=bool(tag["raw"]), is_in_url=in_url)
        kind, rest = statement["kind"], statement["rest"]
        if kind in {"else", "end"}:
            return Tag("code" if rest.strip() else kind, source, end)
        return Tag(_KINDS.get(kind, kind), source, end, read(rest))
    except InvalidSyntax:
        return Tag("code", source, end)
