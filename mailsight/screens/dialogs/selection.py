"""The Selection dialog: the criteria that selected a campaign's customers."""

import streamlit as st

from mailsight.components import address
from mailsight.figures import formats
from mailsight.reports import selection as selections
from mailsight.reports.campaign import CampaignReport


@st.dialog("Selection", width="medium", icon=":material/filter_alt:", on_dismiss=address.close_dialog)
def show(report: CampaignReport) -> None:
    """Show the selection criteria in sentences, and how many customers they selected."""
    if (selected := report.counts.known("selected")) is not None:
        st.markdown(f"**{formats.things(selected, 'customer')}** selected")
    criterion = selections.read(report.campaign.selection)
    if criterion is None:
        st.info(
            "No selection criteria have been loaded for this campaign.",
            icon=":material/info:",
        )
        return
    with st.container(border=True, key="selection"):
        st.markdown("\n".join(_bullets(criterion)))


def _bullets(criterion: selections.Criterion, depth: int = 0) -> list[str]:
    """The criteria as a Markdown list, with text from the data escaped."""
    sentence = formats.plain(criterion.text)
    if criterion.parts:
        own = f"{sentence}:"
    elif criterion.field:
        own = f"{formats.plain(criterion.field)} {sentence}" + (
            f" **{formats.plain(criterion.value)}**" if criterion.value else ""
        )
    else:
        own = sentence
    return [
        "    " * depth + f"- {own}",
        *(line for part in criterion.parts for line in _bullets(part, depth + 1)),
    ]
