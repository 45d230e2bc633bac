"""Explanations of figures: the short tip, and the section of docs/metrics.md."""

import re
from dataclasses import replace

import pytest

from mailsight.figures import explanations
from mailsight.figures.metrics import ESTIMATED_COR, FIGURES, MIN_RELIABLE, AppleOpens, Counts, Portion
from mailsight.figures.reported import Reported
from mailsight.vocabulary import Audience

COUNTS = Counts(selected=100, sent=90, not_sent=10, delivered=80, opened=40, clicked=10, opens=1234)


@pytest.mark.parametrize(
    ("key", "lines"),
    [
        ("sent", ("Sent = selected − not sent", "90 of 100 selected: 90.0%")),
        ("opens", ("Opens = all open events", "1,234")),
        ("cor", ("COR = opened ÷ delivered", "40 ÷ 80 customers", "95% interval: 39.3 – 60.7%")),
    ],
)
def test_a_figure_in_short(key: str, lines: tuple[str, ...]) -> None:
    tip = explanations.in_short(key, COUNTS)
    assert tuple(line.replace("\N{NO-BREAK SPACE}", " ") for line in tip) == lines


@pytest.mark.parametrize(
    ("key", "lines"),
    [
        ("sent", ("Sent = selected − not sent", "90 of – selected: –", "As reported by Mailchimp.")),
        (
            "clicked",
            (
                "Clicked = delivered, with a click",
                "– of 80 delivered: –",
                "Not reported by Mailchimp: Clicked.",
            ),
        ),
        ("ctr", ("CTR = clicked ÷ delivered", "– ÷ 80 customers", "Not reported by Mailchimp: Clicked.")),
        ("opens", ("Opens = all open events", "1,234")),
    ],
)
def test_a_reported_figure_in_short(key: str, lines: tuple[str, ...]) -> None:
    figures = frozenset({"selected", "sent", "clicked", "delivered"})
    source = Reported("mailchimp", None, figures)
    counts = replace(COUNTS, unknown=frozenset({"selected", "clicked"}), reported=source)
    assert explanations.in_short(key, counts) == lines


@pytest.mark.parametrize(
    ("portion", "lines"),
    [
        (Portion(0, 0), 0),
        (Portion(10, MIN_RELIABLE), 1),
        (Portion(10, MIN_RELIABLE - 1), 2),
        (Portion(12, 10), 0),  # clicks per delivered message can exceed 1
    ],
)
def test_small_samples_get_a_warning(portion: Portion, lines: int) -> None:
    assert len(explanations.likely(portion)) == lines


@pytest.mark.parametrize("key", [*FIGURES, ESTIMATED_COR.key])
def test_every_figure_has_a_section_without_links(key: str) -> None:
    section = explanations.of_figure(key)
    assert section.title.endswith(f": `{key}`")
    assert section.text
    assert not re.search(r"\]\(", section.text)
    assert "`" not in explanations.without_key(section.title)
    for title in section.see:
        assert explanations.section(title).text


def test_a_rate_refers_to_its_two_counts() -> None:
    titles = [explanations.without_key(title) for title in explanations.of_figure("cto").see]
    assert titles[:2] == ["Clicked", "Opened"]


def test_the_docs_explain_the_estimate_in_the_words_of_the_screen() -> None:
    text = explanations.of_figure(ESTIMATED_COR.key).text.replace("\n", " ")
    assert text.startswith(f"**{ESTIMATED_COR.formula}.** {ESTIMATED_COR.meaning}")
    apple = AppleOpens(proxied=3, unseen=2, seen_delivered=40, seen_opened=10, unseen_in={Audience.HUMAN: 2})
    assert explanations.estimate(apple)[1:3] == (
        "10 ÷ 40 customers",
        "3 customers left out: Apple's proxy loaded their images",
    )
