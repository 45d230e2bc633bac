"""What reported totals leave open, how to load it, and where they differ from what was counted."""

import streamlit as st

from mailsight.figures import explanations, formats
from mailsight.figures.reported import Reported
from mailsight.importing import registry
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import navigation


def missing(report: CampaignReport) -> None:
    """What is unknown about a campaign of which only totals are known, and how to load it."""
    source = report.counts.reported
    if source is None:
        return
    st.header("What is missing", anchor=False)
    with st.container(border=True, key="missing"):
        st.markdown(
            f"Only totals are known{_when(source)}, not what each customer did. So this page has no customers and "
            "statuses, no heatmap, no timeline, and no reasons why some were not sent the e-mail."
        )
        st.markdown(
            "**Human** and **All** show the same figures, because totals don't say which opens and clicks were made "
            "by machines."
        )
        ways = (
            registry.source(source.source).recipients if source.source in registry.NAMES else "",
            "the campaign's events, from webhooks or files",
            "its messages, as a bundle",
        )
        st.markdown("To see more, load:\n\n" + "\n".join(f"- {way}" for way in ways if way))
        navigation.data_link("Load data")


def _when(source: Reported) -> str:
    at = f" on {formats.day(source.at, navigation.zone())}" if source.at else ""
    return f", {formats.plain(source.words)}{at}"


def sources(report: CampaignReport) -> None:
    """Which figures are as reported, small, below them."""
    if report.counts.reported:
        st.caption(formats.plain(explanations.sources(report.counts)))


def sales(report: CampaignReport) -> None:
    """What other programs report that the campaign sold, small, below the figures."""
    if report.sales:
        texts = (explanations.sales(each, navigation.zone()) for each in report.sales)
        st.caption(formats.plain(" ".join(texts)))


def differences(report: CampaignReport) -> None:
    """What other programs report otherwise than it was counted, small, below the figures."""
    if report.differences:
        st.caption(
            formats.plain(
                " ".join(explanations.difference(each, navigation.zone()) for each in report.differences)
            )
        )
