"""The parts of the list of campaigns: search, totals, the table, what was chosen to be compared."""

from datetime import date, datetime, time, timedelta
from functools import partial

import streamlit as st

from mailsight.components import tables
from mailsight.components.export_button import export_button
from mailsight.components.paging import Paging
from mailsight.components.search_box import search_box
from mailsight.exports import rows
from mailsight.figures import comparison, explanations, formats
from mailsight.figures.metrics import FIGURES, RATES, Counts, Rate, share
from mailsight.reports import campaigns as list_reports
from mailsight.reports.campaigns import ListedCampaign, Overview, SearchTotals
from mailsight.reports.search import NEWEST_FIRST, ROWS_A_PAGE, CampaignSearch, Order
from mailsight.vocabulary import Audience
from mailsight.web import addresses

from . import cached, navigation
from .dialogs import explained

TABLE = "campaigns"  # its key
TREND_HOURS = 72
_COUNTS = ("sent", "not_sent", "opted_out")
# What is kept of the list while its session lasts.
_ORDER, _TURNED = "campaigns_order", "campaigns_turned"
_CHOSEN, _REFUSED = "campaigns_chosen", "campaigns_refused"


@st.fragment
@cached.one_generation()
def campaigns(audience: Audience) -> None:
    """The search, what was found together, the table and what is chosen of it.

    They are a part by themselves: a letter in the search or a tick in the table makes nothing else of the page again.
    """
    if opened := tables.clicked(TABLE).row:
        navigation.open_campaign(opened)
    loaded = cached.read(list_reports.overview)
    wanted = search(loaded.tags)
    found = cached.read(list_reports.search_totals, audience, wanted)
    totals(found, loaded, audience)
    campaigns_table(found, wanted, audience)
    compare_bar()


def search(tags: tuple[str, ...]) -> CampaignSearch:
    """The search box, the date range and the tags, in one line where there is room. They are as they were left."""
    words, days, tagged = st.columns([3, 2, 2])
    with words:
        wanted = search_box(
            "Search name or subject", "search", shows_label=True, kept=True, on_change=_first_page
        )
    sent = days.date_input(
        "Sent", value=[], format="DD/MM/YYYY", key="sent", on_change=_first_page, persist_state="session"
    )
    chosen = tagged.multiselect(
        "Tags", tags, placeholder="All tags", key="tags", on_change=_first_page, persist_state="session"
    )
    # While only the first day is chosen, there is no last.
    first, last = (*sent, None, None)[:2]
    return CampaignSearch(wanted, _midnight(first), _midnight(last, days=1), tuple(chosen))


def _first_page() -> None:
    """What is found anew is shown from its first page on: by pages of their own, which nobody has turned yet."""
    st.session_state[_TURNED] = st.session_state.get(_TURNED, 0) + 1


def _midnight(on: date | None, *, days: int = 0) -> datetime | None:
    return (
        datetime.combine(on + timedelta(days=days), time(), formats.zone(navigation.zone())) if on else None
    )


def totals(found: SearchTotals, loaded: Overview, audience: Audience) -> None:
    """What the campaigns that were found come to together."""
    with st.container(border=True, key="totals"), st.grid(7, min_column_width=105, gap="small"):
        count = formats.count(found.campaigns)
        with st.container(gap=None, key="total_campaigns"):
            with st.container(key="label_campaigns"):
                st.markdown("Campaigns")
            st.metric(
                "Campaigns",
                count
                if found.campaigns == loaded.campaigns
                else f"{count} of {formats.count(loaded.campaigns)}",
                label_visibility="collapsed",
            )
        for key in (*_COUNTS[:2], *(rate.key for rate in RATES), _COUNTS[2]):
            _total(key, found.totals, audience)


def _total(key: str, totals: Counts, audience: Audience) -> None:
    figure = FIGURES[key]
    made_of = figure.portion(totals) if isinstance(figure, Rate) else None
    with st.container(gap=None, key=f"{'small' if made_of and made_of.is_small else 'total'}_{key}"):
        explained.label(key, totals, audience)
        value = formats.percent(made_of.rate) if made_of else formats.count(getattr(totals, key))
        st.metric(figure.label, value, label_visibility="collapsed")
        if made_of and made_of.is_small:
            st.caption(formats.interval(made_of.interval))


def campaigns_table(found: SearchTotals, search: CampaignSearch, audience: Audience) -> None:
    """The campaigns, a page at a time; a click opens one."""
    order: Order = st.session_state.setdefault(_ORDER, NEWEST_FIRST)
    paging = Paging(f"campaigns_page:{st.session_state.get(_TURNED, 0)}", ROWS_A_PAGE, kept=True)
    first = paging.first(found.campaigns)
    campaigns = cached.read(list_reports.page, audience, search, order, first, ROWS_A_PAGE)
    trends = cached.read(
        list_reports.trends, tuple(one.campaign_id for one in campaigns), audience, TREND_HOURS
    )
    tables.table(
        _columns(),
        [_row(one, found, trends[one.campaign_id]) for one in campaigns],
        key=TABLE,
        label="Campaigns",
        opens=True,
        sort=(order.key, order.down),
        empty="No campaign fits this search. Clear the search, the dates or the tags to see more.",
        on_sort=_sort,
        on_tick=_choose,
    )
    words = formats.things(found.campaigns, "campaign")
    if found.campaigns > ROWS_A_PAGE:
        words = f"{first + 1:,}–{first + len(campaigns):,} of {words}"
    with paging.foot(words, found.campaigns):
        export_button(
            "campaigns",
            ("campaigns", audience.value),
            partial(rows.campaigns, audience=audience, search=search, order=order),
        )


def _sort(key: str) -> None:
    """A column goes down first, the largest on top; only names start with A. A second click turns it round."""
    order: Order = st.session_state[_ORDER]
    st.session_state[_ORDER] = Order(key, not order.down if order.key == key else key != "name")
    _first_page()


def chosen() -> list[str]:
    """The campaigns that are chosen to be compared, in the order in which they were."""
    return list(st.session_state.get(_CHOSEN, []))


def _choose(shown: list[str], ticked: list[str]) -> None:
    """Takes over which of the campaigns shown are ticked; those of other pages stay as they are."""
    known = [one for one in chosen() if one in ticked or one not in shown]
    known += [one for one in ticked if one not in known]
    st.session_state[_CHOSEN], st.session_state[_REFUSED] = (
        known[: comparison.MAX_CAMPAIGNS],
        len(known) > comparison.MAX_CAMPAIGNS,
    )


def _clear() -> None:
    st.session_state[_CHOSEN], st.session_state[_REFUSED] = [], False


def compare_bar() -> None:
    """How many campaigns are chosen, the way to see them side by side, and the way to choose none."""
    ids = chosen()
    if not ids:
        return
    with (
        st.container(key="compare_bar", border=True),
        st.container(horizontal=True, vertical_alignment="center", gap="small"),
    ):
        words = f"**{formats.things(len(ids), 'campaign')} chosen**"
        if st.session_state.get(_REFUSED):
            words += f": {comparison.MAX_CAMPAIGNS} are the most that can be compared. Untick one first."
        elif len(ids) == 1:
            words += ": choose another one to compare it with."
        st.markdown(words, width="content")
        if st.button(
            "Compare",
            type="primary",
            icon=":material/compare_arrows:",
            disabled=len(ids) < comparison.MIN_CAMPAIGNS,
            key="compare",
        ):
            navigation.open_comparison(ids)
        st.button("Clear", type="tertiary", on_click=_clear, key="clear_chosen")


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
        tables.Column("", help="Choose to compare", fit=True),
        tables.Column("Campaign", "name", sorts=True),
        tables.Column("Sent on", "sent_at", fit=True, sorts=True, whole=True),
        counts["sent"],
        counts["not_sent"],
        *rates,
        counts["opted_out"],
        tables.Column("Opens", help=f"Opens per hour in the first {TREND_HOURS} hours", fit=True),
    ]


def _row(one: ListedCampaign, found: SearchTotals, opens: list[int]) -> tables.Row:
    ids = chosen()
    return tables.Row(
        one.campaign_id,
        [
            tables.tick(
                f"Choose {one.name} to compare",
                ticked=one.campaign_id in ids,
                full=len(ids) >= comparison.MAX_CAMPAIGNS,
            ),
            tables.main(
                one.name,
                one.subject or "",
                href=addresses.campaign(one.campaign_id, navigation.audience()),
                clip=True,
                tags=one.tags,
            ),
            _when(one),
            *(_count(key, one.counts) for key in _COUNTS[:2]),
            *(
                tables.rate(
                    rate.portion(one.counts),
                    of_largest=found.largest[rate.key] or 0.0,
                    tip=explanations.in_short(rate.key, one.counts),
                )
                for rate in RATES
            ),
            _count("opted_out", one.counts),
            _trend(opens),
        ],
        chosen=one.campaign_id in ids,
    )


def _count(key: str, counts: Counts) -> tables.Cell:
    return tables.figure(getattr(counts, key), explanations.in_short(key, counts))


def _trend(opens: list[int]) -> tables.Cell:
    """The opens in each hour as a line, and in words what one sees in it."""
    most, day = max(opens), sum(opens[:24])
    if not most:
        return ""
    words = (
        f"Opens per hour in the first {TREND_HOURS} hours",
        f"{formats.count(most)} at most, {formats.since(opens.index(most))} after sending",
        f"{formats.of(day, sum(opens))} in the first 24 hours ({formats.percent(share(day, sum(opens)))})",
    )
    return tables.trend([share(number, most) or 0.0 for number in opens], tip=words)


def _when(one: ListedCampaign) -> str:
    if one.sent_at:
        return formats.short_moment(one.sent_at, navigation.zone())
    return "No date" if one.counts.sent else formats.NOT_SENT_YET
