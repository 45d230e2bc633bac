"""Why mail bounces: the words of receiving servers, which differ for each mail, in a few reasons to act on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class BounceReason:
    """A reason, with what it means and what to do.

    `codes` are enhanced status codes, without their class (4 temporary, 5 permanent) unless the two differ in meaning.
    `words` are patterns, one per line, of what servers write.
    """

    label: str
    meaning: str
    codes: Sequence[str] = ()
    words: str = ""


# Codes: IANA's registry "SMTP Enhanced Status Codes" (RFC 3463, 5248, 7372). Of the words, the first that fit count.
REASONS = (
    BounceReason(
        "Sender isn't proved",
        "SPF, DKIM or DMARC failed: whoever keeps the sending domain's DNS has to look at it.",
        # Exchange Online: 7.509 for DMARC, 7.515 for the authentication that it requires of bulk senders.
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
        "There is no room left. Who never empties it does not read it either.",
        codes=("2.2", "3.1"),
        words=r"""
            (?:mailbox|inbox|storage|quota)\b.{0,40}\b(?:full|out of|exceeded)
            over ?quota
            insufficient (?:system )?storage
        """,
    ),
    BounceReason(
        "Mailbox is disabled",
        "It is there and takes no mail: closed, suspended, or unused for long.",
        codes=("5.2.1",),  # Gmail uses 4.2.1 for too many mails to one mailbox.
        words=r"""
            (?:mailbox|account|user|recipient)\b.{0,40}\b(?:disabled|inactive|suspended|deactivated|closed|locked)
            (?:disabled|inactive|suspended) (?:mailbox|account|user|recipient)
        """,
    ),
    BounceReason(
        "Address doesn't exist",
        "The server knows no such mailbox. Leave the address out from now on.",
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
        "Domain takes no mail",
        "It does not exist, or has no mail server: often a mistyped address.",
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
        "Too many mails at once",
        "The server wants fewer in the same time: send more slowly to this provider.",
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
        "Mail is too large",
        "It is larger than the server takes, mostly for pictures within the mail.",
        codes=("2.3", "3.4"),
        words=r"""
            (?:message|mail)\b.{0,20}\b(?:too (?:large|big)|size exceed)
            size limit
        """,
    ),
    BounceReason(
        "Taken for spam, or blocked",
        "The server refuses this sender or this content: look at the provider's postmaster page.",
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
        "Server could not be reached",
        "It gave no answer for days. Where that lasts, the domain is probably gone.",
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
OTHER = BounceReason("Another reason", "What the server said has no word here; it stands with each customer.")
UNSAID = BounceReason("No reason told", "All that is known is that it bounced.")

_CODE = re.compile(r"(?<![\d.])([45])\.(\d{1,3}\.\d{1,3})(?!\.?\d)")
_BY_CODE = {code: reason for reason in REASONS for code in reason.codes}
_BY_WORDS = [
    (re.compile("|".join(line.strip() for line in reason.words.strip().splitlines()), re.IGNORECASE), reason)
    for reason in REASONS
]
# Where words tell nothing: what a server refuses by its policy, and the basic codes (RFC 5321, section 4.2.3).
_BLOCKED, _MISSING = REASONS[7], REASONS[3]
_VAGUE = {"1.0": _MISSING, "7.0": _BLOCKED, "7.1": _BLOCKED, "6.0": _BLOCKED}
_BASIC = {"552": REASONS[1], "553": _MISSING}
_LONGEST_READ = 600
# The lookbehind and the possessive quantifier keep this linear. A quoted name may contain spaces.
_NAME = re.compile(r"""(?<![\w.+%~='!#$&*?^`{|}/-])[\w.+%~='!#$&*?^`{|}/-]++@|"[^"@]{1,64}"@""")


@lru_cache(maxsize=50_000)
def reason(told: str | None) -> BounceReason:
    """The reason in what is told of a bounce: the server's words, or a status code, or only hard or soft."""
    words = (told or "").strip()[:_LONGEST_READ]
    if words.lower() in {"", "hard", "soft"}:
        return UNSAID
    codes = _CODE.findall(words)
    for kind, code in codes:
        if known := _BY_CODE.get(f"{kind}.{code}") or _BY_CODE.get(code):
            return known
    for pattern, found in _BY_WORDS:
        if pattern.search(words):
            return found
    for _, code in codes:
        if code in _VAGUE:
            return _VAGUE[code]
    return _BASIC.get(words[:3], OTHER)


def without_addresses(told: str, most: int = 160) -> str:
    """A server's words without the names in addresses, cut where they get long."""
    words = _NAME.sub("…@", " ".join(told.split()))
    return f"{words[:most]}…" if len(words) > most else words
