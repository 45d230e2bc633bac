"""What every page is made of: its head, the rules of style, the page of an error."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mailsight.components.mail_frame import FRONTEND
from mailsight.errors import MailsightError, NoDatabase
from mailsight.figures import formats
from mailsight.warehouse.served import warehouse

from . import cached, navigation

CLOCK_SECONDS = 15


@contextmanager
def head(name: str, campaign: tuple[str, str] | None = None, *, trail: bool = True) -> Iterator[None]:
    """The top of a page: the way back and the age of the data; below, the title and the buttons that the block draws.

    `campaign`: id and name of the one from which the page was opened. Without the `trail`, as on the first page, there
    is one line only.
    """
    navigation.tab_title(name)
    if trail:
        with line("top"):
            navigation.trail(name, campaign)
            updated()
    with line("head"):
        st.title(formats.plain(name), anchor=False, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center", key="buttons"):
            if not trail:
                updated()
            yield


def line(key: str) -> DeltaGenerator:
    """A line of the page: a heading at its left, at its right what belongs to it."""
    return st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=key
    )


def updated() -> None:
    """When the data of this page was published, and where there is newer data, the way to it."""
    if warehouse().exists:
        data = cached.snapshot()
        _updated(data.generation, data.updated_at)


# By itself, so that the words stay true on a page that nobody touches; the rest of the page stays as it is.
@st.fragment(run_every=f"{CLOCK_SECONDS}s")
def _updated(generation: str, at: datetime) -> None:
    with st.container(
        horizontal=True, width="content", vertical_alignment="center", gap="small", key="updated"
    ):
        st.caption(f"Updated {formats.ago((datetime.now(UTC) - at).total_seconds())}", width="content")
        if warehouse().generation != generation and st.button(
            "Show newer data", type="tertiary", icon=":material/refresh:"
        ):
            st.rerun()


def look() -> None:
    """The few rules of style that the theme can't say."""
    st.html(FRONTEND / "screen.css")


def inbox_lines(subject: str, *others: str | None) -> None:
    """A mail's subject and, quieter, what else stands above it in a mail program."""
    lines = [f"<b>{escape(subject)}</b>", *(f"<span>{escape(line)}</span>" for line in others if line)]
    st.html(f'<p class="inbox">{"".join(lines)}</p>')


@cache
def settle(page: str) -> None:
    """Takes what a page's libraries brought out of the search for garbage, when it was shown for the first time.

    Streamlit searches after each run of a page, twice where one page leads to another. Among half a million objects
    that never become garbage that took 130 ms each time, longer than to make the page.
    """
    del page  # Each page may bring more.
    gc.collect()
    gc.freeze()


def error_page(error: MailsightError) -> None:
    """What happened and what to do next, where a page can't be shown."""
    navigation.tab_title(error.title)
    with st.container(horizontal_alignment="center", key="error"):
        st.title(error.title, text_alignment="center", anchor=False)
        st.markdown(formats.plain(error.message), text_alignment="center")
        st.markdown(error.next_step, text_alignment="center")
        if isinstance(error, NoDatabase):
            navigation.data_link("Load data")
        else:
            st.page_link(navigation.CAMPAIGNS, label="All campaigns", icon=":material/arrow_back:")


def nobody_yet() -> None:
    """What stands where opens and clicks would be shown."""
    st.info("Nobody has opened or clicked yet.", icon=":material/schedule:")


def facts(*parts: str, tags: Sequence[str] = ()) -> None:
    """A quiet line of facts and tags, each letter by letter; empty ones are left out."""
    words = [f"<span>{escape(part)}</span>" for part in parts if part]
    st.html(f'<p class="facts">{"".join([*words, *(f"<b>{escape(tag)}</b>" for tag in tags)])}</p>')
