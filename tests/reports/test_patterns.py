"""The pattern reports equal a recount in plain Python."""

import json
import tempfile
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.audience import bounces, mailboxes, programs
from mailsight.figures.metrics import COUNT_NAMES, Counts
from mailsight.loading import bundles
from mailsight.reports import campaign, patterns
from mailsight.reports.patterns import Part
from mailsight.vocabulary import SENT_STATES, Audience, EventType, Status
from mailsight.warehouse.reader import Warehouse
from mailsight.warehouse.scope import Scope
from tests.support import oracle
from tests.support.campaigns import listed
from tests.support.examples import loads

START = datetime(2026, 3, 28, 9, tzinfo=UTC)  # daylight saving time starts in Europe the following night
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
# For each user agent: the program that opened the e-mail, the program that opened its links, the device.
AGENTS = {
    None: ("Unknown", "Unknown", "Unknown"),
    WINDOWS: ("Webmail in a browser", "Chrome", "Computer"),
    WINDOWS.replace("141", "140"): ("Webmail in a browser", "Chrome", "Computer"),
    "Outlook-iOS/709.2042344.prod.iphone (3.21.0)": ("Outlook app", "Outlook app", "Phone"),
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)": (
        "Gmail",
        "Gmail",
        "Hidden by a proxy",
    ),
    "Mozilla/5.0": ("Unknown", "Unknown", "Unknown"),
    "curl/8.5.0": ("Unknown", "Unknown", "Unknown"),
}
DOMAINS = {
    "gmail.com": "Gmail",
    "googlemail.com": "Gmail",
    "hotmail.nl": "Outlook.com",
    "shop.example": "shop.example",
    "Shop.Example": "shop.example",
    "few.example": "few.example",
}
PLACES = [
    ({"time_zone": "Asia/Kathmandu", "country": "NL"}, "Asia/Kathmandu", "customer"),
    ({"time_zone": "Nowhere/Land", "country": "nl"}, "Europe/Amsterdam", "country"),
    ({"time_zone": None, "country": "US"}, "America/New_York", "country"),
    ({"time_zone": None, "country": "Atlantis"}, "Australia/Adelaide", "viewer"),
    ({"time_zone": None, "country": None}, "Australia/Adelaide", "viewer"),
]
DIAGNOSTICS = ["550 5.1.1 <ann@x.example> unknown user", "452 4.2.2 mailbox full", "hard", None]

customers = st.fixed_dictionaries(
    {
        "address": st.sampled_from([*(f"ann@{domain}" for domain in DOMAINS), None, "no-domain"]),
        "on": st.sampled_from(["message", "customer"]),
        "place": st.integers(0, len(PLACES) - 1),
        "sent": st.booleans(),
    }
)
happenings = st.fixed_dictionaries(
    {
        "who": st.integers(0, 9),
        "type": st.sampled_from(
            ["delivered", "bounced", "opened", "opened", "clicked", "unsubscribed", "complained", "rejected"]
        ),
        "after": st.integers(0, 24 * 14 * 60),
        "user_agent": st.sampled_from(list(AGENTS)),
        "bounce_type": st.sampled_from(["hard", "soft", None]),
        "diagnostic": st.sampled_from(DIAGNOSTICS),
    }
)


def _bundle(people: list[dict[str, Any]], happened: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return a bundle of one campaign with these customers and events."""
    return {
        "campaigns": [{"campaign_id": "spring", "sent_at": START}],
        "customers": [
            {"customer_id": str(number), "email": person["address"] if person["on"] == "customer" else None}
            | PLACES[person["place"]][0]
            for number, person in enumerate(people)
        ],
        "messages": [
            {
                "campaign_id": "spring",
                "customer_id": str(number),
                "message_id": None,
                "email": person["address"] if person["on"] == "message" else None,
                "sent_at": START if person["sent"] else None,
            }
            for number, person in enumerate(people)
        ],
        "events": [
            {
                "event_id": f"e{number}",
                "provider": None,
                "campaign_id": "spring",
                "customer_id": str(event["who"] % len(people)),
                "message_id": None,
                "recipient": None,
                "type": event["type"],
                "occurred_at": START + timedelta(minutes=event["after"]),
                "url": None,
                "link_position": None,
                "user_agent": event["user_agent"],
                "bounce_type": event["bounce_type"] if event["type"] == "bounced" else None,
                "diagnostic": event["diagnostic"] if event["type"] == "bounced" else None,
                "reject_reason": None,
            }
            for number, event in enumerate(happened)
        ],
    }


def _load(folder: Path, bundle: dict[str, list[dict[str, Any]]]) -> Warehouse:
    """Load the bundle, and add each event's machine verdict to it."""
    (folder / "bundle").mkdir()
    for kind, rows in bundle.items():
        (folder / "bundle" / f"{kind}.json").write_text(json.dumps(rows, default=datetime.isoformat))
    database = folder / "mailsight.duckdb"
    assert not bundles.load(database, [folder / "bundle"]).refusals
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        machines = dict(connection.execute("select event_id, machine from events").fetchall())
    for event in bundle["events"]:
        event["machine"] = machines[event["event_id"]]
    return Warehouse(database)


@pytest.mark.slow
@given(st.lists(customers, min_size=1, max_size=10), st.lists(happenings, max_size=60))
@loads(6)
def test_the_patterns_agree_with_plain_python(
    people: list[dict[str, Any]], happened: list[dict[str, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundle = _bundle(people, happened)
        warehouse = _load(Path(folder), bundle)
        for audience in Audience:
            human = audience is Audience.HUMAN
            events = [event for event in bundle["events"] if not (human and event["machine"])]
            assert _providers(warehouse, audience) == _recounted_providers(people, bundle, human=human)
            assert _usage(warehouse, audience) == {
                EventType.OPENED: _recounted_usage(events, "opened", 0),
                EventType.CLICKED: _recounted_usage(events, "clicked", 1),
            }
            assert _week(warehouse, audience) == _recounted_week(people, events)


def _providers(warehouse: Warehouse, audience: Audience) -> dict[str, Any]:
    providers = patterns.mailbox_providers(warehouse.snapshot(), "spring", audience)
    return {provider.name: (provider.counts, dict(provider.status)) for provider in providers}


def _recounted_providers(
    people: list[dict[str, Any]], bundle: dict[str, list[dict[str, Any]]], *, human: bool
) -> dict[str, Any]:
    """Return the campaign's figures for each provider, as if it had selected only that provider's customers."""
    members = defaultdict(set)
    for number, person in enumerate(people):
        address = person["address"]
        name = (
            mailboxes.NO_ADDRESS
            if address is None
            else DOMAINS.get(address.rpartition("@")[2], mailboxes.NO_DOMAIN)
        )
        members[name].add(str(number))
    result = {}
    for name, ids in members.items():
        part = {
            kind: [row for row in rows if row.get("customer_id", "") in {*ids, ""}]
            for kind, rows in bundle.items()
        }
        figures = oracle.figures(part, human=human)["spring"]
        result[name] = (
            Counts(**figures["counts"]),
            {Status(status): n for status, n in figures["status"].items()},
        )
    return result


def _usage(warehouse: Warehouse, audience: Audience) -> dict[EventType, Any]:
    return {
        kind: (
            usage.events,
            usage.customers,
            {part.name: (part.events, part.customers) for part in usage.programs},
            {part.name: (part.events, part.customers) for part in usage.devices},
        )
        for kind, usage in patterns.usage(warehouse.snapshot(), "spring", audience).items()
    }


def _recounted_usage(events: list[dict[str, Any]], kind: str, place: int) -> Any:
    rows = [
        (event["customer_id"], _agent_name(event, place), _agent_name(event, 2))
        for event in events
        if event["type"] == kind
    ]

    def counts(column: int) -> dict[str, tuple[int, int]]:
        names = Counter(row[column] for row in rows)
        return {
            name: (number, len({row[0] for row in rows if row[column] == name}))
            for name, number in names.items()
        }

    return len(rows), len({customer_id for customer_id, _, _ in rows}), counts(1), counts(2)


def _agent_name(event: dict[str, Any], place: int) -> str:
    if event["machine"] == "apple_privacy":
        return "Hidden by a proxy" if place == 2 else "Apple Mail's proxy"
    return "Machines" if event["machine"] else AGENTS[event["user_agent"]][place]


def _week(warehouse: Warehouse, audience: Audience) -> Any:
    week = patterns.week(warehouse.snapshot(), "spring", audience, "Australia/Adelaide")
    assert len(week.hours) == 168
    hours = {
        (row["weekday"], row["hour"]): (row["opens"], row["clicks"])
        for row in week.hours.to_dict("records")
        if row["opens"] or row["clicks"]
    }
    return hours, {"customer": week.by_customer, "country": week.by_country, "viewer": week.by_viewer}


def _recounted_week(people: list[dict[str, Any]], events: list[dict[str, Any]]) -> Any:
    hours: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    sources = dict.fromkeys(("customer", "country", "viewer"), 0)
    for event in events:
        if event["type"] in {"opened", "clicked"}:
            _, zone, source = PLACES[people[int(event["customer_id"])]["place"]]
            local = event["occurred_at"].astimezone(ZoneInfo(zone))
            hours[local.weekday(), local.hour][event["type"] == "clicked"] += 1
            sources[source] += 1
    return {hour: tuple(counts) for hour, counts in hours.items()}, sources


@pytest.mark.parametrize("audience", Audience)
def test_the_parts_add_up_to_the_campaign_page(sample_database: Path, audience: Audience) -> None:
    warehouse = Warehouse(sample_database)
    for campaign_id in (row.campaign_id for row in listed(warehouse)):
        page = campaign.report(warehouse.snapshot(), campaign_id, audience)
        providers = patterns.mailbox_providers(warehouse.snapshot(), campaign_id, audience, limit=3)
        sums = {name: sum(getattr(provider.counts, name) for provider in providers) for name in COUNT_NAMES}
        assert Counts(**sums) == page.counts
        for status in SENT_STATES:
            assert sum(provider.status[status] for provider in providers) == page.status[status]
        usage = patterns.usage(warehouse.snapshot(), campaign_id, audience)
        for kind, events in ((EventType.OPENED, page.counts.opens), (EventType.CLICKED, page.counts.clicks)):
            assert usage[kind].events == events
            assert sum(part.events for part in usage[kind].programs) == events
            assert sum(part.events for part in usage[kind].devices) == events
        week = patterns.week(warehouse.snapshot(), campaign_id, audience, None)
        assert (week.hours["opens"].sum(), week.hours["clicks"].sum()) == (
            page.counts.opens,
            page.counts.clicks,
        )
        assert week.by_customer + week.by_country + week.by_viewer == page.counts.opens + page.counts.clicks


def test_bounce_reasons_add_up_to_undeliverable(sample_database: Path) -> None:
    warehouse = Warehouse(sample_database)
    for campaign_id in (row.campaign_id for row in listed(warehouse)):
        providers = patterns.mailbox_providers(warehouse.snapshot(), campaign_id, Audience.ALL, limit=3)
        names = [provider.name for provider in providers]
        reasons = patterns.bounce_reasons(warehouse.snapshot(), campaign_id, names)
        for provider in providers:
            bounced = reasons.get(provider.name, ())
            assert sum(reason.customers for reason in bounced) == provider.counts.undeliverable
            assert sum(reason.hard for reason in bounced) == provider.hard
            assert sum(reason.soft for reason in bounced) == provider.soft


def test_the_biggest_providers_come_first_and_the_rest_is_summed_up(tmp_path: Path) -> None:
    addresses = [
        *["ann@gmail.com"] * 3,
        *["bob@gmx.de"] * 2,
        "cyd@a.example",
        "dan@b.example",
        "no-domain",
        None,
    ]
    people = [{"address": address, "on": "message", "place": 4, "sent": True} for address in addresses]
    providers = patterns.mailbox_providers(
        _load(tmp_path, _bundle(people, [])).snapshot(), "spring", Audience.ALL, limit=2
    )
    assert [
        (provider.name, provider.domains, provider.domains_more, provider.counts.selected)
        for provider in providers
    ] == [
        ("Gmail", ("gmail.com",), 0, 3),
        ("GMX", ("gmx.de",), 0, 2),
        (patterns.OTHERS, ("a.example", "b.example"), 0, 2),
        (mailboxes.NO_DOMAIN, (), 0, 1),
        (mailboxes.NO_ADDRESS, (), 0, 1),
    ]


def test_whoever_may_not_see_customers_is_shown_no_domain_or_reply_of_a_single_one(tmp_path: Path) -> None:
    addresses = ["ann@gmail.com", *["bob@shop.example"] * 5, "cyd@cyd-elm.example", *["dan@elm.example"] * 4]
    people = [{"address": address, "on": "message", "place": 4, "sent": True} for address in addresses]
    bounced = [
        {
            "who": who,
            "type": "bounced",
            "after": 1,
            "user_agent": None,
            "bounce_type": "hard",
            "diagnostic": text,
        }
        for who, text in ((0, "550 no such user ann"), (6, "552 the mailbox of Cyd Elm is full"))
    ]
    readers = Scope(customers=False)
    with _load(tmp_path, _bundle(people, bounced)).snapshot(readers) as data:
        providers = patterns.mailbox_providers(data, "spring", Audience.ALL)
        reasons = patterns.bounce_reasons(data, "spring", [provider.name for provider in providers])
    assert [
        (provider.name, provider.domains, provider.domains_more, provider.counts.selected)
        for provider in providers
    ] == [
        ("shop.example", ("shop.example",), 0, 5),
        ("Gmail", ("gmail.com",), 0, 1),
        (patterns.OTHERS, (), 0, 5),
    ]
    assert {
        name: [(each.reason.label, each.customers, each.example) for each in counts]
        for name, counts in reasons.items()
    } == {
        "Gmail": [("Address doesn't exist", 1, "")],
        patterns.OTHERS: [("Mailbox is full", 1, "")],
    }


def test_bounces_are_counted_by_reason_and_provider(tmp_path: Path) -> None:
    people = [{"address": "ann@gmail.com", "on": "message", "place": 4, "sent": True} for _ in range(3)]
    happened = [
        {
            "who": who,
            "type": "bounced",
            "after": 1,
            "user_agent": None,
            "bounce_type": kind,
            "diagnostic": diagnostic,
        }
        for who, kind, diagnostic in (
            (0, "hard", DIAGNOSTICS[0]),
            (1, "hard", "550 5.1.1 no such user"),
            (2, "soft", DIAGNOSTICS[1]),
        )
    ]
    warehouse = _load(tmp_path, _bundle(people, happened))
    by_label = {reason.label: reason for reason in bounces.REASONS}
    assert patterns.bounce_reasons(warehouse.snapshot(), "spring", ["Gmail"]) == {
        "Gmail": (
            patterns.BounceCount(
                by_label["Address doesn't exist"], 2, 2, 0, "550 5.1.1 <…@x.example> unknown user"
            ),
            patterns.BounceCount(by_label["Mailbox is full"], 1, 0, 1, "452 4.2.2 mailbox full"),
        )
    }
    assert patterns.bounce_reasons(warehouse.snapshot(), "spring", ["GMX"]).keys() == {patterns.OTHERS}


def test_programs_beyond_the_limit_share_one_name() -> None:
    names = [f"program {number}" for number in range(100)]
    shown = patterns.with_others(names, list(range(100, 0, -1)))
    assert shown[:60] == names[:60]
    assert set(shown[60:]) == {patterns.OTHERS}


@pytest.mark.parametrize(
    ("counted", "names"),
    [
        ("events", ["Gmail", "Outlook app", "Outlook", "Machines", programs.APPLE_PROXY]),
        ("customers", ["Gmail", "Outlook", "Outlook app", "Machines", programs.APPLE_PROXY]),
    ],
)
def test_programs_are_sorted_by_what_is_counted(
    counted: Literal["events", "customers"], names: list[str]
) -> None:
    parts = [
        Part(programs.APPLE_PROXY, 900, 400),
        Part("Machines", 950, 500),
        Part("Outlook", 50, 42),
        Part("Outlook app", 58, 40),
        Part("Gmail", 281, 184),
    ]
    assert [part.name for part in patterns.most_used_first(parts, counted)] == names


def test_an_empty_campaign_has_no_patterns(tmp_path: Path) -> None:
    warehouse = _load(tmp_path, _bundle([], []))
    assert patterns.mailbox_providers(warehouse.snapshot(), "spring", Audience.ALL) == []
    assert patterns.bounce_reasons(warehouse.snapshot(), "spring", []) == {}
    usage = patterns.usage(warehouse.snapshot(), "spring", Audience.ALL)
    assert {kind: used.events for kind, used in usage.items()} == {EventType.OPENED: 0, EventType.CLICKED: 0}
    week = patterns.week(warehouse.snapshot(), "spring", Audience.ALL, None)
    assert (len(week.hours), week.hours["opens"].sum(), week.by_viewer) == (168, 0, 0)
    assert programs.UNKNOWN in programs.APART
