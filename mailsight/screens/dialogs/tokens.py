"""The API tokens dialog: a person's tokens for programs that read the figures."""

import streamlit as st

from mailsight.components import address
from mailsight.errors import MailsightError
from mailsight.figures import formats
from mailsight.reports import campaigns as list_reports
from mailsight.screens import cached, navigation
from mailsight.state.tokens import MAX_NAME_LENGTH, Token
from mailsight.vocabulary import Role
from mailsight.web import sessions
from mailsight.web.api import tokens

from .issued import by, revocable, show_error

_DAYS = (7, 30, 90, 365)
_READS = {Role.READER: "Figures", Role.MARKETER: "Figures and customers"}


@st.dialog("API tokens", width="medium", icon=":material/key:", on_dismiss=address.close_dialog)
@cached.one_generation()
def show() -> None:
    """Create a token, and list and revoke those that are valid."""
    st.markdown(
        "A token lets a program read what you see here, as JSON, and nothing more. Anyone who has the token can do the "
        "same, so keep it secret."
    )
    try:
        _create()
        _existing(tokens.mine())
    except MailsightError as error:
        show_error(error)


def _create() -> None:
    """What a new token is for and may read; its text in the run that creates it, and never again."""
    most, own = tokens.most_days(), sessions.current().scope
    known = own.tags if own.is_limited else cached.read(list_reports.overview).tags
    name = st.text_input("Used by", max_chars=MAX_NAME_LENGTH, key="tokens:name")
    role = st.segmented_control(
        "Access",
        list(_READS),
        format_func=_READS.__getitem__,
        default=Role.READER,
        required=True,
        key="tokens:role",
    )
    days = st.segmented_control(
        "Valid for",
        [days for days in _DAYS if days <= most],
        format_func=lambda days: formats.things(days, "day"),
        default=30,
        required=True,
        key="tokens:days",
    )
    tags = st.multiselect("Only campaigns with one of these tags", sorted(known), key="tokens:tags")
    if st.button(
        "Create token",
        type="primary",
        icon=":material/key:",
        disabled=not name.strip(),
        key="tokens:create",
    ):
        _, text = tokens.issue(name, role, days, tags)
        st.code(text, language=None, wrap_lines=True)
        st.caption("Copy the token now: it is not shown again.")


def _existing(known: list[Token]) -> None:
    """The tokens that are valid, each with a button that revokes it."""
    if not known:
        return
    st.subheader("Tokens", anchor=False)
    zone = navigation.zone()
    for token in known:
        name = formats.plain(token.name)
        limits = sorted(token.tags) + sorted(token.sender_domains)
        only = f" of {formats.plain(', '.join(limits))} only" if limits else ""
        reads = _READS[Role.MARKETER if token.scope.customers else Role.READER].lower()
        used = (
            f"last used {formats.short_moment(token.last_used_at, zone)}"
            if token.last_used_at
            else "never used"
        )
        facts = (
            f"{reads}{only}",
            f"valid until {formats.short_moment(token.expires_at, zone)}",
            used,
            f"ID {token.token_id}",
        )
        with (row := st.empty()):
            is_revoked = revocable(
                f"{name}{by(token.person)}", facts, f"token_{token.token_id}", ":material/key_off:"
            )
        if is_revoked:
            tokens.revoke(token.token_id)
            row.markdown(f"**{name}** is revoked.")
