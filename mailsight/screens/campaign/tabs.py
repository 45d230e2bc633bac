"""The tabs that look at a campaign in time and by where it is read: Timeline, Weekday and hour, Mailbox providers, Mail
programs. Each reads only when it is open."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd
import streamlit as st

from mailsight.charts import patterns as pattern_charts
from mailsight.charts import status as charts
from mailsight.components import tables
from mailsight.figures import explanations, formats
from mailsight.figures.metrics import COR, CTR, Portion
from mailsight.reports import campaign as reports
from mailsight.reports import patterns
from mailsight.reports.campaign import CampaignReport
from mailsight.reports.patterns import BounceCount, MailboxProvider, Part
from mailsight.screens import navigation as screens
from mailsight.screens.frame import read
from mailsight.vocabulary import Audience, EventType, Status

_PERIODS = {"First day": 24, "First 3 days": 72, "First 2 weeks": 336, "All": None}
# The table under the timeline tells how far it was after these hours.
_AFTER = (1, 3, 6, 12, 24, 48, 72, 168, 336)
_EVENTS, _CUSTOMERS = "Opens and clicks", "Customers"
_HOURLY, _CUMULATIVE = "Per hour", "Added up"
_KINDS = {"Opens": ("opens", Status.OPENED), "Clicks": ("clicks", Status.CLICKED)}
_USED = {"Opens": EventType.OPENED, "Clicks": EventType.CLICKED}
_LEFT_OUT = (
    "Opens by machines are left out, Apple Mail's own among them: where many read with it, as at iCloud, fewer opens "
    "are seen. *All* shows them."
)
_STATIC = {"displayModeBar": False}


def timeline(report: CampaignReport) -> None:
    """Opens and clicks, or the customers who made them, in each hour since sending or from the beginning on."""
    hours = read(reports.timeline, report.campaign.campaign_id, report.audience)
    if hours.empty:
        _nothing_yet(report)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="timeline_tools"):
        period = _switch("Period", list(_PERIODS), "First 3 days", "period")
        counted = _switch("What is counted", [_EVENTS, _CUSTOMERS], _EVENTS, "timeline_counted")
        way = _switch("How it is drawn", [_HOURLY, _CUMULATIVE], _HOURLY, "timeline_way")
        _how_counted("Opens and clicks over time")
    until = _PERIODS[period]
    of: Literal["events", "customers"] = "customers" if counted == _CUSTOMERS else "events"
    st.plotly_chart(
        charts.timeline(hours, until, of=of, cumulative=way == _CUMULATIVE),
        config=_STATIC,
        alt=f"{counted} since sending, {way.lower()}",
        key="timeline",
    )
    _so_far(hours, of)


def _so_far(hours: pd.DataFrame, of: Literal["events", "customers"]) -> None:
    """How much of it all had happened some time after sending."""
    columns = {"events": ("opens", "clicks"), "customers": ("opened", "clicked")}[of]
    labels = {"events": ("Opens", "Clicks"), "customers": ("Opened", "Clicked")}[of]
    last = int(hours["hour"].max()) + 1
    steps = [*(after for after in _AFTER if after < last), last]
    rows = []
    for after in steps:
        past = hours[hours["hour"] < after]
        cells: list[tables.Cell] = [
            f"After {formats.since(after)}" if after != last else f"All, up to {formats.since(last)}"
        ]
        for column, colour in zip(columns, (Status.OPENED.colour, Status.CLICKED.colour), strict=True):
            made_of = Portion(int(past[column].sum()), int(hours[column].sum()))
            cells += [
                formats.count(made_of.part),
                tables.bar(made_of.rate, colour=colour),
            ]
        rows.append(tables.Row(str(after), cells))
    heads = [
        tables.Column("Since sending", fit=True, whole=True),
        tables.Column(labels[0], right=True, fit=True),
        tables.Column(f"of all {labels[0].lower() if of == 'events' else 'who opened'}"),
        tables.Column(labels[1], right=True, fit=True),
        tables.Column(f"of all {labels[1].lower() if of == 'events' else 'who clicked'}"),
    ]
    tables.table(heads, rows, key="timeline_counts", label="How much had happened after sending")


def week(report: CampaignReport) -> None:
    """When in the week customers open and click, by the clocks where they are."""
    found = read(
        patterns.week, report.campaign.campaign_id, report.audience, formats.zone(screens.zone()).key
    )
    if not found.hours[["opens", "clicks"]].to_numpy().any():
        _nothing_yet(report)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="week_tools"):
        shown = _switch("What is shown", list(_KINDS), "Opens", "week_kind")
        _how_counted("Weekday and hour")
    column, state = _KINDS[shown]
    whole = int(found.hours[column].sum())
    if not whole:
        st.info(f"No {column} yet.", icon=":material/schedule:")
        return
    busiest = max(found.hours.to_dict("records"), key=lambda row: int(row[column]))
    made_of = Portion(int(busiest[column]), whole)
    st.markdown(
        f"Most {column} came on **{pattern_charts.WEEKDAYS[int(busiest['weekday'])]} between "
        f"{int(busiest['hour']):02}:00 and {int(busiest['hour']) + 1:02}:00**: "
        f"{formats.of(made_of.part, made_of.whole)} ({formats.percent(made_of.rate)})."
    )
    st.plotly_chart(
        pattern_charts.week(found.hours, column, state.colour),
        config=_STATIC,
        alt=f"{shown} by weekday and hour, in the customers' time",
        key=f"week:{column}",
    )
    st.caption(_whose_time(found))
    _week_table(found.hours, column)


def _whose_time(found: patterns.Week) -> str:
    """For how many opens and clicks the customer's time is known, and how."""
    whole = found.by_customer + found.by_country + found.by_viewer
    parts = [
        (found.by_customer, "by the customer's own time zone"),
        (found.by_country, "by that of most people in their country"),
        (found.by_viewer, f"by yours ({formats.zone(screens.zone()).key}), for want of both"),
    ]
    said = ", ".join(f"{formats.count(number)} {words}" for number, words in parts if number)
    return f"In the customers' own time. Of {formats.count(whole)} opens and clicks: {said}."


def _week_table(hours: pd.DataFrame, column: str) -> None:
    counts = {(row["weekday"], row["hour"]): row[column] for row in hours.to_dict("records")}
    with st.expander("Exact counts"):
        columns = [tables.Column("Hour", fit=True)] + [
            tables.Column(day[:3], right=True, fit=True) for day in (*pattern_charts.WEEKDAYS, "All")
        ]
        rows = []
        for hour in range(24):
            there = [int(counts[day, hour]) for day in range(7)]
            rows.append(
                tables.Row(
                    str(hour),
                    [f"{hour:02}:00", *(formats.count(number) for number in (*there, sum(there)))],
                    quiet=not any(there),
                )
            )
        each = [sum(int(counts[day, hour]) for hour in range(24)) for day in range(7)]
        rows.append(tables.Row("all", ["All", *(formats.count(number) for number in (*each, sum(each)))]))
        tables.table(
            columns, rows, key=f"week_counts:{column}", label="Counts per weekday and hour", stacks=False
        )


def mailbox_providers(report: CampaignReport) -> None:
    """How the mail fared at each mailbox provider; a click on one tells why mail to it bounced."""
    campaign_id = report.campaign.campaign_id
    found = read(patterns.mailbox_providers, campaign_id, report.audience)
    if not found:
        st.info("This campaign has selected nobody yet.", icon=":material/group_off:")
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(
            "How far the mails came at each provider. Click a provider to see why mail to it bounced.",
            width="content",
        )
        _how_counted("Mailbox providers")
    sent = [one for one in found if one.counts.sent]
    if sent:
        st.plotly_chart(
            pattern_charts.providers([(one.name, dict(one.status)) for one in sent]),
            config=_STATIC,
            alt="Status of messages by mailbox provider",
            key="mailboxes",
        )
    key = f"mailboxes:{campaign_id}"
    chosen = next((one for one in found if one.name == st.session_state.get(key)), None)
    largest = {
        rate.key: max((rate.rate(one.counts) or 0.0 for one in found), default=0.0) for rate in (COR, CTR)
    }
    clicked = tables.table(
        _MAILBOX_COLUMNS,
        [_mailbox_row(one, largest, chosen=one is chosen) for one in found],
        key="mailbox_providers",
        label="Mailbox providers",
        opens=True,
    )
    if clicked.row:
        st.session_state[key] = None if chosen and chosen.name == clicked.row else clicked.row
        st.rerun()
    if report.machine_opens and report.audience is Audience.HUMAN:
        st.caption(_LEFT_OUT)
    if chosen:
        names = tuple(one.name for one in found)
        reasons = read(patterns.bounce_reasons, campaign_id, names).get(chosen.name, ())
        _bounces(chosen, reasons)


_MAILBOX_COLUMNS = [
    tables.Column("Provider", whole=True),
    tables.Column("Sent", right=True, fit=True),
    tables.Column("Delivered"),
    tables.Column("Hard bounces", right=True, fit=True, help="Undeliverable, for good"),
    tables.Column("Soft bounces", right=True, fit=True, help="Undeliverable, for now: worth another try"),
    tables.Column("Not sent", right=True, fit=True),
    tables.Column("COR", help=f"{COR.name}: {COR.formula}"),
    tables.Column("CTR", help=f"{CTR.name}: {CTR.formula}"),
]


def _mailbox_row(one: MailboxProvider, largest: Mapping[str, float], *, chosen: bool) -> tables.Row:
    counts, domains = one.counts, ", ".join(one.domains)
    more = f" and {formats.count(one.domains_more)} more" if one.domains_more else ""
    delivered = Portion(counts.delivered, counts.sent)
    return tables.Row(
        one.name,
        [
            tables.main(one.name, f"{domains}{more}" if domains != one.name else ""),
            formats.count(counts.sent),
            _rate(delivered, "delivered ÷ sent", Status.RECEIVED),
            formats.count(one.hard),
            formats.count(one.soft),
            formats.count(counts.not_sent),
            _rate(COR.portion(counts), COR.formula, Status.OPENED, largest["cor"]),
            _rate(CTR.portion(counts), CTR.formula, Status.CLICKED, largest["ctr"]),
        ],
        chosen=chosen,
    )


def _rate(made_of: Portion, formula: str, state: Status, largest: float = 1.0) -> tables.Cell:
    words = (formula, f"{formats.of(made_of.part, made_of.whole)} customers", *explanations.likely(made_of))
    return tables.rate(made_of, of_largest=largest, colour=state.colour, tip=words)


def _bounces(provider: MailboxProvider, reasons: Sequence[BounceCount]) -> None:
    """Why the mails to one provider bounced."""
    undeliverable = provider.counts.undeliverable
    st.markdown(f"**{formats.plain(provider.name)}: why {formats.things(undeliverable, 'mail')} bounced**")
    rows = [
        tables.Row(
            one.reason.label,
            [
                tables.main(one.reason.label, one.reason.meaning),
                tables.rate(
                    made_of := Portion(one.customers, undeliverable),
                    text=f"{formats.count(one.customers)} · {formats.percent(made_of.rate)}",
                    colour=Status.NOT_RECEIVED.colour,
                ),
                formats.count(one.hard),
                formats.count(one.soft),
                tables.noted("", one.example),
            ],
        )
        for one in reasons
    ]
    columns = [
        tables.Column("Reason", whole=True),
        tables.Column("Undeliverable"),
        tables.Column("Hard", right=True, fit=True),
        tables.Column("Soft", right=True, fit=True),
        tables.Column("For example", whole=True),
    ]
    tables.table(
        columns,
        rows,
        key="bounce_reasons",
        label=f"Bounces at {provider.name}",
        empty="No mail to this provider bounced.",
    )


def mail_programs(report: CampaignReport) -> None:
    """The programs and kinds of devices with which the mail was opened, and its links."""
    found = read(patterns.used, report.campaign.campaign_id, report.audience)
    if not any(one.events for one in found.values()):
        _nothing_yet(report)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="programs_tools"):
        shown = _switch("What is shown", list(_USED), "Opens", "programs_kind")
        counted = _switch("What is counted", [_CUSTOMERS, "Events"], _CUSTOMERS, "programs_counted")
        _how_counted("Mail programs and devices")
    one = found[_USED[shown]]
    if not one.events:
        st.info(f"No {shown.lower()} yet.", icon=":material/schedule:")
        return
    state = _KINDS[shown][1]
    left, right = st.columns([7, 5], gap="medium")
    what = shown.lower() if counted == "Events" else "customers"
    titles = (
        ("Mail programs" if shown == "Opens" else "Browsers and mail programs", one.programs),
        ("Devices", one.devices),
    )
    for place, (title, parts) in zip((left, right), titles, strict=True):
        with place:
            st.markdown(f"**{title}**")
            whole = one.events if counted == "Events" else one.customers
            numbers = [
                (part.name, part.events if counted == "Events" else part.customers, part.is_apart)
                for part in parts
            ]
            st.plotly_chart(
                pattern_charts.used(numbers, whole, state.colour, what),
                config=_STATIC,
                alt=f"{title}: {what}",
                key=f"used:{title}:{counted}",
            )
            _parts_table(title, shown, parts, one.events, one.customers)
    left_out = _LEFT_OUT if report.machine_opens and report.audience is Audience.HUMAN else ""
    st.caption(
        "In grey: what tells nothing of what people use. A customer who used several counts in each, so customers "
        f"may add up to more than all. {left_out}"
    )


def _parts_table(title: str, shown: str, parts: Sequence[Part], events: int, customers: int) -> None:
    columns = [
        tables.Column(title),
        tables.Column("Customers", right=True, fit=True),
        tables.Column("of all", right=True, fit=True),
        tables.Column(shown, right=True, fit=True),
        tables.Column("of all", right=True, fit=True),
    ]
    rows = [
        tables.Row(
            part.name,
            [
                part.name,
                formats.count(part.customers),
                formats.percent(Portion(part.customers, customers).rate),
                formats.count(part.events),
                formats.percent(Portion(part.events, events).rate),
            ],
            quiet=part.is_apart,
        )
        for part in parts
    ]
    tables.table(columns, rows, key=f"used_counts:{title}", label=f"{title}: counts", stacks=False)


def _switch(label: str, options: list[str], default: str, key: str) -> str:
    return (
        st.segmented_control(
            label, options, default=default, required=True, label_visibility="collapsed", key=key
        )
        or default
    )


def _nothing_yet(report: CampaignReport) -> None:
    st.info(
        "Nobody has opened or clicked yet." if report.counts.sent else "Not sent yet.",
        icon=":material/schedule:",
    )


def _how_counted(title: str) -> None:
    if st.button("How is this counted?", icon=":material/help:", type="tertiary", key=f"counted:{title}"):
        _explained(title)


@st.dialog("How is this counted?", width="medium", icon=":material/calculate:")
def _explained(title: str) -> None:
    """A section of docs/metrics.md."""
    section = explanations.section(title)
    st.markdown(f"**{section.title}**")
    st.markdown(section.text)
