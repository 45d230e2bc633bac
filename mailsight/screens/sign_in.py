"""The sign-in page, and who has to use it."""

import streamlit as st

from . import navigation


def must_sign_in() -> bool:
    """Whether sign-in is set up and nobody is signed in."""
    return has_sign_in() and not st.user.get("is_logged_in")


def has_sign_in() -> bool:
    """Whether sign-in is set up (`[auth]` in secrets.toml)."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def sign_in_page() -> None:
    """The page for people who have not signed in yet."""
    navigation.tab_title("Sign in")
    with st.container(horizontal_alignment="center", key="error"):
        st.title("Sign in to Mailsight", text_alignment="center", anchor=False)
        st.markdown("See how your campaigns performed.", text_alignment="center")
        st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)
