"""The dialog Upload: a bundle or a provider's file from the browser into the database, for those who may."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from mailsight import settings
from mailsight.components import tables
from mailsight.errors import LoadRefused, MailsightError, MayNotUpload
from mailsight.figures import formats
from mailsight.loading import bundles, payloads, uploads
from mailsight.loading.derive import Progress
from mailsight.loading.merge import LoadSummary
from mailsight.loading.uploads import UploadedFile
from mailsight.providers.registry import PROVIDERS

from . import navigation, sign_in

# Another load is waited for as long as somebody likes to look at a bar that stands still.
WAIT_SECONDS = 20.0
REFUSALS_SHOWN = 10
Start = Callable[[], uploads.Loading]

_log = logging.getLogger(__name__)
_WAITING = "Waiting for another load to end"
_OUTCOME = "upload:outcome"
_ROUND = "upload:round"
# What is sent, with the kinds of files it may have and whether a browser may send several of them.
_ZIP, _FOLDER, _PROVIDER = "Zip or files", "Folder", "Provider's files"
_BUNDLE_TYPES = ["zip", "csv", "ndjson", "jsonl", "json", "parquet", "html", "htm", "eml"]
_PROVIDER_TYPES = ["json", "ndjson", "jsonl", "gz", "zst"]


def allowed() -> bool:
    """Whether who looks at this page may load files."""
    user = st.user if sign_in.has_sign_in() else {}
    # An address that its owner has not proved may be anybody's.
    proved = user.get("email_verified", True) not in (False, "false")
    email = user.get("email") if proved else None
    visitor = uploads.Visitor(
        signed_in=bool(user.get("is_logged_in")),
        email=str(email) if email else None,
        local=uploads.is_local(st.context.ip_address, st.context.headers),
    )
    named = settings.from_environment().uploaders
    return uploads.may_upload(visitor, named, sign_in=sign_in.has_sign_in())


def button() -> None:
    """The button that opens the dialog; nothing for those who may not."""
    if allowed() and st.button("Upload", icon=":material/upload:"):
        st.session_state.pop(_OUTCOME, None)
        upload()


@st.dialog("Upload", width="medium", icon=":material/upload:", on_dismiss="rerun")
def upload() -> None:
    """Choose, watch, see what became of it."""
    # A place for each, so that the one is gone when the other shows.
    form, progress = st.empty(), st.empty()
    if _OUTCOME not in st.session_state:
        with form.container():
            start = choose()
        if start is None:
            return
        form.empty()
        with progress.container():
            st.session_state[_OUTCOME] = watch(start)
        progress.empty()
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    tell(st.session_state[_OUTCOME])


def choose() -> Start | None:
    """What to load; how to begin, once the button is clicked."""
    # Another key for each round: the files of the last one are let go.
    key = f"upload:{st.session_state.get(_ROUND, 0)}"
    kind = st.segmented_control(
        "What",
        [_ZIP, _FOLDER, _PROVIDER],
        default=_ZIP,
        required=True,
        label_visibility="collapsed",
        key=f"{key}:kind",
    )
    if kind == _PROVIDER:
        name = st.selectbox(
            "Provider", list(PROVIDERS), format_func=lambda name: PROVIDERS[name].label, key=f"{key}:provider"
        )
        files: Sequence[UploadedFile] = st.file_uploader(
            "Its files of events, also packed with gzip or zstd",
            type=_PROVIDER_TYPES,
            accept_multiple_files=True,
            key=f"{key}:provider_files",
        )
        start: Start = partial(load_provider_files, name, files)
    else:
        files = st.file_uploader(
            "campaigns, customers, messages and events, and the e-mails",
            type=None if kind == _FOLDER else _BUNDLE_TYPES,
            accept_multiple_files="directory" if kind == _FOLDER else True,
            key=f"{key}:{'folder' if kind == _FOLDER else 'files'}",
        )
        start = partial(load_bundle, files)
    clicked = st.button("Load", type="primary", disabled=not files, key=f"{key}:load")
    return start if clicked and files else None


def load_bundle(files: Sequence[UploadedFile]) -> uploads.Loading:
    """Begins to load a bundle. Raises `MayNotUpload`: a hidden button keeps nobody out."""
    database = _allowed_database()

    def run(folder: Path, progress: Progress) -> LoadSummary:
        bundle = uploads.save_bundle(files, folder)
        progress(0.0, _WAITING)
        return bundles.load(database, [bundle], progress=progress, wait_seconds=WAIT_SECONDS)

    return uploads.start(run)


def load_provider_files(provider: str, files: Sequence[UploadedFile]) -> uploads.Loading:
    """Begins to load a provider's files. Raises `MayNotUpload`."""
    database = _allowed_database()

    def run(folder: Path, progress: Progress) -> LoadSummary:
        paths = uploads.save_files(files, folder)
        progress(0.0, _WAITING)
        return payloads.ingest(database, provider, paths, progress=progress, wait_seconds=WAIT_SECONDS)

    return uploads.start(run)


def _allowed_database() -> Path:
    if not allowed():
        raise MayNotUpload("You may look at the data here, but not load any.")
    return settings.from_environment().database


def watch(start: Start) -> LoadSummary | MailsightError:
    """A bar until the load has ended, and how it did."""
    try:
        loading = start()
    except MayNotUpload as error:
        return error
    bar = st.progress(0.0)
    st.caption("You may close this window: loading goes on, and shows in the list of loads when it is done.")
    while not loading.ended.done():
        bar.progress(loading.done, formats.plain(loading.doing))
        time.sleep(0.2)
    try:
        return loading.ended.result()
    except MailsightError as error:
        return error
    except Exception:  # noqa: BLE001
        # Whatever it is, the page says what to do, and the log everything.
        _log.exception("An upload could not be loaded")
        return LoadRefused(
            "The load came to grief.", next_step="Nothing has changed. The server's log says why."
        )


def tell(outcome: LoadSummary | MailsightError) -> None:
    """What was new, known and refused; or why nothing was loaded, and what to do."""
    if isinstance(outcome, MailsightError):
        st.warning(f"**{outcome.title}.** {formats.plain(outcome.message)}", icon=":material/block:")
        st.markdown(outcome.next_step)
    else:
        _summary(outcome)
    with st.container(horizontal=True):
        st.button("Upload more", on_click=lambda: st.session_state.pop(_OUTCOME, None))
        if st.button("Done", type="primary"):
            st.rerun()


def _summary(summary: LoadSummary) -> None:
    if summary.changed:
        st.success(
            "Loaded. The figures on all pages follow at their next click.", icon=":material/check_circle:"
        )
    else:
        st.info("All of it was known already: nothing has changed.", icon=":material/info:")
    tables.table(
        [
            tables.Column("What"),
            *(tables.Column(name, right=True, fit=True) for name in ("Rows", "New", "Known", "Refused")),
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
        label="What was loaded",
        empty="There were no rows in it.",
    )
    for file, columns in summary.ignored_columns.items():
        st.caption(
            formats.plain(f"{file}: these columns are not known and were passed over: {', '.join(columns)}")
        )
    if summary.refusals:
        _refusals(summary)


def _refusals(summary: LoadSummary) -> None:
    st.markdown(f"**{formats.things(len(summary.refusals), 'row')} refused**")
    tables.table(
        [tables.Column("File and line", fit=True), tables.Column("Reason", whole=True)],
        [
            tables.Row(
                str(place),
                [
                    tables.main(formats.raw(refusal.file, 60), f"line {formats.count(refusal.line)}"),
                    formats.raw(refusal.reason),
                ],
            )
            for place, refusal in enumerate(summary.refusals[:REFUSALS_SHOWN])
        ],
        key="upload_refusals",
        label=navigation.REFUSED_ROWS,
    )
    if len(summary.refusals) > REFUSALS_SHOWN:
        st.caption(f"The page Data shows them all, under {navigation.REFUSED_ROWS}.")
