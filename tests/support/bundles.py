"""Bundles of a few rows."""

import json
from collections.abc import Mapping
from pathlib import Path

CAMPAIGN = {
    "campaign_id": "spring",
    "name": "Spring",
    "subject": "Hi {{first_name}}",
    "template": "mail.html",
}
EVENT = {"campaign_id": "spring", "customer_id": "1", "type": "opened", "occurred_at": "2026-04-14T10:00:00Z"}


def bundle(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A bundle with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def ndjson(*rows: Mapping[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)
