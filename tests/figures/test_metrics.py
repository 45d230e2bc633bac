"""Rates and their intervals, and figures without a denominator."""

import subprocess
import sys
from math import sqrt

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from mailsight.figures.metrics import COR, COUNT_NAMES, CTO, CTR, FIGURES, RATES, Counts, mean, share, wilson
from mailsight.settings import PROJECT

COUNTS = Counts(selected=100, sent=90, not_sent=10, undeliverable=10, delivered=80, opened=40, clicked=10)


def test_the_three_rates() -> None:
    assert [rate.rate(COUNTS) for rate in RATES] == [0.5, 0.25, 0.125]
    assert [rate.counts(COUNTS) for rate in RATES] == [(40, 80), (10, 40), (10, 80)]


def test_without_a_denominator_there_is_no_rate() -> None:
    assert [rate.rate(Counts()) for rate in RATES] == [None, None, None]
    assert [rate.interval(Counts()) for rate in RATES] == [None, None, None]
    assert (share(1, 0), mean([])) == (None, None)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(delivered=80, opened=40, unknown=frozenset({"clicked"})), [0.5, None, None]),
        (Counts(opened=40, clicked=10, unknown=frozenset({"delivered"})), [None, 0.25, None]),
        (Counts(delivered=80, opened=90, clicked=10), [None, 10 / 90, 0.125]),
    ],
)
def test_unknown_and_contradictory_counts_have_no_rate(counts: Counts, expected: list[float | None]) -> None:
    assert [rate.rate(counts) for rate in RATES] == expected
    assert [rate.interval(counts) is None for rate in RATES] == [rate is None for rate in expected]
    values = ", ".join(
        f"{counts.known(name) or 'null'} as {name}" for name in ("delivered", "opened", "clicked")
    )
    sql = f"select {', '.join(rate.sql for rate in RATES)} from (select {values})"
    assert duckdb.execute(sql).fetchall() == [tuple(expected)]


def test_every_figure_has_its_texts() -> None:
    assert list(FIGURES) == [*COUNT_NAMES, COR.key, CTO.key, CTR.key]
    assert all(figure.label and figure.formula and figure.meaning for figure in FIGURES.values())


@given(st.integers(1, 100_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_the_interval_is_the_wilson_interval(counts: tuple[int, int]) -> None:
    part, whole = counts
    z, p = 1.959963984540054, part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    interval = wilson(part, whole)
    assert interval == pytest.approx((max(middle - half, 0), min(middle + half, 1)), abs=1e-9)


WHOLES = st.integers(1, 100_000) | st.integers(1, 10**12)


@given(WHOLES.flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))), st.floats(0.5, 0.999))
@example((0, 1), 0.95)
@example((1, 1), 0.95)
@example((3, 17_000), 0.95)
def test_the_interval_equals_that_of_statsmodels(counts: tuple[int, int], confidence: float) -> None:
    expected = proportion_confint(*counts, alpha=1 - confidence, method="wilson")
    assert wilson(*counts, confidence) == pytest.approx(expected, abs=1e-12, rel=0)


@pytest.mark.parametrize("screen", ["mailsight.screens.campaigns", "mailsight.screens.campaign"])
def test_no_statistics_package_is_imported_for_the_list_or_a_campaign(screen: str) -> None:
    script = (
        "import importlib, pkgutil, sys\n"
        f"screen = importlib.import_module({screen!r})\n"
        "for part in pkgutil.iter_modules(getattr(screen, '__path__', []), f'{screen.__name__}.'):\n"
        "    importlib.import_module(part.name)\n"
        "from mailsight.figures.metrics import wilson\n"
        "assert wilson(1, 2)\n"
        "print(*sorted({'scipy', 'statsmodels'} & {name.partition('.')[0] for name in sys.modules}))\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == ""
