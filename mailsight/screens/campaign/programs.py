"""The Mail programs tab: the programs and devices used to open the e-mail and click its links."""

from collections.abc import Sequence

import streamlit as st

from mailsight.charts import patterns as pattern_charts
from mailsight.components import tables
from mailsight.figures import formats
from mailsight.figures.metrics import Portion
from mailsight.reports import patterns
from mailsight.reports.campaign import CampaignReport
from mailsight.reports.patterns import Part
from mailsight.screens.cached import read
from mailsight.vocabulary import Audience, EventType
from mailsight.web.parameters import BY_CUSTOMERS, BY_EVENTS, PROGRAMS_COUNTED, PROGRAMS_KIND

from .tabs import KINDS, LEFT_OUT, STATIC, how_counted, nothing_yet, switch

_EVENT_TYPES = {"Opens": EventType.OPENED, "Clicks": EventType.CLICKED}


def show(report: CampaignReport) -> None:
    """The programs and kinds of devices with which the e-mail or its links were opened."""
    usage = read(patterns.usage, report.campaign.campaign_id, report.audience)
    if not any(used.events for used in usage.values()):
        nothing_yet(report)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="programs_tools"):
        shown = switch("Opens or clicks", PROGRAMS_KIND, list(_EVENT_TYPES), "programs_kind")
        counted = switch("Count by", PROGRAMS_COUNTED, [BY_CUSTOMERS, BY_EVENTS], "programs_counted")
        how_counted("Mail programs and devices")
    used = usage[_EVENT_TYPES[shown]]
    if not used.events:
        st.info(f"No {shown.lower()} yet.", icon=":material/schedule:")
        return
    state = KINDS[shown][1]
    left, right = st.columns([7, 5], gap="medium")
    unit = shown.lower() if counted == BY_EVENTS else "customers"
    titles = (
        ("Mail programs" if shown == "Opens" else "Browsers and mail programs", used.programs),
        ("Devices", used.devices),
    )
    for place, (title, unsorted) in zip((left, right), titles, strict=True):
        parts = patterns.most_used_first(unsorted, "events" if counted == BY_EVENTS else "customers")
        with place:
            st.subheader(title, anchor=False)
            whole = used.events if counted == BY_EVENTS else used.customers
            numbers = [
                (part.name, part.events if counted == BY_EVENTS else part.customers, part.is_apart)
                for part in parts
            ]
            st.plotly_chart(
                pattern_charts.used(numbers, whole, state.colour, unit),
                config=STATIC,
                alt=f"{title}: {unit}",
                key=f"used:{title}:{counted}",
            )
            _parts_table(title, shown, parts, used.events, used.customers)
    left_out = LEFT_OUT if report.machine_opens and report.audience is Audience.HUMAN else ""
    st.caption(
        "Greyed entries don't show what the customer really used. Customers who used several are counted in each, so "
        f"the numbers can add up to more than the total. {left_out}"
    )


def _parts_table(title: str, shown: str, parts: Sequence[Part], events: int, customers: int) -> None:
    columns = [
        tables.Column(title),
        tables.Column("Customers", right=True, fit=True),
        tables.Column("% of customers", right=True, fit=True),
        tables.Column(shown, right=True, fit=True),
        tables.Column(f"% of {shown.lower()}", right=True, fit=True),
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
