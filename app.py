"""The entry point for `streamlit run app.py`: the screens, the HTTP routes next to them, and the webhook loader."""

import sys

import streamlit as st

from mailsight import settings
from mailsight.errors import MailsightError
from mailsight.web import configuration, logs, server
from mailsight.web.routes import loading, middleware, routes

server.install()
try:
    logs.configure(settings.from_environment().log_level)
    secrets = configuration.start().for_streamlit
    app = st.App(
        settings.PACKAGE / "shell.py",
        secrets=secrets,
        routes=routes(),
        lifespan=loading,
        middleware=middleware(),
    )
except MailsightError as error:
    sys.exit(f"{error.title}: {error}")
