"""The Export button of every list, with the file's progress and download."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, BinaryIO

import streamlit as st

from mailsight.errors import MailsightError
from mailsight.exports import pdf, writers
from mailsight.exports.jobs import OnProgress
from mailsight.exports.lists import LIST_FORMATS, Format, file_name
from mailsight.exports.writers import Rows
from mailsight.figures.formats import listed, plain
from mailsight.warehouse.reader import Snapshot
from mailsight.web import downloads, sessions
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.downloads import Exported, Write

from .mail_frame import frontend

_watch = st.components.v2.component(
    "mailsight_export",
    html='<div class="export"></div>',
    css=frontend("export.css"),
    js=frontend("grids.js", "export.js"),
)


_FORMATS = {form.value: form for form in Format}


@dataclass(frozen=True, slots=True)
class _Pending:
    """An export that starts once the browser has sent the grid's filters and sort order."""

    id: str
    form: Format


@dataclass(slots=True)
class _Interrupted:
    """An export whose server ended before it was written. `offered`: whether its button offers to start it again."""

    name: str
    form: Format
    offered: bool = False


@dataclass(slots=True)
class _SessionFiles:
    """A session's files, and the exports that wait for a grid's view, were interrupted or start again, by button."""

    files: dict[str, Exported] = field(default_factory=dict)
    pending: dict[str, _Pending] = field(default_factory=dict)
    interrupted: dict[str, _Interrupted] = field(default_factory=dict)
    again: dict[str, Format] = field(default_factory=dict)

    def start_again(self, key: str) -> None:
        self.again[key] = self.interrupted.pop(key).form

    def remove(self, key: str) -> None:
        self.pending.pop(key, None)
        self.interrupted.pop(key, None)
        if old := self.files.pop(key, None):
            downloads.jobs().remove(old.job)

    def clear(self) -> None:
        for key in list(self.files):
            self.remove(key)


# Closing the page removes its files.
@st.cache_resource(scope="session", show_spinner=False, on_release=_SessionFiles.clear)
def _session_files() -> _SessionFiles:
    return _SessionFiles()


def note_interrupted(exports: object) -> None:
    """Note what the server was writing when it ended: the page goes on in another process, without these files.

    `exports` comes from the browser.
    """
    for each in exports if isinstance(exports, list) else []:
        with suppress(TypeError, KeyError):
            lost = _Interrupted(str(each["name"]), _FORMATS[each["form"]])
            _session_files().interrupted[str(each["button"])] = lost


def say_interrupted() -> None:
    """Say which of these files no button on the page offers to write again."""
    interrupted = _session_files().interrupted
    names = [interrupted.pop(key).name for key, lost in list(interrupted.items()) if not lost.offered]
    if names:
        st.toast(
            f"The server restarted before it had written {listed(map(plain, names))}. Export again.",
            icon=":material/error:",
            duration="infinite",
        )


def export_button(
    key: str,
    name: Sequence[str],
    read: Callable[[Snapshot], Rows],
    export: Export,
    *,
    right: Right,
    label: str = "Export",
    disabled: bool = False,
) -> None:
    """A button that exports a list as CSV, Excel or Parquet, for people with the `right` to it.

    `read` returns the rows; it is called when a format is chosen. `name`: the parts of the file name. `export`: what
    the audit says of the file.
    """
    file_menu(
        key,
        label,
        name,
        LIST_FORMATS,
        right,
        lambda _: export,
        lambda form, _: _list_write(form, read),
        unit="rows",
        icon=":material/download:",
        disabled=disabled,
    )


def report_button(
    key: str,
    name: Sequence[str],
    writes: Mapping[Format, Write],
    export: Export,
    others: Mapping[str, Callable[[], None]] = MappingProxyType({}),
) -> None:
    """A button that exports a page as a report, in these formats. Reports have figures and no customers.

    `others`: further entries of its menu, and what they do before the page runs again.
    """
    file_menu(
        key,
        "Report",
        name,
        list(writes),
        Right.FIGURES,
        lambda _: export,
        lambda form, _: writes[form],
        unit="pages",
        icon=":material/summarize:",
        others=others,
        uses={} if pdf.available() else {Format.PDF: "unavailable: Pango is not installed on the server"},
    )


def grid_export_button(
    key: str,
    name: Sequence[str],
    read: Callable[[Snapshot, Mapping[str, Any]], Rows],
    export: Callable[[Mapping[str, Any]], Export],
    *,
    grid: str,
    right: Right,
    label: str = "Export",
) -> None:
    """A button that exports what a grid shows, for people with the `right` to it.

    `read` and `export` get the grid's view from the browser and must validate it. `grid`: the name under which grid.js
    publishes the view.
    """
    file_menu(
        key,
        label,
        name,
        LIST_FORMATS,
        right,
        export,
        lambda form, view: _list_write(form, lambda data: read(data, view)),
        unit="rows",
        icon=":material/download:",
        grid=grid,
    )


def _list_write(form: Format, read: Callable[[Snapshot], Rows]) -> Write:
    def write(data: Snapshot, output: BinaryIO, on_progress: OnProgress) -> str:
        rows = read(data)
        return writers.write(rows, form, output, lambda done: on_progress(done, rows.total))

    return write


def file_menu(
    key: str,
    label: str,
    name: Sequence[str],
    forms: Sequence[Format],
    right: Right,
    export: Callable[[Mapping[str, Any]], Export],
    write: Callable[[Format, Mapping[str, Any]], Write],
    *,
    unit: str,
    icon: str,
    uses: Mapping[Format, str] = MappingProxyType({}),
    disabled: bool = False,
    grid: str = "",
    others: Mapping[str, Callable[[], None]] = MappingProxyType({}),
) -> None:
    """A menu button with the available formats, and beside it the file in progress or the latest one.

    People without the `right` to a format don't see it. `write` returns how to write one, and `export` what the audit
    says of it; both get the view of the `grid`, if there is one. `uses` replaces a format's usual description. The
    button has no help text, because that would cover the menu.
    """
    viewer = sessions.current()
    forms = [form for form in forms if viewer.may(downloads.needed(form, right))]
    if not forms or not viewer.may(right):
        return

    # A fragment, so that the rest of the page does not rerun for a file.
    @st.fragment(key=f"export:{key}")
    def part() -> None:
        session = _session_files()
        with st.container(
            horizontal=True, width="content", vertical_alignment="center", gap="small", key=f"export_{key}"
        ):
            chosen = st.menu_button(
                label,
                [*forms, *others],
                format_func=partial(_entry, uses=uses),
                icon=icon,
                disabled=disabled,
                key=f"export:{key}:menu",
            )
            chosen = session.again.pop(key, chosen)
            if isinstance(chosen, Format):
                session.remove(key)
                if grid:
                    session.pending[key] = _Pending(secrets.token_urlsafe(16), chosen)
                else:
                    _start(key, name, chosen, right, write(chosen, {}), partial(export, {}))
            elif chosen:
                others[chosen]()
                st.rerun()
            elif (pending := session.pending.get(key)) and (view := _view(key, pending)):
                session.remove(key)
                _start(key, name, pending.form, right, write(pending.form, view), partial(export, view))
            if pending := session.pending.get(key):
                asked = {"id": pending.id, "name": f"{file_name(*name)}.{pending.form}", "grid": grid}
                _watch_file(key, pending.form, asked)
            elif (file := session.files.get(key)) and file.is_theirs:
                _watch_file(key, file.job.form, _progress(file, unit))
            elif (lost := session.interrupted.get(key)) and lost.form in forms:
                lost.offered = True
                st.caption(f"The server restarted before it had written {plain(lost.name)}.", width="content")
                st.button(
                    "Export again", key=f"export:{key}:again", on_click=session.start_again, args=(key,)
                )
            else:
                session.remove(key)  # ordered in another role

    part()


def _entry(entry: Format | str, uses: Mapping[Format, str]) -> str:
    """An entry of the menu in Markdown."""
    return f"**{entry.label}**, {uses.get(entry, entry.use)}" if isinstance(entry, Format) else entry


def _view(key: str, pending: _Pending) -> Mapping[str, Any] | None:
    """The grid's view, available in the rerun that its arrival triggers."""
    view = getattr(st.session_state.get(_watch_key(key)), "view", None)
    return view if isinstance(view, dict) and view.get("id") == pending.id else None


def _start(
    key: str,
    name: Sequence[str],
    form: Format,
    right: Right,
    write: Write,
    export: Callable[[], Export],
) -> None:
    try:
        file = downloads.start(f"{file_name(*name)}.{form}", form, right, write, export())
    except MailsightError as error:
        st.toast(f"**{error.title}.** {plain(error.message)} {error.next_step}", icon=":material/error:")
    else:
        _session_files().files[key] = file


def _progress(file: Exported, unit: str) -> dict[str, str]:
    token = downloads.token(file)
    return {
        "id": file.job.id,
        "name": file.job.name,
        "unit": unit,
        "progress": sessions.address("api/export/progress", token=token),
        "file": sessions.address("api/export", token=token),
    }


def _watch_file(key: str, form: Format, data: Mapping[str, str]) -> None:
    _watch(
        key=_watch_key(key),
        data={"button": key, "form": form.value, **data},
        width="content",
        on_closed_change=lambda: _session_files().remove(key),
        on_view_change=lambda: None,
    )


def _watch_key(key: str) -> str:
    return f"export:{key}:watch"
