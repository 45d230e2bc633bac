"""The app's entry point: page config, sign-in and navigation. Streamlit runs it for every page, deep links too."""

from pathlib import Path

import streamlit as st

from mailsight import measures
from mailsight.components import accessibility, address, export_button
from mailsight.errors import MailsightError, NotInRole, UnknownCampaign, UnknownCustomer
from mailsight.figures import locales
from mailsight.screens import cached, frame, navigation, sign_in
from mailsight.web import access, audit, sessions

STATIC = Path(__file__).parent / "static"

locales.ask(sessions.locale)
st.set_page_config(page_title="Mailsight", page_icon=str(STATIC / "favicon.svg"), layout="wide")
page = st.navigation(navigation.pages(), position="hidden")
dark = st.context.theme.type == "dark"
st.logo(str(STATIC / ("logo-dark.svg" if dark else "logo-light.svg")), size="large")
frame.styles()
accessibility.mend()

if not sign_in.admit():
    st.stop()

try:
    address.open_page(page.url_path, export_button.note_interrupted)
    sessions.require(access.PAGES[page.url_path])
    with cached.one_generation(), measures.PAGE_SECONDS.labels(page.url_path or "campaigns").time():
        page.run()
    export_button.say_interrupted()
    frame.freeze_imports(page.url_path)
except MailsightError as error:
    if isinstance(error, NotInRole):
        audit.refused(f"page {page.url_path or 'campaigns'}", sessions.current_claims())
    elif isinstance(error, UnknownCampaign):
        audit.missed("page campaign", campaign_id=navigation.shown_id())
    elif isinstance(error, UnknownCustomer):
        audit.missed("page customer", customer_id=navigation.shown_id())
    frame.error_page(error)
