"""Rows of e-mail logs as events: what the exports that have a row per event have in common.

Logs of SMTP services name no campaign. E-mails with the same tag, or else with the same subject, are one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from mailsight.importing.seen import Seen
from mailsight.importing.sources import Value
from mailsight.vocabulary import EventType

from . import values
from .exports import Entry

# Subjects with names or numbers in them are not campaigns. Beyond this many, events stay without one.
MAX_SUBJECTS = 5_000
_SENDING = frozenset((EventType.QUEUED, EventType.SENT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A row of a log: what happened to which message of which campaign."""

    kind: EventType
    email: str
    at: datetime
    campaign_id: str | None = None
    message_id: str | None = None
    event_id: str | None = None
    details: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Log:
    """The campaigns that a source's logs are about, so that each is listed once."""

    source: str
    _listed: Seen = field(default_factory=Seen)
    _subjects: set[str] = field(default_factory=set)

    def campaign(
        self, key: str, file: str, line: int, *, name: str | None, subject: str | None = None
    ) -> Iterator[Entry]:
        """The row of a campaign, unless the last row of its events said the same."""
        if self._listed.is_new(key, name, subject):
            row: dict[str, Value] = {
                "campaign_id": key,
                "name": name,
                "subject": subject,
                "source": self.source,
            }
            yield Entry("campaigns", file, line, row)

    def of_subject(self, subject: str | None) -> str | None:
        """The campaign of the e-mails with this subject."""
        if not subject:
            return None
        key = f"{self.source}-{values.row_id(subject)}"
        if len(self._subjects) < MAX_SUBJECTS:
            self._subjects.add(key)
        return key if key in self._subjects else None

    def entries(self, happened: Happened, file: str, line: int) -> Iterator[Entry]:
        """The event, and the message if it was sent."""
        what = happened
        machine, url = str(what.details.get("provider_machine") or ""), str(what.details.get("url") or "")
        event_id = what.event_id or values.row_id(
            what.kind, what.campaign_id, what.message_id, what.email, what.at.isoformat(), url, machine
        )
        message: dict[str, Value] = {
            "campaign_id": what.campaign_id,
            "customer_id": what.email,
            "message_id": what.message_id,
        }
        if what.campaign_id and what.kind in _SENDING:
            yield Entry("messages", file, line, message | {"email": what.email, "sent_at": what.at})
        event: dict[str, Value] = {
            **message,
            "event_id": event_id,
            "provider": self.source,
            "recipient": what.email,
            "type": what.kind,
            "occurred_at": what.at,
        }
        yield Entry("events", file, line, event | what.details)
