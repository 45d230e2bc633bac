"""The button Export, wherever there is a list, and what becomes of the file: how far it is, its download, its end."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, BinaryIO
from urllib.parse import urlencode

import streamlit as st

from mailsight.errors import MailsightError
from mailsight.exports import writers
from mailsight.exports.jobs import Job, OnProgress, Work
from mailsight.exports.lists import LIST_FORMATS, Format, file_name
from mailsight.exports.writers import Rows
from mailsight.figures.formats import plain
from mailsight.warehouse.reader import Snapshot
from mailsight.warehouse.served import warehouse
from mailsight.web import downloads
from mailsight.web.answers import path

from .mail_frame import frontend

_watch = st.components.v2.component(
    "mailsight_export",
    html='<div class="export"></div>',
    css=frontend("export.css"),
    js=frontend("export.js"),
)


@dataclass(frozen=True, slots=True)
class _Pending:
    """An export that starts once the browser has sent the grid's view."""

    id: str
    form: Format


@dataclass(slots=True)
class _Shelf:
    """The files of one open page, by the button that made them, and those that wait for a grid's view."""

    files: dict[str, Job] = field(default_factory=dict)
    pending: dict[str, _Pending] = field(default_factory=dict)

    def take(self, key: str) -> None:
        self.pending.pop(key, None)
        if old := self.files.pop(key, None):
            downloads.jobs().remove(old)

    def clear(self) -> None:
        for key in list(self.files):
            self.take(key)


# When the page is closed, its files go with it.
@st.cache_resource(scope="session", show_spinner=False, on_release=_Shelf.clear)
def _shelf() -> _Shelf:
    return _Shelf()


def export_button(
    key: str,
    name: Sequence[str],
    read: Callable[[Snapshot], Rows],
    *,
    label: str = "Export",
    disabled: bool = False,
) -> None:
    """A button that exports a list as CSV, Excel or Parquet.

    `read` gives the rows, all from one generation, once a format is chosen; `name` has the parts of the file's name.
    """
    file_menu(
        key,
        label,
        name,
        LIST_FORMATS,
        lambda form, _: _list_work(form, read),
        unit="rows",
        icon=":material/download:",
        disabled=disabled,
    )


def grid_export_button(
    key: str, name: Sequence[str], read: Callable[[Snapshot, Mapping[str, Any]], Rows], *, grid: str
) -> None:
    """A button that exports what a grid shows.

    `read` gets the grid's view from the browser, so it trusts nothing in it. `grid` is the name under which grid.js
    gives its view away.
    """
    file_menu(
        key,
        "Export",
        name,
        LIST_FORMATS,
        lambda form, view: _list_work(form, lambda data: read(data, view)),
        unit="rows",
        icon=":material/download:",
        grid=grid,
    )


def _list_work(form: Format, read: Callable[[Snapshot], Rows]) -> Work:
    def write(output: BinaryIO, on_progress: OnProgress) -> str:
        with warehouse().snapshot() as data:
            rows = read(data)
            return writers.write(rows, form, output, lambda done: on_progress(done, rows.total))

    return write


def file_menu(
    key: str,
    label: str,
    name: Sequence[str],
    forms: Sequence[Format],
    work: Callable[[Format, Mapping[str, Any]], Work],
    *,
    unit: str,
    icon: str,
    uses: Mapping[Format, str] = MappingProxyType({}),
    disabled: bool = False,
    grid: str = "",
) -> None:
    """A button with the kinds of files that it makes; beside it, the one that is being made or was made last.

    `work` writes a file of this kind; it gets the view of the `grid`, if there is one. `uses` says what a kind is for
    where that is not its usual use. No help on hover: it would cover the menu.
    """

    # By itself: nothing else of the page is made again for a file.
    @st.fragment(key=f"export:{key}")
    def part() -> None:
        shelf = _shelf()
        with st.container(
            horizontal=True, width="content", vertical_alignment="center", gap="small", key=f"export_{key}"
        ):
            chosen = st.menu_button(
                label,
                list(forms),
                format_func=lambda form: f"**{form.label}**, {uses.get(form, form.use)}",
                icon=icon,
                disabled=disabled,
                key=f"export:{key}:menu",
            )
            if chosen:
                shelf.take(key)
                if grid:
                    shelf.pending[key] = _Pending(secrets.token_urlsafe(16), chosen)
                else:
                    _start(key, name, chosen, work(chosen, {}))
            elif (pending := shelf.pending.get(key)) and (view := _view(key, pending)):
                shelf.take(key)
                _start(key, name, pending.form, work(pending.form, view))
            if pending := shelf.pending.get(key):
                _watch_file(
                    key, {"id": pending.id, "name": f"{file_name(*name)}.{pending.form}", "grid": grid}
                )
            elif job := shelf.files.get(key):
                _watch_file(key, _progress(job, unit))

    part()


def _view(key: str, pending: _Pending) -> Mapping[str, Any] | None:
    """The grid's view, in the rerun that its arrival triggers."""
    view = getattr(st.session_state.get(_watch_key(key)), "view", None)
    return view if isinstance(view, dict) and view.get("id") == pending.id else None


def _start(key: str, name: Sequence[str], form: Format, work: Work) -> None:
    try:
        _shelf().files[key] = downloads.jobs().start(f"{file_name(*name)}.{form}", form, work)
    except MailsightError as error:
        st.toast(f"**{error.title}.** {plain(error.message)} {error.next_step}", icon=":material/error:")


def _progress(job: Job, unit: str) -> dict[str, str]:
    asked = urlencode({"token": downloads.token(job)})
    return {
        "id": job.id,
        "name": job.name,
        "unit": unit,
        "progress": f"{path('api/export/progress')}?{asked}",
        "file": f"{path('api/export')}?{asked}",
    }


def _watch_file(key: str, data: Mapping[str, str]) -> None:
    _watch(
        key=_watch_key(key),
        data=data,
        width="content",
        on_closed_change=lambda: _shelf().take(key),
        on_view_change=lambda: None,
    )


def _watch_key(key: str) -> str:
    return f"export:{key}:watch"
