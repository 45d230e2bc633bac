"""The Heatmap tab: the links of the mail with their clicks at the left, the mail with its badges at the right."""

import re

import streamlit as st

from . import dialogs, formats, heatmap, reports, tables
from .links import LinkClicks
from .mail_frame import mail_frame
from .metrics import share
from .reports import CampaignReport
from .widgets import read

_MEASURES = {"Clicks": "clicks", "Customers": "clickers"}


def heatmap_tab(report: CampaignReport) -> None:
    campaign_id = report.campaign.campaign_id
    mail = read(reports.campaign_mail, campaign_id)
    listed, drawn = st.columns([5, 7], gap="medium")
    with listed:
        measure = st.segmented_control(
            "Measure",
            list(_MEASURES),
            default="Clicks",
            required=True,
            label_visibility="collapsed",
            key="measure",
        )
        by = _MEASURES[measure or "Clicks"]
        _links(report, by)
    with drawn:
        if mail is None:
            st.info(
                "The HTML of this e-mail was not loaded, so there is nothing to draw on.",
                icon=":material/info:",
            )
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            width = dialogs.width_switch(f"heatmap:{campaign_id}")
            pictures = st.toggle("Load pictures", key="heatmap_pictures", help=dialogs.PICTURES_HELP)
        html = heatmap.draw(
            mail.html, report.links, measure="clickers" if by == "clickers" else "clicks", pictures=pictures
        )
        mail_frame(
            html,
            key=f"heatmap:{campaign_id}:frame",
            width=width,
            title="The e-mail with the clicks on its links",
        )


def _links(report: CampaignReport, by: str) -> None:
    clicked = sorted((*report.links, *report.other_links), key=lambda link: -getattr(link, by))
    total = sum(getattr(link, by) for link in clicked)
    largest = max((share(getattr(link, by), total) or 0.0 for link in clicked), default=0.0)
    rows = [_row(link, by, total, largest) for link in clicked]
    columns = [
        tables.Column("Link"),
        tables.Column("Clicks", right=True, fit=True),
        tables.Column("Customers", right=True, fit=True),
        tables.Column("Share", fit=True),
        tables.Column("", help="Open in a new tab", fit=True),
    ]
    tables.table(columns, rows, key="links", label="Links of the e-mail", empty="This e-mail has no links.")


def _row(link: LinkClicks, by: str, total: int, largest: float) -> tables.Row:
    label = link.label or link.url or "Unknown link"
    address = re.sub("^https?://", "", link.url)
    note = address if link.link_position is not None else "not in the mail as it was sent"
    return tables.Row(
        f"{link.link_position}:{link.url}",
        [
            tables.main(label, note if note != label else "", clip=True),
            formats.count(link.clicks),
            formats.count(link.clickers),
            tables.bar(share(getattr(link, by), total), of_largest=largest, colour="#E69F00"),
            tables.outside(link.url, f"Open {label} in a new tab"),
        ],
    )
