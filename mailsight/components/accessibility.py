"""Names, roles and the return of the focus where Streamlit's own elements lack them."""

import streamlit as st

from .mail_frame import frontend

_component = st.components.v2.component("mailsight_accessibility", js=frontend("accessibility.js"))


def mend() -> None:
    """Mend the whole page, as long as it is open. Takes no room."""
    with st.container(key="accessibility"):
        _component(key="mend")
