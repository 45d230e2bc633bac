"""What was known of a customer, and when: today's columns and attributes, and those before each change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import pairwise
from typing import Any

from mailsight.merging.values import Json
from mailsight.warehouse.reader import Snapshot

# Where a change lists the attributes that were known to be empty (the macro with_emptied).
_EMPTIED = ""
# How DuckDB writes a day as a time.
_MIDNIGHT = " 00:00:00"


class Age(Enum):
    """How old the values are with which an e-mail is rebuilt.

    THEN: in force when it was sent. EARLIER: known before the first change that was noted. LATER: loaded after it was
    sent, but the first values known. TODAY: today's values; nobody knows whether they were in force.
    """

    THEN = auto()
    EARLIER = auto()
    LATER = auto()
    TODAY = auto()


@dataclass(frozen=True, slots=True)
class Version:
    """What was known from one load until another changed it: columns and attributes by name.

    `since` is None if it is not known, because the customer was loaded by a version of Mailsight that didn't note it.
    `until` is None for today's version.
    """

    fields: Mapping[str, Json]
    since: datetime | None
    until: datetime | None

    def age(self, sent_at: datetime | None) -> tuple[Age, datetime | None]:
        """How old it is for an e-mail sent then, and when it was loaded or, if `EARLIER`, replaced; None if `TODAY`."""
        if sent_at and self.since and self.since <= sent_at:
            return Age.THEN, self.since
        if self.until is None:
            return Age.TODAY, None
        return (Age.LATER, self.since) if self.since else (Age.EARLIER, self.until)


def versions(data: Snapshot, customer_id: str) -> list[Version]:
    """Read all that was ever known of a customer, today's version first; empty if nothing was loaded of them."""
    row = data.row("known_customer", customer_id=customer_id)
    if row is None:
        return []
    since, attributes = row.pop("known_since"), json.loads(row.pop("attributes") or "{}")
    fields = [{name: value for name, value in row.items() if value is not None} | attributes]
    changes = data.rows("customer_changes", customer_id=customer_id)
    for change in changes:
        fields.append(before(fields[-1], json.loads(change["earlier"])))
    times = [None, *(change["changed_at"] for change in changes), since]
    return [
        Version(_with_days(each), since, until)
        for each, (until, since) in zip(fields, pairwise(times), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class SentWith:
    """The values of a message: its own merge fields, whom it was sent to, and the version of the customer.

    Of several with the same name, the first counts.
    """

    own: Mapping[str, Json]
    recipient: Mapping[str, Json]
    version: Version


def sent_with(versions: Sequence[Version], message: Mapping[str, Any]) -> SentWith:
    """The values of a message, which has `merge_fields`, `customer_id`, `mailed_to`, `sent` and `sent_at`.

    If it was not sent, it has today's version, and if nothing was loaded of the customer, an empty one.
    """
    own = json.loads(message["merge_fields"] or "{}")
    recipient = {"customer_id": message["customer_id"], "email": message["mailed_to"]}
    recipient = {name: value for name, value in recipient.items() if value is not None}
    if not versions:
        return SentWith(recipient | own, {}, Version({}, None, None))
    sent_at = message["sent_at"] if message["sent"] else None
    return SentWith(own, recipient, version_at(versions, sent_at))


def version_at(versions: Sequence[Version], sent_at: datetime | None) -> Version:
    """The version in force at a time, or else the first one known. Without a time, today's."""
    if sent_at is None:
        return versions[0]
    return next((each for each in versions if each.since and each.since <= sent_at), versions[-1])


def before(fields: Mapping[str, Json], earlier: dict[str, Json]) -> dict[str, Json]:
    """The fields before a change. The change lists those that were known to be empty under the empty name."""
    emptied = earlier.pop(_EMPTIED, [])
    result: dict[str, Json] = patched(fields, earlier)
    return result | dict.fromkeys(emptied if isinstance(emptied, list) else [])


def patched(value: Json, patch: Json) -> Json:
    """The value after a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = patched(result.get(name), change)
    return result


def _with_days(fields: dict[str, Json]) -> dict[str, Json]:
    created_at = fields.get("created_at")
    return fields | {"created_at": created_at.removesuffix(_MIDNIGHT)} if created_at else fields
