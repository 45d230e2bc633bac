"""Reads Handlebars templates, as handlebars.js 4.7 does, except that broken tags are kept instead of refused."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from mailsight.merging.failures import InvalidSyntax

from .tags import CLOSE, CLOSING, ID, MAX_DEPTH, MAX_TAG_LENGTH, SPACE, Tokens
from .tree import Block, Body, Branch, Call, Else, Literal, Partial, Path, Raw, Strip, Tag, Text

_OPENING = re.compile(
    rf"""\{{\{{(?:
      (?P<raw_block>\{{\{{(?!/))
    | (?P<left>~?)(?:
        (?P<partial>>)
      | (?P<partial_block>\#>)
      | (?P<decorator>\#\*)
      | (?P<block>\#)
      | (?P<close>/)
      | (?P<otherwise>(?:\^|[{SPACE}]*else)[{SPACE}]*(?P<otherwise_right>~?)\}}\}})
      | (?P<inverted>\^)
      | (?P<chain>[{SPACE}]*else(?:\b|(?=if\b)))
      | (?P<unescaped>\{{)
      | (?P<ampersand>&)
      | (?P<comment>!)
      | (?P<inline>\*)
      | (?P<field>)
      ))""",
    re.VERBOSE,
)
_DASHED_END = re.compile(r"--(?P<right>~?)\}\}")
_RAW_END = re.compile(rf"\{{\{{\{{\{{/({ID})\}}\}}\}}\}}")


@dataclass(frozen=True, slots=True)
class _Opening:
    """A tag that opens a block or a further branch of it; without a call, the last one."""

    source: str
    end: int
    strip: Strip
    call: Call | None


@dataclass(slots=True)
class _Open:
    """A block that is not closed yet: its tags, each with what follows it."""

    kind: str
    name: str
    parts: list[tuple[_Opening, Body]]

    @property
    def is_at_end(self) -> bool:
        """Whether no other branch may follow."""
        return self.kind in {"decorator", "partial_block"} or self.parts[-1][0].call is None


class Parser:
    """Reads a template. A tag that can't be read, or whose block is incomplete, stays in the text."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._open: list[_Open] = []
        self._root = Body()
        self._too_deep: list[str] = []
        self._count: dict[str, int] = {}
        self._has_ends = {"--": True, "}}": True}

    def parse(self) -> Body:
        at, template = 0, self._template
        while (start := template.find("{{", at)) >= 0:
            if template.endswith("\\", at, start):
                is_text = not template.endswith("\\\\", at, start)
                self._text(at, start - 1)
                at = self._escaped(start) if is_text else self._tag(start)
            else:
                self._text(at, start)
                at = self._tag(start)
        self._text(at, len(template))
        while self._open:
            self._give_up()
        return self._root

    @property
    def _body(self) -> Body:
        return self._open[-1].parts[-1][1] if self._open else self._root

    def _text(self, start: int, end: int) -> None:
        if end > start:
            self._body.nodes.append(Text(self._template[start:end], end=end))

    def _escaped(self, start: int) -> int:
        r"""Reads a text that starts with \{{."""
        end = self._template.find("{{", start + 2)
        if end < 0:
            end = len(self._template)
        elif self._template.endswith("\\", start + 2, end):
            end -= 2 if self._template.endswith("\\\\", start + 2, end) else 1
        self._text(start, end)
        return end

    def _tag(self, start: int) -> int:
        """Reads a tag. Returns where it ends."""
        opening = _OPENING.match(self._template, start)
        if opening is not None:
            kind = next(kind for kind in self._READERS if opening[kind] is not None)
            with suppress(InvalidSyntax):
                return self._READERS[kind](self, opening, kind)
        end = self._end_of_broken(start)
        self._body.nodes.append(Tag(self._template[start:end], end))
        return end

    def _end_of_broken(self, start: int) -> int:
        """The end of the smallest piece that can't be read: all of the tag, or what opens it."""
        limit = start + MAX_TAG_LENGTH
        end = self._template.find("}}", start + 2, limit)
        inside = start + 3 if self._template.startswith("{{{", start) else start + 2
        if end < 0 or self._template.find("{{", inside, end) >= 0:
            return inside
        is_triple = inside == start + 3 and self._template.startswith("}}}", end)
        return end + 3 if is_triple else end + 2

    def _tokens(self, opening: re.Match[str], kind: str) -> tuple[Call, Strip, int]:
        tokens = Tokens(self._template, opening.end(), CLOSING.get(kind, CLOSE))
        call = tokens.call()
        if tokens.peek().kind != "end":
            raise InvalidSyntax
        return call, Strip(bool(opening["left"]), tokens.right), tokens.end

    def _comment(self, opening: re.Match[str], _: str) -> int:
        start, at = opening.start(), opening.end()
        mark = "--" if self._template.startswith("--", at) else "}}"
        ending = _DASHED_END if mark == "--" else CLOSE
        end = ending.search(self._template, at) if self._has_ends[mark] else None
        if end is None:
            self._has_ends[mark] = False
            raise InvalidSyntax
        strip = Strip(bool(opening["left"]), self._template[end.end() - 3] == "~")
        self._body.nodes.append(
            Tag(self._template[start : end.end()], end.end(), strip=strip, is_comment=True)
        )
        return end.end()

    def _field(self, opening: re.Match[str], kind: str) -> int:
        call, strip, end = self._tokens(opening, kind)
        if call.block_names or kind == "inline":
            raise InvalidSyntax
        source = self._template[opening.start() : end]
        self._body.nodes.append(Tag(source, end, strip, call, is_raw=kind != "field"))
        return end

    def _partial(self, opening: re.Match[str], kind: str) -> int:
        call, strip, end = self._tokens(opening, kind)
        if call.block_names or len(call.arguments) > 1:
            raise InvalidSyntax
        self._body.nodes.append(Partial(self._template[opening.start() : end], end, strip, call))
        return end

    def _raw_block(self, opening: re.Match[str], kind: str) -> int:
        call, _, end = self._tokens(opening, kind)
        closings = self._raw_ends.get(call.callee.original, [])
        closing = bisect_left(closings, (end, end))
        if closing == len(closings) or not isinstance(call.callee, Path):
            raise InvalidSyntax
        text_end, all_end = closings[closing]
        self._body.nodes.append(
            Raw(self._template[opening.start() : all_end], all_end, self._template[end:text_end])
        )
        return all_end

    @cached_property
    def _raw_ends(self) -> Mapping[str, list[tuple[int, int]]]:
        ends: dict[str, list[tuple[int, int]]] = {}
        for end in _RAW_END.finditer(self._template):
            ends.setdefault(end[1], []).append(end.span())
        return ends

    def _block(self, opening: re.Match[str], kind: str) -> int:
        call, strip, end = self._tokens(opening, kind)
        name = call.callee.original
        if kind == "decorator" and not (name == "inline" and len(call.arguments) == 1):
            raise InvalidSyntax
        if len(self._open) >= MAX_DEPTH:
            self._too_deep.append(name)
            raise InvalidSyntax
        self._count[name] = self._count.get(name, 0) + 1
        tag = _Opening(self._template[opening.start() : end], end, strip, call)
        self._open.append(_Open(kind, name, [(tag, Body())]))
        return end

    def _otherwise(self, opening: re.Match[str], _: str) -> int:
        strip = Strip(bool(opening["left"]), bool(opening["otherwise_right"]))
        return self._next_branch(opening.start(), opening.end(), strip, None)

    def _chain(self, opening: re.Match[str], kind: str) -> int:
        call, strip, end = self._tokens(opening, kind)
        return self._next_branch(opening.start(), end, strip, call)

    def _next_branch(self, start: int, end: int, strip: Strip, call: Call | None) -> int:
        if self._too_deep or not self._open or self._open[-1].is_at_end:
            raise InvalidSyntax
        block = self._open[-1]
        if call is not None and block.kind == "inverted":
            raise InvalidSyntax
        block.parts.append((_Opening(self._template[start:end], end, strip, call), Body()))
        return end

    def _close(self, opening: re.Match[str], kind: str) -> int:
        call, strip, end = self._tokens(opening, kind)
        name = call.callee.original
        if call.arguments or call.options or call.block_names:
            raise InvalidSyntax
        if self._too_deep and self._too_deep[-1] == name:
            self._too_deep.pop()
            raise InvalidSyntax
        if not self._count.get(name):
            raise InvalidSyntax
        while self._open[-1].name != name:
            self._give_up()
        block = self._open.pop()
        self._count[name] -= 1
        self._closed(block, strip, self._template[opening.start() : end], end)
        return end

    def _closed(self, block: _Open, strip: Strip, source: str, end: int) -> None:
        otherwise = None
        if block.parts[-1][0].call is None:
            tag, body = block.parts.pop()
            otherwise = Else(body, tag.source, tag.strip)
        branches = [
            Branch(tag.source, tag.strip, tag.call, body) for tag, body in block.parts if tag.call is not None
        ]
        first = branches[0]
        if block.kind == "inverted" and first.body is not None:
            # handlebars.js swaps the two for an inverted block.
            shown = first.body
            first.body = otherwise.body if otherwise else None
            otherwise = Else(shown, *((otherwise.source, otherwise.strip) if otherwise else ()))
        elif block.kind == "decorator" and first.body is not None:
            [name] = first.call.arguments
            if isinstance(name, Literal):
                self._body.partials[name.original] = first.body
        self._body.nodes.append(Block(block.kind, branches, otherwise, source, strip, end))

    def _give_up(self) -> None:
        """Treats the innermost block as text, since nothing closes it."""
        block = self._open.pop()
        self._count[block.name] -= 1
        body = self._body
        for tag, part in block.parts:
            body.nodes += [Tag(tag.source, tag.end), *part.nodes]
            body.partials |= part.partials

    _READERS: ClassVar[Mapping[str, Callable[["Parser", re.Match[str], str], int]]] = {
        "raw_block": _raw_block,
        "partial": _partial,
        "partial_block": _block,
        "decorator": _block,
        "block": _block,
        "close": _close,
        "otherwise": _otherwise,
        "inverted": _block,
        "chain": _chain,
        "unescaped": _field,
        "ampersand": _field,
        "comment": _comment,
        "inline": _field,
        "field": _field,
    }
