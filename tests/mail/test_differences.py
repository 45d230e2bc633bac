"""What differs between two customers' e-mails."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mail.differences import MAX_PIECES, Kind, differences
from mailsight.mail.documents import parse
from mailsight.mail.personal_links import NOBODY
from mailsight.mail.views import side_by_side


def counts(first: str, second: str) -> dict[str, int]:
    return {kind.value: number for kind, number in differences(parse(first), parse(second)).counts.items()}


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ("<p>Hello Ann<p>Bye", "<p>Hello Bob<p>Bye", {"text": 1}),
        ("<p>Hello  Ann\n", "<p><b>Hello</b> Ann", {}),
        ("<p>A<p>B<p>C", "<p>A<p>C", {"text": 1}),
        ("<p>A<p>C", "<p>A<p>B1<p>B2<p>C", {"text": 2}),
        ("<p>A<p>B<p>C", "<p>C<p>B<p>A", {"text": 4}),
        ("<p>x<p>x<p>x", "<p>x<p>x", {"text": 1}),
        ('<a href="https://a.example/1">Go</a>', '<a href="https://a.example/2">Go</a>', {"link": 1}),
        ('<a href="https://a.example/1">Go</a>', "Go", {"link": 1}),
        ("<img src=a alt=x>", "<img src=b alt=x>", {"picture": 1}),
        ("<img src=a alt=x>", "<img src=a alt=y>", {"picture": 1}),
        ("<p>Ann<a href=x>Go</a><img src=1>", "<p>Bob<a href=y>Go</a>", {"text": 1, "link": 1, "picture": 1}),
        ("<title>a</title><style>b{}</style><script>c</script><p>x", "<p>x", {}),
        ("", "", {}),
        ("<p>A", "", {"text": 1}),
    ],
)  # fmt: skip
def test_what_differs(first: str, second: str, differ: dict[str, int]) -> None:
    assert counts(first, second) == differ
    assert counts(second, first) == differ


def test_a_block_for_one_customer_moves_nothing_else() -> None:
    stories = [f"<tr><td>Story {number}</td></tr>" for number in range(300)]
    other = [*stories[:100], "<tr><td>Only for members</td></tr>", *stories[100:]]
    assert counts(f"<table>{''.join(stories)}", f"<table>{''.join(other)}") == {"text": 1}


def test_differences_are_marked_in_both() -> None:
    first, second, found = side_by_side(
        (
            '<p>Hello Ann<p>Same <a href="https://a.example/1">Go</a><img src=1><textarea>a',
            '<p>Hello Bob<p>Same <a href="https://a.example/2">Go</a><img src=2><textarea>b',
        ),
        (NOBODY, NOBODY),
    )
    for mail, name in ((first, "Ann"), (second, "Bob")):
        assert f"<p><mailsight-mark>Hello {name}</mailsight-mark></p>" in mail.html
        assert mail.html.count("<mailsight-mark>") == 1
        assert re.search(r'<a [^>]*data-link="0" data-differs>', mail.html)
        assert re.search(r"<img [^>]*data-differs>", mail.html)
        assert mail.html.count("[data-differs]") > 0
    assert found == {Kind.TEXT: 1, Kind.LINK: 1, Kind.PICTURE: 1}


def test_equal_mails_have_no_marks_and_no_mail_imitates_them() -> None:
    html = "<p data-differs>A<mailsight-mark>B"
    first, second, found = side_by_side((html, html), (NOBODY, NOBODY))
    assert first == second
    assert found == {}
    assert "differs" not in first.html
    assert "mailsight-mark" not in first.html


def test_only_the_beginning_of_a_huge_mail_is_compared() -> None:
    same = "<p>x</p>" * (MAX_PIECES + 10)
    assert counts(same + "<p>A", same + "<p>B") == {}


PIECES = st.lists(
    st.sampled_from(["<p>A", "<p>B", "<p>C", "<a href=1>x</a>", "<a href=2>x</a>", "<img src=1>", "text "]),
    max_size=12,
).map("".join)


@given(PIECES, PIECES)
def test_any_two_mails_are_compared_in_either_direction(first: str, second: str) -> None:
    assert counts(first, first) == {}
    one, other = counts(first, second), counts(second, first)
    assert (one == {}) == (other == {})
