"""Finds the message that each mail of an archive is: by its id, else by campaign, else by recipient and time.

If several messages fit equally well, none is chosen: a customer's page must not show another customer's mail.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby
from typing import Any, Literal

import pyarrow as pa

from mailsight.mime.tracing import Trace
from mailsight.warehouse.draft import Draft

# A mail may have this distance in time from a message to its recipient that has the same subject or sender.
WINDOW_SECONDS = 86_400.0
# One from the same sender that has another subject, such as a variant of a test, must be this near.
OTHER_SUBJECT_SECONDS = 900.0
# Of several messages that fit, the nearest is chosen if the others are this much further away.
CLEARLY_SECONDS = 3_600.0

_UNKNOWN = "it has neither a known Message-ID nor a campaign's header, and names no recipient"
_NO_MESSAGE = "no message was sent to its recipients"
_NO_TIME = "it has no date, and no known Message-ID or campaign"
_NOT_THEN = "no message was sent to its recipients within a day of it"
_OTHER = "the messages sent to its recipients within a day of it have another subject and sender"
_AMBIGUOUS = "several messages fit: {}"
_MAX_NAMED = 5

# What subjects are filled in with, whatever the merge language; and blocks, of which a part of the words is shown.
_FIELD = re.compile(
    r"\{\{[^{}]{0,500}\}\}\}?|\{%[^%]{0,500}%\}|\*\|[^|]{0,500}\|\*|%%[^%]{1,200}%%|%[\w.|:]{1,200}%|\[\[?[^\[\]]{1,200}\]\]?"
    r"|\$?\{[^{}]{1,200}\}|@\{[^{}]{1,200}\}"
)
_BLOCK = re.compile(
    r"\{%|\{\{\s{0,9}[#^/~]|\{\{-?\s{0,9}(?:if|else|end|range|with|each|unless)\b|\*\|(?:IF|ELSE|END|INTERESTED)"
    r"|%(?:IF|ELSE|/IF|ENDIF)\b|\[/?(?:if|else)\b",
    re.IGNORECASE,
)
_MIN_LETTERS = 2

_MAILS = pa.schema(
    [
        ("number", pa.int64()),
        *((name, pa.list_(pa.string())) for name in ("ids", "campaigns", "customers", "recipients")),
        ("sent_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True, slots=True)
class Match:
    """The message that a mail is, known by the mail's id (rank 0), its campaign (1), or its recipient and time (2)."""

    campaign_id: str
    customer_id: str
    rank: Literal[0, 1, 2]


def matches(work: Draft, traces: Mapping[int, Trace]) -> dict[int, Match | str]:
    """The message of each mail, by the mail's number; or why there is none, as the end of a sentence."""
    outcomes: dict[int, Match | str] = {}
    for match in (_by_id, _by_campaign, _by_recipient):
        rest = {number: trace for number, trace in traces.items() if number not in outcomes}
        if rest:
            rows = [_row(number, trace) for number, trace in rest.items()]
            with work.table("mails", rows, _MAILS):
                outcomes |= match(work, rest)
    return outcomes


def _row(number: int, trace: Trace) -> tuple[object, ...]:
    sent_at = trace.sent_at and trace.sent_at.astimezone(UTC).replace(tzinfo=None)
    return (
        number,
        list(trace.ids),
        list(trace.campaigns),
        list(trace.customers),
        list(trace.recipients),
        sent_at,
    )


def _by_id(work: Draft, _: Mapping[int, Trace]) -> dict[int, Match | str]:
    outcomes: dict[int, Match | str] = {}
    for number, rows in _grouped(work.rows("messages_by_id")).items():
        # A message to several recipients has one id in some providers' events.
        addressed = [row for row in rows if row["is_recipient"]] if len(rows) > 1 else rows
        outcomes[number] = _only(addressed or rows, 0)
    return outcomes


def _by_campaign(work: Draft, _: Mapping[int, Trace]) -> dict[int, Match | str]:
    outcomes: dict[int, Match | str] = {}
    for number, rows in _grouped(work.rows("messages_by_campaign")).items():
        best = [row for row in rows if row["place"] == rows[0]["place"]]
        outcomes[number] = _only([row for row in best if row["by_customer"]] or best, 1)
    return outcomes


def _by_recipient(work: Draft, traces: Mapping[int, Trace]) -> dict[int, Match | str]:
    outcomes: dict[int, Match | str] = {}
    known = {
        row["number"]: row["messages"] for row in work.rows("messages_by_recipient", seconds=WINDOW_SECONDS)
    }
    for number, trace in traces.items():
        if not trace.recipients:
            outcomes[number] = _UNKNOWN
        elif number not in known:
            outcomes[number] = _NO_MESSAGE
        elif trace.sent_at is None:
            outcomes[number] = _NO_TIME
        else:
            outcomes[number] = nearest(trace, known[number])
    return outcomes


def nearest(trace: Trace, messages: Sequence[Mapping[str, Any]]) -> Match | str:
    """The nearest of the messages to the mail's recipient in time, if it has the mail's subject or sender."""
    if not messages:
        return _NOT_THEN
    says = {row["subject"]: has_subject(row["subject"], trace.subject) for row in messages}
    fitting = [row for row in messages if says[row["subject"]]]
    if not fitting and trace.sender:
        fitting = [
            row
            for row in messages
            if row["sender"] == trace.sender
            and (says[row["subject"]] is None or row["seconds"] <= OTHER_SUBJECT_SECONDS)
        ]
    if not fitting:
        return _OTHER
    fitting = sorted(fitting, key=lambda row: (row["seconds"], row["campaign_id"], row["customer_id"]))
    near = [row for row in fitting if row["seconds"] < fitting[0]["seconds"] + CLEARLY_SECONDS]
    return _only(near, 2)


def _only(rows: Sequence[Mapping[str, Any]], rank: Literal[0, 1, 2]) -> Match | str:
    messages = list(dict.fromkeys((str(row["campaign_id"]), str(row["customer_id"])) for row in rows))
    if len(messages) == 1:
        return Match(*messages[0], rank)
    names = [f"{campaign_id} to {customer_id}" for campaign_id, customer_id in messages[:_MAX_NAMED]]
    return _AMBIGUOUS.format(", ".join(names) + (" ..." if len(messages) > _MAX_NAMED else ""))


def _grouped(rows: Sequence[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for number, group in groupby(rows, key=lambda row: int(row["number"])):
        grouped[number] += group
    return grouped


def has_subject(template: str | None, subject: str | None) -> bool | None:
    """Whether a mail's subject may be this one, filled in; None if there is none or its words say too little."""
    if not template or not subject:
        return None
    plain, text = _plain(template), _plain(subject)
    pieces = _FIELD.split(plain)
    if plain == text:
        return True
    says_little = len(pieces) > 1 and sum(map(str.isalpha, "".join(pieces))) < _MIN_LETTERS
    if _BLOCK.search(template) or says_little:
        return None
    return len(pieces) > 1 and _follow(pieces, text)


def _follow(pieces: Sequence[str], text: str) -> bool:
    """Whether the text has these pieces in this order, the first at its start and the last at its end."""
    first, *between, last = pieces
    place, end = len(first), len(text) - len(last)
    if place > end or not (text.startswith(first) and text.endswith(last)):
        return False
    for piece in between:
        start = text.find(piece, place, end)
        if start < 0:
            return False
        place = start + len(piece)
    return True


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
