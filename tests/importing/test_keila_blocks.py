"""Campaigns of Keila's block editor, rendered from their JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.importing.databases.keila_blocks import as_html
from mailsight.mail.links import links

LIST = {"style": "unordered", "items": [{"content": "a", "items": [{"content": "b", "items": []}]}]}


@pytest.mark.parametrize(
    ("block", "html"),
    [
        ({"type": "paragraph", "data": {"text": "Hi <b>you</b>"}}, "<p>Hi <b>you</b></p>"),
        (
            {
                "type": "heading",
                "data": {"text": "A", "level": 3},
                "tunes": {"alignment": {"alignment": "center"}},
            },
            '<h3 style="text-align:center">A</h3>',
        ),
        ({"type": "heading", "data": {"text": "A", "level": "x"}}, "<h2>A</h2>"),
        ({"type": "list", "data": LIST}, "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ({"type": "separator", "data": {}}, "<hr>"),
        ({"type": "markdown", "data": "<em>x</em>"}, "<div><em>x</em></div>"),
        (
            {"type": "quote", "data": {"text": "A", "caption": "B"}},
            "<figure><blockquote>A</blockquote><figcaption>B</figcaption></figure>",
        ),
        ({"type": "unknown", "data": {"text": "x"}}, None),
        ({"type": "paragraph", "data": "x"}, None),
    ],
)
def test_each_kind_of_block(block: dict[str, object], html: str | None) -> None:
    rendered = as_html({"blocks": [block]})
    assert rendered == (
        html and f'<html><body><div style="max-width:600px;margin:0 auto">{html}</div></body></html>'
    )


def test_links_are_in_the_order_of_the_page() -> None:
    button = {"type": "button", "data": {"label": "Buy", "url": "https://a.example/?x=1&y=2"}}
    image = {
        "type": "image",
        "data": {"url": "https://b.example/", "image": {"src": "https://c.example/i.png", "alt": "x"}},
    }
    icons = {"type": "social_icons", "data": {"social_icons": [{"link": "https://d.example/", "name": "D"}]}}
    columns = {
        "type": "layout",
        "data": {"ratio": "1-1", "blocks": [{"blocks": [image]}, {"blocks": [icons]}]},
    }
    html = as_html({"blocks": [button, columns]}) or ""
    assert [link.url for link in links(html)] == [
        "https://a.example/?x=1&y=2",
        "https://b.example/",
        "https://d.example/",
    ]


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["blocks", "type", "data", "items", "tunes", "text"]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


@given(JSON, st.sampled_from(["layout", "list", "image", "button", "heading", "social_icons"]))
def test_no_json_stops_it(data: object, kind: str) -> None:
    as_html(data)
    as_html({"blocks": [{"type": kind, "data": data, "tunes": data}]})


def test_blocks_within_blocks_without_end_are_left_out() -> None:
    body: dict[str, object] = {"blocks": [{"type": "paragraph", "data": {"text": "deep"}}]}
    for _ in range(50):
        body = {"blocks": [{"type": "layout", "data": {"blocks": [body]}}]}
    assert "deep" not in (as_html(body) or "")
