"""Mautic's records as rows of a bundle."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from mailsight.importing.sources import Mail, Row

from . import php
from .changes import event_id
from .mysql import Mark, Record

OPT_OUT_REASONS = {1: "unsubscribed", 2: "bounced", 3: "manual"}
# Definition/Type.php and Mapper/CategoryMapper.php: which of its types Mautic takes for permanent.
BOUNCE_TYPES = {"hard": "hard", "generic": "hard", "soft": "soft", "temporary": "soft", "blocked": "soft"}
AUTOMATIC_REPLIES = {"autoreply", "outofoffice"}

_FIELD = re.compile(r"\{(?:contactfield|leadfield)=([A-Za-z]\w*)(?:\|[^{}]*)?\}", re.IGNORECASE)
_TOKEN = re.compile(r"\{[^{}]{1,500}\}")

MAX_MAIL_CHARACTERS = 5_000_000


def campaign(email_id: int) -> str:
    return f"mautic-{email_id}"


def customer(lead_id: int) -> str:
    return f"mautic-{lead_id}"


def contact(lead: Record, attributes: Sequence[str]) -> Row:
    return {
        **{name: lead[name] for name in attributes if lead[name] not in (None, "")},
        "customer_id": customer(lead["id"]),
        "email": lead["email"],
        "name": _joined(lead.get("firstname"), lead.get("lastname")),
        "language": lead.get("preferred_locale"),
        "country": lead.get("country"),
        "created_at": lead.get("date_added"),
    }


def _message_id(stat_id: int | None) -> str | None:
    return f"mautic-{stat_id}" if stat_id else None


def _joined(*parts: str | None) -> str | None:
    return " ".join(part.strip() for part in parts if part and part.strip()) or None


def _recipient(stat: Record) -> str:
    """Who got a message. A deleted contact leaves its address, and one that was deleted for good leaves nothing."""
    if stat["lead_id"] is not None:
        return customer(stat["lead_id"])
    address = (stat["email_address"] or "").strip().lower()
    return address or f"mautic-deleted-{stat['id']}"


def message(stat: Record, copy: Mail | None) -> Row:
    fields = {}
    for token, value in php.read_array(stat["tokens"]).items():
        named = _FIELD.fullmatch(str(token))
        if named and isinstance(value, str | int | float):
            fields[named[1]] = str(value)
    return {
        "campaign_id": campaign(stat["email_id"]),
        "customer_id": _recipient(stat),
        "message_id": _message_id(stat["id"]),
        "email": stat["email_address"] or None,
        "sent_at": stat["date_sent"],
        "merge_fields": fields or None,
        "content": copy.name if copy else None,
    }


def has_lost_contact(stat: Record, earlier: Mark) -> bool:
    """Whether the contact of a message was deleted since an earlier import, by which the message is known."""
    return stat["lead_id"] is None and not earlier.is_new(stat["id"])


def events(stat: Record, devices: Sequence[Record], earlier: Mark) -> Iterator[Row]:
    """The opens and bounces of a message. Those of a contact that was deleted since go by the message's id."""
    about: Row = {
        "provider": "mautic",
        "campaign_id": campaign(stat["email_id"]),
        "customer_id": None if has_lost_contact(stat, earlier) else _recipient(stat),
        "message_id": _message_id(stat["id"]),
        "recipient": stat["email_address"] or None,
    }
    details = php.read_array(stat["open_details"])
    for event in [*_opens(stat, details, devices), *_bounces(stat, details)]:
        yield {**about, **event}


def _opens(stat: Record, details: Mapping[int | str, object], devices: Sequence[Record]) -> Iterator[Row]:
    opens = [
        (key, open_) for key, open_ in details.items() if isinstance(key, int) and isinstance(open_, dict)
    ]
    by_time: dict[datetime, list[Record]] = {}
    for row in devices:
        if row["date_opened"]:
            by_time.setdefault(row["date_opened"], []).append(row)
    for key, open_ in opens:
        time = _time(open_.get("datetime"))
        same = by_time.get(time) if time else None
        device: Record | None = same.pop(0) if same else None
        agent = open_.get("useragent")
        yield {
            "event_id": f"open-{stat['id']}-{key}",
            "type": "opened",
            "occurred_at": time,
            "user_agent": agent if isinstance(agent, str) and agent else None,
            "ip": device["ip"] if device else stat["ip"] if time and time == stat["last_opened"] else None,
            "payload": (_device(device) | ({"in_browser": True} if open_.get("inBrowser") else {})) or None,
        }
    if len(opens) in range(1, 1_000):
        return
    for time, rest in by_time.items():
        for other in rest:
            yield {
                "event_id": f"open-{stat['id']}-device-{other['id']}",
                "type": "opened",
                "occurred_at": time,
                "ip": other["ip"],
                "payload": _device(other) or None,
            }
    if not opens and not by_time and stat["is_read"] and stat["date_read"]:
        yield {
            "event_id": f"open-{stat['id']}-0",
            "type": "opened",
            "occurred_at": stat["date_read"],
            "ip": stat["ip"] if stat["date_read"] == stat["last_opened"] else None,
        }


def _device(device: Record | None) -> dict[str, object]:
    names = ("device", "system", "brand", "model")
    return {name: device[name] for name in names if device[name]} if device else {}


def _bounces(stat: Record, details: Mapping[int | str, object]) -> Iterator[Row]:
    """Entries that a mailbox reported have a type; those of a webhook are opt-outs unless the message failed."""
    bounces = details.get("bounces")
    for key, bounce in bounces.items() if isinstance(bounces, dict) else ():
        if not isinstance(bounce, dict) or ("type" not in bounce and not stat["is_failed"]):
            continue
        kind, reason = str(bounce.get("type") or ""), str(bounce.get("reason") or "")
        is_reply = kind in AUTOMATIC_REPLIES or reason in AUTOMATIC_REPLIES
        permanent = "hard" if stat["is_failed"] and kind else None
        rule = f" (rule {bounce['code']})" if bounce.get("code") else ""
        yield {
            "event_id": f"bounce-{stat['id']}-{key}",
            "type": "autoresponded" if is_reply else "bounced",
            "occurred_at": _time(bounce.get("datetime")),
            "bounce_type": None if is_reply else BOUNCE_TYPES.get(kind, permanent),
            "diagnostic": (reason + rule).strip() or None,
        }


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
    except ValueError:
        return None


def click(hit: Record, email_id: int) -> Row:
    places = {name: hit[name] for name in ("country", "region", "city") if hit[name]}
    return {
        "event_id": event_id("click", hit["id"], hit["date_hit"]),
        "provider": "mautic",
        "campaign_id": campaign(email_id),
        "customer_id": customer(hit["lead_id"]),
        "message_id": _message_id(hit["stat_id"]),
        "type": "clicked",
        "occurred_at": hit["date_hit"],
        "url": hit["link"] or hit["url"],
        "user_agent": hit["user_agent"],
        "ip": hit["ip"],
        "payload": places or None,
    }


def do_not_contact(row: Record) -> Row:
    """What an opt-out says about the contact."""
    return {"customer_id": customer(row["lead_id"]), "do_not_contact": OPT_OUT_REASONS.get(row["reason"])}


def is_refused(row: Record) -> bool:
    """Mautic removes the message of an address that it can't send to, and only notes it here."""
    return row["reason"] == 2 and row["stat_id"] is None


def refused(row: Record) -> Row:
    return {
        "campaign_id": campaign(row["channel_id"]),
        "customer_id": customer(row["lead_id"]),
        "not_sent_reason": "invalid_address",
        "not_sent_detail": row["comments"] or None,
    }


def opt_out(row: Record) -> Row | None:
    kind = {1: "unsubscribed", 2: "bounced"}.get(row["reason"])
    if kind is None or is_refused(row) or row["date_added"] is None:
        return None
    return {
        "event_id": f"opt-out-{row['id']}-{row['date_added']:%Y%m%d%H%M%S}",
        "provider": "mautic",
        "campaign_id": campaign(row["channel_id"]),
        "customer_id": customer(row["lead_id"]),
        "message_id": _message_id(row["stat_id"]),
        "type": kind,
        "occurred_at": row["date_added"],
        "diagnostic": row["comments"] or None,
    }


def totals(email: Record) -> Row:
    return {"campaign_id": campaign(email["id"]), "sent": email["sent_count"], "opened": email["read_count"]}


def name(email: Record, parent: str | None) -> str | None:
    name = email["name"]
    if parent is None or not email["variant_parent_id"] or not name or parent in name:
        return name or parent
    return f"{parent}: {name}"


def selection(segments: Sequence[str], excluded: Sequence[str]) -> str | None:
    conditions: list[object] = [{"field": "segment", "op": "in", "value": list(segments)}] if segments else []
    if excluded:
        conditions.append({"not": {"field": "segment", "op": "in", "value": list(excluded)}})
    if not conditions:
        return None
    return json.dumps(conditions[0] if len(conditions) == 1 else {"all": conditions}, ensure_ascii=False)


def template(email: Record) -> Mail | None:
    html, text = email["custom_html"], email["plain_text"]
    if html:
        return Mail(f"emails/{email['id']}.html", html)
    return Mail(f"emails/{email['id']}.txt", text) if text else None


def copy(stat: Record, body: tuple[str, str] | None, redirects: Mapping[str, str]) -> Mail | None:
    """The e-mail as the contact received it. Links lead to their pages, and the tracking image is left out: whoever
    looks at a copy must not count as the contact's open or click."""
    html, text = body or ("", "")
    if not html and not text:
        return None
    tokens = {str(token).lower(): value for token, value in php.read_array(stat["tokens"]).items()}

    def value(token: re.Match[str]) -> str:
        name = token[0].lower()
        if name == "{tracking_pixel}":
            return ""
        if name.startswith("{trackable=") and token[0][11:-1] in redirects:
            return redirects[token[0][11:-1]]
        known = tokens.get(name)
        return str(known) if isinstance(known, str | int | float) else token[0]

    filled = html or text
    for _ in range(2):  # a token's value may have tokens of its own
        filled = _TOKEN.sub(value, filled)
        if len(filled) > MAX_MAIL_CHARACTERS:
            return None
    return Mail(f"copies/{stat['id']}.{'html' if html else 'txt'}", filled)
