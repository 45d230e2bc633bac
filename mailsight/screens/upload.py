"""The Upload dialog: loads a bundle or provider files from the browser, for people who may upload."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from mailsight import measures, settings
from mailsight.components import address, progress, tables
from mailsight.errors import LoadRefused, MailsightError, MayNotUpload, StateUnreadable
from mailsight.figures import formats
from mailsight.importing import uploaded
from mailsight.importing.columns import csv
from mailsight.importing.columns.csv import Suggestion
from mailsight.importing.columns.mapping import TableMapping
from mailsight.importing.recognition import Export
from mailsight.loading import child, payloads, recognition, uploads
from mailsight.loading.derive import Progress
from mailsight.loading.merge import LoadSummary
from mailsight.loading.uploads import UploadedFile
from mailsight.providers.registry import PROVIDERS
from mailsight.state.audit import Action
from mailsight.web import audit, sessions
from mailsight.web.access import Right
from mailsight.web.parameters import DATA_DIALOG, REJECTED, Dialog

from . import navigation
from .dialogs import columns

# How long an upload waits for another load before it gives up.
WAIT_SECONDS = 20.0
MAX_REJECTED_ROWS = 10
MAX_PASSED_OVER = 10
MAX_NAMES = 20
Start = Callable[[], uploads.Loading[LoadSummary]]

_log = logging.getLogger(__name__)
_WAITING = "Waiting for another load to finish"
_OUTCOME = "upload:outcome"
_ROUND = "upload:round"
# What can be uploaded, and the file types that the browser offers for it.
_ZIP, _FOLDER, _PROVIDER = "Zip or files", "Folder", "Provider files"
_BUNDLE_TYPES = [
    *("zip", "csv", "tsv", "tab", "psv", "txt", "dat", "ndjson", "jsonl", "json", "parquet", "pq"),
    *("xlsx", "xlsm", "xlsb", "xls", "ods", "gz", "zst", "bz2", "xz", "html", "htm", "eml"),
    *("emlx", "msg", "mbox", "tar", "tgz"),
]
_PROVIDER_TYPES = ["json", "ndjson", "jsonl", "avro", "txt", "log", "gz", "zst", "bz2", "xz"]


def allowed() -> bool:
    """Whether the viewer may upload."""
    return sessions.may(Right.UPLOADS)


def button() -> None:
    """The button that opens the dialog, shown only to people who may upload."""
    if allowed():
        st.button("Upload", icon=":material/upload:", on_click=_open)


def _open() -> None:
    st.session_state.pop(_OUTCOME, None)
    address.change((DATA_DIALOG, Dialog("upload")))


def dialog() -> None:
    """Show the dialog if it is in the address, to people who may upload."""
    if address.value(DATA_DIALOG) and audit.may(Right.UPLOADS, "dialog upload"):
        upload()


@st.dialog("Upload", width="medium", icon=":material/upload:", on_dismiss=address.close_dialog)
def upload() -> None:
    """The dialog: choose files, watch the progress, see the result."""
    # Two placeholders, so that the form disappears when the progress bar appears.
    form, bar = st.empty(), st.empty()
    if _OUTCOME not in st.session_state:
        with form.container():
            start = choose()
        if start is None:
            return
        form.empty()
        with bar.container():
            st.session_state[_OUTCOME] = watch(start)
        bar.empty()
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    outcome = st.session_state[_OUTCOME]
    show_outcome(outcome)
    _offer_next_steps(outcome)


def choose() -> Start | None:
    """The upload form. Returns how to start the load once the button is clicked, else None."""
    # A new key for each upload, so that the previous files are released.
    key = f"upload:{st.session_state.get(_ROUND, 0)}"
    sessions.open_upload(sessions.current_id())
    kind = st.segmented_control(
        "Upload type",
        [_ZIP, _FOLDER, _PROVIDER],
        default=_ZIP,
        required=True,
        label_visibility="collapsed",
        key=f"{key}:kind",
    )
    if kind == _PROVIDER:
        files: Sequence[UploadedFile] = st.file_uploader(
            "Event files from a provider; packed files work too",
            type=_PROVIDER_TYPES,
            accept_multiple_files=True,
            key=f"{key}:provider_files",
        )
        name = choose_provider(files, key) if files else None
        start: Start = partial(load_provider_files, name or "", files)
        is_complete = name is not None
    else:
        files = st.file_uploader(
            "Your files",
            type=None if kind == _FOLDER else _BUNDLE_TYPES,
            accept_multiple_files="directory" if kind == _FOLDER else True,
            key=f"{key}:{'folder' if kind == _FOLDER else 'files'}",
        )
        st.caption(
            f"- An export from {uploaded.SENDERS}, just as you downloaded it.\n"
            "- Any other CSV, Excel or JSON file: you then choose what its columns are.\n"
            "- A bundle: campaigns, customers, messages and events, with your e-mails' HTML.\n"
            "- E-mails that customers received (.eml, .mbox): they are added to their messages.\n\n"
            "Larger files have to be loaded on the server, with `python -m mailsight import`."
        )
        start = partial(load_bundle, files)
        is_complete = bool(files)
        match columns.inspected(files, key) if files else None:
            case Export() as export:
                start = partial(load_bundle, files, columns.options(export, key))
            case Suggestion() as suggested if kind == _ZIP:
                mapping = columns.choose(suggested, key)
                is_complete = mapping is not None
                start = partial(load_tables, mapping, files) if mapping else start
    clicked = st.button("Load", type="primary", disabled=not is_complete, key=f"{key}:load")
    return start if clicked and is_complete else None


def choose_provider(files: Sequence[UploadedFile], key: str) -> str | None:
    """The provider that the files were recognised as, unless the user changes it. None if it has to be chosen."""
    recognised = recognition.providers_of(files)
    names = list(PROVIDERS)
    # A new key for other files, so that they don't inherit the choice.
    chosen = st.selectbox(
        "Provider",
        names,
        index=names.index(recognised[0].name) if len(recognised) == 1 else None,
        format_func=lambda name: PROVIDERS[name].label,
        placeholder="Choose the provider",
        key=f"{key}:provider:{'|'.join(file.name for file in files)}",
    )
    if len(recognised) == 1:
        st.caption(f"Recognised as {recognised[0].label}. Change it if that is wrong.")
    elif recognised:
        labels = " and ".join(provider.label for provider in recognised)
        st.caption(f"These files seem to come from {labels}. Upload each provider's files separately.")
    else:
        st.caption("The provider could not be recognised. Check the files, or choose the provider.")
    return chosen


def load_bundle(
    files: Sequence[UploadedFile], options: Mapping[str, str] | None = None
) -> uploads.Loading[LoadSummary]:
    """Start loading a bundle, or another sender's export with its options. Raises `MayNotUpload`."""
    load = partial(uploaded.load, names=_names(files), options=options)
    return _start("bundle or export", files, uploads.save, load)


def load_tables(mapping: TableMapping, files: Sequence[UploadedFile]) -> uploads.Loading[LoadSummary]:
    """Start loading tables whose columns people have chosen. Raises `MayNotUpload`."""
    return _start("table", files, uploads.save, partial(csv.load, chosen=mapping, place=_names(files)))


def load_provider_files(provider: str, files: Sequence[UploadedFile]) -> uploads.Loading[LoadSummary]:
    """Start loading provider files. Raises `MayNotUpload`."""
    return _start(f"events of {provider}", files, uploads.save_files, partial(_ingest, provider))


def _ingest(provider: str, database: Path, paths: Sequence[Path], **options: Any) -> LoadSummary:
    return payloads.ingest(database, provider, paths, **options)


def _names(files: Sequence[UploadedFile]) -> str:
    return ", ".join(file.name for file in files[:MAX_NAMES])


def _start(
    kind: str,
    files: Sequence[UploadedFile],
    save: Callable[[Sequence[UploadedFile], Path], object],
    load: Callable[..., LoadSummary],
) -> uploads.Loading[LoadSummary]:
    """Record the upload, save the files, then load what was saved, in the background.

    Raises `MayNotUpload`, because hiding the button is not access control, and `StateUnreadable`.
    """
    database = _allowed_database()
    audit.done(sessions.current(), Action.UPLOADED, kind=kind, files=len(files))

    def run(folder: Path, progress: Progress) -> LoadSummary:
        saved = save(files, folder)
        progress(0.0, _WAITING)
        limited = partial(
            load, database, saved, wait_seconds=WAIT_SECONDS, max_bytes=uploads.MAX_UNPACKED_BYTES
        )
        with measures.load("upload"):
            return child.load_upload(limited, folder.parent, progress)

    return uploads.start(run)


def _allowed_database() -> Path:
    if not allowed():
        raise MayNotUpload("You can view this data, but you don't have permission to upload.")
    return settings.from_environment().database


def watch(start: Start) -> LoadSummary | MailsightError:
    """Show a progress bar until the load has finished. Returns its result or error."""
    try:
        loading = start()
    except (MayNotUpload, StateUnreadable) as error:
        return error
    try:
        return progress.watch(
            loading, "You can close this window. Loading continues, and the result appears under *Loads*."
        )
    except MailsightError as error:
        return error
    except Exception:  # noqa: BLE001
        # Unexpected errors: the details go to the log, the user gets a next step.
        _log.exception("An upload failed")
        return LoadRefused(
            "The upload failed.", next_step="Your data is unchanged. The server log has the details."
        )


def show_outcome(outcome: LoadSummary | MailsightError) -> None:
    """Show the number of new, existing and rejected rows, or the error and its next step."""
    if isinstance(outcome, MailsightError):
        st.warning(f"**{outcome.title}.** {formats.plain(outcome.message)}", icon=":material/block:")
        st.markdown(outcome.next_step)
    else:
        _summary(outcome)


def _offer_next_steps(outcome: LoadSummary | MailsightError) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Upload more", on_click=lambda: st.session_state.pop(_OUTCOME, None))
        if st.button("Done", type="primary", on_click=address.close_dialog):
            st.rerun()
        if isinstance(outcome, LoadSummary):
            navigation.campaigns_link("Show campaigns")


def _summary(summary: LoadSummary) -> None:
    if summary.passed_over:
        st.warning(
            f"{formats.things(len(summary.passed_over), 'file')} in this upload could not be loaded.",
            icon=":material/warning:",
        )
        _passed_over(summary)
    elif summary.changed:
        st.success(
            "Upload complete. Pages show the new figures on your next click.", icon=":material/check_circle:"
        )
    else:
        st.info("Everything in this upload was already loaded. Nothing has changed.", icon=":material/info:")
    tables.table(
        [
            tables.Column("Data"),
            *(tables.Column(name, right=True, fit=True) for name in ("Rows", "New", "Existing", "Rejected")),
        ],
        [
            tables.Row(
                kind.kind,
                [
                    tables.main(kind.kind.capitalize()),
                    *map(formats.count, (kind.rows, kind.new, kind.known, kind.refused)),
                ],
            )
            for kind in summary.kinds
            if kind.rows
        ],
        key="upload_summary",
        label="Upload result",
        empty="The upload contains no rows.",
    )
    for note in summary.notes:
        st.caption(formats.plain(note))
    for file, names in summary.ignored_columns.items():
        st.caption(formats.plain(f"Unknown columns in {file} were ignored: {', '.join(names)}."))
    if summary.refusals:
        _rejected_rows(summary)


def _passed_over(summary: LoadSummary) -> None:
    tables.table(
        [tables.Column("File", fit=True), tables.Column("Reason", whole=True)],
        [
            tables.Row(
                str(place),
                [tables.main(formats.raw(file.name, 60)), formats.raw(_sentence(file.reason))],
            )
            for place, file in enumerate(summary.passed_over[:MAX_PASSED_OVER])
        ],
        key="upload_passed_over",
        label="Files that were not loaded",
    )
    if (more := len(summary.passed_over) - MAX_PASSED_OVER) > 0:
        st.caption(f"{formats.things(more, 'more file')} could not be loaded.")
    st.caption("Do what is said there and upload these files again. The other files were loaded.")


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}"


def _rejected_rows(summary: LoadSummary) -> None:
    st.subheader(f"{formats.things(summary.rejected, 'row')} rejected", anchor=False)
    st.caption("Fix the problem shown and upload the file again.")
    tables.table(
        [tables.Column("File and line", fit=True), tables.Column("Reason", whole=True)],
        [
            tables.Row(
                str(place),
                [
                    tables.main(formats.raw(refusal.file, 60), formats.line(refusal.line)),
                    formats.raw(refusal.reason),
                ],
            )
            for place, refusal in enumerate(summary.refusals[:MAX_REJECTED_ROWS])
        ],
        key="upload_refusals",
        label=REJECTED,
    )
    if summary.rejected > MAX_REJECTED_ROWS:
        st.caption(f"The Data page lists all of them under *{REJECTED}*.")
