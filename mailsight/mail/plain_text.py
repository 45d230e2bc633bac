"""An e-mail's HTML as text, as mail programs that show no HTML write it."""

import re

from selectolax.lexbor import LexborNode

from .documents import parse
from .safety import DROPPED, web_address
from .values import words

_PARAGRAPHS = words("blockquote dl figure h1 h2 h3 h4 h5 h6 ol p pre table ul")
_LINES = words(
    "address article aside caption center dd details div dt fieldset figcaption footer form header hr legend li main"
    " nav section summary tbody tfoot thead tr"
)
_CELLS = words("td th")
_SKIPPED = DROPPED | words("head style title select textarea")
_HIDDEN = re.compile(r"(?:^|[;\s])display\s{0,9}:\s{0,9}none", re.IGNORECASE)
_MAX_STYLE = 2_000
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+"
)
_SPACE = re.compile(r"[ \t\n\r\f\xa0\u2000-\u200a\u202f\u3000]+")
_RULE = "-" * 40


def from_html(html: str) -> str:
    """The texts of the HTML in order, with the URL of each link after it and the alternative text of pictures."""
    writer = _Writer()
    root = parse(html).root
    todo: list[LexborNode | str] = [root] if root else []
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            writer.end(node)
        elif node.is_text_node:
            writer.text(node.text_content or "")
        elif node.is_element_node and not _is_skipped(node):
            todo.append(writer.start(node))
            todo += reversed(list(node.iter(include_text=True)))
    return writer.written()


def _is_skipped(node: LexborNode) -> bool:
    attributes = node.attributes
    style = (attributes.get("style") or "")[:_MAX_STYLE]
    return node.tag in _SKIPPED or "hidden" in attributes or bool(_HIDDEN.search(style))


class _Writer:
    """Writes text into lines. Line breaks before it are written with the next word, so none are written twice."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._breaks = 0
        self._space = False
        self._lists: list[int | None] = []
        self._links: list[tuple[str, int]] = []
        self._preformatted = 0

    def text(self, text: str) -> None:
        text = _INVISIBLE.sub("", text)
        if self._preformatted:
            self._write(text)
            return
        text = _SPACE.sub(" ", text)
        self._space = self._space or text.startswith(" ")
        if text.strip():
            self._write(text.strip())
            self._space = text.endswith(" ")

    def start(self, node: LexborNode) -> str:
        """Write what an element begins with. Returns its tag, for `end`."""
        tag, attributes = node.tag or "", node.attributes
        if tag == "br":
            self._breaks += 1
        elif tag == "hr":
            self._break(1)
            self._write(_RULE)
        elif tag == "img":
            self.text(attributes.get("alt") or "")
        elif tag == "a":
            self._links.append((web_address(attributes.get("href") or ""), len(self._parts)))
        elif tag in _CELLS:
            self._space = True
        self._start_block(tag)
        return tag

    def _start_block(self, tag: str) -> None:
        self._break_around(tag)
        if tag in ("ol", "ul"):
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            number = self._lists[-1] if self._lists else None
            self._write("*" if number is None else f"{number}.")
            self._space = True
            if self._lists and number is not None:
                self._lists[-1] = number + 1
        self._preformatted += tag == "pre"

    def end(self, tag: str) -> None:
        if tag == "a" and self._links:
            url, start = self._links.pop()
            label = "".join(self._parts[start:]).strip()
            if url and label.removesuffix("/") != url.removesuffix("/") and f"mailto:{label}" != url:
                self._space = bool(label)
                self._write(f"<{url}>")
        elif tag in ("ol", "ul") and self._lists:
            self._lists.pop()
        self._preformatted -= tag == "pre"
        self._break_around(tag)

    def _break_around(self, tag: str) -> None:
        is_inner_list = self._lists and tag in ("ol", "ul")
        self._break(2 if tag in _PARAGRAPHS and not is_inner_list else tag in _LINES)

    def _break(self, lines: int) -> None:
        self._breaks = max(self._breaks, lines)

    def _write(self, text: str) -> None:
        if self._parts and self._breaks:
            self._parts.append("\n" * min(self._breaks, 2))
        elif self._parts and self._space:
            self._parts.append(" ")
        self._parts.append(text)
        self._breaks, self._space = 0, False

    def written(self) -> str:
        return "".join(self._parts).strip("\n")
