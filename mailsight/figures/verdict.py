"""Sums up a campaign in one or two short sentences and its best link, from its figures and those of earlier campaigns.

The first rule that applies gives the result. None says more than the figures allow: a difference is only called one if
it is more than chance (see `chance`). docs/metrics.md explains them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log1p, sqrt
from statistics import NormalDist

from mailsight.vocabulary import Audience

from . import formats
from .best_link import LinkCount, best_link
from .chance import Change, Direction, Tone
from .metrics import FIGURES, MIN_RELIABLE, Counts, Portion
from .metrics import portion as portion_of

# Mailbox providers ask senders to keep spam complaints below this share (Gmail's and Yahoo's rules for bulk senders).
TOLERATED_COMPLAINTS = 0.001
# Above these shares, a figure stands out whatever is usual.
MANY_BOUNCES = 0.05
MANY_NOT_SENT = 0.5
MANY_MACHINE_CLICKS = 0.5
MANY_MACHINE_OPENS = 0.75
# Three such limits are tested for each campaign, so each test is stricter than the usual level.
_SURE = 0.01
# Above this many, the normal distribution is close enough to the exact one.
_MANY = 50
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class Performance:
    """What a verdict is based on.

    changes: as `chance.changes` returns them. earlier: the number of earlier campaigns. age_hours: the time since send
    that the data covers; None if unknown. links: those of the e-mail, and other clicked URLs. has_no_links: whether the
    e-mail is known to have none.
    """

    counts: Counts
    changes: Mapping[str, Change]
    earlier: int
    age_hours: float | None
    is_unfinished: bool
    is_planned: bool
    audience: Audience
    machine_opens: Portion
    machine_clicks: Portion
    links: Sequence[LinkCount]
    has_no_links: bool

    @property
    def opened(self) -> Change | None:
        """The change of the open rate, if it can be tested."""
        return self._tested("cor")

    @property
    def clicked(self) -> Change | None:
        """The change of the click rate, if it can be tested."""
        return self._tested("ctr")

    def _tested(self, key: str) -> Change | None:
        change = self.changes.get(key)
        return change if change and change.p is not None else None

    def way(self, key: str) -> Direction:
        """Where a figure went by more than chance; empty if it did not."""
        change = self.changes.get(key)
        return change.direction if change and change.is_significant else ""

    @property
    def last(self) -> str:
        """The campaigns it is compared with, in words."""
        same_age = " at the same age" if self.is_unfinished else ""
        return f"your last {_NUMBERS[self.opened.campaigns if self.opened else self.earlier]} campaigns{same_age}"

    @property
    def yet(self) -> str:
        """Ends a sentence about what has not happened so far."""
        return " yet" if self.is_unfinished else ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a campaign did. `tone`: whether that is good or bad news by more than chance.

    `notable` (what stands out) and `link` (the best link) may be empty.
    """

    result: str
    notable: str = ""
    link: str = ""
    tone: Tone = ""

    @property
    def text(self) -> str:
        """All sentences in one line."""
        return " ".join(part for part in (self.result, self.notable, self.link) if part)


@dataclass(frozen=True, slots=True)
class Result:
    """How a campaign did. `remark`: what to add if nothing else stands out.

    `is_alarm`: whether it already names what stands out.
    """

    words: str
    tone: Tone = ""
    remark: str = ""
    is_alarm: bool = False


def verdict(campaign: Performance) -> Verdict:
    """Sum up a campaign."""
    for rule in NOTHING_TO_JUDGE:
        if words := rule(campaign):
            return Verdict(words, tone="" if campaign.is_planned else "bad")
    result = _first(NOTHING_TO_COMPARE, campaign) or _so_far(
        campaign, _first(COMPARED, campaign) or _as_usual(campaign)
    )
    notable = "" if result.is_alarm else _notable(campaign) or result.remark
    return Verdict(result.words, notable, best_link(campaign.links, campaign.counts.clicks), result.tone)


def _first(rules: Iterable[Callable[[Performance], Result | None]], campaign: Performance) -> Result | None:
    return next((result for rule in rules if (result := rule(campaign))), None)


def _so_far(campaign: Performance, result: Result) -> Result:
    if not campaign.is_unfinished or campaign.age_hours is None:
        return result
    words = result.words
    so_far = f"So far ({formats.since(int(campaign.age_hours))} after sending), {words[0].lower()}{words[1:]}"
    return replace(result, words=so_far)


def _planned(campaign: Performance) -> str:
    if not campaign.is_planned:
        return ""
    selected = campaign.counts.selected
    if not selected:
        return "Planned, with nobody selected yet."
    return f"Planned: {formats.things(selected, 'customer')} selected, nothing sent yet."


def _nobody_selected(campaign: Performance) -> str:
    return "" if campaign.counts.known("selected") != 0 else "Nobody was selected, so nothing was sent."


def _nothing_sent(campaign: Performance) -> str:
    if campaign.counts.known("sent") != 0:
        return ""
    selected = campaign.counts.known("selected")
    if selected is None:
        return "Nothing was sent."
    customers = (
        "the only selected customer was"
        if selected == 1
        else f"all {formats.count(selected)} selected customers were"
    )
    return f"Nothing was sent: {customers} left out."


def _nothing_received(campaign: Performance) -> str:
    if campaign.counts.known("delivered") != 0:
        return ""
    sent = campaign.counts.known("sent")
    if sent is None:
        return "Nobody received it."
    return f"Nobody received it: {'the only e-mail' if sent == 1 else f'all {formats.count(sent)} e-mails'} bounced."


NOTHING_TO_JUDGE: tuple[Callable[[Performance], str], ...] = (
    _planned,
    _nobody_selected,
    _nothing_sent,
    _nothing_received,
)


def _too_little_reported(campaign: Performance) -> Result | None:
    counts = campaign.counts
    missing = [FIGURES[key].label for key in ("delivered", "opened", "clicked") if key in counts.unknown]
    excess = next((key for key in ("opened", "clicked") if getattr(counts, key) > counts.delivered), "")
    if not counts.reported or not (missing or excess):
        return None
    shown = [
        f"{formats.count(number)} {FIGURES[key].label.lower()}"
        for key in ("sent", "delivered", "opened", "clicked", "opens", "clicks")
        if (number := counts.known(key)) is not None
    ]
    words = f"{', '.join(shown)}." if shown else "How customers responded is unknown."
    remark = (
        f"Not reported by {counts.reported.label}: {', '.join(missing)}."
        if missing
        else f"There is no rate, because {counts.reported.label} reports more {excess} than delivered."
    )
    return Result(words, remark=remark)


def _few_customers(campaign: Performance) -> Result | None:
    counts = campaign.counts
    if counts.delivered >= MIN_RELIABLE:
        return None
    received, opened, clicked = map(formats.count, (counts.delivered, counts.opened, counts.clicked))
    words = f"{received} received it, {opened} opened, {clicked} clicked."
    return Result(words, remark="Too few customers to judge.")


def _just_sent(campaign: Performance) -> Result | None:
    age = campaign.age_hours
    if age is None or age >= 1:
        return None
    if age < 0:
        return Result("Too early to judge: nothing that happened since sending has been loaded yet.")
    return Result("Sent less than an hour ago: too early to judge.")


def _nobody_opened(campaign: Performance) -> Result | None:
    return None if campaign.counts.opened else Result(f"Nobody has opened or clicked it{campaign.yet}.")


def _few_campaigns(campaign: Performance) -> Result | None:
    if campaign.opened and campaign.clicked:
        return None
    counts = campaign.counts
    opened, clicked = (
        formats.percent(rate.rate if (rate := portion_of(counts, key)) else None)
        for key in ("opened", "clicked")
    )
    so_far = " so far" if campaign.is_unfinished else ""
    number = campaign.earlier
    # Reported opens include machines', so they can't be compared with those of people.
    only_reported = campaign.audience is Audience.HUMAN and counts.is_reported("opened")
    word = "earlier reported campaign" if only_reported else "earlier campaign"
    earlier = f"only {_NUMBERS[number]} {word}{'' if number == 1 else 's'}" if number else f"no {word}"
    return Result(f"{opened} opened and {clicked} clicked{so_far}, with {earlier} to compare with.")


NOTHING_TO_COMPARE = (_too_little_reported, _few_customers, _just_sent, _nobody_opened, _few_campaigns)


def _no_links(campaign: Performance) -> Result | None:
    if not campaign.has_no_links:
        return None
    remark = "The e-mail has no links."
    if more := _more(campaign.way("cor")):
        return Result(f"{more} opens than {campaign.last}.", campaign.changes["cor"].tone, remark)
    return Result("Opened about as often as usual.", remark=remark)


def _opens_and_clicks(campaign: Performance) -> Result | None:
    opens, clicks = campaign.way("cor"), campaign.way("ctr")
    if not opens or not clicks:
        return None
    if opens != clicks:
        return Result(f"{_more(opens)} opens but {_more(clicks).lower()} clicks than {campaign.last}.")
    word, more = ("Better", "more") if opens == "up" else ("Worse", "fewer")
    words = f"{word} than usual: {more} opens and {more} clicks than {campaign.last}."
    return Result(words, campaign.changes["ctr"].tone)


def _opens(campaign: Performance) -> Result | None:
    if not (more := _more(campaign.way("cor"))):
        return None
    clicks = "too few clicks to compare" if _is_coarse(campaign.clicked) else "clicks within chance"
    return Result(f"{more} opens than {campaign.last}; {clicks}.", campaign.changes["cor"].tone)


def _clicks(campaign: Performance) -> Result | None:
    if not (more := _more(campaign.way("ctr"))):
        return None
    return Result(f"{more} clicks than {campaign.last}; opens within chance.", campaign.changes["ctr"].tone)


def _beyond_all(campaign: Performance) -> Result | None:
    """A difference that is large and within chance only because the earlier campaigns differ so much."""
    beyond = [
        (change.direction, word)
        for word, change in (("opens", campaign.opened), ("clicks", campaign.clicked))
        if change and change.is_beyond_all
    ]
    if not beyond:
        return None
    direction = beyond[0][0]
    figures = " and ".join(word for way, word in beyond if way == direction)
    return Result(
        f"{_more(direction)} {figures} than any of {campaign.last}, but these differ too much to rule out chance."
    )


def _too_coarse(campaign: Performance) -> Result | None:
    if not _is_coarse(campaign.opened):
        return None
    return Result("No clear difference from usual: too few customers to tell.")


def _clicks_too_coarse(campaign: Performance) -> Result | None:
    if not _is_coarse(campaign.clicked):
        return None
    return Result("Opened about as often as usual; too few clicks to compare.")


def _usual_with_alarms(campaign: Performance) -> Result | None:
    """Opens and clicks alone don't make a campaign usual."""
    if not (alarms := [*_alarms(campaign)]):
        return None
    return Result(f"Opens and clicks are about as usual, but {_listed(alarms)}.", tone="bad", is_alarm=True)


def _clicks_of_those_who_opened(campaign: Performance) -> Result | None:
    if not (more := _more(campaign.way("cto"))):
        return None
    return Result("About as usual.", remark=f"{more} of those who opened clicked than in {campaign.last}.")


def _as_usual(campaign: Performance) -> Result:
    """Names the larger of the differences in opens and clicks, which could both be chance."""
    shown = [
        (change.p or 0.0, word, change.direction)
        for word, change in (("clicks", campaign.clicked), ("opens", campaign.opened))
        if change and change.direction
    ]
    if not shown:
        return Result("About as usual.")
    _, word, direction = min(shown)
    return Result("About as usual.", remark=f"{_more(direction)} {word} than {campaign.last}, within chance.")


COMPARED = (
    _no_links,
    _opens_and_clicks,
    _opens,
    _clicks,
    _beyond_all,
    _too_coarse,
    _clicks_too_coarse,
    _usual_with_alarms,
    _clicks_of_those_who_opened,
)


def _more(direction: Direction) -> str:
    return {"up": "More", "down": "Fewer", "": ""}[direction]


def _is_coarse(change: Change | None) -> bool:
    return change is not None and change.is_coarse


def _notable(campaign: Performance) -> str:
    """What stands out, most urgent first, in one sentence."""
    if clauses := [*_alarms(campaign), *_machines(campaign)]:
        text = _listed(clauses)
        return f"{text[0].upper()}{text[1:]}."
    counts = campaign.counts
    nobody_clicked = counts.opened and counts.known("clicked") == 0 and counts.delivered >= MIN_RELIABLE
    return f"Nobody has clicked{campaign.yet}." if nobody_clicked and not campaign.has_no_links else ""


def _listed(clauses: Sequence[str]) -> str:
    """At most two things."""
    return "; ".join(clauses[:2])


def _alarms(campaign: Performance) -> Iterator[str]:
    counts = campaign.counts
    bounced, complained, not_sent = (
        portion_of(counts, key) or Portion(0, 0) for key in ("undeliverable", "complained", "not_sent")
    )
    if campaign.way("undeliverable") == "up":
        yield f"more bounces than usual: {_usually(campaign.changes['undeliverable'])}"
    elif exceeds(bounced, MANY_BOUNCES):
        yield f"{formats.percent(bounced.rate)} bounced"
    if exceeds(complained, TOLERATED_COMPLAINTS):
        yield f"{formats.percent(complained.rate)} marked it as spam, and mailbox providers tolerate one in a thousand"
    if campaign.way("opted_out") == "up":
        yield f"more customers opted out than usual: {_usually(campaign.changes['opted_out'])}"
    if campaign.way("not_sent") == "up":
        yield f"more customers than usual were not sent it: {_usually(campaign.changes['not_sent'])}"
    elif exceeds(not_sent, MANY_NOT_SENT):
        yield f"{formats.percent(not_sent.rate)} of the selected customers were not sent it"


def _machines(campaign: Performance) -> Iterator[str]:
    left_out = "left out" if campaign.audience is Audience.HUMAN else "included"
    for events, many, word in (
        (campaign.machine_clicks, MANY_MACHINE_CLICKS, "clicks"),
        (campaign.machine_opens, MANY_MACHINE_OPENS, "opens"),
    ):
        if events.whole >= MIN_RELIABLE and (events.rate or 0.0) > many:
            share = (
                f"{formats.percent(events.rate)} of all"
                if events.part < events.whole
                else f"all {formats.count(events.whole)}"
            )
            yield f"machines made {share} {word} ({left_out} here)"


def _usually(change: Change) -> str:
    return f"{formats.percent(change.now.rate)}, usually {formats.percent(change.usual)}"


def exceeds(rate: Portion, limit: float) -> bool:
    """Whether a rate is above a limit by more than chance (binomial test, one-sided)."""
    expected = rate.whole * limit
    if rate.part <= expected:
        return False
    if expected > _MANY:
        # The normal approximation, with continuity correction.
        deviation = sqrt(expected * (1 - limit))
        return NormalDist().cdf((rate.part - 0.5 - expected) / deviation) > 1 - _SURE
    # The chance of fewer such customers than counted, if the rate were at the limit.
    term, below = exp(rate.whole * log1p(-limit)), 0.0
    for number in range(rate.part):
        below += term
        term *= (rate.whole - number) * limit / ((number + 1) * (1 - limit))
    return below > 1 - _SURE
