"""Labelled traffic of people and machines with many different habits.

Based on descriptions by senders and security vendors, without sharing code with the application or its sample.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

SENT = datetime(2026, 4, 14, 9, tzinfo=UTC)
LINKS = [
    f"https://shop.example/{name}"
    for name in ("", *(f"p/{n}" for n in range(10)), "sale", "about", "unsubscribe")
]
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Mobile/15E148 Safari/604.1"
)
HEADLESS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "HeadlessChrome/131.0.0.0 Safari/537.36"
)
COMPANY = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36"
)
APPLE = "Mozilla/5.0"
GOOGLE = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
PEOPLE = {
    "Outlook": (
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0; ms-office; MSOffice 16)",
        CHROME,
    ),
    "iPhone": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        IPHONE,
    ),
    "Gmail": (GOOGLE, CHROME),
    "Yahoo": (YAHOO, IPHONE),
    "Thunderbird": (
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    ),
}


@dataclass
class Traffic:
    """The events of one campaign, each labelled with who caused it (`by`) and whether that is a machine."""

    rng: random.Random
    customers: int
    whole_seconds: bool = False
    links: list[str] = field(default_factory=lambda: LINKS)
    events: list[Row] = field(default_factory=list)

    def event(
        self,
        customer: int,
        kind: str,
        at: float,
        *,
        by: str,
        machine: bool = False,
        agent: str = "",
        ip: str = "",
        url: str = "",
    ) -> None:
        """Add an event, `at` seconds after sending."""
        moment = SENT + timedelta(seconds=int(at) if self.whole_seconds else round(at, 3))
        self.events.append(
            {
                "event_id": f"e{len(self.events)}",
                "campaign_id": "spring",
                "customer_id": f"c{customer}",
                "recipient": f"c{customer}@{domain(customer)}",
                "type": kind,
                "occurred_at": moment.isoformat(),
                "url": url or None,
                "user_agent": agent or None,
                "ip": ip or None,
                "by": by,
                "machine": machine,
            }
        )


def domain(customer: int) -> str:
    """Most customers have their mailbox at a provider, the others at a small company or one with a cloud gateway."""
    if customer % len(SCANNERS) == list(SCANNERS).index("company"):
        return f"corp{customer // len(SCANNERS) % 4}.example"
    return f"firm{customer // 3 % 30}.example" if customer % 3 == 0 else "gmail.com"


def campaign(
    seed: int, customers: int, *, whole_seconds: bool = False, links: list[str] | None = None
) -> Traffic:
    """The traffic of a campaign to this many customers, a third of them behind some scanner."""
    rng = random.Random(seed)
    traffic = Traffic(rng, customers, whole_seconds, links or LINKS)
    habits = list(SCANNERS.values())
    for customer in range(customers):
        delivered = customer * 0.05 + rng.uniform(1, 6)
        traffic.event(customer, "delivered", delivered, by="server")
        if rng.random() < 0.34:
            habits[customer % len(habits)](traffic, customer, delivered)
        if rng.random() < 0.12:
            apple(traffic, customer, delivered)
        if rng.random() < 0.02:
            ip = f"66.249.84.{rng.randrange(256)}"
            traffic.event(
                customer,
                "opened",
                delivered + rng.uniform(1, 40),
                by="prefetch",
                machine=True,
                agent=PREFETCH,
                ip=ip,
            )
        if rng.random() < 0.5:
            person(traffic, customer, delivered)
    return traffic


def apple(traffic: Traffic, customer: int, delivered: float) -> None:
    """Apple's proxy loads the pictures once or twice, at some time."""
    for _ in range(traffic.rng.choice((1, 1, 2))):
        ip = f"17.{traffic.rng.randrange(64)}.{traffic.rng.randrange(256)}.{traffic.rng.randrange(256)}"
        later = traffic.rng.lognormvariate(7, 1.5)
        traffic.event(customer, "opened", delivered + later, by="apple", machine=True, agent=APPLE, ip=ip)


def person(traffic: Traffic, customer: int, delivered: float) -> None:
    """Opens after minutes or hours, perhaps several times, and may click in one of several ways."""
    rng = traffic.rng
    pictures, browser = PEOPLE[rng.choice(list(PEOPLE))]
    # A tenth is in one of a few offices, the others at home or on the move.
    home = f"10.9.{customer % 4}.{customer % 250}" if customer % 10 == 0 else address(rng)
    opened = (
        delivered + (rng.lognormvariate(5, 1.2) if rng.random() < 0.2 else rng.lognormvariate(9, 1.5)) + 5
    )
    ip = f"66.102.{rng.randrange(4)}.{rng.randrange(256)}" if "roxy" in pictures else home
    # The mail programs of one in seven load no images.
    for opens in range(rng.choice((1, 1, 1, 2, 3)) if customer % 7 else 0):
        later = rng.lognormvariate(6, 2) + 3 if opens else 0
        traffic.event(customer, "opened", opened + later, by="person", agent=pictures, ip=ip)
    if rng.random() < 0.4:
        way = rng.choices(
            (one_click, double_click, looks_around, product_grid, forwards, leaves), (50, 6, 25, 8, 3, 2)
        )[0]
        way(traffic, customer, opened + rng.lognormvariate(3, 0.8) + 2, browser, home)


def one_click(traffic: Traffic, customer: int, at: float, agent: str, ip: str) -> None:
    traffic.event(
        customer,
        "clicked",
        at,
        by="person",
        agent=agent,
        ip=ip,
        url=traffic.rng.choice(traffic.links[:-1] or traffic.links),
    )


def double_click(traffic: Traffic, customer: int, at: float, agent: str, ip: str) -> None:
    url = traffic.rng.choice(traffic.links[:-1] or traffic.links)
    for pause in (0, 0.25, 0.6)[: traffic.rng.choice((2, 3))]:
        traffic.event(customer, "clicked", at + pause, by="double click", agent=agent, ip=ip, url=url)


def looks_around(traffic: Traffic, customer: int, at: float, agent: str, ip: str) -> None:
    for url in some(traffic, traffic.links[:-1], traffic.rng.randint(2, 4)):
        traffic.event(customer, "clicked", at, by="person", agent=agent, ip=ip, url=url)
        at += traffic.rng.lognormvariate(3, 1) + 2


def product_grid(traffic: Traffic, customer: int, at: float, agent: str, ip: str) -> None:
    """Opens five to eight products in new tabs as fast as a person can, now and then two within a second."""
    products = traffic.links[:-1][1:11] or traffic.links[:1]
    for url in some(traffic, products, traffic.rng.randint(5, 8)):
        traffic.event(customer, "clicked", at, by="product grid", agent=agent, ip=ip, url=url)
        at += traffic.rng.uniform(1.6, 4.5)
    for pause, url in zip((5, 6), products, strict=False):
        traffic.event(customer, "clicked", at + pause, by="product grid", agent=agent, ip=ip, url=url)


def forwards(traffic: Traffic, customer: int, at: float, agent: str, ip: str) -> None:
    """Friends open and click the forwarded mail at different times and places."""
    traffic.event(customer, "clicked", at, by="forwarding", agent=agent, ip=ip, url=traffic.links[0])
    for _ in range(traffic.rng.randint(2, 6)):
        at += traffic.rng.lognormvariate(6, 1.2)
        pictures, browser = PEOPLE[traffic.rng.choice(list(PEOPLE))]
        ip = address(traffic.rng)
        traffic.event(customer, "opened", at, by="forwarding", agent=pictures, ip=ip)
        traffic.event(
            customer,
            "clicked",
            at + traffic.rng.uniform(4, 90),
            by="forwarding",
            agent=browser,
            ip=ip,
            url=traffic.links[0],
        )


def leaves(traffic: Traffic, customer: int, at: float, agent: str, ip: str) -> None:
    traffic.event(customer, "clicked", at, by="person", agent=agent, ip=ip, url=traffic.links[-1])
    traffic.event(customer, "unsubscribed", at + traffic.rng.uniform(0.2, 30), by="person")


def some(traffic: Traffic, links: list[str], count: int) -> list[str]:
    """That many links in random order, or all of them if there are fewer."""
    return traffic.rng.sample(links, min(count, len(links)))


def address(rng: random.Random) -> str:
    """A random IP address of a person."""
    if rng.random() < 0.4:
        return f"2001:db8:{rng.randrange(1, 0xFFFF):x}:{rng.randrange(0xFFFF):x}::{rng.randrange(1, 99):x}"
    return f"{rng.randrange(80, 95)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def cloud(rng: random.Random, network: int = 0) -> str:
    return (
        f"{(40, 52, 104, 20)[network]}.{rng.randrange(60, 90)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
    )


def scan(
    traffic: Traffic,
    customer: int,
    at: float,
    urls: list[str],
    gap: tuple[float, float],
    *,
    by: str,
    agent: str = CHROME,
    ip: str = "",
    opens: bool = True,
) -> float:
    """Load the pictures and follow links one by one. Returns the time when finished."""
    ip = ip or cloud(traffic.rng)
    if opens:
        traffic.event(customer, "opened", at, by=by, machine=True, agent=agent, ip=ip)
        at += traffic.rng.uniform(0.2, 3)
    for url in urls:
        traffic.event(customer, "clicked", at, by=by, machine=True, agent=agent, ip=ip, url=url)
        at += traffic.rng.uniform(*gap)
    return at


def in_order(traffic: Traffic, customer: int, delivered: float) -> None:
    scan(traffic, customer, delivered + traffic.rng.uniform(1, 9), traffic.links, (0.05, 0.5), by="in order")


def after_43_seconds(traffic: Traffic, customer: int, delivered: float) -> None:
    scan(traffic, customer, delivered + traffic.rng.gauss(43, 4), traffic.links, (0.05, 0.5), by="after 43 s")


def after_10_minutes(traffic: Traffic, customer: int, delivered: float) -> None:
    done = scan(
        traffic,
        customer,
        delivered + traffic.rng.gauss(600, 60),
        traffic.links,
        (0.05, 0.5),
        by="after 10 min",
    )
    traffic.event(customer, "unsubscribed", done, by="after 10 min", machine=True)


def parallel(traffic: Traffic, customer: int, delivered: float) -> None:
    """Three machines in three networks each follow a third of the links."""
    at = delivered + traffic.rng.uniform(2, 60)
    for network in range(3):
        ip = cloud(traffic.rng, network)
        scan(
            traffic,
            customer,
            at + traffic.rng.random(),
            traffic.links[network::3],
            (0.3, 1.5),
            by="parallel",
            ip=ip,
            opens=False,
        )


def from_three_networks(traffic: Traffic, customer: int, delivered: float) -> None:
    """The same two links are followed from three networks, seconds apart."""
    at = delivered + traffic.rng.uniform(2, 60)
    for network in range(3):
        ip = cloud(traffic.rng, network)
        scan(
            traffic,
            customer,
            at + network * traffic.rng.uniform(1, 8),
            traffic.links[:2],
            (2, 5),
            by="three networks",
            ip=ip,
            opens=False,
        )


def first_links(traffic: Traffic, customer: int, delivered: float) -> None:
    links = traffic.links[: traffic.rng.randint(3, 6)]
    scan(traffic, customer, delivered + traffic.rng.uniform(1, 90), links, (0.05, 0.5), by="first links")


def very_slowly(traffic: Traffic, customer: int, delivered: float) -> None:
    at = delivered + traffic.rng.uniform(5, 55)
    scan(traffic, customer, at, traffic.links, (3, 7), by="very slowly", opens=False)


def first_links_slowly(traffic: Traffic, customer: int, delivered: float) -> None:
    at = delivered + traffic.rng.uniform(5, 300)
    scan(traffic, customer, at, traffic.links[:3], (2, 6), by="first links slowly", opens=False)


def slowly(traffic: Traffic, customer: int, delivered: float) -> None:
    scan(traffic, customer, delivered + traffic.rng.uniform(30, 300), traffic.links, (1.2, 2.1), by="slowly")


def headless(traffic: Traffic, customer: int, delivered: float) -> None:
    at = delivered + traffic.rng.uniform(1, 3600)
    scan(traffic, customer, at, some(traffic, traffic.links, 2), (3, 60), by="headless", agent=HEADLESS)


def library(traffic: Traffic, customer: int, delivered: float) -> None:
    agent = traffic.rng.choice(
        ("python-requests/2.32.3", "Go-http-client/2.0", "Barracuda Sentinel (EE)", "Java/17.0.2")
    )
    scan(
        traffic,
        customer,
        delivered + traffic.rng.uniform(1, 60),
        traffic.links[:1],
        (1, 2),
        by="library",
        agent=agent,
    )


def one_link_at_delivery(traffic: Traffic, customer: int, delivered: float) -> None:
    """A company's gateway follows one link of each mail."""
    ip = f"198.51.100.{traffic.rng.randrange(1, 255)}"
    scan(
        traffic,
        customer,
        delivered + traffic.rng.uniform(0.5, 8),
        some(traffic, traffic.links, 1),
        (1, 2),
        by="one link",
        ip=ip,
    )


def company(traffic: Traffic, customer: int, delivered: float) -> None:
    """A company's gateway in a cloud opens no images and follows one link, from another network each time."""
    at = delivered + traffic.rng.uniform(4, 50)
    scan(traffic, customer, at, traffic.links[:1], (1, 2), by="company", agent=COMPANY, opens=False)


SCANNERS = {
    scanner.__name__: scanner
    for scanner in (
        in_order,
        after_43_seconds,
        after_10_minutes,
        parallel,
        from_three_networks,
        first_links,
        first_links_slowly,
        slowly,
        very_slowly,
        headless,
        library,
        one_link_at_delivery,
        company,
    )
}


def tally(events: list[Row], verdicts: dict[str, str | None]) -> dict[tuple[str, str, bool], tuple[int, int]]:
    """The number of events by (type, by, machine), and how many of them were classified as machines'."""
    counts: dict[tuple[str, str, bool], tuple[int, int]] = {}
    for event in events:
        key = event["type"], event["by"], event["machine"]
        total, machines = counts.get(key, (0, 0))
        counts[key] = total + 1, machines + (verdicts[event["event_id"]] is not None)
    return counts


def shares(events: list[Row], verdicts: dict[str, str | None], kind: str) -> tuple[float, float]:
    """The shares of machines' and of people's events of this type that were classified as machines'."""
    caught = [verdicts[event["event_id"]] is not None for event in _of(events, kind, machine=True)]
    misjudged = [verdicts[event["event_id"]] is not None for event in _of(events, kind, machine=False)]
    return sum(caught) / len(caught), sum(misjudged) / len(misjudged)


def _of(events: list[Row], kind: str, *, machine: bool) -> Iterator[Row]:
    return (event for event in events if event["type"] == kind and event["machine"] is machine)
