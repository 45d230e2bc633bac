"""Recomputes the figures in plain Python from the raw rows. The results of SQL must be equal.

Written from docs/metrics.md and docs/data.md, without sharing code with the application. Rows are dicts as in the
files, with times as datetimes.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
Key = tuple[str, str]
Known = tuple[str, str, str | None, str, bool]

PROOFS = {
    "delivered",
    "bounced",
    "deferred",
    "autoresponded",
    "opened",
    "clicked",
    "complained",
    "unsubscribed",
}
REASONS = {
    "invalid": "invalid_address",
    "bounced": "bounced_before",
    "spam": "complained_before",
    "unsubscribed": "opted_out",
    "blocked": "blocked",
}


def figures(bundle: dict[str, list[Row]], *, human: bool = False) -> dict[str, Row]:
    """The counts, not_sent, status, clicks per link position or URL, hours, and the ids of the customers by stage and
    state, of each campaign in the bundle.

    With `human`, opens, clicks and unsubscriptions marked as `machine` are left out.
    """
    messages: dict[Key, Row] = {}
    for row in bundle["messages"]:
        message = messages.setdefault((row["campaign_id"], row["customer_id"]), {})
        message |= {name: value for name, value in row.items() if value is not None}
    attributed = _attribute(messages, bundle["customers"], _once(bundle["events"]))
    recipients: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in bundle["campaigns"]:
        recipients[row["campaign_id"]] = {}
    for campaign_id, customer_id in messages.keys() | attributed.keys():
        key = campaign_id, customer_id
        events = _once_per_message(attributed.get(key, []))
        recipients[campaign_id][customer_id] = _message(messages.get(key), events, human=human)
    campaigns = {row["campaign_id"]: row for row in bundle["campaigns"]}
    return {
        campaign_id: _campaign(rows, campaigns.get(campaign_id, {}).get("links", []))
        | {"hours": _hours(list(rows.values()), campaigns.get(campaign_id, {}).get("sent_at"))}
        | {"customers": _customers(rows, campaigns.get(campaign_id))}
        for campaign_id, rows in recipients.items()
    }


def _once(events: list[Row]) -> list[Row]:
    """Drop duplicate events."""
    seen: set[object] = set()
    unique = []
    names = (
        "provider",
        "campaign_id",
        "customer_id",
        "message_id",
        "recipient",
        "type",
        "occurred_at",
        "url",
    )
    for event in events:
        row = event | {"recipient": event["recipient"] and event["recipient"].lower()}
        own_id = ("id", row["provider"], row["event_id"])
        identity = own_id if row["event_id"] else tuple(row[name] for name in names)
        if identity not in seen:
            seen.add(identity)
            unique.append(row)
    return unique


def _once_per_message(events: list[Row]) -> list[Row]:
    seen: set[object] = set()
    unique = []
    for event in events:
        identity = event["provider"], event["type"], event["occurred_at"], event["url"]
        if event["event_id"] or identity not in seen:
            unique.append(event)
        if not event["event_id"]:
            seen.add(identity)
    return unique


def _attribute(messages: dict[Key, Row], customers: list[Row], events: list[Row]) -> dict[Key, list[Row]]:
    known: list[Known] = [
        (
            campaign,
            customer,
            row.get("message_id"),
            (row.get("email") or "").lower(),
            row.get("sent_at") is not None,
        )
        for (campaign, customer), row in messages.items()
    ]
    keys: dict[int, Key] = {}
    remaining = dict(enumerate(events))
    addresses: dict[str, set[str]] = defaultdict(set)
    for row in customers:
        addresses[(row["email"] or "").lower()].add(row["customer_id"])

    def by_address(event: Row) -> str | None:
        same = addresses.get(event["recipient"], set())
        return min(same) if len(same) == 1 else event["recipient"]

    # Match listed messages first, then messages implied by events: by customer, by address, by message_id.
    for customer_of in (None, lambda _: None, by_address, lambda event: event["message_id"]):
        if customer_of is not None:
            _imply(remaining, messages, known, customer_of)
        for number, event in list(remaining.items()):
            if key := _find(event, known):
                keys[number] = key
                del remaining[number]
    result: dict[Key, list[Row]] = defaultdict(list)
    for number in sorted(keys):
        result[keys[number]].append(events[number])
    return result


def _imply(
    remaining: dict[int, Row],
    messages: dict[Key, Row],
    known: list[Known],
    customer_of: Callable[[Row], str | None],
) -> None:
    for event in remaining.values():
        if event["campaign_id"]:
            event["customer_id"] = event["customer_id"] or customer_of(event)
        key = event["campaign_id"], event["customer_id"]
        if all(key) and key not in messages:
            known.append((*key, event["message_id"], event["recipient"] or "", True))


def _find(event: Row, known: list[Known]) -> Key | None:
    campaign_id, message_id, recipient = event["campaign_id"], event["message_id"], event["recipient"]
    for campaign, customer, _, _, _ in known:
        if (campaign, customer) == (campaign_id, event["customer_id"]):
            return campaign, customer
    by_id = [
        (campaign != campaign_id, email != recipient, not sent, campaign, customer)
        for campaign, customer, message, email, sent in known
        if message_id and message == message_id
    ]
    if by_id:
        return min(by_id)[3:]
    by_address = [
        (not sent, customer)
        for campaign, customer, _, email, sent in known
        if campaign == campaign_id and recipient and email == recipient
    ]
    return (campaign_id, min(by_address)[1]) if by_address else None


def _message(row: Row | None, events: list[Row], *, human: bool) -> Row:
    counted = [event for event in events if not (human and event.get("machine"))]

    def times(*types: str) -> list[datetime]:
        return [event["occurred_at"] for event in events if event["type"] in types]

    refusals = times("rejected", "failed")
    is_proven = any(event["type"] in PROOFS for event in events)
    if times("sent") and (not refusals or max(refusals) <= max(times("sent"))):
        is_proven = True
    sent_at = row.get("sent_at") if row is not None else min(event["occurred_at"] for event in events)
    sent = is_proven or (sent_at is not None and not refusals)
    bounces, arrivals = times("bounced"), times("delivered", "opened", "clicked")
    delivered = sent and not (bounces and not any(arrival > max(bounces) for arrival in arrivals))
    return {
        "sent": sent,
        "delivered": delivered,
        "reason": None if sent else _reason(row or {}, events),
        "unsubscribed": sent and any(event["type"] == "unsubscribed" for event in counted),
        "complained": sent and bool(times("complained")),
        "opens": sum(event["type"] == "opened" for event in counted),
        "clicks": sum(event["type"] == "clicked" for event in counted),
        "clicked": [event for event in counted if event["type"] == "clicked"],
        "opened": [event for event in counted if event["type"] == "opened"],
        "sent_at": (sent_at or min(event["occurred_at"] for event in events)) if sent else None,
        "first_event_at": min((event["occurred_at"] for event in events), default=None),
    }


def _reason(row: Row, events: list[Row]) -> str:
    if row.get("not_sent_reason"):
        return str(row["not_sent_reason"])
    refusals = [event for event in events if event["type"] in ("rejected", "failed")]
    if not refusals:
        return "other"
    last = max(
        refusals, key=lambda event: (event["occurred_at"], event["type"], event.get("reject_reason") or "")
    )
    return REASONS.get(last.get("reject_reason") or "", "failed" if last["type"] == "failed" else "other")


def _campaign(recipients: dict[str, Row], links: list[str]) -> Row:
    rows = list(recipients.values())
    sent = [row for row in rows if row["sent"]]
    delivered = [row for row in rows if row["delivered"]]
    opened = [row for row in delivered if row["opens"] or row["clicks"]]
    clicked = [row for row in delivered if row["clicks"]]
    counts = {
        "selected": len(rows),
        "sent": len(sent),
        "not_sent": len(rows) - len(sent),
        "undeliverable": len(sent) - len(delivered),
        "delivered": len(delivered),
        "opened": len(opened),
        "clicked": len(clicked),
        "unsubscribed": sum(row["unsubscribed"] for row in rows),
        "complained": sum(row["complained"] for row in rows),
        "opted_out": sum(row["unsubscribed"] or row["complained"] for row in rows),
        "opens": sum(row["opens"] for row in rows),
        "clicks": sum(row["clicks"] for row in rows),
    }
    status = dict.fromkeys(("not_received", "received", "opened", "clicked", "opted_out"), 0)
    for row in sent:
        status[_status(row)] += 1
    not_sent: dict[str, int] = defaultdict(int)
    for row in rows:
        if not row["sent"]:
            not_sent[row["reason"]] += 1
    return {"counts": counts, "not_sent": dict(not_sent), "status": status} | _clicks(recipients, links)


def _customers(recipients: dict[str, Row], campaign: Row | None) -> dict[str, list[str]]:
    """The customers who reached each stage of the funnel, and those in each state, by "stage:..." and state."""
    customers: dict[str, list[str]] = defaultdict(list)
    was_sent = any(row["sent"] for row in recipients.values())
    is_planned = campaign is not None and campaign.get("sent_at") is None and not was_sent
    for customer_id, row in sorted(recipients.items()):
        stages = {
            "sent": row["sent"],
            "delivered": row["delivered"],
            "opened": row["delivered"] and (row["opens"] or row["clicks"]),
            "clicked": row["delivered"] and row["clicks"],
        }
        for stage in (name for name, is_reached in stages.items() if is_reached):
            customers[f"stage:{stage}"].append(customer_id)
        state = _status(row) if row["sent"] else "planned" if is_planned else "not_sent"
        customers[state].append(customer_id)
    return dict(customers)


def _hours(rows: list[Row], sent_at: datetime | None) -> dict[int, list[int]]:
    """[opens, clicks, opened, clicked] by whole hours since send."""
    sent = [row["sent_at"] for row in rows if row["sent_at"]]
    first_events = [row["first_event_at"] for row in rows if row["first_event_at"]]
    start = sent_at or min(sent, default=None) or min(first_events, default=None)
    hours: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])

    def add(event: Row, index: int) -> None:
        assert start is not None
        hours[max((event["occurred_at"] - start) // timedelta(hours=1), 0)][index] += 1

    def first(events: list[Row]) -> list[Row]:
        return sorted(events, key=lambda event: event["occurred_at"])[:1]

    for row in rows:
        for event in row["opened"]:
            add(event, 0)
        for event in row["clicked"]:
            add(event, 1)
        for event in first(row["opened"] + row["clicked"]) if row["delivered"] else []:
            add(event, 2)
        for event in first(row["clicked"]) if row["delivered"] else []:
            add(event, 3)
    return dict(hours)


def _status(row: Row) -> str:
    if row["unsubscribed"] or row["complained"]:
        return "opted_out"
    if not row["delivered"]:
        return "not_received"
    return "clicked" if row["clicks"] else "opened" if row["opens"] else "received"


def _clicks(recipients: dict[str, Row], links: list[str]) -> Row:
    # SendGrid numbers links in its own way: its positions count unless the clicked URL is that of another link.
    per_link: dict[int, list[str]] = {position: [] for position in range(len(links))}
    others: dict[str, list[str]] = defaultdict(list)
    for customer_id, row in recipients.items():
        for event in row["clicked"]:
            position, url = event["link_position"], event["url"] or ""
            listed = position is not None and position < len(links)
            is_wrong = listed and event["provider"] == "sendgrid" and url in links and url != links[position]
            if listed and not is_wrong:
                per_link[position].append(customer_id)
            elif url in links:
                per_link[links.index(url)].append(customer_id)
            else:
                others[url].append(customer_id)
    return {
        "links": [
            {
                "link_position": position,
                "url": links[position],
                "clicks": len(customers),
                "clickers": len(set(customers)),
            }
            for position, customers in per_link.items()
        ],
        "other_links": {url: (len(customers), len(set(customers))) for url, customers in others.items()},
    }
