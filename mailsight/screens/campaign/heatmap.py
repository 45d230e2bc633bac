"""The Heatmap tab: the links and their clicks on the left, the e-mail with click badges on the right."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256

import streamlit as st

from mailsight.bounded import pool
from mailsight.components import address
from mailsight.components.export_button import export_button
from mailsight.components.grid import grid_name
from mailsight.components.mail_frame import frontend
from mailsight.errors import WorkFailed
from mailsight.exports import heatmap, rows
from mailsight.exports.lists import file_name
from mailsight.figures import formats, locales
from mailsight.mail.links import LinkClicks
from mailsight.merging.sample_values import SAMPLE, sampled_subject
from mailsight.reports import campaign, mails, variants
from mailsight.reports.campaign import CampaignReport
from mailsight.reports.heatmap import link_id, link_label, view
from mailsight.reports.mails import MailView
from mailsight.reports.variants import Variant, VariantMail
from mailsight.screens import navigation
from mailsight.screens.cached import read
from mailsight.screens.dialogs import mail_views
from mailsight.screens.dialogs import variants as variants_dialog
from mailsight.web import downloads, sessions
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.parameters import CAMPAIGN_DIALOG, HEATMAP_SWITCHES, LINK, VARIANT

_heatmap = st.components.v2.component(
    "mailsight_heatmap",
    html='<div class="heatmap"></div>',
    css=frontend("mail_frame.css", "heatmap.css", "tips.css"),
    js=frontend("frame.js", "tips.js", "grids.js", "heatmap.js"),
)

_MISSING = "This e-mail's HTML has not been loaded, so there is no heatmap to show."


def show(report: CampaignReport, customers_shown: Callable[[CampaignReport], int]) -> None:
    """The tab. `customers_shown` counts the customers whom the grid lists with all filters but those of its columns."""
    campaign_id = report.campaign.campaign_id
    mail = read(mails.of_campaign, campaign_id)
    key = f"heatmap:{campaign_id}"
    variant = _variant(report)
    of_variant = _mail(report, variant) if variant else None
    recipient = of_variant.recipient if of_variant else SAMPLE
    html = of_variant.html if of_variant else mail.html if mail and not variant else None
    drawn_report = _of_variant(report, variant, of_variant) if variant and of_variant else report
    # Where the links of the variant are in the template, whose positions the rest of the page has.
    positions = of_variant.positions if of_variant else None
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(heatmap.summary(drawn_report), width="content")
        with st.container(
            horizontal=True, width="content", gap="small", vertical_alignment="center", key="heatmap_tools"
        ):
            _differences(report)
            if report.links or report.other_links:
                export_button(
                    f"links:{campaign_id}",
                    ("links", campaign_id, report.audience.value),
                    partial(rows.links, campaign_id=campaign_id, audience=report.audience),
                    Export("links", campaign_id),
                    right=Right.FIGURES,
                    label="Export links",
                )
            if mail and not variant:
                _download(report, mail)
            navigation.audience_switch("heatmap")
    if variant:
        _shown_variant(report, variant)
        if of_variant and not variant.customer_id:
            st.caption("Which blocks they got is no longer known, so the e-mail below shows them all.")
    if html is None:
        st.info(_MISSING, icon=":material/info:")
    if report.counts.is_reported("clicks"):
        st.info("Only the total of clicks is known, not which links were clicked.", icon=":material/info:")
    pictures = bool(st.session_state.get(key, {}).get("pictures"))
    draw = partial(
        view,
        drawn_report.links,
        drawn_report.other_links,
        campaign.click_totals(drawn_report),
        drawn_report.link_totals,
    )
    missing = _MISSING
    drawn = None
    if html is not None:
        values = read(mails.first_values, campaign_id)
        try:
            with st.spinner("Drawing the heatmap"):
                shown = partial(draw, html, values=values, recipient=recipient, pictures=pictures)
                drawn = pool.run(locales.keeping(shown))
        except WorkFailed as error:
            mail_views.cannot_show(error)
            missing = "This e-mail can't be shown. The list has the clicks on its links."
    _heatmap(
        key=key,
        data=(drawn or draw(None))
        | {
            "key": campaign_id,
            "chosen": _in_variant(chosen(report), positions),
            "switches": {parameter.name: address.value(parameter) for parameter in HEATMAP_SWITCHES},
            "heard": st.session_state.get(f"{key}:heard", 0),
            "missing": missing,
            "phone_width": mail_views.PHONE_WIDTH,
            "pictures_help": mail_views.PICTURES_HELP,
            "selects": sessions.may(Right.CUSTOMERS),
            "shown": _counted(customers_shown(report)) if chosen(report) else None,
            "grid": grid_name(campaign_id),
            "anchor": "customers",  # of the heading above the grid
            "file_name": f"{_file_name(report)}.png",
            "name": report.campaign.name,
            "facts": heatmap.facts(drawn_report),
        },
        default={"pictures": False},
        on_pictures_change=lambda: None,
        on_chosen_change=lambda: _choose(
            report, _in_template(st.session_state[key].get("chosen"), positions)
        ),
        on_switched_change=lambda: _switch(key),
    )


def _variant(report: CampaignReport) -> Variant | None:
    """The variant in the address. What a customer got depends on who they are, so it takes the right to see them."""
    shown = sessions.may(Right.CUSTOMERS) and address.value(VARIANT)
    return variants_dialog.read(report).variant(shown) if shown else None


def chosen_variant(report: CampaignReport) -> str:
    """The id of the variant that filters the grid; empty if none does."""
    variant = _variant(report)
    return variant.variant_id if variant else ""


def variant_chip(report: CampaignReport) -> str:
    """The variant that filters the grid, shown as a chip that removes the filter."""
    variant = _variant(report)
    if variant is None:
        return ""
    st.button(
        f"Got {variants_dialog.name(variant).lower()}",
        icon=":material/close:",
        icon_position="right",
        help=formats.plain("; ".join((*variant.apart, "Remove this filter"))),
        key=f"variant:{report.campaign.campaign_id}:filter",
        on_click=_leave_variant,
    )
    return variant.variant_id


def _leave_variant() -> None:
    address.change((VARIANT, ""), (LINK, ""))


def _mail(report: CampaignReport, variant: Variant) -> VariantMail | None:
    try:
        return read(variants.mail, variant, report)
    except WorkFailed as error:
        mail_views.cannot_show(error)
        return None


def _of_variant(report: CampaignReport, variant: Variant, mail: VariantMail) -> CampaignReport:
    """The report with the links, clicks and customers of one variant."""
    return replace(
        report,
        counts=variant.counts[report.audience],
        links=mail.links,
        other_links=mail.other_links,
        link_totals=mail.link_totals,
    )


def _differences(report: CampaignReport) -> None:
    """A button that compares what customers got, where that may differ."""
    campaign_id = report.campaign.campaign_id
    counts = report.counts
    is_known = counts.sent and not counts.is_reported("sent")
    if is_known and sessions.may(Right.CUSTOMERS) and read(variants.may_differ, campaign_id):
        st.button(
            variants_dialog.TITLE,
            icon=":material/alt_route:",
            key=f"variants:{campaign_id}",
            on_click=address.opener(CAMPAIGN_DIALOG, "variants"),
        )


def _shown_variant(report: CampaignReport, variant: Variant) -> None:
    """Which variant the heatmap shows, with buttons to preview it and to return to all customers."""
    campaign_id = report.campaign.campaign_id
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="heatmap_variants"):
        name = variants_dialog.name(variant)
        st.button(
            formats.plain(f"{name}: {formats.things(variant.counts[report.audience].sent, 'customer')}"),
            icon=":material/close:",
            icon_position="right",
            help="Show the heatmap of all customers, and all of them in the list",
            key=f"variant:{campaign_id}:chip",
            on_click=_leave_variant,
        )
        if variant.customer_id:
            st.button(
                "Preview variant",
                icon=":material/visibility:",
                help="The e-mail of a customer who got it",
                key=f"variant:{campaign_id}:preview",
                on_click=address.opener(CAMPAIGN_DIALOG, "preview", variant.customer_id),
            )
    if variant.apart:
        st.caption(formats.plain("; ".join(variant.apart)))


def _in_variant(link: str | None, positions: Mapping[int, int] | None) -> str | None:
    """The id of a link of the template among the links of the variant."""
    if positions is None or link is None:
        return link
    return next((str(own) for own, at in positions.items() if str(at) == link), link)


def _in_template(link: str | None, positions: Mapping[int, int] | None) -> str | None:
    if positions is None or not link or not link.isdecimal():
        return link
    return str(positions[int(link)]) if int(link) in positions else None


def _counted(customers: int) -> dict[str, object]:
    """What the grid says about its customers."""
    return {"total": customers, "counted": formats.count(customers)}


def chosen_link(report: CampaignReport) -> int | str | None:
    """The link that filters the grid (its position or URL), shown as a chip that removes the filter."""
    link = _chosen(report)
    if link is None:
        return None
    st.button(
        f"Clicked “{formats.plain(sampled_subject(link_label(link))[:80])}”",
        icon=":material/close:",
        icon_position="right",
        help="Remove this filter",
        key=f"link:{report.campaign.campaign_id}:chip",
        on_click=lambda: address.change((LINK, "")),
    )
    return chosen_position(report)


def chosen_position(report: CampaignReport) -> int | str | None:
    """The position of the link that filters the grid, or its URL if it is not in the e-mail."""
    link = _chosen(report)
    if link is None:
        return None
    return link.url if link.link_position is None else link.link_position


def chosen(report: CampaignReport) -> str | None:
    """The id of the link that filters the grid."""
    link = _chosen(report)
    return link_id(link.link_position, link.url) if link else None


def _chosen(report: CampaignReport) -> LinkClicks | None:
    shown = sessions.may(Right.CUSTOMERS) and address.value(LINK)
    links = (*report.links, *report.other_links)
    return next((link for link in links if _in_address(link) == shown), None) if shown else None


def _choose(report: CampaignReport, chosen: str | None) -> None:
    """Filter the grid by the link with this id, or by none if it is empty. None: nothing was clicked."""
    if chosen is not None:
        links = {link_id(link.link_position, link.url): link for link in (*report.links, *report.other_links)}
        address.change((LINK, _in_address(links[chosen]) if chosen in links else ""))


def _in_address(link: LinkClicks) -> str:
    """A link's position, or a hash of its URL, which may name a customer."""
    if link.link_position is not None:
        return str(link.link_position)
    return f"u{sha256((link.url or '').encode()).hexdigest()[:12]}"


def _switch(key: str) -> None:
    """Write the switches to the address, as the browser reports them."""
    if event := st.session_state[key].get("switched"):
        st.session_state[f"{key}:heard"] = event["at"]
        switches = event["switches"]
        texts = {parameter: [str(switches[parameter.name])] for parameter in HEATMAP_SWITCHES}
        address.change(*((parameter, parameter.value(text)) for parameter, text in texts.items()))


def _download(report: CampaignReport, mail: MailView) -> None:
    st.download_button(
        "Download as HTML",
        locales.keeping(
            downloads.later(
                Right.FIGURES,
                lambda data: heatmap.of_campaign_or_reason(
                    report, mail.html, mails.first_values(data, report.campaign.campaign_id)
                ).encode(),
                Export("heatmap", report.campaign.campaign_id),
                "html",
            )
        ),
        file_name=f"{_file_name(report)}.html",
        mime="text/html",
        icon=":material/download:",
        help="The e-mail with its click badges in one file, ready to send to a colleague",
        on_click="ignore",
    )


def _file_name(report: CampaignReport) -> str:
    return file_name("heatmap", report.campaign.campaign_id, report.audience)
