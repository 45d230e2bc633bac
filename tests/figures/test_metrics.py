"""Rates, their intervals, and what there is no figure for."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.figures.metrics import COR, COUNT_NAMES, CTO, CTR, FIGURES, RATES, Counts, mean, share, wilson

COUNTS = Counts(selected=100, sent=90, not_sent=10, undeliverable=10, delivered=80, opened=40, clicked=10)


def test_the_three_rates() -> None:
    assert [rate.rate(COUNTS) for rate in RATES] == [0.5, 0.25, 0.125]
    assert [rate.counts(COUNTS) for rate in RATES] == [(40, 80), (10, 40), (10, 80)]


def test_without_a_denominator_there_is_no_figure() -> None:
    assert [rate.rate(Counts()) for rate in RATES] == [None, None, None]
    assert [rate.interval(Counts()) for rate in RATES] == [None, None, None]
    assert (share(1, 0), mean([])) == (None, None)


def test_every_count_has_its_words() -> None:
    assert list(FIGURES) == [*COUNT_NAMES, COR.key, CTO.key, CTR.key]
    assert all(figure.label and figure.formula and figure.meaning for figure in FIGURES.values())


@given(st.integers(1, 100_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_the_interval_is_wilsons(counts: tuple[int, int]) -> None:
    part, whole = counts
    z, p = 1.959963984540054, part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    interval = wilson(part, whole)
    assert interval == pytest.approx((max(middle - half, 0), min(middle + half, 1)), abs=1e-9)
