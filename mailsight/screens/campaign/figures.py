"""A campaign's figures: the cards, the table of rates, and how many opens and clicks machines made."""

from dataclasses import replace

import streamlit as st

from mailsight.components import tables
from mailsight.components.cards import Card, Point, row_of_cards
from mailsight.figures import chance, explanations, formats
from mailsight.figures.metrics import (
    ESTIMATED_AMONG,
    ESTIMATED_COR,
    FIGURES,
    RATES,
    WHOLES,
    AppleOpens,
    Counts,
    Portion,
    portion,
)
from mailsight.reports import campaign as campaign_reports
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import frame, navigation
from mailsight.screens.cached import read
from mailsight.screens.dialogs import explained
from mailsight.vocabulary import Audience, NotSentReason, Status
from mailsight.web import addresses, sessions
from mailsight.web.access import Right

from . import dialogs

CARDS = ("sent", "not_sent", "opened", "clicked", "opted_out")
ARROWS = {"up": "↑ ", "down": "↓ ", "": ""}
ESTIMATE_COLOUR = "#9AA3AF"


_LATER = "Its figures appear once sending data is loaded."


def verdict(report: CampaignReport) -> None:
    """How the campaign did, in a sentence or two, and its best link."""
    words = report.verdict
    more = (words.notable, words.link, _LATER if report.campaign.is_planned else "")
    frame.verdict(words.result, " ".join(part for part in more if part))


def other_audience(report: CampaignReport) -> str:
    """What the switch's other choice would show."""
    [other] = [audience for audience in Audience if audience is not report.audience]
    counts = report.other_counts
    if report.counts.reported and report.counts.is_reported("opened"):
        source = formats.plain(report.counts.reported.label)
        return f"{source} doesn't say which opens and clicks machines made, so both show the same."
    return (
        f"*{other.label}* shows {formats.count(counts.opened)} opened and {formats.count(counts.clicked)} clicked for "
        "this campaign."
    )


def audience_note(report: CampaignReport) -> None:
    """Whose opens and clicks the page counts, next to the switch that changes it."""
    if not report.machine_opens and not report.machine_clicks:
        return
    machines = " and ".join(
        formats.things(number, thing)
        for number, thing in ((report.machine_opens, "open"), (report.machine_clicks, "click"))
        if number
    )
    is_human = report.audience is Audience.HUMAN
    text = f"{'People only' if is_human else 'All'} · {machines} by machines {'left out' if is_human else 'included'}"
    st.caption(text, width="content", help=other_audience(report))


def cards(report: CampaignReport) -> None:
    """The five counts. *Not sent* has a button that lists its customers."""
    clicked = row_of_cards(
        [shown_card(report, key) for key in CARDS],
        key=f"cards:{report.campaign.campaign_id}",
        label="Figures",
    )
    if clicked:
        dialogs.open_dialog(*(("not-sent",) if clicked.action == "attention" else ("counted", clicked.card)))


def card(report: CampaignReport, key: str) -> Card:
    """A count with its share, the change from previous campaigns, and its trend.

    *Not sent* also has a button that lists its customers.
    """
    figure, counts, whole = FIGURES[key], report.counts, WHOLES[key]
    counted, change = portion(counts, key) or Portion(0, 0), report.changes.get(key)
    now = counted.rate
    share_text = "" if now is None else f"{formats.rate(counted)} "
    is_known = not counts.unknown & {key, whole}
    return Card(
        key=key,
        label=figure.label,
        value=formats.count(counts.known(key)),
        tip=explained.in_short(report, key),
        change=_arrow(change) if change else "",
        reason=change.reason if change else "",
        before=f"vs {_last(change.campaigns)}" if change else "",
        tone=change.tone if change else "",
        note=f"{share_text}of {formats.count(getattr(counts, whole))} {FIGURES[whole].label.lower()}"
        if is_known
        else "",
        trend=_trend(report, key, now),
        trend_label=f"Share {figure.label.lower()}, {_last(len(report.previous))} and this one",
        attention=_who_and_why() if key == "not_sent" and report.not_sent else "",
        calm=_calm(key, counts),
    )


def _calm(key: str, counts: Counts) -> str:
    """Who reports the count; or that nothing is wrong, if nobody was left out."""
    if counts.reported and counts.is_reported(key):
        return f"{'Not' if key in counts.unknown else 'As'} reported by {counts.reported.label}"
    if key != "not_sent" or counts.not_sent:
        return ""
    return "Nobody was left out" if counts.selected else "Nobody was selected"


def shown_card(report: CampaignReport, key: str) -> Card:
    """The card. That of *Not sent* says *Planned*, which is no problem, until the campaign is sent."""
    shown = card(report, key)
    if key != "not_sent" or not report.campaign.is_planned:
        return shown
    left_out = sum(number for reason, number in report.not_sent.items() if reason is not NotSentReason.OTHER)
    return replace(
        shown,
        label=Status.PLANNED.label,
        tip=(Status.PLANNED.meaning,),
        attention="",
        calm=f"{formats.count(left_out)} will be left out" if left_out else formats.NOT_SENT_YET,
        more=_who_and_why() if left_out else "",
    )


def _who_and_why() -> str:
    """The button that lists the customers of *Not sent*, or only the reasons for people who may not see them."""
    return "Who and why" if sessions.may(Right.CUSTOMERS) else "Why"


def _trend(report: CampaignReport, key: str, now: float | None) -> list[Point]:
    """The card's share in the campaigns before, each a link, and in this one; empty if there is no line to draw."""
    whole = FIGURES[WHOLES[key]].label.lower()
    points = [
        Point(
            rate,
            (
                earlier.name,
                f"{formats.percent(rate)} of {whole}",
                f"Sent {formats.day(earlier.sent_at, navigation.zone())}",
            ),
            addresses.campaign(earlier.campaign_id, report.audience),
        )
        for earlier in report.previous
        if (before := portion(earlier.counts, key)) and (rate := before.rate) is not None
    ]
    if not points or now is None:
        return []
    return [*points, Point(now, ("This campaign", f"{formats.percent(now)} of {whole}"))]


def rates_table(report: CampaignReport) -> None:
    """Opened and clicked: each rate with its formula, counts, interval, and change from previous campaigns."""
    rows = []
    for rate in RATES:
        change = report.changes.get(rate.key)
        rows.append(
            tables.Row(
                rate.key,
                [
                    tables.main(rate.label, rate.formula, aside=rate.name, counted=explained.question(rate)),
                    tables.rate(
                        rate.portion(report.counts),
                        tip=explained.in_short(report, rate.key),
                        interval=False,
                    ),
                    formats.of(*rate.counts(report.counts)),
                    formats.interval(rate.interval(report.counts)),
                    tables.tone(_arrow(change), change.tone, [change.reason]) if change else formats.NOTHING,
                ],
            )
        )
    likely = (
        "The range in which the rate would likely fall with other, similar customers: the Wilson interval of "
        f"{formats.whole_percent(95)}."
    )
    usual_help = _usual_help(report)
    columns = [
        tables.Column("Figure", fit=True),
        tables.Column("Rate"),
        tables.Column("Customers", right=True, fit=True),
        tables.Column(explanations.interval_heading(), right=True, fit=True, help=likely),
        tables.Column(f"vs {_last(len(report.previous))}", right=True, fit=True, help=usual_help),
    ]
    apple = read(campaign_reports.apple_opens, report.campaign.campaign_id)
    if apple.proxied:
        rows.append(_estimate(apple))
    clicked = tables.table(columns, rows, key="rates", label="Opened and clicked")
    if clicked.row:
        dialogs.open_dialog("counted", clicked.row)


def _estimate(apple: AppleOpens) -> tables.Row:
    """The open rate among customers with visible opens, as a row of the rates that is marked as an estimate."""
    tip = explanations.estimate(apple)
    return tables.Row(
        ESTIMATED_COR.key,
        [
            tables.main(
                ESTIMATED_COR.label,
                ESTIMATED_AMONG,
                counted=explained.question(ESTIMATED_COR),
            ),
            tables.rate(apple.estimate, tip=tip, interval=False, colour=ESTIMATE_COLOUR),
            formats.of(apple.estimate.part, apple.estimate.whole),
            formats.interval(apple.estimate.interval),
            formats.NOTHING,
        ],
    )


def machines(report: CampaignReport) -> None:
    """How many opens and clicks machines made, with a button for details."""
    if not report.machine_opens and not report.machine_clicks:
        return
    left_out = "are left out" if report.audience is Audience.HUMAN else "are counted here"
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="made_by_machines"):
        st.markdown(
            f":material/smart_toy: **{formats.of(report.machine_opens, report.all_opens)} opens** and "
            f"**{formats.of(report.machine_clicks, report.all_clicks)} clicks** were made by machines and {left_out}.",
            width="content",
        )
        st.button(
            "See details",
            type="tertiary",
            icon=":material/chevron_right:",
            icon_position="right",
            on_click=dialogs.opener("machines"),
        )


def _last(campaigns: int) -> str:
    return f"last {campaigns}" if campaigns > 1 else "previous"


def _usual_help(report: CampaignReport) -> str:
    """What the column of differences compares with, and what its colours mean."""
    if not report.previous:
        return "There are no previous campaigns to compare with."
    is_young = report.age_hours is not None and report.age_hours < chance.SAME_AGE_HOURS
    age = ", at the same time since send" if is_young else ""
    return (
        f"Difference from the average of the {chance.before_words(len(report.previous))}{age}. In colour if it is more "
        "than chance."
    )


def _arrow(change: chance.Change) -> str:
    """A difference with its direction: "↑ +2.1 pts"."""
    return f"{ARROWS[change.direction]}{formats.points(change.difference)}"
