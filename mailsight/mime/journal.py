"""Journal reports: the e-mails with which Exchange and Microsoft 365 pass on each e-mail that was received.

A report is a text with a field a line, such as who received the e-mail, and has the e-mail attached unchanged
(https://learn.microsoft.com/previous-versions/exchange-server/exchange-140/bb331962(v=exchg.140), 2026-11-26).
"""

import re

from . import charsets
from .parts import Entity

_MARKS = ("content-identifier", "content-identifer")  # Exchange 2003, which also misspelt it
# Who got a blind copy is named here only. A list or a mailbox that the server replaced stands after the address.
_RECIPIENTS = re.compile(
    r"^(?:recipient|to|cc|bcc)[ \t]*:[ \t]*(\S[^\r\n]{0,2000})", re.IGNORECASE | re.MULTILINE
)
_ADDRESS = re.compile(r"[^\s<>,;:]{1,64}@[^\s<>,;:]{1,255}")
_MAX_RECIPIENTS = 50


def unwrapped(message: Entity) -> bytes | None:
    """The source of the e-mail that a report has attached, with its recipients as fields before its own.

    None if the e-mail is no report.
    """
    if not _is_report(message):
        return None
    attached = next((part for part in message.parts if part.is_message), None)
    if attached is None:
        return None
    report = next((part for part in message.parts if part.type == "text/plain"), None)
    text = (
        charsets.decode(report.body, report.header.content_type.parameters.get("charset")) if report else ""
    )
    addresses = [address for line in _RECIPIENTS.findall(text) for address in _ADDRESS.findall(line)]
    fields = "".join(f"X-Envelope-To: {address}\n" for address in dict.fromkeys(addresses[:_MAX_RECIPIENTS]))
    return fields.encode() + attached.body


def _is_report(message: Entity) -> bool:
    return any(
        name == "x-ms-journal-report" or (name in _MARKS and value.lower() == b"exjournalreport")
        for name, value in message.header.fields
    )
