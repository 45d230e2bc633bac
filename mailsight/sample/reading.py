"""Simulates who opens and clicks a campaign: people, and machines acting on their own."""

from dataclasses import dataclass

import numpy as np

from .crowd import (
    AGENTS,
    APPLE_PROXY,
    CLIENTS,
    DAY,
    GOOGLE_PREFETCH,
    HOUR,
    MINUTE,
    SCANNERS,
    SECOND,
    Crowd,
    Events,
    Floats,
    Group,
)
from .customers import COMPANIES, Ints, Mask


@dataclass(frozen=True, slots=True)
class CampaignProfile:
    """What determines how recipients react to a campaign."""

    name: str
    at: int
    planned: bool
    selected: Mask
    interested: Mask  # customers whose interests it matches
    strength: float  # of the subject, in log-odds of opening
    pull: float  # of the content, in log-odds of clicking
    opt_outs: float  # chance that a reader opts out
    cancelled: float  # share that was not sent because someone stopped the campaign
    link_weights: Floats  # share of clicks of each link, by position
    unsubscribe_link: int  # position
    web_links: Ints  # positions of links that a scanner can follow


def people(
    profile: CampaignProfile, crowd: Crowd, arrived: Group, events: Events, rng: np.random.Generator
) -> None:
    """Opens, clicks, complaints and opt-outs by people."""
    bonus = np.where(profile.interested[arrived.who], 0.3, -0.2)
    reads = rng.random(len(arrived)) < _chance(crowd.openness[arrived.who] + profile.strength + bonus)
    readers, bonus = arrived.subset(reads), bonus[reads]
    quick = rng.random(len(readers)) < 0.14
    minutes = rng.lognormal(1.3, 1.0, len(readers))
    hours = np.minimum(rng.lognormal(1.15, 1.55, len(readers)), 24 * 24)
    delay = np.where(quick, minutes * MINUTE, hours * HOUR).astype(np.int64) + 4 * SECOND
    readers = crowd.awake(readers.later(delay), rng)

    seen = readers.subset(rng.random(len(readers)) > 0.04)  # the others block images
    agent, ip = crowd.place(seen.who, rng, clicking=False)
    events.add("opened", seen, agent=agent, ip=ip)
    _again(crowd, seen, events, rng)
    clicks = rng.random(len(readers)) < _chance(crowd.clickiness[readers.who] + profile.pull + bonus)
    _clicks(profile, crowd, readers.subset(clicks), events, rng)
    _departures(profile, crowd, readers, events, rng)


def _again(crowd: Crowd, seen: Group, events: Events, rng: np.random.Generator) -> None:
    """Repeated opens, minutes or days later."""
    times = np.minimum(rng.geometric(0.66, len(seen)) - 1, 9)
    again = seen.subset(np.repeat(np.arange(len(seen)), times))
    soon = rng.random(len(again)) < 0.4
    minutes, hours = rng.lognormal(1.0, 1.2, len(again)), rng.exponential(30, len(again))
    gap = np.where(soon, minutes * MINUTE, hours * HOUR).astype(np.int64) + 9 * SECOND
    again = crowd.awake(again.later(gap), rng)
    agent, ip = crowd.place(again.who, rng, clicking=False)
    events.add("opened", again, agent=agent, ip=ip)


def _clicks(
    profile: CampaignProfile, crowd: Crowd, clickers: Group, events: Events, rng: np.random.Generator
) -> None:
    """Clicks: most people click once, some visit several links in turn, and a few double-click."""
    visits = 1 + rng.poisson(0.5, len(clickers))
    clicks = clickers.subset(np.repeat(np.arange(len(clickers)), visits))
    nth = np.arange(len(clicks)) - np.repeat(np.cumsum(visits) - visits, visits)
    later = np.repeat((rng.random(len(clickers)) < 0.12) * rng.exponential(9 * HOUR, len(clickers)), visits)
    reading, looking = rng.lognormal(3.3, 0.9, len(clicks)), rng.lognormal(4.0, 0.7, len(clicks))
    clicks = clicks.later((later + (2 + reading + nth * looking) * SECOND).astype(np.int64))
    link = rng.choice(len(profile.link_weights), len(clicks), p=profile.link_weights)
    agent, ip = crowd.place(clicks.who, rng, clicking=True)
    events.add("clicked", clicks, link=link, agent=agent, ip=ip)
    double = rng.random(len(clicks)) < 0.025
    second = clicks.subset(double).later(np.full(int(double.sum()), 900))
    events.add("clicked", second, link=link[double], agent=agent[double], ip=ip[double])


def _departures(
    profile: CampaignProfile, crowd: Crowd, readers: Group, events: Events, rng: np.random.Generator
) -> None:
    """Opt-outs, most through the link in the e-mail and the others through the e-mail client's button; complaints."""
    leavers = readers.subset(rng.random(len(readers)) < profile.opt_outs)
    leavers = leavers.later((rng.lognormal(3.6, 0.6, len(leavers)) * SECOND).astype(np.int64))
    by_link = leavers.subset(rng.random(len(leavers)) < 0.72)
    agent, ip = crowd.place(by_link.who, rng, clicking=True)
    events.add("clicked", by_link, link=profile.unsubscribe_link, agent=agent, ip=ip)
    gone = leavers.later(rng.integers(9 * SECOND, 50 * SECOND, len(leavers)))
    events.add("unsubscribed", gone)
    crowd.remember("opted_out", gone, profile.name)
    angry = readers.subset(rng.random(len(readers)) < 0.0011)
    angry = angry.later(rng.integers(5 * SECOND, 20 * MINUTE, len(angry)))
    events.add("complained", angry)
    crowd.remember("complained", angry, profile.name)


def machines(
    profile: CampaignProfile, crowd: Crowd, arrived: Group, events: Events, rng: np.random.Generator
) -> None:
    """Opens by proxies that load images on their own, and opens and clicks by security gateways."""
    names = list(CLIENTS)
    client = crowd.client[arrived.who]
    apple = arrived.subset((client == names.index("apple private")) & (rng.random(len(arrived)) < 0.42))
    delay = np.minimum(rng.lognormal(3.3, 1.5, len(apple)) * MINUTE, 3 * DAY).astype(np.int64)
    ip = crowd.machine_ips("apple", rng, len(apple))
    agent = AGENTS.index(APPLE_PROXY)
    events.add("opened", apple.later(delay + 20 * SECOND), agent=agent, ip=ip, machine=True)

    gmail = np.isin(client, [names.index("gmail phone"), names.index("gmail web")])
    prefetched = arrived.subset(gmail & (rng.random(len(arrived)) < 0.012))
    prefetched = prefetched.later(rng.integers(2 * SECOND, 40 * SECOND, len(prefetched)))
    ip = crowd.machine_ips("google", rng, len(prefetched))
    events.add("opened", prefetched, agent=AGENTS.index(GOOGLE_PREFETCH), ip=ip, machine=True)

    # One company's gateway follows every link within seconds; the other follows some of them, more slowly.
    for company, (name, share, gap_ms) in enumerate(zip(SCANNERS, (1.0, 0.4), (240, 1_100), strict=True)):
        inside = crowd.customers.company[arrived.who] == company
        scanned = arrived.subset(inside & (rng.random(len(arrived)) < 0.9))
        scanned = scanned.later((rng.lognormal(3.75, 0.9, len(scanned)) * SECOND).astype(np.int64))
        agent, ip = AGENTS.index(name), crowd.machine_ips(COMPANIES[company], rng, len(scanned))
        events.add("opened", scanned, agent=agent, ip=ip, machine=True)
        mail, nth = np.nonzero(rng.random((len(scanned), len(profile.web_links))) < share)
        clicks = scanned.subset(mail).later((nth + 1) * gap_ms + rng.integers(0, gap_ms, len(mail)))
        events.add("clicked", clicks, link=profile.web_links[nth], agent=agent, ip=ip[mail], machine=True)


def _chance(log_odds: Floats) -> Floats:
    chance: Floats = np.reciprocal(1 + np.exp(-log_odds))
    return chance
