"""Paths of the pages, and navigation between them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from mailsight.components import address
from mailsight.figures import comparison, formats
from mailsight.settings import PROJECT
from mailsight.vocabulary import Audience
from mailsight.web import access, addresses, parameters, sessions

CAMPAIGNS = str(PROJECT / "pages" / "campaigns.py")
CAMPAIGN = str(PROJECT / "pages" / "campaign.py")
COMPARE = str(PROJECT / "pages" / "compare.py")
CUSTOMER = str(PROJECT / "pages" / "customer.py")
DATA = str(PROJECT / "pages" / "data.py")
AUDIT = str(PROJECT / "pages" / "audit.py")


def pages() -> list[st.Page]:
    """The pages for `st.navigation`. All but the first are opened from another page, so no menu lists them."""
    return [
        st.Page(CAMPAIGNS, title="Campaigns", icon=":material/campaign:", default=True),
        st.Page(CAMPAIGN, title="Campaign", url_path="campaign", visibility="hidden"),
        st.Page(COMPARE, title="Comparison", url_path="compare", visibility="hidden"),
        st.Page(CUSTOMER, title="Customer", url_path="customer", visibility="hidden"),
        st.Page(DATA, title="Data", url_path="data", visibility="hidden"),
        st.Page(AUDIT, title="Audit", url_path="audit", visibility="hidden"),
    ]


def campaign_before() -> str:
    """The id of the campaign from which this page was opened, or an empty string."""
    return address.value(parameters.FROM_CAMPAIGN)


def tab_title(name: str) -> None:
    """Set the title of the browser tab."""
    st.set_page_config(page_title=f"{formats.isolated(name)} · Mailsight")


def shown_id() -> str:
    """The id of the campaign or customer in this page's address."""
    return address.value(parameters.ID)


def campaigns_link(label: str) -> None:
    """A link to the list of campaigns."""
    st.page_link(CAMPAIGNS, label=label, icon=":material/campaign:", query_params=_with_audience({}))


def data_link(label: str = "Data") -> None:
    """A link to the Data page, for people who may see it."""
    if sessions.may(access.PAGES["data"]):
        st.page_link(DATA, label=label, icon=":material/database:", query_params=_with_audience({}))


def audit_link() -> None:
    """A link to the audit, for those who may read it."""
    if sessions.may(access.PAGES["audit"]):
        st.page_link(AUDIT, label="Audit", icon=":material/policy:", query_params=_with_audience({}))


def compare_link(campaign_ids: Sequence[str]) -> None:
    """A link to the comparison of these campaigns; disabled if they are too few."""
    st.page_link(
        COMPARE,
        label="Compare",
        icon=":material/compare_arrows:",
        disabled=len(campaign_ids) < comparison.MIN_CAMPAIGNS,
        query_params=_with_audience({"id": list(campaign_ids)}),
    )


def trail(here: str, campaign: tuple[str, str] | None = None) -> None:
    """Breadcrumbs: the list, the campaign this page was opened from (id, name), and this page.

    They lead to the pages as they were left.
    """
    with st.container(
        horizontal=True, width="content", gap="xsmall", vertical_alignment="center", key="trail"
    ):
        st.page_link(CAMPAIGNS, label="Campaigns", query_params=_with_audience(address.left("")))
        if campaign:
            campaign_id, name = campaign
            query = address.left("campaign", campaign_id) or {"id": [campaign_id]}
            st.page_link(CAMPAIGN, label=formats.plain(name), query_params=_with_audience(query))
        st.caption(formats.plain(here), width="content")


def audience() -> Audience:
    """The audience in this page's address; only people's opens and clicks by default."""
    shown: Audience = address.value(parameters.AUDIENCE)
    return shown


def audience_switch(place: str = "top", *, other: str = "") -> None:
    """The switch between people's and all opens and clicks.

    A page may have several, each with its own `place`; all of them show the address's value. `other`: what the other
    choice would show, for the tooltip.
    """
    key = f"audience:{place}:{shown_id()}"
    # Not `bind="query-params"`: a bound widget leaves its parameter in the addresses of other pages.
    st.segmented_control(
        "Opens and clicks by",
        list(Audience),
        format_func=lambda audience: audience.label,
        required=True,
        help="\n\n".join(
            [*(f"**{audience.label}**: {audience.meaning}" for audience in Audience), other]
        ).strip(),
        key=key,
        on_change=address.follow(parameters.AUDIENCE, key),
    )


def zone() -> str | None:
    """The name of the viewer's time zone, as reported by the browser."""
    return st.context.timezone


def _with_audience(query: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The query, with this page's audience."""
    name = parameters.AUDIENCE.name
    rest = {key: texts for key, texts in query.items() if key != name}
    return rest | addresses.query((parameters.AUDIENCE, audience()))
