"""The entry point for `streamlit run app.py`: the screens, the HTTP routes next to them, and the webhook loader."""

import sys

import streamlit as st

from mailsight import settings
from mailsight.errors import MailsightError
from mailsight.web import configuration, health, logs, server
from mailsight.web.routes import loading, middleware, routes

server.install()
server.return_large_memory()
try:
    config = settings.from_environment()
    logs.configure(config.log_level, config.log_format)
    secrets = configuration.start().for_streamlit
    health.start_watch(config.database)
    app = st.App(
        settings.PACKAGE / "shell.py",
        secrets=secrets,
        routes=routes(),
        lifespan=loading,
        middleware=middleware(),
    )
except MailsightError as error:
    sys.exit(f"{error.title}: {error}")
