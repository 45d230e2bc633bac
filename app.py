"""What `streamlit run app.py` starts: the screens, and the HTTP routes beside them."""

import streamlit as st

from mailsight.routes import routes

app = st.App("mailsight/shell.py", routes=routes())
