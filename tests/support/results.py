"""Counts of campaigns that did as usual, to be varied."""

from mailsight.figures.metrics import Counts


def counts(
    delivered: int = 1000,
    opened: int = 300,
    clicked: int = 50,
    *,
    not_sent: int = 50,
    undeliverable: int = 15,
    opted_out: int = 12,
    complained: int = 0,
) -> Counts:
    sent = delivered + undeliverable
    return Counts(
        selected=sent + not_sent,
        sent=sent,
        not_sent=not_sent,
        undeliverable=undeliverable,
        delivered=delivered,
        opened=opened,
        clicked=clicked,
        opted_out=opted_out,
        complained=complained,
        opens=2 * opened,
        clicks=2 * clicked,
    )


USUAL = [counts(opened=290 + 5 * place, clicked=46 + place) for place in range(10)]
