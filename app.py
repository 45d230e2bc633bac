"""What `streamlit run app.py` starts: the screens, the HTTP routes beside them, the loader behind them."""

import streamlit as st
from starlette.middleware import Middleware

from mailsight.compression import CompressedCode
from mailsight.routes import loading, routes

app = st.App("mailsight/shell.py", routes=routes(), lifespan=loading, middleware=[Middleware(CompressedCode)])
