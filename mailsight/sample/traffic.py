"""What became of a mailing of the sample: who was not sent to and why, and every event of the others.

The shapes follow what senders see: most opens within hours and few at night, people who open everything and people
who open nothing, mailboxes that die, Apple's proxy that fetches pictures unasked, gateways that click every link.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .crowd import HOUR, MINUTE, NEVER, SECOND, Crowd, Events, Floats, Group, notes
from .customers import Ints, Mask, Words
from .reading import Mailing, machines, people


@dataclass(frozen=True, slots=True)
class Traffic:
    customer: Ints  # index of each selected customer
    sent_at: Ints  # NEVER = not sent
    reason: Words
    detail: Words
    events: list[NDArray[Any]]  # as `Events.sorted` gives them


def send(mailing: Mailing, crowd: Crowd, rng: np.random.Generator) -> Traffic:
    """The mailing's messages and events. What happened (opt-outs, complaints, bounces) stays with the crowd."""
    customer = np.flatnonzero(mailing.selected & (crowd.created_at < mailing.at))
    reason, detail = _not_sent(mailing, crowd, customer, rng)
    row = np.flatnonzero(reason == "")
    sent_at = np.full(len(customer), NEVER)
    events = Events()
    if not mailing.planned:
        sent_at[row] = mailing.at + (rng.permutation(len(row)) * 70 + rng.integers(0, 60, len(row)))
        _happen(mailing, crowd, Group(row, customer[row], sent_at[row]), events, rng)
    return Traffic(customer, sent_at, reason, detail, events.sorted())


def _not_sent(mailing: Mailing, crowd: Crowd, who: Ints, rng: np.random.Generator) -> tuple[Words, Words]:
    """Per selected customer the reason why not, or "", and the same in words."""
    columns, partner = crowd.customers.columns, crowd.customers.duplicate_of
    chance = rng.random(len(who))
    going = not mailing.planned

    def before(happened: str, state: str, since: Ints) -> Callable[[Ints], Words]:
        def tell(those: Ints) -> Words:
            day = since[those].astype("datetime64[ms]").astype("datetime64[D]").astype("U10")
            through = crowd.through[state][those]
            through = np.where(through == "", " on the website", np.strings.add(" through ", through))
            return np.strings.add(np.strings.add(f"{happened} on ", day), through)

        return tell

    # In the order in which a sender asks: the first that holds is the reason.
    rules: list[tuple[str, Mask, str | Callable[[Ints], Words]]] = [
        ("no_address", columns["email"][who] == "", ""),
        (
            "invalid_address",
            crowd.customers.invalid_address[who],
            lambda those: np.strings.add("Not an e-mail address: ", columns["email"][those]),
        ),
        (
            "complained_before",
            crowd.complained_at[who] < mailing.at,
            before("Marked as spam", "complained", crowd.complained_at),
        ),
        (
            "opted_out",
            crowd.opted_out_at[who] < mailing.at,
            before("Unsubscribed", "opted_out", crowd.opted_out_at),
        ),
        (
            "bounced_before",
            crowd.bounced_at[who] < mailing.at,
            before("Mailbox was gone", "bounced", crowd.bounced_at),
        ),
        ("blocked", crowd.blocked[who], "On the block list of guest care"),
        ("no_consent", ~columns["newsletter_consent"][who], ""),
        (
            "duplicate_address",
            (partner[who] >= 0) & np.isin(partner[who], who),
            lambda those: np.strings.add("Same address as ", columns["customer_id"][partner[those]]),
        ),
        ("frequency_cap", going & (chance < 0.007), "Four mails within seven days; the limit is three"),
        (
            "cancelled",
            going & (chance > 1 - mailing.cancelled),
            "Stopped by hand at 10:42: wrong price in the third tile",
        ),
        ("failed", going & (abs(chance - 0.5) < 0.0005), "The mail could not be made: a picture was missing"),
    ]
    reason, detail = np.full(len(who), "", dtype="U20"), np.full(len(who), "", dtype="U120")
    for name, found, words in rules:
        new = found & (reason == "")
        reason[new] = name
        detail[new] = words if isinstance(words, str) else words(who[new])
    return reason, detail


def _happen(mailing: Mailing, crowd: Crowd, sent: Group, events: Events, rng: np.random.Generator) -> None:
    def some(share: Floats | float, group: Group) -> Mask:
        found: Mask = rng.random(len(group)) < share
        return found

    def after(group: Group, least: float, most: float) -> Group:
        return group.later(rng.uniform(least, most, len(group)).astype(np.int64))

    def add(kind: str, group: Group, when: str) -> None:
        events.add(kind, group, note=rng.choice(notes(when), len(group)))

    fate = rng.random(len(sent))
    refused, broken = fate < 0.0006, fate > 0.9997
    add("rejected", after(sent.those(refused), 300, 500), "refused")
    add("failed", after(sent.those(broken), 300, 500), "broken")
    sent = sent.those(~refused & ~broken)
    events.add("sent", after(sent, 150, 1_400))

    dead = (crowd.mailbox_dies_at[sent.who] < mailing.at) & some(0.97, sent)
    soft = ~dead & some(np.where(crowd.mailbox_full[sent.who], 0.22, 0.0022), sent)
    slow = soft | (~dead & some(0.011, sent))
    tried = after(sent, 1.2 * SECOND, 25 * SECOND)
    bounced = tried.those(dead)
    add("bounced", bounced, "hard")
    crowd.remember("bounced", bounced, mailing.name)
    add("deferred", tried.those(slow), "delay")
    add("bounced", after(tried.those(soft), 2 * HOUR, 72 * HOUR), "soft")

    waited = rng.uniform(4 * MINUTE, 95 * MINUTE, len(tried)).astype(np.int64)
    arrived = tried.later(slow * waited).those(~dead & ~soft)
    events.add("delivered", arrived)
    away, late = some(0.004, arrived), some(0.0004, arrived)
    add("autoresponded", after(arrived.those(away), 3 * SECOND, 90 * SECOND), "reply")
    add("bounced", after(arrived.those(late), MINUTE, 6 * HOUR), "late")
    people(mailing, crowd, arrived.those(~late), events, rng)
    machines(mailing, crowd, arrived.those(~late), events, rng)
