"""Simulates a campaign's traffic: who was not sent the e-mail and why, and all events of the others.

The patterns follow real campaigns: most opens come within hours and few at night; some people open everything and
others nothing; mailboxes disappear; Apple's proxy loads images on its own; security gateways click every link.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .crowd import HOUR, MINUTE, NEVER, SECOND, Crowd, Events, Floats, Group, notes
from .customers import Ints, Mask, Words
from .reading import CampaignProfile, machines, people


@dataclass(frozen=True, slots=True)
class Traffic:
    customer: Ints  # index of each selected customer
    sent_at: Ints  # NEVER = not sent
    reason: Words
    detail: Words
    events: list[NDArray[Any]]  # from `Events.sorted`


def send(profile: CampaignProfile, crowd: Crowd, rng: np.random.Generator) -> Traffic:
    """The campaign's messages and events. The crowd remembers opt-outs, complaints and bounces for later campaigns."""
    customer = np.flatnonzero(profile.selected & (crowd.created_at < profile.at))
    reason, detail = _not_sent(profile, crowd, customer, rng)
    row = np.flatnonzero(reason == "")
    sent_at = np.full(len(customer), NEVER)
    events = Events()
    if not profile.planned:
        sent_at[row] = profile.at + (rng.permutation(len(row)) * 70 + rng.integers(0, 60, len(row)))
        _simulate(profile, crowd, Group(row, customer[row], sent_at[row]), events, rng)
    return Traffic(customer, sent_at, reason, detail, events.sorted())


def _not_sent(
    profile: CampaignProfile, crowd: Crowd, who: Ints, rng: np.random.Generator
) -> tuple[Words, Words]:
    """For each selected customer, the reason for not sending ("" if sent) and the detail in words."""
    columns, partner = crowd.customers.columns, crowd.customers.duplicate_of
    chance = rng.random(len(who))
    going = not profile.planned

    def before(event: str, state: str, since: Ints) -> Callable[[Ints], Words]:
        def describe(customers: Ints) -> Words:
            day = since[customers].astype("datetime64[ms]").astype("datetime64[D]").astype("U10")
            through = crowd.through[state][customers]
            quoted = np.strings.add(np.strings.add(", after “", through), "”")
            how = np.where(through == "", " on the website", quoted)
            return np.strings.add(np.strings.add(f"{event} on ", day), how)

        return describe

    # In order of precedence: the first match is the reason.
    rules: list[tuple[str, Mask, str | Callable[[Ints], Words]]] = [
        ("no_address", columns["email"][who] == "", ""),
        (
            "invalid_address",
            crowd.customers.invalid_address[who],
            lambda customers: np.strings.add("Not an e-mail address: ", columns["email"][customers]),
        ),
        (
            "complained_before",
            crowd.complained_at[who] < profile.at,
            before("Marked as spam", "complained", crowd.complained_at),
        ),
        (
            "opted_out",
            crowd.opted_out_at[who] < profile.at,
            before("Unsubscribed", "opted_out", crowd.opted_out_at),
        ),
        (
            "bounced_before",
            crowd.bounced_at[who] < profile.at,
            before("Mailbox was gone", "bounced", crowd.bounced_at),
        ),
        ("blocked", crowd.blocked[who], "On the block list of guest care"),
        ("no_consent", ~columns["newsletter_consent"][who], ""),
        (
            "duplicate_address",
            (partner[who] >= 0) & np.isin(partner[who], who),
            lambda customers: np.strings.add("Same address as ", columns["customer_id"][partner[customers]]),
        ),
        ("frequency_cap", going & (chance < 0.007), "Four mails within seven days; the limit is three"),
        (
            "cancelled",
            going & (chance > 1 - profile.cancelled),
            "Stopped by hand at 10:42: wrong price in the third tile",
        ),
        ("failed", going & (abs(chance - 0.5) < 0.0005), "The mail could not be made: a picture was missing"),
    ]
    reason, detail = np.full(len(who), "", dtype="U20"), np.full(len(who), "", dtype="U120")
    for name, applies, text in rules:
        new = applies & (reason == "")
        reason[new] = name
        detail[new] = text if isinstance(text, str) else text(who[new])
    return reason, detail


def _simulate(
    profile: CampaignProfile, crowd: Crowd, sent: Group, events: Events, rng: np.random.Generator
) -> None:
    def some(share: Floats | float, group: Group) -> Mask:
        picked: Mask = rng.random(len(group)) < share
        return picked

    def after(group: Group, least: float, most: float) -> Group:
        return group.later(rng.uniform(least, most, len(group)).astype(np.int64))

    def add(kind: str, group: Group, when: str) -> None:
        events.add(kind, group, note=rng.choice(notes(when), len(group)))

    fate = rng.random(len(sent))
    refused, broken = fate < 0.0006, fate > 0.9997
    add("rejected", after(sent.subset(refused), 300, 500), "refused")
    add("failed", after(sent.subset(broken), 300, 500), "broken")
    sent = sent.subset(~refused & ~broken)
    events.add("sent", after(sent, 150, 1_400))

    dead = (crowd.mailbox_dies_at[sent.who] < profile.at) & some(0.97, sent)
    soft = ~dead & some(np.where(crowd.mailbox_full[sent.who], 0.22, 0.0022), sent)
    slow = soft | (~dead & some(0.011, sent))
    tried = after(sent, 1.2 * SECOND, 25 * SECOND)
    bounced = tried.subset(dead)
    add("bounced", bounced, "hard")
    crowd.remember("bounced", bounced, profile.name)
    add("deferred", tried.subset(slow), "delay")
    add("bounced", after(tried.subset(soft), 2 * HOUR, 72 * HOUR), "soft")

    waited = rng.uniform(4 * MINUTE, 95 * MINUTE, len(tried)).astype(np.int64)
    arrived = tried.later(slow * waited).subset(~dead & ~soft)
    events.add("delivered", arrived)
    away, late = some(0.004, arrived), some(0.0004, arrived)
    add("autoresponded", after(arrived.subset(away), 3 * SECOND, 90 * SECOND), "reply")
    add("bounced", after(arrived.subset(late), MINUTE, 6 * HOUR), "late")
    people(profile, crowd, arrived.subset(~late), events, rng)
    machines(profile, crowd, arrived.subset(~late), events, rng)
