"""The HTML of campaigns in MJML: their texts, pictures and links in the same order, with their own colours and sizes.

https://documentation.mjml.io lists the elements. The head, which has styles for several of them, is left out.
"""

import re
from collections.abc import Mapping
from html import escape, unescape

# Possessive (`*+`), so that the time is proportional to the text.
_TAG = re.compile(r"<(/?)(mj[\w-]*+)([^<>]*+)>")
_ATTRIBUTE = re.compile(r"(?<![\w-])([\w-]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")
# `<keila-content name="intro">Hello</keila-content>` is a place in a template, and what stands there by default.
_SLOT, _SLOT_END = "<keila-content", "</keila-content>"
_SLOT_NAME = re.compile(r"\s+name\s*=\s*[\"']?([^\"'\s>/]++)[^<>]*+>")
_CODE = re.compile(r"</?keila-code\s*/?>")
# Attributes that are properties of CSS, too.
_STYLES = (
    "color",
    "font-family",
    "font-size",
    "font-weight",
    "line-height",
    "border-radius",
    "width",
    "height",
)
_SECTION = "display:flex;flex-wrap:wrap;max-width:600px;margin:0 auto"
_BUTTON = "display:inline-block;text-decoration:none;padding:10px 25px;background-color:#414141;color:#ffffff"
# The element in HTML and its style, by that in MJML; any other is a block.
_ELEMENTS: Mapping[str, tuple[str, str]] = {
    "mj-section": ("div", _SECTION),
    "mj-group": ("div", _SECTION),
    "mj-column": ("div", "flex:1 1 180px"),
    "mj-text": ("div", "padding:10px 25px"),
    "mj-button": ("a", _BUTTON),
    "mj-table": ("table", "width:100%"),
    "mj-social-element": ("a", "padding:4px"),
    "mj-navbar-link": ("a", "padding:15px 10px"),
    "mj-divider": ("hr", ""),
    "mj-image": ("img", "max-width:100%"),
    "mj-carousel-image": ("img", "max-width:100%"),
}
_EMPTY = ("hr", "img")


def as_html(mjml: str) -> str | None:
    """The e-mail in HTML, with links and fields as they are written; None if it is no MJML."""
    _, is_mjml, body = mjml.partition("<mj-body")
    if not is_mjml:
        return None
    body, _, _ = body.partition("</mj-body")
    inside = _TAG.sub(_element, _CODE.sub("", f"<mj-body{body}</mj-body>"))
    return f"<html><body>{inside}</body></html>"


def filled(body: str, content: object) -> str:
    """A body, of any form, with a campaign's content in the slots of its template."""
    slots = content if isinstance(content, dict) else {}
    *parts, rest = body.split(_SLOT_END)
    return "".join([*(_slot(part, slots) for part in parts), rest])


def _slot(part: str, slots: Mapping[str, object]) -> str:
    before, _, slot = part.partition(_SLOT)
    name = _SLOT_NAME.match(slot)
    return before + str(slots.get(name[1], slot[name.end() :].strip("\r\n"))) if name else part


def _element(tag: re.Match[str]) -> str:
    closing, name, rest = tag[1], tag[2], tag[3]
    element, style = _ELEMENTS.get(name, ("div", ""))
    if name == "mj-raw":
        return ""
    is_button = name == "mj-button"
    end = "" if element in _EMPTY else f"</{element}></div>" if is_button else f"</{element}>"
    if closing:
        return end
    attributes = {key: unescape(double or single) for key, double, single in _ATTRIBUTE.findall(rest)}
    start = f"<{element}{_written(element, style, attributes)}>"
    if is_button:
        start = (
            f'<div style="text-align:{_plain(attributes.get("align", "center"))};padding:10px 25px">{start}'
        )
    if element == "img" and "href" in attributes:
        start = f'<a href="{escape(attributes["href"])}">{start}</a>'
    return start + (end if rest.rstrip().endswith("/") else "")


def _written(element: str, style: str, attributes: Mapping[str, str]) -> str:
    """The attributes of an element, with all that becomes its style."""
    own = {name: attributes[name] for name in _STYLES if name in attributes}
    if "align" in attributes and element != "a":
        own["text-align"] = attributes["align"]
    if colour := attributes.get("background-color") or attributes.get("container-background-color"):
        own["background-color"] = colour
    styles = [style, *(f"{name}:{_plain(value)}" for name, value in own.items())]
    kept = {"href": ("a",), "src": ("img",), "alt": ("img",), "title": ("a", "img")}
    written = {
        name: attributes[name]
        for name, elements in kept.items()
        if element in elements and name in attributes
    }
    if text := ";".join(filter(None, styles)):
        written["style"] = text
    return "".join(f' {name}="{escape(value)}"' for name, value in written.items())


def _plain(value: str) -> str:
    return value.replace(";", "")
