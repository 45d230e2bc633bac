"""The Share dialog: links to a campaign's report for people without an account."""

from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from mailsight import settings
from mailsight.components import address
from mailsight.errors import MailsightError
from mailsight.figures import formats, locales
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import cached, navigation
from mailsight.state.shares import MAX_DAYS, Share
from mailsight.web import shared

from .issued import by, revocable, show_error

DAYS = {"7 days": 7, "30 days": 30, "90 days": 90}
UNTIL = "Until a date"


@st.dialog("Share this report", width="medium", icon=":material/link:", on_dismiss=address.close_dialog)
@cached.one_generation()
def show(report: CampaignReport) -> None:
    """Create a link that opens the report, and list and revoke those that exist."""
    campaign_id = report.campaign.campaign_id
    st.markdown(
        "Whoever has the link sees this campaign's figures, funnel and heatmap, always with the newest data, without "
        "signing in. They see no customers, and nothing else."
    )
    key = f"share:{campaign_id}"
    try:
        expires_at = _end(key)
        if st.button("Create link", type="primary", icon=":material/add_link:", key=f"{key}:create"):
            link = shared.create(campaign_id, report.audience, expires_at)
            st.session_state[f"{key}:link"] = f"{_origin()}{link}"
        if shown := st.session_state.get(f"{key}:link"):
            st.code(shown, language=None, wrap_lines=True)
            st.caption("Copy the link now: it is not shown again.")
        _existing(shared.listed(campaign_id), f"{key}:link")
    except MailsightError as error:
        show_error(error)


def _end(key: str) -> datetime:
    """When the link ends."""
    choice: str | None = st.segmented_control(
        "The link works for", [*DAYS, UNTIL], default="30 days", required=True, key=f"{key}:days"
    )
    now = datetime.now(UTC)
    if choice in DAYS:
        return now + timedelta(days=DAYS[choice])
    today = date.today()  # noqa: DTZ011  # a widget's limits
    last = st.date_input(
        "Last day",
        value=today + timedelta(days=30),
        min_value=today,
        max_value=today + timedelta(days=MAX_DAYS),
        format=locales.current().date_input,
        key=f"{key}:last",
    )
    zone = formats.zone(navigation.zone())
    return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)


def _origin() -> str:
    """The address of the server, as browsers know it."""
    if public := settings.from_environment().public_url:
        scheme, _, rest = public.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"
    return "/".join((st.context.url or "").split("/")[:3])


def _existing(links: list[Share], new: str) -> None:
    """The links that work, each with a button that ends it. `new`: the key of the one that was just created."""
    if not links:
        return
    st.subheader("Links", anchor=False)
    zone = navigation.zone()
    for share in links:
        title = f"Works until {formats.short_moment(share.expires_at, zone)}"
        facts = (
            f"created {formats.short_moment(share.created_at, zone)}{by(share.sharer.person)}",
            "not opened yet" if not share.views else f"opened {formats.things(share.views, 'time')}",
            f"ID {share.share_id}",
        )
        if revocable(title, facts, share.share_id, ":material/link_off:"):
            shared.revoke(share)
            st.session_state.pop(new, None)
            st.rerun(scope="fragment")
