"""Fills merge fields in HTML: each value is escaped for where it stands."""

import html as entities
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

#: The name of a field. Its length is limited, so that no template takes longer than others of its size.
NAME = r"[^\W\d](?:[\w.\- ]{0,98}\w)?"
_MARKUP = re.compile(
    r"(?P<comment><!--.*?(?:-->|\Z))"
    r"|(?P<style><style\b[^>]*+(?:>.*?(?:</style|\Z)|\Z))"
    r"|(?P<tag></?[a-zA-Z](?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^>\"']++)*+)",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]++)(?:(\s*+=\s*+)(\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"']++))?+")
_URL_ATTRIBUTES = {"href", "src", "background", "action", "formaction", "poster", "cite", "data"}
_KNOWN_SCHEME = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_RESERVED = "%:/?#[]@!$&'()*+,;=~"


# A value of a megabyte in ten thousand places must not fill the memory.
_MAX_FILLED_CHARACTERS = 5_000_000


class Encoded(str):
    """A value that is HTML or percent-encoded already. As text of HTML and in a URL, it is written as it is."""

    __slots__ = ()


Value = Callable[[re.Match[str]], str | None]


def replaced(
    template: str, field: re.Pattern[str], value: Value, *, escape: bool = True, links: bool = True
) -> str:
    """Replace each field with its value, or leave it unchanged if that is None.

    Without `links`, those in an href are left unchanged too.

    With `escape`, the template is HTML and every value is escaped for its context: with character references in text
    and attributes, percent-encoded in URLs. So no value can become a tag or a script. Without it, the template is plain
    text, such as a subject.
    """
    fields = _Fields(field, value)
    if not escape:
        return fields.filled(template, str)
    parts, start = [], 0
    upcoming = field.search(template)
    for markup in _MARKUP.finditer(template):
        if upcoming is None:
            break
        if markup.end() <= upcoming.start():
            continue  # most markup holds no field
        text = fields.filled(template[start : markup.start()], _text)
        parts += [text, _markup(markup, fields, links=links)]
        start = markup.end()
        if upcoming.start() < start:
            upcoming = field.search(template, start)
    rest = template[start:]
    return "".join([*parts, rest if upcoming is None else fields.filled(rest, _text)])


@dataclass(slots=True)
class _Fields:
    """The fields of a template. After values of a certain total length, they stay unfilled."""

    pattern: re.Pattern[str]
    value: Value
    characters_left: int = _MAX_FILLED_CHARACTERS

    def filled(self, text: str, encode: Callable[[str], str]) -> str:
        def replacement(field: re.Match[str]) -> str:
            value = self.get(field)
            return field.group() if value is None else encode(value)

        return self.pattern.sub(replacement, text)

    def get(self, field: re.Match[str]) -> str | None:
        value = self.value(field)
        self.characters_left -= len(value or "")
        return value if self.characters_left >= 0 else None


def _markup(markup: re.Match[str], fields: _Fields, *, links: bool) -> str:
    part = markup.group()
    if markup.lastgroup == "comment":
        return part
    if markup.lastgroup == "style":
        return fields.filled(part, lambda value: re.sub(r"[^\w#%., -]", "", value))
    parts, start = [], 0
    for attribute in () if links else _ATTRIBUTE.finditer(part):
        if attribute[1].casefold() == "href":
            parts += [_tag(part[start : attribute.start()], fields), attribute.group()]
            start = attribute.end()
    return "".join([*parts, _tag(part[start:], fields)])


def _tag(part: str, fields: _Fields) -> str:
    parts, start = [], 0
    for attribute in _ATTRIBUTE.finditer(part):
        if attribute[3] is not None:
            between = fields.filled(part[start : attribute.start()], _references)
            parts += [between, _attribute(attribute, fields)]
            start = attribute.end()
    return "".join([*parts, fields.filled(part[start:], _references)])


def _attribute(attribute: re.Match[str], fields: _Fields) -> str:
    name, equals, value = attribute.groups()
    quotes = value[0] if value[0] in "\"'" else ""
    value = value.strip(quotes)
    encode = entities.escape if quotes else _references
    is_address = name.casefold() in _URL_ATTRIBUTES
    value = _address(value, fields, encode) if is_address else fields.filled(value, encode)
    if not (value or quotes):
        quotes = '"'  # otherwise the next attribute would become this one's value
    return f"{fields.filled(name, _references)}{equals}{quotes}{value}{quotes}"


def _text(value: str) -> str:
    return value if isinstance(value, Encoded) else entities.escape(value)


def _references(value: str) -> str:
    """Encode a value so that it can't end the attribute it is in, even one without quotes."""
    return re.sub(r"[^A-Za-z0-9]", lambda character: f"&#{ord(character.group())};", value)


def _address(address: str, fields: _Fields, encode: Callable[[str], str]) -> str:
    """Fill a URL: values are percent-encoded, except a leading one that is a web, mailto or tel URL itself.

    `encode`: what makes a value part of the attribute.
    """

    def component(value: str) -> str:
        return encode(value) if isinstance(value, Encoded) else _component(value)

    field = fields.pattern.match(address, len(address) - len(address.lstrip()))
    start = fields.get(field) if field else None
    if field is None or start is None:
        return fields.filled(address, component)
    rest = fields.filled(address[field.end() :], component)
    start = start.strip()
    return (
        encode(
            quote(start, safe=_RESERVED, errors="replace")
            if _KNOWN_SCHEME.match(start + rest)
            else _component(start)
        )
        + rest
    )


def _component(value: str) -> str:
    return quote(value, safe="", errors="replace")
