"""Whoever is limited to a brand sees the same as if nothing but that brand had ever been loaded."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.exports import rows as exports
from mailsight.exports import writers
from mailsight.loading import bundles
from mailsight.reports import campaign, campaigns, customer, find_customers, grid, mails, patterns, recipients
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST, CampaignSearch
from mailsight.vocabulary import Audience, NotSentReason
from mailsight.warehouse.reader import Snapshot, Warehouse
from mailsight.warehouse.scope import Scope
from tests.support.bundles import bundle, ndjson
from tests.support.examples import loads

Row = dict[str, Any]

DOMAINS = ("mail.brand-a.example", "brand-b.example")
AGENTS = (
    None,
    "python-requests/2.32",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
)
LINKS = ("https://shop.example/1", "https://shop.example/2", "https://shop.example/?to={}")
MAIL = '<html><body>Hello {{name}} <a href="https://shop.example/1">1</a><a href="https://shop.example/2">2</a></body></html>'


def company(seed: int) -> dict[str, list[Row]]:
    """Campaigns of two brands, sent to the same few customers."""
    rng = random.Random(seed)
    customers = [
        {
            "customer_id": f"c{number}",
            "name": f"Name{number} {rng.choice(('Birch', 'Ash', 'Elm'))}",
            "email": f"c{number}@{rng.choice(('gmail.com', 'home.example', 'work.example'))}",
            "country": rng.choice((None, "DE", "US")),
            "attributes": {"time_zone": rng.choice(("Europe/Rome", "Asia/Tokyo"))},
        }
        for number in range(12)
    ]
    sent: list[Row] = []
    messages: list[Row] = []
    events: list[Row] = []
    for number in range(5):
        brand = number % 2
        day = rng.randint(1, 28)
        sent.append(
            {
                "campaign_id": f"s{number}",
                "name": f"Campaign {rng.choice(('sale', 'news'))} {number}",
                "subject": "For {{name}}",
                "from_email": f"news@{DOMAINS[brand]}",
                "tags": ["brand a" if brand == 0 else "brand b", rng.choice(("x", "y"))],
                "sent_at": f"2026-04-{day:02}T09:00:00Z",
                "template": "contents/mail.html",
            }
        )
        for place, who in enumerate(rng.sample(customers, rng.randint(1, len(customers)))):
            is_sent = place == 0 or rng.random() < 0.8
            message = {
                "campaign_id": f"s{number}",
                "customer_id": who["customer_id"],
                "message_id": f"m{number}-{who['customer_id']}",
                "sent_at": f"2026-04-{day:02}T09:00:00Z" if is_sent else None,
                "not_sent_reason": None if is_sent else rng.choice(("opted_out", "bounced_before")),
                "merge_fields": {"name": who["name"]},
            }
            messages.append(message)
            if place == 0:
                # The newest event says up to when the data is known, for everybody.
                events.append(event(rng, message, who) | {"occurred_at": "2026-04-30T12:00:00Z"})
            events += [event(rng, message, who) for _ in range(rng.randint(0, 5) if is_sent else 0)]
    return {"campaigns": sent, "customers": customers, "messages": messages, "events": events}


def event(rng: random.Random, message: Row, who: Row) -> Row:
    """Something that happened to a message, named in one of the ways in which providers name it."""
    kind = rng.choice(
        ("delivered", "opened", "opened", "clicked", "clicked", "bounced", "unsubscribed", "complained")
    )
    day = message["sent_at"][8:10]
    named = rng.choice(
        (
            {"message_id": message["message_id"]},
            {"campaign_id": message["campaign_id"], "customer_id": message["customer_id"]},
            {"campaign_id": message["campaign_id"], "recipient": who["email"]},
        )
    )
    return {
        "type": kind,
        "occurred_at": f"2026-04-{day}T{rng.randint(9, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}Z",
        "url": rng.choice(LINKS).format(who["email"]) if kind == "clicked" else None,
        "user_agent": rng.choice(AGENTS),
        "ip": rng.choice((None, "203.0.113.7", f"198.51.100.{rng.randint(1, 3)}")),
        "diagnostic": f"550 no {who['email']}" if kind == "bounced" else None,
    } | named


def only(rows: dict[str, list[Row]], brand: int) -> dict[str, list[Row]]:
    """What a company with one of the brands has."""
    ids = {row["campaign_id"] for row in rows["campaigns"] if row["from_email"].endswith(DOMAINS[brand])}
    messages = [row for row in rows["messages"] if row["campaign_id"] in ids]
    known = {row["message_id"] for row in messages}
    selected = {row["customer_id"] for row in messages}
    return {
        "campaigns": [row for row in rows["campaigns"] if row["campaign_id"] in ids],
        "customers": [row for row in rows["customers"] if row["customer_id"] in selected],
        "messages": messages,
        "events": [
            row for row in rows["events"] if row.get("message_id") in known or row.get("campaign_id") in ids
        ],
    }


def loaded(folder: Path, rows: dict[str, list[Row]]) -> Warehouse:
    files = {f"{name}.ndjson": ndjson(*of) for name, of in rows.items()}
    database = folder / "data" / "mailsight.duckdb"
    bundles.load(database, [bundle(folder / "bundle", files | {"contents/mail.html": MAIL})])
    return Warehouse(database)


def plain(value: Any) -> Any:
    """A report in values that can be compared: tables as text, sets in order."""
    if isinstance(value, pd.DataFrame):
        return value.to_csv()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def shown(data: Snapshot, ids: list[str], people: list[str]) -> Iterator[tuple[object, ...]]:
    """Everything that somebody can see or download, as far as it is the same whoever loaded it."""
    for audience in Audience:
        for search in (
            EVERYTHING,
            CampaignSearch("sale"),
            CampaignSearch(tags=("x",)),
            CampaignSearch("brand b"),
        ):
            yield "totals", campaigns.search_totals(data, audience, search)
            yield "list", campaigns.page(data, audience, search, NEWEST_FIRST, 0, 50)
            yield "campaigns.csv", writers.as_csv(exports.campaigns(data, audience, search))
        for side in campaigns.compared(data, ids, audience):
            yield "compared", replace(side, unfinished_hours=None)  # depends on the clock
        for campaign_id in ids:
            report = campaign.report(data, campaign_id, audience)
            yield campaign_id, "report", replace(report, age_hours=None)
            yield campaign_id, "timeline", campaign.timeline(data, campaign_id, audience)
            yield campaign_id, "mailboxes", patterns.mailbox_providers(data, campaign_id, audience)
            yield campaign_id, "programs", patterns.usage(data, campaign_id, audience)
            yield campaign_id, "week", patterns.week(data, campaign_id, audience, "UTC")
            yield campaign_id, "links.csv", writers.as_csv(exports.links(data, campaign_id, audience))
    yield "overview", campaigns.overview(data)
    for campaign_id in ids:
        yield campaign_id, "machines", campaign.machines(data, campaign_id)
    if data.scope.customers:
        yield from shown_of_customers(data, ids, people)


def shown_of_customers(data: Snapshot, ids: list[str], people: list[str]) -> Iterator[tuple[object, ...]]:
    for text in ("birch", "c1", "gmail", "Name3"):
        yield "found", text, find_customers.find(data, text)
    for audience in Audience:
        for campaign_id in ids:
            for query in (grid.grid_query(end=100), grid.grid_query(search="elm", end=100)):
                yield campaign_id, "grid", recipients.page(data, campaign_id, audience, query)
            yield (
                campaign_id,
                "csv",
                writers.as_csv(exports.customers(data, campaign_id, audience, grid.ALL_CUSTOMERS)),
            )
        for customer_id in people:
            try:
                yield customer_id, customer.report(data, customer_id, audience)
                yield customer_id, writers.as_csv(exports.history(data, customer_id, audience))
            except Exception as error:  # noqa: BLE001
                yield customer_id, type(error), str(error)
    for campaign_id in ids:
        yield (
            campaign_id,
            "not sent",
            writers.as_csv(exports.not_sent(data, campaign_id, reason=NotSentReason.OPTED_OUT)),
        )
        yield campaign_id, "events", writers.as_csv(exports.events(data, campaign_id))
        for customer_id in people:
            yield campaign_id, customer_id, mails.delivery(data, campaign_id, customer_id)
            yield campaign_id, customer_id, customer.message_events(data, campaign_id, customer_id)
            yield campaign_id, customer_id, mails.of_customer(data, campaign_id, customer_id)


@pytest.mark.hypothesis
@loads(1)
@given(
    seed=st.integers(0, 10**9), brand=st.sampled_from((0, 1)), by=st.sampled_from(("tag", "domain", "reader"))
)
def test_a_limited_role_sees_the_same_as_if_nothing_else_had_been_loaded(
    seed: int, brand: int, by: str
) -> None:
    rows = company(seed)
    mine = only(rows, brand)
    tags = frozenset({"brand a" if brand == 0 else "brand b"})
    domains = frozenset({DOMAINS[brand].removeprefix("mail.")})
    scope = Scope(by != "reader", *((tags, frozenset()) if by == "tag" else (frozenset(), domains)))
    ids = [row["campaign_id"] for row in mine["campaigns"]]
    people = [row["customer_id"] for row in rows["customers"]][::3]
    with TemporaryDirectory() as name:
        both, alone = loaded(Path(name) / "both", rows), loaded(Path(name) / "alone", mine)
        limited = plain(list(shown(both.snapshot(scope), ids, people)))
        expected = plain(list(shown(alone.snapshot(Scope(customers=scope.customers)), ids, people)))
    assert [pair for pair in zip(limited, expected, strict=True) if pair[0] != pair[1]] == []
