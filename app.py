"""The entry point for `streamlit run app.py`: the screens, the HTTP routes next to them, and the webhook loader."""

import sys

import streamlit as st

from mailsight.errors import MailsightError
from mailsight.settings import PACKAGE
from mailsight.web import server
from mailsight.web.routes import loading, middleware, routes

server.install()
try:
    app = st.App(PACKAGE / "shell.py", routes=routes(), lifespan=loading, middleware=middleware())
except MailsightError as error:
    sys.exit(f"{error.title}: {error}")
