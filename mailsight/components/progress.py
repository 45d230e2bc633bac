"""A progress bar for work that goes on if the page is closed."""

import time
from typing import TypeVar

import streamlit as st

from mailsight.figures import formats
from mailsight.loading.uploads import Loading

R = TypeVar("R")

_POLL_SECONDS = 0.2


def watch(work: Loading[R], caption: str) -> R:
    """Show how far the work is until it has ended. Returns its result, or raises its error."""
    bar = st.progress(0.0)
    st.caption(caption)
    while not work.ended.done():
        bar.progress(work.done, formats.plain(work.doing))
        time.sleep(_POLL_SECONDS)
    return work.ended.result()
