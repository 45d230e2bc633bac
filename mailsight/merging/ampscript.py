"""Salesforce Marketing Cloud's plain fields: %%First Name%%, and %%=v([First Name])=%%. Its scripts are not run.

Source: developer.salesforce.com, "AMPscript Personalization Strings", 2026-11-26.
"""

import re
from collections.abc import Callable
from urllib.parse import quote

from mailsight.mail.merge_fields import Encoded

from .output import filled
from .php import formatted_date
from .rendering import Notes, Rendered
from .values import MISSING, Json, Missing, Values, as_text

_NAME = r"[^\W\d](?:[\w.\- ]{0,98}\w)?"
_FIELD = re.compile(
    rf"%%\s?(?P<name>{_NAME})\s?%%|%%=(?P<call>(?:[^%=]|=(?!%%)|%(?!%)){{1,2000}}+)=%%|%%\[(?:[^\]%]|\](?!%%)|%(?!%\[))*+\]%%"
)
_CALL = re.compile(
    rf"\s*(?:(?P<function>\w{{1,30}})\s*\(\s*)?(?:(?P<inner>\w{{1,30}})\s*\(\s*)?"
    rf"(?:\[(?P<bracketed>{_NAME})\]|\"(?P<double>{_NAME})\"|'(?P<single>{_NAME})'|(?P<bare>[^\W\d]\w{{0,99}}))"
    r"\s*\)?\s*\)?\s*"
)
_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "v": str,
    "attributevalue": str,
    "propercase": lambda text: re.sub(r"\w+", lambda word: word.group().capitalize(), text),
    "uppercase": str.upper,
    "lowercase": str.lower,
    "trim": str.strip,
    "urlencode": lambda text: Encoded(quote(text, safe="")),
}
_NAMES = {"emailaddr": "email", "fullname_": "name", "firstname_": "first_name", "lastname_": "last_name"}
_NAMES |= {"_subscriberkey": "customer_id", "subscriberid": "customer_id"}
# The date of sending, in PHP's letters.
_DATES = {
    "xtyear": "Y",
    "xtmonth": "F",
    "xtmonthnumeric": "n",
    "xtday": "j",
    "xtdayofweek": "l",
    "xtshortdate": "n/j/Y",
    "xtlongdate": "l, F j, Y",
}


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Fill fields, as `rendering.Renderer` says. Values are escaped for where they stand in HTML."""
    notes = Notes()

    def value(field: re.Match[str]) -> str | None:
        read = (field["name"], ()) if field["name"] else _read(field["call"] or "")
        if read is None:
            notes.unsupported[field.group()] = None
            return None
        name, functions = read
        if name.lower() in _DATES and values.sent_at:
            return formatted_date(values.sent_at, _DATES[name.lower()])
        text = as_text(_value(values, name))
        if text is None:
            notes.unknown[name] = None
            return None
        for function in functions:
            text = function(text)
        return text

    return filled(template, _FIELD, value, values, notes, is_html=is_html)


def _read(call: str) -> tuple[str, tuple[Callable[[str], str], ...]] | None:
    """The field that a call reads and what it does with it, the first first; None for other calls."""
    parts = _CALL.fullmatch(call)
    if parts is None:
        return None
    names = [name.lower() for name in parts.group("inner", "function") if name]
    quoted = parts["double"] or parts["single"]
    is_read = bool(parts["bracketed"] or parts["bare"]) or "attributevalue" in names
    if call.count("(") != call.count(")") or call.count("(") != len(names) or not is_read:
        return None
    if any(name not in _FUNCTIONS for name in names) or ("attributevalue" in names and not quoted):
        return None
    return quoted or parts["bracketed"] or parts["bare"], tuple(_FUNCTIONS[name] for name in names)


def _value(values: Values, name: str) -> Json | Missing:
    value = values.lookup(name)
    return values.lookup(_NAMES[name.lower()]) if value is MISSING and name.lower() in _NAMES else value
