"""The HTML of campaigns in MJML: their texts, pictures and links in the same order, with their colours and sizes.

https://documentation.mjml.io lists the elements, and those of the head that hold styles for several of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
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
    "font-style",
    "font-weight",
    "letter-spacing",
    "line-height",
    "text-decoration",
    "text-transform",
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


@dataclass(frozen=True, slots=True)
class _Head:
    """The attributes that the head gives to elements by their name or by a class, and its styles in CSS."""

    defaults: dict[str, dict[str, str]] = field(default_factory=dict)
    classes: dict[str, dict[str, str]] = field(default_factory=dict)
    css: list[str] = field(default_factory=list)

    def attributes(self, name: str, rest: str) -> dict[str, str]:
        """All attributes of an element; its own take precedence over those of its classes, and these over defaults."""
        own = _attributes(rest)
        inherited = [self.defaults.get("mj-all", {}), self.defaults.get(name, {})]
        inherited += [self.classes.get(each, {}) for each in own.get("mj-class", "").split()]
        return {key: value for each in (*inherited, own) for key, value in each.items()}


def _head(mjml: str) -> _Head:
    head = _Head()
    for style in mjml.split("<mj-style")[1:]:
        head.css.append(style.partition(">")[2].partition("</mj-style")[0])
    for closing, name, rest in _TAG.findall(mjml):
        attributes = _attributes(rest)
        if name == "mj-class" and "name" in attributes:
            head.classes.setdefault(attributes.pop("name"), {}).update(attributes)
        elif not closing and name != "mj-style":
            head.defaults.setdefault(name, {}).update(attributes)
    return head


def _attributes(rest: str) -> dict[str, str]:
    return {key: unescape(double or single) for key, double, single in _ATTRIBUTE.findall(rest)}


def as_html(mjml: str) -> str | None:
    """The e-mail in HTML, with links and fields as they are written; None if it is no MJML."""
    before, is_mjml, body = mjml.partition("<mj-body")
    if not is_mjml:
        return None
    body, _, _ = body.partition("</mj-body")
    head = _head(before.partition("<mj-head")[2])
    inside = _TAG.sub(partial(_element, head), _CODE.sub("", f"<mj-body{body}</mj-body>"))
    css = f"<head><style>{' '.join(head.css)}</style></head>" if head.css else ""
    return f"<html>{css}<body>{inside}</body></html>"


def filled(body: str, content: object) -> str:
    """A body, of any form, with a campaign's content in the slots of its template."""
    slots = content if isinstance(content, dict) else {}
    *parts, rest = body.split(_SLOT_END)
    return "".join([*(_slot(part, slots) for part in parts), rest])


def _slot(part: str, slots: Mapping[str, object]) -> str:
    before, _, slot = part.partition(_SLOT)
    name = _SLOT_NAME.match(slot)
    return before + str(slots.get(name[1], slot[name.end() :].strip("\r\n"))) if name else part


def _element(head: _Head, tag: re.Match[str]) -> str:
    closing, name, rest = tag[1], tag[2], tag[3]
    element, style = _ELEMENTS.get(name, ("div", ""))
    if name == "mj-raw":
        return ""
    is_button = name == "mj-button"
    end = "" if element in _EMPTY else f"</{element}></div>" if is_button else f"</{element}>"
    if closing:
        return end
    attributes = head.attributes(name, rest)
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
    if "css-class" in attributes:
        written["class"] = attributes["css-class"]
    if text := ";".join(filter(None, styles)):
        written["style"] = text
    return "".join(f' {name}="{escape(value)}"' for name, value in written.items())


def _plain(value: str) -> str:
    return value.replace(";", "")
