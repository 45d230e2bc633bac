"""Comparison: two to five campaigns side by side, and whether they differ by more than chance."""

import streamlit as st

from mailsight.components import address
from mailsight.reports import campaigns
from mailsight.screens import compare, navigation
from mailsight.screens.cached import read
from mailsight.screens.frame import head

ids = compare.ids_from_url()
audience = navigation.audience()
compared = read(campaigns.compared, ids, audience)
with head("Comparison", tab=compare.tab_title(compared)):
    compare.downloads(compared, audience)
    address.copy_link()
    navigation.audience_switch()

compare.warn_about_missing(ids, compared)
compare.headline(compared)
compare.campaigns_table(compared)

st.header("Figures", anchor=False)
compare.figures(compared)

st.header("Opened and clicked by time since send", anchor=False)
compare.curves(compared)
compare.dialog(audience)
