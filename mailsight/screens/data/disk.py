"""How much space everything takes, and how much is left."""

import streamlit as st

from mailsight import settings
from mailsight.backups import space
from mailsight.components import tables
from mailsight.errors import MailsightError
from mailsight.figures import formats
from mailsight.loading import health
from mailsight.web import sessions
from mailsight.web.access import Right

from .labels import age_seconds


def warn() -> None:
    """Warn while the disk is nearly full."""
    for sentence in health.warnings(settings.from_environment().database):
        st.warning(
            f"**{sentence}** Free some space, or move the data to a larger disk. While there isn't enough, nothing "
            "can be loaded; what is here stays as it is.",
            icon=":material/hard_drive:",
        )


def show() -> None:
    """For those who look after the data: what it takes, and when it was last backed up."""
    if not sessions.may(Right.UPLOADS):
        return
    st.header("Disk space", anchor="space")
    try:
        taken = space.space(settings.from_environment().database)
    except (MailsightError, OSError):
        return  # The pages say what is wrong with the database.
    parts = [
        ("Database", "What the pages show.", taken.database_bytes),
        ("Previous database", "Kept until the next load.", taken.earlier_bytes),
        ("Waiting webhooks", "Not loaded yet, or set aside.", taken.webhooks_bytes),
        ("Loaded webhooks", "Kept until the next backup.", taken.loaded_bytes),
        (
            "Kept copies",
            "From before updates and restored backups. Delete them when you no longer need them.",
            taken.kept_bytes,
        ),
        ("Free", "Each load needs up to three times the database for a moment.", taken.free_bytes),
    ]
    tables.table(
        [tables.Column("What", whole=True), tables.Column("Size", right=True, fit=True)],
        [
            tables.Row(label, [tables.main(label, meaning), formats.size(size_bytes)])
            for label, meaning, size_bytes in parts
            if size_bytes
        ],
        key="space",
        label="Disk space",
    )
    if taken.last_backup_at:
        st.caption(f":material/check_circle: Backed up {formats.ago(age_seconds(taken.last_backup_at))}.")
    else:
        st.caption(
            "No backup has been made yet. On the server, run `python -m mailsight backup FOLDER`. Each backup "
            f"takes about as much space as the database ({formats.size(taken.database_bytes)})."
        )
