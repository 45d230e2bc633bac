"""The HTML of campaigns that were written with Keila's block editor, which stores its blocks as JSON.

Blocks: pentacent/keila, priv/email_templates/hybrid. Their texts are HTML; its own styles are left out.
"""

from collections.abc import Callable, Iterator, Mapping
from html import escape
from itertools import zip_longest
from typing import Any

MAX_DEPTH = 10
_WIDTHS: Mapping[str, tuple[int, ...]] = {
    "1-1": (50, 50),
    "2-1": (67, 33),
    "1-2": (33, 67),
    "1-1-1": (33, 33, 34),
}
_PAGE = '<html><body><div style="max-width:600px;margin:0 auto">{}</div></body></html>'

Block = Mapping[str, Any]


def as_html(body: object) -> str | None:
    """The HTML of a campaign's blocks; None if there is nothing in them."""
    inside = "".join(_blocks(body, MAX_DEPTH))
    return _PAGE.format(inside) if inside.strip() else None


def _blocks(body: object, depth: int) -> Iterator[str]:
    for block in _objects(body, "blocks"):
        kind, data = _text(block, "type"), block.get("data")
        if kind == "layout" and isinstance(data, dict) and depth:
            yield _layout(data, depth)
        elif kind == "markdown" and isinstance(data, str):
            yield f"<div>{data}</div>"
        elif kind in _RENDERERS and isinstance(data, dict):
            yield _RENDERERS[kind](data, _alignment(block))


def _layout(data: Block, depth: int) -> str:
    columns = _objects(data, "blocks")
    widths = _WIDTHS.get(_text(data, "ratio"), ())
    cells = "".join(
        f'<td valign="top" width="{width or 100 // len(columns)}%">{"".join(_blocks(column, depth - 1))}</td>'
        for column, width in zip_longest(columns, widths[: len(columns)])
    )
    return f'<table role="presentation" width="100%"><tr>{cells}</tr></table>'


def _heading(data: Block, style: str) -> str:
    level = data.get("level")
    tag = f"h{level}" if level in range(1, 7) else "h2"
    return f"<{tag}{style}>{_text(data, 'text')}</{tag}>"


def _button(data: Block, _: str) -> str:
    return f'<p style="text-align:center"><a href="{_attribute(data, "url")}">{_text(data, "label")}</a></p>'


def _image(data: Block, _: str) -> str:
    image = data.get("image")
    source = image if isinstance(image, dict) else data
    shown = (
        f'<img src="{_attribute(source, "src")}" alt="{_attribute(source, "alt")}" style="max-width:100%">'
    )
    if url := _attribute(data, "url").strip():
        shown = f'<a href="{url}">{shown}</a>'
    return f"<p>{shown}</p>{_text(data, 'caption')}"


def _items(data: Block, _: str, depth: int = MAX_DEPTH) -> str:
    tag = "ul" if _text(data, "style") == "unordered" else "ol"
    items = "".join(
        f"<li>{_text(item, 'content')}{_items({**item, 'style': data.get('style')}, '', depth - 1)}</li>"
        for item in _objects(data, "items")
        if depth
    )
    return f"<{tag}>{items}</{tag}>" if items else ""


def _quote(data: Block, _: str) -> str:
    caption = f"<figcaption>{_text(data, 'caption')}</figcaption>"
    return f"<figure><blockquote>{_text(data, 'text')}</blockquote>{caption}</figure>"


def _icons(data: Block, _: str) -> str:
    icons = (
        f'<a href="{_attribute(icon, "link")}">{escape(_text(icon, "name"))}</a>'
        for icon in _objects(data, "social_icons")
    )
    return f'<p style="text-align:center">{" ".join(icons)}</p>'


_RENDERERS: Mapping[str, Callable[[Block, str], str]] = {
    "paragraph": lambda data, style: f"<p{style}>{_text(data, 'text')}</p>",
    "heading": _heading,
    "button": _button,
    "image": _image,
    "list": _items,
    "quote": _quote,
    "separator": lambda _data, _style: "<hr>",
    "social_icons": _icons,
}


def _alignment(block: Block) -> str:
    tunes = block.get("tunes")
    alignment = tunes.get("alignment") if isinstance(tunes, dict) else None
    side = _text(alignment, "alignment") if isinstance(alignment, dict) else ""
    return f' style="text-align:{side}"' if side in ("left", "center", "right", "justify") else ""


def _objects(block: object, name: str) -> list[Block]:
    values = block.get(name) if isinstance(block, Mapping) else None
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _text(block: Block, name: str) -> str:
    value = block.get(name)
    return value if isinstance(value, str) else ""


def _attribute(block: Block, name: str) -> str:
    return escape(_text(block, name))
