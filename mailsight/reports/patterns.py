"""Reads: a campaign by mailbox provider, by mail program and by the hours of the week."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mailsight.audience import bounces, mailboxes, programs, zones
from mailsight.figures.metrics import COUNT_NAMES, Counts
from mailsight.vocabulary import Audience, EventType, Status
from mailsight.warehouse.reader import Snapshot

BIGGEST = 12
OTHERS = "Others"
_DOMAINS_NAMED = 3
# A program or device is a bit of a number of 64; what is used least has none of its own.
_BITS = 60


@dataclass(frozen=True, slots=True)
class MailboxProvider:
    """The customers with mailboxes at one provider.

    hard, soft: undeliverable by the type of their last bounce; where that is not told, they are neither.
    `domains`: the most used; `domains_more`: how many there are besides.
    """

    name: str
    domains: Sequence[str]
    domains_more: int
    counts: Counts
    status: Mapping[Status, int]
    hard: int
    soft: int


@dataclass(frozen=True, slots=True)
class BounceCount:
    """How many mails did not arrive for one reason, and what a server said of most of them."""

    reason: bounces.BounceReason
    customers: int
    hard: int
    soft: int
    example: str


@dataclass(frozen=True, slots=True)
class Part:
    """What happened in one program or on one kind of device. Customers who used several count in each."""

    name: str
    events: int
    customers: int

    @property
    def is_apart(self) -> bool:
        """Whether it tells nothing of what people use."""
        return self.name in programs.APART


@dataclass(frozen=True, slots=True)
class Used:
    """Where a campaign's mail was opened, or its links: most used first, what tells nothing last."""

    events: int
    customers: int
    programs: Sequence[Part]
    devices: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Week:
    """Opens and clicks by weekday (0 is Monday) and hour in the customers' time, and how their time was known.

    `hours` has a row for each of the 168 hours: weekday, hour, opens, clicks. The others are numbers of opens and
    clicks together: by the customer's own zone, by the country's, and by the viewer's for want of both.
    """

    hours: pd.DataFrame
    by_customer: int
    by_country: int
    by_viewer: int


def mailbox_providers(
    data: Snapshot, campaign_id: str, audience: Audience, *, most: int = BIGGEST
) -> list[MailboxProvider]:
    """The providers with the most customers, the others together, and the customers whose provider can't be told."""
    domains = data.frame("mailbox_domains", campaign_id=campaign_id, audience=audience)
    domains["domain"] = domains["domain"].astype(object).where(domains["domain"].notna(), None)
    domains["provider"] = [mailboxes.provider(domain) for domain in domains["domain"]]
    untold = [mailboxes.NO_DOMAIN, mailboxes.NO_ADDRESS]
    by_size = (
        domains.groupby("provider", sort=False)["selected"].sum().sort_values(ascending=False, kind="stable")
    )
    named = [name for name in by_size.index if name not in untold][:most]
    domains["shown"] = domains["provider"].where(domains["provider"].isin([*named, *untold]), OTHERS)
    groups = dict(iter(domains.groupby("shown", sort=False)))
    return [_provider(name, groups[name]) for name in (*named, OTHERS, *untold) if name in groups]


def _provider(name: str, domains: pd.DataFrame) -> MailboxProvider:
    sums = domains.drop(columns=["domain", "provider", "shown"]).sum()
    known = [domain for domain in domains["domain"] if domain]
    return MailboxProvider(
        name=name,
        domains=tuple(known[:_DOMAINS_NAMED]),
        domains_more=max(len(known) - _DOMAINS_NAMED, 0),
        counts=Counts(**{count: int(sums[count]) for count in COUNT_NAMES}),
        status={status: int(sums[f"status_{status}"]) for status in Status},
        hard=int(sums["hard"]),
        soft=int(sums["soft"]),
    )


def bounce_reasons(
    data: Snapshot, campaign_id: str, providers: Sequence[str]
) -> Mapping[str, Sequence[BounceCount]]:
    """Why mail did not arrive, most frequent first, for each of these providers and all others together."""
    found: dict[str, dict[bounces.BounceReason, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    examples: dict[tuple[str, bounces.BounceReason], str] = {}
    for row in data.rows("bounced_domains", campaign_id=campaign_id):
        name = mailboxes.provider(row["domain"])
        shown = name if name in providers else OTHERS
        reason = bounces.reason(row["bounce_reason"])
        found[shown][reason]["all"] += row["customers"]
        found[shown][reason][row["bounce_type"] or ""] += row["customers"]
        examples.setdefault((shown, reason), bounces.without_addresses(row["bounce_reason"] or ""))
    return {
        name: tuple(
            BounceCount(reason, counted["all"], counted["hard"], counted["soft"], examples[name, reason])
            for reason, counted in sorted(reasons.items(), key=lambda item: (-item[1]["all"], item[0].label))
        )
        for name, reasons in found.items()
    }


def used(data: Snapshot, campaign_id: str, audience: Audience) -> Mapping[EventType, Used]:
    """Where the mail was opened (under `opened`), and where its links were (under `clicked`)."""
    found = data.rows("used_agents", campaign_id=campaign_id, audience=audience)
    told = [programs.used(*_agent(row["agent"])) for row in found]
    opens, clicks = ([row[name] for row in found] for name in ("opens", "clicks"))
    opened_in = numbered([one.opened_in for one in told], opens)
    clicked_in = numbered([one.clicked_in for one in told], clicks)
    devices = [one.device.value for one in told]
    kinds = numbered(devices, [a + b for a, b in zip(opens, clicks, strict=True)])
    sets = data.rows(
        "used_together",
        campaign_id=campaign_id,
        audience=audience,
        agents=[row["agent"] for row in found],
        opened_in=[opened_in[one.opened_in] for one in told],
        clicked_in=[clicked_in[one.clicked_in] for one in told],
        devices=[kinds[device] for device in devices],
    )
    return {
        EventType.OPENED: Used(
            sum(opens),
            sum(row["customers"] for row in sets if row["opened_in"]),
            _parts(opened_in, [one.opened_in for one in told], opens, sets, "opened_in"),
            _parts(kinds, devices, opens, sets, "opened_on"),
        ),
        EventType.CLICKED: Used(
            sum(clicks),
            sum(row["customers"] for row in sets if row["clicked_in"]),
            _parts(clicked_in, [one.clicked_in for one in told], clicks, sets, "clicked_in"),
            _parts(kinds, devices, clicks, sets, "clicked_on"),
        ),
    }


def _agent(told: str) -> tuple[str, str | None]:
    """The agent, or the rule that told that no person did it, which has a line break behind it."""
    return ("", told[:-1]) if told.endswith("\n") else (told, None)


def numbered(names: Sequence[str], events: Sequence[int]) -> Mapping[str, int]:
    """A number for each name, the most used first; the least used share the last one."""
    sizes = Counter[str]()
    for name, number in zip(names, events, strict=True):
        sizes[name] += number
    return {name: min(place, _BITS) for place, (name, _) in enumerate(sizes.most_common())}


def _parts(
    numbers: Mapping[str, int],
    names: Sequence[str],
    events: Sequence[int],
    sets: Iterable[Mapping[str, int]],
    column: str,
) -> tuple[Part, ...]:
    shown = {name: name if number < _BITS else OTHERS for name, number in numbers.items()}
    counted, customers = Counter[str](), Counter[int]()
    for name, number in zip(names, events, strict=True):
        counted[shown[name]] += number
    for row in sets:
        for number in set(numbers.values()):
            if row[column] >> number & 1:
                customers[number] += row["customers"]
    parts = {
        Part(shown[name], counted[shown[name]], customers[number])
        for name, number in numbers.items()
        if counted[shown[name]]
    }
    return tuple(sorted(parts, key=lambda part: (part.is_apart, -part.events, part.name)))


def week(data: Snapshot, campaign_id: str, audience: Audience, viewer_zone: str | None) -> Week:
    """When in the week customers opened and clicked, by the clocks where they are."""
    found = data.frame("week_hours", campaign_id=campaign_id, audience=audience)
    there = [
        _zone(_text(time_zone), _text(country), viewer_zone)
        for time_zone, country in zip(found["time_zone"], found["country"], strict=True)
    ]
    found["zone"], found["source"] = [zone for zone, _ in there], [source for _, source in there]
    parts = []
    for zone, rows in found.groupby("zone", sort=False):
        local = pd.to_datetime(rows["quarter"] * 900, unit="s", utc=True).dt.tz_convert(str(zone)).dt
        parts.append(rows.assign(weekday=local.day_of_week, hour=local.hour))
    known = found[["opens", "clicks"]].sum(axis="columns").groupby(found["source"]).sum()
    every = pd.MultiIndex.from_product([range(7), range(24)], names=["weekday", "hour"])
    counted = (
        pd.concat(parts).groupby(["weekday", "hour"])[["opens", "clicks"]].sum()
        if parts
        else pd.DataFrame({"opens": [], "clicks": []}, index=every[:0])
    )
    hours = counted.reindex(every, fill_value=0).astype("int64").reset_index()
    return Week(hours, *(int(known.get(source, 0)) for source in ("customer", "country", "viewer")))


def _zone(time_zone: str | None, country: str | None, viewer_zone: str | None) -> tuple[str, str]:
    """The zone to show a customer's time in, and whose it is."""
    if own := zones.known(time_zone):
        return own, "customer"
    if there := zones.of_country(country):
        return there, "country"
    return zones.known(viewer_zone) or "UTC", "viewer"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
