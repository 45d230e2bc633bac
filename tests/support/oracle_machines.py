"""Applies the machine rules of docs/machines.md to one campaign's events in plain Python.

Shares no code with the application. Events are dicts with number, customer, type, at (seconds), url, network (or None),
kind (of user agent) and method; `links` are the URLs of the mail.
"""

from collections import defaultdict
from typing import Any

Row = dict[str, Any]
Reasons = dict[int, set[str]]


def reasons(events: list[Row], links: list[str], *, across_messages: int = 5) -> Reasons:
    """All reasons that apply to each event, by the event's number."""
    by_number: Reasons = defaultdict(set)
    by_message: dict[str, list[Row]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event["at"]):
        by_message[event["customer"]].append(event)
    for rows in by_message.values():
        for event in rows:
            _single_event(event, by_number)
        clicks = [event for event in rows if event["type"] == "clicked"]
        direct = [event for event in rows if _is_direct(event)]
        _burst(clicks, "url", 2, "burst_links", by_number)
        _whole_mail(clicks, set(links), by_number)
        _burst(direct, "network", 30, "burst_networks", by_number)
    _across(by_message, across_messages, by_number)
    for rows in by_message.values():
        _opens(rows, by_number)
        _unsubscriptions(rows, by_number)
    return by_number


def _single_event(event: Row, by_number: Reasons) -> None:
    if event["type"] == "opened" and event["kind"] == "bare":
        by_number[event["number"]].add("apple_privacy")
    if event["type"] == "clicked" and event["kind"] == "bare":
        by_number[event["number"]].add("scanner_agent")
    if event["type"] in ("opened", "clicked") and event["kind"] == "scanner":
        by_number[event["number"]].add("scanner_agent")
    if event["type"] in ("opened", "clicked") and event["method"] == "HEAD":
        by_number[event["number"]].add("head_request")


def _is_direct(event: Row) -> bool:
    apple = event["type"] == "opened" and event["kind"] == "bare"
    return (
        event["type"] in ("opened", "clicked")
        and bool(event["network"])
        and event["kind"] != "proxied"
        and not apple
    )


def _burst(rows: list[Row], name: str, seconds: float, reason: str, by_number: Reasons) -> None:
    """Mark events with three different values within `seconds`, and those before or after without a pause."""
    inside: set[int] = set()
    for start in rows:
        window = [row for row in rows if start["at"] <= row["at"] <= start["at"] + seconds]
        if len({row[name] for row in window}) >= 3:
            inside |= {row["number"] for row in window}
    runs: list[list[Row]] = []
    for row in rows:
        if runs and row["at"] - runs[-1][-1]["at"] <= 2:
            runs[-1].append(row)
        else:
            runs.append([row])
    for run in runs:
        if any(row["number"] in inside for row in run):
            for row in run:
                by_number[row["number"]].add(reason)


def _whole_mail(clicks: list[Row], links: set[str], by_number: Reasons) -> None:
    if len(links) < 3:
        return
    for start in clicks:
        window = [row for row in clicks if start["at"] <= row["at"] <= start["at"] + 30]
        if links <= {row["url"] for row in window}:
            new = [row["at"] for row in window if row["url"] in links and not _is_repeat(row, clicks)]
            for row in window:
                if new and row["at"] <= max(new):
                    by_number[row["number"]].add("burst_whole_mail")


def _is_repeat(click: Row, clicks: list[Row]) -> bool:
    """Whether the same link was clicked in the 30 s before. Of simultaneous clicks, the first is no repeat."""
    before = clicks[: clicks.index(click)]
    return any(row["url"] == click["url"] and click["at"] - row["at"] <= 30 for row in before)


def _across(by_message: dict[str, list[Row]], min_messages: int, by_number: Reasons) -> None:
    arrived = {
        customer: min((row["at"] for row in rows if row["type"] == "delivered"), default=None)
        for customer, rows in by_message.items()
    }
    for kind in ("opened", "clicked"):
        by_network: dict[str, list[Row]] = defaultdict(list)
        for rows in by_message.values():
            for row in rows:
                if row["type"] == kind and _is_direct(row):
                    by_network[row["network"]].append(row)
        for rows in by_network.values():
            early = [
                row
                for row in rows
                if arrived[row["customer"]] is not None and abs(row["at"] - arrived[row["customer"]]) <= 60
            ]
            messages = {row["customer"] for row in early}
            if len(messages) >= min_messages and 2 * len(messages) >= len({row["customer"] for row in rows}):
                for row in early:
                    by_number[row["number"]].add("network_across")


def _opens(rows: list[Row], by_number: Reasons) -> None:
    clicks = [row for row in rows if row["type"] == "clicked" and by_number[row["number"]]]
    for row in rows:
        if (
            row["type"] == "opened"
            and row["kind"] != "proxied"
            and any(_is_near(row, click) for click in clicks)
        ):
            by_number[row["number"]].add("burst_open")


def _is_near(opened: Row, click: Row) -> bool:
    same = opened["network"] and click["network"] == opened["network"]
    return bool(abs(click["at"] - opened["at"]) <= (60 if same else 10))


def _unsubscriptions(rows: list[Row], by_number: Reasons) -> None:
    for row in rows:
        near = [click for click in rows if click["type"] == "clicked" and abs(click["at"] - row["at"]) <= 10]
        by_machines = bool(near) and all(by_number[click["number"]] for click in near)
        if row["type"] == "unsubscribed" and row["method"] != "POST" and by_machines:
            by_number[row["number"]].add("unsubscribe_in_burst")
