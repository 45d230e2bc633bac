"""Live webhooks: their URLs, and what waits to be loaded or was set aside."""

from collections.abc import Sequence

import streamlit as st

from mailsight import settings
from mailsight.components import tables
from mailsight.figures import formats
from mailsight.loading import spool
from mailsight.providers.registry import PROVIDERS
from mailsight.web import routes

from .labels import LIVE_WEBHOOKS, age_seconds


def show() -> None:
    """Webhook URLs of the configured providers, requests waiting to be loaded, and the last error."""
    st.header(LIVE_WEBHOOKS, anchor="webhooks")
    names = sorted(routes.webhook_secrets())
    waiting = spool.beside(settings.from_environment().database)
    if names:
        st.caption("Events sent to these URLs appear in the figures within half a minute.")
        tables.table(
            [tables.Column("Provider and webhook URL")],
            [
                tables.Row(name, [tables.main(PROVIDERS[name].label, routes.webhook_address(name))])
                for name in names
            ],
            key="webhooks",
            label=LIVE_WEBHOOKS,
        )
    else:
        st.caption(
            "No provider is set up to send events as they happen. See docs/providers.md to connect one."
        )
    if names or waiting.exists:
        _waiting(waiting)


def _waiting(waiting: spool.Spool) -> None:
    state = waiting.state()
    error = state.error
    if state.requests:
        age = f", the oldest received {formats.ago(age_seconds(state.oldest_at))}" if state.oldest_at else ""
        st.caption(
            f":material/hourglass_top: {formats.things(state.requests, 'request')} "
            f"({formats.size(state.size_bytes)}) waiting to be loaded{age}."
        )
    elif not (state.set_aside or state.set_aside_problem):
        st.caption(":material/check_circle: All received events have been loaded.")
    if error:
        st.warning(
            f"**Loading failed {formats.ago(age_seconds(error.at))}**: {formats.plain(formats.raw(error.text))}",
            icon=":material/error:",
        )
        st.caption(
            "No events are lost: they are stored on disk, and loading is retried automatically. If it keeps failing, "
            "check the free disk space and the server log."
        )
    if state.set_aside_problem:
        problem = formats.plain(formats.raw(state.set_aside_problem))
        st.warning(
            f"**The requests that were set aside can't be read.** {problem}",
            icon=":material/inventory_2:",
        )
    if state.set_aside:
        _set_aside(state.set_aside)


def _set_aside(segments: Sequence[spool.SetAside]) -> None:
    """What could not be loaded and is kept beside the spool."""
    requests = formats.things(sum(segment.requests for segment in segments), "request")
    st.warning(
        f"**{requests} could not be loaded and {'was' if requests.startswith('1 ') else 'were'} set aside.** "
        f"All others were loaded. The last reason: {formats.plain(formats.raw(segments[-1].reason))}",
        icon=":material/inventory_2:",
    )
    st.caption(
        f"Nothing is lost: the requests are in {formats.plain(segments[0].path.parent)}. After an update of Mailsight, "
        "run `python -m mailsight retry` on the server to load them again."
    )
