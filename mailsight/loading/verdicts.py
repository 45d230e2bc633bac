"""Classifies every open, click and unsubscribe of the touched campaigns as human or machine."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, collapse_addresses

import pyarrow as pa

from mailsight.audience import agents, mailboxes
from mailsight.audience.machines import RULES, Network, Rules
from mailsight.warehouse.draft import Draft

from .parts import in_parts
from .refusals import Refusal, Refuse
from .refusing import Failure, tried


def judge(work: Draft, rules: Rules, refuse: Refuse) -> None:
    """Gives each event of the touched campaigns the first rule that matches as its reason, if any.

    The rules are queries in `queries/machines.sql`. A user agent that can't be classified is refused and
    counts as a person's.
    """
    kinds: dict[str, str] = {}
    ranges = _ranges(rules)
    work.run("start_verdicts")
    for _ in in_parts(work):
        if work.run("has_requests")[0][0]:
            _judge(work, rules, ranges, kinds, refuse)
        work.run("replace_machine_counts")


def _judge(
    work: Draft,
    rules: Rules,
    ranges: Sequence[tuple[str, str, str]],
    kinds: dict[str, str],
    refuse: Refuse,
) -> None:
    """Judges a part of the campaigns. `kinds` are those of the user agents so far."""
    agents_of_part = [agent for (agent,) in work.run("gather_agents")]
    for agent in agents_of_part:
        if agent in kinds:
            continue
        kind = tried(_kind, agent, rules)
        if isinstance(kind, Failure):
            reason = f"this user agent {kind.reason}; it counts as a person's"
            refuse(Refusal("events", "user agents", None, reason, agent))
            kind = "person"
        kinds[agent] = kind
    with work.table("agents", [(agent, kinds[agent]) for agent in agents_of_part], _AGENTS):
        work.run("gather_requests")
    companies = [domain for (domain,) in work.run("gather_domains") if mailboxes.provider(domain) == domain]
    with work.table("domains", [(domain,) for domain in companies], _DOMAINS):
        work.run("name_companies")
    if ranges:
        with work.table("networks", ranges, _NETWORKS):
            work.run("name_ips")
    for rule in RULES:
        if rule.name not in rules.off:
            work.run(f"find_{rule.name}", **rules.parameters(rule))
    with work.table("reasons", [(rule.name, place) for place, rule in enumerate(RULES)], _REASONS):
        work.run("judge")


def _kind(agent: str, rules: Rules) -> str:
    return agents.kind(agent, machines=rules.machine_agents, people=rules.people_agents)


def _ranges(rules: Rules) -> list[tuple[str, str, str]]:
    """The configured networks as (name, first address, last address); IPv4 addresses are mapped to IPv6."""
    return [
        (name, str(first), str(last))
        for name, networks in (("machine", rules.machine_networks), ("apple", rules.apple_networks))
        for first, last in _numbers(networks)
    ]


def _numbers(networks: Sequence[Network]) -> Iterator[tuple[int, int]]:
    ipv4 = [network for network in networks if isinstance(network, IPv4Network)]
    for network in collapse_addresses(ipv4):
        yield _IPV4 + int(network[0]), _IPV4 + int(network[-1])
    ipv6 = [network for network in networks if not isinstance(network, IPv4Network)]
    for network6 in collapse_addresses(ipv6):
        yield int(network6[0]), int(network6[-1])


_IPV4 = 0xFFFF << 32  # ::ffff:0:0/96
_AGENTS = pa.schema([("user_agent", pa.string()), ("kind", pa.string())])
_DOMAINS = pa.schema([("domain", pa.string())])
_NETWORKS = pa.schema([(name, pa.string()) for name in ("network", "first", "last")])
_REASONS = pa.schema([("name", pa.string()), ("place", pa.int32())])
