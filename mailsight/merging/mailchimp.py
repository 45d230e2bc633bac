"""Mailchimp's and Mandrill's merge tags: fields, conditions and groups.

Source: mailchimp.com/help, "All the merge tags cheat sheet" and "Use conditional merge tag blocks", and Mandrill's
"About dynamic and conditional merge tags", 2026-11-26. Values are compared as PHP compares them.
"""

import html as entities
import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from mailsight.mail.merge_fields import Encoded

from .conditions import Tag, chosen
from .output import filled
from .php import compared, formatted_date, is_true
from .rendering import Notes, Rendered
from .values import MISSING, Json, Missing, Values, as_text

_TAG = re.compile(r"\*\|([^|]{1,300}+)\|\*")
_IF = re.compile(r"(IF|IFNOT|ELSEIF):\s*([^\s=!<>]{1,100}+)\s*(?:(==?|!=|>=|<=|>|<)\s*(.*))?", re.DOTALL)
_INTERESTED = re.compile(r"INTERESTED:([^:]+):(.+)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z][\w:]{0,99}")

# What an audience's first fields are called elsewhere. The tags with numbers are Mailchimp's own second names.
_NAMES = {
    "FNAME": ("first_name", "given_name"),
    "LNAME": ("last_name", "family_name"),
    "MERGE0": ("email", "email_address"),
    "EMAIL": ("email_address",),
    "MERGE1": ("FNAME", "first_name"),
    "MERGE2": ("LNAME", "last_name"),
    "MC_LANGUAGE": ("language",),
}
_OF_MAIL = {"MC:SUBJECT": "subject", "MC_PREVIEW_TEXT": "preheader"}
# Tags that are known to be empty in an e-mail.
_NOT_IN_MAIL = frozenset(("ARCHIVE_PAGE",))
# Tags that insert what only Mailchimp has: feeds, products, surveys, translations, games.
_BLOCKS = re.compile(
    r"(?:END:)?(?:RSS|FEED|PRODUCT|RECOMMENDATION|SURVEY|POLL|PROMO_CODE|COUPON|CART|ORDER|TRANSLATE|MC_TRANSLATE|MC:TRANSLATE"
    r"|MC:TOC|MC_TOC|TWITTER|FACEBOOK|INSTAGRAM|LIKE|TWEET|RECENT|QRCOUPON|CONTENT|IMAGE|AMZN|CHIMP|DELUXE)(?:[:_A-Z]|\Z)"
)


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Render merge tags, as `rendering.Renderer` says. Values are escaped for where they stand in HTML."""
    return _Mail(values, is_html=is_html).render(template)


class _Mail:
    def __init__(self, values: Values, *, is_html: bool) -> None:
        self._values = values
        self._is_html = is_html
        self._notes = Notes()

    def render(self, template: str) -> Rendered:
        tags = [tag for match in _TAG.finditer(template) if (tag := self._condition(match))]
        text, left = chosen(template, tags, self._holds)
        self._notes.unsupported.update(dict.fromkeys(left))

        def value(field: re.Match[str]) -> str | None:
            return None if field.group() in self._notes.unsupported else self._output(field)

        return filled(text, _TAG, value, self._values, self._notes, is_html=self._is_html)

    def _content(self, match: re.Match[str]) -> str:
        return (entities.unescape(match[1]) if self._is_html else match[1]).strip()

    def _condition(self, match: re.Match[str]) -> Tag | None:
        content = self._content(match)
        word, _, rest = content.partition(":")
        match word:
            case "IF" | "IFNOT":
                return Tag(match, "if", "IF")
            case "INTERESTED":
                return Tag(match, "if", word)
            case "ELSEIF":
                return Tag(match, "elseif", "IF")
            case "ELSE" if not rest:
                return Tag(match, "else")
            case "END" if rest in ("IF", "INTERESTED"):
                return Tag(match, "end", rest)
        return None

    def _holds(self, tag: Tag) -> bool | None:
        content = self._content(tag.match)
        if condition := _IF.fullmatch(content):
            word, name, operator, text = condition.groups()
            value = self._asked(name)
            holds = compared(value, operator, text.strip()) if operator else is_true(value)
            return holds != (word == "IFNOT")
        if condition := _INTERESTED.fullmatch(content):
            return self._is_interested(condition[1].strip(), condition[2])
        return None

    def _asked(self, name: str) -> Json:
        return self._notes.for_condition(name, self._value(name))

    def _is_interested(self, group: str, names: str) -> bool:
        """Whether the customer is in one of these groups of a category."""
        value = self._asked(group)
        if isinstance(value, dict):
            value = [name for name, is_in in value.items() if is_in]
        if not isinstance(value, list):
            value = re.split(r"(?<!\\),", as_text(value) or "")
        known = {_group(name) for name in map(as_text, value) if name}
        return any(_group(name) in known for name in re.split(r"(?<!\\),", names))

    def _value(self, name: str) -> Json | Missing:
        if name in _OF_MAIL and _OF_MAIL[name] in self._values.mail:
            return self._values.mail[_OF_MAIL[name]]
        if name == "CURRENT_YEAR" and self._values.sent_at:
            return str(self._values.sent_at.year)
        if name in _NOT_IN_MAIL:
            return None
        candidates = map(self._values.lookup, (name, *_NAMES.get(name, ())))
        return next((value for value in candidates if value is not MISSING), MISSING)

    def _output(self, field: re.Match[str]) -> str | None:
        content = self._content(field)
        if content.startswith("DATE:"):
            return self._date(content)
        word, _, rest = content.partition(":")
        change = _CHANGES.get(word)
        name = rest.strip() if change else content
        if not _NAME.fullmatch(name) or _BLOCKS.match(content):
            self._notes.unsupported[field.group()] = None
            return None
        text = as_text(self._value(name))
        if text is None:
            self._notes.unknown[name] = None
            return None
        return change(text) if change else text

    def _date(self, content: str) -> str | None:
        sent_at: datetime | None = self._values.sent_at
        if sent_at is None:
            self._notes.unknown[content] = None
            return None
        return formatted_date(sent_at, content.removeprefix("DATE:"))


def _group(name: str) -> str:
    return name.replace("\\,", ",").strip().casefold()


def _title(text: str) -> str:
    """As PHP's ucwords of its strtolower."""
    return re.sub(r"(?:^|(?<=\s))\S", lambda letter: letter.group().upper(), text.lower())


_CHANGES: dict[str, Callable[[str], str]] = {
    "TITLE": _title,
    "LOWER": str.lower,
    "UPPER": str.upper,
    "HTML": Encoded,
    "URL": lambda text: Encoded(quote(text, safe="", errors="replace")),
}
