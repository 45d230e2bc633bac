"""Signing in and out: who may see the pages, and what the others see."""

import streamlit as st

from mailsight import settings
from mailsight.figures import formats
from mailsight.loading import uploads
from mailsight.web import audit, configuration, sessions
from mailsight.web.access import Standing, Viewer, verified_address
from mailsight.web.sessions import Visitor
from mailsight.web.sign_in import PARAMETER, Failure

from . import navigation

_REASONS = {
    Failure.UNAVAILABLE: "The sign-in service can't be reached right now, or didn't answer as expected. Try again in "
    "a few minutes. If it still fails, tell whoever runs this dashboard.",
    Failure.CANCELLED: "You were not signed in, because sign-in was cancelled. Sign in to continue.",
    Failure.FAILED: "Signing in took too long or was interrupted. Please sign in again.",
}


def visitor() -> Visitor:
    """Who is looking at the page."""
    claims = st.user.to_dict() if configuration.current().access.sign_in else {}
    config = settings.from_environment()
    is_hosted = bool(config.public_url or config.hosts)
    return Visitor(claims, uploads.is_local(st.context.ip_address, st.context.headers, is_hosted))


def admit() -> bool:
    """Whether the viewer may see pages. If not, shows them what to do instead."""
    who, session_id = visitor(), sessions.current_id()
    if viewer := sessions.viewer_of(who):
        sessions.admit(session_id, who)
        if configuration.current().access.sign_in:
            _signed_in_as(who, viewer)
        elif configuration.is_open() or not who.local:
            _anybody(viewer)
        return True
    sessions.dismiss(session_id)
    standing = sessions.standing(who.claims)
    if standing is Standing.NOT_ALLOWED:
        audit.refused("page", who.claims)
        _not_allowed_page(who)
    else:
        _sign_in_page(expired=standing is Standing.EXPIRED)
    return False


def sign_out() -> None:
    """Sign the viewer out, here and at the identity provider."""
    sessions.end_sign_in(st.user.to_dict())
    sessions.dismiss(sessions.current_id())
    st.logout()


def _sign_in_page(*, expired: bool) -> None:
    navigation.tab_title("Sign in")
    with st.container(horizontal_alignment="center", key="error"):
        st.title("Sign in to Mailsight", text_alignment="center", anchor=False)
        reason = st.query_params.get(PARAMETER)
        if reason in list(Failure):
            st.warning(_REASONS[Failure(reason)], icon=":material/error:")
        elif expired:
            st.markdown("Your session has ended. Sign in again to continue.", text_alignment="center")
        else:
            st.markdown("See how your campaigns performed.", text_alignment="center")
        providers = configuration.current().providers
        for name in providers:
            label = "Sign in" if len(providers) == 1 else f"Sign in with {name.capitalize()}"
            st.button(
                label,
                type="primary",
                icon=":material/login:",
                on_click=st.login,
                args=[name] * (name != "default"),
                key=f"sign_in:{name}",
            )


def _not_allowed_page(who: Visitor) -> None:
    navigation.tab_title("No access")
    with st.container(horizontal_alignment="center", key="error"):
        st.title("You don't have access yet", text_alignment="center", anchor=False)
        st.markdown(
            f"You are signed in as {formats.plain(_name(who))}. This account is not on the list of people "
            "who may enter.",
            text_alignment="center",
        )
        if who.claims.get("email") and verified_address(who.claims) is None:
            st.markdown(
                "Your sign-in service doesn't confirm that this address is yours.", text_alignment="center"
            )
        st.markdown(
            "Ask whoever runs the dashboard to add you, or sign in with another account.",
            text_alignment="center",
        )
        st.button("Sign out", type="primary", icon=":material/logout:", on_click=sign_out, key="sign_out")


def _signed_in_as(who: Visitor, viewer: Viewer) -> None:
    with st.container(
        horizontal=True,
        horizontal_alignment="right",
        vertical_alignment="center",
        gap="small",
        key="signed_in",
    ):
        st.caption(formats.plain(_name(who)), width="content", help=_role(viewer))
        st.button("Sign out", type="tertiary", icon=":material/logout:", on_click=sign_out, key="sign_out")


def _role(viewer: Viewer) -> str:
    """The role and its limits, in Markdown."""
    limits = [f"the tag {formats.plain(tag)}" for tag in sorted(viewer.scope.tags)]
    limits += [f"senders at {formats.plain(domain)}" for domain in sorted(viewer.scope.sender_domains)]
    only = f"\n\nOnly campaigns with {' or '.join(limits)}." if limits else ""
    return f"**{viewer.role.label}**: {viewer.role.meaning}{only}"


def _anybody(viewer: Viewer) -> None:
    """That nobody signs in, on a server that others can reach."""
    with st.container(horizontal=True, horizontal_alignment="right", key="without_sign_in"):
        st.caption(
            ":material/no_accounts: No sign-in: anybody who can reach this server can look at it.",
            width="content",
            help=_role(viewer),
        )


def _name(who: Visitor) -> str:
    """What the person is called here: their address, else their name or id at the provider."""
    names = (who.claims.get(claim) for claim in ("email", "preferred_username", "name", "sub"))
    return next((name for name in names if isinstance(name, str) and name), "somebody without a name")
