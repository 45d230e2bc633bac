"""E-mails' HTML as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mail.plain_text import from_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two\n  three</p>", "One\n\nTwo three"),
        ("<div>One</div><div>Two<br>three</div>", "One\nTwo\nthree"),
        ("<h1>Tulips</h1><hr><p>Now", f"Tulips\n\n{'-' * 40}\n\nNow"),
        ("a <b>b</b>c<i> d </i> e", "a bc d e"),
        ('<a href="https://shop.example/sale">Sale</a> now', "Sale <https://shop.example/sale> now"),
        ('<a href="https://shop.example/">https://shop.example</a>', "https://shop.example"),
        ('<a href="mailto:info@shop.example">info@shop.example</a>', "info@shop.example"),
        ('<a href="#x">Top</a><a href="javascript:x">y</a>', "Topy"),
        ('<a href="https://shop.example/"><img src=x alt="Our shop"></a>', "Our shop <https://shop.example/>"),
        ('<a href="https://shop.example/"><img src=x></a>', "<https://shop.example/>"),
        ("<ul><li>One<li>Two</ul><ol><li>A<li>B</ol>", "* One\n* Two\n\n1. A\n2. B"),
        ("<table><tr><td>A</td><td>B</td></tr><tr><td>C</td></tr></table>", "A B\nC"),
        ("<pre>  a\n   b</pre>", "  a\n   b"),
        ("<style>p{}</style><script>x</script><title>t</title><p hidden>a</p><p style='display:none'>b</p>c", "c"),
        ("Fish&nbsp;&amp;&nbsp;chips &zwnj;&nbsp;&zwnj;", "Fish & chips"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_as_text(html: str, text: str) -> None:
    assert from_html(html) == text


@given(st.text(alphabet="<>/ apbrtdhliou=\"'&;\n", max_size=200))
def test_any_html_is_written_as_text(html: str) -> None:
    text = from_html(html)
    assert len(text) <= 8 * len(html) + 100
