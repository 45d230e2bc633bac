"""Sections of the campaign list: search, totals, the table, and the bar for comparing campaigns."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from mailsight.components import address, days, tables
from mailsight.components.export_button import export_button
from mailsight.components.paging import Paging
from mailsight.components.search_box import search_box
from mailsight.exports import rows
from mailsight.figures import comparison, explanations, formats, reported
from mailsight.figures.chance import Change
from mailsight.figures.metrics import FIGURES, RATES, Counts, Rate, share
from mailsight.figures.reported import Sales
from mailsight.merging.sample_values import sampled_subject
from mailsight.reports import campaigns as list_reports
from mailsight.reports.campaigns import ListedCampaign, Overview, SearchTotals
from mailsight.reports.search import ROWS_A_PAGE, CampaignSearch, Order
from mailsight.vocabulary import Audience
from mailsight.web import addresses, audit, parameters, sessions
from mailsight.web.access import Right
from mailsight.web.api import tokens as api_tokens
from mailsight.web.audit import Export
from mailsight.web.parameters import Dialog

from . import cached, navigation
from .dialogs import explained, find_customer, tokens

TABLE = "campaigns"  # key of the table
TREND_HOURS = 72
_COUNTS = ("sent", "not_sent", "opted_out")
# Keys of the session: the campaigns ticked for a comparison.
_SELECTED, _LIMIT_REACHED = "campaigns_selected", "campaigns_limit_reached"


@st.fragment
@cached.one_generation()
def campaigns(audience: Audience) -> None:
    """The search, its totals, the table and the compare bar.

    They are a fragment: typing in the search box or ticking a row does not rerun the rest of the page.
    """
    overview = cached.read(list_reports.overview)
    criteria = search(overview.tags, audience)
    results = cached.read(list_reports.search_totals, audience, criteria)
    if criteria.words.strip():
        audit.listed("campaigns", criteria.described(), results.campaigns, search=criteria.words)
    totals(results, overview)
    campaigns_table(results, criteria, audience)
    compare_bar()
    _dialog(results, audience)


def _dialog(results: SearchTotals, audience: Audience) -> None:
    """The dialog in the address, if there is one."""
    match address.value(parameters.LIST_DIALOG):
        case Dialog("counted", key) if key in FIGURES:
            in_short = explanations.in_short(key, results.totals, results.rates.get(key))
            explained.counted(key, in_short, audience)
        case Dialog("find-customer") if audit.may(Right.CUSTOMERS, "dialog find-customer"):
            find_customer.show(audience)
        case Dialog("api-tokens") if audit.may(Right.API, "dialog api-tokens") and api_tokens.may_issue():
            tokens.show()


def find_customer_button() -> None:
    """The button that opens the search for a customer, for people who may see them."""
    if sessions.may(Right.CUSTOMERS):
        st.button(
            "Find a customer",
            icon=":material/person_search:",
            on_click=address.opener(parameters.LIST_DIALOG, "find-customer"),
        )


def tokens_button() -> None:
    """The button that opens a person's API tokens, for people who may have some."""
    if api_tokens.may_issue():
        st.button(
            "API tokens",
            icon=":material/key:",
            on_click=address.opener(parameters.LIST_DIALOG, "api-tokens"),
        )


def search(tags: tuple[str, ...], audience: Audience) -> CampaignSearch:
    """The search box, the date range and the tags. They are in the address, but not words that find no campaign."""

    def finds(words: str) -> bool:
        return cached.read(list_reports.search_totals, audience, CampaignSearch(words)).campaigns > 0

    text_column, date_column, tag_column = st.columns([3, 2, 2])
    with text_column:
        text = search_box(
            "Search name, subject or tag",
            "search",
            shows_label=True,
            parameter=parameters.SEARCH,
            also=[(parameters.PAGE, 1)],
            finds=finds,
        )
    with date_column:
        since, until = days.chosen("Sent", "sent", (parameters.PAGE, 1))
    with tag_column:
        selected_tags, all_tags = _tags(tags)
    return CampaignSearch(text, since, until, selected_tags, all_tags=all_tags)


def _tags(tags: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """The chosen tags, and whether campaigns must have all of them. With one tag, that makes no difference."""
    first_page = (parameters.PAGE, 1)
    chosen = st.multiselect(
        "Tags",
        tags,
        placeholder="All campaigns",
        key="tags",
        on_change=address.follow(
            parameters.TAGS,
            "tags",
            first_page,
            shown=lambda chosen: [tag for tag in chosen if tag in tags],
            chosen=tuple,
        ),
    )
    if len(chosen) < 2:
        return tuple(chosen), False
    match = st.segmented_control(
        "Campaigns with",
        [parameters.ANY_TAG, parameters.ALL_TAGS],
        required=True,
        label_visibility="collapsed",
        key="tag_match",
        help="Campaigns with at least one of these tags, or only those with all of them",
        on_change=address.follow(parameters.TAG_MATCH, "tag_match", first_page),
    )
    return tuple(chosen), match == parameters.ALL_TAGS


def totals(results: SearchTotals, overview: Overview) -> None:
    """The figures of all campaigns in the search results together."""
    with st.container(border=True, key="totals"), st.grid(7, min_column_width=105, gap="small"):
        count = formats.count(results.campaigns)
        with st.container(gap=None, key="total_campaigns"):
            with st.container(key="label_campaigns"):
                st.markdown("Campaigns")
            st.metric(
                "Campaigns",
                count
                if results.campaigns == overview.campaigns
                else f"{count} of {formats.count(overview.campaigns)}",
                label_visibility="collapsed",
            )
        for key in (*_COUNTS[:2], *(rate.key for rate in RATES), _COUNTS[2]):
            _total(key, results)
    if results.reported:
        _sources(results)


def _sources(results: SearchTotals) -> None:
    """Whose figures some of the campaigns have."""
    campaigns = formats.things(results.reported, "campaign")
    sources = ", ".join(reported.label(source) for source in results.sources)
    missing = "These totals leave out what was not reported."
    st.caption(formats.plain(f"The figures of {campaigns} are as reported by {sources}. {missing}"))


def _total(key: str, results: SearchTotals) -> None:
    figure, totals, planned = FIGURES[key], results.totals, results.planned
    portion = results.rates[key] if isinstance(figure, Rate) else None
    with st.container(gap=None, key=f"{'small' if portion and portion.is_small else 'total'}_{key}"):
        in_short = explanations.in_short(key, totals, portion)
        explained.label(key, in_short, address.opener(parameters.LIST_DIALOG, "counted", key))
        value = formats.percent(portion.rate) if portion else formats.count(totals.known(key))
        st.metric(figure.label, value, label_visibility="collapsed")
        if portion and portion.is_small:
            st.caption(formats.interval(portion.interval))
        if key == "not_sent" and planned:
            st.caption(f"and {formats.count(planned)} planned")


def campaigns_table(results: SearchTotals, search: CampaignSearch, audience: Audience) -> None:
    """The campaigns, a page at a time; a click opens one."""
    order = address.value(parameters.SORT)
    paging = Paging("campaigns_page", ROWS_A_PAGE, parameter=parameters.PAGE)
    first = paging.first(results.campaigns)
    campaigns = cached.read(list_reports.page, audience, search, order, first, ROWS_A_PAGE)
    trends = cached.read(
        list_reports.trends, tuple(campaign.campaign_id for campaign in campaigns), audience, TREND_HOURS
    )
    changes = cached.read(list_reports.changes, campaigns, audience)
    tables.table(
        _columns(results),
        [
            _row(campaign, results, trends[campaign.campaign_id], changes[campaign.campaign_id])
            for campaign in campaigns
        ],
        key=TABLE,
        label="Campaigns",
        opens=True,
        sort=(order.key, order.down),
        first=first,
        empty="No campaigns match. Clear the search, the dates or the tags to see more.",
        on_sort=_sort,
        on_tick=_select,
    )
    text = formats.things(results.campaigns, "campaign")
    if results.campaigns > ROWS_A_PAGE:
        text = f"{first + 1:,}–{first + len(campaigns):,} of {text}"
    with paging.footer(text, results.campaigns):
        export_button(
            "campaigns",
            ("campaigns", audience.value),
            partial(rows.campaigns, audience=audience, search=search, order=order),
            Export("campaigns", filters=search.described()),
            right=Right.FIGURES,
        )


def _sort(key: str) -> None:
    """Sort by a column: largest first, names from A to Z. A second click reverses the order."""
    order = address.value(parameters.SORT)
    order = Order(key, not order.down if order.key == key else key != "name")
    address.change((parameters.SORT, order), (parameters.PAGE, 1))


def selected() -> list[str]:
    """The ids of the campaigns selected for comparison, in the order they were selected."""
    return list(st.session_state.get(_SELECTED, []))


def _select(shown: list[str], ticked: list[str]) -> None:
    """Select the ticked ones of the campaigns shown. The selection on other pages stays as it is."""
    ids = [campaign_id for campaign_id in selected() if campaign_id in ticked or campaign_id not in shown]
    ids += [campaign_id for campaign_id in ticked if campaign_id not in ids]
    st.session_state[_SELECTED], st.session_state[_LIMIT_REACHED] = (
        ids[: comparison.MAX_CAMPAIGNS],
        len(ids) > comparison.MAX_CAMPAIGNS,
    )


def _clear() -> None:
    st.session_state[_SELECTED], st.session_state[_LIMIT_REACHED] = [], False


def compare_bar() -> None:
    """The number of selected campaigns, with buttons to compare them and to clear the selection."""
    ids = selected()
    if not ids:
        return
    with (
        st.container(key="compare_bar", border=True),
        st.container(horizontal=True, vertical_alignment="center", gap="small"),
    ):
        text = f"**{formats.things(len(ids), 'campaign')} selected**"
        if st.session_state.get(_LIMIT_REACHED):
            text += f". You can compare up to {comparison.MAX_CAMPAIGNS}: untick one first."
        elif len(ids) == 1:
            text += ". Select another one to compare it with."
        st.markdown(text, width="content")
        navigation.compare_link(ids)
        st.button("Clear", type="tertiary", on_click=_clear, key="clear_selected")


def _columns(results: SearchTotals) -> list[tables.Column]:
    counts = {
        key: tables.Column(FIGURES[key].label, key, FIGURES[key].meaning, right=True, fit=True, sorts=True)
        for key in _COUNTS
    }
    rates = [
        tables.Column(rate.label, rate.key, f"{rate.name}: {rate.formula}", fit=True, sorts=True)
        for rate in RATES
    ]
    return [
        tables.Column("", help="Select to compare", fit=True),
        tables.Column("Campaign", "name", sorts=True),
        tables.Column("Sent on", "sent_at", fit=True, sorts=True, whole=True),
        counts["sent"],
        counts["not_sent"],
        *rates,
        counts["opted_out"],
        *(
            [tables.Column("Revenue", help="As other programs report it", right=True, fit=True)]
            if results.sold
            else []
        ),
        tables.Column("Opens", help=f"Opens per hour in the first {TREND_HOURS} hours", fit=True),
    ]


def _row(
    campaign: ListedCampaign, results: SearchTotals, opens: list[int], changes: Mapping[str, Change]
) -> tables.Row:
    ids = selected()
    return tables.Row(
        campaign.campaign_id,
        [
            tables.tick(
                f"Select {formats.isolated(campaign.name)} to compare",
                ticked=campaign.campaign_id in ids,
                full=len(ids) >= comparison.MAX_CAMPAIGNS,
            ),
            tables.main(
                campaign.name,
                sampled_subject(campaign.subject),
                href=addresses.campaign(campaign.campaign_id, navigation.audience()),
                clip=True,
                aside=campaign.counts.reported.words if campaign.counts.reported else "",
                tags=campaign.tags,
            ),
            _sent_on(campaign),
            _count("sent", campaign.counts, changes),
            f"{formats.count(campaign.counts.not_sent)} planned"
            if campaign.is_planned
            else _count("not_sent", campaign.counts, changes),
            *(
                tables.rate(
                    rate.portion(campaign.counts),
                    of_largest=results.largest[rate.key] or 0.0,
                    tip=explanations.in_short(rate.key, campaign.counts),
                    change=changes.get(rate.key),
                )
                for rate in RATES
            ),
            _count("opted_out", campaign.counts, changes),
            *([_revenue(campaign.sales)] if results.sold else []),
            _trend(opens),
        ],
        chosen=campaign.campaign_id in ids,
    )


def _count(key: str, counts: Counts, changes: Mapping[str, Change]) -> tables.Cell:
    """A count, with an arrow if it raises an alarm."""
    change = changes.get(key)
    alarm = change if change and change.tone == "bad" else None
    return tables.figure(counts.known(key), explanations.in_short(key, counts), alarm)


def _revenue(sales: Sales | None) -> tables.Cell:
    """What the campaign sold, as another program reports it."""
    if sales is None:
        return ""
    shown = (
        formats.money(sales.revenue, sales.currency)
        if sales.revenue is not None
        else explanations.sold(sales)
    )
    return tables.figure(shown, (explanations.sales(sales, navigation.zone()),))


def _trend(opens: list[int]) -> tables.Cell:
    """Opens per hour as a sparkline, with its peak and its first day as a tooltip."""
    peak, first_day = max(opens), sum(opens[:24])
    if not peak:
        return ""
    tip = (
        f"Opens per hour in the first {TREND_HOURS} hours",
        f"Peak: {formats.count(peak)}, {formats.since(opens.index(peak))} after send",
        f"First 24 hours: {formats.of(first_day, sum(opens))} ({formats.percent(share(first_day, sum(opens)))})",
    )
    return tables.trend([share(number, peak) or 0.0 for number in opens], tip=tip)


def _sent_on(campaign: ListedCampaign) -> str:
    if campaign.sent_at:
        return formats.short_moment(campaign.sent_at, navigation.zone())
    return "No date" if campaign.counts.known("sent") != 0 else formats.NOT_SENT_YET
