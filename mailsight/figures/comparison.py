"""Tests whether campaigns' rates differ by more than chance, and says the results in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from . import formats
from .metrics import Portion, share

MIN_CAMPAIGNS, MAX_CAMPAIGNS = 2, 5
# A difference with a p-value below this is "more than chance".
SIGNIFICANCE_LEVEL = 0.05
# With fewer expected customers in a cell of the table, the usual test is unreliable (Cochran's rule) and Fisher's exact
# test is used.
MIN_EXPECTED = 5
LETTERS = "ABCDE"
# Distinguishable by colour-blind people, with a contrast of at least 3:1 on white and on black.
COLOURS = ("#2B9B99", "#F25A02", "#5F3EFF", "#A873DD", "#A3513C")


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one campaign's rate is above another's. `higher` and `lower` are the indexes of the campaigns.

    points: the difference of the two rates (0.021 is 2.1 points), never negative. interval: its 95 % interval
    (Newcombe). p: the two-sided p-value, Holm-adjusted if several pairs are compared. exact: whether p is from Fisher's
    exact test.
    """

    higher: int
    lower: int
    points: float
    interval: tuple[float, float]
    p: float
    exact: bool

    @property
    def is_significant(self) -> bool:
        """Whether the difference is more than chance."""
        return self.p < SIGNIFICANCE_LEVEL

    @property
    def verdict(self) -> str:
        """Whether the difference is more than chance, in words."""
        return "more than chance" if self.is_significant else "could be chance"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of one rate between all pairs of campaigns that have it.

    overall_p: the p-value of a chi-square test over all campaigns; None for a single pair, or if the numbers are too
    small for that test.
    """

    differences: tuple[Difference, ...]
    overall_p: float | None = None


def compare(rates: Sequence[Portion]) -> Comparison:
    """Compare every pair of these rates. Rates without customers are left out."""
    known = [index for index, rate in enumerate(rates) if rate.whole]
    pairs = [_difference(rates, *pair) for pair in combinations(known, 2)]
    if len(pairs) < 2:
        return Comparison(tuple(pairs))
    # Imported here: SciPy takes half a second to import, and most screens don't need it.
    from statsmodels.stats.multitest import multipletests

    _, adjusted, *_ = multipletests([pair.p for pair in pairs], alpha=SIGNIFICANCE_LEVEL, method="holm")
    differences = (replace(pair, p=float(p)) for pair, p in zip(pairs, adjusted, strict=True))
    return Comparison(tuple(differences), _overall_p([rates[index] for index in known]))


def _difference(rates: Sequence[Portion], first: int, second: int) -> Difference:
    from statsmodels.stats.proportion import confint_proportions_2indep

    higher, lower = sorted((first, second), key=lambda index: -(rates[index].rate or 0.0))
    high, low = rates[higher], rates[lower]
    interval = confint_proportions_2indep(
        high.part, high.whole, low.part, low.whole, compare="diff", method="newcomb", alpha=SIGNIFICANCE_LEVEL
    )
    exact = _is_too_small([high, low])
    return Difference(
        higher,
        lower,
        (high.rate or 0.0) - (low.rate or 0.0),
        (float(interval[0]), float(interval[1])),
        _exact_p(high, low) if exact else _p(high, low),
        exact,
    )


def _p(high: Portion, low: Portion) -> float:
    """The p-value of the two-proportion test (pooled, two-sided)."""
    from statsmodels.stats.proportion import proportions_ztest

    return float(proportions_ztest([high.part, low.part], [high.whole, low.whole])[1])


def _exact_p(high: Portion, low: Portion) -> float:
    """The p-value of Fisher's exact test (two-sided)."""
    from scipy.stats import fisher_exact

    return float(fisher_exact([[rate.part, rate.whole - rate.part] for rate in (high, low)]).pvalue)


def _overall_p(rates: Sequence[Portion]) -> float | None:
    """The p-value of the chi-square test over all rates, or None if the numbers are too small for it."""
    if _is_too_small(rates):
        return None
    from statsmodels.stats.proportion import proportions_chisquare

    return float(proportions_chisquare([rate.part for rate in rates], [rate.whole for rate in rates])[1])


def _is_too_small(rates: Sequence[Portion]) -> bool:
    """Whether some cell has fewer than `MIN_EXPECTED` customers if all rates are equal."""
    common = share(sum(rate.part for rate in rates), sum(rate.whole for rate in rates)) or 0.0
    return min(rate.whole for rate in rates) * min(common, 1 - common) < MIN_EXPECTED


def sentences(compared: Comparison, letters: Sequence[str] = LETTERS) -> list[str]:
    """A comparison in words, as Markdown: a single pair in full, of several pairs which differ by more than chance."""
    if not compared.differences:
        return ["There is nothing to compare: fewer than two of these campaigns have this figure."]
    if len(compared.differences) == 1:
        [pair] = compared.differences
        return [sentence(pair, letters)]
    significant = [pair for pair in compared.differences if pair.is_significant]
    others = [pair for pair in compared.differences if not pair.is_significant]
    lines = []
    if significant:
        listed = ", ".join(
            f"**{letters[pair.higher]}** above **{letters[pair.lower]}** by {_points(pair)}"
            for pair in significant
        )
        lines.append(f"More than chance: {listed}.")
    if others:
        pairs = sorted(sorted((letters[pair.higher], letters[pair.lower])) for pair in others)
        listed = ", ".join(" and ".join(pair) for pair in pairs)
        lines.append(f"Could be chance: {listed}." if significant else "Every difference could be chance.")
    if compared.overall_p is not None:
        lines.append(f"All campaigns together: {p_value(compared.overall_p)}.")
    return lines


def sentence(pair: Difference, letters: Sequence[str] = LETTERS) -> str:
    """How far the higher rate is above the lower, and whether that is more than chance."""
    higher, lower = f"**{letters[pair.higher]}**", f"**{letters[pair.lower]}**"
    test = ", by an exact test for small numbers" if pair.exact else ""
    if not pair.points:
        return f"{higher} and {lower} are equal ({p_value(pair.p)}{test})."
    return f"{higher} is {_points(pair)} above {lower}: {pair.verdict}, {p_value(pair.p)}{test}."


def _points(pair: Difference) -> str:
    return formats.points(pair.points).lstrip("+±").replace("pts", "points")


def p_value(p: float) -> str:
    """Format a p-value: 0.00312 -> "p = 0.003". Rounding never moves it across the significance level."""
    if p < 0.001:
        return "p < 0.001"
    if p < SIGNIFICANCE_LEVEL <= round(p, 3):
        return f"p < {SIGNIFICANCE_LEVEL}"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def scale(intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The ends of a scale that contains all of these intervals, in round numbers; 0 and 1 if there are none."""
    if not intervals:
        return 0.0, 1.0
    low, high = min(low for low, _ in intervals), max(high for _, high in intervals)
    step = next((step for step in _STEPS if high - low <= 8 * step), _STEPS[-1])
    first, last = int(low // step), -int(-high // step)
    return max(round(first * step, 6), 0.0), min(round(max(last, first + 1) * step, 6), 1.0)


_STEPS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def place(value: float, ends: tuple[float, float]) -> float:
    """A value's position on a scale, from 0 to 1."""
    low, high = ends
    return min(max(share(value - low, high - low) or 0.0, 0.0), 1.0)
