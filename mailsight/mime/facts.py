"""What a mail's header says about it: who sent it when, whether it was authenticated, how its reader can unsubscribe.

Anybody can write a header, so these are claims. Those of the receiving server stand above those that came with the
mail, so of several, the first counts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .headers import decoded

Fields = Sequence[tuple[str, str]]

_FIELD = re.compile(r"([A-Za-z][\w.-]{0,200})[ \t]*:")
_IN_BRACKETS = re.compile(r"<\s*([^<>\s]{1,2000})\s*>")
_RESULT = re.compile(r"\s*([a-z][a-z0-9-]{0,40})(?:/\d{1,9})?\s*=\s*([a-z]{1,40})", re.IGNORECASE)
_SPF_RESULT = re.compile(r"\s*([a-z]{1,40})", re.IGNORECASE)
_NEXT_COMMENT_OR_QUOTE = re.compile(r'[()"\\]')
_MAX_DATE = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """What a header says. What it doesn't say is None or empty.

    `date` is when the sender says it was sent, `received_at` when the customer's mail server says it received it.
    `unsubscribe` are the addresses behind "Unsubscribe" in mail programs; `is_one_click`: one click there is enough
    (RFC 8058). `spf`, `dkim` and `dmarc` are results such as "pass", "fail", "softfail" or "none", as the server
    `checked_by` reports them.
    """

    sender: str | None
    to: str | None
    subject: str | None
    date: datetime | None
    message_id: str | None
    received_at: datetime | None
    unsubscribe: Sequence[str]
    is_one_click: bool
    checked_by: str | None
    spf: str | None
    dkim: str | None
    dmarc: str | None


def fields(source: str) -> list[tuple[str, str]]:
    """The fields of a header in order, with their names as they are written. Folded lines are joined."""
    read: list[tuple[str, list[str]]] = []
    for line in source.splitlines():
        if line[:1] in (" ", "\t"):
            if read:
                read[-1][1].append(line.strip())
        elif field := _FIELD.match(line):
            read.append((field[1], [line[field.end() :].strip()]))
    return [(name, " ".join(filter(None, lines))) for name, lines in read]


def facts(header: Fields) -> Facts:
    """What the header with these fields says."""
    checked_by, results = _authentication(header)
    unsubscribe = tuple(
        address for value in values(header, "list-unsubscribe") for address in _IN_BRACKETS.findall(value)
    )
    is_one_click = any(
        value.replace(" ", "").lower() == "list-unsubscribe=one-click"
        for value in values(header, "list-unsubscribe-post")
    ) and any(address.lower().startswith("https:") for address in unsubscribe)
    return Facts(
        text(header, "from"),
        text(header, "to"),
        text(header, "subject"),
        moment(first(header, "date")),
        first(header, "message-id"),
        moment(first(header, "received").rpartition(";")[2]),
        unsubscribe,
        is_one_click,
        checked_by,
        results.get("spf") or _spf(header),
        results.get("dkim"),
        results.get("dmarc"),
    )


def values(header: Fields, name: str) -> list[str]:
    """The values of a field, whose name is in lower case."""
    return [value for field, value in header if field.lower() == name and value]


def first(header: Fields, name: str) -> str:
    """The first value of a field, or an empty text."""
    return next(iter(values(header, name)), "")


def text(header: Fields, name: str) -> str | None:
    """The first value of a field for people, with its encoded words decoded."""
    return decoded(first(header, name)).strip() or None


def moment(value: str) -> datetime | None:
    """The time that a header names, in UTC. Without a time zone, it is taken for UTC."""
    try:
        time = parsedate_to_datetime(value.strip()[:_MAX_DATE])
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _authentication(header: Fields) -> tuple[str | None, dict[str, str]]:
    """The server that checked the mail, and its result for each method (RFC 8601); "pass" if any signature passes."""
    server: str | None = None
    results: dict[str, str] = {}
    reports = values(header, "authentication-results") or [
        report.partition(";")[2] for report in values(header, "arc-authentication-results")[:1]
    ]
    for report in reports:
        by, *checks = _without_comments(report).split(";")
        name = (by.split() or [""])[0].lower()
        if server is None:
            server = name
        if name != server:
            continue  # a server on the way, or the sender itself
        for check in (by, *checks) if "=" in name else checks:
            if result := _RESULT.match(check):
                method, outcome = result[1].lower(), result[2].lower()
                if outcome == "pass" or method not in results:
                    results[method] = outcome
    return (server if server and "=" not in server else None), results


def _spf(header: Fields) -> str | None:
    """The result of the field that RFC 7208 defines."""
    result = _SPF_RESULT.match(first(header, "received-spf"))
    return result[1].lower() if result else None


def _without_comments(text: str) -> str:
    """The text without its comments, which may be nested, and without its quoted strings."""
    kept: list[str] = []
    depth, is_quoted, start = 0, False, 0
    place = _NEXT_COMMENT_OR_QUOTE.search(text)
    while place:
        if not depth and not is_quoted:
            kept.append(text[start : place.start()])
        start = place.end()
        match place[0]:
            case "\\":
                start += 1
            case '"':
                is_quoted = not is_quoted and not depth
            case "(" if not is_quoted:
                depth += 1
            case ")" if not is_quoted:
                depth = max(depth - 1, 0)
        place = _NEXT_COMMENT_OR_QUOTE.search(text, start)
    if not depth and not is_quoted:
        kept.append(text[start:])
    return "".join(kept)
