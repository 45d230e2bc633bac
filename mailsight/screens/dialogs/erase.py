"""The dialog that erases a customer, for admins."""

import logging
from functools import partial
from pathlib import Path

import streamlit as st

from mailsight import settings
from mailsight.components import address, progress, tables
from mailsight.errors import MailsightError
from mailsight.figures import formats
from mailsight.loading import child, uploads
from mailsight.loading.derive import Progress
from mailsight.privacy import erasure
from mailsight.privacy.erasure import Erasure
from mailsight.screens import navigation
from mailsight.state import audit as audits
from mailsight.state.audit import Action
from mailsight.web import audit, sessions
from mailsight.web.access import Right

# How long an erasure waits for a load before it gives up.
WAIT_SECONDS = 60.0

_log = logging.getLogger(__name__)


@st.dialog(
    "Erase this customer", width="medium", icon=":material/person_remove:", on_dismiss=address.close_dialog
)
def show(customer_id: str) -> None:
    """Say what would be erased, ask once more, then erase it."""
    sessions.require(Right.ERASURE)
    database = settings.from_environment().database
    try:
        rows = erasure.erase(database, [customer_id], dry_run=True).rows
    except MailsightError as error:
        _failed(error)
        return
    form, bar = st.empty(), st.empty()
    with form.container():
        if not _confirmed(customer_id, rows):
            return
    form.empty()
    with bar.container():
        outcome = _erase(database, customer_id)
    bar.empty()
    if isinstance(outcome, MailsightError):
        _failed(outcome)
        return
    st.success("Erased. All figures are what they were.", icon=":material/check_circle:")
    st.caption(
        "Later loads and webhooks won't bring the customer back. Backups keep the data until they expire."
    )
    st.page_link(navigation.CAMPAIGNS, label="Campaigns", icon=":material/arrow_back:")


def _confirmed(customer_id: str, rows: dict[str, int]) -> bool:
    """What would be erased, and whether the viewer has agreed to it."""
    st.markdown(
        "Everything that names this customer is removed from all tables and files, for good: name, addresses, "
        "attributes, e-mails and the rest. Figures stay as they are: the customer becomes nobody. This can't be undone."
    )
    tables.table(
        [tables.Column("Data"), tables.Column("Rows", right=True, fit=True)],
        [
            tables.Row(name, [tables.main(name.replace("_", " ").capitalize()), formats.count(count)])
            for name, count in rows.items()
            if count
        ],
        key="erase_rows",
        label="What is erased",
        empty="Nothing is known about this customer.",
    )
    is_sure = st.checkbox("I want to erase this customer for good", key=f"erase:{customer_id}")
    return st.button("Erase", type="primary", icon=":material/delete_forever:", disabled=not is_sure)


def _erase(database: Path, customer_id: str) -> Erasure | MailsightError:
    """Erase the customer with a progress bar. Returns the result or the error."""
    try:
        viewer = sessions.require(Right.ERASURE)
        audit.done(viewer, Action.ERASED, people="1")
        by = (viewer.person, viewer.role)
        work = uploads.start(lambda _, note: child.run(partial(_in_child, database, customer_id, by), note))
        return progress.watch(work, "You can close this window. Erasing continues.")
    except MailsightError as error:
        return error
    except Exception:  # noqa: BLE001
        # Unexpected errors: the details go to the log, the viewer gets a next step.
        _log.exception("An erasure failed")
        return MailsightError(
            "The customer was not erased completely.",
            next_step="Run `mailsight erase --finish` on the server. Its log has the details.",
        )


def _in_child(database: Path, customer_id: str, by: tuple[str, str], progress: Progress) -> Erasure:
    erased = erasure.erase(database, [customer_id], progress=progress, wait_seconds=WAIT_SECONDS)
    audits.beside(database, settings.from_environment().keep_audit_months).record(*by, Action.ERASURE_DONE)
    return erased


def _failed(error: MailsightError) -> None:
    st.warning(f"**{error.title}.** {formats.plain(error.message)}", icon=":material/block:")
    if error.next_step:
        st.markdown(formats.plain(error.next_step))
