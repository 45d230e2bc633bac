"""The sample's crowd: each customer's habits, e-mail client and IP addresses, and what has happened to them so far.

Also the values used in simulated traffic: times, event types, user agents, and replies of receiving servers.
"""

import tomllib
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .customers import COMPANIES, DATA, TODAY, Customers, Ints, Mask, Words

Floats = NDArray[np.float64]

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000  # times are milliseconds since 1970, UTC
NEVER = 2**62
END = int(TODAY.astype("datetime64[ms]").astype(np.int64)) + DAY - 1
TYPES = (
    *("sent", "rejected", "failed", "bounced", "deferred", "delivered"),
    *("autoresponded", "opened", "clicked", "complained", "unsubscribed"),
)

_MAILBOXES: dict[str, Any] = tomllib.loads((DATA / "mailboxes.toml").read_text(encoding="utf-8"))
CLIENTS: dict[str, dict[str, str]] = _MAILBOXES["clients"]
NOTES: list[dict[str, str]] = _MAILBOXES["notes"]
GOOGLE_PREFETCH: str = _MAILBOXES["google_prefetch"]
SCANNERS: list[str] = _MAILBOXES["scanners"]  # the user agent of each company's scanner
APPLE_PROXY = CLIENTS["apple private"]["pictures"]
PROXIES = {
    "apple": APPLE_PROXY,
    "google": CLIENTS["gmail web"]["pictures"],
    "yahoo": CLIENTS["yahoo"]["pictures"],
}
AGENTS = [agent for client in CLIENTS.values() for agent in client.values()] + [GOOGLE_PREFETCH, *SCANNERS]
# Networks of machines. People use 10.0.0.0/8 and 2001:db8::/32. All of these are reserved ranges.
_NETWORKS = ("198.51.100.", "203.0.113.", "2001:db8:4a::", "192.0.2.", "2001:db8:77::")
_POOLS = (*PROXIES, *COMPANIES)
_POOL_SIZE = 200


def notes(when: str) -> list[int]:
    """Indexes in NOTES of the server replies for an occasion, such as "hard" or "late"."""
    return [index for index, note in enumerate(NOTES) if note["when"] == when]


@dataclass(frozen=True, slots=True)
class Group:
    """Some messages of a campaign: their rows in its list, their customers, and a time for each."""

    row: Ints
    who: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.row)

    def subset(self, which: Mask | Ints) -> Self:
        return type(self)(self.row[which], self.who[which], self.at[which])

    def later(self, milliseconds: Ints) -> Self:
        return type(self)(self.row, self.who, self.at + milliseconds)


@dataclass(slots=True)
class Crowd:
    """One value per customer in each array. A time is NEVER until it has happened."""

    customers: Customers
    created_at: Ints
    openness: Floats  # log-odds of opening an e-mail
    clickiness: Floats  # log-odds of clicking in it
    client: Ints  # index in CLIENTS
    second_client: Ints
    ips: list[str]  # three per customer (home, phone, away), then those of proxies and scanners
    mailbox_dies_at: Ints
    mailbox_full: Mask
    blocked: Mask
    opted_out_at: Ints
    complained_at: Ints
    bounced_at: Ints
    through: dict[str, Words]  # for each state, the campaign that caused it

    def remember(self, state: str, group: Group, campaign: str) -> None:
        """Records when a group reached a state such as "opted_out", and through which campaign."""
        since: Ints = getattr(self, f"{state}_at")
        first = group.subset(group.at < since[group.who])
        since[first.who] = first.at
        self.through[state][first.who] = campaign

    def machine_ips(self, pool: str, rng: np.random.Generator, count: int) -> Ints:
        """Random indexes in `ips` of a proxy or of a company's scanner."""
        start = 3 * len(self.customers) + _POOL_SIZE * _POOLS.index(pool)
        return rng.integers(start, start + _POOL_SIZE, count)

    def place(self, who: Ints, rng: np.random.Generator, *, clicking: bool) -> tuple[Ints, Ints]:
        """The user agent and IP address of opens or clicks, as indexes in AGENTS and in `ips`."""
        count = len(who)
        client = np.where(rng.random(count) < 0.8, self.client[who], self.second_client[who])
        agent = 2 * client + clicking
        ip = who + len(self.customers) * rng.choice(3, count, p=[0.6, 0.32, 0.08])
        if not clicking:
            for pool, proxy in PROXIES.items():
                proxied = np.isin(agent, [index for index, name in enumerate(AGENTS) if name == proxy])
                ip[proxied] = self.machine_ips(pool, rng, int(proxied.sum()))
        return agent, ip

    def awake(self, group: Group, rng: np.random.Generator) -> Group:
        """The group with most night-time events moved to the next morning in the customer's time zone."""
        month = group.at.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) % 12
        summer = (month >= 3) & (month <= 9)
        local = (group.at + (self.customers.utc_offset_hours[group.who] + summer) * HOUR) % DAY
        morning = np.where(rng.random(len(group)) < 0.4, 6.6, 8.2) * HOUR
        asleep = (local < morning) & (rng.random(len(group)) < 0.9)
        wakes = morning - local + rng.gamma(2.0, 0.9, len(group)) * HOUR
        return group.later(np.where(asleep, wakes, 0).astype(np.int64))


def gather(customers: Customers, rng: np.random.Generator) -> Crowd:
    count = len(customers)
    created_at = customers.columns["created_at"].astype("datetime64[ms]").astype(np.int64)
    client, second = _clients(customers.mailbox, rng), _clients(customers.mailbox, rng)
    kind = rng.random(count)
    openness = rng.normal(-1.25, 1.25, count)
    openness = np.where(kind < 0.06, rng.normal(2.6, 0.4, count), openness)  # some people open everything,
    openness = np.where(kind > 0.80, rng.normal(-4.4, 0.7, count), openness)  # others hardly anything
    start = int(np.datetime64("2024-10-12", "ms").astype(np.int64))
    through = {state: np.full(count, "", dtype="U40") for state in ("opted_out", "complained", "bounced")}
    left_before = created_at + rng.integers(30, 900, count) * DAY
    return Crowd(
        customers=customers,
        created_at=created_at,
        openness=openness,
        clickiness=rng.normal(-2.35, 0.9, count),
        client=client,
        second_client=second,
        ips=_ips(count, rng),
        mailbox_dies_at=start + (rng.exponential(32 * 365, count) * DAY).astype(np.int64),
        mailbox_full=rng.random(count) < 0.012,
        blocked=np.arange(count) % 331 == 137,
        opted_out_at=np.where(rng.random(count) < 0.035, left_before, NEVER),
        complained_at=np.full(count, NEVER),
        bounced_at=np.full(count, NEVER),
        through=through,
    )


def _clients(mailbox: Words, rng: np.random.Generator) -> Ints:
    """Each customer's e-mail client, as an index in CLIENTS."""
    names, readers = list(CLIENTS), _MAILBOXES["readers"]
    client = np.zeros(len(mailbox), dtype=np.int64)
    for domain in np.unique(mailbox).tolist():
        shares: dict[str, float] = readers.get(domain, readers["others"])
        readers_of_domain = np.flatnonzero(mailbox == domain)
        client[readers_of_domain] = rng.choice(
            [names.index(name) for name in shares], len(readers_of_domain), p=list(shares.values())
        )
    return client


def _ips(count: int, rng: np.random.Generator) -> list[str]:
    home, phone, away = rng.integers(0, 2**22, (3, count)).tolist()
    ips = [f"10.{n >> 14}.{n >> 6 & 255}.{n % 61 + 4}" for n in home]
    ips += [f"2001:db8:{0x1000 + (n >> 8):x}:{n & 255:x}::{n % 97:x}" for n in phone]
    ips += [f"10.{n >> 14}.{n >> 6 & 255}.{n % 61 + 70}" for n in away]
    return ips + [f"{network}{number}" for network in _NETWORKS for number in range(4, 4 + _POOL_SIZE)]


@dataclass(slots=True)
class Events:
    """Collects events as parallel arrays; `row` is the index in the campaign's messages."""

    parts: list[tuple[NDArray[Any], ...]] = field(default_factory=list)

    def add(
        self,
        kind: str,
        group: Group,
        *,
        link: Ints | int = -1,
        agent: Ints | int = -1,
        ip: Ints | int = -1,
        note: Ints | int = -1,
        machine: bool = False,
    ) -> None:
        values = (TYPES.index(kind), group.row, group.at, link, agent, ip, note, machine)
        self.parts.append(np.broadcast_arrays(*values))

    def sorted(self) -> list[NDArray[Any]]:
        """The arrays kind, row, at, link, agent, ip, note and machine in order of time, up to END."""
        none = np.zeros(0, dtype=np.int64)
        self.add("sent", Group(none, none, none))
        columns = [np.concatenate(column) for column in zip(*self.parts, strict=True)]
        order = np.argsort(columns[2], kind="stable")
        order = order[columns[2][order] <= END]
        return [column[order] for column in columns]
