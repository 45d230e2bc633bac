"""Escapes values for where they stand, as Go's html/template does: https://pkg.go.dev/html/template, 2026-11-26.

Text is read as it is written, so that the place of the next value is known. As there, HTML's comments are left out.
"""

import re
from dataclasses import dataclass, field

from mailsight.mail.merge_fields import Encoded
from mailsight.mail.values import words

FAILED = "ZgotmplZ"
_TEXT = {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "+": "&#43;"}
_UNQUOTED = _TEXT | {character: f"&#{ord(character)};" for character in "\t\n\v\f\r =`"}
_IN_TEXT = str.maketrans(_TEXT)
_IN_UNQUOTED = str.maketrans(_UNQUOTED)
_IN_HTML = str.maketrans({character: text for character, text in _TEXT.items() if character != "&"})

_URLS = words(
    "action archive background cite classid codebase data formaction href icon longdesc manifest poster profile src"
    " usemap"
)
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title")
}
_TAG_NAME = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]*+)")
_ATTRIBUTE_NAME = re.compile(r"[^\s\"'<>/=]++")
_DOCTYPE = re.compile(r"<!doctype", re.IGNORECASE)
_SPACES = re.compile(r"\s++")
_ELEMENT = re.compile(r"<!--.*?(?:-->|\Z)|</?[a-zA-Z][^>]*+>?", re.DOTALL)
_CSS_COMPLETE = re.compile(r"\"[^\"]*+\"|'[^']*+'|/\*.*?\*/", re.DOTALL)
_CSS_OPEN = re.compile(r"(?P<is_url>url\(\s*+[\"']?)(?P<address>[^\"'()]*+)\Z|[\"'](?P<text>[^\"']*+)\Z")
_CSS_ESCAPES = {
    character: "\\\\" if character == "\\" else f"\\{ord(character):x}"
    for character in "\0\t\n\f\r\"&'()+/:;<>\\{}"
}
_CSS_SPECIAL = re.compile(r"([\0\t\n\f\r\"&'()+/:;<>\\{}])(?=([0-9a-fA-F\s]?))")
_MAX_CSS = 1_000
_CSS_UNSAFE = re.compile(r"[\0\"'()/;@\[\\\]`{}<>]|expression|mozbinding")
_SCHEME = re.compile(r"([^/:?#]*+):")
_RESERVED = "!#$&*+,/:;=?@[]"


@dataclass(slots=True)
class _Place:
    """Where in the HTML the output stands.

    `state`: "text", "raw" (in the element `element`), "comment", "tag", "name" (after an attribute's name), "value"
    (before its value), or "inside" (within its value, which `quote` ends: a quote, or "" for a space).
    """

    state: str = "text"
    element: str = ""
    kind: str = "text"  # of an attribute: "text", "url", "css", "script"
    quote: str = ""
    address: str = ""  # what an attribute's URL has so far: "", "path" or "query"
    css: str = ""  # the end of the style sheet or attribute so far


@dataclass(slots=True)
class HtmlWriter:
    """Writes HTML. `text` is the template's own, `value` is escaped, and `raw` is neither read nor escaped."""

    parts: list[str] = field(default_factory=list)
    _place: _Place = field(default_factory=_Place)

    def text(self, text: str) -> None:
        position = 0
        while position < len(text):
            position = getattr(self, f"_read_{self._place.state}")(text, position)

    def value(self, value: str) -> None:
        place = self._place
        if place.state == "value":
            place.state, place.quote = "inside", ""
        if place.state == "comment":
            return
        self.parts.append(self._escaped(value))
        if place.state == "inside" and not place.address:
            place.address = "path"

    def raw(self, text: str) -> None:
        if self._place.state != "comment":
            self.parts.append(text)

    def html(self, text: str) -> None:
        """Write what is HTML already. In an attribute, it becomes its text."""
        place = self._place
        if place.state == "text":
            self.parts.append(text)
        elif place.state == "inside" and place.quote and place.kind == "text":
            self.parts.append(_ELEMENT.sub("", text).translate(_IN_HTML))
        else:
            self.value(text)

    def _escaped(self, value: str) -> str:
        place = self._place
        if place.state == "inside":
            if place.kind == "url" and not (place.address == "query" and isinstance(value, Encoded)):
                value = _url(value, place.address)
            elif place.kind == "srcset":
                value = ",".join(map(_picture, value.split(",")))
            elif place.kind == "css":
                value = _in_css(value, place.css)
            if not place.quote:
                return value.translate(_IN_UNQUOTED) or FAILED
        elif place.state in ("tag", "name"):
            return value.lower() if re.fullmatch("[a-zA-Z0-9]+", value) and _kind(value) == "text" else FAILED
        elif place.state == "raw" and place.element == "style":
            return _in_css(value, place.css)
        return value.translate(_IN_TEXT)

    def _read_text(self, text: str, position: int) -> int:
        start = text.find("<", position)
        if start < 0:
            self.parts.append(text[position:])
            return len(text)
        self.parts.append(text[position:start])
        if text.startswith("<!--", start):
            self._place.state = "comment"
            return start + 4
        tag = _TAG_NAME.match(text, start + 1)
        if tag is None:
            self.parts.append("<" if _DOCTYPE.match(text, start) else "&lt;")
            return start + 1
        name = tag[2].lower()
        self._place = _Place("tag", "" if tag[1] or name not in _RAW else name)
        self.parts.append(text[start : tag.end()])
        return tag.end()

    def _read_comment(self, text: str, position: int) -> int:
        end = text.find("-->", position)
        if end < 0:
            return len(text)
        self._place.state = "text"
        return end + 3

    def _read_raw(self, text: str, position: int) -> int:
        end = _RAW[self._place.element].search(text, position)
        self.parts.append(text[position : end.start() if end else len(text)])
        if end is None:
            self._place.css = (self._place.css + self.parts[-1])[-_MAX_CSS:]
            return len(text)
        self._place = _Place()
        return end.start()

    def _read_tag(self, text: str, position: int) -> int:
        return self._read_in_tag(text, position)

    def _read_name(self, text: str, position: int) -> int:
        """After an attribute's name: there may be an equals sign."""
        if space := _SPACES.match(text, position):
            self.parts.append(space[0])
            return space.end()
        if text[position] == "=":
            self.parts.append("=")
            self._place.state = "value"
            return position + 1
        self._place.state = "tag"
        return position

    def _read_in_tag(self, text: str, position: int) -> int:
        place = self._place
        if name := _ATTRIBUTE_NAME.match(text, position):
            place.kind, place.state, place.address, place.css = _kind(name[0]), "name", "", ""
            self.parts.append(name[0])
            return name.end()
        character = text[position]
        self.parts.append(character)
        if character == ">":
            place.state = "raw" if place.element else "text"
        return position + 1

    def _read_value(self, text: str, position: int) -> int:
        if space := _SPACES.match(text, position):
            self.parts.append(space[0])
            return space.end()
        place = self._place
        if text[position] == ">":
            place.state = "tag"
            return position
        place.state, place.quote = "inside", ""
        if text[position] in "\"'":
            place.quote = text[position]
            self.parts.append(place.quote)
            return position + 1
        return position

    def _read_inside(self, text: str, position: int) -> int:
        place = self._place
        end = re.compile(re.escape(place.quote) if place.quote else r"[\s>]").search(text, position)
        value = text[position : end.start() if end else len(text)]
        self.parts.append(value)
        if place.kind == "css":
            place.css = (place.css + value)[-_MAX_CSS:]
        if "?" in value or "#" in value:
            place.address = "query"
        elif value.strip() and not place.address:
            place.address = "path"
        if end is None:
            return len(text)
        place.state = "tag"
        self.parts.append(place.quote)
        return end.start() + len(place.quote)


def _kind(name: str) -> str:
    """What an attribute's value is."""
    name = name.lower().removeprefix("data-")
    if ":" in name:
        prefix, _, name = name.partition(":")
        if prefix == "xmlns":
            return "url"
    if name.startswith("on"):
        return "script"
    if name in ("style", "srcset"):
        return "css" if name == "style" else name
    return "url" if name in _URLS or re.search("src|uri|url", name) else "text"


def _url(value: str, address: str) -> str:
    """A value in a URL, of which there is `address` already."""
    if address == "query":
        return _percent_encoded(value, "")
    scheme = _SCHEME.match(value)
    if not address and scheme and scheme[1].lower() not in ("http", "https", "mailto"):
        return f"#{FAILED}"
    return _percent_encoded(value, _RESERVED)


def _percent_encoded(value: str, safe: str) -> str:
    """The value with lower-case escapes. With `safe` characters, escapes in it stay as they are."""

    def escape(characters: re.Match[str]) -> str:
        return "".join(f"%{byte:02x}" for byte in characters[0].encode("utf-8", "replace"))

    keeps = "%(?![0-9a-fA-F]{2})|" if safe else "%|"
    return re.sub(rf"{keeps}[^%\w.~{re.escape(safe)}-]|[^\x00-\x7f]", escape, value)


def _picture(source: str) -> str:
    """A part of a srcset: an address, and for which screens."""
    address, _, screens = source.strip().partition(" ")
    is_safe = not _url(address, "").startswith("#") and re.fullmatch(r"[\w. ]*+", screens, re.ASCII)
    return source.replace(address, _url(address, "")) if is_safe else f"#{FAILED}"


def _in_css(value: str, before: str) -> str:
    """A value in a style sheet that ends with `before`."""
    place = _CSS_OPEN.search(_CSS_COMPLETE.sub("", before))
    if place is None:
        return _css(value)
    start = place["address"] or place["text"] or ""
    address = "query" if "?" in start or "#" in start else "path" if start.strip() else ""
    if place["is_url"]:
        return _url(value, address)
    if not address and _url(value, "") == f"#{FAILED}":
        value = f"#{FAILED}"
    return _CSS_SPECIAL.sub(_css_escape, value)


def _css_escape(special: re.Match[str]) -> str:
    escape, following = _CSS_ESCAPES[special[1]], special[2]
    return (
        f"{escape} " if escape != "\\\\" and (special.end() == len(special.string) or following) else escape
    )


def _css(value: str) -> str:
    unsafe = _CSS_UNSAFE.search(re.sub(r"[^\0-\x7f]|[-\s]", "", value.lower())) or re.search("--", value)
    return FAILED if unsafe else value
