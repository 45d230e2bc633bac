"""The reference for the screens: a Streamlit page with nothing but one button.

The button on `/` increments a counter. The button on `/way` leads to `/`, like a campaign's row leads to its page.
"""

import streamlit as st


def count() -> None:
    clicks = st.session_state.get("clicks", 0)
    if st.button(f"Clicked {clicks}", key="count"):
        st.session_state["clicks"] = clicks + 1
        st.rerun()


def way() -> None:
    if st.button("On", key="way"):
        st.switch_page(count_page)


count_page = st.Page(count, default=True)
st.navigation([count_page, st.Page(way, url_path="way")], position="hidden").run()
