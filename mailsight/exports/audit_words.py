"""An audit entry's details in plain words. The audit itself stores the program's own words, which never change."""

from collections.abc import Mapping
from typing import Any

from mailsight.figures import formats

# The names of lists and files.
_LISTS = {
    "not-sent": "customers who were not sent it",
    "all customers": "customers of all campaigns",
    "customer-events": "events of a customer",
    "history": "contact history",
    "e-mail": "e-mail",
    "links": "links and their clicks",
    "report": "campaign report",
    "unattributed": "unmatched events",
    "refused": "rejected rows",
    "backup": "a backup of everything",
    "person": "everything known about a person",
}
_FORMATS = {"xlsx": "Excel", "parquet": "Parquet", "folder": "a folder"}
_FILTERS = {"search": "a text", "subject": "campaign or customer", "since": "first day", "until": "last day"}
_DIALOGS = {
    "find-customer": "Find a customer",
    "api-tokens": "API tokens",
    "preview": "E-mail",
    "mail": "E-mail",
}
# What an address leads to, by a part of its route.
_ROUTES = {
    "/api/recipients": "the customers of a campaign",
    "/api/export": "a file",
    "/media": "a file",
    "/shared/": "a shared report",
    "/api/v1/": "the API",
    "/_stcore/upload_file": "an upload",
    "/_stcore/stream": "a page",
    "metrics": "the metrics",
}
_COUNTED = {
    "length": ("letter typed", "letters typed"),
    "matches": ("match", "matches"),
    "files": ("file", "files"),
    "people": ("person", "people"),
}
_TEMPLATES = {
    "format": "as {}",
    "copy": "{} copy",
    "token": "token {}",
    "link": "link {}",
    "until": "until {}",
    "source": "from {}",
    "command": "command {}",
    "user": "by {} on the server",
    "report": "report: {}",
    "filters": "filters: {}",
}


def described(details: Mapping[str, Any]) -> str:
    """An entry's details in a line: "Customers who were not sent it · as CSV · filters: Reason: Opted out"."""
    line = " · ".join(_described(name, value) for name, value in details.items() if value not in ("", []))
    return line[:1].upper() + line[1:]


def _described(name: str, value: Any) -> str:
    if name in _COUNTED and str(value).isdecimal():
        return formats.things(int(value), *_COUNTED[name])
    values = value if isinstance(value, list) else [value]
    text = ", ".join(_word(name, str(each)) for each in values)
    return _TEMPLATES.get(name, "{}").format(text)


def _word(name: str, text: str) -> str:
    if name == "list":
        return _LISTS.get(text, text.replace("-", " "))
    if name == "format":
        suffix = text.removeprefix(".")
        return _FORMATS.get(suffix, suffix.upper())
    if name == "filters":
        return _FILTERS.get(text, text)
    if name == "report":
        return "its description" if text == "openapi" else text.replace("_", " ")
    return _asked_for(text) if name == "what" else text


def _asked_for(text: str) -> str:
    """What somebody was refused: "dialog find-customer" is the dialog "Find a customer"."""
    kind, _, asked = text.partition(" ")
    if kind == "page" and asked:
        return f"the page {asked.capitalize()}"
    if kind == "dialog":
        return f"the dialog {_DIALOGS.get(asked, asked.replace('-', ' ').capitalize())}"
    if kind == "part:":
        return asked
    if kind == "route":
        return next((words for part, words in _ROUTES.items() if part in asked), "an address")
    return {"page": "any page", "sign-in": "signing in"}.get(text, text)
