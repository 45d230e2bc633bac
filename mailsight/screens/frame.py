"""Parts shared by all pages: the header, the styles, the error page."""

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
from mailsight.web import sessions
from mailsight.web.access import Right

from . import cached, navigation

CLOCK_SECONDS = 15
ASK_ADMIN = "Your role can't load data. Ask an admin to upload it."


@contextmanager
def head(
    name: str, campaign: tuple[str, str] | None = None, *, trail: bool = True, tab: str = ""
) -> Iterator[None]:
    """The top of a page: breadcrumbs and the age of the data, then the title and the buttons drawn in the block.

    `campaign`: id and name of the campaign from which the page was opened. Without the `trail` (breadcrumbs), as on the
    first page, everything is on one line. `tab`: the title of the browser tab, if it is not the page's.
    """
    navigation.tab_title(tab or name)
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
    if (problem := warehouse().problem) and warehouse().generation:
        st.caption(f":material/info: This is not the newest data. {formats.plain(problem)}")


def line(key: str) -> DeltaGenerator:
    """A row with a heading on the left and its buttons on the right."""
    return st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=key
    )


def updated() -> None:
    """The age of the data on this page, and a button to load newer data if there is any."""
    if warehouse().exists:
        data = cached.snapshot()
        _updated(data.generation, data.updated_at)


# A fragment of its own, so that the age stays correct without rerunning the page.
@st.fragment(run_every=f"{CLOCK_SECONDS}s")
def _updated(generation: str, at: datetime) -> None:
    with st.container(
        horizontal=True, width="content", vertical_alignment="center", gap="small", key="updated"
    ):
        st.caption(f"Updated {formats.ago((datetime.now(UTC) - at).total_seconds())}", width="content")
        if problem := warehouse().problem:
            st.caption("Not the newest data", width="content", help=formats.plain(problem))
        newest = cached.newest_generation()
        if (
            newest
            and newest != generation
            and st.button("Show newer data", type="tertiary", icon=":material/refresh:")
        ):
            st.rerun()


def styles() -> None:
    """Styles that the theme can't express."""
    st.html(FRONTEND / "screen.css")


def inbox_lines(subject: str, *others: str | None) -> None:
    """An e-mail's subject, and in smaller type the other lines that a mail program shows above it."""
    lines = [f"<b>{escape(subject)}</b>", *(f"<span>{escape(line)}</span>" for line in others if line)]
    st.html(f'<p class="inbox">{"".join(lines)}</p>')


@cache
def freeze_imports(page: str) -> None:
    """Freeze what a page's libraries allocated, so that later garbage collections skip it.

    Streamlit collects garbage after each run of a page, twice when it switches pages. With half a million objects that
    are never freed, that took 130 ms each time, longer than running the page.
    """
    del page  # Once per page, because each page may import more.
    gc.collect()
    gc.freeze()


def error_page(error: MailsightError) -> None:
    """Show what happened and what to do next, instead of a page that can't be shown."""
    navigation.tab_title(error.title)
    is_empty = isinstance(error, NoDatabase)
    loads_data = is_empty and sessions.may(Right.UPLOADS)
    with st.container(horizontal_alignment="center", key="error"):
        st.title(error.title, text_alignment="center", anchor=False)
        st.markdown(formats.plain(error.message), text_alignment="center")
        next_step = error.next_step if loads_data or not is_empty else ASK_ADMIN
        st.markdown(next_step, text_alignment="center")
        if loads_data:
            navigation.data_link("Load data")
        elif not is_empty:
            st.page_link(navigation.CAMPAIGNS, label="All campaigns", icon=":material/arrow_back:")


def nobody_yet() -> None:
    """The placeholder for opens and clicks."""
    st.info("Nobody has opened or clicked yet.", icon=":material/schedule:")


def verdict(result: str, more: str = "") -> None:
    """The result in a sentence, and what else there is to say, shown literally (no Markdown)."""
    st.html(f'<p class="verdict"><strong>{escape(result)}</strong> {escape(more)}</p>')


def facts(*parts: str, tags: Sequence[str] = ()) -> None:
    """A line of facts and tags below the title, shown literally (no Markdown). Empty ones are left out."""
    items = [f"<span>{escape(part)}</span>" for part in parts if part]
    st.html(f'<p class="facts">{"".join([*items, *(f"<b>{escape(tag)}</b>" for tag in tags)])}</p>')
