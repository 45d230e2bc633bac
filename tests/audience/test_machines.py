"""People and machines: cases for every rule, and all rules against a simulator and a recount in plain Python."""

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mailsight.audience import machines
from mailsight.audience.machines import RULES, Rules, Thresholds
from mailsight.errors import BadSetting
from mailsight.loading import bundles
from mailsight.loading.classify import Change, classify
from mailsight.reports import campaign as campaign_reports
from mailsight.vocabulary import Audience, EventType, Status
from mailsight.warehouse.reader import Warehouse
from tests.support import oracle_machines, traffic
from tooling.servers import PROJECT

SENT = datetime(2026, 4, 14, 9, tzinfo=UTC)
CHROME, GOOGLE, APPLE = traffic.CHROME, traffic.GOOGLE, traffic.APPLE
MAIL = [f"https://shop.example/{name}" for name in "abcde"]
UNSUBSCRIBE = "https://shop.example/unsubscribe?u=1"
Event = dict[str, Any]
Row = dict[str, Any]
Verdicts = dict[str, str | None]


def event(kind: str, at: float, **values: Any) -> Event:
    """An event of the first customer, `at` seconds after send, from a browser at home."""
    defaults = (
        {"customer_id": "1", "user_agent": CHROME, "ip": "80.1.1.1"}
        if kind != "delivered"
        else {"customer_id": "1"}
    )
    moment = (SENT + timedelta(seconds=at)).isoformat()
    return {"campaign_id": "spring", "type": kind, "occurred_at": moment} | defaults | values


def clicks(*times: float, links: list[str] = MAIL, **values: Any) -> list[Event]:
    return [event("clicked", at, url=url, **values) for at, url in zip(times, links, strict=False)]


def bundle(folder: Path, events: list[Event], links: list[str] | None = None) -> Path:
    """The events as a bundle, numbered in order; with `links`, also the campaign's e-mail."""
    folder.mkdir(parents=True)
    rows = [{"event_id": f"e{number}"} | values for number, values in enumerate(events)]
    (folder / "events.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if links:
        (folder / "mail.html").write_text("".join(f'<a href="{url}">link</a>' for url in links))
        campaign = {"campaign_id": "spring", "template": "mail.html", "sent_at": SENT.isoformat()}
        (folder / "campaigns.ndjson").write_text(json.dumps(campaign) + "\n")
    return folder


def verdicts_of(database: Path) -> Verdicts:
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        return dict(connection.execute("select event_id, machine from events").fetchall())


@pytest.fixture
def verdicts(tmp_path: Path) -> Callable[..., list[str | None]]:
    """Loads events and returns their verdicts in order."""

    def load(events: list[Event], links: list[str] | None = None) -> list[str | None]:
        bundles.load(tmp_path / "mailsight.duckdb", [bundle(tmp_path / "bundle", events, links)])
        by_id = verdicts_of(tmp_path / "mailsight.duckdb")
        return [by_id[f"e{number}"] for number in range(len(events))]

    return load


CASES: dict[str, tuple[list[Event], list[str | None]]] = {
    "the provider's own verdict": ([event("opened", 90, provider_machine=True)], ["provider"]),
    "a provider's denial does not count": (
        [event("opened", 90, provider_machine=False, user_agent=APPLE)],
        ["apple_privacy"],
    ),
    "a HEAD request": ([event("clicked", 90, url=MAIL[0], method="head")], ["head_request"]),
    "a HEAD request that only the payload mentions": (
        [event("clicked", 90, url=MAIL[0], payload={"http_method": "HEAD"})],
        ["head_request"],
    ),
    "a GET request": ([event("clicked", 90, url=MAIL[0], method="GET")], [None]),
    "no user agent among those that have one": (
        [event("clicked", 90, url=MAIL[0], user_agent=None), event("clicked", 900, url=MAIL[0])],
        ["empty_agent", None],
    ),
    "no user agents at all mean nothing": ([event("clicked", 90, url=MAIL[0], user_agent=None)], [None]),
    "Apple's proxy": ([event("opened", 90, user_agent=APPLE)], ["apple_privacy"]),
    "a click by just Mozilla/5.0": (
        [event("clicked", 90, url=MAIL[0], user_agent=APPLE)],
        ["scanner_agent"],
    ),
    "Apple's proxy, and the customer elsewhere": (
        [event("opened", 90, user_agent=APPLE), event("opened", 3000)],
        ["apple_privacy", None],
    ),
    "Gmail prefetch": ([event("opened", 3, user_agent=traffic.PREFETCH)], ["gmail_prefetch"]),
    "an image proxy when a person opens": (
        [event("opened", 90, user_agent=GOOGLE), event("opened", 95, user_agent=traffic.YAHOO)],
        [None, None],
    ),
    "a library": (
        [event("clicked", 90, url=MAIL[0], user_agent="python-requests/2.32.3")],
        ["scanner_agent"],
    ),
    "three links within two seconds": (clicks(60, 61, 62), ["burst_links"] * 3),
    "three links in three seconds": (clicks(60, 61.5, 63), [None] * 3),
    "two links in two seconds": (clicks(60, 61), [None] * 2),
    "the same link three times": (clicks(60, 60.4, 60.8, links=MAIL[:1] * 3), [None] * 3),
    "five links in twenty seconds": (
        [*clicks(60, 65, 70, 75, 80), event("clicked", 4000, url="https://shop.example/f")],
        [None] * 6,
    ),
    "clicks that follow without a pause": (clicks(60, 60.5, 61, 62.9, 64.8), ["burst_links"] * 5),
    "the customer's own click, ten seconds later": (
        [*clicks(60, 60.1, 60.2), event("clicked", 70, url=MAIL[0])],
        ["burst_links"] * 3 + [None],
    ),
    "three networks within half a minute": (
        [event("clicked", 60 + 9 * n, url=MAIL[0], ip=f"52.1.{n}.7") for n in range(3)],
        ["burst_networks"] * 3,
    ),
    "three networks in a minute": (
        [event("clicked", 60 + 20 * n, url=MAIL[0], ip=f"52.1.{n}.7") for n in range(3)],
        [None] * 3,
    ),
    "three addresses of one network": (
        [event("clicked", 60 + 9 * n, url=MAIL[0], ip=f"2001:db8:7:{n}::1") for n in range(3)],
        [None] * 3,
    ),
    "a person with an image proxy and two networks": (
        [
            event("opened", 60, user_agent=GOOGLE, ip="66.249.84.1"),
            event("opened", 61, user_agent=APPLE, ip="17.58.1.1"),
            event("clicked", 70, url=MAIL[0], ip="2001:db8:1::1"),
            event("clicked", 75, url=MAIL[0], ip="80.1.1.1"),
        ],
        [None, "apple_privacy", None, None],
    ),
    "an open close to a burst, but not one an hour later": (
        [event("opened", 58), *clicks(60, 60.1, 60.2), event("opened", 3600)],
        ["burst_open", *["burst_links"] * 3, None],
    ),
    "an image proxy's open close to a burst": (
        [event("opened", 58, user_agent=GOOGLE), *clicks(60, 60.1, 60.2)],
        [None, *["burst_links"] * 3],
    ),
    "an unsubscribe in a burst": (
        [*clicks(60, 60.1, 60.2), event("unsubscribed", 61, ip=None, user_agent=None)],
        [*["burst_links"] * 3, "unsubscribe_in_burst"],
    ),
    "an unsubscribe by POST in a burst": (
        [*clicks(60, 60.1, 60.2), event("unsubscribed", 61, method="POST")],
        [*["burst_links"] * 3, None],
    ),
    "an unsubscribe by the mail program's button": ([event("unsubscribed", 61)], [None]),
    "an unsubscribe by the link": ([*clicks(60), event("unsubscribed", 62)], [None, None]),
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """The verdicts on all cases, by the number of the case and of the event. Each case is a campaign of its own."""
    folder = tmp_path_factory.mktemp("cases")
    events = [
        values | {"event_id": f"{case}.{number}", "campaign_id": f"c{case}"}
        for case, (own, _) in enumerate(CASES.values())
        for number, values in enumerate(own)
    ]
    bundles.load(folder / "mailsight.duckdb", [bundle(folder / "bundle", events)])
    return verdicts_of(folder / "mailsight.duckdb")


@pytest.mark.parametrize("case", CASES)
def test_the_verdict(cases: Verdicts, case: str) -> None:
    events, expected = CASES[case]
    place = list(CASES).index(case)
    assert [cases[f"{place}.{number}"] for number in range(len(events))] == expected


def test_every_link_of_the_mail_within_half_a_minute_at_any_time(verdicts: Callable[..., Any]) -> None:
    slow = clicks(643, 650, 657, 664, 671)
    again = event("clicked", 672.9, url=MAIL[0])
    assert verdicts([*slow, again], MAIL) == ["burst_whole_mail"] * 5 + [None]


def test_clicks_on_all_links_but_one_are_human(verdicts: Callable[..., Any]) -> None:
    assert verdicts(clicks(60, 66, 72, 78), MAIL) == [None] * 4


# Mails with one, two, three and ten links; the last one of each unsubscribes.
ONE, TWO, THREE = [UNSUBSCRIBE], [MAIL[0], UNSUBSCRIBE], [*MAIL[:2], UNSUBSCRIBE]
TEN = [*(f"https://shop.example/{number}" for number in range(9)), UNSUBSCRIBE]
ARRIVAL, LINKS, VISIT, WHOLE = "on_arrival", "burst_links", "first_visit", "burst_whole_mail"
OPEN, LEFT = "burst_open", "unsubscribe_in_burst"


def visit(links: list[str], at: float, gap: float) -> list[Event]:
    return clicks(*(at + gap * place for place in range(len(links))), links=links)


_DELIVERED_VISITS: dict[str, tuple[list[str], list[Event], list[str | None]]] = {
    # Gateways.
    "one link, one second after delivery": (
        ONE,
        [*visit(ONE, 6, 0), event("unsubscribed", 6.2)],
        [ARRIVAL, ARRIVAL],
    ),
    "one link, before delivery": (ONE, visit(ONE, 2, 0), [ARRIVAL]),
    "two links at once, at delivery": (
        TWO,
        [event("opened", 5.8), *visit(TWO, 6, 0.1), event("unsubscribed", 6.3)],
        [OPEN, LINKS, LINKS, ARRIVAL],
    ),
    "two links at once, much later": (
        TWO,
        [event("opened", 642.8), *visit(TWO, 643, 0.3), event("unsubscribed", 644)],
        [OPEN, LINKS, LINKS, LEFT],
    ),
    "two links at once, in whole seconds": (
        TWO,
        [event("opened", 643), *visit(TWO, 643, 1)],
        [OPEN, LINKS, LINKS],
    ),
    "two links at once, neither of which unsubscribes": (MAIL[:2], visit(MAIL[:2], 643, 0.5), [LINKS, LINKS]),
    "two links at once, the wrong way round": (TWO, visit(TWO[::-1], 643, 0.1), [LINKS, LINKS]),
    "two links seconds apart, soon after delivery": (
        TWO,
        [event("opened", 6), *visit(TWO, 20, 4), event("unsubscribed", 24.2)],
        [OPEN, VISIT, VISIT, LEFT],
    ),
    "three links at once": (THREE, visit(THREE, 48, 0.2), [LINKS] * 3),
    "three links seconds apart": (THREE, visit(THREE, 643, 7), [WHOLE] * 3),
    "three links seconds apart, after an open at delivery": (
        THREE,
        [event("opened", 7), *visit(THREE, 40, 7)],
        [OPEN, WHOLE, WHOLE, WHOLE],
    ),
    "ten links, one every six seconds": (TEN, visit(TEN, 643, 6), [WHOLE] * 10),
    "one of ten links and the one that unsubscribes": (
        TEN,
        [*visit(TEN[8:], 643, 0.4), event("unsubscribed", 643.6)],
        [LINKS, LINKS, LEFT],
    ),
    "the first three of ten links": (TEN, visit(TEN[:3], 48, 0.2), [LINKS] * 3),
    "the first three of ten links, seconds apart": (
        TEN,
        [event("opened", 47), *visit(TEN[:3], 48, 4)],
        [OPEN, VISIT, VISIT, VISIT],
    ),
    "all of one gateway, and the customer afterwards": (
        TWO,
        [*visit(TWO, 6, 0.1), event("opened", 900), *visit(TWO[:1], 907, 0)],
        [LINKS, LINKS, None, None],
    ),
    # People.
    "a click four seconds after delivery": (ONE, visit(ONE, 9, 0), [None]),
    "two links after opening": (
        TWO,
        [event("opened", 25), *visit(TWO, 35, 8), event("unsubscribed", 43.2)],
        [None, None, None, None],
    ),
    "two links a second apart": (MAIL[:2], [event("opened", 300), *visit(MAIL[:2], 310, 1)], [None] * 3),
    "two links within half a minute, without images": (TWO, visit(TWO, 40, 20), [None] * 2),
    "two links long after delivery, without images": (TWO, visit(TWO, 4000, 4), [None] * 2),
    "three links after opening": (THREE, [event("opened", 300), *visit(THREE, 310, 9)], [None] * 4),
    "the first three of ten links after opening": (
        TEN,
        [event("opened", 60, user_agent=GOOGLE), *visit(TEN[:3], 70, 5)],
        [None] * 4,
    ),
    "three of ten links from the middle": (TEN, visit(TEN[2:5], 48, 4), [None] * 3),
    "the first three of ten links out of order": (TEN, visit([TEN[1], TEN[0], TEN[2]], 48, 4), [None] * 3),
    "the first three of ten links, much later": (TEN, visit(TEN[:3], 4000, 4), [None] * 3),
    "a link, and then unsubscribing": (
        TEN,
        [event("opened", 300), *visit(TEN[8:], 330, 3), event("unsubscribed", 333.4)],
        [None] * 4,
    ),
    "the mail program's button, at once": (ONE, [event("unsubscribed", 7, method="POST")], [None]),
}
VISITS = {
    case: (links, [event("delivered", 5), *events], [None, *expected])
    for case, (links, events, expected) in _DELIVERED_VISITS.items()
} | {"times without seconds": (TWO, [event("delivered", 60), *visit(TWO, 60, 0)], [None] * 3)}


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """The verdicts on all visits, by the number of the case and of the event. Each case is a campaign of its own."""
    folder = tmp_path_factory.mktemp("visits")
    (folder / "bundle").mkdir()
    events, campaigns = [], []
    for case, (links, own, _) in enumerate(VISITS.values()):
        events += [
            values | {"event_id": f"{case}.{number}", "campaign_id": f"c{case}"}
            for number, values in enumerate(own)
        ]
        campaigns.append({"campaign_id": f"c{case}", "template": f"mail{case}.html"})
        html = "".join(f'<a href="{url}">link</a>' for url in links)
        (folder / "bundle" / f"mail{case}.html").write_text(html)
    for name, rows in (("events", events), ("campaigns", campaigns)):
        (folder / "bundle" / f"{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    bundles.load(folder / "mailsight.duckdb", [folder / "bundle"])
    return verdicts_of(folder / "mailsight.duckdb")


@pytest.mark.parametrize("case", VISITS)
def test_who_visits_a_mail_with_few_or_many_links(visits: Verdicts, case: str) -> None:
    _, events, expected = VISITS[case]
    place = list(VISITS).index(case)
    assert [visits[f"{place}.{number}"] for number in range(len(events))] == expected


@pytest.mark.parametrize("links", [TWO, THREE, TEN], ids=["two", "three", "ten"])
def test_a_gateway_that_follows_every_link_opts_nobody_out(tmp_path: Path, links: list[str]) -> None:
    at = 48 + 0.2 * len(links)
    events = [event("delivered", 5), event("opened", 47.5), *visit(links, 48, 0.2), event("unsubscribed", at)]
    bundles.load(tmp_path / "mailsight.duckdb", [bundle(tmp_path / "bundle", events, links)])
    report = campaign_reports.report(
        Warehouse(tmp_path / "mailsight.duckdb").snapshot(), "spring", Audience.HUMAN
    )
    counts = report.counts
    assert (counts.opened, counts.clicked, counts.opted_out) == (0, 0, 0)
    assert report.status[Status.RECEIVED] == 1


def test_links_to_the_same_address_count_as_one(verdicts: Callable[..., Any]) -> None:
    same = [event("clicked", 60 + n / 10, url=MAIL[0], link_position=n) for n in range(3)]
    assert verdicts(same, [MAIL[0]] * 3) == [None] * 3


def test_without_the_mail_the_clicked_links_count_as_its_links(verdicts: Callable[..., Any]) -> None:
    people = [event("clicked", 900 * n, url=MAIL[n % 5], customer_id=f"p{n}") for n in range(30)]
    slow = clicks(60, 66, 72, 78, 84, customer_id="scanned")
    assert verdicts([*people, *slow]) == [None] * 30 + ["burst_whole_mail"] * 5


def test_a_network_that_clicks_many_messages_at_delivery(verdicts: Callable[..., Any]) -> None:
    gateway = [
        event("clicked", 100 * n + 9, url=MAIL[0], customer_id=f"g{n}", ip=f"198.51.100.{n}")
        for n in range(6)
    ]
    office = [
        event("clicked", 400 * n + 9, url=MAIL[0], customer_id=f"o{n}", ip=f"203.0.113.{n}") for n in range(6)
    ]
    delivered = [event("delivered", 100 * n, customer_id=f"{who}{n}") for who in "go" for n in range(6)]
    later = event("clicked", 7000, url=MAIL[1], customer_id="g1", ip="198.51.100.77")
    all_events = [*delivered, *gateway, *office, later]
    assert verdicts(all_events) == [None] * 12 + ["network_across"] * 6 + [None] * 7


@pytest.mark.parametrize(
    "links", [MAIL[:2], [MAIL[0], UNSUBSCRIBE], MAIL[:3]], ids=["two", "leaves", "three"]
)
def test_people_who_click_two_links_within_20_seconds_stay_human(
    verdicts: Callable[..., Any], links: list[str]
) -> None:
    events: list[Event] = []
    # Only visits of every link right after delivery, before the e-mail is opened, are a machine's.
    for opened, loads_images in ((10, True), (70, True), (70, False), (3000, True), (3000, False)):
        for pause in (2, 8, 15):
            person = {"customer_id": f"c{len(events)}"}
            opens = [event("opened", opened, **person, ip=f"80.{len(events)}.1.1")] * loads_images
            visits = clicks(opened + 8, opened + 8 + pause, links=links, **person, ip=f"80.{len(events)}.1.1")
            events += [event("delivered", 0, **person), *opens, *visits]
    assert set(verdicts(events, links)) == {None}


def test_an_agent_that_clicks_for_many_colleagues_at_delivery(verdicts: Callable[..., Any]) -> None:
    def click(customer: str, at: float, number: int) -> Event:
        domain = {"g": "corp.example", "o": "office.example", "m": "gmx.de"}[customer[0]]
        return event(
            "clicked",
            at,
            url=MAIL[0],
            customer_id=customer,
            ip=f"52.{number}.7.{number}",
            recipient=f"{customer}@{domain}",
        )

    delivered = [event("delivered", 100 * n, customer_id=f"{who}{n}") for who in "gom" for n in range(6)]
    gateway = [click(f"g{n}", 100 * n + 20 + n, n) for n in range(6)]
    # Colleagues opened the message first; customers of a mailbox provider may wait for a message to confirm.
    colleagues = [click(f"o{n}", 100 * n + 40, n) for n in range(6)]
    opened = [event("opened", 100 * n + 30, customer_id=f"o{n}", ip=f"90.{n}.1.1") for n in range(6)]
    customers = [click(f"m{n}", 100 * n + 20, n) for n in range(6)]
    later = click("g1", 7000, 9)
    expected = [None] * 24 + ["agent_across"] * 6 + [None] * 13
    assert verdicts([*delivered, *opened, *gateway, *colleagues, *customers, later]) == expected


def test_an_unsubscribe_by_a_machine_opts_nobody_out(tmp_path: Path) -> None:
    events = [event("delivered", 0), *clicks(60, 60.1, 60.2), event("unsubscribed", 60.4)]
    bundles.load(tmp_path / "mailsight.duckdb", [bundle(tmp_path / "bundle", events)])
    warehouse = Warehouse(tmp_path / "mailsight.duckdb")
    everyone = campaign_reports.report(warehouse.snapshot(), "spring", Audience.ALL)
    people = campaign_reports.report(warehouse.snapshot(), "spring", Audience.HUMAN)
    assert (everyone.counts.opted_out, everyone.counts.clicked, everyone.status[Status.OPTED_OUT]) == (
        1,
        1,
        1,
    )
    assert (people.counts.opted_out, people.counts.clicked, people.status[Status.RECEIVED]) == (0, 0, 1)
    assert people.counts.delivered == everyone.counts.delivered == 1
    counts = [
        (row.reason, row.opens, row.clicks, row.unsubscribes)
        for row in campaign_reports.machines(warehouse.snapshot(), "spring")
    ]
    assert counts == [("burst_links", 0, 3, 0), ("unsubscribe_in_burst", 0, 0, 1)]
    [example] = campaign_reports.machine_examples(warehouse.snapshot(), "spring", "burst_links").to_dict(
        "records"
    )
    assert (example["customer_id"], example["type"], example["ip"]) == ("1", "clicked", "80.1.1.1")


@pytest.mark.slow
@pytest.mark.parametrize("whole_seconds", [False, True], ids=["milliseconds", "whole seconds"])
@pytest.mark.parametrize("known", [False, True], ids=["an unknown mail", "a known mail"])
def test_people_and_machines_in_simulated_traffic_are_recognised(
    tmp_path: Path, known: bool, whole_seconds: bool
) -> None:
    simulated = traffic.campaign(7, 3000, whole_seconds=whole_seconds).events
    events = [{name: row[name] for name in row if name not in ("by", "machine")} for row in simulated]
    bundles.load(
        tmp_path / "mailsight.duckdb",
        [bundle(tmp_path / "bundle", events, traffic.LINKS if known else None)],
    )
    by_id = verdicts_of(tmp_path / "mailsight.duckdb")
    clicks_caught, clicks_lost = traffic.shares(simulated, by_id, "clicked")
    opens_caught, opens_lost = traffic.shares(simulated, by_id, "opened")
    assert (clicks_caught > 0.95, clicks_lost < 0.01) == (True, True), traffic.tally(simulated, by_id)
    assert (opens_caught > 0.95, opens_lost < 0.02) == (True, True), traffic.tally(simulated, by_id)


# The links of the mails in the random campaigns; the first has none, as if its HTML wasn't loaded.
MAILS = [[], [MAIL[0], UNSUBSCRIBE], MAIL[:3], [*MAIL[:3], UNSUBSCRIBE]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "share"), [(1, 0.4), (2, 0.8), (3, 0.95)], ids=["one link", "two links", "three links"]
)
def test_people_and_machines_are_recognised_in_mails_with_few_links(
    tmp_path: Path, count: int, share: float
) -> None:
    links = traffic.LINKS[-count:]
    simulated = traffic.campaign(7, 3000, links=links).events
    events = [{name: row[name] for name in row if name not in ("by", "machine")} for row in simulated]
    bundles.load(tmp_path / "mailsight.duckdb", [bundle(tmp_path / "bundle", events, links)])
    by_id = verdicts_of(tmp_path / "mailsight.duckdb")
    caught, lost = traffic.shares(simulated, by_id, "clicked")
    assert (caught > share, lost < 0.005) == (True, True), traffic.tally(simulated, by_id)
    left_caught, left_lost = traffic.shares(simulated, by_id, "unsubscribed")
    assert (left_caught, left_lost) == (1 if count > 1 else left_caught, 0)


AGENTS = {"person": CHROME, "proxied": GOOGLE, "bare": APPLE, "scanner": "curl/8.5.0"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_rules_agree_with_plain_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    settings = tmp_path / "machines.toml"
    settings.write_text(
        'off = ["empty_agent"]\n[thresholds]\nacross_messages = 2\nunknown_mail_messages = 1000\n'
    )
    monkeypatch.setenv("MAILSIGHT_MACHINES", str(settings))
    dice = random.Random(seed)
    order = {rule.name: place for place, rule in enumerate(RULES)}
    events: list[Event] = []
    expected: list[str | None] = []
    for number in range(60):
        links = MAILS[number % len(MAILS)]
        rows = [_random_event(dice, place) for place in range(dice.randint(1, 30))]
        rows += _random_visits(dice, links, len(rows))
        reasons = oracle_machines.reasons(rows, links, across_messages=2)
        expected += [min(reasons[row["number"]], key=order.__getitem__, default=None) for row in rows]
        events += [_as_loaded(row, f"c{number}") for row in rows]
    folder = bundle(tmp_path / "bundle", events)
    for number, links in enumerate(MAILS):
        (folder / f"mail{number}.html").write_text("".join(f'<a href="{url}">link</a>' for url in links))
    rows = [
        {"campaign_id": f"c{number}", "template": f"mail{number % len(MAILS)}.html"}
        for number in range(60)
        if MAILS[number % len(MAILS)]
    ]
    (folder / "campaigns.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    bundles.load(tmp_path / "mailsight.duckdb", [folder])
    verdict = verdicts_of(tmp_path / "mailsight.duckdb")
    got = [verdict[f"e{number}"] for number in range(len(events))]
    wrong = [
        (row, verdict, right)
        for row, verdict, right in zip(events, got, expected, strict=True)
        if verdict != right
    ]
    assert not wrong
    assert set(got) >= {
        "burst_links",
        "burst_whole_mail",
        "on_arrival",
        "first_visit",
        "burst_open",
        "agent_across",
    }


# The others are customers of a mailbox provider.
_COMPANIES = dict.fromkeys("abvwx", "corp.example")


def _random_event(dice: random.Random, number: int) -> Row:
    kind = dice.choices(("clicked", "opened", "unsubscribed", "delivered"), (12, 5, 2, 2))[0]
    shown = kind in ("clicked", "opened")
    return {
        "number": number,
        "customer": (customer := dice.choice("abc")),
        "company": _COMPANIES.get(customer),
        "type": kind,
        "at": dice.choice((0, 100, 200)) + dice.randrange(0, 80) / 2,
        "url": dice.choice([*MAIL[:4], UNSUBSCRIBE]) if kind == "clicked" else None,
        "network": dice.choice((None, "80.1.1", "80.1.2", "2001:db8:1", "52.9.9")) if shown else None,
        "kind": dice.choices(tuple(AGENTS), (20, 2, 1, 1))[0] if shown else "person",
        "method": dice.choices((None, "GET", "HEAD", "POST"), (30, 10, 1, 5))[0],
    }


def _random_visits(dice: random.Random, links: list[str], number: int) -> list[Row]:
    """Customers of their own whose links are visited one after the other: all, or the first few, soon or late."""
    rows: list[Row] = []
    for place, customer in enumerate("vwxyz"):
        seen = {
            "customer": customer,
            "company": _COMPANIES.get(customer),
            "network": f"81.1.{place}",
            "kind": "person",
            "method": None,
            "url": None,
        }
        at = dice.choice((1.5, 40, 70, 300, 700))
        rows.append(seen | {"type": "delivered", "at": 0.5})
        if dice.random() < 0.5:
            rows.append(seen | {"type": "opened", "at": at - dice.choice((1, 5, 6, 30))})
        for url in links[: dice.randint(1, 4)]:
            rows.append(seen | {"type": "clicked", "at": at, "url": url})
            at += dice.choice((0.5, 1, 3, 9, 12))
        if dice.random() < 0.3:
            rows.append(seen | {"type": "unsubscribed", "at": at})
    return [row | {"number": number + place} for place, row in enumerate(rows)]


def _as_loaded(row: Row, campaign_id: str) -> Event:
    ip = row["network"] and (f"{row['network']}.9" if "." in row["network"] else f"{row['network']}::9")
    return event(
        row["type"],
        row["at"],
        campaign_id=campaign_id,
        customer_id=row["customer"],
        url=row["url"],
        ip=ip,
        recipient=f"{row['customer']}@{row['company'] or 'gmail.com'}",
        user_agent=AGENTS[row["kind"]],
        method=row["method"],
    )


def test_classify_applies_changed_rules_and_can_go_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "mailsight.duckdb"
    bundles.load(database, [bundle(tmp_path / "bundle", [event("opened", 58), *clicks(60, 60.1, 60.2)])])
    before = (
        verdicts_of(database),
        campaign_reports.report(Warehouse(database).snapshot(), "spring", Audience.HUMAN),
    )
    generation = Warehouse(database).generation
    assert all(change.before == change.after for change in classify(database))
    assert Warehouse(database).generation == generation
    (tmp_path / "machines.toml").write_text('off = ["burst_links"]\n')
    monkeypatch.setenv("MAILSIGHT_MACHINES", str(tmp_path / "machines.toml"))
    changes = classify(database)
    assert Change("burst_links", EventType.CLICKED, 3, 0) in changes
    assert Change("burst_open", EventType.OPENED, 1, 0) in changes
    assert set(verdicts_of(database).values()) == {None}
    assert (
        campaign_reports.report(Warehouse(database).snapshot(), "spring", Audience.HUMAN).counts.clicks == 3
    )
    monkeypatch.delenv("MAILSIGHT_MACHINES")
    classify(database)
    assert (
        verdicts_of(database),
        campaign_reports.report(Warehouse(database).snapshot(), "spring", Audience.HUMAN),
    ) == before


@pytest.mark.slow
def test_loading_in_parts_gives_the_verdicts_of_loading_at_once(tmp_path: Path) -> None:
    simulated = traffic.campaign(3, 300).events
    events = [{name: row[name] for name in row if name not in ("by", "machine")} for row in simulated]
    bundles.load(tmp_path / "whole.duckdb", [bundle(tmp_path / "whole", events)])
    random.Random(1).shuffle(events)
    for part in range(3):
        bundles.load(tmp_path / "parts.duckdb", [bundle(tmp_path / f"part{part}", events[part::3])])
    assert verdicts_of(tmp_path / "parts.duckdb") == verdicts_of(tmp_path / "whole.duckdb")


def test_own_agents_and_networks(
    tmp_path: Path, verdicts: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "machines.toml").write_text(
        'machine_agents = ["AcmeGuard"]\npeople_agents = ["AcmeMail"]\n'
        'machine_networks = ["203.0.113.0/25", "2001:db8:9::/48"]\n'
        'apple_networks = ["17.0.0.0/8"]\napple_networks_file = "egress.csv"\n'
    )
    (tmp_path / "egress.csv").write_text(
        "2a02:26f7::/64,US,US-CA,Los Angeles,\n2a02:26f7:1::/48,NL,NL-NH,Amsterdam,\n"
    )
    monkeypatch.setenv("MAILSIGHT_MACHINES", str(tmp_path / "machines.toml"))
    actual = verdicts(
        [
            event("clicked", 100, url=MAIL[0], user_agent="Mozilla/5.0 (acmeguard)"),
            event("opened", 200, user_agent="AcmeMail/1 okhttp/4.9"),
            event("clicked", 300, url=MAIL[0], ip="203.0.113.127"),
            event("clicked", 400, url=MAIL[0], ip="203.0.113.128"),
            event("clicked", 500, url=MAIL[0], ip="2001:db8:9::1"),
            event("opened", 600, ip="17.1.2.3", user_agent="Mozilla/5.0 (Macintosh)"),
            event("opened", 700, ip="2a02:26f7:1::5", user_agent=None),
            event("opened", 800, ip="17.1.2.3"),
            event("clicked", 900, url=MAIL[0], ip="17.1.2.3"),
        ]
    )
    expected = [
        "scanner_agent",
        None,
        "own_network",
        None,
        "own_network",
        "apple_privacy",
        "apple_privacy",
        None,
        None,
    ]
    assert actual == expected


BAD = {
    "not TOML": ("off = [", "is not TOML"),
    "an unknown rule": ('off = ["burst"]', "turns off 'burst'"),
    "an unknown key": ("of = []", "sets 'of'"),
    "an unknown threshold": ("[thresholds]\nburst = 1", "the threshold 'burst'"),
    "a threshold that is not a number": (
        '[thresholds]\nburst_links = "3"',
        "burst_links to '3', which is not a whole number",
    ),
    "half a link": ("[thresholds]\nburst_links = 2.5", "which is not a whole number"),
    "a negative time": ("[thresholds]\nacross_seconds = -1", "which is not a number"),
    "an invalid network": (
        'machine_networks = ["10.0.0.0/64"]',
        "has an invalid network in machine_networks",
    ),
    "a string instead of a list": ('machine_agents = "x"', "which is not a list of strings"),
}


@pytest.mark.parametrize(("text", "problem"), BAD.values(), ids=BAD)
def test_an_invalid_file_is_rejected_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(BadSetting, match=f"machines.toml .*{re.escape(problem)}"):
        machines.parse(text, "machines.toml")


def test_ranges_that_cant_be_read_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "machines.toml").write_text('apple_networks_file = "egress.csv"\n')
    monkeypatch.setenv("MAILSIGHT_MACHINES", str(tmp_path / "machines.toml"))
    with pytest.raises(BadSetting, match=r"egress\.csv"):
        machines.rules()
    (tmp_path / "egress.csv").write_text("nonsense,US\n")
    with pytest.raises(BadSetting, match="nonsense"):
        machines.rules()


def test_a_missing_file_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAILSIGHT_MACHINES", str(tmp_path / "gone.toml"))
    with pytest.raises(BadSetting, match=r"gone\.toml"):
        machines.rules()


DOCS = (PROJECT / "docs" / "machines.md").read_text(encoding="utf-8")


def test_the_docs_contain_the_table_of_rules() -> None:
    rules = Rules()
    for rule in RULES:
        cells = (
            f"`{rule.name}`",
            rule.label,
            rule.looks_at,
            rules.threshold(rule) or "-",
            rule.source,
            rule.can_get_wrong,
        )
        assert f"| {' | '.join(cells)} |" in DOCS


@pytest.mark.parametrize("name", [field.name for field in fields(Thresholds)])
def test_the_docs_name_every_threshold_with_its_default(name: str) -> None:
    assert re.search(rf"^{name} = {getattr(Thresholds(), name)}\b", DOCS, re.MULTILINE)


def test_the_example_file_in_the_docs_has_the_defaults() -> None:
    [text] = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    assert machines.parse(text, "machines.toml") == Rules()


def test_every_threshold_is_used_by_a_rule() -> None:
    used: Mapping[str, int] = {name: 1 for rule in RULES for name in rule.thresholds}
    assert used.keys() == {field.name for field in fields(Thresholds)}
