"""Why mail bounces: sorts the replies of receiving servers into a few actionable reasons."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class BounceReason:
    """A reason for bounces, with what it means and what to do.

    `codes` are enhanced status codes, without their class (4 temporary, 5 permanent) unless its meaning depends on it.
    `words` are patterns, one per line, that match servers' replies.
    """

    label: str
    meaning: str
    codes: Sequence[str] = ()
    words: str = ""


# Codes: IANA's registry "SMTP Enhanced Status Codes" (RFC 3463, 5248, 7372). The first reason with matching words wins.
REASONS = (
    BounceReason(
        "Sender isn't authenticated",
        "SPF, DKIM or DMARC failed. Ask whoever manages the sending domain's DNS to check the records.",
        # Exchange Online: 7.509 for DMARC, 7.515 for the authentication it requires of bulk senders.
        codes=("7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.29", "7.30", "7.509", "7.515"),
        words=r"""
            \bspf\b
            \bdkim\b
            \bdmarc\b
            unauthenticated
            spoof
            reverse (?:dns|host)
            \bptr (?:resource )?record
        """,
    ),
    BounceReason(
        "Mailbox is full",
        "There is no space left. A mailbox that stays full is probably no longer read.",
        codes=("2.2", "3.1"),
        words=r"""
            (?:mailbox|inbox|storage|quota)\b.{0,40}\b(?:full|out of|exceeded)
            over ?quota
            insufficient (?:system )?storage
        """,
    ),
    BounceReason(
        "Mailbox is disabled",
        "The mailbox exists but accepts no mail: it is closed, suspended or was unused for too long.",
        codes=("5.2.1",),  # Gmail uses 4.2.1 for too many mails to a single mailbox.
        words=r"""
            (?:mailbox|account|user|recipient)\b.{0,40}\b(?:disabled|inactive|suspended|deactivated|closed|locked)
            (?:disabled|inactive|suspended) (?:mailbox|account|user|recipient)
        """,
    ),
    BounceReason(
        "Address doesn't exist",
        "The server has no such mailbox. Stop sending to this address.",
        codes=("1.1", "1.3", "1.6", "1.10", "5.4.1"),  # Exchange Online: 5.4.1 Recipient address rejected.
        words=r"""
            (?:user|recipient|mailbox|account|address(?:ee)?)\b.{0,60}\b(?:unknown|no longer)
            (?:user|recipient|mailbox|account|address(?:ee)?)\b.{0,60}(?:\bnot|n't) (?:be )?(?:exist|found)
            (?:unknown|no such|invalid|nonexistent) (?:local )?(?:user|recipient|mailbox|account|address|person)
            no mailbox here
            \b55\d\b.{0,60}mailbox unavailable
            unroute?able address
            (?:does not|doesn't) have an? .{0,40}\baccount
        """,
    ),
    BounceReason(
        "Domain doesn't accept mail",
        "The domain doesn't exist or has no mail server. Often the address is mistyped.",
        codes=("1.2", "1.7", "1.8", "1.9", "4.3", "4.4", "7.27"),
        words=r"""
            (?:host|domain)\b.{0,40}(?:\bunknown|\bno mail|(?:\bnot|n't) (?:be )?(?:exist|found|resolve))
            (?:unknown|no such|non-?existent) (?:host|domain)
            nxdomain
            \bno mx\b
            null mx
        """,
    ),
    BounceReason(
        "Too many e-mails at once",
        "The server limits how much it accepts at a time. Send more slowly to this provider.",
        codes=("3.2", "4.5", "5.3"),
        words=r"""
            too many
            rate[ -]?limit
            throttl
            slow down
            at a rate\b
            too quickly
            greylist
        """,
    ),
    BounceReason(
        "E-mail is too large",
        "It exceeds the server's size limit, usually because of embedded pictures.",
        codes=("2.3", "3.4"),
        words=r"""
            (?:message|mail)\b.{0,20}\b(?:too (?:large|big)|size exceed)
            size limit
        """,
    ),
    BounceReason(
        "Treated as spam or blocked",
        "The server rejects this sender or this content. Check the provider's postmaster page.",
        codes=("7.28",),
        words=r"""
            spam
            \bblock(?:ed|list)
            black ?list
            deny ?list
            reputation
            \bpolic(?:y|ies)\b
            bulk mail
            unsolicited
            \b(?:rbl|dnsbl)\b
            content (?:rejected|filter|looks)
            complain
            (?:message|mail) (?:was )?(?:refused|rejected)
            not (?:allowed|permitted)
            prohibited
            \bbanned\b
            access denied
        """,
    ),
    BounceReason(
        "Server couldn't be reached",
        "The server didn't answer for days. If that continues, the domain is probably gone.",
        codes=("4.1", "4.2", "4.6", "4.7"),
        words=r"""
            timed? ?out
            connection (?:refused|reset|lost|closed|failed|died)
            unreachable
            no (?:answer|route)
            expired
            could not connect
        """,
    ),
)
OTHER = BounceReason(
    "Other reason", "The reply fits none of these reasons. The list of customers shows it in full."
)
UNKNOWN = BounceReason("No reason given", "The provider only reported that the e-mail bounced.")

_CODE = re.compile(r"(?<![\d.])([45])\.(\d{1,3}\.\d{1,3})(?!\.?\d)")
_BY_CODE = {code: reason for reason in REASONS for code in reason.codes}
_BY_WORDS = [
    (re.compile("|".join(line.strip() for line in reason.words.strip().splitlines()), re.IGNORECASE), reason)
    for reason in REASONS
]
# Used if no words match: codes for rejection by policy, and basic codes (RFC 5321, section 4.2.3).
_BLOCKED, _NO_ADDRESS = REASONS[7], REASONS[3]
_VAGUE = {"1.0": _NO_ADDRESS, "7.0": _BLOCKED, "7.1": _BLOCKED, "6.0": _BLOCKED}
_BASIC = {"552": REASONS[1], "553": _NO_ADDRESS}
_MAX_LENGTH = 600
# The lookbehind and the possessive quantifier keep this linear. A quoted name may contain spaces.
_NAME = re.compile(r"""(?<![\w.+%~='!#$&*?^`{|}/-])[\w.+%~='!#$&*?^`{|}/-]++@|"[^"@]{1,64}"@""")


@lru_cache(maxsize=50_000)
def reason(reply: str | None) -> BounceReason:
    """The reason of a bounce from the server's reply, a status code, or just "hard" or "soft"."""
    words = (reply or "").strip()[:_MAX_LENGTH]
    if words.lower() in {"", "hard", "soft"}:
        return UNKNOWN
    codes = _CODE.findall(words)
    for kind, code in codes:
        if match := _BY_CODE.get(f"{kind}.{code}") or _BY_CODE.get(code):
            return match
    for pattern, reason in _BY_WORDS:
        if pattern.search(words):
            return reason
    for _, code in codes:
        if code in _VAGUE:
            return _VAGUE[code]
    return _BASIC.get(words[:3], OTHER)


def without_addresses(reply: str, max_length: int = 160) -> str:
    """A server's reply without the local parts of addresses, shortened to `max_length`."""
    words = _NAME.sub("…@", " ".join(reply.split()))
    return f"{words[:max_length]}…" if len(words) > max_length else words
