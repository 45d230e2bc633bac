"""The export of the audit."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import pyarrow as pa

from mailsight.state.audit import Audit, Search

from . import lists
from .writers import Rows


def rows(audit: Audit, search: Search) -> Rows:
    """All entries that match, newest first. Raises `StateUnreadable`."""

    def batches() -> Iterator[pa.RecordBatch]:
        for entries in audit.all_entries(search):
            listed = [
                asdict(entry) | {"details": json.dumps(entry.details, ensure_ascii=False)}
                for entry in entries
            ]
            yield from lists.batches_of(listed, lists.AUDIT)

    return Rows("audit", lists.AUDIT, audit.count(search), batches())
