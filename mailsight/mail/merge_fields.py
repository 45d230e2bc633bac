"""Merge fields: fill a campaign's HTML with one customer's values."""

import html as entities
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

# Names have a limited length and quantifiers are possessive, so that no template takes longer than others of its size.
NAME = r"[^\W\d](?:[\w.\- ]{0,98}\w)?"
FIELD = re.compile(
    rf"\{{\{{\{{\s{{0,9}}\.?({NAME})\s{{0,9}}\}}\}}\}}"  # {{{name}}}: Mustache, Handlebars
    rf"|\{{\{{\s{{0,9}}\.?({NAME})\s{{0,9}}\}}\}}"  # {{name}}, {{ customer.name }}, listmonk's {{ .Name }}
    rf"|\*\|({NAME})\|\*"  # *|NAME|*: Mailchimp, Mandrill
    r"|%(?![0-9A-Fa-f]{2}%)([^\W\d][\w.]{0,99})%"  # %name%, but not the bytes of %C3%A9
)
_LEADING_FIELD = re.compile(rf"\s*+(?:{FIELD.pattern})")
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


class _Values:
    """The values by their names in any case, up to a total length. After that, fields stay unfilled."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._values = {name.casefold(): value for name, value in fields.items()}
        self._characters_left = _MAX_FILLED_CHARACTERS

    def get(self, name: str) -> str | None:
        name = name.casefold()
        value = self._values.get(name, self._values.get(name.rpartition(".")[2]))
        self._characters_left -= len(value or "")
        return value if self._characters_left >= 0 else None


def fill(template: str, fields: Mapping[str, str], *, escape: bool = True, links: bool = True) -> str:
    """Replace {{name}}, *|NAME|* and %name% with the values of `fields`. Unknown fields are left unchanged.

    Without `links`, those in an href are left unchanged too.

    With `escape`, the template is HTML and every value is escaped for its context: with character references in text
    and attributes, percent-encoded in URLs. So no value can become a tag or a script. Without it, the template is plain
    text, such as a subject.
    """
    values = _Values(fields)
    if not escape:
        return _filled(template, values, str)
    parts, start = [], 0
    for markup in _MARKUP.finditer(template):
        text = _filled(template[start : markup.start()], values, entities.escape)
        parts += [text, _markup(markup, values, links=links)]
        start = markup.end()
    return "".join([*parts, _filled(template[start:], values, entities.escape)])


def _filled(text: str, values: _Values, encode: Callable[[str], str]) -> str:
    def replacement(field: re.Match[str]) -> str:
        value = _value(field, values)
        return field.group() if value is None else encode(value)

    return FIELD.sub(replacement, text)


def _value(field: re.Match[str], values: _Values) -> str | None:
    return values.get(next(filter(None, field.groups())))


def _markup(markup: re.Match[str], values: _Values, *, links: bool) -> str:
    part = markup.group()
    if markup.lastgroup == "comment":
        return part
    if markup.lastgroup == "style":
        return _filled(part, values, lambda value: re.sub(r"[^\w#%., -]", "", value))
    parts, start = [], 0
    for attribute in () if links else _ATTRIBUTE.finditer(part):
        if attribute[1].casefold() == "href":
            parts += [_tag(part[start : attribute.start()], values), attribute.group()]
            start = attribute.end()
    return "".join([*parts, _tag(part[start:], values)])


def _tag(part: str, values: _Values) -> str:
    attributes = _ATTRIBUTE.sub(lambda attribute: _attribute(attribute, values), part)
    return _filled(attributes, values, _references)


def _attribute(attribute: re.Match[str], values: _Values) -> str:
    name, equals, value = attribute.groups()
    if value is None:
        return name
    quotes = value[0] if value[0] in "\"'" else ""
    value = value.strip(quotes)
    is_address = name.casefold() in _URL_ATTRIBUTES
    value = _address(value, values) if is_address else _filled(value, values, _references)
    if not (value or quotes):
        quotes = '"'  # otherwise the next attribute would become this one's value
    return f"{name}{equals}{quotes}{value}{quotes}"


def _references(value: str) -> str:
    """Encode a value so that it can't end the attribute it is in, quoted or not."""
    return re.sub(r"[^A-Za-z0-9]", lambda character: f"&#{ord(character.group())};", value)


def _address(address: str, values: _Values) -> str:
    """Fill a URL: values are percent-encoded, except a leading one that is a web, mailto or tel URL itself."""
    field = _LEADING_FIELD.match(address)
    start = _value(field, values) if field else None
    if field is None or start is None:
        return _filled(address, values, _component)
    rest = _filled(address[field.end() :], values, _component)
    start = start.strip()
    return (
        _references(
            quote(start, safe=_RESERVED, errors="replace")
            if _KNOWN_SCHEME.match(start + rest)
            else _component(start)
        )
        + rest
    )


def _component(value: str) -> str:
    return quote(value, safe="", errors="replace")
