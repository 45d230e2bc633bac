"""Links whose whole address is a field: clicks find them by the values sent with the message."""

import pytest

from mailsight.mail.expressions import compiled
from mailsight.mail.field_links import FIELD_ADDRESS, FieldLinks, field_names
from mailsight.mail.links import links


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("{{ item.url }}", ("item", "url")),
        ("{{{this.Link}}}", ("this", "Link")),
        (" {{ .Tx.Data.url }}", ("Tx", "Data", "url")),
        ("{{ TrackLink .product_url . }}", ("product_url",)),
        ("{{ event.items.0.url | escape | default: 'x.y' }}", ("event", "items", "url")),
        ("http://{{ item.url }}", ("item", "url")),
        ("*|PRODUCT_URL|*", ("PRODUCT_URL",)),
        ("%%=RedirectTo(@url)=%%", ("url",)),
        ("%PRODUCT_URL%", ("PRODUCT_URL",)),
        ("{$fields.link}", ("fields", "link")),
        ("[[url]]", ("url",)),
        ("https://x.example/{{ item.url }}", ()),
        ("{{ a }}/{{ b }}", ()),
        ("https://x.example/", ()),
        ("#top", ()),
        ("{{ 'x' }}", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_the_names_of_a_field(address: str, names: tuple[str, ...]) -> None:
    assert field_names(address) == names
    if names:
        assert compiled(FIELD_ADDRESS).search(address)


MAIL = links(
    "".join(
        f'<a href="{address}">x</a>'
        for address in (
            "https://x.example/",
            "{{ item.url }}",
            "{{ item.url }}",
            "{{ hero.link }}",
            "{{ footer.link }}",
            "*|SHOP|*",
        )
    )
)
VALUES = {
    "items": [
        {"url": "https://shop.example/tea", "name": "Tea"},
        {"url": "https://shop.example/cup?size=2"},
    ],
    "hero": {"link": "https://shop.example/sale"},
    "footer": {"link": "https://shop.example/terms"},
    "shop": "https://shop.example/",
    "other.link": "https://shop.example/other",
    "text": "https",
}


@pytest.mark.parametrize(
    ("url", "position"),
    [
        ("https://shop.example/tea", 1),
        ("https://shop.example/cup?size=2&utm_source=mail", 1),
        ("https://shop.example/sale", 3),
        ("https://shop.example/terms", 4),
        ("https://shop.example", 5),
        ("https://shop.example/other", None),
        ("https://shop.example/unknown", None),
        ("https", None),
    ],
)
def test_a_click_finds_the_link_that_its_values_fill(url: str, position: int | None) -> None:
    assert FieldLinks(MAIL).position(url, VALUES) == position


def test_values_may_be_deep_or_many() -> None:
    deep: dict[str, object] = {"url": "https://shop.example/deep"}
    for _ in range(500):
        deep = {"items": [deep]}
    many = {"items": [{"url": f"https://shop.example/{number}"} for number in range(5_000)]}
    field_links = FieldLinks(MAIL)
    assert field_links.position("https://shop.example/deep", deep) is None
    assert field_links.position("https://shop.example/999", many) == 1
    assert field_links.position("https://shop.example/1000", many) is None
