"""Traffic of which it is known who made it: people of many habits, and machines of many more.

Written from how senders and security vendors describe it, sharing no code with the application or its sample.
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
UNSUBSCRIBE = LINKS[-1]
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
class Mailing:
    """One campaign and all that happens to it: `events`, each with who made it (`by`) and whether that is a machine."""

    dice: random.Random
    customers: int
    whole_seconds: bool = False
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
        """`at`: seconds after sending."""
        moment = SENT + timedelta(seconds=int(at) if self.whole_seconds else round(at, 3))
        self.events.append(
            {
                "event_id": f"e{len(self.events)}",
                "campaign_id": "spring",
                "customer_id": f"c{customer}",
                "type": kind,
                "occurred_at": moment.isoformat(),
                "url": url or None,
                "user_agent": agent or None,
                "ip": ip or None,
                "by": by,
                "machine": machine,
            }
        )


def mailing(seed: int, customers: int, *, whole_seconds: bool = False) -> Mailing:
    """A campaign to so many customers, of whom a third sit behind a scanner of some habit."""
    dice = random.Random(seed)
    made = Mailing(dice, customers, whole_seconds)
    habits = list(SCANNERS.values())
    for customer in range(customers):
        delivered = customer * 0.05 + dice.uniform(1, 6)
        made.event(customer, "delivered", delivered, by="server")
        if dice.random() < 0.34:
            habits[customer % len(habits)](made, customer, delivered)
        if dice.random() < 0.12:
            apple(made, customer, delivered)
        if dice.random() < 0.02:
            ip = f"66.249.84.{dice.randrange(256)}"
            made.event(
                customer,
                "opened",
                delivered + dice.uniform(1, 40),
                by="prefetch",
                machine=True,
                agent=PREFETCH,
                ip=ip,
            )
        if dice.random() < 0.5:
            person(made, customer, delivered)
    return made


def apple(made: Mailing, customer: int, delivered: float) -> None:
    """Apple's proxy loads the pictures, sooner or later, perhaps twice."""
    for _ in range(made.dice.choice((1, 1, 2))):
        ip = f"17.{made.dice.randrange(64)}.{made.dice.randrange(256)}.{made.dice.randrange(256)}"
        later = made.dice.lognormvariate(7, 1.5)
        made.event(customer, "opened", delivered + later, by="apple", machine=True, agent=APPLE, ip=ip)


def person(made: Mailing, customer: int, delivered: float) -> None:
    """Opens after minutes or hours, perhaps again; clicks in one of several ways."""
    dice = made.dice
    pictures, browser = PEOPLE[dice.choice(list(PEOPLE))]
    # A tenth sits in one of a few offices, the others at home or on the way.
    home = f"10.9.{customer % 4}.{customer % 250}" if customer % 10 == 0 else address(dice)
    opened = (
        delivered + (dice.lognormvariate(5, 1.2) if dice.random() < 0.2 else dice.lognormvariate(9, 1.5)) + 5
    )
    ip = f"66.102.{dice.randrange(4)}.{dice.randrange(256)}" if "roxy" in pictures else home
    made.event(customer, "opened", opened, by="person", agent=pictures, ip=ip)
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        made.event(
            customer, "opened", opened + dice.lognormvariate(6, 2) + 3, by="person", agent=pictures, ip=ip
        )
    if dice.random() < 0.4:
        way = dice.choices(
            (one_click, double_click, looks_around, product_grid, forwards, leaves), (50, 6, 25, 8, 3, 2)
        )[0]
        way(made, customer, opened + dice.lognormvariate(3, 0.8) + 2, browser, home)


def one_click(made: Mailing, customer: int, at: float, agent: str, ip: str) -> None:
    made.event(customer, "clicked", at, by="person", agent=agent, ip=ip, url=made.dice.choice(LINKS[:-1]))


def double_click(made: Mailing, customer: int, at: float, agent: str, ip: str) -> None:
    url = made.dice.choice(LINKS[:-1])
    for pause in (0, 0.25, 0.6)[: made.dice.choice((2, 3))]:
        made.event(customer, "clicked", at + pause, by="double click", agent=agent, ip=ip, url=url)


def looks_around(made: Mailing, customer: int, at: float, agent: str, ip: str) -> None:
    for url in made.dice.sample(LINKS[:-1], made.dice.randint(2, 4)):
        made.event(customer, "clicked", at, by="person", agent=agent, ip=ip, url=url)
        at += made.dice.lognormvariate(3, 1) + 2


def product_grid(made: Mailing, customer: int, at: float, agent: str, ip: str) -> None:
    """Five to eight products, each in a new tab, as fast as a hand is; now and then two in a second."""
    for url in made.dice.sample(LINKS[1:11], made.dice.randint(5, 8)):
        made.event(customer, "clicked", at, by="product grid", agent=agent, ip=ip, url=url)
        at += made.dice.uniform(1.6, 4.5)
    made.event(customer, "clicked", at + 5, by="product grid", agent=agent, ip=ip, url=LINKS[1])
    made.event(customer, "clicked", at + 6, by="product grid", agent=agent, ip=ip, url=LINKS[2])


def forwards(made: Mailing, customer: int, at: float, agent: str, ip: str) -> None:
    """Friends open and click the same mail, each in their own time and place."""
    made.event(customer, "clicked", at, by="forwarding", agent=agent, ip=ip, url=LINKS[0])
    for _ in range(made.dice.randint(2, 6)):
        at += made.dice.lognormvariate(6, 1.2)
        pictures, browser = PEOPLE[made.dice.choice(list(PEOPLE))]
        ip = address(made.dice)
        made.event(customer, "opened", at, by="forwarding", agent=pictures, ip=ip)
        made.event(
            customer,
            "clicked",
            at + made.dice.uniform(4, 90),
            by="forwarding",
            agent=browser,
            ip=ip,
            url=LINKS[0],
        )


def leaves(made: Mailing, customer: int, at: float, agent: str, ip: str) -> None:
    made.event(customer, "clicked", at, by="person", agent=agent, ip=ip, url=UNSUBSCRIBE)
    made.event(customer, "unsubscribed", at + made.dice.uniform(0.2, 30), by="person")


def address(dice: random.Random) -> str:
    """Somebody's, anywhere."""
    if dice.random() < 0.4:
        return f"2001:db8:{dice.randrange(1, 0xFFFF):x}:{dice.randrange(0xFFFF):x}::{dice.randrange(1, 99):x}"
    return f"{dice.randrange(80, 95)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"


def cloud(dice: random.Random, network: int = 0) -> str:
    return f"{(40, 52, 104, 20)[network]}.{dice.randrange(60, 90)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"


def scan(
    made: Mailing,
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
    """Loads the pictures and follows links, one after the other; when it was done."""
    ip = ip or cloud(made.dice)
    if opens:
        made.event(customer, "opened", at, by=by, machine=True, agent=agent, ip=ip)
        at += made.dice.uniform(0.2, 3)
    for url in urls:
        made.event(customer, "clicked", at, by=by, machine=True, agent=agent, ip=ip, url=url)
        at += made.dice.uniform(*gap)
    return at


def in_order(made: Mailing, customer: int, delivered: float) -> None:
    scan(made, customer, delivered + made.dice.uniform(1, 9), LINKS, (0.05, 0.5), by="in order")


def after_43_seconds(made: Mailing, customer: int, delivered: float) -> None:
    scan(made, customer, delivered + made.dice.gauss(43, 4), LINKS, (0.05, 0.5), by="after 43 s")


def after_10_minutes(made: Mailing, customer: int, delivered: float) -> None:
    done = scan(made, customer, delivered + made.dice.gauss(600, 60), LINKS, (0.05, 0.5), by="after 10 min")
    made.event(customer, "unsubscribed", done, by="after 10 min", machine=True)


def parallel(made: Mailing, customer: int, delivered: float) -> None:
    """Three machines in three networks share the links."""
    at = delivered + made.dice.uniform(2, 60)
    for network in range(3):
        ip = cloud(made.dice, network)
        scan(
            made,
            customer,
            at + made.dice.random(),
            LINKS[network::3],
            (0.3, 1.5),
            by="parallel",
            ip=ip,
            opens=False,
        )


def from_three_networks(made: Mailing, customer: int, delivered: float) -> None:
    """The same two links, from three networks, with seconds between."""
    at = delivered + made.dice.uniform(2, 60)
    for network in range(3):
        ip = cloud(made.dice, network)
        scan(
            made,
            customer,
            at + network * made.dice.uniform(1, 8),
            LINKS[:2],
            (2, 5),
            by="three networks",
            ip=ip,
            opens=False,
        )


def first_links(made: Mailing, customer: int, delivered: float) -> None:
    some = LINKS[: made.dice.randint(3, 6)]
    scan(made, customer, delivered + made.dice.uniform(1, 90), some, (0.05, 0.5), by="first links")


def slowly(made: Mailing, customer: int, delivered: float) -> None:
    scan(made, customer, delivered + made.dice.uniform(30, 300), LINKS, (1.2, 2.1), by="slowly")


def headless(made: Mailing, customer: int, delivered: float) -> None:
    at = delivered + made.dice.uniform(1, 3600)
    scan(made, customer, at, made.dice.sample(LINKS, 2), (3, 60), by="headless", agent=HEADLESS)


def library(made: Mailing, customer: int, delivered: float) -> None:
    agent = made.dice.choice(
        ("python-requests/2.32.3", "Go-http-client/2.0", "Barracuda Sentinel (EE)", "Java/17.0.2")
    )
    scan(made, customer, delivered + made.dice.uniform(1, 60), LINKS[:1], (1, 2), by="library", agent=agent)


def one_link_at_delivery(made: Mailing, customer: int, delivered: float) -> None:
    """A company's gateway looks at one link of each mail."""
    ip = f"198.51.100.{made.dice.randrange(1, 255)}"
    scan(
        made,
        customer,
        delivered + made.dice.uniform(0.5, 8),
        made.dice.sample(LINKS, 1),
        (1, 2),
        by="one link",
        ip=ip,
    )


SCANNERS = {
    scanner.__name__: scanner
    for scanner in (
        in_order,
        after_43_seconds,
        after_10_minutes,
        parallel,
        from_three_networks,
        first_links,
        slowly,
        headless,
        library,
        one_link_at_delivery,
    )
}


def tally(events: list[Row], verdicts: dict[str, str | None]) -> dict[tuple[str, str, bool], tuple[int, int]]:
    """By type, who made it and whether that is a machine: how many there are, and how many were called machines'."""
    found: dict[tuple[str, str, bool], tuple[int, int]] = {}
    for event in events:
        key = event["type"], event["by"], event["machine"]
        all_, machines = found.get(key, (0, 0))
        found[key] = all_ + 1, machines + (verdicts[event["event_id"]] is not None)
    return found


def shares(events: list[Row], verdicts: dict[str, str | None], kind: str) -> tuple[float, float]:
    """Of the machines' events of a type the share that was caught, and of people's the share that was lost."""
    caught = [verdicts[event["event_id"]] is not None for event in _of(events, kind, machine=True)]
    lost = [verdicts[event["event_id"]] is not None for event in _of(events, kind, machine=False)]
    return sum(caught) / len(caught), sum(lost) / len(lost)


def _of(events: list[Row], kind: str, *, machine: bool) -> Iterator[Row]:
    return (event for event in events if event["type"] == kind and event["machine"] is machine)
