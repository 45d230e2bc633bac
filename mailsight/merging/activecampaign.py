"""ActiveCampaign's fields and conditions: %FIRSTNAME%, %IF $CITY == "x"% ... %ELSE% ... %/IF%.

Source: help.activecampaign.com, "Personalization tags" and "Conditional content in HTML", 2026-11-26.
"""

import html as entities
import re

from .conditions import Role, Tag, chosen
from .expressions import holds
from .output import filled
from .rendering import Notes, Rendered
from .values import MISSING, Json, Values, as_text

_TAG = re.compile(r"%(?P<if>IF|ELSEIF)\s+(?P<condition>[^%]{1,1000}+)%|%(?P<word>ELSE|/IF)%")
# Not the bytes of a URL, such as %C3%A9.
_FIELD = re.compile(r"%(?![0-9A-F]{2}%)([A-Z][A-Z0-9_.:+*-]{0,99}+)(?:\|([^%|\n]{0,200}+))?%")
_ROLES: dict[str, Role] = {"IF": "if", "ELSEIF": "elseif", "ELSE": "else", "/IF": "end"}
_NAMES = {"FULLNAME": "name", "SUBSCRIBERID": "customer_id", "SUBSCRIBER_ID": "customer_id"}


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Render fields and conditions, as `rendering.Renderer` says. Values are escaped for where they stand in HTML."""
    notes = Notes()

    def asked(name: str) -> Json:
        return notes.for_condition(name, _value(values, name))

    def is_true(tag: Tag) -> bool | None:
        condition = tag.match["condition"]
        return holds(entities.unescape(condition) if is_html else condition, asked)

    tags = [Tag(match, _ROLES[match["if"] or match["word"]]) for match in _TAG.finditer(template)]
    text, left = chosen(template, tags, is_true)
    notes.unsupported.update(dict.fromkeys(left))

    def value(field: re.Match[str]) -> str | None:
        if field.group() in notes.unsupported:
            return None
        known = as_text(_value(values, field[1]))
        if not known and field[2]:
            return field[2]
        if known is None:
            notes.unknown[field[1]] = None
        return known

    return filled(text, _FIELD, value, values, notes, is_html=is_html)


def _value(values: Values, name: str) -> Json:
    value = values.lookup(name)
    return values.lookup(_NAMES[name]) if value is MISSING and name in _NAMES else value
