"""HubL, HubSpot's dialect of Jinja.

Jinja parses it; what it refuses, and what is not known here, such as HubSpot's modules, is left in the text: see
`pieces.structure`. The tree is run here (`engine`): Jinja would compile it to Python code.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from jinja2 import nodes

from mailsight.merging.pieces import (
    QUOTED,
    Block,
    Kind,
    Piece,
    Syntax,
    cut,
    listed,
    outside_quotes,
    structure,
    trimmed,
    with_words,
)
from mailsight.merging.rendering import Rendered
from mailsight.merging.values import Values

from .engine import Run
from .expressions import FAILURES, environment
from .filters import FILTERS, TESTS

_SYNTAX = Syntax(verbatim=frozenset({"raw"}), comments=True, trims=frozenset("-+"))
_BRANCHES = frozenset({"elif", "else"})
_JUMPS = frozenset({"break", "continue"})
_BLOCKS = {
    "if": Block("endif", _BRANCHES),
    "unless": Block("endunless", frozenset({"else"})),
    "for": Block("endfor", frozenset({"else"}), inside=_JUMPS),
    "macro": Block("endmacro"),
    "filter": Block("endfilter"),
    "with": Block("endwith"),
    "set_block": Block("endset"),
    "call": Block("endcall"),
    "block": Block("endblock"),
    "ifchanged": Block("endifchanged"),
}
_TAGS = _JUMPS | _BLOCKS.keys() | {"elif", "else", "set", "do"}
# HubL's tags that Jinja has under another name.
_OF_JINJA = {"set_block": "set", "endunless": "endif", "endifchanged": "endif"}
_OPENINGS = {"if": "if a", "unless": "if a", "for": "for a in b"}
_CHOICE = re.compile(r"([^?:|{}]{1,500}+)\?([^?:{}]{1,500}+):([^?:{}]{1,500}+)")  # condition ? first : second
_TEXT = "{{ 0 }}"  # stands for a piece that is text


def render(template: str, values: Values, *, is_html: bool) -> Rendered:  # noqa: ARG001  # HubL escapes nothing
    """Render a template, as `rendering.Renderer` says."""
    pieces = [_distinct(piece) for piece in cut(template, _SYNTAX)]
    layout = structure(pieces, _BLOCKS, _is_sound)
    texts = [_text(pieces, index, layout.unsound) for index in range(len(pieces))]
    # Jinja reads one line for each piece. The first text of several in a row stands for all of them.
    source = "\n".join(
        _code(piece.kind, piece.code) if text is None else _TEXT if before is None else ""
        for piece, text, before in zip(pieces, texts, [None, *texts], strict=False)
    )
    try:
        body = environment().parse(source).body
    except FAILURES:
        return Rendered(template, unsupported=(listed(template),))
    run = Run(template, pieces, layout, texts, values)
    return run.notes.rendered(run.run(body))


def _distinct(piece: Piece) -> Piece:
    """Tells {% set x %}...{% endset %} from {% set x = ... %}; makes {% print x %} and {% cycle x %} fields."""
    if piece.kind is Kind.TAG and piece.name == "print":
        return replace(piece, kind=Kind.FIELD, code=piece.code[5:].strip())
    if piece.kind is Kind.TAG and piece.name == "cycle":
        return replace(piece, kind=Kind.FIELD, code=f"loop.cycle({piece.code[5:].strip()})")
    if piece.kind is Kind.TAG and piece.name == "set" and "=" not in piece.code:
        return replace(piece, code=f"set_block {piece.code[3:].strip()}")
    return piece


def _text(pieces: Sequence[Piece], index: int, unsound: set[int]) -> str | None:
    """What is written for a piece that is not run; None if it is run."""
    if index in unsound:
        return pieces[index].text
    return None if pieces[index].kind in (Kind.FIELD, Kind.TAG) else trimmed(pieces, index, unsound)


def _code(kind: Kind, code: str) -> str:
    """A piece as Jinja reads it, on one line."""
    code = QUOTED.sub(lambda quoted: quoted[0].replace("\r", "\\r").replace("\n", "\\n"), code)
    code = _with_jinjas_words(" ".join(code.splitlines()))
    if kind is Kind.FIELD:
        return f"{{{{ {code} }}}}"
    name, _, rest = code.partition(" ")
    if name == "unless":
        return f"{{% if not ({rest}) %}}"
    if name == "ifchanged":
        return f"{{% if loop.changed({rest}) %}}"
    if name in ("block", "endblock"):  # written in its place, whatever its name
        return f"{{% {name} b %}}"
    return f"{{% {_OF_JINJA.get(name, name)} {rest} %}}"


def _with_jinjas_words(code: str) -> str:
    """The code with Jinja's own words for HubL's signs."""
    code = outside_quotes(code, with_words)
    choice = _CHOICE.fullmatch(QUOTED.sub(lambda quoted: "_" * len(quoted[0]), code))
    if choice is None:
        return code
    condition, first, second = (code[slice(*choice.span(group))] for group in (1, 2, 3))
    return f"({first}) if ({condition}) else ({second})"


def _is_sound(piece: Piece, block: str | None) -> bool:
    """Whether the tag or field can be run; for a tag between branches, in which block."""
    return piece.is_readable and _can_run(piece.kind, piece.code, block)


@lru_cache(maxsize=1_000)
def _can_run(kind: Kind, code: str, block: str | None) -> bool:
    piece = Piece(kind, "", 0, code)
    if kind is Kind.TAG and piece.name not in _TAGS:
        return False
    source = _code(kind, code)
    if block:
        source = f"{{% {_OPENINGS[block]} %}}{source}"
    if end := _BLOCKS.get(block or piece.name if kind is Kind.TAG else ""):
        source += _code(Kind.TAG, end.end)
    try:
        return all(map(_is_known, environment().parse(source).find_all((nodes.Filter, nodes.Test))))
    except FAILURES:
        return False


def _is_known(node: nodes.Node) -> bool:
    return node.name in FILTERS if isinstance(node, nodes.Filter) else getattr(node, "name", "") in TESTS
