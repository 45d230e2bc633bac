"""The entry point for `streamlit run app.py`: the screens, the HTTP routes next to them, and the webhook loader."""

import streamlit as st

from mailsight.settings import PACKAGE
from mailsight.web.routes import loading, middleware, routes

app = st.App(PACKAGE / "shell.py", routes=routes(), lifespan=loading, middleware=middleware())
