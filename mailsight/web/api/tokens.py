"""What a token may read: never more than the person who issued it could then, and never more than they may now.

The issuer isn't there when a token is used. So the claims by which the configuration gives them a role are kept,
compared with it each time, and updated when the person signs in. What the provider says of them may have changed since
then, such as their groups: if the role comes from that, and not from the address, a token lasts `MAX_CLAIMED_DAYS` at
most.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from mailsight import settings
from mailsight.errors import BadToken, NotInRole
from mailsight.state import tokens
from mailsight.state.audit import Action
from mailsight.state.tokens import MAX_DAYS, Token, Tokens
from mailsight.vocabulary import Role
from mailsight.warehouse.scope import Scope
from mailsight.web import audit, configuration, sessions
from mailsight.web.access import Access, Claims, Right, Viewer, name_of, verified_address

MAX_CLAIMED_DAYS = 30
_INVALID = (
    "The token is unknown, has ended or was revoked, or whoever issued it may not use the API any more."
)


def current() -> Tokens:
    """The tokens of this server."""
    return tokens.beside(settings.from_environment().database)


def allowed(text: str, note: Callable[[Token], None] = lambda token: None) -> tuple[Token, Viewer]:
    """The token with this text, and what it may read now. `note` is called with a token even if it is refused.

    Raises `BadToken` and `StateUnreadable`.
    """
    token = current().named(text)
    if token:
        note(token)
        viewer = viewer_of(token, configuration.current().access)
        if viewer and token.is_valid(datetime.now(UTC)):
            return token, viewer
    raise BadToken(_INVALID)


def viewer_of(token: Token, access: Access) -> Viewer | None:
    """What a token may read, if its issuer still may use the API: the less of its own limits and theirs.

    Those of the command line have their own only: whoever uses it can read the files.
    """
    if token.issuer is None:
        issuer: Viewer | None = Viewer(token.person, Role.ADMIN)
    else:
        issuer = access.viewer(token.issuer) if access.sign_in else None
    if issuer is None or not issuer.may(Right.API):
        return None
    return Viewer(token.person, token.role, token.scope).within(issuer)


def may_issue() -> bool:
    """Whether whoever looks at the page that runs can create tokens: without sign-in, nobody knows who they are."""
    return configuration.current().access.sign_in and sessions.may(Right.API)


def most_days() -> int:
    """For how many days the tokens of whoever looks at the page that runs may last."""
    access, viewer = configuration.current().access, sessions.current()
    address = verified_address(sessions.current_claims())
    by_address = access.viewer({"email": address, "email_verified": True}) if address else None
    return MAX_DAYS if by_address == viewer else MAX_CLAIMED_DAYS


def issue(name: str, role: Role, days: int, tags: Collection[str] = ()) -> tuple[Token, str]:
    """Create a token for whoever looks at the page that runs, limited as they are, and record it.

    Returns the token and its text, which nobody can see again. Raises `NotAllowed`, `NotInRole` and `StateUnreadable`.
    """
    viewer, access = sessions.require(Right.API), configuration.current().access
    if not access.sign_in:
        raise NotInRole("Without sign-in, tokens are created on the command line only.")
    limited = Viewer(viewer.person, role, Scope(tags=frozenset(tags))).within(viewer)
    if limited is None:
        raise NotInRole("Your role covers none of these tags.")
    token, text = tokens.create(
        name,
        person=viewer.person,
        issuer=access.kept_claims(sessions.current_claims()),
        role=limited.role,
        days=min(days, most_days()),
        tags=limited.scope.tags,
        sender_domains=limited.scope.sender_domains,
    )
    audit.done(viewer, Action.ISSUED_TOKEN, token=token.token_id, until=f"{token.expires_at:%Y-%m-%d}")
    current().add(token, text)
    return token, text


def mine() -> list[Token]:
    """The valid tokens of whoever looks at the page that runs; for admins, everybody's.

    Raises `NotAllowed` and `NotInRole`.
    """
    viewer, now = sessions.require(Right.API), datetime.now(UTC)
    return [token for token in current().all() if token.is_valid(now) and _is_theirs(token, viewer)]


def revoke(token_id: str) -> None:
    """End a token of whoever looks at the page that runs; admins, any. Raises `NoSuchToken`, and as `mine` does."""
    viewer = sessions.require(Right.API)
    token = current().get(token_id)
    if not _is_theirs(token, viewer):
        raise NotInRole("This is somebody else's token.")
    audit.done(viewer, Action.REVOKED_TOKEN, token=token.token_id)
    current().revoke(token)


def note_claims(claims: Claims) -> None:
    """Note what the provider says of somebody who has just signed in: their tokens end if it is no longer enough."""
    if person := name_of(claims):
        current().update_issuer(person, configuration.current().access.kept_claims(claims))


def _is_theirs(token: Token, viewer: Viewer) -> bool:
    return viewer.role is Role.ADMIN or (token.issuer is not None and token.person == viewer.person)
