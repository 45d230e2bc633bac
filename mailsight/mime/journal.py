"""Journal reports: the e-mails with which Exchange and Microsoft 365 pass on each e-mail that they received.

A report is a text with one field per line, such as a recipient, and has the e-mail attached unchanged
(https://learn.microsoft.com/previous-versions/exchange-server/exchange-140/bb331962(v=exchg.140), 2026-11-26).
"""

import re

from .parts import Entity

_MARKS = ("content-identifier", "content-identifer")  # Exchange 2003, which also misspelt it
# Only the report names those who got a blind copy. After an address comes the list or mailbox that it replaced.
_RECIPIENTS = re.compile(
    r"^(?:recipient|to|cc|bcc)[ \t]*:[ \t]*(\S[^\r\n]{0,2000})", re.IGNORECASE | re.MULTILINE
)
_ADDRESS = re.compile(r"[^\s<>,;:]{1,64}@[^\s<>,;:]{1,255}")
_MAX_RECIPIENTS = 50


def unwrapped(message: Entity) -> bytes | None:
    """The source of the e-mail that is attached to a report, with the recipients as fields before its own.

    None if the message is not such a report.
    """
    if not _is_report(message):
        return None
    attached = next((part for part in message.parts if part.is_message), None)
    if attached is None:
        return None
    report = next((part for part in message.parts if part.type == "text/plain"), None)
    lines = _RECIPIENTS.findall(report.text) if report else []
    addresses = [address for line in lines for address in _ADDRESS.findall(line)]
    fields = "".join(f"X-Envelope-To: {address}\n" for address in dict.fromkeys(addresses[:_MAX_RECIPIENTS]))
    return fields.encode() + attached.body


def _is_report(message: Entity) -> bool:
    return any(
        name == "x-ms-journal-report" or (name in _MARKS and value.lower() == b"exjournalreport")
        for name, value in message.header.fields
    )
