"""Dialogs that explain how a figure is counted and compared."""

from collections.abc import Callable, Sequence

import streamlit as st

from mailsight.components import address
from mailsight.figures import explanations
from mailsight.figures.metrics import FIGURES, Figure, Rate
from mailsight.importing import registry
from mailsight.reports.campaign import CampaignReport
from mailsight.vocabulary import Audience

HOW_COUNTED = "How is this counted?"
# The section of docs/metrics.md on when campaigns differ.
MORE_THAN_CHANCE = "More than chance"


def question(figure: Figure) -> str:
    """The label of a figure's question mark for screen readers."""
    return f"How is {figure.label} counted?"


def label(key: str, in_short: Sequence[str], on_click: Callable[[], None]) -> None:
    """A figure's label with a question mark: its formula and counts on hover and focus. A click opens the full text."""
    figure = FIGURES[key]
    with st.container(horizontal=True, gap=None, vertical_alignment="center", key=f"label_{key}"):
        st.markdown(figure.label, width="content")
        st.button(
            question(figure),
            icon=":material/help:",
            type="tertiary",
            help="\n\n".join((*in_short, "*Click to see how this is counted.*")),
            key=f"counted_{key}",
            on_click=on_click,
        )


def in_short(report: CampaignReport, key: str) -> tuple[str, ...]:
    """A campaign's figure: formula, counts, and what the sender that it was imported from can't tell about it."""
    figure = FIGURES[key]
    counts = (figure.numerator, figure.denominator) if isinstance(figure, Rate) else (key,)
    return (*explanations.in_short(key, report.counts), *registry.gaps(report.campaign.source, counts))


@st.dialog(HOW_COUNTED, width="medium", icon=":material/calculate:", on_dismiss=address.close_dialog)
def section(title: str) -> None:
    """Show a section of docs/metrics.md."""
    shown = explanations.section(title)
    st.subheader(shown.title, anchor=False)
    st.markdown(shown.text)


@st.dialog(HOW_COUNTED, width="medium", icon=":material/calculate:", on_dismiss=address.close_dialog)
def counted(key: str, in_short: Sequence[str], audience: Audience) -> None:
    """Show a figure's formula and counts (`in_short`) and its section of docs/metrics.md."""
    section = explanations.of_figure(key)
    with st.container(border=True, gap="xsmall", key="counted"):
        formula, *lines = in_short
        st.subheader(explanations.without_key(section.title), anchor=False)
        st.markdown(formula)
        st.markdown(" · ".join(lines))
    st.markdown(section.text)
    for title in section.see:
        with st.expander(explanations.without_key(title)):
            st.markdown(explanations.section(title).text)
    in_files = (
        f" In exports and on the command line, this figure is called `{key}`." if key in FIGURES else ""
    )
    st.caption(f"**{audience.label}**: {audience.meaning}{in_files}")


@st.dialog(
    "How is this compared?", width="medium", icon=":material/compare_arrows:", on_dismiss=address.close_dialog
)
def compared(key: str, audience: Audience) -> None:
    """Show how a figure is counted, and when a difference is more than chance."""
    section = explanations.of_figure(key)
    for title in (MORE_THAN_CHANCE, section.title, *section.see):
        with st.expander(explanations.without_key(title), expanded=title == MORE_THAN_CHANCE):
            st.markdown(explanations.section(title).text)
    st.caption(f"**{audience.label}**: {audience.meaning}")
