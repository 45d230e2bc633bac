"""The best link in words: which links count, and whether a lead is more than chance."""

from dataclasses import replace
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.figures.best_link import LinkCount, best_link, is_ahead


def link(name: str, clicks: int, label: str | None = None) -> LinkCount:
    return LinkCount(
        f"https://www.x.example/{name}?utm=1", name.title() if label is None else label, clicks, clicks
    )


def shared(name: str, clicks: int, label: str) -> LinkCount:
    return replace(link(name, clicks, label), is_shared=True)


@pytest.mark.parametrize(
    ("links", "clicks", "expected"),
    [
        ([], 0, ""),
        ([link("rome", 40)], 40, ""),
        ([link("rome", 0), link("oslo", 0)], 0, ""),
        ([link("rome", 20), link("oslo", 20)], 40, ""),
        ([link("rome", 10), link("oslo", 60), link("nice", 30)], 100, "Best link: Oslo (60.0% of clicks)."),
        (
            [link("rome", 45), link("oslo", 55)],
            100,
            "Best link: Oslo (55.0% of clicks), within chance of the next.",
        ),
        (
            [link("rome", 3), link("oslo", 2)],
            5,
            "Best link: Rome (3 of 5 clicks), within chance of the next.",
        ),
        # The picture, the headline and the button lead to the same page.
        (
            [link("rome", 60), link("oslo", 50, "Picture"), link("oslo", 90, "To Oslo")],
            200,
            "Best link: To Oslo (70.0% of clicks).",
        ),
        # Not content.
        (
            [link("unsubscribe", 90), link("rome", 60), link("oslo", 10)],
            160,
            "Best link: Rome (37.5% of clicks).",
        ),
        (
            [link("rome", 60), link("a", 90, "Abmelden"), link("oslo", 9)],
            159,
            "Best link: Rome (37.7% of clicks).",
        ),
        ([link("b", 90, "View in your browser"), link("rome", 60)], 150, ""),
        ([link("rome", 90, ""), link("oslo", 9)], 99, "Best link: x.example/rome (90.9% of clicks)."),
        (
            [link("rome", 90, "Rome\n  in  spring"), link("oslo", 9)],
            99,
            "Best link: Rome in spring (90.9% of clicks).",
        ),
        # Labels that say nothing of their own.
        ([link("rome", 90, "/rome"), link("oslo", 9)], 99, "Best link: x.example/rome (90.9% of clicks)."),
        (
            [link("rome", 90, "https://www.x.example/italy?a"), link("oslo", 9)],
            99,
            "Best link: x.example/italy (90.9% of clicks).",
        ),
        # Nobody knows which of the links to the same page was clicked.
        (
            [
                shared("rome", 90, "Logo"),
                link("rome", 0, "To Rome"),
                link("rome", 0, "To Rome"),
                link("oslo", 9),
            ],
            99,
            "Best link: To Rome (90.9% of clicks).",
        ),
        (
            [shared("rome", 90, "Logo"), link("rome", 0, "To Rome"), link("oslo", 9)],
            99,
            "Best link: x.example/rome (90.9% of clicks).",
        ),
        (
            [shared("rome", 90, "/rome"), link("rome", 0, "Rome"), link("oslo", 9)],
            99,
            "Best link: Rome (90.9% of clicks).",
        ),
        # Somebody does, of some clicks.
        (
            [shared("rome", 60, "Logo"), link("rome", 30, "To Rome"), link("oslo", 9)],
            99,
            "Best link: Logo (90.9% of clicks).",
        ),
    ],
)
def test_the_best_link(links: list[LinkCount], clicks: int, expected: str) -> None:
    assert best_link(links, clicks).replace("\N{NO-BREAK SPACE}", " ") == expected


@pytest.mark.parametrize(
    "words",
    [
        "Unsubscribe", "Opt out", "Update your preferences", "Manage subscription", "View this e-mail in your browser",
        "Web version", "Newsletter abbestellen", "Im Browser ansehen", "Uitschrijven", "Bekijk de online versie",
        "Se désabonner", "Se désinscrire", "Darse de baja", "Cancelar suscripción", "Annulla iscrizione", "Отписаться",
    ],
)  # fmt: skip
def test_links_that_serve_the_e_mail_are_never_the_best(words: str) -> None:
    assert best_link([link("a", 90, words), link("rome", 5), link("oslo", 1)], 96).startswith(
        "Best link: Rome"
    )


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_lead_is_tested_by_a_sign_test(first: int, second: int) -> None:
    total = first + second
    p = 2 * sum(comb(total, number) for number in range(max(first, second), total + 1)) / 2**total
    if first <= second or p > 0.055:
        assert not is_ahead(first, second)
    elif p < 0.045:
        assert is_ahead(first, second)
