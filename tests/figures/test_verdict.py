"""Each rule of the verdict, and that no rule says more than the figures allow."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.figures import chance, verdict
from mailsight.figures.best_link import LinkCount
from mailsight.figures.metrics import COUNT_NAMES, Counts, Portion
from mailsight.figures.reported import Reported
from mailsight.figures.verdict import Performance
from mailsight.vocabulary import Audience
from tests.support.examples import examples
from tests.support.results import USUAL, counts

NO_MACHINES = Portion(0, 0)
LINKS = (
    LinkCount("https://x.example/sicily", "Round Sicily by train", 60, 50),
    LinkCount("https://x.example/rome", "Rome", 20, 18),
)


REPORTED = Reported("mailchimp", None, frozenset(COUNT_NAMES))


def campaign(
    now: Counts,
    previous: list[Counts] | None = None,
    *,
    age_hours: float | None = 1_000.0,
    links: tuple[LinkCount, ...] = (),
    is_planned: bool = False,
    has_no_links: bool = False,
) -> Performance:
    before = USUAL if previous is None else previous
    is_unfinished = age_hours is not None and age_hours < chance.UNFINISHED_HOURS
    return Performance(
        counts=now,
        changes=chance.changes(now, before, unfinished=is_unfinished),
        earlier=len(before),
        age_hours=age_hours,
        is_unfinished=is_unfinished,
        is_planned=is_planned,
        audience=Audience.HUMAN,
        machine_opens=NO_MACHINES,
        machine_clicks=NO_MACHINES,
        links=links,
        has_no_links=has_no_links,
    )


def words(performance: Performance) -> str:
    return verdict.verdict(performance).text.replace("\N{NO-BREAK SPACE}", " ")


RULES: dict[str, tuple[Performance, str]] = {
    "planned": (
        campaign(Counts(selected=1200, not_sent=1200), is_planned=True),
        "Planned: 1,200 customers selected, nothing sent yet.",
    ),
    "planned, nobody selected": (campaign(Counts(), is_planned=True), "Planned, with nobody selected yet."),
    "nobody selected": (campaign(Counts()), "Nobody was selected, so nothing was sent."),
    "nothing sent": (
        campaign(Counts(selected=1200, not_sent=1200)),
        "Nothing was sent: all 1,200 selected customers were left out.",
    ),
    "the only customer left out": (
        campaign(Counts(selected=1, not_sent=1)),
        "Nothing was sent: the only selected customer was left out.",
    ),
    "nothing received": (
        campaign(Counts(selected=40, sent=40, undeliverable=40)),
        "Nobody received it: all 40 e-mails bounced.",
    ),
    "the only e-mail bounced": (
        campaign(Counts(selected=1, sent=1, undeliverable=1)),
        "Nobody received it: the only e-mail bounced.",
    ),
    "few customers": (
        campaign(counts(12, 5, 1, not_sent=0, undeliverable=0, opted_out=0)),
        "12 received it, 5 opened, 1 clicked. Too few customers to judge.",
    ),
    "just sent": (
        campaign(counts(opened=3, clicked=1), age_hours=0.4),
        "Sent less than an hour ago: too early to judge.",
    ),
    "no events since": (
        campaign(counts(opened=0, clicked=0), age_hours=-30.0),
        "Too early to judge: nothing that happened since sending has been loaded yet.",
    ),
    "nobody opened": (campaign(counts(opened=0, clicked=0)), "Nobody has opened or clicked it."),
    "nobody opened yet": (
        campaign(counts(opened=0, clicked=0), age_hours=5.4),
        "Nobody has opened or clicked it yet.",
    ),
    "reported, without rates": (
        campaign(
            replace(counts(), unknown=frozenset({"selected", "sent", "delivered"}), reported=REPORTED), []
        ),
        "300 opened, 50 clicked, 600 opens, 100 clicks. Not reported by Mailchimp: Delivered.",
    ),
    "reported, clicks but not by how many": (
        campaign(replace(counts(clicked=0), unknown=frozenset({"clicked"}), reported=REPORTED), []),
        ("1,015 sent, 1,000 delivered, 300 opened, 600 opens, 0 clicks. Not reported by Mailchimp: Clicked."),
    ),
    "reported, nothing": (
        campaign(Counts(unknown=frozenset(COUNT_NAMES), reported=REPORTED), []),
        "How customers responded is unknown. Not reported by Mailchimp: Delivered, Opened, Clicked.",
    ),
    "reported, with contradictions": (
        campaign(replace(counts(opened=2_000), reported=REPORTED), []),
        (
            "1,015 sent, 1,000 delivered, 2,000 opened, 50 clicked, 4,000 opens, 100 clicks. "
            "There is no rate, because Mailchimp reports more opened than delivered."
        ),
    ),
    "reported, nothing sent": (
        campaign(Counts(unknown=frozenset({"selected"}), reported=REPORTED)),
        "Nothing was sent.",
    ),
    "reported, nothing received": (
        campaign(Counts(selected=9, unknown=frozenset({"sent"}), reported=REPORTED)),
        "Nobody received it.",
    ),
    "no earlier campaign": (
        campaign(counts(), []),
        "30.0% opened and 5.0% clicked, with no earlier campaign to compare with.",
    ),
    "reported, no earlier campaign": (
        campaign(replace(counts(), reported=REPORTED), []),
        "30.0% opened and 5.0% clicked, with no earlier reported campaign to compare with.",
    ),
    "one earlier campaign": (
        campaign(counts(), USUAL[:1]),
        "30.0% opened and 5.0% clicked, with only one earlier campaign to compare with.",
    ),
    "few earlier campaigns, so far": (
        campaign(counts(), USUAL[:4], age_hours=5.4),
        "30.0% opened and 5.0% clicked so far, with only four earlier campaigns to compare with.",
    ),
    "no links": (
        campaign(counts(opened=312, clicked=0), has_no_links=True),
        "Opened about as often as usual. The e-mail has no links.",
    ),
    "no links, more opens": (
        campaign(counts(opened=450, clicked=0), has_no_links=True),
        "More opens than your last ten campaigns. The e-mail has no links.",
    ),
    "better": (
        campaign(counts(opened=450, clicked=120)),
        "Better than usual: more opens and more clicks than your last ten campaigns.",
    ),
    "worse": (
        campaign(counts(opened=180, clicked=10), USUAL[:7]),
        "Worse than usual: fewer opens and fewer clicks than your last seven campaigns.",
    ),
    "more opens, fewer clicks": (
        campaign(counts(opened=450, clicked=10)),
        "More opens but fewer clicks than your last ten campaigns.",
    ),
    "more opens": (
        campaign(counts(opened=450, clicked=55)),
        "More opens than your last ten campaigns; clicks within chance.",
    ),
    "fewer clicks": (
        campaign(counts(opened=312, clicked=10)),
        "Fewer clicks than your last ten campaigns; opens within chance.",
    ),
    "far from usual, but usual is anything": (
        campaign(counts(clicked=0), [*USUAL[:9], counts(opened=930, clicked=770)]),
        (
            "Fewer clicks than any of your last ten campaigns, but these differ too much to rule out chance. "
            "Nobody has clicked."
        ),
    ),
    "opens and clicks far from usual": (
        campaign(counts(opened=130, clicked=3), [*USUAL[:9], counts(opened=930, clicked=770)]),
        "Fewer opens and clicks than any of your last ten campaigns, but these differ too much to rule out chance.",
    ),
    "as usual, but": (
        campaign(counts(opened=320, clicked=46, opted_out=50)),
        "Opens and clicks are about as usual, but more customers opted out than usual: 4.9%, usually 1.2%.",
    ),
    "clicks of those who opened": (
        campaign(counts(opened=275, clicked=66)),
        "About as usual. More of those who opened clicked than in your last ten campaigns.",
    ),
    "as usual": (
        campaign(counts(opened=320, clicked=46)),
        "About as usual. Fewer clicks than your last ten campaigns, within chance.",
    ),
    "exactly as usual": (campaign(counts(), [counts()] * 10), "About as usual."),
    "too few clicks": (
        campaign(counts(60, 19, 3, not_sent=3, undeliverable=1, opted_out=0)),
        "Opened about as often as usual; too few clicks to compare.",
    ),
    "too few customers to tell": (
        campaign(
            counts(40, 4, 1, not_sent=2, undeliverable=0, opted_out=0), [counts(opened=90, clicked=9)] * 10
        ),
        "No clear difference from usual: too few customers to tell.",
    ),
    "so far": (
        campaign(counts(opened=450, clicked=120), age_hours=29.9),
        (
            "So far (1 day 5 h after sending), better than usual: more opens and more clicks than your last ten "
            "campaigns at the same age."
        ),
    ),
    "nobody clicked": (
        campaign(counts(opened=312, clicked=0), links=LINKS[:0]),
        "Fewer clicks than your last ten campaigns; opens within chance. Nobody has clicked.",
    ),
    "best link": (
        campaign(counts(), [counts()] * 10, links=LINKS),
        "About as usual. Best link: Round Sicily by train (60.0% of clicks).",
    ),
}


@pytest.mark.parametrize(("performance", "expected"), RULES.values(), ids=RULES)
def test_each_rule_has_its_words(performance: Performance, expected: str) -> None:
    assert words(performance) == expected


def test_every_rule_is_tested() -> None:
    """Each rule decides at least one of the cases above."""
    rules = (*verdict.NOTHING_TO_JUDGE, *verdict.NOTHING_TO_COMPARE, *verdict.COMPARED)
    deciding = {
        next((rule for rule in rules if rule(performance)), None) for performance, _ in RULES.values()
    }
    assert deciding == {*rules, None}


ALARMS: dict[str, tuple[Performance, str]] = {
    "more bounces": (campaign(counts(undeliverable=60)), "More bounces than usual: 5.7%, usually 1.5%."),
    "many bounces": (campaign(counts(undeliverable=120), []), "10.7% bounced."),
    "a few bounces": (campaign(counts(undeliverable=53), []), ""),
    "complaints": (
        campaign(counts(opted_out=12, complained=12), []),
        "1.2% marked it as spam, and mailbox providers tolerate one in a thousand.",
    ),
    "one complaint": (campaign(counts(300, 90, 15, complained=1), []), ""),
    "more opt-outs": (
        campaign(counts(opted_out=50)),
        "More customers opted out than usual: 4.9%, usually 1.2%.",
    ),
    "more not sent": (
        campaign(counts(not_sent=300)),
        "More customers than usual were not sent it: 22.8%, usually 4.7%.",
    ),
    "most not sent": (
        campaign(counts(not_sent=3000), []),
        "74.7% of the selected customers were not sent it.",
    ),
    "two alarms, the most urgent first": (
        campaign(counts(opted_out=50, undeliverable=60, not_sent=300)),
        "More bounces than usual: 5.7%, usually 1.5%; more customers opted out than usual: 4.7%, usually 1.2%.",
    ),
    "machines' clicks": (
        replace(campaign(counts(), []), machine_clicks=Portion(80, 100)),
        "Machines made 80.0% of all clicks (left out here).",
    ),
    "only machines' clicks": (
        replace(campaign(counts(clicked=0), []), machine_clicks=Portion(1470, 1470)),
        "Machines made all 1,470 clicks (left out here).",
    ),
    "machines' opens, included": (
        replace(campaign(counts(), []), machine_opens=Portion(90, 100), audience=Audience.ALL),
        "Machines made 90.0% of all opens (included here).",
    ),
    "the usual share of machines": (
        replace(campaign(counts(), []), machine_opens=Portion(60, 100), machine_clicks=Portion(30, 100)),
        "",
    ),
}


@pytest.mark.parametrize(("performance", "expected"), ALARMS.values(), ids=ALARMS)
def test_what_stands_out_has_its_words(performance: Performance, expected: str) -> None:
    shown = verdict.verdict(performance)
    _, _, alarm = shown.result.partition(" as usual, but ")
    notable = f"{alarm[0].upper()}{alarm[1:]}" if alarm else shown.notable
    assert notable.replace("\N{NO-BREAK SPACE}", " ") == expected


@pytest.mark.parametrize(
    ("part", "whole", "limit", "expected"),
    [
        (0, 0, 0.05, False),
        (5, 100, 0.05, False),
        (12, 100, 0.05, True),
        (11, 100, 0.05, False),
        (2, 300, 0.001, False),
        (4, 300, 0.001, True),
        (5_300, 100_000, 0.05, True),
        (5_100, 100_000, 0.05, False),
        (1_000_000, 1_000_000, 0.05, True),
    ],
)
def test_a_limit_is_exceeded_only_by_more_than_chance(
    part: int, whole: int, limit: float, expected: bool
) -> None:
    assert verdict.exceeds(Portion(part, whole), limit) is expected


@pytest.mark.parametrize("limit", [0.001, 0.05, 0.5])
@pytest.mark.parametrize("whole", [40, 900, 20_000])
def test_a_rate_at_the_limit_rarely_exceeds_it(whole: int, limit: float) -> None:
    drawn = np.random.default_rng(3).binomial(whole, limit, 1_000)
    alarms = np.mean([verdict.exceeds(Portion(int(part), whole), limit) for part in drawn])
    assert alarms <= 0.02


@given(
    delivered=st.integers(0, 5_000),
    opened=st.floats(0, 1),
    clicked=st.floats(0, 1),
    lost=st.floats(0, 0.5),
    age=st.none() | st.floats(-5, 2_000),
    earlier=st.integers(0, 10),
)
def test_a_verdict_is_short_and_free_of_placeholders(
    delivered: int, opened: float, clicked: float, lost: float, age: float | None, earlier: int
) -> None:
    opens = int(delivered * opened)
    part = int(delivered * lost)
    now = counts(delivered, opens, int(opens * clicked), undeliverable=part, opted_out=part, complained=part)
    shown = verdict.verdict(campaign(now, USUAL[:earlier], age_hours=age, links=LINKS))
    assert len(shown.text) < 400
    assert shown.result.endswith(".")
    assert not {"None", "nan", "–"} & set(shown.text.split())


@pytest.mark.slow
def test_a_usual_campaign_is_rarely_called_better_or_worse() -> None:
    """All claims of a difference together stay below the stated level."""
    rng, times, claims = np.random.default_rng(11), examples(1_000), 0

    def usual() -> Counts:
        delivered = int(rng.integers(500, 20_000))
        opened = int(rng.binomial(delivered, np.clip(rng.normal(0.25, 0.03), 0, 1)))
        return counts(delivered, opened, int(rng.binomial(opened, np.clip(rng.normal(0.12, 0.02), 0, 1))))

    for _ in range(times):
        shown = verdict.verdict(campaign(usual(), [usual() for _ in range(10)]))
        claims += shown.result.startswith(("Better", "Worse", "More", "Fewer"))
    assert claims / times <= 0.05 + 3 * (0.05 * 0.95 / times) ** 0.5
