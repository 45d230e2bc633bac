"""Each statistical test is checked against a direct implementation of its formula."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import comb, erfc, isclose, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from mailsight.charts import curves
from mailsight.figures import chance, comparison, formats
from mailsight.figures.comparison import Comparison, Difference
from mailsight.figures.courses import Course, shares
from mailsight.figures.metrics import Portion
from tests.support.examples import examples


@st.composite
def portions(draw: st.DrawFn) -> Portion:
    whole = draw(st.one_of(st.integers(0, 60), st.integers(0, 5_000), st.integers(0, 1_000_000)))
    return Portion(draw(st.integers(0, whole)), whole)


several = st.lists(portions(), min_size=2, max_size=5)


def compare(rates: Sequence[Portion]) -> Comparison:
    """Compare campaigns in a single figure."""
    return comparison.compare({"cor": rates})["cor"]


def two_proportions(first: Portion, second: Portion) -> float:
    common = (first.part + second.part) / (first.whole + second.whole)
    error = sqrt(common * (1 - common) * (1 / first.whole + 1 / second.whole))
    return erfc(abs(first.part / first.whole - second.part / second.whole) / error / sqrt(2))


def fisher(first: Portion, second: Portion) -> float:
    """The total probability of all tables with these margins that are at most as likely as this first."""
    parts = first.part + second.part
    tables = range(max(0, parts - second.whole), min(parts, first.whole) + 1)
    ways = [comb(first.whole, part) * comb(second.whole, parts - part) for part in tables]
    observed = comb(first.whole, first.part) * comb(second.whole, second.part)
    return sum(way for way in ways if way <= observed) / comb(first.whole + second.whole, parts)


def wilson(rate: Portion) -> tuple[float, float]:
    z, p, whole = 1.959963984540054, rate.part / rate.whole, rate.whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return middle - half, middle + half


def newcombe(high: Portion, low: Portion) -> tuple[float, float]:
    (high_from, high_to), (low_from, low_to) = wilson(high), wilson(low)
    p, q = high.part / high.whole, low.part / low.whole
    below = sqrt((p - high_from) ** 2 + (low_to - q) ** 2)
    above = sqrt((high_to - p) ** 2 + (q - low_from) ** 2)
    return p - q - below, p - q + above


def expected_cell(rates: Sequence[Portion]) -> float:
    common = sum(rate.part for rate in rates) / sum(rate.whole for rate in rates)
    return min(rate.whole * share for rate in rates for share in (common, 1 - common))


def holm(ps: Sequence[float]) -> list[float]:
    adjusted, largest = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda index: ps[index])):
        largest = max(largest, min(1.0, ps[index] * (len(ps) - rank)))
        adjusted[index] = largest
    return adjusted


def chi_square(rates: Sequence[Portion]) -> float:
    common = sum(rate.part for rate in rates) / sum(rate.whole for rate in rates)
    cells = [(rate.part, rate.whole * common) for rate in rates]
    cells += [(rate.whole - rate.part, rate.whole * (1 - common)) for rate in rates]
    return float(
        chi2.sf(sum((observed - expected) ** 2 / expected for observed, expected in cells), len(rates) - 1)
    )


@pytest.mark.slow
@settings(max_examples=examples(30))
@given(rates=several)
def test_each_pair_is_tested_by_the_formulas(rates: list[Portion]) -> None:
    known = [place for place, rate in enumerate(rates) if rate.whole]
    pairs = list(combinations(known, 2))
    # Where nobody or everybody did something, no difference could show.
    testable = [
        0 < rates[first].part + rates[second].part < rates[first].whole + rates[second].whole
        for first, second in pairs
    ]
    ps = []
    for first, second in pairs:
        few = expected_cell([rates[first], rates[second]]) < 5
        # Fisher's test with larger numbers takes too long here.
        assume(not few or rates[first].whole + rates[second].whole < 20_000)
        ps.append((fisher if few else two_proportions)(rates[first], rates[second]))
    compared = compare(rates)
    assert [sorted((pair.higher, pair.lower)) for pair in compared.differences] == [
        list(pair) for pair in pairs
    ]
    adjusted = iter(holm([p for p, can_differ in zip(ps, testable, strict=True) if can_differ]))
    expected = [next(adjusted) if can_differ else 1.0 for can_differ in testable]
    for pair, p in zip(compared.differences, expected, strict=True):
        high, low = rates[pair.higher], rates[pair.lower]
        assert pair.points == pytest.approx(high.part / high.whole - low.part / low.whole, abs=1e-12)
        assert pair.points >= 0
        assert pair.interval == pytest.approx(newcombe(high, low), abs=1e-9)
        assert pair.exact == (expected_cell([high, low]) < 5)
        assert isclose(pair.p, p, rel_tol=1e-6, abs_tol=1e-12)
        assert pair.is_significant == (pair.p < 0.05)
    together = [rates[place] for place in known]
    if len(known) < 3 or expected_cell(together) < 5:
        assert compared.overall_p is None
    else:
        assert compared.overall_p is not None
        assert isclose(compared.overall_p, chi_square(together), rel_tol=1e-6, abs_tol=1e-12)


@pytest.mark.slow
@settings(max_examples=examples(15))
@given(rates=several)
def test_the_order_of_campaigns_does_not_change_the_results(rates: list[Portion]) -> None:
    def results(compared: Comparison, names: Sequence[int]) -> set[tuple[frozenset[int], bool, float]]:
        return {
            (frozenset((names[pair.higher], names[pair.lower])), pair.is_significant, round(pair.p, 6))
            for pair in compared.differences
        }

    places = list(range(len(rates)))
    expected = results(compare(rates), places)
    assert results(compare(rates[::-1]), places[::-1]) == expected


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (
            [Portion(2309, 10529), Portion(2083, 11383)],
            ["**A** is 3.6 points above **B**: more than chance, p < 0.001."],
        ),
        (
            [Portion(200, 1000), Portion(215, 1000)],
            ["**B** is 1.5 points above **A**: could be chance, p = 0.41."],
        ),
        (
            [Portion(3, 20), Portion(0, 20)],
            [
                "**A** is 15.0 points above **B**: could be chance, p = 0.23, by an exact test for small numbers."
            ],
        ),
        ([Portion(50, 100), Portion(500, 1000)], ["**A** and **B** are equal (p = 1.00)."]),
        (
            [Portion(50, 100), Portion(0, 0)],
            ["There is nothing to compare: fewer than two of these campaigns have this figure."],
        ),
        (
            [Portion(200, 1000), Portion(0, 0), Portion(300, 1000), Portion(310, 1000)],
            [
                "More than chance: **C** above **A** by 10.0 points, **D** above **A** by 11.0 points.",
                "Could be chance: C and D.",
                "All campaigns together: p < 0.001.",
            ],
        ),
        (
            [Portion(200, 1000), Portion(205, 1000), Portion(203, 1000)],
            ["Every difference could be chance.", "All campaigns together: p = 0.96."],
        ),
        ([Portion(0, 1000), Portion(1, 1000), Portion(2, 1000)], ["Every difference could be chance."]),
    ],
)
def test_a_comparison_in_words(rates: list[Portion], expected: list[str]) -> None:
    lines = comparison.sentences(compare(rates))
    assert [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines] == expected


def test_all_figures_and_pairs_are_adjusted_together() -> None:
    pair = [Portion(200, 1000), Portion(240, 1000)]
    alone = compare(pair).differences[0]
    together = comparison.compare(dict.fromkeys(comparison.COMPARED, pair))
    assert alone.is_significant
    for key in comparison.COMPARED:
        [difference] = together[key].differences
        assert difference.p == pytest.approx(5 * alone.p)
        assert not difference.is_significant


def rates(
    *campaigns: tuple[int, int, int], opted_out: Sequence[int] = (3, 3, 3, 3), whole: int = 2_000
) -> dict[str, list[Portion]]:
    """The figures of campaigns of which this many opened, clicked and bounced."""
    return {
        "cor": [Portion(opened, whole) for opened, _, _ in campaigns],
        "cto": [Portion(clicked, opened) for opened, clicked, _ in campaigns],
        "ctr": [Portion(clicked, whole) for _, clicked, _ in campaigns],
        "opted_out": [Portion(number, whole) for number in opted_out[: len(campaigns)]],
        "undeliverable": [Portion(bounced, whole) for _, _, bounced in campaigns],
    }


SAME = (500, 100, 20)


@pytest.mark.parametrize(
    ("key", "figures", "expected"),
    [
        ("cor", rates(SAME, SAME), ["", ""]),
        ("cor", rates(SAME, (700, 100, 20)), ["", "Better"]),
        ("undeliverable", rates(SAME, (500, 100, 90)), ["Better", ""]),
        ("cor", rates(SAME, (700, 100, 20), SAME), ["", "Best", ""]),
        ("cor", rates((710, 100, 20), (700, 100, 20), SAME), ["Better than C", "Better than C", ""]),
        ("cor", rates((900, 100, 20), (700, 100, 20), SAME), ["Best", "", ""]),
        (
            "cor",
            rates((700, 100, 20), (710, 100, 20), SAME, SAME),
            ["Better than C and D", "Better than C and D", "", ""],
        ),
        ("cto", rates((0, 0, 20), (500, 200, 20), SAME), ["", "Best", ""]),
    ],
)
def test_the_best_value_is_marked_if_it_is_more_than_chance(
    key: str, figures: dict[str, list[Portion]], expected: list[str]
) -> None:
    assert comparison.marks(key, comparison.compare(figures)[key], len(figures[key])) == expected


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (rates(SAME, SAME), ["No clear winner: opens and clicks differ within chance."]),
        (rates((700, 200, 20), SAME), ["“Spring” did better than “Summer”: more opens and more clicks."]),
        (rates((700, 110, 20), SAME), ["“Spring” got more opens than “Summer”; clicks within chance."]),
        (rates(SAME, (510, 200, 20)), ["“Summer” got more clicks than “Spring”; opens within chance."]),
        (
            rates((700, 100, 20), (500, 200, 20)),
            ["“Spring” got more opens than “Summer”; “Summer” got more clicks than “Spring”."],
        ),
        (
            rates(SAME, (700, 200, 20), SAME),
            ["“Summer” did better than all others: more opens and more clicks."],
        ),
        (
            rates((700, 200, 20), (710, 100, 20), SAME),
            [("“Spring” and “Summer” got more opens than “Autumn”; “Spring” got the most clicks.")],
        ),
        (
            rates(SAME, SAME, opted_out=(60, 24)),
            [
                "No clear winner: opens and clicks differ within chance.",
                "More customers opted out of “Spring” than of “Summer”: 3.0% and 1.2%.",
            ],
        ),
        (
            rates(SAME, (500, 100, 120)),
            [
                "No clear winner: opens and clicks differ within chance.",
                "More e-mails bounced in “Summer” than in “Spring”: 6.0% and 1.0%.",
            ],
        ),
        (
            rates(SAME, SAME, whole=0),
            ["There is nothing to compare yet: fewer than two of these campaigns have rates."],
        ),
    ],
)
def test_the_headline_names_the_better_campaign(
    figures: dict[str, list[Portion]], expected: list[str]
) -> None:
    names = ["Spring", "Summer", "Autumn"][: len(figures["cor"])]
    shown = comparison.headline(names, figures, comparison.compare(figures))
    assert [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in shown] == expected


def test_the_headline_tells_campaigns_with_the_same_name_apart() -> None:
    figures = rates((700, 100, 20), (500, 200, 20))
    assert comparison.headline(["Weekly", "Weekly"], figures, comparison.compare(figures)) == (
        "“Weekly” (A) got more opens than “Weekly” (B); “Weekly” (B) got more clicks than “Weekly” (A).",
    )


def test_names_keep_their_direction_in_the_headline() -> None:
    figures = rates((700, 200, 20), SAME)
    [result] = comparison.headline(["عرض 50%!", "Summer"], figures, comparison.compare(figures))
    name = "“\N{FIRST STRONG ISOLATE}عرض 50%!\N{POP DIRECTIONAL ISOLATE}”"
    assert result == f"{name} did better than “Summer”: more opens and more clicks."


def test_opens_with_machines_are_not_compared_with_those_without() -> None:
    figures = rates((700, 200, 20), SAME, opted_out=(60, 24))
    apart = comparison.compare(figures, with_machines=[True, False])
    assert [key for key, compared in apart.items() if not compared.differences] == ["cor", "cto", "ctr"]
    assert comparison.sentences(apart["cor"]) == [comparison.WITH_MACHINES]
    assert comparison.headline(["Spring", "Summer"], figures, apart)[:2] == (
        "Opens and clicks can't be compared.",
        comparison.WITH_MACHINES,
    )


def test_nothing_is_best_among_campaigns_that_are_not_all_compared() -> None:
    figures = rates((700, 200, 20), SAME, (900, 300, 20))
    apart = comparison.compare(figures, with_machines=[False, False, True])
    assert comparison.marks("cor", apart["cor"], 3) == ["Better than B", "", ""]
    assert apart["cor"].overall_p is None
    assert comparison.headline(["Spring", "Summer", "Autumn"], figures, apart) == (
        "“Spring” did better than “Summer”: more opens and more clicks.",
        comparison.WITH_MACHINES,
    )


def test_an_unfinished_campaign_is_not_called_worse() -> None:
    figures = rates((700, 200, 20), SAME)
    early = comparison.compare(figures, [None, 5.0])
    assert comparison.headline(["Spring", "Summer"], figures, early) == (
        "No clear winner: opens and clicks differ within chance.",
        "“Summer” is still collecting opens and clicks.",
    )
    assert {pair.verdict for pair in early["cor"].differences} == {"too early to say"}
    # Its figures can only rise, so it can be called better; and two of the same age can be compared.
    for ages in ([5.0, None], [5.0, 5.5], [5.5, 5.0]):
        assert comparison.headline(["Spring", "Summer"], figures, comparison.compare(figures, ages)) == (
            "“Spring” did better than “Summer”: more opens and more clicks.",
        )


@pytest.mark.slow
def test_equal_campaigns_are_rarely_called_different() -> None:
    """The level holds for all figures and pairs of a comparison together."""
    rng, times, claims = np.random.default_rng(5), examples(60), 0
    for _ in range(times):
        campaigns = [
            (
                opened := int(rng.binomial(2_000, 0.3)),
                int(rng.binomial(opened, 0.15)),
                int(rng.binomial(2_000, 0.01)),
            )
            for _ in range(3)
        ]
        figures = rates(*campaigns, opted_out=[int(rng.binomial(2_000, 0.003)) for _ in range(3)])
        compared = comparison.compare(figures)
        claims += any(pair.is_significant for key in compared for pair in compared[key].differences)
    assert claims / times <= 0.05 + 3 * (0.05 * 0.95 / times) ** 0.5


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.0, "p < 0.001"),
        (0.00099, "p < 0.001"),
        (0.00312, "p = 0.003"),
        (0.0494, "p = 0.049"),
        (0.04999, "p < 0.05"),
        (0.05, "p = 0.050"),
        (0.0931, "p = 0.093"),
        (0.41, "p = 0.41"),
        (1.0, "p = 1.00"),
    ],
)
def test_rounding_never_moves_a_p_value_across_the_level(p: float, expected: str) -> None:
    assert comparison.p_value(p) == expected


def test_a_p_value_at_the_level_is_not_significant() -> None:
    at_the_level = Difference(0, 1, 0.01, (0.0, 0.02), chance.SIGNIFICANCE_LEVEL, exact=False)
    assert not at_the_level.is_significant


@given(
    intervals=st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda ends: (min(ends), max(ends))), max_size=5
    )
)
def test_a_scale_contains_all_intervals(intervals: list[tuple[float, float]]) -> None:
    low, high = comparison.scale(intervals)
    assert 0 <= low < high <= 1
    for start, end in intervals:
        assert low - 1e-6 <= start <= end <= high + 1e-6
        assert 0 <= comparison.place(start, (low, high)) <= comparison.place(end, (low, high)) <= 1


@pytest.mark.parametrize(
    ("intervals", "ends"),
    [
        ([], (0.0, 1.0)),
        ([(0.176, 0.19), (0.211, 0.227)], (0.17, 0.23)),
        ([(0.001, 0.0028), (0.0008, 0.0015)], (0.0005, 0.003)),
        ([(0.0, 0.9)], (0.0, 1.0)),
        ([(1.0, 1.0)], (0.9999, 1.0)),
        ([(0.0, 0.0)], (0.0, 0.0001)),
    ],
)
def test_a_scale_has_round_ends(intervals: list[tuple[float, float]], ends: tuple[float, float]) -> None:
    assert comparison.scale(intervals) == pytest.approx(ends)


def contrast(colour: str, other: str) -> float:
    def luminance(code: str) -> float:
        parts = [int(code[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted((luminance(colour), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colour", comparison.COLOURS)
def test_every_campaign_has_a_letter_and_a_colour_with_enough_contrast(colour: str) -> None:
    assert len(comparison.LETTERS) == len(set(comparison.COLOURS)) == comparison.MAX_CAMPAIGNS
    assert contrast(colour, "#FFFFFF") >= 3
    assert contrast(colour, "#11161D") >= 3


HOURS = {0: 10, 1: 5, 5: 20, 30: 15}


@pytest.mark.parametrize(
    ("until", "step", "points"),
    [
        (3, 1, [(0, 0.0), (1, 0.1), (2, 0.15), (3, 0.15)]),
        (6, 4, [(0, 0.0), (4, 0.15), (6, 0.35)]),
        (40, 20, [(0, 0.0), (20, 0.35), (40, 0.5)]),
        (1, 2, [(0, 0.0), (1, 0.1)]),
    ],
)
def test_a_curve_is_cumulative(until: int, step: int, points: list[tuple[int, float]]) -> None:
    assert shares(HOURS, 100, until, step) == points


def test_curves_end_at_the_figures() -> None:
    courses = [
        Course("A", "<b>Spring</b>", "#111111", 100, HOURS, {0: 4}, 200),
        Course("B", "Summer", "#222222", 50, {2: 25}, {2: 5, 3: 1}, 20),
    ]
    drawn = curves.curves(courses)
    ends = [(trace.x[-1], trace.y[-1]) for trace in drawn.data]
    assert ends == [(200, 50), (20, 50), (200, 4), (20, 12)]  # per cent
    assert [trace.showlegend for trace in drawn.data] == [True, True, False, False]
    assert drawn.data[0].name == "A  &lt;b&gt;Spring&lt;/b&gt;"
    assert {trace.line.dash for trace in drawn.data} == {"solid", "dash"}
    letters = [(note.text, note.yref) for note in drawn.layout.annotations]
    assert letters == [("<b>A</b>", "y"), ("<b>B</b>", "y"), ("<b>A</b>", "y2"), ("<b>B</b>", "y2")]
    assert abs(drawn.layout.annotations[0].y - drawn.layout.annotations[1].y) > 2
    first_day = curves.curves(courses, 24)
    assert [trace.x[-1] for trace in first_day.data] == [24, 20, 24, 20]
    assert formats.since(24) in first_day.layout.xaxis2.ticktext


def test_letters_of_lines_that_end_close_together_do_not_overlap() -> None:
    courses = [Course(letter, letter, "#111111", 100, {0: 40}, {0: 5}, 48) for letter in "ABC"]
    figure = curves.curves(courses)
    for axis, largest in (("y", 40), ("y2", 5)):
        heights = sorted(note.y for note in figure.layout.annotations if note.yref == axis)
        # A letter in its box is about 22 of the 200 pixels of its panel, which ends somewhat above the largest share.
        assert all(upper - lower >= 0.115 * largest for lower, upper in pairwise(heights))


def test_a_long_time_is_drawn_with_few_points() -> None:
    year = Course("A", "Spring", "#111111", 100, dict.fromkeys(range(9_000), 0), {}, 9_000)
    drawn = curves.curves([year])
    assert all(len(trace.x) <= curves.MAX_POINTS + 2 for trace in drawn.data)
    assert drawn.data[0].x[-1] == 9_000
