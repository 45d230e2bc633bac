"""Tests whether campaigns' rates differ by more than chance, and says the results in plain words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from . import chance, formats
from .chance import SIGNIFICANCE_LEVEL
from .metrics import Portion, share

MIN_CAMPAIGNS, MAX_CAMPAIGNS = 2, 5
# The figures that are compared, in this order.
COMPARED = ("cor", "cto", "ctr", "opted_out", "undeliverable")
# With fewer expected customers in a cell of the table, the usual test is unreliable (Cochran's rule) and Fisher's exact
# test is used.
MIN_EXPECTED = 5
LETTERS = "ABCDE"
WITH_MACHINES = (
    "Reported opens and clicks include those by machines, so only All compares them with counted ones."
)
# Distinguishable by colour-blind people, with a contrast of at least 3:1 on white and on black.
COLOURS = ("#2B9B99", "#F25A02", "#5F3EFF", "#A873DD", "#A3513C")


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one campaign's rate is above another's. `higher` and `lower` are the indexes of the campaigns.

    points: the difference of the two rates (0.021 is 2.1 points), never negative. interval: its 95% interval
    (Newcombe). p: the two-sided p-value, Holm-adjusted over all pairs and figures that are compared together. exact:
    whether p is from Fisher's exact test. is_early: whether the lower rate may still rise, because its campaign was
    sent later and is not finished; then it can't be called lower.
    """

    higher: int
    lower: int
    points: float
    interval: tuple[float, float]
    p: float
    exact: bool
    is_early: bool = False

    @property
    def is_significant(self) -> bool:
        """Whether the difference is more than chance."""
        return self.p < SIGNIFICANCE_LEVEL and not self.is_early

    @property
    def verdict(self) -> str:
        """Whether the difference is more than chance, in words."""
        return "too early to say" if self.is_early else chance.judgement(self.is_significant)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of one rate between all pairs of campaigns that have it.

    overall_p: the p-value of a chi-square test over all campaigns; None for a single pair, or if the numbers are too
    small for that test. is_partial: whether pairs were left out in which only one campaign's opens include machines.
    """

    differences: tuple[Difference, ...]
    overall_p: float | None = None
    is_partial: bool = False


def compare(
    rates: Mapping[str, Sequence[Portion]],
    ages: Sequence[float | None] = (),
    with_machines: Sequence[bool] = (),
) -> dict[str, Comparison]:
    """Compare every pair of campaigns in each figure. Rates without customers are left out.

    `rates` has each figure's rates, one for each campaign. `ages` are the hours since each unfinished campaign was
    sent; None if it is finished. `with_machines` says whether the opens and clicks of each campaign include those by
    machines: those that do aren't compared with those that don't. All p-values are adjusted together, so that looking
    at many figures and pairs does not produce differences.
    """
    places = {(key, place) for key, figure in rates.items() for place in combinations(_known(figure), 2)}
    left_out = {
        (key, (first, second))
        for key, (first, second) in places
        if key in chance.RESULTS and with_machines and with_machines[first] != with_machines[second]
    }
    pairs = {(key, place): _difference(rates[key], *place) for key, place in sorted(places - left_out)}
    # Where nobody did something, or everybody, no difference could show. Such pairs need no adjustment, and add none
    # (Tarone, "A modified Bonferroni method for discrete data", Biometrics 46, 1990).
    adjusted = dict.fromkeys(pairs, 1.0) | chance.holm(
        {(key, place): pair.p for (key, place), pair in pairs.items() if _can_differ(rates[key], place)}
    )
    differences: dict[str, list[Difference]] = {key: [] for key in rates}
    for (key, place), pair in pairs.items():
        early = _is_early(pair, ages)
        differences[key].append(replace(pair, p=adjusted[key, place], is_early=early))
    return {
        key: Comparison(
            tuple(differences[key]),
            _overall_p([figure[index] for index in _known(figure)])
            if len(differences[key]) > 1 and not is_partial
            else None,
            is_partial,
        )
        for key, figure in rates.items()
        for is_partial in (any(key == other for other, _ in left_out),)
    }


def _can_differ(rates: Sequence[Portion], place: tuple[int, int]) -> bool:
    first, second = (rates[index] for index in place)
    return 0 < first.part + second.part < first.whole + second.whole


def _known(rates: Sequence[Portion]) -> list[int]:
    return [index for index, rate in enumerate(rates) if rate.whole]


def _is_early(pair: Difference, ages: Sequence[float | None]) -> bool:
    """Whether the lower campaign is unfinished, and has had less time than the higher."""
    lower, higher = (ages[index] if ages else None for index in (pair.lower, pair.higher))
    return bool(pair.points) and lower is not None and (higher is None or lower + 1 < higher)


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
    if compared.is_partial and not compared.differences:
        return [WITH_MACHINES]
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
        return f"p < {formats.decimal(0.001, 3)}"
    if p < SIGNIFICANCE_LEVEL <= round(p, 3):
        return f"p < {formats.decimal(SIGNIFICANCE_LEVEL, 2)}"
    return f"p = {formats.decimal(p, 3 if p < 0.1 else 2)}"


def marks(key: str, compared: Comparison, campaigns: int, letters: Sequence[str] = LETTERS) -> list[str]:
    """The word that sets each campaign's value apart, if it is better than others by more than chance; else empty.

    "Best" ("Better" of two) if it is better than all others with this figure; "Better than B" if it is better than some
    and worse than none.
    """
    better: dict[int, set[int]] = {index: set() for index in range(campaigns)}
    known: set[int] = set()
    for pair in compared.differences:
        known |= {pair.higher, pair.lower}
        if pair.is_significant:
            winner, loser = (
                (pair.higher, pair.lower) if chance.GOOD_DIRECTION[key] == "up" else (pair.lower, pair.higher)
            )
            better[winner].add(loser)
    beaten = set().union(*better.values())
    words = []
    for index, others in better.items():
        if others and others == known - {index}:
            is_best = campaigns > 2 and not compared.is_partial
            words.append("Best" if is_best else "Better" if campaigns == 2 else _better_than(others, letters))
        elif others and index not in beaten:
            words.append(_better_than(others, letters))
        else:
            words.append("")
    return words


def _better_than(others: Collection[int], letters: Sequence[str]) -> str:
    return f"Better than {_listed([letters[other] for other in sorted(others)])}"


def headline(
    names: Sequence[str], rates: Mapping[str, Sequence[Portion]], compared: Mapping[str, Comparison]
) -> tuple[str, ...]:
    """Which campaign did better, by name: the result, and what else differs by more than chance."""
    if compared["ctr"].is_partial and not compared["ctr"].differences:
        return "Opens and clicks can't be compared.", WITH_MACHINES, *_worse(_quoted(names), rates, compared)
    if not compared["ctr"].differences:
        return ("There is nothing to compare yet: fewer than two of these campaigns have rates.",)
    quoted = _quoted(names)
    opens, clicks = (_winners(key, compared[key], quoted) for key in ("cor", "ctr"))
    if not opens and not clicks:
        result = "No clear winner: opens and clicks differ within chance."
    elif len(opens) == 1 and opens.keys() == clicks.keys():
        [(winner, less_opened)], [less_clicked] = opens.items(), clicks.values()
        result = (
            f"{winner} did better than {less_opened}: more opens and more clicks."
            if less_opened == less_clicked
            else f"{winner} got more opens than {less_opened} and more clicks than {less_clicked}."
        )
    else:
        parts = [
            f"{_listed([winner for winner, others in wins.items() if others == losers])} got "
            f"{f'the most {word}' if losers == _ALL_OTHERS else f'more {word} than {losers}'}"
            for word, wins in (("opens", opens), ("clicks", clicks))
            for losers in dict.fromkeys(wins.values())
        ]
        rest = "" if opens and clicks else "; clicks within chance" if opens else "; opens within chance"
        result = f"{'; '.join(parts)}{rest}."
    partial = [WITH_MACHINES] if compared["ctr"].is_partial else []
    return (result, *_worse(quoted, rates, compared), *_early(quoted, compared), *partial)


_ALL_OTHERS = "all others"


def _quoted(names: Sequence[str]) -> list[str]:
    """The names in quotes, those that several campaigns have with their letters."""
    quoted = [f"“{formats.isolated(' '.join(name.split()))}”" for name in names]
    return [
        name if quoted.count(name) == 1 else f"{name} ({letter})"
        for name, letter in zip(quoted, LETTERS, strict=False)
    ]


def _winners(key: str, compared: Comparison, names: Sequence[str]) -> dict[str, str]:
    """The names of the campaigns with a mark, each with those it is better than."""
    marked = marks(key, compared, len(names), names)
    others = _ALL_OTHERS if len(names) > 2 else ""
    winners = {}
    for index, mark in enumerate(marked):
        if mark in ("Best", "Better"):
            winners[names[index]] = others or next(name for name in names if name is not names[index])
        elif mark:
            winners[names[index]] = mark.removeprefix("Better than ")
    return winners


def _worse(
    names: Sequence[str], rates: Mapping[str, Sequence[Portion]], compared: Mapping[str, Comparison]
) -> list[str]:
    """The largest difference in opt-outs, or else in bounces, that is more than chance."""
    for key, words in (
        ("opted_out", "More customers opted out of"),
        ("undeliverable", "More e-mails bounced in"),
    ):
        significant = [pair for pair in compared[key].differences if pair.is_significant]
        if significant:
            pair = max(significant, key=lambda pair: pair.points)
            figures = " and ".join(
                formats.percent(rates[key][index].rate) for index in (pair.higher, pair.lower)
            )
            return [f"{words} {names[pair.higher]} than {words.split()[-1]} {names[pair.lower]}: {figures}."]
    return []


def _early(names: Sequence[str], compared: Mapping[str, Comparison]) -> list[str]:
    early = sorted(
        {pair.lower for comparison in compared.values() for pair in comparison.differences if pair.is_early}
    )
    if not early:
        return []
    verb = "is" if len(early) == 1 else "are"
    return [f"{_listed([names[index] for index in early])} {verb} still collecting opens and clicks."]


def _listed(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


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
