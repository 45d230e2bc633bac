"""Django's templates, as Klaviyo and Brevo write them, rendered by Django.

What Django refuses or lacks is left in the text: see `pieces.structure`. Its engine has no loaders here, and only the
tags that need nothing but the template and its values.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache, partial

from django.template import Engine, Template
from django.template.base import Token, TokenType

from mailsight.merging.pieces import (
    Block,
    Kind,
    Piece,
    Syntax,
    cut,
    listed,
    outside_quotes,
    structure,
    with_words,
)
from mailsight.merging.rendering import Rendered
from mailsight.merging.values import Values

from .engine import FAILURES, LITERAL, Context, Parser
from .settings import configure

_SYNTAX = Syntax(
    verbatim=frozenset({"verbatim", "comment"}),
    ignored=frozenset({"comment"}),
    comments=True,
    lines=True,
    quotes=False,
    trims=frozenset(),
)
_BLOCKS = {
    "if": Block("endif", frozenset({"elif", "else"})),
    "for": Block("endfor", frozenset({"empty"}), final="empty"),
    "ifchanged": Block("endifchanged", frozenset({"else"})),
    "with": Block("endwith"),
    "autoescape": Block("endautoescape"),
    "filter": Block("endfilter"),
    "spaceless": Block("endspaceless"),
}
_NAMED = re.compile(r"\Acycle\b.*\bas\s++(\w++)", re.DOTALL)
_SPACED = re.compile(r"\s*+(?<![|&])([|:])(?!\|)\s*+")


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Render a template, as `rendering.Renderer` says."""
    configure()
    pieces = cut(template, _SYNTAX)
    cycles = frozenset(
        name for piece in pieces if piece.kind is Kind.TAG for name in _NAMED.findall(piece.code)
    )
    layout = structure(pieces, _BLOCKS, partial(_is_sound, cycles))
    try:
        nodes = Parser(_tokens(pieces, layout.unsound), template, layout.ends).parse()
    except FAILURES:  # a tag that depends on one before it
        return Rendered(template, unsupported=(listed(template),))
    context = Context(values, autoescape=is_html)
    written: list[str] = []
    with context.bind_template(_empty()):
        for node in nodes:
            try:
                written.append(node.render_annotated(context))
            except (MemoryError, *FAILURES):
                # It takes too much: what was not written yet is left as it is.
                rest = template[node.token.position[0] :]
                context.notes.unsupported[listed(rest)] = None
                written.append(rest)
                break
    return context.notes.rendered("".join(written))


@cache
def _empty() -> Template:
    return Template("", engine=Engine(loaders=[]))


def _tokens(pieces: Sequence[Piece], unsound: set[int]) -> Iterator[Token]:
    for index, piece in enumerate(pieces):
        place = (piece.start, piece.end)
        if index in unsound:
            yield Token(TokenType.BLOCK, LITERAL, place, 1)
        elif piece.kind is Kind.TEXT:
            yield Token(TokenType.TEXT, piece.text, place, 1)
        elif piece.kind is Kind.VERBATIM:
            yield Token(TokenType.TEXT, piece.code, place, 1)
        elif piece.kind is not Kind.COMMENT:
            yield _code(piece, place)


def _code(piece: Piece, place: tuple[int, int]) -> Token:
    kind = TokenType.VAR if piece.kind is Kind.FIELD else TokenType.BLOCK
    return Token(kind, _plain(piece.code, is_condition=piece.name in ("if", "elif")), place, 1)


def _plain(code: str, *, is_condition: bool) -> str:
    """The code as Django reads it: Brevo allows spaces around the signs of filters, and Go's signs in conditions."""

    def plain(part: str) -> str:
        part = _SPACED.sub(r"\1", part)
        return with_words(part) if is_condition else part

    return outside_quotes(code, plain)


def _is_sound(cycles: frozenset[str], piece: Piece, block: str | None) -> bool:
    """Whether the tag or field can be run; for a tag between branches, in which block."""
    return piece.is_readable and _can_run(piece.kind, piece.code, block, cycles)


@lru_cache(maxsize=1_000)
def _can_run(kind: Kind, code: str, block: str | None, cycles: frozenset[str]) -> bool:
    piece = Piece(kind, "", 0, code)
    place = (0, 0)
    tokens = [Token(TokenType.BLOCK, f"cycle a b as {name}", place, 1) for name in cycles]
    if block:
        tokens.append(Token(TokenType.BLOCK, f"{block} a", place, 1))
    tokens.append(_code(piece, place))
    if end := _BLOCKS.get(block or piece.name if kind is Kind.TAG else ""):
        tokens.append(Token(TokenType.BLOCK, end.end, place, 1))
    try:
        Parser(tokens, "", {}).parse()
    except FAILURES:
        return False
    return True
