"""Liquid, as Braze, Customer.io, Shopify, Bento and others write it, rendered by python-liquid.

What python-liquid refuses or lacks is left in the text: see `pieces.structure`. Where Shopify's own Liquid and LiquidJS
differ in white space only, this follows LiquidJS, which keeps it.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from io import StringIO

from liquid import BoundTemplate, Token, TokenStream
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.exceptions import LiquidInterrupt
from liquid.expression import Expression
from liquid.token import TOKEN_CONTENT, TOKEN_EXPRESSION, TOKEN_OUTPUT, TOKEN_TAG

from mailsight.merging.pieces import Block, Kind, Piece, Syntax, cut, structure, trimmed
from mailsight.merging.rendering import Rendered
from mailsight.merging.values import Values

from .context import Context
from .engine import FAILURES, LITERAL, Stream, environment, expressions, node_at

_SYNTAX = Syntax(
    verbatim=frozenset({"raw", "comment", "doc"}), ignored=frozenset({"comment", "doc"}), nests=True
)
_BRANCHES = frozenset({"elsif", "else"})
_JUMPS = frozenset({"break", "continue"})
_BLOCKS = {
    "if": Block("endif", _BRANCHES),
    "unless": Block("endunless", _BRANCHES),
    "case": Block("endcase", frozenset({"when", "else"}), final=""),  # each branch that fits is written
    "for": Block("endfor", frozenset({"else"}), inside=_JUMPS),
    "tablerow": Block("endtablerow", inside=_JUMPS),
    "capture": Block("endcapture"),
    "ifchanged": Block("endifchanged"),
}
# Customer.io's tags that write a value: https://docs.customer.io/journeys/liquid-tag-list/ (2026-11-26).
_FIELD_TAGS = frozenset(
    {"unsubscribe_url", "view_in_browser_url", "manage_subscription_preferences_url", "track_url"}
)
# Contents that the sender keeps elsewhere: Braze's content blocks, Customer.io's snippets.
_ELSEWHERE = frozenset({"content_blocks", "snippets"})

# Braze: {{custom_attribute.${name}}}, and {% if {{custom_attribute.${name}}} == 'x' %}.
_BRAZE_NAME = re.compile(r"\.?\$\{\s*+([^{}\"]{1,200}?)\s*+\}")
_BRACES = re.compile(r"\{{2,}|\}{2,}")
_ASSIGNED = re.compile(r"\b(?:assign|capture)\s++([\w-]++)")


def render(
    template: str,
    values: Values,
    *,
    is_html: bool,  # noqa: ARG001  # Liquid escapes nothing
    is_javascript: bool = False,
) -> Rendered:
    """Render a template, as `rendering.Renderer` says, by Shopify's Liquid or by LiquidJS."""
    pieces = cut(template, _SYNTAX)
    layout = structure(pieces, _BLOCKS, _is_sound)
    ends = {piece.start: piece.end for piece in pieces if piece.kind is Kind.TAG} | layout.ends
    stream = Stream(_tokens(template, pieces, layout.unsound), template, ends)
    bound = BoundTemplate(environment(is_javascript=is_javascript), [])
    context = Context(bound, values, _assigned(pieces), is_javascript=is_javascript)
    buffer = context.get_buffer()
    while stream.current is not stream.eof:
        token, written = stream.current, buffer.tell()
        try:
            _render_next(stream, context, buffer)
        except (MemoryError, *FAILURES):
            # It takes too much: what was not written yet is left as it is.
            rest = template[token.start_index :]
            context.take_back(buffer, written, stream.source(token) or rest)
            return context.rendered(buffer.getvalue() + rest)
        next(stream)
    return context.rendered(buffer.getvalue())


def _render_next(stream: Stream, context: Context, buffer: StringIO) -> None:
    token, written = stream.current, buffer.tell()
    try:
        node_at(stream).render(context, buffer)
    except LiquidInterrupt:  # {% break %} outside its loop, such as after the loop's {% else %}
        source = stream.source(token)
        context.take_back(buffer, written, source)
        buffer.write(source)


def _tokens(template: str, pieces: Sequence[Piece], unsound: set[int]) -> Iterator[Token]:
    for index, piece in enumerate(pieces):
        if piece.kind is Kind.TEXT:
            if content := trimmed(pieces, index, unsound):
                yield Token(TOKEN_CONTENT, content, piece.start, template)
        elif piece.kind is Kind.VERBATIM and piece.code:
            yield Token(TOKEN_CONTENT, piece.code, piece.start, template)
        elif index in unsound:
            yield Token(TOKEN_TAG, LITERAL, piece.start, template)
            yield Token(TOKEN_EXPRESSION, piece.text, piece.start, template)
        else:
            yield from _code(piece, template)


def _assigned(pieces: Sequence[Piece]) -> frozenset[str]:
    """The names that the template gives values to."""
    tags = (piece.code for piece in pieces if piece.kind is Kind.TAG)
    return frozenset(name for code in tags for name in _ASSIGNED.findall(code))


def _code(piece: Piece, template: str) -> Iterator[Token]:
    """The tokens of a field or tag."""
    if piece.kind is Kind.FIELD or piece.name in _FIELD_TAGS:
        yield Token(TOKEN_OUTPUT, piece.text, piece.start, template)
        code = piece.code if piece.kind is Kind.FIELD else piece.name
        yield Token(TOKEN_EXPRESSION, _BRAZE_NAME.sub(r'["\1"]', code), piece.start, template)
    elif piece.kind is Kind.TAG:
        yield Token(TOKEN_TAG, piece.name, piece.start, template)
        if arguments := piece.code[len(piece.name) :].strip():
            arguments = _BRACES.sub(" ", _BRAZE_NAME.sub(r'["\1"]', arguments))
            yield Token(TOKEN_EXPRESSION, arguments, piece.start, template)


def _is_sound(piece: Piece, block: str | None) -> bool:
    """Whether the tag or field can be run; for a tag between branches, in which block."""
    return piece.is_readable and _can_run(piece.kind, piece.code, block)


@lru_cache(maxsize=1_000)
def _can_run(kind: Kind, code: str, block: str | None) -> bool:
    piece = Piece(kind, "", 0, code)
    if kind is Kind.TAG and piece.name in _SYNTAX.verbatim:
        return False
    tokens = list(_code(piece, ""))
    if block:
        tokens = [_tag(block), Token(TOKEN_EXPRESSION, "true", 0, ""), *tokens]
    if tokens[0].value in _BLOCKS:
        tokens.append(_tag(_BLOCKS[tokens[0].value].end))
    try:
        node = node_at(TokenStream(iter(tokens)))
    except FAILURES:
        return False
    return all(_is_known(expression) for expression in expressions(node))


def _tag(name: str) -> Token:
    return Token(TOKEN_TAG, name, 0, "")


def _is_known(expression: Expression) -> bool:
    """Whether the filters of an expression are known, and its values may be."""
    if isinstance(expression, FilteredExpression):
        return all(applied.name in environment().filters for applied in expression.filters or ())
    return not isinstance(expression, Path) or str(expression.head()) not in _ELSEWHERE
