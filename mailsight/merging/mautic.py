"""Mautic's tokens: {contactfield=firstname|there}, {unsubscribe_url}, {dynamiccontent="x"}.

Source: mautic/mautic, LeadBundle/Helper/TokenHelper.php and docs.mautic.org, "Variables", 2026-11-26. A value that is
empty has the default; "true" in its place asks for a value that is encoded for a URL.
"""

import re
from urllib.parse import quote_plus, unquote

from mailsight.mail.merge_fields import Encoded

from .output import filled
from .rendering import Notes, Rendered
from .values import MISSING, Json, Missing, Values, as_text

# Editors may encode the braces of a token in a link.
_OPEN, _CLOSE = r"(?:\{|%7B)", r"(?:\}|%7D)"
_TOKEN = re.compile(
    rf"{_OPEN}(?:(?P<kind>contactfield|leadfield|companyfield|ownerfield)=(?P<field>[\w.-]{{1,100}}+)"
    rf"(?:(?:\||%7C)(?P<default>[^{{}}%]{{0,200}}(?:%(?!7[BD])[^{{}}%]{{0,200}})*))?"
    r"|dynamiccontent=(?:\"|%22|&quot;)(?P<slot>[^{}\"]{1,200}?)(?:\"|%22|&quot;)"
    rf"|(?P<word>unsubscribe_url|unsubscribe_text|resubscribe_url|dnc_url|webview_url|webview_text|signature|subject"
    r"|tracking_pixel|sender_name|sender_email|today|(?:trackable|pagelink|assetlink|focus|form|token|custom-object)"
    rf"=[^{{}}]{{1,300}}?)){_CLOSE}",
    re.IGNORECASE,
)
_DATES = frozenset(("date", "time", "datetime"))
# What each kind of field is called in front of its name.
_OWNERS = {"companyfield": "company", "ownerfield": "owner"}


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Fill tokens, as `rendering.Renderer` says. Values are escaped for where they stand in HTML."""
    notes = Notes()

    def value(token: re.Match[str]) -> str | None:
        if token["kind"]:
            return _field(token, values, notes)
        name = f"dynamiccontent={token['slot']}" if token["slot"] else token["word"].lower()
        if name == "tracking_pixel":
            return ""  # an invisible picture
        if name == "subject" and "subject" in values.mail:
            return values.mail["subject"]
        text = as_text(values.lookup(token["slot"] or name))
        if text is None:
            notes.unknown[name] = None
        # A slot holds HTML, and Mautic's texts are links.
        return Encoded(text) if text is not None and (token["slot"] or name.endswith("_text")) else text

    return filled(template, _TOKEN, value, values, notes, is_html=is_html)


def _field(token: re.Match[str], values: Values, notes: Notes) -> str | None:
    kind, name, default = token["kind"].lower(), token["field"], unquote(token["default"] or "")
    text = as_text(_value(values, kind, name))
    if default in _DATES:
        if text:
            notes.unsupported[token.group()] = None  # the format is a setting of Mautic's
            return None
        default = ""
    if not text and default and default != "true":
        return default
    if text is None:
        notes.unknown[name] = None
        return None
    return Encoded(quote_plus(text)) if default == "true" else text


def _value(values: Values, kind: str, name: str) -> Json | Missing:
    """A field of the contact, or of its company or owner, which may have the same name."""
    owner = _OWNERS.get(kind)
    if owner is None:
        value = values.lookup(name)
        return values.lookup("customer_id") if value is MISSING and name == "id" else value
    value = values.lookup(f"{owner}_{name}")
    if value is MISSING and isinstance(nested := values.lookup(owner), dict):
        return Values(nested).lookup(name)
    return values.lookup(name) if value is MISSING and name.lower().startswith(owner) else value
