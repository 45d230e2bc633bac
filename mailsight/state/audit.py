"""The audit: who did what, and when. Entries are added, and removed when they expire; nothing else changes them.

An entry names the campaign and the customer by their ids. Its details say what happened in words of the program and in
numbers: never what was searched for, shown or exported.
"""

import getpass
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailsight import settings
from mailsight.vocabulary import Role, Word
from mailsight.warehouse.queries import statement

from .store import Store

# Who acts without signing in.
COMMAND_LINE, SCHEDULE, SHARED_LINK = "command line", "schedule", "shared link"
_DAY_SECONDS = 86_400
_MONTH_SECONDS = 365.2425 / 12 * _DAY_SECONDS
_EXPORTED_AT_ONCE = 10_000


class Action(Word):
    """What somebody did. `details`: the names of what an entry may say about it."""

    details: tuple[str, ...]

    SIGNED_IN = "signed_in", "Signed in", "Signed in at the identity provider."
    SIGNED_OUT = "signed_out", "Signed out", "Signed out."
    REFUSED = "refused", "Was refused", "Asked for something that their role or session doesn't cover."
    LISTED_CUSTOMERS = "listed_customers", "Listed customers", "Saw a list of customers."
    SEARCHED = "searched", "Searched", "Searched. The text is not recorded, only its length."
    OPENED_CUSTOMER = "opened_customer", "Opened a customer", "Saw a customer's details and history."
    OPENED_MAIL = "opened_mail", "Opened a customer's e-mail", "Saw the e-mail that a customer received."
    OPENED_EVENTS = "opened_events", "Opened a customer's events", "Saw the events of a customer's e-mail."
    EXPORTED = "exported", "Exported", "Created a file."
    UPLOADED = "uploaded", "Uploaded", "Loaded files from a browser."
    LOADED = "loaded", "Loaded", "Loaded data or changed the database by a command."
    IMPORTED = "imported", "Imported", "Loaded history from another sender."
    ERASED = "erased", "Erased a customer", "Removed a person from the data."
    ERASURE_DONE = "erasure_done", "Finished an erasure", "No file holds anything of those who were erased."
    UNLISTED = "unlisted", "Allowed data again", "Took people off the list of erased people."
    SHARED = "shared", "Shared a report", "Created a link to a campaign's report."
    UNSHARED = "unshared", "Revoked a link", "Revoked a link to a campaign's report."
    OPENED_SHARED = "opened_shared", "Opened a shared report", "Saw a campaign's report by its link."
    ISSUED_TOKEN = "issued_token", "Issued a token", "Created a token for the API."
    REVOKED_TOKEN = "revoked_token", "Revoked a token", "Revoked a token for the API."
    CALLED_API = "called_api", "Called the API", "Read reports through the API."
    READ_AUDIT = "read_audit", "Read the audit", "Saw entries of the audit."


_DETAILS: Mapping[Action, tuple[str, ...]] = {
    Action.REFUSED: ("what", "token"),
    Action.LISTED_CUSTOMERS: ("list", "filters", "matches"),
    Action.SEARCHED: ("list", "length", "filters", "matches"),
    Action.OPENED_MAIL: ("copy",),
    Action.EXPORTED: ("list", "format", "filters", "user"),
    Action.UPLOADED: ("kind", "files"),
    Action.LOADED: ("command", "user"),
    Action.IMPORTED: ("source", "user"),
    Action.ERASED: ("people", "user"),
    Action.ERASURE_DONE: ("user",),
    Action.UNLISTED: ("people", "user"),
    Action.SHARED: ("link", "until"),
    Action.UNSHARED: ("link",),
    Action.OPENED_SHARED: ("link",),
    Action.ISSUED_TOKEN: ("token", "until", "user"),
    Action.REVOKED_TOKEN: ("token", "user"),
    Action.CALLED_API: ("token", "report"),
    Action.READ_AUDIT: ("filters",),
}
for _action in Action:
    _action.details = _DETAILS.get(_action, ())

Detail = str | int | list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did. `person` is empty without sign-in; `action` and `role` may be words of a newer version."""

    entry: int
    occurred_at: datetime
    person: str
    role: str
    action: str
    campaign_id: str
    customer_id: str
    details: Mapping[str, Detail]


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries to read: all that match everything that is given.

    `subject` is the id of a campaign or customer. `until` is not included.
    """

    person: str = ""
    action: Action | None = None
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def values(self) -> dict[str, object]:
        """What to search for, by the names of the conditions."""
        given = {
            "person": self.person,
            "action": self.action and self.action.value,
            "subject": self.subject,
            "since": self.since and self.since.timestamp(),
            "until": self.until and self.until.timestamp(),
        }
        return {name: value for name, value in given.items() if value}


EVERYTHING = Search()
CONDITIONS = {
    "person": "person = :person",
    "action": "action = :action",
    # An index of one column only is used if the query says that the column is not empty.
    "subject": "(campaign_id <> '' and campaign_id = :subject or customer_id <> '' and customer_id = :subject)",
    "since": "occurred_at >= :since",
    "until": "occurred_at < :until",
    "before": "(occurred_at, entry) < ((select occurred_at from audit where entry = :before), :before)",
}


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit in a store. All methods raise `StateUnreadable`. `keep_months`: 0 keeps entries for ever."""

    store: Store
    keep_months: float = 0

    def record(
        self,
        person: str,
        role: str,
        action: Action,
        *,
        campaign_id: str = "",
        customer_id: str = "",
        **details: Detail,
    ) -> None:
        """Add an entry. It is on disk when this returns. Raises `ValueError` for details that the action can't have."""
        if unknown := details.keys() - action.details:
            raise ValueError(f"{action} has no details named {', '.join(sorted(unknown))}.")
        now = time.time()
        with self.store.transaction() as connection:
            connection.execute(
                statement("record_in_audit"),
                {
                    "occurred_at": now,
                    "person": person,
                    "role": role,
                    "action": action.value,
                    "campaign_id": campaign_id,
                    "customer_id": customer_id,
                    "details": json.dumps(details, ensure_ascii=False),
                },
            )
            if self.keep_months:
                # By whole days, so that most entries find nothing to remove.
                oldest = (now - self.keep_months * _MONTH_SECONDS) // _DAY_SECONDS * _DAY_SECONDS
                connection.execute(statement("expire_audit"), {"before": oldest})

    def entries(self, search: Search = EVERYTHING, *, before: int | None = None, size: int) -> list[Entry]:
        """The newest entries that match, of those before an entry."""
        values = search.values if before is None else search.values | {"before": before}
        rows = self.store.rows("audit_entries", _conditions(values), entries=size, **values)
        return [
            Entry(
                **{
                    **row,
                    "occurred_at": datetime.fromtimestamp(row["occurred_at"], UTC),
                    "details": json.loads(row["details"]),
                }
            )
            for row in rows
        ]

    def all_entries(self, search: Search = EVERYTHING) -> Iterator[list[Entry]]:
        """All entries that match, newest first, some at a time."""
        before = None
        while entries := self.entries(search, before=before, size=_EXPORTED_AT_ONCE):
            yield entries
            before = entries[-1].entry

    def forget_customer(self, customer_id: str, erased: str) -> None:
        """Put a keyed hash, `erased:...`, in place of an erased customer's id."""
        self.store.run("forget_customer_in_audit", customer_id=customer_id, erased=erased)

    def count(self, search: Search = EVERYTHING) -> int:
        """How many entries match."""
        row = self.store.row("audit_count", _conditions(search.values), **search.values)
        return int(row["entries"]) if row else 0


def _conditions(values: Mapping[str, object]) -> list[str]:
    return [CONDITIONS[name] for name in values]


def beside(database: Path, keep_months: float) -> Audit:
    """The audit of a database."""
    return Audit(Store.of(database), keep_months)


def by_command(
    database: Path, action: Action, *, campaign_id: str = "", customer_id: str = "", **details: Detail
) -> None:
    """Record what a command does. Its person is "command line", and its role that of whoever can write the files."""
    keep_months = settings.from_environment().keep_audit_months
    beside(database, keep_months).record(
        COMMAND_LINE,
        Role.ADMIN,
        action,
        campaign_id=campaign_id,
        customer_id=customer_id,
        user=_user(),
        **details,
    )


def by_schedule(database: Path, action: Action, **details: str) -> None:
    """Record what the server does on schedule."""
    keep_months = settings.from_environment().keep_audit_months
    beside(database, keep_months).record(
        SCHEDULE, Role.ADMIN, action, campaign_id="", customer_id="", **details
    )


def _user() -> str:
    """The name of the operating system's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in containers
        return "unknown"
