"""What was known of a customer, and when: today's columns and attributes, and those before each change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailsight.merging.values import Json
from mailsight.warehouse.reader import Snapshot

# How DuckDB writes a day as a time.
_MIDNIGHT = " 00:00:00"


@dataclass(frozen=True, slots=True)
class Version:
    """What was known from one load until another changed it: columns and attributes by name.

    `since` is None if it is not known, because the customer was loaded by a version of Mailsight that didn't note it.
    """

    fields: Mapping[str, Json]
    since: datetime | None


def versions(data: Snapshot, customer_id: str) -> list[Version]:
    """Read all that was ever known of a customer, today's version first; empty if nothing was loaded of them."""
    row = data.row("known_customer", customer_id=customer_id)
    if row is None:
        return []
    since, attributes = row.pop("known_since"), json.loads(row.pop("attributes") or "{}")
    fields = {name: value for name, value in row.items() if value is not None} | attributes
    changes = data.rows("customer_changes", customer_id=customer_id)
    times = [*(change["changed_at"] for change in changes), since]
    found = [fields]
    for change in changes:
        found.append(patched(found[-1], json.loads(change["earlier"])))
    return [Version(_with_days(each), time) for each, time in zip(found, times, strict=True)]


def version_at(known: Sequence[Version], moment: datetime) -> Version:
    """The version of `versions` in force at a time, or else the first one known."""
    return next((each for each in known if each.since and each.since <= moment), known[-1])


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
