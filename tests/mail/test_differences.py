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


def marked(first: str, second: str) -> tuple[list[str], list[str]]:
    """The texts that are marked in each of two e-mails."""
    mails = side_by_side((first, second), (NOBODY, NOBODY))[:2]
    left, right = (
        re.findall(r'<mailsight-mark role="(?:dele|inser)tion">(.*?)</', mail.html) for mail in mails
    )
    return left, right


def test_differences_are_marked_in_both() -> None:
    first, second, found = side_by_side(
        (
            '<p>Hello Ann<p>Same <a href="https://a.example/1">Go</a><img src=1><textarea>a',
            '<p>Hello Bob<p>Same <a href="https://a.example/2">Go</a><img src=2><textarea>b',
        ),
        (NOBODY, NOBODY),
    )
    for mail, name, role in ((first, "Ann", "deletion"), (second, "Bob", "insertion")):
        assert f'<p>Hello <mailsight-mark role="{role}">{name}</mailsight-mark></p>' in mail.html
        assert mail.html.count("<mailsight-mark ") == 1
        assert re.search(r'<a [^>]*data-link="0" data-differs>', mail.html)
        assert re.search(r"<img [^>]*data-differs>", mail.html)
        assert mail.html.count("[data-differs]") > 0
    assert found == {Kind.TEXT: 1, Kind.LINK: 1, Kind.PICTURE: 1}


@pytest.mark.parametrize(
    ("first", "second", "in_first", "in_second"),
    [
        ("You have 120 points left.", "You have 1,250.5 points left.", ["120"], ["1,250.5"]),
        ("Dear Ann, hello again", "Dear Bob Lee, hello again", ["Ann"], ["Bob Lee"]),
        ("499 points", "Gold: 501 points", ["499"], ["Gold: 501"]),
        ("Free shipping until Friday", "Free shipping", ["until Friday"], []),
        ("to ann@a.example today", "to bob@b.example today", ["ann@a.example"], ["bob@b.example"]),
        ("A <b>big</b> and <i>red</i> hat", "A <b>big</b> and <i>blue</i> hat", ["red"], ["blue"]),
        ("An <b>old red</b> hat for you", "An <b>old</b> hat for you", ["red"], []),
        ("one <b>two</b> three four five", "one 2 3 four five", ["two", " three"], ["2 3"]),
        ("Hello <b>A</b>nn of Oslo", "Hello <b>B</b>nn of Oslo", ["A", "nn"], ["B", "nn"]),
        ("the cat and the dog", "the cat and the owl and the dog", [], ["owl and the"]),
        ("a &lt;b&gt; c d", "a &lt;i&gt; c d", ["b"], ["i"]),
        ("नमस्ते कि सी", "नमस्ते का सी", ["कि"], ["का"]),
        ("an e\u0301te\u0301 here", "an ete here", ["e\u0301te\u0301"], ["ete"]),
        ("well done 👍🏻 Ann", "well done 👍🏽 Ann", ["👍🏻"], ["👍🏽"]),
        ("田中さん、こんにちは", "山田さん、こんにちは", ["中"], ["山"]),
        ("今日は３つです", "今日は４つです", ["３"], ["４"]),
        ("Only for members", "See you next week", ["Only for members"], ["See you next week"]),
        ("a .b", "a. b", ["a .b"], ["a. b"]),
    ],
)
def test_the_words_that_differ_are_marked(
    first: str, second: str, in_first: list[str], in_second: list[str]
) -> None:
    assert marked(f"<p>{first}<p>Same", f"<p>{second}<p>Same") == (in_first, in_second)


def test_a_mark_holds_text_only() -> None:
    hostile = "<p>Hi &lt;img src=x&gt; &lt;/mailsight-mark&gt;&lt;script&gt; and welcome to our shop today"
    (first, _, _) = side_by_side((hostile, "<p>Hi Ann and welcome to our shop today"), (NOBODY, NOBODY))
    assert "<script" not in first.html
    assert "<img" not in first.html
    assert first.html.count("<mailsight-mark") == first.html.count("</mailsight-mark>") == 1


def test_comparing_words_takes_time_in_proportion_to_their_number() -> None:
    words = [f"w{number % 7}" for number in range(5_000)]
    first, second = " ".join(words), " ".join(reversed(words))
    nodes = "".join(f"<b>{word} </b>" for word in words)
    assert marked(f"<p>{nodes}", f"<p>{second}") != ([], [])
    assert marked(f"<p>{first} " * 20, f"<p>{second} " * 20) != ([], [])


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


@given(st.lists(st.sampled_from(["a ", "b ", "<b>c</b>", "d, ", "<i>", " "])), st.text("ab c,"))
def test_marks_change_no_text(first: list[str], second: str) -> None:
    mails = "".join(first), second
    for mail, html in zip(side_by_side(mails, (NOBODY, NOBODY))[:2], mails, strict=True):
        assert parse(mail.html).body.text() == parse(html).body.text()  # type: ignore[union-attr]


@given(PIECES, PIECES)
def test_any_two_mails_are_compared_in_either_direction(first: str, second: str) -> None:
    assert counts(first, first) == {}
    one, other = counts(first, second), counts(second, first)
    assert (one == {}) == (other == {})
