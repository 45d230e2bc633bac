"""Whether a figure differs from earlier campaigns by more than chance: the test, its error rate, and its words."""

from collections.abc import Sequence
from itertools import cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student_t

from mailsight.figures import chance
from mailsight.figures.chance import Change
from mailsight.figures.metrics import Counts, Portion
from tests.support.examples import examples
from tests.support.results import USUAL, counts


@pytest.mark.parametrize("degrees", [*range(1, 13), 29, 30])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.0, 2.5, 7.0, 40.0])
def test_students_distribution_agrees_with_scipy(t: float, degrees: int) -> None:
    assert chance.student(t, degrees) == pytest.approx(2 * student_t.sf(t, degrees), abs=1e-12)


@pytest.mark.parametrize(
    ("ps", "adjusted"),
    [
        ({}, {}),
        ({"a": 0.04}, {"a": 0.04}),
        ({"a": 0.04, "b": 0.01, "c": 0.03}, {"a": 0.06, "b": 0.03, "c": 0.06}),
        ({"a": 0.9, "b": 0.8}, {"a": 1.0, "b": 1.0}),
    ],
)
def test_p_values_are_adjusted_by_holms_method(ps: dict[str, float], adjusted: dict[str, float]) -> None:
    assert chance.holm(ps) == pytest.approx(adjusted)


@pytest.mark.parametrize(
    ("now", "key", "direction", "tone"),
    [
        (counts(opened=420), "cor", "up", "good"),
        (counts(opened=200), "cor", "down", "bad"),
        (counts(opened=330), "cor", "up", ""),
        (counts(clicked=110), "ctr", "up", "good"),
        (counts(clicked=110), "clicked", "up", "good"),
        (counts(opened=420), "opened", "up", "good"),
        (counts(undeliverable=60), "undeliverable", "up", "bad"),
        (counts(undeliverable=0), "undeliverable", "down", "good"),
        (counts(opted_out=50), "opted_out", "up", "bad"),
        (counts(opted_out=15), "opted_out", "up", ""),
        (counts(not_sent=300), "not_sent", "up", "bad"),
        (counts(not_sent=300), "sent", "down", ""),
    ],
)
def test_only_more_than_chance_has_a_colour(now: Counts, key: str, direction: str, tone: str) -> None:
    change = chance.changes(now, USUAL)[key]
    assert (change.direction, change.tone) == (direction, tone)
    assert change.is_significant == (key == "sent" or bool(tone))
    assert change.reason.endswith(
        "More than chance."
        if change.is_significant
        else "Could be chance: campaigns differ this much anyway."
    )


def test_a_difference_that_earlier_campaigns_show_too_is_chance() -> None:
    steady, varied = [counts(opened=300)] * 10, [counts(opened=300 + 100 * sign) for sign in (1, -1) * 5]
    now = counts(opened=400)
    assert chance.changes(now, steady)["cor"].is_significant
    assert not chance.changes(now, varied)["cor"].is_significant


@pytest.mark.parametrize(
    ("now", "previous", "why"),
    [
        (counts(20, 15, 3), USUAL, "Too few customers"),
        (counts(opened=600), USUAL[: chance.MIN_BEFORE - 1], "Too few earlier campaigns"),
    ],
)
def test_too_few_are_not_tested(now: Counts, previous: Sequence[Counts], why: str) -> None:
    change = chance.changes(now, previous)["cor"]
    assert (change.p, change.tone) == (None, "")
    assert why in change.reason


def test_an_unfinished_campaign_does_not_have_fewer_opt_outs_or_bounces() -> None:
    few, many = counts(undeliverable=0, opted_out=0), counts(undeliverable=60, opted_out=50)
    assert chance.changes(few, USUAL)["undeliverable"].tone == "good"
    early = chance.changes(few, USUAL, unfinished=True)["undeliverable"]
    assert (early.p, early.tone) == (None, "")
    assert "Not final" in early.reason
    assert chance.changes(many, USUAL, unfinished=True)["undeliverable"].tone == "bad"


def test_without_earlier_campaigns_or_figures_nothing_has_changed() -> None:
    assert chance.changes(counts(), []) == {}
    assert "cor" not in chance.changes(Counts(selected=5, not_sent=5), USUAL)


def test_a_figure_that_never_occurs_is_not_a_difference() -> None:
    none = [counts(opted_out=0)] * 10
    change = chance.changes(counts(opted_out=0), none)["opted_out"]
    assert (change.direction, change.is_significant) == ("", False)


SETTINGS = [
    # usual rate, its spread among campaigns, customers of earlier campaigns, and of this one
    (0.35, 0.0, (500,), 500),
    (0.35, 0.03, (5_000,), 5_000),
    (0.35, 0.03, (5_000,), 100),
    (0.02, 0.0, (100, 50_000), 50_000),
    (0.02, 0.005, (2_000, 20_000), 5_000),
    (0.001, 0.0, (1_000,), 1_000),
    (0.97, 0.01, (5_000,), 300),
]


def false_alarms(rate: float, spread: float, earlier: Sequence[int], customers: int, times: int) -> float:
    """How often a campaign like those before it is called different."""
    rng = np.random.default_rng(20_260_414)
    alarms = 0
    for _ in range(times):
        rates = np.clip(rng.normal(rate, spread, 11), 1e-6, 1 - 1e-6)
        *before, now = (
            Portion(int(rng.binomial(whole, chosen)), whole)
            for whole, chosen in zip(
                (*(size for size, _ in zip(cycle(earlier), range(10))), customers), rates, strict=True
            )
        )
        alarms += chance.p_value(now, before) < chance.SIGNIFICANCE_LEVEL
    return alarms / times


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "spread", "earlier", "customers"), SETTINGS)
def test_a_usual_campaign_is_rarely_called_different(
    rate: float, spread: float, earlier: Sequence[int], customers: int
) -> None:
    times = examples(1_000)
    # Three standard errors above the stated level.
    limit = 0.05 + 3 * (0.05 * 0.95 / times) ** 0.5
    assert false_alarms(rate, spread, earlier, customers, times) <= limit


@pytest.mark.slow
def test_a_usual_campaign_is_rarely_remarkable_in_any_figure() -> None:
    """The level holds for all results together, not for each of them."""
    rng = np.random.default_rng(7)

    def campaign() -> Counts:
        sent = int(rng.integers(2_000, 10_000))
        undeliverable = int(rng.binomial(sent, 0.01))
        opened = int(rng.binomial(sent - undeliverable, np.clip(rng.normal(0.3, 0.03), 0, 1)))
        clicked = int(rng.binomial(opened, np.clip(rng.normal(0.15, 0.02), 0, 1)))
        return counts(sent - undeliverable, opened, clicked, undeliverable=undeliverable)

    times = examples(1_000)
    remarkable = 0
    for _ in range(times):
        changes = chance.changes(campaign(), [campaign() for _ in range(10)])
        remarkable += any(changes[key].is_significant for key in chance.RESULTS)
    assert remarkable / times <= 0.05 + 3 * (0.05 * 0.95 / times) ** 0.5


@given(
    st.lists(
        st.integers(1, 10**6).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))),
        min_size=6,
        max_size=11,
    )
)
def test_a_p_value_is_a_probability(rates: list[tuple[int, int]]) -> None:
    now, *before = (Portion(part, whole) for part, whole in rates)
    assert 0 <= chance.p_value(now, before) <= 1


def test_a_change_without_a_difference_has_no_direction() -> None:
    assert Change("cor", Portion(300, 1000), 0.3002, 10, (0.3, 0.31)).direction == ""
