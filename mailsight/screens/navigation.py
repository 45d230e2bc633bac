"""Paths of the pages, and navigation between them."""

from collections.abc import Sequence
from typing import Literal, NoReturn

import streamlit as st

from mailsight.figures import formats
from mailsight.settings import PROJECT
from mailsight.vocabulary import Audience
from mailsight.web import addresses

CAMPAIGNS = str(PROJECT / "pages" / "campaigns.py")
CAMPAIGN = str(PROJECT / "pages" / "campaign.py")
COMPARE = str(PROJECT / "pages" / "compare.py")
CUSTOMER = str(PROJECT / "pages" / "customer.py")
DATA = str(PROJECT / "pages" / "data.py")
# A tab of the Data page.
REJECTED_ROWS = "Rejected rows"


def pages() -> list[st.Page]:
    """The pages for `st.navigation`. All but the first are opened from another page, so no menu lists them."""
    return [
        st.Page(CAMPAIGNS, title="Campaigns", icon=":material/campaign:", default=True),
        st.Page(CAMPAIGN, title="Campaign", url_path="campaign", visibility="hidden"),
        st.Page(COMPARE, title="Comparison", url_path="compare", visibility="hidden"),
        st.Page(CUSTOMER, title="Customer", url_path="customer", visibility="hidden"),
        st.Page(DATA, title="Data", url_path="data", visibility="hidden"),
    ]


def campaign_before() -> str:
    """The id of the campaign from which this page was opened, or an empty string."""
    return str(st.query_params.get("campaign", ""))


def tab_title(name: str) -> None:
    """Set the title of the browser tab."""
    st.set_page_config(page_title=f"{formats.isolated(name)} · Mailsight")


def shown_id(kind: Literal["campaign", "customer"]) -> str:
    """The id of the campaign or customer in this page's URL.

    `st.switch_page` adds a history entry with the previous page's path but the next page's parameters. The parameters
    therefore include the previous page's id, so that the browser's Back button shows the right campaign or customer.
    """
    return str(st.query_params.get(kind) or st.query_params.get("id", ""))


def open_campaign(campaign_id: str, customer_id: str | None = None, compared: Sequence[str] = ()) -> NoReturn:
    """Open the campaign's page from the list, a customer's page or a comparison."""
    before = {} if customer_id is None else {"customer": customer_id}
    beside = {"compare": list(compared)} if compared else {}
    st.switch_page(CAMPAIGN, query_params={**_parameters(campaign_id), **before, **beside})


def open_customer(customer_id: str, campaign_id: str) -> NoReturn:
    """Open the customer's page, with a link back to the campaign."""
    st.switch_page(CUSTOMER, query_params=_parameters(customer_id) | {"campaign": campaign_id})


def open_comparison(campaign_ids: Sequence[str]) -> NoReturn:
    """Open the comparison of these campaigns; its URL contains their ids."""
    st.switch_page(COMPARE, query_params={"id": list(campaign_ids), **_audience_parameter()})


def compared_ids() -> list[str]:
    """The campaign ids in this page's URL, duplicates included. After Back they are in `compare` (see `shown_id`)."""
    ids = st.query_params.get_all("compare") or st.query_params.get_all("id")
    return [campaign_id for campaign_id in ids if campaign_id]


def data_link(label: str = "Data") -> None:
    """A link to the Data page."""
    st.page_link(DATA, label=label, icon=":material/database:", query_params=_audience_parameter())


def trail(here: str, campaign: tuple[str, str] | None = None) -> None:
    """Breadcrumbs: the list, the campaign this page was opened from (id, name), and this page."""
    with st.container(
        horizontal=True, width="content", gap="xsmall", vertical_alignment="center", key="trail"
    ):
        st.page_link(CAMPAIGNS, label="Campaigns", query_params=_audience_parameter())
        if campaign:
            st.page_link(CAMPAIGN, label=formats.plain(campaign[1]), query_params=_parameters(campaign[0]))
        st.caption(formats.plain(here), width="content")


def audience() -> Audience:
    """The audience in this page's URL; only people's opens and clicks by default."""
    return Audience.ALL if st.query_params.get("audience") == Audience.ALL else Audience.HUMAN


def audience_switch(place: str = "top", *, other: str = "") -> None:
    """The switch between people's and all opens and clicks. It is part of the URL, so shared links keep it.

    A page may have several, each with its own `place`; all of them show the URL's value. `other`: what the other choice
    would show, for the tooltip.
    """
    key = f"audience:{place}:{st.query_params.get('id', '')}"

    def write_to_url() -> None:
        if st.session_state[key] is Audience.ALL:
            st.query_params["audience"] = Audience.ALL.value
        else:
            st.query_params.pop("audience", None)

    st.session_state[key] = audience()
    # Not `bind="query-params"`: a bound widget leaves its parameter in the URLs of other pages.
    st.segmented_control(
        "Opens and clicks by",
        list(Audience),
        format_func=lambda audience: audience.label,
        required=True,
        help="\n\n".join(
            [*(f"**{audience.label}**: {audience.meaning}" for audience in Audience), other]
        ).strip(),
        key=key,
        on_change=write_to_url,
    )


def remember(item_id: str, *keys: str) -> None:
    """Keep the values of widgets without `persist_state` while another page is shown.

    Values are kept separately for each campaign or customer (`item_id`). Call this before the widgets are created.
    """
    values = st.session_state.setdefault("remembered", {})
    for key in keys:
        if key in st.session_state:
            values[item_id, key] = st.session_state[key]
        elif (item_id, key) in values:
            st.session_state[key] = values[item_id, key]


def zone() -> str | None:
    """The name of the viewer's time zone, as reported by the browser."""
    return st.context.timezone


def _parameters(shown_id: str) -> dict[str, str]:
    return addresses.parameters(shown_id, audience())


def _audience_parameter() -> dict[str, str]:
    return addresses.audience_parameter(audience())
