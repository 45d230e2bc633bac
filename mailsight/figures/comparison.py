"""Whether the rates of some campaigns differ by more than chance: proper tests, and what they say in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from . import formats
from .metrics import Portion, share

FEWEST, MOST = 2, 5
# Below this p, the difference is called more than chance.
LEVEL = 0.05
# With fewer customers expected in a cell of the table, the usual test is wrong (Cochran's rule), Fisher's is exact.
FEWEST_EXPECTED = 5
LETTERS = "ABCDE"
# Colours that colour-blind eyes tell apart too, and that stand out on white and on black (at least 3 to 1).
COLOURS = ("#2B9B99", "#F25A02", "#5F3EFF", "#A873DD", "#A3513C")


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one campaign's rate lies above another's; campaigns are told by their places.

    points: the difference of the two rates (0.021 is 2.1 points), never below 0. interval: where that would likely lie
    with other customers of the same kind (95 %, Newcombe). p: how often chance alone would part two equal campaigns by
    as much, made larger by Holm's rule where several pairs are looked at. exact: it is from Fisher's exact test.
    """

    above: int
    below: int
    points: float
    interval: tuple[float, float]
    p: float
    exact: bool

    @property
    def is_real(self) -> bool:
        """Whether it is more than chance."""
        return self.p < LEVEL

    @property
    def verdict(self) -> str:
        """The same in words."""
        return "more than chance" if self.is_real else "could be chance"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One rate of some campaigns: the differences of all pairs that have the rate, and all of these campaigns together.

    p_of_all: how often chance alone would part campaigns that are all equal by as much (chi-square); None for a single
    pair, and where they are too few for that test.
    """

    differences: tuple[Difference, ...]
    p_of_all: float | None = None


def compare(rates: Sequence[Portion]) -> Comparison:
    """Every pair of these rates; those without customers are left out."""
    known = [place for place, rate in enumerate(rates) if rate.whole]
    pairs = [_difference(rates, *pair) for pair in combinations(known, 2)]
    if len(pairs) < 2:
        return Comparison(tuple(pairs))
    # Imported here: SciPy takes half a second, and most screens do not need it.
    from statsmodels.stats.multitest import multipletests

    _, adjusted, *_ = multipletests([pair.p for pair in pairs], alpha=LEVEL, method="holm")
    differences = (replace(pair, p=float(p)) for pair, p in zip(pairs, adjusted, strict=True))
    return Comparison(tuple(differences), _p_of_all([rates[place] for place in known]))


def _difference(rates: Sequence[Portion], one: int, other: int) -> Difference:
    from statsmodels.stats.proportion import confint_proportions_2indep

    above, below = sorted((one, other), key=lambda place: -(rates[place].rate or 0.0))
    high, low = rates[above], rates[below]
    interval = confint_proportions_2indep(
        high.part, high.whole, low.part, low.whole, compare="diff", method="newcomb", alpha=LEVEL
    )
    exact = _is_too_few([high, low])
    return Difference(
        above,
        below,
        (high.rate or 0.0) - (low.rate or 0.0),
        (float(interval[0]), float(interval[1])),
        _exact_p(high, low) if exact else _p(high, low),
        exact,
    )


def _p(high: Portion, low: Portion) -> float:
    """The two-proportion test (pooled, two-sided)."""
    from statsmodels.stats.proportion import proportions_ztest

    return float(proportions_ztest([high.part, low.part], [high.whole, low.whole])[1])


def _exact_p(high: Portion, low: Portion) -> float:
    """Fisher's exact test (two-sided)."""
    from scipy.stats import fisher_exact

    return float(fisher_exact([[one.part, one.whole - one.part] for one in (high, low)]).pvalue)


def _p_of_all(rates: Sequence[Portion]) -> float | None:
    """The chi-square test over all; None where they are too few for it."""
    if _is_too_few(rates):
        return None
    from statsmodels.stats.proportion import proportions_chisquare

    return float(proportions_chisquare([one.part for one in rates], [one.whole for one in rates])[1])


def _is_too_few(rates: Sequence[Portion]) -> bool:
    """Whether fewer than 5 customers are expected somewhere, when all had the same rate."""
    common = share(sum(one.part for one in rates), sum(one.whole for one in rates)) or 0.0
    return min(one.whole for one in rates) * min(common, 1 - common) < FEWEST_EXPECTED


def sentences(compared: Comparison, letters: Sequence[str] = LETTERS) -> list[str]:
    """What a comparison says, in Markdown: of a single pair all there is, of several which are more than chance."""
    if not compared.differences:
        return ["There is nothing to compare: fewer than two of these campaigns have this figure."]
    if len(compared.differences) == 1:
        [pair] = compared.differences
        return [sentence(pair, letters)]
    real = [pair for pair in compared.differences if pair.is_real]
    others = [pair for pair in compared.differences if not pair.is_real]
    says = []
    if real:
        listed = ", ".join(
            f"**{letters[one.above]}** above **{letters[one.below]}** by {_points(one)}" for one in real
        )
        says.append(f"More than chance: {listed}.")
    if others:
        pairs = sorted(sorted((letters[one.above], letters[one.below])) for one in others)
        listed = ", ".join(" and ".join(pair) for pair in pairs)
        says.append(f"Could be chance: {listed}." if real else "Every difference could be chance.")
    if compared.p_of_all is not None:
        says.append(f"All of them together: {p_value(compared.p_of_all)}.")
    return says


def sentence(pair: Difference, letters: Sequence[str] = LETTERS) -> str:
    """How far the one lies above the other, and whether that is more than chance."""
    one, other = f"**{letters[pair.above]}**", f"**{letters[pair.below]}**"
    how = ", by an exact test, as they are few" if pair.exact else ""
    if not pair.points:
        return f"{one} and {other} are equal ({p_value(pair.p)}{how})."
    return f"{one} is {_points(pair)} above {other}: {pair.verdict}, {p_value(pair.p)}{how}."


def _points(pair: Difference) -> str:
    return formats.points(pair.points).lstrip("+±").replace("pts", "points")


def p_value(p: float) -> str:
    """0.00312 -> "p = 0.003"; never rounded over the border of what is called chance."""
    if p < 0.001:
        return "p < 0.001"
    if p < LEVEL <= round(p, 3):
        return f"p < {LEVEL}"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def scale(intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Where a scale begins and ends that holds all of these intervals, in round numbers; from 0 to 1 of none."""
    if not intervals:
        return 0.0, 1.0
    low, high = min(low for low, _ in intervals), max(high for _, high in intervals)
    step = next((step for step in _STEPS if high - low <= 8 * step), _STEPS[-1])
    first, last = int(low // step), -int(-high // step)
    return max(round(first * step, 6), 0.0), min(round(max(last, first + 1) * step, 6), 1.0)


_STEPS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def place(value: float, ends: tuple[float, float]) -> float:
    """Where a value lies on a scale, from 0 to 1."""
    low, high = ends
    return min(max(share(value - low, high - low) or 0.0, 0.0), 1.0)
