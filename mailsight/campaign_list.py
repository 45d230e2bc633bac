"""The parts of the list of campaigns: search, totals, the table."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from . import explanations, export_reads, figures, formats, screens, tables, widgets
from .export_button import export_button
from .metrics import FIGURES, RATES, Counts, Rate
from .reports import CampaignList
from .vocabulary import Audience

ROWS_A_PAGE = 25
_COUNTS = ("sent", "not_sent", "opted_out")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is searched for: words, the days of sending, tags that all must be there."""

    search: str = ""
    since: datetime | None = None
    until: datetime | None = None
    tags: tuple[str, ...] = ()


def search(tags: tuple[str, ...]) -> Wanted:
    """The search box, the date range and the tags, in one line where there is room."""
    words, days, tagged = st.columns([3, 2, 2])
    search = words.text_input(
        "Search",
        placeholder="Search name or subject",
        icon=":material/search:",
        type="search",
        live=True,
        key="search",
    )
    sent = days.date_input("Sent", value=[], format="DD/MM/YYYY", key="sent")
    chosen = tagged.multiselect("Tags", tags, placeholder="All tags", key="tags")
    # While only the first day is chosen, there is no last.
    first, last = (*sent, None, None)[:2]
    return Wanted(search or "", _midnight(first), _midnight(last, days=1), tuple(chosen))


def _midnight(on: date | None, *, days: int = 0) -> datetime | None:
    return datetime.combine(on + timedelta(days=days), time(), formats.zone(screens.zone())) if on else None


def totals(found: CampaignList, audience: Audience) -> None:
    """What the campaigns that were found come to together."""
    with st.container(border=True, key="totals"), st.grid(7, min_column_width=105, gap="small"):
        count = formats.count(len(found.campaigns))
        with st.container(gap=None, key="total_campaigns"):
            with st.container(key="label_campaigns"):
                st.markdown("Campaigns")
            st.metric(
                "Campaigns",
                count
                if len(found.campaigns) == found.loaded
                else f"{count} of {formats.count(found.loaded)}",
                label_visibility="collapsed",
            )
        for key in (*_COUNTS[:2], *(rate.key for rate in RATES), _COUNTS[2]):
            _total(key, found.totals, audience)


def _total(key: str, totals: Counts, audience: Audience) -> None:
    figure = FIGURES[key]
    made_of = figure.portion(totals) if isinstance(figure, Rate) else None
    with st.container(gap=None, key=f"{'small' if made_of and made_of.is_small else 'total'}_{key}"):
        figures.label(key, totals, audience)
        value = formats.percent(made_of.rate) if made_of else formats.count(getattr(totals, key))
        st.metric(figure.label, value, label_visibility="collapsed")
        if made_of and made_of.is_small:
            st.caption(formats.interval(made_of.interval))


def campaigns_table(found: CampaignList, wanted: Wanted, audience: Audience) -> str | None:
    """The campaigns, a page at a time; the id of the one that was clicked."""
    key, down = st.session_state.setdefault("campaigns_sort", ("sent_at", True))
    campaigns = _sorted(found.campaigns, key, down)
    pages = -(-len(campaigns) // ROWS_A_PAGE)
    # The widget stands below the table, its value is needed above.
    page = min(st.session_state.get("campaigns_page", 1), max(pages, 1))
    first = (page - 1) * ROWS_A_PAGE
    largest = {rate.key: campaigns[rate.key].max() for rate in RATES}
    clicked = tables.table(
        _columns(),
        [_row(row, largest) for row in campaigns.iloc[first : first + ROWS_A_PAGE].to_dict("records")],
        key="campaigns",
        label="Campaigns",
        opens=True,
        sort=(key, down),
        empty="No campaign fits this search. Clear the search, the dates or the tags to see more.",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        all_of_them, last = (
            formats.things(len(campaigns), "campaign"),
            min(first + ROWS_A_PAGE, len(campaigns)),
        )
        st.caption(f"{first + 1:,}–{last:,} of {all_of_them}" if pages > 1 else all_of_them, width="content")
        if pages > 1:
            st.pagination(pages, key="campaigns_page")
        export_button(
            "campaigns",
            ("campaigns", audience.value),
            partial(
                export_reads.campaigns,
                widgets.warehouse(),
                audience,
                search=wanted.search,
                since=wanted.since,
                until=wanted.until,
                tags=wanted.tags,
                sort=(key, down),
            ),
            about=f"All {all_of_them} of this list, with every count and rate. {audience.meaning}",
        )
    if clicked.sort:
        # A column goes down first, the largest on top; only names start with A.
        st.session_state["campaigns_sort"] = (
            clicked.sort,
            not down if clicked.sort == key else clicked.sort != "name",
        )
        st.rerun()
    return clicked.row


def _columns() -> list[tables.Column]:
    counts = {
        key: tables.Column(FIGURES[key].label, key, FIGURES[key].meaning, right=True, fit=True, sorts=True)
        for key in _COUNTS
    }
    rates = [
        tables.Column(rate.label, rate.key, f"{rate.name}: {rate.formula}", fit=True, sorts=True)
        for rate in RATES
    ]
    return [
        tables.Column("Campaign", "name", sorts=True),
        tables.Column("Sent on", "sent_at", fit=True, sorts=True, whole=True),
        counts["sent"],
        counts["not_sent"],
        *rates,
        counts["opted_out"],
    ]


def _row(row: dict[Hashable, Any], largest: dict[str, float]) -> tables.Row:
    campaign_id, counts = str(row["campaign_id"]), Counts.of({str(name): row[name] for name in row})
    return tables.Row(
        campaign_id,
        [
            tables.main(
                str(row["name"]),
                "" if pd.isna(row["subject"]) else row["subject"],
                href=screens.campaign_address(campaign_id),
                clip=True,
                tags=row["tags"],
            ),
            _when(row),
            *(_count(key, counts) for key in _COUNTS[:2]),
            *(
                tables.rate(
                    rate.portion(counts),
                    of_largest=largest[rate.key],
                    tip=explanations.in_short(rate.key, counts),
                )
                for rate in RATES
            ),
            _count("opted_out", counts),
        ],
    )


def _count(key: str, counts: Counts) -> tables.Cell:
    return tables.figure(getattr(counts, key), explanations.in_short(key, counts))


def _when(row: dict[Hashable, Any]) -> str:
    if not pd.isna(row["sent_at"]):
        return formats.short_moment(row["sent_at"], screens.zone())
    return "No date" if row["sent"] else formats.NOT_SENT_YET


def _sorted(campaigns: pd.DataFrame, key: str, down: bool) -> pd.DataFrame:
    """Missing figures stand last, whichever way it goes; equal ones keep the order of the report, newest first."""
    by_name = (lambda names: names.str.lower()) if key == "name" else None
    if key == "sent_at" and down:
        return campaigns
    return campaigns.sort_values(key, ascending=not down, kind="stable", na_position="last", key=by_name)
