"""The reports of the campaign page's tabs: mailbox providers, mail programs, and hours of the week."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from mailsight.audience import bounces, mailboxes, programs, zones
from mailsight.figures.metrics import COUNT_NAMES, Counts
from mailsight.vocabulary import SENT_STATES, Audience, EventType, Status
from mailsight.warehouse.reader import Snapshot

MAX_PROVIDERS = 12
OTHERS = "Others"
_MAX_DOMAINS = 3
# Readers don't see a domain with fewer customers: it may belong to one of them.
LEAST_CUSTOMERS = 5
# User agents may name any number of programs.
MAX_PROGRAMS = 60


@dataclass(frozen=True, slots=True)
class MailboxProvider:
    """The figures of the customers whose mailboxes are at one provider.

    `domains` lists the domains with the most customers; `domains_more` is the number of further domains. `hard` and
    `soft` split the undeliverable customers by the type of their last bounce; bounces without a type count in neither.
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
    """The customers whose mail bounced for one reason, with the most frequent server reply as an example.

    The example is empty for people who may not see customers: replies name them in many ways.
    """

    reason: bounces.BounceReason
    customers: int
    hard: int
    soft: int
    example: str


@dataclass(frozen=True, slots=True)
class Part:
    """The use of one mail program or one kind of device. A customer who used several counts in each of them."""

    name: str
    events: int
    customers: int

    @property
    def is_apart(self) -> bool:
        """Whether it tells nothing about what people use, such as machines and image proxies."""
        return self.name in programs.APART


@dataclass(frozen=True, slots=True)
class Usage:
    """The mail programs and devices in which a campaign's e-mail, or its links, were opened.

    Those with the most events come first; those that are `is_apart` come last.
    """

    events: int
    customers: int
    programs: Sequence[Part]
    devices: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Week:
    """Opens and clicks by weekday and hour in the customers' local time.

    `hours` has 168 rows with the columns weekday (0 is Monday), hour, opens, clicks. The other fields count opens and
    clicks by the source of their time zone: the customer, the customer's country, or else the viewer.
    """

    hours: pd.DataFrame
    by_customer: int
    by_country: int
    by_viewer: int


def mailbox_providers(
    data: Snapshot, campaign_id: str, audience: Audience, *, limit: int = MAX_PROVIDERS
) -> list[MailboxProvider]:
    """Report on the `limit` biggest providers, then `OTHERS`, then the customers without a known provider.

    For people who may not see customers, domains with few customers are among the others, without a name.
    """
    domains = data.frame("mailbox_domains", campaign_id=campaign_id, audience=audience)
    domains["domain"] = domains["domain"].astype(object).where(domains["domain"].notna(), None)
    domains["provider"] = [mailboxes.provider(domain) for domain in domains["domain"]]
    if not data.scope.customers:
        own = (domains["provider"] == domains["domain"]) & (domains["selected"] < LEAST_CUSTOMERS)
        domains.loc[own, ["domain", "provider"]] = [None, OTHERS]
    unknown = [mailboxes.NO_DOMAIN, mailboxes.NO_ADDRESS]
    by_size = (
        domains.groupby("provider", sort=False)["selected"].sum().sort_values(ascending=False, kind="stable")
    )
    named = [name for name in by_size.index if name not in (OTHERS, *unknown)][:limit]
    domains["shown"] = domains["provider"].where(domains["provider"].isin([*named, *unknown]), OTHERS)
    groups = dict(iter(domains.groupby("shown", sort=False)))
    return [_provider(name, groups[name]) for name in (*named, OTHERS, *unknown) if name in groups]


def _provider(name: str, domains: pd.DataFrame) -> MailboxProvider:
    sums = domains.drop(columns=["domain", "provider", "shown"]).sum()
    known = [domain for domain in domains["domain"] if domain]
    return MailboxProvider(
        name=name,
        domains=tuple(known[:_MAX_DOMAINS]),
        domains_more=max(len(known) - _MAX_DOMAINS, 0),
        counts=Counts.of({count: int(sums[count]) for count in COUNT_NAMES}),
        status={status: int(sums[f"status_{status}"]) for status in SENT_STATES},
        hard=int(sums["hard"]),
        soft=int(sums["soft"]),
    )


def bounce_reasons(
    data: Snapshot, campaign_id: str, providers: Sequence[str]
) -> Mapping[str, Sequence[BounceCount]]:
    """Count bounces by reason, most frequent first, for each of these providers and for `OTHERS`."""
    counts: dict[str, dict[bounces.BounceReason, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    examples: dict[tuple[str, bounces.BounceReason], str] = {}
    for row in data.rows("bounced_domains", campaign_id=campaign_id):
        name = mailboxes.provider(row["domain"])
        shown = name if name in providers else OTHERS
        reason = bounces.reason(row["bounce_reason"])
        counts[shown][reason]["all"] += row["customers"]
        counts[shown][reason][row["bounce_type"] or ""] += row["customers"]
        example = bounces.without_addresses(row["bounce_reason"] or "") if data.scope.customers else ""
        examples.setdefault((shown, reason), example)
    return {
        name: tuple(
            BounceCount(reason, count["all"], count["hard"], count["soft"], examples[name, reason])
            for reason, count in sorted(reasons.items(), key=lambda item: (-item[1]["all"], item[0].label))
        )
        for name, reasons in counts.items()
    }


def usage(data: Snapshot, campaign_id: str, audience: Audience) -> Mapping[EventType, Usage]:
    """Report the programs and devices in which the e-mail (`opened`) and its links (`clicked`) were opened."""
    agents = data.rows("campaign_agents", campaign_id=campaign_id, audience=audience)
    uses = [programs.used(row["user_agent"], row["machine"]) for row in agents]
    opened_in = with_others([use.opened_in for use in uses], [row["opens"] for row in agents])
    clicked_in = with_others([use.clicked_in for use in uses], [row["clicks"] for row in agents])
    devices = [use.device.value for use in uses]
    # DuckDB groups by numbers twice as fast as by names.
    names = sorted({*opened_in, *clicked_in, *devices})
    index = {name: position for position, name in enumerate(names)}
    counts = data.rows(
        "program_use",
        campaign_id=campaign_id,
        audience=audience,
        machines=[row["machine"] for row in agents],
        user_agents=[row["user_agent"] for row in agents],
        opened_in=[index[name] for name in opened_in],
        clicked_in=[index[name] for name in clicked_in],
        devices=[index[name] for name in devices],
    )
    return {
        EventType.OPENED: _usage([row for row in counts if row["is_open"]], names),
        EventType.CLICKED: _usage([row for row in counts if not row["is_open"]], names),
    }


def with_others(names: Sequence[str], events: Sequence[int]) -> Sequence[str]:
    """Replace all names but the `MAX_PROGRAMS` with the most events by `OTHERS`."""
    totals = Counter[str]()
    for name, number in zip(names, events, strict=True):
        totals[name] += number
    top = {name for name, _ in totals.most_common(MAX_PROGRAMS)}
    return [name if name in top else OTHERS for name in names]


def most_used_first(parts: Iterable[Part], counted: Literal["events", "customers"]) -> tuple[Part, ...]:
    """The parts by their number of events or customers; those that are `is_apart` come last."""
    return tuple(sorted(parts, key=lambda part: (part.is_apart, -getattr(part, counted), part.name)))


def _usage(counts: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Usage:
    def parts(column: str) -> tuple[Part, ...]:
        listed = [
            Part(names[row[column]], row["events"], row["customers"])
            for row in counts
            if row[column] is not None
        ]
        return most_used_first(listed, "events")

    for row in counts:
        if row["program"] is None and row["device"] is None:
            return Usage(row["events"], row["customers"], parts("program"), parts("device"))
    return Usage(0, 0, (), ())


def week(data: Snapshot, campaign_id: str, audience: Audience, viewer_zone: str | None) -> Week:
    """Count opens and clicks by hour of the week in the customers' local time."""
    rows = data.frame("week_hours", campaign_id=campaign_id, audience=audience)
    zones_and_sources = [
        _zone(_text(time_zone), _text(country), viewer_zone)
        for time_zone, country in zip(rows["time_zone"], rows["country"], strict=True)
    ]
    rows["zone"] = [zone for zone, _ in zones_and_sources]
    rows["source"] = [source for _, source in zones_and_sources]
    parts = []
    for zone, in_zone in rows.groupby("zone", sort=False):
        local = in_zone["quarter_hour"].dt.tz_convert(str(zone)).dt
        parts.append(in_zone.assign(weekday=local.day_of_week, hour=local.hour))
    by_source = rows[["opens", "clicks"]].sum(axis="columns").groupby(rows["source"]).sum()
    whole_week = pd.MultiIndex.from_product([range(7), range(24)], names=["weekday", "hour"])
    counts = (
        pd.concat(parts).groupby(["weekday", "hour"])[["opens", "clicks"]].sum()
        if parts
        else pd.DataFrame({"opens": [], "clicks": []}, index=whole_week[:0])
    )
    hours = counts.reindex(whole_week, fill_value=0).astype("int64").reset_index()
    return Week(hours, *(int(by_source.get(source, 0)) for source in ("customer", "country", "viewer")))


def _zone(time_zone: str | None, country: str | None, viewer_zone: str | None) -> tuple[str, str]:
    """Return the time zone to use for a customer, and its source."""
    if own := zones.known(time_zone):
        return own, "customer"
    if national := zones.of_country(country):
        return national, "country"
    return zones.known(viewer_zone) or "UTC", "viewer"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
