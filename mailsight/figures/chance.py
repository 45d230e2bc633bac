"""Tells whether a campaign's figures differ from those of earlier campaigns by more than chance.

Cards, tables, the campaign list, reports and the verdict take their colours and words from here; so does the
comparison, whose tests are in `comparison`. docs/metrics.md describes the test.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import asin, atan, cos, pi, sin, sqrt
from typing import Literal, TypeVar

from . import formats
from .metrics import Counts, Portion, mean, portion

# A difference with a p-value below this is "more than chance".
SIGNIFICANCE_LEVEL = 0.05
# With fewer earlier campaigns, nobody can say how much campaigns differ anyway.
MIN_BEFORE = 5
# Until a campaign is this old, it is compared with earlier ones at the same time since send. After that, hardly any
# opens and clicks arrive.
SAME_AGE_HOURS = 30 * 24
# Until then, opens and clicks still arrive in numbers, so its figures are not final.
UNFINISHED_HOURS = 72
# The figures that are tested, and the direction that is good news. Those that say how a campaign did are tested
# together, and so are those that raise an alarm.
RESULTS: dict[str, Literal["up", "down"]] = {"cor": "up", "cto": "up", "ctr": "up"}
ALARMS: dict[str, Literal["up", "down"]] = {"not_sent": "down", "undeliverable": "down", "opted_out": "down"}
GOOD_DIRECTION = RESULTS | ALARMS
# Counts whose share is one of these figures.
SAME_AS = {"opened": "cor", "clicked": "ctr"}
# A rate whose interval reaches further than this from it, relative to the usual rate, says little.
_COARSE = 0.5
# A rate further than this from the usual rate, relative to it, is far from it.
_FAR = 0.5

Direction = Literal["up", "down", ""]
Tone = Literal["good", "bad", ""]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Change:
    """How far a figure is from its average in earlier campaigns.

    usual: that average. campaigns: how many earlier campaigns have the figure. extremes: the lowest and the highest
    rate among these. p: the two-sided p-value, Holm-adjusted over the figures that are tested together; None if it
    can't be tested, for the reason in `untested`.
    """

    key: str
    now: Portion
    usual: float
    campaigns: int
    extremes: tuple[float, float]
    p: float | None = None
    untested: str = ""

    @property
    def difference(self) -> float:
        """0.021 is 2.1 points more than usual."""
        return (self.now.rate or 0.0) - self.usual

    @property
    def direction(self) -> Direction:
        """Whether the figure went up or down; empty if the difference is too small to show."""
        rounded = round(self.difference, 3)
        return "up" if rounded > 0 else "down" if rounded < 0 else ""

    @property
    def is_significant(self) -> bool:
        """Whether the difference is more than chance."""
        return self.p is not None and self.p < SIGNIFICANCE_LEVEL

    @property
    def judgement(self) -> str:
        """Whether the difference is more than chance, in words."""
        return judgement(self.is_significant)

    @property
    def tone(self) -> Tone:
        """Good or bad news, if the difference is more than chance."""
        return tone(self.key, self.direction) if self.is_significant else ""

    @property
    def is_coarse(self) -> bool:
        """Whether too few customers were mailed to see even a large difference."""
        interval = self.now.interval
        return interval is None or interval[1] - interval[0] > 2 * _COARSE * self.usual

    @property
    def is_beyond_all(self) -> bool:
        """Whether the figure is far from usual, and surely lower or higher than in any of the earlier campaigns."""
        if self.now.interval is None or abs(self.difference) <= _FAR * self.usual:
            return False
        (low, high), (lowest, highest) = self.now.interval, self.extremes
        return high < lowest or low > highest

    @property
    def reason(self) -> str:
        """Why the difference is coloured or grey, for a tooltip."""
        before = f"{formats.percent(self.usual)} on average in the {before_words(self.campaigns)}"
        if self.p is None:
            return f"{before}. {self.untested}"
        more = "" if self.is_significant else ": campaigns differ this much anyway"
        return f"{before}. {self.judgement.capitalize()}{more}."


def judgement(is_significant: bool) -> str:
    """How a difference is called on all screens and in all files."""
    return "more than chance" if is_significant else "could be chance"


def tone(key: str, direction: Direction) -> Tone:
    """Whether a figure that went up or down, or is higher or lower than another, is good or bad news."""
    good = GOOD_DIRECTION.get(key)
    return ("good" if direction == good else "bad") if good and direction else ""


def before_words(campaigns: int) -> str:
    """The earlier campaigns in words: "previous campaign", "previous 10 campaigns"."""
    return f"previous {campaigns} campaigns" if campaigns > 1 else "previous campaign"


def changes(counts: Counts, previous: Sequence[Counts], *, unfinished: bool = False) -> dict[str, Change]:
    """Each figure's change from the earlier campaigns, by key, where both have it.

    Opens and clicks of the earlier campaigns must be counted up to the age of this one. Opt-outs and bounces are not,
    so while the campaign is `unfinished`, they can only be more than usual.
    """
    changes = {key: _change(key, counts, previous) for key in GOOD_DIRECTION}
    known = {key: change for key, change in changes.items() if change}
    adjusted = {
        key: p
        for together in (RESULTS, ALARMS)
        for key, p in holm(
            {key: known[key].p or 0.0 for key in together if _is_tested(known.get(key))}
        ).items()
    }
    tested = {
        key: replace(change, p=adjusted[key]) if key in adjusted else change for key, change in known.items()
    }
    if unfinished:
        tested |= {
            key: replace(tested[key], p=None, untested="Not final: more may still arrive.")
            for key in ALARMS
            if key in tested and tested[key].difference < 0
        }
    # Sent is selected without not sent: the same test, in the other direction.
    if sent := _change("sent", counts, previous):
        not_sent = tested["not_sent"]
        tested["sent"] = replace(sent, p=not_sent.p, untested=not_sent.untested)
    return tested | {count: replace(tested[key], key=key) for count, key in SAME_AS.items() if key in tested}


def _is_tested(change: Change | None) -> bool:
    return change is not None and change.p is not None


def _change(key: str, counts: Counts, previous: Sequence[Counts]) -> Change | None:
    now = portion(counts, key)
    before = [rate for earlier in previous if (rate := portion(earlier, key)) and rate.whole]
    rates = [rate.rate or 0.0 for rate in before]
    usual = mean(rates)
    if now is None or now.rate is None or usual is None:
        return None
    change = Change(key, now, usual, len(before), (min(rates), max(rates)))
    if now.is_small:
        return replace(change, untested="Too few customers to tell whether this is chance.")
    if len(before) < MIN_BEFORE:
        few = f"Too few earlier campaigns to tell whether this is chance: it takes {MIN_BEFORE}."
        return replace(change, untested=few)
    return replace(change, p=p_value(now, before))


def p_value(now: Portion, before: Sequence[Portion]) -> float:
    """The two-sided p-value that a rate is like those before, which differ from each other too.

    Rates become angles, whose variance depends only on the number of customers. The campaign's angle is compared with
    the average of those before, by a t-test. The variance of the difference has two parts: the spread among campaigns
    that goes beyond the noise of a limited number of customers, and this campaign's own noise; it is at least the
    spread observed.
    """
    angles, noises = [_angle(rate) for rate in before], [_noise(rate) for rate in before]
    number = len(before)
    average, noise = sum(angles) / number, sum(noises) / number
    spread = sum((angle - average) ** 2 for angle in angles) / (number - 1)
    own = max(max(spread - noise, 0.0) + _noise(now), spread)
    away = _angle(now) - average
    if away * ((now.rate or 0.0) - sum(rate.rate or 0.0 for rate in before) / number) <= 0:
        return 1.0
    return student(abs(away) / sqrt(own + max(spread, noise) / number), number - 1)


def _angle(rate: Portion) -> float:
    """Anscombe's transformation. Source: "The Transformation of Poisson, Binomial and Negative-Binomial Data", 1948."""
    return asin(sqrt((rate.part + 0.375) / (rate.whole + 0.75)))


def _noise(rate: Portion) -> float:
    """The variance of `_angle` if every customer decides independently."""
    return 1 / (4 * rate.whole + 2)


def student(t: float, degrees: int) -> float:
    """The two-sided p-value of Student's t with a whole number of degrees of freedom.

    SciPy has it too, but takes half a second to import. Source: Abramowitz and Stegun, 26.7.3 and 26.7.4.
    """
    theta = atan(t / sqrt(degrees))
    is_odd = degrees % 2 == 1
    term, total = (cos(theta) if is_odd else 1.0), 0.0
    for step in range(3 if is_odd else 2, degrees + 1, 2):
        total += term
        term *= (step - 1) / step * cos(theta) ** 2
    inside = (theta + sin(theta) * total) * 2 / pi if is_odd else sin(theta) * total
    return min(max(1.0 - inside, 0.0), 1.0)


def holm(ps: Mapping[Key, float]) -> dict[Key, float]:
    """Adjust p-values that are looked at together, by Holm's method: valid however the tests depend on each other."""
    adjusted, largest = {}, 0.0
    for rank, (key, p) in enumerate(sorted(ps.items(), key=lambda item: item[1])):
        largest = max(largest, min(p * (len(ps) - rank), 1.0))
        adjusted[key] = largest
    return {key: adjusted[key] for key in ps}
