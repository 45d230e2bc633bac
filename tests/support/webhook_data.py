"""Webhooks in a spool, loaded or waiting, and what the database then holds of them."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import duckdb

from mailsight.loading import spool
from mailsight.loading.payloads import ingest_spool


def receive(database: Path, *keys: str) -> None:
    """Webhooks with one event each, received but not loaded."""
    for key in keys:
        event = {"event": "open", "email": f"{key}@example.com", "timestamp": 1776161550, "sg_event_id": key}
        spool.beside(database).append("sendgrid", json.dumps([event | {"campaign_id": "spring"}]))


def load(database: Path, *keys: str) -> None:
    """Receives webhooks and loads everything that waits."""
    receive(database, *keys)
    ingest_spool(database, spool.beside(database))


def loaded(database: Path) -> Counter[str]:
    """How often each webhook's event counts in the figures of its campaign."""
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        rows = connection.execute(
            "select recipient, count(*) from message_events join events using (event_number) group by all"
        ).fetchall()
    return Counter({recipient.partition("@")[0]: number for recipient, number in rows})


def once(keys: Iterable[str]) -> Counter[str]:
    return Counter(dict.fromkeys(keys, 1))
