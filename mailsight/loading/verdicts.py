"""Person or machine: the verdict on every open, click and unsubscription of the touched campaigns."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, collapse_addresses

import pyarrow as pa

from mailsight.audience import agents
from mailsight.audience.machines import RULES, Network, Rules
from mailsight.warehouse.draft import Draft


def judge(work: Draft, rules: Rules) -> None:
    """Gives each event of the touched campaigns the first reason that holds, or none (`queries/machines.sql`)."""
    kinds = [(agent, _kind(agent, rules)) for (agent,) in work.run("gather_agents")]
    with work.table("agents", kinds, _AGENTS):
        work.run("gather_requests")
    if named := _ranges(rules):
        with work.table("networks", named, _NETWORKS):
            work.run("name_ips")
    for rule in RULES:
        if rule.name not in rules.off:
            work.run(f"find_{rule.name}", **rules.parameters(rule))
    with work.table("reasons", [(rule.name, place) for place, rule in enumerate(RULES)], _REASONS):
        work.run("judge")
    work.run("replace_machine_counts")


def _kind(agent: str, rules: Rules) -> str:
    return agents.kind(agent, machines=rules.machine_agents, people=rules.people_agents)


def _ranges(rules: Rules) -> list[tuple[str, str, str]]:
    """The named networks, each with its first and last address as numbers, those of IPv4 as IPv6 has them."""
    return [
        (name, str(first), str(last))
        for name, those in (("machine", rules.machine_networks), ("apple", rules.apple_networks))
        for first, last in _numbers(those)
    ]


def _numbers(networks: Sequence[Network]) -> Iterator[tuple[int, int]]:
    old = [network for network in networks if isinstance(network, IPv4Network)]
    for one in collapse_addresses(old):
        yield _IPV4 + int(one[0]), _IPV4 + int(one[-1])
    new = [network for network in networks if not isinstance(network, IPv4Network)]
    for other in collapse_addresses(new):
        yield int(other[0]), int(other[-1])


_IPV4 = 0xFFFF << 32  # ::ffff:0:0/96
_AGENTS = pa.schema([("user_agent", pa.string()), ("kind", pa.string())])
_NETWORKS = pa.schema([(name, pa.string()) for name in ("network", "first", "last")])
_REASONS = pa.schema([("name", pa.string()), ("place", pa.int32())])
