"""Cuts templates with `{{ fields }}` and `{% tags %}` into pieces, and finds the tags that can't be run.

Liquid, Django and Jinja reject a whole template because of one tag that they don't know. Here such a tag becomes text,
and the rest of the template is still rendered. Everything takes time linear in the length of the template.
"""

import re
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

#: No sender's tag is longer. Libraries read their code with expressions that take quadratic time.
MAX_CODE = 5_000
MAX_DEPTH = 30
#: A text in quotes within code, which may escape its quotes.
QUOTED = re.compile(r"(\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+')", re.DOTALL)
_MAX_BRACKETS = 50
_MAX_LISTED = 120

# A text in quotes that may hold the end of its tag. If it holds another tag or HTML, it is more likely that a quote is
# missing.
_QUOTED = r"\"[^\"\n<{]{0,2000}+\"|'[^'\n<{]{0,2000}+'"
# Braze's ${name} may stand before the closing braces: {{${name}}}.
_INNER = r"\$\{[^{}\n]{0,200}+\}"
_OPENING = re.compile(r"\{([{%#])")
_NAME = re.compile(r"#|\w++")


class Kind(Enum):
    """What a piece of a template is. `COMMENT` is dropped; `VERBATIM` is text that is not read as code."""

    TEXT = auto()
    FIELD = auto()
    TAG = auto()
    COMMENT = auto()
    VERBATIM = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a template: its text, the code within it, and whether it trims the text before and after it."""

    kind: Kind
    text: str
    start: int
    code: str = ""
    trims_before: bool = False
    trims_after: bool = False

    @property
    def end(self) -> int:
        """Where the next piece starts."""
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        """The name of a tag: its first word."""
        word = _NAME.match(self.code)
        return word[0] if word else ""

    @property
    def is_readable(self) -> bool:
        """Whether the code is short and plain enough for a library."""
        code = self.code
        return (
            len(code) <= MAX_CODE and max(code.count("("), code.count("["), code.count("{")) <= _MAX_BRACKETS
        )


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a language writes its pieces.

    `verbatim` and `ignored` are the tags whose contents are not code, and of those the ones whose contents are dropped;
    if it `nests`, they may hold others of their kind. With `lines`, a tag ends on its line; with `quotes`, its end does
    not count within quotes. `trims` are the marks that trim the text around a piece.
    """

    verbatim: frozenset[str]
    ignored: frozenset[str] = frozenset()
    nests: bool = False
    comments: bool = False
    lines: bool = False
    quotes: bool = True
    trims: frozenset[str] = frozenset("-")


@dataclass(frozen=True, slots=True)
class Block:
    """The tags of a block after its first: `end` closes it, `between` start branches, and `final` the last branch."""

    end: str
    between: frozenset[str] = frozenset()
    final: str = "else"
    inside: frozenset[str] = frozenset()  # tags that only work within this block


def cut(template: str, syntax: Syntax) -> list[Piece]:
    """The pieces of a template, in order. Together, their texts are the template."""
    return _Cutter(template, syntax).pieces()


class _Cutter:
    def __init__(self, template: str, syntax: Syntax) -> None:
        self._template = template
        self._syntax = syntax
        self._pieces: list[Piece] = []
        self._text_start = 0
        self._never: set[str] = set()  # endings that don't occur again
        self._ends = {
            "{": self._ending("{{", "}}"),
            "%": self._ending("{%", "%}"),
        }

    def _ending(self, opening: str, closing: str) -> re.Pattern[str]:
        character = "." if self._syntax.lines else r"[\s\S]"
        quoted = f"{_QUOTED}|" if self._syntax.quotes else ""
        return re.compile(
            rf"{re.escape(opening)}(?:{quoted}{_INNER}|(?!{re.escape(closing)}){character})*+{re.escape(closing)}"
        )

    def pieces(self) -> list[Piece]:
        position = 0
        while opening := _OPENING.search(self._template, position):
            position = self._piece(opening[1], opening.start()) or opening.start() + 1
        self._add_text(len(self._template))
        return self._pieces

    def _piece(self, mark: str, start: int) -> int | None:
        """Add the piece that starts here, and return its end; None if it is text."""
        end = self._end(mark, start)
        if end is None:
            return None
        text = self._template[start:end]
        if mark == "#":
            return self._add(Kind.COMMENT, start, end)
        code, before, after = self._code(text[2:-2])
        piece = Piece(Kind.TAG if mark == "%" else Kind.FIELD, text, start, code, before, after)
        if piece.kind is Kind.TAG and piece.name in self._syntax.verbatim and (last := self._verbatim(piece)):
            return last
        self._add_text(start)
        self._pieces.append(piece)
        self._text_start = end
        return end

    def _end(self, mark: str, start: int) -> int | None:
        closing = "}}" if mark == "{" else f"{mark}}}"
        if (mark == "#" and not self._syntax.comments) or closing in self._never:
            return None
        plain = self._template.find(closing, start + 2)
        if plain < 0:
            self._never.add(closing)
            return None
        if self._syntax.lines and "\n" in self._template[start:plain]:
            return None
        if mark == "#":
            return plain + 2
        inside = self._template[start + 2 : plain]
        if not any(character in inside for character in "\"'$"):
            return plain + 2
        # Quotes may hold closing braces. If they don't end soon, they are just text.
        match = self._ends[mark].match(self._template, start, plain + MAX_CODE)
        return match.end() if match else plain + 2

    def _code(self, code: str) -> tuple[str, bool, bool]:
        start = 1 if code[:1] in self._syntax.trims else 0
        end = len(code) - 1 if len(code) > start and code[-1] in self._syntax.trims else len(code)
        return code[start:end].strip(), code[:start] == "-", code[end:] == "-"

    def _verbatim(self, opening: Piece) -> int | None:
        """Add the contents of a tag that is not code; None if the tag does not end."""
        name = opening.name
        argument = opening.code[len(name) :].strip()
        last = re.escape(f"end{name} {argument}" if argument and name == "verbatim" else f"end{name}")
        if last in self._never or not opening.is_readable:
            return None
        first = rf"|(?P<first>{name})\b[^%]*" if self._syntax.nests and name in self._syntax.ignored else ""
        tags = re.compile(rf"\{{%[-+]?\s*+(?:{last}\s*+(?P<trim>[-+]?){first})%\}}")
        depth = 1
        for tag in tags.finditer(self._template, opening.end):
            depth += 1 if first and tag["first"] else -1
            if depth == 0:
                kind = Kind.COMMENT if name in self._syntax.ignored else Kind.VERBATIM
                code = self._template[opening.end : tag.start()]
                trims_after = tag["trim"] == "-" and bool(self._syntax.trims)
                return self._add(kind, opening.start, tag.end(), code, opening.trims_before, trims_after)
        self._never.add(last)
        return None

    def _add(
        self, kind: Kind, start: int, end: int, code: str = "", before: bool = False, after: bool = False
    ) -> int:
        self._add_text(start)
        self._pieces.append(Piece(kind, self._template[start:end], start, code, before, after))
        self._text_start = end
        return end

    def _add_text(self, end: int) -> None:
        if end > self._text_start:
            text = self._template[self._text_start : end]
            self._pieces.append(Piece(Kind.TEXT, text, self._text_start))


@dataclass(frozen=True, slots=True)
class Structure:
    """Which pieces of a template are text because they can't be run, and where each block ends."""

    unsound: set[int] = field(default_factory=set)
    ends: dict[int, int] = field(
        default_factory=dict
    )  # by the start of a block's first tag: the end of its last


def structure(
    pieces: Sequence[Piece], blocks: Mapping[str, Block], is_sound: Callable[[Piece, str | None], bool]
) -> Structure:
    """Find the pieces that can't be run: those that are not sound, and tags of blocks that are not complete.

    `is_sound` looks at one piece on its own; for a tag between branches it is given the block's name. A block with one
    unsound tag loses all its tags and keeps its contents.
    """
    builder = _Builder(pieces, blocks, is_sound)
    for index, piece in enumerate(pieces):
        if piece.kind is Kind.TAG:
            builder.add_tag(index)
        elif piece.kind is Kind.FIELD and not is_sound(piece, None):
            builder.layout.unsound.add(index)
    builder.close(0)
    builder.check_places()
    return builder.layout


@dataclass(slots=True)
class _Open:
    """A block whose last tag is still to come: its tags so far."""

    name: str
    block: Block
    tags: list[int]
    is_sound: bool
    is_final: bool = False


class _Builder:
    def __init__(
        self,
        pieces: Sequence[Piece],
        blocks: Mapping[str, Block],
        is_sound: Callable[[Piece, str | None], bool],
    ) -> None:
        self.layout = Structure()
        self._pieces = pieces
        self._blocks = blocks
        self._is_sound = is_sound
        self._open: list[_Open] = []
        self._depths = Counter[str]()  # how many blocks of each name are open
        self._ends = {block.end for block in blocks.values()}
        self._between = {name for block in blocks.values() for name in block.between}

    def add_tag(self, index: int) -> None:
        piece = self._pieces[index]
        name = piece.name
        if name in self._blocks:
            sound = len(self._open) < MAX_DEPTH and self._is_sound(piece, None)
            self._open.append(_Open(name, self._blocks[name], [index], sound))
            self._depths[name] += 1
        elif name in self._ends:
            self._end(index, name)
        elif name in self._between:
            self._branch(index, name)
        elif not self._is_sound(piece, None):
            self.layout.unsound.add(index)

    def close(self, depth: int) -> None:
        """Give up the open blocks from a depth on: they don't end."""
        for block in self._open[depth:]:
            self.layout.unsound.update(block.tags)
            self._depths[block.name] -= 1
        del self._open[depth:]

    def check_places(self) -> None:
        """Give up the tags that need a block around them and have none that is run, once all blocks are known."""
        placed = frozenset().union(*(block.inside for block in self._blocks.values()))
        around: list[tuple[int, frozenset[str]]] = []  # where each block ends, and the tags that need it
        for index, piece in enumerate(self._pieces):
            if piece.kind is not Kind.TAG:
                continue
            while around and around[-1][0] <= piece.start:
                around.pop()
            if piece.start in self.layout.ends:
                around.append((self.layout.ends[piece.start], self._blocks[piece.name].inside))
            elif piece.name in placed and not any(piece.name in inside for _, inside in around):
                self.layout.unsound.add(index)

    def _end(self, index: int, name: str) -> None:
        if not any(self._depths[block] for block, tags in self._blocks.items() if tags.end == name):
            self.layout.unsound.add(index)
            return
        depth = len(self._open) - 1
        while self._open[depth].block.end != name:
            depth -= 1
        self.close(depth + 1)
        block = self._open.pop()
        self._depths[block.name] -= 1
        if block.is_sound:
            self.layout.ends[self._pieces[block.tags[0]].start] = self._pieces[index].end
        else:
            self.layout.unsound.update((*block.tags, index))

    def _branch(self, index: int, name: str) -> None:
        block = self._open[-1] if self._open else None
        if block is None or name not in block.block.between or block.is_final:
            self.layout.unsound.add(index)
            return
        block.tags.append(index)
        block.is_final = name == block.block.final
        block.is_sound &= block.is_final or self._is_sound(self._pieces[index], block.name)


def trimmed(pieces: Sequence[Piece], index: int, unsound: Container[int]) -> str:
    """What is written for a piece that is not code: its text, without what its neighbours trim."""
    piece = pieces[index]
    text = {Kind.TEXT: piece.text, Kind.VERBATIM: piece.code}.get(piece.kind, "")
    if index and pieces[index - 1].trims_after and index - 1 not in unsound:
        text = text.lstrip()
    if index + 1 < len(pieces) and pieces[index + 1].trims_before and index + 1 not in unsound:
        text = text.rstrip()
    return text


def outside_quotes(code: str, change: Callable[[str], str]) -> str:
    """Code, with a change made to everything that is not in quotes."""
    parts = QUOTED.split(code)
    parts[::2] = map(change, parts[::2])
    return "".join(parts)


def with_words(code: str) -> str:
    """Code that has `and`, `or` and `not` instead of Go's and Java's signs for them."""
    return re.sub(r"!(?!=)", " not ", code.replace("&&", " and ").replace("||", " or "))


def listed(code: str) -> str:
    """Template code as it is listed: on one line, and not too long."""
    code = " ".join(code[: 2 * _MAX_LISTED].split())
    return code if len(code) <= _MAX_LISTED else f"{code[: _MAX_LISTED - 1]}…"
