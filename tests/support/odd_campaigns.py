"""A bundle of unusual campaigns: unsent, without HTML, without events, with names that look like code."""

import json
from pathlib import Path
from typing import Any

HOSTILE_NAME = ":material/home: **b** <img src=x onerror=alert(1)> $x$ :red[hot] [l](http://x.example)"
ODD_ID = "a&b/c d?e=1#é"

_CAMPAIGNS: list[dict[str, Any]] = [
    {
        "campaign_id": "hostile",
        "name": HOSTILE_NAME,
        "subject": "<script>alert(1)</script> **s** {{name}}",
        "from_name": "<b>Me</b>",
        "from_email": "me@mail.example",
        "sent_at": "2026-01-01T10:00:00Z",
        "tags": ["<i>t</i>"],
        "selection": {"all": [{"field": "<b>f</b>", "op": "contains", "value": "**x** <img src=x>"}]},
        "template": "contents/hostile.html",
    },
    {"campaign_id": "no-html", "name": "No HTML", "sent_at": "2026-01-02T10:00:00Z"},
    {
        "campaign_id": "no-events",
        "name": "No events",
        "sent_at": "2026-01-03T10:00:00Z",
        "selection": "All who booked",
    },
    {"campaign_id": "nobody", "name": "Nobody selected"},
    {"campaign_id": "unsent", "name": "Unsent", "subject": "Soon"},
    {"campaign_id": ODD_ID, "name": "Odd id", "sent_at": "2026-01-04T10:00:00Z"},
]
_CUSTOMERS: list[dict[str, Any]] = [
    {
        "customer_id": "ann",
        "name": "<b>Ann</b> **x** ::JSCODE::alert(1)::JSCODE::",
        "email": "ann@mail.example",
    },
    {"customer_id": "c/2?&=#", "name": "=cmd()", "email": "bob@mail.example", "newsletter_consent": True},
]
_SENT = "2026-01-03T10:00:00Z"
_MESSAGES: list[dict[str, Any]] = [
    {"campaign_id": "hostile", "customer_id": "ann", "sent_at": "2026-01-01T10:00:00Z"},
    {
        "campaign_id": "hostile",
        "customer_id": "c/2?&=#",
        "not_sent_reason": "no_consent",
        "not_sent_detail": "=1+1",
    },
    {"campaign_id": "no-html", "customer_id": "ann", "sent_at": _SENT},
    {"campaign_id": "no-events", "customer_id": "ann", "sent_at": _SENT},
    {"campaign_id": "unsent", "customer_id": "ann"},
    {"campaign_id": ODD_ID, "customer_id": "c/2?&=#", "sent_at": _SENT},
]
_EVENTS: list[dict[str, Any]] = [
    {"event_id": "1", "campaign_id": "hostile", "customer_id": "ann", "type": "opened"},
    {
        "event_id": "2",
        "campaign_id": "hostile",
        "customer_id": "ann",
        "type": "clicked",
        "url": "javascript:alert(1)",
    },
    {
        "event_id": "3",
        "campaign_id": "no-html",
        "customer_id": "ann",
        "type": "clicked",
        "url": "https://x.example/",
    },
]


def write(folder: Path) -> Path:
    """Write the bundle into the folder, and return the folder."""
    (folder / "contents").mkdir(parents=True)
    (folder / "contents" / "hostile.html").write_text("<p>Hi {{name}}</p><script>alert(1)</script>")
    events = [event | {"occurred_at": "2026-01-04T11:00:00Z"} for event in _EVENTS]
    for name, rows in {
        "campaigns": _CAMPAIGNS,
        "customers": _CUSTOMERS,
        "messages": _MESSAGES,
        "events": events,
    }.items():
        (folder / f"{name}.ndjson").write_text("\n".join(_line(row) for row in rows))
    return folder


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)
