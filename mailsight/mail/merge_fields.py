"""Merge fields: a campaign's HTML as one customer got it, with that customer's own values."""

import html as entities
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

_NAME = r"[^\W\d](?:[\w.\- ]*\w)?"
FIELD = re.compile(
    rf"\{{\{{\{{\s*\.?({_NAME})\s*\}}\}}\}}"  # {{{name}}}: Mustache, Handlebars
    rf"|\{{\{{\s*\.?({_NAME})\s*\}}\}}"  # {{name}}, {{ customer.name }}, listmonk's {{ .Name }}
    rf"|\*\|({_NAME})\|\*"  # *|NAME|*: Mailchimp, Mandrill
    r"|%(?![0-9A-Fa-f]{2}%)([^\W\d][\w.]*)%"  # %name%, but not the bytes of %C3%A9
)
_BEGINNING = re.compile(rf"\s*(?:{FIELD.pattern})")
_MARKUP = re.compile(
    r"(?P<comment><!--.*?(?:-->|\Z))"
    r"|(?P<style><style\b[^>]*>.*?(?:</style|\Z))"
    r"|(?P<tag></?[a-zA-Z](?:\"[^\"]*\"|'[^']*'|[^>\"'])*)",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s>\"']+)")
_ADDRESSES = {"href", "src", "background", "action", "formaction", "poster", "cite", "data"}
_KNOWN_SCHEME = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_RESERVED = "%:/?#[]@!$&'()*+,;=~"


def fill(template: str, fields: Mapping[str, str], *, escape: bool = True) -> str:
    """The template with the values of `fields` in place of {{name}}, *|NAME|* and %name%; others stay as they are.

    With `escape`, the template is HTML and a value stays a value wherever it stands: in text and attributes it is
    written with character references, in addresses percent-encoded, so that none becomes a tag or a script.
    Without it, the template is plain text, such as a subject.
    """
    values = {name.casefold(): value for name, value in fields.items()}
    if not escape:
        return _filled(template, values, str)
    parts, start = [], 0
    for markup in _MARKUP.finditer(template):
        parts += [_filled(template[start : markup.start()], values, entities.escape), _markup(markup, values)]
        start = markup.end()
    return "".join([*parts, _filled(template[start:], values, entities.escape)])


def _filled(text: str, values: Mapping[str, str], written: Callable[[str], str]) -> str:
    def value(field: re.Match[str]) -> str:
        found = _value(field, values)
        return field.group() if found is None else written(found)

    return FIELD.sub(value, text)


def _value(field: re.Match[str], values: Mapping[str, str]) -> str | None:
    name = next(filter(None, field.groups())).casefold()
    return values.get(name, values.get(name.rpartition(".")[2]))


def _markup(markup: re.Match[str], values: Mapping[str, str]) -> str:
    part = markup.group()
    if markup.lastgroup == "comment":
        return part
    if markup.lastgroup == "style":
        return _filled(part, values, lambda value: re.sub(r"[^\w#%., -]", "", value))
    attributes = _ATTRIBUTE.sub(lambda attribute: _attribute(attribute, values), part)
    return _filled(attributes, values, _references)


def _attribute(attribute: re.Match[str], values: Mapping[str, str]) -> str:
    name, equals, value = attribute.groups()
    quotes = value[0] if value[0] in "\"'" else ""
    value = value.strip(quotes)
    is_address = name.casefold() in _ADDRESSES
    value = _address(value, values) if is_address else _filled(value, values, _references)
    if not (value or quotes):
        quotes = '"'  # without, the next attribute would be the value of this one
    return f"{name}{equals}{quotes}{value}{quotes}"


def _references(value: str) -> str:
    """The value for an attribute, quoted or not: there, a reference ends neither the attribute nor the tag."""
    return re.sub(r"[^A-Za-z0-9]", lambda character: f"&#{ord(character.group())};", value)


def _address(address: str, values: Mapping[str, str]) -> str:
    """The address with its fields percent-encoded, save one that begins it and leads to the web or a mailbox."""
    beginning = _BEGINNING.match(address)
    whole = _value(beginning, values) if beginning else None
    if beginning is None or whole is None:
        return _filled(address, values, _component)
    rest = _filled(address[beginning.end() :], values, _component)
    whole = whole.strip()
    return (
        _references(quote(whole, safe=_RESERVED) if _KNOWN_SCHEME.match(whole + rest) else _component(whole))
        + rest
    )


def _component(value: str) -> str:
    return quote(value, safe="")
