"""Where the screens are, and the ways between them."""

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
# A tab of the page Data.
REFUSED_ROWS = "Refused rows"


def pages() -> list[st.Page]:
    """The pages for `st.navigation`. Each but the first is opened from somewhere, so no menu lists them."""
    return [
        st.Page(CAMPAIGNS, title="Campaigns", icon=":material/campaign:", default=True),
        st.Page(CAMPAIGN, title="Campaign", url_path="campaign", visibility="hidden"),
        st.Page(COMPARE, title="Comparison", url_path="compare", visibility="hidden"),
        st.Page(CUSTOMER, title="Customer", url_path="customer", visibility="hidden"),
        st.Page(DATA, title="Data", url_path="data", visibility="hidden"),
    ]


def campaign_before() -> str:
    """The id of the campaign from which this page was opened; empty when it was opened otherwise."""
    return str(st.query_params.get("campaign", ""))


def tab_title(name: str) -> None:
    """The browser's tab says what this page is about."""
    st.set_page_config(page_title=f"{name} · Mailsight")


def shown_id(kind: Literal["campaign", "customer"]) -> str:
    """The id of the campaign or customer that the address of this page names.

    `st.switch_page` leaves an entry in the browser's history: the page that was left, with the parameters of the next
    one. These name where they came from, so that the way back through that entry shows what was left.
    """
    return str(st.query_params.get(kind) or st.query_params.get("id", ""))


def open_campaign(campaign_id: str, customer_id: str | None = None, compared: Sequence[str] = ()) -> NoReturn:
    """Opens the campaign's page, from the list, from a customer's page or from a comparison."""
    before = {} if customer_id is None else {"customer": customer_id}
    beside = {"compare": list(compared)} if compared else {}
    st.switch_page(CAMPAIGN, query_params={**_parameters(campaign_id), **before, **beside})


def open_customer(customer_id: str, campaign_id: str) -> NoReturn:
    """Opens the customer's page, which then knows the way back to the campaign."""
    st.switch_page(CUSTOMER, query_params=_parameters(customer_id) | {"campaign": campaign_id})


def open_comparison(campaign_ids: Sequence[str]) -> NoReturn:
    """Opens the page that shows these campaigns side by side; its address names them all."""
    st.switch_page(COMPARE, query_params={"id": list(campaign_ids), **_audience_parameter()})


def compared_ids() -> list[str]:
    """The ids of the campaigns that the address of this page names, as often as it does; `compare` on the way back."""
    return [one for one in st.query_params.get_all("compare") or st.query_params.get_all("id") if one]


def data_link(label: str = "Data") -> None:
    """The quiet way to what is behind the figures."""
    st.page_link(DATA, label=label, icon=":material/database:", query_params=_audience_parameter())


def trail(here: str, campaign: tuple[str, str] | None = None) -> None:
    """The way back: the list, the campaign that one came from (id, name), and the name of this page."""
    with st.container(
        horizontal=True, width="content", gap="xsmall", vertical_alignment="center", key="trail"
    ):
        st.page_link(CAMPAIGNS, label="Campaigns", query_params=_audience_parameter())
        if campaign:
            st.page_link(CAMPAIGN, label=formats.plain(campaign[1]), query_params=_parameters(campaign[0]))
        st.caption(formats.plain(here), width="content")


def audience() -> Audience:
    """Whose opens and clicks count on this page: what its address says, people's when it says nothing."""
    return Audience.ALL if st.query_params.get("audience") == Audience.ALL else Audience.HUMAN


def audience_switch(place: str = "top") -> None:
    """The switch between people's and all opens and clicks. It writes to the address, so a shared link keeps it.

    It may stand in several places of a page: each shows what the address says.
    """
    key = f"audience:{place}:{st.query_params.get('id', '')}"

    def keep() -> None:
        if st.session_state[key] is Audience.ALL:
            st.query_params["audience"] = Audience.ALL.value
        else:
            st.query_params.pop("audience", None)

    st.session_state[key] = audience()
    # Not `bind="query-params"`: a bound widget leaves its parameter in the addresses of later pages.
    st.segmented_control(
        "Whose opens and clicks count",
        list(Audience),
        format_func=lambda one: one.label,
        required=True,
        help="\n\n".join(f"**{one.label}**: {one.meaning}" for one in Audience),
        label_visibility="collapsed",
        key=key,
        on_change=keep,
    )


def remember(one_id: str, *keys: str) -> None:
    """Lets widgets without `persist_state` keep what was chosen while another page is shown.

    `one_id`: what the page shows, of which each remembers its own. Stands before the widgets.
    """
    kept = st.session_state.setdefault("kept", {})
    for key in keys:
        if key in st.session_state:
            kept[one_id, key] = st.session_state[key]
        elif (one_id, key) in kept:
            st.session_state[key] = kept[one_id, key]


def zone() -> str | None:
    """The name of the viewer's time zone, as the browser tells it."""
    return st.context.timezone


def _parameters(shown_id: str) -> dict[str, str]:
    return addresses.parameters(shown_id, audience())


def _audience_parameter() -> dict[str, str]:
    return addresses.audience_parameter(audience())
