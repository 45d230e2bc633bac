"""Templates are cut into pieces, and broken code is found without running it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging.pieces import MAX_DEPTH, Block, Kind, Piece, Syntax, cut, listed, structure

SYNTAX = Syntax(verbatim=frozenset({"raw", "note"}), ignored=frozenset({"note"}), comments=True)
BLOCKS = {"if": Block("endif", frozenset({"else"})), "each": Block("end", inside=frozenset({"stop"}))}


def pieces(template: str, syntax: Syntax = SYNTAX) -> list[tuple[str, str]]:
    return [(piece.kind.name, piece.code or piece.text) for piece in cut(template, syntax)]


def unsound(template: str) -> list[str]:
    cut_pieces = cut(template, SYNTAX)
    return [cut_pieces[index].text for index in sorted(structure(cut_pieces, BLOCKS, _is_sound).unsound)]


def _is_sound(piece: Piece, _block: str | None) -> bool:
    return "bad" not in piece.code


def test_a_template_is_cut_into_pieces() -> None:
    assert pieces("a{{ b }}{%- if c -%}{# d #}{% raw %}{{ e }}{% endraw %}{% note %}f{% endnote %}") == [
        ("TEXT", "a"),
        ("FIELD", "b"),
        ("TAG", "if c"),
        ("COMMENT", "{# d #}"),
        ("VERBATIM", "{{ e }}"),
        ("COMMENT", "f"),
    ]


def test_quotes_may_hold_the_end_of_their_tag() -> None:
    assert pieces("{{ a | b: '}}' }}") == [("FIELD", "a | b: '}}'")]
    assert pieces("{{ a | b: '}}' }}", Syntax(frozenset(), quotes=False)) == [
        ("FIELD", "a | b: '"),
        ("TEXT", "' }}"),
    ]


def test_a_lone_quote_ends_with_its_tag() -> None:
    assert pieces("{{ it's }} <a href='{{ x }}'>") == [
        ("FIELD", "it's"),
        ("TEXT", " <a href='"),
        ("FIELD", "x"),
        ("TEXT", "'>"),
    ]


def test_without_lines_a_tag_may_be_long() -> None:
    assert pieces("{{ a\n}}") == [("FIELD", "a")]
    assert pieces("{{ a\n}}", Syntax(frozenset(), lines=True)) == [("TEXT", "{{ a\n}}")]


def test_code_that_does_not_end_is_text() -> None:
    assert pieces("{{ a {% b {# c") == [("TEXT", "{{ a {% b {# c")]


def test_a_block_that_is_not_whole_loses_its_tags() -> None:
    assert unsound("{% if a %}{% each b %}{% endif %}") == ["{% each b %}"]
    assert unsound("{% if a %}{% else %}") == ["{% if a %}", "{% else %}"]
    assert unsound("{% end %}{% else %}{% if %}{% endif %}") == ["{% end %}", "{% else %}"]


def test_a_block_with_a_bad_tag_loses_its_tags() -> None:
    assert unsound("{% if bad %}{{ a }}{% else %}{{ bad }}{% endif %}") == [
        "{% if bad %}",
        "{% else %}",
        "{{ bad }}",
        "{% endif %}",
    ]


def test_a_tag_may_need_its_block() -> None:
    assert unsound("{% stop %}{% each %}{% if %}{% stop %}{% endif %}{% end %}") == ["{% stop %}"]
    assert unsound("{% each %}{% stop %}") == ["{% each %}", "{% stop %}"]
    assert unsound("{% each bad %}{% stop %}{% end %}{% each %}{% end %}{% stop %}") == [
        "{% each bad %}",
        "{% stop %}",
        "{% end %}",
        "{% stop %}",
    ]
    assert unsound("{% each %}{% each bad %}{% stop %}{% end %}{% end %}") == ["{% each bad %}", "{% end %}"]


def test_deeper_blocks_are_text() -> None:
    depth = MAX_DEPTH + 5
    assert len(unsound("{% if %}" * depth + "{% endif %}" * depth)) == 10


@given(
    st.lists(st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "'", '"', "raw", "endraw", " ", "\n", "a"]))
)
def test_the_pieces_are_the_template(parts: list[str]) -> None:
    template = "".join(parts)
    cut_pieces = cut(template, SYNTAX)
    assert "".join(piece.text for piece in cut_pieces) == template
    assert [piece.start for piece in cut_pieces] == [0, *(piece.end for piece in cut_pieces)][
        : len(cut_pieces)
    ]
    assert all(piece.text for piece in cut_pieces)
    assert not any(piece.kind is following.kind is Kind.TEXT for piece, following in pairwise(cut_pieces))


def test_code_is_listed_on_one_short_line() -> None:
    assert listed("{% if\n  a %}") == "{% if a %}"
    assert len(listed("{{ " + "a" * 500 + " }}")) == 120
