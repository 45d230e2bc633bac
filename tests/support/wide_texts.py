"""A bundle in which every text is as long as it may be, often without a space."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
NAME = f"{WORD}{WORD} und alles, was der Frühling sonst noch bringt: {WORD}"
CAMPAIGN = "wide-0"
_PROVIDERS = ("amazon_ses", "brevo", "mailersend", "mailgun", "mailjet", "mandrill", "postmark", "sendgrid")
_REASONS = ("opted_out", "bounced_before", "invalid_address", "duplicate_address", "frequency_cap")
_AT = "2026-04-14T09:{:02}:00Z"
_CUSTOMERS = 40
# A mail of 700 px that shows something else on a screen below 660 px.
_MAIL = f"""<style>.phone {{ display: none }} @media (max-width: 660px) {{ .wide {{ display: none }}
.phone {{ display: block }} }}</style>
<table class="wide" width="700"><tr><td><a href="https://shop.example/{WORD.lower()}?utm_campaign={WORD.lower()}">{WORD}</a>
<td><a href="https://shop.example/sale">Sale</a></table>
<p class="phone"><a href="https://shop.example/app">App</a></p>"""


def write(folder: Path) -> Path:
    """Write the bundle into the folder, and return the folder."""
    (folder / "contents").mkdir(parents=True)
    (folder / "contents" / "mail.html").write_text(_MAIL, encoding="utf-8")
    customers = [
        {
            "customer_id": f"{WORD}-{number}",
            "name": f"{WORD}-{WORD} der {number}.",
            "email": f"{WORD.lower()}.{number}@{WORD.lower()}.example",
            f"{WORD}_consent": WORD * 3,
            WORD: WORD * 3,
        }
        for number in range(_CUSTOMERS)
    ]
    campaigns = [
        {
            "campaign_id": f"wide-{number}",
            "name": f"{number}{NAME}",
            "subject": NAME,
            "preheader": WORD * 4,
            "from_name": WORD,
            "from_email": f"{WORD.lower()}@{WORD.lower()}.example",
            "sent_at": _AT.format(10 - number),
            "tags": [WORD, *(f"{tag}-{WORD[:20]}" for tag in range(5))],
            "selection": {"all": [{"field": WORD, "op": "in", "value": [WORD * 2, WORD]}]},
            "template": "contents/mail.html",
        }
        for number in range(5)
    ]
    messages = [
        {"campaign_id": campaign["campaign_id"], "customer_id": customer["customer_id"]}
        | (
            {"sent_at": campaign["sent_at"]}
            if number % 4
            else {"not_sent_reason": _REASONS[number // 4 % 5], "not_sent_detail": WORD * 2}
        )
        for campaign in campaigns
        for number, customer in enumerate(customers)
    ]
    _write(folder / "campaigns.ndjson", campaigns)
    _write(folder / "customers.ndjson", customers)
    _write(folder / "messages.ndjson", messages)
    _write(folder / "events.ndjson", [*_events(customers), *_unmatched()])
    return folder


def _events(customers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Opens, clicks and bounces of most customers, from many providers."""
    return [
        {
            "event_id": f"{kind}-{campaign}-{number}",
            "provider": _PROVIDERS[number % len(_PROVIDERS)],
            "campaign_id": f"wide-{campaign}",
            "customer_id": customer["customer_id"],
            "type": kind,
            "occurred_at": _AT.format(20 + number),
            "url": f"https://shop.example/{WORD.lower()}?utm_campaign={WORD.lower()}",
            "diagnostic": WORD * 3,
            "user_agent": f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 {WORD}/1.0",
        }
        for campaign in range(5)
        for number, customer in enumerate(customers)
        if number % 4
        for kind in (["bounced"] if number % 8 == 1 else ["delivered", "opened", "clicked"][: 2 + number % 2])
    ]


def _unmatched() -> list[dict[str, Any]]:
    return [
        {
            "event_id": f"unmatched-{number}",
            "type": "bounced",
            "occurred_at": _AT.format(number),
            "recipient": f"{WORD}@{WORD}.example",
            "message_id": WORD * 4,
            "diagnostic": WORD * 3,
        }
        for number in range(3)
    ] + [{"event_id": "unknown", "type": WORD}]


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
