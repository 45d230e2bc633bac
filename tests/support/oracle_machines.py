"""Applies the machine rules of docs/machines.md to one campaign's events in plain Python.

Shares no code with the application. Events are dicts with number, customer, type, at (seconds), url, network (or None),
kind (of user agent), method and company (the domain of the customer's address, if it is a company's); `links` are the
URLs of the mail, in order.
"""

from collections import defaultdict
from collections.abc import Iterator
from math import inf
from typing import Any

Row = dict[str, Any]
Reasons = dict[int, set[str]]


def reasons(events: list[Row], links: list[str], *, across_messages: int = 5) -> Reasons:
    """All reasons that apply to each event, by the event's number."""
    by_number: Reasons = defaultdict(set)
    by_message: dict[str, list[Row]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event["at"]):
        by_message[event["customer"]].append(event)
    has_seconds = any(event["at"] % 60 for event in events if event["type"] != "delivered")
    for rows in by_message.values():
        for event in rows:
            _single_event(event, by_number)
        clicks = [event for event in rows if event["type"] == "clicked"]
        direct = [event for event in rows if _is_direct(event)]
        inside = _crowded(clicks, "url", 2)
        if has_seconds:
            inside |= _pairs(clicks, set(links))
        _burst(clicks, inside, "burst_links", by_number)
        opened = _first_open(rows, by_number)
        _whole_mail(clicks, set(links), opened, by_number)
        _slow_visit(clicks, set(links), by_number)
        _burst(direct, _crowded(direct, "network", 30), "burst_networks", by_number)
    _across(by_message, across_messages, by_number)
    if has_seconds:
        _agent_across(by_message, across_messages, by_number)
    for rows in by_message.values():
        if has_seconds:
            _on_arrival(rows, by_number)
            _first_visit(rows, links, by_number)
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


def _crowded(rows: list[Row], name: str, seconds: float) -> set[int]:
    """The events with three different values within `seconds`."""
    inside: set[int] = set()
    for start in rows:
        window = [row for row in rows if start["at"] <= row["at"] <= start["at"] + seconds]
        if len({row[name] for row in window}) >= 3:
            inside |= {row["number"] for row in window}
    return inside


def _pairs(clicks: list[Row], links: set[str]) -> set[int]:
    """The clicks on two links at the same moment, in a mail with two links or if one of them unsubscribes."""
    inside: set[int] = set()
    for start in clicks:
        for seconds in (0.8, 1):
            window = [row for row in clicks if start["at"] <= row["at"] <= start["at"] + seconds]
            urls = {row["url"] for row in window}
            leaves = seconds == 1 and any("unsub" in url for url in urls)
            if len(urls) >= 2 and (leaves or (seconds < 1 and len(links) == 2)):
                inside |= {row["number"] for row in window}
    return inside


def _runs(rows: list[Row], pause: float) -> Iterator[list[Row]]:
    run: list[Row] = []
    for row in rows:
        if run and row["at"] - run[-1]["at"] > pause:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _burst(rows: list[Row], inside: set[int], reason: str, by_number: Reasons) -> None:
    """Mark the events `inside`, and those before or after without a pause."""
    for run in _runs(rows, 2):
        if any(row["number"] in inside for row in run):
            for row in run:
                by_number[row["number"]].add(reason)


def _first_times(run: list[Row], links: set[str]) -> dict[str, float]:
    times: dict[str, float] = {}
    for row in run:
        if row["url"] in links:
            times.setdefault(row["url"], row["at"])
    return times


def _slow_visit(clicks: list[Row], links: set[str], by_number: Reasons) -> None:
    if len(links) < 4:
        return
    for run in _runs(clicks, 10):
        times = _first_times(run, links)
        if times.keys() == links:
            for row in run:
                if row["at"] <= max(times.values()):
                    by_number[row["number"]].add("burst_whole_mail")


def _arrived(rows: list[Row]) -> float | None:
    return min((row["at"] for row in rows if row["type"] == "delivered"), default=None)


def _on_arrival(rows: list[Row], by_number: Reasons) -> None:
    arrived = _arrived(rows)
    for row in rows:
        acts = row["type"] == "clicked" or (row["type"] == "unsubscribed" and row["method"] != "POST")
        if arrived is not None and acts and -60 <= row["at"] - arrived <= 3:
            by_number[row["number"]].add("on_arrival")


def _first_visit(rows: list[Row], links: list[str], by_number: Reasons) -> None:
    arrived = _arrived(rows)
    clicks = (row["at"] for row in rows if row["type"] == "clicked" and not by_number[row["number"]])
    sign = min(_first_open(rows, by_number), min(clicks, default=inf))
    for run in _runs([row for row in rows if row["type"] == "clicked"], 10):
        times = _first_times(run, set(links))
        if arrived is None or len(times) < 2:
            continue
        begins, late = min(times.values()), 0.0
        in_order = sorted(times, key=lambda url: (times[url], links.index(url)))
        if len(times) == len(links):
            late = 60
        if len(times) >= 3 and in_order == links[: len(times)]:
            late = 600
        if late and abs(begins - arrived) <= late and sign >= begins - 5:
            for row in run:
                if row["at"] <= max(times.values()):
                    by_number[row["number"]].add("first_visit")


def _first_open(rows: list[Row], by_number: Reasons) -> float:
    """When a person seems to have opened the message first, or infinity."""
    arrived = _arrived(rows)
    opens = (
        row["at"]
        for row in rows
        if row["type"] == "opened"
        and row["kind"] in ("person", "proxied")
        and not by_number[row["number"]]
        and (arrived is None or row["at"] > arrived + 3)
    )
    return min(opens, default=inf)


def _whole_mail(clicks: list[Row], links: set[str], opened: float, by_number: Reasons) -> None:
    if len(links) < 3:
        return
    for start in clicks:
        if len(links) < 4 and opened < start["at"] - 5:
            continue
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


def _agent_across(by_message: dict[str, list[Row]], min_messages: int, by_number: Reasons) -> None:
    """Mark early clicks on unopened messages by an agent that clicks for many customers of one company."""
    early: dict[tuple[str, str], list[Row]] = defaultdict(list)
    everyone: dict[tuple[str, str], set[str]] = defaultdict(set)
    for rows in by_message.values():
        arrived, opened = _arrived(rows), _first_open(rows, by_number)
        for row in rows:
            if row["type"] != "clicked" or not row["company"]:
                continue
            together = row["company"], row["kind"]
            everyone[together].add(row["customer"])
            if arrived is not None and abs(row["at"] - arrived) <= 60 and opened >= row["at"] - 5:
                early[together].append(row)
    marked = [
        row
        for together, rows in early.items()
        for row in rows
        if len({row["customer"] for row in rows}) >= max(min_messages, len(everyone[together]) / 2)
    ]
    for row in marked:
        by_number[row["number"]].add("agent_across")


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
