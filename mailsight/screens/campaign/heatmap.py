"""The Heatmap tab: the links and their clicks on the left, the e-mail with click badges on the right."""

from functools import partial

import streamlit as st

from mailsight.bounded import pool
from mailsight.components.export_button import export_button
from mailsight.components.mail_frame import frontend
from mailsight.errors import WorkFailed
from mailsight.exports import heatmap, rows
from mailsight.exports.lists import file_name
from mailsight.figures import formats
from mailsight.mail.links import LinkClicks
from mailsight.reports import campaign, mails
from mailsight.reports.campaign import CampaignReport
from mailsight.reports.heatmap import link_id, link_label, view
from mailsight.reports.mails import MailView
from mailsight.screens import navigation
from mailsight.screens.cached import read
from mailsight.screens.dialogs import mail as mail_dialog

_heatmap = st.components.v2.component(
    "mailsight_heatmap",
    html='<div class="heatmap"></div>',
    css=frontend("mail_frame.css", "heatmap.css", "tips.css"),
    js=frontend("frame.js", "tips.js", "heatmap.js"),
)

_MISSING = "This e-mail's HTML has not been loaded, so there is no heatmap to show."


def show(report: CampaignReport) -> None:
    campaign_id = report.campaign.campaign_id
    mail = read(mails.of_campaign, campaign_id)
    key = f"heatmap:{campaign_id}"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(heatmap.summary(report), width="content")
        with st.container(
            horizontal=True, width="content", gap="small", vertical_alignment="center", key="heatmap_tools"
        ):
            if report.links or report.other_links:
                export_button(
                    f"links:{campaign_id}",
                    ("links", campaign_id, report.audience.value),
                    partial(rows.links, campaign_id=campaign_id, audience=report.audience),
                    label="Export links",
                )
            if mail:
                _download(report, mail)
            navigation.audience_switch("heatmap")
    if mail is None:
        st.info(_MISSING, icon=":material/info:")
    pictures = bool(st.session_state.get(key, {}).get("pictures"))
    draw = partial(view, report.links, report.other_links, campaign.click_totals(report), report.link_totals)
    missing = _MISSING
    drawn = None
    if mail:
        try:
            with st.spinner("Drawing the heatmap"):
                drawn = pool.run(partial(draw, mail.html, pictures=pictures))
        except WorkFailed as error:
            mail_dialog.cannot_show(error)
            missing = "This e-mail can't be shown. The list has the clicks on its links."
    _heatmap(
        key=key,
        data=(drawn or draw(None))
        | {
            "key": campaign_id,
            "chosen": chosen(report),
            "missing": missing,
            "phone_width": mail_dialog.PHONE_WIDTH,
            "pictures_help": mail_dialog.PICTURES_HELP,
            "grid": "customers",  # the anchor above the grid
            "file_name": f"{_file_name(report)}.png",
        },
        default={"pictures": False},
        on_pictures_change=lambda: None,
        on_chosen_change=lambda: _choose(campaign_id, st.session_state[key].get("chosen")),
    )


def chosen_link(report: CampaignReport) -> int | str | None:
    """The link that filters the grid (its position or URL), shown as a chip that removes the filter."""
    key = _chosen_key(report.campaign.campaign_id)
    link = _chosen(report)
    if link is None:
        return None
    st.button(
        f"Clicked “{formats.plain(link_label(link)[:80])}”",
        icon=":material/close:",
        icon_position="right",
        help="Remove this filter",
        key=f"{key}:chip",
        on_click=lambda: st.session_state.pop(key, None),
    )
    return chosen_position(report)


def chosen_position(report: CampaignReport) -> int | str | None:
    """The position of the link that filters the grid, or its URL if it is not in the e-mail."""
    link = _chosen(report)
    if link is None:
        return None
    return link.url if link.link_position is None else link.link_position


def _chosen(report: CampaignReport) -> LinkClicks | None:
    links = (*report.links, *report.other_links)
    return next((link for link in links if link_id(link.link_position, link.url) == chosen(report)), None)


def chosen(report: CampaignReport) -> str | None:
    """The id of the link that filters the grid."""
    link: str | None = st.session_state.get(_chosen_key(report.campaign.campaign_id))
    return link


def _choose(campaign_id: str, chosen: str | None) -> None:
    if chosen is not None:
        st.session_state[_chosen_key(campaign_id)] = chosen


def _chosen_key(campaign_id: str) -> str:
    return f"link:{campaign_id}"


def _download(report: CampaignReport, mail: MailView) -> None:
    st.download_button(
        "Download as HTML",
        lambda: heatmap.of_campaign_or_reason(report, mail.html),
        file_name=f"{_file_name(report)}.html",
        mime="text/html",
        icon=":material/download:",
        help="The e-mail with its click badges in one file, ready to send to a colleague",
        on_click="ignore",
    )


def _file_name(report: CampaignReport) -> str:
    return file_name("heatmap", report.campaign.campaign_id, report.audience)
