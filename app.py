"""What `streamlit run app.py` starts: the screens, the HTTP routes beside them, the loader behind them."""

import streamlit as st

from mailsight.settings import PACKAGE
from mailsight.web.routes import loading, middleware, routes

app = st.App(PACKAGE / "shell.py", routes=routes(), lifespan=loading, middleware=middleware())
