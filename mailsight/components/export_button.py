"""The button Export, wherever there is a list, and what becomes of the file: how far it is, its download, its end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import BinaryIO
from urllib.parse import urlencode

import streamlit as st

from mailsight.errors import MailsightError
from mailsight.exports import lists, writers
from mailsight.exports.jobs import Job, Told, Work
from mailsight.exports.lists import LIST_FORMATS, Format
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


@dataclass(slots=True)
class _Shelf:
    """The files of one open page, by the button that made them."""

    files: dict[str, Job] = field(default_factory=dict)

    def take(self, key: str) -> None:
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

    `read` gives the rows, all from one generation, when a format is chosen; `name` has the parts of the file's name.
    """

    def work(form: Format) -> Work:
        def write(output: BinaryIO, told: Told) -> str:
            with warehouse().snapshot() as data:
                rows = read(data)
                return writers.write(rows, form, output, lambda done: told(done, rows.total))

        return write

    file_menu(
        key,
        label,
        name,
        dict.fromkeys(LIST_FORMATS, work),
        unit="rows",
        icon=":material/download:",
        disabled=disabled,
    )


def file_menu(
    key: str,
    label: str,
    name: Sequence[str],
    forms: Mapping[Format, Callable[[Format], Work]],
    *,
    unit: str,
    icon: str,
    uses: Mapping[Format, str] = MappingProxyType({}),
    disabled: bool = False,
) -> None:
    """A button with the kinds of files that it makes; beside it, the one that is being made or was made last.

    `uses` says what a kind is for where that is not its usual use. No help on hover: it would cover the menu.
    """

    # By itself: nothing else of the page is made again for a file.
    @st.fragment(key=f"export:{key}")
    def part() -> None:
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
                _start(key, name, chosen, forms[chosen](chosen))
            if job := _shelf().files.get(key):
                _watched(key, job, unit)

    part()


def _start(key: str, name: Sequence[str], form: Format, work: Work) -> None:
    shelf = _shelf()
    shelf.take(key)
    try:
        shelf.files[key] = downloads.jobs().start(f"{lists.file_name(*name)}.{form}", form, work)
    except MailsightError as error:
        st.toast(f"**{error.title}.** {plain(error.message)} {error.next_step}", icon=":material/error:")


def _watched(key: str, job: Job, unit: str) -> None:
    asked = urlencode({"token": downloads.token(job)})
    _watch(
        key=f"export:{key}:watch",
        data={
            "id": job.id,
            "name": job.name,
            "unit": unit,
            "progress": f"{path('api/export/progress')}?{asked}",
            "file": f"{path('api/export')}?{asked}",
        },
        width="content",
        on_closed_change=lambda: _shelf().take(key),
    )
